# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx limits: the kernel's values, usage as the kernel counts it, what would fit, and setting limits."""

import os
import re
import resource

import pytest

from conftest import IPCX
from helpers.real import DUMP, kernel
from helpers.tools import background, helper
from helpers.wide import NARROW

# name: (sysctl, index of the number in it)
SYSCTLS = {
    "shmmax": ("kernel.shmmax", 0), "shmall": ("kernel.shmall", 0), "shmmni": ("kernel.shmmni", 0),
    "shm_rmid_forced": ("kernel.shm_rmid_forced", 0), "msgmax": ("kernel.msgmax", 0), "msgmnb": ("kernel.msgmnb", 0),
    "msgmni": ("kernel.msgmni", 0), "semmsl": ("kernel.sem", 0), "semmns": ("kernel.sem", 1), "semopm": ("kernel.sem", 2),
    "semmni": ("kernel.sem", 3), "mqueue_queues_max": ("fs.mqueue.queues_max", 0), "mqueue_msg_max": ("fs.mqueue.msg_max", 0),
    "mqueue_msgsize_max": ("fs.mqueue.msgsize_max", 0), "mqueue_msg_default": ("fs.mqueue.msg_default", 0),
    "mqueue_msgsize_default": ("fs.mqueue.msgsize_default", 0), "hugepages": ("vm.nr_hugepages", 0),
}
CONSTANTS = {"shmmin": 1, "semvmx": 32767, "array_max": 2 ** 31 - 1, "size_max": 2 ** 32 - 1 if NARROW else 2 ** 63 - 1}
RLIMITS = {"rlimit_msgqueue": 12, "rlimit_memlock": resource.RLIMIT_MEMLOCK, "rlimit_fsize": resource.RLIMIT_FSIZE}  # Python has no name for RLIMIT_MSGQUEUE
SET = {name: 40 for name in SYSCTLS if name not in ("hugepages", "shm_rmid_forced")} | {
    "shm_rmid_forced": 1, "mqueue_msgsize_max": 4096, "mqueue_msgsize_default": 4096, "shmmax": 2 ** 63 + 1, "shmall": 2 ** 40}


def limits(world, *names, **more):
    """Return {name: row} of ipcx limits --json."""
    r = world.ipcx("limits", "--json", *names, **more)
    assert r.rc == 0 and r.err == "", r.err
    return {row["name"]: row for row in r.json["limits"]}


def used(world, *names):
    return [limits(world, *names)[n]["used"] for n in names]


def of_sysctl(world, name):
    source, at = SYSCTLS[name]
    return int(world.sysctl(source).split()[at])


# ---- values


def test_every_limit_is_listed(world):
    listed = list(limits(world))
    sizes = [n for n in DUMP["limits"] if re.fullmatch(r"hugepages_\d+kB", n)]
    assert [n for n in listed if n not in sizes] == [n for n in DUMP["limits"] if n not in sizes]
    assert {*SYSCTLS, *CONSTANTS, *RLIMITS, "memory", "kernel_memory", "dev_shm", "dev_shm_inodes"} == set(DUMP["limits"]) - set(sizes)


@pytest.mark.parametrize("name", SYSCTLS)
def test_a_limit_agrees_with_proc_sys(world, name):
    row = limits(world, name)[name]
    assert row["limit"] == of_sysctl(world, name)
    assert row["source"] == SYSCTLS[name][0] and row["unit"] and row["what"]


def test_each_namespace_has_its_own_limits(world):
    for name, value in SET.items():
        assert world.ipcx("limits", "set", f"{name}={value}").rc == 0, name
    assert {n: row["limit"] for n, row in limits(world, *SET).items()} == SET
    r = world.sh('unshare --ipc "$IPCX" limits shmmni --format raw --no-headings -o limit')
    assert int(r.out) != SET["shmmni"]


