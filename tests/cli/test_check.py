# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx check: one line and a status of 0 to 3, whatever happens; performance data by the guidelines for plug-ins; unknown is never OK."""

import contextlib
import os
import re
import subprocess

import pytest

from conftest import IPCX

OK, WARNING, CRITICAL, UNKNOWN = range(4)
NAMES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]
USUAL = {"warn": "80", "crit": "90", "min": "0", "max": "100"}
# A range, as the guidelines define it.
RANGE = re.compile(r"@?(?:(?:~|-?\d+(?:\.\d+)?)?:)?(?:-?\d+(?:\.\d+)?)?")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
EVIL = os.fsdecode(b"/a|b'c=d e;f\ng\x1b[31m\xff$(id)\\n")


def perfdata(text):
    """Parse performance data strictly: {label: {value, uom, warn, crit, min, max}}."""
    found = {}
    while text:
        label, text = re.match(r"'((?:[^'=]|'')+)'=(.*)", text, re.S).groups() if text[0] == "'" else re.match(r"([^\s'=|]+)=(.*)", text, re.S).groups()
        words, _, text = text.partition(" ")
        value, uom, rest = re.fullmatch(r"(-?\d+(?:\.\d+)?|U)(%|s|us|ms|B|KB|MB|GB|TB|c|)((?:;[^;\s]*){0,4})", words).groups()
        parts = dict(zip(("warn", "crit", "min", "max"), rest.split(";")[1:]))
        assert all(RANGE.fullmatch(parts.get(p, "")) for p in ("warn", "crit")), words
        assert all(not parts.get(p) or NUMBER.fullmatch(parts[p]) for p in ("min", "max")), words
        assert label not in found, label
        found[label] = {"value": value, "uom": uom, **{k: v for k, v in parts.items() if v}}
    return found


class Answer:
    """The line of a plug-in, taken apart."""

    def __init__(self, r):
        assert r.err == "" and r.rc in range(4), (r.rc, r.out, r.err)
        assert r.out.endswith("\n") and r.out.count("\n") == 1 and len(r.stdout) <= 4000, r.out
        assert all(c.isprintable() for c in r.stdout.decode().rstrip("\n")), r.out
        head, _, perf = r.out.rstrip("\n").partition(" | ")
        state, self.text = re.fullmatch(r"IPC (OK|WARNING|CRITICAL|UNKNOWN) - (\S.*)", head).groups()
        assert "|" not in head + perf
        assert NAMES.index(state) == r.rc, (r.rc, r.out)
        self.state, self.perf = r.rc, perfdata(perf)


def check(world, *words, **more):
    return Answer(world.ipcx("check", *words, **more))


def told(world, state, text, *words, **more):
    answer = check(world, *words, **more)
    assert (answer.state, answer.text) == (state, text), answer.text
    return answer.perf


