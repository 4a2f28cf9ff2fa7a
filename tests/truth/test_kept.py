# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said of an object that cannot be looked at, of one that is in the way, and of what would be taken, fit or be saved, is kept."""

import json
import os
import re

import pytest

from conftest import IPCX

# ---- a place that cannot be looked at

BARE = "umount -l /dev/shm; mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3"


@pytest.mark.parametrize("words", [("show", "pshm:/x"), ("show", "psem:/x"), ("ls", "pshm:/x"), ("ls", "psem:/x", "--json"), ("rm", "pshm:/x"),
                                   ("rm", "psem:/x", "--ignore-missing"), ("rm", "pshm:/x", "--ignore-missing", "--dry-run"),
                                   ("set", "pshm:/x", "--mode", "0600"), ("psem", "get", "psem:/x"), ("psem", "post", "psem:/x"),
                                   ("pshm", "read", "pshm:/x"), ("ls", "pshm:/x", "--ns", "all")], ids=" ".join)
def test_a_place_that_is_not_there_tells_of_no_object(world, words):
    """It failed: whether the object exists nobody knows."""
    assert world.sh(BARE).rc == 0
    r = world.ipcx(*words)
    assert r.rc == 1 and "/dev/shm: No such file or directory" in r.err, (r.rc, r.err)
    if "--json" in words:
        assert [e["kind"] for e in r.json["errors"]] == ["failed"]


def test_one_that_is_missing_beside_one_that_nobody_knows_of(world):
    assert world.sh(BARE).rc == 0
    r = world.ipcx("rm", "pshm:/x", "shm:5")
    assert r.rc == 4 and r.err.count("\n") == 2
    r = world.ipcx("rm", "pshm:/x", "shm:5", "--ignore-missing")
    assert r.rc == 1 and r.err.count("\n") == 1
    # An object that is missing where there is a place still is.
    assert world.sh("mkdir -m 1777 /dev/shm").rc == 0
    for words in ("show", "pshm:/x"), ("rm", "psem:/x"), ("psem", "get", "psem:/x"):
        assert world.ipcx(*words).rc == 3
    world.ok("rm", "pshm:/x", "--ignore-missing")


# ---- what is in the way

FOREIGN = {
    "too short": ("printf xx >/dev/shm/sem.x", ("mk", "psem", "/x"), "psem:/x", r"has 2 bytes, so it is shared memory: pshm:/sem\.x"),
    "a directory": ("mkdir /dev/shm/x", ("mk", "pshm", "/x", "--size", "5"), "pshm:/x", "is a directory"),
    "a directory of a semaphore": ("mkdir /dev/shm/sem.x", ("mk", "psem", "/x"), "psem:/x", "is a directory"),
    "a FIFO": ("mkfifo /dev/shm/x", ("mk", "pshm", "/x", "--size", "5"), "pshm:/x", "is a FIFO"),
    "a link": ("ln -s /nowhere /dev/shm/x", ("mk", "pshm", "/x", "--size", "5"), "pshm:/x", "is a symbolic link"),
    "a link of a semaphore": ("ln -s /dev/null /dev/shm/sem.x", ("mk", "psem", "/x"), "psem:/x", "is a symbolic link"),
    "a semaphore": ('"$IPCX" mk psem /x', ("mk", "pshm", "/sem.x", "--size", "5"), r"pshm:/sem\.x", "is a POSIX semaphore: psem:/x"),
}


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("more", [(), ("--if-missing",)])
def test_what_is_in_the_way_is_told_of_the_object_that_was_asked_for(world, what, more):
    script, words, ref, why = FOREIGN[what]
    assert world.sh(script).rc == 0
    r = world.ipcx(*words, *more)
    assert (r.rc, r.out) == (1, "") and re.fullmatch(rf"ipcx: {ref}: cannot make it: what has that name {why}\n", r.err), r.err


# ---- what would be taken

KINDS = {"shm": ["shm:0x77", "--size", "4K"], "msg": ["msg:0x77"], "sem": ["sem:0x77", "--nsems", "2"], "mq": ["mq", "/o"],
         "pshm": ["pshm", "/o", "--size", "4K"], "psem": ["psem", "/o"]}
LESS = {"shm": ["shm:0x77", "--size", "4097"], "sem": ["sem:0x77", "--nsems", "3"], "pshm": ["pshm", "/o", "--size", "4097"]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["0600", "0604", "0606"])
@pytest.mark.parametrize("uid", [None, 1000])
def test_the_hint_is_what_if_missing_does(world, kind, mode, uid):
    world.ok("mk", *KINDS[kind], "--mode", mode)
    for words in KINDS[kind], [*KINDS[kind], "--mode", "0400"], LESS.get(kind):
        if words is None:
            continue
        r = world.ipcx("mk", *words, uid=uid)
        assert (r.rc, r.out) == (1, "") and "exists, owner root, mode " + mode in r.err, r.err
        taken = world.ipcx("mk", *words, "--if-missing", uid=uid)
        assert ("(--if-missing would take it)" in r.err) == (taken.rc == 0), (words, r.err, taken.err)


