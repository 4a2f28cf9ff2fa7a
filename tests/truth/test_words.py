# SPDX-License-Identifier: GPL-2.0-or-later
"""Each word of a command line counts once and is never ignored: mechanisms, references, fields, values. A change stops when it can no longer
be recorded."""

import os

import pytest

from conftest import IPCX
from helpers.real import on_terminal


def refs(world, *words):
    return world.ok("ls", "-q", *words).split()


# ---- impossible values


@pytest.mark.parametrize("command", [["ls", "shm"], ["rm"], ["set", "shm", "--mode", "0600"], ["limits"]])
@pytest.mark.parametrize("where,says", [
    ("mech == smh", 'column 9 of the expression: mech is never "smh": did you mean shm?'),
    ("mech != 'mqq'", 'column 9 of the expression: mech is never "mqq": did you mean mq?'),
    ("limit > 1 || 'pshn' == mech", 'column 14 of the expression: mech is never "pshn": did you mean pshm?'),
    ("mech == queue", 'column 9 of the expression: mech is never "queue": it is shm, msg, sem, mq, pshm, psem, memfd or pipe'),
])
def test_an_unknown_mechanism_in_a_condition(world, command, where, says):
    world.ok("mk", "shm", "--size", 1)
    r = world.ipcx(*command, "-w", where)
    assert (r.rc, r.out) == (2, "") and says in r.err, r.err
    assert len(refs(world)) == 1


def test_words_that_a_field_never_has(world):
    world.ok("mk", "shm", "--size", 1)
    r = world.ipcx("rm", "shm", "-w", "status != dset")
    assert r.rc == 2 and 'status is never "dset": did you mean dest?' in r.err and refs(world) == ["shm:0"]
    for where, n in (("mech =~ smh", 0), ("mech =~ shm", 1), ("mech == shm", 1), ("mech < smh", 1), ("status == 'dest,locked'", 0)):
        assert len(refs(world, "shm", "-w", where)) == n, where


# ---- the question


@pytest.mark.parametrize("more", [["--all"], ["-w", "size > 0"], ["--unused"]])
def test_the_question_lists_names(world, more):
    world.ok("mk", "shm", "--size", 1, "--count", 2)
    owner = world.objects("shm")[0]["owner"]
    assert owner == "root"
    status, text = on_terminal(world, "rm", "shm", *more, answer="n")
    lines = [line.split() for line in text.splitlines()]
    assert status == 1 and lines[0][2] == "OWNER" and [line[2] for line in lines[1:3]] == [owner] * 2
    status, text = on_terminal(world, "rm", "shm", *more, "-n", answer="n")
    assert status == 1 and text.splitlines()[1].split()[2] == "0"


def test_the_question_about_a_list_shows_names(world):
    world.ok("mk", "shm", "--size", 1, "--count", 2)
    assert world.sh(f'"$IPCX" ls -q >{world.dir}/list').rc == 0
    status, text = on_terminal(world, "rm", "--from", f"{world.dir}/list", answer="n")
    assert status == 1 and [line.split()[2] for line in text.splitlines()[:3]] == ["OWNER", "root", "root"]


# ---- mechanisms before references


@pytest.fixture
def some(world):
    """A world with the objects shm:0 (its key is 5), shm:1, shm:2, msg:0, sem:0 and pshm:/x."""
    world.ok("mk", "shm", "--size", 1, "--key", 5)
    world.ok("mk", "shm", "--size", 2, "--count", 2)
    world.ok("mk", "msg")
    world.ok("mk", "sem", "--nsems", 1)
    world.ok("mk", "pshm", "/x", "--size", 1)
    return world


@pytest.mark.parametrize("words,found", [
    ("pshm shm:0", "shm:0 pshm:/x"),
    ("shm:0 pshm", "shm:0 pshm:/x"),
    ("msg shm:0 sem:0", "shm:0 sem:0 msg:0"),
    ("pshm shm:0 msg sem:0 sem", "shm:0 msg:0 sem:0 pshm:/x"),
    ("shm msg:0 sem 0", "msg:0 sem:0 shm:0 shm:1 shm:2"),
    ("msg sem pshm shm 1", "shm:1 msg:0 sem:0 pshm:/x"),
    # A default mechanism only.
    ("shm 0 2", "shm:0 shm:2"),
    ("shm shm:1 shm:2", "shm:1 shm:2"),
    ("shm msg:0 1", "msg:0 shm:1"),
    ("shm msg:0 shm:0", "msg:0 shm:0"),
    ("shm 0 msg:0 pshm /x", "shm:0 msg:0 pshm:/x"),
    ("shm 0x5", "shm:0x5"),
    # An object that is named in addition to its mechanism counts once.
    ("sysv shm:0", "shm:0 shm:1 shm:2 msg:0 sem:0"),
    ("shm:0 msg:0 sysv shm:0x5", "shm:0 shm:1 shm:2 msg:0 sem:0"),
    ("pshm:/x shm:2 shm pshm", "shm:0 shm:1 shm:2 pshm:/x"),
])
def test_a_mechanism_before_references(some, words, found):
    words = words.split()
    found = found.replace("shm:0x5", "shm:0").split()
    assert refs(some, *words) == found
    assert sorted(refs(some, *words, "--sort", "ref")) == sorted(found)
    table = [w for w in some.ok("ls", *words, "-o", "+ref").split() if ":" in w and w.split(":")[0] in ("shm", "msg", "sem", "pshm")]
    assert sorted(table) == sorted(found)


