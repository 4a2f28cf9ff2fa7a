# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages in transit: whatever kills ipcx and whichever process reads at the same time, no message is lost, and every record of a message that another reader
received is marked as such."""

import base64
import collections
import json
import os
import signal

import pytest

from conftest import worlds
from helpers.queues import put, taken
from helpers.tools import preload, release

queue = worlds.queue
MESSAGES = [(1 + i % 7, b"%d " % i + bytes([i % 256]) * (i % 50)) for i in range(300)]


def at(call, n, how):
    """Return an environment in which something happens at a given call of a function."""
    return {"LD_PRELOAD": preload("atcall"), "AT": call, "AT_N": str(n), "AT_HOW": how,
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


def fill(world, messages, msqid=0):
    """Send the messages in groups that fit into a command line."""
    for i in range(0, len(messages), 1000):
        put(world, *messages[i:i + 1000], msqid=msqid)


def records(path, number="type"):
    """Return the complete, valid records of a file."""
    with open(path, "rb") as f:
        text = f.read()
    whole = text[:text.rfind(b"\n") + 1].splitlines()
    return [(r[number], base64.b64decode(r["data"])) for r in map(json.loads, whole) if r["ipcx"] == 1]


def missing(messages, *places):
    """Return the messages that are in none of the places; a message that was sent twice must be found twice."""
    return list((collections.Counter(messages) - sum(map(collections.Counter, places), collections.Counter())).elements())


def surplus(messages, *places):
    return list((sum(map(collections.Counter, places), collections.Counter()) - collections.Counter(messages)).elements())


def killed(r):
    return r.rc in (-signal.SIGKILL, 128 + signal.SIGKILL)


# ---- killed


POINTS = [("msgrcv", 1, "before"), ("msgrcv", 1, "after"), ("msgrcv", 2, "after"), ("msgrcv", 40, "before"), ("msgrcv", 40, "after"),
          ("msgrcv", 128, "after"), ("msgrcv", 299, "after"), ("msgrcv", 300, "after"), ("write", 1, "before"), ("write", 1, "half"),
          ("write", 1, "after"), ("write", 2, "half"), ("write", 3, "after"), ("write", 4, "half")]


@pytest.mark.parametrize("to", ["file", "stdout"])
@pytest.mark.parametrize("call,n,how", POINTS)
def test_a_killed_drain_loses_nothing(queue, call, n, how, to):
    fill(queue, MESSAGES)
    path = os.path.join(queue.dir, "saved")
    with open(path, "wb") as out:
        r = queue.ipcx("msg", "drain", "0", path if to == "file" else "-", env=at(call, n, how), stdout=out)
    assert killed(r), r
    assert missing(MESSAGES, records(path), taken(queue)) == []


def test_long_messages_are_not_lost_either(queue):
    queue.sysctl("kernel.msgmnb", "1000000")
    queue.ok("set", "msg:0", "--qbytes", "1000000")
    messages = [(i + 1, bytes([i]) * 8000) for i in range(60)]
    fill(queue, messages)
    path = os.path.join(queue.dir, "saved")
    r = queue.ipcx("msg", "drain", "0", path, env=at("msgrcv", 50, "after"))
    assert killed(r) and missing(messages, records(path), taken(queue)) == []


@pytest.mark.parametrize("words", [["--all"], ["--count", "200"], ["--follow"]], ids=" ".join)
@pytest.mark.parametrize("n", [1, 2, 57, 200])
def test_a_killed_recv_loses_at_most_one_message(queue, words, n):
    fill(queue, MESSAGES)
    path = os.path.join(queue.dir, "saved")
    with open(path, "wb") as out:
        r = queue.ipcx("msg", "recv", "0", *words, "--format", "json", stdout=out, env=at("msgrcv", n, "after"))
    assert killed(r) and len(missing(MESSAGES, records(path), taken(queue))) <= 1
    assert len(records(path)) == n - 1


@pytest.mark.parametrize("words", [["drain", "/q", "SAVED"], ["drain", "/q", "-"], ["recv", "/q", "--all", "--format", "json"]], ids=" ".join)
@pytest.mark.parametrize("n", [1, 2, 7, 10])
def test_a_posix_queue_has_at_most_one_message_in_flight(world, words, n):
    world.ok("mk", "mq", "/q", "--maxmsg", "10", "--msgsize", "64")
    messages = [(9 - i, b"%d" % i) for i in range(10)]
    for p, d in messages:
        world.ok("mq", "send", "/q", "--priority", p, d.decode())
    path = os.path.join(world.dir, "saved")
    with open(path, "wb") as out:
        r = world.ipcx("mq", *[path if w == "SAVED" else w for w in words], stdout=out, env=at("mq_timedreceive", n, "after"))
    assert killed(r)
    rest = [json.loads(line) for line in world.ok("mq", "recv", "/q", "--all", "--format", "json").splitlines()]
    left = [(m["priority"], base64.b64decode(m["data"])) for m in rest]
    assert len(missing(messages, records(path, "priority"), left)) <= 1
    assert len(records(path, "priority")) == n - 1


@pytest.mark.parametrize("n", [1, 2, 57])
def test_without_copies_one_message_is_in_flight_at_most(queue, n):
    """A kernel without MSG_COPY: msgrcv(2) fails with ENOSYS for such a call."""
    fill(queue, MESSAGES)
    path = os.path.join(queue.dir, "saved")
    r = queue.ipcx("msg", "drain", "0", path, env={**at("msgrcv", n, "after"), "AT_NO_COPY": "1"})
    assert killed(r) and len(missing(MESSAGES, records(path), taken(queue))) <= 1


def test_without_copies_a_drain_still_works(queue):
    fill(queue, MESSAGES)
    path = os.path.join(queue.dir, "saved")
    assert queue.ipcx("msg", "drain", "0", path, env={**at("none", 1, ""), "AT_NO_COPY": "1"}).rc == 0
    assert records(path) == MESSAGES and taken(queue) == []


# ---- concurrent readers and writers


@pytest.mark.parametrize("call,n", [("msgrcv", 1), ("msgrcv", 5), ("msgrcv", 100), ("msgcopy", 3), ("msgcopy", 100)])
@pytest.mark.parametrize("kind", [1, 3, 7])
def test_a_message_of_another_reader_is_a_void_record(queue, call, n, kind):
    fill(queue, MESSAGES)
    path = os.path.join(queue.dir, "saved")
    r = queue.ipcx("msg", "drain", "0", path, env=at(call, n, f"steal {kind}"))
    assert r.rc == 0
    rest = taken(queue)
    stolen = missing(MESSAGES, records(path), rest)
    assert len(stolen) == 1 and stolen[0][0] == kind and surplus(MESSAGES, records(path), rest) == []
    with open(path, encoding="ascii") as f:
        voided = sum(json.loads(line)["ipcx"] == 0 for line in f)
    assert (f"records made void: {voided}\n" in r.err) if voided else r.err == ""
    # The file can be loaded again.
    queue.sysctl("kernel.msgmnb", "1000000")
    msqid = int(queue.ok("mk", "msg"))
    r = queue.ipcx("msg", "load", msqid, path)
    assert r.rc == 0 and (f"skipped, of messages that others received: {voided}\n" in r.err) == (voided > 0)
    assert taken(queue, msqid) == records(path)


def test_a_void_record_in_a_pipe_is_reported(queue):
    fill(queue, MESSAGES)
    path = os.path.join(queue.dir, "saved")
    with open(path, "wb") as out:
        r = queue.ipcx("msg", "drain", "0", "-", env=at("msgrcv", 20, "steal 4"), stdout=out)
    assert r.rc == 4 and "received by others, invalid records in standard output: 1\n" in r.err
    assert missing(MESSAGES, records(path)) == [] and taken(queue) == []


@pytest.mark.parametrize("call,n", [("msgrcv", 1), ("msgrcv", 90), ("msgcopy", 2), ("write", 3)])
def test_messages_sent_meanwhile_are_kept(queue, call, n):
    fill(queue, MESSAGES)
    path = os.path.join(queue.dir, "saved")
    r = queue.ipcx("msg", "drain", "0", path, env=at(call, n, "send 3"))
    assert r.rc == 0 and r.err == ""
    both = [(3, b"new")] if call != "write" else []  # write(2) has no queue
    assert missing(MESSAGES + both, records(path), taken(queue)) == []


def test_equal_messages_are_counted(queue):
    messages = [(1, b"same")] * 30 + [(2, b"same")] * 30
    fill(queue, messages)
    path = os.path.join(queue.dir, "saved")
    assert queue.ipcx("msg", "drain", "0", path, env=at("msgrcv", 12, "steal 1")).rc == 0
    assert collections.Counter(records(path)) == {(1, b"same"): 29, (2, b"same"): 30}


@pytest.mark.parametrize("n", [1, 9, 200])
def test_a_queue_removed_after_it_was_copied(queue, n):
    """If the queue was removed, copied messages exist nowhere else: their records stay."""
    fill(queue, MESSAGES)
    path = os.path.join(queue.dir, "saved")
    r = queue.ipcx("msg", "drain", "0", path, env=at("msgrcv", n, "remove"))
    assert r.rc == 3 and len(records(path)) >= n and "written, not received before the queue was removed" in r.err
    assert records(path) == MESSAGES[:len(records(path))]


def test_a_full_output_takes_no_message(queue):
    fill(queue, MESSAGES)
    for out in ("/dev/full", "closed"):
        if out == "closed":
            r, w = os.pipe()
            os.close(r)
        else:
            w = os.open(out, os.O_WRONLY)
        r = queue.ipcx("msg", "drain", "0", "-", stdout=w)
        os.close(w)
        assert r.rc == 1 and "write error" in r.err and "still in the queue: 1\n" in r.err
    assert taken(queue) == MESSAGES, "in their order"


def test_a_file_that_fills_up_holds_what_left_the_queue(queue):
    fill(queue, MESSAGES)
    queue.sh("mount -t tmpfs -o size=8k none /mnt")
    r = queue.ipcx("msg", "drain", "0", "/mnt/out")
    saved = queue.run("cat", "/mnt/out").stdout
    assert r.rc == 1 and "No space left" in r.err and saved.endswith(b"\n")
    path = os.path.join(queue.dir, "copy")
    with open(path, "wb") as f:
        f.write(saved)
    rest = taken(queue)
    assert rest and missing(MESSAGES, records(path), rest) == [] and surplus(MESSAGES, records(path), rest) == []


# ---- loading records


def lines_of(*lines):
    return b"".join(line.encode() + b"\n" for line in lines)


FALSE = ['{"ipcx":1,"type":5,"size":3,"data":"AP8="}', '{"ipcx":1,"type":5,"size":1,"data":"AP8="}', '{"ipcx":1,"type":5,"size":3000,"data":""}',
         '{"ipcx":1,"type":5,"size":-2,"data":"AP8="}', '{"ipcx":1,"type":5,"size":"2","data":"AP8="}', '{"ipcx":1,"type":5,"size":2.0,"data":"AP8="}',
         '{"ipcx":1,"type":5,"size":null,"data":"AP8="}', '{"ipcx":1,"type":5,"size":18446744073709551618,"data":"AP8="}',
         '{"ipcx":1,"type":5,"size":2,"data":"AP8=","data":"AP8="}', '{"ipcx":1,"type":5,"type":6,"size":2,"data":"AP8="}',
         '{"ipcx":1,"type":5,"size":2,"data":"AP8"}', '{"ipcx":1,"type":5,"size":2,"data":"AP9="}', '{"ipcx":0,"type":5,"size":3,"data":"AP8="}']


@pytest.mark.parametrize("line", FALSE)
def test_a_contradictory_record_is_not_sent(queue, line):
    good = '{"ipcx":1,"type":4,"size":2,"data":"AP8="}'
    r = queue.ipcx("msg", "load", "0", "-", input=lines_of(good, line, good))
    assert r.rc == 1 and "line 2 " in r.err and "messages sent: 1; line 2 of standard input is the first not sent" in r.err
    assert taken(queue) == [(4, b"\0\xff")]
    r = queue.ipcx("msg", "send", "0", "--records", input=lines_of(line))
    assert r.rc == 1 and taken(queue) == []


def test_records_of_other_programs_and_versions(queue):
    """Records without a size, with unknown members, in another order, and with every escape of JSON."""
    r = queue.ipcx("msg", "load", "0", "-", input=lines_of(
        '{"ipcx":1,"type":1,"data":"AP8="}', ' { "data" : "+/\\/+" , "new":{"a":[1,-2.5e3,"x\\n",null,true,false,{}]}, "type" : 2 , "ipcx":1 } ',
        '{"ipcx":1,"ty\\u0070e":3,"size":0,"data":""}', '{"ipcx":1,"type":4,"size":2,"data":"A\\u00508="}'))
    assert r.rc == 0 and r.err == ""
    assert taken(queue) == [(1, b"\0\xff"), (2, b"\xfb\xff\xfe"), (3, b""), (4, b"\0\xff")]


@pytest.mark.parametrize("program", ["load", "records"])
def test_without_memory_a_message_is_sent_whole_or_not_at_all(queue, program):
    """Each allocation fails in turn."""
    queue.sysctl("kernel.msgmnb", "1000000")
    queue.ok("set", "msg:0", "--qbytes", "1000000")
    message = (1, bytes(range(250)) * 12)
    line = b'{"ipcx":1,"type":1,"size":3000,"data":"%s"}\n' % base64.b64encode(message[1])
    path = os.path.join(queue.dir, "saved")
    with open(path, "wb") as f:
        f.write(2 * line)
    for n in range(1, 400):
        words = ["load", "0", path] if program == "load" else ["send", "0", "--records"]
        with open(path, "rb") as f:
            r = queue.run(release(), "msg", *words, env={"LD_PRELOAD": preload("nomem"), "NOMEM_AT": str(n), "NOMEM_ALL": "1"}, stdin=f)
        got = taken(queue)
        assert got == [message] * len(got) and r.rc in (0, 1, 90), (n, r.rc, r.err)
        assert r.rc != 0 or len(got) == 2
        if r.rc == 90:
            return
    pytest.fail("more allocations than were tried")


def test_a_stream_reports_how_many_were_sent(queue):
    good = '{"ipcx":1,"type":4,"size":2,"data":"AP8="}'
    void = '{"ipcx":0,"type":4,"size":2,"data":"AP8="}'
    r = queue.ipcx("msg", "load", "0", "-", input=lines_of(good, void, good, "x"))
    assert r.rc == 1 and "messages sent: 2; line 4 of standard input is the first not sent" in r.err
    assert len(taken(queue)) == 2
