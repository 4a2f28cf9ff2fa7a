# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx msg send, recv, peek: messages of System V queues. The other end is the kernel's own calls, never ipcx."""

import json
import fcntl
import os
import signal
import subprocess
import time

import pytest

from conftest import IPCX
from helpers.real import PYTHON, SYSV_CALLS, kernel
from helpers.tools import background, helper, preload, release

# Receiving by the kernel's own call: (type, bytes as hexadecimal), None where there is none.
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
    """Everything in a queue, taken out behind ipcx's back."""
    return [(t, bytes.fromhex(d)) for t, d in kernel(world, TAKE + "print(json.dumps(take_all(args[0])))".replace("json", "__import__('json')"), msqid)]


def put(world, *messages, msqid=0):
    """Send (type, bytes) behind ipcx's back."""
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
    """Send a signal to ipcx itself: nsenter stands between."""
    with open(f"/proc/{p.pid}/task/{p.pid}/children", encoding="ascii") as f:
        os.kill(int(f.read().split()[0]), signo)


def ended(p, timeout=30):
    out, err = p.communicate(timeout=timeout)
    assert b"Sanitizer" not in (err or b"")
    return p.returncode, out, (err or b"").decode()


def receivers(world):
    """How many processes in the world wait in msgrcv(2) or msgsnd(2)."""
    n = 0
    for pid in world.run("ls", "/proc").out.split():
        if pid.isdigit():
            n += world.run("cat", f"/proc/{pid}/wchan").out in ("do_msgrcv", "do_msgsnd")
    return n


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def queue(world):
    assert world.ok("mk", "msg", "--key", "0x4d2") == "0"
    return world


# ---- sending


def test_each_operand_is_a_message(queue):
    queue.ok("msg", "send", "msg:0", "one", "", "three three")
    queue.ok("msg", "send", "0x4d2", "--type", "7", "-")
    queue.ok("msg", "send", "0", "--type", "9223372036854775807", "--", "--lines", "-")
    assert taken(queue) == [(1, b"one"), (1, b""), (1, b"three three"), (7, b""),
                            (2**63 - 1, b"--lines"), (2**63 - 1, b"-")]


BYTES = bytes(range(256)) + b"\n\0\n"


def test_standard_input_is_one_message(queue):
    queue.ok("msg", "send", "0", input=BYTES)
    queue.ok("msg", "send", "0", "-", "-t", "3", input=b"")
    assert taken(queue) == [(1, BYTES), (3, b"")]


def test_lines_blocks_and_records_of_standard_input(queue):
    queue.ok("msg", "send", "0", "--lines", input=b"a\n\n\0b\r\nlast")
    assert taken(queue) == [(1, b"a"), (1, b""), (1, b"\0b\r"), (1, b"last")]
    queue.ok("msg", "send", "0", "--lines", input=b"")
    assert taken(queue) == []
    queue.ok("msg", "send", "0", "--block", "100", "-t", "2", input=BYTES)
    assert taken(queue) == [(2, BYTES[:100]), (2, BYTES[100:200]), (2, BYTES[200:])]
    queue.ok("msg", "send", "0", "--records", input='{"ipcx":1,"type":5,"data":"AP8="}\n{"data":"","type":1,"ipcx":1,"new":[]}')
    assert taken(queue) == [(5, b"\0\xff"), (1, b"")]


# ---- receiving


def test_one_message_raw_and_nothing_else(queue):
    put(queue, (4, BYTES), (5, b"next"))
    assert queue.ipcx("msg", "recv", "0").stdout == BYTES
    assert taken(queue) == [(5, b"next")]


@pytest.mark.parametrize("words,left", [
    (["--type", "3"], b"aacd"), (["--except", "1"], b"aacd"), (["--lowest", "2"], b"abcd"), (["--lowest", "9223372036854775807"], b"abcd"),
    (["--count", "2"], b"bcd"), (["--type", "2", "-n", "2"], b"aab"), (["--all"], b""), (["--all", "--type", "1"], b"bcd"),
    (["--all", "--except", "3"], b"b")])
