# SPDX-License-Identifier: GPL-2.0-or-later
"""rm does what it says: it lists objects before it asks, keeps objects in use with --unused, stops if removals cannot be recorded, and removes nothing
twice."""

import os
import re
import subprocess

import pytest

from conftest import IPCX
from helpers.real import kernel, meanwhile, on_terminal
from helpers.tools import MAKE, background, helper, make_all


def asked(world, *words, **more):
    return on_terminal(world, "rm", *words, env={"NO_COLOR": "1"}, **more)


def refs(world, *words):
    return world.ok("ls", "-q", *words).split()


def attached(world, shm, times=1):
    return background(world, helper("objects"), "attach", str(shm), str(times))


def waiting(world, sem):
    """Start a process that waits for a semaphore of the array; the with-block begins when the process is blocked."""
    return background(world, "sh", "-c", '"$1" sem wait "sem:$2" & p=$!; until grep -qs semtimedop /proc/$p/wchan || [ "$("$1" show "sem:$2" --json | grep -c semncnt..1)" = 1 ]; '
                      "do :; done; echo ready; read end; kill $p", "sh", IPCX, str(sem))


# ---- the question


def test_the_question_lists_what_would_be_removed(world):
    world.ok("mk", "shm", "--size", "1M", "--count", "3")
    with attached(world, 1, 6):
        status, text = asked(world, "shm", "--all", answer="n")
        lines = text.splitlines()
        assert status == 1 and lines[0].split() == ["REF", "KEY", "OWNER", "MODE", "SIZE", "NATTCH", "AGE"]
        assert [line.split()[0] for line in lines[1:4]] == ["shm:0", "shm:1", "shm:2"] and lines[2].split()[4:6] == ["1M", "6"]
        assert lines[4] == "3 objects, 3M; 1 attached (destroyed at the last detach)"
        assert re.fullmatch(r"shm:1: attached by \d+ \(objects\)", lines[5])
        assert re.fullmatch(r"ipcx: remove 3 shm from ipc:\[\d+\]\? \[y/N\] (n)?", lines[6]) and len(refs(world)) == 3
        status, text = asked(world, "shm", "--all", answer="y")
        assert status == 0 and "ipcx: note: shm:1: attached 6 times: is destroyed at the last detach" in text
    assert refs(world) == []


def test_the_question_lists_the_first_twenty(world):
    make_all(world)
    world.ok("mk", "sem", "--nsems", "1", "--count", "40")
    status, text = asked(world, "all", "--all", "--sort", "-nsems", answer="n")
    note, *lines = text.splitlines()
    assert note == "ipcx: note: shm, msg, mq, pshm and psem have no nsems: their objects come last in the order"
    assert status == 1 and len(lines[1:21]) == 20 and lines[21] == "and 26 more" and lines[22].startswith("46 objects, ")
    assert lines[1].startswith("sem:0 ") and "remove 1 shm, 1 msg, 41 sem, 1 mq, 1 pshm, 1 psem from" in text and len(refs(world)) == 46
    assert all(len(line) <= 80 for line in lines if not line.startswith("ipcx"))


def test_waiting_processes_are_counted(world):
    world.ok("mk", "sem", "--nsems", "2", "--count", "2")
    with waiting(world, 0):
        status, text = asked(world, "sem", "--all", answer="n")
        assert status == 1 and "2 objects; 1 waited on\n" in text


def test_removing_by_a_file_asks_too(world):
    world.ok("mk", "shm", "--size", "1", "--count", "2")
    file = os.path.join(world.dir, "list")
    with open(file, "wb") as f:
        f.write(world.ipcx("ls", "--json").stdout)
    status, text = asked(world, "--from", file, answer="n")
    assert status == 1 and "remove 2 shm from" in text and len(refs(world)) == 2
    status, text = asked(world, "--from", file, answer="y", before=lambda: world.ok("rm", "shm:0"))
    assert status == 4 and "shm:0: no such" in text and refs(world) == []


