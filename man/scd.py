# SPDX-License-Identifier: GPL-2.0-or-later
"""scdoc markup: escaping, terms with their meaning, literal blocks."""

import re


def esc(text):
    """Text that scdoc must not read as markup."""
    return re.sub(r"([*_\\\[\]|<>~#])", r"\\\1", text or "").replace("++", "+\\+")


def entry(term, *lines):
    """A term, and below it, indented, what it means."""
    return [term, *("\t" + line for line in lines), ""]


def literal(lines):
    """Text printed as it is; scdoc reads backslashes even there."""
    return ["```", *(line.replace("\\", "\\\\") for line in lines), "```", ""]
