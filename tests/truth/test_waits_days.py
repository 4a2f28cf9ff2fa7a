# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens while `ipcx waits` looks: stopped threads, namespaces, missing rights, processes that end, waits that begin anew, very many
threads; and no call of anybody fails because somebody looked."""

import functools
import os
import time

import pytest

from helpers.tools import TOP, helper, release, until
from planting import pids_inside
from waiting import GRADES, HERE, of, only, planted, waits

SELF, THIRD = 65534, 65532
BITS = pytest.mark.parametrize("bits", [64, 32])


def state(world, pid):
    return world.run("cat", f"/proc/{pid}/stat").out.rpartition(")")[2].split()[0]


# ---- states of threads

@BITS
@pytest.mark.parametrize("scene", ["sem-take", "msg-any", "mq-receive", "psem-wait", "psem-timed", "mutex-plain", "pipe-read"])
def test_a_stopped_thread_does_not_wait(world, scene, bits):
    """Its last call still stands in /proc. When it goes on, some calls fail (semop), and others are continued."""
    with planted(world, scene, bits) as p:
        pid = p.pids[0]
        assert len(of(waits(world)[0], pid)) == 1
        world.run("kill", "-STOP", str(pid))
        until(lambda: state(world, pid) == "T")
        rows, unseen = waits(world)
        assert of(rows, pid) == [] and unseen["waiters"] == 0
        world.run("kill", "-CONT", str(pid))
        if scene == "sem-take":
            gone_or_zombie(world, pid)  # EINTR
        else:
            until(lambda: len(of(waits(world)[0], pid)) == 1)


def gone_or_zombie(world, pid):
    until(lambda: world.run("test", "-e", f"/proc/{pid}").rc != 0 or state(world, pid) == "Z")


@BITS
def test_threads_of_a_process(world, bits):
    """Each has its own wait; a thread that has none is not there."""
    with planted(world, "threads", bits) as p:
        rows, unseen = waits(world, "sem:0")
        pid = p.pids[0]
        assert [(r["pid"], r["tid"], r["semnum"]) for r in rows] == [(pid, p.tids[0], 0), (pid, p.tids[1], 1)] and pid not in p.tids
        assert unseen["waiters"] == 0
        assert {r["command"] for r in rows} == {world.run("cat", f"/proc/{pid}/comm").out.strip()}, "of the process"


@BITS
def test_a_thread_whose_process_lacks_its_first_thread(world, bits):
    with planted(world, "left", bits) as p:
        rows, unseen = waits(world, "sem:0")
        only(rows, pid=p.pids[0], tid=p.tids[0], wants="-1 on 0")
        assert unseen["waiters"] == 0


def test_very_many_threads(world):
    with planted(world, "many") as p:
        assert len(p.tids) == 5000
        rows, unseen = waits(world, "sem:0")
        assert sorted(r["tid"] for r in rows) == sorted(p.tids) and unseen["waiters"] == 0
        assert world.objects("sem:0", "-o", "waiters")[0]["waiters"] == 5000


# ---- namespaces

@BITS
def test_a_thread_in_another_ipc_namespace(world, bits):
    """Both arrays have the id 0."""
    with planted(world, "elsewhere", bits) as p:
        (here, there), (pid, tid) = p.waits, (p.pids[1], p.tids[1])
        for words in ((), ("sem",), ("sem:0",)):
            rows, unseen = waits(world, *words)
            only([r for r in rows if r["mech"] == "sem"], pid=here["pid"], tid=here["tid"], ref="sem:0")
            assert unseen["waiters"] == 0
        rows, unseen = waits(world, "sem", "--ns", f"/proc/{pid}/task/{tid}/ns/ipc")
        row = only(rows, pid=pid, tid=there["tid"], ref="sem:0")
        assert unseen["waiters"] == 0 and row["ns"] == int("".join(c for c in world.run("readlink", f"/proc/{pid}/task/{tid}/ns/ipc").out if c.isdigit()))
        assert {(r["tid"], r["ns"] == row["ns"]) for r in waits(world, "sem", "--ns", "all")[0]} >= {(here["tid"], False)}


@BITS
@pytest.mark.parametrize("scene, grade", [("mutex-plain", "likely"), ("mutex-robust", "certain"), ("mutex-pi", "certain"), ("crossed-robust", "certain"),
                                          ("owner-died-plain", "possible"), ("abba", "possible")])
def test_a_pid_namespace_within(world, scene, grade, bits):
    """Words in memory and last PIDs are numbers of the waiting process's PID namespace, or of ours."""
    before = ("unshare", "--pid", "--fork", "--mount", "--mount-proc")
    with planted(world, scene, bits, before=before) as p:
        pids = pids_inside(world)
        if bits == 32 and grade == "certain" and "robust" in scene:
            grade = "likely"  # the kernel does not confirm it to a program of 64 bits
        rows = [r for r in waits(world)[0] if r["pid"] in {pids[w["pid"]] for w in p.waits} and r["mech"] in ("pshm", "sem")]
        assert sorted(r["tid"] for r in rows) == sorted(pids[w["tid"]] for w in p.waits), (rows, pids)
        if scene.startswith("mutex"):
            only(rows, held_by=pids[p["owner"]], held_grade=grade, verdict=None)
        elif scene == "crossed-robust":
            assert {(r["pid"], r["held_by"]) for r in rows} == {(pids[p.pids[i]], pids[p.pids[1 - i]]) for i in (0, 1)}
            words = "deadlock: " if grade == "certain" else "possible deadlock (if these are mutexes of glibc): "
            assert {(r["grade"], r["verdict"]) for r in rows} == {(grade, words + ", ".join(map(str, sorted(pids[n] for n in p.pids))))}
        elif scene == "abba":
            # sempid is given in the reader's PID namespace
            assert {(r["pid"], r["held_by"], r["grade"]) for r in rows} == {(pids[p.pids[i]], pids[p.pids[1 - i]], grade) for i in (0, 1)}
        else:
            # which thread it was, and whether it has ended, is a number of another PID namespace: said as far as it is known
            assert len(rows) == 1 and rows[0]["grade"] == grade and rows[0]["held_by"] is None and "was not found" in rows[0]["verdict"], rows


