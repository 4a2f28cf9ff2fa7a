# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx stress under failures: interrupts at any moment, killed processes, limits of one, no memory, no permission.

In every case no process and no object is left, and the failure is reported."""

import concurrent.futures
import contextlib
import os
import random
import re
import signal
import subprocess
import tempfile
import time

import pytest
from conftest import IPCX, World
from helpers.tools import release
from helpers.wide import need_wide

RANDOM = random.Random(20261121)


def processes(world, word):
    """Return the pids of the world's processes whose command line contains this word."""
    script = 'for p in /proc/[0-9]*; do echo "${p#/proc/} $(tr "\\0" " " 2>/dev/null < $p/cmdline)"; done'
    found = (line.partition(" ") for line in world.run("sh", "-c", script).out.splitlines())
    return [int(pid) for pid, _, line in found if word in line and line.split()[:2] != ["sh", "-c"]]


def gone(world, word, timeout=10):
    """Wait until no such process is left; return whether none is left at the end."""
    until = time.monotonic() + timeout
    while (left := processes(world, word)) and time.monotonic() < until:
        time.sleep(0.05)
    return not left


@contextlib.contextmanager
def begun(world, *words, path=IPCX):
    p = subprocess.Popen(world.argv(path, "stress", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         stdin=subprocess.DEVNULL, env=dict(os.environ, LC_ALL="C.UTF-8"))
    try:
        yield p
    finally:
        p.kill()
        p.wait()
        p.stdout.close()
        p.stderr.close()


def inside(world, seed, timeout=20):
    """Wait for a run's workers; return the pids of the command, the supervisor and the workers in our PID namespace."""
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        out = world.run("sh", "-c", "for p in /proc/[0-9]*; do cut -d' ' -f1,4 $p/stat 2>/dev/null; done").out
        parent = {int(line.split()[0]): int(line.split()[1]) for line in out.splitlines()}
        ours = set(processes(world, f"--seed {seed}")) & set(parent)
        command = [p for p in ours if parent[p] not in ours]
        supervisor = [p for p in ours if parent[p] in command]
        workers = [p for p in ours if parent[p] in supervisor]
        if len(command) == 1 and len(supervisor) == 1 and workers:
            return command[0], supervisor[0], sorted(workers)
        time.sleep(0.02)
    raise AssertionError("there are no workers")


def kill(world, signo, *pids):
    """Send a signal to all these processes by one command."""
    return world.run("kill", f"-{int(signo)}", *[str(pid) for pid in pids]).rc


def interrupt_one(seed, delay):
    """Interrupt all processes of a run, as ^C does. The namespace in which the run created objects must be empty afterwards."""
    world = World()
    try:
        words = ("--here", "--for", "20s", "--seed", str(seed), "--workers", "3")
        p = subprocess.Popen(world.argv("setsid", "--wait", release(), "stress", *words), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        time.sleep(delay)
        pids = processes(world, f"stress --here --for 20s --seed {seed}")
        world.run("sh", "-c", 'kill -INT "$@" 2>/dev/null', "sh", *[str(pid) for pid in pids])
        out, err = p.communicate(timeout=60)
        assert b"hang" not in err and b"left" not in err and b"killed" not in err, err
        assert gone(world, f"--seed {seed}")
        assert world.objects("all") == []
        assert pids == [] or p.returncode != 0, (out, err)
    finally:
        world.close()


@pytest.mark.parametrize("number", range(25))
def test_an_interrupt_at_any_moment(number):
    """A hundred random moments in all, four runs at a time."""
    release()
    delays = [RANDOM.random() * 0.8 for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(interrupt_one, 100000 + 4 * number + i, delay) for i, delay in enumerate(delays)]:
            done.result()


def test_a_killed_worker_is_reported(world):
    with begun(world, "msg", "--here", "--workload", "churn", "--for", "30s", "--seed", "777001") as p:
        _, _, workers = inside(world, 777001)
        kill(world, signal.SIGKILL, workers[0])
        _, err = p.communicate(timeout=60)
    assert p.returncode == 1 and b"was killed by signal 9" in err, err
    assert gone(world, "--seed 777001") and world.objects("all") == []


@pytest.mark.parametrize("whom", ["supervisor", "command", "both"])
@pytest.mark.parametrize("mech", ["msg", "sem", "shm", "mq", "pshm", "psem"])
def test_objects_are_removed_after_command_or_supervisor_are_killed(world, mech, whom):
    """If only the supervisor is killed, its parent cleans up; if only the command is killed, the supervisor does; if both are killed, the next run does."""
    with begun(world, mech, "--here", "--workload", "churn", "--for", "30s", "--seed", "777002") as p:
        command, supervisor, _ = inside(world, 777002)
        kill(world, signal.SIGKILL, *{"supervisor": [supervisor], "command": [command], "both": [supervisor, command]}[whom])
        _, err = p.communicate(timeout=60)
    assert gone(world, "--seed 777002")
    if whom == "both":
        assert world.objects("all") != []
        r = world.run(release(), "stress", "sem", "--here", "--ops", "1", "--workload", "contend", "--verbose")
        assert r.rc == 0 and re.search(r"removed \d+ objects left by an earlier run", r.err), r.err
    assert world.objects("all") == []
    if whom == "supervisor":
        assert p.returncode == 1 and b"unexpected end" in err, err


def test_objects_of_others_are_never_removed(world):
    """Objects with keys of the range or similar names, without a valid marker, are not taken for leftovers of a run."""
    keys = ["0x49000000", "0x49020000", "0x49000001"]
    for key in keys:
        world.ok("mk", "sem", "--nsems", "7", "--key", key)
    for name in ("/ipcx-stress.0000000000000001.5", "/ipcx-stress.7.5"):
        world.ok("mk", "pshm", name, "--size", "1")
        world.ok("mk", "psem", name)
    before = world.objects("all", "-o", "ref")
    with begun(world, "msg", "pshm", "--here", "--workload", "churn", "--for", "30s", "--seed", "777006") as p:
        command, supervisor, _ = inside(world, 777006)
        kill(world, signal.SIGKILL, supervisor, command)
        p.communicate(timeout=60)
    assert gone(world, "--seed 777006")
    assert world.run(release(), "stress", "msg", "--here", "--ops", "5").rc == 0
    assert world.objects("all", "-o", "ref") == before


def test_several_runs_at_once(world):
    """The runs even have the same pids, as in containers that share an IPC namespace."""
    words = ["unshare", "--pid", "--fork", release(), "stress", "--here", "--workload", "churn", "--for", "2s"]
    runs = [subprocess.Popen(world.argv(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    for p in runs:
        _, err = p.communicate(timeout=60)
        assert (p.returncode, err) == (0, b""), err
    assert world.objects("all") == []


def test_sigterm_to_all_processes_is_no_fault(world):
    """timeout(1) and service managers send SIGTERM to the workers and the supervisor, too."""
    for delay in ("0.3", "0.5", "0.8"):
        script = f'setsid --wait timeout --foreground 60 sh -c \'timeout {delay} "$0" stress --here --for 20s\' "$0"'
        r = world.run("sh", "-c", script, release())
        assert not re.search("killed|hang|left", r.err), r.err
        assert world.objects("all") == []


def test_a_run_killed_in_a_fresh_namespace_leaves_nothing(world):
    with begun(world, "--for", "30s", "--seed", "777003") as p:
        command, supervisor, _ = inside(world, 777003)
        kill(world, signal.SIGKILL, supervisor, command)
        p.communicate(timeout=60)
    assert gone(world, "--seed 777003")
    assert world.objects("all") == []


def test_a_stopped_and_continued_run_is_no_standstill(world):
    """The stop lasts longer than the supervisor waits for an operation."""
    with begun(world, "sem", "--workload", "churn", "--for", "9s", "--cpus", "1", "--seed", "777004") as p:
        command, supervisor, workers = inside(world, 777004)
        for pid in (supervisor, *workers):
            kill(world, signal.SIGSTOP, pid)
        time.sleep(7)
        for pid in (*workers, supervisor):
            kill(world, signal.SIGCONT, pid)
        _, err = p.communicate(timeout=60)
    assert p.returncode == 0 and err == b"", err


@pytest.mark.parametrize("mech", ["msg", "sem", "mq", "psem"])
def test_many_stops_are_no_fault(world, mech):
    """A worker that repeats an interrupted call may find the object removed; that is not a fault."""
    storm = 'n=0; while [ $n -lt 300 ] && kill -STOP "$@" && kill -CONT "$@"; do n=$((n + 1)); sleep 0.002; done; kill -CONT "$@"; echo $n'
    with begun(world, mech, "--workload", "remove-under-waiters", "--for", "6s", "--workers", "5", "--cpus", "1", "--seed", "777006") as p:
        _, supervisor, workers = inside(world, 777006)
        stops = world.run("sh", "-c", storm, "sh", *[str(pid) for pid in (supervisor, *workers)], timeout=60).out
        _, err = p.communicate(timeout=30)
    assert int(stops) == 300
    assert (p.returncode, err) == (0, b""), err


def test_a_worker_that_hangs_is_ended(world):
    with begun(world, "sem", "--workload", "churn", "--for", "1s", "--cpus", "1", "--seed", "777005") as p:
        _, _, workers = inside(world, 777005)
        kill(world, signal.SIGSTOP, workers[0])
        _, err = p.communicate(timeout=60)
    assert p.returncode == 1 and b"hang" in err, err
    assert gone(world, "--seed 777005") and world.objects("all") == []


def test_many_children_on_few_cpus_are_no_fault(world):
    """Hundreds of busy processes can delay the exit of a killed process for long."""
    r = world.run(release(), "stress", "--workers", "256", "--workload", "undo", "--for", "6s", timeout=120)
    assert (r.rc, r.err) == (0, ""), (r.rc, r.err)


LOW = {"kernel.shmmni": "1", "kernel.msgmni": "1", "kernel.sem": "1 1 1 1", "fs.mqueue.queues_max": "1",
       "fs.mqueue.msg_max": "1"}


@pytest.mark.parametrize("mech", ["msg", "sem", "shm", "mq", "pshm", "psem"])
def test_every_limit_set_to_one(world, mech):
    """A workload runs or reports that it cannot; there are no faults and no objects left."""
    for name, value in LOW.items():
        world.sysctl(name, value)
    r = world.run(release(), "stress", mech, "--here", "--for", "1s", "--seed", "5", timeout=120)
    assert r.rc in (0, 1, 4), (r.rc, r.err)
    assert not re.search(r"workers hang|are left|was killed|were not removed", r.err), r.err
    if r.rc:
        assert all(line.startswith(f"ipcx: note: {mech} ") for line in r.err.splitlines()), r.err
    assert world.objects("all") == []


def test_limits_of_zero(world):
    for name in ("kernel.shmmni", "kernel.msgmni"):
        world.sysctl(name, "0")
    r = world.run(release(), "stress", "shm", "msg", "--here", "--for", "500ms", timeout=120)
    assert r.rc in (1, 4) and r.err, (r.rc, r.out, r.err)
    assert world.objects("all") == []


def test_namespaces_that_cannot_be_created_are_reported(world):
    """One error line, and nothing runs."""
    script = 'echo 0 > /proc/sys/user/max_ipc_namespaces && exec "$0" stress --for 1s'
    r = world.run("unshare", "--user", "--map-root-user", "sh", "-c", script, release())
    assert r.rc == 1 and r.out == "" and r.err.startswith("ipcx: cannot make a namespace") and "--here" in r.err, r.err


def test_an_unprivileged_user_runs_everything(world):
    r = world.run(release(), "stress", "--for", "3s", uid=4711, timeout=120)
    assert (r.rc, r.err) == (0, ""), (r.rc, r.out, r.err)


def test_a_plan_beyond_memory_is_refused(world):
    need_wide("load objects of 4 GiB and more, which it says first")
    r = world.run(release(), "stress", "shm", "--workload", "churn", "--size", "1P", "--for", "1s")
    assert r.rc == 1 and "memory" in r.err and "refused" in r.err, r.err
    assert r.out == ""


@contextlib.contextmanager
def memory_group(most):
    """A control group, version 2 or 1, with this memory limit."""
    for top, limit in (("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")):
        group = f"{top}/ipcx-test-{os.getpid()}"
        with contextlib.suppress(OSError):
            os.mkdir(group)
            if os.path.exists(f"{group}/{limit}"):
                break
            os.rmdir(group)
    else:
        pytest.skip("cannot create a control group with a memory limit")
    with open(f"{group}/{limit}", "w", encoding="ascii") as f:
        f.write(str(most))
    try:
        yield group
    finally:
        for _ in range(100):
            with contextlib.suppress(OSError):
                os.rmdir(group)
                break
            time.sleep(0.1)


def test_the_memory_limit_of_a_control_group_applies(world):
    """A plan above the limit is refused. If it is forced, the run is killed, which is reported, and nothing is left."""
    with memory_group(48 << 20) as group:
        script = f'echo $$ > {group}/cgroup.procs; exec "$@"'
        words = [release(), "stress", "pshm", "--here", "--workload", "churn", "--size", "40M", "--for", "2s", "--objects", "4"]
        r = world.run("sh", "-c", script, "sh", *words, timeout=120)
        assert r.rc == 1 and "refused" in r.err, (r.rc, r.err)
        r = world.run("sh", "-c", script, "sh", *words, "--force", timeout=120)
        assert r.rc in (0, 1, 137), (r.rc, r.out, r.err)  # the objects are sparse and may fit
    assert gone(world, "stress pshm --here")
    assert world.objects("all") == []


def test_file_pages_of_a_control_group_count_as_free(world):
    """The kernel reclaims the page cache, so it does not count as used."""
    with memory_group(64 << 20) as group, tempfile.NamedTemporaryFile(dir="/var/tmp") as f:
        script = f'echo $$ > {group}/cgroup.procs; dd if=/dev/zero of={f.name} bs=1M count=80 conv=fsync 2>/dev/null; exec "$@"'
        words = [release(), "stress", "pshm", "--here", "--workload", "churn", "--size", "4M", "--objects", "2", "--for", "300ms"]
        r = world.run("sh", "-c", script, "sh", *words, timeout=120)
        with open(f"{group}/memory.stat", encoding="ascii") as stat:
            files = dict(line.split() for line in stat)
        if int(files.get("total_inactive_file", files["inactive_file"])) < 32 << 20:
            pytest.skip("files in /var/tmp do not stay in the page cache")
    assert (r.rc, r.err) == (0, ""), (r.rc, r.err)


def test_out_of_memory_is_no_success(world):
    """Whichever process the kernel kills, nothing hangs or is left, and the run fails."""
    with memory_group(12 << 20) as group:
        script = f'echo $$ > {group}/cgroup.procs; exec "$@"'
        words = [release(), "stress", "msg", "--here", "--workload", "churn", "--workers", "200", "--for", "2s", "--force"]
        r = world.run("sh", "-c", script, "sh", *words, timeout=120)
        assert r.rc in (1, 137, -9), (r.rc, r.out, r.err)
    assert gone(world, "stress msg --here")
    if r.rc == 1:  # the command itself survived and cleaned up
        assert world.objects("all") == [], r.err