@pytest.mark.parametrize("words", [["pshm", "shm:0"], ["shm", "msg:0", "sem:0"], ["shm", "msg:0", "msg", "0"], ["sem", "msg", "0"]])
def test_a_whole_mechanism_must_be_requested(some, words):
    before = refs(some)
    for command, says in ((["rm"], "a mechanism alone removes nothing"), (["rm", "--dry-run"], "a mechanism alone removes nothing"),
                          (["set", "--mode", "0640"], "a mechanism alone changes nothing"), (["show"], "show needs references")):
        r = some.ipcx(*command, *words)
        assert (r.rc, r.out) == (2, "") and says in r.err
    assert refs(some) == before


def test_rm_of_a_mechanism_and_others(some):
    assert some.ok("rm", "msg", "shm:0", "--all") == "" and refs(some) == ["shm:1", "shm:2", "sem:0", "pshm:/x"]
    assert some.ok("rm", "shm", *refs(some, "shm")) == "" and refs(some) == ["sem:0", "pshm:/x"]


def test_nothing_examined_is_not_a_success(world):
    world.ok("mk", "msg")
    world.ok("mk", "shm", "--size", 1, "--count", 2)
    assert world.ipcx("ls", "msg", "shm:0", "--fail", "-w", "mech == msg").rc == 1
    assert world.ipcx("ls", "shm:0", "sysv", "--fail", "-w", "mech == sem").rc == 0


@pytest.mark.parametrize("words,rc", [(["shm:9", "shm"], 4), (["sysv", "shm:9"], 4), (["shm:9", "pshm"], 4), (["sem:9", "sem"], 4)])
def test_a_missing_object_is_reported_beside_its_mechanism(some, words, rc):
    gone = next(w for w in words if ":" in w)
    for more in ([], ["--sort", "ref"], ["--json"]):
        r = some.ipcx("ls", *words, *more)
        assert r.rc == rc and r.err.startswith(f"ipcx: {gone}: no such ") and len(r.err.splitlines()) == 1
    assert [(e["kind"], e["ref"]) for e in r.json["errors"]] == [("missing", gone)]
    some.ok("rm", "sem", "--all")
    assert some.ipcx("ls", "sem", "sem:9").rc == 3


# ---- one object, named twice


@pytest.mark.parametrize("words,gone", [
    (["shm:0", "shm:0"], "shm:0"),
    (["shm", "0", "1", "0", "0"], "shm:0 shm:1"),
    (["shm:0", "shm:0x5"], "shm:0"),
    (["shm:key=5", "shm:1", "shm:0", "shm:0x5"], "shm:0 shm:1"),
    (["msg:0", "shm:0x5", "msg:0", "shm:0x00000005"], "shm:0 msg:0"),
    (["pshm:/x", "pshm:x", "pshm", "/x"], "pshm:/x"),
    (["shm:0", "shm", "--all"], "shm:0 shm:1 shm:2"),
    (["shm:0", "sysv", "-w", "mech == shm"], "shm:0 shm:1 shm:2"),
    (["shm:0", "shm:2", "shm:0", "--sort", "-ref"], "shm:0 shm:2"),
])
def test_rm_removes_an_object_named_twice_once(some, words, gone):
    """The dry run and the real run agree."""
    gone = gone.split()
    left = [r for r in refs(some) if r not in gone]
    for more in (["--dry-run"], []):
        r = some.ipcx("rm", *words, "--json", *more)
        assert (r.rc, r.err) == (0, "") and sorted(o["ref"] for o in r.json["objects"]) == sorted(gone), (more, r.err)
    assert refs(some) == left


@pytest.mark.parametrize("print_them,more", [("ls -q", []), ("ls -q0", ["--null"]), ("ls --format jsonl", []), ("ls --json", [])])
def test_rm_removes_an_object_listed_twice_once(some, print_them, more):
    file = f"{some.dir}/list"
    assert some.sh(f'for i in 1 2; do "$IPCX" {print_them}; done >{file}').rc == 0
    for words in (["--dry-run"], ["shm:1", "shm:0x5"]):
        r = some.ipcx("rm", "--from", file, *more, *words, "--json")
        assert (r.rc, r.err) == (0, "") and len(r.json["objects"]) == 6
    assert refs(some) == []


