# SPDX-License-Identifier: GPL-2.0-or-later
"""What a command does not bring into a container that it enters, and what the container cannot reach through that command."""

import os
import subprocess

import pytest

from conftest import IPCX
from helpers.places import PLACE, Place, cat_of, start, stop
from helpers.real import PYTHON
from helpers.tools import helper, need, preload, release, trace


def enter(world, place, *words, program=IPCX, **more):
    return world.run(program, "ns", "enter", *words[:-1], place.pid, "--", "sh", "-c", words[-1], **more)


@pytest.fixture
def box(world):
    """A container that root started, with all namespaces of its own."""
    p = Place(world, "--net", "--uts", "--cgroup", "--pid", "--fork", "--kill-child", "--mount-proc", script=PLACE.replace("echo $$", "echo 0"))
    yield p
    p.end()


def test_everything_in_a_container_is_its_own(world, box):
    names = ["net", "uts", "cgroup", "pid", "mnt", "ipc"]
    links = [f"/proc/self/ns/{n}" for n in names]
    r = enter(world, box, "--mount", f"readlink {' '.join(links)}")
    theirs = world.run("readlink", *[f"/proc/{box.pid}/ns/{n}" for n in names]).lines
    assert (r.rc, r.err, r.lines) == (0, "", theirs)
    assert not set(theirs) & set(world.run("readlink", *links).lines)
    r = enter(world, box, "readlink /proc/self/ns/net")
    assert r.out == world.run("readlink", "/proc/self/ns/net").out, "our own programs stay in ours"


def test_our_keyrings_stay_outside(world, box):
    code = """
import ctypes, os, sys
call = ctypes.CDLL(None).syscall
KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]
def find():
    return call(KEYCTL[1], 10, -3, b"user", b"ipcx:secret", 0)
if sys.argv[1:]:
    assert call(KEYCTL[1], 1, None) > 0 and call(KEYCTL[0], b"user", b"ipcx:secret", b"x", 1, -3) > 0 and find() > 0
    os.execvp(sys.argv[1], sys.argv[1:])
print(find() > 0)
"""
    with open(os.path.join(world.dir, "key.py"), "w", encoding="ascii") as f:
        f.write(code)
    key = [PYTHON, os.path.join(world.dir, "key.py")]
    there = ["--", *key]
    assert world.run(*key, IPCX, "ns", "enter", box.pid, *there).out == "True\n"
    assert world.run(*key, IPCX, "ns", "enter", "--mount", box.pid, *there).out == "False\n"


def test_no_library_is_loaded_in_its_root(world):
    """The host has no libcap, but the container has one."""
    p = Place(world)
    _, calls = trace(world, "ns", "enter", "--mount", p.pid, "--", "true")
    p.end()
    ours = os.path.realpath(next(c.path for c in calls if "/libcap.so." in c.path and not c.failed))
    script = f"mount --bind {preload('evil')} {ours}; {PLACE}"
    p = Place(world, script=script)
    world.run("mount", "--bind", "/dev/null", ours)
    r = enter(world, p, "--mount", "echo ran", program=release())
    assert (r.rc, r.out) == (1, "") and "libcap is not installed" in r.err
    assert world.run("ls", f"/proc/{p.pid}/root/dev/shm").out == ""
    p.end()


@pytest.mark.parametrize("words", [["--keep-caps", "none"], ["--drop-caps", "cap_kill"]], ids=lambda w: w[0])
def test_our_root_is_not_exposed_to_a_weak_process(world, box, words):
    r = enter(world, box, "--pid", *words, "echo ran")
    assert (r.rc, r.out) == (2, "") and "--mount" in r.err


def test_capabilities_that_a_container_may_not_have_are_dropped(world):
    bounded = ["setpriv", "--bounding-set=-all,+chown,+setuid,+setgid", "--inh-caps=-all"]
    p, pid = start(world, "unshare", "--ipc", "--mount", *bounded, "sh", "-c", "echo $$; exec cat")
    for words, caps in ((["--keep-caps", "cap_sys_admin,cap_chown"], 1), ([], 0xc1), (["--drop-caps", "cap_chown"], 0xc0)):
        r = world.ipcx("ns", "enter", "--mount", *words, pid, "--", "grep", "CapBnd", "/proc/self/status")
        assert r.rc == 0 and int(r.out.split()[1], 16) == caps, (words, r.out, r.err)
    stop(p)


def test_later_mounts_in_the_container_do_not_propagate_here(world):
    """Through a shared mount, set-user-ID files of the container would appear here."""
    p = Place(world, script="mount -t tmpfs -o mode=1777 none /dev/shm; mount --make-shared /dev/shm; mkdir /dev/shm/sub; echo $$; "
              "while [ ! -e /dev/shm/go ]; do sleep 0.02; done; mount -t tmpfs later /dev/shm/sub; touch /dev/shm/done; exec cat")
    r = enter(world, p, "touch /dev/shm/go; while [ ! -e /dev/shm/done ]; do sleep 0.02; done; cat /proc/self/mountinfo")
    mine = [line for line in r.lines if " /dev/shm" in line]
    assert "later" not in r.out and "shared:" not in mine[-1] and "nosuid,nodev" in mine[-1], mine
    p.end()


