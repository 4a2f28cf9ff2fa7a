# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line itself: help, versions, options in every position, and wrong usage, which does nothing and is explained."""

import os
import re

import pytest

from conftest import IPCX
from helpers.real import COMMANDS, DUMP, FIELDS, FORMATS, MECHS
from helpers.tools import make_all

VISIBLE = [c for c in DUMP["commands"] if not c["hidden"]]


@pytest.mark.parametrize("command", VISIBLE, ids=lambda c: c["name"])
def test_summaries_are_imperative_phrases(command):
    """Summaries are used as headings of pages, in `ipcx help` and in completions."""
    assert re.fullmatch(r"[A-Z][a-z]+ [^.]*[^.\s]|[A-Z][a-z]+, [a-z]+ and [a-z]+ [^.]*[^.\s]", command["summary"]), command["summary"]


BY_NAME = {c["name"]: c for c in DUMP["commands"]}
SHEETS = [c["name"] for c in VISIBLE if any(o["name"] == "json" for o in c["options"])]
# A valid call of each command, so that only the word under test is wrong.
GOOD = {"ls": ["ls"], "show": ["show", "shm:0"], "who": ["who"], "waits": ["waits"],
        "mk": ["mk", "msg"], "rm": ["rm", "shm:0"], "set": ["set", "shm:0", "--mode", "0640"],
        "limits": ["limits"], "limits set": ["limits", "set", "shmmni=50"], "df": ["df"], "metrics": ["metrics"], "key": ["key", "/etc"],
        "doctor": ["doctor"], "check": ["check"], "why": ["why", "shmget", "EINVAL", "size=0"], "help": ["help"], "compat": ["compat"],
        "sem get": ["sem", "get", "sem:0"], "sem set": ["sem", "set", "sem:0", "0=1"], "sem op": ["sem", "op", "sem:0", "0+1"],
        "sem wait": ["sem", "wait", "sem:0", "--no-wait"], "sem post": ["sem", "post", "sem:0"], "sem run": ["sem", "run", "sem:0"],
        "psem get": ["psem", "get", "/x"], "psem wait": ["psem", "wait", "/x"], "psem post": ["psem", "post", "/x"],
        "psem run": ["psem", "run", "/x"],
        "ns ls": ["ns", "ls"], "ns show": ["ns", "show", "self"], "ns cmp": ["ns", "cmp", "self", "self"], "ns enter": ["ns", "enter", "self"],
        **{f"{m} {verb}": [m, verb, ref] for m, ref in (("shm", "0"), ("pshm", "/x")) for verb in ("read", "write", "fill")},
        "shm copy": ["shm", "copy", "0", "0"], "pshm copy": ["pshm", "copy", "/x", "/x"],
        "ns new": ["ns", "new"], "ns pin": ["ns", "pin", "self", "a"], "ns unpin": ["ns", "unpin", "a"],
        **{f"{m} {verb}": [m, verb, ref, *more] for m, ref in (("msg", "msg:0"), ("mq", "mq:/x")) for verb, more in
           (("send", ["hello"]), ("recv", ["--no-wait"]), ("peek", []), ("drain", ["-"]), ("load", ["/dev/null"])) if (m, verb) != ("mq", "peek")},
        "stress": ["stress", "shm", "--workload", "churn", "--ops", "10"],
        "stress compare": ["stress", "compare", "pipe", "--workload", "one-way", "--ops", "10"],
        "mq notify": ["mq", "notify", "mq:/x", "--no-wait"]}


# Plug-ins of monitoring systems: --help is no OK there.
PLUGINS, PLUGIN_HELP = {"check"}, 3


def state(world):
    """Return everything that a command could have changed."""
    return world.steady() + [world.sysctl("kernel.shmmni")]


