# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx stress and stress compare as commands: usage errors, output, --expect, the progress line, signals, namespaces."""

import collections
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from conftest import IPCX
from helpers.documents import document
from helpers.real import FIELDS, FORMATS, MECHS, columns
from helpers.tools import children, until
from helpers.wide import need_wide

# A run that is done at once.
SHORT = ["stress", "shm", "--workload", "churn", "--ops", "50"]
COMPARE = ["stress", "compare", "pipe", "msg", "--workload", "one-way", "--ops", "200"]
RESULT = {"size", "workload", "operation", "cpus", "workers", "ops", "samples", "elapsed", "rate", "mean", "p50", "p90", "p99", "p999", "max",
          "errors", "errnos", "faults", "cpu_time", "switches", "what"}
ROWS = {"stress": RESULT | {"mech", "objects"}, "stress compare": RESULT | {"name", "ratio"}}
WORKLOADS = ["churn", "transfer", "contend", "limits", "undo", "remove-under-waiters"]
WAY_LOADS = ["one-way", "round-trip", "fan-in", "serve", "setup"]


def refused(world, *words, says):
    """Check that the usage error is reported before anything runs."""
    r = world.ipcx(*words)
    assert (r.rc, r.out) == (2, ""), (words, r.rc, r.out, r.err)
    assert len(r.err.splitlines()) == 2 and says in r.err.splitlines()[0], r.err
    assert "--help' shows its usage" in r.err


# ---- usage errors

