# SPDX-License-Identifier: GPL-2.0-or-later
"""A name that is lost because a call failed is unknown, never "no container"."""

import json
import os

import pytest

from helpers.places import PLACE, Place, cat_of, start, stop

WORDS = ("ns", "ls")


def counted(world, call, *inject, words=WORDS):
    """Run a listing under strace; return it and the lines of the calls."""
    log = os.path.join(world.dir, "log")
    r = world.run("strace", "-f", "-o", log, "-e", f"trace={call}", *inject, os.environ["IPCX"], *words, "--json", env={"ASAN_OPTIONS": "detect_leaks=0"})
    with open(log, encoding="utf-8", errors="replace") as f:
        return r, [line for line in f if f" {call}(" in line]


def numbers(calls, path):
    """Which calls are about the path: strace counts those of each thread."""
    threads = [line.split()[0] for line in calls]
    return sorted({threads[:i + 1].count(threads[i]) for i, line in enumerate(calls) if path in line})


def of(r, pid):
    """The rows about a process."""
    doc = json.loads(r.out)
    lists = [doc["users"]] if "users" in doc else [place[name] for place in doc["namespaces"] for name in ("keepers", "members")]
    return [row for rows in lists for row in rows if row["pid"] == pid]


def record(world, place):
    """Record the place as a container of runc."""
    world.sh(f"""mkdir -p /run/runc/web; began=$(cut -d ' ' -f 22 /proc/{place.pid}/stat)
echo "{{\\"init_process_pid\\":{place.pid},\\"init_process_start\\":$began}}" >/run/runc/web/state.json""")


@pytest.mark.parametrize("call", ["openat", "newfstatat"])
def test_each_call_that_fails(world, call):
    world.run("mount", "-t", "tmpfs", "none", "/run")
    place = Place(world)
    record(world, place)
    r, calls = counted(world, call)
    assert [n["container"] for n in json.loads(r.out)["namespaces"] if n["ns"] == place.ino] == ["runc:web"] and len(calls) > 20
    for n in range(1, len(calls) + 1):
        r, _ = counted(world, call, "-e", f"inject={call}:error=EMFILE:when={n}")
        rows = [row for row in json.loads(r.out)["namespaces"] if row["ns"] == place.ino] if r.rc == 0 else []
        assert all(row["container"] == "runc:web" or "container" in row["unknown"] for row in rows), (n, rows, r.err)
    place.end()


def test_a_second_process_whose_control_group_or_pid_namespace_cannot_be_read(world):
    """Rows about processes, too: in no container is only who was seen to be in none."""
    world.run("mount", "-t", "tmpfs", "none", "/run")
    place = Place(world, "--pid", "--fork", script=PLACE.replace("echo $$", "echo 0"))
    record(world, place)
    second, pid = start(world, "nsenter", "-t", place.pid, "--ipc", "--mount", "--pid", "sh", "-c", "exec 5<>/dev/shm/held; echo 0; exec cat")
    pid = pid or cat_of(world, second)
    for words in (("who", "pshm:/held", "--ns", place.pid), ("ns", "show", place.pid)):
        for call, path in (("openat", '"cgroup"'), ("newfstatat", '"ns/pid"')):
            r, calls = counted(world, call, words=words)
            assert {row["container"] for row in of(r, pid)} == {"runc:web"}
            chosen = numbers(calls, path)
            unknown = 0
            for n in chosen:
                r, _ = counted(world, call, "-e", f"inject={call}:error=EMFILE:when={n}", words=words)
                found = of(r, pid)
                assert all(row["container"] == "runc:web" or "container" in row.get("unknown", []) for row in found), (words, n, found, r.err)
                assert words[0] != "who" or json.loads(r.out)["errors"] or all(row["container"] for row in found), (n, found)
                unknown += sum("container" in row.get("unknown", []) for row in found)
            # Its PID namespace also tells the container.
            assert unknown or call == "openat", (words, call, calls)
    stop(second)
    place.end()
