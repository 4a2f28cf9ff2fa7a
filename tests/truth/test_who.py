# SPDX-License-Identifier: GPL-2.0-or-later
"""`ipcx who` finds every process that uses an object, however it uses it, and no other process. (What may go wrong meanwhile, and who may
see what: test_who_days.py, test_who_rights.py.)"""

import contextlib
import os
import re

import pytest

from helpers.places import Place
from helpers.real import unescape
from helpers.tools import need
from planting import PAGE, USERS, end, nattch, one, pids_inside, plant, users, who

HUGE = "/proc/sys/vm/nr_hugepages"
NAMES = [b"plain", b"new\nline", b"esc\x1b[31m", b" a  b ", "日本".encode(), b"bad\xff", b"%s", b"back\\012", b"x (deleted)", b"x" * 251]


def segment(*steps):
    """Steps that make and attach a segment of four pages, and some more."""
    return [f"shmget 0x1234 {4 * PAGE}", "shmat", *steps]


def named(*steps, name="/x"):
    """Steps that make and open a POSIX object of four pages, and some more."""
    return [["shm_open", name], f"truncate {4 * PAGE}", *steps]


def ipc_of(world, pid):
    """Return the inode of the IPC namespace of a process."""
    return int(re.search(r"\d+", world.run("readlink", f"/proc/{pid}/ns/ipc").out)[0])


# ---- System V segments

SEGMENTS = {
    "attached": (segment(), {"access": "rw", "mappings": 1, "mapped": 4 * PAGE}),
    "read-only": ([f"shmget 0x1234 {4 * PAGE}", "shmat_ro"], {"access": "r", "mappings": 1, "mapped": 4 * PAGE}),
    "twice": (segment("shmat"), {"access": "rw", "mappings": 2, "mapped": 8 * PAGE}),
    "both ways": (segment("shmat_ro"), {"access": "rw", "mappings": 2, "mapped": 8 * PAGE}),
    "dest": (segment("dest"), {"access": "rw", "mappings": 1, "mapped": 4 * PAGE}),
    "hole": (segment("hole"), {"access": "rw", "mappings": 2, "mapped": 3 * PAGE}),
    "mprotect": (segment("protect"), {"access": "rw", "mappings": 3, "mapped": 4 * PAGE}),
    "remap_file_pages": (segment("remap"), {"access": "rw", "mappings": 2, "mapped": 4 * PAGE}),
    "private key": ([f"shmget 0 {4 * PAGE}", "shmat"], {"access": "rw", "mappings": 1, "mapped": 4 * PAGE}),
    "main thread ended": (["leave", *segment()], {"access": "rw", "mappings": 1, "mapped": 4 * PAGE}),
}


@pytest.mark.parametrize("first", [True, False], ids=["id 0", "another id"])
@pytest.mark.parametrize("case", SEGMENTS)
def test_attached_segment(world, case, first):
    steps, want = SEGMENTS[case]
    if not first:
        world.ok("mk", "shm", "--size", "4096")
    with plant(world, *steps) as p:
        ref = f"shm:{p['id']}"
        assert (p["id"] == 0) == first
        for words in ((ref,), ("shm",), ("sysv",), ()):
            rows, unseen = who(world, *words)
            row = one(rows, mech="shm", ref=ref, pid=p.pid, command="plant", owner="root", uid=0, how="mapped", basis="kernel", **want)
            assert row["ns"] == ipc_of(world, "self") and not row.get("container")
            assert unseen["attaches"] == 0 and unseen["processes"] == 0
        if case in ("attached", "dest", "private key"):
            assert row["address"] == p["at"]
        assert nattch(world, ref) == row["mappings"], "each mapping is an attach"


def test_a_segment_that_was_detached_has_no_users(world):
    with plant(world, *segment("shmdt")):
        assert who(world, "shm:0")[0] == []


