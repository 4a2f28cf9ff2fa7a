#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn the template of a page into scdoc: expand.py DUMP LIMITS HEADER TEMPLATE OUTPUT.

A line "@WORD argument@" is replaced by text from the program's own tables (ipcx help --dump), its list of limits (ipcx limits --json), the comments
of ipcx.h and ipcx-stress.h, or the programs in examples/ beside these headers. So no option, field or limit is described twice. A line that begins
with a semicolon is a comment of the template and is omitted."""

import json
import os
import re
import sys

import header
from scd import entry, esc, literal
from section3 import mark


def merged(lines):
    """Append each line "++" to the line before it, where scdoc reads it as a line break."""
    out = []
    for line in lines:
        if line == "++":
            out[-1] += "++"
        else:
            out.append(line)
    return out


def option(o):
    names = f"*--{o['name']}*"
    if o["letter"]:
        names = f"*-{o['letter']}*, {names}"
    arg = f"_{esc(o['arg'])}_"
    if o["arg"]:
        names += f"[={arg}]" if o["optional"] else f" {arg}"
    return entry(names, esc(o["help"]))


def options(table):
    return [line for o in table if not o["hidden"] for line in option(o)]


class Page:
    """Each public method implements one macro of the templates and returns lines of scdoc."""

    def __init__(self, dump, limits, headers, examples):
        self.dump, self.headers, self.directory, self.name = dump, headers, examples, None
        self.told = []  # the commands that the page is about
        self.known_limits = {row["name"]: row for row in limits["limits"]}

    def _command(self, name):
        return next(c for c in self.dump["commands"] if c["name"] == name)

    def title(self, name):
        self.name = name
        return [f'{name} "ipcx {self.dump["version"]}" "ipcx"', ""]

    def synopsis(self, name):
        """Synopsis: one line for each form of the command."""
        self.told.append(self._command(name))
        ways = self._command(name)["operands"]
        ways = ways.split("|") if "|--" in ways else [ways]
        return [f"*ipcx {name}* [_OPTIONS_] {esc(way)}" + "++" * (way != ways[-1]) for way in ways] + [""]

    def about(self, name):
        c = self._command(name)
        return [esc(c["about"] or c["summary"]), ""]

    def options(self, name):
        return options(self._command(name)["options"]) + options(self.dump["options"])

    def globals(self):
        return options(self.dump["options"])

    def examples(self, name):
        out = []
        for e in self._command(name)["examples"]:
            out += [esc(e["what"][0].upper() + e["what"][1:] + ":"), "", *literal([e["line"]])]
        return out

    def commands(self):
        out = []
        for c in self.dump["commands"]:
            if not c["hidden"]:
                out += entry(f"*ipcx {c['name']}* {esc(c['operands'])}", esc(c["summary"]))
        return out

    def exit(self):
        """Exit statuses of the page's commands, without repetition; on a page without commands, the general exit statuses."""
        out, said = ["# EXIT STATUS", ""], {}
        for c in self.told or [{"name": None, "exits": self.dump["exit"]}]:
            for e in c["exits"]:
                said.setdefault(e["status"], {}).setdefault(e["text"], []).append(c["name"])
        for status in sorted(said, key=lambda n: 256 if n is None else n):
            everywhere = sum(map(len, said[status].values())) == max(len(self.told), 1)
            lines = []
            for text, names in said[status].items():
                alone = len(said[status]) == 1 and everywhere
                of = "" if alone else ", ".join(f"*{n}*" for n in names) + ": "
                lines += (["++"] if lines else []) + [of + esc(text)]
            out += entry("any other" if status is None else f"*{status}*", *merged(lines))
        return out

    def fields(self, which):
        """Fields of objects (which == "objects"), or fields of all other rows."""
        out = []
        for f in self.dump["fields"]:
            if bool(f["mechs"]) != (which == "objects"):
                continue
            facts = [f["type"]] + ([f["unit"]] if f["unit"] else [])
            if len(f["mechs"]) == len(self.dump["mechanisms"]):
                facts.append("all mechanisms")
            elif f["mechs"]:
                facts.append(" ".join(f["mechs"]))
            if f["cost"] == "dear":
                facts.append("only when named")
            elif f["dear_mechs"]:
                facts.append(f"of {' and '.join(f['dear_mechs'])} only when named")
            out += entry(f"*{esc(f['name'])}* ({esc(', '.join(facts))})", esc(f["doc"]))
        return out

    def columns(self):
        """Default table columns of each mechanism."""
        out = []
        for m in self.dump["mechanisms"]:
            out += entry(f"*{m['name']}*", esc(", ".join(m["shown"])))
        return out

    def mechanisms(self):
        out = []
        for m in self.dump["mechanisms"]:
            has = "each has a name" if m["named"] else "each has an id and a key"
            if m["unlisted"]:
                has = f"found through the processes, listed only when named; {esc(m['lasts'])}"
            out += entry(f"*{m['name']}*", f"{esc(m['label'])} (group *{m['group']}*); {has}")
        return out

    def needs(self):
        out = []
        for m in self.dump["mechanisms"]:
            if m["lasts"]:
                continue
            out += entry(f"*{m['name']}:*_{esc(m['need'])}_", esc(m["label"]))
        return out

    def limits(self):
        """All limits except those of huge pages, whose sizes depend on the machine."""
        out = []
        for name in self.dump["limits"]:
            row = self.known_limits.get(name)
            if row and not name.startswith("hugepages_"):
                out += entry(f"*{esc(name)}* ({esc(row['unit'])}; {esc(row['source'])})", esc(row["what"]))
        return out

    def metrics(self):
        out = []
        for m in self.dump["metrics"]:
            needs = f"; with *--with {m['needs']}*" if m["needs"] else ""
            out += entry(f"*{esc(m['name'])}* ({esc(m['labels'] or 'no label')}{needs})", esc(m["help"]))
        return out

    def formats(self):
        out = []
        for f in self.dump["formats"]:
            out += entry(f"*{f['name']}*", esc(f["help"]))
        return out

    def contract(self):
        """Rules common to all functions, from the comments at the beginning of the headers."""
        out = []
        for _, doc in self.headers:
            for text in doc.paragraphs:
                heading = re.match(r"([A-Z][a-z ]+): (.*)", text)
                if heading:
                    out += [f"## {heading[1]}", "", mark(heading[2][0].upper() + heading[2][1:]), ""]
                else:
                    out += [mark(text), ""]
        return out

    def subjects(self):
        """The pages of section 3, each with its summary and its functions."""
        out = []
        for section in [section for sections, _ in self.headers for section in sections]:
            names = ", ".join(f"*{esc(item.name)}*()" for item in section.functions())
            out += entry(f"*{esc(section.name)}*(3): {esc(section.summary)}", names)
        return out

    def program(self, name):
        """Source text of an example, without its licence line."""
        with open(os.path.join(self.directory, name), encoding="utf-8") as f:
            lines = [line for line in f.read().splitlines() if "SPDX" not in line]
        return literal(line.expandtabs(4) for line in lines)

    def programs(self):
        """List of all examples, each with its first comment."""
        out = []
        for name in sorted(os.listdir(self.directory)):
            if name.endswith((".c", ".cc")):
                with open(os.path.join(self.directory, name), encoding="utf-8") as f:
                    head = re.search(r"(?:/\*|//) (?!SPDX)(.*?)(?: \*/|\n[^ /])", f.read(), re.S)[1]
                out += entry(f"*{esc(name)}*", esc(" ".join(re.sub(r"\n ?(\*|//)", " ", head).split())))
        return out

    def trailer(self, pages=""):
        seen = [p for p in ["ipcx(1)", *pages.split(), "ipcx-expr(7)", "ipcx-json(5)"] if p != self.name]
        return ["# SEE ALSO", "", ", ".join(re.sub(r"^([^(]+)", r"*\1*", p) for p in dict.fromkeys(seen)), ""]


def expand(template, page):
    out = []
    for line in template.splitlines():
        m = re.fullmatch(r"@([A-Z]+)(?: (.*))?@", line)
        if m:
            out += getattr(page, m[1].lower())(*([m[2]] if m[2] else []))
        elif not line.startswith(";"):
            out.append(line)
    return "\n".join(out) + "\n"


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def main():
    dump, limits, public, template, output = sys.argv[1:]
    lib = os.path.dirname(public)
    headers = [header.load(path) for path in (public, os.path.join(lib, "ipcx-stress.h"))]
    page = Page(load(dump), load(limits), headers, os.path.join(lib, "examples"))
    with open(template, encoding="utf-8") as f:
        text = expand(f.read(), page)
    with open(output, "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
