# SPDX-License-Identifier: GPL-2.0-or-later
"""sem get, set, op, wait, post: checked against the kernel, and each failure is explained."""

import contextlib
import os
import signal
import subprocess
import time

import pytest

from conftest import IPCX
from helpers.real import kernel, meanwhile
from helpers.sems import array, fails, values, wait, waiters
from helpers.tools import until

# ---- get


def test_get_agrees_with_the_kernel(world):
    array(world, 1, 0, 32767, 5)
    assert values(world, 4) == [1, 0, 32767, 5]
    assert world.ok("sem", "get", "sem:0") == "1\n0\n32767\n5"
    assert world.ok("sem", "get", "0") == world.ok("sem", "get", "sem:0", "0:3")
    assert world.ok("sem", "get", "sem:0", "3", "0:1", "3") == "5\n1\n0\n5"
    assert world.ok("sem", "get", "sem:0:2") == world.ok("sem", "get", "0:2") == "32767"


def test_get_in_other_formats(world):
    array(world, 1, 0, 5)
    kernel(world, "semop(0, 2, -1)")
    r = world.ipcx("sem", "get", "sem:0", "2", "0", "--json")
    assert r.rc == 0 and set(r.json) == {"ipcx", "semaphores", "errors"}
    assert [(s["semnum"], s["value"], s["semncnt"], s["semzcnt"]) for s in r.json["semaphores"]] == [(2, 4, 0, 0), (0, 1, 0, 0)]
    assert r.json["semaphores"][0]["sempid"] > 0
    assert world.ok("sem", "get", "sem:0", "--format", "csv", "-o", "semnum,value").split() == ["semnum,value", "0,1", "1,0", "2,4"]
    assert world.ok("sem", "get", "sem:0", "0:1", "2", "--sort", "-value", "-o", "semnum", "--format", "raw", "--no-headings") == "2\n0\n1"
    assert world.ok("sem", "get", "sem:0").splitlines() == ["1", "0", "4"]


def test_references_by_key(world):
    world.ok("mk", "sem:0x4d2", "--nsems", "2", "--init", "3,7")
    for ref in ("sem:0x4d2:1", "0x4d2:1", "sem:key=1234:1", "key=1234:1"):
        assert world.ok("sem", "get", ref) == "7"
    assert world.ok("sem", "get", "sem:0x4d2") == "3\n7"
    world.ok("sem", "wait", "sem:0x4d2:1")
    assert values(world, 2) == [3, 6]


