# SPDX-License-Identifier: GPL-2.0-or-later
"""Guarantees hold to the end: data is on disk before success is reported, waits end on time, and objects that could not be removed are counted."""

import os
import re

import pytest
from conftest import IPCX
from helpers.tools import need, trace

LOUD = {"ASAN_OPTIONS": "detect_leaks=0"}


def test_drained_messages_are_on_disk(queue):
    """The file is synced after the last message was received; drain succeeds only after that."""
    for word in ("one", "two", "three"):
        queue.ok("msg", "send", "0", word)
    saved = os.path.join(queue.dir, "saved")
    _, calls = trace(queue, "msg", "drain", "0", saved, program=IPCX, env=LOUD)
    names = [c.name for c in calls if not c.failed]
    assert "fsync" in names and "msgrcv" not in names[names.index("fsync"):] and "write" not in names[names.index("fsync"):]
    [fd] = {c.args for c in calls if c.name == "fsync"}
    assert any(c.name in ("openat", "openat2") and "saved" in c.args and c.ret.split()[0] == fd for c in calls), fd


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_failed_sync_is_not_a_success(queue, error):
    need("strace")
    queue.ok("msg", "send", "0", "one")
    saved = os.path.join(queue.dir, "saved")
    r = queue.run("strace", "-qq", "-o", "/dev/null", "-e", f"inject=fsync:error={error}", IPCX, "msg", "drain", "0", saved, env=LOUD)
    assert r.rc == 1 and r.err.startswith(f"ipcx: {saved}: ")


def spans(calls):
    """Return the timeouts passed to the kernel, in nanoseconds."""
    return [sum(int(n) * unit for n, unit in zip(re.search(r"tv_sec=(\d+), tv_nsec=(\d+)", c.args).groups(), (10**9, 1)))
            for c in calls if "tv_sec" in c.args]


@pytest.mark.parametrize("seconds,words", [
    (0.05, ["sem", "op", "{sem}", "0-1", "--timeout", "50ms"]),
    (0.05, ["msg", "recv", "0", "--timeout", "50ms"]),
    (0.05, ["mq", "recv", "/q", "--timeout", "50ms"]),
])
def test_no_wait_exceeds_its_timeout(queue, seconds, words):
    """The sum of all timeouts passed to the kernel does not exceed the requested timeout, however slow the machine is."""
    queue.ok("mk", "mq", "/q", "--maxmsg", "1", "--msgsize", "8")
    sem = queue.ok("mk", "sem", "--nsems", "1")
    r, calls = trace(queue, *[w.format(sem=sem) for w in words], program=IPCX, rc=None, env=LOUD)
    assert r.rc != 0 and r.err != ""
    naps = [c for c in calls if c.name in ("semtimedop", "clock_nanosleep", "ppoll") and "ABSTIME" not in c.args]
    took = spans(naps)
    assert took and sum(took) <= seconds * 1e9 and (len(took) > 1 or took == [seconds * 1e9]), (took, r.err)


def test_objects_that_stress_cannot_remove_are_counted(world):
    """An object that could not be removed and is created again must be removed again; objects that are left are reported."""
    need("strace")
    log = os.path.join(world.dir, "log")
    words = [IPCX, "stress", "psem", "--here", "--workload", "churn", "--cpus", "any", "--ops", "3", "--workers", "1", "--objects", "2"]
    # from the sixth call of each process on: the probe for room leaves an object behind, and the parent removes it at the end
    r = world.run("strace", "-f", "-qq", "-o", log, "-e", "trace=unlink,unlinkat", "-e", "inject=unlink,unlinkat:error=EPERM:when=6+", *words, env=LOUD)
    with open(log, encoding="utf-8", errors="replace") as f:
        assert "INJECTED" in f.read()
    assert r.rc != 0 and "cannot be removed" in r.err and world.objects("psem") == [], r.err
    # no process can
    r = world.run("strace", "-f", "-qq", "-o", log, "-e", "trace=unlink,unlinkat", "-e", "inject=unlink,unlinkat:error=EPERM", *words, env=LOUD)
    left = len(world.run("ls", "/dev/shm").lines)
    assert r.rc == 1 and left > 0 and re.search(rf"\b[1-9]\d* objects of this run are left: keys from 0x[0-9a-f]{{8}}, names /ipcx-stress\.", r.err), r.err
