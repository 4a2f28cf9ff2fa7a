# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that wait in a known way (helpers/plantwait.c), as programs of 64 and of 32 bits, and what `ipcx waits` says about them."""

import contextlib
import functools
import glob
import json
import os
import platform
import subprocess

import pytest

from helpers.tools import helper
from planting import has_all_users

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "helpers")
GRADES = (None, "possible", "likely", "certain")
SECOND = 10**9


# Scenes with a lock whose owner only the C library knows.
GLIBC = {"mutex-plain", "mutex-recursive", "mutex-shm", "mutex-memfd", "crossed-plain", "again-plain", "mixed-plain", "owner-died-plain", "thread-died-plain"}


def has_glibc():
    try:
        return "glibc" in os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError, TypeError):
        return False


@functools.cache
def narrow():
    """Whether the compiler makes programs of 32 bits, and the kernel runs them."""
    if platform.machine() != "x86_64":
        return False
    try:
        out = helper("plantwait", "-m32", "-idirafter", "/usr/include/x86_64-linux-gnu", *sources(), folder=HERE, out="plantwait32")
    except AssertionError:
        return False
    return subprocess.run([out], stderr=subprocess.DEVNULL, check=False).returncode == 2


def sources():
    return sorted(glob.glob(os.path.join(HERE, "plantwait_*.c")))


def program(bits=64):
    if bits == 64:
        return helper("plantwait", *sources(), folder=HERE)
    if not narrow():
        pytest.skip("no programs of 32 bits can be built or run here (gcc-12-multilib)")
    return helper("plantwait", "-m32", "-idirafter", "/usr/include/x86_64-linux-gnu", *sources(), folder=HERE, out="plantwait32")


class Waiting:
    """.waits are the threads that sleep, in the order of the scene: name, pid, tid, nr (of the call), offset (of a futex); p["NAME"] is a fact."""

    def __init__(self, process):
        self.process, self.waits, self.facts, self.pid = process, [], {}, 0
        for line in process.stdout:
            d = json.loads(line)
            if "ready" in d:
                self.pid = d["ready"]
                return
            if "fact" in d:
                self.facts[d["fact"]] = d["value"]
            else:
                self.waits.append(d)
        raise AssertionError("the scene could not be planted")

    def __getitem__(self, name):
        return self.facts[name]

    @property
    def pids(self):
        return [w["pid"] for w in self.waits]

    @property
    def tids(self):
        return [w["tid"] for w in self.waits]

    def end(self):
        """Return what the actors did until the end: name, rounds, failed, error (the last errno)."""
        self.process.stdin.close()
        done = [json.loads(line) for line in self.process.stdout]
        self.process.wait(timeout=60)
        self.process.stdout.close()
        return done


@contextlib.contextmanager
def planted(world, scene, bits=64, before=(), **more):
    """A scene; "before" are words of a command that starts it."""
    if scene in GLIBC and not has_glibc():
        pytest.skip("only mutexes of glibc are known by their layout")
    if "uid" in more and not has_all_users():
        pytest.skip("there are no other user ids here")
    p = subprocess.Popen(world.argv(*before, program(bits), scene, **more), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    waiting = None
    try:
        waiting = Waiting(p)
        yield waiting
    finally:
        if waiting is None:
            p.stdin.close()
            p.stdout.close()
            p.wait(timeout=60)
        elif not p.stdin.closed:
            waiting.end()


def waits(world, *words, **more):
    """Run `ipcx waits --json`, which must succeed without errors; return (rows, unseen)."""
    r = world.ipcx("waits", *words, "--json", **more)
    assert r.rc == 0 and {e["kind"] for e in r.json["errors"]} <= {"info"}, (words, r.rc, r.out, r.err)
    return r.json["waits"], r.json["unseen"]


def of(rows, *pids):
    """The rows of these processes: a listing may have others, of those that hold the world and the scene."""
    return [r for r in rows if r["pid"] in pids]


def differs(row, **want):
    return {k: row.get(k) for k, v in want.items() if not (v(row.get(k)) if callable(v) else row.get(k) == v)}


def only(rows, **want):
    """Return the only row; it must have these values."""
    assert len(rows) == 1, rows
    assert not differs(rows[0], **want), (differs(rows[0], **want), want, rows[0])
    return rows[0]


def need_queues(world):
    if world.run("stat", "-f", "-c", "%T", "/dev/mqueue").out.strip() != "mqueue":
        pytest.skip("there is no /dev/mqueue here")


__all__ = ["GRADES", "SECOND", "Waiting", "differs", "narrow", "need_queues", "of", "only", "planted", "program", "waits"]
