# SPDX-License-Identifier: GPL-2.0-or-later
"""Files: what other users plant under a name, files truncated while in use, and hostile names in output."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import unicodedata

import pytest

from conftest import IPCX, worlds
from helpers.queues import ended, interrupt, put, start, taken
from helpers.tools import asleep, preload, until

queue = worlds.queue
OTHER = 12345


@pytest.fixture
def sticky(queue):
    """A directory in which every user may create files, but only the owner of a file may remove it."""
    path = os.path.join(queue.dir, "tmp")
    os.mkdir(path)
    os.chmod(path, 0o1777)
    return path


def lay(path, what, uid=OTHER):
    """Plant a link, file or FIFO of another user."""
    if what == "fifo":
        os.mkfifo(path)
        os.chmod(path, 0o666)
    elif what == "file":
        with open(path, "wb"):
            os.chmod(path, 0o666)
    else:
        os.symlink(what, path)
    os.chown(path, uid, uid, follow_symlinks=False)


OUTPUTS = {"drain": ["msg", "drain", "0", "OUT"], "read": ["pshm", "read", "/x", "-O", "OUT"], "force": ["pshm", "read", "/x", "-f", "-O", "OUT"],
           "limits": ["limits", "set", "msgmax=8192", "--save", "OUT"]}
INPUTS = {"load": ["msg", "load", "0", "IN"], "write": ["pshm", "write", "/x", "IN"], "mk": ["mk", "pshm", "/y", "--from", "IN"],
          "mk sized": ["mk", "pshm", "/y", "--from", "IN", "--size", "4K"]}


def run(world, words, path, **more):
    more.setdefault("timeout", 20)
    return world.ipcx(*[path if w in ("OUT", "IN") else w for w in words], **more)


@pytest.fixture
def things(queue):
    """A message and a memory object, whose contents commands write into files."""
    put(queue, (3, b"secret"))
    queue.ok("mk", "pshm", "/x", "--size", "4K")
    return queue


@pytest.mark.parametrize("words", [OUTPUTS[w] for w in ("drain", "read", "force")], ids=" ".join)
@pytest.mark.parametrize("target", ["empty", "/dev/null", "chain"])
def test_another_users_link_is_not_followed(things, sticky, words, target):
    victim = os.path.join(things.dir, "victim")
    with open(victim, "wb"):
        pass
    path = os.path.join(sticky, "out")
    if target == "chain":  # an own link that leads there
        lay(os.path.join(sticky, "laid"), victim)
        os.symlink("laid", path)
    else:
        lay(path, victim if target == "empty" else target)
    r = run(things, words, path)
    assert r.rc == 1 and path in r.err and r.err.count("\n") == 1
    assert os.path.getsize(victim) == 0 and os.path.islink(path)
    assert taken(things) == [(3, b"secret")]


@pytest.mark.parametrize("what", ["file", "fifo"])
def test_nothing_is_written_into_files_of_others(things, sticky, what):
    path = os.path.join(sticky, "out")
    lay(path, what)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    r = run(things, OUTPUTS["drain"], path)
    assert r.rc == 1 and "another user's" in r.err and os.read(reader, 100) == b""
    os.close(reader)
    assert taken(things) == [(3, b"secret")]


@pytest.mark.parametrize("words", OUTPUTS.values(), ids=OUTPUTS)
def test_a_fifo_without_a_reader_does_not_block(things, words):
    path = os.path.join(things.dir, "fifo")
    os.mkfifo(path)
    r = run(things, words, path)
    assert r.rc == 1 and path in r.err
    assert taken(things) == [(3, b"secret")]


@pytest.mark.parametrize("words", [OUTPUTS[w] for w in ("drain", "read")], ids=" ".join)
def test_a_command_waits_for_the_reader_of_a_fifo(things, words):
    """The command writes more data than fits into the FIFO at once."""
    things.sysctl("kernel.msgmnb", "1000000")
    things.ok("set", "msg:0", "--qbytes", "1000000")
    put(things, *[(1, bytes(8000))] * 30)
    things.ok("rm", "pshm:/x")
    things.ok("mk", "pshm", "/x", "--size", "300K")
    path = os.path.join(things.dir, "fifo")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    got, done = [], threading.Event()

    def read():
        while not done.is_set() or got[-1]:
            with contextlib.suppress(BlockingIOError):
                got.append(os.read(reader, 1 << 16))

    thread = threading.Thread(target=read)
    thread.start()
    r = run(things, words, path)
    done.set()
    thread.join()
    os.close(reader)
    assert r.rc == 0 and r.err == "" and len(b"".join(got)) >= 240000


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("out", ["pipe", "file"])
def test_devices_and_streams_keep_working(things, path, out):
    saved = os.path.join(things.dir, "saved")
    with open(saved, "wb") as f:
        r = run(things, OUTPUTS["drain"], path, stdout=f if out == "file" else subprocess.PIPE)
    text = r.stdout
    if out == "file":
        with open(saved, "rb") as f:
            text = f.read()
    assert r.rc == 0 and r.err == "" and (b'"size":6' in text) == (path != "/dev/null")
    assert taken(things) == []


def test_own_links_are_followed(things, sticky):
    path, saved = os.path.join(sticky, "link"), os.path.join(things.dir, "saved")
    with open(saved, "wb"):
        pass
    os.symlink(saved, path)
    things.ok("msg", "drain", "0", path)
    with open(saved, encoding="ascii") as f:
        assert json.load(f)["size"] == 6


def test_links_of_the_directorys_owner_are_followed(things, sticky):
    """Files of the directory's owner are trusted: the owner could replace anything in it anyway (protected_symlinks in proc_sys_fs(5))."""
    os.chown(sticky, OTHER, OTHER)
    path, saved = os.path.join(sticky, "link"), os.path.join(things.dir, "saved")
    with open(saved, "wb"):
        pass
    lay(path, saved)
    things.ok("msg", "drain", "0", path)
    assert os.path.getsize(saved) > 0


