# SPDX-License-Identifier: GPL-2.0-or-later
"""Section 3: every public name has its page, which says what the header says and renders without a warning."""

import os
import re
import shutil
import subprocess

import pytest
from test_docs import BUILT, COLUMNS, ROOT, built, page, read, render, words

HEADERS = {name: read(os.path.join(ROOT, "lib", name)) for name in ("ipcx.h", "ipcx-stress.h")}
CODE = re.sub(r"/\*.*?\*/", "", "\n".join(HEADERS.values()), flags=re.S)
PAGES = re.findall(r"^/\* ---- (\w+)\(3\): .+ ---- \*/$", "\n".join(HEADERS.values()), re.M)
EXPORTED = re.findall(r"\b(ipcx_\w+);", read(os.path.join(ROOT, "lib/libipcx.map")))
PROTOTYPES = {m[2]: m[1].removeprefix("static inline ")
              for m in re.finditer(r"^(\w[^;{}#]*?\b(ipcx_\w+)\([^;{}]*\))(?=;|\n\{)", CODE, re.M)}
TYPES = sorted(set(re.findall(r"^(?:struct|enum) (ipcx\w*)(?:;| \{)", CODE, re.M)))


def home(name):
    """Return the page behind a name: the page of that name, or the page that it links to."""
    link = re.fullmatch(r"\.so man3/(\S+)\n", read(built(name + ".3")))
    return link[1] if link else name + ".3"


def section(text, heading):
    """The words below a heading of a rendered page."""
    return re.search(rf"^{heading}\n(.*?)(?=^\S|\Z)", text, re.M | re.S)[1]


def test_the_headers_have_pages_functions_and_types():
    assert len(PAGES) > 20 and len(EXPORTED) > 100 and len(TYPES) > 30 and set(EXPORTED) <= set(PROTOTYPES)


@pytest.mark.parametrize("name", sorted(PROTOTYPES))
def test_every_function_has_a_page_with_its_prototype(name):
    text = render(home(name))[0]
    assert re.search(rf"\b{name}\b", re.sub(r"‐\n\s*", "", section(text, "NAME")))
    assert words(PROTOTYPES[name] + ";") in words(section(text, "SYNOPSIS"))
    assert f"   {name}()\n" in section(text, "DESCRIPTION")


@pytest.mark.parametrize("name", TYPES)
def test_every_struct_and_enum_has_a_page(name):
    assert re.search(rf"^   (struct|enum) {name}$", section(render(home(name))[0], "DESCRIPTION"), re.M)


@pytest.mark.parametrize("constant", sorted(set(re.findall(r"^(?:#define |\t)(IPCX_\w+)(?=[ ,(]|$)", CODE, re.M)) - {"IPCX_H"}))
def test_every_constant_is_on_a_page(constant):
    assert any(constant in read(built(name + ".3")).replace("\\", "") for name in PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_page_renders_without_a_warning_and_fits(name):
    text, warnings = render(name + ".3")
    assert warnings == ""
    assert [line for line in text.splitlines() if len(line) > COLUMNS] == []
    assert not re.search(r"@\w+", text), "a tag of a comment"


@pytest.mark.parametrize("name", PAGES)
def test_page_has_the_sections_that_people_look_for(name):
    headings = re.findall(r"^(\S.*)$", render(name + ".3")[0], re.M)[1:-1]
    order = ["NAME", "LIBRARY", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "ERRORS", "EXAMPLE", "SEE ALSO"]
    assert headings == [heading for heading in order if heading in headings]
    assert {"NAME", "LIBRARY", "SYNOPSIS", "DESCRIPTION", "EXAMPLE", "SEE ALSO"} <= set(headings)


@pytest.mark.parametrize("name", sorted(name for name in PROTOTYPES if PROTOTYPES[name].startswith("int ")))
def test_every_function_that_can_fail_says_what_it_returns(name):
    assert f"       {name}()\n" in section(render(home(name))[0], "RETURN VALUE")


@pytest.mark.parametrize("name", PAGES)
def test_page_refers_to_pages_that_exist(name):
    for other, number in re.findall(r"\*((?:lib)?ipcx[\w-]*)\*\((\d)\)", read(built(name + ".3.scd")).replace("\\", "")):
        assert os.path.exists(os.path.join(BUILT, f"{other}.{number}")), other


@pytest.mark.parametrize("name", PAGES)
def test_page_names_only_existing_functions_and_constants(name):
    text = read(built(name + ".3.scd")).replace("\\", "").replace("*", "").split("# EXAMPLE")[0]
    assert set(re.findall(r"\b(ipcx_\w+)\(\)", text)) <= set(PROTOTYPES)
    fields = {f"IPCX_F_{word}" for word in re.findall(r"\bIPCX_F_(\w+)", text)} if name == "ipcx_field" else set()
    assert set(re.findall(r"\b(IPCX_\w+[A-Z0-9])\b(?!_)", text)) - fields <= set(re.findall(r"\bIPCX_\w+", CODE))


def test_libipcx_3_names_every_page_and_function():
    text = page("libipcx.3")
    for name in [*(f"{name}(3)" for name in PAGES), *(f"{name}()" for name in PROTOTYPES)]:
        assert words(name) in text, name


def test_man_finds_every_name(tmp_path):
    """The pages are read as installed, with their links; man(1) prints no warning."""
    if not shutil.which("man"):
        pytest.skip("man is not installed")
    os.mkdir(tmp_path / "man3")
    for name in {*PAGES, *PROTOTYPES, *TYPES}:
        shutil.copy(built(name + ".3"), tmp_path / "man3")
    for name in ("ipcx_scan", "ipcx_row_get", "ipcx_query", "ipcx_stress_plan"):
        run = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", f"man3/{name}.3"], cwd=tmp_path, check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C.UTF-8"})
        assert (run.returncode, run.stderr) == (0, b"") and len(run.stdout) > 1000, name
