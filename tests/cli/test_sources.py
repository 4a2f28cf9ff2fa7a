# SPDX-License-Identifier: GPL-2.0-or-later
"""Two sources, one answer: *_STAT_ANY and /proc/sysvipc agree field by field; and what is still shown if filters refuse calls."""

import contextlib
import errno

import pytest

from conftest import IPCX
from helpers.tools import MAKE, SYSV, background, do, helper, make_all, refs, release
from helpers.wide import NARROW, segment

STAT_ANY = {"shm": "shmctl@1=15", "msg": "msgctl@1=13", "sem": "semctl@2=20"}
CTL = {"shm": "shmctl", "msg": "msgctl", "sem": "semctl"}
CALLS_ONLY = {"msg": {"qbytes", "use_percent"}}  # /proc/sysvipc/msg has no column for them
TEXT_ONLY = {"rss", "swap"}
UIDS = [None, 65534, 1000]


@pytest.fixture
def zoo(world):
    """Objects that vary in every field; one segment stays attached meanwhile."""
    objects = helper("objects")
    mk = {
        "shm": [["--size", "1"], ["--size", "5000", "--mode", "0000"], ["--size", "8K", "--key", "0x80000000"],
                ["--size", "8K", "--key", "0xffffffff", "--mode", "0777"], ["--size", "8K", "--key", "1", "--lock"],
                ["--size", "12K", "--owner", "1000:1000"]],
        "msg": [[], ["--mode", "0000"], ["--key", "0x80000000"], ["--key", "0xffffffff", "--mode", "0777"],
                ["--qbytes", "100"], ["--owner", "4294967294:4294967294"], ["--owner", "1000:1000"]],
        "sem": [["--nsems", "1"], ["--nsems", "250", "--mode", "0000"], ["--nsems", "2", "--key", "0x80000000"],
                ["--nsems", "2", "--key", "0xffffffff", "--mode", "0777"], ["--nsems", "3", "--init", "1,2,3"],
                ["--nsems", "2", "--owner", "4294967294:4294967294"], ["--nsems", "2", "--owner", "1000:1000"]],
    }
    for mech, kinds in mk.items():
        for words in kinds:
            world.ok("mk", mech, *words)
    segment(world, 5 << 30, "--owner", "4294967294:4294967294")
    hole = world.ok("mk", "shm", "--size", "4K")
    dest = world.ok("mk", "shm", "--size", "16K", "--key", "0x777")
    attached = world.ok("mk", "shm", "--size", "16K")
    world.ok("rm", f"shm:{hole}")
    queue = world.ok("mk", "msg")
    assert world.run(objects, "send", queue, 3, 100).rc == 0
    with contextlib.ExitStack() as stack:
        stack.enter_context(background(world, objects, "dest", dest))
        stack.enter_context(background(world, objects, "attach", attached, "3"))
        yield world


def fields_of(dump, mech):
    """All fields that both sources provide and that do not change by themselves."""
    others = {"semncnt", "semzcnt", *({"lpid", "lpid_alive"} if mech == "sem" else ())}
    others |= {"container", "container_uid", "containers", "runtime", "pod", "pod_ns", "systemd_unit"}
    others |= {"user_count", "waiters", "in_use", "in_use_reason", "hugepagesize"}  # from /proc, whatever the source
    return [f["name"] for f in dump["fields"] if mech in f["mechs"] and f["name"] not in {"age", "idle", *TEXT_ONLY, *others}]


def listing(world, mech, fields, launch=(), rc=0, **more):
    """Return the rows of a listing, and its messages."""
    r = world.run(*launch, IPCX, "ls", mech, "--json", "-o", ",".join(fields), **more)
    assert r.rc == rc, r.err
    return r.json["objects"], r.err


def without(rows, fields):
    for row in rows:  # only these are unknown, and fields that neither source has
        assert set(row.get("unknown", ())) <= set(fields) | {"lspid", "lrpid", "cpid", "lpid"}, row
    return [{k: v for k, v in row.items() if k not in fields and k != "unknown"} for row in rows]


@pytest.mark.parametrize("uid", UIDS)
def test_shm_with_and_without_rss(zoo, dump, uid):
    fields = fields_of(dump, "shm")
    calls, err = listing(zoo, "shm", fields, uid=uid)
    assert err == "" and len(calls) == 9
    text, err = listing(zoo, "shm", [*fields, "rss", "swap"], uid=uid)
    assert err == ""
    assert without(text, TEXT_ONLY) == calls
    assert all(isinstance(row["rss"], int) for row in text)
    # the objects cover the cases in which the two could differ
    assert {"dest", "locked", None} == {row["status"] for row in calls}
    assert {0, 1, 3} == {row["nattch"] for row in calls}
    assert {"0x80000000", "0xffffffff", "0x00000000", "0x00000001"} == {row["key"] for row in calls}


