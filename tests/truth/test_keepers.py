# SPDX-License-Identifier: GPL-2.0-or-later
"""What keeps an IPC namespace alive is found and named, and letting it go ends the namespace; what cannot be seen is said."""

import os

import pytest

from conftest import IPCX
from helpers.tools import helper

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "helpers")

# ---- a kernel with listns(2), as helpers/listns.c plays it


def listed(world, mode, count, *words, page=2):
    """Run ipcx where the kernel lists COUNT namespaces that only the helper keeps; return the result and their inode numbers."""
    if os.geteuid() != 0:
        pytest.skip("only as root")
    out = os.path.join(world.dir, "made")
    r = world.run(helper("listns", folder=HERE), mode, page, count, out, IPCX, *words)
    with open(out, encoding="ascii") as f:
        return r, {int(line) for line in f}


@pytest.mark.parametrize("page", [1, 2, 5, 6, 7, 4096])
def test_namespaces_that_only_the_kernel_lists_are_listed(world, page):
    r, made = listed(world, "good", 5, "ns", "ls", "--json", page=page)
    assert r.rc == 0 and len(made) == 5, r.err
    rows = {n["ns"]: n for n in r.json["namespaces"]}
    assert set(rows) >= made and len(rows) == 5 + 1, "those and ours, but not the UTS namespace"
    for ns in made:
        row = rows[ns]
        assert row["processes"] == row["mounts"] == 0 and row["kept_by"] is None and "kept_by" in row["unknown"], row
        assert row["ns_id"] and row["user_ns"], "it was opened"
    assert "what keeps some namespaces that the kernel lists was not found" in r.out


def test_both_ways_find_each_namespace_once(world):
    r, made = listed(world, "good", 4, "ns", "ls", "--thorough", "--json")
    rows = [n for n in r.json["namespaces"] if n["ns"] in made]
    assert len(rows) == 4 and all(n["kept_by"] == "fds" and "unknown" not in n for n in rows), rows


def test_a_listed_namespace_is_used(world):
    out = os.path.join(world.dir, "made")
    program = helper("listns", folder=HERE)
    r = world.run(program, "good", 2, 1, out, "sh", "-c", f'"{IPCX}" ls sysv --ns "$(cat {out})" && "{IPCX}" ls sysv --ns all')
    assert r.rc == 0 and r.err == "", r.err


def test_what_may_not_be_opened_is_counted(world):
    r, made = listed(world, "stale", 3, "ns", "ls", "--json")
    assert r.rc == 0 and not {n["ns"] for n in r.json["namespaces"]} & made
    assert "the kernel lists 4 more namespaces and does not let them be opened" in r.err, "with the UTS namespace, as its type was not seen"


@pytest.mark.parametrize("mode", ["efault", "loop"])
def test_a_list_that_breaks_off(world, mode):
    r, made = listed(world, mode, 5, "ns", "ls", "--json")
    assert r.rc == 0 and 1 <= len({n["ns"] for n in r.json["namespaces"]} & made) <= 2
    assert "the kernel's list of namespaces could not be read" in r.err


@pytest.mark.parametrize("mode", ["empty", "gone"])
def test_nothing_listed_is_no_fault(world, mode):
    r, made = listed(world, mode, 5, "ns", "ls", "--json")
    assert r.rc == 0 and r.err == "" and not {n["ns"] for n in r.json["namespaces"]} & made


def test_a_filter_that_kills_is_not_provoked(world):
    r, made = listed(world, "kill", 1, "ns", "ls", "--json")
    assert r.rc == 0 and not {n["ns"] for n in r.json["namespaces"]} & made