def test_which_messages_are_taken(queue, words, left):
    put(queue, (1, b"a"), (1, b"a"), (3, b"b"), (2, b"c"), (2, b"d"))
    before = b"aabcd"
    r = queue.ipcx("msg", "recv", "0", *words)
    assert r.rc == 0 and r.err == ""
    assert b"".join(d for _, d in taken(queue)) == left
    assert sorted(r.stdout + left) == sorted(before)


def test_formats(queue):
    messages = [(1, b"hello\n"), (2**63 - 1, b""), (9, bytes(range(40)))]
    put(queue, *messages)
    peeked = {f: queue.ipcx("msg", "peek", "0", "--format", f).stdout for f in ("raw", "lines", "hex", "json")}
    for f, text in peeked.items():
        assert queue.ipcx("msg", "recv", "0", "--all", "--format", f).stdout == text, f
        put(queue, *messages)
    assert peeked["raw"] == b"".join(d for _, d in messages)
    assert peeked["lines"] == b"".join(d + b"\n" for _, d in messages)
    assert [json.loads(line) for line in peeked["json"].splitlines()] == [
        {"ipcx": 1, "type": 1, "data": "aGVsbG8K"}, {"ipcx": 1, "type": 2**63 - 1, "data": ""},
        {"ipcx": 1, "type": 9, "data": __import__("base64").b64encode(bytes(range(40))).decode()}]
    assert peeked["hex"].decode().splitlines() == [
        "type 1, 6 bytes", "00000000: 6865 6c6c 6f0a                           hello.",
        "type 9223372036854775807, 0 bytes", "type 9, 40 bytes",
        "00000000: 0001 0203 0405 0607 0809 0a0b 0c0d 0e0f  ................",
        "00000010: 1011 1213 1415 1617 1819 1a1b 1c1d 1e1f  ................",
        "00000020: 2021 2223 2425 2627                      \x20!\"#$%&'"]


def test_follow_writes_each_message_as_it_comes_and_ends_by_the_signal(queue):
    p = start(queue, "msg", "recv", "0", "--follow", "--format", "lines")
    for word in (b"one", b"two", b"three"):
        put(queue, (1, word))
        assert p.stdout.readline() == word + b"\n"
    interrupt(p)
    assert ended(p) == (-signal.SIGINT, b"", "")


def test_waiting_ends_with_the_message(queue):
    p = start(queue, "msg", "recv", "0", "--type", "5")
    until(lambda: receivers(queue) == 1)  # truly blocked
    put(queue, (1, b"not this"), (5, b"this"))
    assert ended(p) == (0, b"this", "")
    assert taken(queue) == [(1, b"not this")]


# ---- bad days of a sender


MSGMAX = 8192


def test_the_longest_message_and_one_byte_more(queue):
    queue.ok("msg", "send", "0", input=b"x" * MSGMAX)
    assert taken(queue) == [(1, b"x" * MSGMAX)]
    for words, data in ((["short", "y" * (MSGMAX + 1)], None), (["-"], b"y" * (MSGMAX + 1)), (["--block", "9K"], b"y")):
        r = queue.ipcx("msg", "send", "0", *words, input=data)
        assert r.rc in (1, 2) and "8192" in r.err and r.out == "", r.err
        assert taken(queue) == [], "nothing is sent before what cannot be"


def test_a_line_that_is_too_long(queue):
    lines = b"one\ntwo\n" + b"z" * (MSGMAX + 1) + b"\nfour\n"
    path = os.path.join(queue.dir, "lines")
    with open(path, "wb") as f:
        f.write(lines)
    with open(path, "rb") as f:
        r = queue.ipcx("msg", "send", "0", "--lines", stdin=f)
    assert r.rc == 1 and r.err.count("\n") == 1 and "line 3" in r.err and taken(queue) == []
    r = queue.ipcx("msg", "send", "0", "--lines", input=lines)
    assert r.rc == 1 and "line 3" in r.err and "messages sent: 2; line 3 " in r.err
    assert taken(queue) == [(1, b"one"), (1, b"two")]


