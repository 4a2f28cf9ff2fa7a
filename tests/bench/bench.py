#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure the performance goals: print a table on stdout, JSON on request.

Start it with run.sh, which makes the private namespaces in which it runs.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys

import fixtures
import measure
import rows

HEADINGS = ("row", "case", "goal", "median", "min..max", "cost", "result")
LAYOUT = "{:<4} {:<46} {:>7} {:>8} {:>16} {:>21}  {}"


def arguments():
    known = list(dict.fromkeys(case.row for case in rows.CASES))
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, metavar="N",
                        help="rounds per case (7); short commands take a multiple of it")
    parser.add_argument("--json", metavar="FILE", help="write all figures there too")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {' '.join(known)}")
    args = parser.parse_args()
    unknown = set(args.rows) - set(known)
    if unknown:
        parser.error(f"no such row: {' '.join(sorted(unknown))}")
    if args.rounds < 1:
        parser.error("--rounds: at least 1")
    return args


def first_line_of(*argv):
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True,
                              env={**fixtures.environment(), "LD_LIBRARY_PATH": os.environ.get("BENCH_LIB", "")}).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def machine(ipcx):
    version = re.search(r"util-linux (\S+)", first_line_of("ipcs", "--version"))
    return {
        "kernel": platform.release(),
        "arch": platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "util-linux": version[1] if version else "unknown",
        "ipcx": first_line_of(ipcx, "--version").removeprefix("ipcx "),
        "load": os.getloadavg()[0],
    }


def number(value):
    """Format with three significant digits, for ratios from 0.01 to 10,000."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def print_outcome(outcome):
    case = outcome.case
    values = outcome.values
    goal = f"{'≤' if case.op == '<=' else '≥'} {number(case.goal)}" if case.op else ""
    span = f"{number(min(values))}..{number(max(values))}" if values else ""
    cost = " / ".join(map(number, outcome.costs))
    last = " ".join(filter(None, (outcome.result, outcome.note)))
    print(LAYOUT.format(case.row, case.what, goal, number(outcome.median), span, cost,
                        last), flush=True)


def as_json(outcome):
    case = outcome.case
    return {
        "row": case.row,
        "case": case.what,
        "op": case.op or None,
        "goal": case.goal,
        "median": outcome.median,
        "min": min(outcome.values, default=None),
        "max": max(outcome.values, default=None),
        "rounds": len(outcome.values),
        "result": outcome.result,
        "note": outcome.note or None,
        "commands": [
            {"argv": cmd.argv, "world": cmd.world, "metric": cmd.metric, "median": cost}
            for cmd, cost in zip(case.cmds, outcome.costs or [None] * len(case.cmds))],
    }


def run(args, paths):
    cases = [case for case in rows.CASES if not args.rows or case.row in args.rows]
    print(LAYOUT.format(*HEADINGS))
    outcomes = []
    worlds = fixtures.Worlds(paths)
    try:
        for outcome in measure.measure(worlds, cases, args.rounds):
            print_outcome(outcome)
            outcomes.append(outcome)
    finally:
        worlds.close()
    return outcomes


def main():
    args = arguments()
    paths = {name: os.environ[f"BENCH_{name.upper()}"] for name in ("ipcx", "bin", "tmp")}
    host = machine(paths["ipcx"])
    print("machine: " + ", ".join(f"{key} {value}" for key, value in host.items()))
    fixtures.raise_queue_limit()
    outcomes = run(args, paths)
    tally = {result: sum(o.result == result for o in outcomes)
             for result in ("ok", "MISS", "n/a", "info")}
    print(", ".join(f"{count} {result}" for result, count in tally.items()))
    if args.json:
        figures = {"machine": host, "cases": [as_json(o) for o in outcomes]}
        with open(args.json, "w") as f:
            json.dump(figures, f, indent=1)
            f.write("\n")
    return 1 if tally["MISS"] else 0


if __name__ == "__main__":
    sys.exit(main())