def test_every_process_of_a_segment_is_found(world):
    with plant(world, *segment("fork 3", "shmat")) as p, plant(world, "id 0", "shmat_ro") as q:
        rows = users(world, "shm:0")
        assert {(r["pid"], r["mappings"], r["access"]) for r in rows} == {(p.pid, 2, "rw"), (q.pid, 1, "r"), *((c, 1, "rw") for c in p.every("child"))}
        assert [r["pid"] for r in rows] == sorted(r["pid"] for r in rows) and sum(r["mappings"] for r in rows) == nattch(world, "shm:0") == 6
        # only the named one
        world.ok("mk", "shm", "--size", "4096")
        assert users(world, "shm:1") == [] and len(users(world, "shm")) == 5


def test_a_segment_of_huge_pages(world):
    size = int(re.search(r"Hugepagesize: +(\d+)", world.run("cat", "/proc/meminfo").out)[1]) << 10 if os.path.exists(HUGE) else 0
    with pages_of(world):
        with plant(world, f"shmhuge {2 * size}", "shmat") as p, plant(world, "id 0", "shmat_ro") as q:
            rows, unseen = who(world, "shm")
            assert [(r["pid"], r["how"], r["access"], r["mappings"], r["mapped"], r["address"]) for r in rows] == [
                (p.pid, "mapped", "rw", 1, 2 * size, p["at"]), (q.pid, "mapped", "r", 1, 2 * size, q["at"])]
            assert unseen["attaches"] == 0


@contextlib.contextmanager
def pages_of(world):
    """Have two huge pages; if the machine has none, for this test only."""
    def number(name):
        return int(re.search(rf"HugePages_{name}: +(\d+)", world.run("cat", "/proc/meminfo").out + "HugePages_Free: 0")[1])

    had = number("Free") >= 2
    if not had and (not os.access(HUGE, os.W_OK) or world.run("cat", HUGE).out.strip() != "0"):
        pytest.skip("there are no free huge pages")
    try:
        if not had:
            world.sh(f"echo 8 >{HUGE}")
            if number("Free") < 2:
                pytest.skip("the kernel has no huge pages to give")
        yield
    finally:
        if not had:
            world.sh(f"echo 0 >{HUGE}")


def test_the_same_id_and_key_in_two_namespaces(world):
    """Nothing but the namespace of the process tells whose segment a mapping is."""
    place = Place(world)
    with plant(world, *segment()) as p, plant(world, *segment("fork 1"), before=("nsenter", "-t", place.pid, "--ipc")) as q:
        one(users(world, "shm:0"), pid=p.pid, ns=ipc_of(world, "self"))
        rows, unseen = who(world, "shm:0", "--ns", place.pid)
        assert [(r["pid"], r["ns"]) for r in rows] == [(pid, place.ino) for pid in sorted((q.pid, q["child"]))] and unseen["attaches"] == 0
        assert {(r["pid"], r["ns"]) for r in users(world, "shm", "--ns", "all")} == {
            (p.pid, ipc_of(world, "self")), (q.pid, place.ino), (q["child"], place.ino)}
    place.end()


def test_attached_before_the_process_left_the_namespace(world):
    """The segment is still attached, but its mapping does not tell from which namespace it is: where processes may exist that /proc does not
    show, the attach is unseen (test_who_rights.py has the other case). One of the same id and key in the new namespace is another object."""
    with plant(world, *segment("unshare")) as p:
        assert who(world, "shm:0") == ([], {"attaches": 1, "processes": 0, "others": True})
        enter = ("nsenter", "-t", p.pid, "--ipc")
        with plant(world, f"shmget 0x1234 {4 * PAGE}", before=enter):
            assert users(world, "shm", "--ns", p.pid) == []
            with plant(world, "id 0", "shmat_ro", before=enter) as q:
                rows, unseen = who(world, "shm", "--ns", p.pid)
                assert {r["pid"] for r in rows} >= {q.pid} and unseen["attaches"] == 0


def test_a_thread_in_another_namespace_than_its_process(world):
    """The maps of a process hold segments of both."""
    with plant(world, *segment("thread", "unshare", f"shmget 0x5678 {PAGE}", "shmat_ro")) as p:
        assert p.every("id") == [0, 0]
        rows, unseen = who(world, "shm")
        one(rows, ref="shm:0", pid=p.pid, access="rw", mapped=4 * PAGE, mappings=1)
        assert unseen["attaches"] == 0
        rows, unseen = who(world, "shm", "--ns", thread_ns(world, p))
        one(rows, ref="shm:0", pid=p.pid, access="r", mapped=PAGE, mappings=1)
        assert unseen["attaches"] == 0