def refused(world, *words, says="", command=None, **more):
    """Check for wrong usage: status 2, nothing on stdout, an explanation with a pointer to help, nothing done."""
    r = world.ipcx(*words, **more)
    if command in PLUGINS:  # tests/cli/test_check.py
        assert r.rc == 3 and r.err == "" and r.out.startswith("IPC UNKNOWN - ") and says in r.out
        return r
    assert (r.rc, r.out) == (2, ""), (words, r.rc, r.out, r.err)
    lines = r.err.splitlines()
    assert len(lines) == 2 and all(line.startswith("ipcx: ") for line in lines), r.err
    assert says in lines[0], r.err
    hint = f"'ipcx {command} --help' shows its usage" if command else "'ipcx --help' lists the commands"
    assert lines[1] == "ipcx: note: " + hint
    return r


def test_every_command_has_a_valid_call_here():
    assert set(GOOD) == {c["name"] for c in VISIBLE}


# ---- help


def test_ipcx_alone_prints_its_usage(world):
    r, asked = world.ipcx(), world.ipcx("--help")
    assert r.rc == 2 and asked.rc == 0 and r.out == asked.out and r.err == asked.err == ""
    assert r.out.startswith("Usage: ipcx ") and all(len(line) <= 80 for line in r.out.splitlines())
    for word in [*(c["name"] for c in VISIBLE), *(m["label"] for m in MECHS.values()), *(f"--{o['name']}" for o in DUMP["options"])]:
        assert re.search(rf"^ .*{re.escape(word)}\b", r.out, re.M), word
    assert not any(re.search(rf"^ +{c['name']}\b", r.out, re.M) for c in DUMP["commands"] if c["hidden"])
    assert world.ipcx("help").out == world.ipcx("-h").out == r.out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(world, name):
    words = name.split()
    text = world.ok("help", *words)
    assert text.startswith(f"Usage: ipcx {name} ") and BY_NAME[name]["operands"] in text.splitlines()[0]
    assert world.ok("--help", *words) == text
    for more in ([*words, "--help"], [*words, "-h"], [*words, "--help", "x"], [*words, "x", "-h"]):
        if BY_NAME[name]["operands"].startswith(("[--]", "[ipcs")) and more[-1] == "-h" and "x" in more:
            continue  # words after a command to run belong to that command
        r = world.ipcx(*more)
        assert (r.rc, r.out.rstrip("\n"), r.err) == (PLUGIN_HELP if name in PLUGINS else 0, text, ""), more
    for option in BY_NAME[name]["options"] + DUMP["options"]:
        told = re.search(rf"^ .*--{option['name']}\b", text, re.M)
        assert bool(told) != option["hidden"], option
        if told:
            assert option["help"] in re.sub(r"\s+", " ", text) and (not option["letter"] or f"-{option['letter']}, " in told[0])
    for example in BY_NAME[name]["examples"]:
        assert f"  {example['line']}\n" in text
    end = text[text.index("\nExit status:\n") + 14:]
    told = re.sub(r"\n {5,}", " ", end).splitlines()
    exits = BY_NAME[name]["exits"]
    assert told == [f"  {'any other' if e['status'] is None else e['status']}  {e['text']}" for e in exits]
    assert [e["status"] for e in exits][:3] == [0, 1, 2]
    assert all(line == line.rstrip() and "\t" not in line and len(line) <= 80 for line in text.splitlines())


def test_help_is_aligned(world):
    """Widths are measured as on a terminal, because an option's argument may contain any character."""
    wide = [(c, o) for c, options in ((c["name"], c["options"]) for c in DUMP["commands"] if not c["hidden"])
            for o in options if not (o["arg"] or "").isascii() and not o["hidden"]]
    assert wide, "nothing to see"
    for command, option in wide:
        told = [line for line in world.ok("help", *command.split()).splitlines() if option["help"] in line]
        assert [line.index(option["help"]) for line in told] == [28], told


def test_help_of_limits_refers_to_limits_set(world):
    assert re.search(r"^ +ipcx limits set NAME=VALUE", world.ok("help", "limits"), re.M)


