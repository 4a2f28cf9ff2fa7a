# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx mq send, recv, peek, notify, drain, load: messages of POSIX queues. The process at the other end of the queue uses system calls, never ipcx."""

import json
import os
import signal
import subprocess
import time

import pytest

from conftest import IPCX
from helpers.queues import ended, interrupt, start
from helpers.real import PYTHON, SYSV_CALLS, kernel
from helpers.tools import asleep, background, until

CALLS = """
import json
libc.mq_receive.restype = ctypes.c_ssize_t

def mq_open(name, flags):
    return check(libc.mq_open(name.encode(), flags))

def take_all(name):
    fd, out = mq_open(name, os.O_RDONLY | os.O_NONBLOCK), []
    while True:
        b, prio = ctypes.create_string_buffer(8192), ctypes.c_uint()
        n = libc.mq_receive(fd, b, ctypes.c_size_t(8192), ctypes.byref(prio))
        if n < 0:
            return out
        out.append([prio.value, bytes(b[:n]).hex()])

def put(name, messages):
    fd = mq_open(name, os.O_WRONLY | os.O_NONBLOCK)
    for prio, data in messages:
        data = bytes.fromhex(data)
        check(libc.mq_send(fd, data, ctypes.c_size_t(len(data)), prio))

"""


def taken(world, name="/q"):
    """Receive everything in a queue, without ipcx."""
    return [(p, bytes.fromhex(d)) for p, d in kernel(world, CALLS + "print(json.dumps(take_all(args[0])))", name)]


def put(world, *messages, name="/q"):
    """Send (priority, bytes), without ipcx."""
    kernel(world, CALLS + "put(args[0], json.loads(args[1]))", name, json.dumps([(p, d.hex()) for p, d in messages]))


@pytest.fixture
def queue(world):
    assert world.ok("mk", "mq", "/q", "--maxmsg", "10", "--msgsize", "100") == "/q"
    return world


def test_priorities_and_contents(queue):
    queue.ok("mq", "send", "/q", "one", "", "two")
    queue.ok("mq", "send", "mq:/q", "-p", "32767", "first")
    queue.ok("mq", "send", "q", "--priority", "5", input=b"\0\xff\n")
    queue.ok("mq", "send", "q", "--lines", input=b"l1\nl2")
    assert taken(queue) == [(32767, b"first"), (5, b"\0\xff\n"), (0, b"one"), (0, b""), (0, b"two"), (0, b"l1"), (0, b"l2")]


def test_receiving(queue):
    messages = [(0, b"low"), (9, b"high\n"), (9, b""), (3, bytes(range(100)))]
    order = [messages[1], messages[2], messages[3], messages[0]]
    put(queue, *messages)
    assert queue.ipcx("mq", "recv", "/q").stdout == b"high\n"
    assert queue.ipcx("mq", "recv", "/q", "-n", "2").stdout == bytes(range(100))
    assert taken(queue) == [(0, b"low")]
    put(queue, *messages)
    out = queue.ok("mq", "recv", "/q", "--all", "--format", "json")
    assert [(r["priority"], bytes(__import__("base64").b64decode(r["data"]))) for r in map(json.loads, out.splitlines())] == order
    put(queue, *messages)
    assert queue.ipcx("mq", "recv", "/q", "-a", "--format", "lines").stdout == b"".join(d + b"\n" for _, d in order)
    assert queue.ok("mq", "recv", "/q", "--all") == ""


def test_drain_and_load_lose_nothing(queue):
    messages = [(0, b"a"), (7, b""), (7, bytes(100)), (32767, b"\xff\n"), (0, b"b"), (7, b"c")]
    order = sorted(messages, key=lambda m: -m[0])
    path = os.path.join(queue.dir, "saved")
    put(queue, *messages)
    queue.ok("mq", "drain", "/q", path)
    assert taken(queue) == []
    queue.ok("mq", "load", "/q", path)
    assert taken(queue) == order
    queue.ok("mk", "msg")
    r = queue.ipcx("msg", "load", "0", path)
    assert r.rc == 1 and 'line 1 has no "type"' in r.err