def test_a_dry_run_shows_size_and_use(world):
    world.ok("mk", "shm", "--size", "1M", "--count", "2")
    with attached(world, 0, 2):
        r = world.ipcx("rm", "shm", "--all", "--dry-run", "-v")
        assert [line.split()[4:6] for line in r.lines] == [["SIZE", "NATTCH"], ["1M", "2"], ["1M", "0"]]
        assert r.rc == 0 and re.fullmatch(r"ipcx: note: shm:0: attached 2 times: would be destroyed at the last detach\n"
                                          r"ipcx: note: shm:0: attached by \d+ \(objects\)\n"
                                          r"ipcx: note: would remove 2 shm from ipc:\[\d+\]\n", r.err)
    make_all(world)
    world.ok("mk", "psem", "/x1")
    heading = world.ok("rm", "psem", "--all", "--dry-run").splitlines()[0].split()
    assert heading == ["REF", "OWNER", "MODE", "VALUE", "AGE"], "only what these have"


def test_each_attached_segment_is_reported(world):
    world.ok("mk", "shm", "--size", "1", "--count", "25")
    with meanwhile(world, "for i in range(25): libc.shmat(i, None, 0)\nhold()"):
        r = world.ipcx("rm", "shm", "--all", "--json")
        assert r.rc == 0 and r.err.count("attached 1 time: is destroyed at the last detach") == 20 and "note: 5 more attached" in r.err
        notes = [e for e in r.json["errors"] if e["ref"]]
        assert len(notes) == 20 and notes[0]["kind"] == "info" and notes[0]["ref"] == "shm:0" and notes[0]["mech"] == "shm"
    assert refs(world) == []


# ---- only unused objects


def test_unused_segments(world):
    world.ok("mk", "shm", "--size", "1", "--count", "3")
    with attached(world, 1, 3):
        r = world.ipcx("rm", "shm", "--unused", "--dry-run", "-o", "ref", "--format", "raw")
        assert (r.rc, r.out, r.err) == (0, "shm:0\nshm:2\n", "")
        r = world.ipcx("rm", "shm:0", "shm:1", "--unused", "--json")
        assert r.rc == 0 and r.err == "ipcx: note: shm:1: attached 3 times: kept\n" and [o["ref"] for o in r.json["objects"]] == ["shm:0"]
        assert world.ok("rm", "shm", "--unused") == "" and refs(world) == ["shm:1"]
        assert world.ok("rm", "shm", "--all", "--unused") == "" and refs(world) == ["shm:1"]
        assert "1 in use: kept" in world.ipcx("rm", "shm", "--unused", "-v").err
    assert world.ok("rm", "shm", "--unused") == "" and refs(world) == []


def test_unused_arrays(world):
    """A process that works between two operations leaves no trace in an array: none can be shown to be unused."""
    world.ok("mk", "sem", "--nsems", "3", "--count", "3")
    with waiting(world, 1):
        r = world.ipcx("rm", "sem", "--unused")
        assert r.rc == 4 and "sem: 2 kept: unknown whether they are in use (use between calls is not recorded)" in r.err
        assert refs(world) == ["sem:0", "sem:1", "sem:2"]
        r = world.ipcx("rm", "sem:1", "--unused")
        assert (r.rc, r.err) == (0, "ipcx: note: sem:1: in use (waited on): kept\n")


def test_unused_without_read_permission(world):
    world.ok("mk", "sem", "--nsems", "1", "--mode", "0600", "--owner", "1000")
    world.ok("mk", "sem", "--nsems", "1", "--mode", "0600")
    r = world.ipcx("rm", "sem", "--unused", uid=1000)
    assert r.rc == 4 and r.err.count("sem: 1 kept: unknown whether it is in use (") == 2 and len(refs(world)) == 2, "for two reasons"


@pytest.mark.parametrize("mech", ["msg", "mq", "pshm", "psem"])
def test_objects_of_unknown_use_are_kept(world, mech):
    world.ok("mk", *MAKE[mech])
    world.ok("mk", "shm", "--size", "1")
    for words in ([mech], refs(world, mech), ["all"], []):
        r = world.ipcx("rm", *words, "--unused", "--json")
        assert r.rc == 4 and len(refs(world, mech)) == 1 and f"{mech}: 1 kept: unknown whether it is in use" in r.err, words
        assert {e["kind"] for e in r.json["errors"]} == {"incomplete"}
    assert refs(world, "shm") == [], "the others went"


