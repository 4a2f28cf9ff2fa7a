# SPDX-License-Identifier: GPL-2.0-or-later
"""show: everything about single objects, and nothing else; contents, shares of limits, what may not be read."""

import json
import os
import re
import resource

import pytest

from helpers.real import MECHS, kernel, meanwhile, mount_queues
from helpers.tools import make_all, trace
from helpers.wide import MOST_TYPE, NARROW

PAGE = resource.getpagesize()


def shown(world, *refs, **more):
    r = world.ipcx("show", *refs, "--json", **more)
    assert r.rc == 0, r.err
    return r.json["objects"]


def test_every_fact_has_a_line_for_people(world):
    for mech, ref in make_all(world).items():
        row = shown(world, ref)[0]
        lines = world.ok("show", ref).splitlines()
        assert lines[0] == f"{ref}: {MECHS[mech]['object']}"
        facts = [line.split()[0] for line in lines[1:lines.index("")]]
        assert facts == [k for k, v in row.items() if not isinstance(v, list)]


def test_several_objects_are_shown_in_order(world):
    refs = make_all(world)
    text = world.ok("show", *refs.values())
    titles = [line for line in text.splitlines() if ": " in line and line.split(": ")[0] in refs.values()]
    assert [t.split(": ")[0] for t in titles] == list(refs.values())
    assert [o["ref"] for o in shown(world, *reversed(refs.values()))] == list(reversed(refs.values()))


@pytest.mark.parametrize("words", [[], ["shm"], ["all"], ["sysv"], ["5"], ["/x"]], ids=" ".join)
def test_show_needs_references(world, words):
    make_all(world)
    r = world.ipcx("show", *words)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ")


def test_numbers_and_exact_numbers(world):
    world.ok("mk", "shm", "--size", "5000")
    assert "size              4.8K (5000 bytes)" in world.ok("show", "shm:0")
    assert "size              5000\n" in world.ok("show", "shm:0", "--bytes")


# ---- semaphores


def test_values_and_last_pids(world):
    sem = int(world.ok("mk", "sem", "--nsems", "3", "--init", "1,0,5"))
    pid = kernel(world, "semop(args[0], 2, -2); print(os.getpid())", sem)
    rows = shown(world, f"sem:{sem}")[0]["semaphores"]
    assert [r["semnum"] for r in rows] == [0, 1, 2]
    assert [r["value"] for r in rows] == [1, 0, 3] == kernel(world, "print(sem_values(args[0], 3))", sem)
    assert rows[2]["sempid"] == pid
    table = world.ok("show", f"sem:{sem}").split("\nsemaphores\n")[1].splitlines()
    assert table[0].split() == ["SEMNUM", "VALUE", "SEMPID", "SEMNCNT", "SEMZCNT"]
    assert [line.split()[:2] for line in table[1:4]] == [["0", "1"], ["1", "0"], ["2", "3"]]


WAITERS = """
for num, op, times in ((0, -2, 2), (1, -1, 1), (2, 0, 3)):
    for n in range(times):
        if os.fork() == 0:
            try:
                semop(args[0], num, op)
            finally:
                os._exit(0)
wait_for(lambda: [libc.semctl(args[0], n, c) for n, c in ((0, 14), (1, 14), (2, 15))] == [2, 1, 3])
hold()
"""


def test_waiting_processes_are_counted(world):
    sem = int(world.ok("mk", "sem", "--nsems", "3", "--init", "1,0,5"))
    with meanwhile(world, WAITERS, sem):
        rows = shown(world, f"sem:{sem}")[0]["semaphores"]
        assert [(r["value"], r["semncnt"], r["semzcnt"]) for r in rows] == [(1, 2, 0), (0, 1, 0), (5, 0, 3)]
        world.ok("rm", f"sem:{sem}")


def test_the_last_pid_of_an_exited_process_is_a_number(world):
    """R14: when a process is killed, the undo of its operations sets sempid."""
    sem = int(world.ok("mk", "sem", "--nsems", "1", "--init", "5"))
    pid = kernel(world, """
pid = os.fork()
if pid == 0:
    semop(args[0], 0, -1, 0o10000)
    os.kill(os.getpid(), 9)
os.waitpid(pid, 0)
print(pid)
""", sem)
    row = shown(world, f"sem:{sem}")[0]["semaphores"][0]
    assert (row["value"], row["sempid"]) == (5, pid)


