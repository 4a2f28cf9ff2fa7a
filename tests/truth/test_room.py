# SPDX-License-Identifier: GPL-2.0-or-later
"""A /dev/shm filled with other files: their size is shown in addition to the size of the objects."""

import re

import pytest

from conftest import IPCX
from helpers.tools import do

NONE = "in files without a name that are still open or mapped"
# Run a command while an unlinked file of this size is open.
UNLINKED = """
import os, subprocess, sys
f = os.open("/dev/shm/tmp", os.O_CREAT | os.O_RDWR)
os.write(f, b"x" * int(sys.argv[1]))
os.unlink("/dev/shm/tmp")
sys.exit(subprocess.run(sys.argv[2:]).returncode)
"""


@pytest.fixture
def full(world):
    """Shared memory and semaphores, among them a file with two names and a file with a hole, and also other files: all are accounted for."""
    world.ok("mk", "pshm", "/a", "--size", "8K")
    world.ok("mk", "pshm", "/hole", "--size", "1G")
    world.ok("mk", "psem", "/s")
    do(world, "head -c 5001 /dev/zero > /dev/shm/a; ln /dev/shm/a /dev/shm/b; mkfifo /dev/shm/f; ln -s a /dev/shm/l; "
              "ln -s $(printf %0500d 0) /dev/shm/long; echo 1 > /dev/shm/sem.odd")
    return world


def looks(world, launch=()):
    """Return the notes of ls, limits and ns ls about space that other files use."""
    notes = []
    for words in ("ls", "pshm"), ("ls",), ("limits", "dev_shm"), ("limits",), ("ns", "ls"):
        r = world.run(*launch, IPCX, *words, "--json")
        assert r.rc == 0, r.err
        notes.append([re.sub("^shm_device [0-9]+:[0-9]+/[0-9]+: " if words[0] == "ns" else "^$", "", e["message"])
                      for e in r.json["errors"] if "more is in use" in e["message"]])
    return notes


def test_nothing_to_report(full):
    assert looks(full) == [[]] * 5


def test_in_directories(full):
    do(full, "mkdir -p /dev/shm/d/e && head -c 3000000 /dev/zero > /dev/shm/d/e/x")
    want = f"2.8M more is in use than its objects hold: in directories, or {NONE}"
    assert looks(full) == [[want]] * 5
    r = full.ipcx("ls", "pshm")
    assert r.err == f"ipcx: note: /dev/shm: {want}\n"
    # Queries of only some objects or of other mechanisms, and removals, do not report the space.
    full.ok("ls", "pshm", "--where", "size > 0")
    full.ok("ls", "psem")
    full.ok("show", "pshm:/a")
    full.ok("ls", "pshm:/a")
    assert full.ok("rm", "pshm", "--all", "--dry-run")


def test_without_a_name(full):
    launch = ["python3", "-c", UNLINKED, "4096000"]
    want = f"3.9M more is in use than its objects hold: {NONE}"
    assert looks(full, launch) == [[want]] * 5


def test_a_hard_link_in_a_directory(full):
    """A file with two names, one of them in a directory, counts half."""
    do(full, "mkdir /dev/shm/d && head -c 4194304 /dev/zero > /dev/shm/two && ln /dev/shm/two /dev/shm/d/two")
    assert "2M more is in use" in full.ipcx("ls", "pshm").err


@pytest.mark.parametrize("mount", [
    "mount -t ramfs none /dev/shm", "mount -t tmpfs -o size=0 none /dev/shm",
    "mkdir /dev/shm/d && mount --bind / /dev/shm", ])
def test_file_systems_without_accounting(world, mount):
    """A disk also holds other directories, and some file systems do not count used space: there is no note."""
    do(world, mount)
    assert "more is in use" not in world.ipcx("ls", "pshm").err


def test_a_part_of_a_file_system(world):
    do(world, "mkdir /dev/shm/part && head -c 4194304 /dev/zero > /dev/shm/beside && mount --bind /dev/shm/part /dev/shm")
    assert "4M more is in use than its objects hold: outside of this directory, or in files" in world.ipcx("ls", "pshm").err


def test_once_for_all_namespaces(full):
    do(full, "mkdir /dev/shm/d && head -c 4194304 /dev/zero > /dev/shm/d/x")
    r = full.sh('unshare --ipc sh -c \'"$IPCX" ns ls --json; true\'')
    assert r.err.count("more is in use") <= 1
