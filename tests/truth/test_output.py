# SPDX-License-Identifier: GPL-2.0-or-later
"""Output: unknown values differ from absent ones, the export format is safe for a shell, rows of every command come in every format, exit statuses match their
documentation, and nothing is done that could not be recorded."""

import json
import os
import re
import shutil

import pytest

from conftest import IPCX
from helpers.documents import SCHEMA, jsonschema
from helpers.real import DUMP, meanwhile, unescape
from helpers.tools import make_all, release

BY_NAME = {c["name"]: c for c in DUMP["commands"]}


# ---- unknown and none


def test_a_row_names_its_unknown_fields(world):
    """Objects with an unknown value (the semaphore of another user is unreadable) and with an absent one (no segment was ever detached)."""
    world.ok("mk", "psem", "/x", "--init", "2", "--mode", "0600")
    world.ok("mk", "shm", "--size", "4K")
    rows = {row["mech"]: row for row in world.ipcx("ls", "--json", uid=1000).json["objects"]}
    assert rows["psem"]["value"] is None and "value" in rows["psem"]["unknown"]
    assert rows["shm"]["dtime"] is None and "unknown" not in rows["shm"]
    assert world.ipcx("ls", "psem", "-o", "value", "--no-headings", uid=1000).out.strip() == "?"
    assert world.ok("ls", "shm", "-o", "dtime", "--no-headings", uid=1000).strip() == "-"
    lines = world.ipcx("ls", "psem:/x", "shm:0", "--format", "jsonl", "-o", "ref,value,dtime", uid=1000).lines
    assert {row["ref"]: row.get("unknown") for row in map(json.loads, lines)} == {"psem:/x": ["value"], "shm:0": None}
    detail = dict(line.split(None, 1) for line in world.ipcx("show", "psem:/x", uid=1000).out.split("\n\n")[0].splitlines()[1:])
    assert detail["value"] == "?"
    for format, value in (("csv", ""), ("export", 'IPCX_VALUE=""'), ("raw", "-")):
        r = world.ipcx("ls", "psem", "-o", "value", "--format", format, "--no-headings", uid=1000)
        assert (r.rc, r.out.strip("\n")) == (0, value) and "unknown" in r.err


def test_fields_that_were_not_requested_are_absent(world):
    """Only one field may be unknown: the idle time of objects in /dev/shm, since use through a mapping sets no time."""
    make_all(world)
    assert {name for row in world.objects() for name in row.get("unknown", [])} <= {"idle"}


def test_a_limit_without_usage_and_one_without_a_maximum(world):
    rows = {row["name"]: row for row in world.ipcx("limits", "--json").json["limits"]}
    assert rows["shmmax"]["used"] is None and "unknown" not in rows["shmmax"]
    assert "?" not in world.ok("limits", "shmmax", "msgmax", "shmmni")


def test_rows_that_differ_only_in_unknown_fields(world):
    """A table copies unchanged cells from the line above; an unknown cell must not be copied."""
    for name in ("/a", "/b", "/c", "/d"):
        world.ok("mk", "psem", name, "--init", "1", "--mode", "0666" if name in "/b/d" else "0600")
    world.run("chown", "1000", "/dev/shm/sem.b", "/dev/shm/sem.d")
    rows = world.ipcx("ls", "psem", "--json", "-o", "name,value", uid=1000).json["objects"]
    assert {(r["name"], r["value"], "unknown" in r) for r in rows} == {
        ("/a", None, True), ("/b", 1, False), ("/c", None, True), ("/d", 1, False)}
    out = world.ipcx("ls", "psem", "-o", "name,value", "--no-headings", uid=1000).out
    assert dict(line.split() for line in out.splitlines()) == {"/a": "?", "/b": "1", "/c": "?", "/d": "1"}


# ---- export

