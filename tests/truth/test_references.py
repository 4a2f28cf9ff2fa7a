# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx accepts any reference that it prints, even passed on by a shell, by xargs or in a file, whatever bytes the name has."""

import os
import shutil

import pytest

from conftest import IPCX
from helpers.tools import MAKE, make_all

# A name for every byte that names may hold; names with blanks and quotes in all positions, with texts that look like escapes, and with invisible characters.
BYTES = [b"a" + bytes([c]) + b"b" for c in range(1, 256) if c != ord("/")]
NAMES = [*dict.fromkeys([*BYTES, b" a", b"a ", b"  ", b"'", b'"', b"a'b c'd", b"\\", b"a\\x20b", b"a\\", b"%", b"100%", b"%41", b"a%20b", b"%%", b"-", b"-rf", b"--", b"~", b"~root",
         b"*", b"$HOME", b"$(id)", b"`id`", b"{a,b}", b"a\nb", b"\n", b"!!", b"#", b"a#b", "grün".encode(), "a\u00a0b".encode(), "a\u2028b".encode(),
         "a\u202eb".encode(), "\u200b".encode(), "e\u0301".encode(), b"\xff\xfe", b"x" * 255, b"\xff" * 255, b"mq:a", b"shm", b"key=5", b"="])]


def fill(world, names=NAMES):
    """Files of shared memory, created without ipcx."""
    for name in names:
        with open(os.fsencode(f"/proc/{world.pid}/root/dev/shm/") + name, "wb"):
            pass


def left(world):
    return set(os.listdir(os.fsencode(f"/proc/{world.pid}/root/dev/shm")))


SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,+=@%")


def test_a_reference_has_no_special_characters(world):
    fill(world)
    lines = world.ok("ls", "-q", "pshm").split("\n")
    assert len(lines) == len(NAMES) == len(set(lines))
    for line in lines:
        assert line.startswith("pshm:/") and set(c for c in line if ord(c) < 128) <= SAFE and line.isprintable(), line
    assert lines == [o["ref"] for o in world.objects("pshm")], "the same in JSON"
    assert lines == world.ok("ls", "pshm", "-o", "ref", "--format", "raw").split("\n")


WAYS = {
    "xargs": '"$IPCX" ls -q pshm | xargs "$IPCX" rm',
    "xargs -0": '"$IPCX" ls -q --null pshm | xargs -0 "$IPCX" rm',
    "a file": '"$IPCX" ls -q pshm > "$D/refs"; while read r; do set -- "$@" $r; done < "$D/refs"; "$IPCX" rm "$@"',
    "words": '"$IPCX" rm $("$IPCX" ls pshm -o ref --format raw)',
    "evaluated": 'eval "\\"\\$IPCX\\" rm $("$IPCX" ls -q pshm | tr "\\n" " ")"',
}


@pytest.mark.parametrize("way,shell", [(way, "sh") for way in WAYS] + [(way, shell) for way in ("words", "evaluated") for shell in ("bash", "zsh")])
def test_every_byte_survives_a_round_trip(world, way, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    fill(world)
    os.chmod(world.dir, 0o777)
    script = ("setopt sh_word_split extended_glob\n" if shell == "zsh" else "") + WAYS[way]
    r = world.run(shell, "-c", script, env={"IPCX": IPCX, "D": world.dir}, timeout=120)
    assert (r.rc, r.out, r.err) == (0, "", "") and left(world) == set(), (r.rc, r.err, left(world))


def test_a_blank_does_not_remove_another_object(world):
    """Regression: xargs removed the backslash of \\x20."""
    fill(world, [b"a b", b"ax20b", b"a", b"b"])
    r = world.sh('"$IPCX" ls pshm -w "name == \'/a b\'" -o ref --format raw | xargs "$IPCX" rm')
    assert (r.rc, r.err) == (0, "") and left(world) == {b"ax20b", b"a", b"b"}


@pytest.mark.parametrize("mech", ["mq", "pshm", "psem"])
def test_a_word_without_a_mechanism_is_a_literal_name(world, mech):
    for name in ("/a b", "/100%", "/%41", "/a\\x20b", "/%zz", "/%00"):
        words = [w.replace("/x", name) for w in MAKE[mech]]
        assert world.ok("mk", *words) == name, "mk prints the name, and nothing is read into it"
        rows = world.objects(mech)
        assert [o["name"] for o in rows] == [name]
        assert [o["ref"] for o in world.objects(mech, name)] == [rows[0]["ref"]]
        assert world.ok("ls", "-q", rows[0]["ref"].lower()) == rows[0]["ref"], "digits in either case"
        world.ok("rm", mech, name)
    assert world.objects() == []


def test_an_invalid_escape_is_wrong_usage_and_removes_nothing(world):
    fill(world, [b"a", b"a%", b"aA", b"a\\x41"])
    for word in ("pshm:/a%", "pshm:/a%4", "pshm:/a%g1", "pshm:/a%00", "pshm:/%%41", "pshm:a%x"):
        r = world.ipcx("rm", "pshm:/a", word)
        assert (r.rc, r.out) == (2, "") and "% must be followed by two hexadecimal digits" in r.err and "%25" in r.err, word
    assert len(left(world)) == 4
    world.ok("rm", "pshm:/a\\x41")
    assert b"a\\x41" not in left(world) and b"aA" in left(world), "\\xNN is read no more"


def test_references_in_messages_are_accepted(world):
    r = world.ipcx("rm", "pshm:/no%20such%0Aone")
    assert r.rc == 3 and r.err.startswith("ipcx: pshm:/no%20such%0Aone: no such ")
    r = world.ipcx("rm", "pshm", "no such%", "--json")
    assert r.json["errors"][0]["ref"] == "pshm:/no%20such%25"


# ---- bare values


def test_the_raw_format_has_no_heading(world):
    world.ok("mk", "shm", "--size", "4K", "--count", "3")
    assert world.ok("ls", "shm", "-o", "ref", "--format", "raw") == "shm:0\nshm:1\nshm:2"
    assert world.ok("ls", "shm", "-o", "id,size", "--format", "raw") == "0 4096\n1 4096\n2 4096"
    assert world.ok("limits", "shmmni", "-o", "name", "--format", "raw") == "shmmni"
    r = world.sh('"$IPCX" rm $("$IPCX" ls shm -o ref --format raw)')
    assert (r.rc, r.err) == (0, "") and world.objects() == []
    assert world.ok("ls", "shm", "--format", "raw") == "", "nothing is nothing"


def test_only_references(world):
    made = make_all(world)
    assert world.ok("ls", "-q").split() == list(made.values())
    assert world.ok("ls", "--refs", "posix").split() == [made[m] for m in ("mq", "pshm", "psem")]
    world.ok("mk", "shm", "--size", "1M")
    assert world.ok("ls", "-q", "shm", "-w", "size > 4K") == "shm:1"
    assert world.ok("ls", "-q", "shm", "--sort", "-size") == "shm:1\nshm:0"
    assert world.ok("ls", "-q", "--ns", "self", "shm") == "shm:0\nshm:1"
    assert world.ok("ls", "-q", "shm:1", made["mq"]) == f"shm:1\n{made['mq']}"
    assert world.ipcx("ls", "-q0", "shm").out == "shm:0\0shm:1\0"
    assert world.ipcx("ls", "-q", "shm:99").rc == 3


@pytest.mark.parametrize("words", [["-q", "--json"], ["-q", "--format", "csv"], ["-q", "-o", "size"], ["--null"], ["-q", "--ns", "all"]], ids=" ".join)
def test_only_references_excludes_other_formats(world, words):
    r = world.ipcx("ls", *words)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ")
