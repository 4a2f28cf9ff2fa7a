# SPDX-License-Identifier: GPL-2.0-or-later
"""Failing system calls, exhausted memory and limits, interrupting signals: never a crash, never a silently different result."""

import collections
import json
import os
import re

import pytest

from conftest import IPCX
from helpers.tools import MAKE, POSIX, SYSV, helper, make_all, many, need, preload, release, trace
from helpers.wide import NARROW

SIGNALS = {128 + n for n in (4, 6, 7, 8, 11)} | {-n for n in (4, 6, 7, 8, 11)}

# Calls that glibc's loader and heap need before any of our code runs, or cannot do without (if they fail, `true` fails the same way).
LOADERS = {"execve", "mmap", "munmap", "mprotect", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "exit_group",
           "prlimit64", "pread64", "mmap2", "set_thread_area"}

LOOKS = {
    "ls": ["ls", "--json", "--numeric"],
    "ls table": ["ls", "--numeric", "-o", "ref,mode,status"],
    "ls rss": ["ls", "shm", "--json", "--numeric", "-o", "ref,size,rss,command"],
    "ls refs": ["ls", "shm:0", "msg:0", "sem:0", "mq:/x", "pshm:/x", "psem:/x", "--json", "--numeric"],
    "show": ["show", "shm:0", "msg:0", "sem:0", "mq:/x", "pshm:/x", "psem:/x", "--numeric", "--json"],
    "limits": ["limits", "--json"],
    "limits for": ["limits", "--for", "shm:4K"],
    "rm dry": ["rm", "all", "--all", "--dry-run", "--json", "--numeric"],
    "key": ["key", "/etc"],
    "explain": ["key", "--explain", "shm:70000", "--json"],
}
STEADY = re.compile(r'"(age|idle)":\d+|\b\d+s\b')


def steady(text):
    """Return the text without the parts that change by themselves."""
    return STEADY.sub("", text)


# glibc's sem_open(3) ignores it if its temporary file cannot be removed, and fails although it has created the semaphore if it cannot stat, map or
# record it.
NOT_OURS = {("psem", call) for call in ("newfstatat", "fstat", "unlink", "unlinkat", "malloc")}


def calls_of(world, words):
    """Return how often a run makes each call, and how many of each are the loader's."""
    _, calls = trace(world, *words)
    count = collections.Counter(c.name for c in calls)
    start = next((i for i, c in enumerate(calls) if "F_GETFD" in c.args), 0)  # main() begins with the standard streams
    return count, collections.Counter(c.name for c in calls[:start])


def inject(world, words, call, error, when):
    out = os.path.join(world.dir, "inject")
    return world.run("strace", "-f", "-qq", "-o", out, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}",
                     release(), *words, timeout=30)


def cases(world, words):
    """Yield a bounded sample: the first three occurrences of each of our calls, each with four errors."""
    count, before = calls_of(world, words)
    for call in sorted(set(count) - LOADERS):
        for n in range(min(3, count[call] - before[call])):
            for error in ("EIO", "ENOMEM", "EINTR", "EACCES")[:4 if n == 0 else 2]:
                yield call, error, before[call] + n + 1


@pytest.mark.parametrize("name", LOOKS)
def test_no_failed_call_silently_changes_the_result(world, name):
    """P10, E13."""
    need("strace")
    make_all(world)
    assert world.run(helper("objects"), "send", "0", 2, 100).rc == 0
    words = LOOKS[name]
    plain = world.run(release(), *words)
    assert plain.rc == 0 and plain.err == "" or name == "limits"
    silent = []
    for call, error, when in cases(world, words):
        r = inject(world, words, call, error, when)
        assert r.rc not in SIGNALS, (call, error, when, r.rc, r.err)
        assert r.rc in (0, 1, 3, 4, 127), (call, error, when, r.rc, r.err)
        same = steady(r.out) == steady(plain.out)
        if not same and r.err == plain.err:
            silent.append((call, error, when, r.rc, "another answer"))
        if r.rc and not r.err and not (call == "write" and error == "EIO"):
            silent.append((call, error, when, r.rc, "no message"))
        if r.rc == 0 and "--json" in words:
            json.loads(r.out)
    assert not silent, "\n".join(map(str, silent))