def test_a_message_that_the_queue_never_holds_is_refused_at_once(queue):
    queue.ok("set", "msg:0", "--qbytes", "100")
    r = queue.ipcx("msg", "send", "0", "x" * 101, timeout=10)
    assert r.rc == 1 and "100 at most" in r.err
    queue.ok("msg", "send", "0", "x" * 100)
    assert len(taken(queue)) == 1


@pytest.mark.parametrize("number,rc", [("0", 2), ("-1", 2), ("9223372036854775808", 2), ("x", 2), ("", 2)])
def test_types_that_are_none(queue, number, rc):
    for words in (["msg", "send", "0", "x", "--type", number], ["msg", "recv", "0", "--no-wait", "--type", number],
                  ["msg", "recv", "0", "--no-wait", "--lowest", number]):
        r = queue.ipcx(*words)
        assert r.rc == rc and r.err.startswith("ipcx: "), words
    assert taken(queue) == []


@pytest.mark.parametrize("messages,says", [(["x" * 1000] * 16, "16000 of 16384 bytes (qbytes)"), ([""] * 16384, "16384 messages")])
def test_a_full_queue(queue, messages, says):
    queue.ok("msg", "send", "0", "--lines", input="".join(m + "\n" for m in messages))
    before = time.monotonic()
    r = queue.ipcx("msg", "send", "0", "y" * 500, "--no-wait")
    assert r.rc == 5 and says in r.err and time.monotonic() - before < 5
    before = time.monotonic()
    r = queue.ipcx("msg", "send", "0", "y" * 500, "--timeout", "300ms")
    assert r.rc == 5 and says in r.err and 0.3 <= time.monotonic() - before < 5
    p = start(queue, "msg", "send", "0", "y" * 500, "--timeout", "20s")
    q = start(queue, "msg", "send", "0", "--type", "2", "y" * 500)
    until(lambda: receivers(queue) == 1)  # without --timeout it is truly blocked
    taken(queue)
    assert ended(p) == ended(q) == (0, b"", "")


@pytest.mark.parametrize("words", [["msg", "recv", "0"], ["msg", "recv", "0", "--follow"], ["msg", "recv", "0", "--timeout", "20s"],
                                   ["msg", "send", "0", "--type", "2", "y" * 1000], ["msg", "send", "0", "y" * 1000, "--timeout", "20s"]], ids=" ".join)
def test_a_queue_that_is_removed_while_one_waits(queue, words):
    if words[1] == "send":
        put(queue, *[(1, b"x" * 1000)] * 16)
    p = start(queue, *words)
    until(lambda: receivers(queue) == 1) if "--timeout" not in words else time.sleep(0.7)
    assert p.poll() is None
    kernel(queue, "check(libc.msgctl(0, IPC_RMID, None))")
    assert ended(p) == (3, b"", "ipcx: msg:0: was removed meanwhile\n")


def test_a_missing_queue_and_missing_rights(queue):
    for words in (["send", "9", "x"], ["recv", "9"], ["peek", "msg:0x77"], ["drain", "9", "-"], ["load", "9", "/dev/null"]):
        r = queue.ipcx("msg", *words)
        assert r.rc == 3 and "no such message queue" in r.err and r.err.count("\n") == 1
    put(queue, (1, b"x"))
    for words, says in ((["send", "0", "x"], "write permission"), (["recv", "0"], "read permission"), (["peek", "0"], "read permission")):
        r = queue.ipcx("msg", *words, uid=1000)
        assert r.rc == 1 and says in r.err and r.out == ""


