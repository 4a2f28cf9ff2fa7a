# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of waits, and the waits that show prints: formats, columns, the tree, messages, statuses. tests/truth/test_waits.py checks that the rows
are true."""

import contextlib
import csv
import io
import json
import re

import pytest

from helpers.documents import document
from helpers.real import DUMP, FIELDS, MISSING, columns, meanwhile, on_terminal, unsafe
from helpers.tools import MAKE

COLUMNS = ["REF", "PID", "COMMAND", "CALL", "WANTS", "WAKER", "WHY"]
ALL = ["mech", "ref", "ns", "pid", "tid", "command", "owner", "uid", "started", "container", "call", "wants", "semnum", "op", "undo", "mtype", "offset",
       "timeout", "since", "task_state", "held_by", "held_grade", "waker", "verdict", "grade", "cycle", "basis"]
EVIL = b"e\033[31m\nvil \xff"
# Children that end with this program. sleeper() returns when the child sleeps in semop(2); the numbers of those that the kernel counts are kept.
FORK = """
GETNCNT, GETZCNT, SETVAL, UNDO = 14, 15, 16, 0o10000
counted = {}

def child(f, name=b"worker"):
    pid = os.fork()
    if pid == 0:
        check(libc.prctl(1, 9, 0, 0, 0))
        check(libc.prctl(15, name, 0, 0, 0))
        f()
        os._exit(0)
    return pid

def sleeper(f, semid, num, count=GETNCNT, **more):
    pid = child(f, **more)
    counted[semid, num] = counted.get((semid, num), 0) + 1
    wait_for(lambda: libc.semctl(semid, num, count) == counted[semid, num])
    return pid
"""
# Each of two processes holds one semaphore of array 0, and waits for the other.
CROSSED = FORK + """
r, w = os.pipe()

def holder(mine, other):
    semop(0, mine, -1, UNDO)
    os.write(w, b"x")
    wait_for(lambda: libc.semctl(0, other, 12) == 0)
    semop(0, other, -1, UNDO)