def thread_ns(world, planted):
    """Return the file of the namespace of a process's last thread."""
    return world.sh(f"ls -d /proc/{planted.pid}/task/*/ns/ipc").lines[-1]


def test_a_segment_between_two_mappings_of_one_of_another_namespace(world):
    """Both have the id 0."""
    with plant(world, *segment("shmat", "shmat", "shmdt_before", "thread", "unshare", f"shmget 0x5678 {4 * PAGE}", "shmat")) as p:
        first, _, third, between = p.every("at")
        assert third < between < first
        one(users(world, "shm"), pid=p.pid, mappings=2, mapped=8 * PAGE)
        one(users(world, "shm", "--ns", thread_ns(world, p)), pid=p.pid, mappings=1, mapped=4 * PAGE)


def test_a_child_that_shares_the_memory(world):
    """Parent and child show the same attach: nattch is 1."""
    with plant(world, *segment("vfork")) as p:
        rows, unseen = who(world, "shm")
        assert {(r["pid"], r["mappings"]) for r in rows} == {(p["parent"], 1), (p.pid, 1)}
        assert nattch(world, "shm:0") == 1 and unseen["attaches"] == 0


# ---- what resembles a segment

LOOKALIKES = {
    "memfd open": ["memfd any 4096"],
    "memfd mapped": ["memfd any 4096", "map 4096", "close"],
    "memfd with the name of a segment": ["memfd SYSV00000000 4096", "map 4096"],
    "shared memory without a name": ["anonymous 4096"],
}


@pytest.mark.parametrize("case", LOOKALIKES)
def test_the_inode_of_other_memory_equals_an_id(world, case):
    """All of these are files of one file system of the kernel."""
    if not os.path.exists("/proc/sys/kernel/shm_next_id"):
        pytest.skip("this kernel chooses ids itself (CONFIG_CHECKPOINT_RESTORE)")
    with plant(world, *LOOKALIKES[case]) as p:
        if p["ino"] >= 2**31:
            pytest.skip(f"no id can equal inode {p['ino']}")
        world.sysctl("kernel.shm_next_id", p["ino"])
        with plant(world, "shmget 0 4096") as q:
            assert q["id"] == p["ino"]
            assert who(world, "shm")[0] == []
            with plant(world, f"id {q['id']}", "shmat") as user:
                rows, unseen = who(world, "shm")
                one(rows, ref=f"shm:{q['id']}", pid=user.pid, mappings=1)
                assert unseen["attaches"] == 0


def test_a_file_with_the_name_of_a_segment(world):
    world.run("mount", "-t", "tmpfs", "none", "/mnt")
    world.ok("mk", "shm", "--size", "4096")
    with plant(world, "open /mnt/SYSV00000000 rw", "truncate 4096", "map 4096", "unlink /mnt/SYSV00000000"):
        assert who(world, "shm")[0] == []


# ---- POSIX shared memory

SHARED = {
    "mapped": (named(f"map {4 * PAGE}", "close"), {"how": "mapped", "access": "rw", "mappings": 1, "mapped": 4 * PAGE}),
    "mapped for reading": (named(f"map_ro {4 * PAGE}", "close"), {"how": "mapped", "access": "r", "mappings": 1, "mapped": 4 * PAGE}),
    "open": (named(), {"how": "open", "access": "rw", "fds": 1}),
    "open twice": (named("dup"), {"how": "open", "access": "rw", "fds": 2}),
    "both": (named(f"map {4 * PAGE}"), {"how": "both", "access": "rw", "mappings": 1, "mapped": 4 * PAGE, "fds": 1}),
    "private": (named(f"map_private {4 * PAGE}", "close"), {"how": "mapped", "access": "r", "mappings": 1, "mapped": 4 * PAGE}),
    "open for reading": (["open /dev/shm/x r"], {"how": "open", "access": "r", "fds": 1}),
    "open for writing": (["open /dev/shm/x w"], {"how": "open", "access": "w", "fds": 1}),
    "O_PATH": (named("close", "open /dev/shm/x p"), {"how": "open", "access": None, "fds": 1}),
    "hole": (named(f"map {4 * PAGE}", "hole", "close"), {"how": "mapped", "access": "rw", "mappings": 2, "mapped": 3 * PAGE}),
    "main thread ended": (["leave", *named(f"map {4 * PAGE}")], {"how": "both", "access": "rw", "mappings": 1, "fds": 1}),
}


