# SPDX-License-Identifier: GPL-2.0-or-later
"""What keeps an IPC namespace alive is found and named, and letting it go ends the namespace; what cannot be seen is reported."""

import contextlib
import os
import subprocess

import pytest

from conftest import IPCX
from helpers.tools import helper, until

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "helpers")

# ---- a kernel with listns(2), as helpers/listns.c plays it


def listed(world, mode, count, *words, page=2):
    """Run ipcx where the kernel lists COUNT namespaces that only the helper keeps; return the result and their inode numbers."""
    if os.geteuid() != 0:
        pytest.skip("only as root")
    out = os.path.join(world.dir, "made")
    r = world.run(helper("listns", folder=HERE), mode, page, count, out, IPCX, *words)
    with open(out, encoding="ascii") as f:
        return r, {int(line) for line in f}


@pytest.mark.parametrize("page", [1, 2, 5, 6, 7, 4096])
def test_namespaces_that_only_the_kernel_lists_are_listed(world, page):
    r, made = listed(world, "good", 5, "ns", "ls", "--json", page=page)
    assert r.rc == 0 and len(made) == 5, r.err
    rows = {n["ns"]: n for n in r.json["namespaces"]}
    assert set(rows) >= made and len(rows) == 5 + 1, "those and ours, but not the UTS namespace"
    for ns in made:
        row = rows[ns]
        assert row["processes"] == row["mounts"] == 0 and row["kept_by"] is None and "kept_by" in row["unknown"], row
        assert row["ns_id"] and row["user_ns"], "it was opened"
    assert "what keeps some namespaces that the kernel lists was not found" in r.out


def test_both_ways_find_each_namespace_once(world):
    r, made = listed(world, "good", 4, "ns", "ls", "--thorough", "--json")
    rows = [n for n in r.json["namespaces"] if n["ns"] in made]
    assert len(rows) == 4 and all(n["kept_by"] == "fds" and "unknown" not in n for n in rows), rows


def test_a_listed_namespace_is_used(world):
    out = os.path.join(world.dir, "made")
    program = helper("listns", folder=HERE)
    r = world.run(program, "good", 2, 1, out, "sh", "-c", f'"{IPCX}" ls sysv --ns "$(cat {out})" && "{IPCX}" ls sysv --ns all')
    assert r.rc == 0 and r.err == "", r.err


def test_what_may_not_be_opened_is_counted(world):
    r, made = listed(world, "stale", 3, "ns", "ls", "--json")
    assert r.rc == 0 and not {n["ns"] for n in r.json["namespaces"]} & made
    assert "the kernel lists 4 more namespaces and does not let them be opened" in r.err, "with the UTS namespace, as its type was not seen"


@pytest.mark.parametrize("mode", ["efault", "loop"])
def test_a_list_that_breaks_off(world, mode):
    r, made = listed(world, mode, 5, "ns", "ls", "--json")
    assert r.rc == 0 and 1 <= len({n["ns"] for n in r.json["namespaces"]} & made) <= 2
    assert "the kernel's list of namespaces could not be read" in r.err


@pytest.mark.parametrize("mode", ["empty", "gone"])
def test_nothing_listed_is_no_fault(world, mode):
    r, made = listed(world, mode, 5, "ns", "ls", "--json")
    assert r.rc == 0 and r.err == "" and not {n["ns"] for n in r.json["namespaces"]} & made


def test_a_filter_that_kills_is_not_provoked(world):
    r, made = listed(world, "kill", 1, "ns", "ls", "--json")
    assert r.rc == 0 and not {n["ns"] for n in r.json["namespaces"]} & made


# ---- holders: each is named, and the command that should make it let go does so


class Held:
    """An IPC namespace with a semaphore array, held by what helpers/holder.c was told; .ns its inode number, .facts what was printed."""

    def __init__(self, world, *how, before=(), **more):
        self.world = world
        argv = world.argv(*before, helper("holder", folder=HERE), *how, **more)
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.facts = dict(line.split() for line in iter(self.process.stdout.readline, "ready\n"))
        self.ns, self.pid = int(self.facts["ns"]), int(self.facts["pid"])

    def alive(self):
        """Whether the namespace exists, asked by the handle that the holder made of it."""
        return self.world.run(helper("holder", folder=HERE), "alive", self.facts["id"], self.ns).out == "yes\n"

    def end(self):
        self.world.run("kill", "-KILL", self.pid)
        self.process.wait(timeout=60)
        self.process.stdin.close()
        self.process.stdout.close()


@contextlib.contextmanager
def held(world, *how, **more):
    if os.geteuid() != 0:
        pytest.skip("only as root")
    h = Held(world, *how, **more)
    try:
        yield h
    finally:
        h.end()


@pytest.fixture
def pins(world):
    """A world with a directory of pins of its own."""
    assert world.sh("mount -t tmpfs -o mode=755 none /run").rc == 0
    return world


