# SPDX-License-Identifier: GPL-2.0-or-later
"""The states in which the old names are compared: objects, limits and mounts, created by a process named keeper."""

import ctypes
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
from helpers.sysv import IPC_CREAT, check, libc, mq_make, msgsnd, semop  # noqa: E402

IPC_SET, IPC_RMID, IPC_STAT, SHM_LOCK, SETVAL = 1, 0, 2, 11, 16
NORESERVE, RDONLY = 0o10000, 0o10000
ALICE, NOBODY_KNOWS, LONG = 4000, 4077, 4001  # 4077 has no name
libc.semctl.argtypes = None


def as_user(uid, gid, make, *args):
    """Create an object as another user."""
    os.setegid(gid)
    os.seteuid(uid)
    try:
        return make(*args)
    finally:
        os.seteuid(0)
        os.setegid(0)


def shm(key, size, mode):
    return check(libc.shmget(ctypes.c_int32(key), ctypes.c_size_t(size), IPC_CREAT | mode))


def msg(key, mode, *texts):
    msqid = check(libc.msgget(ctypes.c_int32(key), IPC_CREAT | mode))
    for text in texts:
        msgsnd(msqid, 1, text)
    return msqid


def sem(key, n, mode, *values):
    semid = check(libc.semget(ctypes.c_int32(key), n, IPC_CREAT | mode))
    for num, value in enumerate(values):
        check(libc.semctl(semid, num, SETVAL, value))
    return semid


def give(ctl, ident, uid, gid):
    """Give an object to an owner other than its creator."""
    b = ctypes.create_string_buffer(512)
    args = (0,) if ctl is libc.semctl else ()
    check(ctl(ident, *args, IPC_STAT, b))
    b[4:12] = uid.to_bytes(4, "little") + gid.to_bytes(4, "little")
    check(ctl(ident, *args, IPC_SET, b))


def attach(shmid, flags=0):
    at = libc.shmat(shmid, None, flags)
    if at == ctypes.c_void_p(-1).value:
        check(-1)
    return at


def child(do):
    """Start a process that lives as long as its parent."""
    pid = os.fork()
    if pid == 0:
        try:
            libc.prctl(1, 9)
            do()
        finally:  # the object it waits for may be removed: it stays attached
            time.sleep(3600)
            os._exit(0)
    return pid


def waits(semid, num, op):
    child(lambda: semop(semid, num, op))


def receive(msqid):
    return check(libc.msgrcv(msqid, ctypes.create_string_buffer(8192), 8000, 0, 0o4000))


def psem(name, value, mode):
    os.umask(0)
    libc.sem_open.restype = ctypes.c_void_p
    assert libc.sem_open(name.encode(), os.O_CREAT | os.O_EXCL, mode, value)


def sysctl(name, value):
    with open("/proc/sys/" + name, "w", encoding="ascii") as f:
        f.write(value)


def file(name, size, mode=0o644, when=None, owner=None):
    """Create a file in /dev/shm, as shm_open(3) does; mtime is in seconds since 1970."""
    path = b"/dev/shm/" + (name.encode() if isinstance(name, str) else name)
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    os.ftruncate(fd, size)
    os.fchmod(fd, mode)
    if owner is not None:
        os.fchown(fd, *owner)
    os.close(fd)
    if when is not None:
        os.utime(path, (when, when))


# ---- the states


def empty():
    """Nothing at all."""


