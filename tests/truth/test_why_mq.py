# SPDX-License-Identifier: GPL-2.0-or-later
"""Why calls on POSIX message queues fail: the errno of a real call, its cause first, a twin without the fault, and the fix."""

import pytest

from failing_calls import cause, do_fix, is_first, is_not, program, why

USER = 12345
# fs.mqueue.* of the namespace; most machines give root CAP_SYS_RESOURCE, which lifts them, so the calls are a user's.
CREATE = "flags=O_RDWR|O_CREAT"

NAMES = [
    # name, errno, cause
    ("q", "EINVAL", "does not begin with a slash"),
    ("", "EINVAL", "does not begin with a slash"),
    ("/", "ENOENT", "a slash alone"),
    ("/a/b", "EACCES", "a second slash"),
    ("//a", "EACCES", "a second slash"),
    ("/..", "EACCES", "a second slash"),
    ("/" + "n" * 256, "ENAMETOOLONG", "longer than"),
]


@pytest.mark.parametrize("call", ["mq_open", "mq_unlink"])
@pytest.mark.parametrize("name, error, text", NAMES)
def test_names(world, call, name, error, text):
    step = f"mq({name.encode()!r})" if call == "mq_open" else f"call('mq_unlink', {name.encode()!r})"
    with program(world, step) as p:
        assert p.result == error
        is_first(why(world, call, error, f"name={name}", "--pid", p.pid), text)
        is_not(why(world, call, error, "name=/healthy", "--pid", p.pid), text)
        is_not(why(world, call, error, "--pid", p.pid), text, unknown=True)


def test_longest_name_is_fine(world):
    with program(world, f"mq({b'/' + b'n' * 255!r})") as p:
        assert p.result.isdigit()
        is_not(why(world, "mq_open", "ENAMETOOLONG", "name=/" + "n" * 255), "longer than")


def test_absent(world):
    with program(world, "mq(b'/q', O.O_RDWR)") as p:
        assert p.result == "ENOENT"
        causes = why(world, "mq_open", "ENOENT", "name=/q", "flags=O_RDWR", "--pid", p.pid)
        is_first(causes, "no such queue")
        is_not(why(world, "mq_open", "ENOENT", "name=/q", CREATE), "no such queue")
        do_fix(world, causes)
        assert p.again().isdigit()
        is_not(why(world, "mq_open", "ENOENT", "name=/q", "flags=O_RDWR", "--pid", p.pid), "no such queue")


def test_unlink_of_an_absent_one(world):
    with program(world, "call('mq_unlink', b'/q')") as p:
        assert p.result == "ENOENT"
        is_first(why(world, "mq_unlink", "ENOENT", "name=/q", "--pid", p.pid), "no such queue")


def test_elsewhere(world):
    """A queue of that name in another namespace."""
    with program(world, "libc.unshare(0x08000000)", "mq(b'/q')") as other, program(world, "mq(b'/q', O.O_RDWR)") as p:
        assert other.result.isdigit() and p.result == "ENOENT"
        causes = why(world, "mq_open", "ENOENT", "name=/q", "--pid", p.pid)
        found = cause(causes, "in another IPC namespace")
        assert found["applies"] is True and "ns enter" in found["fix"], found
        is_not(why(world, "mq_open", "ENOENT", "name=/other", "--pid", p.pid), "in another IPC namespace")
        # In its own place it exists.
        is_not(why(world, "mq_open", "ENOENT", "name=/q", "--ns", other.pid), "no such queue")


