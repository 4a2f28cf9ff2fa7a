# SPDX-License-Identifier: GPL-2.0-or-later
"""shm and pshm read, write, fill, copy: the same bytes as other programs see, and never a partial result."""

import hashlib
import os
import random
import subprocess

import pytest

from helpers.real import PYTHON, SYSV_CALLS, on_terminal
from helpers.tools import need, release

BOTH = ("shm", "pshm")
PIECE = 1 << 18
BYTES = random.Random(5).randbytes(3 * PIECE + 777)

# The other program: Python, which attaches the object by direct calls.
SHM_WRITE = """
at = libc.shmat(args[0], None, 0)
data = sys.stdin.buffer.read() if len(args) < 2 else open(args[1], "rb").read()
ctypes.memmove(at, data, len(data))
"""


def make(world, mech, size, *more):
    """Create an object of this size; return its reference."""
    return f"{mech}:" + world.ok("mk", mech, *(["/m"] if mech == "pshm" else []), "--size", size, *more)


def theirs(world, ref, size):
    """Return what another program reads."""
    if ref.startswith("pshm:"):
        return world.run("cat", "/dev/shm" + ref[5:]).stdout
    r = world.run(PYTHON, "-c", SYSV_CALLS + "sys.stdout.buffer.write(shm_read(args[0], args[1]))", ref[4:], size)
    assert r.rc == 0, r.err
    return r.stdout


def put(world, ref, data):
    """Write from another program."""
    if ref.startswith("pshm:"):
        assert world.run("dd", "of=/dev/shm" + ref[5:], "conv=notrunc", "status=none", input=data).rc == 0
    else:
        r = world.run(PYTHON, "-c", SYSV_CALLS + SHM_WRITE, ref[4:], input=data)
        assert r.rc == 0, r.err


def raw(world, mech, *words, **more):
    r = world.ipcx(mech, "read", *words, **more)
    assert (r.rc, r.err) == (0, ""), r.err
    return r.stdout


def refused(world, *words, rc=1, says="", **more):
    """Check for one error line, and nothing on stdout."""
    r = world.ipcx(*words, **more)
    assert (r.rc, r.out) == (rc, "") and r.err.count("\n") == (2 if rc == 2 else 1), (words, r.rc, r.out, r.err)
    assert says in r.err, r.err
    return r.err


# ---- the same bytes as other programs see


@pytest.mark.parametrize("mech", BOTH)
@pytest.mark.parametrize("size", [1, 15, 4095, 4096, 4097, PIECE, len(BYTES)])
def test_bytes_of_another_program_are_read(world, mech, size):
    ref = make(world, mech, size)
    put(world, ref, BYTES[:size])
    assert raw(world, mech, ref) == BYTES[:size]


@pytest.mark.parametrize("mech", BOTH)
@pytest.mark.parametrize("uid", [None, 1000])
def test_written_bytes_are_read_by_another_program(world, mech, uid):
    ref = f"{mech}:" + world.ok("mk", mech, *(["/m"] if mech == "pshm" else []), "--size", len(BYTES), uid=uid)
    world.ok(mech, "write", ref, input=BYTES, uid=uid)
    assert theirs(world, ref, len(BYTES)) == BYTES
    world.ok(mech, "write", ref, "--offset", "4095", input=b"between", uid=uid)
    assert raw(world, mech, ref, uid=uid) == theirs(world, ref, len(BYTES)) == BYTES[:4095] + b"between" + BYTES[4102:]


@pytest.mark.parametrize("mech", BOTH)
def test_references_in_every_spelling(world, mech):
    ref = make(world, mech, 6, *(["--key", "0x4d2"] if mech == "shm" else []))
    put(world, ref, b"hello\n")
    for word in ([ref, ref.split(":")[1]] + (["0x4d2", "key=1234", "shm:0x4d2"] if mech == "shm" else ["m", "pshm:m", "pshm:/%6d"])):
        assert raw(world, mech, word) == b"hello\n", word