@pytest.mark.parametrize("mech", MAKE)
def test_a_failed_call_leaves_no_partial_object(world, mech):
    """mk creates either everything, complete, or nothing."""
    need("strace")
    words = ["mk", *MAKE[mech], "--mode", "0640"]
    if mech in ("shm", "pshm"):
        path = os.path.join(world.dir, "contents")
        with open(path, "wb") as f:
            f.write(b"y" * 4096)
        words += ["--from", path]
    if mech == "sem":
        words += ["--init", "4,5"]
    todo = [case for case in cases(world, words) if (mech, case[0]) not in NOT_OURS]
    world.ok("rm", mech, "--all", "--yes")
    for call, error, when in todo:
        r = inject(world, words, call, error, when)
        assert r.rc not in SIGNALS, (call, error, when)
        there = world.run(release(), "ls", mech, "--json").json["objects"]
        if r.rc == 0:
            assert len(there) == 1 and there[0]["mode"] == "0640", (call, error, when, there)
            assert r.out.strip() == str(there[0].get("id", there[0].get("name")))
            assert there[0].get("size", 4096) == 4096 and there[0].get("value", 3) == 3
        else:
            assert r.err and r.out == "" or call == "write", (call, error, when)
            assert there == [], (call, error, when, r.err)
        world.run(release(), "rm", mech, "--all", "--yes")


@pytest.mark.parametrize("mech", MAKE)
def test_a_failed_call_never_hides_a_remaining_object(world, mech):
    """rm and set: success means done; every failure is reported."""
    need("strace")
    make = ["mk", *[w for w in MAKE[mech]]]
    ref = f"{mech}:" + world.run(release(), *make).out.strip()
    count = list(cases(world, ["rm", ref]))
    for verb in (["rm"], ["set", "--mode", "0604"]):
        for call, error, when in count:
            world.run(release(), "rm", mech, "--all", "--yes")
            ref = f"{mech}:" + world.run(release(), *make).out.strip()
            r = inject(world, [verb[0], ref, *verb[1:]], call, error, when)
            assert r.rc not in SIGNALS, (call, error, when)
            there = world.run(release(), "ls", mech, "--json").json["objects"]
            done = there == [] if verb == ["rm"] else [o["mode"] for o in there] == ["0604"]
            assert done or (r.rc != 0 and r.err), (verb, call, error, when, r.rc, r.err)
            assert r.rc == 0 or r.err, (verb, call, error, when)


@pytest.mark.parametrize("mech", SYSV)
def test_an_object_removed_during_a_listing_is_left_out(world, mech):
    """R1: an object that was counted but is gone when it is read is not reported as missing."""
    for _ in range(3):
        world.ok("mk", *MAKE[mech])
    hide = NARROW and mech == "shm"  # there, segments are read from the text first
    if hide:
        world.run("mount", "-t", "tmpfs", "none", "/proc/sysvipc")
    r = world.run(release(), "ls", mech, "--json", env={"LD_PRELOAD": preload("vanish"), "VANISH_ID": "1"})
    assert (r.rc, bool(r.err)) == (0, hide) and [o["id"] for o in r.json["objects"]] == [0, 2]
    assert [o["id"] for o in world.objects(mech)] == [0, 2]


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("error", ["EINVAL", "EIDRM"])
def test_a_named_object_removed_meanwhile_is_missing(world, mech, error):
    """R3: an object that was named is reported as missing if it is gone. In a listing, an object is still found if only one call misses it."""
    need("strace")
    for _ in range(3):
        world.ok("mk", *MAKE[mech])
    ctl = f"{mech}ctl"
    hide = NARROW and mech == "shm"  # there, segments are read from the text first
    if hide:
        world.run("mount", "-t", "tmpfs", "none", "/proc/sysvipc")
    r = inject(world, ["ls", mech, "--json"], ctl, error, 3)
    assert (r.rc, bool(r.err)) == (0, hide) and [o["id"] for o in r.json["objects"]] == [0, 1, 2]
    for verb in ("ls", "show", "rm"):
        r = inject(world, [verb, f"{mech}:1"], ctl, error, "1+")
        assert r.rc == 3 and r.out == "" and "no such" in r.err, (verb, r.rc, r.out, r.err)
    r = inject(world, ["show", f"{mech}:1", f"{mech}:2"], ctl, error, 1)
    assert r.rc == 4 and r.out.startswith(f"{mech}:2")