@contextlib.contextmanager
def beside(world, *words):
    """A process in the world that ends with the block."""
    with subprocess.Popen(world.argv(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        try:
            yield p
        finally:
            p.kill()


@pytest.fixture
def jobs(world):
    """A world with a queue that is full."""
    world.ok("mk", "mq", "/jobs", "--maxmsg", "4", "--msgsize", "64", "--mode", "0600")
    world.ok("mq", "send", "/jobs", "a", "b", "c", "d")
    return world


# ---- the states


def test_a_limit_goes_through_all_states(world):
    world.sysctl("kernel.shmmni", "10")
    states = []
    for n in range(11):
        answer = check(world, "limits", "shmmni")
        states.append(answer.state)
        assert answer.perf == {"shmmni": {"value": str(10 * n), "uom": "%", **USUAL}}
        assert f"shmmni {10 * n}% ({n} of 10 segments)" in answer.text
        if n < 10:
            world.ok("mk", "shm", "--size", "4K")
    assert states == [OK] * 8 + [WARNING, CRITICAL, CRITICAL]


def test_the_worst_is_named_first(world):
    world.sysctl("kernel.shmmni", "10")
    world.sysctl("kernel.msgmni", "20")
    world.ok("mk", "shm", "--size", "4K", "--count", "8")
    world.ok("mk", "msg", "--count", "19")
    answer = check(world)
    assert answer.state == CRITICAL
    assert answer.text.startswith("msgmni 95% (19 of 20 queues); WARNING: shmmni 80% (8 of 10 segments)"), answer.text
    assert answer.perf["msgmni"]["value"] == "95" and answer.perf["semmni"]["value"] == "0" and answer.perf["certain"] == {
        "value": "0", "uom": "", "min": "0"}
    # A finding says the same with another threshold; alone, findings are judged by their grade.
    assert check(world, "doctor").text.startswith("limit shmmni (certain): 80 % of shmmni is used")


def test_what_is_in_order_is_counted(world):
    answer = check(world, "limits")
    assert re.fullmatch(r"\d+ limits, highest: \w+ [\d.]+% \(.*\)", answer.text) and answer.state == OK
    assert {"shmall", "shmmni", "msgmni", "semmns", "semmni", "dev_shm", "dev_shm_inodes"} <= set(answer.perf)
    assert all({k: v[k] for k in USUAL} == USUAL and v["uom"] == "%" for v in answer.perf.values())
    assert told(world, OK, "no queues", "queue") == {}
    both = check(world)
    assert both.state == OK and "; no findings" in both.text and set(both.perf) == set(answer.perf) | {"certain", "likely", "possible"}


def test_a_queue(jobs):
    perf = told(jobs, CRITICAL, "mq:/jobs 100% (4 of 4 messages)", "queue", "mq:/jobs")
    assert perf == {"mq:/jobs": {"value": "100", "uom": "%", **USUAL}, "mq:/jobs_messages": {"value": "4", "uom": "", "min": "0", "max": "4"}}
    jobs.ok("mq", "recv", "/jobs", "--format", "lines")
    told(jobs, OK, "1 queue, fullest: mq:/jobs 75% (3 of 4 messages)", "queue", "mq:/jobs")
    jobs.ok("mk", "mq", "/one", "--maxmsg", "4", "--msgsize", "64")
    jobs.ok("mq", "send", "/one", "a")
    told(jobs, OK, "1 queue, fullest: mq:/one 25% (1 of 4 messages)", "queue", "mq:/one")
    jobs.ok("rm", "mq:/one")
    assert told(jobs, WARNING, "mq:/jobs 75% (3 of 4 messages)", "queue", "mq", "/jobs", "-w", "use_percent > 70")["mq:/jobs"]["warn"] == "70"
    jobs.ok("mk", "msg")
    jobs.ok("msg", "send", "0", "hello")
    assert told(jobs, OK, "2 queues, fullest: mq:/jobs 75% (3 of 4 messages)", "queue")["msg:0_messages"] == {"value": "1", "uom": "", "min": "0"}
    told(jobs, WARNING, "msg:0 0% (1 message, 5 of 16384 bytes)", "queue", "msg", "--warn", "qnum >= 1")


@pytest.mark.parametrize("state", ["ok", "warning", "critical", "unknown", None])
def test_a_queue_that_is_missing(jobs, state):
    words = ["queue", "msg:7", "mq:/none", "mq:/jobs", "-c", "use_percent > 100", "-w", "use_percent > 100"]
    answer = check(jobs, *words, *(["--missing", state] if state else []))
    assert answer.state == NAMES.index((state or "critical").upper())
    assert "msg:7: no such message queue" in answer.text and "mq:/none: no such message queue" in answer.text and "mq:/jobs" in answer.perf


def test_a_finding_is_judged_by_its_grade(world):
    """A full queue whose receiver has ended is likely stuck; an old segment with a key possibly forgotten."""
    world.ok("mk", "msg")
    world.ok("msg", "send", "0", "--no-wait", "x" * 8192, "y" * 8192)
    answer = check(world, "doctor")
    assert answer.state == WARNING and answer.text.startswith("full msg:0 (likely): ") and answer.perf["likely"]["value"] == "1"
    assert check(world, "doctor", "-c", "finding == full").state == CRITICAL
    quiet = check(world, "doctor", "-w", "finding == deadlock")
    assert quiet.state == OK and "1 finding of no concern" in quiet.text and quiet.perf == answer.perf
    assert check(world, "doctor", "-w", "grade == possible").state == OK


def test_a_certain_finding_is_critical(world):
    world.sysctl("kernel.shmmax", str(1 << 40))
    world.sysctl("kernel.shmall", "1000")
    answer = check(world, "doctor")
    assert answer.state == CRITICAL and answer.text.startswith("shmall shmall (certain): "), answer.text
    assert check(world).state == CRITICAL and check(world, "limits").state == OK


# ---- conditions


def test_conditions_of_both_kinds(world):
    """Without a subject, each condition is for the rows that have its fields, and the defaults of the others stay."""
    world.sysctl("kernel.shmmni", "10")
    world.ok("mk", "shm", "--size", "4K", "--count", "5")
    assert check(world).state == OK
    answer = check(world, "-w", "percent >= 50", "-c", "finding == deadlock")
    assert answer.state == WARNING and answer.text.startswith("shmmni 50% ") and answer.perf["shmmni"] == {
        "value": "50", "uom": "%", "warn": "50", "crit": "90", "min": "0", "max": "100"}
    assert check(world, "--crit", "percent >= 50").state == CRITICAL
    assert check(world, "-w", "name == semmni && percent < 1", "-w", "percent > 40").text.startswith("shmmni 50% (5 of 10 segments), semmni 0% ")
    told(world, UNKNOWN, "'qnum > 1': neither limits nor findings have all of its fields", "-w", "qnum > 1")


@pytest.mark.parametrize("condition,range", [
    ("use_percent > 70", "70"), ("USE_PERCENT>=12.5", None), ("use_percent >= 12.5%", "12.5"), (" use_percent < 5 ", "5:"), ("use_percent <= 5", "5:"),
    ("use_percent == 5", None), ("use_percent > 70 && owner == root", None), ("!(use_percent > 70)", None), ("70 < use_percent", None)])
def test_thresholds_as_ranges(jobs, condition, range):
    """Only what can be expressed as a range is one; every other value has none, rather than a wrong one."""
    perf = check(jobs, "queue", "mq:/jobs", "-w", condition).perf
    assert perf["mq:/jobs"].get("warn") == range and perf["mq:/jobs"]["crit"] == "90" and "warn" not in perf["mq:/jobs_messages"]
    assert check(jobs, "queue", "mq:/jobs", "-c", "curmsgs > 2").perf["mq:/jobs_messages"]["crit"] == "2"


def test_the_text_has_what_decided(jobs):
    assert re.fullmatch(r"mq:/jobs 100% \(4 of 4 messages\), uid 0, msgsize 64 bytes",
                        check(jobs, "queue", "mq:/jobs", "-c", "owner == root && msgsize < 100").text)


def test_unknown_is_not_ok(jobs):
    """The queue of another user cannot be read; a condition on what is unknown is neither true nor false."""
    jobs.ok("mk", "mq", "/open", "--maxmsg", "4", "--msgsize", "64", "--mode", "0666")
    mine = check(jobs, "queue", "mq:/open", uid=1000)
    assert mine.state == OK and mine.perf["mq:/open"]["value"] == "0"
    answer = check(jobs, "queue", "mq:/jobs", "mq:/open", uid=1000)
    assert answer.state == UNKNOWN and "mq:/jobs" in answer.text and "mq:/jobs" not in answer.perf and "mq:/open" in answer.perf
    jobs.ok("mk", "mq", "/full", "--maxmsg", "1", "--msgsize", "8", "--mode", "0666")
    jobs.ok("mq", "send", "/full", "a")
    answer = check(jobs, "queue", uid=1000)
    assert answer.state == CRITICAL and re.match(r"mq:/full 100% .*; UNKNOWN: .*mq:/jobs", answer.text), answer.text
    assert check(jobs, "queue", "mq:/jobs", "-w", "use_percent > 50 || owner == root", uid=1000).state == WARNING


def test_a_limit_that_was_named_is_judged_or_unknown(world):
    told(world, UNKNOWN, "msgmax (8192 bytes): has no value of percent", "limits", "msgmax")
    told(world, WARNING, "msgmax (8192 bytes)", "limits", "msgmax", "-w", "limit < 1M")
    assert check(world, "limits", "msgmax", "shmmni").state == UNKNOWN
    assert "msgmax" not in check(world, "limits").text


# ---- who may see what


def test_an_ordinary_user_can_use_it(world):
    """What this user may not look at is named; it is UNKNOWN if it was asked for, or with --strict."""
    world.sysctl("kernel.shmmni", "10")
    with beside(world, "sleep", "1000"):
        answer = check(world, uid=1000)
        assert answer.state == OK and re.search(r"; not seen: .*\d+ process", answer.text) and "shmmni" in answer.perf, answer.text
        assert check(world, "doctor", uid=1000).state == check(world, "limits", uid=1000).state == OK
        strict = check(world, "--strict", uid=1000)
        assert strict.state == UNKNOWN and "may not be looked at" in strict.text and "not seen" not in strict.text
        assert check(world, "--ns", "all", uid=1000).state == UNKNOWN
        world.ok("mk", "shm", "--size", "4K", "--count", "10")
        assert check(world, "--strict", uid=1000).state == check(world, uid=1000).state == CRITICAL


def test_another_namespace(world):
    with beside(world, "unshare", "--ipc", "sh", "-c", '"$0" mk msg >/dev/null && "$0" msg send 0 hello && echo $$ && read end', IPCX) as other:
        pid = other.stdout.readline().decode().strip()
        ns = os.path.basename(world.run("readlink", f"/proc/{pid}/ns/ipc").out.strip())[5:-1]
        assert told(world, OK, "no queues", "queue") == {}
        told(world, WARNING, "msg:0 0% (1 message, 5 of 16384 bytes)", "queue", "msg:0", "--ns", pid, "-w", "qnum > 0")
        perf = told(world, WARNING, f"msg:0 of {ns} 0% (1 message, 5 of 16384 bytes)", "queue", "msg", "--ns", "all", "-w", "qnum > 0")
        assert perf[f"{ns}/msg:0_messages"]["value"] == "1"
        assert f"{ns}/shmmni" in check(world, "limits", "--ns", "all").perf
        answer = check(world, "--ns", "999999999")
        assert answer.state == UNKNOWN and "999999999" in answer.text and not answer.perf


# ---- names of others


def test_a_hostile_name_adds_nothing(world):
    world.ok("mk", "mq", EVIL, "--maxmsg", "1", "--msgsize", "8")
    world.ok("mq", "send", EVIL, "x")
    [row] = world.objects("mq")
    answer = check(world, "queue")
    assert answer.state == CRITICAL and answer.text == f"{row['ref']} 100% (1 of 1 message)"
    [label, more] = answer.perf
    assert more == label + "_messages" and "=" not in label and "'" not in label
    # The label names the queue.
    assert check(world, "queue", label).perf == answer.perf


def test_many_queues_are_cut_at_whole_values(world):
    """A line is never longer than engines read; the worst is in it, and how many values are not."""
    world.sysctl("fs.mqueue.queues_max", "256")
    world.sh('for i in $(seq 60); do $IPCX mk mq /$(printf "%0200d" $i) --maxmsg 1 --msgsize 8; $IPCX mq send /$(printf "%0200d" $i) x; done')
    answer = check(world, "queue")
    assert answer.state == CRITICAL and re.search(r", 5\d more", answer.text)
    missing = int(re.search(r"; no room for (\d+) more values$", answer.text)[1])
    assert len(answer.perf) + missing == 120 and len(answer.perf) >= 10
    many = check(world, "queue", "-v").text
    assert answer.text.startswith("mq:/0") and many.startswith("mq:/0")


def test_findings_of_hostile_objects(world):
    """The texts of findings contain names, too."""
    world.sh(f"truncate -s 4K '/dev/shm/psm_|evil=\x1b[31m'; touch -d '3 days ago' /dev/shm/psm_*")
    assert check(world, "doctor", "-w", "grade >= possible").state in (OK, WARNING)


# ---- errors


USAGE = [["frob"], ["limits", "frob"], ["doctor", "x"], ["-x"], ["--frob"], ["--warn"], ["-w", ""], ["-w", "percent >"], ["-c", "frob > 1"], ["limits", "-c", "qnum > 1"],
         ["queue", "shm:0"], ["queue", "shm"], ["queue", "frob"], ["queue", "msg:x"], ["queue", "msg:0", "mq"], ["queue", "--missing", "x"], ["--missing", "ok"],
         ["queue", "--strict"], ["--timeout", "x"], ["--timeout", "1s", "--timeout", "2s"], ["--ns", ""], ["--ns", "frob"], ["--root", "/nowhere"],
         ["--ns", "/nowhere"], ["-w", "owner == nobody-knows"], ["queue", "msg:0", "-w", "maxmsg > 1"], ["-w", "a|b\n" + "\x1b"], ["x|y\nz"], ["--json"]]


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_every_error_is_unknown(world, words):
    answer = check(world, *words)
    assert answer.state == UNKNOWN and answer.perf == {}


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["-V"], ["--version"], ["-h", "localhost"], ["queue", "msg:0", "--help"]], ids=" ".join)
def test_help_is_not_ok(world, words):
    r = world.ipcx("check", *words)
    assert (r.rc, r.err) == (UNKNOWN, "") and r.out.startswith(("Usage: ipcx check", "ipcx 0"))


