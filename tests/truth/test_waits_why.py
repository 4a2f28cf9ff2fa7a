# SPDX-License-Identifier: GPL-2.0-or-later
"""What `ipcx waits` says about who could end a wait, and whether anybody can: a fact is called so, a guess is marked, and what only resembles a
deadlock is not called one."""

import re

import pytest

from planting import flat, hide_the_denied  # pylint: disable=unused-import
from helpers.tools import until
from waiting import GRADES, need_queues, of, planted, waits

BITS = pytest.mark.parametrize("bits", [64, 32])
NAME = "unless another opens it by name"
SOCKET = "unless a descriptor is under way in a socket"
NOBODY = "nobody seen can end it, "
MAYBE = "possible deadlock (if these are locks): "
GLIBC = "possible deadlock (if these are mutexes of glibc): "
ENDED = "its owner, thread {}, has ended: it is never released"
DIED = "last operated on by {holder} (gone): it may have died holding it"


def v(grade=None, verdict=None, **more):
    """What a row says; words in braces are facts of the scene, or PIDs of its actors."""
    return dict(grade=grade, verdict=verdict, **more)


def held(by, grade, waker=None):
    return {"held_by": "{" + by + "}", "held_grade": grade, **({"waker": waker} if waker else {})}


# By scene, and by actor or for all of them. Each is true wherever it is looked at.
SEMAPHORES = {
    "abba": {"alice": v("possible", MAYBE + "{alice}, {bob}", **held("bob", "possible", "{bob} (bob)?")),
             "bob": v("possible", MAYBE + "{alice}, {bob}", **held("alice", "possible", "{alice} (alice)?"))},
    "abba-undo": {"alice": v("likely", MAYBE + "{alice}, {bob}", **held("bob", "likely", "{bob} (bob)?")),
                  "bob": v("likely", MAYBE + "{alice}, {bob}", **held("alice", "likely", "{alice} (alice)?"))},
    "abba-busy": {"": v("possible", MAYBE + "{alice}, {bob}")},
    "abba-busy-undo": {"": v("possible", MAYBE + "{alice}, {bob}")},
    "ring": {"alice": v("possible", MAYBE + "{alice}, {bob}, {carol}", **held("bob", "possible")),
             "bob": v("possible", MAYBE + "{alice}, {bob}, {carol}", **held("carol", "possible")),
             "carol": v("possible", MAYBE + "{alice}, {bob}, {carol}", **held("alice", "possible"))},
    "ring-undo": {"": v("likely", MAYBE + "{alice}, {bob}, {carol}")},
    "self": {"": v(held_by=None, held_grade=None)},
    "self-undo": {"": v(held_by=None, held_grade=None)},
    "sem-lives": {"": v(**held("holder", "possible", "{holder} (holder)?"))},
    "sem-lives-undo": {"": v(**held("holder", "likely", "{holder} (holder)?"))},
    "sem-dead": {"": v("likely", DIED, waker="{holder} (gone)?")},
    "sem-dead-undo": {"": v("possible", DIED, waker="{holder} (gone)?")},
}
GUESSES = {
    "msg-full-dead": {"": v("likely", "last receiver {partner} (gone)")},
    "msg-full-lives": {"": v()},
    "msg-empty-dead": {"": v("likely", "last sender {partner} (gone)")},
    "msg-empty-lives": {"": v()},
}
LOCKS = {
    "mutex-plain": {"": v(**held("owner", "likely"))},
    "mutex-robust": {"": v(**held("owner", "certain", "{owner} (owner)"))},
    "mutex-pi": {"": v(**held("owner", "certain", "{owner} (owner)"))},
    "crossed-plain": {"alice": v("likely", GLIBC + "{alice}, {bob}", **held("bob", "likely")),
                      "bob": v("likely", GLIBC + "{alice}, {bob}", **held("alice", "likely"))},
    "crossed-robust": {"alice": v("certain", "deadlock: {alice}, {bob}", **held("bob", "certain")),
                       "bob": v("certain", "deadlock: {alice}, {bob}", **held("alice", "certain"))},
    "mixed-semaphore": {"": v("likely", MAYBE + "{alice}, {bob}")},
    "again-plain": {"": v("likely", GLIBC + "{alice}", **held("alice", "likely"))},
}
# The kernel tells a program of 64 bits nothing of the robust locks that a thread of 32 bits holds: what is in the word is not confirmed.
NARROW = {
    "mutex-robust": LOCKS["mutex-plain"],
    "crossed-robust": LOCKS["crossed-plain"],
}
# Only where every process is seen.
SEEN = {
    "owner-died-plain": {"": v("likely", ENDED.format("{owner}"))},
    "owner-died-robust": {"": v("certain", ENDED.format("{owner}"))},
    "thread-died-plain": {"": v("likely", ENDED.format("{thread}"))},
    "mq-alone": {"": v("certain", NOBODY + NAME)},
    "mq-other": {"": v()},
    "psem-dead": {"": v("certain", NOBODY + NAME)},
    "psem-lives": {"": v()},
    "psem-idle": {"": v()},
    "psem-dead-timed": {"": v()},
    "pipe-own-end": {"": v("certain", NOBODY + SOCKET)},
    "pipe-own-end-other": {"": v()},
    "pipe-own-end-listener": {"": v("certain", NOBODY + SOCKET)},
    "pipe-own-end-busy": {"": v()},
    "pipes-full": {"": v("certain", "deadlock: {alice}, {bob}")},
    "mixed-robust": {"": v("certain", "deadlock: {alice}, {bob}")},
    "mixed-plain": {"": v("likely", GLIBC + "{alice}, {bob}")},
}


