# SPDX-License-Identifier: GPL-2.0-or-later
"""What `ipcx waits` costs, in system calls, and that it only looks."""

import os
import re

import pytest

from helpers.tools import TOP, helper, trace
from helpers.wide import NARROW

BENCH = os.path.join(TOP, "tests/bench")
COLUMNS = ("--format", "csv", "-o", "ref,pid,tid,call,wants")


def sleepers(world, *words):
    """Start processes that wait as the benchmark says; they live as long as the world. Returns the number of their threads."""
    r = world.run(helper("sleepers", "-D_GNU_SOURCE", "-std=gnu11", folder=BENCH), *words)
    assert r.rc == 0, r.err
    return int(r.out)


def cost(world, *words):
    r, calls = trace(world, "waits", *words)
    return len(r.out.splitlines()) - 1, len(calls)


def test_few_calls_for_each_thread(world):
    """A thread that waits for nothing costs its line: an open, a read, a close; one that waits is looked at more closely."""
    others, base = cost(world, *COLUMNS)  # a shell that keeps the world
    idle = sleepers(world, 80)
    found, calls = cost(world, *COLUMNS)
    assert found == others + 12
    # And what is looked at for each process: how many threads it has; for each thread that reads: of what.
    assert calls <= base + 5 * idle + 25 * found + 60
    before = cost(world, "sem", *COLUMNS)[1]
    waiting = sleepers(world, "one", 4, 50)
    found, calls = cost(world, "sem", *COLUMNS)
    assert (waiting, found) == (200, 202)
    # A program of 32 bits reads the memory of one of 64 through a file.
    assert calls - before <= (25 if NARROW else 22) * waiting + 100


def test_verdicts_cost_a_look_at_what_processes_share(world):
    sleepers(world, 80)
    plain, judged = cost(world, *COLUMNS)[1], cost(world)[1]
    # The directory, the mappings and the few descriptors of each process.
    assert plain < judged <= plain + 24 * 80 + 100


@pytest.mark.parametrize("words", [(), ("--graph",), ("--json", "-o", "all"), ("--for", "1ms"), ("sem", "msg"), ("--ns", "all")])
def test_nothing_but_looking(world, words):
    sleepers(world, 40)
    _, calls = trace(world, "waits", *words)
    for c in calls:
        assert c.name not in ("ptrace", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "pidfd_send_signal", "pidfd_getfd", "process_vm_writev",
                              "semop", "semtimedop", "msgsnd", "msgrcv", "mq_timedreceive", "mq_timedsend", "shmat", "futex_wake"), c
        if c.name in ("open", "openat", "openat2") and not c.failed:
            assert not re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", c.args), c
            assert not re.search(r"(^|/)(map_files/.*)$" if NARROW else r"(^|/)(mem|map_files/.*)$", c.path), c
            assert "O_PATH" in c.args or not re.search(r"(^|fd/)\d+$", c.path), c
        if c.name in ("write", "pwrite64", "writev"):
            assert c.args.startswith(("1,", "2,")), c