@pytest.mark.parametrize("number", ["32768", "-1", "4294967296", "18446744073709551615", "x"])
def test_invalid_priorities(queue, number):
    r = queue.ipcx("mq", "send", "/q", "x", "--priority", number)
    assert r.rc == 2 and taken(queue) == []


def test_a_message_too_long_is_refused_before_anything_is_sent(queue):
    for words, data in ((["ok", "y" * 101], None), (["-"], b"y" * 101)):
        r = queue.ipcx("mq", "send", "/q", *words, input=data)
        assert r.rc == 1 and "100" in r.err and r.err.count("\n") == 1 and taken(queue) == []
    queue.ok("mq", "send", "/q", "y" * 100)
    assert taken(queue) == [(0, b"y" * 100)]


def test_full_and_empty_queues(queue):
    for words, says in ((["recv", "/q"], "has no message"), (["send", "/q", "x"], "/q: holds 10 of 10 messages (maxmsg)")):
        before = time.monotonic()
        r = queue.ipcx("mq", *words, "--no-wait")
        assert r.rc == 5 and says in r.err and time.monotonic() - before < 3
        before = time.monotonic()
        r = queue.ipcx("mq", *words, "--timeout", "300ms")
        assert r.rc == 5 and says in r.err and 0.3 <= time.monotonic() - before < 3
        put(queue, *[(0, b"%d" % i) for i in range(10)]) if words[0] == "recv" else None
    p = start(queue, "mq", "send", "/q", "waited")
    q = start(queue, "mq", "send", "/q", "waited", "--timeout", "20s")
    until(lambda: asleep(queue, "wq_sleep") == 1)
    got = taken(queue)
    assert ended(p) == ended(q) == (0, b"", "")
    assert sorted(got + taken(queue)) == sorted([(0, b"%d" % i) for i in range(10)] + [(0, b"waited")] * 2)


@pytest.mark.parametrize("words", [[], ["--timeout", "20s"], ["--follow"]], ids=" ".join)
def test_waiting_for_a_message(queue, words):
    p = start(queue, "mq", "recv", "/q", *words)
    time.sleep(0.5)
    put(queue, (3, b"now"))
    if words == ["--follow"]:
        assert p.stdout.read(3) == b"now"
        interrupt(p)
    rc, out, err = ended(p)
    assert (rc, err) == ((-signal.SIGINT if words == ["--follow"] else 0), "") and out in (b"now", b"")


def test_no_settable_clock_is_used(queue):
    """A step of the clock must not matter: the only absolute time passed to the kernel is long past."""
    from helpers.tools import trace
    _, calls = trace(queue, "mq", "recv", "/q", "--timeout", "50ms", rc=(5,))
    waits = [c for c in calls if c.name in ("mq_timedreceive", "ppoll")]
    assert any(c.name == "ppoll" for c in waits)
    assert all("{tv_sec=0, tv_nsec=0}" in c.args for c in waits if c.name == "mq_timedreceive")
    assert not [c for c in calls if c.name == "clock_gettime" and "REALTIME" in c.args]


def test_peeking_is_impossible_and_takes_nothing(queue):
    put(queue, (1, b"x"), (2, b"y"))
    for words in (["/q"], [], ["/no", "--help"]):
        r = queue.ipcx("mq", "peek", *words)
        assert r.rc == 2 and r.out == "" and "no command 'mq peek': the kernel cannot show" in r.err and "'ipcx show'" in r.err
    assert taken(queue) == [(2, b"y"), (1, b"x")]


def test_missing_queues_and_rights(queue):
    for words in (["send", "/no", "x"], ["recv", "/no"], ["notify", "/no"], ["drain", "/no", "-"], ["load", "/no", "/dev/null"]):
        r = queue.ipcx("mq", *words)
        assert r.rc == 3 and "no such message queue" in r.err and r.err.count("\n") == 1
    for words, says in ((["send", "/q", "x"], "needs write"), (["recv", "/q"], "needs read")):
        r = queue.ipcx("mq", *words, uid=1000)
        assert r.rc == 1 and says in r.err


@pytest.mark.parametrize("words", [["send"], ["recv", "/q", "--type", "1"], ["recv", "/q", "--max-size", "3"], ["recv", "msg:0"], ["recv", "/q", "--all", "--follow"],
                                   ["send", "/q", "x", "--type", "3"], ["notify"], ["notify", "/q", "--no-wait", "--timeout", "1s"]], ids=" ".join)