def reason(err, lost):
    """A field that the text lacks is unknown, which is reported once."""
    if lost:
        assert err.count("\n") == 1 and "qbytes, use_percent: not in /proc/sysvipc" in err
    else:
        assert err == ""


@pytest.mark.parametrize("uid", UIDS)
@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("forbidden", [[errno.EINVAL], [errno.ENOSYS], ["-o", errno.ENOSYS]], ids=["old", "filter", "hidden"])
def test_without_stat_any(zoo, dump, mech, forbidden, uid):
    """A kernel from before 4.17 (EINVAL), a filter, and one that cannot be seen: only then is the older call not made."""
    fields = fields_of(dump, mech)
    calls, err = listing(zoo, mech, fields, uid=uid)
    assert err == "" and len(calls) >= 7
    text, err = listing(zoo, mech, fields, launch=[helper("seccomp"), *forbidden, STAT_ANY[mech], "--"], uid=uid)
    lost = CALLS_ONLY.get(mech, set())
    whole = uid is None and forbidden[0] != "-o"
    reason(err, lost and not whole)
    assert without(text, lost) == without(calls, lost)
    for row, call in zip(text, calls):
        for f in lost:  # the older call shows only readable objects; the text shows all
            readable = uid is None or row["mode"] == "0777" or row["uid"] == uid == 1000
            assert row[f] == (call[f] if whole or forbidden == [errno.EINVAL] and readable else None), row


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EPERM])
def test_without_any_control_call(zoo, dump, mech, error):
    fields = fields_of(dump, mech)
    calls, _ = listing(zoo, mech, fields)
    text, err = listing(zoo, mech, fields, launch=[helper("seccomp"), error, CTL[mech], "--"])
    lost = CALLS_ONLY.get(mech, set())
    reason(err, lost)
    assert without(text, lost) == without(calls, lost)


@pytest.mark.parametrize("mech", SYSV)
def test_one_object_without_stat_any(zoo, mech):
    """On a kernel without STAT_ANY, an unreadable object is found in the text."""
    closed = next(o for o in zoo.objects(mech) if o["mode"] == "0000")
    for launch in ([], [helper("seccomp"), errno.EINVAL, STAT_ANY[mech], "--"]):
        r = zoo.run(*launch, IPCX, "ls", closed["ref"], "--json", uid=65534)
        assert r.rc == 0, r.err
        for field in ("id", "key", "uid", "cgid", "mode", "ctime"):
            assert r.json["objects"][0][field] == closed[field]


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EPERM])
def test_one_object_without_any_control_call(zoo, mech, error):
    one = zoo.objects(mech)[0]
    r = zoo.run(helper("seccomp"), error, CTL[mech], "--", IPCX, "ls", one["ref"], "--json")
    assert r.rc == 0, r.err
    for field in ("id", "key", "uid", "mode", "ctime"):
        assert r.json["objects"][0][field] == one[field]


@pytest.mark.parametrize("mech", SYSV)
def test_conditions_hold_in_both_sources(zoo, mech):
    where = "mode == 0600 && uid != 0 || key == 0x80000000"
    refs = [o["ref"] for o in zoo.objects(mech, "--where", where)]
    assert len(refs) == 3
    r = zoo.run(helper("seccomp"), errno.EINVAL, STAT_ANY[mech], "--", IPCX, "ls", mech, "--json", "--where", where)
    assert [o["ref"] for o in r.json["objects"]] == refs


@pytest.mark.parametrize("mech", SYSV)
def test_removal_works_from_the_text_too(zoo, mech):
    r = zoo.run(helper("seccomp"), errno.EINVAL, STAT_ANY[mech], "--", IPCX, "rm", mech, "--where", "mode == 0", "--yes")
    assert r.rc == 0, r.err
    assert all(o["mode"] != "0000" for o in zoo.objects(mech))


