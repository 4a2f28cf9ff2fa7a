# SPDX-License-Identifier: GPL-2.0-or-later
"""The field waiters is the number of threads that wait for an object, of every mechanism, or unknown with a reason; a queue for which a thread waits is in use."""

import json
import os
import signal

import pytest

from helpers.real import DUMP, PYTHON, SYSV_CALLS, kernel, meanwhile
from helpers.tools import background, preload, release, trace, until
from planting import PAGE, has_all_users

OTHERS = "processes outside this /proc cannot be seen (PID namespace or hidepid)"
DENIED = "some processes may not be looked at (needs CAP_SYS_PTRACE)"
MECHS = [m["name"] for m in DUMP["mechanisms"] if not m["unlisted"]]

# wait(CALL, ARGUMENTS) starts a thread that makes a call which blocks; asleep() waits until all of them sleep in it, and stays.
CALLS = """
import threading
FUTEX = {"x86_64": 202}.get(os.uname().machine, 98)
libc.syscall.restype = ctypes.c_long
libc.sem_open.restype = libc.mmap.restype = ctypes.c_void_p
tids, kept = [], []

def wait(call, *arguments):
    begun = threading.Event()
    def run():
        tids.append(threading.get_native_id())
        begun.set()
        call(*arguments)
    threading.Thread(target=run, daemon=True).start()
    begun.wait()

def sleeps(tid):
    words = open(f"/proc/self/task/{tid}/syscall").read().split()
    if words[0] == "running" or open(f"/proc/self/task/{tid}/stat").read().rsplit(")", 1)[1].split()[0] != "S":
        return False
    return int(words[0]) != FUTEX or not int(words[2], 16) & 128  # FUTEX_PRIVATE_FLAG: it waits for the interpreter

def asleep():
    wait_for(lambda: all(sleeps(tid) for tid in tids))
    hold()
    os._exit(0)

def receive(msqid):
    libc.msgrcv(msqid, ctypes.create_string_buffer(64), 8, 0, 0)

def send(msqid, size):
    while libc.msgsnd(msqid, struct.pack("=q", 1) + b"x" * size, size, 0) == 0:
        pass

def operate(semid, num, op):
    libc.semop(semid, struct.pack("=Hhh", num, op, 0), 1)

def queue(name):
    return check(libc.mq_open(name, os.O_RDWR))

def take(mqd):
    libc.mq_receive(mqd, ctypes.create_string_buffer(8192), 8192, None)

def attach(shmid):
    return libc.shmat(shmid, None, 0)

def mapped(fd):
    at = libc.mmap(None, ctypes.c_size_t(4096), 3, 1, fd, ctypes.c_long(0))
    assert at != ctypes.c_void_p(-1).value
    return at

def open_x():
    return os.open("/dev/shm/x", os.O_RDWR)

def futex(at):  # FUTEX_WAIT while the word is 0
    while True:
        libc.syscall(ctypes.c_long(FUTEX), ctypes.c_void_p(at), ctypes.c_long(0), ctypes.c_long(0), None, None, ctypes.c_long(0))

def named(name):
    return ctypes.c_void_p(libc.sem_open(name, 0))
"""

# Two threads that wait for the first of two objects; of queues, arrays and semaphores in two ways.
PLANT = {
    "shm": "at = attach(0)\nattach(1)\nwait(futex, at)\nwait(futex, at + 64)",
    "msg": "wait(receive, 0)\nwait(receive, 0)",
    "sem": "check(libc.semctl(0, 1, 16, 5))\nwait(operate, 0, 0, -1)\nwait(operate, 0, 1, 0)",
    "mq": "mqd = queue(b'/x')\nwait(take, mqd)\nwait(take, queue(b'/x'))",
    "pshm": "at = mapped(open_x())\nwait(futex, at)\nwait(futex, at + 128)",
    "psem": "wait(libc.sem_wait, named(b'/x'))\nwait(libc.sem_wait, named(b'/x'))",
}
MAKE = {"shm": ["--size", PAGE, "--count", "2"], "msg": ["--count", "2"], "sem": ["--nsems", "2", "--count", "2"], "mq": [], "pshm": ["--size", PAGE], "psem": ["--init", "0"]}


def first(world, *words, **more):
    """Run ipcx in the world as if in the first PID namespace: no process is out of sight."""
    return world.run(release(), *words, env={"LD_PRELOAD": preload("first")}, **more)


def plain(world, *words, **more):
    return world.ipcx(*words, **more)


