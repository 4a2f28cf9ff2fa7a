# SPDX-License-Identifier: GPL-2.0-or-later
"""What people want to know of containers, each with one command."""

import os
import subprocess

import pytest

GIB = 1 << 30


def one(zoo, top, *words):
    """The one command; nothing else may be necessary."""
    r = zoo.world.ipcx(*words, "--json")
    assert r.rc == 0, (words, r.err)
    return r.json[top]


def test_which_container_owns_this_8_gb_segment(zoo):
    c = zoo.start("runc")
    made = zoo.world.ok("mk", "shm", "--size", "8G", "--noreserve", "--ns", c.where)
    try:
        rows = one(zoo, "objects", "ls", "shm", "--ns", "all", "--where", "size >= 8G")
        assert [(o["container"], o["ref"], o["size"]) for o in rows] == [(c.label, f"shm:{made}", 8 * GIB)]
        assert [(b["runtime"], b["name"], b["pid"]) for b in rows[0]["containers"]] == [("runc", "runc1", c.pid)]
        table = zoo.world.ok("ls", "shm", "--ns", "all", "--where", "size >= 8G")
        assert c.label in table and "8G" in table
    finally:
        zoo.world.ok("rm", f"shm:{made}", "--ns", c.where)


def test_who_keeps_this_empty_namespace(zoo):
    script = "exec 9</proc/$$/ns/ipc; readlink /proc/self/fd/9; exec nsenter --ipc=/proc/1/ns/ipc sh -c 'echo moved; read end'"
    p = subprocess.Popen(zoo.world.argv("unshare", "--ipc", "sh", "-c", script), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        ns = int(p.stdout.readline().strip()[len("ipc:["):-1])
        assert p.stdout.readline() == "moved\n"
        rows = one(zoo, "namespaces", "ns", "ls", "-o", "ns,keepers", "--where", "processes == 0")
        mine = [n for n in rows if n["ns"] == ns]
        assert len(mine) == 1, rows
        assert {(k["kind"], k["fd"], k["command"]) for k in mine[0]["keepers"]} == {("fd", 9, "sh")}
        assert all(k["let_go"] for k in mine[0]["keepers"])
        pids = [k["pid"] for k in mine[0]["keepers"]]
        assert zoo.world.run("readlink", *[f"/proc/{pid}/fd/9" for pid in pids]).lines == [f"ipc:[{ns}]"] * len(pids)
    finally:
        p.communicate("\n", timeout=60)


@pytest.fixture
def dead_pod(zoo):
    """The /dev/shm of a pod's sandbox, which containerd mounted for it, after everything else of the pod has ended."""
    where = "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/" + "d" * 64 + "/shm"
    r = zoo.world.run("sh", "-ec", 'mkdir -p "$0"; mount -t tmpfs -o mode=1777,size=64m shm "$0"; head -c 1048576 /dev/zero >"$0/left"', where)
    assert r.rc == 0, r.err
    yield where
    zoo.world.run("umount", where)


def test_what_did_the_dead_pod_leave(zoo, dead_pod):
    rows = [o for o in one(zoo, "objects", "ls", "pshm", "--ns", "all") if o["name"] == "/left"]
    assert [(o["directory"], o["size"], o["container"]) for o in rows] == [(dead_pod, 1 << 20, None)], rows
    assert [o["name"] for o in one(zoo, "objects", "ls", "pshm", "--ns", os.path.join("/", dead_pod))] == ["/left"]


def test_why_a_cannot_see_bs_key_and_how_they_are_started(zoo):
    a, b = zoo.start("docker"), zoo.start("runc")
    r = zoo.world.ipcx("ns", "cmp", a.where, b.where, "--json")
    assert r.rc == 1, r.err
    rows = {row["name"]: row for row in r.json["comparison"]}
    key = rows["shm:0x00001234"]
    assert (key["same"], key["follows"]) == (False, "two different objects: not shared by the sides")
    why = rows["IPC namespace"]
    assert why["same"] is False and "a System V key" in why["follows"] and f"ipcx ns enter {a.label} -- COMMAND" in why["fix"]
    people = " ".join(zoo.world.ipcx("ns", "cmp", a.where, b.where).out.split())
    assert f"{why['follows']}. To share it, {why['fix']}." in people and "shm:0x00001234" in people