@pytest.mark.parametrize("mech", BOTH)
def test_ranges(world, mech):
    ref = make(world, mech, len(BYTES))
    put(world, ref, BYTES)
    for at, n in ((0, 0), (0, 1), (1, 1), (PIECE - 1, 2), (4096, PIECE), (len(BYTES), 0), (len(BYTES) - 1, 1), (77, len(BYTES) - 77)):
        assert raw(world, mech, ref, "--offset", at, "--length", n) == BYTES[at:at + n]
    assert raw(world, mech, ref, "--offset", "0x1000", "--length", "4K") == BYTES[4096:8192]
    assert raw(world, mech, ref, "--offset", "512K") == BYTES[2 * PIECE:]


@pytest.mark.parametrize("mech", BOTH)
def test_fill(world, mech):
    ref = make(world, mech, len(BYTES))
    put(world, ref, BYTES)
    world.ok(mech, "fill", ref, "--byte", "0xff", "--offset", 10, "--length", PIECE + 5)
    assert theirs(world, ref, len(BYTES)) == BYTES[:10] + b"\xff" * (PIECE + 5) + BYTES[PIECE + 15:]
    world.ok(mech, "fill", ref)
    assert theirs(world, ref, len(BYTES)) == bytes(len(BYTES))
    for byte in ("256", "-1", "x", ""):
        refused(world, mech, "fill", ref, "--byte", byte, rc=2, says="--byte")


@pytest.mark.parametrize("one", BOTH)
@pytest.mark.parametrize("other", BOTH)
def test_copy(world, one, other):
    frm = f"{one}:" + world.ok("mk", one, *(["/from"] if one == "pshm" else []), "--size", len(BYTES))
    to = f"{other}:" + world.ok("mk", other, *(["/to"] if other == "pshm" else []), "--size", len(BYTES) + 100)
    put(world, frm, BYTES)
    world.ok(other, "fill", to, "--byte", 7)
    world.ok(one, "copy", frm.removeprefix(one + ":"), to if one != other else to.removeprefix(one + ":"))
    assert theirs(world, to, len(BYTES) + 100) == BYTES + b"\7" * 100
    says = refused(world, one, "copy", to, frm, says="do not fit")
    assert str(len(BYTES)) in says and str(len(BYTES) + 100) in says and "nothing was written" in says
    assert theirs(world, frm, len(BYTES)) == BYTES


# ---- output formats


def test_a_dump_agrees_with_xxd(world):
    ref = make(world, "shm", 1003)
    data = bytes(range(256)) * 3 + BYTES[:235]
    put(world, ref, data)
    out = world.ok("shm", "read", ref, "--hex")
    need("xxd")
    assert out == subprocess.run(["xxd"], input=data, stdout=subprocess.PIPE, check=True).stdout.decode().rstrip("\n")
    assert subprocess.run(["xxd", "-r"], input=out.encode(), stdout=subprocess.PIPE, check=True).stdout == data
    assert world.ok("shm", "read", ref, "-x", "--offset", 7, "--length", 3) == "00000007: 0708 09" + " " * 34 + "..."


def test_repeated_lines_of_a_dump_are_one_star(world):
    ref = make(world, "pshm", 5 * PIECE)
    put(world, ref, b"A" * 16 + b"B" * 48)
    lines = world.ok("pshm", "read", ref, "--hex").splitlines()
    assert [line[:10] for line in lines] == ["00000000: ", "00000010: ", "*", "00000040: ", "*", "0013fff0: "]
    lines = world.ok("pshm", "read", ref, "--hex", "--offset", 16, "--length", 32).splitlines()
    assert [line[:10] for line in lines] == ["00000010: ", "*", "00000020: "]
    lines = world.ok("pshm", "read", ref, "--hex", "--offset", 16, "--length", 41).splitlines()
    assert [line[:10] for line in lines] == ["00000010: ", "*", "00000030: "] and lines[2].endswith(" BBBBBBBBB")