def test_before_the_word_check_it_is_another_program(world):
    assert world.ipcx("--frob", "check").rc == 2 and world.ipcx("--help", "check").rc == 0
    assert world.ipcx("--root", "/nowhere", "check").rc == UNKNOWN


@pytest.mark.parametrize("words", [["limits"], ["frob"], ["queue", "msg:1"], ["--help"]], ids=" ".join)
@pytest.mark.parametrize("to", [">/dev/full", ">&-", "| true"])
def test_output_that_cannot_be_written(world, words, to):
    """Nobody can read the answer: it must not be OK."""
    r = world.run("bash", "-c", f'set -o pipefail; (trap "" PIPE; "$0" check "$@"; echo $? >&2) {to if to[0] == ">" else "| (exec <&-)"}', IPCX, *words)
    assert r.err.split() == ["3"] or to == "| true", (r.out, r.err)


def test_privileges_are_refused(world):
    world.run("cp", IPCX, world.dir + "/suid")
    world.run("chmod", "4755", world.dir + "/suid")
    libs = os.path.join(os.path.dirname(IPCX), "../lib")
    r = world.run(world.dir + "/suid", "check", uid=1000, env={"LD_LIBRARY_PATH": libs})
    if r.rc == 127:
        pytest.skip("the loader refuses the library of a set-user-ID program that is not installed")
    answer = Answer(r)
    assert answer.state == UNKNOWN and "refusing to run with privileges" in answer.text


