# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared by the tests of failures: helpers in C, a build without sanitizers, system calls recorded by strace."""

import atexit
import contextlib
import functools
import os
import re
import shutil
import subprocess
import tempfile
import time

import pytest

from conftest import SETUP, World

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "../../.."))
SYSV = ("shm", "msg", "sem")
POSIX = ("mq", "pshm", "psem")
MAKE = {"shm": ["shm", "--size", "4K"], "msg": ["msg"], "sem": ["sem", "--nsems", "2"],
        "mq": ["mq", "/x", "--maxmsg", "2", "--msgsize", "16"], "pshm": ["pshm", "/x", "--size", "4K"],
        "psem": ["psem", "/x", "--init", "3"]}


@functools.cache
def scratch():
    """A directory for helpers that are built once, readable for everybody."""
    path = tempfile.mkdtemp(prefix="ipcx-built.")
    os.chmod(path, 0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def need(*programs):
    """Skip the test if a program is missing."""
    for p in programs:
        if not shutil.which(p):
            pytest.skip(f"{p} is not installed")


def quiet(*argv):
    r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert r.returncode == 0, (argv, r.stdout.decode(errors="replace"))


def program_start():
    """Return the beginning of $IPCX: the head of the ELF file and the name of its loader."""
    with open(os.environ["IPCX"], "rb") as program:
        return program.read(4096)


def is_musl():
    """Return whether the C library of $IPCX is musl."""
    return b"/ld-musl-" in program_start()


def compiler():
    """Return the words of the compiler whose programs have the C library and word size of $IPCX: what shares a layout or is preloaded needs that."""
    words = os.environ.get("CC", "cc").split()
    if is_musl():
        return ["musl-gcc"]
    wide = not narrow() or os.uname().machine != "x86_64" or "-m32" in words
    return words if wide else [*words, "-m32", "-idirafter", "/usr/include/x86_64-linux-gnu"]


# Helpers that know the numbers of calls, which differ with the word size.
AS_IPCX = ("seccomp",)


def narrow():
    """Return whether $IPCX is a program of 32 bits."""
    return program_start()[4] == 1


@functools.cache
def helper(name, *flags, folder=HERE, out=None, cc=()):
    """Return the program helpers/NAME.c; flags may name further files. It is built as "out", if there are several of one source; by "cc" if given."""
    cc = cc or (compiler() if name in AS_IPCX and narrow() else os.environ.get("CC", "cc").split())
    need(cc[0])
    out = os.path.join(scratch(), out or name)
    quiet(*cc, "-O2", "-Wall", "-o", out, os.path.join(folder, name + ".c"), *flags, "-lrt", "-pthread")
    return out


def preload(name):
    """Return the library helpers/NAME.c for LD_PRELOAD. It has the functions by the names that ipcx calls: in 32 bits, those for times of 64."""
    wide = ("-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64") if narrow() else ()
    return helper(name, "-shared", "-fPIC", *wide, cc=tuple(compiler()))


def need_library(soname):
    """Skip the test if ipcx loads this library at run time, and the machine has it only for programs of another word size."""
    known = subprocess.run(["ldconfig", "-p"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    kinds = re.findall(rf"^\s*{re.escape(soname)} \((.*?)\)", known, re.M)
    if narrow() and loads(soname) and kinds and all("64" in kind for kind in kinds):
        pytest.skip(f"{soname} is installed for programs of 64 bits only")


@functools.cache
def build():
    """Configure and build without sanitizers; return the error output if it fails."""
    for p in ("meson", "ninja"):
        if not shutil.which(p):
            return f"{p} is not installed, so there is no build without sanitizers"
    path = os.path.join(scratch(), "release")
    port = os.environ.get("IPCX_BUILD", "").rstrip("/") + ".ini"  # what packaging/ports.sh told meson of another C library
    port = ("--native-file", port) if os.path.exists(port) else ()
    quiet("meson", "setup", path, TOP, *port, "-Dbuildtype=release", "-Dtests=disabled", "-Ddocs=disabled",
          "-Dcompletion=false", "-Dwerror=false", "-Db_sanitize=none")
    quiet("ninja", "-C", path, "cmd/ipcx")
    return None


def release():
    """Build an ipcx without sanitizers, for system calls, libraries and memory as users have them."""
    why = build()
    if why:
        pytest.skip(why)
    return os.path.join(scratch(), "release", "cmd", "ipcx")


class Call:
    """A system call: .name, .args and .ret as strace prints them."""

    def __init__(self, name, args, ret):
        self.name, self.args, self.ret = name, args, ret

    def __repr__(self):
        return f"{self.name}({self.args}) = {self.ret}"

    @property
    def failed(self):
        return self.ret.startswith("-1") or self.ret.startswith("?")

    @property
    def path(self):
        found = re.search(r'"((?:[^"\\]|\\.)*)"', self.args)
        return found.group(1) if found else ""


LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (.*)$")


def trace(world, *words, more=(), program=None, rc=(0,), **run):
    """Run ipcx under strace; return its result and its calls."""
    need("strace")
    out = os.path.join(world.dir, "strace")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(out)
    with open(out, "w", encoding="utf-8"):
        os.chmod(out, 0o666)
    r = world.run("strace", "-f", "-qq", "-s", "300", "-o", out, *more, program or release(), *words, **run)
    assert rc is None or r.rc in rc, (words, r.rc, r.err)
    with open(out, encoding="utf-8", errors="replace") as f:
        lines = [LINE.match(line.rstrip("\n")) for line in f]
    return r, [Call(*m.groups()) for m in lines if m]


@contextlib.contextmanager
def background(world, *argv, **run):
    """A process in the world that has printed "ready"; it exits at the end of its standard input."""
    p = subprocess.Popen(world.argv(*argv, **run), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert p.stdout.readline() == b"ready\n", argv
        yield p
    finally:
        p.stdin.close()
        p.wait(timeout=60)
        p.stdout.close()


def until(condition, seconds=60):
    """Wait until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come to pass"
        time.sleep(0.01)


def children(pid):
    """Return the children of a process that still exist; none if the process itself has exited."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(n) for n in f.read().split()]
    return []


def child(pid):
    """Wait for the only child: nsenter forks for a PID namespace, so ipcx is the child of the started process."""
    found = []
    until(lambda: found.extend(children(pid)) or found)
    return found[0]


def asleep(world, *calls):
    """Return how many processes of the world wait in one of these kernel functions, matched by the end of the name."""
    n = 0
    for pid in world.run("ls", "/proc").out.split():
        n += pid.isdigit() and world.run("cat", f"/proc/{pid}/wchan").out.endswith(calls)
    return n


def make_all(world, **more):
    """Create an object of each mechanism; return their references."""
    return {m: f"{m}:" + world.ok("mk", *words, **more) for m, words in MAKE.items()}


# The script that makes a /dev with a directory mqueue, even if the machine has none.
QUEUES = SETUP.replace("echo ready", """
mkdir /mnt/dev 2>/dev/null
mount -t tmpfs -o mode=755 none /mnt && mkdir /mnt/shm /mnt/mqueue /mnt/pts
for d in null zero full random urandom tty; do touch /mnt/$d; mount --bind /dev/$d /mnt/$d; done
mount -t tmpfs -o mode=1777 none /mnt/shm
mount --move /mnt /dev || exit
echo ready""")


@pytest.fixture
def mqworld():
    """A world whose /dev has an empty directory mqueue, with nothing mounted on it."""
    w = World(QUEUES)
    yield w
    w.close()


def do(world, script, **more):
    """Run a shell script, which must succeed."""
    r = world.sh(script, **more)
    assert r.rc == 0, r.err
    return r


def refs(r):
    """Return the references in a document."""
    return {o["ref"] for o in r.json["objects"]}


def many(world, mech, n, name="n"):
    """Create n objects quickly."""
    r = world.run(helper("objects"), "many", mech, n, name)
    assert r.rc == 0, r.err


def loads(soname):
    """Return whether the program loads this library at run time: it declares that in a note, and a build may do without some of them."""
    program = os.environ["IPCX"]
    listed = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    for path in [program] + re.findall(r"=> (\S*libipcx\.so\S*)", listed):
        with open(path, "rb") as f:
            if soname.encode() in f.read():
                return True
    return False
