# SPDX-License-Identifier: GPL-2.0-or-later
"""rm --from: an object printed by ls is removed if it is still the object that was listed; nothing else is removed."""

import json
import os

import pytest

from conftest import IPCX
from helpers.real import kernel, meanwhile
from helpers.tools import MAKE, make_all


def listed(world, *words):
    """Return the output of ls --json."""
    r = world.ipcx("ls", "--json", *words)
    assert (r.rc, r.err) == (0, "")
    return r.stdout


def refs(world, *words):
    return world.ok("ls", "-q", *words).split()


def give(world, data, *words, file="-", **more):
    return world.ipcx("rm", "--from", file, *words, input=data, **more)


def shapes(text):
    """Return a list in all the forms in which ls, jq and people pass it on."""
    doc = json.loads(text)
    rows = doc["objects"]
    return {
        "document": text,
        "pretty": json.dumps(doc, indent=2).encode(),
        "array": json.dumps(rows).encode(),
        "lines": b"".join(json.dumps(o).encode() + b"\n" for o in rows),
        "jq": "".join(json.dumps(o, indent=2) + "\n" for o in rows).encode(),
        "two documents": text + text[:0] + json.dumps({"ipcx": 1, "objects": [], "errors": []}).encode(),
        "references": "".join(o["ref"] + "\n" for o in rows).encode(),
        "no last newline": "\n".join(o["ref"] for o in rows).encode(),
        "blanks": "".join(f"\n  {o['ref']}\t\n" for o in rows).encode(),
    }


@pytest.mark.parametrize("shape", ["document", "pretty", "array", "lines", "jq", "two documents", "references", "no last newline", "blanks"])
def test_every_shape_of_a_list(world, shape):
    made = make_all(world)
    world.ok("mk", "pshm", "/a 'b%\n", "--size", "1")
    data = shapes(listed(world))[shape]
    world.ok("mk", "shm", "--size", "8K")
    r = give(world, data, "--json")
    assert (r.rc, r.err) == (0, "") and sorted(o["ref"] for o in r.json["objects"]) == sorted([*made.values(), "pshm:/a%20%27b%25%0A"])
    assert refs(world) == ["shm:1"], "what was not in the list stays"


def test_jsonl_and_nul_as_they_are_printed(world):
    make_all(world)
    r = world.sh('"$IPCX" ls --format jsonl shm psem | "$IPCX" rm --from -')
    assert (r.rc, r.out, r.err) == (0, "", "") and len(refs(world)) == 4
    r = world.sh('"$IPCX" ls -q --null posix | "$IPCX" rm --from - --null')
    assert (r.rc, r.out, r.err) == (0, "", "") and refs(world) == ["msg:0", "sem:0"]
    r = world.sh('"$IPCX" ls -q | "$IPCX" rm --from -')
    assert (r.rc, r.out, r.err) == (0, "", "") and refs(world) == []


def test_a_list_combined_with_references_and_conditions(world):
    for size in ("1K", "1M", "2M", "3K"):
        world.ok("mk", "shm", "--size", size)
    path = os.path.join(world.dir, "-odd name")
    with open(path, "wb") as f:
        f.write(listed(world, "shm:0", "shm:1", "shm:2"))
    r = world.ipcx("rm", "--from", path, "shm:3", "-w", "size < 1M", "--dry-run", "-o", "ref", "--format", "raw")
    assert (r.rc, r.out, r.err) == (0, "shm:3\nshm:0\n", "") and len(refs(world)) == 4
    assert world.ok("rm", "--from", path, "-w", "size < 2M", "-w", "size > 1K") == "" and refs(world) == ["shm:0", "shm:2", "shm:3"]
    r = world.ipcx("rm", "--from", path)
    assert r.rc == 4 and r.err == "ipcx: shm:1: no such shared memory segment\n" and refs(world) == ["shm:3"]
    assert world.ok("rm", "--from", path, "--ignore-missing") == ""
    r = world.ipcx("rm", "--from", os.path.join(world.dir, "none"))
    assert r.rc == 1 and "none: No such file" in r.err
    assert give(world, b"").rc == 0 and give(world, b" \n\n").rc == 0, "nothing is nothing"


# ---- reused ids and names


def later(world, made):
    kernel(world, "wait_for(lambda: time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()) > sys.argv[1])", made)


@pytest.mark.parametrize("key", ["0x5", "0x6"])
@pytest.mark.parametrize("mech", ["shm", "msg", "sem"])
def test_a_reused_id_is_left(world, mech, key):
    world.ok("mk", *MAKE[mech], "--id", "7", "--key", "0x5")
    world.ok("mk", *MAKE[mech], "--id", "8")
    data = listed(world)
    world.ok("rm", f"{mech}:7")
    later(world, json.loads(data)["objects"][0]["ctime"])
    world.ok("mk", *MAKE[mech], "--id", "7", "--key", key)
    dry = give(world, data, "--dry-run", "--json")
    assert dry.rc == 4 and [o["ref"] for o in dry.json["objects"]] == [f"{mech}:8"]
    r = give(world, data, "--json")
    assert r.rc == 4 and [o["ref"] for o in r.json["objects"]] == [f"{mech}:8"] and refs(world) == [f"{mech}:7"]
    assert "another object by now: left alone" in r.err and [(e["kind"], e["ref"]) for e in r.json["errors"]] == [("failed", f"{mech}:7")]
    r = give(world, data, "--ignore-missing")
    assert r.rc == 4 and refs(world) == [f"{mech}:7"], "alone it is told, too"
    assert give(world, f"{mech}:7\n").rc == 0 and refs(world) == [], "a reference alone proves nothing"


