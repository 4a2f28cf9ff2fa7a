# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels that were built without a part of IPC: the answer names the option that is missing."""

import errno

import pytest

from conftest import IPCX
from helpers.tools import helper, make_all

NO_IPC_NS = "this kernel has no IPC namespaces (CONFIG_IPC_NS)"
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}

# Such a kernel has no ns/ipc of any process, and refuses CLONE_NEWIPC.
HIDE = """
mount -t tmpfs none /proc/$$/ns
mount -t tmpfs none /proc/$$/task/$$/ns
exec "$@"
"""


def without_ipc_ns(world, *words):
    refuse = [helper("seccomp"), str(errno.EINVAL), "unshare@0&0x08000000", "--"]
    return world.run("sh", "-euc", HIDE, "sh", *refuse, IPCX, *words, env=QUIET)


@pytest.mark.parametrize("words", [("ns", "show", "self"), ("ns", "new", "--", "true"), ("ls", "--ns", "self")], ids=" ".join)
def test_no_ipc_namespaces(world, words):
    r = without_ipc_ns(world, *words)
    assert r.rc not in (0, 2) and NO_IPC_NS in r.err and not r.out, (r.rc, r.out, r.err)


def test_objects_are_listed_without_namespaces(world):
    make_all(world)
    seen = world.ipcx("ls", "-q")
    r = without_ipc_ns(world, "ls", "-q")
    assert (r.rc, r.out) == (0, seen.out) and seen.out, (r.rc, r.out, r.err)