first = child(lambda: holder(0, 1))
assert os.read(r, 1)
second = sleeper(lambda: holder(1, 0), 0, 0)
wait_for(lambda: libc.semctl(0, 1, GETNCNT) == 1)
hold()
"""
# Somebody waits for zero on array 0; the process has this name.
ZERO = FORK + f"sleeper(lambda: semop(0, 0, 0), 0, 0, GETZCNT, name={EVIL!r}); hold()"


def waits(world, *words, rc=0, **more):
    """Return the rows of waits after checking the whole document."""
    r = world.ipcx("waits", *words, "--json", **more)
    assert r.rc == rc, r.err
    return document(r, "waits")


def refused(world, *words, says):
    r = world.ipcx("waits", *words)
    assert (r.rc, r.out) == (2, "") and says in r.err.splitlines()[0] and r.err.endswith("'ipcx waits --help' shows its usage\n"), r.err


def array(world, *init):
    world.ok("mk", "sem", "--nsems", str(len(init)), "--init", ",".join(map(str, init)), "--mode", "0666")


@pytest.fixture
def crossed(world):
    """Array 0 with two processes that wait for each other, and array 1, for which nobody waits."""
    array(world, 1, 1)
    array(world, 1)
    with meanwhile(world, CROSSED):
        yield world


@contextlib.contextmanager
def zero(world):
    array(world, 1)
    with meanwhile(world, ZERO):
        yield


# ---- rows and formats


def test_default_columns(crossed):
    r = crossed.ipcx("waits", "sem")
    lines = r.lines
    assert r.rc == 0 and lines[0].split() == COLUMNS and len(lines) == 3
    assert {line.split()[0] for line in lines[1:]} == {"sem:0"} and all("worker" in line and "(undo)" in line for line in lines[1:])
    plain = crossed.ipcx("waits", "sem", "--no-headings").lines
    assert [line.split() for line in plain] == [line.split() for line in lines[1:]]
    assert crossed.ipcx("waits", "sem", "--for", "10ms").lines[0].split() == [*COLUMNS[:5], "SINCE", *COLUMNS[5:]]


def test_all_fields_in_documents(crossed):
    rows = waits(crossed, "sem")
    assert [list(row) for row in rows] == [[*ALL, "containers"]] * 2 and set(ALL) <= set(FIELDS)
    assert {(row["call"], row["op"], row["undo"], row["timeout"], row["since"]) for row in rows} == {("semop", -1, True, None, None)}
    assert sorted(row["semnum"] for row in rows) == [0, 1] and [row["tid"] for row in rows] == [row["pid"] for row in rows]
    assert {row["held_by"] for row in rows} == {row["pid"] for row in rows}
    assert all(row["since"] for row in waits(crossed, "sem:0", "--for", "10ms"))


def test_cycles_and_what_was_not_seen(crossed):
    doc = crossed.ipcx("waits", "sem", "--json").json
    pids = sorted(row["pid"] for row in doc["waits"])
    assert {(row["cycle"], row["grade"]) for row in doc["waits"]} == {(1, "likely")}
    assert doc["cycles"] == [{"grade": "likely", "members": pids}] and set(doc["unseen"]) == {"waiters", "processes", "others"}
    one = crossed.ipcx("waits", "sem", "--json", "-w", f"pid == {pids[1]}").json
    assert [row["pid"] for row in one["waits"]] == [pids[1]] and one["cycles"] == doc["cycles"], "the others belong to it, listed or not"
    assert crossed.ipcx("waits", "sem", "--json", "-w", "pid == 1").json["cycles"] == []
    *rows, cycles, unseen = [json.loads(line) for line in crossed.ok("waits", "sem", "--format", "jsonl", "-o", "pid").splitlines()]
    assert sorted(row["pid"] for row in rows) == pids and cycles == {"cycles": doc["cycles"]} and list(unseen) == ["unseen"]


def test_every_format_has_the_same_rows(crossed):
    fields = ["ref", "pid", "call", "grade", "wants"]
    words = ["waits", "sem", "-o", ",".join(fields), "--sort", "pid"]
    rows = waits(crossed, *words[1:])
    want = [[str(v) for v in row.values()] for row in rows]
    assert list(csv.reader(io.StringIO(crossed.ok(*words, "--format", "csv")))) == [fields, *want]
    assert [line.split() for line in crossed.ok(*words, "--format", "raw").splitlines()] == [[*row[:4], row[4].replace(" ", r"\x20")] for row in want]
    exported = crossed.ok(*words, "--format", "export").splitlines()
    assert [re.findall(r'IPCX_(\w+)="([^"]*)"', line) for line in exported] == [list(zip((f.upper() for f in fields), row)) for row in want]


def test_conditions_and_order_of_grades(crossed):
    assert len(waits(crossed, "sem", "-w", "grade >= likely")) == 2 == len(waits(crossed, "sem", "-w", "grade == likely", "-w", "undo"))
    assert waits(crossed, "sem", "-w", "grade > likely") == [] == waits(crossed, "sem", "-w", "grade < likely")
    with meanwhile(crossed, FORK + "libc.semctl(1, 0, SETVAL, 1); sleeper(lambda: semop(1, 0, 0), 1, 0, GETZCNT); hold()"):
        assert [row["grade"] for row in waits(crossed, "sem", "--sort", "-grade", "-o", "grade")][:2] == ["likely", "likely"]
        assert [row["ref"] for row in waits(crossed, "sem", "-w", "grade == null")] == ["sem:1"]
    refused(crossed, "-w", "nattch == 1", says="--where: no field 'nattch' here; there are: ")
    refused(crossed, "-w", "grade > sure", says="--where: ")
    refused(crossed, "-o", "size", says="no field 'size' here; there are: ")
    refused(crossed, "--sort", "size", says="--sort: no field 'size' here")


def test_hostile_commands_are_escaped(world):
    with zero(world):
        for words in ([], ["--graph"], ["--format", "raw"], ["--json"], ["--format", "jsonl"]):
            out = world.ipcx("waits", "sem:0", *words).out
            assert "vil" in out and unsafe(out) == [], words
        assert r"e\x1b[31m\x0avil" in world.ipcx("waits", "sem:0", "--graph").out and "\033" not in world.ipcx("show", "sem:0").out


def test_a_table_fits_on_a_terminal(crossed):
    rc, out = on_terminal(crossed, "waits", "sem", "--colour", "never", env={"COLUMNS": "80"})
    lines = out.splitlines()
    assert rc == 0 and max(map(columns, lines)) <= 80, out
    assert sum("possible deadlock (if these are locks): " in line for line in lines) == 2


# ---- which objects


def test_objects_and_mechanisms(crossed):
    for words in ([], ["all"], ["sem"], ["sem:0"], ["sem", "0", "1"], ["sem:0", "sem:0", "sem:1"], ["sysv"], ["sem:0", "sem"]):
        assert [row["ref"] for row in waits(crossed, *words) if row["mech"] == "sem"] == ["sem:0", "sem:0"], words
    assert waits(crossed, "sem:1") == [] == waits(crossed, "shm", "msg", "posix")
    assert crossed.ok("waits", "sem:1") == "" and crossed.ipcx("waits", "msg").out.split() == COLUMNS
    refused(crossed, "sem:0", "msg", says="waits are judged together: name either mechanisms or objects")


def test_pipes_are_listed_by_default(world):
    with meanwhile(world, FORK + "r, w = os.pipe(); child(lambda: os.read(r, 1)); hold()"):
        def ours():
            return [row for row in waits(world) if row["mech"] == "pipe" and row["command"] == "worker"]
        while not ours():
            pass
        assert [(row["call"], row["wants"]) for row in ours()] == [("read", "data")]
        assert ours() and "pipe" not in {row["mech"] for row in waits(world, "all")}


def test_other_namespaces(crossed):
    rows = waits(crossed, "sem", "--ns", "all")
    assert len([row for row in rows if row["ref"] == "sem:0"]) >= 2
    assert crossed.ipcx("waits", "sem", "--ns", "all").lines[0].split() == ["NS", *COLUMNS]
    assert f"sem:0 in ipc:[{rows[0]['ns']}]: " in crossed.ipcx("waits", "sem", "--ns", "all", "--graph").out
    assert crossed.ipcx("waits", "--ns", "no-such-container").rc != 0


# ---- the tree


def test_a_tree_leads_to_the_waits_that_could_end_a_wait(crossed):
    rows = waits(crossed, "sem")
    for locale, branch, beside in (("C.UTF-8", "└─ ", "│  "), ("C", "`- ", "|  ")):
        lines = crossed.ipcx("waits", "sem", "--graph", env={"LC_ALL": locale}).lines
        first = next(row for row in rows if lines[0].startswith(f"{row['pid']} (worker) waits in semop for sem:0: -1 on {row['semnum']} (undo)"))
        second = next(row for row in rows if row != first)
        assert lines == [f"{first['pid']} (worker) waits in semop for sem:0: {first['wants']}", beside + first["verdict"],
                         f"{branch}{second['pid']} (worker)? waits in semop for sem:0: {second['wants']}",
                         f"   {branch}{first['pid']} (worker)?, see above"], locale


def test_a_tree_begins_at_the_waits_that_match(crossed):
    with meanwhile(crossed, FORK + "semop(1, 0, -1); sleeper(lambda: semop(1, 0, -1), 1, 0, name=b'third'); hold()"):
        third = waits(crossed, "sem:1")[0]
        want = [f"{third['pid']} (third) waits in semop for sem:1: -1 on 0", f"└─ {third['waker']}, not found waiting"]
        some = crossed.ipcx("waits", "sem", "--graph", "-w", "command == third", env={"LC_ALL": "C.UTF-8"}).lines
        every = crossed.ipcx("waits", "sem", "--graph", env={"LC_ALL": "C.UTF-8"}).lines
        assert some == want and len(every) == 6 and every[:2] == want
        pids = sorted(row["pid"] for row in waits(crossed, "sem:0"))
        for pid in pids:
            lines = crossed.ipcx("waits", "sem", "--graph", "-w", f"pid == {pid}").lines
            assert len(lines) == 4 and lines[0].startswith(f"{pid} (worker) waits in "), "it leads to the other, which does not match"


def test_a_long_chain_goes_on_in_a_tree_of_its_own(world):
    code = FORK + """
