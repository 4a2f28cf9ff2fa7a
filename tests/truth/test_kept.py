# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages are right about objects that cannot be read or are in the way, and about predictions: which object would be used, what fits, and what would be
saved."""

import json
import os
import re

import pytest

from conftest import IPCX

# ---- an unreadable directory

BARE = "umount -l /dev/shm; mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3"


@pytest.mark.parametrize("words", [("show", "pshm:/x"), ("show", "psem:/x"), ("ls", "pshm:/x"), ("ls", "psem:/x", "--json"), ("rm", "pshm:/x"),
                                   ("rm", "psem:/x", "--ignore-missing"), ("rm", "pshm:/x", "--ignore-missing", "--dry-run"),
                                   ("set", "pshm:/x", "--mode", "0600"), ("psem", "get", "psem:/x"), ("psem", "post", "psem:/x"),
                                   ("pshm", "read", "pshm:/x"), ("ls", "pshm:/x", "--ns", "all")], ids=" ".join)
def test_a_missing_directory_proves_no_object_missing(world, words):
    """The command fails, since it is unknown whether the object exists."""
    assert world.sh(BARE).rc == 0
    r = world.ipcx(*words)
    assert r.rc == 1 and "/dev/shm: No such file or directory" in r.err, (r.rc, r.err)
    if "--json" in words:
        assert [e["kind"] for e in r.json["errors"]] == ["failed"]


def test_a_missing_object_beside_an_unknown_one(world):
    assert world.sh(BARE).rc == 0
    r = world.ipcx("rm", "pshm:/x", "shm:5")
    assert r.rc == 4 and r.err.count("\n") == 2
    r = world.ipcx("rm", "pshm:/x", "shm:5", "--ignore-missing")
    assert r.rc == 1 and r.err.count("\n") == 1
    # If the directory exists, an object that does not is reported as missing, not as unknown.
    assert world.sh("mkdir -m 1777 /dev/shm").rc == 0
    for words in ("show", "pshm:/x"), ("rm", "psem:/x"), ("psem", "get", "psem:/x"):
        assert world.ipcx(*words).rc == 3
    world.ok("rm", "pshm:/x", "--ignore-missing")


# ---- objects and limits that are in the way of a new object

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
def test_the_object_in_the_way_is_reported_under_the_requested_name(world, what, more):
    script, words, ref, why = FOREIGN[what]
    assert world.sh(script).rc == 0
    r = world.ipcx(*words, *more)
    assert (r.rc, r.out) == (1, "") and re.fullmatch(rf"ipcx: {ref}: cannot make it: the file with that name {why}\n", r.err), r.err


# ---- existing objects that would be used

KINDS = {"shm": ["shm:0x77", "--size", "4K"], "msg": ["msg:0x77"], "sem": ["sem:0x77", "--nsems", "2"], "mq": ["mq", "/o"],
         "pshm": ["pshm", "/o", "--size", "4K"], "psem": ["psem", "/o"]}
LESS = {"shm": ["shm:0x77", "--size", "4097"], "sem": ["sem:0x77", "--nsems", "3"], "pshm": ["pshm", "/o", "--size", "4097"]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["0600", "0604", "0606"])
@pytest.mark.parametrize("uid", [None, 1000])
def test_following_the_hint_uses_the_object(world, kind, mode, uid):
    world.ok("mk", *KINDS[kind], "--mode", mode)
    for words in KINDS[kind], [*KINDS[kind], "--mode", "0400"], LESS.get(kind):
        if words is None:
            continue
        r = world.ipcx("mk", *words, uid=uid)
        assert (r.rc, r.out) == (1, "") and "exists, owner root, mode " + mode in r.err, r.err
        taken = world.ipcx("mk", *words, "--if-missing", uid=uid)
        assert ("(--if-missing would take it)" in r.err) == (taken.rc == 0), (words, r.err, taken.err)


def test_memory_is_allocated_afterwards(world):
    assert world.run("mount", "-o", "remount,size=1M", "/dev/shm").rc == 0
    world.ok("mk", "pshm", "/a", "--size", "512K")
    words = "mk", "pshm", "/a", "--size", "4K", "--allocate"
    assert "(--if-missing would take it)" in world.ipcx(*words).err
    r = world.ipcx(*words, "--if-missing")
    assert (r.rc, r.out) == (0, "/a\n") and r.err == "ipcx: note: pshm:/a: existed already with size 524288: taken, and 524288 bytes of memory allocated to it\n"
    assert (world.objects()[0]["size"], world.objects()[0]["allocated"]) == (512 << 10, 512 << 10)
    r = world.ipcx(*words, "--if-missing")
    assert r.rc == 0 and "taken as it is" in r.err
    world.ok("mk", "pshm", "/b", "--size", "512K")
    assert world.sh("head -c 4K /dev/zero >/dev/shm/full").rc == 0
    words = "mk", "pshm", "/b", "--size", "4K", "--allocate"
    before = world.steady()
    assert "--if-missing" not in world.ipcx(*words).err
    r = world.ipcx(*words, "--if-missing")
    assert (r.rc, r.out) == (1, "") and r.err == ("ipcx: pshm:/b: exists, but 524288 bytes of its memory are not allocated yet, and only 520192 are free "
                                                  "in /dev/shm\n")
    assert world.steady() == before, "nothing of it was taken"


def test_memory_of_a_read_only_object_is_not_allocated(world):
    world.ok("mk", "pshm", "/a", "--size", "4K", "--mode", "0644")
    words = "mk", "pshm", "/a", "--size", "4K", "--allocate", "--mode", "0400"
    assert "--if-missing" not in world.ipcx(*words, uid=1000).err
    r = world.ipcx(*words, "--if-missing", uid=1000)
    assert r.rc == 1 and r.err == "ipcx: pshm:/a: exists, but its memory cannot be allocated: not permitted: needs permission to write to it\n"
    assert world.objects()[0]["allocated"] == 0
    assert world.ipcx(*words[:-3], "--if-missing", "--mode", "0400", uid=1000).rc == 0


def test_an_existing_object_is_locked(world):
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


def test_an_empty_file_is_not_wrong_usage(world):
    path = os.path.join(world.dir, "empty")
    with open(path, "wb"):
        pass
    for source in path, "/dev/null":
        r = world.ipcx("mk", "shm", "--from", source)
        assert (r.rc, r.out) == (1, ""), r.err
    assert "shm: cannot make a shared memory segment: the contents are empty, but it needs at least 1 byte" in world.ipcx("mk", "shm", "--from", path).err
    assert world.ipcx("mk", "shm", "--size", "0").rc == 2, "that was asked for"
    for more in (), ("--allocate",):
        assert world.ok("mk", "pshm", "/e", "--from", path, *more) == "/e"
        world.ok("rm", "pshm:/e")


def test_contents_allocate_their_memory(world):
    r = world.sh('head -c 8192 /dev/zero | "$IPCX" mk pshm /a --from - --allocate')
    assert (r.rc, r.out) == (0, "/a\n"), r.err
    assert world.objects()[0]["allocated"] == 8192
    path = os.path.join(world.dir, "like")
    with open(path, "wb") as f:
        f.write(b"x" * 32)
    assert world.ipcx("mk", "pshm", "/sem.x", "--from", path).rc == 1
    assert world.ipcx("mk", "pshm", "/sem.x", "--size", "32").rc == 2


# ---- huge pages

HUGE = ("limits", "--for", "shm:64M,huge", "--json")


def right(r):
    return {row["name"]: row["fits"] for row in r.json["needs"]}["permission"]


@pytest.mark.parametrize("uid, groups, says", [(None, [], True), (1000, ["--clear-groups"], False), (1000, ["--groups=1000"], False),
                                               (1000, ["--groups=0"], None), (1000, ["--groups=1000,5"], None)])
def test_permission_for_huge_pages_is_checked_in_the_first_user_namespace(world, uid, groups, says):
    """The kernel checks for a capability and a group of the first user namespace; user 0 of another user namespace has neither."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else there")
    who = ["setpriv", f"--reuid={uid}", f"--regid={uid}", *groups] if uid else []
    enter = [*who, "prlimit", "--memlock=65536:65536", "unshare", "--user", "--map-root-user", "--ipc", IPCX]
    r = world.run(*enter, *HUGE)
    assert right(r) is says and r.rc == 1, r.err
    made = world.run(*enter, "mk", "shm", "--size", "64M", "--huge")
    if says is False:
        assert made.rc == 1 and "huge pages need CAP_IPC_LOCK" in made.err
    elif "hugepages is 0" not in made.err:
        assert made.rc == 0 or says is None, made.err
    if says is None:
        assert "whether you are in the group 0 of the first user namespace (vm.hugetlb_shm_group) cannot be determined" in r.err


