# SPDX-License-Identifier: GPL-2.0-or-later
"""What a type of value is stands in one table; nobody else decides by the type, case by case."""

import re

import pytest
from source import Source, c_files, read

TABLE = "lib/core/type.c"
PEOPLE = "cmd/ui/cell.c"  # how people see a value: the program's own


def enumerators(name):
    body = re.search(rf"^enum {name} \{{(.*?)^\}};", Source("lib/ipcx.h").code, re.M | re.S)[1]
    return re.findall(r"\b(IPCX_\w+)\b", body)


@pytest.mark.parametrize("kind, suffix", [("ipcx_type", r"\{\{"), ("ipcx_unit", r"\{")])
def test_the_table_has_every_one(kind, suffix):
    """Types and units, each an entry, in the order of the enumeration."""
    found = re.findall(rf"^\t\[({kind.upper()}_\w+)\]\s*= {suffix}", read(TABLE), re.M)
    assert found == enumerators(kind)


@pytest.mark.parametrize("path", c_files("lib/", "cmd/"))
def test_nobody_else_lists_types(path):
    """Neither a switch over types, units or costs, nor an array that they index."""
    own = {TABLE: "TYPE|UNIT", PEOPLE: "TYPE", "lib/core/field.c": "COST"}.get(path, "(?!)")
    source = Source(path)
    for m in re.finditer(r"(?:\bcase\s+|\[\s*)IPCX_(TYPE|UNIT|COST)_\w+", source.code):
        assert re.fullmatch(own, m[1]), f"{source.where(m.start())}: {m[0]}"