@pytest.mark.parametrize("words,says", [
    (["stress", "frob"], "'frob' is no mechanism"), (["stress", "shm:0"], "'shm:0' is no mechanism"),
    (["stress", "--workload", "frob"], "no workload 'frob' here; there are: churn "),
    (["stress", "--workload", "churn,frob"], "no workload 'frob' here"), (["stress", "--workload", "churn,"], "no workload '' here"),
    (["stress", "--workload", ""], "no workload ''"), (["stress", "--workload", "churn", "--workload", "x"], "no workload 'x'"),
    (["stress", "shm", "--workload", "one-way"], "no workload 'one-way' here"), (["stress", "msg", "--workload", "undo"], "no workload 'undo' here; there are: churn "),
    (["stress", "--for", "0"], "--for"), (["stress", "--for", "x"], "--for: 'x' is not a duration"), (["stress", "--ops", "0"], "--ops"),
    (["stress", "--for", "1s", "--ops", "5"], "--for and --ops contradict each other"),
    (["stress", "--workers", "0"], "--workers: 1 to 256"), (["stress", "--workers", "257"], "--workers: 1 to 256"),
    (["stress", "--objects", "0"], "--objects: 1 to 32768"), (["stress", "--objects", "32769"], "--objects: 1 to 32768"),
    (["stress", "--workers", "256", "--objects", "32768"], "objects"),
    (["stress", "--size", "0"], "--size"), (["stress", "--seed", "x"], "--seed"), (["stress", "--cpus", "3"], "--cpus: '3' is not 1, 2 or any"),
    (["stress", "--cpus", "1,,2"], "--cpus: '' is not"), (["stress", "--ns", "all"], "one namespace, not all"), (["stress", "--here", "--ns", "self"], "contradict"),
    (["stress", "--expect", "p99 <"], "--expect: column"), (["stress", "--expect", "sise > 1"], "column 1 of the expression: no field"),
    (["stress", "--expect", "errors == 0 && p99 < 5x"], "column 22"), (["stress", "--expect", "nattch == 0"], "results have no field 'nattch'; there are: mech "),
    (["stress", "--expect", "ratio < 2"], "results have no field 'ratio'"), (["stress", "--expect", ""], "--expect"),
    (["stress", "-o", "nattch"], "no field 'nattch' here; there are: mech "), (["stress", "-o", "ratio"], "'ratio'"), (["stress", "--plot"], "--plot"),
    (["stress", "compare", "frob"], "no way 'frob' here; there are: msg "), (["stress", "compare", "sysv"], "no way 'sysv'"),
    (["stress", "compare", "memfd", "--workload", "one-way"], "no workload 'one-way' here; there are: setup"),
    (["stress", "compare", "--workload", "churn"], "no workload 'churn' here; there are: one-way"),
    (["stress", "compare", "--plot", "--json"], "--plot cannot be combined with"), (["stress", "compare", "--plot", "--format", "csv"], "--plot cannot be combined with"),
    (["stress", "compare", "--expect", "mech == shm"], "results have no field 'mech'"), (["stress", "compare", "--objects", "5"], "--objects"),
    (["stress", "compare", "--ns", "self"], "--ns")], ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_a_usage_error_is_reported_before_anything_runs(world, words, says):
    refused(world, *words, says=says)


def test_a_missing_namespace_is_an_error(world):
    r = world.ipcx(*SHORT, "--ns", "nobody-has-this-name")
    assert r.rc in (1, 3) and r.out == "" and "nobody-has-this-name" in r.err


# ---- the list

def test_every_mechanism_and_way_has_its_workloads(world):
    rows = document(world.ipcx("stress", "--list", "--json"), "workloads")
    assert {row["mech"] for row in rows} == set(MECHS) and set(rows[0]) == {"mech", "workload", "what"}
    assert {row["workload"] for row in rows} == set(WORKLOADS) and all(row["what"] for row in rows)
    assert len({(row["mech"], row["workload"]) for row in rows}) == len(rows)
    ways = document(world.ipcx("stress", "compare", "--list", "--json"), "workloads")
    assert {row["workload"] for row in ways} == set(WAY_LOADS) and set(ways[0]) == {"name", "workload", "what"}
    assert {"msg", "mq", "pipe", "stream", "seqpacket", "eventfd", "shm+futex"} <= {row["name"] for row in ways}


def test_the_list_shows_what_would_run(world):
    assert {row["mech"] for row in world.ipcx("stress", "posix", "--list", "--json").json["workloads"]} == {"mq", "pshm", "psem"}
    rows = world.ipcx("stress", "--list", "--workload", "churn,limits", "msg", "--json").json["workloads"]
    assert [(row["mech"], row["workload"]) for row in rows] == [("msg", "churn"), ("msg", "limits")]
    assert world.ok("stress", "--list", "--sort", "-mech", "-o", "mech", "--no-headings").splitlines()[0] == "shm"
    refused(world, "stress", "--list", "-o", "p99", says="'p99'")


# ---- results

@pytest.mark.parametrize("words,name", [(SHORT, "stress"), (COMPARE, "stress compare")], ids=["stress", "compare"])
def test_a_document_has_results_and_facts(world, words, name):
    r = world.ipcx(*words, "--json", "--seed", "4711", "--workers", "2", "--size", "4K")
    assert r.rc == 0, r.err
    rows = document(r, "results")
    assert all(set(row) == ROWS[name] for row in rows)
    assert {row["cpus"] for row in rows} == {"1", "2"} and {row["workers"] for row in rows} == {2}
    for row in rows:
        assert row["errors"] == row["faults"] == 0 and row["errnos"] is None
        assert 0 < row["samples"] <= row["ops"] and row["rate"] > 0 and row["elapsed"] > 0 and row["cpu_time"] >= 0
        assert row["p50"] <= row["p90"] <= row["p99"] <= row["p999"] <= row["max"] and row["mean"] <= row["max"]
    facts = {row["name"]: row["what"] for row in r.json["facts"]}
    assert facts["seed"] == "4711" and os.uname().release in facts["kernel"] and re.search(r"\d+ ns", facts["clock"])
    assert facts["namespace"] == "a fresh one"


def test_expect_and_output_know_all_fields(world):
    for words, name in ((SHORT, "stress"), (COMPARE, "stress compare")):
        assert set(world.ipcx(*words, "-o", "all", "--json").json["results"][0]) == ROWS[name]
        every = " && ".join(f"({f} == null || {f} != null)" for f in sorted(ROWS[name]))
        assert world.ipcx(*words, "--expect", every).rc == 0


@pytest.mark.parametrize("words", [SHORT, COMPARE], ids=["stress", "compare"])
def test_other_formats_have_only_the_results(world, words):
    count = len(world.ipcx(*words, "--json").json["results"])
    for format in set(FORMATS) - {"json", "table"}:
        lines = world.ok(*words, "--format", format, "-o", "workload,cpus,p99").splitlines()
        assert len(lines) == count + (format == "csv"), (format, lines)
        assert "kernel" not in "\n".join(lines)
    assert world.ok(*words, "--format", "raw", "-o", "cpus", "--no-headings", "--sort", "cpus").split() == ["1"] * (count // 2) + ["2"] * (count // 2)


def test_a_table_has_a_block_for_each_mechanism_and_the_facts(world):
    out = world.ok("stress", "shm", "psem", "--workload", "churn", "--ops", "20", "--cpus", "1", "--seed", "77")
    blocks = [b.splitlines() for b in out.split("\n\n")]
    assert [b[0] for b in blocks] == [MECHS["shm"]["label"], MECHS["psem"]["label"], "measured on"]
    assert blocks[0][1].split() == ["WORKLOAD", "OPERATION", "CPUS", "RATE", "P50", "P99", "MAX"]
    assert re.search(r"^churn +create +1 +\d+ +[\d.]+(ns|us|ms) ", "\n".join(blocks[0]), re.M)
    assert re.search(r"^seed +77$", "\n".join(blocks[2]), re.M)
    flat = world.ok("stress", "shm", "psem", "--workload", "churn", "--ops", "20", "--cpus", "1", "-o", "mech,operation").splitlines()
    assert flat[0].split() == ["MECH", "OPERATION"] and {line.split()[0] for line in flat[1:flat.index("")]} == {"shm", "psem"}


def test_the_seed_is_shown_and_random_by_default(world):
    def seed(*words):
        return {f["name"]: f["what"] for f in world.ipcx(*SHORT, "--json", *words).json["facts"]}["seed"]
    assert seed("--seed", "123456789") == "123456789" and seed("--seed", "18446744073709551615") == "18446744073709551615"
    assert len({seed() for _ in range(4)}) > 1 and seed("--seed", "0") != "0"


def test_rounds_workers_and_duration_are_as_requested(world):
    for workers in (1, 3):
        rows = world.ipcx(*SHORT[:-1], "30", "--workers", str(workers), "--objects", "2", "--cpus", "1,any", "--json").json["results"]
        assert {row["cpus"] for row in rows} == {"1", "any"}
        assert {row["workers"] for row in rows} == {workers} and {row["objects"] for row in rows} == {2}
    took = time.monotonic()
    assert world.ipcx("stress", "shm", "--workload", "churn", "--for", "2s", "--json").rc == 0
    assert 1.5 < time.monotonic() - took < 6


# ---- --expect

def test_a_fulfilled_expectation_is_silent(world):
    world.ok(*SHORT, "--expect", "errors == 0 && faults == 0 && p99 < 10s && p50 <= max && workload == churn")
    world.ok(*COMPARE, "--expect", "ratio >= 1 && name =~ '^(pipe|msg)$' && rate > 0")


def test_each_unexpected_row_is_reported_with_its_values(world):
    r = world.ipcx(*SHORT, "--expect", "errors > 0 || p99 < 1ns", "--json")
    assert r.rc == 1
    rows = document(r, "results")
    said = r.err.splitlines()
    assert len(said) == len(rows) == len(r.json["errors"])
    for row, line in zip(rows, said):
        on = "1 CPU" if row["cpus"] == "1" else "2 CPUs"
        assert line == f"ipcx: shm: churn {row['operation']} on {on}: not as expected: errors is 0, p99 is {row['p99']}ns" or \
            line == f"ipcx: shm: churn {row['operation']} on {on}: not as expected: p99 is {row['p99']}ns, errors is 0"
    r = world.ipcx(*SHORT, "--expect", "operation != create")
    assert r.rc == 1 and len(r.err.splitlines()) == 2 and all("operation is create" in line for line in r.err.splitlines())
    r = world.ipcx(*COMPARE, "--expect", "name != pipe")
    assert r.rc == 1 and len(r.err.splitlines()) == 2 and all(line.startswith("ipcx: pipe: one-way ") for line in r.err.splitlines())


def test_an_unknown_value_does_not_fulfil_an_expectation(world):
    r = world.ipcx(*SHORT, "--expect", "errnos == EAGAIN")
    assert r.rc == 1 and r.err.splitlines()
    assert all("unknown whether it is as expected: errnos is unknown" in line for line in r.err.splitlines())
    assert world.ipcx(*SHORT, "--expect", "errnos == null").rc == 0


# ---- compare

def test_ratios_are_relative_to_the_fastest_comparable_row(world):
    rows = world.ipcx("stress", "compare", "pipe", "msg", "mq", "--workload", "one-way,round-trip", "--ops", "300", "--json").json["results"]
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["workload"], row["operation"], row["cpus"]].append(row)
    assert len(groups) >= 4
    for group in groups.values():
        best = max(row["rate"] for row in group)
        assert min(row["ratio"] for row in group) == 1 and {row["name"] for row in group} == {"pipe", "msg", "mq"}
        assert all(row["ratio"] == pytest.approx(best / row["rate"], abs=0.06) for row in group)


def test_the_fastest_way_comes_first(world):
    out = world.ok(*COMPARE, "mq")
    blocks = [b.splitlines() for b in out.split("\n\n")][:-1]
    assert [b[0].split(" on ")[1] for b in blocks] == ["1 CPU", "2 CPUs"] and all(b[0].startswith("one-way: ") for b in blocks)
    for block in blocks:
        rates = [int(line.split()[1]) for line in block[2:]]
        assert len(rates) == 3 and rates == sorted(rates, reverse=True)
        assert block[1].split()[:3] == ["NAME", "RATE", "RATIO"] and block[2].split()[2] == "1"


@pytest.mark.parametrize("locale,bar", [("C.UTF-8", "[█▉▊▋▌▍▎▏]+"), ("C", "#+")])
def test_bars_are_proportional_to_the_rate(world, locale, bar):
    r = world.ipcx("stress", "compare", "--workload", "one-way", "--ops", "300", "--cpus", "1", "--plot", env={"LC_ALL": locale})
    assert r.rc == 0 and r.err == ""
    lines = [re.fullmatch(rf"(\S+) +({bar}) +(\d+)/s +(fastest|as fast|[\d.]+ x slower)", line) for line in r.out.split("\n\n")[0].splitlines()[1:]]
    assert len(lines) > 5 and all(lines), r.out
    assert lines[0][4] == "fastest" and len({line.span(4)[1] for line in lines}) == 1
    assert all(columns(line[0]) == 80 for line in lines)
    best, room = int(lines[0][3]), len(lines[0][2])
    for line in lines:
        assert abs(len(line[2]) - room * int(line[3]) / best) <= 1, line[0]


# ---- on a terminal

class Terminal:
    """ipcx on the terminal of a new session, in the world; its standard output can be a pipe of its own."""

    def __init__(self, world, *words, size=(24, 80), stdout=subprocess.PIPE):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        env = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "PATH"}
        self.p = subprocess.Popen(["setsid", "-c", *world.argv(IPCX, *words)], stdin=slave, stderr=slave, stdout=slave if stdout is None else stdout,
                                  env={**env, "LC_ALL": "C.UTF-8"})
        os.close(slave)
        self.shown = b""

    def until(self, pattern, wait=20):
        end = time.monotonic() + wait
        while not re.search(pattern, self.shown, re.S):
            assert time.monotonic() < end, self.shown[-500:]
            self.read()

    def read(self):
        if select.select([self.master], [], [], 0.1)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return False
            self.shown += data
            return bool(data)
        return True

    def end(self):
        """Read until the end; return the exit status and the standard output."""
        while self.read():
            pass
        out = self.p.stdout.read() if self.p.stdout else b""
        return self.p.wait(timeout=20), out.decode()