def test_exists(world):
    with program(world, "mq(b'/q')", "mq(b'/q', O.O_RDWR | O.O_CREAT | O.O_EXCL)") as p:
        assert p.result == "EEXIST"
        flags = "flags=O_RDWR|O_CREAT|O_EXCL"
        is_first(why(world, "mq_open", "EEXIST", "name=/q", flags, "--pid", p.pid), "exists")
        is_not(why(world, "mq_open", "EEXIST", "name=/r", flags, "--pid", p.pid), "exists")
        with program(world, "mq(b'/q')") as other:
            assert other.result.isdigit()
            assert f"(process {other.pid})" in why(world, "mq_open", "EEXIST", "name=/q", flags, "--pid", p.pid)[0]["fix"]
    with program(world, "mq(b'/q', O.O_RDWR | O.O_CREAT | O.O_EXCL)") as p:
        assert p.result == "EEXIST"
        # Processes outside of the world's PID namespace cannot be seen: they may use it.
        fix = why(world, "mq_open", "EEXIST", "name=/q", flags, "--pid", p.pid)[0]["fix"]
        assert world.sh("PATH=${IPCX%/*}:$PATH; " + fix.split(": ")[-1]).rc == 0
        assert p.again().isdigit()


def test_mode(world):
    with program(world, "mq(b'/q', mode=0o640)") as owner, program(world, "mq(b'/q', O.O_RDWR)", uid=USER) as p:
        assert owner.result.isdigit() and p.result == "EACCES"
        words = "mq_open", "EACCES", "name=/q", "flags=O_RDWR"
        causes = why(world, *words, "--pid", p.pid)
        is_first(causes, "mode of the queue")
        assert "0640" in causes[0]["evidence"] and str(USER) in causes[0]["evidence"]
        is_first(why(world, *words, "--as", USER), "mode of the queue")
        is_not(why(world, *words, "--pid", owner.pid), "mode of the queue")
        do_fix(world, causes)
        assert p.again().isdigit()
        is_not(why(world, *words, "--pid", p.pid), "mode of the queue")


def test_mode_depends_on_what_it_was_opened_for(world):
    with program(world, "libc.umask(0)", "mq(b'/q', mode=0o604)") as owner, program(world, "mq(b'/q', O.O_RDWR)", uid=USER) as p:
        assert owner.result.isdigit() and p.result == "EACCES"
        is_not(why(world, "mq_open", "EACCES", "name=/q", "--pid", p.pid), "mode of the queue", unknown=True)
        is_not(why(world, "mq_open", "EACCES", "name=/q", "flags=O_RDONLY", "--pid", p.pid), "mode of the queue")
        is_first(why(world, "mq_open", "EACCES", "name=/q", "flags=O_WRONLY", "--pid", p.pid), "mode of the queue")


def test_directory(world):
    assert world.sh("chmod 755 /dev/mqueue").rc == 0
    with program(world, "mq(b'/q')", uid=USER) as p:
        assert p.result == "EACCES"
        causes = why(world, "mq_open", "EACCES", "name=/q", CREATE, "--pid", p.pid)
        is_first(causes, "does not let other users create")
        assert world.sh(causes[0]["fix"].split(": ")[1]).rc == 0
        assert p.again().isdigit()
        is_not(why(world, "mq_open", "EACCES", "name=/r", CREATE, "--pid", p.pid), "does not let other users create")


def test_unlink_of_anothers(world):
    with program(world, "mq(b'/q', mode=0o666)") as owner, program(world, "call('mq_unlink', b'/q')", uid=USER) as p:
        assert owner.result.isdigit() and p.result in ("EACCES", "EPERM")
        for error in "EACCES", "EPERM":
            causes = why(world, "mq_unlink", error, "name=/q", "--pid", p.pid)
            is_first(causes, "belongs to another user")
            is_not(why(world, "mq_unlink", error, "name=/q", "--pid", owner.pid), "belongs to another user")
        do_fix(world, causes)
        assert p.again() == "0"


@pytest.mark.parametrize("flags", ["3", "O_RDWR|O_WRONLY"])
def test_access(world, flags):
    with program(world, "mq(b'/q')", "mq(b'/q', 3)") as p:
        assert p.result == "EINVAL"
        is_first(why(world, "mq_open", "EINVAL", "name=/q", f"flags={flags}", "--pid", p.pid), "O_WRONLY and O_RDWR")
        is_not(why(world, "mq_open", "EINVAL", "name=/q", "flags=O_RDWR", "--pid", p.pid), "O_WRONLY and O_RDWR")


