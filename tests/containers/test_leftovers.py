# SPDX-License-Identifier: GPL-2.0-or-later
"""The check at the end of this suite finds what a run could leave behind: one thing of each kind is left here, seen, and removed."""

import contextlib
import ctypes
import os
import signal
import subprocess
import tempfile
import time

import pytest

import leftovers
from cgroups import hierarchies

libc = ctypes.CDLL(None, use_errno=True)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


@contextlib.contextmanager
def a_process(zoo):
    p = subprocess.Popen(zoo.world.argv("sh", "-c", "echo up; exec sleep 1000"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        assert p.stdout.readline() == b"up\n"
        yield
    finally:
        for pid in children(p.pid):
            os.kill(pid, signal.SIGKILL)
        p.wait()


@contextlib.contextmanager
def a_cgroup(_):
    own = [path for at, *_, path in hierarchies() if path != at]
    if not own:
        pytest.skip("this process is in no cgroup of its own")
    path = os.path.join(own[0], f"left.{os.getpid()}")
    os.mkdir(path)
    try:
        yield
    finally:
        os.rmdir(path)


@contextlib.contextmanager
def a_mount(_):
    with tempfile.TemporaryDirectory() as path:
        subprocess.run(["mount", "-t", "tmpfs", "none", path], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", path], check=True)


@contextlib.contextmanager
def a_directory(_):
    with tempfile.TemporaryDirectory(prefix="podman-left."):
        yield


@contextlib.contextmanager
def shared_memory(_):
    path = "/dev/shm/left"
    with open(path, "w", encoding="ascii"):
        pass
    try:
        yield
    finally:
        os.unlink(path)


@contextlib.contextmanager
def an_object(_):
    shmid = libc.shmget(0, 4096, 0o1600)
    assert shmid >= 0
    try:
        yield
    finally:
        libc.shmctl(shmid, 0, None)


@pytest.mark.parametrize("leave, kinds", [(a_process, {"children", "processes"}), (a_cgroup, {"cgroups"}), (a_mount, {"mounts"}), (a_directory, {"files"}),
                                          (shared_memory, {"shared memory"}), (an_object, {"objects"})])
def test_what_is_left_is_seen(zoo, leave, kinds):
    def new(before):
        found = leftovers.difference(before, leftovers.machine(zoo.hierarchies, namespaces=zoo.namespaces))
        return {(kind, one) for kind, what in found.items() if kind in kinds for one in what["new"]}

    before = leftovers.machine(zoo.hierarchies, namespaces=zoo.namespaces)
    with leave(zoo):
        left = new(before)
        assert {kind for kind, _ in left} == kinds
    # Other programs of the world may come and go meanwhile.
    deadline = time.monotonic() + 60
    while left & new(before):
        assert time.monotonic() < deadline, left & new(before)
        time.sleep(0.1)


def test_no_container_is_in_a_cgroup_outside(zoo):
    """Otherwise its cgroup could not be removed with the others."""
    zoo.start("runc")
    held = zoo.world.run("pgrep", "-x", "holder").out.split()
    paths = zoo.world.run("cat", *[f"/proc/{pid}/cgroup" for pid in held]).lines
    assert held and paths and not [path for path in paths if ":/.." in path], paths
    if not zoo.world.cgroups.made:
        pytest.skip("no cgroups can be made here")
    assert [path for path in paths if path.endswith("/runc1")]
