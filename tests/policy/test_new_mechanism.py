# SPDX-License-Identifier: GPL-2.0-or-later
"""Adding a mechanism takes one new file and two registry lines; then every command supports it."""

import base64
import filecmp
import json
import os
import shutil
import subprocess
import sys

import pytest
from source import ROOT, files, read

REGISTRY = "lib/core/registry.c"
BUILD = "lib/meson.build"


def insert_after(path, before, line):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    at = max(i for i, text in enumerate(lines) if before in text)
    lines[at:at + 1] = line(lines[at])
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


class Toys:
    """An ipcx that supports toys, and a directory of toys."""

    def __init__(self, tree, cwd):
        self.tree, self.cwd = tree, cwd
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def run(self, *words, given=""):
        return subprocess.run([self.tree.build / "cmd/ipcx", *words], cwd=self.cwd, env=self.env, text=True, check=False,
                              input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    def ok(self, *words, given=""):
        run = self.run(*words, given=given)
        assert (run.returncode, run.stderr) == (0, ""), words
        return run.stdout

    def json(self, *words):
        return json.loads(self.ok(*words))

    def load(self, *words):
        """Run a load test, in a fresh namespace."""
        private = os.path.join(ROOT, "tests/private.sh")
        if subprocess.run([private, "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode:
            pytest.skip("no namespaces here")
        return subprocess.run([private, self.tree.build / "cmd/ipcx", "stress", *words], cwd=self.cwd, env=self.env, text=True,
                              check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)


@pytest.fixture(scope="module")
def toy_tree(copied_tree, tmp_path_factory):
    """The copied tree with one more file and two more lines."""
    tree = type(copied_tree)(tmp_path_factory.mktemp("toy"))
    shutil.copytree(copied_tree.top, tree.top, dirs_exist_ok=True, ignore=shutil.ignore_patterns("build"))
    shutil.copy2(os.path.join(ROOT, "tests/policy/toy.c"), tree.path("lib/mech/toy.c"))
    insert_after(tree.path(REGISTRY), "\tline(", lambda last: [last + " \\", "\tline(toy)"])
    insert_after(tree.path(BUILD), "  'mech/psem.c',", lambda last: [last, "  'mech/toy.c',"])
    tree.make()
    return tree


@pytest.fixture
def toys(toy_tree, tmp_path):
    (tmp_path / "toys").mkdir()
    return Toys(toy_tree, tmp_path)


def test_only_the_listed_files_were_changed(copied_tree, toy_tree):
    differ = [f for f in files() if os.path.exists(copied_tree.path(f))
              and not filecmp.cmp(copied_tree.path(f), toy_tree.path(f), shallow=False)]
    assert sorted(differ) == [REGISTRY, BUILD]
    for path in differ:
        before, after = read(path).replace(" \\\n", "\n"), toy_tree.path(path).read_text().replace(" \\\n", "\n")
        lines = after.split("\n")
        new = [line for line in lines if "toy" in line]
        assert len(new) == 1 and [line for line in lines if line not in new] == before.split("\n")


def test_create_change_and_remove(toys):
    assert toys.ok("mk", "toy", "/a", "--size", "5", "--mode", "0600") == "/a\n"
    assert toys.ok("mk", "toy:/b", "--size", "2K") == "/b\n"
    assert "toy:/a exists, owner " in toys.run("mk", "toy", "/a", "--size", "5").stderr
    assert toys.run("mk", "toy", "/a", "--size", "5", "--if-missing").stdout == "/a\n"
    assert toys.ok("set", "toy:/a", "--mode", "0640") == ""
    assert toys.ok("rm", "toy", "/a", "/b") == ""
    assert toys.json("ls", "toy", "--json")["objects"] == []
    gone = toys.run("rm", "toy:/a")
    assert gone.returncode == 3 and "no such toy" in gone.stderr


def test_ls_lists_toys(toys):
    toys.ok("mk", "toy", "/a", "/b", "--size", "2K")
    lines = toys.ok("ls", "toy", "--sort", "name").splitlines()
    assert lines[0].split() == ["NAME", "OWNER", "MODE", "SIZE"]
    assert [line.split()[0::3] for line in lines[1:]] == [["/a", "2K"], ["/b", "2K"]]
    objects = toys.json("ls", "toy", "--json", "--sort", "name")["objects"]
    assert [(o["mech"], o["ref"], o["size"], o["mode"]) for o in objects] == [
        ("toy", "toy:/a", 2048, "0600"), ("toy", "toy:/b", 2048, "0600")]
    assert toys.ok("ls", "toy", "--format", "csv", "--sort", "name", "-o", "ref,size").splitlines() == ["ref,size", "toy:/a,2048", "toy:/b,2048"]
    assert toys.ok("ls", "toy:/b", "-o", "size", "--bytes", "--no-headings").strip() == "2048"


def test_show_shows_toys(toys):
    toys.ok("mk", "toy", "/a", "--size", "5")
    assert toys.ok("show", "toy:/a").splitlines()[0] == "toy:/a: toy"
    shown = toys.json("show", "toy:/a", "--json")["objects"][0]
    assert shown["size"] == 5 and shown["limits"][0]["name"] == "dev_shm"


def test_where(toys):
    toys.ok("mk", "toy", "/a", "--size", "5")
    toys.ok("mk", "toy", "/b", "--size", "2K")
    picked = [o["name"] for o in toys.json("ls", "toy", "--json", "--where", "size > 1K && mech == toy")["objects"]]
    assert picked == ["/b"]
    assert "toy:/b" in toys.ok("rm", "toy", "--where", "size > 1K", "--dry-run")
    toys.ok("rm", "toy", "--where", "size > 1K", "--yes")
    assert [o["name"] for o in toys.json("ls", "toy", "--json")["objects"]] == ["/a"]


def test_missing_abilities_are_refused(toys):
    """The texts come from the mechanism's own tables."""
    run = toys.run("mk", "toy", "/a")
    assert run.returncode == 2 and "toy: a toy needs size" in run.stderr
    run = toys.run("mk", "toy", "/a", "--size", "1", "--nsems", "3")
    assert run.returncode == 2 and "has no nsems" in run.stderr
    toys.ok("mk", "toy", "/a", "--size", "5")
    run = toys.run("set", "toy:/a", "--qbytes", "9")
    assert run.returncode == 2 and "qbytes" in run.stderr
    run = toys.run("ls", "toy", "-o", "nattch")
    assert run.returncode == 2 and "nattch" in run.stderr


def test_limits(toys):
    assert toys.json("limits", "--for", "toy:3x1K", "--json")["needs"][0]["needed"] == 3072


def test_help(toys):
    assert "toy          Toys for tests" in toys.ok("help")


def test_references_are_accepted(toys):
    assert "toy" in toys.run("show", "toi:/a").stderr


def test_completion_offers_toys(toys):
    toys.ok("mk", "toy", "/a", "--size", "5")
    first = [line.split("\t")[0] for line in toys.ok("complete", "--", "ls", "to").splitlines()]
    assert "toy" in first
    live = [line.split("\t")[0] for line in toys.ok("complete", "--", "show", "toy:").splitlines()]
    assert live == ["toy:/a"]
    after = [line.split("\t")[0] for line in toys.ok("complete", "--", "rm", "toy", "/").splitlines()]
    assert "/a" in after


# Verbs of every mechanism with memory, in the order in which the program lists them.
MEMORY = ["read", "write", "fill", "copy"]


def test_memory(toys):
    """The mechanism only defines how its memory is opened; the verbs follow."""
    toys.ok("mk", "toy", "/a", "--size", "5")
    toys.ok("mk", "toy", "/b", "--size", "2K")
    assert toys.ok("toy", "write", "/a", given="hello") == ""
    assert toys.ok("toy", "read", "/a") == "hello" == toys.ok("toy", "read", "toy:/a")
    assert toys.ok("toy", "read", "/a", "--offset", "1", "--length", "3") == "ell"
    assert toys.ok("toy", "copy", "/a", "/b") == "" and toys.ok("toy", "read", "/b", "--length", "5") == "hello"
    assert toys.ok("toy", "fill", "/a", "--byte", "65", "--offset", "3") == "" and toys.ok("toy", "read", "/a") == "helAA"
    assert toys.ok("toy", "fill", "/a") == "" and toys.ok("toy", "read", "/a") == "\0" * 5


def test_messages(toys):
    """The verbs for messages exist, too; the type or priority of a message has the name that the mechanism gives it."""
    toys.ok("mk", "toy", "/a", "--size", "5")
    toys.ok("mk", "toy", "/b", "--size", "5")
    assert toys.ok("toy", "send", "/a", "one") == ""
    assert toys.ok("toy", "send", "/a", "--number", "7", "seven") == ""
    assert [line.split() for line in toys.ok("toy", "peek", "/a").splitlines()[1:]] == [["0", "1", "3", "one"], ["1", "7", "5", "seven"]]
    assert toys.ok("toy", "recv", "/a") == "one"
    assert toys.ok("toy", "drain", "/a", "saved") == ""
    assert toys.ok("toy", "load", "/b", "saved") == ""
    record = json.loads(toys.ok("toy", "recv", "/b", "--format", "json"))
    assert (record["number"], base64.b64decode(record["data"])) == (7, b"seven")
    empty = toys.run("toy", "recv", "/b", "--no-wait")
    assert empty.returncode == 5 and "toy:/b: has no message" in empty.stderr
    much = toys.run("toy", "send", "/a", "--number", "10", "x")
    assert much.returncode == 2 and "a number is 1 to 9, not 10" in much.stderr


def test_memory_errors_use_the_terms_of_the_mechanism(toys):
    toys.ok("mk", "toy", "/a", "--size", "5")
    for words, rc, says in ((["write", "/a"], 1, "toy:/a: standard input does not fit"), (["read", "/none"], 3, "toy:/none: "),
                            (["read"], 2, "toy read needs one reference"), (["fill", "/a", "/b"], 2, "toy fill needs one reference"),
                            (["read", "shm:5"], 2, "'shm:5' is not a reference to toy"), (["copy", "msg:5", "/a"], 2, "msg:5: has no memory")):
        run = toys.run("toy", *words, given="longer")
        assert (run.returncode, run.stdout) == (rc, "") and says in run.stderr, (words, run.stderr)
    assert toys.ok("toy", "read", "/a") == "\0" * 5
    run = toys.run("toy", "read", "--frob")
    assert run.returncode == 2 and "'ipcx toy read --help'" in run.stderr


def test_verbs_that_need_missing_abilities_are_unknown(toys):
    for verb in "op", "notify", "frob":
        run = toys.run("toy", verb, "/a")
        assert run.returncode == 2 and "toy what? " + ", ".join(MEMORY) in run.stderr
    run = toys.run("sem", "read", "5")
    assert run.returncode == 2 and "sem what? get, set, " in run.stderr


def commands(toys, noun):
    return {c["name"].split()[1]: c for c in toys.json("help", "--dump")["commands"] if c["name"].startswith(noun + " ")}


def test_verbs_are_listed(toys):
    """The list of commands, the tables and the completions have the texts about named memory, with the mechanism's terms."""
    listed = [line.split()[1] for line in toys.ok("help").splitlines() if line.startswith("  toy ") and "Toys" not in line]
    offered = [line.split("\t")[0] for line in toys.ok("complete", "--", "toy", "").splitlines()]
    mine, pshm = commands(toys, "toy"), commands(toys, "pshm")
    assert listed == offered == list(mine) and list(mine)[:len(MEMORY)] == MEMORY == list(pshm)
    assert any(line.startswith("toy\t" + ", ".join(MEMORY)) for line in toys.ok("complete", "--", "t").splitlines())
    for verb in MEMORY:
        assert json.loads(json.dumps(pshm[verb]).replace('"pshm ', '"toy ').replace("ipcx pshm ", "ipcx toy ")) == mine[verb]
        assert toys.ok("help", "toy", verb).startswith(f"Usage: ipcx toy {verb} [OPTIONS] ")
    assert "shm or pshm or toy." in mine["copy"]["about"]
    toys.ok("mk", "toy", "/a", "--size", "5")
    assert toys.ok("complete", "--", "toy", "read", "").splitlines()[0].split("\t")[0] == "/a"


def test_manual_pages_are_built(toys, toy_tree, tmp_path):
    """The new noun has no page; existing pages name no mechanism, and the list of commands includes its verbs."""
    for name, words in (("dump", ["help", "--dump"]), ("limits", ["limits", "--json", "-o", "name,unit,source,what"])):
        (tmp_path / name).write_text(toys.ok(*words))
    for page in [f for f in files() if f.startswith("man/") and f.endswith(".scd.in")]:
        out = tmp_path / os.path.basename(page)
        subprocess.run([sys.executable, toy_tree.path("man/expand.py"), tmp_path / "dump", tmp_path / "limits", toy_tree.path("lib/ipcx.h"),
                        toy_tree.path(page), out], check=True)
    assert "*ipcx toy read* REF" in (tmp_path / "ipcx.1.scd.in").read_text()


def test_dump(toys):
    tables = toys.json("help", "--dump")
    info = tables["mechanisms"][-1]
    assert info == {"name": "toy", "label": "Toys for tests", "object": "toy", "group": "posix", "need": "[COUNTx]SIZE",
                    "named": True, "unlisted": False, "lasts": None, "shown": ["name", "owner", "mode", "size"]}
    having = {f["name"] for f in tables["fields"] if "toy" in f["mechs"]}
    assert having == {"mech", "ref", "name", "owner", "uid", "group", "gid", "mode", "size", "ctime", "age", "inode", "device", "ns",
                      "container", "container_uid", "containers", "runtime", "pod", "pod_ns", "systemd_unit"}


def test_rows_match_the_schema(toys):
    """Its rows are like those of other mechanisms."""
    jsonschema = pytest.importorskip("jsonschema")
    toys.ok("mk", "toy", "/a", "--size", "5")
    schema = toys.json("help", "--schema")
    jsonschema.validate(toys.json("show", "toy:/a", "--json"), schema)
    jsonschema.validate(toys.json("ls", "toy", "--json"), schema)


def test_load_of_toys(toys):
    """The job of its driver comes after those of the other mechanisms; no object is left."""
    listed = toys.json("stress", "--list", "--json")["workloads"]
    churn = [(job["mech"], job["what"]) for job in listed if job["workload"] == "churn"]
    assert churn[-1] == ("toy", "toys are created, inspected, changed, opened and removed")
    run = toys.load("toy", "--workload", "churn", "--here", "--ops", "200", "--cpus", "1", "--json")
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    rows = {row["operation"]: row for row in json.loads(run.stdout)["results"]}
    assert list(rows) == ["create", "stat", "change", "remove", "open"]
    for name, row in rows.items():
        assert row["mech"] == "toy" and row["ops"] > 0 and not row["faults"] and not row["errors"], name
    assert not os.listdir(toys.cwd / "toys")


def test_load_is_completed(toys):
    words = [line.split("\t")[0] for line in toys.ok("complete", "--", "stress", "to").splitlines()]
    assert "toy" in words


@pytest.fixture(scope="module")
def toyuse(toy_tree):
    """A program that uses the library of that tree."""
    program = toy_tree.top / "toyuse"
    toy_tree.run("cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", "lib", "-o", str(program), os.path.join(ROOT, "tests/policy/toyuse.c"),
                 f"-L{toy_tree.build}/lib", f"-Wl,-rpath,{toy_tree.build}/lib", "-lipcx")
    return program


def test_library(toys, toyuse):
    """Memory, messages, totals and abilities work without another line anywhere."""
    toys.ok("mk", "toy", "/a", "--size", "5")
    toys.ok("mk", "toy", "/b", "--size", "6")
    run = subprocess.run([toyuse, "toy:/a"], cwd=toys.cwd, env=toys.env, text=True, check=False, stdout=subprocess.PIPE, timeout=60)
    assert run.stdout.splitlines() == [
        "can memory queue peek totals stress",
        "totals 2 11",
        "memory 5 abc",
        "toy:/a: a number is 1 to 9, not 10",
        "toy:/a: Operation not supported",
        "peek 2 two",
        "receive 1 one",
        "receive 2 two",
        "toy:/a: has no message: would have to wait",
    ]
    assert run.returncode == 0
    assert (toys.cwd / "toys/a").read_bytes() == b"\0abc\0"