@pytest.mark.parametrize("words", [["frob"], ["ls", "frob"], ["limits", "frob"], [""], ["shm"], ["--frob"], ["limits", "set", "x"]], ids=" ".join)
def test_help_of_an_unknown_command(world, words):
    refused(world, "help", *words, command="help")


@pytest.mark.parametrize("words", [["--version"], ["-V"], ["ls", "--version"], ["limits", "set", "-V"], ["rm", "all", "--all", "--version"]], ids=" ".join)
def test_version(world, words):
    make_all(world)
    before = state(world)
    assert world.ok(*words) == f"ipcx {DUMP['version']}"
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?\S*", DUMP["version"])
    assert state(world) == before


@pytest.mark.parametrize("name", GOOD)
def test_help_does_nothing_else(world, name):
    make_all(world)
    before = state(world)
    assert world.ipcx(*GOOD[name], "--help").rc == (PLUGIN_HELP if name in PLUGINS else 0)
    assert state(world) == before


# ---- commands


@pytest.mark.parametrize("word", ["frob", "LS", "l", "lss", "", "frobshm", "limits set", "-", "--", "esc\033[31m\n", "日本"])
def test_an_unknown_command(world, word):
    words = [word, "x"] if word != "--" else ["--", "frob"]
    r = refused(world, *words, says="frob" if word == "--" else "no command")
    assert "\033" not in r.err


def test_a_command_after_two_dashes(world):
    assert world.ok("--", "ls") == ""


def test_a_word_after_limits_is_a_limit_unless_it_is_the_word_set(world):
    refused(world, "limits", "sett", says="sett: no such limit", command="limits")
    refused(world, "limits", "set", "sett=1", says="sett: no such limit", command="limits set")
    refused(world, "limits", "set", command="limits set")


# ---- options


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("option", ["--frob", "--frob=1", "-Q", "-vQ"])
def test_an_unknown_option(world, name, option):
    make_all(world)
    before = state(world)
    refused(world, *GOOD[name], option, says="-Q" if "Q" in option else "--frob", command=name)
    refused(world, *name.split(), option, *GOOD[name][len(name.split()):], command=name)
    assert state(world) == before


def test_an_unknown_letter_may_have_several_bytes(world):
    refused(world, "ls", "-é", says="unknown option '-\\xc3'", command="ls")
    r = world.ipcx("compat", "ipcs", "-é")
    assert (r.rc, r.out, r.lines + r.err.splitlines()[:1]) == (1, "", ["ipcs: invalid option -- '\\xc3'"])


@pytest.mark.parametrize("option", ["--frob", "-Q", "--json", "-n", "--where=1"])
def test_an_option_of_a_command_before_the_command(world, option):
    refused(world, option, "ls")


@pytest.mark.parametrize("words,says", [(["ls", "--format"], "--format"), (["ls", "-o"], "-o"), (["ls", "-w"], "-w"), (["ls", "--sort"], "--sort"),
                                        (["mk", "shm", "--size"], "--size"), (["limits", "--for"], "--for"), (["set", "shm:0", "--mode"], "--mode"),
                                        (["key", "--reverse"], "--reverse"), (["ls", "shm", "-qo"], "-o"), (["ls", "shm", "--form"], "--format")])
def test_a_missing_argument_is_reported(world, words, says):
    refused(world, *words, says=f"'{says}' needs an argument", command=words[0])


@pytest.mark.parametrize("command,option,values", [
    (["mk", "shm", "--size=1"], "size", ["", "x", "-1", "+1", "1.5.5", "4Q", "1 K", "18446744073709551616", "16E"]),
    (["mk", "shm", "--size=1"], "mode", ["", "8", "0o600", "01777", "rw", "-1"]), (["mk", "shm", "--size=1"], "key", ["", "x", "0x100000000", "08", "-010"]),
    (["mk", "shm", "--size=1"], "id", ["", "-1", "x", "2147483648"]), (["mk", "shm", "--size=1"], "count", ["", "-1", "x", "1.5"]),
    (["mk", "sem"], "nsems", ["", "x", "-1"]), (["mk", "shm", "--size=1"], "huge", ["3M", "x", "0", "-1"]),
    (["set", "shm:0"], "mode", ["", "8", "0o600", "01777"]), (["set", "msg:0"], "qbytes", ["x", "-1"]), (["key", "/etc"], "reverse", ["", "x", "0x100000000"])],
    ids=lambda x: " ".join(x) if isinstance(x, list) else x)
