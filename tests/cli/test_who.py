# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of who, and the users that show prints: formats, columns, messages, statuses, terminals. tests/truth/test_who.py checks that the rows are
true."""

import csv
import io
import json
import re

import pytest

from helpers.documents import document
from helpers.real import DUMP, FIELDS, MISSING, PYTHON, SYSV_CALLS, columns, meanwhile, on_terminal, unsafe
from helpers.tools import MAKE, background

COLUMNS = ["REF", "PID", "COMMAND", "OWNER", "HOW", "ACCESS", "MAPPINGS", "CONTAINER"]
ALL = ["mech", "ref", "ns", "pid", "command", "owner", "uid", "started", "container", "how", "access", "mappings", "fds", "address", "mapped", "basis"]
EVIL = b"e\033[31m\nvil \xff"
# Attach the segments whose ids are the arguments, under a hostile name.
ATTACH = f"""
check(libc.prctl(15, {EVIL!r}, 0, 0, 0))
for shmid in args:
    if libc.shmat(shmid, None, 0) == ctypes.c_void_p(-1).value:
        check(-1)
hold()
"""
OPEN = "q = check(libc.mq_open(b'/x', os.O_RDWR)); f = os.open('/dev/shm/x', os.O_RDONLY); hold()"


def segments(world, n, *words):
    """Create n segments that everybody may attach."""
    for _ in range(n):
        world.ok("mk", "shm", "--size", "4K", "--mode", "0666", *words)


def users(world, *words, **more):
    """Return the rows of who after checking the whole document."""
    r = world.ipcx("who", *words, "--json", **more)
    assert r.rc == 0, r.err
    return document(r, "users")


def notes(r):
    """Return the notes on standard error; nothing else may be there."""
    assert all(line.startswith("ipcx: note: ") for line in r.err.splitlines()), r.err
    return [line.removeprefix("ipcx: note: ") for line in r.err.splitlines()]


def refused(world, *words, says):
    r = world.ipcx("who", *words)
    assert (r.rc, r.out) == (2, "") and says in r.err.splitlines()[0] and r.err.endswith("'ipcx who --help' shows its usage\n"), r.err


@pytest.fixture
def attached(world):
    """Segments 0 and 1 are attached by one process (0 twice), segment 2 by none."""
    segments(world, 3)
    with meanwhile(world, ATTACH, "0", "0", "1"):
        yield world


# ---- rows and formats


def test_default_columns(attached):
    r = attached.ipcx("who", "shm")
    lines = r.lines
    assert (r.rc, r.err) == (0, "") and lines[0].split() == COLUMNS
    rows = [line.split() for line in lines[1:]]
    assert [(row[0], row[-4], row[-3], row[-2], row[-1]) for row in rows] == [("shm:0", "mapped", "rw", "2", "-"), ("shm:1", "mapped", "rw", "1", "-")]
    assert [line.split() for line in attached.ok("who", "shm", "--no-headings").splitlines()] == rows


def test_all_fields_in_documents(attached):
    rows = users(attached, "shm")
    assert [list(row) for row in rows] == [[*ALL, "containers"]] * 2
    assert set(ALL) <= set(FIELDS)
    assert [row["ref"] for row in rows] == ["shm:0", "shm:1"] and len({row["pid"] for row in rows}) == 1
    assert rows[0] | {"pid": 0, "started": "", "address": 0, "ns": 0} == {
        "mech": "shm", "ref": "shm:0", "ns": 0, "pid": 0, "command": rows[0]["command"], "owner": "root", "uid": 0, "started": "", "container": None,
        "how": "mapped", "access": "rw", "mappings": 2, "fds": 0, "address": 0, "mapped": 8192, "basis": "kernel", "containers": []}


def test_every_format_has_the_same_rows(attached):
    rows = users(attached, "shm", "-o", "ref,pid,mappings,how")
    want = [[str(v) for v in row.values()] for row in rows]
    words = ["who", "shm", "-o", "ref,pid,mappings,how"]
    *lines, last = [json.loads(line) for line in attached.ok(*words, "--format", "jsonl").splitlines()]
    assert lines == rows and last == {"unseen": {"attaches": 0, "processes": 0, "others": True}}
    assert list(csv.reader(io.StringIO(attached.ok(*words, "--format", "csv")))) == [["ref", "pid", "mappings", "how"], *want]
    assert [line.split() for line in attached.ok(*words, "--format", "raw").splitlines()] == want
    assert [line.split() for line in attached.ok(*words, "--no-headings").splitlines()] == want
    exported = attached.ok(*words, "--format", "export").splitlines()
    assert [re.findall(r'IPCX_(\w+)="([^"]*)"', line) for line in exported] == [list(zip(("REF", "PID", "MAPPINGS", "HOW"), row)) for row in want]


def test_sort_and_numeric(attached):
    assert [row["ref"] for row in users(attached, "shm", "--sort", "mappings")] == ["shm:1", "shm:0"]
    assert {row["owner"] for row in users(attached, "shm", "-n")} == {"0"}


def test_conditions_are_on_the_fields_of_users(attached):
    assert [row["ref"] for row in users(attached, "shm", "-w", "mappings > 1")] == ["shm:0"]
    assert [row["ref"] for row in users(attached, "-w", "how == 'mapped' && ref == 'shm:1'", "-w", "uid == 0")] == ["shm:1"]
    assert users(attached, "shm", "-w", "mappings > 5") == []
    refused(attached, "-w", "nattch == 1", says="--where: no field 'nattch' here; there are: ")
    refused(attached, "-w", "mappings >", says="--where: ")
    refused(attached, "-o", "size", says="no field 'size' here; there are: ")
    refused(attached, "--sort", "size", says="--sort: no field 'size' here")


def test_hostile_commands_are_escaped(attached):
    shown = EVIL[:15].decode("utf-8", "backslashreplace")
    rows = users(attached, "shm:0")
    assert rows[0]["command"] == shown, "the kernel's limit for names is 15 bytes"
    for words in ([], ["--format", "raw"], ["--json"], ["--format", "jsonl"]):
        assert unsafe(attached.ok("who", "shm:0", *words)) == [], words
    table = list(csv.reader(io.StringIO(attached.ok("who", "shm:0", "-o", "ref,command", "--format", "csv"))))
    assert table == [["ref", "command"], ["shm:0", EVIL[:15].decode("utf-8", "surrogateescape")]]
    assert r"e\x1b[31m\x0avil" in attached.ok("who", "shm:0") and "\033" not in attached.ipcx("show", "shm:0").out
    assert columns(attached.ok("who", "shm:0").splitlines()[0]) <= 80


def test_a_table_of_ordinary_processes_fits_on_a_terminal(world):
    segments(world, 1)
    world.ok("mk", "pshm", "/x", "--size", "4K")
    world.ok("mk", "mq", "/x")
    with meanwhile(world, ATTACH.replace(repr(EVIL), "b'postgres'"), "0"), meanwhile(world, OPEN):
        out = world.ipcx("who").out
    assert {line.split()[0] for line in out.splitlines()} == {"REF", "shm:0", "mq:/x", "pshm:/x"}
    assert max(map(columns, out.splitlines())) <= 80


# ---- which objects


def test_one_table_for_all_mechanisms(world):
    segments(world, 1)
    world.ok("mk", "pshm", "/x", "--size", "4K")
    world.ok("mk", "mq", "/x")
    with meanwhile(world, ATTACH, "0"), meanwhile(world, OPEN):
        for words in ([], ["all"], ["shm", "mq", "pshm"], ["shm:0", "mq:/x", "pshm:/x"], ["shm", "0", "posix"]):
            got = users(world, *words)
            assert [(row["ref"], row["how"]) for row in got] == [("shm:0", "mapped"), ("mq:/x", "open"), ("pshm:/x", "open")], words
        assert sum(line.split() == COLUMNS for line in world.ipcx("who", "shm:0", "posix").lines) == 1, "one table"
        refused(world, "shm:0", "posix", "--sort", "pid", says="--sort: whole mechanisms and single objects are not sorted together")


def test_an_object_named_twice_is_listed_once(attached):
    attached.ok("mk", "shm", "--key", "0x4d2", "--size", "4K")
    assert len(users(attached, "shm:0", "shm", "0")) == len(users(attached, "shm:0", "shm:0")) == 1
    with meanwhile(attached, ATTACH, "3"):
        assert [row["ref"] for row in users(attached, "shm:0x4d2")] == [row["ref"] for row in users(attached, "shm:0x4d2", "shm:3")] == ["shm:3"]
        assert [row["ref"] for row in users(attached, "shm:0", "shm")] == ["shm:0", "shm:1", "shm:3"]


def test_one_process(attached):
    with meanwhile(attached, ATTACH, "0", "2"):
        rows = users(attached, "shm")
        first, second = sorted({row["pid"] for row in rows})
        assert [row["ref"] for row in users(attached, "--pid", second)] == ["shm:0", "shm:2"]
        assert [row["pid"] for row in users(attached, "shm:0", "-p", first)] == [first]
        assert attached.ok("who", "--pid", first, "shm:2") == ""
        assert [row["pid"] for row in users(attached, "shm", "-w", f"pid == {second}")] == [second, second]
    r = attached.ipcx("who", "--pid", 2 ** 22 - 1)
    assert (r.rc, r.out) == (3, "") and str(2 ** 22 - 1) in r.err and r.err.count("\n") == 1
    refused(attached, "--pid", "0", says="--pid: ")
    refused(attached, "--pid", "x", says="--pid")
    refused(attached, "--pid", "-1", says="--pid")
    refused(attached, "--pid", str(2 ** 31), says="--pid")


def test_a_process_that_may_not_be_looked_at(attached):
    pid = users(attached, "shm:0")[0]["pid"]
    r = attached.ipcx("who", "shm", "--pid", pid, uid=1000)
    assert r.rc == 0 and notes(r) == [f"process {pid} may not be looked at (needs CAP_SYS_PTRACE)"]


def test_other_namespaces(world):
    code = SYSV_CALLS + "libc.shmget(0, 4096, 0o1600); libc.shmat(0, None, 0); hold()"
    segments(world, 1)
    with meanwhile(world, ATTACH, "0"), background(world, "unshare", "--ipc", PYTHON, "-c", code):
        here = users(world, "shm")
        every = users(world, "shm", "--ns", "all")
        assert len(here) == 1 and len(every) == 2 and len({row["ns"] for row in every}) == 2
        other = next(row for row in every if row["ns"] != here[0]["ns"])
        assert [row["pid"] for row in users(world, "shm", "--ns", other["pid"])] == [other["pid"]]
        assert [row["pid"] for row in users(world, "shm:0", "--ns", other["pid"])] == [other["pid"]]
        r = world.ipcx("who", "shm", "--ns", "all")
        assert r.rc == 0 and r.lines[0].split() == ["NS", *COLUMNS] and len(r.lines) == 3
        assert world.ipcx("who", "--ns", "no-such-container").rc != 0


# ---- exit status


def test_missing_objects(attached):
    for mech in MAKE:
        ref = MISSING[mech]
        r = attached.ipcx("who", ref)
        assert (r.rc, r.out) == (3, "") and r.err.startswith(f"ipcx: {ref}: no such ") and r.err.count("\n") == 1, mech
    r = attached.ipcx("who", "shm:77777", "shm:2")
    assert r.rc == 4 and r.out == "" and r.err.count("\n") == 1, "shm:2 exists, though nobody uses it"
    r = attached.ipcx("who", "shm:77777", "shm:0", "--json")
    assert r.rc == 4 and [row["ref"] for row in document(r, "users")] == ["shm:0"]
    assert [(e["kind"], e["ref"]) for e in r.json["errors"]] == [("missing", "shm:77777")]
    r = attached.ipcx("who", "shm:77777", "shm")
    assert r.rc == 4 and len(r.lines) == 3


def test_nobody_is_no_error(world):
    segments(world, 1)
    assert world.ok("who", "shm:0") == ""
    assert world.ok("who", "shm").split() == COLUMNS
    assert users(world, "shm") == []
    assert world.ok("who", "shm", "--format", "csv") == ",".join(ALL)


@pytest.mark.parametrize("words", [["--frob"], ["frob"], ["shm:x"], ["--ns"], ["--json", "--format", "csv"], ["--format", "xml"], ["--last=1"]], ids=" ".join)
def test_wrong_usage(world, words):
    r = world.ipcx("who", *words)
    assert (r.rc, r.out) == (2, "") and r.err


def test_a_full_disk_and_a_closed_pipe(attached):
    with open("/dev/full", "wb") as full:
        r = attached.ipcx("who", "shm", stdout=full)
        assert r.rc == 1 and "No space left on device" in r.err
        assert attached.ipcx("who", "shm", "--json", stdout=full).rc == 1
    for words in ("", "--json", "--format csv"):
        r = attached.sh(f'{{ "$IPCX" who shm {words}; echo "$?" >&2; }} | true')
        assert r.err in ("0\n", "141\n"), (words, r.err)  # the shell's reader ends early, late or by SIGPIPE
    r = attached.sh('"$IPCX" who shm >&-')
    assert r.rc == 1 and r.err


# ---- what could not be seen


def test_attaches_of_others_are_counted(world):
    segments(world, 1)
    with meanwhile(world, ATTACH, "0", "0"), meanwhile(world, ATTACH, "0", uid=1000):
        r = world.ipcx("who", "shm:0", uid=1000)
        assert r.rc == 0 and len(r.lines) == 2
        first, second, third = notes(r)
        assert first.startswith("1 of 3 attaches found: 2 belong to processes that may not be looked at")
        assert re.fullmatch(r"\d+ processes may not be looked at \(needs CAP_SYS_PTRACE\)", second)
        assert third.startswith("more processes may exist outside this PID namespace")
        r = world.ipcx("who", "shm:0", "--json", uid=1000)
        assert len(document(r, "users")) == 1 and r.err == ""
        assert r.json["unseen"] == {"attaches": 2, "processes": int(second.split()[0]), "others": True}
        assert json.loads(world.ipcx("who", "shm:0", "--format", "jsonl", uid=1000).lines[-1]) == {"unseen": r.json["unseen"]}
        for words in (["--format", "csv"], ["--format", "raw"], ["-w", "mappings > 7"]):
            assert notes(world.ipcx("who", "shm:0", *words, uid=1000)) == [first, second, third], words
        assert notes(world.ipcx("who", "shm:0")) == [], "root sees as many attaches as there are: nothing is missing"
        assert world.ipcx("who", "shm:0", "--json").json["unseen"]["attaches"] == 0


def test_an_unseen_attach_of_all(world):
    segments(world, 2)
    with meanwhile(world, ATTACH, "0"):
        for words in (["shm:0"], ["shm"], ["shm:0", "shm:1"], ["shm:0", "pshm"], ["shm", "pshm"]):
            r = world.ipcx("who", *words, uid=1000)
            assert r.rc == 0 and notes(r)[0].startswith("0 of 1 attach found: 1 belongs to processes that may not be looked at"), words
        assert world.ok("who", "shm:1", uid=1000) == "", "the kernel counts none"


def test_mechanisms_without_attaches_say_so(world):
    world.ok("mk", "msg")
    world.ok("mk", "sem", "--nsems", "1")
    for mech, thing in (("msg", "message queue"), ("sem", "semaphore array")):
        want = f"{mech}: processes do not attach to a {thing}: one that is not listed may use it nevertheless"
        for words in ([mech], [f"{mech}:0"], [mech, "0"], ["sysv"]):
            r = world.ipcx("who", *words)
            assert r.rc == 0 and want in notes(r) and "nobody" not in r.err, words
        r = world.ipcx("who", mech, "--json")
        assert document(r, "users") == [] and [(e["kind"], e["mech"], e["message"]) for e in r.json["errors"]] == [("info", mech, want.split(": ", 1)[1])]
    assert "attach to" not in world.ipcx("who").err, "nobody asked for them"


def test_the_last_processes_of_a_queue(world):
    world.ok("mk", "msg")
    with meanwhile(world, "msgsnd(0, 1, b'x'); hold()"):
        rows = users(world, "msg:0")
        assert [(row["how"], row["mappings"], row["access"]) for row in rows] == [("last-op", None, None)]
        assert [row["pid"] for row in users(world)] == [rows[0]["pid"]]
    assert users(world, "msg:0") == []


def test_nobody_on_a_terminal(attached):
    rc, out = on_terminal(attached, "who", "shm:2")
    assert (rc, out) == (0, "ipcx: note: nobody has shm:2 attached\n")
    for words in (["shm:0"], ["shm:77777"], ["shm:2", "-w", "pid > 1"], ["shm:2", "--json"], ["shm:2", "--format", "csv"], ["msg"]):
        assert "nobody" not in on_terminal(attached, "who", *words)[1], words
    assert "nobody" not in attached.ipcx("who", "shm:2").err, "only people are told"
    assert "nobody" not in on_terminal(attached, "who", "shm:0", uid=1000)[1], "somebody has it, unseen"
    attached.ok("mk", "pshm", "/x", "--size", "4K")
    rc, out = on_terminal(attached, "who", "pshm:/x")
    assert rc == 0 and "nobody" not in out and "outside this PID namespace" in out, "who could know?"
    rc, out = on_terminal(attached, "who", "shm:1", "shm:2", "-w", "pid == 1")
    assert rc == 0 and "nobody" not in out


def test_nobody_among_several(world):
    segments(world, 2)
    assert on_terminal(world, "who", "shm:0", "shm:1")[1] == "ipcx: note: nobody has any of the objects attached, mapped or open\n"


# ---- show


def shown(world, *words, **more):
    r = world.ipcx("show", *words, "--json", **more)
    return document(r, "objects"), json.loads(r.out)


def test_show_has_a_table_of_users(attached):
    blocks = attached.ok("show", "shm:0").split("\n\n")
    assert blocks[1].splitlines()[0] == "users" and blocks[1].splitlines()[1].split() == COLUMNS[1:]
    assert [line.split()[-2] for line in blocks[1].splitlines()[2:]] == ["2"]
    assert "\nusers\nnone\n" in attached.ok("show", "shm:2")
    out = attached.ok("show", "shm:1", "shm:0", "-o", "ref")
    assert [line.split()[-2] for line in out.splitlines() if " mapped " in line] == ["1", "2"], "each object has its own users"


def test_documents_of_show_have_users_only_when_named(attached):
    row = shown(attached, "shm:0")[0][0]
    assert "users" not in row
    rows, doc = shown(attached, "shm:0", "shm:2", "-o", "+users")
    assert set(rows[0]) == set(row) | {"users"} and doc["unseen"]["attaches"] == 0
    assert rows[0]["users"] == [{k: v for k, v in u.items() if k not in ("mech", "ref", "ns")} for u in users(attached, "shm:0")]
    assert rows[1]["users"] == []
    lines = [json.loads(line) for line in attached.ok("show", "shm:0", "--format", "jsonl", "-o", "ref,users").splitlines()]
    assert lines == [{"ref": "shm:0", "users": rows[0]["users"], "limits": rows[0]["limits"]}, {"unseen": doc["unseen"]}]


@pytest.mark.parametrize("list,fields", [("users", ["ref"]), ("users,size", ["size"]), ("size,users,mode", ["size", "mode"]), ("+users", None),
                                         ("+users,size", None), ("+size,users", None), ("users,+size", None), ("all,users", "all")], ids=str)
def test_users_in_a_list_of_fields(attached, list, fields):
    """"users" is no field: the rest of the list means what it means without it."""
    row = shown(attached, "shm:0", "-o", list)[0][0]
    assert len(row.pop("users")) == 1
    row.pop("limits")
    usual = set(shown(attached, "shm:0")[0][0]) - {"limits"}
    if isinstance(fields, str):
        assert usual < set(row)
    else:
        assert set(row) == (usual if fields is None else set(fields))


def test_formats_without_tables_below_a_row(attached):
    for format in ("csv", "export", "raw"):
        r = attached.ipcx("show", "shm:0", "-o", "ref,users", "--format", format)
        assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: users: "), r.err
    r = attached.ipcx("show", "shm:0", "-o", "user")
    assert r.rc == 2 and "no field 'user'" in r.err
    assert attached.ipcx("ls", "shm:0", "-o", "users").rc == 2, "only show has them"


def test_show_says_what_was_not_seen(world):
    segments(world, 1)
    world.ok("mk", "pshm", "/x", "--size", "4K", "--mode", "0666")
    world.ok("mk", "msg", "--mode", "0666")
    with meanwhile(world, ATTACH, "0", "0"):
        assert "\nusers (0 of 2 attaches found)\nunknown\n" in world.ok("show", "shm:0", uid=1000)
        with meanwhile(world, ATTACH, "0", uid=1000):
            assert re.search(r"\nusers \(1 of 3 attaches found\)\n *PID .*\n.* mapped ", world.ok("show", "shm:0", uid=1000))
        assert re.search(r"\nusers \(\d+ processes may not be looked at\)\nunknown\n", world.ok("show", "pshm:/x", uid=1000))
        rows, doc = shown(world, "shm:0", "pshm:/x", "msg:0", "-o", "ref,users", uid=1000)
        assert [row["ref"] for row in rows] == ["shm:0", "pshm:/x", "msg:0"]
        assert doc["unseen"]["attaches"] == 2 and doc["unseen"]["processes"] > 0
        assert [(o["users"], o["unknown"]) for o in doc["objects"]] == [(None, ["users"])] * 3
    assert "\nlast users (processes do not attach to a message queue)\nunknown\n" in world.ok("show", "msg:0")


# ---- help and completion


def test_completion_offers_objects_and_the_fields_of_users(attached):
    def offered(*words):
        return {line.split("\t")[0] for line in attached.ok("complete", "--", *words).splitlines()}
    assert "who" in offered("w") and {"shm", "all"} <= offered("who", "")
    assert {"shm:0", "shm:1"} <= offered("who", "shm:")
    assert offered("who", "shm", "--sort", "") >= set(ALL) and "size" not in offered("who", "shm", "-w", "")
    assert {"--pid", "--last", "--ns", "--where"} <= offered("who", "--")


def test_the_fields_exist_and_are_described():
    command = next(c for c in DUMP["commands"] if c["name"] == "who")
    assert {o["name"] for o in command["options"]} >= {"pid", "last", "ns", "where", "json", "output", "sort"}
    assert [e["status"] for e in command["exits"]] == [0, 1, 2, 3, 4]
