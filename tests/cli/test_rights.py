# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may do what: ordinary users, a root without some capabilities, user namespaces, set-user-ID copies. Looking works
for everybody; what is refused names what is missing."""

import json
import os

import pytest

from conftest import IPCX
from helpers.tools import MAKE, POSIX, SYSV, background, helper, make_all, need, release

USERS = [1000, 65534]


def refs(r):
    return {o["ref"] for o in r.json["objects"]}


def without(world, caps, *words, **more):
    """Run ipcx as root without these capabilities."""
    need("setpriv")
    drop = ",".join(f"-{c}" for c in caps)
    return world.run("setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}", IPCX, *words, **more)


@pytest.fixture
def roots(world):
    """Objects of root's that nobody else may open, and an array somebody waits for."""
    made = make_all(world)
    for ref in made.values():
        world.ok("set", ref, "--mode", "0600")
    return world, made


# ---- ordinary users


@pytest.mark.parametrize("uid", USERS)
def test_everything_is_listed_for_everybody(roots, uid):
    world, made = roots
    whole = {o["ref"]: o for o in world.objects()}
    r = world.ipcx("ls", "--json", uid=uid)
    seen = {o["ref"]: o for o in r.json["objects"]}
    assert r.rc == 0 and set(seen) == set(made.values()) - ({made["mq"]} if "mq: " in r.err else set())
    unknown = {"mq": {"maxmsg", "msgsize", "curmsgs", "use_percent"}, "psem": {"value"}}
    for ref, o in seen.items():
        for field in set(o) - {"age"}:
            if field in unknown.get(o["mech"], ()):
                assert o[field] is None, (ref, field)
            else:
                assert o[field] == whole[ref][field], (ref, field)
    assert "unknown" in r.err


@pytest.mark.parametrize("uid", USERS)
def test_what_may_not_be_read_is_unknown_and_the_rest_is_shown(roots, uid):
    world, made = roots
    for mech, ref in made.items():
        r = world.ipcx("show", ref, uid=uid)
        assert r.rc == 0 and r.out.startswith(ref) and "0600" in r.out or mech == "mq", (ref, r.rc, r.err)
        doc = world.ipcx("show", ref, "--json", uid=uid)
        row = doc.json["objects"][0]
        assert row["ref"] == ref
        if mech in ("msg", "sem"):
            inside = {k: v for k, v in row.items() if k in ("semaphores", "messages", "contents")}
            assert list(inside.values()) == [None] and "read permission" in doc.err


@pytest.mark.parametrize("uid", USERS)
@pytest.mark.parametrize("mech", MAKE)
def test_a_stranger_may_not_remove_or_change(roots, mech, uid):
    world, made = roots
    world.sh("chmod 1777 /dev/shm")
    world.ok("set", made[mech], "--mode", "0644")  # a queue that nothing mounted shows can be opened at least
    before = world.objects(made[mech])[0]
    cap = "CAP_SYS_ADMIN" if mech in SYSV else "CAP_FOWNER"
    for words in (["rm"], ["rm", "--ignore-missing"]):
        r = world.ipcx(*words, made[mech], uid=uid)
        assert r.rc == 1 and f"{made[mech]}: cannot remove: not permitted" in r.err, r.err
        assert cap in r.err and f"you are uid {uid}, the owner is uid 0" in r.err
    for words in (["--mode", "0666"], ["--owner", str(uid)]):
        r = world.ipcx("set", made[mech], *words, uid=uid)
        assert r.rc == 1 and f"{made[mech]}: cannot change: " in r.err and "ermi" in r.err, r.err
        assert "CAP_" in r.err, r.err
    after = world.objects(made[mech])[0]
    assert {k: v for k, v in after.items() if k != "age"} == {k: v for k, v in before.items() if k != "age"}


@pytest.mark.parametrize("uid", USERS)
def test_own_objects_are_ones_own(world, uid):
    world.ok("mk", "shm", "--size", "4K")
    world.ok("mk", "pshm", "/root", "--size", "4K")
    made = make_all(world, uid=uid)
    r = world.ipcx("rm", "all", "--all", "--yes", "--json", uid=uid)
    assert r.rc == 4 and "not permitted" in r.err
    gone = refs(r)
    assert gone >= set(made.values()) - {made["mq"]}
    assert {"shm:0", "pshm:/root"} == {o["ref"] for o in world.objects()} - {made["mq"]}


@pytest.mark.parametrize("uid", USERS)
def test_a_creator_that_gave_it_away_may_still_remove_it(world, uid):
    for mech in SYSV:
        which = world.ok("mk", *MAKE[mech], "--owner", "0:0", uid=uid)
        assert world.objects(mech)[0]["uid"] == 0 and world.objects(mech)[0]["cuid"] == uid
        assert world.ipcx("rm", f"{mech}:{which}", uid=uid).rc == 0