def namespaces(world, **more):
    r = world.ipcx("ns", "ls", "-o", "+keepers", "--json", **more)
    assert r.rc == 0, r.err
    return {n["ns"]: n for n in r.json["namespaces"]}, r


def keepers(world, h, kind):
    """Return the only keeper of a namespace; it has this kind."""
    rows = namespaces(world)[0][h.ns]["keepers"]
    assert [k["kind"] for k in rows] == [kind], rows
    return rows[0]


def let_go(world, h, keeper):
    """Run the command of a keeper, with which the namespace ends."""
    assert h.alive()
    command = keeper["let_go"].replace("ipcx", f'"{IPCX}"', 1) if keeper["kind"] == "pin" else keeper["let_go"]

    def done():
        """Another program of the machine may have just opened the file below the mount."""
        r = world.run("bash", "-c", command)
        assert r.rc == 0 or "target is busy" in r.err, r.err
        return r.rc == 0

    until(done)
    until(lambda: h.ns not in namespaces(world)[0])
    until(lambda: not h.alive())


def test_a_descriptor(world):
    with held(world, "fd") as h, held(world, "none") as twin:
        k = keepers(world, h, "fd")
        assert (k["pid"], k["fd"], k["command"], k["tid"]) == (h.pid, int(h.facts["fd"]), "holder", None), k
        assert k["keeper"] == f"descriptor {k['fd']} of {h.pid} (holder)" and k["let_go"] == f"kill {h.pid}"
        assert twin.ns not in namespaces(world)[0] and not twin.alive()
        let_go(world, h, k)


def test_a_descriptor_of_a_detached_mount(world):
    with held(world, "detached") as h:
        k = keepers(world, h, "fd")
        assert (k["pid"], k["fd"]) == (h.pid, int(h.facts["fd"]))
        let_go(world, h, k)


def test_a_descriptor_of_one_thread(world):
    with held(world, "threadfd") as h:
        k = keepers(world, h, "fd")
        assert (k["pid"], k["tid"], k["fd"]) == (h.pid, int(h.facts["tid"]), int(h.facts["fd"])), k
        assert k["keeper"] == f"descriptor {k['fd']} of thread {k['tid']} of {h.pid} (worker)"
        let_go(world, h, k)


def test_a_thread(world):
    with held(world, "thread") as h:
        k = keepers(world, h, "thread")
        assert (k["pid"], k["tid"]) == (h.pid, int(h.facts["tid"])) and k["keeper"] == f"thread {k['tid']} of {h.pid} (worker)", k
        let_go(world, h, k)


def test_a_thread_whose_first_thread_has_ended(world):
    with held(world, "orphan") as h:
        k = keepers(world, h, "thread")
        assert (k["pid"], k["tid"]) == (h.pid, int(h.facts["tid"])), k
        let_go(world, h, k)


@pytest.mark.parametrize("name", ["x", "with blank", "quote'd", "dollar$HOME`", "\x1b[31m", "ü", "new\nline"])
def test_a_mount(world, name):
    path = os.path.join(world.dir, name)
    with held(world, "mount", path, "exit") as h:
        k = keepers(world, h, "mount")
        assert k["path"] == path and k["keeper"] == f"mount on {path}" and k["mnt_ns"], k
        assert k["let_go"].startswith("umount ")
        let_go(world, h, k)


@pytest.mark.parametrize("name", ["x", "with blank"])
def test_a_mount_in_another_mount_namespace(world, name):
    path = os.path.join(world.dir, name)
    with held(world, "mount", path, "stay") as h:
        k = keepers(world, h, "mount")
        assert (k["path"], k["pid"], k["command"]) == (path, h.pid, "holder"), k
        assert k["keeper"] == f"mount on {path} in the mount namespace of {h.pid} (holder)"
        assert str(k["mnt_ns"]) == h.facts["mnt"] and k["let_go"].startswith(f"umount -N {h.pid} "), "nsenter would run a program of theirs"
        let_go(world, h, k)
        assert h.process.poll() is None, "the process was left alone"


def test_a_pin(pins):
    with held(pins, "process") as h:
        pins.ok("ns", "pin", str(h.pid), "kept")
    until(lambda: [k["keeper"] for k in namespaces(pins)[0][h.ns]["keepers"]] == ["pin kept"])
    r = pins.ipcx("ns", "ls")
    assert "PIN" in r.lines[0].split() and " kept " in r.out, "pins have a column if there are any"
    k = keepers(pins, h, "pin")
    assert k["let_go"] == "ipcx ns unpin kept"
    let_go(pins, h, k)
    assert "PIN" not in pins.ok("ns", "ls").splitlines()[0].split()


