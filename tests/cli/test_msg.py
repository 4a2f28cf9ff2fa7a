# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx msg send, recv, peek: messages of System V queues. The other end is the kernel's own calls, never ipcx."""

import json
import os
import signal
import subprocess
import time

import pytest

from conftest import IPCX
from helpers.real import PYTHON, SYSV_CALLS, kernel
from helpers.tools import helper

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
        "type 1, 6 bytes", "00000000  68 65 6c 6c 6f 0a                                 |hello.|",
        "type 9223372036854775807, 0 bytes", "type 9, 40 bytes",
        "00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|",
        "00000010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f  |................|",
        '00000020  20 21 22 23 24 25 26 27                           | !"#$%&\'|']


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