@contextlib.contextmanager
def terminal(world, *words, **more):
    t = Terminal(world, *words, **more)
    try:
        yield t
    finally:
        t.p.kill()
        t.p.wait()
        os.close(t.master)
        if t.p.stdout:
            t.p.stdout.close()


@pytest.mark.parametrize("words", [["stress", "--ops", "20"], ["stress", "compare", "--ops", "20"], ["stress", "compare", "--ops", "20", "--plot"],
                                   ["stress", "--list"], ["stress", "compare", "--list"]], ids=" ".join)
def test_default_columns_fit_80(world, words):
    """The default columns fit 80 characters, even with the longest names; long texts are wrapped on a terminal only."""
    with terminal(world, *words, stdout=None) as t:
        assert t.end()[0] in (0, 1, 4)
    lines = [line.split("\r")[-1] for line in re.sub(r"\x1b\[\d*m", "", t.shown.decode()).replace("\r\n", "\n").split("\n")]
    wide = [line for line in lines if columns(line) > 80 and not line.startswith("ipcx: ")]
    assert wide == [] and len(lines) > 10


def test_texts_are_not_wrapped_in_a_pipe(world):
    out = world.ok(*SHORT)
    facts = out[out.index("measured on"):].splitlines()[1:]
    assert all(re.match(r"\S", line) for line in facts)
    assert len(world.ok("stress", "--list").splitlines()) == 1 + len(world.ipcx("stress", "--list", "--json").json["workloads"])


