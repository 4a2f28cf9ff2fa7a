# SPDX-License-Identifier: GPL-2.0-or-later
"""A dry run predicts the real run: the same objects, the same messages and the same status, whatever the obstacle is: another user, missing capabilities,
directories and mounts, limits, other user namespaces."""

import json
import os

import pytest

from conftest import HERE, IPCX
from helpers.real import kernel, on_terminal
from helpers.tools import background, do, mqworld, need, trace  # pylint: disable=unused-import

USER = 1234

with open(os.path.join(HERE, "rights.py"), encoding="utf-8") as source:
    ACT = source.read()

# Objects of root and of the user.
REFS = [f"{m}:{n}" for m in ("shm", "msg", "sem") for n in range(3)] + [f"{m}:/{n}" for m in ("mq", "pshm", "psem") for n in ("root", "user")]
SHM, MSG, PSHM = (["set", *(r for r in REFS if r.startswith(m))] for m in ("shm:", "msg:", "pshm:"))

RM = [["rm", "all", "--all", "--yes"], ["rm", *REFS], ["rm", "shm", "--unused", "--yes"]]
OWN = [["set", *REFS, *words] for words in (
    ["--mode", "0640"], ["--owner", str(USER)], ["--owner", "root"], ["--owner", f":{USER}"], ["--owner", ":root"], ["--owner", "70000"],
    ["--owner", f"{USER}:{USER}", "--mode", "0666"], ["--owner", "70000:70000", "--mode", "0600"])]
ONE = [[*SHM, "--lock"], [*SHM, "--unlock"], [*SHM, "--owner", "root", "--lock"], ["set", "shm", "--where", "size > 0", "--mode", "0600", "--lock"],
       [*MSG, "--qbytes", "100"], [*MSG, "--qbytes", "1M"], [*MSG, "--qbytes", "4G"], [*PSHM, "--size", "100"], [*PSHM, "--size", "8E"],
       [*PSHM, "--size", "1T", "--mode", "0600"], [*PSHM, "--size", "100", "--owner", "root"]]


def acts(world, *way, deeds=(*OWN, *ONE, *RM), before="", undo=""):
    return kernel(world, ACT, json.dumps({"way": way, "deeds": deeds, "before": before, "undo": undo, "user": USER, "ipcx": IPCX}), timeout=120)


def promised(*args, **more):
    """Check that each dry run predicted its real run. Return all references acted on, and all messages."""
    acted, messages = set(), []
    for words, dry, deed in acts(*args, **more):
        assert dry == deed, words
        acted |= set(deed["refs"])
        messages += [e["message"] for e in deed["errors"]]
    return acted, messages


def user(*way):
    need("setpriv")
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *way]


def without(*caps):
    need("setpriv")
    drop = ",".join(f"-{c}" for c in caps)
    return ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}"]


def limited(flag, value):
    return ["sh", "-c", f'ulimit -{flag} {value} && exec "$0" "$@"']


# Who runs the command and how, the obstacle, and what is refused because of the obstacle.
BIND = ("mount -o remount,bind,ro /dev/shm", "mount -o remount,bind,rw /dev/shm")
DISK = ("mount -o remount,ro /dev/shm", "mount -o remount,rw /dev/shm")
STAGES = {
    "root": ([], "", "", "must be below 2 GiB"),
    "a user": (user(), "", "", "you are uid 1234, the owner is uid 0"),
    "a group of his": (["setpriv", "--reuid=0", f"--regid={USER}", "--clear-groups", *without("chown", "fowner")[1:]], "", "", "needs CAP_CHOWN"),
    "no capabilities": (without("all"), "", "", "needs CAP_FOWNER"),
    "no sys_admin": (without("sys_admin"), "", "", "needs CAP_SYS_ADMIN"),
    "no fowner": (without("fowner"), "", "", "needs CAP_FOWNER"),
    "no chown": (without("chown"), "", "", "needs CAP_CHOWN"),
    "no dac_override": (without("dac_override", "dac_read_search"), "", "", "must be below 2 GiB"),
    "no sys_resource": (without("sys_resource"), "", "", "needs CAP_SYS_RESOURCE"),
    "no ipc_lock": ([*without("ipc_lock"), *limited("l", 0)], "", "", "RLIMIT_MEMLOCK above 0"),
    "no lock of his": (user(*limited("l", 0)), "", "", "RLIMIT_MEMLOCK above 0"),
    "a small lock": (user(*limited("l", 50)), "", "", "would exceed RLIMIT_MEMLOCK"),
    "two locks": ([*without("ipc_lock"), *limited("l", 100)], "", "", "would exceed RLIMIT_MEMLOCK"),
    "short files": (limited("f", 1), "", "", "larger than RLIMIT_FSIZE"),
    "a read-only mount": ([], *BIND, "Read-only file system"),
    "a read-only mount, a user": (user(), *BIND, "Read-only file system"),
    "a read-only file system": ([], *DISK, "/dev/shm is mounted read-only"),
    "no sticky bit": (user(), "chmod 0777 /dev/shm", "chmod 1777 /dev/shm", "not permitted"),
    "a directory of root's": (user(), "chmod 0755 /dev/shm", "chmod 1777 /dev/shm", "not permitted"),
    "a directory of the user's": (user(), f"chown {USER} /dev/shm", "chown root /dev/shm", "not permitted"),
    "a user namespace": (user("unshare", "--user", "--map-root-user"), "", "", "not permitted"),
    "a user namespace of root's": (["unshare", "--user", "--map-root-user"], "", "", "not permitted"),
}