def test_an_id_or_a_sysctl_needs_a_capability(world):
    r = world.ipcx("mk", "shm", "--size", "4K", "--id", "50", uid=1000)
    assert r.rc == 1 and "CAP_CHECKPOINT_RESTORE" in r.err and r.out == ""
    assert world.objects("shm") == []
    before = world.sysctl("kernel.shmmni")
    r = world.ipcx("limits", "set", "shmmni=10", uid=1000)
    assert r.rc == 1 and "shmmni" in r.err and "ermi" in r.err, r.err
    assert world.sysctl("kernel.shmmni") == before
    assert world.ipcx("limits", uid=1000).rc == 0


def test_a_locked_segment_needs_a_limit_or_a_capability(world):
    need("prlimit")
    r = world.run("prlimit", "--memlock=0", IPCX, "mk", "shm", "--size", "4K", "--lock", uid=1000)
    assert r.rc == 1 and "RLIMIT_MEMLOCK" in r.err and "CAP_IPC_LOCK" in r.err
    assert world.objects("shm") == []
    which = world.ok("mk", "shm", "--size", "4K", "--owner", "1000")
    r = world.run("prlimit", "--memlock=0", IPCX, "set", f"shm:{which}", "--lock", uid=1000)
    assert r.rc == 1 and "RLIMIT_MEMLOCK" in r.err


def test_qbytes_above_the_limit_needs_a_capability(world):
    most = int(world.sysctl("kernel.msgmnb"))
    queue = "msg:" + world.ok("mk", "msg", uid=1000)
    for more in ({"uid": 1000}, {"caps": "-sys_resource"}):
        r = world.ipcx("set", queue, "--qbytes", most + 1, **more)
        assert r.rc == 1 and "CAP_SYS_RESOURCE" in r.err, r.err
        r = world.ipcx("mk", "msg", "--qbytes", most + 1, **more)
        assert r.rc == 1 and "CAP_SYS_RESOURCE" in r.err and r.out == "", r.err
        assert len(world.objects("msg")) == 1
        assert world.objects(queue)[0]["qbytes"] == most
    assert world.run(helper("objects"), "send", queue[4:], 3, 100).rc == 0
    assert world.ipcx("set", queue, "--qbytes", "10", uid=1000).rc == 0  # below what is used is allowed
    row = world.objects(queue)[0]
    assert (row["qbytes"], row["cbytes"]) == (10, 300) and row["use_percent"] == 3000


# ---- a root that is less than root


CAPS = [["ipc_owner"], ["sys_admin"], ["sys_resource"], ["ipc_lock"], ["sys_ptrace"], ["dac_override", "dac_read_search"], ["fowner"],
        ["ipc_owner", "sys_admin", "sys_resource", "dac_override", "dac_read_search", "fowner", "chown", "sys_ptrace"]]


@pytest.mark.parametrize("caps", CAPS, ids="+".join)
def test_root_without_capabilities_sees_everything(world, caps):
    made = make_all(world)
    for mech in MAKE:
        name = ["/other"] if mech in POSIX else []
        words = [w for w in MAKE[mech] if w != "/x"]
        which = world.ok("mk", words[0], *name, *words[1:], uid=1000)
        world.ok("set", f"{mech}:{which}", "--mode", "0000")
        made[mech + "0"] = f"{mech}:{which}"
    r = without(world, caps, "ls", "--json")
    missing = set(made.values()) - refs(r)
    assert r.rc == 0 and missing <= {made["mq"], made["mq0"]} and (not missing or "mq: " in r.err)
    for ref in made.values():
        r = without(world, caps, "show", ref)
        assert r.rc == 0 and r.out.startswith(ref), (ref, r.err)


@pytest.mark.parametrize("mech", [m for m in MAKE if m != "mq"])  # root owns the directory of the queues
def test_root_without_the_capability_is_told_which(world, mech):
    name = ["/y"] if mech in POSIX else []
    words = [w for w in MAKE[mech] if w != "/x"]
    ref = f"{mech}:" + world.ok("mk", words[0], *name, *words[1:], uid=1000)
    cap = "sys_admin" if mech in SYSV else "fowner"
    world.sh("chown 2000 /dev/shm")
    r = without(world, [cap], "rm", ref)
    assert r.rc == 1 and "CAP_" + cap.upper() in r.err and "the owner is uid 1000" in r.err, r.err
    assert world.ipcx("rm", ref).rc == 0


# ---- user namespaces


def inside(world, script):
    """Run a script as the root of a user namespace that maps nobody else; the IPC namespace stays the outer one."""
    r = world.sh(f"unshare --user --map-root-user sh -c '{script}'")
    if "unshare: " in r.err:
        pytest.skip(f"no user namespaces: {r.err.strip()}")
    return r