@pytest.mark.parametrize("maxmsg, msgsize, text", [(0, 1, "maxmsg"), (1, 0, "msgsize"), (-1, 1, "maxmsg"), (21, 1, "maxmsg"),
                                                   (1, 9000, "msgsize"), (65537, 1, "maxmsg"), (1, 16777217, "msgsize")])
def test_attributes(world, maxmsg, msgsize, text):
    world.sysctl("fs.mqueue.msg_max", "20")
    with program(world, f"mq(b'/q', attr=attr({maxmsg}, {msgsize}))", uid=USER) as p:
        assert p.result == "EINVAL"
        words = "mq_open", "EINVAL", "name=/q", CREATE
        causes = why(world, *words, f"maxmsg={maxmsg}", f"msgsize={msgsize}", "--pid", p.pid)
        is_first(causes, f"{text} must be")
        is_not(causes, "msgsize must be" if text == "maxmsg" else "maxmsg must be")
        is_not(why(world, *words, "maxmsg=20", "msgsize=8192", "--pid", p.pid), f"{text} must be")
        is_not(why(world, *words, "--pid", p.pid), f"{text} must be", unknown=True)
        if (maxmsg, msgsize) in ((21, 1), (1, 9000)):
            assert do_fix(world, causes).startswith("ipcx limits set mqueue_")
            assert p.again().isdigit()


def test_queues_max(world):
    world.sysctl("fs.mqueue.queues_max", "2")
    # One of them has no name any more, but is open.
    with program(world, "mq(b'/a'), mq(b'/b'), call('mq_unlink', b'/b')", "mq(b'/c')", uid=USER) as p:
        assert p.result == "ENOSPC"
        words = "mq_open", "ENOSPC", "name=/c", CREATE, "--pid", p.pid
        causes = why(world, *words)
        is_first(causes, "queues_max")
        assert "1 are open without one" in causes[0]["evidence"]
        do_fix(world, causes)
        assert p.again().isdigit()
        world.ipcx("limits", "set", "mqueue_queues_max=9")
        assert cause(why(world, "mq_open", "ENOSPC", "name=/d", CREATE, "--pid", p.pid), "queues_max")["applies"] is not True


def test_charge(world):
    """Queues in other namespaces and queues without a name count."""
    steps = ["limit(resource.RLIMIT_MSGQUEUE, 82880 * 3)", "mq(b'/a'), mq(b'/b'), call('mq_unlink', b'/b')"]
    with program(world, *steps[:1], "mq(b'/x')", uid=USER) as other:
        assert other.result.isdigit()
        with program(world, *steps, "mq(b'/c')", uid=USER) as p:
            assert p.result == "EMFILE"
            words = "mq_open", "EMFILE", "name=/c", CREATE, "maxmsg=10", "msgsize=8192", "--pid", p.pid
            causes = why(world, *words)
            found = is_first(causes, "RLIMIT_MSGQUEUE")
            assert "3 queues with 248640 bytes (1 of them without a name), 82880 needed" in found["evidence"]
            is_not(causes, "RLIMIT_NOFILE")
            # Without the attributes only the default size is known not to fit.
            assert is_first(why(world, *words[:4], "--pid", p.pid), "RLIMIT_MSGQUEUE")
            # Only the user may, unless root has CAP_SYS_RESOURCE.
            fix = causes[0]["fix"].split(": ")[-1]
            assert fix == f"prlimit --pid {p.pid} --msgqueue=331520:"
            assert world.sh(fix, uid=USER).rc == 0
            assert p.again().isdigit()


