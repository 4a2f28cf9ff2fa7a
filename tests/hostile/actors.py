# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes that would rather not be listed as users of what they use, or that want to be listed as users of what they do not use: actors.py NAME ARGUMENT...
Each prints its pid and then lives until it is killed."""

import ctypes
import mmap
import os
import struct
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
CREAT = 0o1000
CLONE_FILES = 0x400
FUSE_INIT, FUSE_GETATTR, FUSE_OPENDIR = 26, 3, 27


def checked(value, what):
    if value is None or value < 0:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")
    return value


def stay():
    print(os.getpid(), flush=True)
    while True:
        threading.Event().wait(1000)


def attach(key, size=4096):
    checked(libc.shmat(checked(libc.shmget(key, size, CREAT | 0o666), "shmget"), None, 0), "shmat")


def hold(name, uid=None):
    """Have a POSIX shared memory object open, as this user."""
    fd = os.open("/dev/shm/" + name, os.O_RDWR | os.O_CREAT, 0o666)
    os.ftruncate(fd, 4096)
    if uid:
        os.setgid(uid)
        os.setuid(uid)
    return fd


def serve(fuse):
    """Answer as little as lets a directory be opened. The end of the process that uses it must be seen: its output is not kept open here."""
    os.close(1)
    while True:
        _, call, unique, _ = struct.unpack_from("<IIQQ", os.read(fuse, 1 << 20))
        answer, error = b"", 0
        if call == FUSE_INIT:
            answer = struct.pack("<IIIIHHIIHHI", 7, 31, 0, 0, 8, 8, 4096, 1, 1, 0, 0) + bytes(28)
        elif call == FUSE_GETATTR:
            answer = struct.pack("<QIIQQQQQQIIIIIIIIII", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40700, 2, 1234, 1234, 0, 4096, 0, 0)
        elif call == FUSE_OPENDIR:
            answer = struct.pack("<QII", 1, 0, 0)
        else:
            error = -38
        os.write(fuse, struct.pack("<IiQ", 16 + len(answer), error, unique) + answer)


def private_fuse(where, name):
    """Use an object, and have a directory open in a file system that answers only this user."""
    fuse = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fuse},rootmode=40700,user_id=1234,group_id=1234"
    if libc.mount(b"mine", where.encode(), b"fuse", 0, options.encode()):
        sys.exit(77)
    server = os.fork()
    if server == 0:
        serve(fuse)
    os.close(fuse)
    hold(name, 1234)
    os.open(where, os.O_RDONLY | os.O_DIRECTORY)
    stay()


def restful(name):
    """Just have an object open."""
    hold(name)
    stay()


def attached(key):
    """Have a segment attached."""
    attach(int(key, 0))
    stay()


def restless(name, program):
    """Execute a program which executes itself all the time, with an object open that is inherited."""
    os.set_inheritable(hold(name), True)
    print(os.getpid(), flush=True)
    os.execv(program, [program])


def deep(name, levels="20"):
    """Map a file whose path is longer than PATH_MAX, and an object."""
    keep = mmap.mmap(hold(name), 4096)
    os.chdir("/dev/shm")
    for _ in range(int(levels)):
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    fd = os.open("file", os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, 4096)
    below = mmap.mmap(fd, 4096)
    os.close(fd)
    stay()
    del keep, below


def apart(name):
    """Open an object in a thread that has descriptors of its own."""
    go, held = threading.Event(), []

    def thread():
        try:
            checked(libc.unshare(CLONE_FILES), "unshare")
            held.append(hold(name))
        finally:
            go.set()
        threading.Event().wait()

    threading.Thread(target=thread, daemon=True).start()
    go.wait()
    assert held, "the thread failed"
    stay()


def many(times):
    """Map two unlinked files with long names in turn, very often."""
    path = "/dev/shm" + 18 * ("/" + "d" * 200)
    os.makedirs(path)
    files = [os.open(f"{path}/{i}", os.O_RDWR | os.O_CREAT) for i in range(2)]
    for i in range(2):
        os.ftruncate(files[i], 4096)
        os.unlink(f"{path}/{i}")
    for i in range(int(times)):
        assert libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_SHARED, files[i % 2], 0) != ctypes.c_void_p(-1).value
    stay()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