def test_an_object_that_may_not_be_removed_is_not_reported_as_in_use(world):
    """The object was found unused, and it was reported that removing it was not permitted: one reason is enough."""
    world.ok("mk", "shm", "--size", "1")
    r = world.ipcx("rm", "shm", "--unused", uid=1000)
    assert r.rc == 1 and "cannot remove: not permitted" in r.err and "unknown whether" not in r.err and refs(world) == ["shm:0"]


def test_unused_on_a_terminal_lists_what_is_kept(world):
    """The confirmation covers only unused objects; the others are still reported."""
    world.ok("mk", "msg", "--count", "2")
    world.ok("mk", "shm", "--size", "1", "--count", "2")
    status, text = asked(world, "sysv", "--unused", answer="y")
    assert status == 4 and "msg: 2 kept: unknown whether they are in use" in text and refs(world) == ["msg:0", "msg:1"]


@pytest.mark.parametrize("words, lines", [(["-o", "ref"], ["REF", "shm:0", "shm:1"]), (["--sort", "-id", "-o", "ref", "--no-headings"], ["shm:1", "shm:0"])])
def test_requested_rows_are_printed(world, words, lines):
    world.ok("mk", "shm", "--size", "1", "--count", "2")
    assert world.ok("rm", "shm", "--all", *words).split("\n") == lines and refs(world) == []


def test_waiting_messages_count_as_use(world):
    world.ok("mk", "msg")
    kernel(world, "msgsnd(0, 1, b'x')")
    assert world.ok("rm", "msg", "--unused") == "" and refs(world) == ["msg:0"]


def test_unused_combined_with_a_condition(world):
    world.ok("mk", "shm", "--size", "1K", "--count", "2")
    world.ok("mk", "shm", "--size", "1M", "--count", "2")
    world.ok("mk", "psem", "/x")
    with attached(world, 2):
        assert world.ok("rm", "--unused", "-w", "size == 1M", "-w", "mech == shm") == "" and refs(world, "shm") == ["shm:0", "shm:1", "shm:2"]
        r = world.sh('"$IPCX" ls --json shm | "$IPCX" rm --from - --unused -w "size > 1"')
        assert r.rc == 0 and "shm:2: attached 1 time" in r.err and refs(world, "shm") == ["shm:2"]


# ---- nothing is removed if that cannot be recorded


def many(world, mech="shm", n=1300):
    assert world.run(helper("objects"), "many", mech, str(n)).rc == 0


def gone_and_told(world, r, before):
    """Check that every removed object is named on standard output or standard error; return the number of removed objects."""
    left = set(refs(world))
    gone = set(before) - left
    told = set(re.findall(r"(?:shm|sem|msg):\d+", r.out)) | set(r.err.split("\n"))
    assert gone <= told, gone - told
    assert not set(r.err.split("\n")) & left, "nothing is called removed that is there"
    return len(gone), len(left)


@pytest.mark.parametrize("words", [["--json"], ["--format", "jsonl"], ["--format", "csv"], ["--format", "raw", "-o", "ref"], ["--verbose"]], ids=" ".join)
@pytest.mark.parametrize("what", [["shm", "--all"], ["shm", "-w", "size > 0"], ["REFS"], ["--from"]], ids=lambda w: w[0] + w[-1])
def test_a_full_disk_stops_it(world, words, what):
    many(world)
    before = refs(world)
    what = before if what == ["REFS"] else what
    data = "\n".join(before) if what == ["--from"] else ""
    what = ["--from", "-"] if what == ["--from"] else what
    with open("/dev/full", "wb") as full:
        r = world.ipcx("rm", *what, *words, "--yes", stdout=full, input=data)
    gone, left = gone_and_told(world, r, before)
    assert r.rc == 1 and gone in (0, 512) and left == 1300 - gone and f"{left} remain" in r.err
    assert "No space left on device" in r.err


