# SPDX-License-Identifier: GPL-2.0-or-later
"""The message of a call that would have to wait, or whose time ran out: the value, who acted last on the object, and whether that process lives."""

import contextlib
import os
import re

import pytest

from conftest import IPCX
from helpers.queues import put
from helpers.real import PYTHON, kernel, meanwhile, stranger
from helpers.tools import background, preload, release

ENDS = [(["--no-wait"], "would have to wait"), (["--timeout", "20ms"], "the time ran out"), (["--timeout", "0s"], "would have to wait")]
OUTSIDE = "outside of this PID namespace"
NAME = "open('/proc/self/comm', 'w').write('worker')\n"


def blocks(world, *words, facts, ends=ENDS[:1], rest=(), **more):
    """Check the whole message."""
    for wait, end in ends:
        r = world.ipcx(*words, *wait, *rest, **more)
        assert (r.rc, r.out, r.err) == (5, "", f"ipcx: {facts}: {end}\n"), r


@contextlib.contextmanager
def worker(world, code):
    """A process with the command name "worker" that has run the code; its PID."""
    with meanwhile(world, NAME + code + "\nhold()"):
        pids = [pid for pid in world.run("ls", "/proc").out.split() if pid.isdigit() and world.run("cat", f"/proc/{pid}/comm").out == "worker\n"]
        assert len(pids) == 1
        yield int(pids[0])


def took(world, code="semop(0, 0, 1); semop(0, 0, -1)"):
    """Run code as another process, which ends; return its PID."""
    return kernel(world, code + "\nprint(os.getpid())")


def sem(world, n=1):
    assert world.ok("mk", "sem", "--nsems", n) == "0"


@pytest.fixture
def msg(world):
    assert world.ok("mk", "msg") == "0"
    return world


@pytest.fixture
def mq(world):
    world.ok("mk", "mq", "/q", "--maxmsg", "3", "--msgsize", "10")
    return world


# ---- System V semaphores


SEM_FORMS = [(["op", "sem:0", "0-1"], []), (["wait", "sem:0"], []), (["wait", "0:0"], []), (["run", "sem:0"], ["--", "echo", "ran"])]


@pytest.mark.parametrize("words,rest", SEM_FORMS, ids=lambda w: " ".join(w))
def test_who_operated_last(world, words, rest):
    sem(world)
    # the exit of a process that asked for an undo sets the otime, though not the pid
    blocks(world, "sem", *words, rest=rest, ends=ENDS[: 1 if words[0] == "run" else 3], facts="sem:0: is 0")
    blocks(world, "sem", *words, rest=rest, facts=f"sem:0: is 0, last operated on by {took(world)} (gone)")
    with worker(world, "semop(0, 0, 1); semop(0, 0, -1)") as pid:
        blocks(world, "sem", *words, rest=rest, ends=ENDS, facts=f"sem:0: is 0, last operated on by {pid} (worker)")
    blocks(world, "sem", *words, rest=rest, ends=ENDS, facts=f"sem:0: is 0, last operated on by {pid} (gone)")


def test_a_refused_operation_is_not_the_last(world):
    sem(world)
    pid = took(world)
    for _ in range(3):
        blocks(world, "sem", "wait", "sem:0", facts=f"sem:0: is 0, last operated on by {pid} (gone)")