@pytest.mark.parametrize("words", [["recv", "0", "--type", "1", "--except", "2"], ["recv", "0", "--all", "--follow"], ["recv", "0", "--all", "-n", "2"],
                                   ["recv", "0", "--follow", "--no-wait"], ["recv", "0", "-n", "0"], ["recv", "0", "--format", "xml"], ["recv"], ["recv", "0", "1"],
                                   ["recv", "0", "--timeout", "1s", "--no-wait"], ["recv", "0", "--truncate"], ["recv", "0", "--max-size", "0"], ["recv", "shm:0"],
                                   ["send"], ["send", "0", "--lines", "x"], ["send", "0", "--lines", "--records"], ["send", "0", "--records", "--type", "2"],
                                   ["send", "0", "--block", "0"], ["peek"], ["peek", "0", "--format", "csv"], ["drain", "0"], ["load", "0"]], ids=" ".join)
def test_wrong_usage_does_nothing(queue, words):
    put(queue, (1, b"x"))
    r = queue.ipcx("msg", *words, input=b"y\n")
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ")
    assert taken(queue) == [(1, b"x")]


def test_a_sender_that_is_interrupted_says_how_far_it_got(queue):
    p = start(queue, "msg", "send", "0", "--lines", stdin=subprocess.PIPE)
    p.stdin.write(b"one\ntwo\nthr")
    p.stdin.flush()
    until(lambda: kernel(queue, "import json\nprint(json.dumps(msg_stat(0)))")["qnum"] == 2)
    interrupt(p)
    assert ended(p) == (-signal.SIGINT, b"", "ipcx: note: messages sent: 2; line 3 of standard input is the first that was not\n")
    assert taken(queue) == [(1, b"one"), (1, b"two")]


def test_a_full_queue_and_an_interrupt(queue):
    p = start(queue, "msg", "send", "0", *["x" * 4000] * 6)
    until(lambda: receivers(queue) == 1)
    interrupt(p)
    assert ended(p) == (-signal.SIGINT, b"", "ipcx: note: messages sent: 4 of 6\n")
    assert taken(queue) == [(1, b"x" * 4000)] * 4


def test_signals_that_are_ignored_stay_so(queue):
    p = start(queue, "-c", 'trap "" INT; exec "$0" msg recv 0', IPCX, program="sh")
    until(lambda: receivers(queue) == 1)
    interrupt(p)
    time.sleep(0.3)
    assert p.poll() is None
    put(queue, (1, b"went on"))
    assert ended(p) == (0, b"went on", "")


# ---- bad days of a receiver


def test_a_message_that_is_too_long_stays_or_is_cut(queue):
    put(queue, (3, b"0123456789"), (4, b"ab"))
    r = queue.ipcx("msg", "recv", "0", "--max-size", "9")
    assert r.rc == 1 and "stays in the queue" in r.err and r.out == ""
    assert queue.ok("msg", "recv", "0", "--max-size", "10") == "0123456789"
    put(queue, (3, b"0123456789"))
    assert queue.ok("msg", "recv", "0", "--all", "--max-size", "4", "--truncate", "--format", "lines") == "ab\n0123"


def test_a_message_longer_than_msgmax_is_by_now(queue):
    queue.sysctl("kernel.msgmax", "65536")
    queue.ok("set", "msg:0", "--qbytes", "16384")
    put(queue, (1, b"a"), (2, b"x" * 12000), (3, b"c"))
    assert len(queue.ok("msg", "peek", "0").splitlines()) == 4
    queue.sysctl("kernel.msgmax", "4000")
    r = queue.ipcx("msg", "peek", "0")
    rows = [line.split() for line in r.lines[1:]]
    assert r.rc == 0 and rows == [["0", "1", "1", "a"], ["1", "-", "-", "-"], ["2", "3", "1", "c"]]
    assert r.err.count("\n") == 1 and "kernel.msgmax" in r.err
    assert queue.ipcx("msg", "peek", "0", "--format", "json").rc == 4, "a copy that is not whole"
    assert len(queue.ok("msg", "recv", "0", "--all", "--format", "lines")) == 12000 + 4