def test_a_reader_that_exits_stops_it(world):
    many(world)
    before = refs(world)
    p = subprocess.Popen(world.argv(IPCX, "rm", "shm", "--all", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    first = os.read(p.stdout.fileno(), 10)
    p.stdout.close()
    err = p.stderr.read().decode()
    assert p.wait() == 1 and first and "Broken pipe" in err
    gone, left = set(before) - set(refs(world)), len(refs(world))
    assert 0 < left < 1300 and f"{left} remain" in err and "512 were removed" in err and len(gone & set(err.split("\n"))) == 512


def test_a_file_size_limit_stops_it(world):
    many(world, "sem")
    before = refs(world)
    r = world.sh(f'ulimit -f 200; "$IPCX" rm sem --all --json > {world.dir}/out')
    with open(f"{world.dir}/out", encoding="utf-8") as f:
        r.stdout = f.read().encode()
    gone, left = gone_and_told(world, r, before)
    assert r.rc == 1 and 0 < gone < 1300 and f"{left} remain" in r.err and "File too large" in r.err


def test_a_dry_run_and_a_table_need_no_record(world):
    many(world, n=600)
    r = world.sh('"$IPCX" rm shm --all --dry-run | head -1')
    assert r.rc == 0 and r.err == ""
    with open("/dev/full", "wb") as full:
        assert world.ipcx("rm", "shm", "--all", stdout=full).rc == 0, "it prints nothing"
    assert refs(world) == []


# ---- nothing twice


def removals(world, *words, call):
    """Return the successful removals that strace saw, as the calls were written."""
    trace = os.path.join(world.dir, "trace")
    r = world.run("strace", "-f", "-qq", "-o", trace, "-e", f"trace={call}", IPCX, "rm", *words, env={"ASAN_OPTIONS": "detect_leaks=0"})
    with open(trace, encoding="utf-8") as f:
        return r, [re.sub(r"^\d+ +", "", line).strip() for line in f if "IPC_RMID" in line or call == "unlinkat"]


def test_named_objects_and_whole_mechanisms_are_removed_once(world):
    many(world, n=1200)
    many(world, "sem", 1200)
    named = refs(world, "shm")
    r, calls = removals(world, *named, "sem", "--all", call="shmctl,semctl,msgctl")
    assert r.rc == 0 and len(calls) == 2400 == len(set(calls)) and refs(world) == []


def test_a_name_that_is_created_again_is_not_removed_again(world):
    """During the removal each name is created again at once. There are 1,200 names and a whole mechanism after them; each name is removed only once."""
    many(world, "sem", 700)
    names = [f"/n{i}" for i in range(600)]
    kernel(world, "for i in range(600): open('/dev/shm/n%d' % i, 'w').close()")
    code = """
import threading
stop = threading.Event()
made = set()
def again():
    while not stop.is_set():
        for i in range(600):
            path = '/dev/shm/n%d' % i
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                made.add(i)
            except FileExistsError:
                pass
t = threading.Thread(target=again)
t.start()
hold()
stop.set()
t.join()
"""
    with meanwhile(world, code):
        r, calls = removals(world, *[f"pshm:{n}" for n in names], "sem", "--all", call="unlinkat")
        assert r.rc == 0, r.err
    assert len(calls) == 600 == len(set(calls)), "each name once"
    assert refs(world, "sem") == []


def test_a_key_that_is_created_again_is_not_removed_again(world):
    many(world, "sem", 700)
    for key in (0x11, 0x12):
        world.ok("mk", "shm", "--size", "1", "--key", key)
    code = """
import threading
stop = threading.Event()
def again():
    while not stop.is_set():
        for key in (0x11, 0x12):
            libc.shmget(key, 1, IPC_CREAT | 0o1000 | 0o2000 | 0o600)
t = threading.Thread(target=again)
t.start()
hold()
stop.set()
t.join()
"""
    with meanwhile(world, code):
        r, calls = removals(world, "shm:0x11", "shm:0x12", "sem", "--all", call="shmctl,semctl")
        assert r.rc == 0, r.err
    assert sum("shmctl" in c for c in calls) == 2 and sum("semctl" in c for c in calls) == 700
    assert len(refs(world)) == 2