def make(world, mech, *more):
    """Make two objects; return the references of the one that is waited for, and of the other."""
    if mech in ("shm", "msg", "sem"):
        world.ok("mk", mech, *MAKE[mech], *more)
        return f"{mech}:0", f"{mech}:1"
    for name in ("/x", "/y"):
        world.ok("mk", mech, name, *MAKE[mech], *more)
    return f"{mech}:/x", f"{mech}:/y"


def waiting(world, code, *args, **more):
    return meanwhile(world, CALLS + code + "\nasleep()", *args, **more)


def told(r):
    """Return {reference: waiters} of a listing in JSON; unknown values are "?"."""
    assert r.rc == 0, r.err
    return {o["ref"]: "?" if "waiters" in o.get("unknown", ()) else o["waiters"] for o in r.json["objects"]}


def count(world, *words, run=first, **more):
    return told(run(world, "ls", *words, "--json", "-o", "ref,waiters", **more))


def chosen(world, condition, *words, run=first, **more):
    r = run(world, "ls", *words, "-w", condition, "--json", "-o", "ref", **more)
    assert r.rc == 0, r.err
    return sorted(o["ref"] for o in r.json["objects"])


# ---- every mechanism


@pytest.mark.parametrize("mech", MECHS)
def test_threads_are_counted(world, mech):
    waited, other = make(world, mech)
    assert count(world, mech) == {waited: 0, other: 0}
    with waiting(world, PLANT[mech]):
        r = first(world, "ls", mech, "--json", "-o", "ref,waiters")
        assert told(r) == {waited: 2, other: 0} and r.err == ""
        assert chosen(world, "waiters > 0", mech) == chosen(world, "waiters == 2", mech) == chosen(world, "waiters != 0", mech) == [waited]
        assert chosen(world, "waiters == 0", mech) == chosen(world, "waiters < 2", mech) == [other] and chosen(world, "waiters > 2", mech) == []
        assert count(world, waited) == {waited: 2}
        assert first(world, "show", waited, "--json", "-o", "ref,waiters").json["objects"][0]["waiters"] == 2
        assert list(count(world, mech, "--sort", "-waiters")) == [waited, other] and list(count(world, mech, "--sort", "waiters")) == [other, waited]
        assert sorted(first(world, "ls", mech, "--no-headings", "-o", "waiters").out.split()) == ["0", "2"]
        r = first(world, "rm", mech, "-w", "waiters == 0", "--json")
        assert r.rc == 0 and [o["ref"] for o in r.json["objects"]] == [other]
        r = first(world, "rm", mech, "-w", "waiters > 1 && mode == 0600", "--dry-run", "--json")
        assert [o["ref"] for o in r.json["objects"]] == [waited]
    assert count(world, mech) == {waited: 0}


@pytest.mark.parametrize("mech", MECHS)
def test_it_is_unknown_if_processes_may_be_out_of_sight(world, mech):
    """The kernel counts those who wait for an array, and nobody waits in a segment that nobody has attached."""
    waited, other = make(world, mech)
    certain = mech == "sem"
    with waiting(world, PLANT[mech]):
        r = plain(world, "ls", mech, "--json", "-o", "ref,waiters")
        assert told(r) == ({waited: 2, other: 0} if certain else {waited: "?", other: "?"})
        assert [e["message"] for e in r.json["errors"]] == ([] if certain else [OTHERS])
        assert chosen(world, "waiters > 0", mech, run=plain) == [waited], "one is enough for that"
        assert chosen(world, "waiters == 0", mech, run=plain) == ([other] if certain else [])
        assert chosen(world, "waiters > 1", mech, run=plain) == ([waited] if certain else [])
        assert chosen(world, "unknown(waiters)", mech, run=plain) == ([] if certain else [waited, other])
        r = plain(world, "rm", mech, "-w", "waiters == 0", "--json")
        assert [o["ref"] for o in r.json["objects"]] == ([other] if certain else []) and r.rc == (0 if certain else 4)
    if mech == "shm":
        r = plain(world, "ls", mech, "--json", "-o", "ref,waiters")
        assert told(r) == {waited: 0, other: 0} and r.err == ""


