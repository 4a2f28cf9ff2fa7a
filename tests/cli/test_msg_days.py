# SPDX-License-Identifier: GPL-2.0-or-later
"""Failures of ipcx msg: limits, permissions, readers that exit, removed queues, interrupts. No message is lost."""

import json
import os
import signal
import subprocess
import time

import pytest

from conftest import IPCX
from helpers.queues import MSGMAX, TAKE, ended, interrupt, put, receivers, start, taken
from helpers.real import PYTHON, SYSV_CALLS, kernel
from helpers.tools import asleep, background, helper, preload, release, until


# ---- failures of a sender


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


def test_a_message_larger_than_the_queue_is_refused_at_once(queue):
    queue.ok("set", "msg:0", "--qbytes", "100")
    r = queue.ipcx("msg", "send", "0", "x" * 101, timeout=10)
    assert r.rc == 1 and "100 at most" in r.err
    queue.ok("msg", "send", "0", "x" * 100)
    assert len(taken(queue)) == 1


@pytest.mark.parametrize("number,rc", [("0", 2), ("-1", 2), ("9223372036854775808", 2), ("x", 2), ("", 2)])
def test_invalid_types(queue, number, rc):
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
    until(lambda: receivers(queue) == 1)  # without --timeout it is blocked in the kernel
    taken(queue)
    assert ended(p) == ended(q) == (0, b"", "")


@pytest.mark.parametrize("words", [["msg", "recv", "0"], ["msg", "recv", "0", "--follow"], ["msg", "recv", "0", "--timeout", "20s"],
                                   ["msg", "send", "0", "--type", "2", "y" * 1000], ["msg", "send", "0", "y" * 1000, "--timeout", "20s"]], ids=" ".join)
def test_a_queue_removed_during_a_wait(queue, words):
    if words[1] == "send":
        put(queue, *[(1, b"x" * 1000)] * 16)
    p = start(queue, *words)
    until(lambda: asleep(queue, "do_msgrcv", "do_msgsnd", "nanosleep") == 1)
    assert p.poll() is None
    kernel(queue, "check(libc.msgctl(0, IPC_RMID, None))")
    assert ended(p) == (3, b"", "ipcx: msg:0: was removed meanwhile\n")


def test_a_missing_queue_and_missing_permission(queue):
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
                                   ["send", "0", "--block", "0"], ["peek"], ["peek", "0", "--format", "xml"], ["peek", "0", "--format", "json", "-o", "mtype"], ["drain", "0"], ["load", "0"]], ids=" ".join)
def test_wrong_usage_does_nothing(queue, words):
    put(queue, (1, b"x"))
    r = queue.ipcx("msg", *words, input=b"y\n")
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ")
    assert taken(queue) == [(1, b"x")]


def test_an_interrupted_sender_reports_its_progress(queue):
    p = start(queue, "msg", "send", "0", "--lines", stdin=subprocess.PIPE)
    p.stdin.write(b"one\ntwo\nthr")
    p.stdin.flush()
    until(lambda: kernel(queue, "import json\nprint(json.dumps(msg_stat(0)))")["qnum"] == 2)
    interrupt(p)
    assert ended(p) == (-signal.SIGINT, b"", "ipcx: note: messages sent: 2; line 3 of standard input is the first not sent\n")
    assert taken(queue) == [(1, b"one"), (1, b"two")]


def test_a_full_queue_and_an_interrupt(queue):
    p = start(queue, "msg", "send", "0", *["x" * 4000] * 6)
    until(lambda: receivers(queue) == 1)
    interrupt(p)
    assert ended(p) == (-signal.SIGINT, b"", "ipcx: note: messages sent: 4 of 6\n")
    assert taken(queue) == [(1, b"x" * 4000)] * 4


def test_ignored_signals_stay_ignored(queue):
    p = start(queue, "-c", 'trap "" INT; exec "$0" msg recv 0', IPCX, program="sh")
    until(lambda: receivers(queue) == 1)
    interrupt(p)
    time.sleep(0.3)
    assert p.poll() is None
    put(queue, (1, b"went on"))
    assert ended(p) == (0, b"went on", "")


# ---- failures of a receiver


def test_a_message_that_is_too_long_stays_or_is_truncated(queue):
    put(queue, (3, b"0123456789"), (4, b"ab"))
    r = queue.ipcx("msg", "recv", "0", "--max-size", "9")
    assert r.rc == 1 and "stays in the queue" in r.err and r.out == ""
    assert queue.ok("msg", "recv", "0", "--max-size", "10") == "0123456789"
    put(queue, (3, b"0123456789"))
    assert queue.ok("msg", "recv", "0", "--all", "--max-size", "4", "--truncate", "--format", "lines") == "ab\n0123"


