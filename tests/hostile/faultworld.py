# SPDX-License-Identifier: GPL-2.0-or-later
"""The places in which commands with faults run. They are read by direct system calls, never by ipcx.

OURS is where commands run; TARGET is another IPC and mount namespace; USER belongs to another user namespace and has its own PID namespace;
BYSTANDER is named by no command. Each place holds the same objects, but with different contents and with marks, so that a change in the wrong place shows. In
each place a process answers questions about its contents."""

import contextlib
import ctypes
import multiprocessing
import os
import traceback

OURS, TARGET, USER, BYSTANDER = 1, 2, 3, 4

libc = ctypes.CDLL(None, use_errno=True)
try:
    librt = ctypes.CDLL("librt.so.1", use_errno=True)
except OSError:
    librt = libc
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
libc.shmdt.argtypes = [ctypes.c_void_p]
libc.msgsnd.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.msgrcv.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long, ctypes.c_int]
libc.msgrcv.restype = ctypes.c_ssize_t
libc.shmget.argtypes = [ctypes.c_int, ctypes.c_size_t, ctypes.c_int]
libc.sem_open.restype = ctypes.c_void_p
libc.sem_close.argtypes = [ctypes.c_void_p]

CREAT, NOWAIT, COPY, RMID, GETALL, SETALL, RDONLY = 0o1000, 0o4000, 0o40000, 0, 13, 17, 0o10000
NEWNS, NEWIPC, NEWUSER, NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000
MS_REC, MS_PRIVATE, MNT_DETACH = 0x4000, 0x40000, 2
PR_SET_PDEATHSIG = 1
PINS = "/run/ipcx/ns"
LIMITS = ("shmmni", "msgmni", "msgmax", "msgmnb", "sem")
MESSAGES = [(1, b"one"), (2, b"second message"), (1, b""), (3, b"x" * 3000), (1, b"\xff\x00\x1b[31m\n")]
PRIORITIES = [(5, b"five"), (1, b"one"), (1, b"two")]


def checked(value, what):
    if value is None or value < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return value


# ---- objects


def lines(kind):
    with open(f"/proc/sysvipc/{kind}", encoding="utf-8") as f:
        return [line.split() for line in f.read().splitlines()[1:]]


def make_segment(key, data):
    shmid = checked(libc.shmget(key, len(data), CREAT | 0o600), "shmget")
    p = libc.shmat(shmid, None, 0)
    ctypes.memmove(p, data, len(data))
    libc.shmdt(p)


def make_queue(key, messages):
    msqid = checked(libc.msgget(key, CREAT | 0o600), "msgget")
    for number, data in messages:
        buf = ctypes.create_string_buffer(number.to_bytes(8, "little") + data)
        checked(libc.msgsnd(msqid, buf, len(data), NOWAIT), "msgsnd")


def make_array(key, values, mode=0o600):
    semid = checked(libc.semget(key, len(values), CREAT | mode), "semget")
    checked(libc.semctl(semid, 0, SETALL, (ctypes.c_ushort * len(values))(*values)), "semctl")


class Attr(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_long), ("maxmsg", ctypes.c_long), ("msgsize", ctypes.c_long), ("curmsgs", ctypes.c_long),
                ("reserved", ctypes.c_long * 4)]


def make_posix_queue(name, messages):
    q = librt.mq_open(name.encode(), os.O_CREAT | os.O_RDWR | os.O_NONBLOCK, 0o600, ctypes.byref(Attr(0, 4, 64, 0)))
    checked(q, "mq_open")
    for priority, data in messages:
        checked(librt.mq_send(q, data, ctypes.c_size_t(len(data)), ctypes.c_uint(priority)), "mq_send")
    librt.mq_close(q)


def make_file(name, data):
    with open(f"/dev/shm/{name}", "wb") as f:
        f.write(data)
    os.chmod(f"/dev/shm/{name}", 0o600)