SHELLS = [s for s in (["sh"], ["dash"], ["bash"], ["bash", "--posix"], ["zsh"], ["zsh", "--emulate", "sh"], ["ksh"], ["mksh"], ["yash"],
                      ["busybox", "sh"]) if shutil.which(s[0])]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_export_of_every_command_is_safe_to_evaluate(world, shell):
    """As root: no variable has the name of one that a shell or a program uses (UID, EUID, GID, PATH, PPID, IFS)."""
    make_all(world)
    assigned = []
    for words in (["ls", "-o", "all"], ["show", "shm:0"], ["limits"], ["key", "/etc", "7"], ["ns", "ls"], ["ns", "show", "self"],
                  ["ns", "cmp", "self", "self"], ["sem", "get", "0"], ["stress", "--list"], ["mk", "msg"]):
        assigned += world.ipcx(*words, "--format", "export").lines
    names = set(re.findall(r'(?:^|(?<=" ))(\w+)="', "\n".join(assigned), re.M))
    assert len(names) > 60 and all(re.fullmatch(r"IPCX_[A-Z][A-Z0-9_]*", n) for n in names)
    script = 'set -e; before="$PATH $(id -u)"; eval "$1"; [ "$before" = "$PATH $(id -u)" ]; printf "%s\\n" "$IPCX_UID" "$IPCX_PATH"'
    r = world.run(*shell, "-c", script, "x", "\n".join(assigned))
    assert (r.rc, r.err) == (0, "") and r.out.splitlines() == ["0", "/etc"], (r.out, r.err)


def test_a_hostile_name_stays_a_value(world):
    name = "/a b'c\"d$(id)`id`\\e;f!g"
    world.ok("mk", "pshm", name, "--size", "1")
    for shell in SHELLS:
        line = world.ok("ls", "pshm", "-o", "name", "--format", "export")
        r = world.run(*shell, "-c", 'eval "$1"; printf %s "$IPCX_NAME"', "x", line)
        assert unescape(r.out).decode() == name, (shell, r.out)


# ---- every command that prints rows

# Commands that print rows: the arguments, and the name of the array in JSON.
ROWS = {"ls": (["ls", "shm"], "objects"), "show": (["show", "shm:0", "shm:1"], "objects"), "who": (["who", "shm"], "users"),
        "waits": (["waits", "sem"], "waits"),
        "mk": (["mk", "msg"], "objects"),
        "rm": (["rm", "shm", "-w", "size > 0", "--dry-run"], "objects"), "set": (["set", "shm:0", "shm:1", "--mode", "0600"], "objects"),
        "limits": (["limits"], "limits"), "limits set": (["limits", "set", "shmmni=4000", "shmmax=1M"], "limits"),
        "df": (["df", "-w", 'place == "/dev/shm"'], "memory"),
        "why": (["why", "shmget", "EINVAL", "size=0"], "causes"),
        "doctor": (["doctor", "--idle", "0s"], "findings"),
        "key": (["key", "/etc"], "keys"), "msg peek": (["msg", "peek", "0"], "messages"), "sem get": (["sem", "get", "0"], "semaphores"),
        "psem get": (["psem", "get", "/p"], "objects"), "ns ls": (["ns", "ls"], "namespaces"), "ns show": (["ns", "show", "self"], "namespaces"),
        "ns cmp": (["ns", "cmp", "self", "self"], "comparison"), "stress": (["stress", "--list"], "workloads"),
        "stress compare": (["stress", "compare", "--list"], "workloads")}
# Commands that print no rows: text, bytes, raw messages, or nothing.
NONE = {"help", "check", "compat", "metrics", "sem set", "sem op", "sem wait", "sem post", "sem run", "psem wait", "psem post", "psem run", "ns enter", "ns new",
        "ns pin", "ns unpin", "mq notify",
        *(f"{m} {v}" for m in ("shm", "pshm") for v in ("read", "write", "fill", "copy")),
        *(f"{m} {v}" for m in ("msg", "mq") for v in ("send", "recv", "drain", "load"))}


@pytest.fixture
def full(world):
    for size in ("4K", "8K"):
        world.ok("mk", "shm", "--size", size)
    world.ok("mk", "sem", "--nsems", "3", "--init", "3,1,2")
    world.ok("mk", "psem", "/p", "--init", "1")
    world.ok("mk", "msg")
    for text in ("one", "second", "3"):
        world.ok("msg", "send", "0", text)
    # and somebody who waits for an array, for "waits"
    wait = "if os.fork() == 0:\n    check(libc.prctl(1, 9, 0, 0, 0))\n    semop(0, 1, 0)\n"
    with meanwhile(world, "check(libc.shmat(0, None, 0)); check(libc.shmat(1, None, 0))\n" + wait + "wait_for(lambda: libc.semctl(0, 1, 15) == 1); hold()"):
        yield world