def test_an_array_of_another_namespace(world):
    with subprocess.Popen(world.argv("unshare", "--ipc", "sh", "-c", f"{IPCX} mk sem --nsems 2 --init 4 >/dev/null; echo $$; read x"),
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        pid = int(other.stdout.readline())
        world.ok("sem", "op", "sem:0", "1-3", "--ns", pid)
        assert world.ok("sem", "get", "sem:0", "--ns", pid) == "4\n1"
        world.ok("sem", "set", "sem:0", "0=9", "--ns", pid)
        assert world.ok("sem", "run", "sem:0:1", "--ns", pid, "--", IPCX, "sem", "get", "0") == "9\n0"
        assert world.ok("sem", "get", "sem:0", "--ns", pid) == "9\n1"
        other.stdin.close()
    fails(world, 3, "sem", "get", "sem:0", says="sem:0: no such array")


# ---- set


def test_set(world):
    array(world, 1, 2, 3)
    world.ok("sem", "set", "sem:0", "0=7", "2=32767")
    assert values(world, 3) == [7, 2, 32767]
    world.ok("sem", "set", "sem:0", "0", "5", "0")
    assert values(world, 3) == [0, 5, 0]
    world.ok("sem", "set", "sem:0:2", "8")
    assert values(world, 3) == [0, 5, 8]


@pytest.mark.parametrize("words,rc,says", [
    (["0=9", "1=32768"], 1, "sem:0: semaphore 1 cannot be 32768: it holds at most 32767 (SEMVMX)"),
    (["0=9", "2=1"], 1, "sem:0: there is no semaphore 2: it has 2, from 0 to 1"),
    (["9", "40000"], 1, "semaphore 1 cannot be 40000"), (["9"], 2, "1 values for 2 semaphores"), (["9", "9", "9"], 2, "3 values for 2"),
    (["0=9", "9"], 2, "either INDEX=VALUE, or a VALUE for each"), (["9", "0=9"], 2, "either"), (["0=9", "0=9"], 2, "twice"),
    (["0=9", "1=-1"], 2, "'-1' is not a semaphore value"), (["0=9", "1="], 2, "is not a semaphore value"), (["0=9", "x=1"], 2, "'x=1' is not INDEX=VALUE"),
    (["0=9", "0:1=1"], 2, "not INDEX=VALUE"), (["0=9", "1=99999999999"], 2, "is not a semaphore value"), (["0=9", "1=1x"], 2, "is not a semaphore value"), ([], 2, "needs")],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_nothing_is_set_unless_everything_can_be(world, words, rc, says):
    array(world, 1, 2)
    fails(world, rc, "sem", "set", "sem:0", *words, says=says)
    assert values(world, 2) == [1, 2]


def test_setting_wakes_waiting_processes(world):
    array(world, 0)
    w = wait(world, "sem", "wait", "sem:0", "--count", "3")
    world.ok("sem", "set", "sem:0", "0=5")
    assert w.end() == (0, "", "") and values(world, 1) == [2]


# ---- op


def test_operations(world):
    array(world, 1, 5, 0, 7)
    world.ok("sem", "op", "sem:0", "0-1", "1+2", "2=0", "3-7", "2+4")
    assert values(world, 4) == [0, 7, 4, 0]
    world.ok("sem", "op", "sem:0", "0:3+1", "1:2-1")
    assert values(world, 4) == [1, 7, 4, 1]
    world.ok("sem", "op", "sem:0", "3+32766")
    assert values(world, 4)[3] == 32767


def test_operations_are_atomic(world):
    array(world, 1, 0, 0)
    w = wait(world, "sem", "op", "sem:0", "0-1", "2+1", "1-1", ref="sem:0:1")
    assert values(world, 3) == [1, 0, 0]
    kernel(world, "semop(0, 1, 1)")
    assert w.end() == (0, "", "") and values(world, 3) == [0, 0, 1]


def test_waiting_for_zero(world):
    array(world, 2)
    w = wait(world, "sem", "op", "sem:0", "0=0", "0+9", field="semzcnt")
    kernel(world, "semop(0, 0, -2)")
    assert w.end() == (0, "", "") and values(world, 1) == [9]


def test_undo_of_a_process_that_exits_at_once(world):
    array(world, 3, 0)
    world.ok("sem", "op", "sem:0", "0-2u", "1+5u", "0-1")
    assert values(world, 2) == [2, 0]
    assert "ends at once" in " ".join(world.ok("help", "sem", "op").split())


def test_the_kernel_keeps_undo_within_bounds(world):
    """As help says, a value below 0 becomes 0, a value above SEMVMX becomes SEMVMX."""
    array(world, 0, 32767)
    with meanwhile(world, "semop(0, 0, 5, 0o10000); semop(0, 1, -5, 0o10000); hold()"):
        assert values(world, 2) == [5, 32762]
        world.ok("sem", "op", "sem:0", "0-4", "1+5")
    until(lambda: values(world, 2) == [0, 32767])


@pytest.mark.parametrize("op", ["", "0", "x-1", "-1", "0-", "0+", "0=", "0-x", "0-1x", "0-1uu", "0-1U", "0--1", "0 -1", "0:-1", "2:1-1", ":1-1", "0:1:2-1", "0*1",
                                "0-1 ", "65536-1", "99999999999-1", "0:65536-1", "0x0-1", "+0-1"])
def test_invalid_operations(world, op):
    array(world, 1, 1)
    fails(world, 2, "sem", "op", "sem:0", "--", "0-1", op, says=f"'{op}' is not an operation")
    assert values(world, 2) == [1, 1]


@pytest.mark.parametrize("op,says", [("0=1", "only waits for 0"), ("0=0u", "has no undo"), ("0+0", "does nothing"), ("0-0", "does nothing"),
                                     ("0-32768", "at most 32767 (SEMVMX)"), ("0+99999999999999999999", "SEMVMX")])
def test_impossible_operations(world, op, says):
    array(world, 1, 1)
    fails(world, 2, "sem", "op", "sem:0", "0-1", op, says=says)
    assert values(world, 2) == [1, 1]


def test_too_many_operations(world):
    array(world, 0, 9)
    most = int(world.sysctl("kernel.sem").split()[2])
    world.ok("sem", "op", "sem:0", *["0+1"] * most)
    assert values(world, 2) == [most, 9]
    fails(world, 1, "sem", "op", "sem:0", *["0+1"] * (most + 1), says=f"sem:0: {most + 1} operations at once: at most {most} (SEMOPM, the third number of kernel.sem)")
    fails(world, 1, "sem", "op", "sem:0", "0:65535-1", says="65536 operations at once")
    fails(world, 2, "sem", "op", "sem:0", *["0:65535-1"] * 17, says="more than 1048576 operations")
    assert values(world, 2) == [most, 9]
    world.sysctl("kernel.sem", "250 32000 3 128")
    fails(world, 1, "sem", "op", "sem:0", *["0+1"] * 4, says="at most 3 (SEMOPM")


@pytest.mark.parametrize("ops,says", [
    (["0-1", "1+3"], "sem:0: semaphore 1 would hold 32768, but holds at most 32767 (SEMVMX)"),
    (["1-1", "1+2", "1+2"], "semaphore 1 would hold 32768"), (["0+32767", "0+1"], "semaphore 0 would hold 32768"),
    (["0-1", "2-1"], "sem:0: there is no semaphore 2: it has 2, from 0 to 1"), (["0:7+1"], "there is no semaphore 2")])
def test_the_semaphore_out_of_range_is_named(world, ops, says):
    array(world, 1, 32765)
    fails(world, 1, "sem", "op", "sem:0", *ops, says=says)
    assert values(world, 2) == [1, 32765]


def test_more_undo_entries_than_allowed(world):
    array(world, 1)
    fails(world, 1, "sem", "op", "sem:0", "0+20000u", "0-20000", "0+20000u", says="the undo value of a semaphore would be more than 32767 (SEMAEM)")
    assert values(world, 1) == [1]


# ---- waiting


@pytest.mark.parametrize("words", [["op", "sem:0", "0-1"], ["wait", "sem:0"], ["run", "sem:0"]], ids=lambda w: w[0])
def test_no_wait_and_a_timeout(world, words):
    array(world, 0)
    command = ["--", "echo", "ran"] if words[0] == "run" else []
    fails(world, 5, "sem", *words, "--no-wait", *command, says=" (gone): would have to wait\n")
    begun = time.monotonic()
    fails(world, 5, "sem", *words, "--timeout", "400ms", *command, says=" (gone): the time ran out\n")
    assert 0.4 <= time.monotonic() - begun < 5
    fails(world, 5, "sem", *words, "--timeout", "0s", *command, says=" (gone): would have to wait\n")
    assert values(world, 1) == [0]
    kernel(world, "semop(0, 0, 1)")
    r = world.ipcx("sem", *words, "--timeout", "10000d", *command)
    assert r.rc == 0 and r.out == ("ran\n" if command else "")


def test_wait_and_post(world):
    array(world, 3, 3)
    world.ok("sem", "wait", "sem:0")
    world.ok("sem", "wait", "sem:0:1", "--count", "2")
    assert values(world, 2) == [2, 1]
    world.ok("sem", "post", "0:1")
    world.ok("sem", "post", "sem:0", "-c", "30000")
    assert values(world, 2) == [30002, 2]
    fails(world, 1, "sem", "post", "sem:0", "--count", "30000", says="semaphore 0 would hold 60002")
    fails(world, 1, "sem", "wait", "sem:0:2", says="there is no semaphore 2")
    for count in ("0", "32768", "18446744073709551615"):
        fails(world, 2, "sem", "post", "sem:0", "--count", count, says="--count")


@pytest.mark.parametrize("ref", ["sem:0:", "sem:0:x", "sem:0:-1", "sem:0:65536", "0:99999999999", "sem:0:1:2", "shm:0", "psem:/x", "sem:x", "bogus:0", ""])
def test_invalid_references(world, ref):
    array(world, 1, 1)
    fails(world, 2, "sem", "wait", ref, says="")
    assert values(world, 2) == [1, 1]


@pytest.mark.parametrize("words", [["op", "sem:0", "0-1"], ["wait", "sem:0"], ["run", "sem:0", "--timeout", "1m", "echo", "ran"]], ids=lambda w: w[0])
def test_an_array_removed_while_waiting(world, words):
    array(world, 0)
    w = wait(world, "sem", *words)
    kernel(world, "check(libc.semctl(0, 0, IPC_RMID))")
    assert w.end() == (3, "", "ipcx: sem:0: was removed meanwhile\n")
    fails(world, 3, "sem", *words, says="sem:0: ")


@pytest.mark.parametrize("words", [["get"], ["set", "0=1"], ["op", "0-1"], ["wait"], ["post"], ["run", "true"]], ids=lambda w: w[0])
def test_no_such_array(world, words):
    for ref, name in (("sem:77", "sem:77"), ("sem:0x4d2", "sem:")):
        fails(world, 3, "sem", words[0], ref, *words[1:], says=name)


@pytest.mark.parametrize("name,number", [("INT", 2), ("TERM", 15), ("HUP", 1), ("KILL", 9)])
def test_a_signal_ends_a_wait_with_nothing_done(world, name, number):
    array(world, 1, 0)
    w = wait(world, "sem", "op", "sem:0", "0-1", "1-1", ref="sem:0:1")
    os.kill(w.pid, number)
    assert w.end()[0] in (128 + number, -number), name
    assert values(world, 2) == [1, 0] and waiters(world, "sem:0:1") == 0


def test_stops_neither_end_a_wait_nor_prolong_it(world):
    """A stop makes semop(2) return EINTR, with or without a handler."""
    array(world, 0)
    w = wait(world, "sem", "wait", "sem:0", "--timeout", "1500ms")
    pid = w.pid
    while w.p.poll() is None and time.monotonic() - w.begun < 10:
        for s in (signal.SIGSTOP, signal.SIGCONT, signal.SIGWINCH):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, s)
        os.kill(w.p.pid, signal.SIGCONT)  # nsenter stops when its child does
        time.sleep(0.02)
    took = time.monotonic() - w.begun
    rc, out, err = w.end()
    assert (rc, out) == (5, "") and err.endswith(" (gone): the time ran out\n")
    assert 1.4 < took < 4


def test_a_wait_goes_on_after_a_stop(world):
    array(world, 0)
    w = wait(world, "sem", "wait", "sem:0")
    for _ in range(5):
        os.kill(w.pid, signal.SIGSTOP)
        os.kill(w.pid, signal.SIGCONT)
        os.kill(w.p.pid, signal.SIGCONT)
        time.sleep(0.02)
    assert w.p.poll() is None
    kernel(world, "semop(0, 0, 1)")
    assert w.end() == (0, "", "") and values(world, 1) == [0]


# ---- permissions and environment


def test_without_permission(world):
    array(world, 1)
    fails(world, 1, "sem", "get", "sem:0", uid=1000, says="sem:0: its semaphores may not be looked at: needs read permission")
    for words in (["op", "sem:0", "0-1"], ["set", "sem:0", "0=3"], ["set", "sem:0", "3"], ["wait", "sem:0"], ["post", "sem:0"], ["run", "sem:0", "true"]):
        fails(world, 1, "sem", *words, uid=1000, says="sem:0: not permitted: needs write permission")
    assert values(world, 1) == [1]


def test_with_half_the_permissions(world):
    assert world.ok("mk", "sem", "--nsems", "2", "--init", "1", "--mode", "0604") == "0"
    assert world.ok("mk", "sem", "--nsems", "2", "--init", "1", "--mode", "0602") == "1"
    assert world.ok("sem", "get", "sem:0", uid=1000) == "1\n1"
    fails(world, 1, "sem", "op", "sem:0", "0-1", uid=1000, says="needs write permission")
    fails(world, 5, "sem", "op", "sem:0", "0=0", "--no-wait", uid=1000, says="sem:0: semaphore 0 is 1, not 0")
    fails(world, 1, "sem", "get", "sem:1", uid=1000, says="needs read permission")
    world.ok("sem", "op", "sem:1", "0-1", uid=1000)
    world.ok("sem", "set", "sem:1", "1=7", uid=1000)
    assert values(world, 2, id=1) == [0, 7]
    fails(world, 1, "sem", "set", "sem:1", "2=7", uid=1000, says="there is no semaphore 2: it has 2")
    fails(world, 1, "sem", "op", "sem:1", "2+7", uid=1000, says="there is no semaphore 2: it has 2")
    fails(world, 1, "sem", "op", "sem:1", "1+32767", uid=1000, says="more than 32767 (SEMVMX)")


def test_output_that_cannot_be_written(world):
    array(world, 1)
    r = world.sh('"$IPCX" sem get sem:0 > /dev/full')
    assert r.rc == 1 and "write error" in r.err
    r = world.sh('"$IPCX" sem get sem:0 >&-')
    assert r.rc == 1 and "write error" in r.err
    r = world.sh('"$IPCX" sem op sem:0 0+1 <&- >&- 2>&-')
    assert r.rc == 0 and values(world, 1) == [2]
    assert world.sh('for i in 1 2 3; do "$IPCX" sem get sem:0; done | head -1').out == "2\n"
