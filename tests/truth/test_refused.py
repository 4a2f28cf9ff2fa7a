# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls are refused for all or for some objects, or the kernel lacks them: ipcx uses other sources, and reports what no source provides."""

import errno

import pytest

from conftest import IPCX
from helpers.tools import SYSV, do, helper, need

CTL = {"shm": "shmctl", "msg": "msgctl", "sem": "semctl"}
STAT_ANY = {"shm": "shmctl@1=15", "msg": "msgctl@1=13", "sem": "semctl@2=20"}
STAT = {"shm": "shmctl@1=13", "msg": "msgctl@1=11", "sem": "semctl@2=18"}
MAKE = {"shm": ["--size", "5000"], "msg": [], "sem": ["--nsems", "3"]}
N = 5
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}  # for strace


@pytest.fixture
def five(world):
    """Five objects of each kind, with an unused id before the last."""
    for mech in SYSV:
        for _ in range(N + 1):
            world.ok("mk", mech, *MAKE[mech])
        world.ok("rm", f"{mech}:{N - 1}")
    return world


def ids(result):
    return [o["id"] for o in result.json["objects"]]


def inject(world, mech, error, when, *words):
    need("strace")
    return world.run("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={CTL[mech]}:error={error}{when}", IPCX, *words, env=QUIET)


IDS = [0, 1, 2, 3, 5]


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("error, when", [("EACCES", ""), ("EACCES", ":when=2+"), ("EACCES", ":when=4"), ("EPERM", ":when=3+"),
                                         ("EIO", ":when=3..5+2")])
def test_refused_objects_come_from_the_text(five, mech, error, when):
    """The call is refused for all objects, from some object on, or for some of them: each object is listed once, and in order."""
    r = inject(five, mech, error, when, "ls", mech, "--json")
    assert (r.rc, ids(r)) == (0, IDS), r.err
    told = {e["message"] for e in r.json["errors"]}
    assert len(told) == (mech == "msg" and any(o["qbytes"] is None for o in r.json["objects"])), told


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("when", ["", ":when=2+"])
def test_the_old_name_lists_them(five, mech, when):
    option = {"shm": "-m", "msg": "-q", "sem": "-s"}[mech]
    want = five.run(IPCX, "compat", "ipcs", option).out
    r = inject(five, mech, "EACCES", when, "compat", "ipcs", option)
    assert (r.rc, r.out, r.err) == (0, want, "")
    assert want.count("\n0x") == N


def test_counts_come_from_the_text(five):
    """limits, ns ls and ipcs -u work even if no *_INFO call does."""
    need("strace")
    refuse = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=shmctl,msgctl,semctl:error=EACCES", IPCX]
    names = ["shmall", "shmmni", "msgmni", "semmns", "semmni"]
    want = five.ok("limits", *names, "--json")
    r = five.run(*refuse, "limits", *names, "--json", env=QUIET)
    assert (r.rc, r.out.rstrip("\n"), r.err) == (0, want, "")
    assert [row["used"] for row in r.json["limits"]] == [2 * N, N, N, 3 * N, N]
    r = five.run(*refuse, "compat", "ipcs", "-u", env=QUIET)
    assert (r.rc, r.out) == (0, five.run(IPCX, "compat", "ipcs", "-u").out)
    r = five.run(*refuse, "ns", "ls", "--json", env=QUIET)
    assert max(row["objects"] or 0 for row in r.json["namespaces"]) == 3 * N


