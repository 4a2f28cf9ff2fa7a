# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels that lack a call that ipcx can use: the call fails with ENOSYS, or with EPERM, as filters of containers answer what they do not know, or it kills the
process. The answer is the same as without the filter, or a line on stderr says what is missing."""

import errno
import subprocess

import pytest

from conftest import IPCX, World
from helpers.places import Place
from helpers.tools import helper, make_all

PROCMAP_QUERY = 0xC0686611
# What is absent, and the calls in which that shows.
ABSENT = {
    "*_STAT_ANY": ["shmctl@1=15", "msgctl@1=13", "semctl@2=20"],
    "PROCMAP_QUERY": [f"ioctl@1=={PROCMAP_QUERY}"],
    "mounts by descriptor": "fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr".split(),
    **{call: [call] for call in ("openat2", "pidfd_open", "pidfd_send_signal", "pidfd_getfd", "statx", "process_vm_readv", "close_range", "clone3", "kcmp",
                                 "fchmodat2", "semtimedop", "get_robust_list", "faccessat2", "memfd_create", "keyctl", "listns", "getrandom")},
}
ABSENT["all of these"] = sorted({c for calls in ABSENT.values() for c in calls} - {"clone3", "semtimedop"})  # a thread, and a wait, cannot do without
LOOKS = [
    "ls --json -o all", "ls memfd --json -o all", "ls pipe --json -o ref,buffered -w buffered==3", "ls pshm --deleted --json", "ls --ns all --json", "ls --ns {} --json",
    "show shm:0 msg:0 sem:0 mq:/x pshm:/x psem:/x --json", "who --json", "waits --json", "ns ls --json", "ns show {} --json", "ns cmp self {} --json",
    "rm all --all --dry-run --json", "ls --json -w in_use", "compat lsipc -m", "compat ipcs -m",
]
# What changes from one moment to the next: reading the size of a POSIX queue moves its ctime.
MOVES = {"age", "idle", "errors", "ctime", "atime", "since", "waited"}
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}  # its leak detection uses ptrace


def still(value):
    """The document without what changes with time, and without notes, which are on stderr, too."""
    if isinstance(value, dict):
        return {k: still(v) for k, v in value.items() if k not in MOVES}
    return [still(v) for v in value] if isinstance(value, list) else value


def answer(r):
    return still(r.json) if r.out.startswith("{") else r.out


def unseen(r):
    """How many processes, waiters or attaches the document itself counts as not seen."""
    return sum(r.json.get("unseen", {}).values()) if r.out.startswith("{") else 0


def differ(one, other, at=""):
    """The places in which two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [d for k in sorted({*one, *other}) for d in differ(one.get(k), other.get(k), f"{at}.{k}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, pair in enumerate(zip(one, other)) for d in differ(*pair, f"{at}[{i}]")]
    return [] if one == other else [f"{at}: {one} != {other}"]


HOLD = """import mmap, os
m = mmap.mmap(os.open("/dev/shm/x", os.O_RDWR), 4096)
d = os.memfd_create("held")
r, w = os.pipe()
os.write(w, b"abc")
print("ready", flush=True)
input()"""


@pytest.fixture(scope="module")
def busy():
    """All kinds of objects, a process that uses some of them, and another namespace; .free has the answers without a filter."""
    world = World()
    make_all(world)
    holder = subprocess.Popen(world.argv("/usr/bin/python3", "-c", HOLD), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"ready\n"
    world.place = Place(world)
    world.ok("mk", "sem:0x5", "--nsems", "1", "--ns", world.place.pid)
    world.ok("mk", "pshm:/in", "--size", "4K", "--ns", world.place.pid)
    world.free = {words: world.run(IPCX, *words.format(world.place.pid).split(), env=QUIET) for words in LOOKS}
    yield world
    world.place.end()
    holder.communicate(b"\n")
    world.close()


# What the C library itself calls cannot be found out in advance.
OURS = [absent for absent in ABSENT if absent not in ("clone3", "semtimedop", "get_robust_list", "faccessat2", "keyctl", "getrandom", "all of these")]
CASES = [(absent, error) for absent in ABSENT for error in ([errno.ENOSYS, errno.EPERM] if absent == "all of these" else [errno.ENOSYS])]
CASES += [(absent, "kill") for absent in OURS]


@pytest.mark.parametrize("absent,error", CASES)
def test_the_same_answer_or_a_reason(busy, absent, error):
    for words, free in busy.free.items():
        r = busy.run(helper("seccomp"), str(error), *ABSENT[absent], "--", IPCX, *words.format(busy.place.pid).split(), env=QUIET)
        said = set(r.err.splitlines()) - set(free.err.splitlines())
        assert r.rc == free.rc or (r.rc in (1, 4) and said), (words, r.rc, r.err)
        assert said or unseen(r) > unseen(free) or differ(answer(r), answer(free)) == [], words
