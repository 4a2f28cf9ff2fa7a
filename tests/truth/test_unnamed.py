# SPDX-License-Identifier: GPL-2.0-or-later
"""If a process has no PID in our PID namespace, lists, conditions and removals all treat it as unknown, and JSON gives the right reason."""

import os

import pytest

IPCX = os.environ["IPCX"]
NO_NUMBER = "processes outside of this PID namespace have no PID here"
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"}
PIDS = [("shm", "cpid"), ("msg", "lspid"), ("sem", "lpid")]


def inside(world, *words, **more):
    """Run ipcx in a separate PID namespace, as in a container that shares the IPC namespace."""
    return world.run("unshare", "--pid", "--fork", "--mount-proc", IPCX, *words, **more)


@pytest.fixture
def used(world):
    world.ok("mk", "shm", "--size", "4096")
    world.ok("mk", "msg")
    world.ok("msg", "send", "msg:0", input=b"x")
    world.ok("mk", "sem", "--nsems", "2")
    world.ok("sem", "post", "sem:0")
    return world


@pytest.mark.parametrize("mech, field", PIDS)
def test_an_unknown_process_is_not_none(used, mech, field):
    assert inside(used, "ls", mech, "-q", "--where", f"unknown({field})").lines == [f"{mech}:0"]
    for where in (f"{field} == null", f"{field} != null", f"{field} == 0"):
        r = inside(used, "ls", mech, "-q", "--where", where)
        assert r.out == "" and r.err == f"ipcx: note: {NO_NUMBER}\n", r
    r = inside(used, "ls", mech, "--json", "-o", f"ref,{field}", "--where", f"{field} == null", "--fail")
    assert r.rc == 4 and [e["message"] for e in r.json["errors"]] == [NO_NUMBER], r


@pytest.mark.parametrize("mech, field", PIDS)
def test_nothing_is_removed_because_of_an_unknown_process(used, mech, field):
    r = inside(used, "rm", mech, "--yes", "--where", f"{field} == null", "--json")
    assert r.rc == 4 and r.json["objects"] == [] and [e["message"] for e in r.json["errors"]] == [NO_NUMBER], r
    assert [o["ref"] for o in used.objects(mech)] == [f"{mech}:0"]
    assert inside(used, "rm", mech, "--yes", "--where", f"unknown({field})").rc in (0, 4)
    assert used.objects(mech) == []


@pytest.mark.parametrize("how", ["set", "operated"])
def test_sempid_0_is_unknown_if_the_array_was_used(world, how):
    """The kernel reports 0 for an unused semaphore as well as for one used by a process without a PID here."""
    world.ok("mk", "sem", "--nsems", "2", *(["--init", "1"] if how == "set" else []))
    if how == "operated":
        world.ok("sem", "post", "sem:0")
    r = inside(world, "show", "sem:0", "--json")
    rows = r.json["objects"][0]["semaphores"]
    assert [(row["sempid"], row["unknown"]) for row in rows] == [(None, ["sempid"])] * 2, rows
    assert [e["message"] for e in r.json["errors"]] == [NO_NUMBER]
    r = inside(world, "ls", "sem", "--json", "-o", "lpid,lpid_alive")
    assert r.json["objects"] == [{"lpid": None, "lpid_alive": None, "unknown": ["lpid", "lpid_alive"]}]


def test_nothing_is_unknown_about_an_unused_array(world):
    world.ok("mk", "sem", "--nsems", "2")
    r = inside(world, "show", "sem:0", "--json")
    assert r.json["errors"] == [] and [row["sempid"] for row in r.json["objects"][0]["semaphores"]] == [None] * 2 and "unknown" not in r.out
    assert inside(world, "ls", "sem", "--json", "-o", "lpid,lpid_alive").json["objects"] == [{"lpid": None, "lpid_alive": None}]


DEFAULTS = [("ls", "msg"), ("show", "msg:0"), ("ns", "ls")]


@pytest.mark.parametrize("words", DEFAULTS, ids=" ".join)
def test_a_default_field_that_is_unknown_has_a_reason(used, words):
    """JSON has the reason; a table prints it only with -v, since the field was not requested."""
    r = inside(used, *words, "--json")
    rows = next(v for k, v in r.json.items() if isinstance(v, list) and k != "errors")
    assert any("unknown" in row for row in rows) and r.json["errors"] and r.err == "", r
    assert r.json["errors"][0]["message"] in inside(used, *words, "--json", "-v").err
    if words[0] == "ls":
        assert inside(used, *words).err == ""


@pytest.mark.parametrize("mech", ["pshm", "psem"])
def test_an_unknown_named_field_is_reported(world, mech):
    world.ok("mk", mech, "/x", *(["--size", "4096"] if mech == "pshm" else []))
    for words in (("ls", mech), ("show", f"{mech}:/x")):
        r = world.ipcx(*words, "--json")
        assert r.json["errors"] == [] and "idle" not in r.json["objects"][0] and "unknown" not in r.json["objects"][0], r
        r = world.ipcx(*words, "--json", "-o", "idle")
        row = r.json["objects"][0]
        assert row["idle"] is None and row["unknown"] == ["idle"] and len(r.json["errors"]) == 1 and len(r.err.splitlines()) == 1, r


@pytest.mark.parametrize("call, ref", [("semctl", "sem:0"), ("msgrcv", "msg:0")])
def test_unreadable_contents_are_unknown(used, call, ref):
    r = used.run("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:error=EIO:when=2+" if call == "semctl" else f"inject={call}:error=EIO",
                 IPCX, "show", ref, "--json", env=NO_LEAKS)
    row = r.json["objects"][0]
    assert row["contents"] is None and "contents" in row["unknown"], row
    e = next(e for e in r.json["errors"] if e["ref"] == ref)
    assert e["kind"] == "incomplete" and "Input/output error" in e["message"] and e["message"] != "Input/output error", e
    r = used.ipcx("show", ref, "--json", uid=1234)
    assert r.json["objects"][0]["unknown"] == ["contents"] and [e["kind"] for e in r.json["errors"]] == ["incomplete"], r


def test_a_failing_proc_is_not_reported_as_unmounted(world):
    def failing(*words):
        return world.run("strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fstatfs:error=EIO", IPCX, *words, env=NO_LEAKS)

    for words in (("ns", "ls"), ("limits", "mqueue_queues_max"), ("ls", "--ns", "all")):
        r = failing(*words)
        assert "Input/output error" in r.err and "not mounted" not in r.err and "No such file" not in r.err, (words, r)


def test_the_note_names_what_fills_dev_shm(world):
    world.ok("mk", "pshm", "/p", "--size", "4096")
    world.sh("mkdir /dev/shm/d; head -c 3M /dev/zero >/dev/shm/d/x")
    e = world.ipcx("ls", "pshm", "--json").json["errors"][-1]
    assert e["error"] is None and e["message"].startswith("3M more is in use")
    device = world.ipcx("ls", "pshm", "--json", "-o", "shm_device", "--ns", "all").json["objects"][0]["shm_device"]
    assert f"/dev/shm: shm_device {device}: 3M more is in use" in world.ipcx("ls", "pshm", "--ns", "all").err


def test_a_named_mechanism_read_in_part_is_not_a_success(world):
    world.ok("mk", "pshm", "/p", "--size", "4096")
    for words, rc in ((("pshm",), 4), ((), 0)):
        r = world.run("strace", "-f", "-qq", "-o", "/dev/null", "-P", "/dev/shm", "-e", "inject=getdents64:error=EIO:when=2", IPCX, "ls", *words, env=NO_LEAKS)
        assert r.rc == rc and "Input/output error" in r.err, (words, r)
