# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx key: keys as ftok(3) makes them, files of a key, parts of an id."""

import csv
import io
import os
import re

import pytest

from conftest import IPCX
from helpers.real import kernel, unsafe

FILES = ["plain", "a b", "-dash", "日本", "esc\033[31m", "below/one", "below/deep/two"]


@pytest.fixture
def tree(world):
    """Files, links to them, and directories."""
    for name in FILES:
        path = os.path.join(world.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii"):
            pass
    os.link(os.path.join(world.dir, "plain"), os.path.join(world.dir, "hard"))
    os.symlink("plain", os.path.join(world.dir, "soft"))
    os.symlink("/nowhere", os.path.join(world.dir, "dangling"))
    os.symlink("below", os.path.join(world.dir, "way"))
    os.symlink(".", os.path.join(world.dir, "below/circle"))
    return world


def ftok(world, path, proj=1):
    """Return the key that the C library's own ftok(3) makes."""
    return "0x%08x" % kernel(world, "print(libc.ftok(os.fsencode(args[0]), args[1]) & 0xffffffff)", path, proj)


def at(world, *names):
    return [os.path.join(world.dir, n) for n in names]


@pytest.mark.parametrize("name", [*FILES, "hard", "soft", "way", "below"])
def test_a_key_agrees_with_ftok(tree, name):
    path, = at(tree, name)
    assert tree.ok("key", path) == ftok(tree, path)
    r = tree.run("sh", "-c", 'cd "$1" && exec "$2" key -- "$3"', "sh", tree.dir, IPCX, name)
    assert r.rc == 0 and r.out == ftok(tree, path) + "\n"


@pytest.mark.parametrize("word,proj", [("1", 1), ("7", 7), ("255", 255), ("a", ord("a")), ("Z", ord("Z")), ("%", ord("%")), ("0x10", 16)])
def test_the_project_is_a_number_or_a_character(tree, word, proj):
    path, = at(tree, "plain")
    assert tree.ok("key", path, word) == ftok(tree, path, proj)
    row = tree.ipcx("key", path, word, "--json").json["keys"][0]
    st = os.stat(path)
    assert (row["key"], row["proj"], row["path"], row["inode"]) == (ftok(tree, path, proj), proj, path, st.st_ino)
    assert int(row["key"], 16) == (proj << 24) | (row["device"] & 0xff) << 16 | (row["inode"] & 0xffff)


@pytest.mark.parametrize("word", ["0", "256", "-1", "ab", "", "1x", "99999999999999999999", "1 ", "é"])
def test_invalid_projects_are_refused(tree, word):
    r = tree.ipcx("key", "--", *at(tree, "plain"), word)
    assert (r.rc, r.out) == (2, "") and "PROJ" in r.err


def test_every_command_accepts_the_key(tree):
    path, = at(tree, "plain")
    key = tree.ok("key", path, "7")
    made = tree.ok("mk", "shm", "--size", "4K", "--ftok", f"{path}:7")
    assert [o["ref"] for o in tree.objects(f"shm:{key}")] == [f"shm:{made}"]
    assert tree.objects("shm")[0]["key"] == key
    assert tree.ok("mk", "msg", "--key", key) and tree.objects("msg")[0]["key"] == key
    assert tree.objects("--where", f"key == {key}")[0]["key"] == key
    assert tree.ipcx("rm", f"shm:{key}").rc == 0 and tree.objects("shm") == []


@pytest.mark.parametrize("name,why", [("absent", "No such file|does not exist|no such"), ("plain/below", "[Nn]ot a directory|directory"),
                                      ("dangling", "No such file|no such|does not exist"), ("", "No such file|no such|does not exist")])
def test_a_file_without_a_key(tree, name, why):
    path = os.path.join(tree.dir, name) if name else ""
    for more in ([], ["--json"], ["--reverse", "0x01000000"]):
        words = ["key", *more, path] if "--reverse" in more else ["key", path, *more]
        r = tree.ipcx(*words)
        assert r.rc in ((3,) if name != "plain/below" else (1,)), (words, r.rc, r.err)
        assert re.search(why, r.err) and r.err.startswith("ipcx: ")


def test_an_unreachable_file(tree):
    os.chmod(tree.dir, 0o700)
    r = tree.ipcx("key", *at(tree, "plain"), uid=1000)
    assert r.rc == 1 and r.out == "" and "ermi" in r.err


# ---- which file


def found(world, key, *words, rc=0):
    r = world.ipcx("key", "--reverse", key, *words, "--json")
    assert r.rc == rc, r.err
    return r.json["keys"]


def test_reverse_finds_the_files_and_their_project(tree):
    for proj in (1, 7, 0x80, 255):
        key = ftok(tree, at(tree, "plain")[0], proj)
        rows = found(tree, key, *at(tree, "below", "soft", "plain", "a b", "hard"))
        assert [row["path"] for row in rows] == at(tree, "soft", "plain", "hard"), "in the order in which they were named"
        assert {(row["key"], row["proj"]) for row in rows} == {(key, proj)}


def test_reverse_accepts_keys_as_other_tools_print_them(tree):
    path, = at(tree, "plain")
    key = int(ftok(tree, path, 0x90), 16)
    for text in (f"0x{key:08x}", f"0X{key:X}", str(key), str(key - 2 ** 32), f"0{key:o}"):
        assert [row["path"] for row in found(tree, text, path)] == [path], text


def test_without_recursion_subdirectories_are_not_read(tree):
    key = ftok(tree, at(tree, "below/one")[0], 3)
    assert found(tree, key, *at(tree, "below"), rc=3) == []
    r = tree.ipcx("key", "--reverse", key, *at(tree, "below"))
    assert r.rc == 3 and key in r.err and "none of these files" in r.err


@pytest.mark.parametrize("option", ["-r", "--recursive"])
def test_recursion_reads_subdirectories_and_follows_no_link(tree, option):
    for name in ("below/one", "below/deep/two", "below", "below/deep"):
        key = ftok(tree, at(tree, name)[0], 3)
        rows = found(tree, key, option, tree.dir)
        paths = {row["path"] for row in rows}
        want = {os.path.join(tree.dir, name)} | (set(at(tree, "way", "below/circle")) if name == "below" else set())
        assert paths == want and len(rows) == len(paths)
    assert found(tree, ftok(tree, at(tree, "below/one")[0]), option, *at(tree, "way"), rc=3) == [], "a link that was named is not followed"


def test_files_of_the_same_inode_on_another_device_are_distinguished(tree):
    one, other = at(tree, "below", "other")
    r = tree.sh('mkdir "$B" && for d in "$A" "$B"; do mount -t tmpfs none "$d" && touch "$d/file" && stat -c %i "$d/file"; done',
                env={"A": one, "B": other})
    assert r.rc == 0, r.err
    if len(set(r.lines)) != 1:
        pytest.skip("this kernel numbers the files of all tmpfs in one row (before 5.9)")
    keys = [tree.ok("key", d + "/file", "9") for d in (one, other)]
    assert keys[0] != keys[1]
    for key, d in zip(keys, (one, other)):
        assert [row["path"] for row in found(tree, key, one + "/file", other + "/file")] == [d + "/file"]


def test_a_trailing_slash_is_not_doubled(tree):
    key = ftok(tree, at(tree, "below/one")[0])
    assert [row["path"] for row in found(tree, key, "-r", tree.dir + "/below/")] == at(tree, "below/one")


def test_an_unreadable_directory_is_reported_and_the_others_are_searched(tree):
    os.chmod(at(tree, "below/deep")[0], 0o700)
    key = ftok(tree, at(tree, "below/one")[0])
    r = tree.ipcx("key", "--reverse", key, "-r", tree.dir, "--json", uid=1000)
    assert [row["path"] for row in r.json["keys"]] == at(tree, "below/one")
    assert r.rc == 4 and [(e["ref"], e["error"]) for e in r.json["errors"]] == [(at(tree, "below/deep")[0], "EACCES")]


def test_a_missing_file_among_existing_files(tree):
    key = ftok(tree, at(tree, "plain")[0])
    r = tree.ipcx("key", "--reverse", key, *at(tree, "absent", "plain"), "--json")
    assert r.rc == 4 and len(r.json["keys"]) == 1 and r.json["errors"][0]["ref"] == at(tree, "absent")[0]


def test_hostile_paths_are_escaped(tree):
    path, = at(tree, "esc\033[31m")
    key = ftok(tree, path)
    for words in ([], ["--format", "raw"], ["--format", "export"]):
        r = tree.ipcx("key", "--reverse", key, "-r", tree.dir, *words)
        assert r.rc == 0 and not unsafe(r.out) and "esc\\x1b" in r.out
    r = tree.ipcx("key", "--reverse", key, "-r", tree.dir, "--format", "csv")
    assert next(csv.DictReader(io.StringIO(r.out)))["path"] == path
    assert not unsafe(tree.ipcx("key", path + "x").err)


# ---- ids


@pytest.mark.parametrize("number", [0, 5, 32767, 32768, 65538, 2147418175, 2147483647])
def test_an_id_is_split_into_slot_and_sequence(world, number):
    row, = world.ipcx("key", "--explain", f"shm:{number}", "--json").json["ids"]
    bits = 24 if "ipcmni_extend" in world.run("cat", "/proc/cmdline").out else 15
    assert row == {"ref": f"shm:{number}", "id": number, "id_index": number % 2 ** bits, "id_seq": number >> bits}
    assert row["id_index"] + (row["id_seq"] << bits) == number


def test_ids_of_every_mechanism_with_ids_need_not_exist(world):
    rows = world.ipcx("key", "--explain", "shm:5", "msg", "65538", "6", "sem:0", "--json").json["ids"]
    assert [row["ref"] for row in rows] == ["shm:5", "msg:65538", "msg:6", "sem:0"]


def test_the_sequence_counts_how_often_a_slot_was_used(world):
    first = world.ok("mk", "sem", "--nsems", "1")
    world.ok("rm", f"sem:{first}")
    ids = [int(first)]
    while ids[-1] % 32768 != int(first) % 32768 or len(ids) == 1:
        ids.append(int(world.ok("mk", "sem", "--nsems", "1")))
        world.ok("rm", f"sem:{ids[-1]}")
        assert len(ids) <= 40000
    a, b = world.ipcx("key", "--explain", f"sem:{ids[0]}", f"sem:{ids[-1]}", "--json").json["ids"]
    assert a["id_index"] == b["id_index"] and b["id_seq"] > a["id_seq"]


def test_show_splits_an_id_the_same_way(world):
    world.ok("mk", "msg", "--id", "2147418175")
    shown = world.ipcx("show", "msg:2147418175", "--json").json["objects"][0]
    row, = world.ipcx("key", "--explain", "msg:2147418175", "--json").json["ids"]
    assert (shown["id_index"], shown["id_seq"]) == (row["id_index"], row["id_seq"])


@pytest.mark.parametrize("ref", ["shm:0x4d2", "msg:key=5", "mq:/x", "pshm:/5"])
def test_objects_without_an_id_cannot_be_split(world, ref):
    r = world.ipcx("key", "--explain", ref)
    assert r.rc == 1 and "is not an id" in r.err
    r = world.ipcx("key", "--explain", ref, "shm:5", "--json")
    assert r.rc == 4 and [row["id"] for row in r.json["ids"]] == [5] and len(r.json["errors"]) == 1


# ---- wrong usage


@pytest.mark.parametrize("words", [[], ["/etc", "1", "2"], ["--reverse", "0x5"], ["--reverse"], ["--reverse", "x", "/etc"], ["--reverse", "0x100000000", "/etc"],
                                   ["--explain"], ["--explain", "shm"], ["--explain", "5"], ["--explain", "shm:-1"], ["--explain", "shm:5x"],
                                   ["-r", "/etc"], ["--explain", "--reverse", "5", "/etc"], ["/etc", "--format", "xml"], ["/etc", "-o", "size"],
                                   ["/etc", "--sort", "nosuch", "--json"]], ids=" ".join)
def test_wrong_usage(world, words):
    r = world.ipcx("key", *words)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ") and "ipcx key --help" in r.err
