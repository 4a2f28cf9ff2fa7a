# SPDX-License-Identifier: GPL-2.0-or-later
"""Fields for clean-up and diagnosis: idle time, waiting processes, and whether the creator and the last users still run."""

import pytest

from helpers.real import kernel, meanwhile, stranger
from helpers.tools import need
from conftest import IPCX

SEVERAL = "several processes operated on some arrays: which of them was the last is unknown"


def array(world, *fields, ref="sem", **more):
    return world.objects(ref, "-o", ",".join(fields), **more)[0]


def semctls(world, *words):
    """Return how often a command calls semctl(2)."""
    need("strace")
    log = world.dir + "/trace"
    r = world.run("strace", "-f", "-qq", "-e", "trace=semctl", "-o", log, IPCX, *words, env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert r.rc == 0, r.err
    with open(log, encoding="utf-8") as f:
        return sum("semctl(" in line for line in f)


# ---- waiting processes


WAITERS = """
sem = check(libc.semget(5, 5, IPC_CREAT | 0o600))
libc.semctl(sem, 4, 16, 7)
for num, op in ((1, -1), (1, -1), (3, -1), (4, 0)):
    if os.fork() == 0:
        semop(sem, num, op)
        os._exit(0)
wait_for(lambda: [libc.semctl(sem, n, 14) for n in range(5)] == [0, 2, 0, 1, 0] and libc.semctl(sem, 4, 15) == 1)
hold()
libc.semctl(sem, 0, IPC_RMID)
"""


def test_waiting_processes_are_summed_over_the_array(world):
    world.ok("mk", "sem", "--nsems", "3")
    with meanwhile(world, WAITERS):
        rows = world.objects("sem", "-o", "semncnt,semzcnt")
        assert rows == [{"semncnt": 0, "semzcnt": 0}, {"semncnt": 3, "semzcnt": 1}]
        for condition, ids in (("semncnt > 0", [1]), ("semzcnt > 0", [1]), ("semncnt == 0", [0]), ("semncnt > 2 && semzcnt == 1", [1]),
                               ("!(semncnt > 0)", [0]), ("semncnt != 0", [1]), ("semncnt > 3", []), ("0 < semncnt", [1])):
            assert [o["id"] & 0x7fff for o in world.objects("sem", "-w", condition, "-o", "id")] == ids, condition
            assert [o["semncnt"] for o in world.objects("sem", "-w", condition, "-o", "semncnt")] == [[0, 3][i] for i in ids], condition
        assert [o["semncnt"] for o in world.objects("sem", "--sort", "-semncnt", "-o", "semncnt")] == [3, 0]


def test_an_array_with_waiting_processes_is_kept(world):
    with meanwhile(world, WAITERS):
        world.ok("mk", "sem", "--nsems", "2")
        r = world.ipcx("rm", "sem", "-w", "semncnt == 0 && semzcnt == 0", "--yes", "--json")
        assert r.rc == 0 and len(r.json["objects"]) == 1
        assert len(world.objects("sem")) == 1


def test_nothing_is_read_without_need(world):
    world.ok("mk", "sem", "--nsems", "40", "--init", "1")
    plain = semctls(world, "ls", "sem", "--json")
    for words in (["ls", "--json"], ["ls", "sysv", "--format", "csv"], ["ls", "sem"], ["ls", "sem", "-w", "nsems > 1"]):
        assert semctls(world, *words) <= plain + 1, words
    for row in world.objects("sem"):
        assert not {"semncnt", "semzcnt", "lpid"} & set(row)
    assert "lpid" in world.objects("sem", "-o", "+lpid")[0]
    for field in ("semncnt", "semzcnt", "lpid"):
        assert semctls(world, "ls", "sem", "-o", "id," + field) >= plain + 39, field


def test_the_first_semaphore_with_a_waiting_process_decides(world):
    with meanwhile(world, WAITERS):
        plain = semctls(world, "ls", "sem", "-o", "id")
        assert semctls(world, "ls", "sem", "-o", "id", "-w", "semncnt > 0") == plain + 2  # semaphore 1 is the first
        for words in (["-o", "id", "-w", "semncnt >= 1"], ["-o", "semncnt", "-w", "semncnt > 0"], ["-o", "id", "-w", "semncnt > 0 && semncnt < 9"],
                      ["-o", "id", "--sort", "semncnt", "-w", "semncnt > 0"]):
            assert semctls(world, "ls", "sem", *words) == plain + 5, words


def test_an_unreadable_array_is_unknown_and_reported_once(world):
    for _ in range(3):
        world.ok("mk", "sem", "--nsems", "2", "--mode", "0600")
    r = world.ipcx("ls", "sem", "--json", "-o", "ref,semncnt,semzcnt,lpid", uid=1000)
    assert r.rc == 0
    assert [(o["semncnt"], o["semzcnt"], o["lpid"]) for o in r.json["objects"]] == [(None,) * 3] * 3
    assert all(set(o["unknown"]) == {"semncnt", "semzcnt", "lpid"} for o in r.json["objects"])
    assert len(r.err.splitlines()) == len(r.json["errors"]) == 2 and "Permission denied" in r.err
    r = world.ipcx("ls", "sem", "--json", "-o", "ref", "-w", "semncnt == 0", uid=1000)
    assert r.json["objects"] == [] and len(r.json["errors"]) == 1
    assert "the number of waiting processes of some arrays could not be read" in r.err
    r = world.ipcx("rm", "sem", "-w", "semncnt == 0", "--yes", uid=1000)
    assert r.rc == 4 and len(world.objects("sem")) == 3


def test_one_semaphore_that_cannot_be_read(world):
    need("strace")
    world.ok("mk", "sem", "--nsems", "3")
    fault = ["strace", "-f", "-o", "/dev/null", "-e", "inject=semctl:error=EIO:when=4+"]
    r = world.run(*fault, IPCX, "ls", "sem", "--json", "-o", "ref,semncnt", env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert r.rc == 0 and [o["semncnt"] for o in r.json["objects"]] == [None] and len(r.json["errors"]) == 1


# ---- last operation


def test_the_last_process_of_an_array(world):
    kernel(world, """
sem = check(libc.semget(5, 3, IPC_CREAT | 0o600))
check(libc.semget(6, 3, IPC_CREAT | 0o600))
semop(sem, 1, 1)
semop(sem, 2, 1)
""")
    used, unused = world.objects("sem", "-o", "lpid,lpid_alive")
    assert used["lpid"] > 0 and used["lpid_alive"] is False
    assert unused == {"lpid": None, "lpid_alive": None}, "there is none"
    assert world.ipcx("ls", "sem", "-o", "lpid").err == ""
    assert [o["key"] for o in world.objects("sem", "-w", "lpid == null", "-o", "key")] == ["0x00000006"], "none, which is known"
    kernel(world, "semop(check(libc.semget(5, 0, 0)), 0, 1)")
    r = world.ipcx("ls", "sem", "--json", "-o", "key,lpid,lpid_alive")
    assert [(o["lpid"], o["lpid_alive"]) for o in r.json["objects"]] == [(None, None)] * 2
    assert r.rc == 0 and [e["message"] for e in r.json["errors"]] == [SEVERAL]


def test_the_last_process_of_an_array_still_runs(world):
    world.ok("mk", "sem:0x5", "--nsems", "2")
    with meanwhile(world, "semop(check(libc.semget(5, 0, 0)), 0, 1)\nhold()"):
        assert array(world, "lpid_alive") == {"lpid_alive": True}
        assert world.objects("sem", "-w", "lpid_alive", "-o", "id") == [{"id": 0}]
    assert world.objects("sem", "-w", "lpid_alive == false", "-o", "id") == [{"id": 0}]


# ---- whether the processes of an object still run


USES = """
shm = check(libc.shmget(5, 1, IPC_CREAT | 0o600))
at = libc.shmat(shm, None, 0)
msg = check(libc.msgget(5, IPC_CREAT | 0o600))
msgsnd(msg, 1, b"x")
msgsnd(msg, 1, b"y")
check(libc.msgrcv(msg, ctypes.create_string_buffer(64), 8, 0, IPC_NOWAIT))
hold()
"""


def test_processes_of_segments_and_queues(world):
    with meanwhile(world, USES):
        assert world.objects("shm", "-o", "cpid_alive,creator_alive,lpid_alive") == [{"cpid_alive": True, "creator_alive": True, "lpid_alive": True}]
        assert world.objects("msg", "-o", "lspid_alive,lrpid_alive") == [{"lspid_alive": True, "lrpid_alive": True}]
        assert len(world.objects("msg", "-w", "lspid_alive && lrpid_alive")) == 1
    assert world.objects("shm", "-o", "cpid_alive,creator_alive,lpid_alive") == [{"cpid_alive": False, "creator_alive": False, "lpid_alive": False}]
    assert world.objects("msg", "-o", "lspid_alive,lrpid_alive") == [{"lspid_alive": False, "lrpid_alive": False}]
    assert world.ipcx("ls", "msg", "-o", "lspid_alive").err == ""


def test_a_queue_without_a_sender_is_known_to_have_none(world):
    world.ok("mk", "msg")
    assert world.objects("msg", "-o", "lspid,lspid_alive") == [{"lspid": None, "lspid_alive": None}], "not unknown"
    assert len(world.objects("msg", "-w", "lspid_alive == null")) == 1
    assert world.ok("ls", "msg", "-o", "lspid_alive").split() == ["LSPID-ALIVE", "-"]


def test_processes_of_another_pid_namespace_are_unknown(world):
    """The kernel reports PID 0, which stands neither for a visible process nor for no process."""
    with meanwhile(world, USES):
        r = world.sh('unshare --pid --fork --mount-proc "$IPCX" ls shm msg --json -o cpid,cpid_alive,lpid,lpid_alive,lspid,lspid_alive,lrpid_alive')
        shm, msg = r.json["objects"]
        assert set(shm.pop("unknown")) == {"cpid", "cpid_alive", "lpid", "lpid_alive"} and set(shm.values()) == {None}
        assert set(msg.pop("unknown")) == {"lspid", "lspid_alive", "lrpid_alive"} and set(msg.values()) == {None}
        gap, = [e["message"] for e in r.json["errors"] if not e["message"].endswith(": that field is empty for its objects")]
        assert gap == "processes outside of this PID namespace have no PID here"
        r = world.sh('unshare --pid --fork --mount-proc "$IPCX" ls shm msg --json')
        assert r.rc == 0 and r.err == "", "who only lists is not told"
        assert [e["message"] for e in r.json["errors"]] == ["processes outside of this PID namespace have no PID here"], "but can find it"
        r = world.sh('unshare --pid --fork --mount-proc "$IPCX" rm shm -w "!lpid_alive" --yes')
        assert r.rc == 4 and len(world.objects("shm")) == 1


MOVED = [["--mode", "0640"], ["--owner", "1000"], ["--group", "1000"]]


@pytest.mark.parametrize("words", MOVED, ids=lambda w: w[0][2:])
def test_a_reused_pid_is_not_the_creator(world, words):
    """IPC_SET moves the ctime of an object to a time after the start of the process that now has the PID."""
    before = "    at = libc.shmat(check(libc.shmget(5, 1, IPC_CREAT | 0o600)), None, 0)"
    with stranger(world, before, "") as p:
        if p.poll() == 77:
            pytest.skip("a process number cannot be chosen here")
        ctime = world.objects("shm", "-o", "ctime")[0]["ctime"]
        words = ["--owner", "0:1000"] if words[0] == "--group" else words
        world.ok("set", "shm:0", *words)
        fields = "cpid,lpid,command,creator_alive,cpid_alive,lpid_alive"
        row = world.objects("shm", "-o", "ctime," + fields)[0]
        assert row.pop("ctime") > ctime, "it was moved"
        assert row == {"cpid": 300, "lpid": 300, "command": None, "creator_alive": False, "cpid_alive": False, "lpid_alive": False}
        assert world.run("cat", "/proc/300/comm").out == "stranger\n"
        assert world.objects("shm", "-w", "creator_alive") == []
        shown = world.ipcx("show", "shm:0", "--json").json["objects"][0]
        assert (shown["command"], shown["creator_alive"]) == (None, False)


def test_reused_pids_are_not_senders_or_receivers(world):
    before = """
    msg = check(libc.msgget(5, IPC_CREAT | 0o600))
    msgsnd(msg, 1, b"x")
    msgsnd(msg, 1, b"x")
    check(libc.msgrcv(msg, ctypes.create_string_buffer(64), 8, 0, IPC_NOWAIT))
    sem = check(libc.semget(5, 2, IPC_CREAT | 0o600))
    semop(sem, 0, 1)
    check(libc.semctl(check(libc.semget(6, 2, IPC_CREAT | 0o600)), 0, 16, 3))"""
    with stranger(world, before, "") as p:
        if p.poll() == 77:
            pytest.skip("a process number cannot be chosen here")
        assert world.objects("msg", "-o", "lspid,lspid_alive,lrpid,lrpid_alive") == [{"lspid": 300, "lspid_alive": False, "lrpid": 300, "lrpid_alive": False}]
        assert world.objects("sem", "-o", "lpid,lpid_alive") == [{"lpid": 300, "lpid_alive": False}] * 2
        # SETVAL moves the ctime of an array, too: the identity of the process is then unknown
        world.ok("set", "sem:0", "--mode", "0640")
        r = world.ipcx("ls", "sem:0", "--json", "-o", "lpid,lpid_alive")
        assert r.json["objects"] == [{"lpid": 300, "lpid_alive": None, "unknown": ["lpid_alive"]}] and len(r.json["errors"]) == 1
        assert "their PIDs may have been reused" in r.err


def test_the_creator_of_what_was_changed_still_runs(world):
    with meanwhile(world, "at = libc.shmat(check(libc.shmget(5, 1, IPC_CREAT)), None, 0)\nopen('/proc/self/comm', 'w').write('maker')\nhold()"):
        world.ok("set", "shm:0", "--mode", "0640")
        assert world.objects("shm", "-o", "command,creator_alive") == [{"command": "maker", "creator_alive": True}]


# ---- idle time


def test_idle_begins_with_the_last_use(world):
    """Age counts from the ctime; for idle time, a segment that was detached a second ago is not old."""
    made = """
shm, msg, sem = check(libc.shmget(5, 1, IPC_CREAT | 0o600)), check(libc.msgget(5, IPC_CREAT | 0o600)), check(libc.semget(5, 1, IPC_CREAT | 0o600))
mq_make(b"/q")
began = int(time.time())
wait_for(lambda: int(time.time()) >= began + 3)
shmat = libc.shmat(shm, None, 0)
hold()
"""
    with meanwhile(world, made):
        row = world.objects("shm", "-o", "age,idle,nattch")[0]
        assert row["age"] >= 3 and (row["idle"], row["nattch"]) == (0, 1)
        rows = world.objects("msg", "sem", "mq", "-o", "mech,age,idle")
        assert all(o["idle"] >= 3 for o in rows) and len(rows) == 3
        kernel(world, "msgsnd(check(libc.msgget(5, 0)), 1, b'x')\nsemop(check(libc.semget(5, 0, 0)), 0, 1)")
        world.ok("mq", "send", "/q", "x")
        rows = world.objects("msg", "sem", "mq", "-o", "mech,age,idle")
        assert all(o["idle"] < 3 for o in rows), rows
        assert {o["mech"] for o in rows if o["age"] >= 3} >= {"msg", "sem"}
    row = world.objects("shm", "-o", "age,idle,nattch")[0]
    assert row["age"] >= 3 > row["idle"] and row["nattch"] == 0
    assert world.objects("shm", "-w", "nattch == 0 && idle > 1d") == []
    assert len(world.objects("shm", "-w", "nattch == 0 && idle < 1d")) == 1


@pytest.mark.parametrize("mech", ["pshm", "psem"])
def test_use_through_a_mapping_leaves_no_time(world, mech):
    world.ok("mk", mech, "/x", *(["--size", "4K"] if mech == "pshm" else []))
    world.ok("mk", mech, "/y", *(["--size", "4K"] if mech == "pshm" else []))
    r = world.ipcx("ls", mech, "--json")
    assert r.err == "" and r.json["errors"] == [] and not any("idle" in o or "unknown" in o for o in r.json["objects"])
    r = world.ipcx("ls", mech, "--json", "-o", "+idle")
    assert [(o["idle"], o["unknown"]) for o in r.json["objects"]] == [(None, ["idle"])] * 2
    assert world.ok("ls", mech) and world.ok("ls", mech, "--format", "csv"), "who did not ask is not told"
    for words in (["-o", "name,idle"], ["-w", "idle > 1d"], ["--sort", "idle"]):
        r = world.ipcx("ls", mech, "--json", *words)
        assert r.rc == 0 and len(r.json["errors"]) == 1, words
        assert r.json["errors"][0]["message"].endswith("use through a mapping is not recorded")
    r = world.ipcx("rm", mech, "-w", "idle > 0s || idle == 0s", "--yes")
    assert r.rc == 4 and len(world.objects(mech)) == 2
