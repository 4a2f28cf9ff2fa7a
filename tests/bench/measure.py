# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands run in turn, round after round; ratios are computed within each round.

Two commands of one round run under the same conditions: the ratio of their CPU times stays stable when the times themselves drift. So a
case is a formula over the figures of one round, and its result is the median of that formula over all rounds."""

import dataclasses
import functools
import glob
import json
import os
import statistics
from typing import Callable

import fixtures


@dataclasses.dataclass(frozen=True)
class Cmd:
    """A measured command. @ipcx@, @bin@, @tmp@, @shmid@, @shmkey@ … are filled in."""
    world: str                  # a name from fixtures.FIXTURES
    argv: tuple
    metric: str = "cpu"         # a name from METRICS
    before: tuple = ()          # setup commands: run, not measured
    after: tuple = ()
    scale: float = 1            # for a part that is extrapolated to the whole
    check: Callable = None      # (world, output file) -> what is wrong with it, or None

    def is_ours(self):
        return "@ipcx@" in " ".join(self.argv)


def ratio(a, b):
    return a / b if b else float("inf")


@dataclasses.dataclass(frozen=True)
class Case:
    """A line of the report. Without a goal it is informational."""
    row: str                    # P1 …: performance goal
    what: str
    cmds: tuple                 # their figures are the formula's arguments
    op: str = ""                # "<=" or ">="
    goal: float = None
    formula: Callable = ratio
    times: int = 1              # factor for the number of rounds: short commands need more
    unit: str = ""

    def reached(self, value):
        return value <= self.goal if self.op == "<=" else value >= self.goal


@dataclasses.dataclass
class Outcome:
    case: Case
    result: str                 # ok, MISS, n/a or info
    values: list = dataclasses.field(default_factory=list)
    costs: list = dataclasses.field(default_factory=list)  # the commands' own medians
    note: str = ""

    @property
    def median(self):
        return statistics.median(self.values) if self.values else None


class Failed(Exception):
    """A command did not do what is to be measured; the text says what it did."""


def strangers(world, result):
    """Return the libraries that the dynamic linker's log names, except those permitted for `ls`."""
    mapped = set()
    for path in glob.glob(f"{world.paths['tmp']}/ld.*"):
        with open(path, errors="replace") as f:
            mapped |= {line.split("file=")[1].split()[0] for line in f
                       if "generating link map" in line}
        os.unlink(path)
    names = sorted(os.path.basename(m) for m in mapped)
    if not names:
        raise Failed("this dynamic linker does not answer LD_DEBUG=files")
    result.note = " ".join(names)
    allowed = ("libc.so", "libipcx.so")
    return sum(not n.startswith(allowed) for n in names)


def printed_number(world, _result):
    with open(f"{world.paths['tmp']}/out") as f:
        return float(f.read())


METRICS = {
    "cpu": lambda _world, result: result.cpu_ms,
    "rss": lambda _world, result: result.rss_mib,
    "faults": lambda _world, result: result.faults,
    "out": printed_number,
    "libs": strangers,
}


class Round:
    """The distinct commands of some cases, and the figures of all rounds."""

    def __init__(self, worlds, cases):
        self.worlds = worlds
        self.figures = {cmd: [] for case in cases for cmd in case.cmds}
        self.failures = {}
        self.notes = {}

    def run(self, rounds):
        for cmd in self.figures:
            self.attempt(cmd, self.warm_up)
        for _ in range(rounds):
            for cmd in self.figures:
                self.attempt(cmd, self.sample)

    def attempt(self, cmd, action):
        """A command that failed once is left out of later rounds; the other commands continue."""
        if cmd in self.failures:
            return
        try:
            world = self.worlds[cmd.world]
            for argv in cmd.before:
                world.must(argv)
            action(cmd, world)
            for argv in cmd.after:
                world.must(argv)
        except (Failed, fixtures.Unsupported) as reason:
            self.failures[cmd] = reason

    def warm_up(self, cmd, world):
        """The first run fills the caches, and checks that the command works."""
        out = f"{world.paths['tmp']}/out"
        self.execute(cmd, world, out)
        problem = cmd.check(world, out) if cmd.check else None
        if problem:
            raise Failed(problem)

    def sample(self, cmd, world):
        out = f"{world.paths['tmp']}/out" if cmd.metric == "out" else "/dev/null"
        result = self.execute(cmd, world, out)
        self.figures[cmd].append(METRICS[cmd.metric](world, result) * cmd.scale)
        self.notes[cmd] = result.note or world.note

    @staticmethod
    def execute(cmd, world, out):
        result = world.run(cmd.argv, out)
        if result.status:
            raise Failed(result.error)
        return result

    def outcome(self, case):
        for cmd in case.cmds:
            if cmd in self.failures:
                return self.failed(case, cmd)
        columns = [self.figures[cmd] for cmd in case.cmds]
        values = [case.formula(*row) for row in zip(*columns)]
        costs = [statistics.median(column) for column in columns]
        note = next(filter(None, (self.notes[cmd] for cmd in case.cmds)), "")
        result = "info"
        if case.op:
            result = "ok" if case.reached(statistics.median(values)) else "MISS"
        return Outcome(case, result, values, costs, note)

    def failed(self, case, cmd):
        """If a reference program or fixture is missing, the result is n/a; if ipcx fails, it is not."""
        reason = self.failures[cmd]
        if isinstance(reason, fixtures.Unsupported):
            return Outcome(case, "n/a", note=str(reason))
        if cmd.is_ours():
            return Outcome(case, "MISS" if case.op else "n/a", note=f"ipcx: {reason}")
        return Outcome(case, "n/a", note=f"{os.path.basename(cmd.argv[0])}: {reason}")


def together(cases):
    """Consecutive cases that share a command are measured in the same rounds."""
    groups = []
    for case in cases:
        last = groups[-1] if groups else []
        if any(case.row == c.row and set(case.cmds) & set(c.cmds) for c in last):
            last.append(case)
        else:
            groups.append([case])
    return groups


def measure(worlds, cases, rounds):
    """Yield the result of each case."""
    for group in together(cases):
        turn = Round(worlds, group)
        turn.run(rounds * max(case.times for case in group))
        for case in group:
            yield turn.outcome(case)


@functools.cache    # equal checks keep equal commands equal
def lines(count):
    """A check: a listing of COUNT objects, with at most a few lines of heading."""
    def check(_world, out):
        with open(out, "rb") as f:
            found = sum(1 for _ in f)
        if not count <= found <= count + 10:
            return f"{found} lines for {count} objects"
        return None
    return check


@functools.cache
def has_line(line):
    """A check: the output has this line."""
    def check(_world, out):
        with open(out, errors="replace") as f:
            return None if line + "\n" in f else f"no line {line}"
    return check


@functools.cache
def objects(count):
    """A check: JSON whose longest list has COUNT members."""
    def check(_world, out):
        try:
            with open(out) as f:
                document = json.load(f)
        except ValueError as error:
            return f"not JSON: {error}"
        found = max((len(v) for v in document.values() if isinstance(v, list)), default=0)
        return None if found == count else f"{found} of {count} objects"
    return check


@functools.cache
def present(kind, count):
    """A check: this many objects of KIND exist after the command."""
    def check(world, _out):
        found = len(world.listing(kind))
        return None if found == count else f"{found} {kind} objects, not {count}"
    return check
