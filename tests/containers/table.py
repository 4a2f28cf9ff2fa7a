#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Print, as Markdown, what ipcx says of each kind of container that can be started here. Run it with tests/private.sh."""

import sys

import pytest

import conftest
import test_containers as objects
import test_forms as names
from kinds import KINDS

HEAD = ["runtime or mode", "named as", "found by", "objects right", "entered", "kept by"]


def told(words):
    return ", ".join(f"`{word}`" for word in words)


def found_by(zoo, c):
    """Return the forms that find it, and those that do not; ids and process ids differ in each run."""
    cid, want = names.record(zoo, c)["container_id"] or "", names.ino(zoo, c.pid)
    good, bad = [], []
    for form in dict.fromkeys(names.forms(zoo, c)):
        r = zoo.world.ipcx("ns", "show", form, "--json")
        right = r.rc == 0 and r.json["namespaces"][0]["ns"] == want
        shown = form.replace(cid, "ID").replace(cid[:12], "ID") if len(cid) == 64 else form
        shown = "PID" if shown == str(c.pid) else shown.replace(f"/{c.pid}/", "/PID/")
        (good if right else bad).append(shown)
    return told(dict.fromkeys(good)) + (f"; not by {told(dict.fromkeys(bad))}" if bad else "")


def row(zoo, kind):
    """Return the cells of a kind; reasons instead if it could not be started."""
    own = KINDS[kind]
    title = f"{kind} ({own.mode})" if own.mode else kind
    try:
        c = zoo.start(kind)
    except pytest.skip.Exception as why:
        return [title, f"not here: {why}", "", "", "", ""]
    if not own.holds:
        return [title, "has tests of its own", "", "", "", ""]
    rows = [n for n in zoo.world.ipcx("ns", "ls", "--json").json["namespaces"] if n["ns"] == names.ino(zoo, c.pid)]
    named = sorted({one["container"] for n in rows for one in n["containers"]}, key=lambda label: (label != c.label, label))
    listed = objects.seen(zoo.world.ipcx("ls", "--ns", c.label, "--json").json["objects"])
    same = "yes" if listed == objects.HELD else f"no: {sorted(map(str, listed))}"
    entered = []
    for how in ((), ("--mount",)):
        r = zoo.world.ipcx("ns", "enter", *how, c.label, "--", *objects.LINKS[1 if not how else 0:])
        entered.append("yes" if r.rc == 0 else f"no ({r.rc})")
    return [title, told([c.label]) + (f" beside {len(named) - 1} more" if len(named) > 1 else ""), found_by(zoo, c), same if own.here else f"elsewhere; {same}",
            entered[0] if len(set(entered)) == 1 else f"{entered[0]}; with --mount {entered[1]}", rows[0]["kept_by"]]


def main():
    zoo = conftest.Zoo()
    try:
        print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
        for kind in KINDS:
            try:
                cells = row(zoo, kind)
            except (AssertionError, KeyError) as e:
                cells = [kind, f"failed: {str(e).splitlines()[0][:200]}", "", "", "", ""]
            print("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |", flush=True)
    finally:
        zoo.close()


if __name__ == "__main__":
    sys.exit(main())
