# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes whose waits look different from what they are, that blame others for holding a lock, or that want to stop `ipcx waits`. In all scenes
of waitenemy.c, somebody can end the wait: nothing may be certain."""

import contextlib
import os
import sys
import time

import pytest

from conftest import HERE, worlds
from helpers.tools import helper, need, until
from test_who_enemies import acting

sys.path.append(os.path.join(HERE, "../truth"))
from planting import flat, hide_the_denied  # noqa: E402  pylint: disable=wrong-import-position,unused-import

world = worlds.world

# The memory of a process that does not answer stops a thread, and the leak sanitizer would wait for it.
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:exitcode=99"}


@contextlib.contextmanager
def enemy(where, *words, before=(), **run):
    """The PIDs of the waiting process and of the one that could end the wait."""
    with acting(where, *before, helper("waitenemy", os.path.join(HERE, "waitenemy_memory.c"), folder=HERE), *words, **run) as line:
        yield tuple(int(n) for n in line.split())


def waits(where, *words, **run):
    r = where.ipcx("waits", "--json", *words, **run)
    assert r.rc == 0, (r.rc, r.out, r.err)
    return r.json


def seen(where, ask, *words):
    """The rows of a process, from a look that saw all processes: others of the machine, which may not be looked at, come and go."""
    found = []

    def whole():
        answer = waits(where, *words)
        found.append([r for r in answer["waits"] if r["pid"] == ask])
        return not answer["unseen"]["processes"]

    hide_the_denied(where)
    try:
        until(whole, seconds=30)
    except AssertionError:
        pytest.skip("there are processes that may not be looked at")
    return found[-1]


@pytest.mark.parametrize("scene", ["splice", "waitv", "waitv-lie", "socket", "apart", "pi-blame", "pi-dead", "counter", "blame"])
def test_a_wait_that_somebody_can_end(flat, scene):  # noqa: F811
    """A call that waits for one of two things; an end of a pipe that is in no process; words that do not mean what they seem to."""
    with enemy(flat, scene) as (pid, _):
        rows = seen(flat, pid)
        assert rows and {r["grade"] for r in rows} <= {None, "possible"}, rows
        assert not any((r["verdict"] or "").startswith(("deadlock", "its owner")) for r in rows)


@pytest.mark.parametrize("scene, grade", [("blame", "possible"), ("pi-blame", "likely")])
def test_an_innocent_is_not_blamed(flat, scene, grade):  # noqa: F811
    """Everybody who maps a lock can write another's number into it: if users share it, only the robust list of that thread makes it certain."""
    with enemy(flat, scene) as (pid, innocent):
        rows = seen(flat, pid)
        assert [(r["held_by"], r["held_grade"], r["waker"].endswith("?")) for r in rows] == [(innocent, grade, True)]


def test_descriptors_that_cannot_be_compared(flat):  # noqa: F811
    """Without kcmp(2), a thread may have any descriptors: nothing is certain."""
    with enemy(flat, "apart") as (pid, _):
        hide_the_denied(flat)
        r = flat.run(helper("seccomp"), "1", "kcmp", "--", worlds.IPCX, "waits", "pipe", "--json")
        assert r.rc == 0, r.err
        rows = [w for w in r.json["waits"] if w["pid"] == pid]
        assert rows and {w["grade"] for w in rows} <= {None, "possible"} and {w["held_grade"] for w in rows} <= {None, "possible"}, rows


@pytest.mark.parametrize("name, shown", [("gone", '("gone")'), ("a) and 2 more", '("a) and 2 more")'), ("b?", '("b?")'), ("\x1b]0;x", "(\x1b]0;x)")])
def test_names_of_processes(flat, name, shown):  # noqa: F811
    """A process chooses its name; what we say of it stays clear, and no terminal obeys it."""
    with enemy(flat, "named", name) as (pid, other):
        assert [r["waker"] for r in seen(flat, pid)] == [f"{other} {shown}"]
        for words in (("waits",), ("waits", "--graph")):
            r = flat.ipcx(*words, "pipe")
            assert r.rc == 0 and str(pid) in r.out and "\x1b" not in r.out + r.err, r.out


@pytest.mark.parametrize("scene", ["notified", "fault"])
def test_a_thread_that_sleeps_for_another_reason(flat, scene):  # noqa: F811
    """Until a supervisor permits the call, or until memory is there for the data."""
    with enemy(flat, scene) as (pid, _):
        assert seen(flat, pid) == []