def test_constants_and_limits_of_the_process(world):
    r = world.run("prlimit", "--msgqueue=700000:800000", "--memlock=64000:65000", "--fsize=600000:", IPCX, "limits", "--json")
    assert r.rc == 0, r.err
    rows = {row["name"]: row for row in r.json["limits"]}
    assert {n: rows[n]["limit"] for n in CONSTANTS} == CONSTANTS
    assert [rows[n]["limit"] for n in RLIMITS] == [700000, 64000, 600000], "the soft one is what stops"
    for name, number in RLIMITS.items():
        soft, _ = resource.getrlimit(number)
        row = limits(world, name)[name]
        assert row["limit"] == (None if soft == resource.RLIM_INFINITY else soft)
        assert row["what"].startswith("unlimited: ") == (soft == resource.RLIM_INFINITY)


@pytest.mark.parametrize("words", [["semmsl", "shmmax"], ["kernel.shmmax"], ["kernel/shmmax"]], ids=" ".join)
def test_only_named_limits_are_listed(world, words):
    assert list(limits(world, *words)) == [w.split(".")[-1].split("/")[-1] for w in words]


def test_a_sysctl_of_four_numbers_names_four_limits(world):
    assert list(limits(world, "kernel.sem")) == ["semmsl", "semmns", "semopm", "semmni"]


@pytest.mark.parametrize("name", ["nosuch", "SHMMAX", "", "shmma", "shmmaxx", "esc\033[31m"])
def test_an_unknown_limit(world, name):
    for words in (["limits", name], ["limits", "shmmax", name], ["limits", "set", f"{name}=1"] if name else ["limits", name]):
        r = world.ipcx(*words)
        assert r.rc != 0 and r.out == "" and "no such limit" in r.err and "\033" not in r.err


# ---- usage


def test_shmall_counts_whole_pages_of_each_segment(world):
    assert used(world, "shmall", "shmmni") == [0, 0]
    for n, (size, pages) in enumerate(((1, 1), (4096, 2), (4097, 4), (1, 5), (10 * 4096 + 1, 16)), 1):
        world.ok("mk", "shm", "--size", str(size))
        assert used(world, "shmall", "shmmni") == [pages, n]


def test_a_removed_segment_counts_while_it_is_attached(world):
    shm = world.ok("mk", "shm", "--size", "8K")
    with background(world, helper("objects"), "dest", shm):
        assert used(world, "shmall", "shmmni") == [2, 1]
    assert used(world, "shmall", "shmmni") == [0, 0]


def test_queues_and_semaphores_are_counted(world):
    names = ["msgmni", "semmni", "semmns", "mqueue_queues_max"]
    assert used(world, *names) == [0, 0, 0, 0]
    world.ok("mk", "msg", "--count", "3")
    world.ok("mk", "sem", "--nsems", "7", "--count", "2")
    world.ok("mk", "sem", "--nsems", "1")
    world.ok("mk", "mq", "/a", "/b")
    assert used(world, *names) == [3, 3, 15, 2]
    world.ok("rm", "sysv", "posix", "--all", "--yes")
    assert used(world, *names) == [0, 0, 0, 0]


def test_dev_shm_agrees_with_statfs(world):
    r = world.run("mount", "-o", "remount,size=1M,nr_inodes=100", "/dev/shm")
    assert r.rc == 0, r.err
    world.ok("mk", "pshm", "/a", "--size", "64K", "--from", "/dev/null")
    world.sh("head -c 65536 /dev/zero > /dev/shm/b")
    rows = limits(world, "dev_shm", "dev_shm_inodes")
    blocks, free, size, files, ffree = map(int, world.run("stat", "-f", "-c", "%b %f %S %c %d", "/dev/shm").out.split())
    assert (rows["dev_shm"]["limit"], rows["dev_shm"]["used"]) == (blocks * size, (blocks - free) * size)
    assert (rows["dev_shm_inodes"]["limit"], rows["dev_shm_inodes"]["used"]) == (files, files - ffree) == (100, 3)
    assert rows["dev_shm"]["limit"] == 2 ** 20 and rows["dev_shm"]["used"] >= 65536


def test_an_unlimited_dev_shm_has_no_limit(world):
    world.sh("umount /dev/shm; mount -t tmpfs -o size=0,nr_inodes=0 none /dev/shm")
    rows = limits(world, "dev_shm", "dev_shm_inodes")
    for row in rows.values():
        assert row["limit"] is None and row["percent"] is None and row["what"].startswith("unlimited: ")


