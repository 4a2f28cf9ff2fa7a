# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs whose calls fail in a world, and what `ipcx why` says about them."""

import contextlib
import os
import subprocess

# Runs in the world: each argument is an expression. The last one is the call that fails; its result is printed ("0" or the errno's name), and again after each
# line of standard input, until its end. Calls of the C library return their result, or the errno's name.
PROGRAM = r"""
import ctypes, errno, mmap, os, resource, signal, struct, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
libc.sem_open.restype = ctypes.c_void_p
O = os
def call(name, *args):
    ctypes.set_errno(0)
    r = getattr(libc, name)(*args)
    bad = r in (None, 0) if name == "sem_open" else r == -1
    if name == "posix_fallocate" and r > 0:
        return errno.errorcode[r]
    return errno.errorcode[ctypes.get_errno()] if bad else r
def sem(name, *args):
    r = call("sem_open", name, *(args or (0,)))
    return r if isinstance(r, str) else ctypes.c_void_p(r)
def attr(maxmsg, msgsize):
    return struct.pack("=8q", 0, maxmsg, msgsize, 0, 0, 0, 0, 0)
def mq(name, flags=O.O_RDWR | O.O_CREAT, mode=0o600, attr=None):
    return call("mq_open", name, flags, mode, attr)
def limit(which, n, hard=None):
    resource.setrlimit(which, (n, resource.getrlimit(which)[1] if hard is None else hard))
def past():
    return struct.pack("=2q", 1, 0)
def touch(name, size):
    # In a child: it may be killed.
    pid = os.fork()
    if not pid:
        f = os.open("/dev/shm/" + name, os.O_RDWR)
        m = mmap.mmap(-1, size) if False else libc_map(f, size)
        for i in range(0, size, 4096):
            ctypes.memset(m + i, 1, 1)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
def libc_map(fd, size):
    libc.mmap.restype = ctypes.c_void_p
    return libc.mmap(None, ctypes.c_size_t(size), 3, 1, fd, ctypes.c_long(0))
def blocks(call):
    # In a thread: it does not return.
    done = threading.Event()
    threading.Thread(target=lambda: (call(), done.set()), daemon=True).start()
    return 0 if done.wait(0.3) else "blocks"
names = {"q": None}
def run(*words):
    import subprocess
    subprocess.run(words, check=True)
for step in sys.argv[1:-1]:
    exec(step)
last = compile(sys.argv[-1], "call", "eval")
print(os.getpid(), flush=True)
print(eval(last), flush=True)
for line in sys.stdin:
    print(eval(last), flush=True)
os._exit(0)
"""


class Program:
    """.pid in the world, .result of the call, .again() makes it again."""

    def __init__(self, process):
        self.process = process
        self.pid = int(process.stdout.readline())
        self.result = process.stdout.readline().strip()

    def again(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextlib.contextmanager
def program(world, *steps, uid=None):
    """Run a program in the world that fails in its last step and lives on."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(world.argv("/usr/bin/python3", "-c", PROGRAM, *steps, uid=uid), env=env,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Program(process)
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=60)


def why(world, *words, **more):
    """Return the causes."""
    r = world.ipcx("why", *words, "--json", **more)
    assert r.rc in (0, 1, 4), (words, r.rc, r.err)
    return r.json["causes"]


def cause(causes, part):
    """Return the only cause whose text has this part."""
    found = [c for c in causes if part in c["cause"]]
    assert len(found) == 1, (part, causes)
    return found[0]


def is_first(causes, part):
    """Check that a cause comes first and applies; return it."""
    assert causes and part in causes[0]["cause"] and causes[0]["applies"] is True, (part, causes)
    return causes[0]


def is_not(causes, part, unknown=False):
    """Check that a cause does not apply, or that this cannot be told."""
    found = cause(causes, part)
    assert found["applies"] is (None if unknown else False), found
    return found


def do_fix(world, causes, **more):
    """Run the command that the first cause gives."""
    fix = causes[0]["fix"]
    r = world.sh(f"PATH=${{IPCX%/*}}:$PATH; cd {world.dir}; " + fix, **more)
    assert r.rc == 0, (fix, r.out, r.err)
    return fix
