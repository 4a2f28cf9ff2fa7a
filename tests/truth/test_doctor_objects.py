# SPDX-License-Identifier: GPL-2.0-or-later
"""What `ipcx doctor` says about objects: each finding has a scene in which it is so, and a twin in which it is not and it is silent. Commands that it
prints are run; it changes nothing itself."""

import json
import shlex
import subprocess
import sys
import time

import pytest

from planting import IPCX, flat, hide_the_denied, known, plant  # pylint: disable=unused-import
from waiting import planted
from helpers.tools import until

IDLE = ("--idle", "1s")
GONE = "import ctypes, os, sys, time\nc = ctypes.CDLL(None, use_errno=True)\n"
# A queue with a message of 100 bytes at least, or as many as there is room for.
SEND = GONE + """q = c.msgget(int(sys.argv[1]), 0o1600)
m = (1).to_bytes(8, sys.byteorder) + b"x" * 4000
n = int(sys.argv[2])
while n and c.msgsnd(q, m, 4000, 0o4000) == 0:
    n -= 1
"""
RECEIVE = GONE + """q = c.msgget(int(sys.argv[1]), 0)
print(c.msgrcv(q, ctypes.create_string_buffer(8192), 8000, 0, 0), flush=True)
sys.stdin.read()
"""
BIG = GONE + """import mmap
size = int(sys.argv[2])
if sys.argv[1] == "memfd":
    fd = os.memfd_create("big")
else:
    fd = os.open("/dev/shm/gone", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    if sys.argv[1] == "unlinked":
        os.unlink("/dev/shm/gone")
os.ftruncate(fd, size)
m = mmap.mmap(fd, size)
os.posix_fallocate(fd, 0, size)
os.close(fd)
print("ready", flush=True)
sys.stdin.read()
"""


def doctor(world, *words, **more):
    """Run `ipcx doctor --json`; return (findings, unseen)."""
    r = world.ipcx("doctor", "--json", *words, **more)
    assert r.rc == 0, (words, r.rc, r.err)
    return r.json["findings"], r.json["unseen"]


def findings(world, kind, *words, **more):
    return [f for f in doctor(world, *words, **more)[0] if f["finding"] == kind]


def awaited(world, kind):
    """Wait for findings of a kind, and return them."""
    until(lambda: findings(world, kind))
    return findings(world, kind)


def aged(world, *words):
    """Wait until everything has been unused for a second."""
    until(lambda: all((o["idle"] if o.get("idle") is not None else o["age"]) >= 2 for o in world.objects(*words, "-o", "idle,age")))


def fix(world, finding):
    """Run the command of a finding, first as a dry run, which changes nothing."""
    words = shlex.split(finding["fix"])
    assert words[0] == "ipcx", finding
    if words[1] in ("rm", "set"):
        before = world.objects()
        r = world.ipcx(*words[1:], "--dry-run")
        assert r.rc == 0 and len(r.lines) >= 2, (finding, r)
        assert {o["ref"] for o in before} == {o["ref"] for o in world.objects()}
        words += ["--yes"] if words[1] == "rm" else []
    r = world.ipcx(*words[1:])
    assert r.rc == 0, (finding, r)
    return r


def python(world, text, *words, **more):
    r = world.run(sys.executable, "-c", text, *words, **more)
    assert r.rc == 0, r.err
    return r


