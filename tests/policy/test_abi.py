# SPDX-License-Identifier: GPL-2.0-or-later
"""The ABI only grows: the library against the baseline in tests/api/abi, and the symbols file of the Debian package."""

import os
import platform
import re
import shutil
import subprocess

import pytest
from source import ROOT, read

BASELINE = f"tests/api/abi/libipcx.{platform.machine()}.abi"
UNSTABLE = os.path.join(ROOT, "tests/api/abi/unstable.suppr")
PUBLIC = ("ipcx.h", "ipcx-stress.h")
SYMBOLS = "packaging/debian/libipcx0.symbols"


FIXED = {"ipcx_ref", "ipcx_value", "ipcx_fieldset"}  # of the same size in every version


def abidiff(old, new, *words):
    """Return the report of abidiff: removed functions, and each changed type or function once."""
    if not shutil.which("abidiff"):
        pytest.skip("abidiff is not installed (abigail-tools)")
    run = subprocess.run(["abidiff", "--suppressions", UNSTABLE, "--no-added-syms", "--leaf-changes-only", *words, old, new],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert not run.returncode & 3, run.stdout  # an error, or wrong usage
    return run.stdout if run.returncode else ""


def is_growth(change):
    """Return whether a change only adds members at the end of a struct that may grow."""
    name, size = re.match(r"'struct (\w+)", change), re.search(r"type size changed from (\d+)", change)
    inserted = re.findall(r"^ +'.*', at offset (\d+) \(in bits\)", change, re.M)
    other = [line for line in change.splitlines()[1:] if line.strip() and not re.match(
        r" +(type size changed from \d+ to \d+ \(in bits\)|\d+ data member insertions?:|'.*', at offset \d+ \(in bits\)|\d+ impacted interfaces?)", line)]
    return bool(name and size and inserted) and not other and name[1] not in FIXED and min(map(int, inserted)) >= int(size[1])


def breaks(report):
    """Return the changes that would break programs compiled earlier."""
    found = re.split(r"^(?='|  \[)", report, flags=re.M)
    removed = [found[0]] if any(map(int, re.findall(r"(\d+) Removed", found[0]))) else []
    return removed + [part for part in found[1:] if not is_growth(part)]


def test_nothing_was_removed_or_changed(plain_build, tmp_path):
    if not os.path.exists(os.path.join(ROOT, BASELINE)):
        pytest.skip(f"there is no baseline for {platform.machine()}")
    for header in PUBLIC:
        shutil.copy(os.path.join(ROOT, "lib", header), tmp_path)
    report = abidiff(os.path.join(ROOT, BASELINE), plain_build / "lib/libipcx.so.0", "--headers-dir2", tmp_path, "--drop-private-types")
    assert not breaks(report), report


# Two versions of a library, and whether the second may follow the first.
QUERY = "struct ipcx_query { unsigned long size; unsigned long mechs; };"
USE = "int ipcx_scan(struct ipcx_query *q); int ipcx_scan(struct ipcx_query *q) { return q->mechs > 1; }"
PAIRS = {
    "a member at the end": (QUERY + USE, QUERY.replace(" }", " int more; }") + USE, True),
    "a function": (QUERY + USE, QUERY + USE + "int ipcx_more(void); int ipcx_more(void) { return 0; }", True),
    "a member in between": (QUERY + USE, QUERY.replace("unsigned long mechs", "int more; unsigned long mechs") + USE, False),
    "another type": (QUERY + USE, QUERY.replace("unsigned long mechs", "int mechs") + USE, False),
    "no function": (QUERY + USE, QUERY + USE.replace("ipcx_scan", "ipcx_look"), False),
    "a larger value": tuple(text.replace("ipcx_query", "ipcx_value") for text in (QUERY + USE, QUERY.replace(" }", " int more; }") + USE)) + (False,),
}


@pytest.mark.parametrize("name", PAIRS)
def test_changes_are_seen(name, tmp_path):
    libraries = []
    for number, text in enumerate(PAIRS[name][:2]):
        source = tmp_path / f"{number}.c"
        source.write_text(text)
        libraries.append(tmp_path / f"{number}.so")
        subprocess.run(["cc", "-g", "-shared", "-fPIC", "-o", libraries[-1], source], check=True)
    report = abidiff(*libraries)
    assert bool(breaks(report)) != PAIRS[name][2], report


def test_the_baseline_has_every_function():
    """A change that adds a function needs a new baseline."""
    recorded = set(re.findall(r"<elf-symbol name='(ipcx_\w+)'", read("tests/api/abi/libipcx.x86_64.abi")))
    assert recorded == set(re.findall(r"\b(ipcx_\w+);", read("lib/libipcx.map")))


# ---- Debian

def test_the_symbols_file_lists_what_is_exported():
    nodes = re.findall(r"^(LIBIPCX_\w+\.\d+) \{\s*global:(.*?)\}", read("lib/libipcx.map"), re.M | re.S)
    wanted = {(node, node) for node, _ in nodes} | {(name, node) for node, text in nodes for name in re.findall(r"(ipcx_\w+);", text)}
    lines = re.findall(r"^ (\S+)@(\S+) (\S+)$", read(SYMBOLS), re.M)
    assert {line[:2] for line in lines} == wanted and len(lines) == len(wanted)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for _, _, version in lines)


def test_dpkg_gensymbols_agrees(plain_build, tmp_path):
    if not shutil.which("dpkg-gensymbols"):
        pytest.skip("dpkg-gensymbols is not installed (dpkg-dev)")
    (tmp_path / "debian").mkdir()
    (tmp_path / "debian/control").write_text("Source: ipcx\n\nPackage: libipcx0\nArchitecture: any\n")
    shutil.copy(os.path.join(ROOT, SYMBOLS), tmp_path / "debian")
    library = tmp_path / "debian/libipcx0/usr/lib/libipcx.so.0"
    os.makedirs(os.path.dirname(library))
    shutil.copy(plain_build / "lib/libipcx.so.0", library)
    run = subprocess.run(["dpkg-gensymbols", "-plibipcx0", "-Pdebian/libipcx0", "-Osymbols", "-v0.1.0", "-c4", f"-e{library}"], cwd=tmp_path, text=True, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == 0 and not re.search(r"^[+-]", run.stdout, re.M), run.stdout
