# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx msg send, recv, peek, drain, load: messages of System V queues. The process at the other end of the queue uses system calls, never ipcx."""

import fcntl
import json
import os
import signal
import subprocess

import pytest

from conftest import IPCX
from helpers.queues import MSGMAX, ended, interrupt, put, receivers, start, taken
from helpers.tools import until
from helpers.wide import MOST_TYPE


# ---- sending


def test_each_operand_is_a_message(queue):
    queue.ok("msg", "send", "msg:0", "one", "", "three three")
    queue.ok("msg", "send", "0x4d2", "--type", "7", "-")
    queue.ok("msg", "send", "0", "--type", str(MOST_TYPE), "--", "--lines", "-")
    assert taken(queue) == [(1, b"one"), (1, b""), (1, b"three three"), (7, b""),
                            (MOST_TYPE, b"--lines"), (MOST_TYPE, b"-")]


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


def test_a_message_is_written_raw_and_nothing_else(queue):
    put(queue, (4, BYTES), (5, b"next"))
    assert queue.ipcx("msg", "recv", "0").stdout == BYTES
    assert taken(queue) == [(5, b"next")]


@pytest.mark.parametrize("words,left", [
    (["--type", "3"], b"aacd"), (["--except", "1"], b"aacd"), (["--lowest", "2"], b"abcd"), (["--lowest", str(MOST_TYPE)], b"abcd"),
    (["--count", "2"], b"bcd"), (["--type", "2", "-n", "2"], b"aab"), (["--all"], b""), (["--all", "--type", "1"], b"bcd"),
    (["--all", "--except", "3"], b"b")])
def test_which_message_is_received(queue, words, left):
    put(queue, (1, b"a"), (1, b"a"), (3, b"b"), (2, b"c"), (2, b"d"))
    before = b"aabcd"
    r = queue.ipcx("msg", "recv", "0", *words)
    assert r.rc == 0 and r.err == ""
    assert b"".join(d for _, d in taken(queue)) == left
    assert sorted(r.stdout + left) == sorted(before)


def test_formats_of_messages(queue):
    messages = [(1, b"hello\n"), (MOST_TYPE, b""), (9, bytes(range(40)))]
    put(queue, *messages)
    peeked = {f: queue.ipcx("msg", "peek", "0", "--format", f).stdout for f in ("raw", "lines", "hex", "json")}
    for f, text in peeked.items():
        assert queue.ipcx("msg", "recv", "0", "--all", "--format", f).stdout == text, f
        put(queue, *messages)
    assert peeked["raw"] == b"".join(d for _, d in messages)
    assert peeked["lines"] == b"".join(d + b"\n" for _, d in messages)
    assert [json.loads(line) for line in peeked["json"].splitlines()] == [
        {"ipcx": 1, "type": 1, "size": 6, "data": "aGVsbG8K"}, {"ipcx": 1, "type": MOST_TYPE, "size": 0, "data": ""},
        {"ipcx": 1, "type": 9, "size": 40, "data": __import__("base64").b64encode(bytes(range(40))).decode()}]
    assert peeked["hex"].decode().splitlines() == [
        "type 1, 6 bytes", "00000000: 6865 6c6c 6f0a                           hello.",
        f"type {MOST_TYPE}, 0 bytes", "type 9, 40 bytes",
        "00000000: 0001 0203 0405 0607 0809 0a0b 0c0d 0e0f  ................",
        "00000010: 1011 1213 1415 1617 1819 1a1b 1c1d 1e1f  ................",
        "00000020: 2021 2223 2425 2627                      \x20!\"#$%&'"]


def test_follow_writes_each_message_at_once_and_ends_on_a_signal(queue):
    p = start(queue, "msg", "recv", "0", "--follow", "--format", "lines")
    for word in (b"one", b"two", b"three"):
        put(queue, (1, word))
        assert p.stdout.readline() == word + b"\n"
    interrupt(p)
    assert ended(p) == (-signal.SIGINT, b"", "")


def test_waiting_ends_with_the_message(queue):
    p = start(queue, "msg", "recv", "0", "--type", "5")
    until(lambda: receivers(queue) == 1)  # blocked in the kernel
    put(queue, (1, b"not this"), (5, b"this"))
    assert ended(p) == (0, b"this", "")
    assert taken(queue) == [(1, b"not this")]


# ---- moving


def test_drain_and_load_lose_nothing(queue):
    messages = [(1, b""), (MOST_TYPE, bytes(range(256))), (5, b"\n{}\n"), (1, b"x" * MSGMAX), (3, "ü😀".encode())] + \
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
    assert r.rc == 1 and "exists and is not empty" in r.err and taken(queue) == [(1, b"new")]


