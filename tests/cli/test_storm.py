# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects that are created and removed while they are read, and others that get their ids."""

import contextlib
import json
import os
import pty
import re
import select
import subprocess

import pytest

from conftest import IPCX
from helpers.tools import MAKE, POSIX, SYSV, background, helper, make_all, need, release, trace

ROUNDS = 40


@pytest.fixture
def storm(world):
    """Two workers that create and remove objects of all six kinds, beside objects that stay."""
    refs = set()
    for mech, words in MAKE.items():
        name = ["/stays"] if mech in POSIX else []
        rest = [w for w in words[1:] if w != "/x"]
        refs.add(f"{mech}:" + world.ok("mk", mech, *name, *rest, *(["--key", "0x5a"] if mech in SYSV else [])))
    with background(world, helper("storm"), "a"), background(world, helper("storm"), "b"):
        yield world, refs


def whole(rows, dump):
    """Check that every row has all of its fields with their types, and never mixes two objects."""
    mechs = {m["name"]: {f["name"] for f in dump["fields"] if m["name"] in f["mechs"] and f["cost"] != "dear"
                          and m["name"] not in f["dear_mechs"]}
             for m in dump["mechanisms"]}
    for o in rows:
        assert set(o) >= mechs[o["mech"]], o
        assert o["ref"].startswith(o["mech"] + ":"), o
        assert re.fullmatch("0[0-7]{3}", o["mode"]) and o["uid"] == 0 and o["ctime"], o
        if o["mech"] == "shm":
            assert 4096 <= o["size"] < 8192, o
        if o["mech"] == "sem":
            assert 1 <= o["nsems"] <= 5, o
        if o["mech"] == "mq":
            assert (o["maxmsg"], o["msgsize"]) in ((1, 8), (2, 16)), o
        if o["mech"] == "psem":
            assert 0 <= o["value"] < 100, o
        if o["mech"] == "pshm":
            assert o["size"] < 10000, o


@pytest.mark.parametrize("program", ["sanitized", "release"])
def test_listings_in_a_storm(storm, dump, program):
    world, stable = storm
    ipcx = IPCX if program == "sanitized" else release()
    for _ in range(ROUNDS):
        r = world.run(ipcx, "ls", "--json")
        assert (r.rc, r.err) == (0, "")
        refs = [o["ref"] for o in r.json["objects"]]
        assert len(refs) == len(set(refs))
        assert stable <= set(refs)
        whole(r.json["objects"], dump)


@pytest.mark.parametrize("words", [["ls", "shm", "--json", "-o", "ref,size,rss,mode"], ["ls", "--json", "-o", "all"],
                                   ["ls", "--json", "--sort", "-age"], ["ls", "--format", "jsonl", "-w", "mode != 0"]],
                         ids=" ".join)
def test_other_listings_in_a_storm(storm, words):
    world, stable = storm
    mechs = ("shm",) if "shm" in words else tuple(MAKE)
    for _ in range(ROUNDS):
        r = world.run(release(), *words)
        # What -o all asks for, but cannot be read here.
        untold = "the idle time of|do not attach|is in use is unknown|processes outside this /proc|page sizes of some|have attached some segments"
        assert r.rc == 0 and all(re.search(untold, line) for line in r.err.splitlines()), r.err
        rows = r.json["objects"] if "--json" in words else [json.loads(line) for line in r.lines]
        refs = [o["ref"] for o in rows]
        assert len(refs) == len(set(refs))
        assert {ref for ref in stable if ref.startswith(tuple(m + ":" for m in mechs))} <= set(refs)


def test_the_text_source_in_a_storm(storm):
    world, stable = storm
    for mech in SYSV:
        for _ in range(ROUNDS):
            r = world.run(helper("seccomp"), 38, f"{mech}ctl", "--", release(), "ls", mech, "--json")
            # /proc/sysvipc has no qbytes; a note reports that they are missing.
            assert r.rc == 0 and all("not in /proc/sysvipc" in line for line in r.err.splitlines()), r.err
            refs = [o["ref"] for o in r.json["objects"]]
            assert len(refs) == len(set(refs)) and {s for s in stable if s.startswith(mech + ":")} <= set(refs)


