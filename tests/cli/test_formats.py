# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables for people, and the formats of one line per row: widths, headings, order, colour, hostile names."""

import csv
import io
import json
import os
import re

import pytest

from helpers.real import FORMATS, MECHS, NAMES, columns, kernel, make_names, on_terminal, unescape, unpercent, unsafe
from helpers.tools import MAKE, background, helper, make_all
from helpers.wide import segment

LISTINGS = {
    "ls": ["ls"], "ls of one": ["ls", "shm"], "ls with fields": ["ls", "-o", "ref,size,owner,mtime"], "show": ["show", "shm:0", "pshm:/x"],
    "limits": ["limits"], "limits --for": ["limits", "--for", "shm:4K"], "key": ["key", "/etc"], "key --explain": ["key", "--explain", "shm:5"],
    "key --reverse": ["key", "--reverse", "KEY", "/etc"], "rm": ["rm", "shm:0", "sem:0", "--dry-run"], "set": ["set", "sem:0", "--mode", "0600"],
    "mk": ["mk", "msg"],
}


def words_of(world, name):
    return [world.ok("key", "/etc") if w == "KEY" else w for w in LISTINGS[name]]


def rows_of(r):
    return next(v for k, v in r.json.items() if k not in ("ipcx", "errors"))


def text_of(value):
    """Return a JSON value as it is written by the formats with one line per row."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def moves(name):
    """Return the fields that differ if an object is read or changed twice, or if two objects are created alike."""
    return {"age", "idle", "id", "ref", *(["ctime"] if name in ("mk", "set") else [])}


def as_csv(r):
    return list(csv.DictReader(io.StringIO(r.stdout.decode("utf-8", "surrogateescape"), newline="")))


def test_every_format_is_tested_here():
    assert set(FORMATS) == {"table", "json", "jsonl", "csv", "export", "raw"}


@pytest.mark.parametrize("name", LISTINGS)
def test_csv_agrees_with_json(world, name):
    make_all(world)
    words = words_of(world, name)
    doc = rows_of(world.ipcx(*words, "--json"))
    r = world.ipcx(*words, "--format", "csv")
    assert r.rc == 0 and r.err == ""
    got = as_csv(r)
    assert len(got) == len(doc)
    for a, b in zip(got, doc):
        members = {k: v for k, v in b.items() if not isinstance(v, list) and k not in moves(name)}
        assert {k: v for k, v in a.items() if v and k not in moves(name)} == {k: text_of(v) for k, v in members.items() if text_of(v)}
    assert len({len(row) for row in csv.reader(io.StringIO(r.out))}) == 1


def in_shell(world, line, names):
    """Evaluate the assignments with sh; return the values in order."""
    script = 'eval "$1"; shift; for n; do eval "printf \'%s\\0\' \\"\\$$n\\""; done'
    return world.run("sh", "-euc", script, "sh", line, *names).stdout.split(b"\0")[:-1]


@pytest.mark.parametrize("name", LISTINGS)
def test_export_evaluated_by_a_shell_agrees_with_json(world, name):
    make_all(world)
    words = words_of(world, name)
    doc = rows_of(world.ipcx(*words, "--json"))
    r = world.ipcx(*words, "--format", "export")
    assert r.rc == 0 and len(r.lines) == len(doc)
    for line, row in zip(r.lines, doc):
        names = [k for k, v in row.items() if not isinstance(v, list) and k not in moves(name)]
        got = in_shell(world, line, ["IPCX_" + n.upper() for n in names])
        assert got == [text_of(row[n]).encode() for n in names]


@pytest.mark.parametrize("name", LISTINGS)
def test_raw_has_the_same_number_of_words_in_each_line(world, name):
    make_all(world)
    make_names(world)
    words = words_of(world, name)
    lines = world.ipcx(*words, "--format", "raw").lines
    rows = as_csv(world.ipcx(*words, "--format", "csv"))
    assert len(lines) == len(rows), "there is no heading"
    assert all(len(line.split(" ")) == len(line.split()) == len(rows[0]) for line in lines)
    assert world.ipcx(*words, "--format", "raw", "--no-headings").out.count("\n") == len(lines)


def test_raw_words_are_the_values(world):
    make_all(world)
    fields = "ref,id,name,key,owner,uid,mode,size,nattch,dest,value,maxmsg,cpid,lpid"
    doc = rows_of(world.ipcx("ls", "--json", "-o", fields))
    lines = world.ipcx("ls", "--format", "raw", "-o", fields).lines
    assert [line.split(" ") for line in lines] == [[text_of(v) or "-" for v in row.values()] for row in doc]


# ---- names


def test_names_in_csv_are_raw_bytes(world):
    make_names(world)
    r = world.ipcx("ls", "pshm", "mq", "psem", "--format", "csv", "-o", "mech,name")
    names = {(row["mech"], os.fsencode(row["name"])) for row in as_csv(r)}
    assert names == {(m, b"/" + n) for m in ("pshm", "mq", "psem") for n in NAMES}


def test_names_survive_a_shell(world):
    """For a shell, a byte that could control a terminal is written as \\xNN, which printf '%b' and ipcx itself decode."""
    make_names(world, psem=False)
    r = world.ipcx("ls", "pshm", "--format", "export", "-o", "name,ref")
    assert not unsafe(r.out) and len(r.lines) == len(NAMES)
    got = [in_shell(world, line, ["IPCX_NAME", "IPCX_REF"]) for line in r.lines]
    assert {unescape(name.decode()) for name, _ in got} == {b"/" + n for n in NAMES}
    for _, ref in got:
        found = world.ipcx("ls", ref.decode(), "--json").json["objects"]
        assert [unpercent(o["ref"]) for o in found] == [unpercent(ref.decode())]


@pytest.mark.parametrize("format", ["table", "raw", "export"])
@pytest.mark.parametrize("command", ["ls", "show", "rm -v", "set -v", "rm --dry-run", "ls -v", "ls missing", "rm refused", "mk there"])
def test_no_control_byte_of_a_name_is_printed(world, format, command):
    make_names(world)
    refs = [o["ref"] for o in world.objects()]
    missing = [f"mq:/no%{c:02x}where" for c in (*range(1, 32), *range(0x7e, 0xa0), 0xff)] + ["mq:/no\u202ewhere"]
    words = {"ls": ["ls"], "show": ["show", *refs], "rm -v": ["rm", "-v", *refs], "set -v": ["set", "-v", *refs, "--mode", "0640"],
             "rm --dry-run": ["rm", "--dry-run", *refs], "ls -v": ["ls", "-v"], "ls missing": ["ls", *missing], "rm refused": ["rm", *refs],
             "mk there": None}[command]
    if words:
        results = [world.ipcx(*words, "--format", format, **({"uid": 1000} if command == "rm refused" else {}))]
    else:
        results = [world.ipcx("mk", ref, *(["--size=1"] if ref.startswith("pshm:") else []), "--format", format) for ref in refs]
        assert all(r.rc == 1 and "exists" in r.err for r in results)
    for r in results:
        for text in (r.stdout, r.stderr):
            assert not unsafe(text.decode("utf-8", "strict"))


@pytest.mark.parametrize("words", [["ls"], ["ls", "--format", "csv"], ["ls", "--format", "export"], ["ls", "--format", "raw"], ["ls", "--json"],
                                   ["ls", "--format", "jsonl"], ["show"], ["rm", "-v", "--yes", "--all"]], ids=" ".join)
def test_no_control_byte_of_a_name_reaches_a_terminal(world, words):
    make_names(world)
    more = {"show": [o["ref"] for o in world.objects()], "rm": ["posix"]}.get(words[0], [])
    status, text = on_terminal(world, *words, *more, env={"NO_COLOR": "1"})
    if "--json" in words or "jsonl" in words:  # text of others is in quotes, as JSON requires
        text = "".join(c for c in text if c not in "\u202e\u2066\u200b")
    assert status == 0 and not unsafe(text)


@pytest.mark.parametrize("mech", ["mq", "pshm", "psem"])
def test_names_given_on_the_command_line_are_escaped(world, mech):
    words = [w.replace("/x", "/esc\x1b[31m\n\a") for w in MAKE[mech]]
    status, text = on_terminal(world, "mk", *words)
    assert status == 0 and not unsafe(text) and "esc" in text
    r = world.ipcx("mk", *[w.replace("esc", "again") for w in words])
    assert r.out == "/again\x1b[31m\n\a\n", "a script gets the bytes"
    assert len(world.objects(mech)) == 2


@pytest.mark.parametrize("command", ["show", "set --mode 0600", "rm"])
def test_references_round_trip(world, command):
    make_names(world)
    rows = world.objects()
    refs = [o["ref"] for o in rows]
    assert len(set(refs)) == 3 * len(NAMES)
    assert all(re.fullmatch(r"[!-~\u00a1-\U0010ffff]+", ref) and not unsafe(ref) for ref in refs)
    for ref in refs:
        r = world.sh(f'"$IPCX" {command} $REF --json', env={"REF": ref})  # unquoted: neither split nor expanded
        assert r.rc == 0 and [o["ref"] for o in r.json["objects"]] == [ref], (ref, r.err)
    if command == "rm":
        assert world.sh("ls -A /dev/shm").out == "" and world.objects() == []


# ---- tables


def segments(world):
    """A realistic worst case: large ids, sizes and attaches, and an object that is locked and removed."""
    segment(world, 1023 << 30, "--id", "2147418175", "--key", "0xffffffff")
    world.ok("mk", "shm", "--size", "1023K", "--owner", "4000000000:0", "--mode", "0666")
    world.ok("mk", "msg", "--id", "2147418175", "--key", "0xffffffff", "--owner", "4000000000:4000000000")
    world.ok("mk", "sem", "--nsems", "32000", "--id", "2147418175", "--key", "0xffffffff", "--owner", "4000000000")


def test_default_columns_fit_80(world):
    world.sysctl("kernel.shmmax", str(2 ** 63))
    segments(world)
    world.ok("mk", "mq", "/a-name-of-some-length", "--maxmsg", "10", "--msgsize", "8192")
    world.ok("mk", "pshm", "/PostgreSQL.3852145986", "--size", "1023K")
    world.ok("mk", "psem", "/a-name-of-some-length", "--init", "2147483647")
    shm = world.ok("mk", "shm", "--size", "1023M", "--noreserve", "--lock")
    kernel(world, "for n in range(3): msgsnd(args[0], 1, b'x' * 5000)", 2147418175)
    with background(world, helper("objects"), "dest", shm):
        r = world.ipcx("ls")
        assert "dest,locked" in r.out and r.rc == 0
        assert max(columns(line) for line in r.lines) <= 80, r.out
    for words in (["limits"], ["limits", "--for", "shm:2x64K"], ["limits", "--for", "sem:10x10"], ["limits", "--for", "mq:2x10x1K"],
                  ["key", "--explain", "shm:2147483647"], ["rm", "sysv", "--all", "--dry-run"]):
        r = world.ipcx(*words)
        assert max(columns(line) for line in r.lines) <= 80, r.out


def cut(lines):
    """Return the cells of a table, split where every line has two blanks or where a heading begins."""
    return [re.split(r" {2,}", line.strip()) for line in lines]


@pytest.mark.parametrize("mech", MECHS)
def test_columns_are_always_separated(world, mech):
    for n in range(3):
        world.ok("mk", *(w.replace("/x", f"/{'日本' * n * 20}{n}") for w in MAKE[mech]),
                 "--owner", str(10 ** (3 * n)))
    for words in ([], ["--bytes"], ["--numeric"], ["--no-headings"], ["--bytes", "--numeric"]):
        lines = world.ipcx("ls", mech, *words).lines
        cells = cut(lines)
        assert len({len(c) for c in cells}) == 1, lines
        if "--no-headings" in words:
            assert len(lines) == 3 and not lines[0].startswith(("ID", "NAME"))
    assert len({len(c) for c in cut(world.ipcx("ls", mech, "-o", "all").lines)}) == 1


def starts(line):
    """Return the columns in which the cells of a line begin."""
    found, at, blank = [], 0, 2
    for c in line:
        if c != " " and blank >= 2:
            found.append(at)
        blank = blank + 1 if c == " " else 0
        at += columns(c)
    return found


def test_wide_names_keep_columns_aligned(world):
    make_names(world, [n for n in NAMES if len(n) < 200])
    lines = world.ipcx("ls", "pshm").lines
    assert len(lines) == 1 + len([n for n in NAMES if len(n) < 200])
    owner = starts(lines[0])[1]
    assert {starts(line)[1] if not line.startswith("/a b") else owner for line in lines} == {owner}


def test_a_wide_cell_after_the_measured_rows_keeps_its_gap(world):
    kernel(world, "for n in range(1200): open('/dev/shm/%04d' % n, 'w')\nopen('/dev/shm/' + 'x' * 200, 'w')")
    lines = world.ipcx("ls", "pshm").lines
    assert len(lines) == 1202
    assert {len(c) for c in cut(lines)} == {len(cut(lines)[0])}


def test_headings_can_be_left_out(world):
    make_all(world)
    for words in (["ls", "shm"], ["ls", "-o", "ref,size"], ["limits"], ["ls", "--format", "csv", "-o", "ref,size"]):
        with_, without = world.ipcx(*words).lines, world.ipcx(*words, "--no-headings").lines
        assert len(with_) == len(without) + 1
        assert [line.split()[0] for line in with_[1:]] == [line.split()[0] for line in without]


def test_references_are_the_same_everywhere(world):
    make_names(world)
    refs = [o["ref"] for o in world.objects()]
    for format in FORMATS:
        for text in (world.ipcx("ls", "-o", "ref", "--format", format).out, on_terminal(world, "ls", "-o", "ref", "--format", format)[1]):
            assert re.findall(r"(?:mq|pshm|psem):/[^\s\"]+", text) == refs, format


def test_sizes_for_people_and_to_the_byte(world):
    for size in (1023, 1024, 1536, 10239, 10240, 2 ** 20, 5 * 2 ** 30 + 1):
        segment(world, size)
    sizes = world.ipcx("ls", "shm", "--no-headings", "-o", "size").out.split()
    assert sizes == ["1023", "1K", "1.5K", "9.9K", "10K", "1M", "5G"]
    exact = ["1023", "1024", "1536", "10239", "10240", "1048576", "5368709121"]
    assert world.ipcx("ls", "shm", "--no-headings", "-o", "size", "--bytes").out.split() == exact
    for format in ("csv", "raw"):
        assert world.ipcx("ls", "shm", "--no-headings", "-o", "size", "--format", format).out.split() == exact


def test_numbers_instead_of_names(world):
    world.ok("mk", "shm", "--size", "1", "--owner", "root:root")
    world.ok("mk", "shm", "--size", "1", "--owner", "4000000000:4000000001")
    assert [o["owner"] for o in world.objects("shm")] == ["root", "4000000000"]
    for words in (["-n"], ["--numeric"]):
        assert [(o["owner"], o["group"]) for o in world.objects("shm", *words)] == [("0", "0"), ("4000000000", "4000000001")]
        assert "root" not in world.ipcx("ls", "shm", *words).out
        assert "root" not in world.ipcx("show", "shm:0", *words).out


# ---- order


def order(world, sort, *words):
    r = world.ipcx("ls", *words, "--sort", sort, "--json", "-o", "all")
    assert r.rc == 0 and all(re.search("the idle time of|page sizes|user_count|in use|outside this /proc", line) for line in r.err.splitlines()), r.err
    return r.json["objects"]


def test_sort_orders(world):
    for n, (size, mode) in enumerate([(9, "0600"), (100, "0644"), (9, "0444"), (2 ** 40, "0600"), (100, "0600")]):
        segment(world, size, "--mode", mode, "--key", hex(0x100 - n))
    world.ok("mk", "sem", "--nsems", "3")
    world.ok("mk", "psem", "/b", "--init", "7")
    world.ok("mk", "psem", "/a", "--init", "7")

    def ids(sort, *more):
        return "".join(o["ref"][-1] for o in order(world, sort, "shm", *more))

    assert ids("size") == "02143"
    assert ids("-size") == "31402"
    assert ids("size,mode") == "20413"
    assert ids("-size,mode") == "34120"
    assert ids("mode,-size") == "23401"
    assert ids("key") == "43210"
    assert ids("SIZE") == "02143"
    assert [o["name"] for o in order(world, "value,name", "psem")] == ["/a", "/b"]
    assert [o["name"] for o in order(world, "value,-name", "psem")] == ["/b", "/a"]


def test_sort_puts_unknown_values_first_or_last(world):
    make_all(world)
    sizes = [o.get("size") for o in order(world, "size")]
    assert sizes == [None] * 4 + [4096] * 2
    assert [o.get("size") for o in order(world, "-size")] == [4096] * 2 + [None] * 4
    assert [o.get("nsems") for o in order(world, "-nsems,ref")] == [2] + [None] * 5


def test_sort_works_in_every_format_and_table(world):
    for size in ("3K", "1K", "2K"):
        world.ok("mk", "shm", "--size", size)
    for format in FORMATS:
        text = world.ipcx("ls", "shm", "--sort", "size", "-o", "id", "--format", format).out
        assert re.sub(r"[^012]", "", text.replace('"ipcx":1', "")) == "120", format
    for words in (["show", "shm", "0", "1", "2"], ["set", "shm", "0", "1", "2", "--mode", "0600"], ["rm", "shm", "--all", "--dry-run"],
                  ["rm", "shm", "0", "1", "2"]):
        r = world.ipcx(*words, "--sort", "-size", "--json")
        assert [o["id"] for o in r.json["objects"]] == [0, 2, 1], words
    r = world.ipcx("mk", "shm", "sem", "shm:0x5", "--size", "1", "--nsems", "1", "--sort", "-mech,-key", "--json")
    assert [o["mech"] + o["key"][-1] for o in r.json["objects"]] == ["shm5", "shm0", "sem0"]
    names = world.ipcx("limits", "--sort", "-name", "--json").json["limits"]
    assert [o["name"] for o in names] == sorted((o["name"] for o in names), reverse=True)


@pytest.mark.parametrize("words", [["--sort", "nothing"], ["--sort", ""], ["--sort", "-"], ["--sort", "size,"], ["--sort", ",size"], ["--sort", "--size"],
                                   ["-o", "nothing"], ["-o", ""], ["-o", "size,"], ["-o", ",size"], ["-o", "+"], ["-o", "siz"], ["--format", "xml"],
                                   ["--format", ""], ["--format", "JSON"], ["--json", "--format", "csv"], ["--colour", "maybe"], ["--colour", ""]],
                         ids=" ".join)
@pytest.mark.parametrize("command", [["ls"], ["limits"], ["key", "/etc"], ["rm", "sem:0"], ["set", "sem:0", "--mode", "0644"], ["mk", "sem", "--nsems", "1"],
                                     ["show", "sem:0"]], ids=lambda c: c[0])
def test_wrong_output_options_do_nothing(world, command, words):
    world.ok("mk", "sem", "--nsems", "1")
    for more in ([], ["--json"]):
        r = world.ipcx(*command, *words, *([] if "--format" in words else more))
        assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ") and (words[0] in r.err or "no field" in r.err)
    assert [(o["ref"], o["mode"]) for o in world.objects()] == [("sem:0", "0600")]


def test_an_unknown_field_is_refused_with_a_list_of_fields(world):
    r = world.ipcx("ls", "shm", "-o", "ref,nsems")
    assert r.rc == 2 and "'nsems'" in r.err and "nattch" in r.err and " semzcnt" not in r.err


# ---- colour


BOLD, PLAIN = "\033[1m", "\033[0m"


@pytest.mark.parametrize("words", [["ls"], ["ls", "shm"], ["show", "sem:0"], ["limits"]], ids=" ".join)
def test_colour_is_for_terminals(world, words):
    make_all(world)
    assert "\033" not in world.ipcx(*words).out
    status, text = on_terminal(world, *words)
    assert status == 0 and BOLD in text and text.count(BOLD) == text.count(PLAIN)
    for env, more in (({"NO_COLOR": "1"}, []), ({}, ["--colour", "never"]), ({"NO_COLOR": "0"}, []), ({}, ["--format", "csv"]), ({}, ["--json"])):
        assert "\033" not in on_terminal(world, *words, *more, env=env)[1]
    assert BOLD in on_terminal(world, *words, env={"NO_COLOR": ""})[1]
    assert BOLD in world.ipcx(*words, "--colour", "always").out
    assert BOLD in on_terminal(world, *words, "--colour", "always", env={"NO_COLOR": "1"})[1]
    plain = re.sub(r"\033\[\d+m", "", on_terminal(world, *words)[1])
    assert len(plain.splitlines()) == len(world.ipcx(*words).lines)


def test_blocks_are_for_people(world):
    make_all(world)
    r = world.ipcx("ls")
    labels = [m["label"] for m in MECHS.values()]
    assert [line for line in r.lines if line in labels] == labels
    assert r.out.count("\n\n") == len(labels) - 1
    world.ok("rm", "shm:0", "sem:0")
    assert [line for line in world.ipcx("ls").lines if line in labels] == [m["label"] for m in MECHS.values() if m["name"] not in ("shm", "sem")]
    assert MECHS["shm"]["label"] not in world.ipcx("ls", "msg").out
    both = world.ipcx("ls", "shm", "msg").lines
    assert MECHS["shm"]["label"] in both and MECHS["msg"]["label"] in both, "what was named is shown, empty too"
    flat = world.ipcx("ls", "-o", "ref,owner").lines
    assert len(flat) == 1 + 4 and flat[0].split() == ["REF", "OWNER"]
    assert json.loads(world.ipcx("ls", "--json").out)["objects"][0]["ref"] == "msg:0"