def test_the_older_call_that_makes_a_mount_harmless(world):
    p = Place(world, script="mount -t tmpfs -o mode=1777,noexec none /dev/shm; mount --make-shared /dev/shm; echo $$; exec cat")
    r = world.run(helper("seccomp"), 38, "mount_setattr", "--", IPCX, "ns", "enter", p.pid, "--", "grep", " /dev/shm", "/proc/self/mountinfo")
    assert r.rc == 0 and "nosuid,nodev,noexec" in r.lines[-1] and "shared:" not in r.lines[-1], r.out + r.err
    p.end()


def test_our_dev_shm_is_a_link(world):
    p = Place(world)
    world.sh(f"echo its > /proc/{p.pid}/root/dev/shm/mark")
    r = world.sh('mount -t tmpfs none /dev; mkdir -m 1777 /dev/real /dev/mqueue; ln -s real /dev/shm; mknod -m 666 /dev/null c 1 3; '
                 f'"$IPCX" ns enter {p.pid} -- cat /dev/shm/mark; "$IPCX" msg send --ns {p.pid} "$("$IPCX" mk msg --ns {p.pid})" x')
    assert (r.rc, r.out, r.err) == (0, "its\n", "")
    p.end()


def test_a_caller_in_a_chroot_stays_there(world):
    p = Place(world)
    world.sh("mount -t tmpfs none /mnt; mkdir /mnt/ours; for d in usr proc dev etc work tmp; do [ ! -d /$d ] || { mkdir /mnt/$d; mount --rbind /$d /mnt/$d; }; done;"
             "for d in bin sbin lib lib64 lib32; do ln -s usr/$d /mnt/$d; done; mkdir -p /mnt$(dirname $IPCX); mount --rbind $(dirname $(dirname $IPCX)) "
             "/mnt$(dirname $(dirname $IPCX))")
    r = world.sh(f'chroot /mnt "$IPCX" ns enter {p.pid} -- sh -c "ls -d /ours /boot; pwd"')
    assert r.lines == ["/ours", "/"], r.out + r.err
    p.end()


def test_proc_of_another_pid_namespace(world):
    """The PIDs in that /proc are those of other processes; ipcx does not use them."""
    other = Place(world)
    world.ok("mk", "shm", "--size", "4K", "--ns", other.pid)
    script = f"""
for i in $(seq {other.pid + 5}); do true & done; wait
unshare --ipc sleep 60 & c=$!; sleep 0.3
echo $c; "$IPCX" rm --ns $c sysv --all --yes; echo $?; "$IPCX" ns enter --mount $c -- echo ran; echo $?
i=$("$IPCX" mk shm --size 4K); "$IPCX" ls shm -o cpid,command,creator_alive --format raw --no-headings; "$IPCX" rm shm:$i
kill $c
"""
    r = world.sh(f"IPCX={release()}; export IPCX; exec unshare --pid --fork --kill-child sh -c '{script}'")
    pid, removed, entered, alive = r.lines
    assert (removed, entered) == ("1", "1") and alive.split()[1:] == ["-", "-"] and r.err.count("another PID namespace") == 3, r.err
    assert len(world.objects("--ns", other.pid)) == 1 and int(pid) > 0
    other.end()


def test_proc_without_our_process(world):
    """A container's /proc is mounted in place of ours, so nothing shows our user namespace."""
    with subprocess.Popen(world.argv("unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                                     "mount --make-rshared /proc; echo up; cat", uid=1234), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        assert p.stdout.readline() == b"up\n"
        pid = cat_of(world, p)
        r = world.sh(f'exec unshare --mount sh -c \'exec 3< /proc/{pid}/ns/pid; nsenter --pid=/proc/self/fd/3 mount -t proc none /proc; '
                     f'LD_LIBRARY_PATH={os.path.dirname(release())}/../lib exec {release()} ns enter --mount 1 -- cat /proc/self/uid_map\'')
        p.communicate(b"", timeout=20)
    assert r.rc == 1 and r.out == "" and r.err.count("\n") == 1, r.out + r.err


def test_a_namespace_that_cannot_be_opened_is_an_error(world, box):
    """In each run a different namespace file cannot be opened: the program runs in all namespaces of the container, or not at all."""
    need("strace")
    names = ("net", "uts", "cgroup", "pid", "mnt", "ipc")
    theirs = world.run("readlink", *[f"/proc/{box.pid}/ns/{n}" for n in names]).lines
    out, ran, failed = os.path.join(world.dir, "calls"), 0, set()
    for when in range(1, 60):
        r = world.run("strace", "-qq", "-o", out, "-e", "trace=openat", "-e", f"inject=openat:error=EMFILE:when={when}", release(), "ns", "enter",
                      "--no-pty", "--mount", box.pid, "--", "readlink", *[f"/proc/self/ns/{n}" for n in names])
        assert (r.out == "" and r.rc != 0 and r.err) or r.lines == theirs, (when, r.out, r.err)
        ran += r.rc == 0
        failed |= {n for n in names if f"its {n} namespace" in r.err}
    assert ran > 0 and failed >= {"net", "uts", "cgroup"}
