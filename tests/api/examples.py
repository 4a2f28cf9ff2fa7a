#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs of lib/examples, as they are installed: each compiles without a warning against the installed library and does
what its first comment says. Prints its results as TAP; runs in fresh namespaces (run-in-ns.sh)."""

import csv
import io
import os
import re
import subprocess
import sys
import time

from installed import Installed, Skip, arguments, read, report

TESTS = {}  # by the name of the source


def example(source):
    return lambda test: TESTS.setdefault(source, test)


class Example:
    """One compiled program; calling the instance runs the program with these arguments."""

    def __init__(self, i, source):
        self.i = i
        path = os.path.join(i.path("share/doc/libipcx/examples"), source)
        if source.endswith(".cc"):
            if i.no_cxx:
                raise Skip(i.no_cxx)
            self.program = i.compile(read(path), i.cxx, "-std=c++17", suffix=".cc")
        else:
            self.program = i.compile(read(path), i.args.cc, "-std=gnu99")

    def __call__(self, *words, status=0):
        return self.i.run(self.program, *words, expect=(status,))

    def ipcx(self, *words):
        return self.i.run("ipcx", *words).strip()

    def make(self, *words):
        """Create an object; return its reference."""
        return f"{words[0]}:{self.ipcx('mk', *words)}"


@example("list.c")
def lists_what_a_condition_selects(run):
    ref = run.make("shm", "--size", "12345")
    run.make("shm", "--size", "4K")
    assert re.fullmatch(rf"{ref} \S+ \d+ s\n", run("shm", "size == 12345"))
    assert "column" in run("shm", "size ==", status=1)
    assert "usage" in run("none", "size == 1", status=2)


@example("leaks.c")
def writes_leaks_as_csv(run):
    ref = run.make("shm", "--size", "4096")  # by a process that has ended
    rows = list(csv.reader(io.StringIO(run())))
    assert rows[0] == ["ref", "owner", "mode", "size", "cpid", "ctime"]
    assert len(rows) == 2 and rows[1][0] == ref and rows[1][2:4] == ["0600", "4096"]


@example("create.c")
def creates_an_array_once(run):
    ref = run("0x4d2", "3")
    assert run("0x4d2", "3") == ref and ref.startswith("sem:")
    assert run.ipcx("ls", "sem", "-o", "key,nsems", "--format", "csv").split()[-1] == "0x000004d2,3"
    assert "create: " in run("0x4d2", "4", status=1)


@example("rollback.c")
def removes_what_it_created_and_nothing_else(run):
    run.make("shm", "--size", "4K")
    before = run.ipcx("ls", "all", "-o", "ref", "--format", "csv")
    assert run() == "created 3\nremoved 3\n"
    assert run.ipcx("ls", "all", "-o", "ref", "--format", "csv") == before
    run.make("psem", "/rollback")  # in the way of the last of the three
    assert "/rollback" in run(status=1)
    run.ipcx("rm", "psem:/rollback")
    assert run.ipcx("ls", "all", "-o", "ref", "--format", "csv") == before


@example("chown.c")
def changes_the_owner(run):
    refs = [run.make("msg"), run.make("shm", "--size", "4K")]
    if os.path.exists("/proc/self/uid_map") and len(read("/proc/self/uid_map").split()) == 3 and read("/proc/self/uid_map").split()[2] == "1":
        raise Skip("only one user id here")
    assert run("4321", *refs) == "".join(f"{ref} 4321\n" for ref in refs)
    assert run.ipcx("ls", *refs, "-o", "uid", "--format", "csv").split() == ["uid", "4321", "4321"]
    assert "shm:2147483647" in run("4321", "shm:2147483647", status=1)


@example("inside.c")
def lists_inside_of_another_namespace(run):
    here = run.make("shm", "--size", "4K")
    with subprocess.Popen(["unshare", "--ipc", "sh", "-c", 'ipcx mk msg && echo ready && exec cat'], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, env=run.i.env, text=True) as other:
        assert other.stdout.readline() and other.stdout.readline() == "ready\n"
        out = run(str(other.pid))
        other.stdin.close()
    assert re.fullmatch(r"1 objects in ipc:\[\d+\]\nmsg:\d+ \S+\n", out) and here not in out
    assert "inside: " in run("no-such-container", status=1)


@example("messages.c")
def sends_and_receives(run):
    run.make("mq", "/jobs")
    for ref in (run.make("msg"), "mq:/jobs"):
        assert run(ref, "hello") == "hello\n"
        assert "hello" not in run.ipcx("ls", ref)
    assert "/none" in run("mq:/none", "x", status=1)


@example("guard.c")
def guards_a_section(run):
    ref = run.make("sem", "--nsems", "1", "--init", "1")
    assert run(ref) == "in the section\n" and run(ref) == "in the section\n"
    run.ipcx("sem", "set", ref, "0=0")
    assert "another process is in the section" in run(ref, status=1)


ATTACH = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
assert libc.shmat(int(sys.argv[1]), None, 0) != ctypes.c_void_p(-1).value
print("ready", flush=True)
sys.stdin.read()
"""