def test_a_group_without_a_mapping_is_unknown(world):
    with open("/proc/sys/vm/hugetlb_shm_group", encoding="ascii") as f:
        if f.read().strip() != "0":
            pytest.skip("somebody set vm.hugetlb_shm_group")
    fake = os.path.join(world.dir, "group")
    with open(fake, "w", encoding="ascii") as f:
        f.write("1000\n")
    assert world.run("mount", "--bind", fake, "/proc/sys/vm/hugetlb_shm_group").rc == 0
    assert right(world.ipcx(*HUGE, uid=1000)) is True, "in the first one numbers are the same"
    r = world.run("unshare", "--user", "--map-root-user", IPCX, *HUGE, uid=1000)
    assert right(r) is None and "the group 1000 of the first user namespace" in r.err


def test_huge_pages_beyond_the_pool_do_not_fit(world):
    pools = os.listdir("/sys/kernel/mm/hugepages") if os.path.isdir("/sys/kernel/mm/hugepages") else pytest.skip("no huge pages here")
    size = next(kb for kb in (16384, 64, 512) if f"hugepages-{kb}kB" not in pools)
    r = world.ipcx("limits", "--for", f"shm:16M,huge={size}K", "--json")
    row = {row["name"]: row for row in r.json["needs"]}[f"hugepages_{size}kB"]
    assert r.rc == 1 and row["fits"] is False and row["limit"] == 0 and row["raise_to"] is None
    assert f"cannot fit at all: hugepages_{size}kB cannot be raised above 0" in r.err and "cannot tell" not in r.err
    assert world.ipcx("mk", "shm", "--size", "16M", f"--huge={size}K").rc != 0
    # If the huge pages are hidden, the answer is unknown.
    assert world.run("mount", "-t", "tmpfs", "none", "/sys/kernel/mm").rc == 0
    r = world.ipcx("limits", "--for", f"shm:16M,huge={size}K", "--json")
    assert {row["name"]: row["fits"] for row in r.json["needs"]}[f"hugepages_{size}kB"] is None and "cannot tell" in r.err