def sysv():
    """System V objects of every kind in every state."""
    first = shm(0x4001, 5000, 0o640)
    attach(first)
    attach(first, RDONLY)
    as_user(ALICE, ALICE, shm, 0x4002, 1, 0o600)
    dest = shm(0x4003, 8192, 0o666)
    attach(dest)
    check(libc.shmctl(dest, IPC_RMID, None))
    check(libc.shmctl(shm(0x4004, 4096, 0o600), SHM_LOCK, None))
    both = shm(0x4005, 12288, 0o777)
    attach(both)
    check(libc.shmctl(both, SHM_LOCK, None))
    check(libc.shmctl(both, IPC_RMID, None))
    give(libc.shmctl, as_user(ALICE, LONG, shm, 0, 1 << 20, 0o644), LONG, NOBODY_KNOWS)
    as_user(NOBODY_KNOWS, NOBODY_KNOWS, shm, -2, 123456789, 0)
    gone = os.fork()
    if gone == 0:
        as_user(ALICE, ALICE, shm, 0x4007, 64, 0o600)
        os._exit(0)
    os.waitpid(gone, 0)

    msg(0x4101, 0o640, b"x" * 300, b"", b"y" * 77)
    receive(msg(0x4102, 0o666, b"one", b"two"))
    as_user(ALICE, ALICE, msg, 0x4103, 0o600, b"mine")
    give(libc.msgctl, as_user(NOBODY_KNOWS, ALICE, msg, 0, 0o000), LONG, LONG)
    msg(-1, 0o444)

    sem(0x4201, 3, 0o640, 1, 0, 7)
    waiting = sem(0x4202, 4, 0o666, 0, 5, 0, 32767)
    for num, op in ((0, -1), (0, -2), (1, 0), (2, -1)):
        waits(waiting, num, op)
    as_user(ALICE, ALICE, sem, 0x4203, 1, 0o600)
    give(libc.semctl, as_user(LONG, ALICE, sem, 0, 12, 0o404), ALICE, NOBODY_KNOWS)
    semop(sem(0x7fffffff, 1, 0o600), 0, 3)
    deadline = time.monotonic() + 10
    while asleep(waiting) < 4:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def asleep(semid):
    """Return how many processes wait for one of the first three semaphores."""
    return sum(check(libc.semctl(semid, num, what, 0)) for num in range(3) for what in (14, 15))


def posix():
    """POSIX objects with harmless names."""
    file("plain", 10)
    file("zero", 0, 0o600, 1551782096)
    file("large", 3 << 30, 0o666, 1600000000, (ALICE, LONG))
    file("strange", 1234567, 0o4751, 0, (NOBODY_KNOWS, NOBODY_KNOWS))
    file("a b", 4096, when=1700000000)
    psem("/one", 1, 0o644)
    psem("/many", 2147483647, 0o600)
    psem("/none", 0, 0o666)
    os.chown("/dev/shm/sem.many", ALICE, ALICE)
    for name in ("one", "many", "none"):
        os.utime("/dev/shm/sem." + name, (1650000000, 1650000000))
    mq_make(b"/queue", 4, 100)
    mq_make(b"/full", 1, 10)
    fd = check(libc.mq_open(b"/full", os.O_WRONLY))
    check(libc.mq_send(fd, b"0123456789", 10, 0))
    fd = check(libc.mq_open(b"/queue", os.O_WRONLY))
    check(libc.mq_send(fd, b"abc", 3, 1))
    check(libc.mq_send(fd, b"", 0, 1))
    if os.path.exists("/dev/mqueue/full"):
        os.chown("/dev/mqueue/full", ALICE, LONG)
        os.chmod("/dev/mqueue/full", 0o622)


def names():
    """Objects with hostile names, as other users could choose them."""
    for n, name in enumerate((b"a\tb", b"new\nline", b"esc\033[1m", b'q"u\'o', b"back\\slash", "f\u00fcr".encode(), b"bad\xff",
                              b"dollar$HOME", b"x" * 200, b"a=b,c")):
        file(name, n + 1, when=1700000000 + n)
        mq_make(b"/" + name)


def foreign():
    """Files in /dev/shm that shm_open(3) did not create."""
    os.mkdir("/dev/shm/dir")
    os.mkfifo("/dev/shm/fifo", 0o600)
    os.symlink("/etc/passwd", "/dev/shm/link")
    os.symlink("nowhere", "/dev/shm/dangling")
    for name in ("dir", "fifo"):
        os.utime("/dev/shm/" + name, (1700000000, 1700000000))
    file("plain", 3, when=1700000000)
    file(".hidden", 7, when=1700000000)


