# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual pages agree with the program's tables, their examples work, and they render without warnings."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
from conftest import IPCX

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SOURCES = os.path.join(ROOT, "man")
BUILT = os.path.join(os.environ.get("IPCX_BUILD", os.path.dirname(os.path.dirname(IPCX))), "man")
PAGES = sorted(n[: -len(".scd.in")] for n in os.listdir(SOURCES) if n.endswith(".scd.in"))
COLUMNS = 80


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def built(name):
    path = os.path.join(BUILT, name)
    if not os.path.exists(path):
        assert not os.path.exists(os.path.join(BUILT, "ipcx.1")), f"{name} is no page of man/meson.build"
        pytest.skip("built without man pages (scdoc)")
    return path


def render(name):
    """Return a page as shown at 80 columns, and groff's warnings."""
    path = built(name)
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    run = subprocess.run(["groff", "-t", "-man", "-Tutf8", "-Kutf8", "-ww", "-P-cbou", f"-rLL={COLUMNS - 2}n", path],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    return run.stdout.decode(), run.stderr.decode()


def words(text):
    """Remove whatever depends on line breaks."""
    return re.sub(r"\s+", "", text.replace("‐", "").replace("-", "").replace("−", ""))


def page(name):
    """Return the words of a page as it is shown."""
    return words(render(name)[0])


def page_of(command, name="ipcx-{0}.{1}"):
    """Return the page of a command; the page of the old names, which are many commands, is in section 7."""
    first = command["name"].split()[0]
    return name.format(first, 7 if first == "compat" else 1)


def shown(dump):
    return [c for c in dump["commands"] if not c["hidden"] and c["name"] != "help"]


def literal_lines(text):
    return [line for block in re.findall(r"^```\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()]


def literal(name):
    """Return the lines of a template's literal blocks."""
    return literal_lines(read(os.path.join(SOURCES, name + ".scd.in")))


def test_every_command_has_its_page_with_all_its_options_and_examples(dump):
    for c in shown(dump):
        text = page(page_of(c))
        assert words(f"ipcx {c['name']} [OPTIONS]") in text
        for o in [*c["options"], *dump["options"]]:
            names = f"-{o['letter']}, --{o['name']}" if o["letter"] else f"--{o['name']}"
            arg = (f"[={o['arg']}]" if o["optional"] else o["arg"]) if o["arg"] else ""
            assert o["hidden"] or words(names + arg + o["help"]) in text, (c["name"], o["name"])
        for e in c["examples"]:
            assert words(e["line"]) in text, e["line"]


def test_ipcx_1_lists_every_command(dump):
    text = page("ipcx.1")
    for c in shown(dump):
        assert words(f"ipcx {c['name']} {c['operands']} {c['summary']}") in text
        assert words(page_of(c, "ipcx-{0}({1})")) in text


def test_man_finds_a_page_by_the_name_of_every_command(dump):
    """`ipcx help` refers to ipcx-COMMAND(1); for example, `man ipcx-ns-enter` shows ipcx-ns(1)."""
    for c in dump["commands"]:
        name = f"ipcx-{c['name'].replace(' ', '-')}.1"
        if not c["hidden"] and name not in PAGES:
            link = re.fullmatch(r"\.so man(\d)/(.+)\n", read(built(name)))
            assert link and link[2] in PAGES and link[2].endswith("." + link[1]), name
            assert link[2] == ("ipcx.1" if c["name"] == "help" else page_of(c)), name


def test_ipcx_1_lists_every_field_mechanism_format_and_exit_status(dump):
    text = page("ipcx.1")
    for f in dump["fields"]:
        assert words(f"{f['name']} ({f['type']}") in text, f["name"]
        assert words(f["doc"]) in text, f["name"]
    for m in dump["mechanisms"]:
        assert words(f"{m['name']} {m['label']}") in text
    for f in dump["formats"]:
        assert words(f"{f['name']} {f['help']}") in text
    for e in dump["exit"]:
        assert words(f"{'any other' if e['status'] is None else e['status']} {e['text']}") in text


def test_each_page_lists_the_exit_statuses_of_its_commands(dump):
    for c in dump["commands"]:
        name = "ipcx-" + c["name"].split()[0]
        if c["hidden"] or c["name"] in ("help", "compat"):
            continue
        text = page(name + ".1")
        text = text[text.index("EXITSTATUS"):]
        for e in c["exits"]:
            assert words(e["text"]) in text, (c["name"], e)


def test_ls_page_warns_about_fields_whose_reading_has_side_effects(dump):
    text = page("ipcx-ls.1")
    traced = [f["name"] for f in dump["fields"] if re.search(r"atime and ctime when|read like qsize", f["doc"])]
    assert len(traced) >= 4
    for name in traced:
        assert name in text


def test_every_limit_is_documented(dump):
    rows = json.loads(subprocess.run([IPCX, "limits", "--json"], stdout=subprocess.PIPE, check=True).stdout)["limits"]
    text = page("ipcx-limits.1")
    for row in rows:
        told = row["name"].startswith("hugepages_") or words(f"{row['name']} ({row['unit']}; {row['source']})") in text
        assert told, row["name"]
    for m in dump["mechanisms"]:
        assert words(f"{m['name']}:{m['need']}") in text or m["lasts"]


@pytest.mark.parametrize("name", PAGES)
def test_page_renders_without_a_warning_and_fits(name):
    text, warnings = render(name)
    assert warnings == ""
    assert [line for line in text.splitlines() if len(line) > COLUMNS] == []
    assert not re.search(r"@[A-Z]+\b.*@", text)


@pytest.mark.parametrize("name", PAGES)
def test_page_has_the_usual_sections(name):
    headings = re.findall(r"^(\S.*)$", render(name)[0], re.M)
    wanted = {"NAME", "DESCRIPTION", "SEE ALSO"}
    wanted |= {"SYNOPSIS", "OPTIONS", "EXAMPLES", "EXIT STATUS"} if name.endswith(".1") else set()
    assert wanted <= set(headings)


@pytest.mark.parametrize("name", PAGES)
def test_page_refers_to_existing_pages(name):
    text = read(built(name + ".scd"))
    for other, section in re.findall(r"\*((?:lib)?ipcx[\w-]*)\*\((\d)\)", text):
        assert os.path.exists(built(f"{other}.{section}")), other


def test_pages_name_only_existing_options(dump):
    known = {o["name"] for c in [*dump["commands"], dump] for o in c["options"]}
    for name in PAGES:
        for option in re.findall(r"\*--([a-z-]+)", read(os.path.join(SOURCES, name + ".scd.in"))):
            assert option in known, (name, option)


def test_ipcx_fleet_7_names_only_existing_metrics(dump):
    named = set(re.findall(r"\bipcx_[a-z_]+", read(os.path.join(SOURCES, "ipcx-fleet.7.scd.in")).replace("\\_", "_")))
    assert len(named) > 5 and named <= {m["name"] for m in dump["metrics"]}


def command_lines():
    """Return the words of each ipcx command in a literal block."""
    for name in PAGES:
        for line in literal(name):
            call = re.match(r"\s*(?:\w+=\$\(|trap '|for \w+ in \$\()?(ipcx .*?)(?:\) \|\| \w+|' EXIT)?$", line)
            if call:
                words_of = shlex.split(re.sub(r"\$\w+", "0x4d2", call[1]))
                end = [i for i, word in enumerate(words_of) if re.match(r"[|>]", word)]
                yield tuple(words_of[1:end[0] if end else None])


@pytest.mark.parametrize("words_of", sorted(set(command_lines())), ids=" ".join)
def test_commands_on_pages_are_accepted(words_of):
    """All options are parsed before --help is obeyed; conditions are parsed in the next test."""
    ours = words_of[:words_of.index("--")] if "--" in words_of else words_of  # the words after it would be run
    run = subprocess.run([IPCX, *ours, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert (run.returncode, run.stderr) == (0, b"")


def conditions():
    text = read(os.path.join(SOURCES, "ipcx-expr.7.scd.in"))
    examples = text[text.index("# EXAMPLES"):]
    yield from (("ls", line) for line in literal_lines(examples))
    for call in command_lines():
        if call[0] != "limits":
            command = call[0] if call[0] in ("df", "doctor", "who") else "ls"
            yield from ((command, word) for option, word in zip(call, call[1:]) if option in ("-w", "--where"))


@pytest.mark.parametrize("command,condition", sorted(set(conditions())))
def test_conditions_on_pages_are_valid(world, command, condition):
    users = "".join(f"{name}:x:{4200 + n}:4200::/:/bin/sh\n" for n, name in enumerate(re.findall(r"(?:owner|creator) [!=]= (\w+)", condition)))
    world.run("sh", "-c", f"cat /etc/passwd - >{world.dir}/passwd; mount --bind {world.dir}/passwd /etc/passwd", input=users)
    if "readers" in condition:  # a field of objects that are listed only when named
        r = world.ipcx("ls", "pipe", "--where", condition)
        assert r.rc == 0 and "cannot be seen" in r.err, r
    elif command == "ls":
        world.ok("ls", "--where", condition)
    else:  # may report what it could not see
        assert world.ipcx(command, "--where", condition).rc == 0


def test_the_error_shown_in_ipcx_expr_7_is_the_real_one(world):
    lines = literal("ipcx-expr.7")
    at = next(i for i, line in enumerate(lines) if line.startswith("$ ipcx "))
    run = world.ipcx(*shlex.split(lines[at])[2:])
    assert run.rc == 2 and words(run.err).startswith(words(" ".join(lines[at + 1:at + 3])))


def test_the_schema_is_built_with_the_pages(dump):
    schema = json.loads(read(built("ipcx.schema.json")))
    assert set(schema["$defs"]["row"]["properties"]) >= {f["name"] for f in dump["fields"]}
    assert schema == json.loads(subprocess.run([IPCX, "help", "--schema"], stdout=subprocess.PIPE, check=True).stdout)


def test_ipcx_json_5_names_every_member_of_a_document():
    schema = json.loads(read(built("ipcx.schema.json")))
    text = render("ipcx-json.5")[0]
    fields = schema["$defs"]["row"]["properties"]
    arrays = [n for n, p in fields.items() if "array" in p["type"]]
    kinds = schema["$defs"]["error"]["properties"]
    for name in [*schema["properties"], *arrays, *kinds, *kinds["kind"]["enum"]]:
        assert re.search(rf"\b{name}\b", text), name


def test_options_of_ipcx_1_work_before_and_after_the_command(world):
    for words_of in ("-v", "rm", "shm", "--all"), ("rm", "-v", "shm", "--all"):
        ref = f"shm:{world.ok('mk', 'shm', '--size', '4K')}"
        run = world.ipcx(*words_of)
        assert run.rc == 0 and ref in run.out and "removed 1 shm" in run.err, words_of
