# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages say what the program's tables say, and render without a complaint."""

import os
import re
import shutil
import subprocess

import pytest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
MAN = os.path.join(os.environ.get("IPCX_BUILD", os.path.join(ROOT, "build/dev")), "man")


def page(name):
    path = os.path.join(MAN, name)
    if not os.path.exists(path):
        pytest.skip("built without man pages (scdoc)")
    with open(path, encoding="utf-8") as f:
        return re.sub(r"\\f.|\\&|\\(?=[-'.])", "", f.read()).replace("\\", "")


def page_of(command):
    return f"ipcx-{command.split()[0]}.1"


def shown(dump):
    return [c for c in dump["commands"] if not c["hidden"]]


def test_every_command_has_its_page(dump):
    for c in shown(dump):
        if c["name"] == "help":
            continue
        text = page(page_of(c["name"]))
        assert f"ipcx {c['name']}" in text
        for o in c["options"]:
            if not o["hidden"]:
                assert f"--{o['name']}" in text, (c["name"], o["name"])
        for e in c["examples"]:
            assert e["line"].replace("\\", "") in text, e["line"]


def test_every_field_and_mechanism_is_told(dump):
    text = page("ipcx.1")
    for f in dump["fields"]:
        assert re.search(rf"\b{f['name']}\b", text), f["name"]
        assert f["doc"][1:20] in text, f["name"]
    for m in dump["mechanisms"]:
        assert m["label"] in text


def test_every_public_function_is_told():
    text = page("libipcx.3")
    with open(os.path.join(ROOT, "lib/libipcx.map"), encoding="utf-8") as f:
        names = re.findall(r"\b(ipcx_\w+);", f.read())
    assert len(names) > 30
    for name in names:
        assert f"{name}(" in text, name


def pages():
    names = [n[: -len(".scd.in")] for n in os.listdir(os.path.join(ROOT, "man")) if n.endswith(".scd.in")]
    return sorted(names)


@pytest.mark.parametrize("name", pages())
def test_page_renders_without_a_warning(name):
    page(name)
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    run = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-rLL=80n", "-z", os.path.join(MAN, name)],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    assert run.stderr == ""


def test_the_schema_is_built_with_the_pages(dump):
    page("ipcx.1")
    import json
    with open(os.path.join(MAN, "ipcx.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    assert set(schema["$defs"]["row"]["properties"]) >= {f["name"] for f in dump["fields"]}
