# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls for the kernel's own view, without ipcx: helpers.real.kernel() puts this file before each program."""

import ctypes
import os
import struct
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
IPC_CREAT, IPC_EXCL, IPC_NOWAIT, IPC_STAT, IPC_RMID = 0o1000, 0o2000, 0o4000, 2, 0
GETPID, GETVAL, GETALL = 11, 12, 13
args = [int(a) if a.lstrip("-").isdigit() else a for a in sys.argv[1:]]


def check(r):
    """Return the result of a C library call; a result of -1 raises OSError."""
    if r == -1:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))
    return r


def perm(b):
    """struct ipc_perm, the beginning of every *_ds."""
    return dict(zip(("key", "uid", "gid", "cuid", "cgid", "mode"), struct.unpack_from("=6I", b)))


def shm_stat(shmid):
    b = ctypes.create_string_buffer(512)
    check(libc.shmctl(shmid, IPC_STAT, b))
    size, _, _, _, cpid, lpid, nattch = struct.unpack_from("=QqqqiiQ", b, 48)
    return {**perm(b), "size": size, "cpid": cpid, "lpid": lpid, "nattch": nattch}


def msg_stat(msqid):
    b = ctypes.create_string_buffer(512)
    check(libc.msgctl(msqid, IPC_STAT, b))
    names = ("stime", "rtime", "ctime", "cbytes", "qnum", "qbytes", "lspid", "lrpid")
    return {**perm(b), **dict(zip(names, struct.unpack_from("=qqqQQQii", b, 48)))}


def sem_stat(semid):
    b = ctypes.create_string_buffer(512)
    check(libc.semctl(semid, 0, IPC_STAT, b))
    return perm(b)


def sem_values(semid, n):
    b = (ctypes.c_ushort * 65536)()
    check(libc.semctl(semid, 0, GETALL, b))
    return list(b[:n])


def semop(semid, num, op, flags=0):
    return check(libc.semop(semid, struct.pack("=Hhh", num, op, flags), 1))


def shm_read(shmid, n):
    at = libc.shmat(shmid, None, 0o10000)
    if at == ctypes.c_void_p(-1).value:
        check(-1)
    return ctypes.string_at(at, n)


def msgsnd(msqid, mtype, text):
    check(libc.msgsnd(msqid, struct.pack("=q", mtype) + text, len(text), IPC_NOWAIT))


def mq_make(name, maxmsg=1, msgsize=1):
    attr = struct.pack("=4q4q", 0, maxmsg, msgsize, 0, 0, 0, 0, 0)
    os.close(check(libc.mq_open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600, attr)))


def at_pid(pid, then):
    """Fork until the child has this PID; the child calls the function, then waits for its parent's exit."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as f:
        f.write(str(pid - 1))
    child = os.fork()
    if child == 0:
        then()
        os._exit(0)
    assert child == pid, "another process took the number"
    return child


def hold():
    """Print that all objects exist, and wait for the end of standard input."""
    print("ready", flush=True)
    sys.stdin.read()


def wait_for(condition):
    while not condition():
        time.sleep(0.01)
