# SPDX-License-Identifier: GPL-2.0-or-later
"""Each reason for which msgget, msgsnd, msgrcv and msgctl fail is found when a real call fails for it, and is denied when it is not so."""

import pytest

from calling import (IPC_CREAT, IPC_EXCL, IPC_NOWAIT, IPC_RMID, IPC_SET, IPC_STAT, applies, call, caller, denies, mend, one, unknown, waits, why)
from conftest import IPCX

KEY = 0x4d2
NOBODY = 65534
MSG_NOERROR, MSG_EXCEPT, MSG_COPY = 0o10000, 0o20000, 0o40000


def peek_works(world):
    return world.run("test", "-e", "/proc/sys/kernel/msg_next_id").rc == 0


# ---- msgget

def test_msgget_with_msgmni_full(queue):
    assert call(queue, "msgsnd", 0, 1, 5) == "0" and call(queue, "msgrcv", 0, 5, 0) == "5"
    queue.sysctl("kernel.msgmni", "1")
    assert call(queue, "msgget", 0, IPC_CREAT | 0o600) == "ENOSPC"
    row = applies(queue, "kernel.msgmni queues exist", "msgget", "ENOSPC", evidence=["msgmni is 1, 1 in use", "uid 0 has most, 1 of 1; of 1 of them"])
    command, other = row["fix"].split("  # or: ")
    r = queue.run("sh", "-c", other.replace("ipcx ", '"$IPCX" ', 1) + " -o ref", env={"IPCX": IPCX})
    assert r.rc == 4 or "msg:0" in r.out, r.err  # 4: it is kept, as processes outside of the PID namespace may wait
    mend(queue, {"fix": command})
    denies(queue, "kernel.msgmni queues exist", "msgget", "ENOSPC")
    assert call(queue, "msgget", 0, IPC_CREAT | 0o600) == "1"


def test_msgmni_at_its_ceiling_is_not_raised(queue):
    ceiling = int(queue.ipcx("limits", "msgmni", "--json").json["limits"][0]["ceiling"])
    queue.sysctl("kernel.msgmni", str(ceiling))
    assert denies(queue, "kernel.msgmni queues exist", "msgget", "ENOSPC")["fix"] is None


def test_our_own_failure_names_the_limit(queue):
    queue.sysctl("kernel.msgmni", "1")
    r = queue.ipcx("mk", "msg")
    assert r.rc == 1 and "msgmni is 1" in r.err, r.err


def test_msgget_of_an_absent_key_and_of_one_elsewhere(queue):
    assert call(queue, "msgget", 0x4d3, 0) == "ENOENT"
    applies(queue, "no queue has this key", "msgget", "ENOENT", "key=0x4d3", evidence=["0x4d3"])
    denies(queue, "no queue has this key", "msgget", "ENOENT", "key=0x4d2")
    denies(queue, "no queue has this key", "msgget", "ENOENT", "key=0x4d3", "flags=IPC_CREAT")
    r = queue.run("unshare", "--ipc", IPCX, "why", "msgget", "ENOENT", "key=0x4d2", "--json")
    assert "another IPC namespace" in r.json["causes"][0]["cause"] and r.json["causes"][0]["applies"] is True, r.out


def test_msgget_of_a_key_that_exists(queue):
    assert call(queue, "msgget", KEY, IPC_CREAT | IPC_EXCL | 0o600) == "EEXIST"
    mend(queue, applies(queue, "IPC_EXCL", "msgget", "EEXIST", "key=0x4d2", evidence=["msg:0"]))
    denies(queue, "IPC_EXCL", "msgget", "EEXIST", "key=0x4d3")