def test_an_invalid_value_is_reported_with_its_option(world, command, option, values):
    make_all(world)
    before = state(world)
    for value in values:
        refused(world, *command, f"--{option}={value}", says=f"--{option}: '{value}' is ", command=command[0])
    assert state(world) == before


@pytest.mark.parametrize("words,says", [(["ls", "--json=1"], "--json"), (["ls", "--no-headings=yes"], "--no-headings"), (["rm", "--all=x"], "--all")])
def test_an_extra_argument_is_reported(world, words, says):
    refused(world, *words, says=says, command=words[0])


@pytest.mark.parametrize("short,long", [(["--js"], ["--json"]), (["--form", "raw"], ["--format", "raw"]), (["--out=ref"], ["--output=ref"]),
                                        (["--no-h"], ["--no-headings"]), (["--num"], ["--numeric"]), (["--wh", "size > 1"], ["--where", "size > 1"])])
def test_long_options_may_be_abbreviated(world, short, long):
    make_all(world)
    ls = ["ls", "-o", "ref,owner,mode,size,ctime"]  # nothing that changes by itself
    assert world.ok(*ls, *short) == world.ok(*ls, *long)


def test_an_abbreviation_of_two_options_is_refused(world):
    refused(world, "mk", "shm", "--s", "4K", says="ambiguous option '--s'", command="mk")


def test_options_in_every_position_and_spelling(world):
    make_all(world)
    want = world.ok("ls", "shm", "-o", "ref", "--no-headings")
    assert want == "shm:0"
    for words in (["ls", "-o", "ref", "shm", "--no-headings"], ["ls", "-oref", "--no-headings", "shm"], ["ls", "--output", "ref", "--no-headings", "shm"],
                  ["ls", "--output=ref", "shm", "--no-headings"], ["ls", "-no", "ref", "shm", "--no-headings"], ["ls", "-noref", "--no-headings", "--", "shm"],
                  ["-v", "ls", "shm", "-o", "ref", "--no-headings"]):
        assert world.ok(*words) == want, words


def test_repeated_options(world):
    """tests/truth/test_repeated.py covers all options."""
    make_all(world)
    assert world.ok("ls", "shm", "-o", "size", "-o", "ref", "--no-headings", "--no-headings", "--bytes") == "4096  shm:0"
    refused(world, "ls", "shm", "--format", "json", "--format", "raw", command="ls")


def test_two_dashes_end_the_options(world):
    """Names and files may begin with a dash."""
    world.ok("mk", "pshm", "--size", "1", "--", "-r")
    assert [o["ref"] for o in world.objects()] == ["pshm:/-r"]
    assert world.ok("ls", "-o", "ref", "--no-headings", "--", "pshm", "-r") == "pshm:/-r"
    assert world.ipcx("rm", "--", "pshm", "-r").rc == 0 and world.objects() == []
    refused(world, "ls", "--", "--json", command="ls")


def test_options_end_at_the_first_operand_with_posixly_correct(world):
    make_all(world)
    env = {"POSIXLY_CORRECT": "1"}
    refused(world, "ls", "shm", "--json", command="ls", env=env)
    assert world.ipcx("ls", "--json", "shm", env=env).json["objects"][0]["ref"] == "shm:0"


