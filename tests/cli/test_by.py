# SPDX-License-Identifier: GPL-2.0-or-later
"""--by of ls, limits and who: rows summed up by the values of fields."""

import csv
import io
import json

import pytest

from conftest import IPCX


@pytest.fixture
def objects(world):
    for size in 4096, 8192, 100:
        world.ok("mk", "shm", "--size", str(size))
    world.ok("mk", "shm", "--size", "1M", "--mode", "644")
    world.ok("mk", "msg")
    world.ok("mk", "sem", "--nsems", "2")
    world.ok("mk", "pshm", "/a", "--size", "5000")
    world.ok("mk", "mq", "/q")
    return world


def groups(world, *words):
    return world.ipcx(*words, "--json").json["groups"]


def sums(rows):
    return [{k: v for k, v in r.items() if k not in ("oldest", "newest")} for r in rows]


ATTACH = """
import ctypes, os, sys
libc = ctypes.CDLL(None); libc.shmat.restype = ctypes.c_void_p
for word in sys.argv[2].split():
    for _ in range(2): assert libc.shmat(int(word), None, 0) != ctypes.c_void_p(-1).value
sys.exit(os.spawnv(os.P_WAIT, sys.argv[1], [sys.argv[1], *sys.argv[3:]]))
"""


def attach(world, without, *words):
    """Run ipcx while its parent has all segments attached twice, except those of a size."""
    ids = world.ok("ls", "shm", "-w", f"size != {without}", "-o", "id", "--format", "raw")
    r = world.run("python3", "-c", ATTACH, IPCX, ids, *words)
    assert r.rc == 0, r.err
    return r.out


def test_groups_sum_up_their_rows(objects):
    rows = groups(objects, "ls", "shm", "--by", "mode")
    assert sums(rows) == [{"mode": "0644", "count": 1, "bytes": 1 << 20, "attached": 0},
                          {"mode": "0600", "count": 3, "bytes": 12388, "attached": 0}]
    ctimes = [r["ctime"] for r in objects.objects("shm") if r["mode"] == "0600"]
    assert (rows[1]["oldest"], rows[1]["newest"]) == (min(ctimes), max(ctimes))


def test_attached_segments_are_counted(objects):
    out = attach(objects, 100, "ls", "shm", "--by", "mode", "-o", "mode,attached,count", "--format", "csv")
    assert out == "mode,attached,count\n0644,1,1\n0600,2,3\n"


def test_several_fields(objects):
    rows = groups(objects, "ls", "--by", "mech,mode", "--by", "owner")
    assert [(r["mech"], r["mode"], r["count"]) for r in rows] == \
        [("shm", "0644", 1), ("shm", "0600", 3), ("pshm", "0600", 1), ("msg", "0600", 1), ("sem", "0600", 1), ("mq", "0600", 1)]
    assert {r["owner"] for r in rows} == {"root"}


def test_the_condition_selects_what_is_counted(objects):
    assert sums(groups(objects, "ls", "shm", "--by", "mech", "-w", "size < 5K")) == [{"mech": "shm", "count": 2, "bytes": 4196, "attached": 0}]
    assert groups(objects, "ls", "shm", "--by", "mech", "-w", "size > 1T") == []


def test_named_objects_are_grouped(objects):
    refs = [r["ref"] for r in objects.objects("shm")][:2]
    assert groups(objects, "ls", *refs, "msg", "--by", "mech")[0]["count"] == 2
    r = objects.ipcx("ls", refs[0], "shm:99", "--by", "mech", "--json")
    assert r.rc == 4 and r.json["groups"][0]["count"] == 1 and r.json["errors"][0]["kind"] == "missing"


def test_what_has_no_value_is_one_group(objects):
    rows = groups(objects, "ls", "shm", "msg", "pshm", "--by", "qnum")
    assert [(r["qnum"], r["count"], r.get("unknown", [])) for r in rows] == [(None, 5, ["oldest", "newest"]), (0, 1, [])]
    r = objects.ipcx("ls", "shm", "msg", "--by", "qnum")
    assert "note: shm has no qnum" in r.err and r.lines[1].split()[0] == "-"