def link(num):
    semop(0, num, -1)
    semop(0, num + 1, -1)

semop(0, 23, -1)
for num in range(22, -1, -1):
    sleeper(lambda: link(num), 0, num + 1)
hold()
"""
    array(world, *[1] * 24)
    with meanwhile(world, code):
        pids = {row["semnum"]: row["pid"] for row in waits(world, "sem")}
        lines = world.ipcx("waits", "sem", "--graph", env={"LC_ALL": "C.UTF-8"}).lines
    assert sorted(pids) == list(range(1, 24))
    starts = [line for line in lines if re.match(r"\d", line)]
    assert [int(line.split()[0]) for line in starts] == [pids[1], pids[11], pids[21]]
    assert [line.strip(" └─") for line in lines if "continued below" in line] == [f"{pids[n]} (worker)?, continued below" for n in (11, 21)]
    found = re.findall(r"(\d+) \(worker\)\?? waits in", "\n".join(lines))
    assert sorted(map(int, found)) == sorted(pids.values()), "each wait once"
    assert max(map(columns, lines)) <= 80


def test_a_tree_is_no_table(crossed):
    for format in ("json", "jsonl", "csv", "export", "raw"):
        refused(crossed, "--graph", "--format", format, says="--graph is for people")
    refused(crossed, "--graph", "-o", "pid", says="--graph prints a tree, not fields")
    assert crossed.ipcx("waits", "msg", "--graph").out == ""


# ---- exit status


def test_fail(crossed):
    assert crossed.ipcx("waits", "sem").rc == 0 and crossed.ipcx("waits", "sem", "--fail").rc == 1 == crossed.ipcx("waits", "sem", "--fail", "--graph").rc
    assert len(waits(crossed, "sem", "--fail", rc=1)) == 2, "the rows are printed nevertheless"
    assert crossed.ipcx("waits", "sem", "--fail", "-w", "grade == certain").rc == 0 == crossed.ipcx("waits", "sem:1", "--fail").rc
    assert crossed.ipcx("waits", "sem:1", "sem:77777", "--fail").rc == 4
    r = crossed.ipcx("waits", "sem", "--fail", uid=1000)
    assert r.rc == 4 and r.out.split() == COLUMNS and "0 of 2 waiters found" in r.err


def test_missing_objects(crossed):
    for mech in MAKE:
        r = crossed.ipcx("waits", MISSING[mech])
        assert (r.rc, r.out) == (3, "") and r.err.startswith(f"ipcx: {MISSING[mech]}: no such ") and r.err.count("\n") == 1, mech
    assert crossed.ipcx("waits", "sem:77777", "sem:1").rc == 4
    r = crossed.ipcx("waits", "sem:77777", "sem:0", "--json")
    assert r.rc == 4 and {row["ref"] for row in document(r, "waits")} == {"sem:0"}


@pytest.mark.parametrize("words", [["--frob"], ["frob"], ["sem:x"], ["--ns"], ["--json", "--format", "csv"], ["--for"], ["--for", "x"], ["--for", "-1s"],
                                   ["--for", "0"], ["--graph=1"], ["--fail=likely"]], ids=" ".join)
def test_wrong_usage(world, words):
    r = world.ipcx("waits", *words)
    assert (r.rc, r.out) == (2, "") and r.err


def test_a_full_disk_and_a_closed_pipe(crossed):
    with open("/dev/full", "wb") as full:
        for words in ([], ["--json"], ["--graph"], ["--fail"]):
            r = crossed.ipcx("waits", "sem", *words, stdout=full)
            assert r.rc == 1 and "No space left on device" in r.err, words
    for words in ("", "--json", "--graph"):
        r = crossed.sh(f'{{ "$IPCX" waits sem {words} 2>/dev/null; echo "$?" >&2; }} | true')
        assert r.err in ("0\n", "141\n"), (words, r.err)
    r = crossed.sh('"$IPCX" waits sem >&-')
    assert r.rc == 1 and r.err


# ---- what could not be seen


def test_waiters_of_others_are_counted(crossed):
    r = crossed.ipcx("waits", "sem", uid=1000)
    notes = [line.removeprefix("ipcx: note: ") for line in r.err.splitlines()]
    assert r.rc == 0 and notes[0] == "0 of 2 waiters found: 2 belong to processes that may not be looked at"
    assert re.fullmatch(r"\d+ processes may not be looked at \(needs CAP_SYS_PTRACE\)", notes[1])
    r = crossed.ipcx("waits", "sem", "--json", uid=1000)
    assert document(r, "waits") == [] and r.err == "" and r.json["unseen"]["waiters"] == 2
    assert crossed.ok("waits", "sem:1", uid=1000) == "", "the kernel counts none"
    assert crossed.ipcx("show", "sem:0", uid=1000).out.count("waits (some waiters were not found)\nunknown\n") == 1


def test_nobody_waits_only_if_certain(crossed):
    assert on_terminal(crossed, "waits", "sem:1") == (0, "ipcx: note: nobody waits for sem:1\n")
    for words in (["sem:0"], ["sem:77777"], ["sem:1", "-w", "pid > 1"], ["sem:1", "--json"], ["sem:1", "--for", "1ms"], ["pipe"], ["mq"], []):
        assert "nobody waits" not in on_terminal(crossed, "waits", *words)[1], words
    assert "nobody waits" not in crossed.ipcx("waits", "sem:1").err, "only people are told"
    array(crossed, 0)
    crossed.ok("set", "sem:2", "--mode", "0600")
    with meanwhile(crossed, FORK + "sleeper(lambda: semop(2, 0, -1), 2, 0); hold()"):
        assert "nobody waits" not in on_terminal(crossed, "waits", "sem:2", uid=1000)[1], "its counts may not be read"
        assert "processes may not be looked at" in crossed.ipcx("waits", "sem:2", uid=1000).err


# ---- show


def test_show_has_the_waits_of_an_object(crossed):
    out = crossed.ipcx("show", "sem:0", "sem:1").out
    first, second = out.split("sem:1: semaphore array")
    assert re.search(r"\nwaits\n *PID +COMMAND +CALL +WANTS +WAKER +WHY\n(.*worker.*\n){2}\n", first) and "\nwaits\nnone\n" in second
    rows = document(crossed.ipcx("show", "sem:0", "sem:1", "--json", "-o", "+waits"), "objects")
    assert [len(row["waits"]) for row in rows] == [2, 0] and list(rows[0]["waits"][0]) == [*ALL[3:], "containers"]
    doc = crossed.ipcx("show", "sem:1", "--json", "-o", "ref,waits,users").json
    assert doc["objects"][0]["waits"] == [] and set(doc["unseen"]) == {"attaches", "waiters", "processes", "others"}
    assert set(crossed.ipcx("show", "sem:1", "--json", "-o", "waits").json["unseen"]) == {"waiters", "processes", "others"}
    assert "waits" not in crossed.ipcx("show", "sem:0", "--json").json["objects"][0], "only if named: every thread has to be looked at"
    r = crossed.ipcx("show", "sem:0", "-o", "+waits", "--format", "csv")
    assert (r.rc, r.out) == (2, "") and "waits: only table, json and jsonl have them ('ipcx waits')" in r.err


# ---- help and completion


def test_completion(crossed):
    def offered(*words):
        return {line.split("\t")[0] for line in crossed.ok("complete", "--", *words).splitlines()}

    assert "waits" in offered("w") and {"sem", "all", "pipe"} <= offered("waits", "")
    assert {"sem:0", "sem:1"} <= offered("waits", "sem:")
    assert offered("waits", "sem", "--sort", "") >= set(ALL) and "size" not in offered("waits", "sem", "-w", "")
    assert {"--for", "--graph", "--fail", "--ns", "--where"} <= offered("waits", "--")


def test_options_and_statuses_are_described():
    command = next(c for c in DUMP["commands"] if c["name"] == "waits")
    assert {o["name"] for o in command["options"]} >= {"for", "graph", "fail", "ns", "where", "json", "output", "sort"}
    assert [e["status"] for e in command["exits"]] == [0, 1, 2, 3, 4]