def test_memory_is_there_afterwards(world):
    assert world.run("mount", "-o", "remount,size=1M", "/dev/shm").rc == 0
    world.ok("mk", "pshm", "/a", "--size", "512K")
    words = "mk", "pshm", "/a", "--size", "4K", "--allocate"
    assert "(--if-missing would take it)" in world.ipcx(*words).err
    r = world.ipcx(*words, "--if-missing")
    assert (r.rc, r.out) == (0, "/a\n") and r.err == "ipcx: note: pshm:/a: existed already with size 524288: taken, and 524288 bytes of memory taken for it\n"
    assert (world.objects()[0]["size"], world.objects()[0]["allocated"]) == (512 << 10, 512 << 10)
    r = world.ipcx(*words, "--if-missing")
    assert r.rc == 0 and "taken as it is" in r.err
    world.ok("mk", "pshm", "/b", "--size", "512K")
    assert world.sh("head -c 4K /dev/zero >/dev/shm/full").rc == 0
    words = "mk", "pshm", "/b", "--size", "4K", "--allocate"
    before = world.steady()
    assert "--if-missing" not in world.ipcx(*words).err
    r = world.ipcx(*words, "--if-missing")
    assert (r.rc, r.out) == (1, "") and r.err == ("ipcx: pshm:/b: exists, but 524288 bytes of memory are still to be taken for it, and only 520192 are free "
                                                  "in /dev/shm\n")
    assert world.steady() == before, "nothing of it was taken"


def test_memory_of_what_may_only_be_read_is_not_taken(world):
    world.ok("mk", "pshm", "/a", "--size", "4K", "--mode", "0644")
    words = "mk", "pshm", "/a", "--size", "4K", "--allocate", "--mode", "0400"
    assert "--if-missing" not in world.ipcx(*words, uid=1000).err
    r = world.ipcx(*words, "--if-missing", uid=1000)
    assert r.rc == 1 and r.err == "ipcx: pshm:/a: exists, but its memory cannot be taken: not permitted: needs permission to write to it\n"
    assert world.objects()[0]["allocated"] == 0
    assert world.ipcx(*words[:-3], "--if-missing", "--mode", "0400", uid=1000).rc == 0


def test_what_is_taken_is_locked(world):
    world.ok("mk", "shm:0x77", "--size", "4K", "--mode", "0666")
    words = "mk", "shm:0x77", "--size", "4K", "--lock"
    assert "--if-missing" not in world.ipcx(*words).err
    r = world.ipcx(*words, "--if-missing", uid=1000)
    assert r.rc == 1 and "shm:0: exists, but cannot be locked" in r.err and world.objects()[0]["locked"] is False
    r = world.ipcx(*words, "--if-missing")
    assert r.rc == 0 and "taken, and locked in memory" in r.err and world.objects()[0]["locked"] is True
    assert "(--if-missing would take it)" in world.ipcx(*words).err
    assert "taken as it is" in world.ipcx(*words, "--if-missing").err


# ---- contents


def test_an_empty_file_is_no_wrong_usage(world):
    path = os.path.join(world.dir, "empty")
    with open(path, "wb"):
        pass
    for source in path, "/dev/null":
        r = world.ipcx("mk", "shm", "--from", source)
        assert (r.rc, r.out) == (1, ""), r.err
    assert "shm: cannot make a shared memory segment: the contents are empty, and it has at least 1 byte" in world.ipcx("mk", "shm", "--from", path).err
    assert world.ipcx("mk", "shm", "--size", "0").rc == 2, "that was asked for"
    for more in (), ("--allocate",):
        assert world.ok("mk", "pshm", "/e", "--from", path, *more) == "/e"
        world.ok("rm", "pshm:/e")


def test_contents_take_their_memory(world):
    r = world.sh('head -c 8192 /dev/zero | "$IPCX" mk pshm /a --from - --allocate')
    assert (r.rc, r.out) == (0, "/a\n"), r.err
    assert world.objects()[0]["allocated"] == 8192
    path = os.path.join(world.dir, "like")
    with open(path, "wb") as f:
        f.write(b"x" * 32)
    assert world.ipcx("mk", "pshm", "/sem.x", "--from", path).rc == 1
    assert world.ipcx("mk", "pshm", "/sem.x", "--size", "32").rc == 2
