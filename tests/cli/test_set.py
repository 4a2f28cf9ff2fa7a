# SPDX-License-Identifier: GPL-2.0-or-later
"""set: the named attributes are changed, as the kernel confirms, and nothing else; impossible changes are refused first."""

import pytest

from conftest import IPCX
from helpers.real import MECHS, MISSING, kernel, mount_queues
from helpers.tools import MAKE, POSIX, SYSV, background, helper, make_all

CHANGES = {  # options, and the expected fields afterwards
    "shm": [(["--mode", "0640"], {"mode": "0640"}), (["--owner", "5:6"], {"uid": 5, "gid": 6}), (["--lock"], {"locked": True}), (["--unlock"], {"locked": False})],
    "msg": [(["--mode", "0640"], {"mode": "0640"}), (["--owner", "5:6"], {"uid": 5, "gid": 6}), (["--qbytes", "100"], {"qbytes": 100})],
    "sem": [(["--mode", "0640"], {"mode": "0640"}), (["--owner", "5:6"], {"uid": 5, "gid": 6})],
    "mq": [(["--mode", "0640"], {"mode": "0640"}), (["--owner", "5:6"], {"uid": 5, "gid": 6})],
    "pshm": [(["--mode", "0640"], {"mode": "0640"}), (["--owner", "5:6"], {"uid": 5, "gid": 6}), (["--size", "8K"], {"size": 8192}), (["--size", "0"], {"size": 0})],
    "psem": [(["--mode", "0640"], {"mode": "0640"}), (["--owner", "5:6"], {"uid": 5, "gid": 6})],
}
CELLS = [(mech, *change) for mech, changes in CHANGES.items() for change in changes]
MOVING = {"age", "idle", "ctime", "allocated", "status", "locked", "owner", "group", "mtime", "atime"}


def only(world, mech):
    return world.objects(mech)[0]