@pytest.mark.parametrize("mech", MECHS)
def test_an_ordinary_user(world, mech):
    if not has_all_users():
        pytest.skip("there are no other user ids here")
    waited, other = make(world, mech, "--mode", "0666")
    with waiting(world, PLANT[mech]), waiting(world, PLANT[mech], uid=1000):
        r = first(world, "ls", mech, "--json", "-o", "ref,waiters", uid=1000)
        assert told(r) == ({waited: 4, other: 0} if mech == "sem" else {waited: "?", other: "?"})
        assert [e["message"].split(":")[0] for e in r.json["errors"]] == ([] if mech == "sem" else [DENIED])
        assert chosen(world, "waiters > 0", mech, uid=1000) == [waited], "he sees his own"
        assert count(world, mech) == {waited: 4, other: 0}


def test_arrays_that_may_not_be_read(world):
    if not has_all_users():
        pytest.skip("there are no other user ids here")
    make(world, "sem", "--mode", "0600")
    r = first(world, "ls", "sem", "--json", "-o", "ref,waiters", uid=1000)
    assert told(r) == {"sem:0": "?", "sem:1": "?"} and "the number of waiting processes of some arrays could not be read" in r.err
    assert set(json.loads(r.out)["objects"][0]) == {"ref", "waiters", "unknown"}


def test_only_one_of_the_sums_of_an_array_is_read_if_it_decides(world):
    """What is read for "waiters > 0" is not shown as a number."""
    make(world, "sem")
    with waiting(world, PLANT["sem"]):
        r = plain(world, "ls", "sem", "--json", "-w", "waiters > 0", "-o", "ref,semncnt,semzcnt")
        assert r.json["objects"] == [{"ref": "sem:0", "semncnt": 1, "semzcnt": 1}]
        r = plain(world, "ls", "sem", "--json", "-o", "ref,semncnt,semzcnt,waiters", "-w", "semncnt > 0")
        assert r.json["objects"] == [{"ref": "sem:0", "semncnt": 1, "semzcnt": 1, "waiters": 2}]


def test_several_threads_and_processes(world):
    """A sender that waits for room counts as a receiver does; one thread counts once."""
    world.ok("mk", "msg", "--qbytes", "64")
    with waiting(world, "wait(send, 0, 40)"), waiting(world, "wait(send, 0, 40)\nwait(send, 0, 40)"):
        assert count(world, "msg") == {"msg:0": 3}


def test_a_stopped_thread_does_not_wait(world):
    make(world, "msg")
    with waiting(world, PLANT["msg"]) as p:
        assert count(world, "msg:0") == {"msg:0": 2}
        # The process in the world is a child of the one that entered it.
        code = "me = int(open('/proc/self/stat').read().split()[0])\nfor d in os.listdir('/proc'):\n" \
               "    if d.isdigit() and int(d) not in (1, me) and b'asleep' in open(f'/proc/{d}/cmdline', 'rb').read():\n        os.kill(int(d), args[0])\n"
        kernel(world, code, "19")
        try:
            until(lambda: count(world, "msg:0") == {"msg:0": 0})
        finally:  # nsenter has stopped, too, and continues its child when it is continued
            until(lambda: p.send_signal(signal.SIGCONT) or count(world, "msg:0") == {"msg:0": 2})


# ---- objects that no directory lists


def test_memory_files(world):
    with waiting(world, "a, b = os.memfd_create('a'), os.memfd_create('b')\nfor fd in (a, b):\n    os.ftruncate(fd, 4096)\nat = mapped(a)\nmapped(b)\nwait(futex, at)"):
        r = first(world, "ls", "memfd", "--json", "-o", "name,waiters")
        assert {o["name"]: o["waiters"] for o in r.json["objects"]} == {"a": 1, "b": 0}


def test_pipes_and_fifos(world):
    """One thread reads, one writes, and one opens a FIFO for reading that another process has open for reading only."""
    code = """
os.mkfifo(args[0])
for write in (False, True):
    r, w = os.pipe()
    kept.extend((r, w))
    wait(os.write, w, bytes(1 << 20)) if write else wait(os.read, r, 1)
kept.extend(os.pipe())
kept.append(os.open(args[0], os.O_RDONLY | os.O_NONBLOCK))
wait(os.open, args[0], os.O_RDONLY)
"""
    with waiting(world, code, os.path.join(world.dir, "fifo")):
        r = first(world, "ls", "pipe", "--json", "-o", "ref,name,waiters")
        assert r.rc == 0
        found = [(bool(o["name"]), o["waiters"]) for o in r.json["objects"] if o["name"] is None or o["name"].endswith("/fifo")]
        assert found.count((True, 1)) == 1 and found.count((False, 1)) >= 2 and (False, 0) in found, r.out
        assert len(chosen(world, "waiters > 0 && name != null", "pipe")) == 1