def test_a_large_array(world):
    sem = world.ok("mk", "sem", "--nsems", "32000", "--init", "7")
    rows = shown(world, f"sem:{sem}")[0]["semaphores"]
    assert len(rows) == 32000 and {r["value"] for r in rows} == {7} and rows[-1]["semnum"] == 31999


# ---- messages


def test_messages_are_shown_and_stay(world):
    msg = int(world.ok("mk", "msg"))
    sent = [(7, 100), (1, 0), (MOST_TYPE, 8192), (7, 1), (3, 4096)]
    kernel(world, "".join(f"msgsnd(args[0], {t}, bytes({n}))\n" for t, n in sent), msg)
    before = kernel(world, "import json; print(json.dumps(msg_stat(args[0])))", msg)
    for _ in range(2):
        rows = shown(world, f"msg:{msg}")[0]["messages"]
        assert [(r["position"], r["mtype"], r["size"]) for r in rows] == [(n, *m) for n, m in enumerate(sent)]
    assert kernel(world, "import json; print(json.dumps(msg_stat(args[0])))", msg) == before
    assert before["qnum"] == 5 and before["rtime"] == before["lrpid"] == 0
    lines = world.ok("show", f"msg:{msg}").split("\nmessages\n")[1].splitlines()
    assert lines[0].split() == ["POSITION", "MTYPE", "SIZE"] and lines[3].split()[:2] == ["2", str(MOST_TYPE)]


def test_an_empty_queue(world):
    msg = world.ok("mk", "msg")
    assert shown(world, f"msg:{msg}")[0]["messages"] == []
    assert "\nmessages\nnone\n" in world.ok("show", f"msg:{msg}")


def test_a_message_longer_than_a_lowered_msgmax(world):
    """Q3: the limit was lowered below the size of a waiting message."""
    msg = int(world.ok("mk", "msg"))
    kernel(world, "msgsnd(args[0], 1, bytes(5000)); msgsnd(args[0], 2, bytes(10))", msg)
    world.sysctl("kernel.msgmax", "100")
    r = world.ipcx("show", f"msg:{msg}", "--json")
    rows = r.json["objects"][0].get("messages")
    assert r.rc == 0 and r.json["objects"][0]["qnum"] == 2
    assert rows[1] == {"position": 1, "mtype": 2, "size": 10}
    if rows[0] != {"position": 0, "mtype": 1, "size": 5000}:
        assert rows[0] == {"position": 0, "mtype": None, "size": None, "unknown": ["mtype", "size"]}
        assert r.err.count("\n") == 1 and "msgmax" in r.err and len(r.json["errors"]) == 1
    assert kernel(world, "import json; print(json.dumps(msg_stat(args[0])))", msg)["qnum"] == 2


# ---- unreadable objects


def test_the_known_part_of_an_unreadable_object(world):
    mount_queues(world)
    refs = make_all(world)
    for mech, ref in refs.items():
        r = world.ipcx("show", ref, "--json", uid=1000)
        row = r.json["objects"][0]
        assert r.rc == 0 and row["ref"] == ref and row["uid"] == 0 and row["mode"] == "0600"
        if mech in ("sem", "msg"):
            assert row["contents"] is None and ref in r.err and "permission" in r.err
            assert [(e["kind"], e["ref"]) for e in r.json["errors"]] == [("incomplete", ref)] and row["unknown"] == ["contents"]
        if mech == "mq":
            assert row["maxmsg"] is row["msgsize"] is row["curmsgs"] is None
        if mech == "psem":
            assert row["value"] is None
        assert any(v is not None for v in row.values())
        text = world.ipcx("show", ref, uid=1000).out
        assert text.startswith(ref)
        if mech in ("sem", "msg"):
            assert "\ncontents\nunknown\n" in text


# ---- shares and ids


