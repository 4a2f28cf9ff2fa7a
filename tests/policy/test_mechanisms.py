# SPDX-License-Identifier: GPL-2.0-or-later
"""A mechanism is known to its own file and to the registry; nobody else decides by its name."""

import re

import pytest
from source import MECHS, ROOT, Source, c_files, files, read

OWN = {f"lib/mech/{mech}.c" for mech in MECHS}

# Where a mechanism's name stands as data, and why.
DATA = {
    "lib/limits/table.c": r'\.mech = "\w+"',  # the kernel's limits: each stops objects of one mechanism
    "lib/mech/mqmake.c": r'default_of\(x, "msg"',  # a part of fs.mqueue.msg_default
}


def test_the_registry_lists_every_mechanism():
    """One line in core/registry.c, one in meson.build, one file that defines it."""
    built = re.search(r"mechanisms = files\((.*?)\)", read("lib/meson.build"), re.S)[1]
    assert re.findall(r"'mech/(\w+)\.c'", built) == MECHS
    assert len(MECHS) >= 6
    defined = {path for path in c_files("lib/") if re.search(r"^const struct ix_mech ix_mech_\w+ = \{", read(path), re.M)}
    assert defined == OWN


# Commands that were written for certain mechanisms, and stay theirs whatever others there are.
OLD_NAMES = "cmd/compat/"


def test_nobody_names_a_mechanism_as_an_identifier():
    for path in c_files("lib/", "cmd/"):
        if path in OWN:
            continue
        for mech in MECHS:
            assert not re.search(rf"\bix_mech_{mech}\b", Source(path).code), path


def logic(source):
    """The source without its tables of help and examples, which are aligned by hand."""
    return re.sub(r"/\* clang-format off \*/.*?(/\* clang-format on \*/|\Z)", lambda m: re.sub(r"[^\n]", " ", m[0]),
                  source.text, flags=re.S)


class Logic(Source):
    def __init__(self, path):
        super().__init__(path)
        kept = logic(self)
        self.words = "".join(c if kept[i] == self.text[i] else " " for i, c in enumerate(self.words))


@pytest.mark.parametrize("path", c_files("cmd/", "lib/base/", "lib/core/", "lib/limits/", "lib/proc/", "lib/ns/", "lib/query/"))
def test_nothing_is_decided_by_a_name(path):
    """No literal is a mechanism's name, or the beginning of its references."""
    source = Source(path) if path.startswith("lib/") else Logic(path)
    spared = re.compile(r"" if path.startswith(OLD_NAMES) else DATA.get(path, r"(?!)"))
    for at, text in source.literals():
        line = source.text[source.text.rfind("\n", 0, at) + 1:source.text.find("\n", at)]
        named = re.match(rf"({'|'.join(MECHS)})(:|$)", text)
        assert not named or spared.search(line), f"{source.where(at)}: \"{text}\""


@pytest.mark.parametrize("path", c_files("cmd/", "lib/core/", "lib/query/"))
def test_no_message_lists_the_mechanisms(path):
    """What a message lists comes from the registry; one as an example is fine."""
    source = Logic(path)
    for at, text in source.literals():
        named = {mech for mech in MECHS if re.search(rf"(?<![\w/]){mech}(?![\w/])", text)}
        assert len(named) < 3 or path.startswith(OLD_NAMES), f"{source.where(at)}: \"{text}\""


# Where the text of one noun's verb sends people to another's, and why.
ELSEWHERE = {"cmd/sem/run.c": "'ipcx sem run'"}  # what gives semaphores back by itself


@pytest.mark.parametrize("path", [f for f in c_files("cmd/") if not f.startswith(OLD_NAMES)])
def test_no_verb_is_of_one_noun(path):
    """A command says what it needs: its name, texts and examples say {noun}."""
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
    """A number means nothing: it is an index into the registry."""
    for path in c_files("lib/", "cmd/"):
        source = Source(path)
        found = re.search(r"\bmech\s*(==|!=|<|>|<=|>=)\s*\d+\b|\bIPCX_MECH_BIT\(\d", source.code)
        assert not found, f"{source.where(found.start())}: {found[0]}"


def test_completions_list_nothing():
    """What a shell offers comes from the binary; its own file holds no list that could grow old."""
    for path in [f for f in files() if f.startswith("completion/") and not f.endswith(".build")]:
        named = {mech for mech in MECHS if re.search(rf"(?<![\w/:.-]){mech}(?![\w/:.-])", read(path))}
        assert len(named) < 3, f"{path}: {sorted(named)}"


def test_spared_data_exists():
    for path, pattern in DATA.items():
        assert re.search(pattern, read(path)), path
    assert ROOT
