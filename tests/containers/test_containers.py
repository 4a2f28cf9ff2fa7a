# SPDX-License-Identifier: GPL-2.0-or-later
"""Real containers: names, listings, entering, removing, with the rest of the machine unchanged."""

import re
import subprocess

import pytest

HELD = {("shm", "0x00001234", 8192), ("msg", "0x00001234", None), ("sem", "0x00001234", None), ("mq", "/hq", None), ("pshm", "/hp", 4096)}


def seen(objects):
    return {(o["mech"], o.get("name") or o["key"], o.get("size")) for o in objects}


def objects(zoo, where):
    r = zoo.world.ipcx("ls", "--ns", where, "--json")
    assert r.rc == 0, r.err
    return r.json["objects"]


def ino(zoo, pid):
    return int(re.search(r"\d+", zoo.world.run("readlink", f"/proc/{pid}/ns/ipc").out)[0])


def test_a_container_is_named(zoo, container):
    rows = [n for n in zoo.world.ipcx("ns", "ls", "--json").json["namespaces"] if n["ns"] == ino(zoo, container.pid)]
    assert len(rows) == 1 and container.label in {c["container"] for c in rows[0]["containers"]}, rows
    assert rows[0]["objects"] >= 4 and rows[0]["kept_by"] == "processes"


def test_objects_of_a_container_are_listed(zoo, container):
    assert seen(objects(zoo, container.where)) == HELD
    assert objects(zoo, container.where) == objects(zoo, container.pid) or \
        seen(objects(zoo, container.where)) == seen(objects(zoo, container.pid))
    assert seen(objects(zoo, container.label)) == HELD
    inside = zoo.world.run("nsenter", "-t", container.pid, "-i", "ipcs", "-m").out
    assert len(re.findall(r"^0x00001234 ", inside, re.M)) == 1


def test_a_container_is_entered_with_our_programs(zoo, container):
    r = zoo.world.ipcx("ns", "enter", container.where, "--", "sh", "-c", "readlink /proc/self/ns/ipc; ipcs -m; ls /dev/shm")
    assert r.rc == 0, r.err
    assert r.lines[0] == f"ipc:[{ino(zoo, container.pid)}]" and "0x00001234" in r.out and r.lines[-1] == "hp"


def test_it_is_entered_with_its_programs(zoo, container):
    r = zoo.world.ipcx("ns", "enter", "--mount", container.where, "--", "/bin/ls", "/bin")
    assert r.rc == 0 and "holder" in r.out.split(), r.err


LINKS = ["/bin/busybox", "sh", "-c", "for n in user pid ipc mnt; do busybox readlink /proc/self/ns/$n; done"]


def links(zoo, pid):
    return zoo.world.run("readlink", *[f"/proc/{pid}/ns/{n}" for n in ("user", "pid", "ipc", "mnt")]).lines


def test_its_programs_run_with_its_identity(zoo, container):
    r = zoo.world.ipcx("ns", "enter", "--mount", container.where, "--", *LINKS)
    assert (r.rc, r.lines) == (0, links(zoo, container.pid)), r.err


