# SPDX-License-Identifier: GPL-2.0-or-later
"""Cost and side effects of reading, counted in system calls: they never depend on the clock."""

import collections
import os
import re

import pytest

from helpers.tools import MAKE, POSIX, SYSV, helper, make_all, many, mqworld, release, trace
from helpers.wide import NARROW

OPENS = ("open", "openat", "openat2", "mq_open", "creat")
CTL = {"shm": "shmctl", "msg": "msgctl", "sem": "semctl"}
GLIBC_SEM = re.compile(r"^/dev/shm/sem\.\w{6}$")  # sem_open(3)'s own temporary file, closed before it returns
FEW = 12  # allowance for calls that do not depend on the number of objects


def etc(world, **files):
    """Mount files over the files of these names in /etc, in the world only."""
    for name, text in files.items():
        path = os.path.join(world.dir, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        r = world.run("mount", "--bind", path, f"/etc/{name}")
        assert r.rc == 0, r.err


def users(world, *uids):
    """Write a user database in files, with these users."""
    etc(world, **{
        "nsswitch.conf": "passwd: files\ngroup: files\n",
        "passwd": "".join(f"user{u}:x:{u}:{u}::/:/bin/sh\n" for u in uids),
        "group": "".join(f"group{u}:x:{u}:\n" for u in uids),
    })


def opened(calls, path):
    return sum(c.name in OPENS and c.path == path for c in calls)


@pytest.mark.parametrize("words", [["ls"], ["ls", "--json"], ["ls", "--json", "-o", "all"]])
def test_one_lookup_for_each_user_and_group(world, words):
    users(world, 0, 1, 2)
    for uid in (0, 1, 2):
        world.ok("mk", "shm", "--size", "4K", "--count", "5", "--owner", f"{uid}:{uid}")
        world.ok("mk", "sem", "--nsems", "1", "--count", "5", "--owner", f"{uid}:{uid}")
        world.ok("mk", "msg", "--count", "5", "--owner", f"{uid}:{uid}")
        world.ok("mk", "pshm", f"/{uid}", "--size", "4K", "--owner", f"{uid}:{uid}")
    r, calls = trace(world, *words)
    assert "user2" in r.out
    assert opened(calls, "/etc/passwd") <= 3
    assert opened(calls, "/etc/group") <= 3


def test_an_unknown_user_is_looked_up_once(world):
    users(world, 0)
    world.ok("mk", "shm", "--size", "4K", "--count", "20", "--owner", "77777")
    r, calls = trace(world, "ls", "shm", "--json")
    assert [o["owner"] for o in r.json["objects"]] == ["77777"] * 20
    # The C library opens the file twice; ipcx opens it once more, since the C library treats an unreadable file like one without the user.
    assert opened(calls, "/etc/passwd") <= 3


@pytest.mark.parametrize("words", [["ls", "--numeric"], ["show", "shm:0", "--numeric"], ["rm", "shm:0"]])
def test_no_lookup_without_names(world, words):
    make_all(world)
    _, calls = trace(world, *words)
    assert not opened(calls, "/etc/passwd") and not opened(calls, "/etc/nsswitch.conf")


@pytest.mark.parametrize("mech", SYSV)
def test_one_call_for_each_object(world, mech):
    counts = {}
    for n in (0, 100, 200, 400):
        many(world, mech, n - max(counts, default=0))
        _, calls = trace(world, "ls", mech, "--json", "--numeric")
        by_name = collections.Counter(c.name for c in calls)
        assert by_name[CTL[mech]] <= n + 4
        counts[n] = len(calls)
    for n in (100, 200, 400):
        assert counts[n] <= counts[0] + n + FEW + n // 50  # memory and output grow in steps
    assert counts[400] - counts[200] <= (counts[200] - counts[100]) * 2 + FEW


@pytest.mark.parametrize("mech", ["mq", "pshm", "psem"])
def test_calls_of_posix_listings_grow_only_with_the_objects(world, mech):
    counts = {}
    for n in (0, 50, 100, 200):
        many(world, mech, n - max(counts, default=0), f"n{n}.")
        _, calls = trace(world, "ls", mech, "--json")
        counts[n] = len(calls)
    step = counts[100] - counts[50]
    assert abs((counts[200] - counts[100]) - 2 * step) <= FEW
    assert step <= 50 * 6


def test_default_columns_read_neither_sysvipc_nor_processes(world):
    make_all(world)
    for words in (["ls"], ["ls", "--json"], ["ls", "sysv"], ["show", "shm:0", "-o", "size"]):
        _, calls = trace(world, *words)
        for c in calls:
            if c.name in OPENS:
                assert "sysvipc" not in c.path or NARROW and c.path.endswith("sysvipc/shm"), c  # where calls cut sizes
                assert not re.search(r"(^|proc/)(\d+|self|thread-self)(/|$)", c.path), c


def looks(world):
    refs = make_all(world)
    r = world.run(helper("objects"), "send", refs["msg"][4:], 3, 100)
    assert r.rc == 0, r.err
    r = world.run(helper("objects"), "mqsend", "/x", 10)
    assert r.rc == 0, r.err
    return [["ls"], ["ls", "--json", "-o", "all"], ["ls", "-o", "+rss,command"], ["limits"], ["limits", "--for", "shm:1G"],
            ["show", *refs.values()], ["show", "--json", *refs.values()], ["key", "/etc"], ["key", "--explain", refs["shm"]],
            ["rm", "all", "--all", "--dry-run"], ["help", "--dump"], ["complete", "--", "rm", "shm:"]]


def test_reading_opens_nothing_for_writing_and_takes_no_lock(world):
    for words in looks(world):
        _, calls = trace(world, *words, more=("-y",))
        for c in calls:
            if c.name in OPENS or c.name == "memfd_create":
                assert not re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", c.args), (words, c)
            assert c.name not in ("shmat", "mq_timedreceive", "mq_notify", "semop", "semtimedop", "msgsnd", "unlink",
                                  "unlinkat", "mq_unlink", "ftruncate", "fchmod", "fchmodat", "fchown", "fchownat"), (words, c)
            # An empty memory file of its own tells ipcx the device of segments.
            if c.name == "memfd_create":
                assert c.args.startswith('"ipcx", MFD_CLOEXEC'), (words, c)
            if c.name == "msgrcv":
                assert "MSG_COPY" in c.args, (words, c)
            if c.name.endswith("ctl"):
                assert not re.search(r"IPC_RMID|IPC_SET\b|SETVAL|SETALL|SHM_LOCK|SHM_UNLOCK", c.args), (words, c)
            if c.name == "mmap":
                assert "/dev/shm" not in c.args and "mqueue" not in c.args, (words, c)
            if c.name in ("read", "pread64"):
                assert "/dev/shm" not in c.args or "sem." in c.args, (words, c)


def test_every_descriptor_is_close_on_exec(world):
    path = os.path.join(world.dir, "limits")
    for words in [*looks(world), ["mk", "shm", "--size", "4K"], ["mk", "psem", "/y"], ["mk", "mq", "/y"],
                  ["mk", "pshm", "/y", "--from", "/etc/passwd"], ["set", "pshm:/y", "--size", "8K"],
                  ["limits", "set", "shmmni=4000"], ["limits", "--save", path], ["rm", "all", "--all", "--yes"]]:
        _, calls = trace(world, *words)
        for c in calls:
            if c.failed:
                continue
            if c.name in OPENS and not GLIBC_SEM.search(c.path):
                assert "O_CLOEXEC" in c.args, (words, c)
            if c.name in ("fsopen", "fsmount", "memfd_create", "socket", "pipe2"):
                assert "CLOEXEC" in c.args, (words, c)
            assert c.name not in ("dup", "dup2", "creat", "pipe"), (words, c)
            assert "F_DUPFD," not in c.args, (words, c)


def test_listing_maps_only_what_it_needs(world):
    make_all(world)
    _, calls = trace(world, "ls", "--numeric")
    loaded = {os.path.basename(c.path) for c in calls if c.name in OPENS and not c.failed and ".so" in c.path}
    loaded = {re.sub(r"\.so.*", "", name) for name in loaded}
    assert loaded - {"libcap", "ld", "libc"} == {"libipcx"}  # musl's C library is its loader


SINGLE = [["show", "shm:0"], ["ls", "shm:0"], ["show", "shm:0x4d2"], ["ls", "shm", "0x4d2", "--json"],
          ["show", "msg:0"], ["show", "sem:0"], ["show", "shm:0", "--json"], ["rm", "shm:0", "--dry-run"],
          ["key", "--explain", "shm:0"], ["set", "shm:0", "--mode", "0640"],
          ["show", "mq:/x"], ["show", "pshm:/x"], ["show", "psem:/x"], ["ls", "pshm:/x"]]


def test_one_object_costs_the_same_among_many(world):
    for mech, words in MAKE.items():
        world.ok("mk", *words, *(["--key", "0x4d2"] if mech in SYSV else []))
    # Only the text has the size of a segment in 32 bits.
    single = [words for words in SINGLE if not (NARROW and re.search(r"\bshm\b", " ".join(words)) and words[0] != "key")]
    few = [len(trace(world, *words)[1]) for words in single]
    for mech in MAKE:
        many(world, mech, 200 if mech == "mq" else 1000)
    among = [len(trace(world, *words)[1]) for words in single]
    # Where two threads work, how often they wait for each other, and which one frees a stack, is up to the scheduler.
    assert all(abs(a - b) <= FEW for a, b in zip(among, few)), (among, few)


def test_a_reference_to_a_posix_object_reads_no_directory(world):
    make_all(world)
    for mech in POSIX:
        for verb in ("ls", "show"):
            _, calls = trace(world, verb, f"{mech}:/x", more=("-y",))
            read = [c for c in calls if c.name.startswith("getdents")]
            # A table of show has the users of the object: all processes are looked at.
            assert all(re.match(r"\d+</proc[>/]", c.args) for c in read) and (not read or verb == "show"), (verb, mech, read)


def test_memory_does_not_grow_with_a_streamed_listing(world):
    peaks = {}
    for n in (10, 10000, 16000):
        many(world, "sem", n - max(peaks, default=0))
        r = world.run(helper("peak"), release(), "ls", "sem", "--numeric")
        rc, peaks[n] = map(int, r.err.split())
        assert rc == 0 and len(r.lines) == n + 1
    assert peaks[16000] < peaks[10] + 640  # KiB; the rows alone would need more than twice as much


# ---- no trace


FILES = "/dev/shm/x /dev/shm/sem.x /dev/mqueue/x"


def times(world):
    """Return everything that the kernel keeps about the objects, read without ipcx."""
    files = world.sh(f"stat -c '%n %x %y %z %a %u %s' {FILES}")
    assert files.rc == 0, files.err
    return files.out + world.run("/usr/bin/python3", "-c", """
import ctypes
libc, b = ctypes.CDLL(None), ctypes.create_string_buffer(512)
for name, args in (("shmctl", (0, 2, b)), ("msgctl", (0, 2, b)), ("semctl", (0, 0, 2, b))):
    print(name, getattr(libc, name)(*args), b.raw.hex())
""").out


@pytest.mark.parametrize("option", ["strictatime", "relatime", "noatime"])
@pytest.mark.parametrize("uid,owner", [(None, 0), (None, 1000), (1000, 1000), (1000, 0)])
def test_reading_changes_no_timestamp(mqworld, option, uid, owner):
    mqworld.sh("mount -t mqueue none /dev/mqueue")
    r = mqworld.run("mount", "-o", f"remount,{option}", "/dev/shm")
    assert r.rc == 0, r.err
    refs = make_all(mqworld)
    for ref in refs.values():
        mqworld.ok("set", ref, "--owner", f"{owner}:{owner}", "--mode", "0644")
    for what in (["send", refs["msg"][4:], 2, 10], ["mqsend", "/x", 3]):
        assert mqworld.run(helper("objects"), *what).rc == 0
    mqworld.sh(f"touch -a -d '2 days ago' /dev/shm {FILES}")
    before, directory = times(mqworld), mqworld.run("stat", "-c", "%x", "/dev/shm").out
    for words in (["ls"], ["ls", "--json"], ["show", *refs.values()], ["ls", *refs.values()],
                  ["ls", "shm", "msg", "sem", "pshm", "psem", "-o", "all"], ["limits"], ["rm", "all", "--all", "--dry-run"]):
        r = mqworld.ipcx(*words, uid=uid)
        assert r.rc == int(words[0] == "rm" and uid is not None and uid != owner), (words, r.err)  # without permission, and nothing is touched
    assert times(mqworld) == before
    if uid is None or option == "noatime":  # reading a directory changes its atime unless the reader owns it
        assert mqworld.run("stat", "-c", "%x", "/dev/shm").out == directory


def test_reading_takes_no_message_from_a_queue(world):
    queue = world.ok("mk", "msg")
    world.ok("mk", "mq", "/q", "--maxmsg", "2", "--msgsize", "16")
    for what in (["send", queue, 3, 100], ["mqsend", "/q", 5]):
        assert world.run(helper("objects"), *what).rc == 0
    for _ in range(2):
        r = world.ipcx("show", f"msg:{queue}", "mq:/q", "--json", "-o", "all")
        rows = r.json["objects"]
        assert (rows[0]["qnum"], rows[0]["cbytes"], rows[0]["rtime"], rows[0]["lrpid"]) == (3, 300, None, None)
        assert [m["mtype"] for m in rows[0]["messages"]] == [1, 2, 3]
        assert (rows[1]["curmsgs"], rows[1]["qsize"]) == (1, 5)


@pytest.mark.parametrize("words, most", [(("--version",), 105), (("ls", "shm"), 110)])
def test_a_start_touches_few_pages(world, words, most):
    """Count minor page faults; most are for pages that the loader has to relocate: see struct ix_column and struct opt."""
    faults = helper("faults")
    # Where the loader places things changes the count by one or two from run to run.
    counted = {program: min(int(world.sh(f"{faults} {program}").out) for _ in range(5)) for program in ("true", f"{release()} {' '.join(words)}")}
    least, ours = counted.values()
    assert ours <= most, counted
    # The loader and the C library cost more on some machines, and more where a library is placed unluckily: 5 at most were seen.
    assert ours - least <= most - 70 + 5, counted
