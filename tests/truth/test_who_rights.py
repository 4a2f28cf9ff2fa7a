# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may see which users of an object: root all, others their own; how many are missing is counted exactly, and nattch is still true."""

import contextlib
import re

import pytest

from planting import PAGE, flat, hide_the_denied, known, nattch, one, plant, users, who  # pylint: disable=unused-import

SELF, OTHER, THIRD = 65534, 65533, 65532
INIT = 1  # the process that holds the world, root's


@pytest.fixture
def shared(world):
    """Objects that everybody may use, and a process of root, SELF and OTHER that uses each. .pids are their PIDs by user."""
    world.ok("mk", "shm", "--size", PAGE, "--mode", "0666")
    world.ok("mk", "pshm", "/x", "--size", PAGE, "--mode", "0666")
    world.ok("mk", "mq", "/q", "--mode", "0666")
    with contextlib.ExitStack() as planted:
        world.pids = {}
        for uid in (0, SELF, OTHER):
            p = planted.enter_context(plant(world, "id 0", "shmat", "open /dev/shm/x rw", f"map {PAGE}", "mq_open /q", **({"uid": uid} if uid else {})))
            world.pids[uid] = p.pid
        yield world


REFS = ("shm:0", "pshm:/x", "mq:/q")


def test_root_sees_everybody(shared):
    rows, unseen = who(shared)
    assert sorted((r["ref"], r["pid"], r["uid"]) for r in rows) == sorted((ref, pid, uid) for ref in REFS for uid, pid in shared.pids.items())
    assert {r["owner"] for r in rows if r["uid"] == SELF} == {shared.run("id", "-un", str(SELF)).out.strip() or str(SELF)}
    assert unseen["attaches"] == 0 and unseen["processes"] == 0


@pytest.mark.parametrize("uid, own", [(SELF, 1), (THIRD, 0)], ids=["owner", "somebody else"])
def test_a_user_sees_their_own_processes(shared, uid, own):
    """The others are counted: as attaches, which the kernel counts, and as processes."""
    hidden = INIT + 3 - own
    for ref in REFS:
        rows, unseen = who(shared, ref, uid=uid)
        assert [(r["ref"], r["pid"], r["uid"]) for r in rows] == [(ref, shared.pids[SELF], SELF)] * own
        assert unseen["processes"] == hidden and unseen["attaches"] == (3 - own if ref == "shm:0" else 0), (ref, unseen)
    assert shared.objects("shm:0", "-o", "nattch", uid=uid)[0]["nattch"] == 3
    r = shared.ipcx("who", "shm", uid=uid)
    assert r.rc == 0 and len(r.lines) == 1 + own, "the heading and the rows"
    assert re.search(rf"\b{own} of 3 attaches found: {3 - own}\b", r.err) and re.search(rf"\b{hidden}\b.*process", r.err), r.err


def test_a_process_that_may_not_be_inspected(shared):
    """Also its own user may not look at it (PR_SET_DUMPABLE)."""
    with plant(shared, "nodump", "id 0", "shmat", uid=SELF) as p:
        rows, unseen = who(shared, "shm", uid=SELF)
        one(rows, pid=shared.pids[SELF])
        assert unseen["attaches"] == 3 and unseen["processes"] == INIT + 3
        rows, unseen = who(shared, "shm")
        assert {(r["pid"], r["uid"]) for r in rows} == {(p.pid, SELF), *((pid, uid) for uid, pid in shared.pids.items())} and unseen["attaches"] == 0
        # a named process of which nothing may be seen
        r = shared.ipcx("who", "shm", "--pid", p.pid, "--json", uid=SELF)
        assert r.rc == 0 and r.json["users"] == [] and r.json["unseen"]["processes"] == 1, r


def test_a_shared_attach_does_not_hide_an_unseen_one(shared):
    """A child of vfork shows its parent's attach: two mappings, of which the kernel counts one."""
    shared.ok("mk", "shm", "--size", PAGE, "--mode", "0666")
    with plant(shared, "id 1", "shmat", "vfork", uid=SELF) as p, plant(shared, "id 1", "shmat"):
        rows, unseen = who(shared, "shm:1", uid=SELF)
        assert {r["pid"] for r in rows} == {p["parent"], p.pid} and nattch(shared, "shm:1") == 2
        assert unseen["attaches"] == 1


def test_nothing_attached_needs_no_rights(shared):
    shared.ok("mk", "shm", "--size", PAGE)
    rows, unseen = who(shared, "shm:1", uid=THIRD)
    assert rows == [] and unseen["attaches"] == 0


