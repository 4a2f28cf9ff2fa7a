# SPDX-License-Identifier: GPL-2.0-or-later
"""Entering namespaces: a command runs in the intended place and with no more privileges than intended, or not at all, whichever call fails or reports success
without effect; and processes inside can never reach anything of ours."""

import collections
import contextlib
import os
import re
import shutil

import pytest
from conftest import IPCX
from helpers.places import PLACE, Place
from helpers.tools import helper, need, release

NAMES = ("ipc", "mnt", "net", "uts", "cgroup", "pid")
ERRORS = ("EPERM", "EMFILE", "ENOMEM", "EIO", "EINTR")

# Calls that find out or change in which place and with which identity a process runs. Calls that allocate memory are excluded: without memory a sanitizer
# aborts the program before it begins.
CALLS = ("openat", "openat2", "fstatfs", "statfs", "fstat", "newfstatat", "statx", "readlink", "readlinkat", "read", "write", "getdents64",
         "ioctl", "fcntl", "poll", "pidfd_open", "getcwd", "setns", "unshare", "mount", "umount2", "open_tree", "move_mount",
         "mount_setattr", "chroot", "chdir", "fchdir", "prctl", "capget", "capset", "setgroups", "getgroups", "setresuid", "setresgid",
         "getresuid", "getresgid", "keyctl", "close_range", "clone", "clone3", "execve", "unlinkat", "mkdir", "rt_sigprocmask")

SOME = 24

# Calls that change something if they succeed.
STEPS = ("setns", "unshare", "mount", "move_mount", "mount_setattr", "chroot", "fchdir", "prctl", "capset", "setgroups", "setresuid", "setresgid")


@pytest.fixture
def box(world):
    """A container of root's that shares no namespace with us."""
    p = Place(world, "--net", "--uts", "--cgroup", "--pid", "--fork", "--kill-child", "--mount-proc", script=PLACE.replace("echo $$", "echo 0"))
    yield p
    p.end()


@pytest.fixture
def place(world):
    p = Place(world)
    yield p
    p.end()


def quiet(**env):
    """Return an environment in which sanitizers work under a tracer: leak detection does not."""
    options = [o for o in os.environ.get("ASAN_OPTIONS", "").split(":") if o and not o.startswith("detect_leaks")]
    return {"ASAN_OPTIONS": ":".join([*options, "detect_leaks=0"]), **env}


# ---- nothing of ours can be reached (checked from inside the namespace at each step)

def inside(world, pid, words, uid=None, before="", **more):
    """Run a command that enters the namespaces of pid, and inspect it from inside these after each of its steps; return the result."""
    world.run("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/mnt")
    world.run("touch", "/mnt/mark")
    setpriv = f"{shutil.which('setpriv')} --reuid={uid} --regid={uid} --clear-groups " if uid else ""
    r = world.run("sh", "-c", f'{before} exec {helper("inside")} {pid} /mnt/mark {IPCX} "$@"', "sh", *setpriv.split(), IPCX, *words,
                  env=quiet(SECRET="x"), timeout=300, **more)
    seen = re.search(r"^stops (\d+) seen (\d+)$", r.err, re.M)
    assert seen and int(seen[1]) > 50, r.err
    return r, int(seen[2])


def nothing_crosses(world, pid, *words, **more):
    r, seen = inside(world, pid, ["ns", "enter", *words, pid, "--", "/bin/true"], **more)
    assert r.rc == 0 and "leak" not in r.err, r.err
    assert seen > 0, "it was never to be seen from inside: nothing was tested"


@pytest.mark.parametrize("words", [["--mount"], ["--mount", "--pid"], ["--mount", "--keep-caps", "all"], ["--mount", "--keep-caps", "none"],
                                   ["--mount", "--env", "A=1"], ["--mount", "--uid", "33"], ["--mount", "--cwd", "/usr"]], ids=" ".join)
def test_its_pid_namespace_reaches_nothing_of_ours(world, box, words):
    nothing_crosses(world, box.pid, "--no-pty", *words)


def test_descriptors_of_our_caller_are_not_reachable(world, box):
    nothing_crosses(world, box.pid, "--no-pty", "--mount", before="exec 7</ 8</proc 9</mnt;")


