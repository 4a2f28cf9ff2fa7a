# SPDX-License-Identifier: GPL-2.0-or-later
"""Queries that cannot be answered are refused or reported: conditions, orders and columns that no queried mechanism has, and mechanisms that
cannot meet a condition."""

import pytest

from helpers.tools import MAKE


@pytest.fixture
def all_six(world):
    for words in MAKE.values():
        world.ok("mk", *words)
    return world


@pytest.fixture
def fields(world):
    """The fields of each mechanism, according to the program's own tables."""
    return {mech: {f["name"] for f in world.ipcx("help", "--dump").json["fields"] if mech in f["mechs"]} for mech in MAKE}


def refused(world, *words, says):
    before = world.steady()
    r = world.ipcx(*words)
    assert (r.rc, r.out) == (2, ""), (words, r.rc, r.out, r.err)
    lines = r.err.splitlines()
    assert len(lines) == 2 and says in lines[0], r.err
    assert world.steady() == before


@pytest.mark.parametrize("words,says", [
    (["ls", "mq", "-w", "qnum >= 0"], "--where: mq has no field 'qnum', which msg has (here: curmsgs)"),
    (["ls", "msg", "-w", "size > 0 || curmsgs > 0"], "--where: msg has no field 'size', which shm, pshm and memfd have"),
    (["ls", "sem", "-w", "nattch > 0"], "--where: sem has no field 'nattch', which shm has"),
    (["ls", "msg", "sem", "-w", "!(nattch > 0)"], "--where: msg and sem have no field 'nattch', which shm has"),
    (["ls", "posix", "-w", "key == 1"], "--where: mq, pshm and psem have no field 'key', which shm, msg and sem have"),
    (["ls", "-w", "p99 > 1"], "--where: objects have no field 'p99'"),
    (["ls", "shm:0", "-w", "qnum == null"], "--where: shm has no field 'qnum'"),
    (["ls", "shm", "-w", "unknown(qnum)"], "--where: shm has no field 'qnum'"),
    (["ls", "shm", "mq", "-w", "nattch >= 0 && curmsgs >= 0"], "nothing can fulfil it: none of shm and mq has all of nattch and curmsgs"),
    (["ls", "-w", "size > 0", "-w", "qnum > 0"], "nothing can fulfil it: none of"),
    (["ls", "--sort", "p99"], "--sort: objects have no field 'p99'"),
    (["ls", "shm", "--sort", "-size,qnum"], "--sort: shm has no field 'qnum', which msg has"),
    (["ls", "mq", "--sort", "qnum", "--json"], "(here: curmsgs)"),
    (["ls", "msg", "-o", "ref,nattch"], "no field 'nattch' here"),
    (["rm", "msg", "--yes", "-w", "nattch == 0"], "--where: msg has no field 'nattch', which shm has"),
    (["rm", "msg:0", "sem:0", "-w", "nattch == 0"], "--where: msg and sem have no field 'nattch'"),
    (["rm", "--yes", "-w", "p99 > 1"], "--where: objects have no field 'p99'"),
    (["rm", "sysv", "--all", "--yes", "--sort", "value"], "--sort: shm, msg and sem have no field 'value', which psem has"),
    (["rm", "shm", "--all", "--yes", "--json", "-o", "qnum"], "no field 'qnum' here"),
    (["set", "msg:0", "--mode", "0640", "-w", "nattch == 0"], "--where: msg has no field 'nattch'"),
    (["set", "msg:0", "--mode", "0640", "--sort", "nattch"], "--sort: msg has no field 'nattch'"),
    (["show", "mq:/x", "-w", "qnum == 0"], "--where: mq has no field 'qnum', which msg has (here: curmsgs)"),
    (["show", "mq:/x", "--sort", "qnum"], "--sort: mq has no field 'qnum'"),
    (["limits", "--sort", "p99"], "--sort: no field 'p99' here; there are:"),
    (["ns", "ls", "--sort", "qnum"], "--sort: no field 'qnum' here; there are:"),
    (["ns", "ls", "-w", "qnum > 0"], "no field 'qnum' here; there are:"),
    (["key", "/tmp", "--sort", "size"], "--sort: no field 'size' here; there are:"),
    (["sem", "get", "0", "--sort", "size"], "--sort: no field 'size' here"),
    (["mk", "shm", "--size", "1", "--sort", "qnum"], "--sort: no field 'qnum' here"),
    (["stress", "sem", "--for", "1ms", "--sort", "nattch"], "--sort: no field 'nattch' here"),
])
def test_fields_that_no_mechanism_has_are_refused(all_six, words, says):
    refused(all_six, *words, says=says)