def test_peeking_takes_nothing_and_leaves_no_trace(queue):
    put(queue, *[(i, str(i).encode() * i) for i in range(1, 40)])
    before = kernel(queue, "import json\nprint(json.dumps(msg_stat(0)))")
    rows = queue.ok("msg", "peek", "0x4d2").splitlines()
    assert [line.split()[:3] for line in rows[1:]] == [[str(i - 1), str(i), str(len(str(i)) * i)] for i in range(1, 40)]
    assert len(queue.ok("msg", "peek", "0", "-n", "3").splitlines()) == 4
    assert queue.ok("msg", "peek", "0", "-n", "0").count("\n") == 0
    assert kernel(queue, "import json\nprint(json.dumps(msg_stat(0)))") == before
    assert [t for t, _ in taken(queue)] == list(range(1, 40))


def test_a_queue_that_changes_while_it_is_looked_at(queue):
    """Nobody can look at one moment; it ends all the same, and shows no more than there was at the beginning."""
    code = SYSV_CALLS + TAKE + """
for i in range(50):
    msgsnd(0, 1, b"old")
print("ready", flush=True)
import select
while not select.select([0], [], [], 0)[0]:
    for i in range(100):
        msgsnd(0, 2, b"new")
    for i in range(100):
        msgrcv(0)
"""
    with background(queue, PYTHON, "-c", code):
        for _ in range(30):
            r = queue.ipcx("msg", "peek", "0", timeout=20)
            assert r.rc == 0 and r.err == "" and len(r.lines) <= 151
            assert all(line.split()[1:] in (["1", "3", "old"], ["2", "3", "new"]) for line in r.lines[1:])


def test_a_queue_that_grows_faster_than_one_looks(queue):
    put(queue, *[(1, b"old")] * 3)
    r = queue.run(release(), "msg", "peek", "0", env={"LD_PRELOAD": preload("sender")})
    assert (r.rc, r.err) == (0, "") and [line.split()[3] for line in r.lines[1:]] == ["old"] * 3
    assert len(taken(queue)) == 6


def test_what_is_peeked_cannot_command_a_terminal(queue):
    put(queue, (1, b"\033[31mred\nline\0hidden"), (1, b"y" * 100))
    out = queue.ok("msg", "peek", "0")
    assert "\033" not in out and "\\x1b[31mred\\x0aline…" in out and "y" * 60 + "…" in out


def test_a_kernel_that_cannot_peek_says_so_and_nothing_else_is_tried(queue):
    put(queue, (1, b"first"), (2, b"second"))
    r = queue.run(helper("seccomp"), 38, "msgrcv", "--", IPCX, "msg", "peek", "0")
    assert r.rc == 1 and "MSG_COPY" in r.err and "without taking" in r.err
    assert taken(queue) == [(1, b"first"), (2, b"second")]


def test_a_reader_that_goes_away_costs_no_message(queue):
    messages = [(i, str(i).encode() * 10) for i in range(1, 20)]
    for out in ("closed pipe", "/dev/full"):
        put(queue, *messages)
        if out == "closed pipe":
            r, w = os.pipe()
            os.close(r)
        else:
            w = os.open(out, os.O_WRONLY)
        p = start(queue, "msg", "recv", "0", "--all", stdout=w)
        os.close(w)
        rc, _, err = ended(p)
        assert rc == 1 and "put back at the end of the queue: 19\n" in err and err.count("\n") == 2
        assert taken(queue) == messages, "in their order, as there were no others"


@pytest.mark.parametrize("words", ["drain 0 out", "recv 0 --all > out"])
def test_a_file_that_may_not_grow_costs_no_message(queue, words):
    """SIGXFSZ would end us with the messages in our hands."""
    messages = [(1, b"one"), (2, b""), (3, b"three")]
    put(queue, *messages)
    r = queue.sh(f'cd {queue.dir}; ulimit -f 0; "$IPCX" msg {words}')
    assert r.rc == 1 and "put back at the end of the queue: 3" in r.err, r.err
    assert taken(queue) == messages


