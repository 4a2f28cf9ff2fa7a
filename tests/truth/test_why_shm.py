# SPDX-License-Identifier: GPL-2.0-or-later
"""`ipcx why` and calls on System V segments: each errno is made by a real call, and its own cause comes first and applies."""

import contextlib
import json
import os
import subprocess
import sys

import pytest

from conftest import IPCX
from planting import has_all_users

CALLER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "helpers/caller.py")
KEY = 0x4D2
CREAT, EXCL = 0o1000, 0o2000
HUGETLB, NORESERVE = 0o4000, 0o10000
RDONLY, RND, REMAP, EXEC = 0o10000, 0o20000, 0o40000, 0o100000
RMID, SET, STAT, LOCK = 0, 1, 2, 11
PAGE = os.sysconf("SC_PAGESIZE")
USER = 65534


class Caller:
    """.pid is that which the world knows; call() returns (result, name of the errno)."""

    def __init__(self, process):
        self.process = process
        self.pid = int(process.stdout.readline())

    def call(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()
        return tuple(json.loads(self.process.stdout.readline()))


@contextlib.contextmanager
def caller(world, *before, uid=None):
    if uid is not None and not has_all_users():
        pytest.skip("there are no other user ids here")
    p = subprocess.Popen(world.argv(*before, sys.executable, CALLER, *([] if uid is None else [uid])), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Caller(p)
    finally:
        p.stdin.close()
        p.stdout.close()
        p.wait(timeout=60)


@pytest.fixture
def root(world):
    with caller(world) as c:
        yield c


@pytest.fixture
def user(world):
    with caller(world, uid=USER) as c:
        yield c


def why(world, call, error, *args, **more):
    r = world.ipcx("why", call, error, *args, "--json", **more)
    assert r.rc in (0, 1, 4) and r.json["errors"] == [], (r.rc, r.out, r.err)
    rows = r.json["causes"]
    applies = [row["applies"] for row in rows]
    assert r.rc == (0 if True in applies else 4 if None in applies else 1), (r.rc, rows)
    return rows


def so(rows, text, evidence=""):
    """The first cause applies and is this one; return it."""
    assert rows[0]["applies"] is True and text in rows[0]["cause"] and evidence in rows[0]["evidence"], rows
    return rows[0]


def of(rows, text):
    found = [r for r in rows if text in r["cause"]]
    assert len(found) == 1, rows
    return found[0]


def none(rows):
    """No cause applies."""
    assert not [r for r in rows if r["applies"]], rows


def put_right(world, row, **more):
    """Run the command of the fix."""
    fix = row["fix"]
    if fix.startswith("as the same user: prlimit "):  # we are root without CAP_SYS_RESOURCE
        fix, more = fix.split(": ")[1], {"uid": USER}
    assert fix.startswith(("ipcx ", "prlimit ")), fix
    r = world.run("sh", "-c", fix.replace("ipcx ", IPCX + " "), **more)
    assert r.rc == 0, (fix, r.out, r.err)


# ---- shmget


def test_no_segment_has_the_key(world, root):
    assert root.call(f"shmget({KEY}, 0, 0)")[1] == "ENOENT"
    so(why(world, "shmget", "ENOENT", f"key={KEY}", "flags=0"), "no segment has this key")
    none(why(world, "shmget", "ENOENT", f"key={KEY}", "flags=IPC_CREAT"))
    none(why(world, "shmget", "ENOENT", "key=0"))
    root.call(f"shmget({KEY}, 1, {CREAT})")
    none(why(world, "shmget", "ENOENT", f"key={KEY}"))


def test_the_key_is_in_another_namespace(world, root):
    root.call(f"shmget({KEY}, 1, {CREAT | 0o600})")
    with caller(world, "unshare", "--ipc") as apart:
        assert apart.call(f"shmget({KEY}, 0, 0)")[1] == "ENOENT"
        row = so(why(world, "shmget", "ENOENT", f"key={KEY}", "--pid", apart.pid), "in another IPC namespace", "ipc:[")
        assert "ipcx ns enter" in row["fix"]
        apart.call(f"shmget({KEY}, 1, {CREAT | 0o600})")
        none(why(world, "shmget", "ENOENT", f"key={KEY}", "--pid", apart.pid))


def test_the_key_exists(world, root):
    shmid = world.ok("mk", "shm", "--key", KEY, "--size", "4K")
    call = f"shmget({KEY}, 1, {CREAT | EXCL | 0o600})"
    args = ("shmget", "EEXIST", f"key={KEY}", "flags=03600")
    assert root.call(call)[1] == "EEXIST"
    none(why(world, *args[:3], "flags=01600"))
    at = root.call(f"shmat({shmid}, None, 0)")[0]
    row = so(why(world, *args), "a segment with this key exists", f"shm:{shmid} ")
    assert f"ipcx who shm:{shmid}" in row["fix"] and not row["fix"].startswith("ipcx")
    root.call(f"shmdt({at})")
    put_right(world, so(why(world, *args), "a segment with this key exists", "attached 0 times"))
    none(why(world, *args))
    assert root.call(call)[1] == ""


def test_the_mode_does_not_grant_the_flags(world, root, user):
    shmid = root.call(f"shmget({KEY}, 1, {CREAT | 0o604})")[0]
    args = ("shmget", "EACCES", f"key={KEY}")
    assert user.call(f"shmget({KEY}, 0, 0o600)")[1] == "EACCES"
    assert user.call(f"shmget({KEY}, 0, 0o400)") == (shmid, "")
    assert user.call(f"shmget({KEY}, 0, 0)") == (shmid, "")
    for flags in ("0400", "0"):
        none(why(world, *args, f"flags={flags}", "--pid", user.pid))
    assert of(why(world, *args, "--pid", user.pid), "does not grant")["applies"] is None
    none(why(world, *args, "flags=0600"))
    row = so(why(world, *args, "flags=0600", "--pid", user.pid), "does not grant", "mode 0604")
    put_right(world, row)
    assert user.call(f"shmget({KEY}, 0, 0o600)") == (shmid, "")


def test_the_size_is_invalid(world, root):
    root.call(f"shmget({KEY}, 4096, {CREAT | 0o600})")
    assert root.call(f"shmget(0, 0, {CREAT})")[1] == "EINVAL"
    so(why(world, "shmget", "EINVAL", "key=0", "size=0", "flags=IPC_CREAT"), "at least 1 byte")
    none(why(world, "shmget", "EINVAL", f"key={KEY}", "size=0", "flags=0"))
    assert root.call(f"shmget({KEY}, 4097, 0)")[1] == "EINVAL"
    row = of(why(world, "shmget", "EINVAL", f"key={KEY}", "size=4096", "flags=0"), "is smaller")
    assert row["applies"] is False
    row = of(why(world, "shmget", "EINVAL", f"key={KEY}"), "is smaller")
    assert row["applies"] is None and "4096" in row["evidence"]
    so(why(world, "shmget", "EINVAL", f"key={KEY}", "size=4097", "flags=0"), "is smaller", "has 4096 bytes, 4097 asked for")


def test_the_size_is_over_shmmax(world, root):
    world.sysctl("kernel.shmmax", "8192")
    assert root.call(f"shmget(0, 8193, {CREAT})")[1] == "EINVAL"
    none(why(world, "shmget", "EINVAL", "key=0", "size=8192", "flags=IPC_CREAT"))
    args = ("shmget", "EINVAL", "key=0", "size=8193", "flags=IPC_CREAT")
    put_right(world, so(why(world, *args), "kernel.shmmax", "8192"))
    assert root.call(f"shmget(0, 8193, {CREAT})")[1] == ""
    none(why(world, *args))


def test_no_huge_pages_of_that_size(world, root):
    flags = CREAT | HUGETLB | 22 << 26
    assert root.call(f"shmget(0, 1, {flags})")[1] == "EINVAL"
    so(why(world, "shmget", "EINVAL", "key=0", "size=1", f"flags={flags}"), "no huge pages of that size", "4194304")
    none(why(world, "shmget", "EINVAL", "key=0", "size=1", f"flags={CREAT | HUGETLB | 21 << 26}"))
    none(why(world, "shmget", "EINVAL", "key=0", "size=1", "flags=IPC_CREAT"))


@pytest.mark.parametrize("limit", ["shmmni", "shmall"])
def test_too_many_segments(world, root, limit):
    """Those that were removed, but are still attached, count; what is unused can be removed."""
    world.ok("mk", "shm", "--size", PAGE, "--count", 3)
    gone = root.call(f"shmget(0, {PAGE}, {CREAT})")[0]
    root.call(f"shmat({gone}, None, 0)")
    root.call(f"shmctl({gone}, {RMID}, None)")
    world.sysctl(f"kernel.{limit}", "4")
    args = ("shmget", "ENOSPC", "key=0", f"size={PAGE}", "flags=IPC_CREAT")
    assert root.call(f"shmget(0, {PAGE}, {CREAT})")[1] == "ENOSPC"
    row = so(why(world, *args), f"kernel.{limit}", f"{limit} is 4, 4 in use")
    assert "1 are removed, but still attached" in row["evidence"] and "3 are unused" in row["evidence"]
    assert "root has the most: 4" in row["evidence"]
    assert [r["applies"] for r in why(world, *args)] == [True, False]
    remove = row["fix"].split("# or: ")[1]
    put_right(world, row)
    none(why(world, *args))
    assert root.call(f"shmget(0, {PAGE}, {CREAT})")[1] == ""
    assert root.call(f"shmget(0, {PAGE}, {CREAT})")[1] == "ENOSPC"
    # That is about the segments of all users: what is copied only shows them.
    put_right(world, {"fix": remove})
    assert root.call(f"shmget(0, {PAGE}, {CREAT})")[1] == "ENOSPC"
    put_right(world, {"fix": remove.replace(" --dry-run", "")})
    assert root.call(f"shmget(0, {PAGE}, {CREAT})")[1] == ""


def test_a_user_may_remove_only_own_segments(world, root, user):
    world.ok("mk", "shm", "--size", PAGE)
    world.sysctl("kernel.shmmni", "1")
    args = ("shmget", "ENOSPC", "key=0", f"size={PAGE}", "flags=IPC_CREAT")
    assert user.call(f"shmget(0, {PAGE}, {CREAT | 0o600})")[1] == "ENOSPC"
    row = so(why(world, *args, uid=USER), "kernel.shmmni", "root has the most")
    assert "rm shm" not in row["fix"]
    world.sysctl("kernel.shmmni", "2")
    world.ok("mk", "shm", "--size", PAGE, uid=USER)
    row = so(why(world, *args, uid=USER), "kernel.shmmni")
    assert f"ipcx rm shm --unused --where 'uid == {USER}'" in row["fix"]


def test_not_enough_memory(world, root):
    args = ("shmget", "ENOMEM", "key=0", "size=64T")
    r = root.call(f"shmget(0, {64 << 40}, {CREAT})")
    if r[1] != "ENOMEM":
        pytest.skip("this machine has 64 TiB, or vm.overcommit_memory is 1")
    so(why(world, *args, "flags=IPC_CREAT"), "not enough memory")
    none(why(world, "shmget", "ENOMEM", "key=0", "size=4K", "flags=IPC_CREAT"))
    if root.call(f"shmget(0, {64 << 40}, {CREAT | NORESERVE})")[1] == "":
        none(why(world, *args, "flags=IPC_CREAT|SHM_NORESERVE"))


def test_no_free_huge_pages(world, root):
    size = 1 << 40
    if root.call(f"shmget(0, {size}, {CREAT | HUGETLB})")[1] != "ENOMEM":
        pytest.skip("this kernel has no huge pages, or very many")
    args = ("shmget", "ENOMEM", "key=0", f"size={size}")
    row = so(why(world, *args, f"flags={CREAT | HUGETLB}"), "not enough free huge pages")
    assert row["fix"].startswith("sysctl -w vm.nr_hugepages=")
    assert of(why(world, *args, "flags=IPC_CREAT"), "not enough free huge pages")["applies"] is False
    assert of(why(world, *args), "not enough free huge pages")["applies"] is None


def test_huge_pages_need_a_right(world, root, user):
    flags = CREAT | HUGETLB
    assert user.call(f"shmget(0, 1, {flags})")[1] == "EPERM"
    args = ("shmget", "EPERM", "key=0", "size=1")
    so(why(world, *args, f"flags={flags}", "--pid", user.pid), "huge pages need CAP_IPC_LOCK", "not in group")
    none(why(world, *args, f"flags={flags}", "--pid", root.pid))
    assert of(why(world, *args, "flags=IPC_CREAT", "--pid", user.pid), "huge pages need")["applies"] is False


# ---- shmat, shmdt


def test_the_id_names_no_segment(world, root):
    """The other segment of the slot proves that the named one was removed."""
    old = int(world.ok("mk", "shm", "--size", "1"))
    none(why(world, "shmat", "EINVAL", f"id={old}"))
    world.ok("rm", f"shm:{old}")
    assert root.call(f"shmat({old}, None, 0)")[1] == "EINVAL"
    so(why(world, "shmat", "EINVAL", f"id={old}"), "no segment has this id", f"its slot {old} is empty")
    new = int(world.ok("mk", "shm", "--size", "1", "--id", old + (1 << 15)))
    for call, text in (("shmat", f"shmat({old}, None, 0)"), ("shmctl", f"shmctl({old}, {STAT}, BUFFER)")):
        assert root.call(text)[1] == "EINVAL"
        so(why(world, call, "EINVAL", f"id={old}"), "no segment has this id", f"shm:{old} was removed: its slot {old} now holds shm:{new}")
    so(why(world, "shmat", "EINVAL", f"id={new + (1 << 15)}"), "no segment has this id", "was never made")
    assert root.call("shmat(-1, None, 0)")[1] == "EINVAL"
    so(why(world, "shmat", "EINVAL", "id=-1"), "no segment has this id", "did shmget(2) fail before?")


def test_a_removed_segment_that_is_attached_still_has_its_id(world, root):
    shmid = root.call(f"shmget(0, 1, {CREAT | 0o600})")[0]
    root.call(f"shmat({shmid}, None, 0)")
    root.call(f"shmctl({shmid}, {RMID}, None)")
    assert root.call(f"shmat({shmid}, None, 0)")[1] == ""
    none(why(world, "shmat", "EINVAL", f"id={shmid}"))
    none(why(world, "shmat", "EIDRM", f"id={shmid}"))
    so(why(world, "shmat", "EIDRM", f"id={shmid + 1}"), "removed at that moment")


def test_the_address_is_invalid(world, root):
    shmid = root.call(f"shmget(0, {2 * PAGE}, {CREAT | 0o600})")[0]
    at = root.call(f"shmat({shmid}, None, 0)")[0]
    args = ("shmat", "EINVAL", f"id={shmid}")
    assert root.call(f"shmat({shmid}, {at + 1}, 0)")[1] == "EINVAL"
    so(why(world, *args, f"addr={at + 1}", "flags=0"), "not a multiple of the page size", "1 bytes past")
    row = of(why(world, *args, f"addr={at + 1}", f"flags={RND}"), "not a multiple")
    assert row["applies"] is False
    assert root.call(f"shmat({shmid}, None, {REMAP})")[1] == "EINVAL"
    so(why(world, *args, "addr=0", "flags=SHM_REMAP"), "SHM_REMAP was given without an address")
    none(why(world, *args, "addr=0", "flags=0"))
    assert root.call(f"shmat({shmid}, {at + PAGE}, 0)")[1] == "EINVAL"
    so(why(world, *args, f"addr={at + PAGE}", "flags=0", "--pid", root.pid), "something else is mapped there", hex(at))
    none(why(world, *args, f"addr={at + PAGE}", "flags=SHM_REMAP", "--pid", root.pid))
    assert root.call(f"shmat({shmid}, {at}, {REMAP})") == (at, "")
    row = of(why(world, *args, f"addr={at}", "flags=0"), "something else is mapped")
    assert row["applies"] is None and "which process" in row["evidence"]


def test_the_address_is_below_the_lowest(world, root, user):
    shmid = root.call(f"shmget(0, 1, {CREAT | 0o666})")[0]
    if user.call(f"shmat({shmid}, 100, {RND})")[1] != "EPERM":
        pytest.skip("vm.mmap_min_addr is 0")
    args = ("shmat", "EPERM", f"id={shmid}")
    so(why(world, *args, "addr=100", "flags=SHM_RND", "--pid", user.pid), "vm.mmap_min_addr")
    none(why(world, *args, "addr=1G", "flags=0", "--pid", user.pid))
    none(why(world, *args, "addr=0", "--pid", user.pid))


@pytest.mark.parametrize("mode, flags, cause", [(0o600, 0, "reading and"), (0o604, 0, "reading and"), (0o606, EXEC, "execution")])
def test_the_mode_grants_no_attach(world, root, user, mode, flags, cause):
    shmid = root.call(f"shmget(0, 1, {CREAT | mode})")[0]
    args = ("shmat", "EACCES", f"id={shmid}", f"flags={flags}")
    assert user.call(f"shmat({shmid}, None, {flags})")[1] == "EACCES"
    none(why(world, *args, "--pid", root.pid))
    put_right(world, so(why(world, *args, "--pid", user.pid), cause, f"mode {mode:04o} and belongs to root"))
    assert user.call(f"shmat({shmid}, None, {flags})")[1] == ""
    none(why(world, *args, "--pid", user.pid))


def test_reading_is_granted(world, root, user):
    shmid = root.call(f"shmget(0, 1, {CREAT | 0o604})")[0]
    assert user.call(f"shmat({shmid}, None, {RDONLY})")[1] == ""
    none(why(world, "shmat", "EACCES", f"id={shmid}", "flags=SHM_RDONLY", "--pid", user.pid))
    assert of(why(world, "shmat", "EACCES", f"id={shmid}", "--pid", user.pid), "reading and")["applies"] is None


def test_the_address_space_is_limited(world, root):
    shmid = root.call(f"shmget(0, {1 << 30}, {CREAT | NORESERVE | 0o600})")[0]
    none(why(world, "shmat", "ENOMEM", f"id={shmid}", "--pid", root.pid))
    root.call(f"limit('AS', {1 << 30})")
    args = ("shmat", "ENOMEM", f"id={shmid}", "--pid", root.pid)
    assert root.call(f"shmat({shmid}, None, 0)")[1] == "ENOMEM"
    put_right(world, so(why(world, *args), "RLIMIT_AS", f"RLIMIT_AS is {1 << 30}"))
    assert root.call(f"shmat({shmid}, None, 0)")[1] == ""


def test_the_process_has_too_many_mappings(world, root):
    with open("/proc/sys/vm/max_map_count", encoding="ascii") as f:
        if int(f.read()) > 100_000:
            pytest.skip("vm.max_map_count is very high")
    shmid = root.call(f"shmget(0, 1, {CREAT | 0o600})")[0]
    args = ("shmat", "ENOMEM", f"id={shmid}", "--pid", root.pid)
    none(why(world, *args))
    n = root.call(f"fill({shmid})")
    assert n[1] == "ENOMEM"
    row = so(why(world, *args), "vm.max_map_count", f"{n[0]} of them segments")
    assert row["fix"].startswith("sysctl -w vm.max_map_count=")
    assert of(why(world, "shmat", "ENOMEM", f"id={shmid}"), "max_map_count")["applies"] is None


def test_nothing_is_attached_at_the_address(world, root):
    shmid = root.call(f"shmget(0, {2 * PAGE}, {CREAT | 0o600})")[0]
    at = root.call(f"shmat({shmid}, None, 0)")[0]
    none(why(world, "shmdt", "EINVAL", f"addr={at}", "--pid", root.pid))
    assert root.call(f"shmdt({at + PAGE})")[1] == "EINVAL"
    row = so(why(world, "shmdt", "EINVAL", f"addr={at + PAGE}", "--pid", root.pid), "no segment is attached", f"shm:{shmid}, which begins at {hex(at)}")
    assert hex(at) in row["fix"]
    assert root.call(f"shmdt({at + 1})")[1] == "EINVAL"
    so(why(world, "shmdt", "EINVAL", f"addr={at + 1}"), "not a multiple of the page size")
    assert root.call(f"shmdt({at})") == (0, "") and root.call(f"shmdt({at})")[1] == "EINVAL"
    so(why(world, "shmdt", "EINVAL", f"addr={at}", "--pid", root.pid), "no segment is attached", "has 0 attaches")
    assert of(why(world, "shmdt", "EINVAL", f"addr={at}"), "no segment is attached")["applies"] is None


# ---- shmctl


@pytest.mark.parametrize("name, cmd, cause", [("IPC_RMID", RMID, "remove or change"), ("IPC_SET", SET, "remove or change"), ("SHM_LOCK", LOCK, "may lock")])
def test_another_users_segment(world, root, user, name, cmd, cause):
    shmid = root.call(f"shmget(0, 1, {CREAT | 0o666})")[0]
    root.call(f"shmctl({shmid}, {STAT}, BUFFER)")
    args = ("shmctl", "EPERM", f"id={shmid}", f"cmd={name}")
    assert user.call(f"shmctl({shmid}, {cmd}, BUFFER)")[1] == "EPERM"
    row = so(why(world, *args, "--pid", user.pid), cause, "belongs to root")
    none(why(world, *args, "--pid", root.pid))
    none(why(world, "shmctl", "EPERM", f"id={shmid}", "cmd=IPC_STAT", "--pid", user.pid))
    assert of(why(world, *args[:3], "--pid", user.pid), cause)["applies"] is None
    assert "as root, who owns it" in why(world, *args, uid=USER)[0]["fix"] or cmd == SET
    if cmd != SET:
        put_right(world, row)


def test_own_segments_may_be_removed(world, user):
    shmid = user.call(f"shmget(0, 1, {CREAT | 0o600})")[0]
    none(why(world, "shmctl", "EPERM", f"id={shmid}", "cmd=IPC_RMID", "--pid", user.pid))


def test_nothing_may_be_locked(world, user):
    shmid = user.call(f"shmget(0, {PAGE}, {CREAT | 0o600})")[0]
    args = ("shmctl", "EPERM", f"id={shmid}", "cmd=SHM_LOCK", "--pid", user.pid)
    none(why(world, *args))
    user.call("limit('MEMLOCK', 0)")
    assert user.call(f"shmctl({shmid}, {LOCK}, None)")[1] == "EPERM"
    put_right(world, so(why(world, *args), "RLIMIT_MEMLOCK is 0"))
    assert user.call(f"shmctl({shmid}, {LOCK}, None)")[1] == ""
    none(why(world, *args))


def test_more_than_may_be_locked(world, root, user):
    shmid = user.call(f"shmget(0, {16 * PAGE}, {CREAT | 0o600})")[0]
    args = ("shmctl", "ENOMEM", f"id={shmid}", "cmd=SHM_LOCK", "--pid")
    user.call(f"limit('MEMLOCK', {15 * PAGE})")
    assert user.call(f"shmctl({shmid}, {LOCK}, None)")[1] == "ENOMEM"
    none(why(world, *args, root.pid))
    row = so(why(world, *args, user.pid), "would exceed RLIMIT_MEMLOCK", f"{15 * PAGE}")
    put_right(world, row)
    assert user.call(f"shmctl({shmid}, {LOCK}, None)")[1] == ""
    assert why(world, *args, user.pid)[0]["applies"] is None


def test_reading_is_not_granted(world, root, user):
    shmid = root.call(f"shmget(0, 1, {CREAT | 0o600})")[0]
    args = ("shmctl", "EACCES", f"id={shmid}", "cmd=IPC_STAT", "--pid")
    assert user.call(f"shmctl({shmid}, {STAT}, BUFFER)")[1] == "EACCES"
    none(why(world, *args, root.pid))
    put_right(world, so(why(world, *args, user.pid), "need permission to read"))
    assert user.call(f"shmctl({shmid}, {STAT}, BUFFER)")[1] == ""
    none(why(world, *args, user.pid))


def test_there_is_no_such_command(world, root):
    shmid = root.call(f"shmget(0, 1, {CREAT | 0o600})")[0]
    assert root.call(f"shmctl({shmid}, 77, None)")[1] == "EINVAL"
    so(why(world, "shmctl", "EINVAL", f"id={shmid}", "cmd=77"), "no such command")
    none(why(world, "shmctl", "EINVAL", f"id={shmid}", "cmd=IPC_RMID"))
    none(why(world, "shmctl", "EINVAL", f"id={shmid}", "cmd=IPC_64|IPC_RMID"))


# ---- namespaces


def test_fixes_name_the_namespace(world, root):
    with caller(world, "unshare", "--ipc") as apart:
        world.ok("mk", "shm", "--key", KEY, "--size", "1", "--ns", apart.pid)
        assert root.call(f"shmget({KEY}, 2, 0)")[1] == "ENOENT"
        assert apart.call(f"shmget({KEY}, 2, 0)")[1] == "EINVAL"
        args = ("shmget", "EINVAL", f"key={KEY}", "size=2", "flags=0")
        none(why(world, *args))
        row = so(why(world, *args, "--ns", apart.pid), "is smaller")
        assert f"--ns {apart.pid}" in row["fix"]
        row = so(why(world, *args, "--pid", apart.pid), "is smaller")
        put_right(world, row)
        assert apart.call(f"shmget({KEY}, 2, {CREAT})")[1] == ""
