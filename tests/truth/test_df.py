# SPDX-License-Identifier: GPL-2.0-or-later
"""`ipcx df`: every kind of shared memory is planted with a known number of bytes and found in its place, once; a twin without it has no such row."""

import contextlib
import json
import os
import subprocess

import pytest

from conftest import IPCX, SETUP, World
from helpers.tools import do, release

PAGE = os.sysconf("SC_PAGESIZE")
MIB = 1 << 20
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else "python3"  # one that every user may run
WHOLE = {"all", "segments", "memfd", "anonymous", "small"}  # the kinds that add up to the sum
PRELUDE = f"""
import ctypes, mmap, os, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
MIB = {MIB}
def ready():
    print("ready", flush=True)
    sys.stdin.read()
def segment(size, touch, key=0):
    i = libc.shmget(key, ctypes.c_size_t(size), 0o1600)
    assert i >= 0
    at = libc.shmat(i, None, 0)
    ctypes.memset(at, 1, touch)
    return i, ctypes.c_void_p(at)
def only_mapped(f, size):
    libc.mmap.restype = ctypes.c_void_p
    at = libc.mmap(None, ctypes.c_size_t(size), 3, mmap.MAP_SHARED, f, ctypes.c_long(0))
    ctypes.memset(ctypes.c_void_p(at), 1, size)
    os.close(f)
def gone(path, size):
    f = os.open(path, os.O_RDWR | os.O_CREAT)
    os.write(f, b"x" * size)
    os.unlink(path)
    return f
"""