def test_percentage_is_used_by_limit(world):
    world.ok("limits", "set", "shmmni=8", "semmni=3")
    world.ok("mk", "shm", "--size", "1", "--count", "2")
    world.ok("mk", "sem", "--nsems", "1")
    assert [row["percent"] for row in limits(world, "shmmni", "semmni").values()] == [25.0, 33.3]
    assert "25%" in world.ok("limits", "shmmni")


# ---- extreme values


def test_percentage_of_a_limit_of_0_is_unknown(world):
    for name in ("shmmni", "shmall", "msgmni", "semmni", "semmns", "shmmax"):
        world.ok("limits", "set", f"{name}=0")
        r = world.ipcx("limits", name, "--json")
        assert r.json["limits"][0]["limit"] == 0 and r.json["limits"][0]["percent"] is None
    for words in (["limits"], ["limits", "--json"], ["limits", "--for", "shm:1"], ["limits", "--for", "sem:1", "--format", "csv"]):
        assert not re.search(r"\b-?(nan|inf)", world.ipcx(*words).out, re.I)


def test_the_largest_number_is_exact_in_every_format(world):
    world.sysctl("kernel.shmall", str(2 ** 64 - 1))
    exact = str(2 ** 64 - 1)
    for words in (["--json"], ["--format", "jsonl"], ["--format", "csv"], ["--format", "raw"], ["--format", "export"], ["--bytes"]):
        assert re.search(rf"(?<!\d){exact}(?!\d)", world.ok("limits", "shmall", *words)), words
    assert re.search(r"shmall +15E ", world.ok("limits", "shmall"))
    world.ok("mk", "shm", "--size", "1")
    assert limits(world, "shmall")["shmall"]["percent"] == 0


# ---- setting


@pytest.mark.parametrize("name", SET)
def test_setting_and_reading_back(world, name):
    before = {n: of_sysctl(world, n) for n in SYSCTLS}
    assert world.ok("limits", "set", f"{name}={SET[name]}") == ""
    assert {n: of_sysctl(world, n) for n in SYSCTLS} == {**before, name: SET[name]}, "and nothing beside it"
    assert limits(world, name)[name]["limit"] == SET[name]


def test_setting_by_the_name_of_the_sysctl_and_with_a_suffix(world):
    world.ok("limits", "set", "kernel.shmmax=64M", "kernel/shmall=1k", "semmni=0x20")
    assert [of_sysctl(world, n) for n in ("shmmax", "shmall", "semmni")] == [64 << 20, 1024, 32]
    world.ok("limits", "set", f"shmmax={2 ** 64 - 1}")
    assert of_sysctl(world, "shmmax") == 2 ** 64 - 1


def test_verbose_prints_what_was_set(world):
    r = world.ipcx("limits", "set", "-v", "shmmni=77")
    assert r.rc == 0 and r.out == "" and "shmmni is now 77" in r.err


def test_a_dry_run_sets_nothing(world):
    before = of_sysctl(world, "shmmni")
    r = world.ipcx("limits", "set", "--dry-run", "-v", "shmmni=77")
    assert r.rc == 0 and r.out == f"shmmni would be set from {before} to 77\n" and r.err == "" and of_sysctl(world, "shmmni") == before


@pytest.mark.parametrize("word", ["shmmni", "shmmni=", "=5", "shmmni=-1", "shmmni=5x", "shmmni=1 2", "shmmni=18446744073709551616",
                                  "shmmni==5", "shmmni=nan", "x" * 100 + "=5"])
def test_an_invalid_setting_sets_nothing(world, word):
    before = of_sysctl(world, "msgmni")
    r = world.ipcx("limits", "set", "msgmni=5", word)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ")
    assert of_sysctl(world, "msgmni") == before


