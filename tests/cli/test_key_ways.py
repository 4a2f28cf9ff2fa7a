# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys that are not ftok(3): how PostgreSQL, Perl, PHP and Qt make them, files with equal keys, and ids that are keys."""

import glob
import os
import shutil
import subprocess
import zlib

import pytest

from conftest import IPCX

POSTGRES = sorted(glob.glob("/usr/lib/postgresql/*/bin"))


def ways(world, key, *words, rc=0):
    r = world.ipcx("key", "--reverse", str(key), *words, "--json")
    assert r.rc == rc, r.err
    return [(row["path"], row["way"]) for row in r.json["keys"]]


def make(world, name, **files):
    """Make a directory with these files."""
    path = os.path.join(world.dir, name)
    os.mkdir(path)
    for file, text in files.items():
        with open(os.path.join(path, file.replace("_pid", ".pid")), "w", encoding="ascii") as f:
            f.write(text)
    return path, os.stat(path).st_ino & 0xffffffff


PID = "4711\n/data\n1700000000\n5433\n/tmp\n*\n  {key}         {id}\nready   \n"


# ---- PostgreSQL


def test_postgres_since_13_begins_with_the_inode_number(world):
    path, ino = make(world, "data", PG_VERSION="15\n")
    way = "PostgreSQL since 13: inode number"
    assert (path, way) in ways(world, ino, path)
    assert (path, way + " + 1") in ways(world, ino + 1, path)
    assert (path, way + " + 256") in ways(world, ino + 256, path)
    assert not [w for _, w in ways(world, ino + 257, path, rc=3) if "Postgre" in w]
    ways(world, ino - 1, path, rc=3)


def test_another_directory_has_no_such_key(world):
    path, ino = make(world, "plain")
    assert not [w for _, w in ways(world, ino, path, rc=3) if "Postgre" in w]
    path, ino = make(world, "old", PG_VERSION="12\n")
    ways(world, ino, path, rc=3)


def test_a_database_that_may_not_be_searched_is_recognised_by_its_inode_number_only(world):
    """A data directory has the mode 0700; ordinary users can see its inode number."""
    path, ino = make(world, "data", PG_VERSION="15\n")
    os.chmod(path, 0o700)
    os.chmod(world.dir, 0o755)
    for key, rc in ((ino, 0), (ino + 1, 3)):
        assert world.ipcx("key", "--reverse", str(key), path, uid=1000).rc == rc


@pytest.mark.parametrize("version", ["9.6", "12"])
def test_postgres_before_13_begins_with_its_port(world, version):
    path, _ = make(world, "data", PG_VERSION=version + "\n", postmaster_pid=PID.format(key=5433002, id=8))
    assert ways(world, 5433001, path) == [(path, "PostgreSQL before 13: port times 1000 + 1")]
    assert ways(world, 5433002, path) == [(path, "PostgreSQL: recorded in postmaster.pid"), (path, "PostgreSQL before 13: port times 1000 + 2")]
    ways(world, 5433000, path, rc=3)
    ways(world, 5432001, path, rc=3)


@pytest.mark.parametrize("key", [1, 77, 2 ** 31 - 1, 2 ** 32 - 5])
def test_the_key_in_postmaster_pid(world, key):
    signed = key if key < 2 ** 31 else key - 2 ** 32
    path, _ = make(world, "data", PG_VERSION="16\n", postmaster_pid=PID.format(key=signed % 2 ** 64, id=3))
    assert (path, "PostgreSQL: recorded in postmaster.pid") in ways(world, key, path)


@pytest.mark.parametrize("text", ["", "\n" * 50, "1\n2\n3\n4\n", "1\n/d\n1\n99999999999\n/t\n*\n", PID.format(key="x", id="y").replace("5433", "0"), "9" * 5000, "1\n2\n3\n" + "7 8"])
def test_a_strange_postmaster_pid_is_no_evidence(world, text):
    path, _ = make(world, "data", PG_VERSION="12\n", postmaster_pid=text)
    for key in (7, 8, 5433001):
        ways(world, key, path, rc=3)


def test_a_fifo_or_link_in_its_place_is_not_opened(world):
    path, ino = make(world, "data")
    os.mkfifo(os.path.join(path, "PG_VERSION"))
    ways(world, ino, path, rc=3)
    os.unlink(os.path.join(path, "PG_VERSION"))
    with open(os.path.join(world.dir, "elsewhere"), "w", encoding="ascii") as f:
        f.write("15\n")
    os.symlink("../elsewhere", os.path.join(path, "PG_VERSION"))
    ways(world, ino, path, rc=3)


def test_databases_are_found_in_subdirectories(world):
    os.mkdir(os.path.join(world.dir, "lib"))
    path, ino = make(world, "lib/main", PG_VERSION="15\n")
    assert (path, "PostgreSQL since 13: inode number") in ways(world, ino, "-r", world.dir)


