# SPDX-License-Identifier: GPL-2.0-or-later
"""Every name that is printed finds its container when it is typed, and so do the shorter forms; a container is the same record everywhere."""

import re

import pytest

from kinds import KINDS

RECORD = {"container": str, "runtime": str, "name": str, "container_id": str, "pod": str, "pod_namespace": str, "systemd_unit": str, "ipc_mode": str,
          "container_uid": int, "pid": int}
ALWAYS = {"container", "runtime", "name", "container_uid", "pid"}


def ino(zoo, pid):
    return int(re.search(r"\d+", zoo.world.run("readlink", f"/proc/{pid}/ns/ipc").out)[0])


def namespaces(zoo):
    r = zoo.world.ipcx("ns", "ls", "--json")
    assert r.rc == 0, r.err
    return r.json["namespaces"]


def found(zoo, where):
    """Return the namespace that is found by a form of WHERE. Most have a queue; to list it is quicker than to show everything."""
    r = zoo.world.ipcx("ls", "msg", "--ns", where, "-o", "+ns", "--json")
    assert r.rc == 0, (where, r.err)
    if r.json["objects"]:
        return r.json["objects"][0]["ns"]
    r = zoo.world.ipcx("ns", "show", where, "--json")
    assert r.rc == 0, (where, r.err)
    return r.json["namespaces"][0]["ns"]


def record(zoo, container):
    """Return the record of a container in ns ls."""
    own = [c for row in namespaces(zoo) if row["ns"] == ino(zoo, container.pid) for c in row["containers"]]
    mine = [c for c in own if c["container"] == container.label]
    assert len(mine) == 1, (container.label, own)
    return mine[0]


def is_record(c):
    """Every member has its type; an absent one is null."""
    assert set(RECORD) <= set(c), (set(RECORD) - set(c), c)
    for name, kind in RECORD.items():
        assert isinstance(c[name], kind) or (c[name] is None and name not in ALWAYS), (name, c)


def forms(zoo, container):
    """Return the texts by which the container is to be found."""
    c, own = record(zoo, container), container.what
    texts = [container.label, container.where, str(container.pid), f"/proc/{container.pid}/ns/ipc"]
    if re.fullmatch(r"[0-9a-f]{64}", c["container_id"] or ""):
        # A beginning of digits only could be an inode number, unless it is longer than one.
        short = c["container_id"][:12]
        giver = f"{own.user}/" if own.user else ""
        texts += [giver + c["container_id"], giver + short, f"{giver}{own.runtime}:{short}"]
    return texts + [form.format(name=container.name, id=c["container_id"], pid=container.pid, ns=ino(zoo, container.pid)) for form in own.forms]


def test_each_form_finds_the_container(zoo, container):
    texts = forms(zoo, container)
    assert {form: found(zoo, form) for form in texts} == dict.fromkeys(texts, ino(zoo, container.pid))


def everything(zoo):
    """Start all kinds that can be started here; return the rows of ns ls."""
    for kind in KINDS:
        try:
            zoo.start(kind)
        except pytest.skip.Exception:
            pass
    return namespaces(zoo)


def test_printed_names_can_be_typed(zoo):
    """Also those of the containers beside: of a pod's sandbox, of the one that lends its namespace."""
    for row in everything(zoo):
        for c in row["containers"]:
            assert found(zoo, c["container"]) == row["ns"], c
        if row["containers"]:
            assert row["container"] == row["containers"][0]["container"]


def test_the_table_prints_the_same_names(zoo):
    """In the column CONTAINERS, separated by commas, which names do not contain."""
    rows = everything(zoo)
    want = {str(row["ns"]): {c["container"] for c in row["containers"]} for row in rows if row["containers"]}
    printed = dict(line.split() for line in zoo.world.ok("ns", "ls", "-o", "ns,containers", "--no-headings").splitlines())
    assert {ns: set(printed[ns].split(",")) for ns in want} == want


def test_no_two_containers_are_called_alike(zoo):
    labels = [c["container"] for row in everything(zoo) for c in row["containers"]]
    assert len(labels) == len(set(labels)) and len(labels) >= len([c for c in zoo.running.values() if c.pid]), labels


def test_a_container_is_one_record_everywhere(zoo, container):
    """In ns ls, ns show and its members, ls and who; limits and waits where they tell a container."""
    c = record(zoo, container)
    is_record(c)
    assert {**c, **container.what.record} == c
    assert c["runtime"] == container.what.runtime and c["container_uid"] == (container.what.user or 0)
    if container.what.ipc_mode:
        assert c["ipc_mode"] == container.what.ipc_mode
    told = {}
    for words, top in ((("ls", "shm", "--ns", "all"), "objects"), (("who", "shm", "--ns", "all"), "users"), (("ns", "show", container.label), "namespaces"),
                       (("limits", "shmmni", "--ns", "all"), "limits")):
        r = zoo.world.ipcx(*words, "--json")
        assert r.rc == 0, r.err
        rows = r.json[top]
        told[words[0]] = [one for row in rows for one in row.get("containers") or [] if one["container"] == container.label]
        if words[0] == "ns":
            told["members"] = [one for row in rows[0]["members"] if row["pid"] == container.pid for one in row["containers"]]
    for command, records in told.items():
        assert records, (command, container.label)
        for one in records:
            is_record(one)
            assert {name: one[name] for name in RECORD} == {name: c[name] for name in RECORD}, command


def test_fields_of_the_first_container(zoo, container):
    """They can be selected by, and sorted by."""
    row = next(row for row in namespaces(zoo) if row["ns"] == ino(zoo, container.pid))
    first = row["containers"][0]
    assert (row["runtime"], row["pod"], row["pod_ns"], row["systemd_unit"], row["container_uid"]) == \
        (first["runtime"], first["pod"], first["pod_namespace"], first["systemd_unit"], first["container_uid"])
    words = ["ns", "ls", "--json", "--where", f"runtime == {first['runtime']}"] + (["--where", f"pod == {first['pod']}"] if first["pod"] else [])
    assert row["ns"] in {one["ns"] for one in zoo.world.ipcx(*words).json["namespaces"]}
    r = zoo.world.ipcx("ns", "ls", "--json", "--where", f"runtime != {first['runtime']}", "--sort", "runtime")
    assert r.rc == 0 and row["ns"] not in {one["ns"] for one in r.json["namespaces"]}, r.err
