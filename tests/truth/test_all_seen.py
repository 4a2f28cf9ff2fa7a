# SPDX-License-Identifier: GPL-2.0-or-later
"""Where every process can be seen, who says so: no row is left out, also of files that are unlinked meanwhile."""

import subprocess

import pytest
from helpers.tools import preload, release

USER = """
import mmap, os, sys
for word in sys.argv[1:]:
    how, path = word.split("=", 1)
    fd = os.open(path, os.O_RDWR)
    if how == "map":
        globals()[path] = mmap.mmap(fd, 0)
        os.close(fd)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def user(world):
    """Start a process that maps or opens files until the test ends."""
    started = []

    def start(*words):
        p = subprocess.Popen(world.argv("/usr/bin/python3", "-c", USER, *words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert p.stdout.readline() == "ready\n"
        started.append(p)
        return p

    yield start
    for p in started:
        end(p)


def end(p):
    if p.stdin and not p.stdin.closed:
        p.stdin.close()
    p.wait(timeout=60)
    p.stdout.close()


def ipcx(world, *words):
    return world.run(release(), *words, env={"LD_PRELOAD": preload("first")})


@pytest.fixture
def files(world):
    for name in ("idle", "mapped", "open"):
        world.ok("mk", f"pshm:/{name}", "--size", "64K")
        world.ok("mk", f"psem:/{name}", "--init", "0")
        world.ok("mk", f"mq:/{name}")
    return ["map=/dev/shm/mapped", "open=/dev/shm/open", "map=/dev/shm/sem.mapped", "open=/dev/mqueue/open"]


USED = {"pshm:/mapped", "pshm:/open", "psem:/mapped", "mq:/open"}


def test_nothing_unseen_is_reported(world, user, files):
    user(*files)
    r = ipcx(world, "who", "posix", "--json")
    assert (r.rc, r.err) == (0, "")
    assert r.json["unseen"] == {"attaches": 0, "processes": 0, "others": False}
    assert {row["ref"] for row in r.json["users"]} == USED


def test_an_unlinked_file_has_its_users(world, user, files):
    """It is in no listing of the directory, but who shows it, and ls --deleted."""
    p = user(*files)
    world.run("rm", "/dev/shm/mapped")
    r = ipcx(world, "who", "pshm", "--json")
    gone = [row for row in r.json["users"] if row["ref"].startswith("pshm:inode=")]
    assert [(row["how"], row["mapped"]) for row in gone] == [("both", 65536)]  # mmap of Python keeps a descriptor
    assert ipcx(world, "who", gone[0]["ref"], "--json").json["users"] == gone
    end(p)
    assert ipcx(world, "who", "pshm", "--json").json["users"] == []