def test_a_missing_object_is_reported_once(some):
    for words in (["shm:9", "shm:9"], ["shm:9", "shm:0x9", "shm:9"]):
        r = some.ipcx("rm", *words)
        assert r.rc == 3 and r.err.count("shm:9: no such") == 1
    r = some.ipcx("rm", "shm:0", "shm:9", "shm:0")
    assert r.rc == 4 and len(r.err.splitlines()) == 1 and "shm:0" not in refs(some)


def test_set_changes_an_object_named_twice_once(some):
    for words in (["shm:0", "shm:0"], ["shm:0", "shm:0x5", "shm", "0"]):
        for more in (["--dry-run"], []):
            r = some.ipcx("set", *words, "--mode", "0640", "--json", *more)
            assert (r.rc, r.err) == (0, "") and [o["ref"] for o in r.json["objects"]] == ["shm:0"]
    r = some.ipcx("set", "shm:0", "shm", "-w", "mode == 0640 || size == 2", "--mode", "0644", "--format", "raw", "-o", "ref")
    assert (r.rc, r.out, r.err) == (0, "shm:0\nshm:1\nshm:2\n", "")


def test_show_and_ls_print_it_as_often_as_it_is_named(some):
    assert refs(some, "shm:0", "shm:0") == ["shm:0"] * 2
    assert [o["ref"] for o in some.ipcx("show", "shm:0", "shm:0", "--json").json["objects"]] == ["shm:0"] * 2


def test_many_references_named_twice(world):
    world.ok("mk", "shm", "--size", 1, "--count", 1000)
    names = refs(world)
    r = world.ipcx("rm", "--from", "-", "-o", "ref", "--format", "raw", input="\n".join(names + names[::-1] + names) + "\n")
    assert (r.rc, r.err) == (0, "") and r.lines == names and refs(world) == []


# ---- sort fields and columns that some mechanisms lack


@pytest.mark.parametrize("words,says", [
    (["ls", "shm", "sem", "-q", "--sort", "nattch"], ["sem has no nattch: its objects come first in the order"]),
    (["ls", "shm", "sem", "-q", "--sort", "-NATTCH"], ["sem has no nattch: its objects come last in the order"]),
    (["ls", "shm", "sem", "-q", "--sort", "mech,nattch"], ["sem has no nattch: its objects are not sorted by it"]),
    (["ls", "shm", "sem", "--sort", "nattch"], ["sem has no nattch: its objects are not sorted by it"]),
    (["ls", "shm", "sem", "-o", "ref,nattch"], ["sem has no nattch: that field is empty for its objects"]),
    (["ls", "shm:0", "sem:0", "-o", "ref", "-o", "+nattch,nsems"],
     ["sem has no nattch: that field is empty for its objects", "shm has no nsems: that field is empty for its objects"]),
    (["ls", "shm", "0", "msg", "sem", "-o", "ref,size", "--sort", "size"], ["msg and sem have no size: their objects come first in the order"]),
    (["ls", "sysv", "-o", "+nattch"], ["msg and sem have no nattch: that field is empty for their objects"]),
    (["ls", "shm", "sem", "-o", "nattch", "-w", "nattch == 0"], ["sem has no nattch: none of its objects can fulfil the condition"]),
    (["ls", "shm", "sem", "-o", "ref,nattch", "-w", "mech == shm"], []),
    (["show", "shm:0", "sem:0", "-o", "ref,nsems"], ["shm has no nsems: that field is empty for its objects"]),
    (["rm", "shm", "sem", "--all", "--dry-run", "--sort", "nsems"], ["shm has no nsems: its objects come first in the order"]),
    (["rm", "all", "--all", "--dry-run", "-o", "ref,curmsgs"],
     ["shm, msg, sem, pshm and psem have no curmsgs: that field is empty for their objects"]),
    (["set", "shm:0", "sem:0", "--mode", "0640", "-o", "ref,size"], ["sem has no size: that field is empty for its objects"]),
    # No message if the mechanisms or the fields were not named one by one.
    (["ls", "--sort", "nattch"], []),
    (["ls", "-o", "ref,nattch,qnum"], []),
    (["ls", "all", "-o", "ref,nattch"], []),
    (["ls", "shm", "sem", "--json"], []),
    (["ls", "shm", "sem", "-o", "ref,ctime", "--sort", "-ctime,id"], []),
    (["ls", "sysv", "-q"], []),
    (["rm", "sysv", "--all", "--dry-run"], []),
])
def test_sort_fields_and_columns_that_some_lack(some, words, says):
    r = some.ipcx(*words)
    assert r.rc == 0 and r.err.splitlines() == [f"ipcx: note: {s}" for s in says]