@pytest.mark.parametrize("case", SHARED)
def test_posix_shared_memory(world, case):
    steps, want = SHARED[case]
    with plant(world, *steps) as p:
        for words in (("pshm:/x",), ("pshm",), ("posix",), ()):
            rows, unseen = who(world, *words)
            row = one(rows, mech="pshm", ref="pshm:/x", pid=p.pid, command="plant", uid=0, owner="root", basis="kernel", **want)
            assert unseen["processes"] == unseen["attaches"] == 0
        assert (row.get("mappings") or 0) == want.get("mappings", 0) and (row.get("fds") or 0) == want.get("fds", 0)
        assert row.get("address") == (p["at"] if want.get("mappings") else None)


@USERS
@pytest.mark.parametrize("how", ["mapped", "open"])
def test_unlinked_but_in_use(world, how, user):
    """No listing shows the file; the reference names it by its numbers."""
    world.ok("mk", "mq", "/q", "--mode", "0666")  # without a queue, a user cannot know whose mount of queues it is
    with plant(world, *named(f"map {4 * PAGE}", "close") if how == "mapped" else named(), "unlink /dev/shm/x", **user) as p:
        ref = f"pshm:inode={p['dev']}:{p['ino']}"
        for words in (("pshm",), (ref,), ()):
            one(users(world, *words, **user), mech="pshm", ref=ref, pid=p.pid, how=how, access="rw")
        # a new object of the old name is another one
        with plant(world, *named()) as q:
            assert {(r["ref"], r["pid"]) for r in users(world, "pshm")} == {(ref, p.pid), ("pshm:/x", q.pid)}
            one(users(world, "pshm:/x"), pid=q.pid)
            one(users(world, f"pshm:inode={q['dev']}:{q['ino']}"), ref="pshm:/x", pid=q.pid)
    r = world.ipcx("who", ref, "--json")
    assert r.rc == 3 and r.json["users"] == [] and [e["ref"] for e in r.json["errors"]] == [ref], r


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_names(world, name):
    """maps has a newline as \\012, and everything else as it is; the reference is that of ls."""
    with plant(world, *named(f"map {PAGE}", name=b"/" + name)) as p:
        ref = world.objects("pshm", "-o", "ref")[0]["ref"]
        for words in (("pshm",), (ref,)):
            one(users(world, *words), ref=ref, pid=p.pid, how="both", mapped=PAGE)
        for r in (world.ipcx("who", "pshm"), world.ipcx("who", "pshm", "--json")):
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", r.out), "control characters"


@pytest.mark.parametrize("name", [b"a\nb", b"\x1b[31m", b") R 1", b"a b", b"\xff", "日本".encode(), b""], ids=repr)
def test_command_names(world, name):
    """Every process chooses its own."""
    with plant(world, *named(), ["name", name]) as p:
        row = one(users(world, "pshm"), ref="pshm:/x", pid=p.pid)
        assert unescape(row["command"]) == name
        r = world.ipcx("who", "pshm")
        assert len(r.lines) == 2 and not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", r.out), r.out


def test_a_hard_link_is_the_same_object(world):
    with plant(world, *named(f"map {PAGE}", "close")) as p:
        world.sh("ln /dev/shm/x /dev/shm/y")
        one(users(world, "pshm:/x"), ref="pshm:/x", pid=p.pid)
        one(users(world, "pshm:/y"), ref="pshm:/y", pid=p.pid)
        assert sorted((r["ref"], r["pid"]) for r in users(world, "pshm")) == [("pshm:/x", p.pid), ("pshm:/y", p.pid)]