@contextlib.contextmanager
def planted(world, code, **more):
    p = subprocess.Popen(world.argv(PYTHON, "-c", PRELUDE + code + "\nready()", **more), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert p.stdout.readline() == "ready\n"
        yield p
    finally:
        p.stdin.close()
        p.wait(timeout=60)
        p.stdout.close()


def rows(world, *words, **more):
    r = world.ipcx("df", "--json", *words, **more)
    assert r.rc == 0, r.err
    return r.json["memory"]


def one(table, place, kind):
    found = [r for r in table if r["place"] == place and r["kind"] == kind]
    assert len(found) == 1, (place, kind, table)
    return found[0]


def kinds(table, place):
    return {r["kind"] for r in table if r["place"] == place}


def agrees(table):
    """The sum is that of the whole places, and the difference to the kernel's count is shown."""
    total = sum(r["resident"] or 0 for r in table if r["kind"] in WHOLE)
    assert one(table, "machine", "sum")["resident"] == total
    shmem, rest = one(table, "machine", "shmem")["resident"], one(table, "machine", "unexplained")["resident"]
    assert rest == max(0, shmem - total)


# ---- /dev/shm

def test_an_empty_place_has_no_parts(world):
    table = rows(world)
    assert kinds(table, "/dev/shm") == {"all"} and kinds(table, "System V") == {"segments"}
    assert not kinds(table, "memfd") and not kinds(table, "anonymous")
    whole = one(table, "/dev/shm", "all")
    assert whole["used"] == whole["resident"] == 0 and whole["inodes_used"] == 1 and whole["limit"] > 0
    assert one(table, "System V", "segments")["objects"] == 0
    agrees(table)


def test_each_part_of_dev_shm(world):
    do(world, f"""mkdir -p /dev/shm/d/e; head -c {3 * MIB} /dev/zero > /dev/shm/d/e/x; head -c {2 * MIB} /dev/zero > /dev/shm/d/y
                  head -c {5 * MIB} /dev/zero > /dev/shm/obj; ln /dev/shm/obj /dev/shm/d/again; ln /dev/shm/obj /dev/shm/second
                  truncate -s 1G /dev/shm/sparse; mkfifo /dev/shm/fifo; ln -s $(printf %0500d 0) /dev/shm/link""")
    with planted(world, "f = gone('/dev/shm/gone', 4 * MIB)"):
        table = rows(world)
    assert one(table, "/dev/shm", "objects")["used"] == 5 * MIB and one(table, "/dev/shm", "objects")["objects"] == 2
    assert one(table, "/dev/shm", "directories")["used"] == 5 * MIB, "a file that has a name in /dev/shm is an object"
    assert "d/ 5M" in one(table, "/dev/shm", "directories")["what"]
    assert one(table, "/dev/shm", "other")["used"] == PAGE and one(table, "/dev/shm", "other")["objects"] == 2
    nameless = one(table, "/dev/shm", "nameless")
    assert nameless["used"] == 4 * MIB and nameless["objects"] == 1 and "gone, 4M of process" in nameless["what"]
    assert one(table, "/dev/shm", "all")["used"] == 14 * MIB + PAGE
    agrees(table)
    assert "nameless" not in kinds(rows(world), "/dev/shm"), "it ended with its last user"


def test_a_file_that_is_only_mapped(world):
    with planted(world, "only_mapped(gone('/dev/shm/m', 2 * MIB), 2 * MIB)"):
        nameless = one(rows(world), "/dev/shm", "nameless")
    assert nameless["used"] == 2 * MIB and nameless["objects"] == 1 and "m, 2M of process" in nameless["what"]


def test_a_directory_that_is_another_mount_is_another_place(world):
    do(world, f"mkdir /dev/shm/sub && mount -t tmpfs -o size=8M none /dev/shm/sub && head -c {MIB} /dev/zero > /dev/shm/sub/x")
    table = rows(world)
    assert "directories" not in kinds(table, "/dev/shm") or one(table, "/dev/shm", "directories")["used"] == 0
    sub = one(table, "tmpfs /dev/shm/sub", "all")
    assert sub["used"] == MIB and sub["limit"] == 8 * MIB and sub["percent"] == 12.5
    agrees(table)


def test_a_file_that_is_mounted_over_is_not_counted(world):
    do(world, f"mount -t tmpfs none /mnt && head -c {2 * MIB} /dev/zero > /mnt/x && touch /dev/shm/x && mount --bind /mnt/x /dev/shm/x")
    assert "objects" not in kinds(rows(world), "/dev/shm")


def test_links_are_not_followed(world):
    do(world, f"mkdir /tmp/df.{os.getpid()} && mount -t tmpfs none /tmp/df.{os.getpid()} && head -c {MIB} /dev/zero > /tmp/df.{os.getpid()}/x && "
              f"ln -s /tmp/df.{os.getpid()} /dev/shm/d; rmdir /tmp/df.{os.getpid()} 2>/dev/null; true")
    try:
        table = rows(world)
    finally:
        do(world, f"umount /tmp/df.{os.getpid()}; rmdir /tmp/df.{os.getpid()}")
    assert "directories" not in kinds(table, "/dev/shm")


def test_a_missing_dev_shm_has_a_reason(world):
    do(world, "umount /dev/shm; mount -t tmpfs none /dev && mkdir /dev/pts; mknod -m 666 /dev/null c 1 3")
    whole = one(rows(world), "/dev/shm", "all")
    assert whole["used"] is None and "used" not in whole.get("unknown", []) and "No such file" in whole["what"]


def test_a_dev_shm_on_a_disk_is_not_in_memory(world):
    do(world, "mkdir -p /var/tmp && mount --bind /var/tmp /dev/shm")
    table = rows(world)
    whole = one(table, "/dev/shm", "all")
    assert kinds(table, "/dev/shm") == {"all"} and whole["resident"] is None and "not in memory" in whole["what"]


def test_without_a_limit_the_use_is_unknown(world):
    do(world, f"mount -o remount,size=0 /dev/shm && head -c {MIB} /dev/zero > /dev/shm/x")
    table = rows(world)
    whole = one(table, "/dev/shm", "all")
    assert whole["used"] is None and "used" in whole["unknown"] and one(table, "/dev/shm", "objects")["used"] == MIB
    assert one(table, "machine", "sum")["resident"] >= MIB


# ---- System V

def test_segments(world):
    code = """
a, at = segment(6 * MIB, 2 * MIB)
b, bt = segment(3 * MIB, 3 * MIB)
c, ct = segment(1 * MIB + 1, MIB)
libc.shmdt(bt)
libc.shmctl(c, 0, None)
"""
    with planted(world, code):
        table = rows(world)
    whole, unattached, removed = (one(table, "System V", k) for k in ("segments", "unattached", "removed"))
    assert (whole["objects"], whole["used"], whole["resident"]) == (3, 10 * MIB + PAGE, 6 * MIB)
    assert (unattached["objects"], unattached["used"], unattached["resident"]) == (1, 3 * MIB, 3 * MIB)
    assert (removed["objects"], removed["resident"]) == (1, MIB)
    agrees(table)


def test_the_limit_of_segments(world):
    world.sysctl("kernel.shmall", 1000)
    world.ok("mk", "shm", "--size", str(250 * PAGE))
    segments = one(rows(world), "System V", "segments")
    assert segments["limit"] == 1000 * PAGE and segments["percent"] == 25


def test_without_the_text_of_segments(world):
    world.ok("mk", "shm", "--size", "1M")
    do(world, "mount -t tmpfs none /proc/sysvipc")
    r = world.ipcx("df", "--json")
    assert one(r.json["memory"], "System V", "segments")["objects"] == 1
    assert kinds(r.json["memory"], "System V") == {"segments"}
    assert any("nobody has attached is unknown" in e["message"] for e in r.json["errors"]), r.json["errors"]


# ---- memory that only processes keep

def test_memory_files_and_anonymous_memory(world):
    code = """
f = os.memfd_create("buf"); os.write(f, b"x" * 3 * MIB); g = os.dup(f); m = mmap.mmap(f, 3 * MIB)
h = os.memfd_create("mapped"); os.write(h, b"x" * MIB); only_mapped(h, MIB)
a = mmap.mmap(-1, 4 * MIB); a[: 2 * MIB] = b"y" * (2 * MIB)
if os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
"""
    with planted(world, code):
        table = rows(world)
    memfd, anonymous = one(table, "memfd", "memfd"), one(table, "anonymous", "anonymous")
    assert (memfd["objects"], memfd["used"], memfd["resident"]) == (2, 4 * MIB, 4 * MIB) and "/memfd:buf, 3M of process" in memfd["what"]
    assert (anonymous["objects"], anonymous["used"]) == (1, 2 * MIB), "a child shares it"
    agrees(table)


def test_an_unlinked_file_elsewhere(world):
    do(world, "mount -t tmpfs -o size=16M none /mnt")
    with planted(world, "f = gone('/mnt/log', 2 * MIB)"):
        table = rows(world)
    assert one(table, "tmpfs /mnt", "all")["used"] == one(table, "tmpfs /mnt", "nameless")["used"] == 2 * MIB
    agrees(table)


def test_what_is_mounted_over_is_unknown(world):
    do(world, f"mount -t tmpfs none /mnt && head -c {MIB} /dev/zero > /mnt/x && mount -t tmpfs none /mnt")
    covered = one(rows(world), "tmpfs", "covered")
    assert covered["used"] is None and "used" in covered["unknown"] and "/mnt" in covered["what"]


def test_the_difference_is_what_was_planted(world):
    """What is found more is what the kernel counts more, but for the counters that lag behind."""
    before = rows(world)
    with planted(world, "f = os.memfd_create('x'); os.write(f, b'x' * 64 * MIB); i = segment(64 * MIB, 64 * MIB)"):
        after = rows(world)
    found = one(after, "machine", "sum")["resident"] - one(before, "machine", "sum")["resident"]
    assert found == 128 * MIB
    agrees(after)


# ---- rights, namespaces, groups

def test_another_users_memory_is_not_claimed_to_be_absent(world):
    with planted(world, "f = os.memfd_create('x'); os.write(f, b'x' * MIB)"):
        r = world.ipcx("df", "--json", uid=65534)
    assert r.rc == 0 and r.json["unseen"]["processes"] > 0
    assert "some processes could not be seen" in one(r.json["memory"], "machine", "unexplained")["what"]


def test_a_mapping_that_may_not_be_followed_has_no_known_size(world):
    with planted(world, "f = os.memfd_create('x'); os.write(f, b'x' * MIB); only_mapped(f, MIB)", uid=65534):
        memfd = one(rows(world, uid=65534), "memfd", "memfd")
    assert memfd["objects"] == 1 and memfd["used"] is None and "used" in memfd["unknown"]


def test_one_namespace_of_another_process():
    other = World(SETUP)
    try:
        do(other, f"head -c {2 * MIB} /dev/zero > /dev/shm/theirs")
        r = subprocess.run([IPCX, "df", "--json", "--ns", str(other.pid)], capture_output=True, text=True, check=False)
        assert r.returncode == 0, r.stderr
        table = json.loads(r.stdout)["memory"]
        assert one(table, "/dev/shm", "objects")["used"] == 2 * MIB
    finally:
        other.close()


def test_two_dev_shm_of_one_namespace_and_one_of_two(world):
    script = f"mount -t tmpfs -o size=32M none /dev/shm && head -c {MIB} /dev/zero > /dev/shm/b && echo ready && read -r end"
    do(world, f"head -c {3 * MIB} /dev/zero > /dev/shm/a")
    second = subprocess.Popen(world.argv("unshare", "-m", "sh", "-c", script), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    third = subprocess.Popen(world.argv("unshare", "-i", "sh", "-c", "echo ready && read -r end"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert second.stdout.readline() == third.stdout.readline() == "ready\n"
        table = rows(world, "--ns", "all")
        used = sorted(r["used"] for r in table if (r["place"], r["kind"]) == ("/dev/shm", "all"))
        assert used == [MIB, 3 * MIB], "each file system once"
        assert len([r for r in table if r["kind"] == "segments"]) == 2, "System V once for each namespace"
        agrees(table)
    finally:
        for p in (second, third):
            p.stdin.close()
            p.wait(timeout=60)
            p.stdout.close()


def memory_hierarchy():
    with open("/proc/self/mountinfo", encoding="ascii") as f:
        for line in f:
            words = line.split()
            if "cgroup" in words[words.index("-") + 1] and "memory" in words[-1].split(","):
                return words[4]
    return None


def test_the_limit_of_a_control_group(world):
    top = memory_hierarchy()
    if not top or not os.access(top, os.W_OK):
        pytest.skip("no writable control group hierarchy of version 1 with memory")
    with open("/proc/self/cgroup", encoding="ascii") as f:
        own = next(line.strip().split(":", 2)[2] for line in f if line.split(":")[1] == "memory")
    group = f"{top}{own if own != '/' else ''}/ipcx-df-{os.getpid()}"
    os.mkdir(group)
    try:
        with open(f"{group}/memory.limit_in_bytes", "w", encoding="ascii") as f:
            f.write(str(64 * MIB))
        r = world.sh(f"echo $$ > {group}/cgroup.procs; head -c {4 * MIB} /dev/zero > /dev/shm/charged; {IPCX} df --json")
        limit, shmem = (one(r.json["memory"], "control group", k) for k in ("limit", "shmem"))
        assert limit["limit"] == 64 * MIB and limit["used"] >= 4 * MIB and f"ipcx-df-{os.getpid()}" in limit["what"]
        assert 4 * MIB - 64 * PAGE <= shmem["used"] <= limit["used"]
    finally:
        do(world, "rm -f /dev/shm/charged")
        os.rmdir(group)


def test_without_proc(world):
    """What needs no /proc is still true; what does is said to be missing."""
    do(world, f"head -c {MIB} /dev/zero > /dev/shm/x")
    world.ok("mk", "shm", "--size", "1M")
    do(world, "mount -t tmpfs none /proc")
    r = world.run(release(), "df", "--json", env={"LD_LIBRARY_PATH": os.path.join(os.path.dirname(release()), "../lib")})
    table = r.json["memory"]
    assert one(table, "/dev/shm", "objects")["used"] == MIB and one(table, "System V", "segments")["objects"] == 1
    assert r.json["unseen"]["others"] and not kinds(table, "machine") & {"shmem", "unexplained"}
    assert any("looking for processes" in e["message"] for e in r.json["errors"]), r.json["errors"]


def test_huge_pages(world):
    with open("/proc/meminfo", encoding="ascii") as f:
        free = next(int(line.split()[1]) for line in f if line.startswith("HugePages_Free"))
    if not free:
        pytest.skip("no huge pages are configured")
    before = one(rows(world), "machine", "sum")["resident"]
    with planted(world, "f = os.memfd_create('x', os.MFD_HUGETLB); os.ftruncate(f, 2 * MIB); m = mmap.mmap(f, 2 * MIB); m[0] = 1"):
        table = rows(world)
    assert one(table, "memfd", "hugetlb")["used"] > 0 and one(table, "machine", "sum")["resident"] == before