def test_a_message_longer_than_a_lowered_msgmax(queue):
    queue.sysctl("kernel.msgmax", "65536")
    queue.ok("set", "msg:0", "--qbytes", "16384")
    put(queue, (1, b"a"), (2, b"x" * 12000), (3, b"c"))
    assert len(queue.ok("msg", "peek", "0").splitlines()) == 4
    queue.sysctl("kernel.msgmax", "4000")
    r = queue.ipcx("msg", "peek", "0")
    rows = [line.split() for line in r.lines[1:]]
    assert r.rc == 4 and rows == [["0", "1", "1", "a"], ["1", "?", "?", "?"], ["2", "3", "1", "c"]]
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


def test_a_queue_that_changes_during_a_peek(queue):
    """A snapshot of the queue is impossible; the command still ends, and shows no more messages than there were at the beginning."""
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


def test_a_queue_that_grows_faster_than_it_is_peeked(queue):
    put(queue, *[(1, b"old")] * 3)
    r = queue.run(release(), "msg", "peek", "0", env={"LD_PRELOAD": preload("sender")})
    assert (r.rc, r.err) == (0, "") and [line.split()[3] for line in r.lines[1:]] == ["old"] * 3
    assert len(taken(queue)) == 6


def test_peeked_messages_are_escaped(queue):
    put(queue, (1, b"\033[31mred\nline\0hidden"), (1, b"y" * 100))
    out = queue.ok("msg", "peek", "0")
    assert "\033" not in out and "\\x1b[31mred\\x0aline…" in out and "y" * 60 + "…" in out


def test_a_kernel_without_msg_copy_is_reported(queue):
    put(queue, (1, b"first"), (2, b"second"))
    r = queue.run(helper("seccomp"), 38, "msgrcv", "--", IPCX, "msg", "peek", "0")
    assert r.rc == 1 and "cannot peek at messages" in r.err and "MSG_COPY" in r.err
    assert taken(queue) == [(1, b"first"), (2, b"second")]


def test_a_reader_that_exits_loses_no_message(queue):
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
        assert rc == 1 and "put back at the end of the queue: 1\n" in err and err.count("\n") == 2
        assert taken(queue) == messages[1:] + messages[:1], "no more than one was taken"


@pytest.mark.parametrize("words,taken_first", [("drain 0 out", 0), ("recv 0 --all --format lines > out", 1)])
def test_a_file_size_limit_loses_no_message(queue, words, taken_first):
    """SIGXFSZ would kill the process after it has received messages."""
    messages = [(1, b"one"), (2, b""), (3, b"three")]
    put(queue, *messages)
    r = queue.sh(f'cd {queue.dir}; ulimit -f 0; "$IPCX" msg {words}')
    says = "put back at the end of the queue: 1" if taken_first else "still in the queue: 1"
    assert r.rc == 1 and says in r.err, r.err
    assert taken(queue) == messages[taken_first:] + messages[:taken_first]


def test_an_empty_message_is_kept(queue):
    put(queue, (1, b""), (2, b"one"))
    with open("/dev/full", "wb") as full:
        assert queue.ipcx("msg", "recv", "0", "--all", "--format", "lines", stdout=full).rc == 1
    assert taken(queue) == [(2, b"one"), (1, b"")]


def test_a_file_cut_short_by_a_full_disk_can_be_loaded(queue):
    """The messages of complete records are no longer in the queue; a partial record does not prevent loading the others."""
    messages = [(i, bytes([i]) * 300) for i in range(1, 31)]
    put(queue, *messages)
    queue.sh("mount -t tmpfs -o size=4k none /mnt")
    r = queue.ipcx("msg", "drain", "0", "/mnt/out")
    left = taken(queue)
    assert r.rc == 1 and 0 < len(left) < 30
    assert queue.ipcx("msg", "load", "0", "/mnt/out").rc == 0
    assert sorted(taken(queue) + left) == messages


def test_messages_that_cannot_be_put_back_are_printed_as_records(queue):
    queue.ok("set", "msg:0", "--mode", "0444")
    put(queue, (7, b"\0one"), (8, b""))
    with open("/dev/full", "wb") as full:
        r = queue.ipcx("msg", "recv", "0", "--all", "--format", "lines", uid=1000, stdout=full)
    assert r.rc == 1 and "cannot be put back, written above as a record: 1" in r.err
    records = [json.loads(line) for line in r.err.splitlines() if line.startswith("{")]
    assert records == [{"ipcx": 1, "type": 7, "size": 4, "data": "AG9uZQ=="}]
    assert taken(queue) == [(8, b"")]


def test_a_reader_that_stops_reading_and_an_interrupt(queue):
    """Messages that were written are in the pipe, the others are in the queue again; a single message may be in both."""
    queue.ok("rm", "msg:0")
    queue.sysctl("kernel.msgmnb", "1000000")
    msqid = int(queue.ok("mk", "msg"))
    put(queue, *[(i, bytes([i]) * 8000) for i in range(1, 21)], msqid=msqid)
    r, w = os.pipe()
    p = start(queue, "msg", "recv", msqid, "--follow", stdout=w)
    os.close(w)
    until(lambda: asleep(queue, "pipe_write") == 1)
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
def test_interrupts_at_any_time_lose_nothing(queue, signo):
    """Signals arrive together with messages: each message was delivered or is still in the queue."""
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