def test_all_columns_include_those_that_some_lack(some):
    """No message says so; there are others, about values that are unknown."""
    r = some.ipcx("ls", "shm", "sem", "-o", "all")
    assert r.rc == 0 and "empty for" not in r.err and "user_count is unknown" in r.err


def test_rows_without_the_sort_field_have_a_fixed_position(some):
    assert some.ipcx("ls", "shm", "sem", "-q", "--sort", "nattch").lines[0] == "sem:0"
    assert some.ipcx("ls", "shm", "sem", "-q", "--sort", "-nattch").lines[-1] == "sem:0"
    note, = some.ipcx("ls", "shm", "sem", "--json", "-o", "ref,nattch").json["errors"]
    assert note["kind"] == "info" and note["message"] == "sem has no nattch: that field is empty for its objects"


# ---- every change is recorded, or no further change is made


@pytest.fixture
def many(world):
    world.ok("mk", "msg", "--count", 300)
    return world


def changed(world):
    return len(refs(world, "msg", "-w", "mode == 0644"))


SET = ["set", "msg", "-w", "mode == 0600", "--mode", "0644"]


@pytest.mark.parametrize("words", [SET, ["set", "msg", *map(str, range(300)), "--mode", "0644"]])
@pytest.mark.parametrize("more,where,most", [
    (["--json"], "full", 0),
    (["-o", "ref", "--format", "csv"], "full", 0),
    (["-o", "ref", "--format", "csv"], "gone", 0),
    (["--json", "--sort", "-id"], "full", 0),
    (["--json"], "closed", 0),
    (["--format", "jsonl"], "closed", 0),
    (["-v"], "closed", 0),
    # Formats without a heading write nothing before the first objects have changed.
    (["-v"], "full", 64),
    (["--format", "jsonl"], "full", 64),
    (["--format", "jsonl"], "gone", 64),
])
def test_set_stops_if_nothing_can_be_written(many, words, more, where, most):
    if where == "closed":
        r = many.run("sh", "-c", '"$@" >&-', "sh", IPCX, *words, *more)
    elif where == "full":
        with open("/dev/full", "wb") as full:
            r = many.ipcx(*words, *more, stdout=full)
    else:
        reader, writer = os.pipe()
        os.close(reader)
        r = many.ipcx(*words, *more, stdout=writer)
        os.close(writer)
    assert r.rc == 1 and changed(many) == most and r.err.count("ipcx: write error: ") == 1
    assert r.err.count(": was changed, but that could not be printed") == most
    assert f"ipcx: note: not changed, as that could not be printed{', either' if most else ''}: {300 - most}\n" in r.err


@pytest.mark.parametrize("more", [["--json"], ["--json", "--sort", "-id"], ["--json", "--dry-run"], ["--json", "-o", "ref"]])
def test_set_in_slices_skips_and_repeats_nothing(many, more):
    many.ok("mk", "shm", "--size", 1, "--count", 130)
    many.ok("rm", "msg", *map(str, range(0, 300, 7)))
    many.ok("set", "msg", *map(str, range(1, 300, 7)), "--mode", "0640")
    meant = refs(many, "msg", "shm", "-w", "mode == 0600")
    r = many.ipcx("set", "shm", "msg", "-w", "mode == 0600", "--mode", "0644", *more)
    found = [o["ref"] for o in r.json["objects"]]
    assert (r.rc, r.err) == (0, "") and len(found) == len(meant) and set(found) == set(meant)
    assert sorted(refs(many, "msg", "shm", "-w", "mode == 0644")) == ([] if "--dry-run" in more else sorted(meant))
    assert len(refs(many, "msg", "-w", "mode == 0640")) == len(range(1, 300, 7))


def test_set_continues_if_changed_objects_still_meet_the_condition(many):
    r = many.ipcx("set", "msg", "-w", "mode >= 0", "--mode", "0644", "--format", "jsonl")
    assert r.rc == 0 and len(r.lines) == 300 and len(set(r.lines)) == 300


def test_impossible_changes_are_detected_before_any_is_made(some):
    for words in (["msg:0", "shm"], ["shm", "msg", "sem:0"], ["msg", "shm:0"], ["msg:0", "shm:0"]):
        where = ["-w", "uid == 0"]
        for more in ([], ["--json"], ["-v"]):
            r = some.ipcx("set", *words, *where, "--qbytes", 5, *more)
            assert (r.rc, r.out) == (2, "") and "has no qbytes that could be changed" in r.err and len(r.err.splitlines()) == 1
    assert some.objects("msg")[0]["qbytes"] != 5


def test_rm_detects_a_closed_output_without_writing(many):
    r = many.run("sh", "-c", '"$@" >&-', "sh", IPCX, "rm", "msg", "--all", "--format", "jsonl")
    assert r.rc == 1 and "300 remain" in r.err and len(refs(many)) == 300
