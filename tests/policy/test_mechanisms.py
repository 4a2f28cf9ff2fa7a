# SPDX-License-Identifier: GPL-2.0-or-later
"""Only a mechanism's own file and the registry know it; no other code depends on its name."""

import re

import pytest
from source import MECHS, ROOT, Source, c_files, files, read

OWN = {f"lib/mech/{mech}.c" for mech in MECHS}

# Places where a mechanism's name is data, and why.
DATA = {
    "lib/limits/table.c": r'\.mech = "\w+"',  # the kernel's limits: each applies to objects of one mechanism
    "lib/mech/mqmake.c": r'default_of\(x, "msg"',  # a part of fs.mqueue.msg_default
}


def test_the_registry_lists_every_mechanism():
    """Each mechanism is one line in core/registry.c, one line in meson.build, and one file that defines it."""
    built = re.search(r"mechanisms = files\((.*?)\)", read("lib/meson.build"), re.S)[1]
    assert re.findall(r"'mech/(\w+)\.c'", built) == MECHS
    assert len(MECHS) >= 6
    defined = {path for path in c_files("lib/") if re.search(r"^const struct ix_mech ix_mech_\w+ = \{", read(path), re.M)}
    assert defined == OWN


# The directory of commands that are written for certain mechanisms, whatever other mechanisms exist.
OLD_NAMES = "cmd/compat/"


def test_no_identifier_names_a_mechanism():
    for path in c_files("lib/", "cmd/"):
        if path in OWN:
            continue
        for mech in MECHS:
            assert not re.search(rf"\bix_mech_{mech}\b", Source(path).code), path


def logic(source):
    """Return the source without its tables of help and examples, which are aligned by hand."""
    return re.sub(r"/\* clang-format off \*/.*?(/\* clang-format on \*/|\Z)", lambda m: re.sub(r"[^\n]", " ", m[0]),
                  source.text, flags=re.S)


class Logic(Source):
    def __init__(self, path):
        super().__init__(path)
        kept = logic(self)
        self.words = "".join(c if kept[i] == self.text[i] else " " for i, c in enumerate(self.words))


@pytest.mark.parametrize("path", c_files("cmd/", "lib/base/", "lib/core/", "lib/limits/", "lib/proc/", "lib/ns/", "lib/query/"))
def test_no_decision_depends_on_a_name(path):
    """No literal is a mechanism's name or the beginning of its references."""
    source = Source(path) if path.startswith("lib/") else Logic(path)
    spared = re.compile(r"" if path.startswith(OLD_NAMES) else DATA.get(path, r"(?!)"))
    for at, text in source.literals():
        line = source.text[source.text.rfind("\n", 0, at) + 1:source.text.find("\n", at)]
        named = re.match(rf"({'|'.join(MECHS)})(:|$)", text)
        assert not named or spared.search(line), f"{source.where(at)}: \"{text}\""


@pytest.mark.parametrize("path", c_files("cmd/", "lib/core/", "lib/query/"))
def test_no_message_lists_all_mechanisms(path):
    """Lists in messages come from the registry; a single mechanism as an example is fine."""
    source = Logic(path)
    for at, text in source.literals():
        named = {mech for mech in MECHS if re.search(rf"(?<![\w/]){mech}(?![\w/])", text)}
        assert len(named) < 3 or path.startswith(OLD_NAMES), f"{source.where(at)}: \"{text}\""


# Texts in which a verb of one noun refers to another noun, and why they may.
ELSEWHERE = {"cmd/sem/run.c": "'ipcx sem run'"}  # it releases semaphores by itself


@pytest.mark.parametrize("path", [f for f in c_files("cmd/") if not f.startswith(OLD_NAMES)])
def test_no_verb_belongs_to_one_noun(path):
    """A command states its requirements: its name, texts and examples use {noun}."""
    for at, text in Source(path).literals():
        text = text.replace(ELSEWHERE.get(path, "\n"), "")
        found = re.search(rf"(^|\bipcx )({'|'.join(MECHS)}) [a-z]+\b", text)
        assert not found, f"{path}: {found[0]}"


@pytest.mark.parametrize("path", sorted(OWN))
def test_no_mechanism_decides_by_the_name_of_another(path):
    own = path[len("lib/mech/"):-2]
    for at, text in Source(path).literals():
        assert text not in MECHS or text == own, f"{Source(path).where(at)}: \"{text}\""


def test_mechanisms_are_not_compared_by_number():
    """A mechanism's number has no meaning: it is an index into the registry."""
    for path in c_files("lib/", "cmd/"):
        source = Source(path)
        found = re.search(r"\bmech\s*(==|!=|<|>|<=|>=)\s*\d+\b|\bIPCX_MECH_BIT\(\d", source.code)
        assert not found, f"{source.where(found.start())}: {found[0]}"


def test_completion_scripts_contain_no_list():
    """A shell's completions come from the binary; its script holds no list that could become outdated."""
    for path in [f for f in files() if f.startswith("completion/") and not f.endswith(".build")]:
        named = {mech for mech in MECHS if re.search(rf"(?<![\w/:.-]){mech}(?![\w/:.-])", read(path))}
        assert len(named) < 3, f"{path}: {sorted(named)}"


def test_exempt_data_exists():
    for path, pattern in DATA.items():
        assert re.search(pattern, read(path)), path
    assert ROOT
