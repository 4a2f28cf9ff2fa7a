#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sum up the results of tests/run.sh.

    summary.py RESULTS            print which tests were skipped, flaky or failed, and 'N passed, N failed, N skipped'
    summary.py RESULTS --counts   print on a line for each suite: its name, how many tests passed, failed, were skipped
    summary.py RESULTS --failed   print each failed test on a line: SUITE, a tab, and what runs it alone

RESULTS has SUITE.xml (pytest), SUITE.json (meson), notes (SUITE, pass|fail|skip, NAME, REASON) and flaky (SUITE, NAME: a test that
failed, and passed when it was run again on its own)."""

import collections
import glob
import json
import os
import re
import sys
import xml.etree.ElementTree as xml

TAP = re.compile(r"(not )?ok\b *\d*(?: -)? *([^#]*?) *(?:# *SKIP\b *(.*))?", re.I)
results = []  # (suite, "pass" | "fail" | "skip" | "flaky", name, reason)


def program(suite, test):
    """Results of one program of the C suites: its TAP lines are the tests; without TAP, its exit status is the only test."""
    name, result = test["name"].split(" / ")[-1], test["result"]
    planned, cases, before = 0, [], ""
    for line in test.get("stdout", "").splitlines():
        plan, case = re.fullmatch(r"1\.\.(\d+)", line), TAP.fullmatch(line)
        if plan:
            planned += int(plan[1])
        elif case:
            title, reason = case[2], case[3]
            if not title:  # cmocka: the name follows SKIP, the reason is printed before
                title, reason = reason, before
            verdict = "skip" if case[3] is not None else "fail" if case[1] else "pass"
            cases.append((suite, verdict, f"{name}: {title}", reason or before))
            before = ""
        elif not line.startswith("#"):
            before = line
        elif cases and cases[-1][1] == "fail":  # lines of a failed case follow it
            cases[-1] = (*cases[-1][:3], cases[-1][3] + "\n    " + line[1:].strip())
    if not planned:
        verdict = {"OK": "pass", "EXPECTEDFAIL": "pass", "SKIP": "skip"}.get(result, "fail")
        cases = [(suite, verdict, name, before.removeprefix("1..0 # SKIP ") if verdict == "skip" else result)]
    elif planned != len(cases):
        cases.append((suite, "fail", name, f"{result}: {len(cases)} of {planned} ran"))
    elif result not in ("OK", "SKIP") and not test.get("returncode") and any(case[1] == "skip" for case in cases):
        pass  # cmocka's "not ok # SKIP" is a failure to meson
    elif result not in ("OK", "SKIP") and all(case[1] != "fail" for case in cases):
        cases.append((suite, "fail", name, f"{result} after its last case"))
    results.extend(cases)


def case(suite, test):
    """Result of a test of a pytest suite."""
    name = f"{(test.get('classname') or '').replace('.', '/')}.py::{test.get('name')}"
    tags = {tag.tag: tag for tag in test}
    skip = tags.get("skipped")
    if "failure" in tags or "error" in tags:
        results.append((suite, "fail", name, ""))
    elif skip is not None:
        results.append((suite, "skip", name, skip.get("message", "")))
    else:
        results.append((suite, "pass", name, ""))


def read(top):
    for path in sorted(glob.glob(os.path.join(top, "*"))):
        suite, kind = os.path.splitext(os.path.basename(path))
        with open(path, encoding="utf-8", errors="replace") as file:
            if kind == ".json":
                for line in file:
                    program(suite, json.loads(line))
            elif kind == ".xml":
                for test in xml.parse(file).iter("testcase"):
                    case(suite, test)
            elif suite == "notes":
                results.extend(tuple(line.rstrip("\n").split("\t")) for line in file)


def forgive(top):
    """A test that passed when it was run again is flaky, not failed."""
    try:
        with open(os.path.join(top, "flaky"), encoding="utf-8") as file:
            flaky = {tuple(line.rstrip("\n").split("\t")) for line in file}
    except FileNotFoundError:
        return
    for i, (suite, verdict, name, reason) in enumerate(results):
        if verdict == "fail" and (suite, alone(suite, name)) in flaky:
            results[i] = (suite, "flaky", name, reason)


def alone(suite, name):
    """Return what runs a test alone: the node of pytest, the program of a C suite."""
    return name if "::" in name else name.split(":")[0]


def report():
    count = collections.Counter(verdict for _, verdict, _, _ in results)
    skips = collections.defaultdict(list)
    for suite, verdict, name, reason in results:
        if verdict == "skip":
            skips[suite, reason].append(name)
    if skips:
        print("\nskipped:")
    for (suite, reason), names in skips.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print(f"  {suite}: {reason or 'no reason given'} ({names[0]}{more})")
    for wanted, title in (("flaky", "flaky: failed, and passed when run once more on its own"), ("fail", "failed")):
        if count[wanted]:
            print(f"\n{title}:")
        for suite, verdict, name, reason in results:
            if verdict == wanted:
                print(f"  {suite}: {name}" + (f": {reason}" if reason else ""))
    print(f"\n{count['pass'] + count['flaky']} passed, {count['fail']} failed, {count['skip']} skipped")
    return count["fail"] > 0 or count["pass"] == 0


read(sys.argv[1])
if sys.argv[2:] == ["--failed"]:
    for one in sorted({(suite, alone(suite, name)) for suite, verdict, name, _ in results if verdict == "fail"}):
        print(*one, sep="\t")
elif sys.argv[2:] == ["--counts"]:
    for one in dict.fromkeys(suite for suite, *_ in results):
        print(one, *(sum(suite == one and verdict == wanted for suite, verdict, *_ in results) for wanted in ("pass", "fail", "skip")))
else:
    forgive(sys.argv[1])
    sys.exit(report())
