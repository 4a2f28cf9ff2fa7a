# SPDX-License-Identifier: GPL-2.0-or-later
"""A text inside a table has room for its NUL: C lets a string fill an array exactly, and then whatever follows is read as part of it."""

import os
import shlex
import shutil
import subprocess

import pytest
from source import ROOT, files, read

CC = [*shlex.split(os.environ.get("CC", "cc")), "-std=gnu11", "-D_GNU_SOURCE", '-DIPCX_VERSION="0"', "-I", "lib", "-I", "cmd", "-fsyntax-only",
      "-Werror=overflow", "-Wall"]
# What a compiler's warning says about a string that is too long for its array.
LONG = ("is too long", "excess-initializers")


def cflags():
    found = subprocess.run(["pkg-config", "--cflags", "mount", "json-c", "libcap"], stdout=subprocess.PIPE, text=True, check=False)
    return found.stdout.split()


def holds_texts():
    """Return every source: which ones define such a table follows only from what they include."""
    return sorted(f for f in files() if f.startswith(("lib/", "cmd/")) and f.endswith(".c") and not f.startswith("lib/examples/"))


@pytest.fixture(scope="module", name="short")
def fixture_short(tmp_path_factory):
    """A directory with a copy of base/util.h in which these arrays are one byte shorter; to be searched before lib/."""
    real = read("lib/base/util.h")
    short = real.replace("#define IX_TEXT(bytes) (bytes)", "#define IX_TEXT(bytes) ((bytes) - 1)")
    assert short != real
    directory = tmp_path_factory.mktemp("short")
    (directory / "base").mkdir()
    (directory / "base/util.h").write_text(short, encoding="utf-8")
    return str(directory)


def too_long(path, *before):
    linked = ["-DIX_LINKED"] if path == "lib/base/dllinked.c" else []  # of the static library
    done = subprocess.run([CC[0], *(f"-I{d}" for d in before), *CC[1:], *linked, *cflags(), path], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0 or any(word in done.stdout for word in LONG), done.stdout[-2000:]
    return [line for line in done.stdout.splitlines() if any(word in line for word in LONG)]


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="no pkg-config")
@pytest.mark.parametrize("path", holds_texts())
def test_texts_in_tables_end_with_a_nul(path, short):
    assert not too_long(path, short)


def test_a_text_without_room_is_found(tmp_path, short):
    source = tmp_path / "full.c"
    source.write_text('#include "base/util.h"\nstruct t { char name[IX_TEXT(4)]; } t[] = { { "full" } };\n')
    assert not too_long(str(source)) and too_long(str(source), short)
