# SPDX-License-Identifier: GPL-2.0-or-later
"""Run commands in isolation: each state has a process in its own IPC and mount namespaces; requests and answers are lines of JSON."""

import ctypes
import fcntl
import hashlib
import json
import os
import struct
import subprocess
import sys
import termios

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../cli"))
sys.path.insert(0, HERE)
import states  # noqa: E402
from helpers.sysv import libc  # noqa: E402

NEWNS, NEWIPC = 0x20000, 0x8000000
BIND, REC = 4096, 16384
DEVICES = ("null", "zero", "full", "random", "urandom")
USERS = (("root", 0), ("alice", 4000), ("averyverylongusername", 4001))
LIMIT = 20


def call(r):
    if r:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))


def mount(what, where, kind=None, flags=0, data=None):
    call(libc.mount(what.encode(), where.encode(), kind and kind.encode(), ctypes.c_ulong(flags), data and data.encode()))


def fresh(state, work):
    """Set up new namespaces, /dev and the users."""
    call(libc.unshare(NEWNS | NEWIPC))
    devices = {name: os.open("/dev/" + name, os.O_PATH | os.O_CLOEXEC) for name in DEVICES}
    mount("none", "/dev", "tmpfs", 0, "mode=0755")
    for name, fd in devices.items():
        os.close(os.open("/dev/" + name, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o666))
        mount(f"/proc/self/fd/{fd}", "/dev/" + name, None, BIND)
        os.close(fd)
    if state != "bare":
        os.mkdir("/dev/shm")
        os.mkdir("/dev/mqueue")
        mount("none", "/dev/shm", "tmpfs", 0, "mode=1777")
    if state not in ("bare", "nomq"):
        mount("none", "/dev/mqueue", "mqueue")
    for name, line in (("passwd", "{0}:x:{1}:{1}::/:/bin/sh\n"), ("group", "{0}:x:{1}:\n")):
        path = f"{work}/{name}.{os.getpid()}"
        with open(path, "w", encoding="ascii") as f:
            f.write("".join(line.format(*user) for user in USERS))
        mount(path, "/etc/" + name, None, BIND)


def keep(state):
    """Create the state in a separate program, so that the creator's name and pid are always the same; also create terminals."""
    os.mkdir("/dev/pts")
    mount("none", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=0620")
    os.symlink("pts/ptmx", "/dev/ptmx")
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as f:
        f.write("500")
    keeper = subprocess.Popen(["keeper", "states.py", state], executable=sys.executable, cwd=HERE, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert keeper.stdout.readline() == b"made\n", state
    if state == "nosysvipc":
        mount("none", "/proc/sysvipc", "tmpfs")
    return keeper


def run(ask):
    """Run a command; return its exit status, standard output and standard error."""
    out = subprocess.PIPE
    if ask.get("out") == "full":
        out = os.open("/dev/full", os.O_WRONLY | os.O_CLOEXEC)
    argv, path = ask["argv"], ask["path"]
    if ask.get("outside"):  # the processes that created and use the objects have no pid there
        argv, path = ["unshare", "--pid", "--fork", "--mount-proc", path, *argv[1:]], "/usr/bin/unshare"
    screen = None
    if ask.get("out") == "tty":
        screen, out = os.openpty()
        fcntl.ioctl(out, termios.TIOCSWINSZ, struct.pack("4H", 24, ask.get("columns", 80), 0, 0))
    user = ask.get("uid")
    who = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    setup = (lambda: os.close(1)) if ask.get("out") == "closed" else None
    done = subprocess.run(argv, executable=path, env=ask["env"], stdin=subprocess.DEVNULL, stdout=out,
                          stderr=subprocess.PIPE, timeout=LIMIT, check=False, cwd="/", preexec_fn=setup,
                          umask=ask.get("umask", 0o022), **who)
    if out != subprocess.PIPE:
        os.close(out)
    printed = done.stdout or b"" if screen is None else drain(screen)
    return {"rc": done.returncode, "out": printed.decode("utf-8", "surrogateescape"),
            "err": done.stderr.decode("utf-8", "surrogateescape")}


def drain(screen):
    """Return what was written to a terminal whose other side is now closed; the terminal has buffered all of it."""
    text = b""
    try:
        while True:
            text += os.read(screen, 1 << 16)
    except OSError:  # EIO: all of it was read
        os.close(screen)
        return text


# ---- remaining objects

SYSV = {"shm": ("key", "shmid", "perms", "size", "nattch", "uid", "gid", "cuid", "cgid"),
        "msg": ("key", "msqid", "perms", "cbytes", "qnum", "uid", "gid", "cuid", "cgid"),
        "sem": ("key", "semid", "perms", "nsems", "uid", "gid", "cuid", "cgid")}
KNOWN = 0x10000  # the states' own keys are below; ipcmk almost never draws one


def left():
    """Return the objects of this world, without times and pids; keys that were chosen at random are all replaced by the same word."""
    found = {}
    for kind, fields in SYSV.items():
        with open("/proc/sysvipc/" + kind, encoding="ascii") as f:
            head, *rows = [line.split() for line in f]
        found[kind] = [[row[head.index(name)] for name in fields] for row in rows]
        for row in found[kind]:
            key = int(row[0]) & 0xffffffff
            row[0] = key if key < KNOWN or key >= 0xfffffff0 or key == 0x7fffffff else "random"
    for top in filter(os.path.exists, ("/dev/shm", "/dev/mqueue")):
        found[top] = sorted(filter(None, (entry(top, name) for name in os.listdir(os.fsencode(top)))))
    return found


def entry(top, name):
    path = os.path.join(os.fsencode(top), name)
    s = os.lstat(path)
    text = ""
    if s.st_mode & 0o170000 == 0o100000:
        with open(path, "rb") as f:
            text = hashlib.sha256(f.read(1 << 16)).hexdigest()[:16]
    attr = queue(name) if top == "/dev/mqueue" else s.st_size
    return [name.decode("utf-8", "surrogateescape"), oct(s.st_mode), s.st_uid, s.st_gid, attr, text]


def queue(name):
    attr = (ctypes.c_long * 8)()
    fd = libc.mq_open(b"/" + name, os.O_RDONLY | os.O_NONBLOCK)
    if fd < 0 or libc.mq_getattr(fd, attr):
        return "unreadable"
    os.close(fd)
    return list(attr[1:4])


def quick(state):
    """Create the state in this process: this is fast, but the creator does not have the name of the separate program."""
    umask = os.umask(0)
    getattr(states, state)()
    os.umask(umask)


def elsewhere(ask, work):
    """Run a command in a world created for this command; also return the objects that are left."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            fresh(ask["fresh"], work)
            quick(ask["fresh"])
            answer = run(ask) if "argv" in ask else {}
            answer["left"] = left()
        except BaseException as e:  # whatever it is, the suite must report it
            answer = {"broken": repr(e)}
        with os.fdopen(write, "w") as f:
            json.dump(answer, f)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as f:
        answer = json.load(f)
    os.waitpid(pid, 0)
    return answer


def main():
    state, work = sys.argv[1:]
    fresh(state, work)
    keeper = keep(state)
    print("ready", flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        try:
            answer = left() if "left" in ask else elsewhere(ask, work) if "fresh" in ask else run(ask)
        except subprocess.TimeoutExpired:
            answer = {"rc": "still running", "out": "", "err": ""}
        except (OSError, subprocess.SubprocessError) as e:
            answer = {"broken": repr(e)}
        print(json.dumps(answer), flush=True)
    keeper.kill()
    keeper.wait()


main()