@pytest.mark.parametrize("mech", ["mq", "pshm", "psem"])
def test_a_reused_name_is_left(world, mech):
    """Another file with the same name, mode and size, created in the same second."""
    world.ok("mk", *MAKE[mech])
    data = listed(world)
    world.ok("rm", f"{mech}:/x")
    world.ok("mk", *MAKE[mech])
    r = give(world, data)
    assert (r.rc, r.err) == (4, f"ipcx: {mech}:/x: is another object by now: left alone\n") and refs(world) == [f"{mech}:/x"]


def test_a_file_that_was_changed_since_then(world):
    world.ok("mk", "pshm", "/x", "--size", "10")
    data = listed(world)
    later(world, json.loads(data)["objects"][0]["ctime"])
    world.ok("set", "pshm:/x", "--mode", "0640")
    r = give(world, data)
    assert (r.rc, r.err) == (4, "ipcx: pshm:/x: was changed since it was listed: left alone\n") and refs(world) == ["pshm:/x"]


# ---- unusable lists


def without(text, *members, **changed):
    doc = json.loads(text)
    for o in doc["objects"]:
        for m in members:
            o.pop(m, None)
        o.update(changed)
    return json.dumps(doc).encode()


@pytest.mark.parametrize("mech,member", [(m, f) for m in ("shm", "pshm", "mq") for f in ("ref", "ctime", "device", "inode") if m != "shm" or f not in ("device", "inode")])
def test_json_without_marks_is_refused(world, mech, member):
    ref = make_all(world)[mech]
    text = listed(world, ref)
    for data in (without(text, member), without(text, **{member: None})):
        r = give(world, data)
        assert (r.rc, r.out) == (1, "") and r.err.count("\n") == 1 and f"no {member}, so the object cannot be identified" in r.err and "'ipcx ls --json'" in r.err and "'ipcx ls -q'" in r.err
    assert len(refs(world)) == 6
    r = world.sh('"$IPCX" ls -o ref --json | "$IPCX" rm --from -')
    assert r.rc == 1 and "without -o" in r.err and len(refs(world)) == 6


def test_json_of_another_namespace_is_refused(world):
    world.ok("mk", "shm", "--size", "4K")
    text = listed(world, "--ns", "self")
    ns = json.loads(text)["objects"][0]["ns"]
    assert f"ipc:[{ns}]" == world.run("readlink", "/proc/self/ns/ipc").out.strip()
    with open(os.path.join(world.dir, "list"), "wb") as f:
        f.write(text)
    script = f'unshare --ipc sh -c \'"$IPCX" mk shm --size 1 > /dev/null; "$IPCX" rm --from {world.dir}/list; s=$?; "$IPCX" ls -q; exit $s\''
    r = world.sh(script)
    assert (r.rc, r.out) == (1, "shm:0\n") and f"is of namespace ipc:[{ns}], but this is ipc:[" in r.err and "--ns" in r.err
    assert give(world, text, "--dry-run").rc == 0
    r = give(world, listed(world), "--ns", "self")
    assert r.rc == 1 and "no ns, so the object cannot be identified" in r.err, "it may be from anywhere"
    file = os.path.join(world.dir, "pid")
    code = "ctypes.CDLL(None).unshare(0x08000000)\ncheck(libc.shmget(5, 1, IPC_CREAT))\nopen(sys.argv[1], 'w').write(str(os.getpid()))\nhold()"
    with meanwhile(world, code, file):
        with open(file, encoding="ascii") as f:
            there = f.read()
        assert give(world, text, "--ns", there).rc == 1
        theirs = listed(world, "--ns", there, "shm")
        assert json.loads(theirs)["objects"][0]["ns"] != ns
        assert give(world, theirs).rc == 1
        r = give(world, theirs, "--ns", there)
        assert (r.rc, r.err) == (0, "") and refs(world, "--ns", there, "shm") == []
    assert refs(world) == ["shm:0"]