class Living:
    """A program that lives until the block ends; what it prints first is .said."""

    def __init__(self, world, text, *words):
        self.p = subprocess.Popen(world.argv(sys.executable, "-c", text, *words), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        self.said = self.p.stdout.readline()
        return self

    def __exit__(self, *_):
        self.p.stdin.close()
        self.p.stdout.close()
        self.p.wait(timeout=60)


# ---- segments


def test_segments_that_nobody_can_find_are_one_finding(world):
    for _ in range(3):
        world.ok("mk", "shm", "--size", "70000")
    world.ok("mk", "shm", "--size", "4096", "--key", "77")
    with plant(world, "shmget 78 4096"):  # its creator lives
        aged(world, "shm")
        found = {f["count"]: f for f in findings(world, "leaked", *IDLE)}
        assert set(found) == {3, 1}, found
        many, single = found[3], found[1]
        assert many["grade"] == "likely" and many["bytes"] == 210000 and many["mech"] == "shm" and many["ref"] == "shm:0"
        assert single["grade"] == "possible" and single["ref"] == "shm:3"
        assert "3 segments of root" in many["what"] and "nobody has attached" in many["evidence"]
        fix(world, many)
        assert [f["ref"] for f in findings(world, "leaked", *IDLE)] == ["shm:3"]
        fix(world, single)
        assert findings(world, "leaked", *IDLE) == [] and len(world.objects("shm")) == 1


def test_a_segment_in_use_or_used_lately_is_not_leaked(world):
    world.ok("mk", "shm", "--size", "4096")
    assert findings(world, "leaked") == [], "a day has not passed"
    with plant(world, "shmget 5 4096", "shmat"):
        aged(world, "shm:0")
        assert {f["ref"] for f in findings(world, "leaked", "--idle", "0s")} == {"shm:0"}


def test_removed_segments_that_a_process_keeps(world):
    with plant(world, "shmget 5 4096", "shmat", "dest"):
        assert findings(world, "removed") == [], "small, and its creator lives: MIT-SHM does that"
    with plant(world, f"shmget 5 {70 << 20}", "shmat", "dest") as p:
        found = findings(world, "removed")
        assert len(found) == 1 and found[0]["grade"] == "certain" and found[0]["bytes"] == 70 << 20, found
        assert f"process {p.pid}" in found[0]["what"] and fix(world, found[0]).lines[1].startswith("shm:")


# ---- semaphore arrays

# Make an array and give it a semaphore, by semop(2), which is recorded; then wait if told to.
POST = GONE + """key, nsems, stay = (int(word) for word in sys.argv[1:])
i = c.semget(key, nsems, 0o1600)
op = (ctypes.c_short * 3)(0, 1, 0)
assert i >= 0 and c.semop(i, op, 1) == 0
print(i, flush=True)
if stay:
    sys.stdin.read()
"""


def test_arrays_whose_last_operator_has_ended(world):
    """Apache's: made again at each start, because nobody finds the old ones. The twins look alike but for one fact each."""
    for _ in range(3):
        python(world, POST, 0, 1, 0)
    keyed = int(python(world, POST, 77, 1, 0).out)
    untouched = "sem:" + world.ok("mk", "sem", "--nsems", "1").split()[0].removeprefix("sem:")
    owned = int(python(world, POST, 0, 1, 0).out)
    world.ok("set", f"sem:{owned}", "--owner", "1234")
    with Living(world, POST, "0", "1", "1") as p:  # its last operator lives
        lives = f"sem:{int(p.said)}"
        aged(world, "sem")
        assert [f for f in findings(world, "leaked") if f["mech"] == "sem"] == [], "a day has not passed"
        found = {f["ref"]: f for f in findings(world, "leaked", *IDLE)}
        assert set(found) == {"sem:0", f"sem:{keyed}", f"sem:{owned}"}, found
        many = found["sem:0"]
        assert many["count"] == 3 and many["grade"] == "possible" and "3 semaphore arrays of root" in many["what"], many
        assert "is not recorded" in many["evidence"] and "no thread waits" in many["evidence"]
        fix(world, many)
        left = {o["ref"] for o in world.objects("sem")}
        assert left == {f"sem:{keyed}", f"sem:{owned}", untouched, lives}
        fix(world, found[f"sem:{keyed}"])
        fix(world, found[f"sem:{owned}"])
        assert {o["ref"] for o in world.objects("sem")} == {untouched, lives}
        assert findings(world, "leaked", *IDLE) == []


def test_an_array_that_somebody_waits_for_is_not_leaked(world):
    with planted(world, "sem-dead") as p:
        until(lambda: findings(world, "stuck"))
        aged(world, "sem")
        assert p.pids and findings(world, "leaked", *IDLE) == []


def test_an_array_with_several_last_operators_is_not_leaked(world):
    """Which of them was the last is not recorded, and one of them lives."""
    python(world, POST, 5, 2, 0)
    with Living(world, POST.replace("* 3)(0,", "* 3)(1,"), "5", "2", "1"):
        aged(world, "sem")
        assert findings(world, "leaked", *IDLE) == []


# ---- queues


def test_a_full_queue_that_nobody_reads(world):
    python(world, SEND, 5, 99)
    found = findings(world, "full")
    assert len(found) == 1 and found[0]["grade"] == "likely" and found[0]["ref"] == "msg:0", found
    assert "nobody has ever received" in found[0]["evidence"]
    world.run("sh", "-c", f"cd {world.dir} && {shlex.quote(IPCX)} {found[0]['fix'][5:]}")
    assert findings(world, "full") == [] and world.objects("msg")[0]["qnum"] == 0


def test_a_full_queue_with_a_reader_is_no_finding(world):
    python(world, SEND, 5, 99)
    with Living(world, RECEIVE, "5") as p:
        assert int(p.said) == 4000
        python(world, SEND, 5, 99)
        assert findings(world, "full") == []
    assert len(findings(world, "full")) == 1, "the reader has ended"


def test_a_sender_that_waits_is_named(world):
    with planted(world, "msg-full-dead") as p:
        found = awaited(world, "full")
        assert str(p.pids[0]) in found[0]["evidence"], found


def test_a_sender_that_waits_for_a_living_reader_is_no_finding(world):
    with planted(world, "msg-full-lives"):
        assert findings(world, "full") == []


def test_forgotten_messages(world):
    python(world, SEND, 5, 1)
    world.ok("mk", "msg")  # empty
    assert findings(world, "forgotten") == []
    aged(world, "msg")
    found = findings(world, "forgotten", *IDLE)
    assert [(f["ref"], f["grade"]) for f in found] == [("msg:0", "possible")]
    assert "have ended" in found[0]["evidence"]
    with Living(world, RECEIVE, "5"):
        python(world, SEND, 5, 1)
        aged(world, "msg")
        assert findings(world, "forgotten", *IDLE) == [], "who received last still lives"


def test_an_old_queue_keeps_its_small_room(world):
    world.sysctl("kernel.msgmnb", "16384")
    python(world, SEND, 5, 99)
    assert findings(world, "qbytes") == []
    world.sysctl("kernel.msgmnb", "65536")
    found = findings(world, "qbytes")
    assert len(found) == 1 and found[0]["fix"] == "ipcx set msg:0 --qbytes 65536", found
    fix(world, found[0])
    assert findings(world, "qbytes") == []


# ---- waits


@pytest.mark.parametrize("scene", ["sem-dead", "msg-empty-dead"])
def test_threads_that_wait_for_ever(world, scene):
    with planted(world, scene) as p:
        found = awaited(world, "stuck")
        assert len(found) == 1 and found[0]["grade"] in ("likely", "certain"), found
        assert str(p.pids[0]) in found[0]["evidence"]
        if scene == "sem-dead":
            fix(world, found[0])
            until(lambda: not findings(world, "stuck"))


@pytest.mark.parametrize("scene", ["sem-lives", "workers", "mutex-robust", "msg-empty-lives"])
def test_threads_that_wait_for_the_living_are_no_finding(world, scene):
    with planted(world, scene):
        assert [f for f in doctor(world)[0] if f["finding"] in ("stuck", "deadlock")] == []


def test_a_deadlock_is_one_finding(world):
    with planted(world, "abba-undo"):
        found = awaited(world, "deadlock")
        assert len(found) == 1 and found[0]["grade"] == "likely" and found[0]["what"].startswith("2 threads"), found


# ---- files


def test_files_that_nobody_uses(flat):  # pylint: disable=redefined-outer-name
    world = flat
    for name in ("/foo_1", "/foo_2", "/foo3", "/fool", "/psm_1a2b3c4d", "/PostgreSQLx", "/held"):
        world.ok("mk", "pshm", "--size", "4k", name)
    world.ok("mk", "psem", "/lone")
    world.sh("mkdir /dev/shm/keep; touch /dev/shm/keep/x")
    with Living(world, GONE + "f = open('/dev/shm/held', 'rb'); print(1, flush=True); sys.stdin.read()"):
        aged(world, "pshm", "psem")

        def seen():
            hide_the_denied(world)
            found, unseen = doctor(world, *IDLE)
            return None if unseen["processes"] or unseen["others"] else [f for f in found if f["finding"] == "unused"]

        found = {f["ref"]: f for f in known(seen)}
        assert set(found) == {"pshm:/foo3", "pshm:/fool", "pshm:/psm_1a2b3c4d", "pshm:/PostgreSQLx", "psem:/lone"}, found
        foo = found["pshm:/foo3"]
        assert foo["count"] == 3 and foo["grade"] == "possible" and "3 shared memory objects of root named foo" in foo["what"]
        psm = found["pshm:/psm_1a2b3c4d"]
        assert psm["grade"] == "likely" and "Python" in psm["evidence"]
        fix(world, foo)
        assert {o["ref"] for o in world.objects("pshm")} == {"pshm:/fool", "pshm:/psm_1a2b3c4d", "pshm:/PostgreSQLx", "pshm:/held"}
        fix(world, psm)
        assert {f["ref"] for f in known(seen)} == {"pshm:/fool", "pshm:/PostgreSQLx", "psem:/lone"}


def test_what_cannot_be_seen_is_never_unused(world):
    """In a PID namespace of its own, others may exist who use the files."""
    world.ok("mk", "pshm", "--size", "4k", "/psm_1a2b3c4d")
    aged(world, "pshm")
    found, unseen = doctor(world, *IDLE)
    assert unseen["others"] is True and [f for f in found if f["finding"] == "unused"] == []
    r = world.ipcx("doctor", *IDLE, "--fail", "-w", "finding == unused")
    assert r.rc == 4 and "PID namespace" in r.err, r


# ---- memory without a name


@pytest.mark.parametrize("kind", ["memfd", "unlinked"])
def test_big_memory_without_a_name(world, kind):
    with Living(world, BIG, kind, str(70 << 20)):
        found = findings(world, "nameless")
        assert len(found) == 1 and found[0]["grade"] == "certain" and found[0]["bytes"] == 70 << 20, found
        assert "(python" in found[0]["evidence"]
        r = fix(world, found[0])
        assert len(r.lines) == 2, r
    assert findings(world, "nameless") == []


@pytest.mark.parametrize("kind, size", [("memfd", 1 << 20), ("unlinked", 1 << 20), ("named", 70 << 20)])
def test_little_memory_and_memory_with_a_name_are_no_finding(world, kind, size):
    with Living(world, BIG, kind, str(size)):
        assert findings(world, "nameless") == []


# ---- the command


def test_nothing_is_changed(world):
    world.ok("mk", "shm", "--size", "4096")
    world.ok("mk", "psem", "/s")
    world.ok("mk", "mq", "/q")
    python(world, SEND, 5, 99)
    times = ("shm", "msg", "mq", "psem", "-o", "ref,mode,uid,atime,ctime,mtime,dtime,stime,rtime,qnum,curmsgs,lpid,lspid,lrpid")
    before = world.objects(*times)
    stat = world.sh("stat -c '%n %x %y %z %i %s' /dev/shm/sem.s /dev/mqueue/q").out
    start = time.time()
    until(lambda: time.time() > start + 1)
    doctor(world, "--idle", "0s")
    doctor(world, "--ns", "all")
    world.ipcx("doctor")
    assert world.objects(*times) == before
    assert world.sh("stat -c '%n %x %y %z %i %s' /dev/shm/sem.s /dev/mqueue/q").out == stat


def test_the_status_is_for_scripts(world):
    leaked = ("-w", "finding == leaked")
    world.ok("mk", "shm", "--size", "4096")
    aged(world, "shm")
    assert world.ipcx("doctor", *IDLE, "--fail", *leaked).rc == 1
    assert world.ipcx("doctor", *IDLE, *leaked).rc == 0
    assert world.ipcx("doctor", *IDLE, "--fail", *leaked, "-w", "grade == certain").rc == 4, "others cannot be seen here"
    assert world.ipcx("doctor", "shm").rc == 2 and world.ipcx("doctor", "-w", "nattch == 0").rc == 2
    assert world.ipcx("doctor", "--ns", "no-such-container").rc in (1, 3)


def test_a_whole_look_without_findings_is_status_0(flat):  # pylint: disable=redefined-outer-name
    def seen():
        hide_the_denied(flat)
        r = flat.ipcx("doctor", "--fail", "-w", "finding == leaked")
        return None if r.rc == 4 else r

    r = known(seen)
    assert r.rc == 0 and r.out == "", r


def test_the_most_certain_come_first(world):
    world.ok("mk", "shm", "--size", "4096")
    world.ok("mk", "shm", "--size", "4096", "--key", "5")
    with Living(world, BIG, "memfd", str(70 << 20)):
        aged(world, "shm")
        grades = [f["grade"] for f in doctor(world, *IDLE)[0] if f["finding"] in ("leaked", "nameless")]
        assert grades == ["certain", "likely", "possible"]
        r = world.ipcx("doctor", *IDLE)
        assert r.rc == 0 and r.out.index("certain: nameless memfd:") < r.out.index("likely: leaked shm:0") < r.out.index("possible: leaked shm:1")
        r = world.ipcx("doctor", *IDLE, "-o", "grade,ref", "--no-headings", "-w", "finding == leaked", "--sort", "grade")
        assert [line.split() for line in r.lines] == [["possible", "shm:1"], ["likely", "shm:0"]]


def test_an_ordinary_user(world):
    world.ok("mk", "shm", "--size", "4096", "--mode", "0600")
    aged(world, "shm")
    found, unseen = doctor(world, *IDLE, uid=65534)
    assert unseen["processes"] or unseen["others"]
    assert [f["ref"] for f in found if f["finding"] == "leaked"] == ["shm:0"]


def test_all_namespaces(flat):  # pylint: disable=redefined-outer-name
    flat.ok("mk", "shm", "--size", "4096", "--key", "0x7a11")
    aged(flat, "shm")
    ns = int(flat.sh("readlink /proc/self/ns/ipc").out.strip()[5:-1])

    def ours():
        r = subprocess.run([IPCX, "doctor", "--json", "--ns", "all", *IDLE], capture_output=True, check=False)
        assert r.returncode == 0, r.stderr
        return [f for f in json.loads(r.stdout)["findings"] if f["ns"] == ns and f["finding"] == "leaked"]

    found = ours()
    assert len(found) == 1 and found[0]["fix"].endswith(f"--ns 'ipc:[{ns}]'"), found
    r = subprocess.run([IPCX, *shlex.split(found[0]["fix"])[1:], "--yes"], capture_output=True, check=False)
    assert r.returncode == 0, r.stderr
    assert ours() == [] and flat.objects("shm") == []
