# SPDX-License-Identifier: GPL-2.0-or-later
"""psem get, wait, post: another process uses the semaphores through the C library."""

import os
import signal
import time

import pytest

from helpers.real import meanwhile
from helpers.sems import Waiting, fails
from helpers.tools import background, compiler, helper, preload, release, until
from helpers.wide import NARROW


def library():
    """Return the program that calls the C library, of the kind that ipcx uses."""
    return helper("psem", cc=tuple(compiler()))


def call(world, what, name="/s"):
    """Call the C library: value, wait or post."""
    r = world.run(library(), what, name)
    assert r.rc == 0, (what, name, r.err)
    return r.out


def value(world, name="/s"):
    """Return the value as the C library sees it."""
    return int(call(world, "value", name))


def sem(world, init=1, name="/s"):
    world.ok("mk", "psem", name, "--init", init)


def test_get_wait_post(world):
    sem(world, 2)
    assert world.ok("psem", "get", "/s") == world.ok("psem", "get", "s") == world.ok("psem", "get", "psem:/s") == "2"
    world.ok("psem", "wait", "/s")
    assert value(world) == 1
    world.ok("psem", "post", "s")
    world.ok("psem", "post", "psem:s")
    assert value(world) == 3
    call(world, "wait")
    assert world.ok("psem", "get", "/s") == "2"


def test_get_in_other_formats(world):
    sem(world, 7)
    assert world.ipcx("psem", "get", "/s", "--json").json["objects"] == [{"ref": "psem:/s", "name": "/s", "value": 7}]
    assert world.ok("psem", "get", "/s", "-o", "value,mode", "--format", "csv") == "value,mode\n7,0600"


def test_made_and_used_by_the_c_library(world):
    with background(world, library(), "make", "/theirs"):
        time.sleep(0.1)
        world.ok("psem", "post", "/theirs")
        until(lambda: world.ok("psem", "get", "/theirs") == "0")
        w = Waiting(world, "psem", "wait", "/theirs")
        time.sleep(0.3)
        assert w.p.poll() is None
        call(world, "post", "/theirs")
        assert w.end() == (0, "", "")
        assert value(world, "/theirs") == 0


@pytest.mark.parametrize("words", [["wait", "/s"], ["run", "/s"]], ids=lambda w: w[0])
def test_no_wait_and_a_timeout(world, words):
    sem(world, 0)
    command = ["--", "echo", "ran"] if words[0] == "run" else []
    fails(world, 5, "psem", *words, "--no-wait", *command, says="ipcx: psem:/s: is 0: would have to wait\n")
    for span, least in (("400ms", 0.4), ("20ms", 0.02)):
        begun = time.monotonic()
        fails(world, 5, "psem", *words, "--timeout", span, *command, says="ipcx: psem:/s: is 0: the time ran out\n")
        assert least <= time.monotonic() - begun < 5
    assert value(world) == 0
    world.ok("psem", "post", "/s")
    r = world.ipcx("psem", *words, "--timeout", "100000d", *command)
    assert r.rc == 0 and r.out == ("ran\n" if command else "") and value(world) == bool(command)


def test_a_wait_that_is_interrupted_repeatedly(world):
    """A handler's EINTR neither ends a wait nor prolongs it; likewise for an array."""
    sem(world, 0)
    world.ok("mk", "sem", "--nsems", "1")
    storm = ["env", "LD_PRELOAD=" + preload("alarm"), release()]
    for words in (["psem", "wait", "/s"], ["sem", "wait", "sem:0"]):
        begun = time.monotonic()
        r = world.run(*storm, *words, "--timeout", "600ms")
        assert (r.rc, r.out) == (5, "") and "the time ran out" in r.err
        assert 0.6 <= time.monotonic() - begun < 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_wait_with_nothing_taken(world, number):
    sem(world, 0)
    w = Waiting(world, "psem", "wait", "/s")
    time.sleep(0.3)
    os.kill(w.pid, number)
    assert w.end()[0] in (-number, 128 + number)
    world.ok("psem", "post", "/s")
    assert value(world) == 1


def test_a_value_has_a_maximum(world):
    sem(world, 2147483647)
    fails(world, 1, "psem", "post", "/s", says="psem:/s: its value is already 2147483647, the maximum (SEM_VALUE_MAX)")
    assert value(world) == 2147483647