def test_unlinked_files_of_dev_shm(world):
    make(world, "pshm")
    with waiting(world, PLANT["pshm"] + "\nos.unlink('/dev/shm/x')"):
        found = count(world, "pshm", "--deleted")
        assert found.pop("pshm:/y") == 0 and list(found.values()) == [2] and list(found)[0].startswith("pshm:inode=")


# ---- other namespaces


def elsewhere(world, code):
    """The same in an IPC namespace of its own: the process first makes its objects."""
    return background(world, "unshare", "--ipc", PYTHON, "-c", SYSV_CALLS + CALLS + code + "\nasleep()")


def test_equal_ids_in_two_namespaces(world):
    world.ok("mk", "shm", "--size", PAGE, "--key", "0x77")
    world.ok("mk", "msg", "--key", "0x77")
    world.ok("mk", "sem", "--key", "0x77", "--nsems", "1")
    there = f"check(libc.shmget(0x77, {PAGE}, 0o1600)); check(libc.msgget(0x77, 0o1600)); check(libc.semget(0x77, 1, 0o1600))\n"
    wait = "at = attach(0)\nfor i in range({0}):\n    wait(futex, at); wait(receive, 0); wait(operate, 0, 0, -1)"
    with waiting(world, wait.format(1)), elsewhere(world, there + wait.format(3)):
        assert count(world, "sysv") == {"shm:0": 1, "msg:0": 1, "sem:0": 1}
        r = first(world, "ls", "sysv", "--ns", "all", "--json", "-o", "ref,ns,waiters")
        assert r.rc == 0
        found = sorted((o["ref"], o["waiters"]) for o in r.json["objects"])
        assert found == [(ref, n) for ref in ("msg:0", "sem:0", "shm:0") for n in (1, 3)], r.err
        r = first(world, "ls", "sysv", "--ns", "all", "--json", "-o", "ref", "-w", "waiters == 3")
        assert len(r.json["objects"]) == 3
        r = first(world, "ls", "msg", "--ns", "all", "--json", "-o", "ns", "-w", "waiters == 3")
        other = r.json["objects"][0]["ns"]
        r = first(world, "rm", "msg", "--ns", f"ipc:[{other}]", "--json", "-w", "waiters > 2", "--dry-run")
        assert [o["ref"] for o in r.json["objects"]] == ["msg:0"], r.err


def test_posix_objects_in_all_namespaces(world):
    for mech in ("mq", "pshm", "psem"):
        make(world, mech)
    with waiting(world, "\n".join(PLANT[m] for m in ("mq", "pshm", "psem"))):
        r = first(world, "ls", "posix", "--ns", "all", "--json", "-o", "ref,waiters")
        assert {o["ref"]: o["waiters"] for o in r.json["objects"]} == {f"{m}:/{n}": w for m in ("mq", "pshm", "psem") for n, w in (("x", 2), ("y", 0))}


def test_a_thread_that_has_changed_its_namespace(world):
    """The segment stays that of the namespace in which it was attached; a queue is that of the namespace in which the thread waits."""
    world.ok("mk", "shm", "--size", PAGE)
    world.ok("mk", "msg")
    code = "at = attach(0)\ncheck(libc.unshare(0x08000000))\ncheck(libc.msgget(0, 0o1600))\nwait(futex, at)\nwait(receive, 0)"
    with waiting(world, code):
        assert count(world, "shm", "msg") == {"shm:0": 1, "msg:0": 0}
        r = first(world, "ls", "shm", "msg", "--ns", "all", "--json", "-o", "ref,waiters")
        assert sorted((o["ref"], o["waiters"]) for o in r.json["objects"]) == [("msg:0", 0), ("msg:0", 1), ("shm:0", 1)], r.err


# ---- a queue for which a thread waits is in use


def use(world, *words, run=first):
    r = run(world, "ls", *words, "--json", "-o", "ref,in_use,in_use_reason")
    assert r.rc == 0
    return {o["ref"]: ["?" if "in_use" in o.get("unknown", ()) else o["in_use"], o["in_use_reason"]] for o in r.json["objects"]}