@pytest.mark.parametrize("setting,why", [
    ("shmmin=2", "constant"), ("semvmx=5", "constant"), ("rlimit_msgqueue=5", "prlimit"), ("rlimit_memlock=5", "prlimit"),
    ("dev_shm=5", "remount"), ("dev_shm_inodes=5", "remount"), ("kernel.sem=5", "semmsl"),
    ("shm_rmid_forced=2", "range"), ("shmmni=99999999999", "range"), ("mqueue_msgsize_max=1", "range"), ("semmni=4294967296", "range")])
def test_a_limit_that_cannot_be_set_says_why(world, setting, why):
    name = setting.split("=")[0]
    before = limits(world, name)
    r = world.ipcx("limits", "set", setting, "msgmni=55")
    assert r.rc == 4 and r.out == "" and r.err.startswith(f"ipcx: {name}: ") and why in r.err, r.err
    assert limits(world, name) == before
    assert of_sysctl(world, "msgmni") == 55, "the other one was set"
    assert world.ipcx("limits", "set", setting).rc == 1


def test_an_unprivileged_user_gets_the_reason(world):
    before = of_sysctl(world, "shmmni")
    r = world.ipcx("limits", "set", "shmmni=5", uid=1000)
    assert r.rc == 1 and "not permitted: you are uid 1000" in r.err
    assert of_sysctl(world, "shmmni") == before


# ---- files


def test_saved_lines_restore_the_settings(world):
    world.ok("limits", "set", *(f"{n}={v}" for n, v in SET.items()))
    path = os.path.join(world.dir, "60-ipc.conf")
    world.ok("limits", *SET, "--save", path)
    with open(path, encoding="ascii") as f:
        lines = f.read().splitlines()
    sources = {source for source, _ in (SYSCTLS[n] for n in SET)}
    assert len(lines) == len(set(lines)) == len(sources)
    for line in lines:
        name, value = re.fullmatch(r"([a-z_.]+) = ([0-9 ]+)", line).groups()
        assert name in sources and world.sysctl(name).split() == value.split()
    assert os.stat(path).st_mode & 0o7777 == 0o644 and os.listdir(world.dir) == ["60-ipc.conf"]


def test_saving_what_was_set(world):
    path = os.path.join(world.dir, "x")
    world.ok("limits", "set", "semmsl=100", "semmni=7", "shmmni=9", "--save", path)
    with open(path, encoding="ascii") as f:
        text = f.read()
    assert text.splitlines()[-1] == "kernel.shmmni = 9"
    assert text.splitlines()[-2] == "kernel.sem = " + " ".join(world.sysctl("kernel.sem").split()), "what counts at boot is the last line"
    assert world.ok("limits", "shmmni", "--save", "-") == "kernel.shmmni = 9"


@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["set", "dry-run"])
def test_several_limits_of_one_sysctl_are_saved_as_one_line(world, dry):
    """If lines contradict each other, only the last one would take effect at boot."""
    _, _, semopm, _ = world.sysctl("kernel.sem").split()
    words = ["semmsl=100", "shmmni=40", "semmns=2000", "semmni=7", "shmmni=4"]
    assert world.ok("limits", "set", *words, "--save", "-", *dry).splitlines() == [
        f"kernel.sem = 100 2000 {semopm} 7", "kernel.shmmni = 4"]
    assert (of_sysctl(world, "semmsl") == 100) == (not dry)


def test_a_dry_run_refuses_impossible_settings(world):
    r = world.ipcx("limits", "set", "--dry-run", "shmmin=2", "shmmni=5")
    assert r.rc == 4 and "constant" in r.err
    for dry in ([], ["--dry-run"]):
        r = world.ipcx("limits", "set", *dry, "shmmni=5", "nosuch=1")
        assert r.rc == 2 and "no such limit" in r.err and world.sysctl("kernel.shmmni") != "5"
    assert world.ipcx("limits", "set", "--dry-run", "shmmin=2").rc == 1


def test_failed_settings_are_not_saved(world):
    path = os.path.join(world.dir, "x")
    r = world.ipcx("limits", "set", "shmmni=5", "shm_rmid_forced=2", "--save", path)
    assert r.rc == 4
    with open(path, encoding="ascii") as f:
        assert f.read() == "kernel.shmmni = 5\n"
    r = world.ipcx("limits", "set", "shm_rmid_forced=2", "--save", path + "y")
    assert r.rc == 1 and not os.path.exists(path + "y")