def test_two_reads_of_the_text_are_one_answer(zoo):
    """If the second read of a text fails, the rows of the first read are not listed a second time from system calls."""
    want = [o["id"] for o in zoo.objects("shm")]
    r = zoo.run("strace", "-qq", "-o", "/dev/null", "-P", "/proc/sysvipc/shm", "-e", "inject=read:error=EIO:when=2+",
                IPCX, "ls", "shm", "--json", "-o", "id,rss", env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert [o["id"] for o in r.json["objects"]] == want
    assert r.err != ""


# ---- filters


FILTERS = [["shmctl"], ["msgctl"], ["semctl"], ["fsopen"], ["openat2"], ["statx"], ["mq_open"], ["mq_getsetattr"],
           ["shmctl", "msgctl", "semctl"], ["fsopen", "fsconfig", "fsmount", "openat2", "statx", "memfd_create", "fchmodat2"],
           ["fstatfs", "statfs"], ["getdents64"], ["shmget", "msgget", "semget"], ["prlimit64"], ["getrandom"], ["msgrcv"]]


@pytest.mark.parametrize("calls", FILTERS, ids="+".join)
@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EPERM])
def test_a_filter_never_hides_objects_silently(world, calls, error):
    if NARROW and error == errno.EPERM and "statx" in calls:
        pytest.skip("the loader of 32-bit programs calls statx(2), and takes no other answer than ENOSYS for its absence")
    made = make_all(world)
    launch = [helper("seccomp"), error, *calls, "--"]
    env = {"ASAN_OPTIONS": "detect_leaks=0"}
    r = world.run(*launch, release(), "ls", "--json", env=env)
    seen = refs(r)
    for mech, ref in made.items():
        assert ref in seen or f"{mech}: " in r.err, (mech, r.err)
    assert r.rc in (0, 4) and seen, (r.rc, r.err)
    for o in r.json["objects"]:
        if None in (o.get("size", 0), o.get("qbytes", 0), o.get("maxmsg", 0)):
            # In 32 bits, only the text has the size of a segment; whether it is that of /proc, fstatfs(2) tells.
            assert o["mech"] in ("msg", "mq") or NARROW and o["mech"] == "shm" and "sysvipc" in r.err
    for ref in made.values():
        r = world.run(*launch, release(), "show", ref, env=env)
        assert (r.rc == 0 and r.out.startswith(ref)) or (r.rc in (1, 4) and r.err.startswith("ipcx: ")), (ref, r.rc, r.err)
    r = world.run(*launch, release(), "limits", "--json", env=env)
    assert r.rc == 0 and all(o["limit"] is None or o["limit"] >= 0 for o in r.json["limits"])


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EPERM])
def test_a_mechanism_that_does_not_exist(world, mech, error):
    """The kernel has neither the mechanism nor its text, which is reported: a listing of this mechanism alone fails, a listing of all does not."""
    other = "sem" if mech != "sem" else "shm"
    world.ok("mk", *MAKE[other])
    do(world, f"mount --bind /dev/null /proc/sysvipc/{mech}")
    launch = [helper("seccomp"), error, f"{mech}ctl", f"{mech}get", "--", IPCX]
    r = world.run(*launch, "ls", mech, "--json")
    assert r.rc == 1 and r.json["objects"] == [] and r.json["errors"] and f"{mech}: " in r.err
    r = world.run(*launch, "ls", "--json")
    assert r.rc == 0 and refs(r) == {f"{other}:0"} and f"{mech}: " in r.err
    r = world.run(*launch, "mk", *MAKE[mech])
    assert r.rc == 1 and r.err.startswith(f"ipcx: {mech}: cannot make") and r.out == ""
    assert world.run(*launch, "limits").rc == 0


def test_modes_are_set_without_the_newer_call(world):
    world.ok("mk", "pshm", "/a", "--size", "1", "--mode", "0000")
    for error, mode in ((errno.ENOSYS, "0640"), (errno.EPERM, "0604"), (errno.EINVAL, "0222")):
        r = world.run(helper("seccomp"), error, "fchmodat2", "--", IPCX, "set", "pshm:/a", "--mode", mode)
        assert (r.rc, r.err) == (0, "")
        assert world.objects("pshm")[0]["mode"] == mode


def test_peeking_without_msg_copy_takes_nothing(world):
    queue = world.ok("mk", "msg")
    assert world.run(helper("objects"), "send", queue, 2, 10).rc == 0
    r = world.run(helper("seccomp"), errno.ENOSYS, "msgrcv", "--", IPCX, "show", f"msg:{queue}", "--json")
    assert r.rc == 0 and r.json["objects"][0]["messages" if "messages" in r.json["objects"][0] else "contents"] is None
    assert "MSG_COPY" in r.err and world.objects("msg")[0]["qnum"] == 2
