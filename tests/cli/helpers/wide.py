# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects that a program of 32 bits shows, but cannot make: Python makes them, whose word has 64 bits."""

import struct

import pytest

from conftest import IPCX
from helpers.real import kernel

with open(IPCX, "rb") as program:
    NARROW = program.read(5)[4] == 1  # the class in the head of an ELF file

MOST_TYPE = 2**31 - 1 if NARROW else 2**63 - 1
REFUSED = "a 32-bit program can only make segments below 4 GiB"


def need_wide(what):
    """Skip a test of what a program of 32 bits refuses."""
    if NARROW:
        pytest.skip(f"a program of 32 bits cannot {what}")


def segment(world, size, *more):
    """Make a segment of this size, in bytes, without a reserve, as "mk shm" does with these options; return its id."""
    if size >> 32 == 0 or not NARROW:
        return world.ok("mk", "shm", "--size", str(size), "--noreserve", *more)
    r = world.ipcx("mk", "shm", "--size", str(size), "--noreserve", *more)
    assert (r.rc, r.out) == (1, "") and REFUSED in r.err, r.err
    if struct.calcsize("P") < 8:
        pytest.skip("Python has 32 bits itself")
    given = {w.partition("=")[0]: n for n, w in enumerate(more)}
    key = int(more[given["--key"] + 1], 0) if "--key" in given else 0
    mode = int(more[given["--mode"] + 1], 8) if "--mode" in given else 0o600
    if "--id" in given:
        world.sysctl("kernel.shm_next_id", more[given["--id"] + 1])
    # SHM_NORESERVE
    number = kernel(world, f"print(check(libc.shmget(ctypes.c_int({key}), ctypes.c_size_t({size}), {mode} | 0o10000 | IPC_CREAT | IPC_EXCL)))")
    later = [w for n, w in enumerate(more) if w == "--lock" or w == "--owner" or (n and more[n - 1] == "--owner")]
    if later:
        world.ok("set", f"shm:{number}", *later)
    return str(number)
