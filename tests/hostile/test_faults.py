# SPDX-License-Identifier: GPL-2.0-or-later
"""Failing system calls while ipcx enters, creates or reads other namespaces: a fixed selection of the points that faults.py would run. ipcx never acts
elsewhere or with more privileges than requested, and reports what it could not do.

tests/private.sh tests/hostile/faults.py --all build/release/cmd/ipcx      every point (a build without sanitizers is faster)"""

import collections
import copy
import os
import types

import faults
import pytest
from conftest import IPCX

# Points for each command: with this number, the suite takes a minute or two with two CPUs in a build with sanitizers.
POINTS = 24


@pytest.fixture(scope="module")
def results():
    why = faults.why_not()
    if why:
        pytest.skip(why)
    a = faults.arguments([IPCX, "--points", str(POINTS), "--workers", str(min(os.cpu_count() or 1, 4))])
    return faults.measure(a, faults.CASES)


@pytest.mark.parametrize("name", [c.name for c in faults.CASES])
def test_a_failing_call(results, name):
    result = results[name]
    assert not result["found"], faults.text_of(result)
    assert result["ran"] >= result["chosen"] * 3 // 4 > 0, "the points are not those of the trace"


# ---- tests of the checks


class Room:
    """The state before, the state after a command without faults, and the state after a command with a fault."""

    LINE = "here={0} shm={0} mq={0} ipc={1} prm={2} eff=0 bnd=0 amb=0 shmmni=4096 size=1\n"

    def __init__(self, name, changed=None, made=None):
        self.case = next(c for c in faults.CASES if c.name == name)
        places = {n: types.SimpleNamespace(ipc=1000 + n) for n in range(1, 5)}
        self.before = {n: {"shm:0x1001": ("600", b"x"), "msg:0x2001": (tuple(faults.MESSAGES),), "mount:/dev/shm": ("/", "tmpfs")}
                       for n in places}
        self.done = copy.deepcopy(self.before)
        self.done[self.case.place].update(changed or {})
        out = self.LINE.format(self.case.place, 1000 + self.case.place, 3) if "enter" in self.case.kind else made or ""
        if "new" in self.case.kind:
            out = self.LINE.format("-", 5000, 3)
        self.plain = faults.Result(0, out.encode(), b"")
        self.judge = faults.Judge(self.case, self.plain, self.before, self.done, places)

    def kinds(self, rc=0, out=None, err=b"", after=None, strays=frozenset(), untold=False):
        r = faults.Result(rc, self.plain.out if out is None else out, err)
        state = copy.deepcopy(self.done if rc == 0 else self.before)
        for (n, key), value in (after or {}).items():
            if value is None:
                del state[n][key]
            else:
                state[n][key] = value
        return {kind for kind, _ in self.judge.judge(r, state, strays, untold, b"")}


def line(place, ipc, prm=3):
    return Room.LINE.format(place, ipc, prm).encode()


MODE = {"shm:0x1001": ("644", b"x")}
RECORD = b'ipcx: {"ipcx":1,"type":1,"data":"b25l"}'
VOID = RECORD.replace(b'"ipcx":1', b'"ipcx":0')

