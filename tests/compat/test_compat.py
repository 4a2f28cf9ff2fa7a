# SPDX-License-Identifier: GPL-2.0-or-later
"""Each case is run with the original and with ipcx; output, messages and remaining objects must be the same."""

import os
import re

import pytest
from case import read
from differences import MORE_OPTIONS, WHOLE, Ours, but_for_gaps, comparable, find, says_what_is_cut

CASES = read()
NOW = [  # times within the run, in the forms in which they are printed
    (r"\b[A-Z][a-z]{2}\\x20[A-Z][a-z]{2}(\\x20)+\d+\\x20\d\d:\d\d:\d\d\\x2020[2-9]\d\b", "DAY MON DD HH:MM:SS YYYY"),
    (r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d 20[2-9]\d\b", "DAY MON DD HH:MM:SS YYYY"),
    (r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d(:\d\d)?\b", lambda m: "MON DD HH:MM:SS"[:len(m[0])]),
    (r"\b20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", "YYYY-MM-DDTHH:MM:SS+00:00"),
    (r"\b\d\d:\d\d\b", "HH:MM"),
    (r"(?<![-\w])[A-Z][a-z]{2}\d\d\b", "HH:MM"),
]


def common(case, answer):
    """Return an answer without parts that must differ: the version line, and the prose of --help."""
    answer = dict(answer)
    answer["out"] = re.sub(r"(?m)^(ipcs|ipcmk|ipcrm|lsipc) from util-linux .*$", r"\1 from util-linux", answer["out"])
    if answer["rc"] == 0 and re.search(r"^Usage:", answer["out"].lstrip(), re.M | re.I):
        options = re.findall(r"(?m)^ {1,6}(?:(-\w), )?(--[a-z-]+)", answer["out"])
        answer["out"] = sorted({"".join(one) for one in options if one[1] not in MORE_OPTIONS})
    return answer


def masked(answer):
    """Return an answer in the form that is recorded: without the times at which the command ran."""
    for pattern, to in NOW:
        if isinstance(answer["out"], str):
            answer = dict(answer, out=re.sub(pattern, to, answer["out"]))
    return answer


def unordered(case, answer):
    """POSIX objects are listed in directory order, which the kernel chooses."""
    if re.search(r"lsipc (.* )?(-\w*[MQS]|--posix)", case.id) and isinstance(answer["out"], str):
        return dict(answer, out=sorted(line.rstrip(",") for line in re.split(r"\n|(?<=\}),(?=\{)", answer["out"])))
    return answer


def ask(place, programs, case, is_ipcx=False):
    more = {"fresh": case.state} if case.changes else {}
    answer = place.run(programs, case, **more)
    if is_ipcx and says_what_is_cut(case):
        assert re.fullmatch(r"\w+: something is left out: (/proc/sysvipc: cannot be read|shmall: use unknown).*\n", answer["err"]), (case.id, answer["err"])
    return common(case, comparable(case, answer))


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_same(case, reference, subject, is_ipcx, places, recorded):
    here = places("empty" if case.changes else case.state)
    difference = find(case, reference.version)
    if isinstance(difference, Ours):
        if case.changes and case.state not in WHOLE:
            WHOLE[case.state] = here.ask(fresh=case.state)["left"]
        if not is_ipcx:
            pytest.skip("what ipcx owes beyond the original")
        theirs = ask(here, reference, case) if difference.needs_theirs else None
        difference.check(case, ask(here, subject, case, is_ipcx), theirs)
        return
    if os.environ.get("IPCX_COMPAT_RECORD") and find(case, (2, 0)):
        recorded.cases[case.id] = masked(ask(here, reference, case))
    if difference:
        assert case.id in recorded.cases, "not recorded yet"
        ours = ask(here, subject, case, is_ipcx)
        theirs = comparable(case, recorded.cases[case.id])
        assert unordered(case, masked(but_for_gaps(case, ours) if is_ipcx else ours)) == unordered(case, theirs), difference
        return
    theirs, ours = (ask(here, programs, case, is_ipcx and programs == subject) for programs in (reference, subject))
    if {**theirs, "err": ""} != {**ours, "err": ""} and not case.changes:  # a minute may have ended between the two
        theirs, ours = (ask(here, programs, case, is_ipcx and programs == subject) for programs in (reference, subject))
    assert (but_for_gaps(case, ours) if is_ipcx else ours) == theirs