def make_semaphore(name, value):
    librt.sem_open.restype = ctypes.c_void_p
    sem = libc.sem_open(name.encode(), os.O_CREAT, 0o600, value)
    if sem:
        libc.sem_close(sem)


def clear():
    for kind, ctl in (("shm", libc.shmctl), ("msg", libc.msgctl)):
        for words in lines(kind):
            ctl(int(words[1]), RMID, None)
    for words in lines("sem"):
        libc.semctl(int(words[1]), 0, RMID)
    for place in ("/dev/shm", "/dev/mqueue"):
        for name in os.listdir(place):
            os.unlink(f"{place}/{name}")


def numbered(kind, make, keys):
    """Request the same ids each time, if the kernel lets us choose ids: commands that iterate over ids then make the same calls."""
    for i, (key, *what) in enumerate(keys):
        with contextlib.suppress(OSError), open(f"/proc/sys/kernel/{kind}_next_id", "w", encoding="ascii") as f:
            f.write(str(i))
        make(key, *what)


def restore(n, limits):
    """Create the contents of a place: the contents are the same everywhere, except for one word in them and the marks."""
    clear()
    word = b"place %d " % n
    numbered("shm", make_segment, [(key, (word * size)[:size]) for key, size in ((0x1001, 8192), (0x1003, 12288), (0x1099, 4096))])
    numbered("msg", make_queue, [(0x2001, MESSAGES), (0x2002, []), (0x2099, [(9, word)])])
    numbered("sem", make_array, [(0x3001, (1, 0, 5)), (0x3002, (1,)), (0x3099, (7, n)), (0x7a00 + n, (n,), 0o666)])
    make_posix_queue("/q1", PRIORITIES)
    make_posix_queue("/q2", [])
    make_posix_queue(f"/mark.{n}", [])
    make_file("p1", (word * 8192)[:8192])
    make_file("p9", word)
    make_file(f"mark.{n}", b"")
    make_semaphore("/s1", 3)
    make_semaphore("/s9", 9)
    for name, value in limits.items():
        with contextlib.suppress(OSError), open(f"/proc/sys/kernel/{name}", "r+", encoding="utf-8") as f:
            if f.read() != value:
                f.write(value)


# ---- reading a place


def read_limits():
    found = {}
    for name in LIMITS:
        with open(f"/proc/sys/kernel/{name}", encoding="utf-8") as f:
            found[name] = f.read()
    return found


def messages_of(msqid):
    found, buf = [], ctypes.create_string_buffer(70000)
    for n in range(10000):
        size = libc.msgrcv(msqid, buf, 65000, n, NOWAIT | COPY)
        if size < 0:
            break
        found.append((int.from_bytes(buf.raw[:8], "little"), buf.raw[8:8 + size]))
    return tuple(found)


def waiting(name):
    q = checked(librt.mq_open(name.encode(), os.O_RDONLY | os.O_NONBLOCK), "mq_open")
    attr = Attr()
    librt.mq_getattr(q, ctypes.byref(attr))
    librt.mq_close(q)
    return attr.curmsgs


