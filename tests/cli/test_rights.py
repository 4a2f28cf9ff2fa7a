# SPDX-License-Identifier: GPL-2.0-or-later
"""Permissions: unprivileged users, root without some capabilities, user namespaces, set-user-ID copies. Everybody may read; a refusal names
the missing capability or the limit."""

import json
import os
import re

import pytest

from conftest import IPCX
from helpers.tools import MAKE, POSIX, SYSV, background, do, helper, make_all, need, refs, release
from helpers.wide import segment

USERS = [1000, 65534]


def without(world, caps, *words, **more):
    """Run ipcx as root without these capabilities."""
    need("setpriv")
    drop = ",".join(f"-{c}" for c in caps)
    return world.run("setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}", IPCX, *words, **more)


@pytest.fixture(params=["mqueue", "no mqueue"])
def roots(world, request):
    """Create objects of root's that no other user may open; the queues in /dev/mqueue are visible to all, or not mounted."""
    made = make_all(world)
    seen = world.run("mountpoint", "-q", "/dev/mqueue").rc == 0
    if request.param == "no mqueue":
        assert not seen or world.run("mount", "-t", "tmpfs", "none", "/dev/mqueue").rc == 0
    elif not seen:
        pytest.skip("there is no /dev/mqueue (tests/private.sh makes one)")
    world.mounted = request.param == "mqueue"
    for ref in made.values():
        world.ok("set", ref, "--mode", "0600")
    return world, made


# ---- unprivileged users


@pytest.mark.parametrize("uid", USERS)
def test_everybody_lists_everything(roots, uid):
    world, made = roots
    whole = {o["ref"]: o for o in world.objects()}
    r = world.ipcx("ls", "--json", uid=uid)
    seen = {o["ref"]: o for o in r.json["objects"]}
    assert r.rc == 0 and set(seen) == set(made.values()) - (set() if world.mounted else {made["mq"]})
    assert ("mq: no mqueue file system is mounted" in r.err) == (not world.mounted)
    unknown = {"mq": {"maxmsg", "msgsize", "curmsgs", "use_percent"}, "psem": {"value"}}
    for ref, o in seen.items():
        assert set(o.get("unknown", ())) == unknown.get(o["mech"], set()), ref
        for field in set(o) - {"age", "idle", "unknown"}:
            if field in unknown.get(o["mech"], ()):
                assert o[field] is None, (ref, field)
            else:
                assert o[field] == whole[ref][field], (ref, field)
    assert "unknown" in r.err


@pytest.mark.parametrize("uid", USERS)
def test_unreadable_fields_are_unknown_and_the_rest_is_shown(roots, uid):
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
def test_another_user_may_not_remove_or_change(roots, mech, uid):
    world, made = roots
    world.sh("chmod 1777 /dev/shm")
    world.ok("set", made[mech], "--mode", "0644")  # without a mount, a queue can at least be opened
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
    assert {k: v for k, v in after.items() if k not in ("age", "idle")} == {k: v for k, v in before.items() if k not in ("age", "idle")}


@pytest.mark.parametrize("uid", USERS)
def test_users_change_their_own_objects(world, uid):
    world.ok("mk", "shm", "--size", "4K")
    world.ok("mk", "pshm", "/root", "--size", "4K")
    made = make_all(world, uid=uid)
    r = world.ipcx("rm", "all", "--all", "--yes", "--json", uid=uid)
    assert r.rc == 4 and "not permitted" in r.err
    gone = refs(r)
    assert gone >= set(made.values()) - {made["mq"]}
    assert {"shm:0", "pshm:/root"} == {o["ref"] for o in world.objects()} - {made["mq"]}


@pytest.mark.parametrize("uid", USERS)
def test_a_creator_may_still_remove_an_object_given_away(world, uid):
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
    assert world.ipcx("set", queue, "--qbytes", "10", uid=1000).rc == 0  # below the current usage is allowed
    row = world.objects(queue)[0]
    assert (row["qbytes"], row["cbytes"]) == (10, 300) and row["use_percent"] == 3000