def test_msgget_without_the_right(queue):
    with caller(queue, "msgget", KEY, 0o400, uid=NOBODY) as c:
        assert c.result() == "EACCES"
        row = applies(queue, "permission bits", "msgget", "EACCES", "key=0x4d2", "flags=0400", "--pid", c.pid, evidence=["mode 0600", "to read"])
        denies(queue, "permission bits", "msgget", "EACCES", "key=0x4d2", "flags=0400")
        mend(queue, row)
        assert call(queue, "msgget", KEY, 0o400, uid=NOBODY) == "0"
        denies(queue, "permission bits", "msgget", "EACCES", "key=0x4d2", "flags=0400", "--pid", c.pid)


# ---- msgsnd

def test_msgsnd_longer_than_msgmax(queue):
    assert call(queue, "msgsnd", 0, 1, 20000) == "EINVAL"
    row = applies(queue, "longer than kernel.msgmax", "msgsnd", "EINVAL", "msg:0", "len=20000", "mtype=1", evidence=["msgmax is 8192, the message has 20000"])
    denies(queue, "longer than kernel.msgmax", "msgsnd", "EINVAL", "msg:0", "len=8192")
    unknown(queue, "longer than kernel.msgmax", "msgsnd", "EINVAL", "msg:0")
    mend(queue, row)
    assert call(queue, "msgsnd", 0, 1, 20000, IPC_NOWAIT) == "0"
    # The limit of now counts, not that of before.
    queue.sysctl("kernel.msgmax", "10000")
    assert call(queue, "msgsnd", 0, 1, 20000, IPC_NOWAIT) == "EINVAL"
    applies(queue, "longer than kernel.msgmax", "msgsnd", "EINVAL", "msg:0", "len=20000")


@pytest.mark.parametrize("mtype", [0, -1])
def test_msgsnd_of_a_bad_type(queue, mtype):
    assert call(queue, "msgsnd", 0, mtype, 1) == "EINVAL"
    applies(queue, "less than 1", "msgsnd", "EINVAL", "msg:0", f"mtype={mtype}")
    denies(queue, "less than 1", "msgsnd", "EINVAL", "msg:0", "mtype=1")
    unknown(queue, "less than 1", "msgsnd", "EINVAL", "msg:0")


@pytest.mark.parametrize("name,words", [("msgsnd", [1, 1]), ("msgrcv", [1, 0]), ("msgctl", [IPC_STAT])])
def test_a_removed_id(queue, name, words):
    denies(queue, "no queue has this id", name, "EINVAL", "msg:0")
    queue.ok("rm", "msg:0")
    assert call(queue, name, 0, *words) == "EINVAL"
    applies(queue, "no queue has this id", name, "EINVAL", "id=0", evidence=["its place 0 is empty"])
    applies(queue, "no queue has this id", name, "EINVAL", "msqid=-1", evidence=["earlier one"])


def test_msgsnd_to_a_full_queue_whose_qbytes_is_old(queue):
    queue.sysctl("kernel.msgmnb", "65536")  # for new queues only
    for _ in range(2):
        assert call(queue, "msgsnd", 0, 1, 8000, IPC_NOWAIT) == "0"
    assert call(queue, "msgsnd", 0, 1, 500, IPC_NOWAIT) == "EAGAIN"
    words = ["msg:0", "len=500", "flags=IPC_NOWAIT"]
    row = applies(queue, "no room for the bytes", "msgsnd", "EAGAIN", *words,
                  evidence=["16000 bytes in 2 messages, its qbytes is 16384", "msgmnb is 65536 now, but that is for new queues", "no process has received"])
    denies(queue, "no room for the bytes", "msgsnd", "EAGAIN", "msg:0", "len=384", "flags=IPC_NOWAIT")
    denies(queue, "of their number", "msgsnd", "EAGAIN", *words)
    unknown(queue, "no room for the bytes", "msgsnd", "EAGAIN", "msg:0")
    assert row["fix"] == "ipcx set msg:0 --qbytes 65536"
    mend(queue, row)
    assert call(queue, "msgsnd", 0, 1, 500, IPC_NOWAIT) == "0"
    denies(queue, "no room for the bytes", "msgsnd", "EAGAIN", *words)