def test_another_name_in_another_mount_namespace(world):
    """The file is bound to another path, and /dev/shm is another one there."""
    world.ok("mk", "pshm", "/x", "--size", PAGE)
    script = 'mkdir /run/m; mount -t tmpfs none /run/m; touch /run/m/f; mount --bind /dev/shm/x /run/m/f; mount -t tmpfs none /dev/shm; exec "$@"'
    with plant(world, "open /run/m/f rw", f"map {PAGE}", "close", before=("unshare", "--mount", "sh", "-c", script, "sh")) as p:
        one(users(world, "pshm"), ref="pshm:/x", pid=p.pid, how="mapped", access="rw")
        # the same path, but another file
        with plant(world, *named(), before=("nsenter", "-t", p.pid, "--mount")):
            one(users(world, "pshm:/x"), pid=p.pid)


def test_other_files_are_nobodys_objects(world):
    world.run("mount", "-t", "tmpfs", "none", "/mnt")
    with plant(world, "open /mnt/x rw", f"truncate {PAGE}", f"map {PAGE}", "memfd m 4096", "map 4096", "anonymous 4096"):
        world.ok("mk", "pshm", "/x", "--size", PAGE)
        assert users(world) == []


# ---- semaphores and queues

@USERS
def test_named_semaphore(world, user):
    """The creator's mapping shows the name of a temporary file, as if the file were unlinked."""
    world.ok("mk", "mq", "/q", "--mode", "0666")
    with plant(world, "sem_open /s", **user) as p, plant(world, "sem_open /s", **user) as q:
        for words in (("psem",), ("psem:/s",), ("posix",)):
            rows = users(world, *words, **user)
            assert [(r["ref"], r["pid"], r["how"], r["access"], r["mappings"]) for r in rows] == [
                ("psem:/s", pid, "mapped", "rw", 1) for pid in sorted((p.pid, q.pid))]
    assert users(world, "psem") == []


def test_posix_queue(world):
    need_queues(world)
    with plant(world, "mq_open /q") as p, plant(world, "open /dev/mqueue/q r") as q:
        for words in (("mq",), ("mq:/q",), ("posix",)):
            rows = users(world, *words)
            assert sorted((r["ref"], r["pid"], r["how"], r["access"], r["fds"]) for r in rows) == sorted([
                ("mq:/q", p.pid, "open", "rw", 1), ("mq:/q", q.pid, "open", "r", 1)])
            assert not [r for r in rows if r.get("mappings")]


def need_queues(world):
    if world.run("stat", "-f", "-c", "%T", "/dev/mqueue").out.strip() != "mqueue":
        pytest.skip("there is no /dev/mqueue here")


def test_an_unlinked_queue_that_is_open(world):
    with plant(world, "mq_open /q", "mq_unlink /q") as p:
        one(users(world, "mq"), mech="mq", ref=f"mq:inode={p['dev']}:{p['ino']}", pid=p.pid, how="open", fds=1)
        with plant(world, "mq_open /q") as q:
            one(users(world, "mq:/q"), ref="mq:/q", pid=q.pid)


def test_registered_for_notification(world):
    """The registration is in the contents of the queue's file: reading it sets its times, so it must be asked for."""
    with plant(world, "mq_open /q", "mq_notify") as p, plant(world, "mq_open /q") as q:
        rows = users(world, "mq:/q")
        assert sorted((r["pid"], r["how"]) for r in rows) == [(pid, "open") for pid in sorted((p.pid, q.pid))]
        rows = users(world, "mq:/q", "--last")
        assert sorted((r["pid"], r["how"]) for r in rows if r["how"] != "last-op") == sorted([(p.pid, "notify"), (p.pid, "open"), (q.pid, "open")]), rows


# ---- memory and pipes without a name, listed only when named

UNNAMED = {
    "open": ([f"memfd m {2 * PAGE}"], {"how": "open", "access": "rw", "fds": 1, "mappings": 0}),
    "mapped": ([f"memfd m {2 * PAGE}", f"map {PAGE}", "close"], {"how": "mapped", "access": "rw", "fds": 0, "mappings": 1, "mapped": PAGE}),
    "both": ([f"memfd m {2 * PAGE}", f"map_ro {2 * PAGE}", "dup"], {"how": "both", "access": "rw", "fds": 2, "mappings": 1, "mapped": 2 * PAGE}),
}


