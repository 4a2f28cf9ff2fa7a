# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes that would rather not be listed as users of an object, that want to be listed as users of another's, or that want to stop the search."""

import contextlib
import errno
import os
import select
import subprocess
import sys

import pytest

from conftest import HERE, worlds
from helpers.tools import helper, need, quiet, scratch, until

world = worlds.world


def doing(pid):
    """What a process and its descendants do, for the report of a test whose wait ended without its line."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            lines = [f.read()[:60]]
        for file in ("syscall", "stack"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/{file}", encoding="ascii", errors="replace") as f:
                lines.append(f.read())
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return lines + [line for child in f.read().split() for line in doing(child)]
    except OSError:
        return [f"{pid}: gone"]


@contextlib.contextmanager
def acting(world, *words, **run):
    """A process that was started in the world and has printed a line."""
    p = subprocess.Popen(world.argv(*words, **run), stdout=subprocess.PIPE)
    try:
        assert select.select([p.stdout], [], [], 300)[0], "\n".join(doing(p.pid))
        line = p.stdout.readline().decode().strip()
        if not line:
            assert p.wait(timeout=60) == 77
            pytest.skip("the kernel does not allow this")
        yield line
    finally:
        p.kill()
        p.wait(timeout=60)
        p.stdout.close()


def actor(world, *words, **run):
    """A process of actors.py; the value is its pid."""
    return acting(world, sys.executable, os.path.join(HERE, "actors.py"), *words, **run)


def who(world, *words, **run):
    r = world.ipcx("who", "--json", *words, **run)
    assert r.rc == 0, (r.out, r.err)
    return r.json


def users(answer):
    return [(u["ref"], u["pid"], u["how"]) for u in answer["users"]]


def test_a_file_system_that_answers_only_its_owner(world):
    """Not even root may look at a file on another user's FUSE file system; what else its user has open is listed nevertheless."""
    if not os.path.exists("/dev/fuse"):
        pytest.skip("there is no /dev/fuse")
    os.mkdir(os.path.join(world.dir, "fuse"))
    with actor(world, "private_fuse", os.path.join(world.dir, "fuse"), "held") as pid:
        answer = who(world, "pshm:/held")
    assert users(answer) == [("pshm:/held", int(pid), "open")]
    assert answer["unseen"]["processes"] == 0


def test_a_path_longer_than_the_kernel_tells(world):
    with actor(world, "deep", "held") as pid:
        answer = who(world, "pshm:/held")
        world.run("sh", "-c", "cd /dev/shm && rm -r d*")
    assert users(answer) == [("pshm:/held", int(pid), "both")]
    assert answer["unseen"]["processes"] == 0


def test_a_path_longer_than_a_buffer(world):
    """Without PROCMAP_QUERY, a line of /proc/PID/maps may have any length."""
    seccomp = helper("seccomp")
    with actor(world, "deep", "held", "300") as pid:
        r = world.run(seccomp, "25", "ioctl@1=17", "--", worlds.IPCX, "who", "--json", "pshm:/held")
        world.run("sh", "-c", "cd /dev/shm && rm -r d*")
    assert r.rc == 0 and users(r.json) == [("pshm:/held", int(pid), "both")], (r.out, r.err)
    assert r.json["unseen"]["processes"] == 0


def test_a_thread_with_its_own_descriptors(world):
    with actor(world, "apart", "held") as pid:
        answer = who(world, "pshm:/held")
    assert users(answer) == [("pshm:/held", int(pid), "open")]


def test_a_process_that_executes_programs_all_the_time(world):
    need("cc")
    again = os.path.join(scratch(), "again")
    with open(again + ".c", "w", encoding="ascii") as f:
        f.write("#include <unistd.h>\nint main(int n, char **v) { (void)n; return execv(v[0], v); }\n")
    quiet("cc", "-O2", "-static", "-o", again, again + ".c")
    with actor(world, "restless", "held", again) as pid:
        script = f'i=0; while [ $i -lt 40 ]; do "$IPCX" who pshm --pid {pid} --format csv -o pid,how || exit; i=$((i + 1)); done'
        r = world.sh(script)
    assert r.rc == 0, r.err
    assert [line for line in r.lines if line.startswith(pid)] == [f"{pid},open"] * 40


def test_processes_that_hidepid_closes_are_counted(world):
    """With hidepid=1, processes of others are listed in /proc, but nothing in their directories can be read."""
    with actor(world, "restful", "held") as pid:
        r = world.run("unshare", "-m", "sh", "-c", 'mount -t proc -o hidepid=1 proc /proc && exec setpriv --reuid=1234 --regid=1234 --clear-groups "$@"',
                      "sh", worlds.IPCX, "who", "--json", "pshm")
        assert r.rc == 0, r.err
        assert int(pid) not in [u["pid"] for u in r.json["users"]]
        assert r.json["unseen"]["processes"] >= 1


def test_a_kernel_without_statx(world):
    """Descriptors are looked at by the older call; if they cannot be looked at, no answer is complete."""
    with actor(world, "restful", "held"):
        plain = world.ipcx("who", "--json", "mq")
        r = world.run(helper("seccomp"), str(errno.ENOSYS), "statx", "--", worlds.IPCX, "who", "--json", "mq")
        assert (r.rc, r.json["users"], r.json["unseen"]) == (0, plain.json["users"], plain.json["unseen"]), r.err
        r = world.run(helper("seccomp"), str(errno.EACCES), "statx", "--", worlds.IPCX, "who", "--json", "mq")
        assert r.rc == 0, r.err
        assert r.json["unseen"]["processes"] >= 1


def test_names_do_not_fill_memory(world):
    """A process may map a file 65,530 times, under a name of 4,095 bytes."""
    peak = helper("peak")
    with actor(world, "many", "20000") as pid:
        most = {}
        for what in ("psem:/none", "pshm"):
            r = world.run(peak, worlds.IPCX, "who", "--json", what, env={"ASAN_OPTIONS": "quarantine_size_mb=1:detect_leaks=0"})
            most[what] = int(r.err.split()[-1])
            if what == "pshm":
                assert {u["pid"] for u in r.json["users"]} == {int(pid)} and len(r.json["users"]) == 2
    assert most["pshm"] < most["psem:/none"] + 30000, most


def test_memory_shared_with_another_namespace(world):
    """A process whose memory another process uses in another IPC namespace maps what that one attached."""
    need("cc")
    disguised = os.path.join(scratch(), "disguised")
    quiet("cc", "-O2", "-Wall", "-o", disguised, os.path.join(HERE, "disguised.c"))
    assert world.ok("mk", "shm", "--key", "0x77", "--size", "4K", "--mode", "666") == "0"
    with actor(world, "attached", "0x77") as pid, acting(world, disguised, "0x77", "1234") as line:
        assert line == "ready"
        answer = who(world, "shm:0")
    assert users(answer) == [("shm:0", int(pid), "mapped")]
    assert answer["unseen"]["attaches"] == 0


def test_a_file_that_never_answers(world):
    """Looking at descriptors and mappings waits for no file system."""
    where = os.path.join(world.dir, "stall")
    os.mkdir(where)
    with acting(world, helper("fuse"), where) as line:
        assert line == "up"
        p = subprocess.Popen(world.argv("sh", "-c", f"exec 3<{where}"))
        try:
            until(lambda: "stall" in world.run("cat", "/proc/mounts").out)
            who(world, timeout=60)
        finally:
            p.kill()
            p.wait(timeout=60)