def test_every_field_of_every_mechanism(all_six, fields):
    """If rows have a field, it is accepted in conditions, as sort field and as column; otherwise it is refused."""
    every = {f["name"] for f in all_six.ipcx("help", "--dump").json["fields"]}
    for mech in ("shm", "mq", "psem"):
        absent = sorted(every - fields[mech])
        for f in absent[:: max(1, len(absent) // 6)]:
            for words in (["-w", f"{f} == null"], ["--sort", f"-{f}"], ["-o", f]):
                r = all_six.ipcx("ls", mech, *words)
                assert (r.rc, r.out) == (2, "") and f in r.err.splitlines()[0]
        there = " || ".join(f"{f} == null || {f} != null || unknown({f})" for f in sorted(fields[mech]))
        assert len(all_six.objects(mech, "-w", there)) == 1


@pytest.mark.parametrize("words,note", [
    (["ls", "sysv", "-w", "nattch >= 0"], "msg and sem have no nattch: none of their objects can fulfil the condition"),
    (["ls", "shm", "sem", "-w", "nattch >= 0 && size > 0"], "sem has no size or nattch: none of its objects can fulfil the condition"),
    (["ls", "shm:0", "sem:0", "-w", "nattch >= 0"], "sem has no nattch: none of its objects can fulfil the condition"),
    (["ls", "sysv", "-w", "!(nattch > 5)"], "msg and sem have no nattch"),
    (["ls", "sysv", "-w", "mech == msg || nattch >= 0"], "sem has no nattch"),
    (["ls", "sysv", "-w", "unknown(nattch)"], "msg and sem have no nattch"),
    (["ls", "sysv", "-w", "!unknown(nattch)"], None),
    (["ls", "sysv", "-w", "nattch >= 0 || mode > 0"], None),
    (["ls", "sysv", "-w", "mech == shm && nattch >= 0"], None),
    (["ls", "sysv", "-w", "mech != shm || nattch >= 0"], None),
    (["ls", "shm", "-w", "mech == msg"], None),
    (["ls", "-w", "nattch >= 0"], None),
    (["ls", "all", "-w", "nattch >= 0"], None),
    (["rm", "sysv", "--dry-run", "-w", "nattch >= 0"], "msg and sem have no nattch"),
    (["rm", "--dry-run", "-w", "nattch >= 0"], "msg, sem, mq, pshm and psem have no nattch: none of their objects can fulfil the condition"),
    (["rm", "all", "--dry-run", "-w", "nattch >= 0"], "msg, sem, mq, pshm and psem have no nattch"),
    (["rm", "all", "--dry-run", "-w", "mech == shm && nattch >= 0"], None),
    (["set", "shm:0", "msg:0", "--mode", "0600", "-w", "nattch >= 0"], "msg has no nattch: none of its objects can fulfil the condition"),
])
def test_fields_that_some_mechanisms_lack_are_reported(all_six, words, note):
    r = all_six.ipcx(*words)
    said = [line for line in r.err.splitlines() if "can fulfil" in line]
    if note is None:
        assert (r.rc, said) == (0, []), r.err
    else:
        assert r.rc == 0 and len(said) == 1 and said[0].startswith("ipcx: note: " + note), r.err


def test_rm_reports_what_it_skips(all_six):
    r = all_six.ipcx("rm", "sysv", "--yes", "--json", "-w", "nattch == 0")
    assert r.rc == 0 and [o["ref"] for o in r.json["objects"]] == ["shm:0"]
    assert [e["message"] for e in r.json["errors"]] == ["msg and sem have no nattch: none of their objects can fulfil the condition"]
    assert [o["ref"] for o in all_six.objects("sysv")] == ["msg:0", "sem:0"]


def test_sort_fields_are_read(world):
    """A sort field is read even if it is not shown."""
    for size in ("64K", "4K", "1M"):
        world.ok("mk", "shm", "--size", size)
        world.ok("shm", "fill", world.objects("shm", "--sort", "id")[-1]["id"], "--byte", "1")
    assert world.ok("ls", "shm", "-o", "ref", "--no-headings", "--sort", "-rss").split() == ["shm:2", "shm:0", "shm:1"]