def test_each_command_prints_rows_or_is_exempt():
    assert set(ROWS) | NONE == {c["name"] for c in DUMP["commands"] if not c["hidden"]} and not set(ROWS) & NONE
    wanted = {"json", "output", "sort", "where", "format"}
    for name, c in BY_NAME.items():
        if not c["hidden"]:
            assert wanted <= {o["name"] for o in c["options"]} if name in ROWS else (
                not {"json", "where"} & {o["name"] for o in c["options"]} or name == "metrics"), name  # whose condition adds series


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_filtered_sorted_and_limited_alike(full, name):
    words, kind = ROWS[name]
    assert kind in SCHEMA["properties"], f"{kind} is not in tops[] of cmd/help/schema.c"
    doc = full.ipcx(*words, "--json").json
    jsonschema.Draft202012Validator(SCHEMA).validate(doc)
    rows = doc[kind]
    assert rows
    field = next(k for k, v in rows[-1].items() if isinstance(v, (int, str)) and not isinstance(v, bool) and k not in ("id", "pid", "age", "mech"))
    cut = full.ipcx(*words, "--json", "-o", field).json[kind]
    assert all(set(row) - {"limits", "mechanisms", "containers", "members", "sharers", "messages", "semaphores", "unknown"} == {field} for row in cut)
    value = cut[-1][field]
    literal = json.dumps(value) if isinstance(value, str) else str(value)
    some = full.ipcx(*words, "--json", "-o", field, "--where", f"{field} == {literal}").json[kind]
    if name != "mk":  # creates another object each time
        assert some and {row[field] for row in some} == {value}
    assert full.ipcx(*words, "--json", "-o", field, "-w", f"{field} == {literal}", "-w", f"{field} != {literal}").json[kind] == []
    down = [row[field] for row in full.ipcx(*words, "--json", "-o", field, "--sort", "-" + field).json[kind]]
    known = [v for v in down if v is not None]
    assert known == sorted(known, reverse=True) or isinstance(value, str)
    up = [row[field] for row in full.ipcx(*words, "--json", "-o", field, "--sort", field).json[kind]]
    assert sorted(map(str, up)) == sorted(map(str, down)) or name == "mk"
    for format in ("jsonl", "csv", "export") + (() if name == "msg peek" else ("raw", "table")):
        r = full.ipcx(*words, "-o", field, "--format", format)
        assert r.rc == 0 and len([line for line in r.out.splitlines() if line]) >= len(rows), (format, r.out)
    r = full.ipcx(*words, "-w", "no_such_field == 1")
    assert r.rc == 2 and r.out == ""
    if name in ("ls", "rm"):  # objects of several mechanisms: test_unknown_fields
        return
    other = "p99" if name not in ("stress", "stress compare") else "nattch"
    r = full.ipcx(*words, "-w", other + " == 1")
    assert (r.rc, r.out) == (2, "") and other in r.err, r.err


def test_results_of_a_stress_run_are_rows_as_well(world):
    words = ["stress", "shm", "--workload", "churn", "--ops", "50", "--cpus", "1", "--json"]
    rows = world.ipcx(*words, "-o", "operation,ops", "--sort", "-operation").json["results"]
    assert [r["operation"] for r in rows] == sorted((r["operation"] for r in rows), reverse=True) and len(rows) > 1
    some = world.ipcx(*words, "-o", "operation", "-w", f"operation == {json.dumps(rows[0]['operation'])}").json["results"]
    assert some == [{"operation": rows[0]["operation"]}]


def test_messages_are_rows_or_records(full):
    assert full.ok("msg", "peek", "0", "--no-headings").split() == ["0", "1", "3", "one", "1", "1", "6", "second", "2", "1", "1", "3"]
    assert [m["data"] for m in full.ipcx("msg", "peek", "0", "--json", "-w", "size > 1").json["messages"]] == ["one", "second"]
    records = full.ok("msg", "peek", "0", "--format", "json")
    path = os.path.join(full.dir, "records")
    with open(path, "w", encoding="ascii") as f:
        f.write(records + "\n")
    other = full.ok("mk", "msg")
    full.ok("msg", "load", other, path)
    assert full.ok("msg", "peek", other, "--format", "json") == records
    r = full.ipcx("msg", "peek", "0", "--format", "json", "-o", "mtype")
    assert (r.rc, r.out) == (2, "")
    assert full.ipcx("msg", "peek", full.ok("mk", "msg"), "--json").json["messages"] == []


