# SPDX-License-Identifier: GPL-2.0-or-later
"""Repeated options: conditions are combined, lists are appended, and no value silently overrides another."""

import pytest


@pytest.fixture
def shm(world):
    for size in (4096, 8192, 65536):
        world.ok("mk", "shm", "--size", size)
    return world


def sizes(world, *words):
    return [o["size"] for o in world.objects("shm", *words)]


@pytest.mark.parametrize("words,left", [
    (["-w", "size > 4096", "-w", "size < 65536"], [8192]),
    (["-w", "size < 65536", "--where", "size > 4096"], [8192]),
    (["--where=size == 4096 || size == 8192", "-w", "size == 8192 || size == 65536"], [8192]),
    (["-w", "size > 4096", "-w", "size > 4096"], [8192, 65536]),
    (["-w", "size == 4096", "-w", "size == 8192"], []),
    (["-w", "nattch == 0", "-w", "size > 1", "-w", "size != 8192"], [4096, 65536]),
    (["-w", "size > 4096"] * 64, [8192, 65536]),
])
def test_conditions_are_combined(shm, words, left):
    assert sizes(shm, *words) == left


def test_rm_removes_what_meets_all_conditions(shm):
    shm.ok("rm", "shm", "--where", "nattch == 0", "--where", "size > 4096", "-w", "size < 65536", "--yes")
    assert sizes(shm) == [4096, 65536]
    shm.ok("rm", "-y", "-w", "size == 4096", "-w", "mech == shm", "-w", "nattch == 0")
    assert sizes(shm) == [65536]


@pytest.mark.parametrize("command", [["ls"], ["rm", "shm"], ["ns", "ls"]])
@pytest.mark.parametrize("words,says", [
    (["-w", "pid > 0 && sise > 1", "-w", "pid > 1"], "column 12 of expression 1: no field has the name \"sise\""),
    (["-w", "pid > 0", "-w", "pid > x"], "column 7 of expression 2: "),
    (["-w", "pid > 0", "-w", "(pid > 1", "-w", "pid >"], "column 1 of expression 2: the ( has no )"),
    (["-w", "pid > 0)", "-w", "(pid > 1"], "column 8 of expression 1: the ) has no ("),
    (["-w", "pid > 0 &&", "-w", "pid > 1"], "column 11 of expression 1: "),
    (["-w", "pid > 0", "-w", ""], "column 1 of expression 2: a condition is missing"),
    (["-w", "", "-w", "pid > 0"], "column 1 of expression 1: a condition is missing"),
    (["-w", ""], "column 1 of the expression: a condition is missing"),
    (["-w", "pid > 0"] * 65, "--where is given more than 64 times"),
])
def test_an_error_points_at_its_own_condition(world, command, words, says):
    if "given more" not in says and command[0] != "ns":
        words = [w.replace("pid", "uid") for w in words]
    world.ok("mk", "shm", "--size", 1)
    r = world.ipcx(*command, *words)
    assert (r.rc, r.out) == (2, "") and says in r.err, r.err
    assert len(r.err.splitlines()) == 2
    assert len(world.objects("shm")) == 1


def test_all_and_where_still_exclude_each_other(shm):
    r = shm.ipcx("rm", "shm", "--all", "-w", "size > 1", "-w", "size > 2")
    assert r.rc == 2 and "--all and --where" in r.err
    assert len(sizes(shm)) == 3


def test_columns_are_appended(shm):
    def raw(*words):
        return shm.ok("ls", "shm", "--format", "csv", "-w", "size == 8192", *words).replace("\r", "").splitlines()

    assert raw("-o", "ref", "-o", "size") == raw("-o", "ref,size")
    assert raw("--output=size", "-o", "nattch,ref", "-o", "size") == raw("-o", "size,nattch,ref")
    assert raw("-o", "+rss", "-o", "+swap") == raw("-o", "+rss,swap")
    assert raw("-o", "ref", "-o", "+size") == raw("-o", "ref,size")
    assert shm.ok("show", "shm:0", "-o", "ref", "-o", "size", "--json").count('"ref"') == 1


@pytest.mark.parametrize("words", [["-o", "ref", "-o", ""], ["-o", "", "-o", "ref"], ["-o", "ref", "-o", "nonsense"],
                                   ["--sort", "size", "--sort", ""], ["--sort", "size", "--sort", "nonsense"]])
def test_every_part_of_a_list_must_be_valid(shm, words):
    r = shm.ipcx("ls", "shm", *words)
    assert (r.rc, r.out) == (2, "") and "no field" in r.err


