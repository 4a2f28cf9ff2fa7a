# SPDX-License-Identifier: GPL-2.0-or-later
"""In a service with SystemCallFilter=, a forbidden call kills the process: no read-only command makes a call outside of @system-service."""

import pytest

from conftest import IPCX
from helpers.tools import helper, make_all

# Groups of calls by systemd's names (systemd-analyze syscall-filter), as far as the machine has them.
GROUPS = {
    "@mount": "chroot fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree pivot_root umount2",
    "@privileged": "chown fchown lchown fchownat clock_settime clock_adjtime adjtimex settimeofday init_module finit_module delete_module "
                   "iopl ioperm reboot swapon swapoff _sysctl acct bpf capset chroot fanotify_init fanotify_mark nfsservctl "
                   "open_by_handle_at pivot_root quotactl setdomainname setfsuid setgroups sethostname setresuid setreuid setuid vhangup",
    "@keyring": "add_key keyctl request_key",
    "ptrace": "ptrace process_vm_readv process_vm_writev pidfd_getfd perf_event_open lookup_dcookie kcmp",
}
ALL = " ".join(GROUPS.values()).split()
LOOKS = [
    "ls", "ls --json -o all", "ls mq -o all", "ls mq:/q", "limits", "limits --for mq:1x1x1", "ns ls", "ns show self", "ns cmp self self",
    "ls --ns self", "ls --ns all", "limits --ns all", "show mq:/q", "show shm:0 msg:0 sem:0 pshm:/p psem:/s", "rm mq --all --dry-run",
    "key shm:0", "shm read 0", "msg peek 0", "psem get /s", "compat lsipc", "compat lsipc -Q", "compat ipcs", "compat ipcs -u",
    "help ls", "--version",
]
KILLED = (-31, 159)  # SIGSYS
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}  # its leak detection uses ptrace


@pytest.fixture
def some(world):
    make_all(world)
    world.ok("mk", "mq", "/q")
    world.ok("mk", "pshm", "/p", "--size", "4K")
    world.ok("mk", "psem", "/s")
    return world


@pytest.mark.parametrize("words", LOOKS)
def test_a_filter_that_kills(some, words):
    """First all groups are forbidden together; if a command is killed, each group is forbidden alone."""
    r = some.run(helper("seccomp"), "kill", *ALL, "--", IPCX, *words.split(), env=QUIET)
    if r.rc in KILLED:
        killers = [g for g, calls in GROUPS.items()
                   if some.run(helper("seccomp"), "kill", *calls.split(), "--", IPCX, *words.split(), env=QUIET).rc in KILLED]
        pytest.fail(f"{words}: killed for a call of {killers}")
    free = some.ipcx(*words.split())
    assert r.rc == free.rc, (r.rc, free.rc, r.err)


@pytest.mark.parametrize("uid", [None, 1000])
def test_queues_are_listed(some, uid):
    """A queue that can be opened proves whose mount it is: there is no note."""
    some.ok("set", "mq:/q", "--mode", "0644")
    r = some.run(helper("seccomp"), "kill", *ALL, "--", IPCX, "ls", "mq", "--json", uid=uid, env=QUIET)
    assert r.rc == 0 and "/q" in [o["name"] for o in r.json["objects"]]
    assert "is unknown" not in r.err


def refused(world, *words, uid=None):
    launch = [] if uid else [helper("seccomp"), "kill", *ALL, "--"]
    return world.run(*launch, IPCX, *words, uid=uid, env=QUIET)


@pytest.mark.parametrize("uid", [None, 1000])
def test_an_empty_directory_proves_nothing(world, uid):
    """An empty mount looks the same whether it is our namespace's or another one's: that is reported, and a removal of all queues does not claim to be complete."""
    for words, rc in (["ls", "mq"], 0), (["rm", "mq", "--all", "--yes"], 4):
        r = refused(world, *words, "--json", uid=uid)
        assert (r.rc, r.json["objects" if words[0] == "ls" else next(k for k in r.json if isinstance(r.json[k], list))]) == (rc, [])
        assert r.err.count("\n") == 1 and "is unknown: there are none" in r.err
    r = refused(world, "limits", "mqueue_queues_max", "--json", uid=uid)
    assert r.json["limits"][0]["used"] is None and "is unknown" in r.err
    # a user who may mount can find out
    assert world.ok("ls", "mq", "--json", "-o", "name") and world.ipcx("rm", "mq", "--all", "--yes").rc == 0


def test_queues_that_may_not_be_opened_prove_nothing(world):
    world.ok("mk", "mq", "/closed", "--mode", "0600")
    r = refused(world, "ls", "mq", "-o", "name", "--json", uid=1000)
    assert [o["name"] for o in r.json["objects"]] == ["/closed"]
    assert "is unknown: none of them may be opened" in r.err
    world.ok("mk", "mq", "/open", "--mode", "0644")
    r = refused(world, "ls", "mq", "-o", "name", "--json", uid=1000)
    assert sorted(o["name"] for o in r.json["objects"]) == ["/closed", "/open"] and r.err == ""


def test_queues_of_another_namespace_are_not_taken_for_ours(world):
    """The directory is empty, but the namespace has a queue: as root, ipcx mounts a file system for itself, or reports that the owner of the directory is
    unknown."""
    script = f'"$IPCX" mk mq /inside >/dev/null; {{}} "$IPCX" ls mq -o name --json'
    r = world.run("unshare", "--ipc", "sh", "-c", script.format(""), env={"IPCX": IPCX, **QUIET})
    assert r.rc == 0 and [o["name"] for o in r.json["objects"]] == ["/inside"] and "another IPC namespace" in r.err
    kill = f"{helper('seccomp')} kill {' '.join(ALL)} --"
    r = world.run("unshare", "--ipc", "sh", "-c", script.format(kill), env={"IPCX": IPCX, **QUIET})
    assert r.json["objects"] == [] and "is unknown" in r.err
    # a queue that exists only in the other namespace proves that the mount belongs to that one
    world.ok("mk", "mq", "/outside")
    r = world.run("unshare", "--ipc", "sh", "-c", script.format(kill), env={"IPCX": IPCX, **QUIET})
    assert r.rc == 1 and r.json["objects"] == [] and "another IPC namespace" in r.err


def test_nothing_is_mounted_without_need(some):
    """A queue proves whose mount it is, so that ipcx mounts nothing even if the user may mount."""
    log = f"{some.dir}/calls"
    r = some.run("strace", "-f", "-qq", "-o", log, "-e", "trace=fsopen,prctl,capget", IPCX, "ls", "mq", env=QUIET)
    assert r.rc == 0 and "fsopen" not in open(log, encoding="ascii").read()
