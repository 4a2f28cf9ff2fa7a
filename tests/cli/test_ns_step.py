# SPDX-License-Identifier: GPL-2.0-or-later
"""Between any two steps of a command about a process, that process exits, moves to other namespaces, or its PID is reused: the command shows or enters all of
the first namespaces, all of the second ones, or nothing."""

import re

import pytest

from helpers.tools import helper, release

SPREAD = 60  # stops to try for each, evenly spread, always including the last ones


def step(world, at, how, *words):
    """Run ipcx; return its result and the number of stops."""
    r = world.run(helper("step"), at, how, release(), *words, timeout=30)
    count = re.search(r"^steps (\d+)$", r.err, re.M)
    assert count and r.rc != 99, r.err
    return r, int(count[1])


def stops(world, *words):
    r, total = step(world, 0, "keep", *words)
    assert r.rc == 0, r.err
    return sorted({1 + i * total // SPREAD for i in range(SPREAD)} | set(range(total - 5, total)))


def sizes(text):
    return set(re.findall(r"(?:^|\s)(4096|8192)(?:\s|$)", text))


@pytest.mark.parametrize("how", ["end", "reuse", "move"])
@pytest.mark.parametrize("words", [
    ["ls", "shm", "--ns", "@", "--no-headings", "-o", "size", "--bytes"],
    ["ls", "sysv", "pshm", "--ns", "all", "--no-headings", "-o", "size", "--bytes"],
    ["ns", "ls", "--json"],
    ["ns", "show", "@", "--json"],
], ids=lambda words: "-".join(words[:2]))
def test_reading_at_any_moment(world, how, words):
    world.ok("mk", "shm:0x1", "--size", "12345")
    for at in stops(world, *words):
        r, _ = step(world, at, how, *words)
        assert r.rc in (0, 1, 3), (at, r.rc, r.err)
        assert r.rc == 0 or "@" not in r.err and re.search(r"\d", r.err), (at, r.err)
        if words[:2] == ["ls", "shm"]:
            assert "12345" not in r.out and len(sizes(r.out)) <= 1, (at, r.out)
            assert (r.rc == 0) == (len(sizes(r.out)) == 1), (at, r.out, r.err)


@pytest.mark.parametrize("flags", [[], ["--mount"]], ids=["own root", "its root"])
@pytest.mark.parametrize("how", ["end", "reuse", "move"])
def test_entering_at_any_moment(world, how, flags):
    """The segment and the file belong to the same process at the same moment, and are never ours."""
    words = ["ns", "enter", "--no-pty", *flags, "@", "--", "/bin/sh", "-c", "ipcs -m; cat /dev/shm/who; readlink /dev/shm/net /proc/self/ns/net"]
    world.ok("mk", "shm:0x1", "--size", "12345")
    world.run("sh", "-c", "echo 3 >/dev/shm/who")
    seen = set()
    for at in stops(world, *words):
        r, _ = step(world, at, how, *words)
        if "0x00000001" not in r.out:
            assert r.rc != 0 and not re.search("^[123]$", r.out, re.M), (at, r.out, r.err)
            seen.add("nothing")
            continue
        who = re.search(r"^([123])$", r.out, re.M)
        assert who and sizes(r.out) == {str(4096 * int(who[1]))}, (at, r.out, r.err)
        nets = re.findall(r"^net:.*$", r.out, re.M)
        assert not flags or nets[0] == nets[1], (at, r.out)
        seen.add(who[1])
    assert "1" in seen and "3" not in seen


@pytest.mark.parametrize("how", ["end", "reuse"])
def test_commands_that_change_something_at_any_moment(world, how):
    """Objects are created in the namespace of the process, and none of ours is removed."""
    world.ok("mk", "shm:0x1", "--size", "12345")
    for words in (["rm", "shm:0x1", "--ns", "@"], ["mk", "sem:0x77", "--nsems", "1", "--ns", "@"],
                  ["limits", "set", "shmmni=77", "--ns", "@"]):
        for at in stops(world, *words):
            r, _ = step(world, at, how, *words)
            assert r.rc in (0, 1, 3), (at, r.rc, r.err)
            assert [o["key"] for o in world.objects("sysv")] == ["0x00000001"], (at, words)
    assert world.ipcx("limits", "shmmni", "--json").json["limits"][0]["limit"] != 77
