# SPDX-License-Identifier: GPL-2.0-or-later
"""Adding a mechanism touches one new file and two registry lines; then every command knows it."""

import filecmp
import json
import os
import shutil
import subprocess

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
    """An ipcx that knows toys, and a directory of them."""

    def __init__(self, tree, cwd):
        self.tree, self.cwd = tree, cwd
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def run(self, *words):
        return subprocess.run([self.tree.build / "cmd/ipcx", *words], cwd=self.cwd, env=self.env, text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    def ok(self, *words):
        run = self.run(*words)
        assert (run.returncode, run.stderr) == (0, ""), words
        return run.stdout

    def json(self, *words):
        return json.loads(self.ok(*words))

    def load(self, *words):
        """A load run; also in a namespace of its own where it is not told to make one."""
        private = os.path.join(ROOT, "tests/private.sh")
        if subprocess.run([private, "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode:
            pytest.skip("no namespaces here")
        return subprocess.run([private, self.tree.build / "cmd/ipcx", "stress", *words], cwd=self.cwd, env=self.env, text=True,
                              check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)


@pytest.fixture(scope="module")
def toy_tree(copied_tree, tmp_path_factory):
    """The copy, with one file and two lines more."""
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


def test_nothing_else_was_touched(copied_tree, toy_tree):
    differ = [f for f in files() if os.path.exists(copied_tree.path(f))
              and not filecmp.cmp(copied_tree.path(f), toy_tree.path(f), shallow=False)]
    assert sorted(differ) == [REGISTRY, BUILD]
    for path in differ:
        before, after = read(path).replace(" \\\n", "\n"), toy_tree.path(path).read_text().replace(" \\\n", "\n")
        lines = after.split("\n")
        new = [line for line in lines if "toy" in line]
        assert len(new) == 1 and [line for line in lines if line not in new] == before.split("\n")


def test_life(toys):
    assert toys.ok("mk", "toy", "/a", "--size", "5", "--mode", "0600") == "/a\n"
    assert toys.ok("mk", "toy:/b", "--size", "2K") == "/b\n"
    assert "toy:/a exists, owner " in toys.run("mk", "toy", "/a", "--size", "5").stderr
    assert toys.run("mk", "toy", "/a", "--size", "5", "--if-missing").stdout == "/a\n"
    assert toys.ok("set", "toy:/a", "--mode", "0640") == ""
    assert toys.ok("rm", "toy", "/a", "/b") == ""
    assert toys.json("ls", "toy", "--json")["objects"] == []
    gone = toys.run("rm", "toy:/a")
    assert gone.returncode == 3 and "no such toy" in gone.stderr


def test_ls(toys):
    toys.ok("mk", "toy", "/a", "/b", "--size", "2K")
    lines = toys.ok("ls", "toy", "--sort", "name").splitlines()
    assert lines[0].split() == ["NAME", "OWNER", "MODE", "SIZE"]
    assert [line.split()[0::3] for line in lines[1:]] == [["/a", "2K"], ["/b", "2K"]]
    objects = toys.json("ls", "toy", "--json", "--sort", "name")["objects"]
    assert [(o["mech"], o["ref"], o["size"], o["mode"]) for o in objects] == [
        ("toy", "toy:/a", 2048, "0600"), ("toy", "toy:/b", 2048, "0600")]
    assert toys.ok("ls", "toy", "--format", "csv", "--sort", "name", "-o", "ref,size").splitlines() == ["ref,size", "toy:/a,2048", "toy:/b,2048"]
    assert toys.ok("ls", "toy:/b", "-o", "size", "--bytes", "--no-headings").strip() == "2048"


def test_show(toys):
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


def test_what_it_lacks_is_refused(toys):
    """The words come from its own tables."""
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


def test_references_know_it(toys):
    assert "toy" in toys.run("show", "toi:/a").stderr


def test_completion(toys):
    toys.ok("mk", "toy", "/a", "--size", "5")
    first = [line.split("\t")[0] for line in toys.ok("complete", "--", "ls", "to").splitlines()]
    assert "toy" in first
    live = [line.split("\t")[0] for line in toys.ok("complete", "--", "show", "toy:").splitlines()]
    assert live == ["toy:/a"]
    after = [line.split("\t")[0] for line in toys.ok("complete", "--", "rm", "toy", "/").splitlines()]
    assert "/a" in after


def test_dump(toys):
    tables = toys.json("help", "--dump")
    info = tables["mechanisms"][-1]
    assert info == {"name": "toy", "label": "Toys for tests", "object": "toy", "group": "posix", "need": "[COUNTx]SIZE",
                    "named": True, "shown": ["name", "owner", "mode", "size"]}
    having = {f["name"] for f in tables["fields"] if "toy" in f["mechs"]}
    assert having == {"mech", "ref", "name", "owner", "uid", "group", "gid", "mode", "size", "ctime", "age", "inode", "device", "ns",
                      "container"}


def test_schema(toys):
    """Its rows are like any other's."""
    jsonschema = pytest.importorskip("jsonschema")
    toys.ok("mk", "toy", "/a", "--size", "5")
    schema = toys.json("help", "--schema")
    jsonschema.validate(toys.json("show", "toy:/a", "--json"), schema)
    jsonschema.validate(toys.json("ls", "toy", "--json"), schema)


def test_load(toys):
    """The driver's job has its place after those of the other mechanisms; nothing is left."""
    listed = toys.json("stress", "--list", "--json")["workloads"]
    churn = [(job["mech"], job["what"]) for job in listed if job["workload"] == "churn"]
    assert churn[-1] == ("toy", "toys come, are looked at, changed, opened and go")
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
    """Memory, messages, totals, and what it can do, without another line anywhere."""
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
        "toy:/a: has no message",
    ]
    assert run.returncode == 0
    assert (toys.cwd / "toys/a").read_bytes() == b"\0abc\0"