@pytest.mark.parametrize("mech,where", [*((mech, []) for mech in SYSV), ("shm", ["--where", "rss >= 0"])], ids=[*SYSV, "shm by its text"])
def test_an_object_removed_before_it_is_changed_is_missing(world, mech, where):
    """The object was found, but is gone at the time of IPC_SET: nothing was changed, it is not tried again, and this is reported."""
    need("strace")
    for _ in range(3):
        world.ok("mk", *MAKE[mech])
    words = ["set", f"{mech}:1", *where, "--mode", "0604"]
    calls = [c for c in trace(world, *words)[1] if c.name == f"{mech}ctl"]
    nth = 1 + next(i for i, c in enumerate(calls) if "IPC_SET" in c.args)
    world.ok("set", f"{mech}:1", "--mode", "0600")
    r = inject(world, words, f"{mech}ctl", "EIDRM", nth)
    assert r.rc == 3 and "no such" in r.err, (r.rc, r.err)
    assert world.run(release(), "ls", f"{mech}:1", "--json").json["objects"][0]["mode"] == "0600"


@pytest.mark.parametrize("mech", POSIX)
def test_a_posix_object_removed_meanwhile_is_left_out(world, mech):
    need("strace")
    words = [w for w in MAKE[mech] if w != "/x"]
    for name in ("/a", "/b", "/c"):
        world.ok("mk", words[0], name, *words[1:])
    _, calls = trace(world, "ls", mech, "--json", "--numeric")
    looks = [c.name for c in calls if c.path.strip("/").removeprefix("sem.") in ("a", "b", "c") and not c.failed]
    for call in set(looks):
        seen = [c for c in calls if c.name == call]
        nth = next(i for i, c in enumerate(seen, 1) if c.path.strip("/").removeprefix("sem.") in ("a", "b", "c"))
        r = inject(world, ["ls", mech, "--json", "--numeric"], call, "ENOENT", nth)
        assert (r.rc, r.err) == (0, ""), (call, r.err)
        # mq_open(3) is called only to find out whose queues are mounted: another queue serves as well.
        assert len(r.json["objects"]) == (3 if call == "mq_open" else 2)


@pytest.mark.parametrize("error", ["EIDRM", "EINVAL", "ENOMSG"])
def test_a_queue_removed_while_its_messages_are_read(world, error):
    """Q4, R1: no rows are invented for an object that is gone."""
    queue = world.ok("mk", "msg")
    assert world.run(helper("objects"), "send", queue, 5, 10).rc == 0
    more = ["-e", "inject=msgctl:error=EINVAL:when=3+"] if error == "EINVAL" else []
    r = world.run("strace", "-qq", "-o", "/dev/null", "-e", f"inject=msgrcv:error={error}:when=3+", *more,
                  release(), "show", f"msg:{queue}", "--json")
    assert [m["size"] for m in r.json["objects"][0]["messages"]] == [10, 10], r.out


# ---- interruptions


STORMED = [["ls", "--json", "--numeric"], ["ls", "--json", "-o", "ref,rss,command,qsize"], ["limits", "--json"], ["show", "shm:0", "msg:0", "--json"],
           ["key", "/etc"], ["rm", "all", "--all", "--dry-run", "--json"]]


@pytest.mark.parametrize("words", STORMED, ids=" ".join)
def test_a_storm_of_signals_changes_nothing(world, words):
    """E1: signal handlers without SA_RESTART run every 200 microseconds."""
    make_all(world)
    assert world.run(helper("objects"), "many", "sem", 500).rc == 0
    plain = world.run(release(), *words)
    for _ in range(5):
        r = world.run(release(), *words, env={"LD_PRELOAD": preload("alarm")})
        assert (r.rc, r.err, steady(r.out)) == (plain.rc, plain.err, steady(plain.out))


