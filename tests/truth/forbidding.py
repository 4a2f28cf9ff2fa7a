# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared by the tests of kernels and filters: the calls that can be absent, what a kernel or a filter answers then, and which of them a command makes."""

import os

from helpers.tools import helper
from helpers.wide import need_wide

PROCMAP_QUERY = 0xC0686611
MSG_COPY = 0o40000
# What is absent, and the calls in which that shows.
ABSENT = {
    "*_STAT_ANY": ["shmctl@1=15", "msgctl@1=13", "semctl@2=20"],
    "MSG_COPY": [f"msgrcv@4&{MSG_COPY}"],
    "PROCMAP_QUERY": [f"ioctl@1=={PROCMAP_QUERY}"],
    "mounts by descriptor": "fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr".split(),
    **{call: [call] for call in ("openat2", "pidfd_open", "pidfd_send_signal", "pidfd_getfd", "statx", "process_vm_readv", "close_range", "clone3", "kcmp",
                                 "fchmodat2", "get_robust_list", "faccessat2", "memfd_create", "keyctl", "listns", "getrandom")},
}
# Called by the C library, too, which asks nobody: for a thread, and for its own memory.
LIBRARY = ("clone3", "getrandom")
# An old kernel, where no filter is to be seen; filters of containers, old and new; and SystemCallFilter= of systemd.
OLD, ENOSYS, EPERM, KILL = "-o 38", "38", "1", "kill"
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}  # its leak detection uses ptrace


def forbid(answer, absent, *more):
    """The words before those of a command for which this is absent; "all": everything, but nothing for which the filter would kill the C library, or a thread."""
    spare = () if absent != "all" else LIBRARY if answer == KILL else LIBRARY[:1]
    calls = [call for name in (ABSENT if absent == "all" else [absent]) if name not in spare for call in ABSENT[name]]
    return [helper("seccomp"), *answer.split(), *calls, *more, "--"]


def noted(world, run, hidden):
    """Run a command by run(words before it), and note its calls. Returns its result, and what of ABSENT it calls with a filter that hides itself, or one that is
    seen. Where calls cannot be noted, everything counts as called."""
    need_wide("be filtered: the helper knows the calls of 64 bits")
    path = os.path.join(world.dir, "calls")
    with open(path, "w", encoding="ascii"):
        os.chmod(path, 0o666)  # for users, too
    r = run([helper("seccomp"), *(["-o"] if hidden else []), path, *(call for calls in ABSENT.values() for call in calls), "--"])
    if r.rc == 125:
        return run([]), set(ABSENT)
    with open(path, encoding="ascii") as f:
        seen = set(f.read().split())
    return r, {absent for absent, calls in ABSENT.items() if seen & set(calls)}