def test_our_terminal_is_not_reachable(world, box):
    """The command gets a new terminal: the relay process, its socket and the master side of the terminal stay outside."""
    master, slave = os.openpty()
    try:
        nothing_crosses(world, box.pid, "--mount", stdin=slave)
    finally:
        os.close(master)
        os.close(slave)


def test_nothing_is_reachable_if_the_command_cannot_be_executed(world, box):
    r, seen = inside(world, box.pid, ["ns", "enter", "--no-pty", "--mount", box.pid, "--", "/absent"])
    assert r.rc == 127 and "leak" not in r.err and seen > 0, r.err


def test_a_device_in_place_of_its_passwd_is_not_opened(world):
    """Opening one can have effects, and the limits of a container's devices are not ours. This one does not exist, which only an attempt to open it tells."""
    script = "mount -t tmpfs none /mnt; mkdir /mnt/etc; mknod /mnt/etc/passwd c 240 77; mkfifo /mnt/etc/group; mount --bind /mnt/etc /etc; "
    p = Place(world, script=script + PLACE)
    r = world.ipcx("ns", "enter", "--no-pty", "--mount", "--uid", "web", p.pid, "--", "true")
    assert r.rc != 0 and "No such device" not in r.err, r.err
    r = world.ipcx("ns", "enter", "--no-pty", "--mount", "--gid", "web", p.pid, "--", "true")
    assert r.rc != 0, r.err
    assert world.ok("ns", "enter", "--no-pty", "--mount", p.pid, "--", "printenv", "HOME") == "/root"
    p.end()


@pytest.mark.parametrize("shared", [False, True], ids=["PIDs of its own", "PIDs shared"])
def test_root_of_a_user_namespace_reaches_nothing(world, shared):
    pids = [] if shared else ["--pid", "--fork", "--kill-child", "--mount-proc"]
    p = Place(world, "--user", "--map-root-user", *pids, script=PLACE if shared else PLACE.replace("echo $$", "echo 0"))
    nothing_crosses(world, p.pid, "--no-pty", "--mount")
    p.end()


def test_a_user_exposes_nothing_to_a_container(world):
    p = Place(world, "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", uid=1234, script=PLACE.replace("echo $$", "echo 0"))
    nothing_crosses(world, p.pid, "--no-pty", "--mount", uid=1234)
    p.end()


def test_semaphores_are_taken_there_without_open_descriptors(world, place):
    """A command that runs while a semaphore is held gets only the standard streams."""
    world.ok("mk", "sem:0x7", "--nsems", "1", "--init", "1", "--ns", place.pid)
    world.ok("mk", "psem", "/p", "--init", "1", "--ns", place.pid)
    for words in (["sem", "run", "--ns", place.pid, "sem:0x7"], ["psem", "run", "--ns", place.pid, "/p"]):
        r = world.run("sh", "-c", 'exec 7</ 9</proc; exec "$@"', "sh", IPCX, *words, "--", "ls", "/proc/self/fd")
        assert (r.rc, r.out.split()) == (0, ["0", "1", "2", "3"]), (words, r.out, r.err)  # the last is that of ls itself


# ---- calls that fail, and calls that falsely report success

def strace(world, inject, *words, timeout=60):
    """Run a command of ipcx in which one call is manipulated."""
    need("strace")
    out = os.path.join(world.dir, "calls")
    return world.run("strace", "-f", "-qq", "-o", out, "-e", f"trace={inject.split(':')[0]}", "-e", f"inject={inject}", IPCX, *words,
                     env=quiet(), timeout=timeout)


def count(world, *words):
    """Return how often the processes of ipcx make each call before the command is executed."""
    need("strace")
    out = os.path.join(world.dir, "calls")
    r = world.run("strace", "-f", "-qq", "-o", out, IPCX, *words, env=quiet())
    assert r.rc == 0, r.err
    calls = collections.defaultdict(collections.Counter)
    begun = 0
    with open(out, encoding="utf-8", errors="replace") as f:
        for line in f:
            pid, name = re.match(r"(\d+) +(\w+)?", line).groups()
            begun += name == "execve" and " = 0" in line
            calls[pid][name] += begun <= 1
    total = collections.Counter()
    for mine in calls.values():
        total |= mine
    return {name: total[name] for name in CALLS if total[name]}


def judge(r, right, what):
    """Check that the command ran as intended. Otherwise there must be an error message and no other output: it did not run, or it failed itself."""
    assert "Sanitizer" not in r.err and 0 <= r.rc < 128, (what, r.rc, r.err)
    assert right(r.out, r.rc), (what, r.rc, r.out, r.err)
    if r.rc != 0:
        assert r.err, (what, r.rc)