def test_an_empty_message_is_not_forgotten(queue):
    put(queue, (1, b""), (2, b"one"))
    with open("/dev/full", "wb") as full:
        assert queue.ipcx("msg", "recv", "0", "--all", stdout=full).rc == 1
    assert taken(queue) == [(1, b""), (2, b"one")]


def test_a_file_that_was_filled_can_be_loaded(queue):
    """What stands in it whole is not in the queue any more; half a record does not keep the others from it."""
    messages = [(i, bytes([i]) * 300) for i in range(1, 31)]
    put(queue, *messages)
    queue.sh("mount -t tmpfs -o size=4k none /mnt")
    r = queue.ipcx("msg", "drain", "0", "/mnt/out")
    left = taken(queue)
    assert r.rc == 1 and 0 < len(left) < 30
    assert queue.ipcx("msg", "load", "0", "/mnt/out").rc == 0
    assert sorted(taken(queue) + left) == messages


def test_what_cannot_be_put_back_is_told_as_records(queue):
    queue.ok("set", "msg:0", "--mode", "0444")
    put(queue, (7, b"\0one"), (8, b""))
    with open("/dev/full", "wb") as full:
        r = queue.ipcx("msg", "recv", "0", "--all", "--format", "lines", uid=1000, stdout=full)
    assert r.rc == 1 and "cannot be put back, stand above as records: 2" in r.err
    records = [json.loads(line) for line in r.err.splitlines() if line.startswith("{")]
    assert records == [{"ipcx": 1, "type": 7, "data": "AG9uZQ=="}, {"ipcx": 1, "type": 8, "data": ""}]
    assert taken(queue) == []


def test_a_reader_that_reads_no_more_and_an_interrupt(queue):
    """What was written stands in the pipe, what was not is in the queue again; one message may be in both."""
    queue.ok("rm", "msg:0")
    queue.sysctl("kernel.msgmnb", "1000000")
    msqid = int(queue.ok("mk", "msg"))
    put(queue, *[(i, bytes([i]) * 8000) for i in range(1, 21)], msqid=msqid)
    r, w = os.pipe()
    p = start(queue, "msg", "recv", msqid, "--follow", stdout=w)
    os.close(w)
    time.sleep(1)
    interrupt(p)
    rc, _, err = ended(p)
    assert rc == -signal.SIGINT and "interrupted" in err and "put back" in err
    got = b""
    while part := os.read(r, 1 << 16):
        got += part
    os.close(r)
    whole = len(got) // 8000
    assert got == b"".join(bytes([i]) * 8000 for i in range(1, 21))[:len(got)] and 0 < whole < 20
    assert sorted(taken(queue, msqid)) == [(i, bytes([i]) * 8000) for i in range(whole + 1, 21)]


@pytest.mark.parametrize("signo", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGXCPU])
def test_interrupts_at_any_moment_lose_nothing(queue, signo):
    """Sent while messages come: each was delivered, or is still there."""
    for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.05):
        p = start(queue, "msg", "recv", "0", "--follow", "--format", "lines")
        until(lambda: receivers(queue) == 1)
        s = start(queue, "msg", "send", "0", "--lines", stdin=subprocess.PIPE)
        s.stdin.write(b"".join(b"%d\n" % i for i in range(2000)))
        s.stdin.close()
        s.stdin = None
        time.sleep(delay)
        interrupt(p, signo)
        rc, out, err = ended(p)
        rest = []
        while s.poll() is None:
            rest += taken(queue)
        rest += taken(queue)
        assert ended(s)[0] == 0
        assert rc == -signo and err == ""
        assert sorted(int(n) for n in out.split()) + sorted(int(d) for _, d in rest) == list(range(2000))