def test_saving_overwrites_only_with_force(world):
    path = os.path.join(world.dir, "x")
    with open(path, "w", encoding="ascii") as f:
        f.write("precious")
    r = world.ipcx("limits", "--save", path)
    assert r.rc == 1 and "--force" in r.err
    with open(path, encoding="ascii") as f:
        assert f.read() == "precious"
    world.ok("limits", "shmmni", "--save", path, "--force")
    with open(path, encoding="ascii") as f:
        assert f.read() == f"kernel.shmmni = {of_sysctl(world, 'shmmni')}\n"
    assert os.listdir(world.dir) == ["x"]


@pytest.mark.parametrize("kind", ["dir", "fifo", "link", "nowhere"])
def test_saving_over_a_special_file_is_refused_even_with_force(world, kind):
    path = os.path.join(world.dir, kind)
    world.sh({"dir": "mkdir $P", "fifo": "mkfifo $P", "link": "ln -s /etc/passwd $P", "nowhere": "true"}[kind], env={"P": path})
    if kind == "nowhere":
        path += "/x"
    before = sorted(os.listdir(world.dir))
    r = world.ipcx("limits", "--save", path, "--force", timeout=20)
    assert r.rc == 1 and r.err.startswith("ipcx: ")
    assert sorted(os.listdir(world.dir)) == before and os.stat("/etc/passwd").st_size > 0


# ---- would it fit


def fits(world, wish, **more):
    """Return whether the request fits, and the rows by the limit's name."""
    r = world.ipcx("limits", "--for", wish, "--json", **more)
    assert r.rc in (0, 1), r.err
    rows = {row["name"]: row for row in r.json["needs"]}
    assert (r.rc == 0) == all(row["fits"] is True for row in rows.values())
    assert all((row["fits"] is False) or row["raise_to"] is None for row in rows.values())
    return r.rc == 0, rows


# (setup, the request, the command that creates it, the limits in the way)
WISHES = [
    ("", "shm:4K", "shm --size 4K", []),
    ("shmmax=8K", "shm:8K", "shm --size 8K", []),
    ("shmmax=8K", "shm:8193", "shm --size 8193", ["shmmax"]),
    ("shmall=4", "shm:4x4K", "shm --size 4K --count 4", []),
    ("shmall=4", "shm:4x4097", "shm --size 4097 --count 4", ["shmall"]),
    ("shmall=4", "shm:5x1", "shm --size 1 --count 5", ["shmall"]),
    ("shmmni=3", "shm:3x1", "shm --size 1 --count 3", []),
    ("shmmni=3", "shm:4x1", "shm --size 1 --count 4", ["shmmni"]),
    ("shmmni=1 shmall=1 shmmax=1", "shm:2x4K", "shm --size 4K --count 2", ["shmmax", "shmall", "shmmni"]),
    ("semmsl=10", "sem:10", "sem --nsems 10", []),
    ("semmsl=10", "sem:11", "sem --nsems 11", ["semmsl"]),
    ("semmns=100", "sem:10x10", "sem --nsems 10 --count 10", []),
    ("semmns=100", "sem:10x11", "sem --nsems 11 --count 10", ["semmns"]),
    ("semmni=4", "sem:5x1", "sem --nsems 1 --count 5", ["semmni"]),
    ("msgmni=4", "msg:4", "msg --count 4", []),
    ("msgmni=4", "msg:5", "msg --count 5", ["msgmni"]),
    ("msgmnb=100", "msg:3x100", "msg --qbytes 100 --count 3", []),
]


