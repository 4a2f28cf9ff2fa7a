# SPDX-License-Identifier: GPL-2.0-or-later
"""Plain English: phrases that readers had to read twice, or for which the field has a term, do not come back."""

import ast
import io
import os
import re
import tokenize

import pytest
from source import files, read

# A pattern, an example that was once in the tree, and what to write instead.
PHRASES = [
    (r"(what|who|which|that|those) (is|are) none", "nothing is written to what is none", "name it: is not a stream, no such object"),
    (r"whoever", "whoever may mount knows", "the caller, any process, a user who"),
    (r"to be told", "whose queue it is has to be told", "to be reported, must be printed"),
    (r"nobody (can|could) (tell|say|know)", "an owner of whom nobody can tell the name", "unknown"),
    (r"nobody knows", "marks that nobody knows", "unknown"),
    (r"behind (it|them|this)", "a NUL and what stands behind it", "after, following"),
    (r"so (many|much|often|long)(?! (as|that))", "so many alike", "N, this many, the given number"),
    (r"he|him|his|himself", "a process that has said that he sleeps", "it for a process, the user or they for a person"),
    (r"what surprises", "WHAT SURPRISES", "NOTES or CAVEATS"),
    (r"how to read the figures", "HOW TO READ THE FIGURES", "NOTES or OUTPUT"),
    (r"(come|came|comes) by", "an id that one can come by", "get, obtain"),
    (r"(can|could|cannot|may|to) (not )?be had|be had back", "where no namespaces can be had", "available, reclaimable"),
    (r"in silence|in vain", "a line is dropped in silence", "silently, without a message, without result"),
    (r"dearer|dearest", "a field that is dearer than others", "costly, expensive"),
    (r"of one mind", "the text and the file are of one mind", "agree"),
    (r"no news", "that is no news", "name the case that is skipped"),
    (r"(all|what|whatever|something) (that )?there (is|are)(?= (of|in|to|behind|now|by)|[.,;:])", "what there is of the last",
     "the rest, the existing objects"),
    (r"(is|are|was) no (news|gap|wish|mystery|yes|setting|answer)", "an unlimited one is no gap", "is not a …, counts as …"),
    (r"(what|which|that|it) (is|are) no(?! (more|less|longer|larger|greater|smaller|later|other|one|such))", "what is no object is not touched",
     "other files, is not an object"),
    (r"(is|are|was|were) said(?! to)", "what is missing is said", "reported, printed"),
    (r"strangers?", "the object of a stranger", "another user, a foreign object"),
    # names that code had before the glossary
    (r"crews?|parcels?|curtains?|cradles?|nursery|ledgers?", "the crew's ledger", "workers, message, DONE, slot, object log"),
    (r"errands?|eldest|gears?", "the eldest of them", "call, oldest process, driver or entry plan"),
    (r"tally|tallies|parleys?|flaws?", "the tally of each job", "histogram, verdict"),
    (r"hires?|hired|wanes?|wane", "hire the workers", "spawn, drain"),
    (r"patience|(?<![-/])lingers?", "the patience of a wait", "timeout, wait"),
]

# The texts of the old names are those of util-linux; recorded data, releases' headers and licences stay as they are.
PENDING = set()  # files still to be rewritten
EXEMPT = re.compile(r"tests/policy/test_words\.py|tests/api/[\d.]+/|tests/fuzz/corpus/|tests/compat/(data|cases)/|LICENSES/|COPYING"
                    r"|packaging/debian/changelog|.*\.(json|csv|svg|png|xml|abi)$")
OLD_NAMES = "cmd/compat/"

PATTERN = re.compile("|".join(rf"\b(?:{phrase})\b" for phrase, _, _ in PHRASES), re.I)


def joined(lines):
    """Return a comment as one line, without the marks at the start of its lines."""
    return " ".join(re.sub(r"^[ \t]*(//|/?\*+(?!/)|#+)?[ \t]*|[ \t]*\*/$", "", line) for line in lines.split("\n"))