LIVE = ["stress", "shm", "msg", "--workload", "churn", "--for", "2s"]


def test_the_progress_line_is_shown_and_erased(world):
    with terminal(world, *LIVE) as t:
        rc, out = t.end()
    assert rc == 0 and out.startswith(MECHS["shm"]["label"])
    lines = t.shown.split(b"\r")
    assert re.search(rb"\r1 of 4: shm churn on 1 CPU, [\d.]+[kM]?/s, [12]s left", t.shown), t.shown
    assert re.search(rb"\r4 of 4: msg churn on 2 CPUs", t.shown), t.shown
    assert b"\n" not in t.shown and b"\x1b" not in t.shown and all(len(line) <= 79 for line in lines)
    last = [line.rstrip() for line in lines if line.strip()][-1]
    # Blanks may follow the text, where a longer line was before.
    assert lines[-1] == b"" and not lines[-2].strip() and len(lines[-2]) >= len(last), "it is erased at the end"


def test_the_progress_line_fits_the_terminal(world):
    with terminal(world, *LIVE, size=(24, 20)) as t:
        assert t.end()[0] == 0
    assert b"1 of 4: shm" in t.shown and max(len(line) for line in t.shown.split(b"\r")) <= 19


def test_messages_and_results_do_not_mix_with_the_progress_line(world):
    with terminal(world, *LIVE[:5], "--ops", "2000", "--expect", "p99 < 1ns", stdout=None) as t:
        assert t.end()[0] == 1
    text = t.shown.decode()
    for line in text.split("\n"):
        shown = line.rstrip("\r").split("\r")[-1]
        assert not (" of 4: " in shown and MECHS["shm"]["label"] in shown)
    assert re.search(r"(^|\r|\n)(\x1b\[1m)?System V shared memory", text) and "\nipcx: shm: churn " in text