# ---- root without capabilities


CAPS = [["ipc_owner"], ["sys_admin"], ["sys_resource"], ["ipc_lock"], ["sys_ptrace"], ["dac_override", "dac_read_search"], ["fowner"],
        ["ipc_owner", "sys_admin", "sys_resource", "dac_override", "dac_read_search", "fowner", "chown", "sys_ptrace"]]


@pytest.mark.parametrize("caps", CAPS, ids="+".join)
def test_root_without_capabilities_lists_everything(world, caps):
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
def test_an_error_names_the_capability_that_root_lacks(world, mech):
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
    """Run a script as the root of a user namespace with a single mapping; the IPC namespace stays the outer one."""
    r = world.sh(f"unshare --user --map-root-user sh -c '{script}'")
    if "unshare: " in r.err:
        pytest.skip(f"no user namespaces: {r.err.strip()}")
    return r


def test_unmapped_owners_are_65534(world):
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
    """In that namespace everything works for its root, although the outer root is not mapped."""
    script = ('mount -t tmpfs none /dev/shm; [ ! -d /dev/mqueue ] || mount -t mqueue none /dev/mqueue; "$IPCX" mk shm --size 4K && "$IPCX" mk sem --nsems 2 && "$IPCX" mk msg && '
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


# ---- more privileges than the caller's


@pytest.mark.parametrize("how", ["setuid", "setgid", "capability"])
def test_privileges_beyond_the_callers_are_refused(world, how):
    """X11: if AT_SECURE is set, ipcx does nothing."""
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
    # the loader ignores $ORIGIN here, so the library must be in its search path
    world.sh("mount --bind /mnt/lib/libipcx.so.0 /mnt/lib/libipcx.so.0; cp /etc/ld.so.conf /mnt/conf; echo /mnt/lib >> /mnt/conf; "
             "ldconfig -f /mnt/conf -C /mnt/cache && mount --bind /mnt/cache /etc/ld.so.cache; "
             "echo /mnt/lib > /mnt/path; for f in /etc/ld-musl-*.path; do [ ! -e $f ] || mount --bind /mnt/path $f; done")
    world.ok("mk", "shm", "--size", "4K")
    for words in (["ls"], ["rm", "shm:0"], ["--version"], ["--help"]):
        r = world.run("/mnt/cmd/ipcx", *words, uid=1000)
        assert r.rc == 1 and "refusing to run" in r.err and r.out == "", (words, r.rc, r.out, r.err)
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


# ---- limits of the kernel


def limits(world, *names):
    r = world.ipcx("limits", "--json", *names)
    assert r.rc == 0, r.err
    return {o["name"]: o for o in r.json["limits"]}, r


@pytest.mark.parametrize("value", [18446744073709551615, 18446744073692774399, 0, 1, 4095, 4096, 4294967295, 4294967296])
def test_extreme_limits(world, value):
    """L1, L2: unsigned 64-bit values, page counts that would wrap, no division by 0."""
    world.ok("mk", "shm", "--size", "1")
    for name in ("shmmax", "shmall"):
        world.sysctl("kernel." + name, str(value))
    rows, r = limits(world, "shmmax", "shmall")
    assert "nan" not in r.out and "inf" not in r.out
    for name in ("shmmax", "shmall"):
        assert rows[name]["limit"] == value
        assert rows[name]["percent"] is None or rows[name]["percent"] >= 0
        assert value or rows[name]["percent"] is None
    assert rows["shmall"]["used"] == 1
    table = world.ipcx("limits")
    assert table.rc == 0 and not re.search(r"\bnan|\binf\b", table.out)
    assert world.ipcx("show", "shm:0").rc == 0
    r = world.ipcx("limits", "--for", "shm:4K")
    assert r.rc == (0 if value >= 4096 else 1), r.out


@pytest.mark.parametrize("text", ["", "1", "1 2 3", "a b c d", "32000 1024000000 500 -1", "99999999999999999999999 1024000000 500 32000",
                                  "250\t32000\t32\t128 7",
                                  "x" * 5000, "\0\0\0\0"], ids=lambda t: repr(t)[:16])
def test_malformed_sysctl_files(world, text):
    """L3: if the file is malformed, the system call provides the limit; it is never 0."""
    want, _ = limits(world)
    path = os.path.join(world.dir, "sem")
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    do(world, f"mount --bind {path} /proc/sys/kernel/sem && mount --bind {path} /proc/sys/fs/mqueue/queues_max")
    rows, r = limits(world)
    for name in ("semmsl", "semmns", "semopm", "semmni"):
        assert rows[name]["limit"] == want[name]["limit"], name
    if text != "1":
        assert rows["mqueue_queues_max"]["limit"] is None and "mqueue_queues_max" in r.err
    assert world.ipcx("limits").rc == 0


REFUSED = [  # L4 to L6, L11: (setup, arguments, what the answer must name)
    ({}, "shm --size 0", "at least 1 byte|shmmin"),
    ({"kernel.shmmax": 8192}, "shm --size 8193", "shmmax"),
    ({"kernel.shmmni": 0}, "shm --size 1", "shmmni"),
    ({"kernel.shmall": 1}, "shm --size 8192", "shmall"),
    ({}, "shm --size 4E", "memory|overcommit|shmmax"),
    ({}, "sem --nsems 0", "at least 1|SEMMSL|semmsl"),
    ({}, "sem --nsems 32001", "semmsl|SEMMSL"),
    ({}, "sem --nsems 99999999999", "semmsl|SEMMSL|32"),
    ({}, "sem --nsems 1 --init 32768", "32767|no value"),
    ({}, "sem --nsems 1 --init -1", "32767|no value"),
    ({}, "sem --nsems 3 --init 1,2", "initial values"),
    ({"kernel.sem": "250 32000 32 0"}, "sem --nsems 1", "semmni|SEMMNI"),
    ({"kernel.sem": "250 5 32 10"}, "sem --nsems 6", "semmns|SEMMNS"),
    ({"kernel.msgmni": 0}, "msg", "msgmni"),
    ({"fs.mqueue.queues_max": 0}, "mq /a", "queues_max"),
    ({}, "mq /a --maxmsg 0", "maxmsg"),
    ({}, "mq /a --msgsize 0 --maxmsg 1", "msgsize"),
    ({}, "shm --size 1 --owner 4294967295", "4294967295|no user"),
    ({}, "shm --size 1 --owner 0:4294967295", "4294967295|no group"),
    ({}, "shm --size 1 --mode 01777", "0777|mode"),
    ({}, "shm --size 1M --huge=3M", "huge|power"),
]


@pytest.mark.parametrize("before,words,names", REFUSED, ids=[w for _, w, _ in REFUSED])
def test_refusals_of_the_kernel_are_explained(world, before, words, names):
    for name, value in before.items():
        world.sysctl(name, str(value))
    r = world.ipcx("mk", *words.split())
    assert r.rc in (1, 2) and r.out == "" and re.search(names, r.err), r.err
    assert "Numerical result" not in r.err and "Invalid argument" not in r.err and "No space left" not in r.err, r.err
    assert world.objects() == []


def test_segments_larger_than_4_gib(world):
    which = segment(world, 5 << 30)
    world.ok("mk", "pshm", "/big", "--size", "5G")
    assert {o["size"] for o in world.objects("shm", "pshm")} == {5 << 30}
    assert len(world.objects("shm", "pshm", "--where", "size > 4G && size == 5368709120")) == 2
    assert world.ipcx("show", f"shm:{which}").rc == 0
    r = world.ipcx("mk", "shm", "--size", f"{1 << 61}", "--noreserve")
    if r.rc == 0:
        assert world.objects(f"shm:{r.out.strip()}")[0]["size"] == 1 << 61
    rows, _ = limits(world, "shmall")
    assert rows["shmall"]["used"] >= (5 << 30) // 4096
