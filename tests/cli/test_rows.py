# SPDX-License-Identifier: GPL-2.0-or-later
"""Thousands of rows, each compared with the kernel's own text: a row is written as the previous one with changed cells, 512 rows at a time,
and this must never show."""

import csv
import datetime
import grp
import io
import json
import os
import pwd
import re
import stat
import time

import pytest

from conftest import World
from helpers.real import kernel, make_names, meanwhile, unescape, unpercent, unsafe
from helpers.tools import SYSV

N = 2000
SEED = 20261121

# Objects whose values differ from the previous ones, repeat them, or are random. The first object has the widest cells, so that columns are
# equally wide in every order; gaps are left between ids.
MAKE_SYSV = """
import random
rnd, n = random.Random(args[0]), args[1]
uids = [0, 1, 2, 1000, 65534, 4000000000]
def often(last, new):
    return last if rnd.random() < .6 else new
calls = {"shm": lambda k: libc.shmget(k, ctypes.c_size_t(size), 0o1000 | 0o2000 | 0o10000 | mode),
         "msg": lambda k: libc.msgget(k, 0o1000 | 0o2000 | mode), "sem": lambda k: libc.semget(k, nsems, 0o1000 | 0o2000 | mode)}
ctls = {"shm": libc.shmctl, "msg": libc.msgctl, "sem": lambda i, op, b: libc.semctl(i, 0, op, b)}
for mech in ("shm", "msg", "sem"):
    key, size, mode, uid, gid, nsems, ids = 0, 1, 0o600, 0, 0, 1, []
    with open(f"/proc/sys/kernel/{mech}_next_id", "w") as f:
        f.write(str(65534 * 32768))
    for i in range(n):
        used = key
        key = rnd.choice((0, rnd.getrandbits(rnd.choice((8, 31, 32)))))
        size = often(size, rnd.randrange(1, 10 ** rnd.randrange(1, 13)))
        mode = often(mode, rnd.getrandbits(9))
        uid, gid = often(uid, rnd.choice(uids)), often(gid, rnd.choice(uids))
        nsems = often(nsems, rnd.randrange(1, 10 ** rnd.randrange(1, 4)))
        if i == 0:
            key, size, uid, gid, nsems = 0xfffffff0, 10 ** 13, 4000000000, 4000000000, 32000
        number = calls[mech](ctypes.c_int(key))
        if number < 0:
            key = 0
            number = check(calls[mech](0))
        ids.append(number)
        b = ctypes.create_string_buffer(512)
        check(ctls[mech](number, IPC_STAT, b))
        struct.pack_into("=2I", b, 4, uid, gid)
        struct.pack_into("=I", b, 20, mode)
        check(ctls[mech](number, 1, b))
        if mech == "msg" and (i == 0 or rnd.random() < .4):
            for _ in range(9 if i == 0 else rnd.randrange(9)):
                libc.msgsnd(number, struct.pack("=q", 1) + bytes(1100), rnd.choice((1, 10, 1000)) if i else 1100, IPC_NOWAIT)
        if mech == "shm" and size <= 10 ** 6 and rnd.random() < .3:
            at = [libc.shmat(number, None, 0o10000) for _ in range(rnd.randrange(1, 12))]
            for a in at[:rnd.choice((0, 1, len(at)))]:
                check(libc.shmdt(ctypes.c_void_p(a)))
            if rnd.random() < .3 and at:
                check(libc.shmctl(number, IPC_RMID, None))
    for number in ids[1:]:
        if rnd.random() < .1:
            ctls[mech](number, IPC_RMID, None)
hold()
"""

MAKE_FILES = """
import random
rnd, n = random.Random(args[0]), args[1]
uids = [0, 1, 1000, 4000000000]
names = set()
while len(names) < n:
    names.add("".join(rnd.choice(("a", "b", "-", " ", "é", "日", "\\033", "\\u202e", '"', "\\\\", ",")) for _ in range(rnd.choice((2, 5, 9, 60)))))
for name in sorted(names):
    path = "/dev/shm/x" + name
    with open(path, "w") as f:
        f.truncate(rnd.choice((0, 5, 4096, rnd.randrange(10 ** 9))))
    os.chmod(path, rnd.getrandbits(9))
    os.chown(path, rnd.choice(uids), rnd.choice(uids))
    os.utime(path, (rnd.randrange(2 ** 31), rnd.choice((0, 1700000000, rnd.randrange(2 ** 33)))))
"""