@pytest.mark.parametrize("name", STAGES)
def test_a_dry_run_predicts_the_real_run(world, name):
    """Every command on objects of root and of the user, with each of these obstacles."""
    way, before, undo, says = STAGES[name]
    acted, messages = promised(world, *way, before=before, undo=undo)
    assert any(says in m for m in messages), set(messages)
    assert acted


def test_a_user_without_a_mapping_gets_no_prediction(world):
    """Without a mapping, own and foreign objects look alike: this is reported, and the status is that of an incomplete result."""
    for words, dry, deed in acts(world, *user("unshare", "--user"), deeds=[["rm", "shm", "--all", "--yes"], ["rm", "posix", "--all", "--yes"]]):
        assert set(deed["refs"]) < set(dry["refs"]) and dry["status"] == deed["status"] == 4, words
        assert "cannot determine whether all of these may be removed" in dry["text"]


QUEUES = ["mq:/root", "mq:/user"]
DEEDS = [["rm", "mq", "--all", "--yes"], ["rm", *QUEUES], ["set", *QUEUES, "--mode", "0644"], ["set", *QUEUES, "--owner", "root"]]
MOUNT = "mount -t mqueue none /dev/mqueue"


@pytest.mark.parametrize("way, before, says", [
    (user(), MOUNT, "you are uid 1234"), (without("all"), MOUNT, "needs CAP_FOWNER"), ([], MOUNT + "; mount -o remount,bind,ro /dev/mqueue", "Read-only file system"),
    (user(), MOUNT + "; mount -o remount,bind,ro /dev/mqueue", "Read-only file system"), (user(), "", "you are uid 1234"),
    (user(), MOUNT + "; chmod 0755 /dev/mqueue", "may not be"), (user(), MOUNT + "; umount /dev/mqueue", "you are uid 1234")],
    ids=["a user", "no capabilities", "read-only", "read-only, a user", "not mounted", "a directory of root's", "not any more"])
def test_queues_in_their_directory(mqworld, way, before, says):
    acted, messages = promised(mqworld, *way, deeds=DEEDS, before=before, undo="! umount /dev/mqueue 2>/dev/null || chmod 1777 /dev/mqueue")
    assert any(says in m for m in messages) or says == "may not be", set(messages)
    assert acted or "ro " in before


@pytest.mark.parametrize("hidden", ["chattr +i /dev/shm/root", "chattr +a /dev/shm/root /dev/shm/sem.user", "chattr +i /dev/shm", "chattr +a /dev/shm",
                                    "mount --bind /dev/shm/user /dev/shm/root"])
def test_obstacles_that_only_the_file_shows(world, hidden):
    """Immutable files and directories, and a file that is a mount point."""
    need("chattr")
    if world.sh("touch /dev/shm/x && chattr +i /dev/shm/x && ! rm /dev/shm/x 2>/dev/null && chattr -i /dev/shm/x && rm /dev/shm/x").rc:
        pytest.skip("the tmpfs of this kernel has no such attributes")
    acted, messages = promised(world, deeds=[*OWN, *ONE, *RM], before=hidden, undo="umount /dev/shm/root 2>/dev/null || true; chattr -i -a /dev/shm /dev/shm/* 2>/dev/null || true")
    assert acted and any("cannot remove" in m for m in messages)


def agree(world, *words, **run):
    """Check that a dry run predicts its real run, whichever namespace the command is run from; return the result of the real run."""
    dry, deed = (world.ipcx(*words, *more, "--json", **run) for more in (["--dry-run"], []))
    told = [([o["ref"] for o in r.json["objects"]] if r.out else None, r.json["errors"] if r.out else None, r.err, r.rc) for r in (dry, deed)]
    assert told[0] == told[1], words
    return deed