def test_processes_and_what_would_stay_without_them(pins):
    """All kinds in one namespace: each is named; the table of ns show has them, too."""
    with held(pins, "process") as h:
        pins.ok("ns", "pin", str(h.pid), "kept")
        rows = namespaces(pins)[0][h.ns]["keepers"]
        assert [(k["kind"], k["let_go"]) for k in rows] == [("process", f"kill {h.pid}"), ("pin", "ipcx ns unpin kept")]
        out = pins.ipcx("ns", "show", "kept").out
        part = out[out.index("what keeps it alive"):].split("\n\n")[0].splitlines()[2:]
        assert [line.split("  ")[0] for line in part] == [f"process {h.pid} (holder)", "pin kept"]
        assert pins.ipcx("ns", "show", "kept", "--json").json["namespaces"][0]["keepers"] == rows
    pins.ok("ns", "unpin", "kept")


def test_many_processes_are_counted(world):
    with held(world, "process", "40") as h:
        rows = namespaces(world)[0][h.ns]["keepers"]
        assert [k["keeper"] for k in rows] == [f"process {h.pid} (holder)", "and 40 more processes"]
        assert [k["processes"] for k in rows] == [None, 40] and rows[1]["let_go"] is None


def test_many_descriptors_are_counted(world):
    with held(world, "fd", "300") as h:
        rows = namespaces(world)[0][h.ns]["keepers"]
        assert len(rows) == 257 and rows[-1]["keeper"] == "and 44 more descriptors" and rows[-1]["kind"] == "fd"


# ---- attached segments


def test_a_namespace_with_a_mapping_of_a_process_elsewhere(pins):
    """Once the pin is known, so is whose mapping keeps the namespace besides it."""
    file = os.path.join(pins.dir, "held")
    with held(pins, "mapping", "pinned", file) as h:
        pins.ok("ns", "pin", file, "kept")
        until(lambda: pins.run("umount", file).rc == 0)  # busy while anybody on the machine looks at it
        rows = {k["kind"]: k for k in namespaces(pins)[0][h.ns]["keepers"]}
        assert set(rows) == {"mapping", "pin"}, rows
        k = rows["mapping"]
        assert (k["pid"], k["let_go"]) == (h.pid, f"kill {h.pid}") and k["keeper"] == f"attached segment {h.facts['shm']} of {h.pid} (holder)", k
        assert pins.run("bash", "-c", k["let_go"]).rc == 0
        until(lambda: [k["kind"] for k in namespaces(pins)[0][h.ns]["keepers"]] == ["pin"])
        let_go(pins, h, keepers(pins, h, "pin"))


def test_the_same_id_in_both_namespaces(pins):
    """The process has a segment with that id and key in its own namespace, too: the kernel's counts decide."""
    file = os.path.join(pins.dir, "held")
    with held(pins, "mapping", "twice", file) as h:
        pins.ok("ns", "pin", file, "kept")
        until(lambda: pins.run("umount", file).rc == 0)  # busy while anybody on the machine looks at it
        rows = namespaces(pins)[0][h.ns]["keepers"]
        assert sorted((k["kind"], k["pid"]) for k in rows) == [("mapping", h.pid), ("pin", None)], rows
    pins.ok("ns", "unpin", "kept")


def test_a_namespace_that_only_a_mapping_keeps(world):
    """No system call leads there: a note tells that it exists, and who keeps it."""
    with held(world, "mapping", "only") as h:
        found, r = namespaces(world)
        assert h.ns not in found and h.alive()
        says = f"process {h.pid}: has attached a segment of an IPC namespace that nothing else was found to keep"
        assert says in r.err, r.err
        assert world.run("kill", h.pid).rc == 0
        until(lambda: not h.alive())
        assert says not in namespaces(world)[1].err


@pytest.mark.parametrize("how", ["mqd", "mqmount", "sysctl", "mapfile"])
def test_what_keeps_nothing_is_not_named(world, how):
    with held(world, how) as h:
        assert h.facts["did"] == "1"
        until(lambda: not h.alive())
        found, r = namespaces(world)
        assert h.ns not in found and r.err == "", r.err


@pytest.mark.parametrize("how", ["sysvipc", "fscontext"])
def test_a_descriptor_that_does_not_show_its_namespace(world, how):
    with held(world, how) as h:
        assert h.alive(), "it keeps the namespace"
        found, r = namespaces(world)
        assert h.ns not in found and f"descriptor {h.facts['fd']} of {h.pid} (holder)" in r.err and "cannot be seen" in r.err, r.err


# ---- what may not be looked at is reported


def test_an_ordinary_user(world):
    with held(world, "fd") as h:
        found, r = namespaces(world, uid=1000)
        assert h.ns not in found
        assert "what some processes keep, by threads, descriptors and mappings, may not be looked at (needs CAP_SYS_PTRACE)" in r.err, r.err


def test_without_asking_nothing_is_known(world):
    with held(world, "process") as h:
        row = {n["ns"]: n for n in world.ipcx("ns", "ls", "--json").json["namespaces"]}[h.ns]
        assert row["keepers"] is None and {"keepers", "threads", "fds"} <= set(row["unknown"])