@pytest.mark.parametrize("ops,facts", [
    (["0-1"], "semaphore 0 is 0"), (["1-3"], "semaphore 1 is 2, less than 3"), (["2=0"], "semaphore 2 is 3, not 0"),
    (["1-1", "2-1", "0-1"], "semaphore 0 is 0"), (["1-2", "1-1"], "semaphore 1 is 2, less than 3"), (["1+2", "1-9"], "semaphore 1 is 2, less than 7"),
    (["0=0", "2-1", "2=0", "0-1"], "semaphore 2 is 3, would be 2, not 0"), (["0+1", "0=0"], "semaphore 0 is 0, would be 1, not 0"),
    (["0:2-1"], "semaphore 0 is 0")], ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_the_semaphore_that_blocks_is_named(world, ops, facts):
    sem(world, 3)
    pid = took(world, "check(libc.semctl(0, 0, 17, struct.pack('=3H', 0, 2, 3)))")
    blocks(world, "sem", "op", "sem:0", *ops, facts=f"sem:0: {facts}, last operated on by {pid} (gone)")
    assert kernel(world, "print(sem_values(0, 3))") == [0, 2, 3]


def test_a_semaphore_of_which_nobody_is_known(world):
    """In a new array, nobody has operated on any semaphore. Once one has been used, a process without a PID here may have operated on the others."""
    sem(world, 2)
    blocks(world, "sem", "wait", "sem:0:1", facts="sem:0: semaphore 1 is 0")
    took(world)
    blocks(world, "sem", "wait", "sem:0:1", facts=f"sem:0: semaphore 1 is 0, last operated on by a process {OUTSIDE}, if by any")


def test_setting_counts_as_operating(world):
    sem(world)
    took(world, "check(libc.semctl(0, 0, 16, 0))")  # not semop(2): its time would leave open whether the worker began after it
    with worker(world, "check(libc.semctl(0, 0, 16, 0))") as pid:
        blocks(world, "sem", "wait", "sem:0", facts=f"sem:0: is 0, last operated on by {pid} (worker)")


def test_a_reused_pid_is_another_process(world):
    """At first the times prove it. IPC_SET moves the only time that SETVAL would move, too: then the process may be the one."""
    with stranger(world, "    check(libc.semget(5, 1, IPC_CREAT | 0o600)); semop(0, 0, 1); semop(0, 0, -1)", ""):
        blocks(world, "sem", "wait", "sem:0", facts="sem:0: is 0, last operated on by 300 (gone)")
        world.ok("set", "sem:0", "--mode", "0640")
        blocks(world, "sem", "wait", "sem:0", facts="sem:0: is 0, last operated on by 300 (stranger?)")


def test_the_time_of_an_array_is_not_that_of_each_semaphore(world):
    """The PID was used again before another semaphore of the array was operated on."""
    with stranger(world, "    check(libc.semget(5, 2, IPC_CREAT | 0o600)); semop(0, 0, 1); semop(0, 0, -1)", ""):
        blocks(world, "sem", "wait", "sem:0", facts="sem:0: semaphore 0 is 0, last operated on by 300 (gone)")
        took(world, "semop(0, 1, 1)")
        blocks(world, "sem", "wait", "sem:0", facts="sem:0: semaphore 0 is 0, last operated on by 300 (stranger?)")


def test_a_zombie_has_ended(world):
    code = "semop(0, 0, 1)\nif not (p := os.fork()):\n    semop(0, 0, -1)\n    os._exit(0)\nos.waitid(os.P_PID, p, os.WEXITED | os.WNOWAIT)\nhold()"
    sem(world)
    with meanwhile(world, code):
        pid = world.ipcx("sem", "get", "0", "--json").json["semaphores"][0]["sempid"]
        assert " Z " in world.run("cat", f"/proc/{pid}/stat").out
        blocks(world, "sem", "wait", "sem:0", facts=f"sem:0: is 0, last operated on by {pid} (gone)")


@pytest.mark.parametrize("name,shown", [(b"a b", "(a b)"), (b"\033[31mred", r"(\x1b[31mred)"), (b"new\nline", r"(new\x0aline)"), (b"\xff", r"(\xff)"),
                                        ("\u202eevil".encode(), r"(\xe2\x80\xaeevil)"), (b"gone", '("gone")'), (b"no?", '("no?")'), (b"x): is 7", '("x): is 7")'), (b"", '("")')], ids=ascii)
def test_names_that_processes_choose(world, name, shown):
    sem(world)
    with meanwhile(world, "libc.prctl(15, bytes.fromhex(sys.argv[1]))\nsemop(0, 0, 1); semop(0, 0, -1); hold()", name.hex()):
        pid = world.ipcx("sem", "get", "0", "--json").json["semaphores"][0]["sempid"]
        blocks(world, "sem", "wait", "sem:0", facts=f"sem:0: is 0, last operated on by {pid} {shown}")


def test_from_another_pid_namespace(world):
    sem(world)
    took(world)
    inside = ["unshare", "--pid", "--fork", "--mount-proc", IPCX]
    r = world.run(*inside, "sem", "wait", "sem:0", "--no-wait")
    assert (r.rc, r.err) == (5, f"ipcx: sem:0: is 0, last operated on by a process {OUTSIDE}, if by any: would have to wait\n")
    took(world, "semop(0, 0, 2)")
    r = world.run(*inside, "sem", "wait", "sem:0", "--count", "3", "--no-wait")
    assert (r.rc, r.err) == (5, f"ipcx: sem:0: is 2, less than 3, last operated on by a process {OUTSIDE}: would have to wait\n")
    # the PIDs are ours, but not those in /proc
    r = world.run("unshare", "--pid", "--fork", "sh", "-c", '"$0" sem post sem:0 -c 1; "$0" sem wait sem:0 -c 5 --no-wait; exit $?', release())
    assert r.rc == 5 and re.fullmatch(r"ipcx: sem:0: is 3, less than 5, last operated on by \d+: would have to wait\n", r.err), r.err


def test_in_another_namespace(world):
    """PIDs are those of our PID namespace, wherever the array is."""
    code = "check(libc.semget(5, 1, IPC_CREAT | 0o600)); semop(0, 0, 1); semop(0, 0, -1); hold()"
    with open(os.path.join(os.path.dirname(__file__), "helpers/sysv.py"), encoding="utf-8") as f:
        calls = f.read()
    for unshare in (["--ipc"], ["--ipc", "--pid", "--fork", "--mount-proc"]):
        with background(world, "unshare", *unshare, PYTHON, "-c", calls + NAME + code):
            pids = [pid for pid in world.run("ls", "/proc").out.split() if pid.isdigit() and world.run("cat", f"/proc/{pid}/comm").out == "worker\n"]
            assert len(pids) == 1
            blocks(world, "sem", "wait", "sem:0", "--ns", pids[0], facts=f"sem:0: is 0, last operated on by {pids[0]} (worker)")


def test_without_proc(world):
    sem(world)
    gone = took(world)
    library = "LD_LIBRARY_PATH=" + os.path.join(os.path.dirname(release()), "../lib")
    hide = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh", "env", library, release(), "sem", "wait", "sem:0", "--no-wait"]
    r = world.run(*hide)
    assert (r.rc, r.err) == (5, f"ipcx: sem:0: is 0, last operated on by {gone} (gone): would have to wait\n")
    with worker(world, "semop(0, 0, 1); semop(0, 0, -1)") as pid:
        r = world.run(*hide)
        assert (r.rc, r.err) == (5, f"ipcx: sem:0: is 0, last operated on by {pid}: would have to wait\n")


def test_without_read_permission(world):
    assert world.ok("mk", "sem", "--nsems", "2", "--mode", "0622") == "0"
    for ops, asked in ((["0-1"], "-1 on 0"), (["1+1", "0-2u"], "+1 on 1, -2 on 0"), (["0:1+1", "0-1", "1-7", "0-1", "0-1"], "+1 on 0, +1 on 1, -1 on 0 and 3 more")):
        blocks(world, "sem", "op", "sem:0", *ops, uid=1000, ends=ENDS, facts=f"sem:0: asked for {asked}")


# ---- System V queues


def test_an_empty_queue(msg):
    blocks(msg, "msg", "recv", "0", ends=ENDS, facts="msg:0: has no message")
    with worker(msg, "msgsnd(0, 1, b'x')") as pid:
        msg.ok("msg", "recv", "0")
        for pick in ([], ["--type", "3"], ["--follow"]):
            blocks(msg, "msg", "recv", "0", *pick, ends=ENDS[1:], facts=f"msg:0: has no message, last sender {pid} (worker)")
    blocks(msg, "msg", "recv", "0", ends=ENDS, facts=f"msg:0: has no message, last sender {pid} (gone)")


@pytest.mark.parametrize("pick,which", [(["--type", "3"], "of type 3"), (["--lowest", "1"], "of type at most 1"), (["--except", "2"], "of a type other than 2")], ids=" ".join)
def test_no_message_of_a_type(msg, pick, which):
    with worker(msg, "msgsnd(0, 2, b'x'); msgsnd(0, 2, b'y')") as pid:
        blocks(msg, "msg", "recv", "0", *pick, ends=ENDS, facts=f"msg:0: had no message {which}, holds 2, last sender {pid} (worker)")
    blocks(msg, "msg", "recv", "0", *pick, ends=ENDS, facts=f"msg:0: had no message {which}, holds 2, last sender {pid} (gone)")


def test_a_full_queue(msg):
    put(msg, *[(1, b"x" * 8000)] * 2, (1, b"x" * 384))
    blocks(msg, "msg", "send", "0", "y", ends=ENDS, facts="msg:0: holds 16384 of 16384 bytes (qbytes)")
    with worker(msg, "check(libc.msgrcv(0, ctypes.create_string_buffer(9000), 8192, 0, IPC_NOWAIT))") as pid:
        blocks(msg, "msg", "send", "0", "y" * 8001, facts=f"msg:0: holds 8384 of 16384 bytes (qbytes), no room for 8001, last receiver {pid} (worker)")
        put(msg, (1, b"x" * 8000))
        blocks(msg, "msg", "send", "0", "y", ends=ENDS, facts=f"msg:0: holds 16384 of 16384 bytes (qbytes), last receiver {pid} (worker)")
    blocks(msg, "msg", "send", "0", "y", ends=ENDS, facts=f"msg:0: holds 16384 of 16384 bytes (qbytes), last receiver {pid} (gone)")


def test_a_queue_full_of_empty_messages(msg):
    msg.ok("set", "msg:0", "--qbytes", "3")
    put(msg, *[(1, b"")] * 3)
    blocks(msg, "msg", "send", "0", "", ends=ENDS, facts="msg:0: holds 3 messages (qbytes limits their number, too)")


def test_a_reused_pid_is_no_sender(world):
    before = "    msgsnd(check(libc.msgget(5, IPC_CREAT | 0o600)), 1, b'x'); libc.msgrcv(0, ctypes.create_string_buffer(99), 8, 0, IPC_NOWAIT)"
    with stranger(world, before, ""):
        world.ok("set", "msg:0", "--mode", "0640")
        blocks(world, "msg", "recv", "0", facts="msg:0: has no message, last sender 300 (gone)")
        put(world, *[(1, b"x" * 8192)] * 2)
        blocks(world, "msg", "send", "0", "y", facts="msg:0: holds 16384 of 16384 bytes (qbytes), last receiver 300 (gone)")


def test_a_sender_outside_of_the_pid_namespace(msg):
    put(msg, (1, b"x" * 8192), (1, b"x" * 8192))
    inside = ["unshare", "--pid", "--fork", "--mount-proc", IPCX, "msg"]
    r = msg.run(*inside, "recv", "0", "--type", "9", "--no-wait")
    assert (r.rc, r.err) == (5, f"ipcx: msg:0: had no message of type 9, holds 2, last sender {OUTSIDE}: would have to wait\n")
    r = msg.run(*inside, "send", "0", "x", "--no-wait")
    assert (r.rc, r.err) == (5, "ipcx: msg:0: holds 16384 of 16384 bytes (qbytes): would have to wait\n")


def test_a_queue_that_may_only_be_written_to(msg):
    """MSG_STAT_ANY tells its state all the same."""
    msg.ok("set", "msg:0", "--mode", "0622")
    put(msg, (1, b"x" * 8192), (1, b"x" * 8192))
    blocks(msg, "msg", "send", "0", "y", uid=1000, facts="msg:0: holds 16384 of 16384 bytes (qbytes)")


# ---- POSIX: the kernel does not record who acted last


def test_posix_queues(mq):
    blocks(mq, "mq", "recv", "/q", ends=ENDS, facts="mq:/q: has no message")
    mq.ok("mq", "send", "/q", "a", "b", "c")
    blocks(mq, "mq", "send", "/q", "d", ends=ENDS, facts="mq:/q: holds 3 of 3 messages (maxmsg)")


@pytest.mark.parametrize("words,rest", [(["wait", "/s"], []), (["run", "/s"], ["--", "echo", "ran"])], ids=lambda w: " ".join(w))
def test_named_semaphores(world, words, rest):
    world.ok("mk", "psem", "/s", "--init", "0")
    blocks(world, "psem", *words, rest=rest, ends=ENDS, facts="psem:/s: is 0")


# ---- the object changes between the call and the message


@pytest.mark.parametrize("before,words,says", [
    ([], ["sem", "op", "sem:0", "0-1"], "sem:0: asked for -1 on 0"),
    (["sem", "set", "sem:0", "2"], ["sem", "wait", "sem:0", "--count", "3"], "sem:0: asked for -3 on 0"),
    ([], ["psem", "wait", "/s"], "psem:/s: was 0"),
    ([], ["msg", "recv", "0"], "msg:0: had no message"),
    (["msg", "send", "0", "x" * 8192, "x" * 8192], ["msg", "send", "0", "y"], "msg:0: had no room for a message of 1 byte"),
    ([], ["mq", "recv", "/q"], "mq:/q: had no message"),
    (["mq", "send", "/q", "a", "b", "c"], ["mq", "send", "/q", "d"], "mq:/q: had no room for a message")], ids=lambda w: " ".join(w)[:30] if isinstance(w, list) else "")
def test_no_message_states_what_no_longer_holds(mq, before, words, says):
    mq.ok("mk", "sem", "--nsems", "1")
    mq.ok("mk", "msg")
    mq.ok("mk", "psem", "/s", "--init", "0")
    if before:
        mq.ok(*before)
    r = mq.run("env", "LD_PRELOAD=" + preload("moved"), release(), *words, "--no-wait")
    assert (r.rc, r.out, r.err) == (5, "", f"ipcx: {says}: would have to wait\n")


def test_no_error_replaces_the_message(msg):
    """The array or queue is gone, or the kernel refuses to describe it."""
    sem(msg)
    put(msg, (1, b"x" * 8192), (1, b"x" * 8192))
    for words, call, says in ((["sem", "wait", "sem:0"], "semctl", "sem:0: asked for -1 on 0"), (["msg", "recv", "0", "--type", "2"], "msgctl", "msg:0: had no message of type 2"),
                              (["msg", "send", "0", "y"], "msgctl", "msg:0: had no room for a message of 1 byte")):
        first = "" if call == "semctl" else ":when=3+"
        r = msg.run("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:error=EIO{first}", release(), *words, "--no-wait")
        assert (r.rc, r.err) == (5, f"ipcx: {says}: would have to wait\n"), words
