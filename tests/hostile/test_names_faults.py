# SPDX-License-Identifier: GPL-2.0-or-later
"""A name that is lost because a call failed is unknown, never "no container"."""

import json
import os

import pytest

from helpers.places import Place

WORDS = ("ns", "ls", "--json")


def counted(world, call, *inject):
    """Run the listing under strace; return it and the number of calls."""
    log = os.path.join(world.dir, "log")
    r = world.run("strace", "-f", "-o", log, "-e", f"trace={call}", *inject, os.environ["IPCX"], *WORDS, env={"ASAN_OPTIONS": "detect_leaks=0"})
    with open(log, encoding="utf-8", errors="replace") as f:
        return r, sum(f" {call}(" in line for line in f)


@pytest.mark.parametrize("call", ["openat", "newfstatat"])
def test_each_call_that_fails(world, call):
    world.run("mount", "-t", "tmpfs", "none", "/run")
    place = Place(world)
    world.sh(f"""mkdir -p /run/runc/web; began=$(cut -d ' ' -f 22 /proc/{place.pid}/stat)
echo "{{\\"init_process_pid\\":{place.pid},\\"init_process_start\\":$began}}" >/run/runc/web/state.json""")
    r, calls = counted(world, call)
    assert [n["container"] for n in json.loads(r.out)["namespaces"] if n["ns"] == place.ino] == ["runc:web"] and calls > 20
    for n in range(1, calls + 1):
        r, _ = counted(world, call, "-e", f"inject={call}:error=EMFILE:when={n}")
        rows = [row for row in json.loads(r.out)["namespaces"] if row["ns"] == place.ino] if r.rc == 0 else []
        assert all(row["container"] == "runc:web" or "container" in row["unknown"] for row in rows), (n, rows, r.err)
    place.end()
