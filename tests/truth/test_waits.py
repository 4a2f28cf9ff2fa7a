# SPDX-License-Identifier: GPL-2.0-or-later
"""`ipcx waits` finds every thread that waits for an object, in programs of 64 and of 32 bits, and says what it waits for. (Who could end it:
test_waits_why.py; what may go wrong meanwhile: test_waits_days.py.)"""

import collections

import pytest

from planting import flat, hide_the_denied, known  # pylint: disable=unused-import
from waiting import SECOND, need_queues, of, only, planted, waits

LOCK, NEXT, COND = 4096 + 256, 8192 + 512, 4096 + 1024  # where the words are in memory


def left(most):
    """What is left of a timeout."""
    return lambda ns: 0 < ns <= most * SECOND


def within(start, end):
    return lambda n: start <= n < end


# The first process of the scene has the object, too, and there may be others: it could end the wait, and nobody else who is seen.
OTHER = {"held_by": "{planter}", "held_grade": "possible"}

# Nobody else who is seen has it.
ALONE = {"grade": "possible", "verdict": "nobody seen can end it, unless another opens it by name", "basis": "inferred"}


def sem(wants, semnum, op, undo, **more):
    return dict(ref="sem:{id}", wants=wants, semnum=semnum, op=op, undo=undo, basis="memory", call="semop", **more)


def timed(*args, timeout=1000 * SECOND + 5):
    return dict(sem(*args), call="semtimedop", timeout=timeout)


def msg(call, wants, mtype=None, **more):
    return dict({"ref": "msg:{id}", "call": call, "wants": wants, "mtype": mtype, "basis": "kernel"}, **more)


def mq(call, wants, timeout=None):
    return dict(ref="mq:/q", call=call, wants=wants, timeout=timeout, **OTHER)


def psem(timeout=None, **more):
    return dict(ref="psem:/s", call="futex", wants="a post", offset=0, timeout=timeout, **OTHER, **more)


def lock(ref, held_grade, offset=LOCK, **more):
    return dict(ref=ref, call="futex", wants="the lock", offset=offset, held_by="{owner}", held_grade=held_grade, **more)


def word(call="futex", offset=LOCK, timeout=None, ref="pshm:/x"):
    return dict(ref=ref, call=call, wants="a wake-up", offset=offset, timeout=timeout)


# The wait of each scene; words in braces are numbers that the scene has printed.
BOTH = {
    "sem-take": sem("-1 on 0", 0, -1, False),
    "sem-several": sem("+1 on 0 (undo), -2 on 1, 0 on 2", 1, -2, False),
    "sem-zero": sem("0 on 0", 0, 0, False),
    "sem-timed": timed("-1 on 0 (undo)", 0, -1, True),
    "sem-thrice": sem("-1 on 0, -1 on 0, -1 on 0", 0, -1, False, **OTHER),  # it set the value
    "msg-send": msg("msgsnd", "room for 60 bytes"),
    "msg-any": msg("msgrcv", "a message", 0),
    "msg-type": msg("msgrcv", "a message of type 77", 77),
    "msg-most": msg("msgrcv", "a message of type at most 5", -5),
    "msg-except": msg("msgrcv", "a message of a type other than 3", 3),
    "mq-send": mq("mq_send", "room for a message"),
    "mq-receive": mq("mq_receive", "a message"),
    "mq-timed": mq("mq_receive", "a message", left(1000)),
    "mq-timed-send": mq("mq_send", "room for a message", left(1000)),
    "mq-old": mq("mq_receive", "a message", left(1000)),
    "mq-old-send": mq("mq_send", "room for a message", left(1000)),
    "psem-wait": psem(),
    "psem-timed": psem(left(1000)),
    "psem-old": psem(left(1000)),
    "psem-restarted": psem(left(1000)),
    "mutex-plain": lock("pshm:/x", "likely", basis="memory"),
    "mutex-recursive": lock("pshm:/x", "likely", basis="memory"),
    "mutex-robust": lock("pshm:/x", "certain"),
    "mutex-pi": lock("pshm:/x", "certain"),
    "mutex-shm": lock("shm:{id}", "likely", basis="memory"),
    "mutex-memfd": lock("memfd:{dev}:{ino}", "likely", basis="memory"),
    "cond": dict(word(offset=within(COND, COND + 48)), **OTHER),
    "futex": word(timeout=1000 * SECOND + 5),
    "futex2": dict(word("futex_wait"), **ALONE),
    "pipe-read": dict(ref="pipe:{in}", call="read", wants="data", basis="kernel", **OTHER),
    "pipe-write": dict(ref="pipe:{out}", call="write", wants="room for 100 bytes", basis="kernel", **OTHER),
    "pipe-readv": dict(ref="pipe:{in}", call="readv", wants="data", **OTHER),
    "pipe-writev": dict(ref="pipe:{out}", call="writev", wants="room", **OTHER),
    "pipe-vmsplice": dict(ref="pipe:{out}", call="vmsplice", wants="room", **OTHER),
    "pipe-sendfile": dict(ref="pipe:{out}", call="sendfile", wants="room for 100 bytes", **OTHER),
    "pipe-splice-out": dict(ref="pipe:{out}", call="splice", wants="room for 100 bytes", **OTHER),
    "fifo-read": dict(ref="pipe:{dev}:{ino}", call="read", wants="data", **ALONE),
    "fifo-open-read": dict(ref="pipe:{dev}:{ino}", call="openat", wants="a writer", basis="memory"),
    "fifo-open-write": dict(ref="pipe:{dev}:{ino}", call="openat", wants="a reader", basis="memory"),
}
# by number, as old and new C libraries of 32 bits do
NARROW = {
    "sem-ipc": sem("-1 on 0 (undo)", 0, -1, True),
    "sem-ipc-timed": timed("-3 on 1, -300 on 2", 2, -300, False),
    "sem-time64": sem("-1 on 2", 2, -1, False),
    "sem-time64-timed": timed("0 on 0, 0 on 1 (undo)", 1, 0, True),
    "msg-ipc-send": msg("msgsnd", "room for 60 bytes"),
    "msg-ipc-type": msg("msgrcv", "a message of type 77", 77, basis="memory"),
    "msg-ipc-most": msg("msgrcv", "a message of type at most 5", -5, basis="memory"),
    "msg-ipc-newer": msg("msgrcv", "a message of type 77", 77),
    "msg-direct-send": msg("msgsnd", "room for 60 bytes"),
    "msg-direct-type": msg("msgrcv", "a message of type 77", 77),
    "mq-time64": mq("mq_receive", "a message", left(1000)),
    "mq-time64-send": mq("mq_send", "room for a message", left(1000)),
    "futex-time64": word(timeout=1000 * SECOND + 5),
}
ALL = [(s, b) for s in BOTH for b in (64, 32)] + [(s, 32) for s in NARROW]
MAY_LACK = {"futex2", "waitv", "waitv-private"}  # calls of newer kernels