# ---- what would be saved


def both(world, *words, **more):
    """Return the results of a dry run and of the real run after it."""
    return world.ipcx("limits", "set", *words, "--dry-run", **more), world.ipcx("limits", "set", *words, **more)


def test_a_dry_run_saves_nothing(world):
    path = os.path.join(world.dir, "60-ipc.conf")
    _, _, semopm, semmni = world.sysctl("kernel.sem").split()
    words = "limits", "set", "shmmni=55", "semmsl=99", "semmns=4000", "--save", path, "--dry-run"
    was = world.sysctl("kernel.shmmni")
    r = world.ipcx(*words)
    assert (r.rc, r.err) == (0, "") and os.listdir(world.dir) == [] and world.sysctl("kernel.shmmni") == was
    saved = ["kernel.shmmni = 55", f"kernel.sem = 99 4000 {semopm} {semmni}"]
    assert sorted(r.lines[3:]) == sorted(f"{line} would be saved in {path}" for line in saved)
    r = world.ipcx(*words, "--json")
    assert r.rc == 0 and len(r.json["limits"]) == 3 and f"kernel.shmmni = 55 would be saved in {path}" in r.err
    world.ok(*words[:-1])
    with open(path, encoding="ascii") as f:
        assert sorted(f.read().splitlines()) == sorted(saved)
    with open("/dev/full", "wb") as full:
        assert world.ipcx(*words, "--force", stdout=full).rc == 1


def test_a_dry_run_refuses_what_cannot_be_saved(world):
    path = os.path.join(world.dir, "x")
    with open(path, "w", encoding="ascii") as f:
        f.write("precious")
    assert world.run("mount", "-t", "tmpfs", "-o", "ro", "none", "/mnt").rc == 0
    os.symlink(path, os.path.join(world.dir, "link"))
    for words in ([path], [os.path.join(world.dir, "link"), "--force"], [world.dir, "--force"], ["/nowhere/x"], ["/mnt/x"], [path + "/y"]):
        dry, deed = both(world, "shmmni=55", "--save", *words)
        assert (dry.rc, dry.err) == (1, deed.err.replace("ipcx: note: limits that remain set: 1\n", "")) and deed.rc == 1, (dry.err, deed.err)
        assert "cannot be written: " in dry.err
    with open(path, encoding="ascii") as f:
        assert f.read() == "precious"
    dry, deed = both(world, "shmmni=56", "--save", path, "--force")
    assert (dry.rc, deed.rc) == (0, 0) and "kernel.shmmni = 56 would be saved in " + path in dry.out