@contextlib.contextmanager
def frozen(pid):
    """A process that is in a frozen cgroup."""
    base = next((b for b in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup") if os.path.exists(b + "/cgroup.procs")), None)
    if not base or not os.access(base, os.W_OK):
        pytest.skip("there is no cgroup that may be frozen here")
    place, home = f"{base}/ipcx-{os.getpid()}", os.path.join(base, "cgroup.procs")
    os.mkdir(place)
    try:
        for name, text in (("cgroup.procs", pid), ("cgroup.freeze", 1)):
            with open(os.path.join(place, name), "w", encoding="ascii") as f:
                f.write(str(text))
        with open(place + "/cgroup.events", encoding="ascii") as f:
            until(lambda: f.seek(0) == 0 and "frozen 1" in f.read())
        yield
    finally:
        with open(place + "/cgroup.freeze", "w", encoding="ascii") as f:
            f.write("0")
        with open(home, "w", encoding="ascii") as f:
            f.write(str(pid))
        until(lambda: not os.path.isdir(place) or removed(place))


def removed(place):
    with contextlib.suppress(OSError):
        os.rmdir(place)
    return not os.path.isdir(place)


def test_a_frozen_thread(flat):  # noqa: F811
    """To freeze interrupts the call, like a signal, although /proc shows it, and that the thread sleeps."""
    with enemy(flat, "apart") as (pid, _):
        assert [w["call"] for w in waits(flat, "pipe")["waits"] if w["pid"] == pid] == ["read"]
        with frozen(pid):
            assert [w for w in waits(flat, "pipe")["waits"] if w["pid"] == pid] == []
        until(lambda: [w for w in waits(flat, "pipe")["waits"] if w["pid"] == pid])


def test_memory_that_does_not_answer(world):
    """A read of the operations never returns."""
    with enemy(world, "absent") as (pid, _):
        began = time.monotonic()
        r = world.ipcx("waits", "sem", "--json", env=NO_LEAKS)
        assert r.rc == 0 and time.monotonic() - began < 30
        assert [(w["pid"] != 0, w["wants"]) for w in r.json["waits"]] == [(True, None)] and pid
        assert [e["kind"] for e in r.json["errors"]] == ["incomplete"]


def test_paths_that_do_not_answer(world):
    """Threads open a FIFO, with a path that leads into a file system of a user's program by the time we look."""
    if not os.path.exists("/dev/fuse"):
        pytest.skip("there is no /dev/fuse")
    place = os.path.join(world.dir, "fuse")
    os.mkdir(place)
    with acting(world, sys.executable, os.path.join(HERE, "stallfuse.py"), place, "lookup"), enemy(world, "moved", place + "/x") as (pid, _):
        began = time.monotonic()
        r = world.ipcx("waits", "--json", env=NO_LEAKS)
        assert r.rc == 0 and time.monotonic() - began < 30
        assert pid not in [w["pid"] for w in r.json["waits"]]


@pytest.mark.parametrize("path", ["/dev/null", "/proc/self/fd/0", "/proc/1/root/dev/zero", "/dev/shm/../../etc/passwd", "/proc/self/root/etc/shadow"])
def test_paths_to_files_of_others(world, path):
    """Only a FIFO below the root of the thread counts, and nothing is opened, except for looking."""
    need("strace")
    with enemy(world, "moved", path) as (pid, _):
        trace = os.path.join(world.dir, "trace")
        r = world.run("strace", "-f", "-e", "trace=open,openat,openat2", "-o", trace, worlds.IPCX, "waits", "--json", env=NO_LEAKS)
        assert r.rc == 0 and pid not in [w["pid"] for w in r.json["waits"]]
        with open(trace, encoding="utf-8") as f:
            opened = [line for line in f if path in line]
        assert opened and all("O_PATH" in line for line in opened), opened


def test_operations_that_change_while_we_look(world):
    with enemy(world, "rewritten") as (pid, _):
        script = 'i=0; while [ $i -lt 200 ]; do "$IPCX" waits sem --format csv -o call,grade || exit; i=$((i + 1)); done'
        r = world.sh(script)
        assert r.rc == 0 and pid, (r.rc, r.err)
        assert {line for line in r.lines if "," in line} <= {"semtimedop,", "CALL,GRADE", "call,grade"}, r.lines


@pytest.mark.parametrize("words", [("words", "2000"), ("ring", "1000")])
def test_the_time_is_not_theirs(flat, words):  # noqa: F811
    """Many words that look like locks, seen from another PID namespace; an endless robust list of a thread that maps its page very often."""
    before = ("unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc") if words[0] == "words" else ()
    with enemy(flat, *words, before=before):
        began = time.monotonic()
        answer = waits(flat)
        spent = time.monotonic() - began
        assert spent < 20, "seconds; a second is usual, more than a minute without bounds"
        assert not any(r["grade"] == "certain" for r in answer["waits"])
