# SPDX-License-Identifier: GPL-2.0-or-later
"""Parse the public headers into sections, and the declarations of each section with their comments.

A section begins with "/* ---- PAGE(3): summary ---- */" and becomes the page of that name. A plain comment directly after that line introduces the
page; it may contain "@example FILE [FUNCTION]" (a program in lib/examples) and "@see PAGE(N), …".
Comments of declarations begin with "/**", comments of members and enumerators with "/**<"."""

import re

MARK = r"/\* ---- (\w+)\(3\): (.+?) ---- \*/"
PIECE = re.compile(MARK + r"|/\*(?P<doc>.*?)\*/|(?P<define>^#define (?:[^\n]*\\\n)*[^\n]*\n)|^#(?:[^\n]*\\\n)*[^\n]*\n"
                   r"|(?P<inline>^static inline [^;{]*?\{\n.*?^\}\n)|(?P<body>^(?:struct|enum) \w+ \{\n.*?^\};)|(?P<plain>^\w[^;{]*;)"
                   r"|^extern \"C\" \{|^\}", re.M | re.S)
TAG = re.compile(r"\s*@(?=(?:param|return|retval|example|see)\b)")
TRAILING = re.compile(r"/\*\*<(.*?)\*/", re.S)


def flat(text):
    return " ".join(text.split())


class Doc:
    """A comment: its paragraphs (a list item begins with "- ") and the contents of its tags."""

    def __init__(self, text):
        lines = [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in text.strip().strip("*").split("\n")]
        body, *tags = TAG.split("\n".join(lines).strip())
        self.paragraphs = []
        for block in re.split(r"\n\s*\n", body):
            self.paragraphs += [flat(part) for part in re.split(r"\n(?=- )", block) if part.strip()]
        self.params, self.returns, self.errors, self.example, self.see = [], None, [], None, ""
        for tag in tags:
            self._tag(*flat(tag).partition(" ")[::2])

    def _tag(self, word, rest):
        if word in ("param", "retval"):
            name, _, text = rest.partition(" ")
            (self.params if word == "param" else self.errors).append((name, text))
        elif word == "return":
            self.returns = rest
        elif word == "example":
            self.example = rest.split()
        else:
            self.see = rest


class Item:
    """A declaration: kind is "function", "struct", "enum", "opaque" or "define"."""

    def __init__(self, kind, name, doc, code):
        self.kind, self.name, self.doc, self.code = kind, name, doc, code
        self.first_size = None  # of a struct: the doc of its IPCX_…_SIZE_0_1

    def prototype(self):
        return flat(self.code.partition("\n{")[0].removeprefix("static inline ").rstrip(";"))

    def members(self):
        """Return (declaration, comment) for each member or enumerator that has a comment."""
        inner = self.code[self.code.index("{") + 1:self.code.rindex("}")]
        inner = re.sub(r"/\*[^*].*?\*/", "", inner, flags=re.S)
        inner = re.sub(r"union \{.*?\} (\w+);", r"union \1;", inner, flags=re.S)
        at = 0
        for found in TRAILING.finditer(inner):
            before = flat(TRAILING.sub("", inner[at:found.start()]))
            between = ", " if self.kind == "enum" else "; "
            yield before.rstrip(";,").split(between)[-1].strip(), flat(re.sub(r"\n\s*\*", "\n", found[1]))
            at = found.end()

    def bare(self):
        """Return the code of a struct without its comments."""
        text = re.sub(r"[ \t]*/\*.*?\*/", "", self.code, flags=re.S)
        text = re.sub(r"(\w|,)[ \t]*\n[ \t]+\*", r"\1 *", text)
        return [line for line in text.expandtabs(8).split("\n") if line.strip()]

    def meaning(self):
        """Return the comment beside a #define or, if there is none, the comment above the #define."""
        beside = TRAILING.search(self.code)
        return flat(re.sub(r"\n\s*\*", "\n", beside[1])) if beside else None


class Section:
    def __init__(self, name, summary, header):
        self.name, self.summary, self.header = name, summary, header
        self.doc, self.items = Doc(""), []

    def functions(self):
        return [item for item in self.items if item.kind == "function"]

    def names(self):
        """Return the declarations that get a page or link of their own: functions, structs and enums, without repetition."""
        found = [item.name for item in self.items if item.kind != "define"]
        return list(dict.fromkeys([self.name, *found]))

    def add(self, item):
        owner = re.search(r"offsetof\(struct (\w+),", item.code) if item.name.endswith("_SIZE_0_1") else None
        if owner:
            next(struct for struct in self.items if struct.name == owner[1]).first_size = item.name
        else:
            self.items.append(item)


def declared(found, doc):
    code = next(found[kind] for kind in ("define", "inline", "body", "plain") if found[kind])
    if found["define"]:
        return Item("define", re.match(r"#define (\w+)", code)[1], doc, code)
    if found["body"]:
        kind, name = re.match(r"(struct|enum) (\w+)", code).groups()
        return Item(kind, name, doc, code)
    opaque = re.fullmatch(r"struct (\w+);", code)
    if opaque:
        return Item("opaque", opaque[1], doc, code)
    return Item("function", re.search(r"\b(ipcx_\w+)\(", code)[1], doc, code)


def parse(text, header):
    """Return the sections of one header."""
    sections, doc, fresh = [], None, False
    for found in PIECE.finditer(text):
        if found[1]:
            sections.append(Section(found[1], found[2], header))
            doc, fresh = None, True
        elif found["doc"] is not None and sections:
            if found["doc"].startswith("*"):
                doc = None if found["doc"].startswith("*<") else Doc(found["doc"])
            elif fresh:
                sections[-1].doc = Doc(found["doc"])
            fresh = False
        elif sections and any(found[kind] for kind in ("define", "inline", "body", "plain")):
            item = declared(found, doc)
            sections[-1].add(item)
            if item.kind != "define":
                doc = None  # defines in a row share the comment above them
    return sections


def contract(text):
    """Return the comment at the beginning of a header, which applies to everything in the header."""
    return Doc(re.findall(r"/\*(.*?)\*/", text, re.S)[1])


def load(path):
    """Read a header and return (sections, contract)."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return parse(text, path.rsplit("/", 1)[-1]), contract(text)