def test_owners_that_are_not_mapped_are_65534(world):
    world.sh("chmod 1777 /dev/shm")
    mine = world.ok("mk", "shm", "--size", "4K")
    for mech in MAKE:
        name = ["/y"] if mech in POSIX else []
        world.ok("mk", *MAKE[mech][:1], *name, *[w for w in MAKE[mech][1:] if w != "/x"], "--mode", "0644", uid=1000)
    r = inside(world, '"$IPCX" ls --json')
    rows = {o["ref"]: o for o in json.loads(r.out)["objects"]}
    assert r.rc == 0 and {"shm:0", "shm:1", "msg:0", "sem:0", "pshm:/y", "psem:/y"} <= set(rows)
    assert rows[f"shm:{mine}"]["uid"] == 0
    for ref in ("shm:1", "msg:0", "sem:0", "pshm:/y", "psem:/y"):
        assert rows[ref]["uid"] == 65534 and rows[ref]["gid"] == 65534, ref
        assert rows[ref].get("cuid", 65534) == 65534
    r = inside(world, '"$IPCX" show shm:1 msg:0 sem:0 pshm:/y psem:/y')
    assert r.rc == 0 and "65534" in r.out
    r = inside(world, '"$IPCX" rm shm:1')
    assert r.rc == 1 and "cannot remove: not permitted" in r.err and "65534" in r.err
    r = inside(world, '"$IPCX" set shm:0 --owner 1000')
    assert r.rc == 1 and "cannot change" in r.err


def test_a_user_namespace_with_its_own_ipc_namespace(world):
    """Everything works as its root, though the outer root is not there."""
    script = ('mount -t tmpfs none /dev/shm && "$IPCX" mk shm --size 4K && "$IPCX" mk sem --nsems 2 && "$IPCX" mk msg && '
              '"$IPCX" mk mq /q && "$IPCX" mk pshm /p --size 4K && "$IPCX" mk psem /s && "$IPCX" limits set shmmni=11 && '
              '"$IPCX" ls --json > "$D/out" && "$IPCX" limits shmmni --json >> "$D/limits" && "$IPCX" rm all --all --yes')
    r = world.sh(f"unshare --user --map-root-user --ipc --mount --propagation private sh -euc '{script}'", env={"D": world.dir})
    if "unshare: " in r.err:
        pytest.skip(f"no user namespaces: {r.err.strip()}")
    assert (r.rc, r.err) == (0, "")
    with open(os.path.join(world.dir, "out"), encoding="utf-8") as f:
        assert {o["ref"] for o in json.load(f)["objects"]} == {"shm:0", "msg:0", "sem:0", "mq:/q", "pshm:/p", "psem:/s"}
    with open(os.path.join(world.dir, "limits"), encoding="utf-8") as f:
        assert json.load(f)["limits"][0]["limit"] == 11
    assert world.objects() == []


# ---- more rights than the caller's


@pytest.mark.parametrize("how", ["setuid", "setgid", "capability"])
def test_rights_that_the_caller_does_not_have_are_refused(world, how):
    """X11: AT_SECURE is set; nothing is done."""
    script = ('mount -t tmpfs -o mode=755,suid none /mnt && mkdir -p /mnt/cmd /mnt/lib && cp "$P" /mnt/cmd/ipcx && '
              'cp "$(dirname "$P")"/../lib/libipcx.so.0 /mnt/lib/')
    assert world.sh(script, env={"P": release()}).rc == 0
    if how == "capability":
        need("setcap")
        mark = "setcap cap_sys_admin+ep /mnt/cmd/ipcx"
    else:
        mark = f"chown 0:0 /mnt/cmd/ipcx && chmod {'4755' if how == 'setuid' else '2755'} /mnt/cmd/ipcx"
    r = world.sh(mark)
    if r.rc != 0 and how == "capability":
        pytest.skip(r.err.strip())
    # the loader ignores $ORIGIN here, so the library must be where it looks anyway
    world.sh("mount --bind /mnt/lib/libipcx.so.0 /mnt/lib/libipcx.so.0; cp /etc/ld.so.conf /mnt/conf; echo /mnt/lib >> /mnt/conf; "
             "ldconfig -f /mnt/conf -C /mnt/cache && mount --bind /mnt/cache /etc/ld.so.cache")
    world.ok("mk", "shm", "--size", "4K")
    for words in (["ls"], ["rm", "shm:0"], ["--version"], ["--help"]):
        r = world.run("/mnt/cmd/ipcx", *words, uid=1000)
        assert r.rc == 1 and "refuses to run" in r.err and r.out == "", (words, r.rc, r.out, r.err)
    assert [o["ref"] for o in world.objects("shm")] == ["shm:0"]
    assert world.run("/mnt/cmd/ipcx", "ls").rc == 0 or how == "capability"  # root has them anyway


def test_a_waiting_process_of_another_user_is_only_counted(world):
    sem = "sem:" + world.ok("mk", "sem", "--nsems", "1", "--mode", "0644")
    with background(world, "sh", "-c", f"{helper('objects')} wait {sem[4:]} 0 -1 2>/dev/null & echo ready; read end"):
        for _ in range(1000):
            row = world.run(release(), "show", sem, "--json", uid=1000).json["objects"][0]
            if row["semaphores"][0]["semncnt"]:
                break
        assert row["semaphores"][0]["semncnt"] == 1 and row["semaphores"][0]["semzcnt"] == 0
        world.ok("rm", sem)