TAKE = """
import ctypes, struct, sys
ctypes.CDLL(None).semop(int(sys.argv[1]), struct.pack("HhH", 0, -1, 0), 1)
"""


@example("in_use.c")
def says_whether_an_object_may_be_removed(run):
    ref = run.make("shm", "--size", "4K")
    assert run(ref) == f"{ref}: unused\n"
    with subprocess.Popen([sys.executable, "-c", ATTACH, ref[4:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as p:
        assert p.stdout.readline() == "ready\n" and run(ref) == f"{ref}: in use\n"
        p.stdin.close()
    run.ipcx("rm", ref)
    assert run(ref) == f"{ref}: does not exist\n" and run(run.make("msg")).endswith(": unknown: treat it as used\n")
    assert "in_use: " in run("shm", status=1) and "usage" in run(status=2)


@example("users.c")
def finds_the_users_of_an_object(run):
    ref = run.make("shm", "--size", "4K")

    def rows(ref):  # some processes of the machine may be closed even to this user
        return run(ref).replace("not everything could be seen\n", "")

    assert rows(ref) == "", "nobody has attached it"
    with subprocess.Popen([sys.executable, "-c", ATTACH, ref[4:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as p:
        assert p.stdout.readline() == "ready\n", "it could not be attached"
        out = rows(ref)
        assert re.fullmatch(rf"{p.pid} \S+ mapped\n", out), out
        p.stdin.close()
    assert rows(ref) == "", "nobody has it any more"
    assert "users: " in run("shm", status=1) and "usage" in run(status=2)


@example("where.c")
def finds_where_memory_is(run):
    ref = run.make("shm", "--size", "4M")
    run.ipcx("shm", "fill", ref, "--byte", "7")
    rows = dict(line.split(" ", 1)[::-1] for line in run().replace("not everything could be seen\n", "").splitlines())
    assert rows["System V: segments"] == rows["System V: unattached"] == str(4 << 20), rows
    assert int(rows["machine: sum"]) >= 4 << 20 and int(rows["machine: shmem"]) >= 4 << 20
    run.ipcx("rm", ref)


@example("waits.c")
def finds_a_thread_that_waits(run):
    ref = run.make("sem", "--nsems", "1")
    with subprocess.Popen([sys.executable, "-c", TAKE, ref[4:]]) as p:
        while not run.ipcx("ls", "sem", "-w", "semncnt == 1", "-o", "ref", "--format", "raw"):
            assert p.poll() is None
        out = run(ref).replace("not everything could be seen\n", "")
        run.ipcx("rm", ref)
    assert re.fullmatch(rf"{p.pid} semop -1 on 0, -, -\n", out), out
    assert "waits: " in run("shm", status=1) and "usage" in run(status=2)


@example("doctor.c")
def finds_what_was_forgotten(run):
    ref = run.make("shm", "--size", "4096")  # by a process that has ended
    assert "forgotten" not in run()  # a day has not passed
    while "forgotten" not in run("1"):
        time.sleep(0.1)
    assert f"  ipcx rm {ref} " in run("1")
    run.ipcx("rm", ref)


@example("fits.c")
def checks_the_limits(run):
    assert run("shm:4K") == "fits\n"
    assert "raise it to" in run("sem:10x32001", status=1)
    assert "fits: " in run("shm:much", status=2)


@example("why.c")
def says_why_a_call_fails(run):
    assert "SEMMSL" in run("semget: Invalid argument", "nsems=32001")
    assert run("semget: Invalid argument", "nsems=1", status=1) == ""
    assert "why: " in run("nothing known", status=2)


@example("list.cc")
def lists_in_cxx(run):
    refs = {run.make("shm", "--size", "4K"), run.make("msg")}
    assert set(run().split()) == refs and set(run("msg").split()) < refs
    assert "list: no mechanism none" in run("none", status=2)


@example("version.c")
def is_of_one_version(run):
    assert run() == f"lib{run.ipcx('--version')}\n"


@example("field.c")
def describes_fields(run):
    assert re.search(r"^nattch \(unsigned\): .+$", run("shm"), re.M) and "nattch" not in run("msg")


@example("watch.c")
def counts_repeatedly(run):
    run.ipcx("mk", "msg", "--count", "600")  # more than one slice
    assert run("msg", "2") == "600\n600\n"


@example("limits.c")
def shows_and_sets_limits(run):
    assert re.fullmatch(r"\d+, 0 used\n", run("shmmni"))
    assert run("shmmni", "777") == "777, 0 used\n" and run("shmmni") == "777, 0 used\n"
    assert "limits: " in run("none", status=2)
    assert "limits: " in run("shmmni", "99999999999", status=1)


@example("places.c")
def lists_namespaces(run):
    run.make("shm", "--size", "4K")
    own = os.readlink("/proc/self/ns/ipc")
    assert re.search(rf"^{re.escape(own)} .*\b1 objects$", run(), re.M)


@example("enter.c")
def runs_a_command_in_another_namespace(run):
    with subprocess.Popen(["unshare", "--ipc", "cat"], stdin=subprocess.PIPE) as other:
        own, end = os.readlink("/proc/self/ns/ipc"), time.monotonic() + 20
        while (there := os.readlink(f"/proc/{other.pid}/ns/ipc")) == own or read(f"/proc/{other.pid}/comm") != "cat\n":
            assert time.monotonic() < end, "it stays where it was"
            time.sleep(0.01)
        assert run(str(other.pid), "readlink", "/proc/self/ns/ipc") == there + "\n"
        other.stdin.close()
    assert "enter: " in run("no-such-container", "true", status=1)


@example("pin.c")
def pins_a_namespace(run):
    name = f"example-{os.getpid()}"
    if os.getuid() or not os.access("/run", os.W_OK):
        raise Skip("pins need /run")
    run.i.run("mount", "-t", "tmpfs", "tmpfs", "/run")  # in this mount namespace alone
    run(str(os.getpid()), name)
    assert os.path.exists(f"/run/ipcx/ns/{name}")
    assert "exists" in run(str(os.getpid()), name, status=1)
    run.ipcx("ns", "unpin", name)


@example("memory.c")
def writes_and_reads_memory(run):
    for ref in (run.make("shm", "--size", "4K"), run.make("pshm", "/memory", "--size", "4K")):
        assert run(ref, "hello") == "hello\n"
    small = run.make("pshm", "/small", "--size", "2")
    assert "memory: " in run(small, "hello", status=1)


@example("ways.c")
def tells_how_a_key_was_made(run):
    assert run(run.ipcx("key", "/", "7"), "/") == "/: ftok(3)\n"
    assert run("0xe8b7be43", "a").startswith("a: CRC-32")
    assert run("1", "/") == ""


@example("groups.c")
def sums_up_the_segments_of_each_owner(run):
    assert run() == ""
    for size in "4096", "100":
        run.make("shm", "--size", size)
    run.make("msg")
    owner = run.ipcx("ls", "msg", "-o", "owner", "--format", "raw")
    assert run() == f"{owner}: 2 segments, 4196 bytes\n"


@example("key.c")
def makes_a_key(run):
    assert run("/", "7").strip() == run.ipcx("key", "/", "7", "-o", "key", "--format", "raw")
    assert "/none" in run("/none", "7", status=1)


@example("stress.c")
def loads_queues(run):
    out = run()
    assert re.search(r"^\w+: \d+ per second, 0 errors$", out, re.M)


def case(source, test):
    def run(i):
        program = Example(i, source)
        test(program)
        left = i.run("ipcx", "rm", "all", "--all", "--yes")
        assert left is not None
    return run


def tests(i):
    installed = {name for name in os.listdir(i.path("share/doc/libipcx/examples"))}
    assert installed == set(TESTS), "each example has its test"
    for source in sorted(TESTS):
        yield f"{source} {TESTS[source].__name__.replace('_', ' ')}", case(source, TESTS[source])


if __name__ == "__main__":
    sys.exit(report(arguments(), tests))