def test_creating_and_removing_in_a_storm_of_signals(world):
    env = {"LD_PRELOAD": preload("alarm")}
    for _ in range(5):
        for mech, words in MAKE.items():
            more = ["--from", release()] if mech in ("shm", "pshm") else []
            words = [w for w in words if not more or w not in ("--size", "4K")]
            r = world.run(release(), "mk", *words, *more, env=env)
            assert (r.rc, r.err) == (0, ""), (mech, r.err)
            ref = f"{mech}:{r.out.strip()}"
            if mech == "pshm":
                assert world.run("cmp", release(), "/dev/shm/x").rc == 0
            r = world.run(release(), "rm", ref, env=env)
            assert (r.rc, r.err) == (0, "")
    assert world.objects() == []


@pytest.mark.parametrize("call", ["read", "write", "openat", "getdents64", "pread64"])
def test_every_second_call_interrupted(world, call):
    need("strace")
    make_all(world)
    for words in (["ls", "--json", "--numeric", "-o", "ref,size,rss,value,qsize"], ["limits", "shmmni", "--json"]):
        plain = world.run(release(), *words)
        count, before = calls_of(world, words)
        if count[call] <= before[call]:
            continue
        r = inject(world, words, call, "EINTR", f"{before[call] + 1}+2")
        assert (r.rc, r.err, r.out) == (0, plain.err, plain.out)


def test_contents_from_a_slow_pipe_arrive_whole(world):
    """A short read does not mean the end of the file."""
    script = '{ for i in 1 2 3 4 5 6 7 8; do head -c 5000 "$P"; done; } | LD_PRELOAD="$L" "$P" mk %s --from -'
    for words in ("shm", "pshm /x"):
        r = world.sh(script % words, env={"P": release(), "L": preload("alarm")})
        assert r.rc == 0, r.err
    sizes = {o["size"] for o in world.objects("shm", "pshm")}
    assert sizes == {40000}


# ---- memory


NOMEM = {
    **{k: v for k, v in LOOKS.items()},
    "ls where": ["ls", "--numeric", "--json", "--where", "size > 1K && name =~ '*x*' || nattch == 0"],
    "ls sort": ["ls", "--numeric", "--json", "--sort", "-size,ref"],
    "ls csv": ["ls", "--numeric", "--format", "csv", "-o", "ref,size,rss"],
    "show table": ["show", "shm:0", "msg:0", "sem:0", "mq:/x", "--numeric"],
    "reverse": ["key", "--reverse", "0x01000000", "-r", "/etc/apt"],
    "set": ["set", "shm:0", "--mode", "0600", "shm:77", "--numeric", "--json"],
    "bad": ["ls", "--where", "size >"],
    "missing": ["show", "shm:77", "--json"],
    "help": ["help", "ls"],
    "dump": ["help", "--dump"],
}


def starved(world, words, n, everything):
    env = {"LD_PRELOAD": preload("nomem"), "NOMEM_AT": str(n)}
    if everything:
        env["NOMEM_ALL"] = "1"
    return world.run(release(), *words, env=env)


@pytest.mark.parametrize("name", NOMEM)
@pytest.mark.parametrize("everything", [False, True], ids=["one", "all"])
def test_failing_allocations(world, name, everything):
    """E12: whichever allocation fails, either the result is the same, or there is a message and a non-zero status."""
    make_all(world)
    words = NOMEM[name]
    plain = world.run(release(), *words)
    for n in range(1, 2000):
        r = starved(world, words, n, everything)
        if r.rc == 90:
            return
        assert r.rc not in SIGNALS, (n, r.rc, r.err)
        same = (r.rc, steady(r.out)) == (plain.rc, steady(plain.out))
        assert same or (r.rc != 0 and r.err) or (r.rc == 0 and r.err != plain.err), (n, r.rc, r.out, r.err)
        assert r.rc in (plain.rc, 1, 2, 4), (n, r.rc)
        assert plain.rc == 0 or r.rc != 0, (n, "what failed was forgotten")
        if r.rc == 0 and "--json" in words:
            json.loads(r.out)
    raise AssertionError("it never ends")