def test_more_room_than_msgmnb_needs_the_limit_raised_first(queue):
    for _ in range(2):
        assert call(queue, "msgsnd", 0, 1, 8192, IPC_NOWAIT) == "0"
    row = applies(queue, "no room for the bytes", "msgsnd", "EAGAIN", "msg:0", evidence=["16384 bytes"])
    row = applies(queue, "no room for the bytes", "msgsnd", "EAGAIN", "msg:0", "len=1", evidence=["16384 bytes"])
    mend(queue, row)
    assert call(queue, "msgsnd", 0, 1, 1, IPC_NOWAIT) == "0"


def test_an_owner_may_make_room_up_to_msgmnb(queue):
    queue.ok("set", "msg:0", "--owner", "1234", "--qbytes", "100")
    words = ["no room for the bytes", "msgsnd", "EAGAIN", "msg:0"]
    row = applies(queue, *words, "len=200", uid=1234)
    mend(queue, row, uid=1234)
    assert call(queue, "msgsnd", 0, 1, 200, IPC_NOWAIT, uid=1234) == "0"
    assert applies(queue, *words, "len=20000", uid=1234)["fix"].startswith("as root: ipcx limits set msgmnb=")
    queue.ok("set", "msg:0", "--mode", "0666")
    assert applies(queue, *words, "len=16384", uid=NOBODY)["fix"].startswith("as root: ipcx ")
    assert "2 GiB" in applies(queue, *words, "len=3G")["fix"]


def test_msgsnd_to_a_queue_that_is_full_of_empty_messages(queue):
    queue.ok("set", "msg:0", "--qbytes", "3")
    for _ in range(3):
        assert call(queue, "msgsnd", 0, 1, 0, IPC_NOWAIT) == "0"
    assert call(queue, "msgsnd", 0, 1, 0, IPC_NOWAIT) == "EAGAIN"
    row = applies(queue, "of their number", "msgsnd", "EAGAIN", "msg:0", "len=0", evidence=["0 bytes in 3 messages, its qbytes is 3"])
    denies(queue, "no room for the bytes", "msgsnd", "EAGAIN", "msg:0", "len=0")
    mend(queue, row)
    assert call(queue, "msgsnd", 0, 1, 0, IPC_NOWAIT) == "0"


def test_msgsnd_that_blocks(queue):
    assert call(queue, "msgsnd", 0, 1, 10) == "0" and call(queue, "msgrcv", 0, 10, 0) == "10"
    queue.ok("set", "msg:0", "--qbytes", "10")
    assert call(queue, "msgsnd", 0, 1, 10) == "0"
    with caller(queue, "msgsnd", 0, 1, 5) as c:
        waits(queue, "msg:0", c.pid)
        row = applies(queue, "waits for a receiver", "msgsnd", "blocks", "msg:0", "len=5", "--pid", c.pid, evidence=["10 bytes", "which has ended"])
        denies(queue, "no room for the bytes", "msgsnd", "blocks", "msg:0", "len=5", "flags=IPC_NOWAIT")
        denies(queue, "no room for the bytes", "msgsnd", "EAGAIN", "msg:0", "len=5", "flags=0")
        mend(queue, row)
        assert c.result() == "0"
    denies(queue, "no room for the bytes", "msgsnd", "blocks", "msg:0", "len=5")


def test_msgsnd_and_msgrcv_without_the_right(queue):
    for name, mode, words in (("msgsnd", "0604", [1, 1]), ("msgrcv", "0602", [1, 0, IPC_NOWAIT])):
        queue.ok("set", "msg:0", "--mode", mode)
        with caller(queue, name, 0, *words, uid=NOBODY) as c:
            assert c.result() == "EACCES"
            row = applies(queue, "not permitted", name, "EACCES", "msg:0", "--pid", c.pid, evidence=[f"mode {mode}"])
            denies(queue, "not permitted", name, "EACCES", "msg:0")
            mend(queue, row)
            assert call(queue, name, 0, *words, uid=NOBODY) in ("0", "1")
            denies(queue, "not permitted", name, "EACCES", "msg:0", "--pid", c.pid)