# ---- nothing is done that could not be recorded


def modes(world):
    return [row["mode"] for row in world.objects("shm")]


@pytest.mark.parametrize("format", ["json", "jsonl"])
@pytest.mark.parametrize("how", ["full", "closed", "gone", "limit"])
def test_set_stops_if_it_cannot_record(world, how, format):
    """The reader has exited, the disk is full, or the file may not grow. If ipcx can notice this in advance, it changes nothing; otherwise it changes at most
    one slice of objects, and names each of them."""
    for _ in range(70):
        world.ok("mk", "shm", "--size", "4K", "--mode", "0600")
    refs = " ".join(row["ref"] for row in world.objects("shm"))
    line = {"full": "> /dev/full", "closed": ">&-", "gone": "| true", "limit": f"> {world.dir}/out"}[how]
    before = "ulimit -f 0; " if how == "limit" else ""
    r = world.sh(f"exec 3>&1; {{ {before}sleep 0.2; {IPCX} set {refs} --mode 0640 --format {format}; echo rc=$? >&3; }} {line}")
    changed = modes(world).count("0640")
    shows = format == "json" or how == "closed"
    assert (changed == 0 if shows else 0 < changed <= 64) and "rc=1" in r.out, (r.out, r.err)
    either = "" if shows else ", either"
    assert r.err.count("was changed, but that could not be printed") == changed
    assert f"not changed, as that could not be printed{either}: {70 - changed}\n" in r.err
    assert r.err.count("write error") == 1


@pytest.mark.parametrize("line", ["> /dev/full", ">&-"])
def test_limits_set_stops_if_it_cannot_record(world, line):
    before = world.sysctl("kernel.msgmni")
    r = world.sh(f"{IPCX} limits set shmmni=3333 msgmni=3333 --json {line}")
    assert r.rc == 1 and world.sysctl("kernel.shmmni") == "3333" and world.sysctl("kernel.msgmni") == before
    assert "shmmni: was set to 3333, which could not be written; not set: 1" in r.err


@pytest.mark.parametrize("words", [["mk", "msg", "msg"], ["mk", "msg", "--json"], ["mk", "shm", "--size", "4K", "-o", "ref"]], ids=" ".join)
@pytest.mark.parametrize("line", ["> /dev/full", ">&-", "| true"])
def test_mk_removes_what_it_cannot_print(world, words, line):
    r = world.sh(f"exec 3>&1; {{ sleep 0.2; {IPCX} {' '.join(words)}; echo rc=$? >&3; }} {line}")
    assert "rc=1" in r.out and "removed again" in r.err and world.objects() == []


@pytest.mark.parametrize("words", [["msg", "drain", "0", "-"], ["msg", "recv", "0", "--all"], ["msg", "recv", "0", "--all", "--format", "json"]], ids=" ".join)
@pytest.mark.parametrize("line", ["> /dev/full", ">&-", "| true"])
def test_messages_stay_if_they_cannot_be_written(full, words, line):
    r = full.sh(f"exec 3>&1; {{ sleep 0.2; {IPCX} {' '.join(words)}; echo rc=$? >&3; }} {line}")
    left = full.ipcx("msg", "peek", "0", "--json").json["messages"]
    assert "rc=1" in r.out and sorted(m["data"] for m in left) == ["3", "one", "second"] and r.err


# ---- exit statuses


def told(command):
    return {e["status"] for e in BY_NAME[command]["exits"]}


def status(world, *words, **more):
    """Check that the exit status is one that the command documents; return it."""
    r = world.ipcx(*words, **more)
    name = next(n for n in (" ".join(words[:2]), words[0]) if n in BY_NAME)
    assert r.rc in told(name), (words, r.rc, r.err)
    assert r.rc == 0 or r.err
    return r.rc


