#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn a page's template into scdoc: expand.py DUMP HEADER TEMPLATE OUTPUT.

A line "@WORD argument@" is replaced by what the program's own tables (ipcx help --dump) or the public header say, so
that no option, field or function is described twice."""

import json
import re
import sys


def esc(text):
    """Text that scdoc must not read as markup."""
    return re.sub(r"([*_\\\[\]|<>~#])", r"\\\1", text or "").replace("++", "+\\+")


def command(dump, name):
    return next(c for c in dump["commands"] if c["name"] == name)


def option_lines(options):
    out = []
    for o in options:
        if o["hidden"]:
            continue
        names = f"*--{o['name']}*"
        if o["letter"]:
            names = f"*-{o['letter']}*, {names}"
        if o["arg"]:
            arg = f"_{esc(o['arg'])}_"
            names += f"[={arg}]" if o["optional"] else f" {arg}"
        out += [names, f"\t{sentence(o['help'])}", ""]
    return out


def sentence(text):
    return esc(text[0].upper() + text[1:] + ".")


class Page:
    def __init__(self, dump, header):
        self.dump, self.header = dump, header

    def version(self):
        return [self.dump["version"]]

    def synopsis(self, name):
        c = command(self.dump, name)
        return [f"*ipcx {c['name']}* [_OPTIONS_] {esc(c['operands'])}", ""]

    def about(self, name):
        c = command(self.dump, name)
        return [esc(c["about"] or c["summary"]), ""]

    def options(self, name):
        return option_lines(command(self.dump, name)["options"]) + option_lines(self.dump["options"])

    def globals(self):
        return option_lines(self.dump["options"])

    def examples(self, name):
        out = []
        for e in command(self.dump, name)["examples"]:
            out += [sentence(e["what"]), "", "```", f"    {e['line']}", "```", ""]
        return out

    def commands(self):
        out = []
        for c in self.dump["commands"]:
            if not c["hidden"]:
                out += [f"*ipcx {c['name']}* {esc(c['operands'])}", f"\t{sentence(c['summary'])}", ""]
        return out

    def exit(self):
        out = ["# EXIT STATUS", ""]
        for e in self.dump["exit"]:
            out += [f"*{e['status']}*", f"\t{sentence(e['text'])}", ""]
        return out

    def fields(self, group=""):
        out = []
        for f in self.dump["fields"]:
            if group == "objects" and not f["mechs"]:
                continue
            if group == "others" and f["mechs"]:
                continue
            facts = [f["type"]] + ([f["unit"]] if f["unit"] else [])
            if len(f["mechs"]) == len(self.dump["mechanisms"]):
                facts.append("all mechanisms")
            elif f["mechs"]:
                facts.append(" ".join(f["mechs"]))
            if f["cost"] == "dear":
                facts.append("only when named")
            out += [f"*{esc(f['name'])}* ({esc(', '.join(facts))})", f"\t{sentence(f['doc'])}", ""]
        return out

    def mechanisms(self):
        out = []
        for m in self.dump["mechanisms"]:
            kind = "a name" if m["named"] else "an id and a key"
            out += [f"*{m['name']}*", f"\t{esc(m['label'])} (group {m['group']}): each has {kind}.", ""]
        return out

    def needs(self):
        out = []
        for m in self.dump["mechanisms"]:
            out += [f"*{m['name']}:*_{esc(m['need'])}_", f"\t{esc(m['label'])}.", ""]
        return out

    def limits(self):
        names = [n for n in self.dump["limits"] if not n.startswith("hugepages_")]
        return [", ".join(f"*{esc(n)}*" for n in names) + ",", "*hugepages_*_SIZE_*kB* for each size of the machine;", ""]

    def formats(self):
        out = []
        for f in self.dump["formats"]:
            out += [f"*{f['name']}*", f"\t{sentence(f['help'])}", ""]
        return out

    def functions(self):
        out = []
        pattern = r"/\*\*((?:(?!\*/).)*)\*/\s*((?:const |unsigned |struct |int|void|bool|size_t|uint64_t)[^;{}]*?\b(ipcx_\w+)\([^;]*\));"
        for doc, proto, _ in re.findall(pattern, self.header, re.S):
            text = " ".join(line.strip().lstrip("*").strip() for line in doc.splitlines()).strip()
            text = re.sub(r"\s*@param (\S+)", r" _\1_:", re.sub(r"\s*@return", r" Returns", text))
            parts = [esc(p) if i % 2 == 0 else f"_{esc(p)}_" for i, p in enumerate(re.split(r"(?<!\w)_(\w+)_(?=:)", text))]
            out += [f"*{esc(' '.join(proto.split()))}*", "\t" + "".join(parts), ""]
        return out

    def trailer(self, pages):
        seen = ["*ipcx*(1)", "*ipcx-expr*(7)", "*ipcx-json*(5)"]
        seen += [f"*{p.split('(')[0]}*({p.split('(')[1]}" for p in pages.split()]
        return ["# SEE ALSO", "", ", ".join(dict.fromkeys(seen)), ""]


def expand(template, page):
    out = []
    for line in template.splitlines():
        m = re.fullmatch(r"@([A-Z]+)(?: (.*))?@", line)
        if line.startswith(";"):
            continue  # scdoc wants the title first
        if not m:
            out.append(line)
            continue
        args = [m[2]] if m[2] else []
        out += getattr(page, m[1].lower())(*args)
    return "\n".join(out) + "\n"


def main():
    dump_path, header_path, template_path, output = sys.argv[1:]
    with open(dump_path, encoding="utf-8") as f:
        dump = json.load(f)
    with open(header_path, encoding="utf-8") as f:
        header = f.read()
    with open(template_path, encoding="utf-8") as f:
        text = expand(f.read(), Page(dump, header))
    with open(output, "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