def test_charge_of_another_namespace(world):
    with program(world, "libc.unshare(0x08000000)", "os.setgid(12345) or os.setuid(12345)", "mq(b'/x')") as other:
        assert other.result.isdigit()
        with program(world, "limit(resource.RLIMIT_MSGQUEUE, 100000, 100000)", "mq(b'/c')", uid=USER) as p:
            assert p.result == "EMFILE"
            words = "mq_open", "EMFILE", "name=/c", CREATE, "maxmsg=10", "msgsize=8192", "--pid", p.pid
            found = is_first(why(world, *words), "RLIMIT_MSGQUEUE")
            assert "1 queues with 82880 bytes" in found["evidence"]
        with program(world, "mq(b'/c')", uid=USER) as p:
            assert p.result.isdigit()
            # Processes outside of the world's PID namespace cannot be seen.
            found = cause(why(world, "mq_open", "EMFILE", "name=/d", CREATE, "maxmsg=10", "msgsize=8192", "--pid", p.pid), "RLIMIT_MSGQUEUE")
            assert found["applies"] is None, found
    # Whose limit is not known: a user without a process.
    found = cause(why(world, "mq_open", "EMFILE", "name=/d", CREATE, "--as", USER), "RLIMIT_MSGQUEUE")
    assert found["applies"] is None and "not known" in found["evidence"]


def test_descriptors(world):
    with program(world, "limit(resource.RLIMIT_NOFILE, 20)", "[os.dup(0) for i in range(20 - len(os.listdir('/proc/self/fd')) + 1)]", "mq(b'/q')") as p:
        assert p.result == "EMFILE"
        causes = why(world, "mq_open", "EMFILE", "name=/q", CREATE, "maxmsg=1", "msgsize=1", "--pid", p.pid)
        is_first(causes, "RLIMIT_NOFILE")
        do_fix(world, causes)
        assert p.again().isdigit()
        is_not(why(world, "mq_open", "EMFILE", "name=/q", "--pid", p.pid), "RLIMIT_NOFILE")
        is_not(why(world, "mq_open", "EMFILE", "name=/q"), "RLIMIT_NOFILE", unknown=True)


def test_unmapped(world):
    """Root outside of the user namespace that owns the IPC namespace."""
    with program(world, "libc.unshare(0x18000000)", "os.getpid()") as inside:
        assert world.sh(f"echo 0 100000 1000 >/proc/{inside.pid}/uid_map").rc == 0
        steps = f"f = os.open('/proc/{inside.pid}/ns/ipc', os.O_RDONLY)", "libc.setns(f, 0)", "mq(b'/q')"
        with program(world, *steps) as p:
            assert p.result == "EOVERFLOW"
            causes = why(world, "mq_open", "EOVERFLOW", "name=/q", CREATE, "--ns", inside.pid)
            is_first(causes, "uid does not exist")
    is_not(why(world, "mq_open", "EOVERFLOW", "name=/q", CREATE), "uid does not exist")


SMALL = "names['q'] = mq(b'/q', attr=attr(2, 16))"


def test_message_too_long(world):
    with program(world, SMALL, "call('mq_send', names['q'], b'x' * 17, 17, 0)") as p:
        assert p.result == "EMSGSIZE"
        is_first(why(world, "mq_send", "EMSGSIZE", "name=/q", "len=17", "--pid", p.pid), "longer than the queue's msgsize")
        is_not(why(world, "mq_send", "EMSGSIZE", "name=/q", "len=16", "--pid", p.pid), "longer than the queue's msgsize")
        is_not(why(world, "mq_send", "EMSGSIZE", "name=/q", "--pid", p.pid), "longer than the queue's msgsize", unknown=True)


def test_buffer_too_short(world):
    with program(world, SMALL, "call('mq_receive', names['q'], ctypes.create_string_buffer(15), 15, None)") as p:
        assert p.result == "EMSGSIZE"
        is_first(why(world, "mq_receive", "EMSGSIZE", "mq:/q", "len=15", "--pid", p.pid), "shorter than the queue's msgsize")
        is_not(why(world, "mq_receive", "EMSGSIZE", "mq:/q", "len=16", "--pid", p.pid), "shorter than the queue's msgsize")


def test_priority(world):
    with program(world, SMALL, "call('mq_send', names['q'], b'x', 1, 32768)") as p:
        assert p.result == "EINVAL"
        is_first(why(world, "mq_send", "EINVAL", "name=/q", "mtype=32768", "--pid", p.pid), "priority")
        is_not(why(world, "mq_send", "EINVAL", "name=/q", "mtype=32767", "--pid", p.pid), "priority")