def test_what_is_unknown_is_a_group_of_its_own(objects):
    """Of named semaphores, the value is unknown to another user who may not read it; for System V there is none."""
    objects.ok("mk", "psem", "/s", "--mode", "600")
    r = objects.ipcx("ls", "psem", "shm", "--by", "value", uid=1000)
    assert [line.split()[:2] for line in r.lines[1:]] == [["-", "4"], ["?", "1"]]
    rows = objects.ipcx("ls", "psem", "shm", "--by", "value", "--json", uid=1000).json["groups"]
    assert [(row["value"], "value" in row.get("unknown", [])) for row in rows] == [(None, False), (None, True)]


def test_last_use_of_shared_memory_is_unknown_and_no_column(objects):
    assert objects.ipcx("ls", "pshm", "--by", "owner").lines[0].split() == ["OWNER", "COUNT", "BYTES"]
    r = objects.ipcx("ls", "pshm", "--by", "owner", "--json").json
    assert r["groups"][0]["unknown"] == ["oldest", "newest"]
    assert any("last used" in e["message"] for e in r["errors"])
    assert objects.ipcx("ls", "pshm", "--by", "owner", "-o", "oldest").lines == ["OLDEST", "?"]


@pytest.mark.parametrize("sort,order", [(None, [1 << 20, 8192, 4096, 100]), ("bytes", [100, 4096, 8192, 1 << 20]), ("size", [100, 4096, 8192, 1 << 20]),
                                        ("mech,-size", [1 << 20, 8192, 4096, 100])])
def test_order(objects, sort, order):
    rows = groups(objects, "ls", "shm", "--by", "size,mech", *(["--sort", sort] if sort else []))
    assert [r["size"] for r in rows] == order


def test_groups_without_bytes_are_ordered_by_count(world):
    for nsems in 1, 2, 2, 3, 3, 3:
        world.ok("mk", "sem", "--nsems", str(nsems))
    assert [(r["nsems"], r["count"]) for r in groups(world, "ls", "sem", "--by", "nsems")] == [(3, 3), (2, 2), (1, 1)]


def test_columns_are_chosen_among_those_of_groups(objects):
    assert objects.ok("ls", "shm", "--by", "mode", "-o", "count,mode", "--format", "raw") == "1 0644\n3 0600"
    lines = objects.ok("ls", "shm", "--by", "mode", "--format", "jsonl").splitlines()
    assert [json.loads(line)["count"] for line in lines] == [1, 3]
    assert objects.ok("ls", "msg", "--by", "mech", "--format", "export", "-o", "mech,count") == 'IPCX_MECH="msg" IPCX_COUNT="1"'
    rows = list(csv.DictReader(io.StringIO(objects.ok("ls", "shm", "--by", "mode", "--format", "csv"))))
    assert list(rows[0]) == ["mode", "count", "bytes", "attached", "oldest", "newest"]


@pytest.mark.parametrize("words,says", [
    (["ls", "--by", "bogus"], "--by: no field 'bogus'"),
    (["ls", "--by", ""], "--by: no field ''"),
    (["ls", "--by", "owner,"], "--by: no field ''"),
    (["ls", "--by", "all"], "--by: no field 'all'"),
    (["ls", "--by", "-owner"], "--by: no field '-owner'"),
    (["ls", "shm", "--by", "qnum"], "--by: no field 'qnum'"),
    (["ls", "--by", "owner,owner"], "named twice"),
    (["ls", "--by", "containers"], "consists of rows"),
    (["ls", "--by", "ref,id,key,uid,gid,mode,cuid,cgid,mech"], "more than 8"),
    (["ls", "--by", "owner", "-o", "size"], "no field 'size'"),
    (["ls", "--by", "owner", "--sort", "size"], "--sort: no field 'size'"),
    (["ls", "--by", "owner", "-w", "count > 1"], "count"),
    (["ls", "-q", "--by", "owner"], "contradict"),
    (["who", "--by", "size"], "--by: no field 'size'"),
    (["who", "--by", "command", "--sort", "pid"], "--sort: no field 'pid'"),
    (["limits", "--by", "owner"], "--by: no field 'owner'"),
    (["limits", "--by", "unit", "-o", "bytes"], "no field 'bytes'"),
    (["limits", "--by", "unit", "--for", "shm:1"], "contradict"),
    (["limits", "--by", "unit", "--save", "-"], "contradict"),
])
def test_what_makes_no_sense_is_refused(world, words, says):
    r = world.ipcx(*words)
    assert r.rc == 2 and says in r.err and r.out == ""


def test_fail_is_about_what_is_counted(objects):
    assert objects.ipcx("ls", "shm", "--by", "owner", "--fail").rc == 1
    assert objects.ipcx("ls", "shm", "--by", "owner", "--fail", "-w", "size > 1T").rc == 0