@pytest.mark.parametrize("name", ["msgsnd", "msgrcv"])
def test_a_queue_that_is_removed_while_a_call_waits(queue, name):
    queue.ok("set", "msg:0", "--qbytes", "1")
    with caller(queue, name, 0, *([1, 5] if name == "msgsnd" else [5, 0])) as c:
        waits(queue, "msg:0", c.pid)
        denies(queue, "removed while the call waited", name, "EIDRM", "msg:0", "--pid", c.pid)
        queue.ok("rm", "msg:0")
        assert c.result() == "EIDRM"
        applies(queue, "removed while the call waited", name, "EIDRM", "msg:0", "--pid", c.pid, evidence=["EINVAL from now on"])
        denies(queue, "RemoveIPC=", name, "EIDRM", "msg:0", "--pid", c.pid)
    assert queue.ok("mk", "msg", "--key", "0x4d2") != ""
    unknown(queue, "removed while the call waited", name, "EIDRM", "key=0x4d2")


@pytest.mark.parametrize("name", ["msgsnd", "msgrcv"])
def test_a_signal_that_interrupts(queue, name):
    queue.ok("set", "msg:0", "--qbytes", "1")
    with caller(queue, name, 0, *([1, 5] if name == "msgsnd" else [5, 0])) as c:
        waits(queue, "msg:0", c.pid)
        queue.run("kill", "-USR1", c.pid)
        assert c.result() == "EINTR"
        assert "EINTR" in unknown(queue, "a signal's handler", name, "EINTR", "msg:0", "--pid", c.pid)["fix"]


# ---- msgrcv

@pytest.mark.parametrize("want,flags,so", [(0, 0, False), (3, 0, True), (5, 0, False), (-4, 0, True), (-5, 0, False), (5, MSG_EXCEPT, False),
                                           (-9223372036854775808, 0, False)])
def test_msgrcv_of_a_type(queue, want, flags, so):
    """A queue with the types 5, 7, 5."""
    if not peek_works(queue):
        pytest.skip("this kernel cannot copy messages")
    for t in (5, 7, 5):
        assert call(queue, "msgsnd", 0, t, 10) == "0"
    before = queue.steady("msg:0", "-o", "all")
    words = ["msgrcv", "ENOMSG", "msg:0", f"mtype={want}", f"flags={IPC_NOWAIT | flags}"]
    if so:
        row = applies(queue, "no message of the type", *words, evidence=["3 messages, 2 of type 5, 1 of type 7", "last sent to by process"])
        mend(queue, row)
    else:
        denies(queue, "no message of the type", *words)
    assert queue.steady("msg:0", "-o", "all") == before
    assert (call(queue, "msgrcv", 0, 10, want, IPC_NOWAIT | flags) == "ENOMSG") == so


def test_msgrcv_from_an_empty_queue(queue):
    assert call(queue, "msgrcv", 0, 10, 0, IPC_NOWAIT) == "ENOMSG"
    applies(queue, "no message of the type", "msgrcv", "ENOMSG", "msg:0", evidence=["is empty", "no process has sent to it yet"])
    denies(queue, "no message of the type", "msgrcv", "ENOMSG", "msg:0", "flags=0")
    with caller(queue, "msgrcv", 0, 10, 0) as c:
        waits(queue, "msg:0", c.pid)
        applies(queue, "waits for a sender", "msgrcv", "blocks", "msg:0", "--pid", c.pid, evidence=["is empty"])
        denies(queue, "waits for a sender", "msgrcv", "blocks", "msg:0", "flags=IPC_NOWAIT")
        assert call(queue, "msgsnd", 0, 1, 3) == "0"
        assert c.result() == "3"
    assert call(queue, "msgsnd", 0, 1, 3) == "0"
    denies(queue, "waits for a sender", "msgrcv", "blocks", "msg:0", "mtype=0")
    unknown(queue, "waits for a sender", "msgrcv", "blocks", "msg:0")