def test_tables_in_a_storm(storm):
    world, _ = storm
    for _ in range(ROUNDS):
        for words in (["ls"], ["limits"], ["limits", "--for", "shm:4K"], ["ls", "--format", "csv"]):
            r = world.run(release(), *words)
            assert (r.rc, r.err) == (0, ""), words


def test_show_in_a_storm(storm, dump):
    """Of a removed object, ipcx reports only that it is missing: it never shows a part of the object, and never crashes."""
    world, stable = storm
    for _ in range(ROUNDS):
        refs = [o["ref"] for o in world.run(release(), "ls", "--json", "-o", "ref").json["objects"]]
        gone = [r for r in refs if r not in stable][:6]
        r = world.run(release(), "show", *sorted(stable), *gone, "--json")
        assert r.rc in (0, 4), r.err
        rows = r.json["objects"]
        assert stable <= {o["ref"] for o in rows}
        whole(rows, dump)
        for line in r.err.splitlines():
            assert re.search("no such|removed|is a|has .* bytes|cannot be read|unknown|read permission|may not", line), line
        for ref in gone[:2]:
            r = world.run(release(), "show", ref)
            assert (r.rc == 0 and r.out.startswith(ref)) or (r.rc == 3 and r.out == "" and r.err), (r.rc, r.out, r.err)


def test_removal_by_condition_in_a_storm(storm):
    world, stable = storm
    for _ in range(ROUNDS):
        r = world.run(release(), "rm", "all", "--yes", "--json", "--where", "mode == 0 || value == 50 || nsems == 5 || msgsize == 8")
        assert r.rc in (0, 4), r.err
        assert not {o["ref"] for o in r.json["objects"]} & stable
        assert all(o["mode"] == "0000" or o.get("value") == 50 or o.get("nsems") == 5 or o.get("msgsize") == 8
                   for o in r.json["objects"])
    assert stable <= {o["ref"] for o in world.objects()}


def test_rm_all_ends_in_a_storm(storm):
    world, stable = storm
    removed = set()
    for _ in range(ROUNDS):
        r = world.run(release(), "rm", "all", "--all", "--yes", "--json", timeout=30)
        assert r.rc in (0, 4), r.err
        removed |= {o["ref"] for o in r.json["objects"]}
    assert stable <= removed
    assert not stable & {o["ref"] for o in world.objects()}


def test_creating_in_a_storm(storm):
    world, _ = storm
    for _ in range(ROUNDS):
        for mech in MAKE:
            name = ["/mine"] if mech in POSIX else []
            rest = [w for w in MAKE[mech][1:] if w != "/x"]
            ref = f"{mech}:" + world.run(release(), "mk", mech, *name, *rest).out.strip()
            assert world.run(release(), "set", ref, "--mode", "0640").rc == 0
            r = world.run(release(), "ls", ref, "--json")
            assert r.rc == 0 and r.json["objects"][0]["mode"] == "0640"
            assert world.run(release(), "rm", ref).rc == 0


# ---- concurrent calls