@pytest.mark.parametrize("who", [{"uid": USER}, {}, {"uid": 4321}, {"caps": "-sys_admin"}, {"caps": "-fowner"}], ids=str)
def test_permissions_are_those_in_the_namespace(world, who):
    """In namespaces that belong to a user's user namespace, a process that enters acts as root of that user namespace, and only there."""
    file = os.path.join(world.dir, "pid")
    do(world, f"touch {file}; chmod 0666 {file}")
    script = f"mount -t tmpfs -o mode=1777 none /dev/shm; echo $$ >{file}; echo ready; read end"
    with background(world, *user("unshare", "--user", "--map-root-user", "--ipc", "--mount", "sh", "-c", script)):
        with open(file, encoding="ascii") as f:
            there = ["--ns", f.read().strip()]
        for words in (["shm", "--size", "1"], ["msg"], ["sem", "--nsems", "1"], ["mq", "/x"], ["pshm", "/x", "--size", "1"], ["psem", "/x"]):
            world.ok("mk", *there, *words, uid=USER)
        named = ["shm:0", "msg:0", "sem:0", "mq:/x", "pshm:/x", "psem:/x"]
        for words in (["set", *named, "--mode", "0640"], ["set", *named, "--owner", str(USER)], ["set", *named, "--owner", "4321"], ["set", "shm:0", "--lock"],
                      ["rm", "mq:/x", "shm", "0"], ["rm", "all", "--all"]):
            deed = agree(world, *words, *there, **who)
            assert deed.rc == 0 or deed.err


def test_the_question_counts_what_may_be_removed(world):
    """The question lists and counts what will be removed and says how many objects will not be; the reasons follow after the removal, as without a question."""
    do(world, "for n in 1 2 3; do $IPCX mk shm --size 1M; done; $IPCX set shm:0 --owner 1234")
    status, text = on_terminal(world, "rm", "shm", "--all", answer="n", uid=USER, env={"NO_COLOR": "1"})
    lines = [line.split()[0] for line in text.splitlines()]
    assert status == 1 and lines[:4] == ["REF", "shm:0", "1", "ipcx:"] and "1 object, 1M\n" in text
    assert "remove 1 shm (2 more may not be removed: not permitted) from ipc:" in text and "? [y/N] " in text
    status, text = on_terminal(world, "rm", "shm", "--all", answer="y", uid=USER)
    assert status == 4 and text.count("cannot remove: not permitted: you are uid 1234") == 2
    assert [o["ref"] for o in world.objects("shm")] == ["shm:1", "shm:2"]
    status, text = on_terminal(world, "rm", "shm", "--all", answer="y", uid=USER)
    assert status == 1 and "[y/N]" not in text and text.count("cannot remove") == 2
    do(world, "$IPCX mk pshm /a --size 1; $IPCX mk pshm /b --size 1; mount -o remount,ro /dev/shm")
    status, text = on_terminal(world, "rm", "shm", "posix", "--all", answer="n")
    assert status == 1 and "remove 2 shm (2 more cannot be removed) from" in text


def test_a_number_that_would_be_truncated_is_refused(world):
    """msgctl(2) takes only 31 bits of qbytes: once, 4G was taken for 0."""
    world.ok("mk", "msg")
    for words in (["set", "msg:0", "--qbytes", "4G"], ["set", "msg:0", "--qbytes", "4G", "--dry-run"], ["mk", "msg", "--qbytes", "4G"]):
        r = world.ipcx(*words)
        assert r.rc == 1 and "below 2 GiB" in r.err, words
    assert [o["qbytes"] > 0 for o in world.objects("msg")] == [True]


@pytest.mark.parametrize("mech, make", [("shm", ["--size", "1"]), ("sem", ["--nsems", "1"]), ("pshm", ["--size", "1"]), ("psem", [])])
def test_a_dry_run_makes_few_calls(world, mech, make):
    """A directory is checked once, whatever it contains; the caller's own objects need no check, and a file needs a single call."""
    posix, n = mech.startswith("p"), 7
    for i in range(n):
        world.ok("mk", mech, *([f"/{i}"] if posix else []), *make)
    asked, looked = (trace(world, "rm", mech, *which, "--dry-run", "-o", "ref", "--format", "raw")[1] for which in (["--all"], ["--where", "uid == 77"]))
    names = [c.name for c in asked]
    assert len(asked) <= len(looked) + (n + 8 if posix else 0) + 6, (len(asked), len(looked), sorted(names))
    assert names.count("faccessat2") <= posix and names.count("statx") <= posix * (n + 1)
