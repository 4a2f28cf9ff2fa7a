# SPDX-License-Identifier: GPL-2.0-or-later
"""Both ends of a queue: ipcx in the background, and direct system calls."""

import os
import signal
import subprocess

from conftest import IPCX
from helpers.real import kernel
from helpers.tools import asleep, child

MSGMAX = 8192  # the default of kernel.msgmax

# msgrcv(2): returns (type, bytes as hexadecimal), or None if there is no message.
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
    """Receive everything in a queue, without ipcx."""
    return [(t, bytes.fromhex(d)) for t, d in kernel(world, TAKE + "print(json.dumps(take_all(args[0])))".replace("json", "__import__('json')"), msqid)]


def put(world, *messages, msqid=0):
    """Send (type, bytes), without ipcx."""
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
    """Send a signal to ipcx itself, the child of nsenter."""
    os.kill(child(p.pid), signo)


def ended(p, timeout=30):
    out, err = p.communicate(timeout=timeout)
    assert b"Sanitizer" not in (err or b"")
    return p.returncode, out, (err or b"").decode()


def receivers(world):
    """Return how many processes in the world wait in msgrcv(2) or msgsnd(2)."""
    return asleep(world, "do_msgrcv", "do_msgsnd")