def wanted(scene, bits, p):
    """The values that the row of the scene must have."""
    want = dict(BOTH.get(scene) or NARROW[scene])
    if bits == 32 and scene in ("msg-any", "msg-type", "msg-most", "msg-except"):
        want["basis"] = "memory" if p.waits[-1]["nr"] == 117 else "kernel"  # ipc(2) has the type in memory
    if (scene, bits) == ("mutex-robust", 32):
        want["held_grade"] = "likely"  # the kernel does not tell a program of 64 bits of the thread's list
    for k, v in want.items():
        if isinstance(v, str):
            want[k] = v.format(planter=p.pid, **p.facts)
    if "held_by" in want:
        want["held_by"] = int(want["held_by"])
    last = p.waits[-1]
    return dict({k: None for k in ("semnum", "op", "undo", "mtype", "timeout", "offset", "held_by", "held_grade", "verdict", "grade", "cycle", "since")},
                mech=want["ref"].partition(":")[0], pid=last["pid"], tid=last["tid"], command=last["name"], uid=0, owner="root", task_state="S", **want)


def skip_old(world, scene):
    if scene in MAY_LACK:
        number = {"futex2": 455}.get(scene, 449)
        script = f"import ctypes; c = ctypes.CDLL(None, use_errno=True); c.syscall({number}, 0, 0, 0, 0, 0, 0); raise SystemExit(ctypes.get_errno() == 38)"
        if world.run("/usr/bin/python3", "-c", script).rc != 0:
            pytest.skip(f"this kernel has no system call {number}")


@pytest.mark.parametrize("scene, bits", ALL, ids=[f"{s}-{b}" for s, b in ALL])
def test_wait(world, scene, bits):
    skip_old(world, scene)
    if scene.startswith("mq"):
        need_queues(world)
    with planted(world, scene, bits) as p:
        want = wanted(scene, bits, p)
        rows, unseen = waits(world, want["ref"])
        row = only(rows, **want)
        assert row["ns"] == int("".join(c for c in world.run("readlink", "/proc/self/ns/ipc").out if c.isdigit())) and not row.get("container")
        assert unseen["waiters"] == 0 and unseen["processes"] == 0
        for words in ((want["mech"],), ()):
            rows, unseen = waits(world, *words)
            rows = of(rows, p.pid, *p.pids, p.facts.get("owner"))
            only(rows, **{k: v for k, v in want.items() if not callable(v)})
            assert unseen["waiters"] == 0 and unseen["processes"] == 0
        counted(world, want, p)
    assert [r for r in waits(world)[0] if r["pid"] in p.pids] == []


