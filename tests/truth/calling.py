# SPDX-License-Identifier: GPL-2.0-or-later
"""System V calls that fail, made by real processes, and what `ipcx why` says about them."""

import contextlib
import os
import subprocess
import sys

import pytest

from conftest import IPCX
from helpers.tools import until
from planting import has_all_users

# Makes one call, given by words, and prints "PID RESULT", where RESULT is a number or the name of an errno. With "stay" it then waits for the end
# of its standard input; before that, "begin PID" is printed.
PROGRAM = r"""
import ctypes, errno, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
L, I = ctypes.c_long, ctypes.c_int
class Op(ctypes.Structure):
    _fields_ = [("num", ctypes.c_ushort), ("op", ctypes.c_short), ("flags", ctypes.c_short)]
class Message(ctypes.Structure):
    _fields_ = [("type", L), ("text", ctypes.c_char * 65536)]
class Time(ctypes.Structure):
    _fields_ = [("s", L), ("ns", L)]
def semop(id, num, op, flags=0, n=1):
    return libc.semop(id, (Op * max(n, 1))(*[Op(num, op, flags)] * max(n, 1)), ctypes.c_size_t(n))
def semtimedop(id, num, op, s, ns):
    return libc.semtimedop(id, ctypes.byref(Op(num, op, 0)), ctypes.c_size_t(1), ctypes.byref(Time(s, ns)))
def semctl(id, num, cmd, value=0):
    room = ctypes.create_string_buffer(65536)
    return libc.semctl(id, num, cmd, ctypes.c_long(value) if cmd == 16 else room)
def msgsnd(id, type, length, flags=0):
    return libc.msgsnd(id, ctypes.byref(Message(type)), ctypes.c_size_t(length), flags)
def msgrcv(id, length, type, flags=0):
    return libc.msgrcv(id, ctypes.byref(Message()), ctypes.c_size_t(length), L(type), flags)
def msgctl(id, cmd, qbytes=None):
    room = ctypes.create_string_buffer(1024)
    if cmd == 1:
        libc.msgctl(id, 2, room)
        if qbytes is not None:
            ctypes.cast(room, ctypes.POINTER(ctypes.c_ulong))[11] = qbytes
    return libc.msgctl(id, cmd, room)
own = {f.__name__: f for f in (semop, semtimedop, semctl, msgsnd, msgrcv, msgctl)}
words = sys.argv[1:]
stay = words[0] == "stay"
words = words[stay:]
signal.signal(signal.SIGUSR1, lambda *_: None)
signal.siginterrupt(signal.SIGUSR1, True)
call = own.get(words[0]) or getattr(libc, words[0])
numbers = [int(w, 0) for w in words[1:]]
if not words[0] in own:
    numbers = [ctypes.c_int(ctypes.c_uint(n & 0xffffffff).value) for n in numbers]
if stay:
    print("begin", os.getpid(), flush=True)
r = call(*numbers)
print(os.getpid(), r if r >= 0 else errno.errorcode[ctypes.get_errno()], flush=True)
if stay:
    sys.stdin.read()
"""

IPC_CREAT, IPC_EXCL, IPC_NOWAIT, SEM_UNDO = 0o1000, 0o2000, 0o4000, 0x1000
IPC_RMID, IPC_SET, IPC_STAT, GETVAL, SETVAL = 0, 1, 2, 12, 16


def call(world, *words, **more):
    """Make a call; return its result as a word."""
    if "uid" in more and not has_all_users():
        pytest.skip("there are no other user ids here")
    r = world.run(sys.executable, "-c", PROGRAM, *words, **more)
    assert r.rc == 0, r.err
    return r.out.split()[-1]


class Caller:
    """A process that makes a call and stays: .pid as seen in the world, .result() of the call."""

    def __init__(self, process):
        self.process = process
        self.pid = int(process.stdout.readline().split()[1])

    def result(self):
        return self.process.stdout.readline().split()[1].decode()


@contextlib.contextmanager
def caller(world, *words, **more):
    if "uid" in more and not has_all_users():
        pytest.skip("there are no other user ids here")
    p = subprocess.Popen(world.argv(sys.executable, "-c", PROGRAM, "stay", *words, **more), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    c = None
    try:
        c = Caller(p)
        yield c
    finally:
        if c and p.poll() is None:
            world.run("kill", "-9", c.pid)
        p.stdin.close()
        p.stdout.close()
        p.wait(timeout=60)


def waits(world, ref, pid):
    """Wait until the process sleeps in its call on the object."""
    until(lambda: any(w["pid"] == pid for w in world.ipcx("waits", ref, "--json").json["waits"]))


def why(world, *words, **more):
    r = world.ipcx("why", *words, "--json", **more)
    assert r.rc in (0, 1, 4) and not r.err, (words, r.rc, r.out, r.err)
    so = [row["applies"] for row in r.json["causes"]]
    assert r.rc == (0 if True in so else 4 if None in so else 1), (words, r.rc, r.out)
    return r.json["causes"]


def applies(world, cause, *words, evidence=(), **more):
    """The first cause has this text and applies; evidence are parts of what it says. Returns its row."""
    rows = why(world, *words, **more)
    assert cause in rows[0]["cause"] and rows[0]["applies"] is True, rows
    assert not [e for e in evidence if e not in rows[0]["evidence"]], (evidence, rows[0])
    return rows[0]


def one(world, cause, *words, **more):
    rows = [r for r in why(world, *words, **more) if cause in r["cause"]]
    assert len(rows) == 1, (cause, rows)
    return rows[0]


def denies(world, cause, *words, **more):
    """The cause does not apply. Returns its row."""
    row = one(world, cause, *words, **more)
    assert row["applies"] is False, row
    return row


def unknown(world, cause, *words, **more):
    """Whether the cause applies cannot be told. Returns its row."""
    row = one(world, cause, *words, **more)
    assert row["applies"] is None and "cannot be told" in row["evidence"], row
    return row


def mend(world, row, **more):
    """Run a fix, as it is copied into a shell."""
    assert row["fix"] and row["fix"].startswith("ipcx "), row
    path = f"{os.path.dirname(IPCX)}:{os.environ['PATH']}"
    r = world.run("sh", "-c", row["fix"], env={"PATH": path}, **more)
    assert r.rc == 0, (row["fix"], r.out, r.err)


__all__ = ["Caller", "GETVAL", "IPC_CREAT", "IPC_EXCL", "IPC_NOWAIT", "IPC_RMID", "IPC_SET", "IPC_STAT", "SEM_UNDO", "SETVAL", "applies", "call",
           "caller", "denies", "mend", "one", "unknown", "waits", "why"]