@USERS
@pytest.mark.parametrize("case", UNNAMED)
def test_memory_file(world, case, user):
    steps, want = UNNAMED[case]
    with plant(world, *steps, "fork 2", **user) as p:
        ref = f"memfd:{p['dev']}:{p['ino']}"
        for words in (("memfd",), (ref,)):
            rows = users(world, *words, **user)
            assert [r["pid"] for r in rows] == sorted([p.pid, *p.every("child")]), rows
            for r in rows:
                one([r], mech="memfd", ref=ref, command="plant", **want)
        assert users(world) == []


def test_pipe(world):
    with plant(world, "pipe", "fork 1", "close") as p:
        ref = f"pipe:{p['ino']}"
        rows = {r["pid"]: r for r in users(world, ref)}
        assert {pid: (r["how"], r["access"], r["fds"], r["ref"]) for pid, r in rows.items()} == {
            p.pid: ("open", "r", 1, ref), p["child"]: ("open", "rw", 2, ref)}
        assert [r["pid"] for r in users(world, "pipe") if r["ref"] == ref] == sorted(rows)
        assert not [r for r in users(world) if r["mech"] == "pipe"]


def test_fifo(world):
    world.sh("mkfifo /dev/shm/f")
    with plant(world, "open /dev/shm/f rw") as p, plant(world, "open /dev/shm/f w") as q, plant(world, "open /dev/shm/f p") as r:
        rows = users(world, f"pipe:{p['dev']}:{p['ino']}")
        assert {u["pid"]: u["access"] for u in rows} == {p.pid: "rw", q.pid: "w", r.pid: None}, rows


# ---- arrays and queues of System V: nothing is attached

def test_last_operations(world):
    """The rows are the processes that operated last, and still run."""
    world.ok("mk", "msg")
    world.ok("mk", "sem", "--nsems", "1")
    with plant(world, "msgsnd 0") as p, plant(world, "msgrcv 0") as q, plant(world, "semop 0") as s:
        rows = users(world, "msg", "sem")
        assert {(r["ref"], r["pid"], r["how"]) for r in rows} == {("msg:0", p.pid, "last-op"), ("msg:0", q.pid, "last-op"), ("sem:0", s.pid, "last-op")}
        assert not [r for r in rows if r.get("mappings") or r.get("fds") or r.get("access")]
    # they have ended, and nothing else is recorded: that does not mean that nobody uses the objects
    r = world.ipcx("who", "msg:0", "sem:0", "--json")
    assert r.rc == 0 and r.json["users"] == [], r
    assert {e["mech"] for e in r.json["errors"] if e["kind"] == "info" and "do not attach" in e["message"]} == {"msg", "sem"}, r


# ---- restricted to one process, and other places

def test_of_one_process(world):
    with plant(world, *segment(), *named(), "mq_open /q", "sem_open /s") as p, plant(world, "id 0", "shmat", *named(), "mq_open /q") as q:
        rows = users(world, "--pid", p.pid)
        assert {(r["ref"], r["pid"]) for r in rows} == {(ref, p.pid) for ref in ("shm:0", "pshm:/x", "mq:/q", "psem:/s")}
        one(users(world, "shm", "--pid", q.pid), pid=q.pid, mappings=1)
        assert users(world, "psem", "--pid", q.pid) == []
    r = world.ipcx("who", "--pid", p.pid)
    assert r.rc != 0 and str(p.pid) in r.err and r.out == "", r


def test_a_named_object_does_not_exist(world):
    for ref in ("shm:77", "pshm:/absent", "psem:/absent", "mq:/absent", "msg:7"):
        r = world.ipcx("who", ref, "--json")
        assert r.rc == 3 and r.json["users"] == [] and len(r.json["errors"]) == 1, (ref, r)


def test_conditions_on_rows(world):
    with plant(world, *segment("shmat")) as p, plant(world, "id 0", "shmat_ro") as q:
        one(users(world, "shm", "-w", "mappings > 1"), pid=p.pid)
        one(users(world, "shm", "-w", "access == 'r'"), pid=q.pid)
        one(users(world, "shm", "-w", f"pid == {q.pid}"), pid=q.pid)
        assert users(world, "shm", "-w", "command != 'plant'") == []