def counted(world, want, p):
    """The kernel counts the same, and so does the field of a listing; of files, which processes outside of the PID namespace may wait for, nothing
    is known here."""
    if want["mech"] == "sem":
        for kind, n in (("n", want["op"] < 0), ("z", want["op"] == 0)):
            assert [p[f"{kind}{k}"] for k in range(3)] == [int(n and k == want["semnum"]) for k in range(3)]
    if want["call"] == "openat":
        return  # nobody has it open: it is in no listing
    rows = [o for o in world.objects(want["mech"], "-o", "ref,waiters") if o["ref"] == want["ref"]]
    assert [o["waiters"] for o in rows] in ([1],) if want["mech"] == "sem" else [o["waiters"] for o in rows] in ([1], [None]), rows


@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize("scene", ["waitv", "waitv-private"])
def test_several_words(world, scene, bits):
    """A row for each; a private futex is nobody's object."""
    skip_old(world, scene)
    with planted(world, scene, bits) as p:
        for words in (("pshm:/x",), ("pshm",), ()):
            rows = of(waits(world, *words)[0], *p.pids)
            assert [(r["ref"], r["call"], r["tid"], r["offset"]) for r in rows] == [("pshm:/x", "futex_waitv", p.tids[0], at) for at in (LOCK, NEXT)], rows
        assert {(r["wants"], r["grade"], r["basis"]) for r in rows} == {("a wake-up", "possible", "inferred")}, "nobody else has it"


@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize("scene, call", [("pipe-splice", "splice"), ("pipe-tee", "tee")])
def test_two_pipes(world, scene, call, bits):
    """From an empty pipe to a full one: the call sleeps until it has either."""
    with planted(world, scene, bits) as p:
        for words in (("pipe",), (), (f"pipe:{p['in']}", f"pipe:{p['out']}")):
            rows = of(waits(world, *words)[0], *p.pids)
            assert {r["ref"] for r in rows} >= {f"pipe:{p['in']}"} and {r["call"] for r in rows} == {call}, rows
            assert not {r["ref"] for r in rows} - {f"pipe:{p['in']}", f"pipe:{p['out']}"}
            assert all(r["wants"] == "data" for r in rows if r["ref"] == f"pipe:{p['in']}")


@pytest.mark.parametrize("bits", [64, 32])
def test_many_wait_for_one_array(world, bits):
    """As many for each semaphore as the kernel counts."""
    with planted(world, "sem-crowd", bits) as p:
        rows, unseen = waits(world, "sem:0")
        assert sorted(r["tid"] for r in rows) == sorted(p.tids) and unseen["waiters"] == 0
        found = collections.Counter(("z" if r["op"] == 0 else "n") + str(r["semnum"]) for r in rows)
        assert found == {k: v for k, v in p.facts.items() if v and k != "id"} == {"n0": 2, "n1": 2, "n2": 2, "z3": 1}
        assert world.objects("sem", "-o", "waiters")[0]["waiters"] == 7


def test_a_mechanism_has_its_own_waits_only(world):
    need_queues(world)
    with planted(world, "both") as p, planted(world, "sem-take") as q, planted(world, "msg-any") as m:
        pids = {"psem": p.pids[:1], "mq": p.pids[1:], "sem": q.pids, "msg": m.pids, "shm": [], "pshm": [], "memfd": []}
        for mech, want in pids.items():
            assert [(r["mech"], r["pid"]) for r in waits(world, mech)[0]] == [(mech, pid) for pid in want]
        assert {r["pid"] for r in waits(world, "sysv")[0]} == {*q.pids, *m.pids}
        assert {r["pid"] for r in waits(world, "posix")[0]} == set(p.pids)
        assert {r["pid"] for r in waits(world, "psem:/s", "msg:0")[0]} == {p.pids[0], *m.pids}
        assert [r["call"] for r in waits(world, "--where", "mech == 'msg' and tid > 1")[0]] == ["msgrcv"]


def test_a_named_object_does_not_exist(world):
    for ref in ("sem:77", "msg:7", "psem:/absent", "mq:/absent"):
        r = world.ipcx("waits", ref, "--json")
        assert r.rc == 3 and r.json["waits"] == [] and len(r.json["errors"]) == 1, (ref, r)


@pytest.mark.parametrize("bits", [64, 32])
def test_futexes_of_no_object_are_not_listed(world, bits):
    """Threads of a program wait for each other through memory that nobody else has."""
    with planted(world, "threads", bits) as p:
        rows = of(waits(world)[0], *p.pids, p.pid)
        assert {r["mech"] for r in rows} == {"sem"} and sorted(r["tid"] for r in rows) == sorted(p.tids)


@pytest.mark.parametrize("scene, ref", [("psem-wait", "psem:/s"), ("mq-receive", "mq:/q"), ("msg-any", "msg:0"), ("mutex-plain", "pshm:/x"),
                                        ("mutex-shm", "shm:0")])
def test_waiters_are_counted_where_every_process_is_seen(flat, scene, ref):
    hide_the_denied(flat)
    with planted(flat, scene) as p:
        def number():
            return flat.objects(ref, "-o", "waiters")[0]["waiters"]

        assert known(number) == 1 and len(p.pids) == 1