@pytest.mark.parametrize("words", [["get"], ["wait"], ["post"], ["run"]], ids=lambda w: w[0])
def test_other_files_are_not_semaphores(world, words):
    """None of these is used as a semaphore: a missing file, a file of another size, a directory, a link, a FIFO; mapping a short file would kill the
    process."""
    command = ["true"] if words[0] == "run" else []
    world.sh("cd /dev/shm; : > sem.empty; head -c 31 /dev/zero > sem.short; mkdir sem.dir; ln -s /etc/passwd sem.link; mkfifo sem.fifo; head -c 4096 /dev/zero > sem.big")
    for name in ("/absent", "/empty", "/short", "/dir", "/link", "/fifo", "/big", "/" + "x" * 252):
        fails(world, 3, "psem", *words, name, *command, says="psem:", timeout=20)
    for name in ("", "/", "a/b", "sem:0", "shm:0", "/.."):
        fails(world, 2, "psem", *words, name, *command, says="")
    fails(world, 2, "psem", *words, says="")
    r = world.ipcx("psem", *words, "/esc\033[31m\n", *command)
    assert r.rc == 3 and "\033" not in r.err and len(r.err.splitlines()) == 1


def test_created_by_a_program_of_another_word_size(world):
    other, own = (32, 16) if NARROW else (16, 32)
    world.sh(f"head -c {other} /dev/zero > /dev/shm/sem.other")
    fails(world, 1, "psem", "post", "/other", says=f"psem:/other: was created by a program with another word size ({other} bytes, not {own})")


def test_created_by_a_program_of_another_c_library(world):
    """glibc and musl mark what processes share in opposite ways; a post of one would not wake who waits in the other."""
    sem(world, 1)
    with open(f"/proc/{world.pid}/root/dev/shm/sem.s", "r+b") as file:
        at = 4 if NARROW else 8
        file.seek(at)
        mark = file.read(1)[0]
        file.seek(at)
        file.write(bytes([mark ^ 0x80]))
    for words in (["wait"], ["post"], ["wait", "--no-wait"]):
        fails(world, 1, "psem", *words, "/s", says="would not be woken")
    assert world.ok("psem", "get", "/s") == "1"


def test_without_permission(world):
    sem(world)
    for verb in (["wait"], ["post"]):
        fails(world, 1, "psem", *verb, "/s", uid=1000, says="psem:/s: not permitted: needs read and write permission")
    fails(world, 1, "psem", "run", "/s", "true", uid=1000, says="needs read and write permission")
    r = world.ipcx("psem", "get", "/s", uid=1000)
    assert (r.rc, r.out) == (1, "") and "unknown" in r.err
    assert value(world) == 1


def test_reading_leaves_no_trace(world):
    sem(world)
    before = os.stat(f"/proc/{world.pid}/root/dev/shm/sem.s")
    time.sleep(0.05)
    world.ok("psem", "get", "/s")
    after = os.stat(f"/proc/{world.pid}/root/dev/shm/sem.s")
    assert (before.st_atime_ns, before.st_mtime_ns, before.st_ctime_ns) == (after.st_atime_ns, after.st_mtime_ns, after.st_ctime_ns)


def test_another_namespaces_dev_shm(world):
    sem(world, 3, "/like")
    with meanwhile(world, """
import subprocess
like = open("/dev/shm/sem.like", "rb").read()
libc.unshare(0x00020000)
subprocess.check_call(["mount", "--make-rprivate", "/"])
subprocess.check_call(["mount", "-t", "tmpfs", "none", "/dev/shm"])
open("/dev/shm/sem.far", "wb").write(like)
open(sys.argv[1], "w").write(str(os.getpid()))
hold()
""", os.path.join(world.dir, "pid")):
        with open(os.path.join(world.dir, "pid"), encoding="ascii") as f:
            pid = f.read()
        world.ok("psem", "wait", "/far", "--ns", pid)
        world.ok("psem", "run", "/far", "--ns", pid, "--", "true")
        assert world.ok("psem", "get", "/far", "--ns", pid) == "2"
    fails(world, 3, "psem", "get", "/far", says="")
