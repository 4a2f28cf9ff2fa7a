# SPDX-License-Identifier: GPL-2.0-or-later
"""A call that can fail is made once: a second call made only to test for an error or to get its value may have another result."""

import re

import pytest
from source import Source, c_files

CALL = r"\b(?!sizeof\b|if\b|while\b|for\b|return\b|switch\b)\w+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
# "if (f(x) < 0) return ix_fail(x, f(x), …)" and "f(x) < 0 ? f(x) : …": the same call twice in one statement.
TWICE = re.compile(rf"({CALL})\s*<=?\s*-?[01]\b[^;{{}}]*?(?<![\w])\1")

# Functions that open a descriptor on the first call and return it, or an errno.
OPENERS = ("ix_procfd", "ix_rootfd", "ix_viewfd")


def functions(code):
    """Yield the bodies of a file's functions, by kernel style: braces in the first column."""
    return re.finditer(r"^\{\n(.*?)^\}", code, re.M | re.S)


@pytest.mark.parametrize("path", c_files("lib/", "cmd/"))
def test_no_failing_call_is_made_twice(path):
    source = Source(path)
    found = [f"{source.where(m.start())}: {m[1]}" for m in TWICE.finditer(source.code)]
    for body in functions(source.code):
        for name in OPENERS:
            calls = re.findall(rf"\b{name}\([^()]*\)", body[1])
            if len(calls) > len(set(calls)):
                found.append(f"{source.where(body.start())}: {name}() twice in a function")
        for m in re.finditer(rf"\bix_fail(_plain)?\(\s*\w+(->\w+)?,\s*({'|'.join(OPENERS)}|ix_open|openat)\(", body[1]):
            found.append(f"{source.where(body.start(1) + m.start())}: a call as the reason of a failure")
    assert not found, "keep the answer in a variable:\n" + "\n".join(found)


@pytest.mark.parametrize("code", [
    "if (ix_procfd(x) < 0)\n\treturn ix_fail(x, ix_procfd(x), \"/proc\");",
    "r = open_it(a, b(c)) < 0 ? open_it(a, b(c)) : 0;",
])
def test_pattern_finds_a_repeated_call(code):
    assert TWICE.search(code)