@pytest.mark.skipif(not POSTGRES or os.geteuid() != 0, reason="no PostgreSQL server is installed, or not root")
def test_a_real_postgres_uses_these_keys(world):
    bin_, data = POSTGRES[-1], os.path.join(world.dir, "pg")
    os.chmod(world.dir, 0o755)
    os.mkdir(data)
    shutil.chown(data, "postgres", "postgres")
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    assert world.run(*user, f"{bin_}/initdb", "-D", data, "-A", "trust", "--no-sync").rc == 0
    # Take the first key, so that the server has to take the next one.
    ino = os.stat(data).st_ino & 0xffffffff
    assert world.ok("mk", "shm", "--size", "4K", "--key", str(ino))
    options = f"-c listen_addresses= -c unix_socket_directories={data} -c fsync=off"
    r = world.run(*user, f"{bin_}/pg_ctl", "-D", data, "-w", "-l", f"{data}/log", "-o", options, "start", timeout=300,
                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert r.rc == 0
    try:
        keys = [int(o["key"], 16) for o in world.objects("shm", "-w", "owner == postgres && key != 0")]
        assert keys == [(ino + 1) & 0xffffffff]
        way = {w for _, w in ways(world, keys[0], data)}
        if int(os.path.basename(os.path.dirname(bin_)).split(".")[0]) >= 13:
            assert way >= {"PostgreSQL: recorded in postmaster.pid", "PostgreSQL since 13: inode number + 1"}
        r = world.ipcx("show", f"shm:{keys[0]}")
        if keys[0] < 2 ** 31:
            assert r.rc == 3 and f"shm:0x{keys[0]:08x} has this number as its key" in r.err
    finally:
        world.run(*user, f"{bin_}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# ---- Perl, PHP, Qt

CRC = "CRC-32 of the path: PHP crc32(), Perl IPC::Shareable"
LESS = "CRC-32 of the path, less 2^31: Perl IPC::Shareable"
FOUR = "first four bytes: Perl IPC::ShareLite, old IPC::Shareable"


@pytest.mark.parametrize("word", ["/app/lock", "a", "x y", "日本", "lock-of-somebody"])
def test_keys_of_texts(world, word):
    crc = zlib.crc32(word.encode())
    assert ways(world, crc, word) == [(word, CRC)]
    if crc > 2 ** 31:
        assert ways(world, crc - 2 ** 31, word) == [(word, LESS)]
    else:
        ways(world, crc + 2 ** 31, word, rc=3)
    four = int.from_bytes((word.encode() + b"   ")[:4], "little")
    assert ways(world, four, word) == [(word, FOUR)]


def test_a_text_of_digits_is_a_number_for_perl(world):
    ways(world, int.from_bytes(b"1234", "little"), "1234", rc=3)


def test_a_text_that_has_another_key_is_a_missing_file(world):
    r = world.ipcx("key", "--reverse", "77", "/nowhere/at/all")
    assert r.rc == 3 and "/nowhere/at/all: No such file" in r.err


def test_files_below_directories_are_texts_too_but_not_by_four_bytes(world):
    path = os.path.join(world.dir, "file")
    with open(path, "w", encoding="ascii"):
        pass
    assert ways(world, zlib.crc32(path.encode()), "-r", world.dir) == [(path, CRC)]
    four = int.from_bytes(path.encode()[:4], "little")
    assert ways(world, four, "-r", world.dir) == [(world.dir, FOUR)]


@pytest.mark.skipif(not shutil.which("php"), reason="php is not installed")
def test_php_agrees(world):
    path = os.path.join(world.dir, "file")
    with open(path, "w", encoding="ascii"):
        pass
    key = world.run("php", "-r", f"echo crc32('{path}');").out
    assert ways(world, key, path) == [(path, CRC)]
    r = world.run("php", "-r", f"if (!function_exists('ftok')) exit(7); echo ftok('{path}', 'x');")
    if r.rc == 0:
        assert ways(world, r.out, path) == [(path, "ftok(3)")]


@pytest.mark.skipif(not shutil.which("perl"), reason="perl is not installed")
def test_perl_agrees(world):
    key = world.run("perl", "-e", "print unpack('i', pack('A4', 'TESTING'))").out
    assert ways(world, key, "TESTING") == [("TESTING", FOUR)]
    assert ways(world, world.run("perl", "-e", "print unpack('i', pack('A4', 'ab'))").out, "ab") == [("ab", FOUR)]
    path = os.path.join(world.dir, "file")
    with open(path, "w", encoding="ascii"):
        pass
    r = world.run("perl", "-MIPC::SysV", "-e", f"print IPC::SysV::ftok('{path}')")
    if r.rc == 0:
        assert world.ok("key", path) == f"0x{int(r.out) & 0xffffffff:08x}", "its default project number is 1, as ours"


@pytest.mark.parametrize("name", ["qipc_sharedmemory_app0a1b2c", "qipc_systemsem_app0a1b2c"])
def test_qt(world, name):
    path = os.path.join(world.dir, name)
    with open(path, "w", encoding="ascii"):
        pass
    assert ways(world, world.ok("key", path, "Q"), path) == [(path, "Qt: QSharedMemory, QSystemSemaphore (ftok with Q)")]
    assert ways(world, world.ok("key", path, "7"), path) == [(path, "ftok(3)")]


# ---- equal keys


@pytest.fixture
def colliding(world):
    """Two files on file systems whose devices and inodes agree in the bits that ftok(3) uses: directories of many tmpfs."""
    made, last = {}, None
    for i in range(600):
        path = os.path.join(world.dir, f"m{i}")
        os.mkdir(path)
        r = world.run("mount", "-t", "tmpfs", "none", path)
        assert r.rc == 0, r.err
        low = int(world.run("stat", "-c", "%d", path).out) & 0xff
        if low in made:
            last = made[low], path
            break
        made[low] = path
    assert last
    return world, last


def test_collisions(colliding):
    world, (one, two) = colliding
    r = world.ipcx("key", "--collisions", one, two, "/proc", "--json")
    rows = r.json["keys"]
    assert r.rc == 0 and [row["path"] for row in rows] == sorted([one, two], key=lambda p: [row["path"] for row in rows].index(p))
    assert {row["path"] for row in rows} == {one, two} and rows[0]["key"] == rows[1]["key"] == world.ok("key", one) == world.ok("key", two)
    assert rows[0]["device"] != rows[1]["device"]
    assert {row["path"] for row in world.ipcx("key", "--collisions", "-r", world.dir, "--json").json["keys"]} >= {one, two}
    assert world.ipcx("key", "--collisions", one, two, "--fail").rc == 1
    assert world.ipcx("key", "--collisions", one, "--fail").rc == 0
    assert world.ipcx("key", "--collisions", one, "/nowhere", "--fail").rc == 4


def test_one_file_with_several_names_is_no_collision(world):
    path = os.path.join(world.dir, "a")
    with open(path, "w", encoding="ascii"):
        pass
    os.link(path, path + "2")
    os.symlink("a", path + "3")
    r = world.ipcx("key", "--collisions", path, path, path + "2", path + "3", "--json")
    assert r.rc == 0 and r.json["keys"] == []


@pytest.mark.parametrize("words", [["--collisions"], ["--collisions", "--reverse", "1", "/"], ["--collisions", "--explain", "shm:1"],
                                   ["--fail", "/"], ["-r", "/"]])
def test_contradictions(world, words):
    r = world.ipcx("key", *words)
    assert r.rc == 2 and r.out == ""


# ---- an id that is a key


@pytest.mark.parametrize("mech,more", [("shm", ["--size", "4K"]), ("msg", []), ("sem", ["--nsems", "1"])])
def test_an_id_that_is_a_key(world, mech, more):
    world.ok("mk", mech, "--key", "5432001", *more)
    says = f"{mech}:0x0052e2c1 has this number as its key"
    for command in (["show"], ["ls"], ["who"], ["rm"], ["set", "--mode", "600"]):
        r = world.ipcx(*command, f"{mech}:5432001")
        assert r.rc == 3 and says in r.err and r.err.count("\n") == 1, (command, r.err)
    assert world.ipcx("show", f"{mech}:0x0052e2c1").rc == 0
    assert says in world.ipcx("show", f"{mech}:5432001", "--json").json["errors"][0]["message"]
    r = world.ipcx("show", f"{mech}:5432002")
    assert r.rc == 3 and "key" not in r.err


def test_the_hint_costs_one_call_and_only_for_what_is_missing(world):
    world.ok("mk", "shm", "--key", "77", "--size", "4K")
    for ref, calls in (("shm:0", 0), ("shm:77", 1), ("shm:78", 1)):
        r = world.run("strace", "-f", "-e", "trace=shmget", "-o", "/dev/stdout", IPCX, "show", ref, env={"ASAN_OPTIONS": "detect_leaks=0"})
        assert sum("shmget(" in line for line in r.lines) == calls, (ref, r.out)


def test_another_users_object_is_hinted_at_too(world):
    world.ok("mk", "shm", "--key", "77", "--size", "4K", "--mode", "0600")
    r = world.ipcx("show", "shm:77", uid=1000)
    assert r.rc == 3 and "shm:0x0000004d has this number as its key" in r.err


def test_the_hint_is_about_the_namespace_that_was_named(world):
    world.ok("mk", "shm", "--key", "77", "--size", "4K")
    r = world.run("unshare", "--ipc", IPCX, "show", "shm:77", "--ns", str(1))
    assert "0x0000004d has this number as its key" in r.err
    r = world.run("unshare", "--ipc", IPCX, "show", "shm:77")
    assert r.rc == 3 and "key" not in r.err
