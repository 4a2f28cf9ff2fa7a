# SPDX-License-Identifier: GPL-2.0-or-later
"""JSON as promised: every document matches the schema, a row has only members that are fields of its kind, types are exact."""

import json

import pytest

from helpers.documents import CHILDREN, SCHEMA, STRICT, document, jsonschema, no_doubles
from helpers.real import FIELDS, MECHS, MISSING, NAMES, kernel, make_names
from helpers.tools import MAKE, make_all
from helpers.wide import segment


def fields(mech, dear=False):
    """Return the fields of a mechanism's rows."""
    return {f["name"] for f in FIELDS.values() if mech in f["mechs"] and (dear or (f["cost"] != "dear" and mech not in f["dear_mechs"]))}


def test_the_schema_is_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert set(FIELDS) <= set(SCHEMA["$defs"]["row"]["properties"])
    for name, field in FIELDS.items():
        shape = SCHEMA["$defs"]["row"]["properties"][name]
        assert shape["description"] == field["doc"] and "null" in shape["type"]


def test_the_strict_schema_detects_a_fault():
    good = {"ipcx": 1, "objects": [{"ref": "shm:0", "size": 1}], "errors": []}
    STRICT.validate(good)
    STRICT.validate({**good, "objects": [{"grade": "likely", "held_grade": None}]})
    for bad in ({**good, "ipcx": 2}, {**good, "more": 1}, {**good, "objects": [{"sizes": 1}]}, {**good, "objects": [{"size": "1"}]},
                {**good, "objects": [{"size": 1.5}]}, {**good, "objects": [{"size": -1}]}, {**good, "objects": [{"mode": "600"}]},
                {**good, "objects": [{"size": 2 ** 64}]}, {**good, "objects": [{"grade": "sure"}]}, {"ipcx": 1, "objects": []}, {**good, "errors": [{"kind": "x", "message": ""}]}):
        with pytest.raises(jsonschema.ValidationError):
            STRICT.validate(bad)


@pytest.mark.parametrize("mech", MECHS)
def test_every_verb_returns_the_fields_of_the_mechanism(world, mech):
    r = world.ipcx("mk", *MAKE[mech], "--json")
    rows = document(r, "objects")
    assert [set(row) for row in rows] == [fields(mech)]
    ref = rows[0]["ref"]
    for words in (["ls"], ["ls", mech], ["ls", ref], ["set", ref, "--mode", "0640"], ["rm", ref, "--dry-run"], ["rm", ref]):
        r = world.ipcx(*words, "--json")
        assert r.rc == 0
        assert [(row["ref"], set(row)) for row in document(r, "objects")] == [(ref, fields(mech))], words


@pytest.mark.parametrize("mech", MECHS)
def test_all_fields_on_request(world, mech):
    ref = make_all(world)[mech]
    r = world.ipcx("ls", ref, "--json", "-o", "all")
    assert [set(row) for row in document(r, "objects")] == [fields(mech, dear=True)]


@pytest.mark.parametrize("mech", MECHS)
def test_show_includes_contents_and_shares(world, mech):
    ref = make_all(world)[mech]
    for kind in (["--json"], ["--format", "json"]):
        rows = document(world.ipcx("show", ref, *kind), "objects")
        more = {"command", "creator_alive", "id_index", "id_seq"} & fields(mech, dear=True)
        assert set(rows[0]) == fields(mech) | more | {"limits"} | set(CHILDREN[mech])
        assert rows[0]["limits"]
    if mech == "msg":
        kernel(world, "msgsnd(args[0], 1, b'x')", ref[4:])
        assert document(world.ipcx("show", ref, "--json"), "objects")[0]["messages"] == [{"position": 0, "mtype": 1, "size": 1}]


def test_named_fields_alone_in_their_order(world):
    make_all(world)
    r = world.ipcx("ls", "--json", "-o", "nsems,ref,size,mech")
    rows = document(r, "objects")
    assert len(rows) == len(MECHS)
    assert all(list(row) == ["nsems", "ref", "size", "mech"] for row in rows)
    assert {row["mech"]: row["nsems"] for row in rows} == {**dict.fromkeys(MECHS), "sem": 2}


def test_an_added_field_comes_last_and_only_if_it_exists(world):
    make_all(world)
    rows = document(world.ipcx("ls", "--json", "-o", "+rss,+command"), "objects")
    for row in rows:
        mine = fields(row["mech"]) | ({"rss", "command"} & fields(row["mech"], dear=True))
        assert set(row) == mine
        if row["mech"] == "shm":
            assert list(row)[-2:] == ["rss", "command"]


