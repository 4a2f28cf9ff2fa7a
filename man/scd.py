# SPDX-License-Identifier: GPL-2.0-or-later
"""Generate scdoc markup: escaped text, definition lists, literal blocks."""

import re


def esc(text):
    """Escape a text so that scdoc does not interpret it as markup."""
    return re.sub(r"([*_\\\[\]|<>~#])", r"\\\1", text or "").replace("++", "+\\+")


def entry(term, *lines):
    """Return a term with its description indented below it."""
    return [term, *("\t" + line for line in lines), ""]


def literal(lines):
    """Return a literal block. scdoc interprets backslashes even there, so double them."""
    return ["```", *(line.replace("\\", "\\\\") for line in lines), "```", ""]