# ---- rights

def test_waits_of_others_are_counted(world):
    """An ordinary user sees neither call nor memory of other users' threads; the kernel's counts of a semaphore array are for everybody."""
    with planted(world, "sem-take") as p, planted(world, "sem-take") as q, planted(world, "sem-take", uid=SELF) as own:
        rows, unseen = waits(world, "sem:0")
        assert {(r["pid"], r["uid"]) for r in rows} == {(p.pids[0], 0), (q.pids[0], 0), (own.pids[0], SELF)} and unseen["waiters"] == 0
        rows, unseen = waits(world, "sem:0", uid=SELF)
        only(rows, pid=own.pids[0], uid=SELF, wants="-1 on 0")
        assert unseen["waiters"] == 2 and unseen["processes"] > 0
        rows, unseen = waits(world, "sem:0", uid=THIRD)
        assert rows == [] and unseen["waiters"] == 3
        r = world.ipcx("waits", "sem:0", uid=SELF)
        assert r.rc == 0 and len(r.lines) == 2 and "2" in r.err, (r.out, r.err)
        assert world.objects("sem:0", "-o", "waiters")[0]["waiters"] == 3


def test_nothing_is_certain_without_rights(world):
    """A user who may not look at all processes; the pair itself is theirs."""
    with planted(world, "crossed-robust", uid=SELF) as p:
        rows = of(waits(world, uid=SELF)[0], *p.pids)
        assert {r["grade"] for r in rows} == {"certain"}, "the owners are known, and nobody else could release the locks"
    with planted(world, "psem-dead", uid=SELF) as p:
        rows = of(waits(world, uid=SELF)[0], *p.pids)
        assert len(rows) == 2 and {r["grade"] for r in rows} == {"possible"}
        assert all(GRADES.index(r["held_grade"]) < 3 for r in rows)


# ---- what changes meanwhile

@BITS
def test_threads_that_begin_to_wait_and_are_killed(world, bits):
    """What stays is found each time, and nothing fails."""
    with planted(world, "churn", bits) as p:
        for _ in range(40):
            r = world.ipcx("waits", "--json")
            assert r.rc == 0 and r.err == "" and r.json["errors"] == [], r
            only(of(r.json["waits"], p.pids[0]), ref="sem:0", wants="-1 on 0", tid=p.tids[0])
            for row in r.json["waits"]:
                assert row["call"] and row["task_state"] in ("S", "D") and row["pid"] > 0, row
                assert row["grade"] in (None, "possible", "likely"), "nothing is certain where others may be"


