# SPDX-License-Identifier: GPL-2.0-or-later
"""Who shares an IPC namespace, its /dev/shm and its /dev/mqueue is told for each of them; what cannot be read is unknown, never "not shared"."""

import contextlib

import pytest

from helpers.places import Place, start, stop
from planting import has_all_users

STAY = "echo $$; exec cat"
SHM = "mount -t tmpfs -o mode=1777 none /dev/shm; "
NO_QUEUES = "mount -t tmpfs none /dev/mqueue; "
QUEUES = "mount -t mqueue none /dev/mqueue; "
HIDDEN = "processes that may not be looked at may share it or its directories, too"

# How a process is started that shares only some things with another one: namespaces to enter, to leave, and what is mounted then.
PEERS = {
    "ipc": ("--ipc", "--mount", SHM + NO_QUEUES),
    "shm": ("--mount", "--ipc --mount", QUEUES),
    "mqueue": ("--mount", "--ipc --mount", SHM),
    "ipc,shm": ("--ipc --mount", "--mount", NO_QUEUES),
    "ipc,mqueue": ("--ipc --mount", "--mount", SHM),
    "shm,mqueue": ("--mount", "--ipc", ""),
    "ipc,shm,mqueue": ("--ipc --mount", "--mount", ""),
}


@pytest.fixture
def place(world):
    if world.run("test", "-d", "/dev/mqueue").rc:
        pytest.skip("there is no /dev/mqueue")
    p = Place(world)
    yield p
    p.end()


@contextlib.contextmanager
def peer(world, pid, kind):
    """A process that shares this with another one."""
    enter, leave, mounts = PEERS[kind]
    p, peer_pid = start(world, "nsenter", "-t", pid, *enter.split(), "unshare", *leave.split(), "sh", "-c", mounts + STAY)
    try:
        yield peer_pid
    finally:
        stop(p)


def shown(world, where, **more):
    """Return (what `ns show` tells about the namespace, its rows by PID)."""
    r = world.ipcx("ns", "show", where, "--json", **more)
    assert r.rc == 0, r.err
    row = r.json["namespaces"][0]
    said = {e["message"]: e["kind"] for e in r.json["errors"]}
    return row, {s["pid"]: s for s in row["sharers"]}, said


def table(world, where):
    """Return the lines of the table below its label."""
    lines = world.ipcx("ns", "show", where).lines
    first = lines.index("who shares it, its /dev/shm or its /dev/mqueue") + 1
    return lines[first:lines.index("", first)]


def queues(said):
    return [text for text in said if text.startswith("/dev/mqueue of")]


def record(world, pid, name):
    world.sh(f"""mount -t tmpfs none /run; mkdir -p /run/runc/{name}; began=$(cut -d ' ' -f 22 /proc/{pid}/stat)
echo "{{\\"init_process_pid\\":{pid},\\"init_process_start\\":$began}}" >/run/runc/{name}/state.json""")


# ---- what is shared

@pytest.mark.parametrize("kind", PEERS)
def test_each_of_the_three_is_told(world, place, kind):
    with peer(world, place.pid, kind) as pid:
        _, rows, _ = shown(world, place.pid)
        assert {p: s["shares"] for p, s in rows.items()} == {place.pid: "ipc,shm,mqueue", pid: kind}
        one = rows[pid]
        assert (one["command"], one["processes"], one["owner"], one["uid"], one["container"], one["containers"]) == ("cat", 1, "root", 0, None, [])
        assert (one["ns"] == place.ino) == ("ipc" in kind) and "unknown" not in one
        for name in ("shm", "mqueue"):
            assert (one[f"{name}_device"] == rows[place.pid][f"{name}_device"]) == (name in kind)
        # The other way round, the same is shared.
        assert {p: s["shares"] for p, s in shown(world, pid)[1].items()}[place.pid] == kind


def test_who_shares_nothing_is_no_row(world, place):
    other = Place(world)
    assert set(shown(world, place.pid)[1]) == {place.pid} and set(shown(world, "self")[1]) == {1}
    other.end()


def test_containers_are_told(world, place):
    record(world, place.pid, "web-frontend-deployment-7d4b9c")
    with peer(world, place.pid, "shm") as pid:
        _, rows, _ = shown(world, pid)
        one = rows[place.pid]
        assert (one["shares"], one["container"]) == ("shm", "runc:web-frontend-deployment-7d4b9c")
        assert [(c["runtime"], c["name"], c["pid"], c["ns"]) for c in one["containers"]] == [("runc", "web-frontend-deployment-7d4b9c", place.pid, place.ino)]
        assert rows[pid]["containers"] == []
        lines = table(world, pid)
        assert lines[0].split() == ["SHARES", "CONTAINER", "PID", "COMMAND", "PROCS"] and max(map(len, lines)) <= 80
        assert sorted(line.split() for line in lines[1:]) == sorted([
            ["shm", "runc:web-frontend-deployment-7d4b9c", str(place.pid), "cat", "1"], ["ipc,shm,mqueue", "-", str(pid), "cat", "1"]])
        # The runtime's own word about the namespace, which runc does not record.
        row, _, _ = shown(world, place.pid)
        assert row["containers"][0]["ipc_mode"] is None and "IPC-MODE" in world.ipcx("ns", "show", place.pid).out


