# SPDX-License-Identifier: GPL-2.0-or-later
"""Failing system calls, at more than five thousand points in each run: a fixed share of the system calls made by commands of every kind. If the result is
incomplete, ipcx says so; if a command fails, it says why; and nothing is created, removed or changed that was not requested.

tests/private.sh tests/truth/failing.py build/release/cmd/ipcx      every point"""

import os
import types

import failing
import pytest
from conftest import IPCX
from helpers.tools import need, preload, release

# Points for each command; two CPUs run forty points per second in a build with sanitizers.
POINTS = 80
LEAST = 5000


@pytest.fixture(scope="module")
def results():
    why = failing.why_not()
    if why:
        pytest.skip(why)
    a = failing.arguments([IPCX, "--points", str(POINTS), "--workers", str(min(os.cpu_count() or 1, 4))])
    return failing.measure(a, failing.CASES)


@pytest.mark.parametrize("name", [c.name for c in failing.CASES])
def test_a_failing_call(results, name):
    result = results[name]
    assert not result["found"], failing.text_of(result)
    assert result["met"] >= result["chosen"] * 3 // 4 > 0, "the points are not those of the trace"


def test_enough_points_were_tried(results):
    assert sum(r["met"] for r in results.values()) >= LEAST


# ---- memory


@pytest.fixture(scope="module")
def starved():
    why = failing.why_not()
    if why:
        pytest.skip(why)
    a = failing.arguments([release(), "--memory", preload("nomem"), "--points", "40", "--workers", str(min(os.cpu_count() or 1, 4))])
    return failing.measure(a, failing.STARVED)


@pytest.mark.parametrize("name", [c.name for c in failing.STARVED])
def test_a_failing_allocation(starved, name):
    """The command gives an error text and status 1, the complete result, or a result that reports what is missing. It creates, removes or changes nothing that
    was not requested."""
    assert not starved[name]["found"], failing.text_of(starved[name])


def test_enough_allocations_failed(starved):
    assert sum(r["met"] for r in starved.values()) >= 2000  # allocations of the library: tests/api/test_nomem.c


# ---- regressions

# Bugs that were found and fixed: a command, and a call with its errno; any call of that name may be the one that fails.
FOUND = [
    ("load", "lseek:EINTR"),  # nothing was loaded, without a message
    ("send-lines", "lseek:EINTR"),
    ("psem-run", "recvfrom:EIO"),  # two were released although one was taken
]


@pytest.mark.parametrize("name,only", FOUND)
def test_a_call_whose_failure_was_unexpected(name, only):
    why = failing.why_not()
    if why:
        pytest.skip(why)
    a = failing.arguments([IPCX, "--only", only, "--workers", "1"])
    result = failing.measure(a, [c for c in failing.CASES if c.name == name])[name]
    assert result["met"] > 0 and not result["found"], failing.text_of(result)