# ---- the check ends without an answer


def test_a_timeout(world):
    told(world, UNKNOWN, "no answer within 0 ms (--timeout)", "--timeout", "1ns")
    assert check(world, "limits", "--timeout", "0").state == check(world, "limits", "-t", "1h").state == OK


def strace(world, *inject):
    if world.run("sh", "-c", "command -v strace").rc:
        pytest.skip("strace is not installed")
    return [w for i in inject for w in ("-e", "inject=" + i)]


def injected(world, *inject, words=("limits",)):
    """Run check while a system call of its child fails in some way: only the child calls prctl(2) with PR_SET_PDEATHSIG."""
    r = world.run("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=prctl,fork,clone,clone3,vfork,pipe2", *strace(world, *inject), IPCX, "check", *words,
                  env={"ASAN_OPTIONS": "detect_leaks=0:handle_segv=0"})
    # strace complains of a process that ends while it is being delayed.
    r.stderr = b"".join(line for line in r.stderr.splitlines(True) if not line.startswith(b"strace: "))
    return Answer(r)


def test_a_check_that_hangs(world):
    answer = injected(world, "prctl:delay_enter=3000000", words=("limits", "--timeout", "300ms"))
    assert (answer.state, answer.text) == (UNKNOWN, "no answer within 300 ms (--timeout)")


@pytest.mark.parametrize("signal,number", [("SEGV", 11), ("KILL", 9), ("SYS", 31)])
def test_a_check_that_is_killed(world, signal, number):
    answer = injected(world, f"prctl:signal={signal}")
    assert answer.state == UNKNOWN and answer.text.startswith(f"the check was ended by signal {number} ("), answer.text


@pytest.mark.parametrize("call,text", [("pipe2", "cannot make a pipe"), ("clone", "cannot make a process")])
def test_a_check_that_cannot_begin(world, call, text):
    answer = injected(world, f"{call}:error=EAGAIN")
    assert answer.state == UNKNOWN and answer.text.startswith(text), answer.text


def test_a_caller_that_ignores_children(world):
    """Some schedulers ignore SIGCHLD: the status of the check must be known nevertheless."""
    r = world.run("env", "--ignore-signal=CHLD", IPCX, "check", "limits")
    assert Answer(r).state == OK
