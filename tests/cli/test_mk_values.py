# SPDX-License-Identifier: GPL-2.0-or-later
"""mk: chosen ids, initial values, memory of every kind, and the limit in the way."""

import pytest

from conftest import IPCX
from helpers.real import kernel
from helpers.tools import MAKE, SYSV
from helpers.wide import NARROW, REFUSED


def nothing(world):
    return world.objects() == [] and world.run("ls", "-A", "/dev/shm").out == ""


# ---- ids


def next_ids(world):
    return [world.sysctl(f"kernel.{m}_next_id") for m in SYSV]


@pytest.mark.parametrize("mech", SYSV)
def test_a_chosen_id(world, mech):
    for ident in (0, 5, 98310, 2147418175):
        assert world.ok("mk", *MAKE[mech], "--id", str(ident)) == str(ident)
        assert next_ids(world) == ["-1"] * 3
    assert sorted(o["id"] for o in world.objects(mech)) == [0, 5, 98310, 2147418175]


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("more", [[], ["--key", "77"]], ids=["private", "key"])
def test_an_unavailable_id_leaves_nothing(world, mech, more):
    """mk fails because the slot is in use, the key exists, the limit is reached or the options are wrong; the next object still gets its usual id."""
    world.ok("mk", *MAKE[mech], "--id", "32773", "--key", "0x5")
    failures = [["--id", "32773", *more], ["--id", "5", *more], ["--id", "9", "--key", "0x5"], ["--id", "9", "--owner", "nobody-of-this-name"]]
    failures += [["--id", "9", "--size", "0"]] if mech == "shm" else [["--id", "9", "--nsems", "0"]] if mech == "sem" else []
    for words in failures:
        r = world.ipcx("mk", *MAKE[mech], *words)
        assert r.rc in (1, 2) and r.out == "" and r.err.startswith("ipcx: "), words
        assert next_ids(world) == ["-1"] * 3, words
        assert [o["id"] for o in world.objects()] == [32773], words
    world.sysctl({"shm": "kernel.shmmni", "msg": "kernel.msgmni", "sem": "kernel.sem"}[mech], "1" if mech != "sem" else "250 32000 32 1")
    r = world.ipcx("mk", *MAKE[mech], "--id", "9", *more)
    assert r.rc == 1 and "is 1 (1 used)" in r.err and next_ids(world) == ["-1"] * 3


def test_choosing_an_id_needs_a_capability(world):
    for mech in SYSV:
        r = world.ipcx("mk", *MAKE[mech], "--id", "7", uid=1000)
        assert (r.rc, r.out) == (1, "") and "CAP_CHECKPOINT_RESTORE" in r.err
    assert nothing(world) and next_ids(world) == ["-1"] * 3
    r = world.ipcx("mk", "shm", "--size", "1", "--id", "7", caps="-all,+checkpoint_restore")
    assert (r.rc, r.out) == (0, "7\n"), r.err


def test_invalid_ids(world):
    for ident in ("-1", "2147483648", "x", ""):
        assert world.ipcx("mk", "msg", f"--id={ident}").rc == 2
    assert world.ipcx("mk", "mq", "/q", "--id", "5").rc == 2 and world.ipcx("mk", "shm:5", "--size", "1").rc == 2
    assert nothing(world)


# ---- values


INIT = {"5": [5, 5, 5], "0": [0, 0, 0], "32767": [32767] * 3, "1,0,5": [1, 0, 5], "0x10,1,2": [16, 1, 2]}


@pytest.mark.parametrize("text", INIT)
@pytest.mark.parametrize("more", [[], ["--mode", "0444"], ["--owner", "1:1", "--mode", "0"]], ids=["", "mode", "owner"])
def test_initial_values(world, text, more):
    world.ok("mk", "sem", "--nsems", "3", "--init", text, *more)
    assert kernel(world, "print(sem_values(0, 3))") == INIT[text]
    row = world.objects("sem")[0]
    assert row["mode"] == (more[-1].rjust(4, "0") if "--mode" in more else "0600") and row["uid"] == (1 if "--owner" in more else 0)


def test_initial_values_without_permission_on_the_array(world):
    world.ok("mk", "sem", "--nsems", "2", "--init", "1,2", "--mode", "0", uid=1000)
    assert kernel(world, "print(sem_values(0, 2))") == [1, 2] and world.objects("sem")[0]["mode"] == "0000"


@pytest.mark.parametrize("text", ["", "32768", "-1", "1,2", "1,2,3,4", "1,,3", ",", "1,2,", "x", "1;2;3", "65536", "1, 2, 3"])
def test_invalid_initial_values(world, text):
    r = world.ipcx("mk", "sem", "--nsems", "3", f"--init={text}")
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ") and nothing(world)


def test_named_semaphores_allow_larger_values(world):
    """The largest value is SEM_VALUE_MAX, not SEMVMX."""
    for n, value in enumerate((0, 32767, 32768, 2 ** 31 - 1)):
        world.ok("mk", "psem", f"/{n}", "--init", str(value))
    assert sorted(o["value"] for o in world.objects("psem")) == [0, 32767, 32768, 2 ** 31 - 1]
    for text in ("2147483648", "-1", "1,2", ""):
        assert world.ipcx("mk", "psem", "/bad", f"--init={text}").rc == 2
    assert len(world.objects("psem")) == 4


# ---- memory