def test_status_3_is_only_for_named_objects(world):
    for words in (["ls", "shm:9"], ["show", "mq:/no"], ["rm", "psem:/no"], ["set", "sem:9", "--mode", "0600"], ["shm", "read", "9"], ["mq", "recv", "/no"],
                  ["msg", "peek", "9"], ["sem", "get", "9"], ["psem", "get", "/no"], ["sem", "op", "9", "0+1"], ["ns", "show", "nosuch"],
                  ["ns", "cmp", "self", "nosuch"], ["ns", "unpin", "nosuch"], ["ls", "--ns", "/no/such"], ["limits", "--ns", "99999999"],
                  ["mk", "msg", "--ns", "nosuch"], ["ns", "enter", "nosuch"], ["stress", "--ns", "nosuch"], ["key", "/no/such"]):
        assert status(world, *words) == 3, words


def test_an_unknown_limit_is_wrong_usage(world):
    assert status(world, "limits", "foo") == status(world, "limits", "set", "foo=1") == status(world, "limits", "set", "foo=1", "--dry-run") == 2
    before = world.sysctl("kernel.shmmni")
    assert status(world, "limits", "set", "shmmni=50", "foo=1") == 2 and world.sysctl("kernel.shmmni") == before


def test_a_missing_dev_shm_is_not_a_missing_object(world):
    world.ok("mk", "shm", "--size", "4K")
    assert world.sh("mkdir /tmp/void 2>/dev/null; umount /dev/shm; mount -t tmpfs none /dev && mount -t proc proc /proc").rc == 0
    for words in (["mk", "pshm", "/x", "--size", "1"], ["mk", "psem", "/x"], ["ls", "pshm"], ["ls", "psem"], ["rm", "pshm", "--all"]):
        assert status(world, *words) in (0, 1, 4), words
    assert status(world, "mk", "pshm", "/x", "--size", "1") == 1
    assert status(world, "ls") == 0


def test_a_missing_proc_is_neither_wrong_usage_nor_a_missing_object(world):
    make_all(world)
    program = release()
    assert world.sh("mount -t tmpfs none /proc").rc == 0
    for words in (["ls"], ["limits"], ["stress", "shm", "--workload", "churn", "--ops", "5"], ["ns", "ls"], ["ns", "show", "self"], ["ns", "cmp", "self", "self"],
                  ["ns", "pin", "self", "a"], ["ns", "enter", "self", "true"], ["limits", "set", "shmmni=50"], ["mk", "msg", "--id", "7"], ["show", "shm:0"]):
        r = world.run(program, *words, env={"LD_LIBRARY_PATH": os.path.join(os.path.dirname(program), "../lib")})
        assert r.rc in (0, 1, 4) and (r.rc == 0 or r.err), (words, r.rc, r.err)


def test_a_missing_directory_of_pins_is_not_a_missing_namespace(world):
    assert world.sh("mount -t tmpfs -o ro none /run").rc == 0
    assert status(world, "ns", "pin", "self", "a") == 1


def test_files_that_cannot_be_read(world):
    world.ok("mk", "pshm", "/x", "--size", "10", "--mode", "0600")
    world.ok("mk", "msg", "--mode", "0600")
    world.ok("msg", "send", "0", "x")
    for words in (["pshm", "read", "/x"], ["msg", "recv", "0", "--no-wait"], ["msg", "peek", "0"], ["pshm", "write", "/x", "/etc/shadow"], ["key", "/root/x"],
                  ["msg", "load", "0", "/etc/shadow"], ["msg", "drain", "0", "/root/x"]):
        assert status(world, *words, uid=1000) == 1, words


def test_the_status_of_an_executed_command_is_its_own(world):
    world.ok("mk", "sem", "--nsems", "1", "--init", "1")
    world.ok("mk", "psem", "/p", "--init", "1")
    for words in (["sem", "run", "0", "--"], ["psem", "run", "/p", "--"], ["ns", "enter", "self", "--"], ["ns", "new", "--"]):
        assert [world.ipcx(*words, *c).rc for c in (["true"], ["sh", "-c", "exit 77"], ["/no/such"], ["/etc/passwd"])] == [0, 77, 127, 126], words
        assert {126, 127, None} <= told(" ".join(words[:2]))


def test_each_list_has_the_statuses_of_every_command():
    for c in DUMP["commands"]:
        statuses = [e["status"] for e in c["exits"]]
        assert statuses[:3] == [0, 1, 2] and len(set(statuses)) == len(statuses), c["name"]
        assert statuses == sorted(statuses, key=lambda n: 999 if n is None else n)