BROKEN = {
    "cut": (lambda t: t[:len(t) // 2], "the JSON is truncated"),
    "cut at its end": (lambda t: t.rstrip()[:-1], "the JSON is truncated"),
    "cut behind a row": (lambda t: t[:t.rindex(b"\n]")], "the JSON is truncated"),
    "no JSON": (lambda t: b'{"ref": shm:0}', "not valid JSON"),
    "another schema": (lambda t: t.replace(b'"ipcx":1', b'"ipcx":2'), "schema version 1"),
    "limits": (lambda t: b'{"ipcx":1,"limits":[],"errors":[]}', "no list of objects"),
    "a bad reference": (lambda t: t.replace(b"shm:1", b"shm:%31"), "neither an id"),
    "a key": (lambda t: t.replace(b'"shm:1"', b'"shm:0x5"'), "a key may belong to another"),
    "garbage behind": (lambda t: t + b"shm:0", "not valid JSON"),
    "an array of numbers": (lambda t: b"[1,2]", "no ref, so"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_malformed_list_removes_nothing(world, kind):
    world.ok("mk", "shm", "--size", "1", "--count", "3")
    change, says = BROKEN[kind]
    r = give(world, change(listed(world)))
    assert (r.rc, r.out) == (1, "") and r.err.startswith("ipcx: standard input: line ") and says in r.err and r.err.count("\n") == 1 and "nothing was removed" in r.err
    assert len(refs(world)) == 3


def test_an_invalid_line_is_reported_by_number_and_removes_nothing(world):
    world.ok("mk", "shm", "--size", "1", "--count", "3")
    for bad, says in (("shm:x", "neither an id"), ("pshm:/50%", "% must be followed"), ("5", "does not say which mechanism"), ("shm", "does not say"), ("ipcx: shm:5: gone", "no mechanism"),
                      ("shm:1 shm:2", "neither an id"), ("shm:1\0shm:2", "--null")):
        r = give(world, f"shm:0\nshm:1\n\n{bad}\nshm:2\n")
        assert (r.rc, r.out) == (1, "") and r.err.startswith("ipcx: standard input: line 4: ") and says in r.err and r.err.count("\n") == 1, r.err
    r = give(world, "shm:0\0shm:1\0shm:x\0", "--null")
    assert r.rc == 1 and "line 3: " in r.err
    assert len(refs(world)) == 3


def test_an_incomplete_list_is_reported(world):
    world.ok("mk", "shm", "--size", "1")
    doc = json.loads(listed(world))
    doc["errors"] = [{"kind": "info", "mech": None, "ref": None, "error": None, "message": "fine"},
                     {"kind": "unavailable", "mech": "mq", "ref": None, "error": "EACCES", "message": "cannot be read\x1b[31m"}]
    r = give(world, json.dumps(doc))
    assert r.rc == 0 and r.err == "ipcx: note: standard input: the list is incomplete according to 1 of its errors; the first: cannot be read\\x1b[31m\n" and refs(world) == []


@pytest.mark.parametrize("words", [["shm"], ["shm", "--all"], ["all", "-w", "size > 0"]], ids=" ".join)
def test_a_list_excludes_whole_mechanisms(world, words):
    world.ok("mk", "shm", "--size", "1")
    assert give(world, "shm:0\n", *words).rc == 2 and len(refs(world)) == 1
    assert world.ipcx("rm", "shm:0", "--null").rc == 2 and len(refs(world)) == 1


def test_many_lines(world):
    """A long list is processed in slices, so that memory and time grow only in proportion to the number of lines."""
    world.ok("mk", "shm", "--size", "1", "--count", "3000")
    text = listed(world)
    r = world.run("sh", "-c", f'strace -f -o {world.dir}/trace -e trace=shmctl "$0" rm --from -', IPCX, input=text, env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert r.rc == 0, r.err
    with open(f"{world.dir}/trace", encoding="utf-8") as f:
        removals = [line for line in f if "IPC_RMID" in line]
    assert len(removals) == 3000 == len(set(removals)) and refs(world) == []


@pytest.mark.parametrize("empty", ["[]", '{"ipcx":1,"objects":[],"errors":[]}', "", " [ ] \n"])
def test_an_empty_list_is_valid(world, empty):
    world.ok("mk", "shm", "--size", "1")
    r = give(world, empty.encode())
    assert (r.rc, r.out, r.err) == (0, "", "") and refs(world) == ["shm:0"]


@pytest.mark.parametrize("fields, lacks", [("ref,ctime", "key"), ("ref,ctime,key", "cuid"), ("ref,key,cuid", "ctime")])
def test_all_marks_are_required(world, fields, lacks):
    world.ok("mk", "shm", "--size", "1")
    r = give(world, listed(world, "shm", "-o", fields))
    assert r.rc == 1 and f"no {lacks}, so the object cannot be identified" in r.err and "nothing was removed" in r.err and refs(world) == ["shm:0"]


def test_an_unknown_namespace_is_not_ours(world):
    world.ok("mk", "shm", "--size", "1")
    doc = json.loads(listed(world, "shm"))
    doc["objects"][0]["ns"] = None
    r = give(world, json.dumps(doc).encode())
    assert r.rc == 1 and "no known namespace" in r.err and refs(world) == ["shm:0"]


def test_a_sort_order_applies_to_the_whole_list(world):
    world.ok("mk", "sem", "--nsems", "1", "--count", "600")
    r = give(world, listed(world, "sem"), "--sort", "-id", "--json")
    assert r.rc == 0 and [o["id"] for o in r.json["objects"]] == sorted((o["id"] for o in r.json["objects"]), reverse=True)
    assert len(r.json["objects"]) == 600