@pytest.mark.parametrize("mech", MAKE)
def test_failing_allocations_leave_no_partial_object(world, mech):
    words = ["mk", *MAKE[mech], "--mode", "0640"]
    for everything in (False, True):
        for n in range(1, 500):
            r = starved(world, words, n, everything)
            there = world.run(release(), "ls", mech, "--json").json["objects"]
            if r.rc in (0, 90):
                assert len(there) == 1 and there[0]["mode"] == "0640", (n, there)
                assert world.run(release(), "rm", mech, "--all", "--yes").rc == 0
            else:
                assert r.rc not in SIGNALS and r.err, (n, r.rc)
                # if no memory is left at all, ipcx cannot remove the new object either
                assert there == [] or everything or (mech, "malloc") in NOT_OURS, (n, there)
                world.run(release(), "rm", mech, "--all", "--yes")
            if r.rc == 90:
                break
        else:
            raise AssertionError("it never ends")


# ---- limits of the process


def limited(world, limit, *words, program=None, **more):
    need("prlimit")
    return world.run("prlimit", *limit.split(), program or release(), *words, **more)


@pytest.mark.parametrize("limit", ["--nofile=5", "--nofile=4", "--nofile=3", "--stack=65536", "--as=20000000", "--as=6000000",
                                   "--as=4500000", "--data=300000", "--fsize=0", "--core=0", "--memlock=0", "--msgqueue=0", "--nproc=1"])
def test_small_resource_limits_cause_no_crash(world, limit):
    made = make_all(world)
    many(world, "sem", 3000)
    whole = world.run(release(), "ls", "--json", "--numeric", "-o", "ref")
    for words in (["ls", "--json", "--numeric", "-o", "ref"], ["show", *made.values(), "--json"], ["limits", "--json"]):
        r = limited(world, limit, *words)
        if r.rc == 127 or "error while loading" in r.err:
            continue  # the loader ran out of room
        assert r.rc in (0, 1, 4), (words, r.rc, r.err)
        if r.rc or not r.out:
            assert r.err, words
        if r.rc == 0 and words[0] == "ls" and not r.err:
            assert r.out == whole.out
        if r.rc == 0:
            json.loads(r.out)


def test_a_file_size_limit_of_0(world):
    """Exceeding RLIMIT_FSIZE normally kills by SIGXFSZ; here an error names the limit, and no object is left."""
    for words in (["mk", "pshm", "/a", "--size", "4K"], ["mk", "psem", "/a"], ["mk", "pshm", "/a", "--from", "/etc/passwd"]):
        r = limited(world, "--fsize=0", *words, program=IPCX)
        assert r.rc == 1 and "RLIMIT_FSIZE" in r.err.upper(), (words, r.err)
        assert world.objects("pshm", "psem") == []
    path = os.path.join(world.dir, "limits")
    r = limited(world, "--fsize=0", "limits", "--save", path, program=IPCX)
    assert r.rc != 0 and not os.path.exists(path)


def test_the_queue_limit_of_a_user_is_reported(world):
    r = limited(world, "--msgqueue=100", "mk", "mq", "/a", "--maxmsg", "10", "--msgsize", "100", uid=1000)
    assert r.rc == 1 and re.search("RLIMIT_MSGQUEUE", r.err, re.I) and "Too many open files" not in r.err
    r = world.ipcx("limits", "rlimit_msgqueue", "--json", uid=1000)
    assert r.rc == 0


def test_ten_thousand_objects_in_bounded_memory(world):
    peaks = []
    for more in (100, 9900):
        many(world, "sem", more)
        assert world.run(helper("objects"), "many", "pshm", more, f"p{more}.").rc == 0
        r = world.run(helper("peak"), release(), "ls", "--format", "jsonl", "--numeric")
        rc, peak = map(int, r.err.split())
        assert rc == 0 and len(r.lines) in (200, 20000)
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 4096, peaks