def c_words(path, text):
    """Yield (offset, words) of comments and string literals; under cmd/compat/ the literals are those of util-linux."""
    piece = re.compile(r'((?:[ \t]*//[^\n]*\n?)+|/\*.*?\*/)|((?:"(?:\\.|[^"\\\n])*"\s*)+)|\'(?:\\.|[^\'\\\n])*\'', re.S)
    for m in piece.finditer(text):
        if m[1]:
            yield m.start(), joined(m[1])
        elif m[2] and not path.startswith((OLD_NAMES, "tests/")):
            yield m.start(), "".join(re.findall(r'"((?:\\.|[^"\\\n])*)"', m[2])).replace("\\n", " ")


def python_words(_, text):
    """Yield (offset, words) of comments, docstrings and names of tests."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield starts[token.start[0] - 1], joined(token.string)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            line = getattr(node, "lineno", 1)
            yield starts[line - 1], " ".join((ast.get_docstring(node) or "").split())
            if getattr(node, "name", "").startswith("test"):
                yield starts[line - 1], node.name.replace("_", " ")


def script_words(_, text):
    """Yield (offset, words) of comments that have a line to themselves; consecutive ones are joined."""
    for m in re.finditer(r"(?:^[ \t]*#[^\n]*\n)+", text, re.M):
        yield m.start(), joined(m[0])


def page_words(_, text):
    """Yield (offset, words) of the paragraphs of a page."""
    for m in re.finditer(r"(?:[^\n]+\n?)+", text):
        yield m.start(), " ".join(m[0].split())


def words(path, text):
    reader = {".c": c_words, ".h": c_words, ".py": python_words, ".md": page_words, ".scd": page_words, ".in": page_words}
    name = reader.get(os.path.splitext(path)[1])
    if not name:
        name = page_words if os.path.basename(path) in ("NEWS", "README", "AUTHORS") else script_words
    yield from name(path, text)


def faults(path, text):
    for at, line in words(path, text):
        for m in PATTERN.finditer(line):
            yield f"{path}:{text.count(chr(10), 0, at) + 1}: \"{m[0]}\" in: {line[max(0, m.start() - 60):m.end() + 60]}"


@pytest.mark.parametrize("path", [f for f in files() if not EXEMPT.match(f) and f not in PENDING])
def test_phrases_do_not_come_back(path):
    found = list(faults(path, read(path)))
    assert not found


@pytest.mark.parametrize("phrase,example,_", PHRASES, ids=[p[1] for p in PHRASES])
def test_each_phrase_is_found_in_its_example(phrase, example, _):
    assert re.search(rf"\b(?:{phrase})\b", example, re.I)


@pytest.mark.parametrize("path,text", [
    ("lib/a.c", "/*\n * What is written to what\n * is none.\n */\n"), ("lib/a.c", 'f("is to be "\n  "told");\n'), ("lib/a.h", "int a; // so many\n"),
    ("a.py", 'def test_whoever_asks():\n    """Nothing."""\n'), ("a.py", 'class A:\n    """A wait behind\n    it."""\n'), ("a.py", "a = 1  # his\n"),
    ("a.sh", "# nobody\n# can tell\n"), ("man/a.scd", "# WHAT SURPRISES\n"), ("NEWS", "ipcx is told: whoever\n")])
def test_phrases_are_found_wherever_they_are(path, text):
    assert list(faults(path, text))


@pytest.mark.parametrize("path,text", [
    ("cmd/compat/a.c", 'f("so many");\n'), ("tests/a.c", 'f("whoever");\n'), ("lib/a.c", "int tally = his;\n"), ("a.py", 'x = "whoever"\n'),
    ("README.md", "so many that it takes a second; there is none; the history of this; what is no longer there\n")])
def test_code_data_and_other_words_are_left_alone(path, text):
    assert not list(faults(path, text))