@pytest.mark.parametrize("ref, root", [("shm:0", 3), ("pshm:/x", None), ("mq:/q", None)])
def test_the_number_of_users(shared, ref, root):
    """Of a segment it is known if all attaches are found; of the others it is unknown in a PID namespace, as nothing counts the processes outside."""
    for uid, want in ((None, root), (SELF, None), (THIRD, None)):
        row = shared.ipcx("ls", ref, "--json", "-o", "user_count", uid=uid).json["objects"][0]
        assert row["user_count"] == want and (want is not None or row["unknown"] == ["user_count"]), (uid, row)


# ---- in the first PID namespace

def test_every_process_is_in_the_first_proc(flat):
    with plant(flat, f"shmget 0 {PAGE}", "shmat", ["shm_open", "/x"]) as p:
        rows, unseen = who(flat)
        assert sorted((r["ref"], r["pid"]) for r in rows) == [("pshm:/x", p.pid), ("shm:0", p.pid)]
        assert unseen["others"] is False and unseen["attaches"] == 0


def test_hidepid(flat):
    """Processes of other users are not in such a /proc: they are neither listed nor counted as processes, but said to be possible."""
    flat.ok("mk", "shm", "--size", PAGE, "--mode", "0666")
    with plant(flat, "id 0", "shmat") as p, plant(flat, "id 0", "shmat", uid=SELF) as q:
        rows, unseen = who(flat, "shm", uid=SELF)
        one(rows, pid=q.pid)
        assert unseen["others"] is False and unseen["attaches"] == 1 and unseen["processes"] > 0
        assert flat.run("mount", "-t", "proc", "-o", "hidepid=2", "none", "/proc").rc == 0
        rows, unseen = who(flat, "shm", uid=SELF)
        one(rows, pid=q.pid)
        assert unseen["others"] is True and unseen["attaches"] == 1
        rows, unseen = who(flat, "shm")
        assert {r["pid"] for r in rows} == {p.pid, q.pid} and unseen["others"] is False and unseen["attaches"] == 0


def seen_whole(world, *words):
    """Return the rows and what is unseen if no process was unseen, else None."""
    rows, unseen = who(world, *words)
    return (rows, unseen) if unseen["processes"] == 0 else None


def number(world, ref):
    return world.objects(ref, "-o", "user_count")[0]["user_count"]


def test_attached_before_leaving_the_namespace_by_elimination(flat):
    """Every process is seen, and only this one can have the attach that the kernel counts."""
    hide_the_denied(flat)
    with plant(flat, f"shmget 0x1234 {PAGE}", "shmat", "unshare") as p:
        rows, unseen = known(lambda: seen_whole(flat, "shm"))
        one(rows, ref="shm:0", pid=p.pid, mappings=1, basis="inferred")
        assert unseen["attaches"] == 0
        assert known(lambda: number(flat, "shm:0")) == 1 and flat.objects("shm", "-o", "in_use")[0]["in_use"] is True
    assert who(flat, "shm")[0] == [] and number(flat, "shm:0") == 0


def test_all_users_of_a_file_are_counted(flat):
    hide_the_denied(flat)
    with plant(flat, ["shm_open", "/x"], f"truncate {PAGE}", "fork 2"):
        assert known(lambda: number(flat, "pshm:/x")) == 3
    assert known(lambda: number(flat, "pshm:/x")) == 0


def test_the_world_of_a_test_seen_by_the_machine(world, flat):
    """From the first PID namespace, by way of a process: PIDs are those of the caller. (Containers of processes that may not be looked at may be
    missing, which is an error of the answer, but none of these rows.)"""
    with plant(world, f"shmget 0x1234 {PAGE}", "shmat", ["shm_open", "/x"]) as p:
        r = flat.ipcx("who", "--ns", world.pid, "--json")
        rows, unseen = r.json["users"], r.json["unseen"]
        assert sorted(r["ref"] for r in rows) == ["pshm:/x", "shm:0"] and len({r["pid"] for r in rows}) == 1
        assert flat.run("readlink", f"/proc/{rows[0]['pid']}/ns/ipc").out == flat.run("readlink", f"/proc/{world.pid}/ns/ipc").out
        assert r.rc == 0 and rows[0]["pid"] != p.pid and unseen["attaches"] == 0 and unseen["others"] is False
        assert users(flat) == []
    assert nattch(world, "shm:0") == 0