def state():
    """Return the objects by name or key, since ids differ from run to run."""
    found = {}

    def keep(kind, words, *what):
        key = int(words[0]) & 0xffffffff
        name, n = f"{kind}:{key:#x}" if key else f"{kind}:private", 2
        while name in found:
            name, n = f"{kind}:private#{n}", n + 1
        found[name] = what

    for w in lines("shm"):
        p = libc.shmat(int(w[1]), None, RDONLY)
        keep("shm", w, w[2], w[7], w[8], ctypes.string_at(p, int(w[3])))
        libc.shmdt(p)
    for w in lines("msg"):
        keep("msg", w, w[2], w[7], w[8], messages_of(int(w[1])))
    for w in lines("sem"):
        values = (ctypes.c_ushort * int(w[3]))()
        libc.semctl(int(w[1]), 0, GETALL, values)
        keep("sem", w, w[2], w[4], w[5], tuple(values))
    for name in os.listdir("/dev/mqueue"):
        st = os.stat(f"/dev/mqueue/{name}")
        found[f"mq:/{name}"] = (oct(st.st_mode), st.st_uid, st.st_gid, waiting("/" + name))
    for name in os.listdir("/dev/shm"):
        st = os.stat(f"/dev/shm/{name}")
        with open(f"/dev/shm/{name}", "rb") as f:
            found[f"file:{name}"] = (oct(st.st_mode), st.st_uid, st.st_gid, f.read())
    for name in os.listdir(PINS) if os.path.isdir(PINS) else ():
        st = os.stat(f"{PINS}/{name}")
        found[f"pin:{name}"] = (st.st_dev, st.st_ino if os.path.ismount(f"{PINS}/{name}") else "no mount")
    found.update({f"limit:{name}": value for name, value in read_limits().items()})
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as f:
        for line in f:
            words = line.split()
            name = f"mount:{words[4]}"
            found[name] = (*found.get(name, ()), (words[3], words[words.index("-") + 1]))
    return found


def ids():
    return {w[1] for kind in ("shm", "msg", "sem") for w in lines(kind)}


# ---- places


def mount(source, target, fstype, flags=0, data=""):
    checked(libc.mount(source.encode(), target.encode(), fstype.encode(), flags, data.encode()), f"mount on {target}")


def serve(n, pipe):
    limits = read_limits()
    calls = {"restore": lambda: restore(n, limits), "state": state, "ids": ids}
    restore(n, limits)
    pipe.send(os.stat("/proc/self/ns/ipc").st_ino)
    while True:
        try:
            pipe.send(calls[pipe.recv()]())
        except EOFError:
            os._exit(0)


def settle():
    """Move to a private mount namespace and mount what a place needs."""
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777")
    mount("mqueue", "/dev/mqueue", "mqueue")


class Place:
    """A place, and the process that answers in it: .pid is the PID of this process in our PID namespace, .ipc the inode number of its IPC namespace."""

    def __init__(self, n):
        self.n = n
        self.pipe, theirs = multiprocessing.Pipe()
        self.child = os.fork()
        if self.child == 0:
            self.pipe.close()
            try:
                self.begin(theirs)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        theirs.close()
        if n == USER:
            assert self.pipe.recv() == "map"
            self.write_maps()
            self.pipe.send("mapped")
        self.pid = self.pipe.recv() if n == USER else self.child
        self.pipe.send("go")
        self.ipc = self.pipe.recv()

    def write_maps(self):
        with open("/proc/self/uid_map", encoding="utf-8") as f:
            many = any(int(line.split()[2]) > 200000 for line in f)
        for name in ("uid_map", "gid_map"):
            if not many:
                with open(f"/proc/{self.child}/setgroups", "w", encoding="utf-8") as f:
                    f.write("deny")
            with open(f"/proc/{self.child}/{name}", "w", encoding="utf-8") as f:
                f.write("0 100000 65536\n" if many else "0 0 1\n")

    def begin(self, pipe):
        libc.prctl(PR_SET_PDEATHSIG, 9)
        if self.n == USER:
            checked(libc.unshare(NEWUSER), "unshare")
            pipe.send("map")
            pipe.recv()
            for change in (libc.setgid, libc.setuid):
                checked(change(0), "becoming root there")
        if self.n != OURS:
            checked(libc.unshare(NEWIPC | NEWNS | (NEWPID if self.n == USER else 0)), "unshare")
        if self.n == USER:
            first = os.fork()
            if first:
                pipe.send(first)
                pipe.close()
                os.waitpid(first, 0)
                os._exit(0)
            libc.prctl(PR_SET_PDEATHSIG, 9)
        if self.n != OURS:
            settle()
        if self.n == USER:
            with contextlib.suppress(OSError):  # not where parts of /proc are covered
                mount("proc", "/proc", "proc")
        pipe.recv()
        serve(self.n, pipe)

    def ask(self, what):
        self.pipe.send(what)
        return self.pipe.recv()