def fill(text, p):
    numbers = dict(p.facts, **{w["name"]: w["pid"] for w in p.waits})
    listed = re.fullmatch(r"(.*: )((?:\{\w+\}(?:, )?){2,})", text)
    if not listed:
        return text.format(**numbers)
    return listed[1] + ", ".join(map(str, sorted(numbers[n] for n in re.findall(r"\w+", listed[2]))))  # in ascending order


def wrong(rows, p, want):
    """What the rows of a scene say that is not wanted."""
    found = []
    if sorted(r["tid"] for r in rows) != sorted(p.tids):
        return [("threads", p.tids, rows)]
    for w in p.waits:
        row = next(r for r in rows if r["tid"] == w["tid"])
        for k, value in want.get(w["name"], want.get("", {})).items():
            if isinstance(value, str):
                value = fill(value, p)
            if k == "held_by" and value is not None:
                value = int(value)
            if row.get(k) != value:
                found.append((w["name"], k, "is", row.get(k), "wanted", value))
    return found


def said(world, p, want):
    """The rows of the scene, which must say what is wanted, in a listing of all and in that of its objects; return them."""
    rows = of(waits(world)[0], *p.pids)
    assert wrong(rows, p, want) == []
    refs = sorted({r["ref"] for r in rows})
    again = waits(world, *refs)[0]
    assert wrong(again, p, want) == []
    certain = {r["grade"] for r in rows} - {None}
    numbers = {r["cycle"] for r in rows}
    if any("deadlock" in (r["verdict"] or "") for r in rows) and len(rows) > 1:
        assert len(numbers) == 1 and None not in numbers, rows
    else:
        assert numbers <= {None, *range(1, 99)}
    r = world.ipcx("waits", *refs, "--fail", "--json")
    assert r.rc == int(bool(certain & {"likely", "certain"})), (certain, r)
    assert world.ipcx("waits", *refs, "--json").rc == 0
    return rows


@BITS
@pytest.mark.parametrize("scene", SEMAPHORES)
def test_semaphores(world, scene, bits):
    with planted(world, scene, bits) as p:
        rows = said(world, p, SEMAPHORES[scene])
        assert GRADES.index(max((r["grade"] for r in rows), key=GRADES.index)) <= GRADES.index("likely"), "never certain"
        words_of_semaphores(world, p)


def words_of_semaphores(world, p):
    """No output about semaphores says "deadlock" without "possible"; what it says of the cycle is in tables for people, too."""
    for words in ((), ("--graph",), ("--json",), ("--format", "csv"), ("--graph", "sem")):
        r = world.ipcx("waits", *words)
        assert r.rc == 0 and str(p.pids[0]) in r.out, (words, r)
        assert len(re.findall("deadlock", r.out + r.err)) == len(re.findall(r"possible deadlock \(if these are locks\)", r.out + r.err)), (words, r.out)


