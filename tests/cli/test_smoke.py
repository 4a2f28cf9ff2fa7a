# SPDX-License-Identifier: GPL-2.0-or-later
"""The life cycle of each mechanism: create, list, show, change, remove."""

import pytest

LIVES = {
    "shm": (["--size", "64K"], ["--mode", "0640"]),
    "msg": (["--qbytes", "8K"], ["--qbytes", "4K"]),
    "sem": (["--nsems", "3", "--init", "1,0,5"], ["--mode", "0640"]),
    "mq": (["--maxmsg", "2", "--msgsize", "32"], ["--mode", "0640"]),
    "pshm": (["--size", "64K"], ["--size", "32K"]),
    "psem": (["--init", "3"], ["--mode", "0640"]),
}


def test_every_mechanism_is_covered(dump):
    assert {m["name"] for m in dump["mechanisms"] if not m["lasts"]} == set(LIVES)


@pytest.mark.parametrize("mech", LIVES)
def test_life_cycle(world, dump, mech):
    made, changed = LIVES[mech]
    info = next(m for m in dump["mechanisms"] if m["name"] == mech)
    name = ["/x"] if info["named"] else []
    which = world.ok("mk", mech, *name, *made)
    ref = f"{mech}:{which}"
    assert [o["ref"] for o in world.objects(mech)] == [ref]
    assert world.ok("show", ref).splitlines()[0].startswith(ref)
    assert world.ok("set", ref, *changed) == ""
    assert world.ok("rm", ref) == ""
    assert world.objects(mech) == []
    assert world.ipcx("rm", ref).rc == 3


def test_a_missing_object_may_be_ignored(world):
    assert world.ok("rm", "shm:5", "psem:/none", "--ignore-missing") == ""
    r = world.ipcx("rm", "shm:5", "--ignore-missing", "-v")
    assert r.rc == 0 and "no such" in r.err
