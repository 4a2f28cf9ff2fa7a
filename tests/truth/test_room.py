# SPDX-License-Identifier: GPL-2.0-or-later
"""A /dev/shm that is full of what is no object: how much that is stands beside what the objects hold."""

import re

import pytest

from conftest import IPCX
from helpers.tools import do

NONE = "in files without a name that are still open or mapped"
# Run a command while a file without a name has so many bytes.
UNLINKED = """
import os, subprocess, sys
f = os.open("/dev/shm/tmp", os.O_CREAT | os.O_RDWR)
os.write(f, b"x" * int(sys.argv[1]))
os.unlink("/dev/shm/tmp")
sys.exit(subprocess.run(sys.argv[2:]).returncode)
"""


@pytest.fixture
def full(world):
    """Objects of both kinds, with two names, a hole, and other files: all of that is seen."""
    world.ok("mk", "pshm", "/a", "--size", "8K")
    world.ok("mk", "pshm", "/hole", "--size", "1G")
    world.ok("mk", "psem", "/s")
    do(world, "head -c 5001 /dev/zero > /dev/shm/a; ln /dev/shm/a /dev/shm/b; mkfifo /dev/shm/f; ln -s a /dev/shm/l; "
              "ln -s $(printf %0500d 0) /dev/shm/long; echo 1 > /dev/shm/sem.odd")
    return world


def looks(world, launch=()):
    """What ls, limits and ns ls note of it."""
    notes = []
    for words in ("ls", "pshm"), ("ls",), ("limits", "dev_shm"), ("limits",), ("ns", "ls"):
        r = world.run(*launch, IPCX, *words, "--json")
        assert r.rc == 0, r.err
        notes.append([re.sub("^shm_device [0-9]+:[0-9]+/[0-9]+: " if words[0] == "ns" else "^$", "", e["message"])
                      for e in r.json["errors"] if "more is in use" in e["message"]])
    return notes


def test_nothing_to_say(full):
    assert looks(full) == [[]] * 5


def test_in_directories(full):
    do(full, "mkdir -p /dev/shm/d/e && head -c 3000000 /dev/zero > /dev/shm/d/e/x")
    want = f"2.8M more is in use than its objects hold: in directories, or {NONE}"
    assert looks(full) == [[want]] * 5
    r = full.ipcx("ls", "pshm")
    assert r.err == f"ipcx: note: /dev/shm: {want}\n"
    # Whoever asks for some, or for something else, or removes, is not told.
    full.ok("ls", "pshm", "--where", "size > 0")
    full.ok("ls", "psem")
    full.ok("show", "pshm:/a")
    full.ok("ls", "pshm:/a")
    assert full.ok("rm", "pshm", "--all", "--dry-run")


def test_without_a_name(full):
    launch = ["python3", "-c", UNLINKED, "4096000"]
    want = f"3.9M more is in use than its objects hold: {NONE}"
    assert looks(full, launch) == [[want]] * 5


def test_a_name_in_a_directory(full):
    """Half of a file with two names, one of them out of sight."""
    do(full, "mkdir /dev/shm/d && head -c 4194304 /dev/zero > /dev/shm/two && ln /dev/shm/two /dev/shm/d/two")
    assert "2M more is in use" in full.ipcx("ls", "pshm").err


@pytest.mark.parametrize("mount", [
    "mount -t ramfs none /dev/shm", "mount -t tmpfs -o size=0 none /dev/shm",
    "mkdir /dev/shm/d && mount --bind / /dev/shm", ])
def test_where_nothing_counts(world, mount):
    """A disk counts other directories as well, and these count nothing."""
    do(world, mount)
    assert "more is in use" not in world.ipcx("ls", "pshm").err


def test_a_part_of_a_file_system(world):
    do(world, "mkdir /dev/shm/part && head -c 4194304 /dev/zero > /dev/shm/beside && mount --bind /dev/shm/part /dev/shm")
    assert "4M more is in use than its objects hold: outside of this directory, or in files" in world.ipcx("ls", "pshm").err


def test_once_for_all_namespaces(full):
    do(full, "mkdir /dev/shm/d && head -c 4194304 /dev/zero > /dev/shm/d/x")
    r = full.sh('unshare --ipc sh -c \'"$IPCX" ns ls --json; true\'')
    assert r.err.count("more is in use") <= 1