@pytest.mark.parametrize("before,wish,words,blocked", WISHES, ids=[f"{b} {w}" for b, w, _, _ in WISHES])
@pytest.mark.parametrize("there", [False, True], ids=["empty", "used"])
def test_a_request_that_fits_can_be_created_and_another_after_raising_limits(world, before, wish, words, blocked, there):
    mech, words = wish.split(":")[0], words.split()
    if before:
        world.ok("limits", "set", *before.split())
    if there:  # one object exists already: the request no longer fits
        small = {"shm": ["--size", "1"], "sem": ["--nsems", "1"], "msg": []}[mech]
        assert world.ipcx("mk", mech, *small).rc == 0
    can, rows = fits(world, wish)
    stopped = [n for n, row in rows.items() if row["fits"] is False]
    if not there:
        assert set(stopped) == set(blocked)
    assert can == (world.ipcx("mk", *words).rc == 0)
    if not can:
        assert all(rows[n]["raise_to"] == rows[n]["needed"] + (rows[n]["used"] or 0) for n in stopped)
        for name in stopped:  # one less is not enough
            world.ok("limits", "set", *(f"{n}={rows[n]['raise_to'] - (n == name)}" for n in stopped))
            assert world.ipcx("mk", *words).rc == 1
        world.ok("limits", "set", *(f"{n}={rows[n]['raise_to']}" for n in stopped))
        assert fits(world, wish)[0] and world.ipcx("mk", *words).rc == 0


def test_needs_of_posix_objects(world):
    world.run("mount", "-o", "remount,size=1M,nr_inodes=10", "/dev/shm")
    assert fits(world, "pshm:512K")[0] and fits(world, "pshm:2x512K")[0] and fits(world, "psem:9")[0]
    for wish, name in (("pshm:1025K", "dev_shm"), ("pshm:10x1K", "dev_shm_inodes"), ("psem:10", "dev_shm_inodes")):
        can, rows = fits(world, wish)
        assert not can and rows[name]["fits"] is False, wish
    before = world.sysctl("fs.mqueue.msg_max")
    can, rows = fits(world, f"mq:{int(before) + 1}x16")
    assert not can and rows["mqueue_msg_max"]["raise_to"] == int(before) + 1


def test_an_uncountable_limit_is_neither_yes_nor_no(world):
    """The kernel does not report the usage of RLIMIT_MSGQUEUE, so the answer is unknown."""
    r = world.run("prlimit", "--msgqueue=700000", IPCX, "limits", "--for", "mq:1x1", "--json")
    row = {row["name"]: row for row in r.json["needs"]}["rlimit_msgqueue"]
    assert r.rc == 1 and row["fits"] is None and row["used"] is None and row["raise_to"] is None
    assert r.err == ("ipcx: note: cannot tell whether it fits into rlimit_msgqueue: "
                     "the kernel does not report how much of it is in use\n")


def test_an_unreadable_limit_is_not_a_yes(world):
    """An unknown limit does not hide a known limit that is in the way."""
    assert world.run("mount", "-t", "tmpfs", "none", "/proc/sys/fs").rc == 0
    r = world.run("prlimit", "--msgqueue=10:", IPCX, "limits", "--for", "mq:1x1")
    assert r.rc == 1 and "does not fit: raise rlimit_msgqueue to " in r.err
    for name in ("mqueue_queues_max", "mqueue_msg_max", "mqueue_msgsize_max"):
        assert len(re.findall(rf"{name}: unknown: there is no such file", r.err)) == 1, "the reason, once"
        assert f"cannot tell whether it fits into {name}\n" in r.err
    assert world.ipcx("limits", "--for", "mq:1x1", "--json").rc == 1
    r = world.run("prlimit", "--msgqueue=10:20", IPCX, "limits", "--for", "mq:1x1")
    assert r.rc == 1 and "which the kernel does not report (its hard limit is 20: above that needs CAP_SYS_RESOURCE)" in r.err


def pool(world):
    """For huge pages of the default size, return (number of free and unreserved pages, bytes of one page)."""
    with open("/proc/meminfo", encoding="ascii") as f:
        info = {line.split(":")[0]: int(line.split()[1]) for line in f}
    if not info.get("Hugepagesize"):
        pytest.skip("this kernel has no huge pages")
    if int(world.sysctl("vm.nr_overcommit_hugepages")):
        pytest.skip("huge pages may be made when they are needed here")
    return info["HugePages_Free"] - info["HugePages_Rsvd"], info["Hugepagesize"] << 10


