# SPDX-License-Identifier: GPL-2.0-or-later
"""A program of 32 bits beside others of 64: what its calls cannot hold is read elsewhere, refused or unknown, never cut. Python's word has 64 bits."""

import json
import struct

import pytest

from conftest import IPCX
from helpers.real import kernel, meanwhile
from helpers.tools import background
from helpers.wide import NARROW

GIB = 1 << 30
FIVE = 5 * GIB
NORESERVE = 0o10000

# Until the kernel counts it, a child does not wait (GETNCNT).
SLEEPER = """
if os.fork() == 0:
    check(libc.prctl(1, 9, 0, 0, 0))
    semop(0, 2, -7)
wait_for(lambda: libc.semctl(0, 2, 14) == 1)
hold()
"""

pytestmark = pytest.mark.skipif(struct.calcsize("P") < 8, reason="Python has 32 bits itself")


@pytest.fixture
def large(world):
    """A segment of 5 GiB: its pages are never touched."""
    kernel(world, f"check(libc.shmget(77, ctypes.c_size_t({FIVE}), 0o600 | IPC_CREAT | {NORESERVE}))")
    return world


@pytest.mark.parametrize("words", [[], ["-o", "ref,size"], ["-o", "all"]], ids=["default", "size", "all"])
def test_segments_of_5_gib_have_their_size(large, words):
    row, = large.objects("shm", *words)
    assert row["size"] == FIVE and "size" not in row.get("unknown", [])
    assert large.ok("ls", "-q", "shm", "-w", "size > 4G") == row["ref"] == large.ok("ls", "-q", "-w", f"size == {FIVE}")
    assert large.ok("show", "shm:0x4d", "-o", "size", "--format", "raw") == str(FIVE)


def test_sums_of_sizes_are_whole(large):
    group, = large.ipcx("ls", "shm", "--by", "owner", "--json").json["groups"]
    assert (group["count"], group["bytes"]) == (1, FIVE)
    limit, = (row for row in large.ipcx("limits", "--json").json["limits"] if row["name"] == "shmall")
    assert limit["used"] == FIVE // 4096


def test_segments_above_4_gib_are_made_whole_or_not(world):
    r = world.ipcx("mk", "shm", "--size", "5G", "--noreserve")
    if NARROW:
        assert (r.rc, r.out) == (1, "") and "32-bit" in r.err and not world.objects("shm")
    else:
        assert r.rc == 0 and world.objects("shm")[0]["size"] == FIVE


def test_memory_above_4_gib_is_read_or_refused(large):
    r = large.ipcx("shm", "read", "shm:0x4d", "--offset", "4G", "--length", "8")
    assert (r.rc, r.stdout) == ((1, b"") if NARROW else (0, bytes(8)))
    assert bool(r.err) == NARROW


def test_types_of_32_bits_and_above(world):
    world.ok("mk", "msg", "--key", "77")
    r = world.ipcx("msg", "send", "0x4d", "--type", "5000000000", "x")
    assert (r.rc == 2 and "1 to 2147483647" in r.err) if NARROW else r.rc == 0
    if not NARROW:
        assert world.ipcx("show", "msg:0x4d", "--json").json["objects"][0]["messages"][0]["mtype"] == 5000000000


def test_a_type_that_was_cut_is_unknown(world):
    world.ok("mk", "msg", "--key", "77")
    kernel(world, "check(libc.msgsnd(0, struct.pack('q', (1 << 63) - 1) + b'data', ctypes.c_size_t(4), 0))")
    r = world.ipcx("show", "msg:0x4d", "--json")
    row, = r.json["objects"][0]["messages"]
    assert (row["mtype"], row.get("unknown", [])) == ((None, ["mtype"]) if NARROW else (2**63 - 1, []))
    assert ("32 bits" in r.err) == NARROW


@pytest.mark.parametrize("wide", [(1 << 63) - 1, (1 << 32) + 1], ids=["negative", "as-another"])
@pytest.mark.parametrize("words", [["recv", "0x4d", "--all", "--format", "json"], ["recv", "0x4d", "--except", "7", "-n", "3", "--format", "json"],
                                   ["drain", "0x4d", "-"]], ids=["recv", "except", "drain"])
def test_no_type_is_cut(world, wide, words):
    """The cut type 1 is also that of the first message; both are empty."""
    world.ok("mk", "msg", "--key", "77")
    for mtype in (1, wide, 3):
        kernel(world, f"check(libc.msgsnd(0, struct.pack('q', {mtype}), ctypes.c_size_t(0), 0))")
    r = world.ipcx("msg", *words)
    types = [json.loads(line)["type"] for line in r.out.splitlines()]
    if not NARROW:
        assert (r.rc, types, r.err) == (0, [1, wide, 3], "")
        return
    assert r.rc == 1 and "32 bits" in r.err
    left = kernel(world, """
buf, types = ctypes.create_string_buffer(64), []
while libc.msgrcv(0, buf, ctypes.c_size_t(8), ctypes.c_long(0), IPC_NOWAIT) >= 0:
    types.append(struct.unpack_from("q", buf)[0])
print(types)
""")
    assert left == [wide, 3]
    assert words[0] == "drain" or types == [1]


def test_a_message_that_arrives_is_received(world):
    world.ok("mk", "msg", "--key", "77")
    world.ok("mk", "msg", "--key", "78")
    with background(world, "sh", "-c", f'echo ready; {IPCX} msg recv 0x4d --timeout 60s > "$0/got"; {IPCX} msg send 0x4e done; read end', world.dir):
        world.ok("msg", "send", "0x4d", "--type", "5", "x" * 8000)
        assert world.ok("msg", "recv", "0x4e", "--timeout", "60s") == "done"
    with open(f"{world.dir}/got", encoding="ascii") as f:
        assert set(f.read()) == {"x"}


def test_files_of_the_year_2040(world):
    assert world.sh("printf x > /dev/shm/late && touch -d 2040-02-03T04:05:06Z /dev/shm/late").rc == 0
    row, = world.objects("pshm", "-o", "ref,mtime")
    assert row["mtime"] == "2040-02-03T04:05:06Z"
    assert world.ok("ls", "-q", "pshm", "-w", "mtime > 2040-01-01T00:00:00Z") == "pshm:/late"


def test_owners_above_2_31(world):
    for mech in ("shm", "msg", "sem", "pshm", "mq"):
        more = {"shm": ["--size", "4K"], "sem": ["--nsems", "1"], "pshm": ["/u", "--size", "4K"], "mq": ["/u"]}.get(mech, [])
        world.ok("mk", mech, *more, "--owner", "3000000000")
        row, = world.objects(mech)
        assert row["uid"] == 3000000000, mech
        assert world.ok("ls", "-q", mech, "-w", "owner == 3000000000") == row["ref"]


def test_arguments_at_64_bit_addresses_are_read(world):
    """The operations of a thread that waits lie above 4 GiB."""
    world.ok("mk", "sem", "--nsems", "3")
    with meanwhile(world, SLEEPER):
        row, = world.ipcx("waits", "sem:0", "--json").json["waits"]
    assert (row["ref"], row["semnum"], row["op"]) == ("sem:0", 2, -7)