@pytest.mark.parametrize("run", [first, plain], ids=["all seen", "some out of sight"])
def test_a_queue_that_is_waited_for_is_in_use(world, run):
    """It is empty, and nobody who has used it lives."""
    make(world, "msg")
    kernel(world, "for i in range(2):\n    msgsnd(i, 1, b'x')\n    check(libc.msgrcv(i, ctypes.create_string_buffer(64), 8, 0, 0))")
    with waiting(world, "wait(receive, 0)"):
        r = run(world, "ls", "msg:0", "--json", "-o", "ref,in_use,in_use_reason")
        assert r.json["objects"] == [{"ref": "msg:0", "in_use": True, "in_use_reason": "waited on"}] and r.err == ""
        assert chosen(world, "in_use", "msg", run=run) == ["msg:0"]
        r = run(world, "rm", "msg:0", "--unused")
        assert (r.rc, r.err) == (0, "ipcx: note: msg:0: in use (waited on): kept\n")
    why = "use between calls is not recorded" if run is first else "cannot be found out"
    assert use(world, "msg", run=run) == {"msg:0": ["?", why], "msg:1": ["?", why]}
    r = run(world, "rm", "msg", "--unused")
    assert r.rc == 4 and f"msg: 2 kept: unknown whether they are in use ({why})" in r.err


def test_the_users_of_posix_objects_include_those_who_wait(world):
    for mech in ("mq", "pshm", "psem"):
        make(world, mech)
    with waiting(world, "\n".join(PLANT[m] for m in ("mq", "pshm", "psem"))):
        assert use(world, "posix") == {"mq:/x": [True, "open"], "mq:/y": [False, "nobody has it open"], "pshm:/x": [True, "mapped or open"],
                                       "pshm:/y": [False, "nobody has it open"], "psem:/x": [True, "mapped or open"], "psem:/y": [False, "nobody has it open"]}


# ---- what is not asked for costs nothing


def lines(calls):
    """The threads whose calls were read."""
    return [c for c in calls if c.name in ("openat", "openat2") and c.path.endswith("/syscall") and "thread-self" not in c.path]


@pytest.mark.parametrize("words", [["ls"], ["ls", "--json"], ["ls", "sem", "-o", "ref,waiters"], ["ls", "shm", "-o", "ref,waiters"],
                                   ["ls", "msg", "-w", "qnum == 5 && waiters > 0"], ["ls", "msg", "-w", "waiters > 0 && qnum == 5"], ["rm", "msg", "-w", "waiters == 0 && qnum > 7"],
                                   ["ls", "msg", "-w", "qnum == 0 || waiters > 0", "-o", "ref"], ["ls", "shm", "mq", "-o", "ref,in_use"]])
def test_threads_are_not_looked_through_without_need(world, words):
    make(world, "shm")
    make(world, "msg")
    make(world, "sem")
    make(world, "mq")
    with waiting(world, PLANT["msg"]):
        _, calls = trace(world, *words)
        assert not lines(calls)


@pytest.mark.parametrize("words", [["ls", "-o", "ref,waiters,in_use"], ["ls", "--ns", "all", "-o", "ref,waiters"], ["rm", "msg", "--dry-run", "-w", "waiters > 0 || in_use"],
                                   ["rm", "msg", "--unused"]])
def test_threads_are_looked_through_once(world, words):
    for mech in MECHS:
        make(world, mech)
    world.ok("mk", "msg", "--count", "300")
    with waiting(world, PLANT["msg"] + "\nwait(receive, 0)"):
        _, calls = trace(world, *words, rc=(0, 4))
        read = [c.path for c in lines(calls)]
        assert read and max(read.count(p) for p in read) <= 4, "that of a thread that may wait is read more than once"
        processes = {p.split("/")[0] for p in read if p.count("/") == 1}
        assert len(processes) < 100


# ---- faults


def test_without_proc(world):
    for mech in MECHS:
        make(world, mech)
    r = world.run("unshare", "--mount", "sh", "-c", 'umount -l /proc && exec "$1" ls --json -o ref,waiters', "sh", release())
    found = told(r)
    assert {ref for ref, n in found.items() if n == 0} >= {"sem:0", "sem:1"} and found["msg:0"] == found["mq:/x"] == found["psem:/y"] == "?"
    assert "note: " in r.err


def test_threads_that_come_and_go_leave_nothing_unknown(world):
    make(world, "msg")
    churn = "def run():\n    while True:\n        t = threading.Thread(target=lambda: None)\n        t.start()\n        t.join()\nthreading.Thread(target=run, daemon=True).start()\n"
    with waiting(world, "wait(receive, 0)\n" + churn):
        for _ in range(20):
            assert count(world, "msg") == {"msg:0": 1, "msg:1": 0}