@pytest.mark.parametrize("mech,options,want", CELLS, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_named_attributes_are_changed_and_nothing_else(world, mech, options, want):
    refs = make_all(world)
    before = {o["ref"]: o for o in world.objects()}
    assert world.ok("set", refs[mech], *options) == ""
    after = {o["ref"]: o for o in world.objects()}
    for ref, row in after.items():
        new = want if ref == refs[mech] else {}
        assert {k: v for k, v in row.items() if k not in MOVING - set(new)} == \
            {k: new.get(k, v) for k, v in before[ref].items() if k not in MOVING - set(new)}
    assert world.ok("set", refs[mech], *options) == "", "once more changes nothing and is no error"


def test_the_kernel_confirms_the_change(world):
    refs = make_all(world)
    for ref in refs.values():
        world.ok("set", ref, "--mode", "0604", "--owner", "5:6")
    for mech in SYSV:
        says = kernel(world, f"import json; print(json.dumps({mech}_stat(0)))")
        assert (says["mode"], says["uid"], says["gid"], says["cuid"]) == (0o604, 5, 6, 0)
    assert world.sh("stat -c '%a %u %g' /dev/shm/x /dev/shm/sem.x").out == "604 5 6\n" * 2


def test_several_changes_of_several_objects_at_once(world):
    make_all(world)
    r = world.ipcx("set", "shm:0", "sem", "0", "mq:/x", "--mode", "0666", "--owner", ":6", "--json")
    assert [(o["ref"], o["mode"], o["uid"], o["gid"]) for o in r.json["objects"]] == [(ref, "0666", 0, 6) for ref in ("shm:0", "sem:0", "mq:/x")]
    lines = world.ok("set", "shm:0", "sem:0", "--mode", "0600", "--verbose").splitlines()
    assert lines[0].split()[0] == "REF" and [line.split()[0] for line in lines[1:]] == ["shm:0", "sem:0"]


@pytest.mark.parametrize("mech", MECHS)
def test_other_attributes_are_kept(world, mech):
    """The owner stays when the mode is set, and vice versa."""
    ref = make_all(world)[mech]
    world.ok("set", ref, "--owner", "5:6")
    world.ok("set", ref, "--mode", "0640")
    world.ok("set", ref, "--owner", "7")
    world.ok("set", ref, "--owner", ":8")
    row = only(world, mech)
    assert (row["mode"], row["uid"], row["gid"]) == ("0640", 7, 8)
    assert row["size" if "size" in row else "mode"] in (4096, "0640")


def test_setting_the_owner_clears_no_mode_bit(world):
    """chown(2) of a file may clear bits of its mode."""
    for mech, ref in make_all(world).items():
        world.ok("set", ref, "--mode", "0777", "--owner", "5:6")
        world.ok("set", ref, "--owner", "7:8")
        assert only(world, mech)["mode"] == "0777", mech


# ---- refusals


KNOWS = {"--mode=0644": set(MECHS), "--owner=5": set(MECHS), "--qbytes=100": {"msg"}, "--size=8K": {"pshm"}, "--lock": {"shm"}, "--unlock": {"shm"}}


@pytest.mark.parametrize("option", KNOWS)
def test_an_option_that_one_mechanism_lacks_changes_nothing(world, option):
    refs = make_all(world)
    before = world.steady()
    for mech in sorted(set(MECHS) - KNOWS[option]):
        for one in KNOWS[option]:
            for order in ([refs[one], refs[mech]], [refs[mech], refs[one]]):
                r = world.ipcx("set", *order, option, "--mode", "0600")
                assert (r.rc, r.out) == (2, "") and r.err.startswith(f"ipcx: {refs[mech]}: "), (order, r.err)
                assert option.strip("-").split("=")[0] in r.err
    assert world.steady() == before


@pytest.mark.parametrize("words", [["shm:0"], ["shm:0", "-v"], ["shm:0", "--json"], [], ["--mode", "0644"], ["shm", "--mode", "0644"], ["all", "--mode", "0644"],
                                   ["shm:0", "sem", "--mode", "0644"], ["shm:0", "--lock", "--unlock"], ["shm:0", "--mode", "888"], ["shm:0", "--mode", "1777"],
                                   ["shm:0", "--mode", ""], ["shm:0", "--owner", ""], ["shm:0", "--owner", ":"], ["shm:0", "--owner", "nobody-of-this-name"],
                                   ["shm:0", "--owner", "4294967295"], ["shm:0", "--owner", ":4294967295"], ["shm:0", "--owner=-1"], ["msg:0", "--qbytes", "x"],
                                   ["msg:0", "--qbytes=-1"], ["pshm:/x", "--size", "5x"], ["pshm:/x", "--size=-1"], ["pshm:/x", "--size", "18446744073709551616"],
                                   ["0", "--mode", "0644"], ["shm:x", "--mode", "0644"], ["shm:0", "--where", "size >", "--mode", "0644"], ["shm:0", "--where", "qnum > 0", "--mode", "0644"],
                                   ["shm", "--where", "size > 0"], ["shm", "msg", "--where", "id >= 0", "--size", "1"]], ids=" ".join)
def test_wrong_usage_changes_nothing(world, words):
    make_all(world)
    before = world.steady()
    r = world.ipcx("set", *words)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ")
    assert world.steady() == before


def test_the_largest_ids_of_users(world):
    """L11: 4294967294 is a valid uid, 4294967295 is not."""
    for mech, ref in make_all(world).items():
        assert world.ok("set", ref, "--owner", "4294967294:4294967294") == ""
        assert (only(world, mech)["uid"], only(world, mech)["gid"]) == (2 ** 32 - 2, 2 ** 32 - 2)


def test_missing_objects(world):
    make_all(world)
    r = world.ipcx("set", *MISSING.values(), "--mode", "0644")
    assert r.rc == 3 and r.err.count("no such") == len(MISSING)
    r = world.ipcx("set", "shm:77777", "shm:0", "--mode", "0644", "--json")
    assert r.rc == 4 and [o["ref"] for o in r.json["objects"]] == ["shm:0"] and [e["ref"] for e in r.json["errors"]] == ["shm:77777"]


# ---- permissions


@pytest.mark.parametrize("mech,options,want", CELLS, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_other_users_may_not_change_an_object(world, mech, options, want):
    mount_queues(world)
    ref = f"{mech}:" + world.ok("mk", *MAKE[mech], "--mode", "0644")
    before = {k: v for k, v in only(world, mech).items() if k not in ("age", "idle")}
    r = world.ipcx("set", ref, *options, uid=1000)
    assert (r.rc, r.out) == (1, "") and r.err.count("\n") == 1
    assert r.err.startswith(f"ipcx: {ref}: cannot change: not permitted"), r.err
    assert {k: v for k, v in only(world, mech).items() if k not in ("age", "idle")} == before
    assert want


@pytest.mark.parametrize("mech", MECHS)
def test_the_owner_may_change_an_object(world, mech):
    mount_queues(world)
    ref = f"{mech}:" + world.ok("mk", *MAKE[mech], uid=1000)
    for mode in ("0000", "0640"):  # also of objects that may not be opened
        r = world.ipcx("set", ref, "--mode", mode, uid=1000)
        assert (r.rc, r.out) == (0, "") and only(world, mech)["mode"] == mode
        assert r.err == "" or (mech == "mq" and "mounted queues" in r.err), r.err
    r = world.ipcx("set", ref, "--owner", "1001", uid=1000)
    assert r.rc == (0 if mech in SYSV else 1), "System V lets one give away what is one's own, files do not"
    assert r.rc == 0 or "CAP_CHOWN" in r.err
    assert only(world, mech)["uid"] == (1001 if mech in SYSV else 1000)


def test_the_creator_may_change_an_object_after_giving_it_away(world):
    for mech in SYSV:
        ref = f"{mech}:" + world.ok("mk", *MAKE[mech], "--owner", "1001:1001", uid=1000)
        for uid in (1000, 1001):
            assert world.ok("set", ref, "--mode", "0640", uid=uid) == ""
        assert world.ipcx("set", ref, "--mode", "0600", uid=1002).rc == 1


# ---- queues


def test_more_bytes_than_msgmnb_need_a_capability(world):
    """L9."""
    world.sysctl("kernel.msgmnb", "1000")
    msg = world.ok("mk", "msg", "--mode", "0666")
    r = world.ipcx("set", f"msg:{msg}", "--qbytes", "1001", caps="-sys_resource")
    assert (r.rc, r.out) == (1, "") and "msgmnb" in r.err and "CAP_SYS_RESOURCE" in r.err and r.err.startswith(f"ipcx: msg:{msg}: cannot change: ")
    assert only(world, "msg")["qbytes"] == 1000
    assert world.ipcx("set", f"msg:{msg}", "--qbytes", "1000", caps="-sys_resource").rc == 0
    mine = world.ok("mk", "msg", uid=1000)
    r = world.ipcx("set", f"msg:{mine}", "--qbytes", "1001", uid=1000)
    assert r.rc == 1 and "CAP_SYS_RESOURCE" in r.err
    assert world.ipcx("set", f"msg:{mine}", "--qbytes", "999", uid=1000).rc == 0
    r = world.ipcx("mk", "msg", "--qbytes", "1001", caps="-sys_resource")
    assert (r.rc, r.out) == (1, "") and "msgmnb" in r.err and "CAP_SYS_RESOURCE" in r.err and len(world.objects("msg")) == 2


def test_fewer_bytes_than_in_use(world):
    """L9: qbytes may be set below the bytes in use, and no message is lost."""
    msg = int(world.ok("mk", "msg"))
    kernel(world, "msgsnd(args[0], 1, b'x' * 500)", msg)
    assert world.ok("set", f"msg:{msg}", "--qbytes", "10") == ""
    row = only(world, "msg")
    assert (row["qbytes"], row["cbytes"], row["qnum"], row["use_percent"]) == (10, 500, 1, 5000)


def test_sizes_with_a_suffix(world):
    world.ok("mk", "msg")
    for text, size in (("4K", 4096), ("1.5k", 1536), ("1KB", 1000), ("0x100", 256), ("7", 7)):
        world.ok("set", "msg:0", "--qbytes", text)
        assert only(world, "msg")["qbytes"] == size


# ---- memory


def test_shrinking_and_growing(world):
    world.ok("mk", "pshm", "/p", "--from", "-", input=b"0123456789")
    world.ok("set", "pshm:/p", "--size", "4")
    assert world.run("cat", "/dev/shm/p").stdout == b"0123"
    world.ok("set", "pshm:/p", "--size", "6")
    assert world.run("cat", "/dev/shm/p").stdout == b"0123\0\0"
    world.ok("set", "pshm:/p", "--size", "5G")
    assert (only(world, "pshm")["size"], only(world, "pshm")["allocated"]) == (5 * 2 ** 30, 4096)
    r = world.ipcx("set", "pshm:/p", "--size", "18446744073709551615")
    assert r.rc in (1, 2) and r.out == "" and "pshm:/p" in r.err and only(world, "pshm")["size"] == 5 * 2 ** 30


def test_locking_beyond_the_limit(world):
    world.ok("mk", "shm", "--size", "8M", uid=1000)
    for limit in ("0", "4096"):
        r = world.run("prlimit", f"--memlock={limit}", "setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", IPCX, "set", "shm:0", "--lock")
        assert (r.rc, r.out) == (1, "") and "RLIMIT_MEMLOCK" in r.err and r.err.startswith("ipcx: shm:0: cannot change: "), r.err
        assert only(world, "shm")["locked"] is False


def test_a_segment_marked_for_destruction_can_still_be_changed(world):
    shm = world.ok("mk", "shm", "--size", "4K")
    with background(world, helper("objects"), "dest", shm):
        assert world.ok("set", f"shm:{shm}", "--mode", "0640") == ""
        assert (only(world, "shm")["mode"], only(world, "shm")["dest"]) == ("0640", True)


@pytest.mark.parametrize("mech", POSIX)
def test_other_files_are_not_changed(world, mech):
    assert world.sh("mkdir /dev/shm/d /dev/shm/sem.d; chmod 700 /dev/shm/d /dev/shm/sem.d; ln -s /etc/passwd /dev/shm/l; ln -s /etc/passwd /dev/shm/sem.l").rc == 0
    before = world.sh("stat -c '%a %u' /dev/shm/* /etc/passwd").out
    for name in ("/d", "/l", "/sem.d"):
        r = world.ipcx("set", f"{mech}:{name}", "--mode", "0777", "--owner", "5")
        assert (r.rc, r.out) == (3, "")
    assert world.sh("stat -c '%a %u' /dev/shm/* /etc/passwd").out == before