def test_msgrcv_into_a_short_buffer(queue):
    if not peek_works(queue):
        pytest.skip("this kernel cannot copy messages")
    for t, length in ((1, 10), (2, 30)):
        assert call(queue, "msgsnd", 0, t, length) == "0"
    for want, length in ((0, 9), (1, 9), (2, 29), (-2, 9)):
        assert call(queue, "msgrcv", 0, length, want, IPC_NOWAIT) == "E2BIG"
        words = ["longer than the buffer", "msgrcv", "E2BIG", "msg:0", f"mtype={want}"]
        applies(queue, *words, f"len={length}", evidence=[f"has {length + 1} bytes, the buffer {length}"])
        denies(queue, *words, f"len={length + 1}")
        denies(queue, *words, f"len={length}", f"flags={MSG_NOERROR}")
        unknown(queue, *words)
    denies(queue, "longer than the buffer", "msgrcv", "E2BIG", "msg:0", "mtype=3", "len=1")
    unknown(queue, "longer than the buffer", "msgrcv", "E2BIG", "msg:0", "len=1")
    assert queue.objects("msg:0", "-o", "qnum")[0]["qnum"] == 2


def test_msgrcv_with_msg_copy(queue):
    if not peek_works(queue):
        pytest.skip("this kernel cannot copy messages")
    assert call(queue, "msgrcv", 0, 10, 0, MSG_COPY) == "EINVAL"
    applies(queue, "MSG_COPY needs IPC_NOWAIT", "msgrcv", "EINVAL", "msg:0", f"flags={MSG_COPY}", evidence=["without IPC_NOWAIT"])
    assert call(queue, "msgrcv", 0, 10, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT) == "EINVAL"
    applies(queue, "MSG_COPY needs IPC_NOWAIT", "msgrcv", "EINVAL", "msg:0", f"flags={MSG_COPY | MSG_EXCEPT | IPC_NOWAIT}", evidence=["with MSG_EXCEPT"])
    denies(queue, "MSG_COPY needs IPC_NOWAIT", "msgrcv", "EINVAL", "msg:0", f"flags={MSG_COPY | IPC_NOWAIT}")
    denies(queue, "CONFIG_CHECKPOINT_RESTORE", "msgrcv", "ENOSYS", "msg:0", f"flags={MSG_COPY | IPC_NOWAIT}")
    denies(queue, "length of the buffer is negative", "msgrcv", "EINVAL", "msg:0", "len=5")


def test_a_long_queue_is_not_walked(queue):
    queue.ok("set", "msg:0", "--qbytes", "16384")
    queue.sh(f"""for i in $(seq 2100); do echo; done | python3 -c 'import ctypes, sys
b = (ctypes.c_long * 2)(1)
for _ in sys.stdin: ctypes.CDLL(None).msgsnd(0, b, ctypes.c_size_t(0), {IPC_NOWAIT})'""")
    assert queue.objects("msg:0", "-o", "qnum")[0]["qnum"] == 2100
    assert "too many" in unknown(queue, "no message of the type", "msgrcv", "ENOMSG", "msg:0", "mtype=2")["evidence"]
    denies(queue, "no message of the type", "msgrcv", "ENOMSG", "msg:0", "mtype=0")


# ---- msgctl