@pytest.mark.parametrize("words", [["recv", "0", "--all", "--format", "json"], ["drain", "0", "-"]], ids=["recv", "drain"])
def test_option_all_ends_although_other_processes_keep_sending(queue, words):
    queue.ok("msg", "send", "0", *["m"] * 50)
    sender = subprocess.Popen(queue.argv("sh", "-c", 'yes | "$0" msg send 0 --lines', IPCX), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        until(lambda: int(queue.objects("msg")[0]["qnum"]) > 1000)
        assert 50 <= len(queue.ipcx("msg", *words, timeout=20).lines) < 20000
    finally:
        queue.ipcx("rm", "msg:0")
        sender.wait(timeout=20)


def test_two_drains_cannot_share_a_file(queue):
    put(queue, (3, b"a"))
    path = os.path.join(queue.dir, "one")
    with open(path, "wb") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        r = queue.ipcx("msg", "drain", "0", path)
        assert r.rc == 1 and "another process" in r.err
    assert taken(queue) == [(3, b"a")]


@pytest.mark.parametrize("mech", ["msg", "sem"])
def test_missing_objects_are_reported(world, mech):
    r = world.ipcx(*(["sem", "get", "0x77"] if mech == "sem" else ["msg", "peek", "0x77"]))
    assert r.rc == 3 and f"{mech}:0x00000077: no such" in r.err


def test_a_drain_without_output_takes_nothing(queue):
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
def test_an_invalid_record_is_refused_with_its_line(queue, bad):
    path = os.path.join(queue.dir, "records")
    with open(path, "wb") as f:
        f.write(GOOD + bad + b"\n" + GOOD)
    r = queue.ipcx("msg", "load", "0", path)
    assert r.rc in (1, 2) and r.err.startswith("ipcx: ") and r.err.count("\n") == 1 and taken(queue) == []
    with open(path, "rb") as f:
        r = queue.ipcx("msg", "load", "0", "-", input=f.read())
    assert r.rc in (1, 2) and "messages sent: 1; line 2 of standard input is the first not sent" in r.err
    assert taken(queue) == [(5, b"\0\xff")]


def test_records_need_no_json_c(queue):
    put(queue, (1, b"x"))
    path = os.path.join(queue.dir, "saved")
    queue.ok("msg", "drain", "0", path)
    with open(os.path.join(queue.dir, "libjson-c.so.5"), "wb"):
        pass
    queue.ok("msg", "load", "0", path, env={"LD_LIBRARY_PATH": queue.dir})
    assert taken(queue) == [(1, b"x")]


def test_much_data_through_a_small_queue(queue):
    """Two ipcx processes transfer 64 MB through a queue of 16 KB: the same bytes in the same order."""
    sums = queue.sh("""
head -c 67108864 /dev/urandom | tee "$1/data" | $IPCX msg send 0 --block 8000 &
$IPCX msg recv 0 --count 8389 | sha256sum; wait
sha256sum < "$1/data"; rm "$1/data" """.replace("$1", queue.dir), timeout=300)
    assert sums.rc == 0 and sums.err == "" and len(set(sums.lines)) == 1 and len(sums.lines) == 2
    assert taken(queue) == []


def test_a_queue_of_another_namespace(queue):
    put(queue, (1, b"there"))
    env = {"PATH": os.environ["PATH"], **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
    for words, out in ((["send", "0x4d2", "from afar"], b""), (["recv", "msg:0"], b"there"), (["drain", "0", "-"], b'{"ipcx":1,"type":1,"size":9,"data":"ZnJvbSBhZmFy"}\n')):
        r = subprocess.run([IPCX, "msg", *words, "--ns", str(queue.pid)], env=env, stdout=subprocess.PIPE, check=True)
        assert r.stdout == out


def test_drain_creates_its_file_here_if_the_queue_is_in_another_namespace(queue):
    """The users of the other namespace control the files below its /dev/shm."""
    put(queue, (1, b"x"))
    path = f"/dev/shm/{os.path.basename(queue.dir)}"
    queue.run("ln", "-s", "/etc/nothing", path)
    env = {"PATH": os.environ["PATH"], **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
    try:
        subprocess.run([IPCX, "msg", "drain", "0", path, "--ns", str(queue.pid)], env=env, check=True)
        with open(path, encoding="ascii") as f:
            assert json.load(f) == {"ipcx": 1, "type": 1, "size": 1, "data": "eA=="}
    finally:
        os.unlink(path)