@BITS
def test_idle_workers_are_not_above_possible(world, bits):
    """They serve each other's queues of jobs in turn: value 0, last operations crossed, both blocked. Exactly like a pair that holds each other's
    lock, and nothing is wrong."""
    with planted(world, "workers", bits) as p:
        rows = of(waits(world)[0], *p.pids)
        assert len(rows) == 2 and {r["grade"] for r in rows} <= {None, "possible"}, rows
        assert {r["held_grade"] for r in rows} <= {None, "possible"} and {r["held_by"] for r in rows} <= {None, *p.pids}
        assert all(not r["verdict"] or r["verdict"].startswith(MAYBE) for r in rows)
        assert world.ipcx("waits", "--fail", "sem").rc == 0 and world.ipcx("waits", "-w", "grade >= likely", "--fail").rc == 0
        words_of_semaphores(world, p)


@BITS
@pytest.mark.parametrize("scene", ["sem-set", "sem-set-after"])
def test_a_value_that_was_set_is_not_a_lock_that_was_taken(world, scene, bits):
    """The process that set it has ended: that is how a semaphore is made to wait for."""
    with planted(world, scene, bits) as p:
        rows = of(waits(world)[0], *p.pids)
        assert len(rows) == 1 and rows[0]["grade"] in (None, "possible") and rows[0]["held_grade"] in (None, "possible"), rows
        assert world.ipcx("waits", "sem:0", "--fail").rc == 0


@BITS
@pytest.mark.parametrize("scene", GUESSES)
def test_queues(world, scene, bits):
    with planted(world, scene, bits) as p:
        said(world, p, GUESSES[scene])


@BITS
@pytest.mark.parametrize("scene", LOCKS)
def test_locks(world, scene, bits):
    with planted(world, scene, bits) as p:
        rows = said(world, p, NARROW.get(scene, LOCKS[scene]) if bits == 32 else LOCKS[scene])
        if "plain" in scene:
            assert {r["basis"] for r in rows} <= {"memory", "inferred"}, "the owner is read by the layout of a C library"
            assert not any((r["verdict"] or "").startswith("deadlock") for r in rows)


@BITS
def test_a_thread_that_waits_for_itself(world, bits):
    """A robust mutex: the word says who holds it, and the kernel agrees."""
    grade = "certain" if bits == 64 else "likely"
    with planted(world, "again-robust", bits) as p:
        rows = of(waits(world)[0], *p.pids)
        assert [(r["grade"], r["held_by"], r["held_grade"]) for r in rows] == [(grade, p.pids[0], grade)]
        assert world.ipcx("waits", "pshm:/x", "--fail").rc == 1


@BITS
@pytest.mark.parametrize("scene", SEEN)
def test_where_every_process_is_seen(flat, scene, bits):
    if scene.startswith("mq"):
        need_queues(flat)
    hide_the_denied(flat)
    with planted(flat, scene, bits) as p:
        def right():
            """Other processes of the machine, which may not be looked at, come and go."""
            rows, unseen = waits(flat)
            if unseen["processes"]:
                return False
            assert wrong(of(rows, *p.pids), p, SEEN["mixed-plain" if scene == "mixed-robust" and bits == 32 else scene]) == []
            return True

        try:
            until(right, seconds=30)
        except AssertionError as e:
            if "come to pass" in str(e):
                pytest.skip("there are processes that may not be looked at")
            raise


@pytest.mark.parametrize("scene", [s for s in SEEN if SEEN[s][""]["grade"]])
def test_what_is_unseen_makes_a_verdict_possible(world, scene):
    """There may be processes outside of the PID namespace, which could end the wait: nothing is certain."""
    with planted(world, scene) as p:
        rows, unseen = waits(world)
        assert unseen["others"] is True
        for r in of(rows, *p.pids):
            assert r["grade"] in ("possible", None), r
            assert re.match("nobody seen can end it, unless |possible deadlock .if |its owner, thread [0-9]+, was not found: if it has ended|$",
                            r["verdict"] or ""), r
        assert any(r["grade"] for r in of(rows, *p.pids)), rows
        assert world.ipcx("waits", "--fail").rc == 0


def test_the_fix_for_a_pair_with_undo(world):
    """What the man page says: the end of one frees the other."""
    with planted(world, "abba-undo") as p:
        assert world.ipcx("waits", "sem", "--fail").rc == 1
        assert world.run("kill", "-KILL", str(p.pids[0])).rc == 0
        until(lambda: not of(waits(world, "sem")[0], *p.pids))
        assert world.ipcx("waits", "sem", "--fail").rc == 0
