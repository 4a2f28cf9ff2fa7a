# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens while `ipcx who` looks, and how it looks: processes that end or become others, PIDs used again, many processes, a kernel
without PROCMAP_QUERY; and nothing changes by being looked at."""

import contextlib
import errno
import os
import re
import select
import subprocess
import time

import pytest

from helpers.tools import trace, until
from planting import IPCX, PAGE, QUERY, USERS, end, nattch, noquery, one, plant, users, who

NEVER = "c0689911"  # no such request
LOOKS = 40  # a look that changes something does so at once; some races need more


def looks(world, n, *words):
    """Look n times."""
    script = f'i=0; while [ $i -lt {n} ]; do "$0" who "$@" >/dev/null || exit; i=$((i + 1)); done'
    r = world.run("sh", "-c", script, IPCX, *words, timeout=600)
    assert r.rc == 0 and r.err == "", r


def states(world):
    """Return what looking could change, except what the kernel changes by itself."""
    files = world.sh("stat -c '%n %.X %.Y %.Z %h %s' /dev/shm/* /dev/shm /dev/mqueue/*").out
    return files, world.objects("sysv", "-o", "ref,nattch,atime,dtime,ctime,lpid,cpid,qnum,lspid,lrpid,stime,rtime,otime")


@contextlib.contextmanager
def waiting_opener(world, fifo, how):
    """A process that waits for the other end of a FIFO; yields a function that returns whether it still does."""
    p = subprocess.Popen(world.argv("sh", "-c", f"echo $$; exec 3{how}{fifo}; echo woke"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = int(p.stdout.readline())

    def waits():
        return world.run("cat", f"/proc/{pid}/wchan").out.endswith("wait_for_partner") and not select.select([p.stdout], [], [], 0)[0]

    try:
        until(waits)
        yield waits
    finally:
        world.sh(f"exec 3<>{fifo}")
        end(p)


def test_looking_changes_nothing(world):
    world.ok("mk", "msg")
    world.ok("mk", "sem", "--nsems", "1")
    world.sh("mkfifo /dev/shm/fifo1 /dev/shm/fifo2")
    with plant(world, f"shmget 1 {PAGE}", "shmat", ["shm_open", "/x"], f"truncate {PAGE}", f"map {PAGE}", "fill", "mq_open /q", "mq_notify",
               "sem_open /s", "msgsnd 0", "semop 0", "open /dev/shm/fifo1 p", "open /dev/shm/fifo2 p"), \
            plant(world, ["shm_open", "/gone"], "unlink /dev/shm/gone"):
        # a time of access before the last change moves at the next access (relatime)
        world.sh("touch -a -d @1000000000 /dev/shm/* /dev/mqueue/*")
        before = states(world)
        assert before == states(world)
        with waiting_opener(world, "/dev/shm/fifo1", "<") as reader, waiting_opener(world, "/dev/shm/fifo2", ">") as writer:
            looks(world, LOOKS, "--json")
            looks(world, LOOKS // 4, "posix", "shm", "memfd", "pipe", "--json")
            looks(world, LOOKS // 4, "--json", "--ns", "all")
            assert reader() and writer() and states(world) == before


def test_nothing_of_another_process_is_opened(world):
    """Only its directories and texts in /proc are, never what its descriptors refer to: a pipe whose end was opened has one reader or writer
    more, so that its other side gets no SIGPIPE or end of file."""
    world.sh("mkfifo /dev/shm/fifo")
    with plant(world, f"shmget 1 {PAGE}", "shmat", ["shm_open", "/x"], f"map {PAGE}", "mq_open /q", "pipe", "open /dev/shm/fifo rw", "memfd m 4096"):
        rows, calls = trace(world, "who", "posix", "shm", "memfd", "pipe", "--json", program=IPCX, env={"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"})
        assert {u["mech"] for u in rows.json["users"]} == {"shm", "pshm", "mq", "memfd", "pipe"}
        assert [c for c in calls if c.name == "statx"]
        for c in calls:
            assert c.name not in ("shmat", "pidfd_getfd", "ptrace", "process_vm_readv", "kill", "tkill", "tgkill"), c
            if c.name.startswith("open"):
                assert "O_PATH" in c.args or not re.search(r"(^|fd/)\d+$", c.path) and not re.match("/dev/shm/.", c.path), c


@USERS
def test_processes_that_come_and_go(world, user):
    """They attach, map, open, execute another program, and end, while they are read; what stays is found every time. A process that is about to
    end does not count as one that may not be looked at, though the kernel refuses that to its own user."""
    world.ok("mk", "mq", "/q", "--mode", "0666")
    work = [["shm_open", "/x"], f"map {PAGE}", "close", "id 1", "shmat", "mq_open /q", "sem_open /s"]
    with contextlib.ExitStack() as planted:
        steady = planted.enter_context(plant(world, f"shmget 1 {PAGE}", "shmat", f"shmget 2 {PAGE}", ["shm_open", "/x"], f"truncate {PAGE}",
                                             f"map {PAGE}", "mq_open /q", "sem_open /s", **user))
        for _ in range(3):
            planted.enter_context(plant(world, "churn", *work, **user))
        for i in range(50):
            r = world.ipcx("who", *[(), ("shm",), ("pshm", "psem"), ("mq",), ("shm:0",)][i % 5], "--json", **user)
            assert r.rc == 0 and r.err == "" and r.json["errors"] == [], r
            assert r.json["unseen"]["processes"] == len(user), "only the process that holds the world is root's"
            mine = {(u["ref"], u["how"], u["mappings"] or 0, u["fds"] or 0) for u in r.json["users"] if u["pid"] == steady.pid}
            want = {("shm:0", "mapped", 1, 0), ("pshm:/x", "both", 1, 1), ("mq:/q", "open", 0, 1), ("psem:/s", "mapped", 1, 0)}
            mechs = [("",), ("shm",), ("pshm", "psem"), ("mq",), ("shm",)][i % 5]
            assert mine == {w for w in want if w[0].startswith(mechs)}, (i, mine)
            if i % 5 == 4:
                one(r.json["users"], pid=steady.pid)
                assert r.json["unseen"]["attaches"] == 0
            for u in r.json["users"]:
                assert u["uid"] in (user.get("uid", 0), None) and u["pid"] > 1 and u["how"] in ("mapped", "open", "both"), u


@USERS
def test_semaphores_that_are_being_made_are_not_unlinked(world, user):
    """They are made under another name than they get; the mapping shows the first one, as that of an unlinked file."""
    with plant(world, "sems", **user):
        found = [r for _ in range(10) for r in users(world, "psem", **user)]
        assert found and not [r for r in found if "inode=" in r["ref"]]


def test_a_pid_that_was_used_again(world):
    """The last sender has ended; a process that has its PID now has sent nothing."""
    if not os.path.exists("/proc/sys/kernel/ns_last_pid"):
        pytest.skip("this kernel chooses PIDs itself (CONFIG_CHECKPOINT_RESTORE)")
    world.ok("mk", "msg")
    with plant(world, "msgsnd 0", f"shmget 1 {PAGE}", "shmat") as p:
        one(users(world, "msg"), ref="msg:0", pid=p.pid, how="last-op")
    sent = world.objects("msg", "-o", "lspid")[0]["lspid"]
    assert sent == p.pid
    then = time.time()
    until(lambda: time.time() > then + 2)  # the kernel records seconds
    again = ("sh", "-c", 'n=$1; shift; echo $n >/proc/sys/kernel/ns_last_pid; "$@"; exit', "sh", p.pid - 1)
    with plant(world, f"shmget 2 {PAGE}", "shmat", before=again) as q:
        assert q.pid == p.pid
        assert users(world, "msg") == []
        one(users(world, "--pid", q.pid), ref="shm:1", pid=q.pid)
        one(users(world, "shm"), ref="shm:1", pid=q.pid)


PROCESSES, MAPPINGS = 200, 500


def test_many_processes_with_many_mappings(world):
    with plant(world, ["shm_open", "/x"], f"truncate {PAGE}", f"map_often {MAPPINGS}", "close", f"shmget 1 {PAGE}", f"shmat_often {MAPPINGS}",
               f"fork {PROCESSES - 1}") as p:
        pids = sorted([p.pid, *p.every("child")])
        for ref in ("shm:0", "pshm:/x"):
            rows, unseen = who(world, ref)
            assert [r["pid"] for r in rows] == pids and {r["mappings"] for r in rows} == {MAPPINGS} and {r["mapped"] for r in rows} == {MAPPINGS * PAGE}
            assert unseen["attaches"] == unseen["processes"] == 0
        assert nattch(world, "shm:0") == PROCESSES * MAPPINGS
        same_without_the_request(world, "shm", "pshm")
        assert len(users(world, "--pid", pids[-1])) == 2


def same_without_the_request(world, *words):
    """Compare the answers of a kernel with PROCMAP_QUERY (if this one has it) and of one without it."""
    ask = f"import fcntl\ntry: fcntl.ioctl(open('/proc/self/maps'), 0x{QUERY}, bytes(104))\nexcept OSError as e: print(e.errno)"
    assert int(world.run(noquery(), QUERY, "/usr/bin/python3", "-c", ask).out) == errno.ENOTTY
    answers = []
    for request in (NEVER, QUERY):
        r = world.run(noquery(), request, IPCX, "who", *words, "--json")
        assert r.rc == 0 and r.err == "", (request, r)
        answers.append(re.sub(rb'"started":"[^"]*"', b'', r.stdout))  # computed from the clock
    assert answers[0] == answers[1]
    return answers[0]


def test_a_kernel_without_the_request_for_mappings(world):
    """The text of maps gives the same answer, byte by byte."""
    names = [b"/new\nline", b"/esc\x1b[31m", b"/ a  b ", b"/x (deleted)", b"/" + 250 * b"y"]
    with contextlib.ExitStack() as planted:
        def add(*steps, **more):
            return planted.enter_context(plant(world, *steps, **more))

        add(f"shmget 1 {4 * PAGE}", "shmat", "hole", "shmat_ro", "dest")
        add(f"shmget 0 {4 * PAGE}", "shmat", "protect", "fork 2")
        add(f"shmget 2 {4 * PAGE}", "shmat", "remap", "unshare")
        add(f"shmget 3 {PAGE}", "shmat", "thread", "unshare", f"shmget 3 {PAGE}", "shmat")
        add("leave", f"shmget 4 {PAGE}", "shmat", ["shm_open", "/left"], f"truncate {PAGE}", f"map {PAGE}")
        add(f"shmget 5 {PAGE}", "shmat", "vfork")
        for name in names:
            add(["shm_open", name], f"truncate {PAGE}", f"map {PAGE}", "close")
        add(["shm_open", "/gone"], f"truncate {PAGE}", f"map_private {PAGE}", "close", "unlink /dev/shm/gone")
        add("sem_open /s")
        add("sem_open /s", "mq_open /q")
        add("memfd SYSV00000000 4096", "map 4096", "anonymous 4096")
        out = same_without_the_request(world)
        assert out.count(b'"pid"') >= 17
        same_without_the_request(world, "shm", "--ns", "all")