def test_sort_fields_are_appended(shm):
    shm.ok("mk", "shm", "--size", 4096, "--mode", "0640")
    shm.ok("mk", "shm", "--size", 8192, "--mode", "0640")

    def rows(*words):
        return [(o["mode"], o["size"]) for o in shm.objects("shm", *words)]

    assert rows("--sort", "-mode", "--sort", "size") == rows("--sort=-mode,size") == sorted(rows(), key=lambda r: (-int(r[0], 8), r[1]))
    assert rows("--sort", "size", "--sort", "-mode") == rows("--sort=size,-mode") == sorted(rows(), key=lambda r: (r[1], -int(r[0], 8)))


@pytest.mark.parametrize("words", [
    ["mk", "shm", "--size", "4K", "--size", "8K"],
    ["mk", "shm", "--size", "4K", "--mode", "0600", "-m", "0640"],
    ["mk", "shm", "--size", "4K", "--owner", "root", "--owner", "0:0"],
    ["mk", "shm", "--size", "4K", "--key", "1", "-k", "2"],
    ["mk", "shm", "--size", "4K", "--huge", "--huge=2M"],
    ["mk", "shm", "--size", "4K", "--count", "1", "--count", "2"],
    ["mk", "sem", "--nsems", "1", "--nsems", "2"],
    ["mk", "sem", "--nsems", "2", "--init", "1", "--init", "1,1"],
    ["set", "shm:0", "--mode", "0600", "--mode", "0640"],
    ["ls", "--format", "csv", "--format", "raw"],
    ["ls", "--ns", "self", "-N", "1"],
    ["rm", "shm", "--all", "--ns", "1", "--ns", "2"],
    ["ls", "--colour", "never", "--colour=always"],
    ["limits", "--for", "shm:1K", "--for", "shm:2K"],
    ["shm", "read", "0", "--offset", "1", "--offset", "2"],
    ["shm", "read", "0", "--length", "1", "--length", "0x2"],
    ["msg", "send", "0", "x", "--type", "1", "--type", "2"],
    ["sem", "wait", "0", "--timeout", "1s", "--timeout", "2s"],
    ["sem", "run", "0", "--timeout", "1s", "--", "true", "--timeout", "2s"],
    ["ns", "new", "--shm-size", "1M", "--shm-size", "2M", "true"],
    ["key", "--reverse", "1", "--reverse", "2", "."],
])
def test_another_value_is_refused(world, words):
    before = world.steady()
    r = world.ipcx(*words)
    if words[:2] == ["sem", "run"]:  # after -- it is the command's
        assert "twice" not in r.err
        return
    assert (r.rc, r.out) == (2, "") and "is given twice, with different values" in r.err, r.err
    assert world.steady() == before


def test_options_before_and_after_the_first_operand_are_combined(world):
    """sem run takes its options before and after the reference."""
    world.ok("mk", "sem", "--nsems", "1", "--init", "1")
    r = world.ipcx("sem", "run", "--timeout", "1s", "0", "--timeout", "2s", "true")
    assert r.rc == 2 and "--timeout is given twice" in r.err, r.err
    assert world.ipcx("sem", "run", "--timeout", "1s", "0", "--timeout", "1000ms", "true").rc == 0


def test_the_same_value_again_is_fine(world):
    world.ok("mk", "shm", "--size", "8K", "--size", "8192", "--mode", "0640", "--mode=640", "--key", "0x10", "-k", "16",
             "--owner", "root", "--owner", "root")
    assert [(o["size"], o["mode"], o["key"]) for o in world.objects("shm")] == [(8192, "0640", "0x00000010")]
    world.ok("ls", "--json", "--json", "--numeric", "-n", "--bytes", "--bytes", "--format", "json", "--format", "json")
    world.ok("rm", "shm", "--all", "--all", "--yes", "-y")
    assert not world.objects()


def test_expectations_are_combined(world):
    words = ["stress", "sem", "--workload", "churn", "--for", "50ms"]
    r = world.ipcx(*words, "--expect", "errors == 0", "--expect", "p99 > x")
    assert r.rc == 2 and "column 7 of expression 2" in r.err, r.err
    r = world.ipcx(*words, "--expect", "ops < 0", "--expect", "errors == 0")
    assert r.rc == 1 and "not as expected" in r.err, r.err


def test_capabilities_to_drop_are_appended(world):
    """The second list does not restore the capabilities that the first list dropped."""
    r = world.ipcx("ns", "new", "--drop-caps", "cap_chown", "--drop-caps", "cap_net_raw", "grep", "CapEff", "/proc/self/status")
    if "libcap" in r.err:
        pytest.skip("needs libcap")
    assert r.rc == 0, r.err
    caps = int(r.out.split()[1], 16)
    assert not caps & 1 and not caps >> 13 & 1


def test_old_names_take_the_last_as_the_original_does(world):
    world.ok("mk", "shm", "--size", "4096")
    r = world.ipcx("compat", "ipcmk", "-M", "4096", "-p", "0600", "-p", "0640")
    assert r.rc == 0, r.err
    assert sorted(o["mode"] for o in world.objects("shm"))[-1] == "0640"