@pytest.mark.parametrize("mech", MAKE)
def test_only_one_of_several_creators_succeeds(world, mech):
    """R10: several processes create the same key or name at the same moment."""
    extra = ["--key", "0x77"] if mech in SYSV else []
    for _ in range(4):
        makers = [subprocess.Popen(world.argv(IPCX, "mk", *MAKE[mech], *extra), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                  for _ in range(4)]
        answers = [(*p.communicate(timeout=60), p.returncode) for p in makers]
        assert sorted(rc for _, _, rc in answers) == [0, 1, 1, 1], answers
        assert all(b"exists" in err for _, err, rc in answers if rc)
        assert len(world.objects(mech)) == 1
        world.ok("rm", mech, "--all", "--yes")


@pytest.mark.parametrize("mech", MAKE)
def test_concurrent_mk_if_missing_all_get_the_same_object(world, mech):
    extra = ["--key", "0x77"] if mech in SYSV else []
    makers = [subprocess.Popen(world.argv(IPCX, "mk", *MAKE[mech], *extra, "--if-missing"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE) for _ in range(4)]
    answers = [(*p.communicate(timeout=60), p.returncode) for p in makers]
    assert {rc for _, _, rc in answers} == {0} and len({out for out, _, _ in answers}) == 1, answers
    assert sum(b"existed already" in err for _, err, _ in answers) == 3
    assert len(world.objects(mech)) == 1


def test_two_concurrent_removals_remove_everything(world):
    n = 300
    for mech in MAKE:
        assert world.run(helper("objects"), "many", mech, 100 if mech == "mq" else n).rc == 0
    both = [subprocess.Popen(world.argv(release(), "rm", "all", "--all", "--yes", "--json", "--numeric"), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE) for _ in range(2)]
    answers = [(*p.communicate(timeout=60), p.returncode) for p in both]
    assert [rc for _, _, rc in answers] == [0, 0], answers
    refs = [o["ref"] for out, _, _ in answers for o in json.loads(out)["objects"]]
    assert len(refs) == len(set(refs)) == 5 * n + 100
    assert world.objects() == []


# ---- another object with the same id or name


@contextlib.contextmanager
def on_terminal(world, *words):
    """Run ipcx on a terminal of its own, up to its question."""
    ours, theirs = pty.openpty()
    p = subprocess.Popen(world.argv(IPCX, *words), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    seen = b""

    def read_until(end):
        nonlocal seen
        while end not in seen:
            assert select.select([ours], [], [], 60)[0], seen
            try:
                part = os.read(ours, 4096)
            except OSError:
                break
            if not part:
                break
            seen += part
        return seen.decode()

    try:
        yield p, ours, read_until
    finally:
        p.kill()
        p.wait()
        os.close(ours)


@pytest.mark.parametrize("mech", SYSV)
def test_another_object_with_the_same_id_is_left(world, mech):
    """R4, X19: a confirmed object is checked again at the moment of removal."""
    for n in (0, 1):
        world.ok("mk", *MAKE[mech], "--key", str(0x50 + n))
    with on_terminal(world, "rm", mech, "--all") as (p, ours, read_until):
        assert f"2 {mech}" in read_until(b"[y/N] ")
        world.ok("rm", f"{mech}:1")
        world.ok("mk", *MAKE[mech], "--key", "0x99", "--id", "1")
        os.write(ours, b"y\n")
        out = read_until(b"\0")
        assert f"{mech}:1" in out, out
        p.wait(timeout=60)
    assert [(o["id"], o["key"]) for o in world.objects(mech)] == [(1, "0x00000099")]


@pytest.mark.parametrize("mech", POSIX)
def test_another_object_with_the_same_name_is_left(world, mech):
    words = [w for w in MAKE[mech] if w != "/x"]
    for name in ("/a", "/b"):
        world.ok("mk", words[0], name, *words[1:])
    with on_terminal(world, "rm", mech, "--all") as (p, ours, read_until):
        read_until(b"[y/N] ")
        world.ok("rm", f"{mech}:/b")
        world.ok("mk", words[0], "/b", *words[1:], "--owner", "1000")
        os.write(ours, b"y\n")
        read_until(b"\0")
        p.wait(timeout=60)
    assert [o["name"] for o in world.objects(mech)] == ["/b"]


@pytest.mark.parametrize("mech", ["pshm", "psem"])
@pytest.mark.parametrize("words", [["rm"], ["set", "--mode", "0666"], ["set", "--owner", "1000"]], ids=" ".join)
@pytest.mark.parametrize("other", ["file", "link"])
def test_a_name_that_is_reused_during_the_removal(world, mech, words, other):
    """R18, X19: ipcx is stopped right after its check; when it continues, the name belongs to another file, which is left."""
    need("strace")
    file = {"pshm": "/dev/shm/x", "psem": "/dev/shm/sem.x"}[mech]
    world.ok("mk", *MAKE[mech])
    _, calls = trace(world, words[0], f"{mech}:/x", *words[1:])
    looks = [c.name for c in calls if c.name in ("newfstatat", "fstatat64", "statx") and c.path == os.path.basename(file)]
    check = "newfstatat" if "newfstatat" in looks else looks[0]  # the C library chooses the call
    nth = 1 + next(i for i, c in enumerate(c for c in calls if c.name == check) if c.path == os.path.basename(file))
    world.ipcx("rm", f"{mech}:/x")
    world.ok("mk", *MAKE[mech])
    victim = os.path.join(world.dir, "victim")
    with open(victim, "wb") as f:
        f.write(b"v" * 32)
    os.chmod(victim, 0o640)
    log = os.path.join(world.dir, "log")
    p = subprocess.Popen(world.argv("strace", "-f", "-qq", "-o", log, "-e", f"trace={check}", "-e",
                                    f"inject={check}:signal=SIGSTOP:when={nth}", release(), words[0], f"{mech}:/x", *words[1:]),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while True:
        with contextlib.suppress(FileNotFoundError), open(log, encoding="utf-8") as f:
            stopped = re.search(r"^(\d+) .*stopped by SIGSTOP", f.read(), re.M)
            if stopped:
                break
        assert p.poll() is None, p.communicate()
    swap = f"cp {victim} {file}.new && chmod 640 {file}.new" if other == "file" else f"ln -s {victim} {file}.new"
    r = world.sh(f"{swap} && mv -f {file}.new {file} && stat -L -c '%a %u %i %s' {file} && kill -CONT {stopped[1]}")
    assert r.rc == 0, r.err
    p.communicate(timeout=60)
    assert world.run("stat", "-L", "-c", "%a %u %i %s", file).out == r.out.splitlines()[0] + "\n"
    assert r.out.startswith("640 0 ")


def test_any_answer_but_yes_removes_nothing(world):
    make_all(world)
    for answer in (b"n\n", b"\n", b"\x04", b"yess\n", b"no\n"):
        with on_terminal(world, "rm", "sysv", "--all") as (p, ours, read_until):
            read_until(b"[y/N] ")
            os.write(ours, answer)
            assert "nothing was removed" in read_until(b"\0")
            assert p.wait(timeout=60) == 1
        assert len(world.objects("sysv")) == 3


def test_only_the_current_namespace(world):
    """X16: rm reports the IPC namespace it acts on, and objects of other namespaces stay."""
    world.ok("mk", "shm", "--size", "4K")
    inode = re.escape(world.run("readlink", "/proc/self/ns/ipc").out.strip())
    r = world.sh('unshare --ipc "$IPCX" rm sysv --all --yes --verbose')
    assert r.rc == 0 and "removed nothing from ipc:[" in r.err and not re.search(inode, r.err)
    r = world.ipcx("rm", "sysv", "--all", "--dry-run", "--verbose")
    assert re.search("would remove 1 shm from " + inode, r.err)
    assert len(world.objects("shm")) == 1


# ---- special objects


def test_ids_from_the_whole_range(world):
    """R5: ids are opaque; with sequence numbers they go up to 2^31."""
    ids = [0, 32767, 32768, 65537, 131073, 2147418115, 2147483647]
    taken = []
    for n in ids:
        r = world.ipcx("mk", "shm", "--size", "4K", "--id", n)
        if r.rc == 0:
            taken.append(n)
        else:
            assert "shm" in r.err and r.out == ""
    assert len(taken) >= 4
    assert {o["id"] for o in world.objects("shm")} == set(taken)
    assert {o["id"] for o in world.objects("shm", "-o", "id,rss")} == set(taken)
    for n in taken:
        assert world.ipcx("show", f"shm:{n}").out.startswith(f"shm:{n}:")
        world.ok("rm", f"shm:{n}")


@pytest.mark.parametrize("mech", SYSV)
def test_the_id_of_a_removed_object(world, mech):
    """R3: EINVAL means that the object is gone, as EIDRM does; the slot's next object has another id."""
    old = world.ok("mk", *MAKE[mech])
    world.ok("rm", f"{mech}:{old}")
    for _ in range(70):  # the slots wrap around
        new = world.ok("mk", *MAKE[mech])
        assert new != old
        world.ok("rm", f"{mech}:{new}")
    for verb in ("ls", "show", "rm"):
        r = world.ipcx(verb, f"{mech}:{old}")
        assert r.rc == 3 and "no such" in r.err and r.out == ""
    assert world.ipcx("rm", f"{mech}:{old}", "--ignore-missing").rc == 0


def test_a_removed_segment_that_is_still_attached(world):
    """R7: such a segment has key 0 and status dest, and is found by its id but not by its key; removing it again is not an error."""
    seg = world.ok("mk", "shm", "--size", "4K", "--key", "0x1234")
    with background(world, helper("objects"), "dest", seg):
        row = world.objects("shm")[0]
        assert (row["status"], row["dest"], row["nattch"], row["key"]) == ("dest", True, 1, "0x00000000")
        assert world.ipcx("rm", "shm:0x1234").rc == 3
        assert world.ipcx("show", "shm:0x1234").rc == 3
        assert world.ipcx("show", f"shm:{seg}").rc == 0
        assert world.ipcx("rm", f"shm:{seg}").rc == 0
        assert len(world.objects("shm")) == 1
    assert world.objects("shm") == []


def test_forced_removal_is_explained(world):
    """R8: with shm_rmid_forced an unattached segment is destroyed when its creator exits; mk reports this."""
    world.sysctl("kernel.shm_rmid_forced", "1")
    r = world.ipcx("mk", "shm", "--size", "4K")
    there = world.objects("shm")
    assert r.rc == 0 and there == [] and "shm_rmid_forced" in r.err
    rows = {o["name"]: o for o in world.ipcx("limits", "--json").json["limits"]}
    assert rows["shm_rmid_forced"]["limit"] == 1


def test_creators_outside_of_the_pid_namespace(world):
    """R16: pid 0 is not a process that could be looked up."""
    argv = [w for w in world.argv(helper("objects"), "many", "shm", "1") if w != "--pid"]
    subprocess.run(argv, stdout=subprocess.PIPE, check=True)
    row = world.objects("shm", "-o", "all")[0]
    assert row["cpid"] in (0, None) and row["command"] is None and row["creator_alive"] is None
    assert world.ipcx("show", "shm:0").rc == 0


def test_the_creator_is_not_a_later_process_with_its_pid(world):
    """R15: a process that started after the object was created did not create it."""
    seg = world.ok("mk", "shm", "--size", "4K")
    pid = world.objects("shm")[0]["cpid"]
    assert world.sh('printf %s "$1" > /proc/sys/kernel/ns_last_pid || exit 77', env={}).rc in (0, 2, 77)
    row = world.objects(f"shm:{seg}", "-o", "cpid,command,creator_alive")[0]
    assert row == {"cpid": pid, "command": None, "creator_alive": False}
    # another process gets the same pid and stays; it starts in a later second than ctime
    script = ('while [ "$(($(date +%s) - $T))" -lt 2 ]; do :; done; '
              f'echo {pid - 1} > /proc/sys/kernel/ns_last_pid; sleep 1000 & [ $! = {pid} ] || echo other >&2; "$IPCX" ls shm --json '
              '-o cpid,command,creator_alive; kill $!')
    ctime = world.sh("date +%s").out.strip()
    r = world.sh(script, env={"T": ctime})
    if "other" in r.err or "denied" in r.err:
        pytest.skip("the pid could not be had again")
    assert json.loads(r.out)["objects"] == [{"cpid": pid, "command": None, "creator_alive": False}]


def test_sempid_of_an_exited_process_is_a_number(world):
    """R14: the last process to change a semaphore may have exited; its number is shown unchanged."""
    sem = "sem:" + world.ok("mk", "sem", "--nsems", "2", "--init", "1,0")
    assert world.run(helper("objects"), "wait", sem[4:], 0, -1).rc == 0
    row = world.ipcx("show", sem, "--json").json["objects"][0]
    assert row["semaphores"][0]["sempid"] > 0 and row["semaphores"][0]["value"] == 0
    assert world.ipcx("show", sem).rc == 0
