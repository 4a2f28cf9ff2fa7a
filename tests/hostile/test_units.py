# SPDX-License-Identifier: GPL-2.0-or-later
"""systemd units: who may give the name of a unit to a namespace. The managers are programs called systemd, and the cgroups are made as systemd makes them."""

import os
import shutil
import subprocess

import pytest

from helpers.places import stop
from helpers.tools import helper, until

THERE = "0x77"
WAIT = f"$IPCX mk msg:{THERE} >/dev/null; echo $$ up; read -r end"
OWN = "exec unshare --mount --ipc"
USERS = "exec unshare --user --map-root-user --mount --ipc"
BASES = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")


class Manager:
    """A process called systemd in the cgroup init.scope, and its child, which moves into the cgroup of a unit and gets an IPC namespace."""

    def __init__(self, tree, unit, box=OWN, uid=None, around=()):
        self.tree = tree
        path = os.path.join(tree.world.dir, "systemd")
        if not os.path.exists(path):
            shutil.copy(helper("watcher"), path)
            os.chmod(path, 0o755)
        tree.world.run("mkdir", "-p", f"{tree.top}/{unit}", f"{tree.top}/init.scope")
        enter = f"echo $$ >{tree.top}/init.scope/cgroup.procs; "
        tree.managers.append(self)
        self.process = subprocess.Popen(tree.world.argv(
            "sh", "-c", enter + 'exec "$@"', "sh", *([*"setpriv --clear-groups".split(), f"--reuid={uid}", f"--regid={uid}"] if uid else []),
            "env", f"IPCX={os.environ['IPCX']}", f"BOX={box} sh -c '{WAIT}'", *around, path), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        words = self.process.stdout.readline().split()
        assert words and words[-1] == b"up", words
        self.inner = self.pid = int(words[0])
        if around:
            pids = tree.world.run("sh", "-c", f"for p in /proc/[0-9]*; do grep -qs '^NSpid:.*\\s{self.inner}$' $p/status && [ $(cat $p/comm) = sh ] && "
                                  "readlink $p/ns/pid && echo ${p#/proc/}; done; readlink /proc/self/ns/pid").lines
            ours = pids.pop()
            self.pid = int(next(pid for ns, pid in zip(pids[::2], pids[1::2]) if ns != ours))
        tree.move(self.pid, unit)

    def end(self):
        self.tree.managers.remove(self)
        stop(self.process)


class Tree:
    """A slice of the hierarchy that systemd uses."""

    def __init__(self, world):
        self.world, self.managers = world, []
        self.base = next((b for b in BASES if world.run("test", "-w", f"{b}/cgroup.procs").rc == 0), None)
        if not self.base:
            pytest.skip("no control group can be made here")
        self.name = f"ipcx{os.getpid()}.slice"
        self.top = f"{self.base}/{self.name}"
        if world.run("mkdir", self.top).rc:
            pytest.skip("no control group can be made here")

    def move(self, pid, unit):
        assert self.world.run("sh", "-c", f"echo {pid} >'{self.top}/{unit}/cgroup.procs'").rc == 0

    def give(self, path, uid):
        assert self.world.run("sh", "-c", f"cd {self.top}/{path} && chown {uid} . cgroup.procs && if [ -e tasks ]; then chown {uid} tasks; fi").rc == 0

    def end(self):
        for manager in list(self.managers):
            manager.end()
        until(lambda: self.world.run("find", self.top, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+").rc == 0)


@pytest.fixture
def tree(world):
    world.run("mount", "-t", "tmpfs", "none", "/run")
    world.ok("mk", "msg:0x4d2")
    t = Tree(world)
    yield t
    t.end()


def names(tree):
    """Return the labels of all containers of systemd."""
    rows = tree.world.ipcx("ns", "ls", "--json").json["namespaces"]
    return sorted(label for row in rows for label in (row["container"] or "").split(",") if "systemd:" in label)


def keys(tree, where, **more):
    return [o["key"] for o in tree.world.objects("msg", "--ns", where, **more)]


FOUND = [f"0x{0x77:08x}"]


@pytest.mark.parametrize("unit", ["app.service", "app.slice/app-pg.slice/pg@15-main.service"])
def test_a_service_with_a_namespace_of_its_own(tree, unit):
    """The name is root's; other processes of the unit belong to it."""
    m = Manager(tree, unit)
    name = unit.rsplit("/", maxsplit=1)[-1]
    assert names(tree) == [f"systemd:{name}"]
    for where in (name, f"systemd:{name}"):
        assert keys(tree, where) == FOUND
    row = tree.world.ipcx("ns", "show", name, "--json").json["namespaces"][0]
    assert [(c["runtime"], c["name"], c["container_uid"], c["pid"]) for c in row["containers"]] == [("systemd", name, 0, m.pid)]
    m.end()


def test_a_unit_in_our_own_namespace(tree):
    """It may be looked at by its name, but nothing is changed by it; and a unit without processes is not there."""
    m = Manager(tree, "plain.service", box="exec")
    assert names(tree) == []
    for where in ("plain.service", "systemd:plain.service"):
        assert sorted(keys(tree, where)) == [*FOUND, "0x000004d2"], where
        r = tree.world.ipcx("rm", "msg", "--all", "--yes", "--ns", where)
        assert r.rc != 0 and "--ns" in r.err, r.err
    assert sorted(o["key"] for o in tree.world.objects("msg")) == [*FOUND, "0x000004d2"]
    tree.give("plain.service", 1234)
    assert tree.world.ipcx("ls", "--ns", "plain.service").rc == 3
    m.end()
    tree.give("plain.service", 0)
    assert tree.world.ipcx("ls", "--ns", "plain.service").rc == 3


def test_an_escaped_name(tree):
    m = Manager(tree, "pg@a\\x2db.service")
    assert len(names(tree)) == 1
    for where in ("pg@a\\x2db.service", "systemd:pg@a\\x2db.service", names(tree)[0]):
        assert keys(tree, where) == FOUND, where
    m.end()


@pytest.mark.parametrize("delegated", ["", "user@1234.service", "user@1234.service/app.slice"])
def test_a_user_cannot_name_a_unit_like_roots(tree, delegated):
    """In a part of the tree that belongs to a user, units have names of the user, whatever the path of the cgroup looks like."""
    unit = f"{delegated}/sshd.service".lstrip("/")
    m = Manager(tree, unit, box=USERS, uid=1234)
    tree.give(delegated or "sshd.service", 1234)
    found = names(tree)
    assert len(found) == 1 and found[0].startswith("1234/systemd:"), found
    for where in ("sshd.service", "systemd:sshd.service", "0/sshd.service"):
        assert tree.world.ipcx("ls", "--ns", where).rc == 3, where
    assert keys(tree, found[0]) == FOUND
    m.end()


def test_a_manager_of_roots_and_a_directory_of_a_users(tree):
    """The parent of a process is root's systemd, because the process that started it has ended; the cgroup belongs to the user."""
    m = Manager(tree, "user@1234.service/sshd.service", box="exec setpriv --reuid=1234 --regid=1234 --clear-groups unshare -Urm --ipc")
    assert "systemd:sshd.service" not in names(tree)
    tree.give("user@1234.service", 1234)
    assert names(tree) == ["1234/systemd:user@1234.service"]
    assert tree.world.ipcx("ls", "--ns", "sshd.service").rc == 3
    assert tree.world.ipcx("ls", "--ns", "user@1234.service").rc == 3
    m.end()


def test_a_users_namespace_in_a_unit_of_roots(tree):
    """A program of a service of root's gives itself namespaces: it is in the cgroup of the service, which proves nothing about the namespace."""
    box = "exec setpriv --reuid=1234 --regid=1234 --clear-groups unshare -Urm --ipc"
    m = Manager(tree, "app.service", box=box)
    assert names(tree) == ["1234/systemd:app.service"]
    assert tree.world.ipcx("ls", "--ns", "app.service").rc == 3
    m.end()


def test_only_the_first_process_of_a_unit(tree):
    """A later process of a unit that gets other namespaces, even from root, does not take the name over; nor does it without the first process."""
    first = subprocess.Popen(tree.world.argv("sh", "-c", "echo $$; exec cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = int(first.stdout.readline())
    tree.world.run("mkdir", f"{tree.top}/app.service")
    tree.move(pid, "app.service")
    until(lambda: tree.world.run("sh", "-c", f"[ $(cut -d ' ' -f 22 /proc/{pid}/stat) -lt $(cut -d ' ' -f 22 /proc/self/stat) ]").rc == 0)
    m = Manager(tree, "app.service")
    assert names(tree) == []
    stop(first)
    until(lambda: names(tree) == ["systemd:app.service"])
    m.end()


def test_a_container_that_makes_a_unit(tree):
    """Root of a container without a user namespace reaches the tree of cgroups, and runs a process called systemd."""
    m = Manager(tree, "sshd.service", around=["unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc"])
    assert names(tree) == ["?/systemd:sshd.service"]
    assert tree.world.ipcx("ls", "--ns", "sshd.service").rc == 3
    m.end()


def test_a_unit_in_the_cgroup_of_a_container(tree):
    """What is below the cgroup of a container is no unit of the system, also if its parent is root's systemd."""
    tree.world.run("mkdir", "-p", f"{tree.top}/docker")
    m = Manager(tree, "docker/sshd.service")
    assert names(tree) == []
    m.end()
    m = Manager(tree, "docker-1.scope/sshd.service")
    assert names(tree) == []
    m.end()