@pytest.fixture
def contained(world):
    """Namespaces like those of a container, with a process that uses an object of each kind; .p is that process, .pid its PID in the world."""
    place = Place(world, "--pid", "--fork", "--mount-proc")
    place.pid = pids_inside(world)[1]
    place.ino = ipc_of(world, place.pid)
    with plant(world, *segment(), *named(f"map {PAGE}"), "mq_open /q", "sem_open /s", before=("nsenter", "-t", place.pid, "--ipc", "--mount", "--pid")) as p:
        place.p, place.planted = p, pids_inside(world)[p.pid]
        yield place
    end(place.process)


ALL = {"shm:0", "pshm:/x", "mq:/q", "psem:/s"}


def test_a_container_from_outside(world, contained):
    """PIDs are those of the caller, not those of the container."""
    assert contained.planted != contained.p.pid
    rows, unseen = who(world, "--ns", contained.pid)
    assert {(r["ref"], r["pid"], r["ns"]) for r in rows} == {(ref, contained.planted, contained.ino) for ref in ALL}
    assert unseen["attaches"] == 0
    assert users(world) == []
    assert {r["ref"] for r in users(world, "--ns", "all") if r["ns"] == contained.ino} == ALL


def test_a_container_from_inside(world, contained):
    """Other processes may exist that its /proc does not show."""
    r = world.run("nsenter", "-t", contained.pid, "--ipc", "--mount", "--pid", os.environ["IPCX"], "who", "--json")
    assert r.rc == 0 and {(u["ref"], u["pid"]) for u in r.json["users"]} == {(ref, contained.p.pid) for ref in ALL}
    assert r.json["unseen"]["others"] is True


def test_used_from_another_namespace(world, contained):
    """A process outside that maps a file of the container is found, too, and the container's own view lacks it."""
    with plant(world, f"open /proc/{contained.pid}/root/dev/shm/x r") as q:
        rows = users(world, "pshm:/x", "--ns", contained.pid)
        assert {(r["pid"], r["how"]) for r in rows} == {(contained.planted, "both"), (q.pid, "open")}
        assert users(world, "pshm") == []


# ---- another program

def fuser(world, path):
    """Return {PID: access letters} that fuser(1) prints for a file."""
    r = world.run("fuser", "-v", path)
    letters = re.findall(r"^.*? ([crefFm.]{5,6}) \S", r.err, re.M)
    assert len(letters) == len(r.out.split()), r
    return {int(pid): text.replace(".", "") for pid, text in zip(r.out.split(), letters)}


def test_fuser_agrees_about_every_file(world):
    need("fuser")
    with contextlib.ExitStack() as planted:
        cases = [steps for steps, _ in SHARED.values() if "leave" not in steps]  # fuser looks at the first thread only
        for i, steps in enumerate(cases):
            words = [s if isinstance(s, list) else s.replace("/dev/shm/x", f"/dev/shm/x{i}") for s in steps]
            planted.enter_context(plant(world, *[[w.replace("/x", f"/x{i}") for w in s] if isinstance(s, list) else s for s in words]))
        planted.enter_context(plant(world, "sem_open /s"))
        planted.enter_context(plant(world, "sem_open /s", *named("fork 2", name="/x0")))
        planted.enter_context(plant(world, "open /dev/shm/x0 r", f"map_ro {PAGE}"))
        rows = users(world, "pshm", "psem")
        files = world.run("ls", "/dev/shm").out.split()
        assert len(files) == len(cases) + 1
        for name in files:
            ref = f"psem:/{name[4:]}" if name.startswith("sem.") else f"pshm:/{name}"
            mine = {r["pid"]: r for r in rows if r["ref"] == ref}
            theirs = fuser(world, f"/dev/shm/{name}")
            assert set(mine) == set(theirs) and theirs, (ref, mine, theirs)
            for pid, letters in theirs.items():
                assert ("m" in letters) == bool(mine[pid].get("mappings")) and bool(re.search("f", letters, re.I)) == bool(mine[pid].get("fds"))
                assert "F" not in letters or "w" in (mine[pid].get("access") or ""), (ref, mine[pid], letters)