def test_too_few_huge_pages(world):
    left, page = pool(world)
    own = f"hugepages_{page >> 10}kB"
    for huge, name in (("huge", "hugepages"), (f"huge={page}", own)):
        can, rows = fits(world, f"shm:{left * page + 1},{huge}")
        row = rows[name]
        assert not can and row["fits"] is False and row["needed"] == left + 1
        assert row["limit"] - row["used"] == left and row["raise_to"] == row["limit"] + 1
        assert rows["shmall"]["needed"] == -(-(left * page + 1) // 4096), "and in common pages"
        can, rows = fits(world, f"shm:{left + 1}x1,{huge}")
        assert not can and rows[name]["needed"] == left + 1, "each has a page of its own"
        r = world.ipcx("mk", "shm", "--size", str(left * page + 1), f"--{huge}")
        assert r.rc == 1 and f"{name} is {row['limit']} ({row['used']} used), {left + 1} needed: raise " in r.err, r.err
        if left:
            assert fits(world, f"shm:{left * page},{huge}")[0]
    assert not {"hugepages", own} & set(fits(world, "shm:4K")[1])
    assert fits(world, f"shm:{page}")[0]


def test_advice_is_printed(world):
    world.ok("limits", "set", "shmmni=3")
    world.ok("mk", "shm", "--size", "1")
    r = world.ipcx("limits", "--for", "shm:5x1")
    assert r.rc == 1 and "raise shmmni to 6" in r.err and re.search(r"shmmni +3 +1 +5 +no +6 ", r.out)
    assert world.ipcx("limits", "--for", "shm:2x1").err == ""


def test_sums_that_would_wrap_do_not_fit(world):
    world.sysctl("kernel.shmmax", str(2 ** 64 - 1))
    world.sysctl("kernel.shmall", str(2 ** 64 - 1))
    for wish in (f"shm:{2 ** 32}x{2 ** 40}", f"shm:{2 ** 63}x{2 ** 63}", f"sem:{2 ** 63}x2", f"sem:{2 ** 64 - 1}x32000", f"msg:{2 ** 64 - 1}"):
        can, rows = fits(world, wish)
        assert not can and all(row["needed"] >= 1 for row in rows.values()), wish


@pytest.mark.parametrize("wish", ["", "shm", "shm:", "shm:x", "nosuch:5", "shm:0", "shm:4K:5", "shm:5x", "x", "sem:1x2x3", "mq:5", "shm:-1", "msg:0",
                                  "psem:0", "mq:1x", "shm:4M,", "shm:4M,big", "shm:4M,huge=", "shm:4M,huge=3M", "shm:4M,huge=0", "shm:4M,huge=8K", "shm:,huge", "shm:4M,huge,huge", "sem:5,huge",
                                  "shm:1x18446744073709551616", "\033[31m:5"])
def test_invalid_requests_are_refused(world, wish):
    r = world.ipcx("limits", "--for", wish)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ") and "\033" not in r.err


def test_a_request_excludes_names(world):
    assert world.ipcx("limits", "shmmax", "--for", "shm:1").rc == 2


def test_the_kernels_counters_agree(world):
    """SHM_INFO, MSG_INFO and SEM_INFO, read without ipcx."""
    world.ok("mk", "shm", "--size", "5000", "--count", "3")
    world.ok("mk", "msg", "--count", "2")
    world.ok("mk", "sem", "--nsems", "5", "--count", "4")
    words = kernel(world, """
import json
b = ctypes.create_string_buffer(512)
check(libc.shmctl(0, 14, b))
shm = struct.unpack_from("=i4xQ", b)
check(libc.msgctl(0, 12, b))
msg = struct.unpack_from("=i", b)
check(libc.semctl(0, 0, 19, b))
sem = struct.unpack_from("=10i", b)
print(json.dumps([shm[0], shm[1], msg[0], sem[7], sem[9]]))
""")
    assert used(world, "shmmni", "shmall", "msgmni", "semmni", "semmns") == words == [3, 6, 2, 4, 20]