def when(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp(seconds):
    """Return None for 0, which means "never" for System V objects."""
    return when(seconds) if seconds else None


def name_of(lookup, number):
    try:
        return lookup(number)[0]
    except (KeyError, OverflowError):
        return str(number)


def user(n):
    return name_of(pwd.getpwuid, n)


def group(n):
    return name_of(grp.getgrgid, n)


def from_text(world, mech):
    """Return the contents of /proc/sysvipc as fields of ipcx, in the kernel's order."""
    heading, *lines = world.run("cat", f"/proc/sysvipc/{mech}").lines
    rows = []
    for line in lines:
        w = dict(zip(heading.split(), line.split()))
        n = {k: int(v) for k, v in w.items()}
        mode = int(w["perms"], 8)
        number = n[heading.split()[1]]
        row = {"mech": mech, "ref": f"{mech}:{number}", "id": number, "key": f"0x{n['key'] & 0xffffffff:08x}", "owner": user(n["uid"]),
               "uid": n["uid"], "group": group(n["gid"]), "gid": n["gid"], "creator": user(n["cuid"]), "cuid": n["cuid"],
               "creator_group": group(n["cgid"]), "cgid": n["cgid"], "mode": f"{mode & 0o777:04o}", "ctime": stamp(n["ctime"])}
        if mech == "shm":
            row |= {"size": n["size"], "nattch": n["nattch"], "status": {0: None, 0o1000: "dest"}[mode & 0o3000], "dest": bool(mode & 0o1000),
                    "locked": False, "cpid": n["cpid"], "lpid": n["lpid"] or None, "atime": stamp(n["atime"]), "dtime": stamp(n["dtime"])}
        elif mech == "msg":
            row |= {"cbytes": n["cbytes"], "qnum": n["qnum"], "lspid": n["lspid"] or None, "lrpid": n["lrpid"] or None,
                    "stime": stamp(n["stime"]), "rtime": stamp(n["rtime"])}
        else:
            row |= {"nsems": n["nsems"], "otime": stamp(n["otime"])}
        rows.append(row)
    return rows


def unread(row, want):
    """Return those members of a row that the expected row has."""
    return {k: row[k] for k in want}


def check(rows, want):
    assert len(rows) == len(want) > N // 2
    for got, expected in zip(rows, want):
        # the pid of no process is unknown, or the kernel's 0
        assert {k: v or None for k, v in unread(got, expected).items()} == {k: v or None for k, v in expected.items()}


def value_text(value):
    return "" if value is None else {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


@pytest.fixture(scope="module")
def crowd():
    """One world for all tests of this file; nothing in it is changed."""
    world = World()
    try:
        with meanwhile(world, MAKE_SYSV, SEED, N):
            yield world
    finally:
        world.close()


@pytest.fixture(scope="module")
def wanted(crowd):
    return {mech: from_text(crowd, mech) for mech in SYSV}


def test_the_objects_vary_enough(wanted):
    for mech, field, least in (("shm", "size", 500), ("shm", "key", 500), ("shm", "owner", 6), ("shm", "mode", 300), ("shm", "nattch", 8),
                               ("shm", "status", 2), ("shm", "atime", 2), ("msg", "qnum", 7), ("msg", "cbytes", 50), ("sem", "nsems", 100)):
        assert len({row[field] for row in wanted[mech]}) >= least, field
    for rows in wanted.values():
        assert len(rows) > 1700 and rows[0]["id"] == 65534 * 32768


@pytest.mark.parametrize("mech", SYSV)
def test_json_row_by_row(crowd, wanted, mech):
    before = int(time.time())
    rows = crowd.objects(mech)
    after = int(time.time())
    check(rows, wanted[mech])
    for row in rows:
        made = datetime.datetime.fromisoformat(row["ctime"].replace("Z", "+00:00")).timestamp()
        assert before - made <= row["age"] <= after - made
        if mech == "msg":
            assert row["use_percent"] == pytest.approx(100 * max(row["cbytes"], row["qnum"]) / row["qbytes"], abs=0.051)


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("order", ["id", "-key", "owner,-mode", "ctime,-id", "-gid,uid,key"])
def test_json_in_another_order(crowd, wanted, mech, order):
    want = list(wanted[mech])
    for word in reversed(order.split(",")):
        want.sort(key=lambda row, f=word.lstrip("-"): row[f].encode() if isinstance(row[f], str) else row[f], reverse=word[0] == "-")
    check(crowd.objects(mech, "--sort", order), want)


def test_all_mechanisms_in_one_list(crowd, wanted):
    rows = crowd.objects()
    check(rows, [row for mech in SYSV for row in wanted[mech]])
    rows = crowd.objects("-o", "ref,size,nsems,qnum,mode,owner")
    want = [row for mech in SYSV for row in wanted[mech]]
    assert rows == [{f: row.get(f) for f in ("ref", "size", "nsems", "qnum", "mode", "owner")} for row in want]


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("where", ["uid == 0", "mode > 0400 && gid != 0", "key != 0", "id > 1000 && id < 1100 || uid == 4000000000"])
def test_rows_when_others_between_them_are_left_out(crowd, wanted, mech, where):
    keep = {"uid == 0": lambda r: r["uid"] == 0, "mode > 0400 && gid != 0": lambda r: int(r["mode"], 8) > 0o400 and r["gid"] != 0,
            "key != 0": lambda r: int(r["key"], 16) != 0,
            "id > 1000 && id < 1100 || uid == 4000000000": lambda r: 1000 < r["id"] < 1100 or r["uid"] == 4000000000}[where]
    want = [row for row in wanted[mech] if keep(row)]
    rows = crowd.objects(mech, "--where", where)
    assert [unread(r, w) | {"lpid": 0, "lspid": 0, "lrpid": 0} for r, w in zip(rows, want)] == [w | {"lpid": 0, "lspid": 0, "lrpid": 0} for w in want]
    assert len(rows) == len(want) > 20


@pytest.mark.parametrize("mech", SYSV)
def test_lines_of_json_are_the_rows(crowd, mech):
    lines = [json.loads(line) for line in crowd.ipcx("ls", mech, "--format", "jsonl").lines]
    assert [{**r, "age": 0, "idle": 0} for r in lines] == [{**r, "age": 0, "idle": 0} for r in crowd.objects(mech)]


FIELDS = {"shm": "id,key,owner,group,mode,size,nattch,status,cpid,atime,ref", "msg": "key,uid,mode,cbytes,qnum,stime,owner,id",
          "sem": "nsems,mode,otime,id,gid,key,owner"}


@pytest.mark.parametrize("mech", SYSV)
def test_formats_with_one_line_per_row(crowd, wanted, mech):
    want = [[value_text(row[f]) for f in FIELDS[mech].split(",")] for row in wanted[mech]]
    r = crowd.ipcx("ls", mech, "--format", "csv", "-o", FIELDS[mech])
    assert list(csv.reader(io.StringIO(r.out))) == [FIELDS[mech].split(","), *want]
    r = crowd.ipcx("ls", mech, "--format", "raw", "-o", FIELDS[mech], "--no-headings")
    assert [line.split(" ") for line in r.lines] == [[w or "-" for w in row] for row in want]
    r = crowd.ipcx("ls", mech, "--format", "export", "-o", FIELDS[mech])
    names = ["IPCX_" + f.upper() for f in FIELDS[mech].split(",")]
    assert r.lines == [" ".join(f'{n}="{w}"' for n, w in zip(names, row)) for row in want]


def human(n):
    """Return a size for people: truncated, with one decimal below 10."""
    unit, divisor = "", 1
    for letter in "KMGTPE":
        if n // divisor < 1024:
            break
        unit, divisor = letter, divisor * 1024
    tenths = n * 10 // divisor
    if divisor > 1 and tenths < 100 and tenths % 10:
        return f"{tenths // 10}.{tenths % 10}{unit}"
    return f"{n // divisor}{unit}"


def table_text(field, value, exact):
    if value is None:
        return "-"
    if field in ("size", "cbytes"):
        return str(value) if exact else human(value)
    if field.endswith("time"):
        return (value.replace("Z", "+00:00") if exact else value[:16]).replace("T", " ")
    return str(value)


RIGHT = {"id", "uid", "gid", "size", "nattch", "cpid", "cbytes", "qnum", "nsems"}


def table(rows, fields, heading, exact):
    """Return the expected table, computed from the rows."""
    cells = [[table_text(f, row[f], exact) for f in fields] for row in rows]
    widths = [max(map(len, column)) for column in zip(heading, *cells)]
    lines = []
    for row in [heading, *cells]:
        words = [c.rjust(w) if f in RIGHT else c.ljust(w) for c, w, f in zip(row, widths, fields)]
        lines.append("  ".join(words).rstrip() if fields[-1] not in RIGHT else "  ".join(words))
    return lines


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("more", [[], ["--bytes"]], ids=["", "bytes"])
def test_tables_byte_by_byte(crowd, wanted, mech, more):
    fields = FIELDS[mech].split(",")
    headings = [f.upper() for f in fields]
    natural = crowd.ipcx("ls", mech, "-o", FIELDS[mech], *more).lines
    assert natural == table(wanted[mech], fields, headings, bool(more))
    for order in ("mode,id", "-owner,key,id"):
        want = list(wanted[mech])
        for word in reversed(order.split(",")):
            want.sort(key=lambda row, f=word.lstrip("-"): row[f], reverse=word[0] == "-")
        got = crowd.ipcx("ls", mech, "-o", FIELDS[mech], "--sort", order, *more).lines
        assert [line.split() for line in got] == [line.split() for line in table(want, fields, headings, bool(more))]


@pytest.mark.parametrize("mech", SYSV)
def test_default_columns_row_by_row(crowd, wanted, mech):
    lines = crowd.ipcx("ls", mech).lines
    fields = [f for f in lines[0].lower().split() if f not in ("age", "use%", "qbytes")]
    assert len(lines) == len(wanted[mech]) + 1 and len({len(line) for line in lines}) == 1
    skip = {i for i, f in enumerate(lines[0].lower().split()) if f in ("age", "use%", "qbytes")}
    for line, row in zip(lines[1:], wanted[mech]):
        words = [w for i, w in enumerate(re.split(r" {2,}", line.strip())) if i not in skip]
        assert words == [table_text(f, row[f], False) for f in fields]


# ---- names of any length


@pytest.fixture(scope="module")
def files():
    world = World()
    try:
        kernel(world, MAKE_FILES, SEED, N)
        yield world
    finally:
        world.close()


def want_files(world):
    """Return what stat(2) says of each file."""
    root = f"/proc/{world.pid}/root/dev/shm"
    rows = {}
    for name in os.listdir(root):
        s = os.lstat(os.path.join(root, name))
        assert stat.S_ISREG(s.st_mode)
        rows["/" + name] = {"name": "/" + name, "owner": user(s.st_uid), "uid": s.st_uid, "group": group(s.st_gid), "gid": s.st_gid,
                            "mode": f"{s.st_mode & 0o777:04o}", "size": s.st_size, "allocated": s.st_blocks * 512, "links": 1,
                            "ctime": when(int(s.st_ctime)), "atime": when(int(s.st_atime)), "mtime": when(int(s.st_mtime))}
    return rows


@pytest.mark.parametrize("words", [[], ["--sort", "size,-mode,name"], ["--where", "uid != 0"]], ids=" ".join)
def test_files_row_by_row(files, words):
    want = want_files(files)
    rows = files.objects("pshm", *words)
    for row in rows:
        assert {k: v or None for k, v in unread(row, want[row["name"]]).items()} == {k: v or None for k, v in want[row["name"]].items()}
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names)
    if words[:1] == ["--where"]:
        assert set(names) == {n for n, row in want.items() if row["uid"] != 0}
    else:
        assert set(names) == set(want) and len(want) == N
    if words[:1] == ["--sort"]:
        by_mode = sorted(sorted(want.values(), key=lambda r: r["name"].encode()), key=lambda r: r["mode"], reverse=True)
        assert names == [r["name"] for r in sorted(by_mode, key=lambda r: r["size"])]


@pytest.mark.parametrize("words", [[], ["--sort", "name"], ["--sort", "-mtime,mode"]], ids=" ".join)
def test_a_table_of_files_row_by_row(files, words):
    _, *lines = files.ipcx("ls", "pshm", "-o", "mode,size,uid,mtime,name", "--bytes", *words).lines
    want = {os.fsencode(name): row for name, row in want_files(files).items()}
    names = []
    for line in lines:
        mode, size, uid, date, clock, name = line.split(None, 5)
        names.append(unescape(name))
        row = want[names[-1]]
        assert [mode, size, uid, f"{date}T{clock}"] == [row["mode"], str(row["size"]), str(row["uid"]), row["mtime"].replace("Z", "+00:00")]
    assert len(set(names)) == len(names) == N
    if "name" in words:
        assert names == sorted(names)


@pytest.mark.parametrize("mech", ["pshm", "mq"])
@pytest.mark.parametrize("name", [b"x" * 255, b"\xff" * 255, b"\n" * 255, "日".encode() * 85, "\u202e".encode() * 85], ids=lambda n: repr(n[:3]))
def test_a_name_of_255_bytes_is_whole_in_every_row(world, mech, name):
    make_names(world, [b"a", name, b"z"], psem=False)
    rows = world.objects(mech)
    refs = {unpercent(row["ref"].split(":", 1)[1]): row["ref"] for row in rows}
    assert set(refs) == {b"/a", b"/" + name, b"/z"}
    for format in ("table", "raw", "export"):
        r = world.ipcx("ls", mech, "-o", "ref,name,mode", "--format", format, "--no-headings")
        assert not unsafe(r.out) and len(r.lines) == 3 and sum(refs[b"/" + name] in line for line in r.lines) == 1
    assert [row["ref"] for row in world.ipcx("show", refs[b"/" + name], "--json").json["objects"]] == [refs[b"/" + name]]
    assert world.ipcx("rm", refs[b"/" + name]).rc == 0
    assert [row["name"] for row in world.objects(mech, "--sort", "name")] == ["/a", "/z"]
