# SPDX-License-Identifier: GPL-2.0-or-later
"""The properties of a type of value are in one table; no other code distinguishes types."""

import re

import pytest
from source import Source, c_files, read

TABLE = "lib/core/type.c"
PEOPLE = "cmd/ui/cell.c"  # how people see a value: the program's own


def enumerators(name):
    body = re.search(rf"^enum {name} \{{(.*?)^\}};", Source("lib/ipcx.h").code, re.M | re.S)[1]
    return re.findall(r"\b(IPCX_\w+)\b", body)


@pytest.mark.parametrize("kind, suffix", [("ipcx_type", r"\{\{"), ("ipcx_unit", r"\{")])
def test_the_table_has_every_type_and_unit(kind, suffix):
    """Each type and unit has an entry, in the order of the enumeration."""
    found = re.findall(rf"^\t\[({kind.upper()}_\w+)\]\s*= {suffix}", read(TABLE), re.M)
    assert found == enumerators(kind)


@pytest.mark.parametrize("path", c_files("lib/", "cmd/"))
def test_no_other_code_lists_types(path):
    """There is neither a switch over types, units or costs, nor an array indexed by them."""
    own = {TABLE: "TYPE|UNIT", PEOPLE: "TYPE", "lib/core/field.c": "COST"}.get(path, "(?!)")
    source = Source(path)
    for m in re.finditer(r"(?:\bcase\s+|\[\s*)IPCX_(TYPE|UNIT|COST)_\w+", source.code):
        assert re.fullmatch(own, m[1]), f"{source.where(m.start())}: {m[0]}"