@pytest.mark.parametrize("words,kind", [
    (["limits"], "limits"), (["limits", "shmmax"], "limits"), (["limits", "--for", "shm:2x4K"], "needs"), (["limits", "--for", "mq:1x10x10"], "needs"),
    (["limits", "--for", "sem:1000000x10"], "needs"), (["key", "/etc"], "keys"), (["key", "/etc", "7"], "keys"), (["key", "/nowhere"], "keys"),
    (["stress", "--list"], "workloads"), (["stress", "compare", "--list"], "workloads"),
    (["stress", "shm", "--workload", "churn", "--ops", "100"], "results"),
    (["stress", "compare", "pipe", "msg", "--ops", "100", "--cpus", "1"], "results"),
    (["key", "--reverse", "0x01000000", "/etc"], "keys"), (["key", "--explain", "shm:5", "msg:65538"], "ids"), (["key", "--explain", "shm:0x5"], "ids")],
    ids=" ".join)
def test_the_other_tables(world, words, kind):
    r = world.ipcx(*words, "--json")
    if r.rc == 1 and kind == "needs":
        r.stderr = b""  # advice, which is also in the rows
    if r.rc == 3 and "--reverse" in words:
        r.stderr = b""
    rows = document(r, kind)
    assert rows or r.rc


def test_empty_documents(world):
    for words in (["ls"], ["ls", "shm"], ["rm", "shm", "--all"], ["ls", "--where", "size > 1"]):
        assert document(world.ipcx(*words, "--json"), "objects") == []


def test_errors_are_in_the_document(world):
    ref = make_all(world)["shm"]
    for command in (["ls"], ["show"], ["rm", "--dry-run"], ["set", "--mode", "0644"]):
        r = world.ipcx(command[0], *MISSING.values(), ref, *command[1:], "--json")
        assert r.rc == 4 and [row["ref"] for row in document(r, "objects")] == [ref]
        errors = r.json["errors"]
        assert [(e["kind"], e["mech"], e["ref"], e["error"]) for e in errors] == [("missing", m, MISSING[m], "ENOENT") for m in MISSING]
    r = world.ipcx("rm", ref, "--json", uid=1000)
    document(r, "objects")
    assert [(e["kind"], e["error"]) for e in r.json["errors"]] == [("failed", "EPERM")]


def test_numbers_above_2_53_are_exact(world):
    for value in (2 ** 64 - 1, 2 ** 64 - 2 ** 24 - 1, 2 ** 63, 2 ** 53 + 1):
        world.sysctl("kernel.shmmax", str(value))
        r = world.ipcx("limits", "shmmax", "--json")
        assert document(r, "limits")[0]["limit"] == value and f":{value}," in r.out
    world.sysctl("kernel.shmmax", str(2 ** 63))
    world.sysctl("kernel.shmall", str(2 ** 63))
    size = 2 ** 53 + 1
    segment(world, size)
    assert document(world.ipcx("show", "shm:0", "--json"), "objects")[0]["size"] == size


def test_names_of_any_bytes_are_valid_documents(world):
    make_names(world)
    rows = document(world.ipcx("ls", "--json"), "objects")
    assert len(rows) == 3 * len(NAMES)
    plain = {n.decode() for n in NAMES if n.decode("utf-8", "ignore").encode() == n}
    assert {"/" + n for n in plain} <= {row["name"] for row in rows}
    assert "/bad\\xff\\xfeutf" in {row["name"] for row in rows}
    document(world.ipcx("show", *[row["ref"] for row in rows], "--json"), "objects")


def test_lines_are_the_rows_of_the_document(world):
    make_all(world)
    make_names(world)
    refs = [o["ref"] for o in world.objects()]
    for words in (["ls"], ["ls", "-o", "ref,size,mode"], ["show", *refs], ["limits"], ["limits", "--for", "shm:4K"], ["key", "/etc"],
                  ["key", "--explain", "shm:5"], ["rm", *refs, "--dry-run"]):
        doc = world.ipcx(*words, "--json").json
        lines = world.ipcx(*words, "--format", "jsonl").stdout.decode("utf-8", "strict").splitlines()
        rows = doc[next(k for k in doc if k not in ("ipcx", "errors"))]
        got = [json.loads(line, object_pairs_hook=no_doubles) for line in lines]
        assert all(set(a) == set(b) for a, b in zip(got, rows))
        assert [{**row, "age": 0, "idle": 0} for row in got] == [{**row, "age": 0, "idle": 0} for row in rows], words
