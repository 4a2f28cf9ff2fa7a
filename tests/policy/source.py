# SPDX-License-Identifier: GPL-2.0-or-later
"""The tree as text: its files, and C sources without their comments, cut into functions."""

import functools
import os
import re

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
MECHS = re.findall(r"line\((\w+)\)", open(os.path.join(ROOT, "lib/core/registry.c"), encoding="utf-8").read())
MECHS = [mech for mech in MECHS if mech != "name"]

NOT_OURS = {".git", "build", "__pycache__", ".pytest_cache"}
RELEASED = re.compile(r"tests/api/[\d.]+/.*\.h")  # headers of releases, which stay as they were


@functools.lru_cache(maxsize=None)
def files():
    """Every file of the project, relative to its top, without build output."""
    found = []
    for top, dirs, names in os.walk(ROOT):
        dirs[:] = sorted(d for d in dirs if d not in NOT_OURS and not os.path.islink(os.path.join(top, d)))
        found += [os.path.relpath(os.path.join(top, name), ROOT) for name in names]
    return sorted(f for f in found if f != ".git" and not f.endswith((".pyc", ".orig", ".rej", "~")) and not RELEASED.fullmatch(f))


EXAMPLES = "lib/examples/"  # programs of users: they print, fork and end as they like


def c_files(*below):
    """C sources and headers below these directories, or below all directories if none is given. The examples are not part of the library."""
    found = [f for f in files() if f.endswith((".c", ".h")) and (not below or f.startswith(tuple(below)))]
    return [f for f in found if not below or EXAMPLES in below or not f.startswith(EXAMPLES)]


@functools.lru_cache(maxsize=None)
def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


PIECE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


class Source:
    """A C file: .code has neither comments nor the contents of literals, .words has the literals."""

    def __init__(self, path):
        self.path = path
        self.text = read(path)
        self.words = PIECE.sub(lambda m: blank(m[0]) if m[0][0] == "/" else m[0], self.text)
        self.code = PIECE.sub(self._bare, self.text)
        self.lines = self.code.split("\n")

    @staticmethod
    def _bare(piece):
        text = piece[0]
        return blank(text) if text[0] == "/" else text[0] + blank(text[1:-1]) + text[-1]

    def line_of(self, at):
        return self.text.count("\n", 0, at) + 1

    def where(self, at):
        return f"{self.path}:{self.line_of(at)}"

    def includes(self):
        """Yield (line, name as written, with its quotes or brackets)."""
        return [(self.line_of(m.start()), m[1])
                for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]+(["<][^">]+[">])', self.words, re.M)]

    def literals(self):
        """Yield (position, text between the quotes) of every string; adjacent strings count as one."""
        plain = re.sub(r"^[ \t]*#[ \t]*include.*", lambda m: blank(m[0]), self.words, flags=re.M)
        for m in re.finditer(r'"(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*', plain):
            yield m.start(), "".join(s[1:-1] for s in re.findall(r'"(?:\\.|[^"\\\n])*"', m[0]))

    def calls(self, *names):
        """Yield (position, name, arguments) of every call of these functions; the last name may be a pattern."""
        for m in re.finditer(r"(?<![\w.>])(%s)\s*\(" % "|".join(names), self.code):
            yield m.start(), m[1], self.words[m.end():closing(self.code, m.end() - 1)]

    def functions(self):
        """Yield (name, first line, last line, body) of every function: house style puts its braces in column 0."""
        for n, line in enumerate(self.lines):
            if line.rstrip() != "{" or n == 0 or self.lines[n - 1].rstrip()[-1:] not in (")", ":"):
                continue
            first = n
            while first > 0 and self.lines[first - 1].strip() and self.lines[first - 1][0] not in "#};":
                first -= 1
            last = next(i for i in range(n, len(self.lines)) if self.lines[i].rstrip() == "}")
            head = "\n".join(self.lines[first:n])
            name = re.findall(r"(\w+)\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)|PRINTF\([^)]*\)", "", head))
            yield (name or ["?"])[0], first + 1, last + 1, "\n".join(self.lines[n:last + 1])


def closing(code, at):
    """Return where the bracket that opens here is closed."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] in "([{") - (code[i] in ")]}")
        if depth == 0:
            return i
    return len(code)


TOKEN = re.compile(r"\w+|[^\s\w]")


def nesting(body):
    """Return the nesting depth of a function body; its outermost statements are at depth 1."""
    tokens = TOKEN.findall(re.sub(r"^[ \t]*#(?:.*\\\n)*.*", "", body, flags=re.M))
    deepest = 0

    def skip(i):  # the group in brackets that begins here
        depth = 0
        while True:
            depth += (tokens[i] in "([{") - (tokens[i] in ")]}")
            i += 1
            if depth == 0:
                return i

    def statement(i, depth):
        nonlocal deepest
        token = tokens[i]
        if token == "{":
            i += 1
            while tokens[i] != "}":
                i = statement(i, depth)
            return i + 1
        deepest = max(deepest, depth)
        if token in ("if", "while", "for", "switch"):
            i = statement(skip(i + 1), depth + 1)
            if token == "if" and i < len(tokens) and tokens[i] == "else":
                chain = tokens[i + 1] == "if"
                i = statement(i + 1, depth if chain else depth + 1)
            return i
        if token == "do":
            i = statement(i + 1, depth + 1)  # and "while (…);" follows
            return skip(i + 1) + 1
        if token in ("case", "default"):
            while tokens[i] != ":":
                i += 1
            return i + 1
        while tokens[i] != ";":
            i = skip(i) if tokens[i] in "([{" else i + 1
        return i + 1

    statement(0, 1)
    return deepest