JUDGED = [
    ("enter", {}, {}, set()),
    ("enter", {}, {"rc": 1, "out": b"", "err": b"no"}, set()),
    ("enter", {}, {"rc": 1, "out": b""}, {"mute"}),
    ("enter", {}, {"rc": 1, "out": b"", "untold": True}, set()),
    ("enter", {}, {"out": line(1, 1001)}, {"place", "silent"}),
    ("enter", {}, {"out": line(2, 1003), "err": b"note"}, {"place"}),
    ("enter", {}, {"rc": 1, "out": line(1, 1001), "err": b"no"}, {"place"}),
    ("enter", {}, {"out": b"", "err": b"note"}, {"place"}),
    ("enter", {}, {"out": line(2, 1002, 7), "err": b"note"}, {"rights"}),
    ("enter", {}, {"out": line(2, 1002, 1), "err": b"note"}, set()),
    ("enter-none", {}, {"out": line(2, 1002, 1), "err": b"note"}, {"rights"}),
    ("new", {}, {"out": line("-", 6000)}, set()),
    ("new", {}, {"out": line(1, 1001)}, {"place", "silent"}),
    ("new", {}, {"out": line("-", 1004)}, {"place"}),
    ("ns-ls", {}, {"out": b"less"}, {"silent"}),
    ("ns-ls", {}, {"out": b"less", "err": b"note"}, set()),
    ("ns-ls", {}, {"rc": -11, "err": b"x"}, {"crash"}),
    ("ns-ls", {}, {"rc": 1, "err": b"AddressSanitizer"}, {"crash"}),
    ("ns-ls", {}, {"rc": "hang", "err": b"x"}, {"hang"}),
    ("ns-ls", {}, {"strays": {7}}, {"other"}),
    ("ns-ls", {}, {"after": {(4, "shm:0x1001"): None}}, {"other"}),
    ("ns-ls", {}, {"after": {(2, "mount:/x"): ("/", "nsfs")}}, {"other"}),
    ("set-target", MODE, {}, set()),
    ("set-target", MODE, {"rc": 1, "err": b"no"}, set()),
    ("set-target", MODE, {"rc": 1, "err": b"no", "after": {(2, "shm:0x1001"): ("644", b"x")}}, set()),
    ("set-target", MODE, {"rc": 1, "err": b"no", "after": {(2, "shm:0x1001"): ("777", b"x")}}, {"half"}),
    ("set-target", MODE, {"rc": 1, "err": b"no", "after": {(1, "shm:0x1001"): ("644", b"x")}}, {"other"}),
    ("set-target", MODE, {"after": {(2, "shm:0x1001"): ("600", b"x")}}, {"undone"}),
    ("mk-shm-target", {"shm:0x1111": ("640", b"")}, {"rc": 1, "err": b"no", "after": {(2, "shm:0x1111"): ("640", b"")}}, {"half"}),
    ("recv-target", {"msg:0x2001": ((),)}, {"rc": 1, "err": b"no"}, set()),
    ("recv-target", {"msg:0x2001": ((),)}, {"rc": 1, "err": b"no", "after": {(2, "msg:0x2001"): (tuple(faults.MESSAGES[1:]),)}}, {"lost"}),
    ("recv-target", {"msg:0x2001": ((),)}, {"rc": 1, "err": RECORD, "after": {(2, "msg:0x2001"): (tuple(faults.MESSAGES[1:]),)}}, set()),
    ("recv-target", {"msg:0x2001": ((),)}, {"rc": 1, "err": RECORD}, {"double"}),
    ("recv-target", {"msg:0x2001": ((),)}, {"rc": 1, "err": VOID}, set()),
    ("recv-target", {"msg:0x2001": ((),)}, {"rc": 1, "err": VOID, "after": {(2, "msg:0x2001"): (tuple(faults.MESSAGES[1:]),)}}, {"lost"}),
]


@pytest.mark.parametrize("name,changed,run,kinds", JUDGED)
def test_faults_are_detected(name, changed, run, kinds):
    """The checks must find faults: otherwise a suite without findings would prove nothing."""
    assert Room(name, changed).kinds(**run) == kinds


def test_points_depend_only_on_the_trace():
    """Machines on which a command makes the same calls have the same points; all errors of one call are adjacent."""
    calls, before = collections.Counter({("1", "openat"): 40, ("1", "setns"): 1, ("2", "openat"): 3, ("2", "unshare"): 2}), collections.Counter(openat=10)
    every = faults.points(calls, before, 6, False)
    assert len(every) == 30 * 6 + 4 + 8 and every == faults.points(dict(reversed(calls.items())), before, 6, False)
    some = faults.spread(every, 20)
    assert len(some) == 20 == len(set(some)) and {"setns", "unshare", "openat"} == {p.call for p in some}
    assert faults.spread(every, 1000) == every