def test_a_record_whose_message_cannot_be_taken_is_removed(queue):
    """The file has no record of a message that is still in the queue, not even a record marked as void."""
    need("strace")
    saved = f"{queue.dir}/saved"
    for word in ("one", "two", "three", "four"):
        queue.ok("msg", "send", "0", word)
    r = queue.run("strace", "-qq", "-o", "/dev/null", "-e", "inject=msgrcv:error=EIO:when=5", IPCX, "msg", "drain", "0", saved,
                  env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert r.rc == 1 and f"records cut off {saved}: 2\n" in r.err and "Input/output error" in r.err, r.err
    with open(saved, encoding="utf-8") as f:
        assert len(f.read().splitlines()) + queue.objects("msg")[0]["qnum"] == 4


# ---- tests of the checks and of the helper


class Room:
    """The state before, the state after a command without faults, and the state after a command with a fault."""

    def __init__(self, name, out=b"", rc=0):
        case = next(c for c in failing.CASES if c.name == name)
        here = {"shm:0x1001": ("600", b"x"), "mq:/q1": ("600", 0, 0, 3), "mq:/q2": ("600", 0, 0, 0)}
        self.before = {n: dict(here) for n in (1, 2)}
        self.plain = failing.faults.Result(rc, out, b"")
        places = {n: types.SimpleNamespace(ipc=n) for n in (1, 2)}
        self.judge = failing.Judge(case, self.plain, self.before, {n: dict(here) for n in (1, 2)}, places)

    def kinds(self, rc, out, err=b"", untold=False, after=None, file=b""):
        now = {n: dict(state) for n, state in self.before.items()}
        for (n, key), value in (after or {}).items():
            now[n][key] = value
        return {kind for kind, _ in self.judge.judge(failing.faults.Result(rc, out, err), now, (), untold, file)}


RECORD = b'{"ipcx":1,"priority":5,"size":4,"data":"Zml2ZQ=="}\n'

JUDGED = [
    (("ls-json", b'{"size":1,"age":5}'), (0, b'{"size":1,"age":6}'), set()),
    (("ls-json", b'{"size":1}'), (0, b'{"size":null}'), {"silent"}),
    (("ls-json", b'{"size":1}'), (0, b'{"size":null}', b"note"), set()),
    (("ls-json", b'{"size":1}'), (0, b"", b"", True), set()),
    (("ls-json", b"a"), (1, b""), {"mute"}),
    (("ls-json", b"a"), (-11, b"", b"x"), {"crash"}),
    (("ls-json", b"a"), ("hang", b""), {"hang"}),
    (("ls-json", b"a"), (0, b"a", b"", False, {(1, "shm:0x1001"): ("600", b"y")}), {"other"}),
    (("ls-json", b"a"), (0, b"a", b"", False, {(2, "shm:0x1001"): ("600", b"y")}), {"other"}),
    (("ns-cmp", b"a", 1), (1, b"b"), {"silent"}),
    (("ns-enter", b"ipc:[1]"), (0, b"ipc:[2]", b"note"), {"place"}),
    (("mq-drain",), (0, b"", b"", False, {(1, "mq:/q1"): ("600", 0, 0, 2)}, RECORD), set()),
    (("mq-drain",), (0, b"", b"", False, {(1, "mq:/q1"): ("600", 0, 0, 2)}), {"lost"}),
    (("mq-drain",), (0, b"", b"", False, {}, RECORD), {"double"}),
]


@pytest.mark.parametrize("room,run,kinds", JUDGED)
def test_faults_are_detected(room, run, kinds):
    """The checks must find faults: otherwise a suite without findings would prove nothing."""
    assert Room(*room).kinds(*run) == kinds


def test_points_depend_only_on_the_trace():
    every = failing.points([(0, "openat"), (1, "read"), (0, "openat"), (0, "exit_group")])
    assert every == [failing.Point(0, "openat", n, e) for n in (1, 2) for e in failing.ERRORS["openat"][:4]] + \
        [failing.Point(1, "read", 1, e) for e in failing.ERRORS["read"][:4]]
    some = failing.share(every, 5)
    assert len(set(some)) == 5 and set(some) < set(every) and failing.share(every, 100) == every


def test_the_helper_makes_only_the_chosen_call_fail(tmp_path):
    """No other call fails, and no call before main() fails."""
    why = failing.why_not()
    if why:
        pytest.skip(why)
    failing.compile_helper(tmp_path)
    argv = [tmp_path / "failcall", tmp_path / "out", tmp_path / "err", "/dev/null", "60", IPCX, "key", "/etc"]

    def ends(lines):
        r = failing.subprocess.run(argv, input="\n".join(lines) + "\n", stdout=failing.subprocess.PIPE, text=True, env=failing.faults.ENV,
                                   check=True)
        return r.stdout.splitlines()

    calls = [line for line in ends(["trace"]) if line.startswith("call 0 ")]
    stats = {failing.call_names().get(name) for name in ("stat", "newfstatat", "statx")}
    nr = next(n for n in stats if f"call 0 {n}" in calls)
    assert ends(["none", f"fail 0 {nr} 1 5", f"fail 0 {nr} 1000 5", f"fail 1 {nr} 1 5", "none"]) == \
        ["end 0 0 0", "end 1 1 0", "end 0 0 0", "end 0 0 0", "end 0 0 0"]
    ends([f"fail 0 {nr} 1 5"])
    assert (tmp_path / "out").read_bytes() == b"" and b"Input/output error" in (tmp_path / "err").read_bytes()