@pytest.mark.parametrize("name", SHEETS)
@pytest.mark.parametrize("words,says", [
    (["--format", "xml"], "'xml' is not"), (["--format", ""], "is not"), (["--format", "JSON"], "'JSON' is not"), (["--json", "--format", "csv"], "contradict"),
    (["-o", "frob"], "'frob'"), (["-o", ""], "no field"), (["-o", "ref,,size"], "no field"), (["-o", "key,"], "no field"),
    (["--sort", "frob"], "'frob'"), (["--sort", ""], "no field"), (["--sort", "-"], "no field"), (["--colour", "blue"], "'blue'")],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_wrong_output_options_stop_a_command_before_it_acts(world, name, words, says):
    make_all(world)
    before = state(world)
    refused(world, *GOOD[name], *words, says=says, command=name)
    assert state(world) == before


@pytest.mark.parametrize("name", SHEETS)
def test_every_format_of_the_table_is_known(world, name):
    for format in FORMATS:
        make_all(world) if format == FORMATS[0] else None
        words = [w.replace("shm:0", world.objects("shm")[0]["ref"]) for w in GOOD[name]]
        assert world.ipcx(*words, *(["--dry-run"] if name == "rm" else []), "--format", format).rc == 0


@pytest.mark.parametrize("mech", MECHS)
def test_a_field_of_another_mechanism_is_refused_with_a_list(world, mech):
    mine = {n for n, f in FIELDS.items() if mech in f["mechs"]}
    for other in sorted({n for n, f in FIELDS.items() if f["mechs"]} - mine):
        r = refused(world, "ls", mech, "-o", f"ref,{other}", says=f"'{other}'", command="ls")
        assert set(r.err.splitlines()[0].split("there are:")[1].split()) == mine


def test_fields_ignore_case(world):
    make_all(world)
    assert world.ok("ls", "-o", "REF,Size", "--sort", "SIZE") == world.ok("ls", "-o", "ref,size", "--sort", "size")


# ---- operands


@pytest.mark.parametrize("words", [["show"], ["show", "shm"], ["show", "all"], ["rm"], ["rm", "shm"], ["set"], ["set", "shm", "--mode", "0600"], ["set", "shm:0"],
                                   ["mk"], ["mk", "frob"], ["mk", "all"], ["mk", "sysv"], ["rm", "--all"],
                                   ["ls", "frob"], ["ls", "5"], ["ls", "shm:"], ["ls", ":5"], ["ls", ""], ["ls", "shm", ""], ["ls", "all", "5"]], ids=" ".join)
def test_invalid_operands(world, words):
    make_all(world)
    before = state(world)
    r = world.ipcx(*words)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ") and f"'ipcx {words[0]} --help'" in r.err, r.err
    assert state(world) == before


def test_hostile_operands_are_escaped(world):
    bad = "\033[31m\a\u202e\n"
    for words in ([bad], ["ls", bad], ["ls", "--format", bad], ["ls", "-o", bad], ["ls", "--where", bad], ["ls", "--" + bad], ["mk", bad],
                  ["mk", "shm", "--size", bad], ["limits", bad], ["limits", "--for", bad], ["limits", "set", bad], ["help", bad], ["key", bad],
                  ["key", "/etc", bad], ["set", "shm:0", "--mode", bad], ["set", "shm:0", "--owner", bad], ["-" + bad]):
        r = world.ipcx(*words)
        assert r.rc in (1, 2, 3) and r.out == "" and r.err
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", r.err) and all(line.startswith("ipcx: ") for line in r.err.splitlines()), words


def test_a_very_long_line_is_accepted(world):
    r = world.ipcx("ls", *["shm:77777"] * 20000, "--json")
    assert r.rc == 3 and len(r.json["errors"]) == 20000
    refused(world, "ls", "x" * 100000, command="ls")
    refused(world, "ls", "-o", "x" * 100000, command="ls")
    refused(world, "ls", "--sort", ",".join(["size"] * 17), says="more than 16", command="ls")


def test_ipcx_called_by_another_name_behaves_the_same(world):
    link = os.path.join(world.dir, "other")
    os.symlink(IPCX, link)
    r = world.run(link, "frob")
    assert r.rc == 2 and r.err == world.ipcx("frob").err