@pytest.mark.parametrize("minimum", [1, 3, 4, 8, 40])
def test_strings_option_agrees_with_strings_1(world, minimum):
    need("strings")
    rng = random.Random(minimum)
    data = bytearray(BYTES[:PIECE // 2])
    for _ in range(400):
        at = rng.randrange(len(data) - 100)
        text = bytes(rng.choice(b"abc \t~!") for _ in range(rng.randrange(1, 60)))
        data[at:at + len(text)] = text
    data[-6:] = b"at end"
    data[PIECE // 4 - 20:PIECE // 4 + 20] = b"over the edge of pieces, as it were, yes"
    data = bytes(data) * 3
    ref = make(world, "pshm", len(data))
    put(world, ref, data)
    wanted = subprocess.run(["strings", "-a", "-n", str(minimum)], input=data, stdout=subprocess.PIPE, check=True).stdout
    assert raw(world, "pshm", ref, "--strings", *([] if minimum == 4 else ["--min", minimum])) == wanted


@pytest.mark.parametrize("mech", BOTH)
def test_a_terminal_gets_a_dump(world, mech):
    ref = make(world, mech, 32)
    put(world, ref, b"\033[31mred\033[0m\a\n")
    rc, out = on_terminal(world, mech, "read", ref, stdout_only=True)
    assert rc == 0 and out.splitlines()[0].startswith("00000000: 1b5b 3331") and "\033" not in out
    rc, out = on_terminal(world, mech, "read", ref, "-s", stdout_only=True)
    assert (rc, out) == (0, "[31mred\n")
    rc, out = on_terminal(world, mech, "read", ref, "-O", "-", "--length", 3, stdout_only=True)
    assert (rc, out) == (0, "\033[3")


# ---- into a file


@pytest.mark.parametrize("mech", BOTH)
def test_into_a_file(world, mech):
    ref, path = make(world, mech, len(BYTES)), os.path.join(world.dir, "out")
    put(world, ref, BYTES)
    world.ok(mech, "read", ref, "-O", path)
    assert open(path, "rb").read() == BYTES and os.stat(path).st_mode & 0o777 == 0o600
    put(world, ref, b"new")
    refused(world, mech, "read", ref, "-O", path, says="--force")
    assert open(path, "rb").read() == BYTES
    world.ok(mech, "read", ref, "-O", path, "--force", "--offset", 1)
    assert open(path, "rb").read() == b"ew" + BYTES[3:]
    assert os.listdir(world.dir) == ["out"]


def test_into_a_file_that_cannot_be_created(world):
    ref = make(world, "shm", 100)
    for path, says in ((world.dir, "directory"), (world.dir + "/no/out", "No such file"), ("", "No such file")):
        refused(world, "shm", "read", ref, "-O", path, says=says)
    refused(world, "shm", "read", "shm:99", "-O", world.dir + "/out", rc=3)
    refused(world, "shm", "read", ref, "--length", 101, "-O", world.dir + "/out")
    assert os.listdir(world.dir) == []
    refused(world, "shm", "read", ref, "-O", "/dev/full", says="No space")
    world.ok("shm", "read", ref, "-O", "/dev/null")


def test_zeroes_become_holes(world):
    """64 MiB with 7 non-zero bytes become a file of a few blocks."""
    ref, path = make(world, "shm", "64M"), os.path.join(world.dir, "out")
    world.ok("shm", "write", ref, "--offset", "33000001", input=b"content")
    world.ok("shm", "read", ref, "-O", path)
    st = os.stat(path)
    assert st.st_size == 64 << 20 and st.st_blocks * 512 <= 65536
    with open(path, "rb") as f:
        f.seek(33000000)
        assert f.read(9) == b"\0content\0"


def test_file_systems_without_o_tmpfile(world):
    """The file is still either complete or absent."""
    assert world.sh(f"mount -t ramfs none {world.dir}").rc == 0
    ref = make(world, "shm", 5000)
    put(world, ref, BYTES[:5000])
    world.ok("shm", "read", ref, "-O", world.dir + "/out")
    assert world.run("cat", world.dir + "/out").stdout == BYTES[:5000]
    refused(world, "shm", "read", "99", "-O", world.dir + "/other", rc=3)
    assert world.run("ls", world.dir).out == "out\n"


def test_without_proc(world):
    ref = make(world, "shm", 5000)
    put(world, ref, BYTES[:5000])
    r = world.sh(f'cd {world.dir} && unshare --mount sh -c \'umount -l /proc; {release()} shm read {ref} -O out && {release()} shm read {ref} | sha256sum\'')
    assert r.rc == 0 and r.out.split()[0] == hashlib.sha256(BYTES[:5000]).hexdigest(), r.err
    assert open(world.dir + "/out", "rb").read() == BYTES[:5000] and os.listdir(world.dir) == ["out"]


# ---- input that does not fit changes nothing


@pytest.mark.parametrize("mech", BOTH)
@pytest.mark.parametrize("how", ["file", "pipe"])
@pytest.mark.parametrize("size", [100, 5 << 20])
def test_input_that_does_not_fit_changes_nothing(world, mech, how, size):
    ref, path = make(world, mech, size), os.path.join(world.dir, "in")
    put(world, ref, b"before")

    def write(n, *more):
        data = BYTES[:1] * n
        if how == "pipe":
            return world.ipcx(mech, "write", ref, *more, input=data)
        with open(path, "wb") as f:
            f.write(data)
        return world.ipcx(mech, "write", ref, path, *more)

    for n, more in ((size + 1, ()), (size, ("--offset", 1)), (1, ("--offset", size)), (size * 2, ("--offset", "3"))):
        r = write(n, *more)
        assert r.rc == 1 and "does not fit" in r.err and "nothing was written" in r.err and r.err.count("\n") == 1, r.err
        assert theirs(world, ref, size) == b"before" + bytes(size - 6)
    r = write(0, "--offset", size + 1)
    assert r.rc == 1 and f"beyond its end at {size}" in r.err
    assert write(0, "--offset", size).rc == 0 and theirs(world, ref, size)[:6] == b"before"
    assert write(size).rc == 0 and theirs(world, ref, size) == BYTES[:1] * size


@pytest.mark.parametrize("mech", BOTH)
def test_endless_input_is_not_read_to_the_end(world, mech):
    ref = make(world, mech, 5 << 20)
    r = world.ipcx(mech, "write", ref, "/dev/zero")
    assert r.rc == 1 and "nothing was written" in r.err


def test_files_with_a_wrong_length(world):
    """Files in /proc report the size 0, those in /sys the size of a page."""
    ref = make(world, "shm", 4096)
    for path in ("/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled"):
        if os.path.exists(path):
            world.ok("shm", "write", ref, path)
            data = open(path, "rb").read()
            assert raw(world, "shm", ref)[:len(data)] == data


def test_standard_input_is_read_from_its_current_position(world):
    ref, path = make(world, "pshm", 6 << 20), os.path.join(world.dir, "in")
    with open(path, "wb") as f:
        f.write(bytes(100) + b"x" * (6 << 20))
    with open(path, "rb") as f:
        f.seek(100)
        r = world.ipcx("pshm", "write", ref, stdin=f)
    assert r.rc == 0 and theirs(world, ref, 0) == b"x" * (6 << 20)
    with open(path, "rb") as f:
        f.seek(99)
        r = world.ipcx("pshm", "write", ref, "-", stdin=f)
    assert r.rc == 1 and "nothing was written" in r.err


@pytest.mark.parametrize("mech", BOTH)
@pytest.mark.parametrize("verb", ["read", "fill"])
def test_beyond_the_end(world, mech, verb):
    ref = make(world, mech, 1000)
    put(world, ref, BYTES[:1000])
    for words in (["--offset", 1001], ["--length", 1001], ["--offset", 1000, "--length", 1], ["--offset", 1, "--length", "18446744073709551615"],
                  ["--offset", "18446744073709551615"], ["--offset", "8E", "--length", "8E"]):
        for how in ([], ["--hex"], ["--strings"]) if verb == "read" else ([],):
            refused(world, mech, verb, ref, *words, *how, says="at 1000")
    assert theirs(world, ref, 1000) == BYTES[:1000]


def test_an_object_of_size_0(world):
    ref = make(world, "pshm", 0)
    assert raw(world, "pshm", ref) == raw(world, "pshm", ref, "--hex") == raw(world, "pshm", ref, "--strings") == b""
    for words in (["fill", ref], ["write", ref, "/dev/null"], ["copy", ref, ref]):
        world.ok("pshm", *words)
    assert "does not fit" in world.ipcx("pshm", "write", ref, input=b"x").err
    refused(world, "pshm", "read", ref, "--length", 1)
    assert world.objects("pshm")[0]["size"] == 0