def badsem():
    """Files that are named like semaphores, but are not semaphores."""
    foreign()
    file("sem.zero", 0)
    file("sem.short", 2)
    os.mkdir("/dev/shm/sem.dir")
    psem("/good", 3, 0o644)


def mixed():
    """All kinds."""
    sysv()
    posix()


def user():
    """Objects that an unprivileged user may not access, and two objects of the user's own."""
    sysv()
    posix()
    as_user(ALICE, ALICE, shm, 0x4501, 777, 0o600)
    as_user(ALICE, ALICE, sem, 0x4502, 2, 0o600)
    file("mine", 5, owner=(ALICE, ALICE))
    shm(0x4503, 100, 0o444)


def large():
    """Objects with numbers that are wider than their columns."""
    shm(0x5001, 1 << 42, 0o600 | NORESERVE)
    shm(0x5002, (1 << 44) + 12345, 0o600 | NORESERVE)
    for name, make in (("shm", lambda: shm(0x5003, 1, 0o600)), ("msg", lambda: msg(0x5004, 0o600)),
                       ("sem", lambda: sem(0x5005, 250, 0o600))):
        sysctl(f"kernel/{name}_next_id", "2147418100")
        make()


def limits_zero():
    """Limits of 0."""
    for name in ("shmmax", "shmall", "shmmni", "msgmax", "msgmnb", "msgmni"):
        sysctl("kernel/" + name, "0")
    sysctl("kernel/sem", "0 0 0 0")


def limits_one():
    """The lowest limits, and more objects than they allow."""
    sysv()
    for name in ("shmmax", "shmall", "shmmni", "msgmax", "msgmnb", "msgmni"):
        sysctl("kernel/" + name, "1")
    sysctl("kernel/sem", "1 1 1 1")
    for name in ("queues_max", "msg_max", "msgsize_max"):
        sysctl("fs/mqueue/" + name, {"queues_max": "1", "msg_max": "1", "msgsize_max": "128"}[name])


def limits_huge():
    """The highest limits."""
    shm(0x4001, 5000, 0o640)
    for name in ("shmmax", "shmall"):
        sysctl("kernel/" + name, "18446744073709551615")
    for name in ("msgmax", "msgmnb"):
        sysctl("kernel/" + name, "2147483647")
    sysctl("kernel/sem", "2147483647 2147483647 2147483647 32768")


def limits_odd():
    """Limits and sizes that are not powers of two."""
    sysv()
    sysctl("kernel/shmmax", "1234567890123")
    sysctl("kernel/shmall", "300000")
    sysctl("kernel/shmmni", "7")
    sysctl("kernel/msgmax", "1000")
    sysctl("kernel/msgmnb", "99999")
    sysctl("kernel/msgmni", "9")
    sysctl("kernel/sem", "250 32000 33 128")


def bare():
    """A world that has neither /dev/shm nor /dev/mqueue."""
    sysv()


def nomq():
    """/dev/mqueue is an ordinary directory on which nothing is mounted."""
    posix()


def nosysvipc():
    """/proc/sysvipc has no files, although System V objects exist."""
    sysv()


def ipcmk_there():
    """Names for which ipcmk finds that an object exists."""
    file("seg", 4096)
    with open("/dev/shm/seg", "wb") as f:
        f.write(b"data" * 1024)
    psem("/seg", 5, 0o600)
    mq_make(b"/seg", 2, 20)


def few():
    """The limits allow one object of each kind, and this object exists."""
    shm(0x4001, 10, 0o600)
    msg(0x4101, 0o600)
    sem(0x4201, 1, 0o600)
    for name, value in (("shmmni", "1"), ("msgmni", "1"), ("sem", "10 10 10 1"), ("shmmax", "1048576")):
        sysctl("kernel/" + name, value)
    sysctl("fs/mqueue/queues_max", "0")


def main():
    state = sys.argv[1]
    os.umask(0)
    globals()[state]()
    print("made", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