def test_the_share_of_each_limit(world):
    world.ok("mk", "shm", "--size", "5000")
    world.ok("mk", "msg", "--qbytes", "4K")
    world.ok("mk", "sem", "--nsems", "160")
    world.ok("mk", "mq", "/q", "--maxmsg", "5", "--msgsize", "1K")
    for name, value in (("kernel.shmmni", "10"), ("kernel.shmmax", "10000"), ("kernel.shmall", "8"), ("kernel.msgmni", "4"), ("kernel.sem", "320 640 32 5"),
                        ("fs.mqueue.queues_max", "20")):
        world.sysctl(name, value)
    rows = shown(world, "shm:0", "msg:0", "sem:0", "mq:/q")
    shares = {o["name"]: (o["needed"], o["percent"], o["limit"], o["unit"]) for row in rows for o in row["limits"]}
    assert shares["shmmax"] == (5000, 50, 10000, "bytes") and shares["shmmni"] == (1, 10, 10, "segments")
    assert shares["shmall"] == (2, 25, 8, "pages") if PAGE == 4096 else True
    assert shares["msgmni"] == (1, 25, 4, "queues") and shares["msgmnb"][:2] == (4096, 25)
    assert shares["semmsl"][:3] == (160, 50, 320) and shares["semmns"][:3] == (160, 25, 640) and shares["semmni"][:3] == (1, 20, 5)
    assert shares["mqueue_queues_max"][:3] == (1, 5, 20) and shares["mqueue_msg_max"][:2] == (5, 50)
    assert shares["rlimit_msgqueue"][0] > 5 * 1024


def test_no_division_by_a_limit_of_0(world):
    make_all(world)
    for name, value in (("kernel.shmmni", "0"), ("kernel.shmmax", "0"), ("kernel.shmall", "0"), ("kernel.msgmni", "0"), ("kernel.sem", "0 0 0 0"),
                        ("kernel.msgmnb", "0"), ("fs.mqueue.queues_max", "0")):
        world.sysctl(name, value)
    for row in shown(world, "shm:0", "msg:0", "sem:0", "mq:/x"):
        assert all(share["percent"] is None for share in row["limits"] if share["limit"] == 0)
        assert any(share["limit"] == 0 for share in row["limits"])


@pytest.mark.parametrize("mech", [m for m in MECHS if not MECHS[m]["named"]])
def test_ids_are_split(world, mech):
    words = {"shm": ["--size", "1"], "msg": [], "sem": ["--nsems", "1"]}[mech]
    for ident, index, seq in ((0, 0, 0), (5, 5, 0), (32768 * 3 + 9, 9, 3), (2147418175 - 32767 + 64, 64 - 0, 65533)):
        world.ok("mk", mech, *words, "--id", str(ident))
        row = shown(world, f"{mech}:{ident}")[0]
        explained = world.ipcx("key", "--explain", f"{mech}:{ident}", "--json").json["ids"][0]
        assert (row["id_index"], row["id_seq"]) == (explained["id_index"], explained["id_seq"])
        assert row["id_index"] == ident % 32768 and row["id_seq"] == ident // 32768, "IPCMNI_SEQ_SHIFT is 15 without ipcmni_extend"


@pytest.mark.parametrize("mech", MECHS)
def test_show_by_reference_lists_nothing(world, mech):
    """Showing one object costs the same among a million. A table shows its users, too, for which processes are listed."""
    ref = make_all(world)[mech]
    for more in ([], ["--json"]):
        _, calls = trace(world, "show", ref, *more, more=["-y"])
        processes = [c for c in calls if c.name.startswith("getdents") and re.match(r"\d+</proc[>/]", c.args)]
        assert not processes or not more, processes
        lists = [c for c in calls if c.name.startswith("getdents") and not c.failed and c not in processes or "/proc/sysvipc" in c.args]
        if NARROW and mech == "shm":  # only the text has the size of a segment
            lists = [c for c in lists if "/proc/sysvipc/shm" not in c.args]
        stats = [c for c in calls if c.name in ("shmctl", "msgctl", "semctl") and "STAT_ANY" in c.args]
        assert lists == [] and len(stats) <= 2 + (not more)


def test_mode_bits_and_times_for_people(world):
    world.ok("mk", "pshm", "/t", "--size", "1", "--mode", "0204")
    assert world.sh("touch -m -d '2020-02-29 12:34:56Z' /dev/shm/t").rc == 0
    text = world.ok("show", "pshm:/t")
    assert "mode              0204\n" in text and "mtime             2020-02-29 12:34:56+00:00\n" in text
    assert "mtime             2020-02-29 13:34:56+01:00\n" in world.ipcx("show", "pshm:/t", env={"TZ": "CET-1"}).out
    assert json.loads(world.ok("show", "pshm:/t", "--json"))["objects"][0]["mtime"] == "2020-02-29T12:34:56Z"
    assert os.path.basename("pshm:/t") in text
