# SPDX-License-Identifier: GPL-2.0-or-later
"""Read the text of ipcx metrics, strictly: what is valid in both formats."""

import re
import time

LABEL = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
SERIES = re.compile(rf"(ipcx_[a-z_]+)(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")


def until(true, seconds=300):
    """Wait for a state."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def unquote(value):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value)


def parse(text):
    """Parse strictly what is valid in both formats; return {(name, labels as a sorted tuple): number}."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""], text[-200:]
    found, done, unit, name, kinds = {}, set(), None, None, []
    for line in lines[:-2]:
        m = re.fullmatch(r"# (HELP|TYPE|UNIT) (ipcx_[a-z_]+) (.+)", line)
        if m:
            if m[1] == "HELP":
                done |= {name}
                name, unit, kinds = m[2], None, []
                assert name not in done, "a family is one block"
            assert m[2] == name, line
            kinds.append(m[1])
            assert m[1] != "TYPE" or m[3] == "gauge"
            unit = m[3] if m[1] == "UNIT" else unit
            assert not unit or name.endswith("_" + unit), line
            continue
        m = SERIES.fullmatch(line)
        assert m and m[1] == name and kinds[:2] == ["HELP", "TYPE"], line
        labels = tuple(sorted((k, unquote(v)) for k, v in re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', m[2] or "")))
        assert len({k for k, _ in labels}) == len(labels), line
        assert (name, labels) not in found, f"twice: {line}"
        found[name, labels] = float(m[3])
    return found


def metrics(world, *words, **more):
    return parse(world.ok("metrics", *words, **more) + "\n")


def pick(found, metric, **labels):
    """Return {labels: value} of a metric, of the series that have these labels."""
    return {key[1]: value for key, value in found.items()
            if key[0] == metric and all((k, v) in key[1] for k, v in labels.items())}


def one(found, metric, **labels):
    values = list(pick(found, metric, **labels).values())
    assert len(values) == 1, (metric, labels, values)
    return values[0]
