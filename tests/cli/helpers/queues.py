# SPDX-License-Identifier: GPL-2.0-or-later
"""Queues from both ends: ipcx in the background, and the kernel's own calls behind its back."""

import os
import signal
import subprocess

from conftest import IPCX
from helpers.real import kernel
from helpers.tools import asleep, child

MSGMAX = 8192  # where nobody changed kernel.msgmax

# Receiving by the kernel's own call: (type, bytes as hexadecimal), None where there is none.
TAKE = """
def msgrcv(msqid, mtype=0, flags=IPC_NOWAIT, room=1 << 20):
    b = ctypes.create_string_buffer(8 + room)
    libc.msgrcv.restype = ctypes.c_ssize_t
    n = libc.msgrcv(msqid, b, ctypes.c_size_t(room), ctypes.c_long(mtype), flags)
    return None if n < 0 else [struct.unpack_from("=q", b)[0], bytes(b[8:8 + n]).hex()]

def take_all(msqid):
    out = []
    while (m := msgrcv(msqid)):
        out.append(m)
    return out

"""


def taken(world, msqid=0):
    """Everything in a queue, taken out behind ipcx's back."""
    return [(t, bytes.fromhex(d)) for t, d in kernel(world, TAKE + "print(json.dumps(take_all(args[0])))".replace("json", "__import__('json')"), msqid)]


def put(world, *messages, msqid=0):
    """Send (type, bytes) behind ipcx's back."""
    words = [w for t, d in messages for w in (t, "h" + d.hex())]
    kernel(world, """
for t, d in zip(args[1::2], args[2::2]):
    msgsnd(args[0], t, bytes.fromhex(d[1:]))
""", msqid, *words)


def start(world, *words, program=IPCX, **more):
    """ipcx in the background."""
    env = {"PATH": os.environ["PATH"], **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
    more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen(world.argv(program, *words), env=env, **more)


def interrupt(p, signo=signal.SIGINT):
    """Send a signal to ipcx itself: nsenter stands between."""
    os.kill(child(p.pid), signo)


def ended(p, timeout=30):
    out, err = p.communicate(timeout=timeout)
    assert b"Sanitizer" not in (err or b"")
    return p.returncode, out, (err or b"").decode()


def receivers(world):
    """How many processes in the world wait in msgrcv(2) or msgsnd(2)."""
    return asleep(world, "do_msgrcv", "do_msgsnd")