def fail_each(world, words, right, calls=CALLS, errors=ERRORS):
    """Make each call fail in turn, with each errno; of a call that is repeated many times, only some repetitions."""
    n = 0
    assert right(world.ipcx(*words).out, 0)
    for name, times in count(world, *words).items():
        for when in range(1, times + 1, 1 + times // SOME) if name in calls else ():
            n += 1
            fault = f"{name}:error={errors[n % len(errors)]}:when={when}"
            judge(strace(world, fault, *words), right, fault)
    assert n > 0


def links(names=NAMES):
    return [f"/proc/self/ns/{n}" for n in names]


def is_fresh(world):
    """A process in an IPC and a mount namespace other than those of the world, with an empty /dev/shm."""
    ours = world.run("readlink", *links(NAMES[:2])).lines
    world.run("touch", "/dev/shm/ours")

    def right(out, rc):
        lines = out.splitlines()
        if rc != 0:
            return not set(lines) & set(ours)
        return len(lines) == 3 and not set(lines) & set(ours) and all(re.fullmatch(r"\w+:\[\d+\]", line) for line in lines[:2]) and lines[2] == "empty"
    return right


NEW = ["ns", "new", "--no-pty", "--", "sh", "-c", f"readlink -v {' '.join(links(NAMES[:2]))} && [ ! -e /dev/shm/ours ] && echo empty"]


def is_there(world, pid, names):
    theirs = world.run("readlink", *[f"/proc/{pid}/ns/{n}" for n in names]).out
    return lambda out, rc: out == theirs if rc == 0 else set(out.splitlines()) <= set(theirs.splitlines())


def exactly(text):
    return lambda out, rc: out == text if rc == 0 else text.startswith(out)


def caps_at_most(most):
    def right(out, rc):
        sets = dict(re.findall(r"^(Cap\w+):\s+([0-9a-f]+)$", out, re.M))
        weak = all(int(v, 16) & ~(most if name not in ("CapInh", "CapAmb") else 0) == 0 for name, v in sets.items())
        return weak and len(sets) == 5 if rc == 0 else weak
    return right


CAPS = ["grep", "Cap", "/proc/self/status"]
DROPPED = ~(1 << 13 | 1 << 21)  # cap_net_raw, cap_sys_admin


def test_new_fails_closed(world):
    fail_each(world, NEW, is_fresh(world))


@pytest.mark.parametrize("call,error", [("openat", "ENFILE"), ("fstatfs", "EIO"), ("newfstatat", "ENOMEM"), ("capget", "EPERM")])
def test_ns_new_never_runs_in_our_namespace(world, call, error):
    """The new namespace is never ours, whichever single call fails."""
    fail_each(world, NEW, is_fresh(world), calls=(call,), errors=(error,))


def test_new_with_maps_fails_closed(world):
    """The maps are as asked for, whichever call fails in ipcx or in the processes that write them."""
    words = ["ns", "new", "--no-pty", "--map-users", "0:100000:9", "--map-groups", "0:200000:9", "--", "sh", "-c", "cat /proc/self/uid_map /proc/self/gid_map && id -u && id -G"]
    lines = [["0", "100000", "9"], ["0", "200000", "9"], ["0"], ["0"]]

    def right(out, rc):
        said = [line.split() for line in out.splitlines()]
        return said == lines if rc == 0 else all(line in lines for line in said)
    fail_each(world, words, right,
              calls=("openat", "write", "read", "unshare", "clone", "setgroups", "setresuid", "setresgid", "capget"))


def test_without_proc_nothing_is_entered(world, place):
    """Without /proc the result of a step cannot be verified: the command does not run."""
    for words in (["ns", "new"], ["ns", "enter", "self"], ["ns", "enter", place.pid], ["sem", "run", "--ns", place.pid, "sem:0"]):
        r = world.run("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh", release(), *words, "--", "echo", "ran",
                      env={"LD_LIBRARY_PATH": os.path.join(os.path.dirname(release()), "../lib")})
        assert r.rc in (1, 3) and r.out == "" and r.err.count("\n") == 1, (words, r.rc, r.out, r.err)


def test_new_with_limits_fails_closed(world):
    words = ["ns", "new", "--no-pty", "--set", "shmmni=77", "--", "sh", "-c", "readlink -v /proc/self/ns/ipc && cat /proc/sys/kernel/shmmni"]
    ours = world.run("readlink", "/proc/self/ns/ipc").out.strip()
    fail_each(world, words, lambda out, rc: ours not in out and (rc != 0 or out.splitlines()[1] == "77"),
              calls=("openat", "write", "unshare", "mount", "fstatfs"))
    assert world.sysctl("kernel.shmmni") != "77"


def test_enter_fails_closed(world, place):
    words = ["ns", "enter", "--no-pty", place.pid, "--", "readlink", "-v", "/proc/self/ns/ipc"]
    fail_each(world, words, is_there(world, place.pid, ["ipc"]))


def test_enter_with_its_root_fails_closed(world, box):
    words = ["ns", "enter", "--no-pty", "--mount", box.pid, "--", "readlink", "-v", *links()]
    fail_each(world, words, is_there(world, box.pid, NAMES))


@pytest.mark.parametrize("call", ["ioctl", "openat", "fstatfs", "prctl"])
def test_no_new_privileges_in_foreign_user_namespaces(world, call):
    """If the IPC namespace belongs to another user namespace, no_new_privs is set, whichever of the calls that could reveal the owner fails."""
    p = Place(world, "--user", "--map-root-user", uid=1234)
    words = ["ns", "enter", "--no-pty", p.pid, "--", "sh", "-c", "readlink -v /proc/self/ns/ipc && grep NoNewPrivs /proc/self/status"]
    fail_each(world, words, exactly(f"ipc:[{p.ino}]\nNoNewPrivs:\t1\n"), calls=(call,))
    p.end()


@pytest.mark.parametrize("words,most", [(["--keep-caps", "none"], 0), (["--drop-caps", "cap_net_raw,cap_sys_admin"], DROPPED)], ids=["keep", "drop"])
def test_capabilities_fail_closed(world, place, words, most):
    fail_each(world, ["ns", "enter", "--no-pty", *words, place.pid, "--", *CAPS], caps_at_most(most),
              calls=("prctl", "capget", "capset", "openat", "setns", "close_range"))


@pytest.mark.parametrize("error", ["EPERM", "EINVAL", "ENOSYS", "EIO"])
def test_an_unreadable_bounding_set_is_not_kept(world, place, error):
    """From one of the queries on, all later queries fail."""
    words = ["ns", "enter", "--no-pty", "--keep-caps", "none", place.pid, "--", *CAPS]
    for when in range(1, count(world, *words)["prctl"] + 1, 3):
        fault = f"prctl:error={error}:when={when}+"
        judge(strace(world, fault, *words), caps_at_most(0), fault)


@pytest.mark.parametrize("call", STEPS)
def test_a_step_that_only_pretends_to_succeed(world, box, call):
    """If a call returns 0 but does nothing, this is noticed, since the real state is compared with the requested one."""
    root = ["ns", "enter", "--no-pty", "--mount", "--keep-caps", "none", box.pid, "--", "sh", "-c",
            f"readlink -v {' '.join(links())} && grep Cap /proc/self/status && id -G"]
    there, weak = is_there(world, box.pid, NAMES), caps_at_most(0)
    own = ["ns", "enter", "--no-pty", box.pid, "--", "sh", "-c", "readlink -v /proc/self/ns/ipc && stat -c %d:%i /dev/shm"]
    shm = world.run("stat", "-c", "%d:%i", f"/proc/{box.pid}/root/dev/shm").out

    def all_of_it(out, rc):
        lines = out.splitlines(True)
        return there("".join(lines[:len(NAMES)]), rc) and weak(out, rc) and (rc != 0 or lines[-1] == "0\n")

    ran = 0
    for words, right in ((root, all_of_it), (own, exactly(f"ipc:[{box.ino}]\n{shm}")), (NEW, is_fresh(world))):
        times = count(world, *words).get(call, 0)
        for when in range(1, times + 1, 1 + times // SOME):
            fault = f"{call}:retval=0:when={when}"
            judge(strace(world, fault, *words), right, (words, fault))
            ran += 1
    if call not in ("setresuid", "setresgid"):
        assert ran > 0


@pytest.mark.parametrize("call", ["setns", "setresuid", "setresgid", "setgroups"])
def test_a_user_namespace_that_was_not_really_entered(world, call):
    p = Place(world, "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", uid=1234, script=PLACE.replace("echo $$", "echo 0"))
    words = ["ns", "enter", "--no-pty", "--mount", p.pid, "--", "sh", "-c", "readlink -v /proc/self/ns/user /proc/self/ns/ipc && id -u"]
    theirs = world.run("readlink", f"/proc/{p.pid}/ns/user", f"/proc/{p.pid}/ns/ipc").out + "0\n"
    for when in range(1, count(world, *words)[call] + 1):
        fault = f"{call}:retval=0:when={when}"
        judge(strace(world, fault, *words), exactly(theirs), fault)
    p.end()


USER = ["-S", "33", "-G", "34"]
IDS = ["sh", "-c", "id -u; id -g; id -G; grep -E 'Cap(Prm|Eff|Inh|Amb)' /proc/self/status"]
AS_USER = "33\n34\n34\n" + "".join(f"Cap{name}:\t{'0' * 16}\n" for name in ("Inh", "Prm", "Eff", "Amb"))
CHANGES = ("setgroups", "setresuid", "setresgid", "capset", "prctl")


def test_another_user_fails_closed(world, box):
    """Whichever call fails, the command runs as that user and without capabilities, or not at all."""
    fail_each(world, ["ns", "enter", "--no-pty", "--mount", *USER, box.pid, "--", *IDS], exactly(AS_USER),
              calls=("getgroups", "getresuid", "getresgid", "capget", *CHANGES))


@pytest.mark.parametrize("call", CHANGES)
def test_a_user_that_it_did_not_really_become(world, box, call):
    words = ["ns", "enter", "--no-pty", "--mount", *USER, box.pid, "--", *IDS]
    for when in range(1, count(world, *words)[call] + 1, 1 if call != "prctl" else 7):
        fault = f"{call}:retval=0:when={when}"
        judge(strace(world, fault, *words), exactly(AS_USER), fault)


def test_a_pin_is_of_the_right_namespace_or_does_not_exist(world, place):
    """If the mount fails or only seems to succeed, either the pin leads to the intended namespace or there is no pin."""
    world.run("mount", "-t", "tmpfs", "none", "/run")
    world.ok("ns", "pin", place.pid, "first")
    for fault in ("mount:retval=0:when=1", "mount:error=EPERM:when=1", "fstatfs:error=EIO:when=4", "fstat:error=EIO:when=4"):
        r = strace(world, fault, "ns", "pin", place.pid, "lab")
        found = world.ipcx("ns", "enter", "pin:lab", "--", "readlink", "-v", "/proc/self/ns/ipc")
        if r.rc == 0:
            assert found.out == f"ipc:[{place.ino}]\n", fault
            world.ok("ns", "unpin", "lab")
        else:
            assert r.err and found.rc != 0 and not found.out, (fault, found.out)
        assert world.run("ls", "/run/ipcx/ns").lines == ["first"], fault
    for fault in ("umount2:retval=0:when=1", "umount2:error=EIO:when=1"):
        r = strace(world, fault, "ns", "unpin", "first")
        assert r.rc == 1 and r.err and world.run("ls", "/run/ipcx/ns").lines == ["first"], (fault, r.err)
    assert world.ipcx("ns", "enter", "first", "--", "readlink", "-v", "/proc/self/ns/ipc").out == f"ipc:[{place.ino}]\n"


def test_a_new_pinned_namespace_is_never_ours(world):
    """ns new --pin: whichever call fails, the pinned namespace is a new one."""
    world.run("mount", "-t", "tmpfs", "none", "/run")
    ours = world.run("readlink", "/proc/self/ns/ipc").out
    for name in ("unshare", "mount", "fstatfs", "fstat", "newfstatat", "write", "read"):
        for how in ("error=EIO", "retval=0"):
            for when in (1, 2, 3):
                r = strace(world, f"{name}:{how}:when={when}", "ns", "new", "--pin", "lab")
                found = world.ipcx("ns", "enter", "pin:lab", "--", "readlink", "-v", "/proc/self/ns/ipc")
                assert found.out != ours and 0 <= r.rc < 128, (name, how, when, r.err)
                assert (r.rc == 0) <= (found.rc == 0), (name, how, when, r.err, found.err)
                with contextlib.suppress(AssertionError):
                    world.ok("ns", "unpin", "--force", "lab")
