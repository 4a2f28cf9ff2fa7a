# SPDX-License-Identifier: GPL-2.0-or-later
"""Semaphores seen from outside: the kernel's values, and an ipcx process that waits for a semaphore."""

import os
import subprocess
import time

from conftest import IPCX
from helpers.real import kernel
from helpers.tools import child, until

VALUES = "print(sem_values(int(sys.argv[1]), int(sys.argv[2])))"


def values(world, n, id=0):
    return kernel(world, VALUES, id, n)


def array(world, *init, **more):
    assert world.ok("mk", "sem", "--nsems", len(init), "--init", ",".join(map(str, init)), **more) == "0"


def fails(world, rc, *words, says, **more):
    """Check for one error line with this text, and nothing on stdout."""
    r = world.ipcx(*words, **more)
    assert (r.rc, r.out) == (rc, "") and says in r.err, (words, r.rc, r.out, r.err)
    assert rc == 2 or len(r.err.splitlines()) == 1, r.err
    return r


class Waiting:
    """A waiting ipcx: .pid is its PID in this PID namespace."""

    def __init__(self, world, *words, program=IPCX):
        env = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "PATH"}
        self.p = subprocess.Popen(world.argv(program, *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        self.begun = time.monotonic()

    @property
    def pid(self):
        return child(self.p.pid)

    def end(self, timeout=20):
        out, err = self.p.communicate(timeout=timeout)
        return self.p.returncode, out.decode(), err.decode()


def waiters(world, ref="sem:0:0", field="semncnt"):
    return int(world.ok("sem", "get", ref, "-o", field, "--format", "raw", "--no-headings"))


def wait(world, *words, ref="sem:0:0", field="semncnt"):
    """Wait until the kernel counts this ipcx among the waiting processes."""
    w = Waiting(world, *words)
    until(lambda: waiters(world, ref, field) == 1)
    return w