def test_missing_huge_pages(world):
    for more in (["--huge"], ["--huge=2M"], ["--huge=1G"]):
        size = {"--huge=1G": "1G"}.get(more[0], "2M")
        r = world.ipcx("mk", "shm", "--size", size, *more)
        assert (r.rc, r.out) == (1, "") and "huge" in r.err and "hugepages" in r.err
    r = world.ipcx("mk", "shm", "--size", "2M", "--huge", uid=1000)
    assert (r.rc, r.out) == (1, "") and "CAP_IPC_LOCK" in r.err and "hugetlb_shm_group" in r.err
    r = world.ipcx("mk", "shm", "--size", "4M", "--huge=4M")
    assert r.rc in (1, 2) and r.out == "" and "no huge pages of that size" in r.err
    for size in ("0", "3M", "x", "-1", "5"):
        assert world.ipcx("mk", "shm", "--size", "2M", f"--huge={size}").rc in (1, 2)
    assert world.ipcx("mk", "pshm", "/p", "--size", "2M", "--huge").rc == 2
    assert nothing(world)


def test_memory_without_reserve(world):
    """L4: memory without a reserve is not accounted, so a segment may even have 2^62 bytes."""
    world.sysctl("kernel.shmmax", str(2 ** 63))
    world.sysctl("kernel.shmall", str(2 ** 63))
    r = world.ipcx("mk", "shm", "--size", str(2 ** 62))
    if NARROW:
        assert (r.rc, r.out) == (1, "") and REFUSED in r.err and nothing(world)
        return
    assert (r.rc, r.out) == (1, "") and "memory" in r.err and "--noreserve" in r.err
    assert world.ok("mk", "shm", "--size", str(2 ** 62), "--noreserve") == "0" or world.objects("shm")
    assert world.objects("shm")[0]["size"] == 2 ** 62


def test_locked_from_the_start(world):
    world.ok("mk", "shm", "--size", "4K", "--lock")
    assert world.objects("shm")[0]["locked"] and kernel(world, "print(shm_stat(args[0])['mode'] & 0o2000)", world.objects("shm")[0]["id"])
    world.ok("rm", "shm", "--all")
    r = world.run("prlimit", "--memlock=0", "setpriv", "--reuid=1000", "--clear-groups", IPCX, "mk", "shm", "--size", "4K", "--lock")
    assert (r.rc, r.out) == (1, "") and "RLIMIT_MEMLOCK" in r.err and nothing(world)
    assert world.ipcx("mk", "msg", "--lock").rc == 2


# ---- limits in the way


SENTENCES = [  # sysctl, value, mk …, the message
    ("kernel.shmmax", "4096", ["shm", "--size", "4097"], ["shmmax is 4096", "4097 needed", "limits set shmmax=4097"]),
    ("kernel.shmall", "2", ["shm", "--size", "8193"], ["shmall is 2", "3 needed", "limits set shmall=3"]),
    ("kernel.shmmni", "0", ["shm", "--size", "1"], ["shmmni is 0", "1 needed"]),
    ("kernel.msgmni", "0", ["msg"], ["msgmni is 0", "1 needed", "limits set msgmni=1"]),
    ("kernel.sem", "10 100 32 5", ["sem", "--nsems", "11"], ["semmsl is 10", "11 needed", "limits set semmsl=11"]),
    ("kernel.sem", "100 10 32 5", ["sem", "--nsems", "11"], ["semmns is 10", "limits set semmns=11"]),
    ("kernel.sem", "100 100 32 0", ["sem", "--nsems", "1"], ["semmni is 0", "limits set semmni=1"]),
    ("fs.mqueue.queues_max", "0", ["mq", "/q"], ["queues_max is 0"]),
]


@pytest.mark.parametrize("sysctl,value,words,says", SENTENCES, ids=lambda v: v if isinstance(v, str) else "")
def test_the_limit_in_the_way_is_named(world, sysctl, value, words, says):
    world.sysctl(sysctl, value)
    caps = "-all,+dac_override,+ipc_owner" if sysctl.startswith("fs.mqueue") else None  # CAP_SYS_RESOURCE is exempt
    r = world.ipcx("mk", *words, caps=caps)
    assert (r.rc, r.out) == (1, "") and r.err.count("\n") == 1, r.err
    assert all(text in r.err for text in says), r.err
    assert nothing(world)


@pytest.mark.parametrize("words", [["shm", "--size", "0"], ["sem", "--nsems", "0"], ["mq", "/q", "--maxmsg", "0", "--msgsize", "1"], ["mq", "/q", "--maxmsg", "1", "--msgsize", "0"],
                                   ["sem", "--nsems", "4294967297"], ["mq", "/q", "--maxmsg", "18446744073709551615", "--msgsize", "18446744073709551615"],
                                   ["msg", "--qbytes", "18446744073709551615"], ["pshm", "/p", "--size", "18446744073709551615"]], ids=" ".join)
def test_impossible_amounts(world, words):
    r = world.ipcx("mk", *words)
    assert r.rc in (1, 2) and r.out == "" and r.err.startswith(f"ipcx: {words[0]}: ") and "Invalid argument" not in r.err, r.err
    assert nothing(world)


@pytest.mark.parametrize("words", [["shm"], ["sem"], ["pshm", "/p"], ["mq"], ["pshm", "--size", "1"], ["psem"], ["nonsense"], ["/x"], ["5"], ["all"], ["shm", "--nsems", "1"],
                                   ["sem", "--nsems", "1", "--size", "1"], ["mq", "/q", "--init", "1"], ["psem", "/s", "--mode"], ["shm:key=0", "--size", "1", "--if-missing"],
                                   ["shm", "--key", "5", "shm:0x6", "--lock=1"]], ids=" ".join)
def test_wrong_usage_creates_nothing(world, words):
    r = world.ipcx("mk", *words)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ") and nothing(world)


def test_a_segment_that_is_destroyed_at_once_is_reported(world):
    """R8."""
    world.sysctl("kernel.shm_rmid_forced", "1")
    r = world.ipcx("mk", "shm", "--size", "4K")
    assert r.rc == 0 and "shm_rmid_forced" in r.err
    assert world.objects("shm") == []