def test_wrong_usage(queue, words):
    put(queue, (0, b"x"))
    r = queue.ipcx("mq", *words, input=b"y")
    assert r.rc == 2 and r.out == "" and taken(queue) == [(0, b"x")]


def test_a_reader_that_exits_loses_no_message(queue):
    messages = [(p, b"%d" % p) for p in (9, 5, 5, 2, 0)]
    put(queue, *messages)
    with open("/dev/full", "wb") as full:
        r = queue.ipcx("mq", "recv", "/q", "--all", stdout=full)
    assert r.rc == 1 and "put back at the end of the queue: 1\n" in r.err
    assert taken(queue) == messages


def test_a_user_who_may_only_read_gets_records(queue):
    queue.ok("set", "mq:/q", "--mode", "0444")
    put(queue, (4, b"\0"), (1, b""))
    with open("/dev/full", "wb") as full:
        r = queue.ipcx("mq", "recv", "/q", "--all", stdout=full, uid=1000)
    assert r.rc == 1 and [json.loads(line) for line in r.err.splitlines() if line[0] == "{"] == [
        {"ipcx": 1, "priority": 4, "size": 1, "data": "AA=="}]
    assert taken(queue) == [(1, b"")]


# ---- notify


def registered(world):
    return world.objects("mq", "-o", "notify_pid")[0]["notify_pid"]


def test_notify_waits_and_takes_nothing(queue):
    p = start(queue, "mq", "notify", "/q")
    until(lambda: registered(queue))
    assert p.poll() is None
    put(queue, (3, b"x"))
    assert ended(p) == (0, b"", "")
    assert not registered(queue)
    before = time.monotonic()
    queue.ok("mq", "notify", "/q")  # there is a message
    assert time.monotonic() - before < 3 and not registered(queue)
    assert taken(queue) == [(3, b"x")]


def test_notify_times_out(queue):
    assert queue.ipcx("mq", "notify", "/q", "--no-wait").rc == 5
    before = time.monotonic()
    r = queue.ipcx("mq", "notify", "/q", "--timeout", "300ms")
    assert r.rc == 5 and "no message arrived" in r.err and 0.3 <= time.monotonic() - before < 3
    assert not registered(queue)


@pytest.mark.parametrize("signo", [signal.SIGINT, signal.SIGTERM])
def test_notify_is_interrupted(queue, signo):
    p = start(queue, "mq", "notify", "/q", "--timeout", "60s")
    until(lambda: registered(queue))
    interrupt(p, signo)
    assert ended(p) == (-signo, b"", "")
    assert not registered(queue)


def test_notify_when_another_process_is_registered(queue):
    code = CALLS + """
fd = mq_open("/q", os.O_RDONLY)
check(libc.mq_notify(fd, struct.pack("=qii48x", 0, 10, 1)))  # SIGEV_NONE
hold()
"""
    with background(queue, PYTHON, "-c", SYSV_CALLS + code):
        r = queue.ipcx("mq", "notify", "/q", "--timeout", "5s")
        assert r.rc == 1 and "another process is registered for notification already" in r.err
        words = r.err.split("'")[1].split()
        assert words[0] == "ipcx" and str(registered(queue)) in queue.ok(*words[1:])


def test_a_queue_of_another_namespace(queue):
    put(queue, (1, b"there"))
    env = {"PATH": os.environ["PATH"], **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
    r = subprocess.run([IPCX, "mq", "recv", "/q", "--ns", str(queue.pid)], env=env, stdout=subprocess.PIPE, check=True)
    assert r.stdout == b"there"


def test_much_data_through_a_small_queue(queue):
    """Two ipcx processes transfer the same bytes in the same order."""
    sums = queue.sh("""
head -c 4000000 /dev/urandom | tee "$1/data" | $IPCX mq send /q --block 100 &
$IPCX mq recv /q --count 40000 | sha256sum; wait
sha256sum < "$1/data"; rm "$1/data" """.replace("$1", queue.dir), timeout=300)
    assert sums.rc == 0 and sums.err == "" and len(set(sums.lines)) == 1 and len(sums.lines) == 2
