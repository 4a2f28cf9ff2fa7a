# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes that use objects in a known way (helpers/plant.c), and what `ipcx who` says about them."""

import contextlib
import os
import subprocess

import pytest

from conftest import IPCX, SETUP, World
from helpers.tools import helper, until

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "helpers")
PAGE = os.sysconf("SC_PAGESIZE")
FIRST_PIDS = "pid:[4026531836]"  # PROC_PID_INIT_INO of the kernel
QUERY = "c0686611"  # PROCMAP_QUERY
USERS = pytest.mark.parametrize("user", [{}, {"uid": 65534}], ids=["root", "owner"])


def program():
    return helper("plant", os.path.join(HERE, "plant_objects.c"), folder=HERE)


def noquery():
    return helper("noquery", folder=HERE)


def has_all_users():
    """Whether this is a user namespace with all user ids, as the first one is."""
    with open("/proc/self/uid_map", encoding="ascii") as f:
        return f.read().split() == ["0", "0", "4294967295"]


class Planted:
    """.pid is the PID that the process itself sees; .facts what it printed last of each, .all everything."""

    def __init__(self, process):
        self.process, self.facts, self.all, self.pid = process, {}, [], 0
        for line in process.stdout:
            name, value = line.split()
            if name == b"ready":
                self.pid = int(value)
                return
            self.facts[name.decode()] = int(value)
            self.all.append((name.decode(), int(value)))
        raise AssertionError("the process could not do its steps")

    def __getitem__(self, name):
        return self.facts[name]

    def every(self, name):
        return [value for n, value in self.all if n == name]


def end(process):
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=60)


@contextlib.contextmanager
def plant(world, *steps, before=(), **more):
    """A process that has done these steps; "before" are words of a command that starts it."""
    if "uid" in more and not has_all_users():
        pytest.skip("there are no other user ids here")
    words = [os.fsdecode(w) for s in steps for w in (s if isinstance(s, (list, tuple)) else str(s).split())]
    p = subprocess.Popen(world.argv(*before, program(), *words, **more), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Planted(p)
    finally:
        end(p)


def who(world, *words, **more):
    """Run `ipcx who --json`, which must succeed without errors; return (rows, unseen)."""
    r = world.ipcx("who", *words, "--json", **more)
    assert r.rc == 0 and {e["kind"] for e in r.json["errors"]} <= {"info"}, (words, r.rc, r.out, r.err)
    return r.json["users"], r.json["unseen"]


def users(world, *words, **more):
    return who(world, *words, **more)[0]


def one(rows, **want):
    """Return the only row; it must have these values."""
    assert len(rows) == 1, rows
    assert {k: rows[0].get(k) for k in want} == want, rows[0]
    return rows[0]


def nattch(world, ref):
    return world.objects(ref, "-o", "nattch")[0]["nattch"]


class Flat(World):
    """Fresh IPC and mount namespaces, but the machine's processes: they are visible in /proc, and never what a test counts."""

    def __init__(self):
        # pylint: disable=super-init-not-called
        if not has_all_users() or os.geteuid() != 0 or os.readlink("/proc/self/ns/pid") != FIRST_PIDS:
            pytest.skip("only as root, in the first PID namespace")
        self.dir = "/nonexistent"
        self.holder = subprocess.Popen(["unshare", "--ipc", "--mount", "--propagation", "private", "sh", "-c", SETUP],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline().strip() == "ready"
        self.pid = self.holder.pid

    def argv(self, *words, **more):
        argv = super().argv(*words, **more)
        argv.remove("--pid")  # the first: nsenter's
        return argv


@pytest.fixture
def flat():
    w = Flat()
    yield w
    w.close()


def hide_the_denied(world):
    """Let processes of the machine that may not be looked at look like the world's own, so that nothing is unseen."""
    world.sh(f"""for p in /proc/[0-9]*; do
        [ -d $p ] && ! cat $p/maps >/dev/null 2>&1 && ! readlink $p/ns/ipc >/dev/null && mount --bind /proc/{world.pid} $p
    done""")


def known(answer):
    """Return the first answer that is not None: other processes of the machine, which may not be looked at, come and go."""
    found = []
    with contextlib.suppress(AssertionError):
        until(lambda: found.append(answer()) or found[-1] is not None, seconds=30)
    if found[-1] is None:
        pytest.skip("there are processes that may not be looked at")
    return found[-1]


def pids_inside(world):
    """Return {PID in its own PID namespace: PID in the world} of the processes that are in another PID namespace than the world's."""
    found = {}
    for line in world.sh("grep -H ^NSpid: /proc/[0-9]*/status 2>/dev/null").out.splitlines():
        numbers = [int(n) for n in line.split(":", 2)[2].split()]
        if len(numbers) > 1:
            found[numbers[-1]] = numbers[0]
    return found


__all__ = ["FIRST_PIDS", "Flat", "IPCX", "PAGE", "QUERY", "USERS", "end", "flat", "has_all_users", "hide_the_denied", "known", "nattch", "noquery", "one",
           "pids_inside", "plant", "program", "users", "who"]