FULL = "[call('mq_send', names['q'], b'x', 1, 0) for i in range(2)]"
SENDS = {
    "EAGAIN": "call('mq_send', mq(b'/q', O.O_WRONLY | O.O_NONBLOCK), b'x', 1, 0)",
    "ETIMEDOUT": "call('mq_timedsend', names['q'], b'x', 1, 0, past())",
    "blocks": "blocks(lambda: call('mq_send', names['q'], b'x', 1, 0))",
}
RECEIVES = {
    "EAGAIN": "call('mq_receive', mq(b'/q', O.O_RDONLY | O.O_NONBLOCK), ctypes.create_string_buffer(16), 16, None)",
    "ETIMEDOUT": "call('mq_timedreceive', names['q'], ctypes.create_string_buffer(16), 16, None, past())",
    "blocks": "blocks(lambda: call('mq_receive', names['q'], ctypes.create_string_buffer(16), 16, None))",
}


@pytest.mark.parametrize("error", SENDS)
def test_full(world, error):
    with program(world, SMALL, FULL, SENDS[error]) as p:
        assert p.result == error
        text = "queue was full" if error == "ETIMEDOUT" else "queue is full"
        causes = why(world, "mq_send", error, "name=/q", "--pid", p.pid)
        found = is_first(causes, text)
        assert "2 of 2 messages" in found["evidence"] and "for receiving" in found["evidence"]
        with program(world, "mq(b'/q', O.O_RDONLY)") as reader:
            assert reader.result.isdigit()
            assert f"(process {reader.pid})" in is_first(why(world, "mq_send", error, "name=/q", "--pid", p.pid), text)["evidence"]
        do_fix(world, causes)
        is_not(why(world, "mq_send", error, "name=/q", "--pid", p.pid), text)
        if error != "blocks":
            assert p.again() == "0"


@pytest.mark.parametrize("error", RECEIVES)
def test_empty(world, error):
    with program(world, SMALL, RECEIVES[error]) as p:
        assert p.result == error
        text = "queue was empty" if error == "ETIMEDOUT" else "queue is empty"
        found = is_first(why(world, "mq_receive", error, "name=/q", "--pid", p.pid), text)
        assert "0 of 2 messages" in found["evidence"] and "for sending" in found["evidence"]
        if error != "blocks":
            world.ok("mq", "send", "/q", "hello")
            is_not(why(world, "mq_receive", error, "name=/q", "--pid", p.pid), text)


def test_other_direction(world):
    with program(world, "names['q'] = mq(b'/q', O.O_RDONLY | O.O_CREAT)", "call('mq_send', names['q'], b'x', 1, 0)") as p:
        assert p.result == "EBADF"
        is_first(why(world, "mq_send", "EBADF", "name=/q", "--pid", p.pid), "not open for sending")
        is_not(why(world, "mq_receive", "EBADF", "name=/q", "--pid", p.pid), "not open for receiving")
        is_not(why(world, "mq_send", "EBADF", "name=/q"), "not open for sending", unknown=True)
    with program(world, "call('mq_receive', 0, ctypes.create_string_buffer(9), 9, None)") as p:
        assert p.result == "EBADF"
        found = is_first(why(world, "mq_receive", "EBADF", "name=/q", "--pid", p.pid), "no open queue")
        assert "does not have the queue open" in found["evidence"]


def test_notify(world):
    register = "call('mq_notify', names['q'], struct.pack('=QIi', 0, 10, 0) + bytes(48))"
    with program(world, SMALL, register) as first, program(world, "names['q'] = mq(b'/q')", register) as p:
        assert first.result == "0" and p.result == "EBUSY"
        found = is_first(why(world, "mq_notify", "EBUSY", "name=/q", "--pid", p.pid), "is registered")
        assert f"process {first.pid}" in found["evidence"]
        is_not(why(world, "mq_notify", "EBUSY", "name=/r"), "is registered")
    world.ok("mk", "mq", "/empty")
    is_not(why(world, "mq_notify", "EBUSY", "name=/empty"), "is registered")