@pytest.mark.parametrize("mech", SYSV)
def test_objects_without_any_source_are_counted(five, mech):
    """Without /proc/sysvipc, listings report the number of objects, and a removal does not claim to be complete."""
    do(five, f"mount --bind /dev/null /proc/sysvipc/{mech}")
    launch = [helper("seccomp"), errno.EACCES, STAT_ANY[mech], STAT[mech], "--", IPCX]
    r = five.run(*launch, "ls", mech, "--json")
    assert r.rc == 1 and ids(r) == [] and f"{N + 1} objects may not be looked at" in r.err  # the hole is refused as well
    r = five.run(*launch, "rm", mech, "--all", "--yes")
    assert r.rc in (1, 4) and "may not be looked at" in r.err
    assert [o["id"] for o in five.objects(mech)] == IDS
    # all of them
    r = five.run(helper("seccomp"), errno.EACCES, CTL[mech], "--", IPCX, "ls", mech, "--json")
    assert r.rc == 1 and ids(r) == [] and f"{mech}: Permission denied" in r.err, r.err


# ---- kernels before 4.17, and programs that emulate a kernel


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("uid", [None, 1000])
def test_the_older_call(five, mech, uid):
    """Without STAT_ANY and without /proc/sysvipc, readable objects are listed and the others are counted."""
    do(five, f"mount --bind /dev/null /proc/sysvipc/{mech}")
    five.ok("set", f"{mech}:1", "--mode", "0644")
    launch = [helper("seccomp"), errno.EINVAL, STAT_ANY[mech], "--", IPCX]
    r = five.run(*launch, "ls", mech, "--json", uid=uid)
    if uid is None:
        assert (r.rc, ids(r), r.err) == (0, IDS, "")
    else:
        assert (r.rc, ids(r)) == (4, [1]) and r.err.count("\n") == 1 and "4 objects may not be looked at" in r.err
    r = five.run(*launch, "rm", mech, "--all", "--yes", uid=uid)
    assert r.rc == (0 if uid is None else 4) or "objects may not be looked at" in r.err
    assert [o["id"] for o in five.objects(mech)] == ([] if uid is None else IDS)


@pytest.mark.parametrize("mech", SYSV)
def test_only_a_count(five, mech):
    """If the kernel only reports the number of objects, an empty list always comes with a message."""
    do(five, f"mount --bind /dev/null /proc/sysvipc/{mech}")
    launch = [helper("seccomp"), errno.EINVAL, STAT_ANY[mech], STAT[mech], "--", IPCX]
    for words, rc in (["ls", mech], 0), (["rm", mech, "--all", "--yes"], 4):
        r = five.run(*launch, *words, "--json")
        assert r.rc == rc and "5 of the objects that the kernel counts could not be found" in r.err, (words, r.rc, r.err)
    assert [o["id"] for o in five.objects(mech)] == IDS
    # /proc/sysvipc is used if it exists
    do(five, f"umount /proc/sysvipc/{mech}")
    r = five.run(*launch, "ls", mech, "--json")
    assert (r.rc, ids(r)) == (0, IDS)


@pytest.mark.parametrize("mech", SYSV)
def test_an_omitted_object_is_detected(five, mech):
    """If one call omits a single object, the older call or the count reveals this."""
    need("strace")
    for when in range(3, 9):
        r = inject(five, mech, "EINVAL", f":when={when}", "ls", mech, "--json", "-o", "id")
        assert ids(r) == IDS or r.err, (when, r.out)


@pytest.mark.parametrize("mech", SYSV)
def test_number_of_calls(five, mech):
    """No call is made that an ordinary listing does not need: no counting that tries all ids, no second call for an existing object."""
    need("strace")
    log = f"{five.dir}/calls"
    r = five.run("strace", "-f", "-qq", "-o", log, "-e", f"trace={CTL[mech]}", IPCX, "ls", mech, "--json", env=QUIET)
    assert ids(r) == IDS
    calls = open(log, encoding="ascii").read()
    assert calls.count("_STAT_ANY") == N + 1 and calls.count("IPC_INFO") == 1
    assert calls.count("SHM_INFO") == 0 and calls.count("MSG_INFO") + calls.count("SEM_INFO") == (mech != "shm")
    assert calls.count("\n") == N + 1 + 1 + 1 + (mech != "shm")  # the hole is tried with the older call, too