def test_all_processes_of_a_row_are_counted(world, place):
    more = [start(world, "nsenter", "-t", place.pid, "--ipc", "--mount", "sh", "-c", STAY)[0] for _ in range(3)]
    _, rows, _ = shown(world, place.pid)
    assert [(s["pid"], s["processes"]) for s in rows.values()] == [(place.pid, 4)]
    for p in more:
        stop(p)


def test_a_namespace_without_a_root_shares_only_itself(world):
    """A file of a namespace has no /dev/shm; the processes there share the namespace."""
    world.sh(f"touch {world.dir}/pin; unshare --ipc={world.dir}/pin true")
    p, pid = start(world, "nsenter", f"--ipc={world.dir}/pin", "sh", "-c", STAY)
    _, rows, _ = shown(world, f"{world.dir}/pin")
    assert {n: s["shares"] for n, s in rows.items()} == {pid: "ipc"}
    stop(p)


# ---- /dev/mqueue of another namespace

def test_queues_of_another_namespace_are_reported(world, place):
    """Without a mount of its own after unshare, a process sees the queues of the namespace that it left."""
    assert queues(shown(world, place.pid)[2]) == []
    with peer(world, place.pid, "mqueue") as pid:
        world.ok("mk", "mq:/theirs", "--ns", place.pid)
        world.ok("mk", "mq:/own", "--ns", pid)
        assert world.run("ls", f"/proc/{pid}/root/dev/mqueue").out.split() == ["theirs"]
        _, rows, said = shown(world, pid)
        assert queues(said) == [f"/dev/mqueue of process {pid} shows the queues of another IPC namespace than its own"]
        assert said[queues(said)[0]] == "info" and rows[place.pid]["shares"] == "mqueue"
        _, _, said = shown(world, place.pid)
        assert queues(said) == [f"/dev/mqueue of process {pid} shows the queues of this IPC namespace, which is not its own"]
        assert queues(shown(world, "self")[2]) == []


def test_those_with_the_wrong_queues_are_counted(world, place):
    with peer(world, place.pid, "ipc") as none:
        assert queues(shown(world, none)[2]) == []  # a tmpfs shows no queues at all
    p, pid = start(world, "nsenter", "-t", place.pid, "--ipc", "unshare", "--mount", "sh", "-c", STAY)  # the /dev/mqueue is the world's
    q, _ = start(world, "nsenter", "-t", pid, "--ipc", "--mount", "sh", "-c", STAY)
    _, rows, said = shown(world, place.pid)
    assert rows[pid]["shares"] == "ipc"
    assert queues(said) == [f"/dev/mqueue of process {pid} (and 1 more) shows the queues of another IPC namespace than its own"]
    stop(q)
    stop(p)


def test_a_directory_without_queues_is_not_shared(world):
    """Where nothing is mounted on /dev/mqueue, it is an ordinary directory, which shows no queues."""
    if world.run("test", "-d", "/dev/mqueue").rc:
        pytest.skip("there is no /dev/mqueue")
    p, same = start(world, "unshare", "--mount", "sh", "-c", NO_QUEUES + STAY)
    q, pid = start(world, "nsenter", "-t", same, "--mount", "unshare", "--ipc", "--mount", "sh", "-c", SHM + STAY)
    _, rows, said = shown(world, same)
    assert {n: s["shares"] for n, s in rows.items()} == {1: "ipc,shm", same: "ipc,shm"} and pid not in rows
    assert rows[same]["mqueue_device"] != rows[1]["mqueue_device"] and queues(said) == []
    stop(q)
    stop(p)


# ---- what cannot be read

@pytest.mark.skipif(not has_all_users(), reason="there are no other user ids here")
def test_hidden_processes_are_reported(world, place):
    _, rows, said = shown(world, "self", uid=1234)
    assert said[HIDDEN] == "incomplete" and place.pid not in rows and [s["shares"] for s in rows.values()] == ["ipc,shm,mqueue"]
    assert HIDDEN not in shown(world, "self")[2]


@pytest.mark.skipif(not has_all_users(), reason="there are no other user ids here")
def test_an_unknown_directory_is_not_one_that_is_not_shared(world):
    """A user may look at their own process, but not at its /dev, which only root may search."""
    p, pid = start(world, "unshare", "--mount", "sh", "-c", "mount -t tmpfs -o mode=700 none /dev; exec setpriv --reuid=1234 --regid=1234 --clear-groups sh -c '" + STAY + "'")
    _, rows, said = shown(world, "self", uid=1234)
    assert rows[pid]["shares"] is None and set(rows[pid]["unknown"]) == {"shares", "shm_device", "mqueue_device"}, rows[pid]
    assert (rows[pid]["command"], rows[pid]["uid"]) == ("cat", 1234)
    for name in ("shm", "mqueue"):
        assert any(text.startswith(f"what is mounted on /dev/{name} of some processes is unknown") for text in said), said
    # Root may: there is none.
    assert shown(world, "self")[1][pid]["shares"] == "ipc"
    stop(p)
