# SPDX-License-Identifier: GPL-2.0-or-later
"""JSON documents, checked against the schema and the tables of fields."""

import copy
import json
import re
import subprocess

import pytest

from conftest import IPCX
from helpers.real import FIELDS

jsonschema = pytest.importorskip("jsonschema", reason="python3-jsonschema is not installed")

SCHEMA = json.loads(subprocess.run([IPCX, "help", "--schema"], stdout=subprocess.PIPE, check=True).stdout)
CHILDREN = {"shm": [], "msg": ["messages"], "sem": ["semaphores"], "mq": [], "pshm": [], "psem": []}
CHILD_FIELDS = {"messages": {"position", "mtype", "size"}, "semaphores": {"semnum", "value", "sempid", "semncnt", "semzcnt"},
                "users": {"pid", "command", "owner", "uid", "started", "container", "containers", "how", "access", "mappings", "fds", "address",
                          "mapped", "basis"},
                "containers": {"container", "container_uid", "uid", "ns", "pid", "name", "runtime", "container_id", "pod", "pod_namespace", "systemd_unit",
                               "ipc_mode"},
                "waits": {"pid", "tid", "command", "owner", "uid", "started", "container", "containers", "call", "wants", "semnum", "op", "undo", "mtype", "offset",
                          "timeout", "since", "task_state", "held_by", "held_grade", "waker", "verdict", "grade", "cycle", "basis"},
                "limits": {"name", "needed", "percent", "limit", "unit", "source"}}
SECOND = {"results": ["facts"]}  # documents with a second table
TYPES = {"integer": int, "unsigned": int, "real": (int, float), "bool": bool, "string": str, "time": str, "mode": str, "key": str, "grade": str, "rows": list}
PATTERNS = {"time": r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "mode": r"0[0-7]{3}", "key": r"0x[0-9a-f]{8}", "grade": "possible|likely|certain"}


def closed(schema):
    """Return the schema, changed so that unlisted members are errors."""
    if isinstance(schema, dict):
        schema = {k: closed(v) for k, v in schema.items()}
        if "properties" in schema:
            schema["additionalProperties"] = False
    return [closed(v) for v in schema] if isinstance(schema, list) else schema


STRICT = jsonschema.Draft202012Validator(closed(copy.deepcopy(SCHEMA)))


def check_value(name, value):
    kind = FIELDS[name]["type"]
    if value is None:
        return
    assert isinstance(value, TYPES[kind]) and (kind == "bool") == isinstance(value, bool), (name, value)
    if kind == "unsigned":
        assert 0 <= value < 2 ** 64
    if kind in PATTERNS:
        assert re.fullmatch(PATTERNS[kind], value), (name, value)


def check_rows(rows):
    """Check the values of rows. First remove each field that is reported as unknown (it must be null), so that other fields and children are left."""
    for row in rows:
        unknown = row.pop("unknown", [])
        for name in unknown:
            assert name in row and row[name] is None, (name, row)
        for name, value in row.items():
            if name in CHILD_FIELDS and name in unknown:
                continue
            if isinstance(value, list):
                assert name in CHILD_FIELDS
                assert all(set(child) == CHILD_FIELDS[name] for child in value), (name, value)
                check_rows(value)
            else:
                check_value(name, value)


def no_doubles(pairs):
    assert len({k for k, _ in pairs}) == len(pairs), "a member twice in one object"
    return dict(pairs)


def document(r, kind):
    """Return the rows of a document after checking everything that is promised about it."""
    text = r.stdout.decode("utf-8", "strict")
    doc = json.loads(text, object_pairs_hook=no_doubles)
    STRICT.validate(doc)
    unseen = ["unseen"] if kind in ("users", "waits") or any({"users", "waits"} & set(row) for row in doc[kind]) else []
    cycles = ["cycles"] if kind == "waits" else []
    assert list(doc) == ["ipcx", kind, *SECOND.get(kind, []), *cycles, *unseen, "errors"] and doc["ipcx"] == 1
    for more in SECOND.get(kind, []):
        check_rows(doc[more])
    assert text.endswith("\n") and text.count("\n\n") == 0
    check_rows(doc[kind])
    said = [line for line in r.err.splitlines() if not line.startswith("ipcx: note: 'ipcx ")]
    assert len(doc["errors"]) == len(said), (doc["errors"], r.err)
    for error, line in zip(doc["errors"], said):
        assert line.endswith(error["message"]), (error, line)
        assert line.startswith(f"ipcx: {error['ref']}: ") or line.startswith("ipcx: note: ") or error["ref"] is None
    return doc[kind]