@BITS
def test_operations_that_are_rewritten_while_they_are_read(world, bits):
    """The kernel has its own copy. What stands in memory may be anything, also numbers that the array does not have."""
    with planted(world, "rewritten", bits) as p:
        for _ in range(20):
            rows, unseen = waits(world, "sem:0")
            row = only(rows, pid=p.pids[0], tid=p.tids[0], call="semop", verdict=None)
            assert unseen["waiters"] == 0 and row["semnum"] in (None, 0, 1, 0xffff) and row["op"] in (None, -1, -2, -32768), row


@BITS
def test_a_list_of_locks_without_an_end(world, bits):
    """It is the memory of the owner, and does not confirm what stands in the lock."""
    with planted(world, "endless", bits) as p:
        only(waits(world, "pshm:/x")[0], pid=p.pids[0], wants="the lock", held_by=p["owner"], held_grade="likely", verdict=None)


@BITS
def test_only_waits_that_last(world, bits):
    """A call that ends and is made anew is not one wait; reading cannot tell how long one lasts, only that it lasted."""
    with planted(world, "anew", bits) as p:
        rows = waits(world, "sem")[0]
        assert {r["since"] for r in rows} == {None} and p.pids[0] in {r["pid"] for r in rows}
        until(lambda: {r["pid"] for r in waits(world, "sem")[0]} == set(p.pids))
        then = time.time()
        r = world.ipcx("waits", "sem", "--for", "1s", "--json")
        now = time.time()
        assert r.rc == 0, r
        row = only(r.json["waits"], pid=p.pids[0])
        assert now - then >= 1
        since = stamp(world, row["since"])
        assert then - 1 <= since <= now - 1 + 0.5, (then, row["since"], now)
        # both of two steady ones
        with planted(world, "msg-any", bits) as q:
            assert {r["pid"] for r in waits(world, "--for", "100ms")[0]} >= {p.pids[0], *q.pids}


def stamp(world, text):
    return float(world.run("date", "-d", text, "+%s").out)


def test_one_that_was_woken_is_no_wait_any_more(world):
    with planted(world, "sem-take") as p:
        only(waits(world, "sem")[0], pid=p.pids[0])
        world.ok("sem", "post", "sem:0")
        gone_or_zombie(world, p.pids[0])
        assert waits(world, "sem")[0] == []


# ---- nobody is disturbed

@functools.cache
def looker():
    """Built against a library without sanitizers: a thousand looks take seconds."""
    lib = os.path.join(os.path.dirname(release()), "../lib")
    return helper("looker", f"-I{TOP}/lib", f"-L{lib}", f"-Wl,-rpath,{lib}", "-lipcx", folder=HERE)


@BITS
def test_a_thousand_looks_disturb_nobody(world, bits):
    """Pairs of processes wait for each other through arrays, queues, pipes and semaphores all the time; none of their calls fails."""
    program = looker()
    with planted(world, "partners", bits) as p:
        r = world.run(program, "1000", timeout=3600)
        assert r.rc == 0 and r.err == "" and int(r.out) > 1000, r
        done = p.end()
        assert len(done) == 10
        assert [d for d in done if d["failed"] or d["rounds"] < 10] == []


def test_the_command_disturbs_nobody(world):
    with planted(world, "partners") as p:
        for words in ((), ("--graph",), ("--for", "50ms"), ("sem", "msg")) * 10:
            r = world.ipcx("waits", *words, "--json" if "--graph" not in words else "--numeric")
            assert r.rc == 0, r
        done = p.end()
        assert len(done) == 10 and [d for d in done if d["failed"] or d["rounds"] < 4] == []


def test_a_process_that_ends_is_listed_no_more(world):
    with planted(world, "sem-take") as p:
        only(waits(world, "sem")[0], pid=p.pids[0])
        world.run("kill", "-KILL", str(p.pids[0]))
        gone_or_zombie(world, p.pids[0])
        rows, unseen = waits(world, "sem")
        assert rows == [] and unseen["waiters"] == 0