def test_notes_of_a_listing_remain(objects):
    """What is missing from the list is missing from the groups."""
    def faulty(*words):
        return objects.run("strace", "-f", "-o", "/dev/null", "-e", "inject=getdents64:error=EIO", IPCX, "ls", "pshm", "shm", "--json", *words,
                           env={"ASAN_OPTIONS": "detect_leaks=0"})

    r, plain = faulty("--by", "mech"), faulty()
    assert [g["mech"] for g in r.json["groups"]] == ["shm"]
    assert r.rc == plain.rc and r.json["errors"] == plain.json["errors"] and len(r.json["errors"]) == 1


def test_many_groups_are_counted_over_slices(world):
    """A listing is read in slices of 512: groups continue from one to the next."""
    world.sh("""python3 -c '
import ctypes
libc = ctypes.CDLL(None)
for i in range(1500): assert libc.shmget(0, 1 + i % 3, 0o1600) >= 0'""")
    assert sums(groups(world, "ls", "shm", "--by", "size")) == [{"size": n, "count": 500, "bytes": 500 * n, "attached": 0} for n in (3, 2, 1)]
    rows = groups(world, "ls", "shm", "--by", "id", "--sort", "id")
    assert len(rows) == 1500 and {r["count"] for r in rows} == {1}
    assert [r["id"] for r in rows] == sorted(r["id"] for r in rows)


def test_names_with_control_characters_are_one_safe_group(world):
    world.ok("mk", "pshm", "/e\033[31m", "--size", "10")
    r = world.ipcx("ls", "pshm", "--by", "name")
    assert "\033" not in r.out and len(r.lines) == 2
    assert groups(world, "ls", "pshm", "--by", "name")[0]["name"] == "/e\033[31m"


def test_limits(objects):
    rows = groups(objects, "limits", "--by", "mech")
    every = objects.ipcx("limits", "--json", "-o", "mech,percent").json["limits"]
    for row in rows:
        mine = [r["percent"] for r in every if r["mech"] == row["mech"]]
        assert row["count"] == len(mine) and row["percent"] == max((p for p in mine if p is not None), default=None)
        assert "bytes" not in row and "oldest" not in row
    percents = [r["percent"] for r in rows if r["percent"] is not None]
    assert percents == sorted(percents, reverse=True)
    assert groups(objects, "limits", "--by", "mech", "-w", "name == 'shmmni'") == [r | {"count": 1} for r in rows if r["mech"] == "shm"] or \
        groups(objects, "limits", "--by", "mech", "-w", "name == 'shmmni'")[0]["count"] == 1
    assert objects.ipcx("limits", "--by", "mech", "-w", "percent > 99", "--fail").rc == 0
    assert objects.ipcx("limits", "--by", "mech", "--fail").rc == 1


def test_limits_of_all_namespaces(objects):
    rows = groups(objects, "limits", "--ns", "all", "--by", "ns")
    assert len(rows) >= 1 and all(r["ns"] for r in rows if r["count"] > 5)


def test_who(objects):
    doc = json.loads(attach(objects, 0, "who", "shm", "--by", "command,mech", "--json"))
    assert doc["groups"] == [{"command": "python3", "mech": "shm", "count": 4, "bytes": 2 * ((1 << 20) + 4096 + 8192 + 4096)}]
    assert doc["unseen"]["attaches"] == 0
    out = attach(objects, 0, "who", "shm", "--by", "command", "-w", "mapped > 100000", "-o", "count,bytes", "--format", "raw")
    assert out == f"1 {2 << 20}\n"


def test_who_without_users(objects):
    r = objects.ipcx("who", "shm", "--by", "command")
    assert r.rc == 0 and r.lines == ["COMMAND  COUNT  BYTES"]


def test_completion_offers_fields(world):
    def offers(*words):
        return [line.split("\t")[0] for line in world.ok("complete", "--", *words).splitlines()]

    assert "owner" in offers("ls", "shm", "--by", "own") and "owner,mode" in offers("ls", "shm", "--by", "owner,mo")
    assert "qnum" not in offers("ls", "shm", "--by", "q")
    assert offers("ls", "shm", "--by", "owner", "--sort", "") == ["owner", "percent", "bytes", "count", "attached", "oldest", "newest"]
    assert "size" in offers("ls", "shm", "--sort", "")
