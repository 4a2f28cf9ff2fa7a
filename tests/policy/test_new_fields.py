# SPDX-License-Identifier: GPL-2.0-or-later
"""A new field takes one number and one line, a new member of a struct only that member; programs built before are unaffected."""

import filecmp
import json
import os
import re
import shutil
import subprocess

import pytest
from source import ROOT, files

HEADER = "lib/ipcx.h"
TABLE = "lib/core/field.c"
TYPES = ["UINT", "STRING", "TIME", "BOOL", "REAL"]
NAMES = [f"extra_{i}" for i in range(20)]
IN_NS = os.path.join(ROOT, "tests/api/run-in-ns.sh")
SOME = ["mk shm --size 4K", "mk sem --nsems 3", "mk msg", "mk pshm /new-field --size 1"]


def insert_before(path, what, new):
    text = path.read_text()
    assert text.count(what) == 1
    path.write_text(text.replace(what, new + what))


def copy(tree, tmp_path_factory, name):
    new = type(tree)(tmp_path_factory.mktemp(name))
    shutil.copytree(tree.top, new.top, dirs_exist_ok=True, ignore=shutil.ignore_patterns("build"))
    return new


def library(tree):
    """Return the name of the library's file in the build."""
    return os.path.relpath(os.path.realpath(tree.build / "lib/libipcx.so"), os.path.realpath(tree.build))


@pytest.fixture(scope="module")
def fields_tree(copied_tree, tmp_path_factory):
    """The copied tree with twenty more fields."""
    tree = copy(copied_tree, tmp_path_factory, "fields")
    insert_before(tree.path(HEADER), "\tIPCX_NO_FIELD =", "".join(f"\tIPCX_F_{name.upper()},\n" for name in NAMES))
    insert_before(tree.path(TABLE), "\t[IPCX_F_WORKLOAD]", "".join(
        f'\t[IPCX_F_{name.upper()}] = {{"{name}", "{name.upper().replace("_", "-")}", IPCX_TYPE_{TYPES[i % 5]}, IPCX_UNIT_PLAIN, '
        f'IPCX_COST_CHEAP, "number {i} of twenty"}},\n' for i, name in enumerate(NAMES)))
    tree.make()
    return tree


@pytest.fixture(scope="module")
def members_tree(copied_tree, tmp_path_factory):
    """The copied tree with one more member in every struct that has a size member; only the library is built."""
    tree = copy(copied_tree, tmp_path_factory, "members")
    for header in (HEADER, "lib/ipcx-stress.h"):
        subprocess.run([os.path.join(ROOT, "tests/api/newer/newer.py"), copied_tree.path(header), tree.path(header)], check=True)
    tree.make(library(copied_tree))
    return tree


@pytest.fixture(scope="module")
def old_program(copied_tree, tmp_path_factory):
    """tests/api/test_old.c compiled with the current headers."""
    program = tmp_path_factory.mktemp("old") / "old"
    if subprocess.run(["pkg-config", "--exists", "cmocka"], check=False).returncode:
        pytest.skip("no cmocka")
    subprocess.run(["cc", "-std=c99", "-D_GNU_SOURCE", "-I", copied_tree.path("lib"), os.path.join(ROOT, "tests/api/test_old.c"),
                    "-o", program, "-L", copied_tree.build / "lib", "-lipcx", "-lcmocka"], check=True)
    return program


def run(tree, *words):
    """Run a program with this tree's library in a fresh namespace."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": str(tree.build / "lib")}
    done = subprocess.run([IN_NS, *words], env=env, text=True, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if done.stdout.startswith("1..0 # SKIP"):
        pytest.skip(done.stdout.strip())
    return done


def ok(*words):
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def fields_of(dump):
    return [field["name"] for field in json.loads(dump)["fields"]]


# ---- twenty fields

def test_only_the_listed_files_were_changed(copied_tree, fields_tree):
    differ = [f for f in files() if os.path.exists(copied_tree.path(f))
              and not filecmp.cmp(copied_tree.path(f), fields_tree.path(f), shallow=False)]
    assert sorted(differ) == [TABLE, HEADER]


def test_the_program_knows_the_new_fields(copied_tree, fields_tree):
    program = fields_tree.build / "cmd/ipcx"
    before = fields_of(ok(copied_tree, copied_tree.build / "cmd/ipcx", "help", "--dump"))
    now = fields_of(ok(fields_tree, program, "help", "--dump"))
    assert sorted(now) == sorted(before + NAMES)
    schema = ok(fields_tree, program, "help", "--schema")
    assert all(f'"{name}"' in schema for name in NAMES)
    refused = run(fields_tree, program, "ls", "shm", "-o", "extra_7")  # no mechanism has it yet
    assert refused.returncode == 2 and "extra_7" in refused.stderr


def test_an_old_program_prints_the_same(copied_tree, fields_tree):
    old = copied_tree.build / "cmd/ipcx"
    # The old program runs with the new library.
    assert set(NAMES) <= set(fields_of(ok(fields_tree, old, "help", "--dump")))
    script = "".join(f'"$0" {words} >/dev/null; ' for words in SOME)
    for words in ("ls --json", "limits --json -o name,limit", "show pshm:/new-field --json", "ls sem --json -o +id_index", "ls sem --where 'nsems == 3' -o ref"):
        # With both libraries the program sees the same objects.
        both = ok(copied_tree, "sh", "-euc", f'{script} "$0" {words}; echo; echo ====; LD_LIBRARY_PATH=$1 "$0" {words}; echo', old,
                  fields_tree.build / "lib")
        before, _, now = re.sub(r'"(age|idle)": *\d+', r'"\1": 0', both).partition("====\n")
        assert before and before.strip() == now.strip(), words


def test_an_old_client_passes_its_tests(fields_tree, old_program):
    done = run(fields_tree, old_program)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- a member of each struct

def test_a_program_with_smaller_structs(members_tree, old_program):
    """Members that the program's structs lack count as zero."""
    done = run(members_tree, old_program)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- the interface as a program sees it

# Bits of abidiff's exit status.
ERROR, USAGE, CHANGE, INCOMPATIBLE = 1, 2, 4, 8


def abidiff(before, after):
    """Return exit status and report of comparing two libraries by their headers."""
    if not shutil.which("abidiff"):
        pytest.skip("abidiff (abigail-tools) is not installed")
    done = subprocess.run(["abidiff", "--headers-dir1", before.path("lib"), "--headers-dir2", after.path("lib"),
                           before.build / "lib/libipcx.so.0", after.build / "lib/libipcx.so.0"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert not done.returncode & (ERROR | USAGE), done.stdout
    return done.returncode, done.stdout


def test_twenty_fields_are_compatible(copied_tree, fields_tree):
    status, report = abidiff(copied_tree, fields_tree)
    assert not status & INCOMPATIBLE, report


def test_an_incompatible_change_is_detected(copied_tree, tmp_path_factory):
    tree = copy(copied_tree, tmp_path_factory, "incompatible")
    if not shutil.which("abidiff"):
        pytest.skip("abidiff (abigail-tools) is not installed")
    insert_before(tree.path("lib/libipcx.map"), "\tipcx_mech_can;\n", "")
    text = tree.path("lib/libipcx.map").read_text()
    tree.path("lib/libipcx.map").write_text(text.replace("\tipcx_mech_can;\n", ""))
    tree.make(library(copied_tree))
    status, report = abidiff(copied_tree, tree)
    assert status & INCOMPATIBLE, report
