#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of section 3, made from the comments of the public headers.

section3.py --list HEADER…                      print a line for each file: "page NAME.3.scd" or "link NAME.3"
section3.py DUMP EXAMPLES OUTDIR HEADER…        write all of them into OUTDIR

Each section of a header becomes a page. Every function, struct and enum of the section whose name differs from that of the page becomes a link to the
page. DUMP is the output of "ipcx help --dump", which describes the fields; EXAMPLES is the directory of the example programs."""

import json
import os
import re
import sys

import header
from scd import entry, esc, literal

WIDTH = 70
NBSP = "\N{NO-BREAK SPACE}"
WORD = re.compile(r"\b(?P<page>[a-z_][\w.-]*\(\d\))|\b(?P<call>ipcx_\w+\(\))|(?P<constant>\bIPCX_\w+|-(?:E[A-Z0-9]+|errno)\b)"
                  r"|\b(?P<type>(?:struct|enum) ipcx\w*)|\b(?P<out>ret_\w+)")


def mark(text):
    """Return the text of a comment with pages, functions, constants and types in bold."""
    out, at = [], 0
    for found in WORD.finditer(text):
        out.append(esc(text[at:found.start()]))
        name = found[0]
        if found["page"] or found["call"]:
            name, _, rest = name.partition("(")
            out.append(f"*{esc(name)}*({rest}")
        else:
            out.append(f"_{esc(name)}_" if found["out"] else f"*{esc(name)}*")
        at = found.end()
    return re.sub(r"^-", r"\-", "".join(out) + esc(text[at:]))  # not a list item


def sentence(text):
    """Turn the comment beside a declaration into a sentence. The names of mechanisms are not capitalized."""
    if re.match(r"(?!msg|mq|shm|pshm|sem|psem)[a-z]+,? ", text):
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", ":")) else text + "."


def paragraphs(doc):
    out = []
    for text in doc.paragraphs:
        listed = text.startswith("- ")
        if listed and len(out) > 1 and out[-2].startswith("- "):
            out.pop()
        out += [("- " + mark(text[2:])) if listed else mark(text), ""]
    return out


def argument(text):
    """Return a parameter with its type in bold and its name in italics."""
    found = re.fullmatch(r"(.*?)(\w+)((?:\[\])?)", text)
    if text == "void" or not found or not found[1]:
        return f"*{esc(text)}*"
    return f"*{esc(found[1])}*_{esc(found[2])}_" + (f"*{esc(found[3])}*" if found[3] else "")


def prototype(item):
    """Return the lines of a prototype, wrapped so that its parameters are aligned."""
    text = item.prototype()
    head, _, inner = text.rstrip(")").partition("(")
    pieces = [piece.strip() for piece in inner.split(",")]
    indent = len(head) + 1 if len(head) < 40 else 8
    lines, width = [f"*{esc(head)}(*"], len(head) + 1
    for n, piece in enumerate(pieces):
        last = n == len(pieces) - 1
        if n and width + len(piece) + 2 > WIDTH:
            lines[-1] += "++"
            lines.append(NBSP * indent)
            width = indent
        elif n:
            lines[-1] += " "
            width += 1
        lines[-1] += argument(piece) + ("*);*" if last else "*,*")
        width += len(piece) + 1
    return lines


class Page:
    """The page that is made from one section of a header."""

    def __init__(self, section, sections, dump, examples):
        self.section, self.dump, self.examples = section, dump, examples
        self.home = {name: other.name for other in sections for name in other.names()}

    def text(self):
        body = self.synopsis() + self.description() + self.results() + self.example()
        return "\n".join(self.title() + body + self.see_also(body)).rstrip("\n") + "\n"

    def title(self):
        s = self.section
        names = [item.name for item in s.functions()]
        names = list(dict.fromkeys([s.name, *names]))
        return [f'{s.name}(3) "ipcx {self.dump["version"]}" "ipcx"', "", "# NAME", "",
                f"{', '.join(map(esc, names))} - {esc(s.summary)}", ""]

    def synopsis(self):
        out = ["# LIBRARY", "", "IPC objects as tables (*libipcx*, *-lipcx*)", "",
               "# SYNOPSIS", "", f"*#include <{self.section.header}>*", ""]
        for item in self.section.functions():
            out += [*prototype(item), ""]
        return out

    def description(self):
        out = ["# DESCRIPTION", "", *paragraphs(self.section.doc)]
        items = self.section.items
        at = 0
        while at < len(items):
            run = [items[at]]
            while items[at].kind == "define" and at + len(run) < len(items) and items[at + len(run)].kind == "define":
                run.append(items[at + len(run)])
            out += getattr(self, run[0].kind)(*run)
            at += len(run)
        return out

    def function(self, item):
        out = [f"## {esc(item.name)}()", "", *paragraphs(item.doc)]
        for name, text in item.doc.params:
            out += entry(f"_{esc(name)}_", mark(sentence(text)))
        return out

    def opaque(self, item):
        return [f"## struct {esc(item.name)}", "", *paragraphs(item.doc)]

    def struct(self, item):
        out = [f"## struct {esc(item.name)}", "", *paragraphs(item.doc), *literal(item.bare())]
        for member, text in item.members():
            name = re.search(r"(\w+)(?:\[\w+\])?$", member)[1]
            out += entry(f"_{esc(name)}_", mark(sentence(text)))
        if item.first_size:
            out += [f"*{esc(item.first_size)}* is the size that this struct had in version 0.1.", ""]
        return out

    def enum(self, item):
        out = [f"## enum {esc(item.name)}", "", *paragraphs(item.doc)]
        members = list(item.members())
        if item.name == "ipcx_field":
            out += self.fields()
        for member, text in members:
            out += entry(f"*{esc(member.split(' ')[0])}*", mark(sentence(text)))
        return out

    def define(self, *items):
        """Describe adjacent constants under one heading. Constants without a comment of their own share the comment above the first one."""
        names = [item.name for item in items]
        common = os.path.commonprefix(names)
        common = common[:common.rfind("_") + 1]
        out = [f"## {esc(names[0] if len(items) == 1 else common + '…' if len(common) > 5 else ', '.join(names))}", ""]
        shared = None
        for item in items:
            arguments = re.match(r"#define \w+(\([\w, .]*\))?", item.code)[1] or ""
            beside = item.meaning()
            alone = beside is None and sum(other.doc is item.doc for other in items) == 1
            if not alone and item.doc is not shared and item.doc:
                out += paragraphs(item.doc)
                shared = item.doc
            text = beside if beside is not None else " ".join(item.doc.paragraphs) if alone else None
            term = f"*{esc(item.name)}*{esc(arguments)}"
            out += entry(term, mark(sentence(text))) if text else [term + "++"]
        return self.closed(out)

    @staticmethod
    def closed(lines):
        """End the paragraph after the last of several adjacent terms that have no text."""
        out = []
        for n, line in enumerate(lines):
            following = lines[n + 1] if n + 1 < len(lines) else ""
            if line.endswith("++") and not following.endswith("++"):
                out += [line.removesuffix("++"), ""]
            else:
                out.append(line)
        return out

    def fields(self):
        """Describe all fields in the order of their numbers, with the library's own descriptions."""
        out = []
        for f in self.dump["fields"]:
            facts = [f'"{f["name"]}"', f["type"]] + ([f["unit"]] if f["unit"] else [])
            out += entry(f"*IPCX\\_F\\_{esc(f['name'].upper())}* ({esc(', '.join(facts))})", esc(sentence(f["doc"])))
        return out

    def results(self):
        returning = [item for item in self.section.functions() if item.doc.returns]
        failing = [item for item in self.section.functions() if item.doc.errors]
        out = ["# RETURN VALUE", ""] if returning else []
        for item in returning:
            out += entry(f"*{esc(item.name)}*()", mark(sentence(item.doc.returns)))
        out += ["# ERRORS", "", "Errors common to all functions are listed in *libipcx*(3).", ""] if failing else []
        for item in failing:
            out += [f"## {esc(item.name)}()", ""] if len(self.section.functions()) > 1 else []
            for code, text in item.doc.errors:
                out += entry(mark(code), mark(sentence(text)))
        return out

    def example(self):
        """Quote an example program, or one function of it."""
        if not self.section.doc.example:
            return []
        name, *function = self.section.doc.example
        with open(os.path.join(self.examples, name), encoding="utf-8") as file:
            lines = file.read().split("\n", 1)[1].rstrip("\n").expandtabs(4)
        if function:
            lines = re.search(rf"^\w[^\n;]*\b{function[0]}\([^;{{]*\)\n\{{\n.*?^\}}", lines, re.M | re.S)[0]
            part = [f"From _lib/examples/{esc(name)}_, which is installed with the documentation:", ""]
        else:
            part = [f"This is _lib/examples/{esc(name)}_, which is installed with the documentation:", ""]
        return ["# EXAMPLE", "", *part, *literal(lines.split("\n"))]

    def see_also(self, body):
        """List the pages of all functions, structs and enums that this page names."""
        named = re.findall(r"\b(ipcx\w*)", "\n".join(body).replace("\\", ""))
        pages = sorted({self.home[name] for name in named if name in self.home} - {self.section.name, "ipcx"})
        listed = [f"{name}(3)" for name in ["libipcx", *pages]]
        listed += [page.strip() for page in self.section.doc.see.split(",") if page.strip()]
        return ["# SEE ALSO", "", ", ".join(re.sub(r"^([^(]+)", lambda m: f"*{esc(m[1])}*", page) for page in listed), ""]


def load(headers):
    return [section for path in headers for section in header.load(path)[0]]


def listing(sections):
    for section in sections:
        yield "page", f"{section.name}.3.scd"
        for name in section.names():
            if name != section.name:
                yield "link", f"{name}.3"


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    if sys.argv[1] == "--list":
        print("\n".join(" ".join(line) for line in listing(load(sys.argv[2:]))))
        return
    dump, examples, outdir, *headers = sys.argv[1:]
    sections = load(headers)
    with open(dump, encoding="utf-8") as file:
        tables = json.load(file)
    for section in sections:
        write(os.path.join(outdir, f"{section.name}.3.scd"), Page(section, sections, tables, examples).text())
        for name in section.names():
            if name != section.name:
                write(os.path.join(outdir, f"{name}.3"), f".so man3/{section.name}.3\n")


if __name__ == "__main__":
    main()