def test_msgctl_that_is_reserved_to_the_owner(queue):
    queue.ok("set", "msg:0", "--mode", "0666")
    for name, cmd in (("IPC_SET", IPC_SET), ("IPC_RMID", IPC_RMID)):
        with caller(queue, "msgctl", 0, cmd, uid=NOBODY) as c:
            assert c.result() == "EPERM"
            row = applies(queue, "reserved to the queue's owner", "msgctl", "EPERM", "msg:0", f"cmd={name}", "--pid", c.pid)
            denies(queue, "reserved to the queue's owner", "msgctl", "EPERM", "msg:0", f"cmd={name}")
            denies(queue, "reserved to the queue's owner", "msgctl", "EPERM", "msg:0", "cmd=IPC_STAT", "--pid", c.pid)
            mend(queue, row)
            if name == "IPC_SET":
                assert call(queue, "msgctl", 0, cmd, uid=NOBODY) == "0"
                queue.ok("set", "msg:0", "--owner", "root")
    assert queue.objects("msg") == []


def test_msgctl_above_msgmnb(queue):
    queue.ok("set", "msg:0", "--owner", NOBODY)
    with caller(queue, "msgctl", 0, IPC_SET, 20000, uid=NOBODY) as c:
        assert c.result() == "EPERM"
        words = ["msg_qbytes above kernel.msgmnb", "msgctl", "EPERM", "msg:0", "cmd=IPC_SET", "--pid", c.pid]
        row = applies(queue, *words, "qbytes=20000", evidence=["msgmnb is 16384, qbytes 20000 asked for", "without CAP_SYS_RESOURCE"])
        denies(queue, *words, "qbytes=16384")
        denies(queue, "reserved to the queue's owner", *words[1:])
        unknown(queue, *words)
        assert "2 GiB" in applies(queue, *words, "qbytes=3G")["fix"]
        mend(queue, row)
        assert call(queue, "msgctl", 0, IPC_SET, 20000, uid=NOBODY) == "0"
        denies(queue, *words, "qbytes=20000")


def test_msgctl_without_the_right_and_with_a_bad_command(queue):
    with caller(queue, "msgctl", 0, IPC_STAT, uid=NOBODY) as c:
        assert c.result() == "EACCES"
        row = applies(queue, "IPC_STAT and MSG_STAT need", "msgctl", "EACCES", "msg:0", "--pid", c.pid, evidence=["mode 0600"])
        denies(queue, "IPC_STAT and MSG_STAT need", "msgctl", "EACCES", "msg:0", "cmd=IPC_SET", "--pid", c.pid)
        denies(queue, "IPC_STAT and MSG_STAT need", "msgctl", "EACCES", "msg:0")
        mend(queue, row)
        assert call(queue, "msgctl", 0, IPC_STAT, uid=NOBODY) == "0"
    assert call(queue, "msgctl", 0, 99) == "EINVAL"
    unknown(queue, "does not know this cmd", "msgctl", "EINVAL", "msg:0", "cmd=99")
    denies(queue, "does not know this cmd", "msgctl", "EINVAL", "msg:0", "cmd=IPC_STAT")


# ---- bad days

def test_what_may_not_be_read_is_unknown(queue):
    queue.ok("msg", "send", "msg:0", "--type", "5", "hello")
    row = one(queue, "no message of the type", "msgrcv", "ENOMSG", "msg:0", "mtype=3", uid=NOBODY)
    assert row["applies"] is None and "read permission" in row["evidence"], row
    with_room = one(queue, "no room for the bytes", "msgsnd", "EAGAIN", "msg:0", "len=99999", uid=NOBODY)
    assert with_room["applies"] in (None, True), with_room


def test_every_cause_has_evidence_without_an_argument(queue):
    for name, errors in (("msgget", ("ENOENT", "EEXIST", "EACCES", "ENOMEM", "ENOSPC")), ("msgsnd", ("EINVAL", "EAGAIN", "blocks", "EIDRM", "ENOMEM")),
                         ("msgrcv", ("EINVAL", "ENOMSG", "E2BIG", "ENOSYS", "blocks")), ("msgctl", ("EINVAL", "EPERM", "EACCES"))):
        for error in errors:
            rows = why(queue, name, error)
            assert all(r["evidence"] for r in rows) and not [r for r in rows if r["applies"] and "cannot be told" in r["evidence"]], rows