# ---- moving


def test_drain_and_load_lose_nothing(queue):
    messages = [(1, b""), (2**63 - 1, bytes(range(256))), (5, b"\n{}\n"), (1, b"x" * MSGMAX), (3, "ü😀".encode())] + \
        [(i, os.urandom(i)) for i in range(1, 60)]
    put(queue, *messages)
    path = os.path.join(queue.dir, "saved")
    queue.ok("msg", "drain", "0", path)
    assert taken(queue) == [] and os.stat(path).st_mode & 0o777 == 0o600
    queue.ok("msg", "load", "0x4d2", path)
    assert taken(queue) == messages
    with open(path, "rb") as f:
        queue.ok("msg", "load", "0", "-", stdin=f)
    first = queue.ipcx("msg", "drain", "0", "-")
    with open(path, "rb") as f:
        assert first.rc == 0 and first.stdout == f.read()
    put(queue, (1, b"new"))
    r = queue.ipcx("msg", "drain", "0", path)
    assert r.rc == 1 and "is there already" in r.err and taken(queue) == [(1, b"new")]


@pytest.mark.parametrize("words", [["recv", "0", "--all", "--format", "json"], ["drain", "0", "-"]], ids=["recv", "drain"])
def test_all_ends_though_others_go_on_sending(queue, words):
    queue.ok("msg", "send", "0", *["m"] * 50)
    sender = subprocess.Popen(queue.argv("sh", "-c", 'yes | "$0" msg send 0 --lines', IPCX), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        until(lambda: int(queue.objects("msg")[0]["qnum"]) > 1000)
        assert 50 <= len(queue.ipcx("msg", *words, timeout=20).lines) < 20000
    finally:
        queue.ipcx("rm", "msg:0")
        sender.wait(timeout=20)


def test_two_do_not_drain_into_one_file(queue):
    put(queue, (3, b"a"))
    path = os.path.join(queue.dir, "one")
    with open(path, "wb") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        r = queue.ipcx("msg", "drain", "0", path)
        assert r.rc == 1 and "another process" in r.err
    assert taken(queue) == [(3, b"a")]


@pytest.mark.parametrize("mech", ["msg", "sem"])
def test_what_is_missing_is_named(world, mech):
    r = world.ipcx(*(["sem", "get", "0x77"] if mech == "sem" else ["msg", "peek", "0x77"]))
    assert r.rc == 3 and f"{mech}:0x00000077: no such" in r.err


def test_a_drain_that_cannot_write_takes_nothing(queue):
    put(queue, (3, b"a"), (4, b"b"))
    for path in ("/dev/full", "/nonexistent/file", queue.dir):
        r = queue.ipcx("msg", "drain", "0", path)
        assert r.rc == 1 and path in r.err
        assert taken(queue) == [(3, b"a"), (4, b"b")]
        put(queue, (3, b"a"), (4, b"b"))


GOOD = b'{"ipcx":1,"type":5,"data":"AP8="}\n'
BAD = [b"", b"x", b"{}", b"[1]", b'{"type":5,"data":""}', b'{"ipcx":2,"type":5,"data":""}', b'{"ipcx":"1","type":5,"data":""}', b'{"ipcx":1,"data":""}',
       b'{"ipcx":1,"priority":5,"data":""}', b'{"ipcx":1,"type":"5","data":""}', b'{"ipcx":1,"type":5.5,"data":""}', b'{"ipcx":1,"type":0,"data":""}',
       b'{"ipcx":1,"type":-1,"data":""}', b'{"ipcx":1,"type":9223372036854775808,"data":""}', b'{"ipcx":1,"type":5}', b'{"ipcx":1,"type":5,"data":null}',
       b'{"ipcx":1,"type":5,"data":"A"}', b'{"ipcx":1,"type":5,"data":"AA=A"}', b'{"ipcx":1,"type":5,"data":"AAA"}', b'{"ipcx":1,"type":5,"data":"AB=="}',
       b'{"ipcx":1,"type":5,"data":"AAB="}', b'{"ipcx":1,"type":5,"data":"A A="}', b'{"ipcx":1,"type":5,"data":"===="}', b'{"ipcx":1,"type":5,"data":"\\u0000"}',
       b'{"ipcx":1,"type":5,"data":""} {}', b'{"ipcx":1,"type":5,"data":""', b'{"ipcx":1,"type":5,"data":"' + b"A" * (4 * (MSGMAX // 3 + 2)) + b'"}',
       b"[" * 1000, b'{"ipcx":1,"type":5,"data":"' + b"A" * 100000 + b'"}', b"\0", b'{"ipcx":1,"type":5,"data":"-_8="}']


@pytest.mark.parametrize("bad", BAD, ids=lambda b: b[:50].decode().replace("\0", "NUL"))
def test_what_is_no_record_is_refused_with_its_line(queue, bad):
    path = os.path.join(queue.dir, "records")
    with open(path, "wb") as f:
        f.write(GOOD + bad + b"\n" + GOOD)
    r = queue.ipcx("msg", "load", "0", path)
    assert r.rc in (1, 2) and r.err.startswith("ipcx: ") and r.err.count("\n") == 1 and taken(queue) == []
    with open(path, "rb") as f:
        r = queue.ipcx("msg", "load", "0", "-", input=f.read())
    assert r.rc in (1, 2) and "messages sent: 1; line 2 of standard input is the first that was not" in r.err
    assert taken(queue) == [(5, b"\0\xff")]


def test_without_json_c_records_are_written_but_not_read(queue):
    put(queue, (1, b"x"))
    path = os.path.join(queue.dir, "saved")
    queue.ok("msg", "drain", "0", path)
    with open(os.path.join(queue.dir, "libjson-c.so.5"), "wb"):
        pass
    r = queue.ipcx("msg", "load", "0", path, env={"LD_LIBRARY_PATH": queue.dir})
    assert r.rc == 1 and "json-c is not installed" in r.err and taken(queue) == []


def test_much_through_a_small_queue(queue):
    """64 MB through 16 KB, by two of ours: the same bytes in the same order."""
    sums = queue.sh("""
head -c 67108864 /dev/urandom | tee "$1/data" | $IPCX msg send 0 --block 8000 &
$IPCX msg recv 0 --count 8389 | sha256sum; wait
sha256sum < "$1/data"; rm "$1/data" """.replace("$1", queue.dir), timeout=300)
    assert sums.rc == 0 and sums.err == "" and len(set(sums.lines)) == 1 and len(sums.lines) == 2
    assert taken(queue) == []


def test_in_another_namespace(queue):
    put(queue, (1, b"there"))
    env = {"PATH": os.environ["PATH"], **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
    for words, out in ((["send", "0x4d2", "from afar"], b""), (["recv", "msg:0"], b"there"), (["drain", "0", "-"], b'{"ipcx":1,"type":1,"data":"ZnJvbSBhZmFy"}\n')):
        r = subprocess.run([IPCX, "msg", *words, "--ns", str(queue.pid)], env=env, stdout=subprocess.PIPE, check=True)
        assert r.stdout == out


def test_a_file_to_drain_to_is_ours_also_in_another_namespace(queue):
    """Below /dev/shm there stands what its users put there."""
    put(queue, (1, b"x"))
    path = f"/dev/shm/{os.path.basename(queue.dir)}"
    queue.run("ln", "-s", "/etc/nothing", path)
    env = {"PATH": os.environ["PATH"], **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
    try:
        subprocess.run([IPCX, "msg", "drain", "0", path, "--ns", str(queue.pid)], env=env, check=True)
        with open(path, encoding="ascii") as f:
            assert json.load(f) == {"ipcx": 1, "type": 1, "data": "eA=="}
    finally:
        os.unlink(path)