# ---- shares


def test_shares_are_known_with_any_columns(world):
    """The fields from which shares are computed are read, but not shown as columns."""
    for words in KINDS.values():
        world.ok("mk", *words)
    refs = [o["ref"] for o in world.objects()]
    assert len(refs) == 6
    all_of_it = {o["ref"]: o["limits"] for o in world.ipcx("show", *refs, "--json").json["objects"]}
    for columns in "ref", "ref,owner", "ref,ctime":
        r = world.ipcx("show", *refs, "-o", columns, "--json")
        assert r.rc == 0 and {o["ref"]: o["limits"] for o in r.json["objects"]} == all_of_it
        assert all(set(o) - {"ref", "owner", "ctime", "limits", "semaphores", "messages", "mech", "unknown"} == set() for o in r.json["objects"]), r.out
        assert all(row["needed"] is not None for o in r.json["objects"] for row in o["limits"])
    # To a user who may not read a queue, its shares are shown as unknown, with a message.
    r = world.ipcx("show", "mq:/o", "-o", "ref", "--json", uid=1000)
    assert [row["name"] for row in r.json["objects"][0]["limits"] if row["needed"] is None] != [] and "counters unknown" in r.err


# ---- the memory of arrays


def needs(world, wish):
    r = world.ipcx("limits", "--for", wish, "--json")
    return r, {row["name"]: row for row in r.json["needs"]}


def test_an_array_is_one_allocation(world):
    """The kernel's sem_alloc() (ipc/sem.c) allocates a header and 64 bytes per semaphore at once, at most INT_MAX bytes. The test creates no object of this
    size."""
    world.ok("limits", "set", "semmsl=2000000000", "semmns=2000000000", "semmni=100")
    r, rows = needs(world, "sem:2")
    assert r.rc == 0 and r.err == "" and {row["fits"] for row in rows.values()} == {True}
    for wish in ("sem:100000000", "sem:10x100000000"):
        r, rows = needs(world, wish)
        assert r.rc == 1 and rows["array_max"]["fits"] is False and rows["semmsl"]["fits"] is True
        assert "cannot fit at all: array_max cannot be raised above 2147483647" in r.err
    size = rows["array_max"]["needed"] // 100000000
    assert rows["array_max"]["needed"] == 100000000 * size + 256
    most = (2 ** 31 - 1 - 256) // size
    assert needs(world, f"sem:{most}")[1]["array_max"]["fits"] is True and needs(world, f"sem:{most + 1}")[1]["array_max"]["fits"] is False


def test_arrays_together_fit_into_memory(world):
    with open("/proc/meminfo", encoding="ascii") as f:
        total = 1024 * int(re.search(r"MemTotal: +(\d+)", f.read()).group(1))
    world.ok("limits", "set", "semmsl=1000000", "semmns=2000000000", "semmni=32000")
    size = (needs(world, "sem:1000000")[1]["array_max"]["needed"] - 256) // 1000000
    count = total // (1000000 * size) + 1
    if count * 1000000 > 2000000000:
        pytest.skip("there is more memory than semaphores could take")
    r, rows = needs(world, f"sem:{count}x1000000")
    assert r.rc == 1 and rows["kernel_memory"]["fits"] is False and rows["kernel_memory"]["limit"] == total
    assert rows["array_max"]["fits"] is True and "cannot fit at all: kernel_memory cannot be raised above" in r.err
    # A request for all memory may or may not succeed.
    r, rows = needs(world, f"sem:{count - 1}x1000000")
    assert r.rc == 1 and rows["kernel_memory"]["fits"] is None
    # Without /proc, the amount of free memory is read from another source.
    assert world.sh("umount -l /proc").rc == 0
    assert needs(world, "sem:2")[1]["kernel_memory"]["fits"] is True


def test_memory_of_an_existing_array_is_not_a_share(world):
    world.ok("mk", "sem", "--nsems", "2")
    assert {row["name"] for row in world.ipcx("show", "sem:0", "--json").json["objects"][0]["limits"]} == {"semmsl", "semmni", "semmns"}
