#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""newer.py HEADER OUT: write the header as a later version might have it.

In the written header, every struct that has a size member gets one more member, and enum ipcx_field gets one more field. A list of the structs is appended, so
that
test_newer.c can check that it knows them all: NEWER_IPCX_H(line) or NEWER_IPCX_STRESS_H(line); the macro HAS_NEWER_ipcx_query says that struct ipcx_query is
one of these structs."""

import os
import re
import sys

STRUCT = re.compile(r"^struct (\w+) \{\n\tsize_t size;.*?^\};\n", re.M | re.S)


def grown(found):
    body = found[0].removesuffix("};\n")
    return f"{body}\tuint64_t newer; /**< what a later version knows */\n}};\n#define HAS_NEWER_{found[1]} 1\n"


def newer(text, name):
    structs = [found[1] for found in STRUCT.finditer(text)]
    assert structs, "no struct says its size"
    text = STRUCT.sub(grown, text)
    if "enum ipcx_field {" in text:
        before = text
        text = re.sub(r"^\tIPCX_NO_FIELD =", "\tIPCX_F_NEWER,\n\tIPCX_NO_FIELD =", text, flags=re.M)
        assert text != before, "enum ipcx_field has another end"
    lines = " ".join(f"line({struct})" for struct in structs)
    end = text.rindex("#endif")
    return text[:end] + f"#define NEWER_{re.sub('[^A-Z]', '_', name.upper())}(line) {lines}\n\n" + text[end:]


def main():
    header, out = sys.argv[1:]
    with open(header, encoding="utf-8") as file:
        text = file.read()
    with open(out, "w", encoding="utf-8") as file:
        file.write(newer(text, os.path.basename(header)))


if __name__ == "__main__":
    main()