@pytest.mark.parametrize("words", INPUTS.values(), ids=INPUTS)
def test_another_users_link_is_not_read_through(things, sticky, words):
    """Following the link would expose contents that only we may read to the other user."""
    secret = os.path.join(things.dir, "secret")
    with open(secret, "w", encoding="ascii") as f:
        f.write('{"ipcx":1,"type":9,"data":""}\n')
    os.chmod(secret, 0o600)
    path = os.path.join(sticky, "in")
    lay(path, secret)
    r = run(things, words, path)
    assert r.rc == 1 and "symbolic link" in r.err and path in r.err
    assert taken(things) == [(3, b"secret")] and things.ok("pshm", "read", "/x", "--strings") == ""
    assert things.objects("pshm", "-o", "name") == [{"name": "/x"}]
    os.chown(path, 0, 0, follow_symlinks=False)
    assert run(things, words, path).rc == 0


@pytest.mark.parametrize("words", INPUTS.values(), ids=INPUTS)
def test_reading_from_a_fifo_waits(things, words):
    path = os.path.join(things.dir, "fifo")
    os.mkfifo(path)
    with subprocess.Popen(["sh", "-c", f"""echo '{{"ipcx":1,"type":9,"data":""}}' > {path}"""]):
        assert run(things, words, path).rc == 0


# ---- a semaphore whose file is truncated by its owner


FUTEX = ("futex_do_wait", "futex_wait_queue", "futex_wait_queue_me")
CUT = "its file was cut while it was used"