def test_a_sandbox_that_shares_our_ipc_namespace(zoo):
    """A sandbox such as Flatpak's shares our IPC namespace, but its programs do not run as our root."""
    c = zoo.start("bwrap")
    p = subprocess.Popen(zoo.world.argv("bwrap", "--unshare-user", "--unshare-pid", "--die-with-parent", "--bind", f"{zoo.dir}/rootfs", "/", "--proc", "/proc",
                                        "--dev", "/dev", "sh", "-c", "echo up > /dev/shm/mark; echo up; read end", uid=12345),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert p.stdout.readline() == b"up\n"
        pid = zoo.world.run("pgrep", "-n", "-u", "12345", "-x", "sh").out.strip()
        theirs, ours = links(zoo, pid), links(zoo, "self")
        assert theirs[2] == ours[2] != f"ipc:[{ino(zoo, c.pid)}]" and theirs[0] != ours[0]
        for uid in (None, 12345):
            r = zoo.world.ipcx("ns", "enter", "--mount", pid, "--", *LINKS, uid=uid)
            assert (r.rc, r.lines) == (0, theirs), r.err
            r = zoo.world.ipcx("ns", "enter", pid, "--", "cat", "/dev/shm/mark", uid=uid)
            assert (r.rc, r.out) == (0, "up\n"), r.err
    finally:
        p.communicate(b"end\n", timeout=20)


def test_its_limits(zoo, container):
    zoo.world.ok("limits", "set", "shmmni=321", "--ns", container.where)
    rows = zoo.world.ipcx("limits", "shmmni", "--json", "--ns", container.where).json["limits"]
    assert rows[0]["limit"] == 321
    assert zoo.world.ipcx("limits", "shmmni", "--json").json["limits"][0]["limit"] != 321


def test_show_tells_everything_about_a_container(zoo, container):
    row = zoo.world.ipcx("ns", "show", container.where, "--json").json["namespaces"][0]
    assert container.label in {c["container"] for c in row["containers"]}
    mine = [m for m in row["members"] if m["pid"] == container.pid]
    assert mine and mine[0]["container"] == container.label
    if container.kind == "k8s":
        assert {(c["pod"], c["pod_namespace"]) for c in row["containers"]} == {("mypod", "myns")}
    if container.kind == "docker":
        assert row["containers"][0]["ipc_mode"] == "private"
    if container.kind == "shareable":
        assert {c["name"]: c["ipc_mode"].split(":")[0] for c in row["containers"]} == {"lends": "shareable", "borrows": "container"}
    if container.kind == "pod":
        assert {c["name"] for c in row["containers"]} >= {"idle", "podded"}


def test_an_id_may_be_abbreviated(zoo, container):
    row = zoo.world.ipcx("ns", "show", container.where, "--json").json["namespaces"][0]
    ids = {c["container_id"] for c in row["containers"] if c["container"] == container.label}
    for id_ in ids:
        if id_ and len(id_) == 64:
            # An id of ten digits without a letter (one id of 110) could be an inode number; one of eleven digits could not.
            giver = container.where[:-len(container.name)]
            assert seen(objects(zoo, giver + id_[:11 if id_[:10].isdecimal() else 10])) == HELD


def test_who_uses_the_objects_of_a_container(zoo, container):
    """From outside, by the container's name: the process that uses each object, and the container that it is in."""
    r = zoo.world.ipcx("who", "--ns", container.where, "shm", "mq", "pshm", "--json")
    assert r.rc == 0, r.err
    users = {user["ref"].split(":")[0]: user for user in r.json["users"] if user["pid"] == container.pid}
    assert {mech: (user["command"], user["how"], user["access"]) for mech, user in users.items()} == {
        "shm": ("holder", "mapped", "rw"), "mq": ("holder", "open", "rw"), "pshm": ("holder", "open", "rw")}
    assert {user["container"] for user in users.values()} == {container.label}
    assert r.json["unseen"]["attaches"] == 0


def test_who_uses_what_in_all_containers(zoo):
    """In one call: each holder has its own segment, in its own namespace."""
    zoo.start("runc")
    zoo.start("crun")
    users = zoo.world.ipcx("who", "--ns", "all", "shm", "--json").json["users"]
    for container in zoo.running.values():
        mine = [user for user in users if user["pid"] == container.pid]
        assert [(user["ns"], user["container"]) for user in mine] == [(ino(zoo, container.pid), container.label)]


def test_objects_are_removed_only_there(zoo, container):
    zoo.world.ok("mk", "shm:0x1234", "--size", "4K")
    removed = zoo.world.ipcx("rm", "msg", "sem", "--all", "--yes", "--ns", container.where)
    assert removed.rc == 0, removed.err
    assert {o["mech"] for o in objects(zoo, container.where)} == {"shm", "mq", "pshm"}
    zoo.world.ok("mk", "msg:0x1234", "--ns", container.where)
    zoo.world.ok("mk", "sem:0x1234", "--nsems", "2", "--ns", container.where)
    assert seen(objects(zoo, container.where)) == HELD
    assert [o["key"] for o in zoo.world.objects("sysv")] == ["0x00001234"]
    zoo.world.ok("rm", "shm:0x1234")


def test_all_containers_at_once(zoo):
    if len(zoo.running) < 2:
        pytest.skip("fewer than two kinds run here")
    rows = zoo.world.ipcx("ls", "shm", "--ns", "all", "--json").json["objects"]
    names = {c["container"] for o in rows for c in o["containers"] or []}
    assert {c.label for c in zoo.running.values()} <= names


def test_names_of_several_runtimes(zoo):
    """Two runtimes know a container of docker; ipcx shows the runtime that people use."""
    c = zoo.start("docker")
    assert seen(objects(zoo, f"docker:{c.where}")) == HELD
    r = zoo.world.ipcx("ls", "--ns", "podman:" + c.where)
    assert r.rc == 3 and "no container is called" in r.err


def test_owners_in_a_user_namespace(zoo):
    """Root of a container has another uid here, and ipcx shows this uid."""
    for kind, uid in (("userns", 100000), ("rootless", 12345), ("podman-user", 12345), ("lxc-idmap", 400000)):
        c = zoo.start(kind)
        rows = [o for o in objects(zoo, c.where) if o["mech"] in ("shm", "mq", "pshm")]  # what the test above did not make
        assert {o["uid"] for o in rows} == {uid}, (kind, rows)
        row = zoo.world.ipcx("ns", "show", c.where, "--json").json["namespaces"][0]
        assert row["user_ns_uid"] == (0 if uid >= 100000 else uid)


@pytest.mark.parametrize("kind", ["rootless", "podman-user"])
def test_an_unprivileged_user_and_an_own_container(zoo, kind):
    c, run = zoo.start(kind), {"uid": 12345, "env": {"XDG_RUNTIME_DIR": "/run/user/12345"}}
    r = zoo.world.ipcx("ns", "ls", "--json", **run)
    assert c.label in {n["container"] for n in r.json["namespaces"]}, r.err
    r = zoo.world.ipcx("ls", "--ns", c.name, "--json", **run)
    assert seen(r.json["objects"]) == HELD, r.err
    assert {o["uid"] for o in r.json["objects"] if o["mech"] in ("shm", "mq", "pshm")} == {12345}
    r = zoo.world.ipcx("mk", "msg:0x99", "--ns", c.name, **run)
    assert r.rc == 0, r.err
    r = zoo.world.ipcx("ns", "enter", c.name, "--", "sh", "-c", "readlink /proc/self/ns/ipc; ipcs -q; ls /dev/shm", **run)
    assert r.rc == 0 and r.lines[0] == f"ipc:[{ino(zoo, c.pid)}]" and "0x00000099" in r.out and r.lines[-1] == "hp", r.err
    r = zoo.world.ipcx("rm", "msg:0x99", "--ns", c.name, **run)
    assert r.rc == 0 and seen(objects(zoo, c.where)) == HELD, r.err
    other = zoo.world.ipcx("ls", "--ns", c.name, uid=54321)
    assert other.rc == 1 and "cannot tell whether" in other.err, other.err


@pytest.mark.parametrize("kind", ["rootless", "podman-user"])
def test_a_users_name_is_not_roots(zoo, kind):
    """Root is told how to write the name of a user's container, and nothing is done in the container."""
    c = zoo.start(kind)
    r = zoo.world.ipcx("mk", "msg:0x98", "--ns", c.name)
    assert r.rc == 3 and f"there is '{c.where}'" in r.err, r.err
    assert seen(objects(zoo, c.where)) == HELD
    row = zoo.world.ipcx("ns", "show", c.where, "--json").json["namespaces"][0]
    assert {b["container_uid"] for b in row["containers"]} == {12345} == {row["container_uid"]}