def test_without_a_terminal_there_is_no_progress_line(world):
    r = world.ipcx(*LIVE)
    assert r.rc == 0 and r.err == "" and "\r" not in r.out and " of 4" not in r.out


def test_a_background_job_shows_no_progress_line(world):
    with terminal(world, *LIVE[:-1], "1s") as front:
        before = front.end()
    assert before[0] == 0 and front.shown
    script = f"set -m; {IPCX} {' '.join(LIVE[:-1])} 1s >/dev/null & wait"
    master, slave = pty.openpty()
    p = subprocess.Popen(["setsid", "-c", *world.argv("bash", "-c", script)], stdin=slave, stderr=slave, stdout=slave)
    os.close(slave)
    try:
        assert p.wait(timeout=30) == 0
        assert not select.select([master], [], [], 0)[0] or b" of " not in os.read(master, 65536)
    finally:
        p.kill()
        os.close(master)


# ---- how it ends

def start(world, *words, **more):
    return subprocess.Popen(world.argv("exec-in", *words)[:-len(words) - 1] + [IPCX, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def pid_of(world, p):
    """Return the pid of ipcx, a descendant of nsenter."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        todo = [p.pid]
        while todo:
            pid = todo.pop()
            with contextlib.suppress(OSError):
                if os.path.realpath(f"/proc/{pid}/exe") == os.path.realpath(IPCX):
                    return pid
                todo += children(pid)
        time.sleep(0.02)
    raise AssertionError("ipcx did not start")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_run_and_prints_the_results_so_far(world, number):
    p = start(world, "stress", "shm", "msg", "--workload", "churn", "--for", "60s", "--format", "csv", "--expect", "p99 < 1ns")
    pid = pid_of(world, p)
    until(lambda: any(children(c) for c in children(pid)))  # the supervisor's workers
    time.sleep(1)
    took = time.monotonic()
    os.kill(pid, number)
    out, err = p.communicate(timeout=20)
    assert time.monotonic() - took < 8
    assert p.returncode in (-number, 128 + number), err
    lines = out.decode().splitlines()
    assert lines[0].startswith("mech,") and len(lines) > 1 and err == b"", "expectations are not applied to an interrupted run"
    assert world.objects() == []


def test_a_signal_sent_to_process_and_group_counts_once(world):
    """timeout(1) signals the process and its group."""
    r = world.run("timeout", "2", IPCX, "stress", "shm", "--workload", "churn", "--for", "60s", "--json", timeout=30)
    assert r.rc == 124 and r.json["results"] and r.json["facts"]


def test_a_second_signal_ends_the_run_at_once(world):
    p = start(world, "stress", "shm", "--workload", "churn", "--for", "60s")
    pid = pid_of(world, p)
    time.sleep(0.5)
    took = time.monotonic()
    os.kill(pid, signal.SIGINT)
    end = time.monotonic() + 15
    while p.poll() is None and time.monotonic() < end:
        time.sleep(0.6)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    p.communicate(timeout=5)
    assert p.returncode in (-2, 130) and time.monotonic() - took < 8
    assert world.objects() == []


def test_a_closed_pipe_is_no_failure_but_a_write_error_is(world):
    r = world.run("bash", "-c", f"{IPCX} stress shm --workload churn --ops 20 --json | true; echo ${{PIPESTATUS[0]}}")
    assert (r.out, r.err) == ("0\n", "")
    r = world.run("bash", "-c", f"{IPCX} stress shm --workload churn --ops 20 >/dev/full; echo $?")
    assert r.out == "1\n" and "write error" in r.err
    r = world.run("bash", "-c", f"{IPCX} stress shm --workload churn --ops 20 >&-; echo $?")
    assert r.out == "1\n" and "write error" in r.err


# ---- namespaces

def test_a_run_does_not_touch_the_callers_namespace(world):
    world.ok("mk", "shm", "--size", "4K", "--key", "0x4d2")
    before = world.objects()
    p = start(world, "stress", "--for", "3s", "-o", "mech", "--no-headings")  # output that fits into a pipe
    seen = []
    while p.poll() is None:
        seen.append([o["ref"] for o in world.objects()])
        time.sleep(0.2)
    assert set(p.communicate()[0].decode().split("\n\n")[0].split()) == set(MECHS)
    assert len(seen) > 3 and all(refs == [o["ref"] for o in before] for refs in seen)


@pytest.mark.parametrize("where", ["here", "ns"])
def test_a_namespace_in_use_is_loaded_and_restored(world, where):
    world.ok("mk", "shm", "--size", "4K", "--key", "0x4d2")
    words = ["stress", "shm", "--workload", "churn", "--for", "2s", "--json"]
    if where == "here":
        p = start(world, *words, "--here")
    else:
        p = subprocess.Popen([IPCX, *words, "--ns", str(world.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    most = 0
    while p.poll() is None:
        most = max(most, len(world.objects("shm")))
    out, err = p.communicate()
    assert p.returncode == 0, err
    assert most > 1 and b"one that is in use" in out
    assert [o["key"] for o in world.objects()] == ["0x000004d2"]


def test_a_shared_file_system_is_not_filled(world):
    """The operation "space" runs only if the run has its own tmpfs on /dev/shm."""
    def operations(*words):
        r = world.ipcx("stress", "pshm", "--workload", "limits", "--for", "300ms", "--json", *words)
        assert r.rc == 0, r.err
        return {row["operation"] for row in r.json["results"] if row["ops"]}
    rest = {"exists", "name", "access"}
    assert operations() == rest | {"space"}
    assert operations("--here") == rest


def test_an_unprivileged_user_may_run_a_stress_test(world):
    for words in (SHORT, COMPARE):
        r = world.ipcx(*words, "--json", uid=1000)
        assert r.rc == 0 and r.err == "", r.err
        assert {f["name"]: f["what"] for f in r.json["facts"]}["namespace"] == "a fresh one"


@pytest.mark.parametrize("words,rc", [(["stress", "shm", "msg", "--workload", "churn"], 4), (["stress", "msg", "--workload", "churn"], 1),
                                      (["stress", "compare", "pipe", "msg", "--workload", "one-way"], 4), (["stress", "shm", "--workload", "churn"], 0)],
                         ids=lambda x: " ".join(x) if isinstance(x, list) else str(x))
def test_an_unavailable_workload_is_reported(world, words, rc):
    world.sysctl("kernel.msgmni", "0")
    r = world.ipcx(*words, "--ops", "20", "--here", "--json")
    assert r.rc == rc, r.err
    rows, errors = document(r, "results"), r.json["errors"]
    assert {e["kind"] for e in errors} == ({"unavailable"} if rc else set()) and bool(rows) == (rc != 1)
    assert all(line.startswith("ipcx: note: msg ") and "No space left" in line for line in r.err.splitlines())
    r = world.ipcx(*words, "--ops", "20", "--here", "--expect", "p99 < 1ns")
    assert r.rc == 1, "an unexpected result takes precedence over an unavailable workload"


def test_too_much_memory_is_refused_unless_forced(world):
    need_wide("load objects of 4 GiB and more, which it says first")
    for more in ([], ["--force"]):
        world.sysctl("kernel.shmmax", "4096")  # so that the forced run creates nothing
        r = world.ipcx("stress", "shm", "--workload", "churn", "--size", "1P", "--ops", "1", "--here", "--json", *more)
        assert r.rc == 1 and ("refused unless forced" in r.err) == (not more) and ("or use --force" in r.err) == (not more), r.err
        assert bool(r.out) == bool(more)
    assert world.objects() == []


def test_durations_have_units(world):
    assert {f for f in ROWS["stress"] if FIELDS[f]["unit"] == "nanoseconds"} == {"elapsed", "mean", "p50", "p90", "p99", "p999", "max", "cpu_time"}
    row = world.ipcx(*SHORT, "--json", "--cpus", "1").json["results"][0]
    assert world.ipcx(*SHORT, "--expect", "p99 < 3600s && p99 < 9999999999999").rc == 0 and isinstance(row["p99"], int)


def shown():
    """Yield the stress commands of README.md and their output; its figures cannot be compared."""
    with open(os.path.join(os.path.dirname(__file__), "../../README.md"), encoding="utf-8") as f:
        text = f.read()
    for command, answer in re.findall(r"^\$ ipcx (stress .*)\n((?:[^`$].*\n|\n)*)", text, re.M):
        yield command, answer


def test_the_readme_shows_the_real_output(world):
    found = list(shown())
    assert len(found) >= 3
    for command, answer in found:
        short = re.sub(r" --for \S+", "", command) + " --for 600ms"
        r = world.sh(f'"$IPCX" {short}', timeout=120)
        assert r.rc == 0, (command, r.err)
        words = [line.split()[:1] for line in answer.splitlines() if line.strip()]
        assert all(word in [line.split()[:1] for line in r.lines] for word in words), (command, r.out)