def cutting():
    return {"LD_PRELOAD": preload("cutsem"), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


def waiting(world, n=1):
    until(lambda: asleep(world, *FUTEX) == n)


def value(world):
    return int(world.ok("psem", "get", "/x"))


@pytest.mark.parametrize("words", [["wait", "/x"], ["wait", "/x", "--no-wait"], ["wait", "/x", "--timeout", "5s"], ["post", "/x"],
                                   ["run", "/x", "--", "echo", "ran"], ["run", "/x", "--no-wait", "--", "echo", "ran"]], ids=" ".join)
@pytest.mark.parametrize("init", [0, 1])
def test_a_semaphore_truncated_after_it_was_opened(world, words, init):
    world.ok("mk", "psem", "/x", "--init", init)
    r = world.ipcx("psem", *words, env=cutting())
    assert r.rc == 1 and r.out == "" and CUT in r.err and r.err.count("\n") == 1, (r.rc, r.err)


@pytest.mark.parametrize("words", [["wait", "/x", "--timeout", "3s"], ["run", "/x", "--", "echo", "ran"],
                                   ["run", "/x", "--timeout", "30s", "--", "echo", "ran"]], ids=" ".join)
def test_a_semaphore_truncated_during_a_wait(world, words):
    world.ok("mk", "psem", "/x", "--init", "0")
    p = start(world, "psem", *words)
    waiting(world)
    world.run("truncate", "-s", "0", "/dev/shm/sem.x")
    rc, out, err = ended(p)
    # The file is checked every 50 ms. If this check is the first to notice the truncation, the message is the same as for a file that never was a semaphore.
    said = {1: CUT, 3: "its file is not a semaphore"}
    assert out == b"" and said.get(rc, "\0") in err and err.count("\n") == 1, (rc, err)


def test_a_semaphore_truncated_while_it_is_held(world):
    world.ok("mk", "psem", "/x", "--init", "1")
    r = world.ipcx("psem", "run", "/x", "--", "truncate", "-s", "0", "/dev/shm/sem.x")
    assert r.rc == 1 and CUT in r.err


def test_a_wait_on_a_truncated_semaphore_can_be_interrupted(world):
    world.ok("mk", "psem", "/x", "--init", "0")
    p = start(world, "psem", "wait", "/x")
    waiting(world)
    world.run("truncate", "-s", "0", "/dev/shm/sem.x")
    interrupt(p)
    assert ended(p) == (-signal.SIGINT, b"", "")
    waiting(world, 0)


@pytest.mark.parametrize("words", [["wait", "/x"], ["wait", "/x", "--timeout", "60s"], ["run", "/x", "--", "echo", "ran"]], ids=" ".join)
@pytest.mark.parametrize("signo", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_waiter_does_not_outlive_its_killed_caller(world, words, signo):
    world.ok("mk", "psem", "/x", "--init", "0")
    p = start(world, "psem", *words)
    waiting(world)
    interrupt(p, signo)
    assert ended(p)[0] == -signo
    waiting(world, 0)
    world.ok("psem", "post", "/x")
    assert value(world) == 1


def test_a_semaphore_taken_for_a_dead_caller_is_released(world):
    """The caller is stopped and then killed, so that it can no longer be told that it has the semaphore."""
    world.ok("mk", "psem", "/x", "--init", "0")
    p = start(world, "psem", "wait", "/x")
    waiting(world)
    interrupt(p, signal.SIGSTOP)
    world.ok("psem", "post", "/x")
    until(lambda: asleep(world, *FUTEX) == 0 or value(world) == 1)
    interrupt(p, signal.SIGKILL)
    p.send_signal(signal.SIGCONT)  # nsenter stops with its child
    assert ended(p)[0] == -signal.SIGKILL
    until(lambda: value(world) == 1)


def test_interrupted_waiters_take_none(world):
    """Each waiter takes the semaphore once; a waiter that is interrupted does not take it."""
    world.ok("mk", "psem", "/x", "--init", "0")
    waiters = [start(world, "psem", "wait", "/x") for _ in range(20)]
    waiting(world, 20)
    for p in waiters[::2]:
        interrupt(p)
    for _ in range(10):
        world.ok("psem", "post", "/x")
    assert [ended(p)[0] for p in waiters] == [-signal.SIGINT, 0] * 10
    assert value(world) == 0


# ---- memory whose file is truncated by its owner


@pytest.mark.parametrize("words", [["read", "/x"], ["read", "/x", "--strings"], ["fill", "/x", "--byte", "7"],
                                       ["copy", "/x", "/y"]], ids=" ".join)
def test_memory_truncated_meanwhile(world, words):
    """While the file is truncated and extended again and again, the command fails or reads less, but is never killed by a signal."""
    for name in ("/x", "/y"):
        world.ok("mk", "pshm", name, "--size", "16M")
    cutter = start(world, "-c", "while :; do truncate -s 0 /dev/shm/x; truncate -s 16M /dev/shm/x; done", program="sh")
    try:
        for _ in range(10):
            r = world.ipcx("pshm", *words)
            assert r.rc in (0, 1) and r.err.count("\n") <= 1, (r.rc, r.err)
    finally:
        interrupt(cutter, signal.SIGKILL)
        ended(cutter)


# ---- hostile names on a terminal


# Names with escape sequences, C1 controls, bidi marks and isolates, a separator, a tag, an invalid UTF-8 byte or DEL; and a name that looks like an escaped
# character.
EVIL = "\033]0;x\007\u009b31m\u2066\u200f\u202e\u2028\u00ad\U000e0041".encode() + b"\xff\x9b2J\x7f\\x1b"
PLAIN = {0x09, 0x0a, 0x0d}


def on_terminal(world, *argv, uid=None):
    """Return everything that a command shows on a terminal, the exit status, and whether the command was killed."""
    master, slave = os.openpty()
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm", "NO_COLOR": "1", **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
    words = [os.fsencode(w) if isinstance(w, str) else w for w in world.argv(uid=uid)] + [w if isinstance(w, bytes) else os.fsencode(w) for w in argv]
    with subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=env) as p:
        os.close(slave)
        got = b""
        with contextlib.suppress(OSError):  # EIO: all descriptors of the other side are closed
            while part := os.read(master, 1 << 16):
                got += part
    os.close(master)
    assert b"Sanitizer" not in got
    return got, p.returncode


def harmful(got):
    """Return characters that a terminal acts on, or that are invisible."""
    text = got.decode("utf-8", "surrogateescape")
    return sorted({hex(ord(c)) for c in text if ord(c) not in PLAIN and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs"))})


@pytest.fixture
def evil(world):
    """A world that has objects with such names, and a process in a container."""
    for prefix in (b"", b"sem."):
        path = os.path.join(f"/proc/{world.pid}/root/dev/shm".encode(), prefix + EVIL.replace(b"/", b""))
        with open(path, "wb") as f:
            f.write(bytes(32))
    return world


@pytest.mark.parametrize("how", [[], ["--json"], *[["--format", f] for f in ("json", "jsonl", "csv", "raw", "export")]], ids=lambda h: h[-1] if h else "table")
@pytest.mark.parametrize("command", ["ls", "show", "get"])
def test_names_do_not_control_a_terminal(evil, command, how):
    ref = evil.objects("psem", "-o", "ref")[0]["ref"]
    words = {"ls": ["ls", "posix", "-o", "all"], "show": ["show", ref], "get": ["psem", "get", ref.partition(":")[2], "-o", "all"]}[command]
    if command == "show" and how and how[-1] not in ("--json", "json", "jsonl"):
        how = []
    got, _ = on_terminal(evil, IPCX, *words, *how)
    assert b"31m" in got and harmful(got) == [], got


def test_json_is_the_same_on_a_terminal(evil):
    words = ["ls", "posix", "--json", "-o", "ref,name"]
    got, rc = on_terminal(evil, IPCX, *words)
    assert rc == 0 and json.loads(got) == evil.ipcx(*words).json
    name = json.loads(got)["objects"][0]["name"]
    assert name == "/" + EVIL.decode("utf-8", "backslashreplace")


OLD = ["ipcs", "ipcmk", "ipcrm", "lsipc"]
LSIPC = [["-J"], ["-J", "-o", "NAME"], ["-r"], ["-e"], ["-n"], [], ["--notruncate"], ["-y"]]


@pytest.mark.parametrize("how", LSIPC, ids=" ".join)
@pytest.mark.parametrize("kind", ["-M", "-S"])
def test_names_under_the_old_names(evil, kind, how):
    got, rc = on_terminal(evil, IPCX, "compat", "lsipc", kind, *how)
    assert harmful(got) == [], got
    r = evil.ipcx("compat", "lsipc", kind, *how)
    assert r.rc == rc
    if "-J" in how:
        assert json.loads(r.stdout.decode("utf-8")) == json.loads(got)


def test_one_row_under_an_old_name(evil):
    got, rc = on_terminal(evil, IPCX, "compat", "lsipc", "-M", "-N", EVIL)
    assert rc == 0 and b"31m" in got and harmful(got) == [], got


WORDS = [b"-\033", b"--\033[31m", b"--all=\033", b"-\xc3\xa4", b"-\x9b", b"--\xe2\x81\xa6x", b"-i\033", b"-o\033", b"--id=\033", b"\033[31m", b"-p\033"]


@pytest.mark.parametrize("word", WORDS, ids=repr)
@pytest.mark.parametrize("tool", OLD)
def test_hostile_operands_under_the_old_names(world, tool, word):
    got, rc = on_terminal(world, IPCX, "compat", tool, word)
    assert harmful(got) == [], got
    assert rc != 0 or tool in ("ipcs", "lsipc", "ipcmk")


@pytest.mark.parametrize("tool,word,says", [
    ("ipcs", "-y", "ipcs: invalid option -- 'y'"), ("ipcs", "--yy=3", "ipcs: unrecognized option '--yy=3'"),
    ("ipcs", "-i", "ipcs: option requires an argument -- 'i'"), ("ipcs", "--id", "ipcs: option '--id' requires an argument"),
    ("ipcs", "--all=x", "ipcs: option '--all' doesn't allow an argument"),
    ("ipcrm", "--shmem-", "ipcrm: option '--shmem-' is ambiguous; possibilities: '--shmem-id' '--shmem-key'")])
def test_messages_of_getopt_are_unchanged(world, tool, word, says):
    r = world.ipcx("compat", tool, word)
    assert r.rc == 1 and r.err.splitlines()[0] == says


COMMANDS = [[EVIL], ["ls", EVIL], ["ls", b"--" + EVIL], ["ls", b"-" + EVIL], ["ls", "--format", EVIL], ["ls", "-o", EVIL], ["ls", "--sort", EVIL], ["ls", "-w", EVIL],
            ["ls", "-w", b"name == \"" + EVIL + b"\""], ["ls", "-w", b"owner == " + EVIL], ["ls", "--ns", EVIL], ["ls", "--ns", b"/tmp/" + EVIL], ["show", EVIL], ["show", b"psem:/" + EVIL],
            ["show", b"mq:/" + EVIL], ["rm", EVIL], ["rm", b"pshm:/" + EVIL], ["limits", EVIL], ["limits", "--for", EVIL], ["limits", "set", EVIL + b"=1"], ["limits", "set", b"msgmax=" + EVIL],
            ["limits", "set", "msgmax=8192", "--dry-run", "--save", b"/nonexistent/" + EVIL], ["mk", EVIL], ["mk", "shm", "--size", EVIL], ["mk", "pshm", EVIL], ["mk", "pshm", "/a", "--from", EVIL],
            ["mk", "shm", "--owner", EVIL], ["mk", "shm", "--mode", EVIL], ["set", "shm:0", "--owner", EVIL], ["key", EVIL], ["key", b"/tmp/" + EVIL], ["msg", EVIL], ["msg", "send", EVIL, "x"],
            ["msg", "recv", "0", "--format", EVIL], ["msg", "recv", "0", "--type", EVIL], ["msg", "drain", "0", b"/nonexistent/" + EVIL], ["msg", "load", "0", EVIL], ["pshm", "read", "/x", "--offset", EVIL],
            ["pshm", "read", b"/" + EVIL, "-O", EVIL], ["pshm", "write", "/x", EVIL], ["psem", "wait", b"/" + EVIL], ["psem", "run", "/x", "--", EVIL], ["sem", "op", "0", EVIL], ["stress", EVIL],
            ["stress", "shm", "--for", EVIL], ["stress", "compare", EVIL], ["ns", EVIL], ["ns", "enter", EVIL, "--", "true"], ["ns", "pin", "self", b"/nonexistent/" + EVIL], ["ns", "show", EVIL],
            ["help", EVIL], ["compat", EVIL], ["complete", "--", "ls", EVIL]]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(w if isinstance(w, str) else "EVIL" for w in words))
def test_hostile_operands_in_messages(world, words):
    """Operands that other people chose and a script passes on."""
    world.ok("mk", "pshm", "/x", "--size", "4K")
    world.ok("mk", "psem", "/x", "--init", "1")
    world.ok("mk", "msg")
    world.ok("mk", "sem", "--nsems", "1")
    got, _ = on_terminal(world, IPCX, *words)
    assert harmful(got) == [], got
