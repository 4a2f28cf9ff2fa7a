# SPDX-License-Identifier: GPL-2.0-or-later
"""Other namespaces: --ns on every command, the output of ns ls and ns cmp. Nothing affects the caller's own namespaces."""

import json
import os
import re
import time

import pytest

from conftest import IPCX
from helpers.places import PLACE, Place, start, stop
from helpers.tools import MAKE, helper, need_library

KINDS = {"root": [], "user": ["--user", "--map-root-user"]}


@pytest.fixture(params=KINDS)
def place(world, request):
    p = Place(world, *KINDS[request.param])
    p.kind = request.param
    yield p
    p.end()


def refs(world, *words):
    return sorted(o["ref"] for o in world.objects(*words))


def make(world, *more):
    """Create an object of each mechanism that a namespace of another user namespace permits."""
    made = []
    for mech, words in MAKE.items():
        r = world.ipcx("mk", *words, *more)
        if mech == "mq" and r.rc != 0:
            assert "uid" in r.err
            continue
        assert r.rc == 0, (mech, r.err)
        made.append(mech)
    return made


# ---- --ns

def test_objects_are_created_shown_changed_and_removed_there(world, place):
    """… and our own namespace is unchanged."""
    mechs = make(world, "--ns", place.pid)
    there = refs(world, "--ns", place.pid)
    assert sorted({r.split(":")[0] for r in there}) == sorted(mechs)
    assert refs(world) == []
    inside = world.run("nsenter", "-t", place.pid, "-i", "-m", IPCX, "ls", "--json").json["objects"]
    assert sorted(o["ref"] for o in inside) == there
    world.ok("set", "--ns", place.pid, "shm:0", "--mode", "0640")
    assert world.objects("shm", "--ns", place.pid)[0]["mode"] == "0640"
    assert world.ipcx("show", "--ns", place.pid, "sem:0").rc == 0
    world.ok("rm", "--ns", place.pid, *there)
    assert refs(world, "--ns", place.pid) == []


def test_same_keys_here_are_unaffected(world, place):
    for more in ([], ["--ns", place.pid]):
        world.ok("mk", "shm:0x77", "--size", "4K", *more)
    world.ok("rm", "--ns", place.pid, "sysv", "--all", "--yes")
    assert [o["key"] for o in world.objects()] == ["0x00000077"]
    assert refs(world, "sysv", "--ns", place.pid) == []


def test_a_namespace_can_be_named_in_several_ways(world, place):
    world.ok("mk", "shm", "--size", "4K", "--ns", place.pid)
    for where in (place.pid, f"ipc:[{place.ino}]", place.ino, f"/proc/{place.pid}/ns/ipc"):
        assert refs(world, "shm", "--ns", where) == ["shm:0"], where
    assert refs(world, "shm", "--ns", "self") == []


@pytest.mark.parametrize("where,rc,says", [
    ("4194000", 3, "process 4194000: no such process"), ("0", 2, "0 is not a process"), ("ipc:[1]", 3, "ipc:[1]: no such namespace"),
    ("4294967295", 3, "no such namespace"), ("/etc/passwd", 2, "is not an IPC namespace"), ("/absent", 3, "No such file"),
    ("/proc/self/ns/mnt", 2, "is not an IPC namespace"), ("/dev/null", 2, "is not an IPC namespace"), ("nobody", 3, "no container is called 'nobody'"),
    ("", 2, "is not a namespace"), ("docker:x", 3, "no container"), ("a\033[31m", 3, "a\\x1b[31m")])
def test_invalid_namespaces(world, where, rc, says):
    for words in (["ls"], ["rm", "shm:0"], ["mk", "msg"], ["limits"], ["limits", "set", "shmmni=5"], ["show", "shm:0"], ["set", "shm:0", "-m", "0600"]):
        r = world.ipcx(*words, "--ns", where)
        assert (r.rc, r.out) == (rc, "") and says in r.err and "\033" not in r.err, (words, r.rc, r.err)
    assert world.objects() == []


def test_a_fifo_does_not_block(world):
    path = os.path.join(world.dir, "fifo")
    os.mkfifo(path)
    r = world.ipcx("ls", "--ns", path, timeout=10)
    assert r.rc == 2 and "is not an IPC namespace" in r.err


def test_limits_there(world, place):
    world.ok("limits", "set", "shmmni=33", "--ns", place.pid)
    get = lambda *w: world.ipcx("limits", "shmmni", "--json", *w).json["limits"][0]["limit"]  # noqa: E731
    assert get("--ns", place.pid) == 33 and get() != 33
    assert world.run("nsenter", "-t", place.pid, "-i", "cat", "/proc/sys/kernel/shmmni").out.strip() == "33"


def test_all_namespaces_at_once(world, place):
    other = Place(world)
    world.ok("mk", "shm", "--size", "4K")
    world.ok("mk", "shm", "--size", "8K", "--ns", place.pid)
    world.ok("mk", "pshm", "/a", "--size", "4K", "--ns", other.pid)
    r = world.ipcx("ls", "--ns", "all", "--json")
    rows = {(o["ns"], o["ref"], o["size"]) for o in r.json["objects"]}
    own = world.ipcx("ls", "-o", "ns", "--json").json["objects"][0]["ns"]
    assert rows == {(own, "shm:0", 4096), (place.ino, "shm:0", 8192), (other.ino, "pshm:/a", 4096)}
    only = world.ipcx("ls", "--ns", "all", "--where", f"ns == {place.ino}", "--json").json["objects"]
    assert [o["size"] for o in only] == [8192]
    by_size = world.ok("ls", "--ns", "all", "--sort", "-size", "-o", "size", "--bytes", "--no-headings").split()
    assert by_size == ["8192", "4096", "4096"]
    table = world.ok("ls", "shm", "--ns", "all").splitlines()
    assert table[0].split()[:2] == ["NS", "CONTAINER"] and len(table) == 3
    limits = world.ipcx("limits", "shmmni", "--ns", "all", "--json").json["limits"]
    assert {row["ns"] for row in limits} == {own, place.ino, other.ino}
    other.end()


@pytest.mark.parametrize("words", [["rm", "shm", "--all"], ["mk", "msg"], ["set", "shm:0", "-m", "0600"], ["limits", "set", "shmmni=5"]])
def test_all_namespaces_are_read_only(world, words):
    world.ok("mk", "shm", "--size", "4K")
    r = world.ipcx(*words, "--ns", "all")
    assert r.rc == 2 and "only be read, not changed" in r.err and len(world.objects()) == 1


def test_a_shared_dev_shm_is_listed_once_and_reported(world):
    """unshare --ipc alone creates another IPC namespace with the same /dev/shm."""
    alone = Place(world, script="echo $$; exec cat")
    world.ok("mk", "pshm", "/a", "--size", "4K")
    assert [o["ref"] for o in world.objects("pshm", "--ns", "all")] == ["pshm:/a"]
    r = world.ipcx("ls", "pshm", "--ns", alone.pid)
    assert "share its /dev/shm, but not its IPC namespace" in r.err and r.rc == 0
    alone.end()


def test_an_unprivileged_user_and_its_own_namespace(world):
    """Privileges apply only inside the user namespace, but owners are shown with their uids outside of it."""
    mine = Place(world, "--user", "--map-root-user", uid=1234)
    world.ok("mk", "sem", "--nsems", "2", "--ns", mine.pid, uid=1234)
    row = world.ipcx("ls", "sem", "--ns", mine.pid, "--json", uid=1234).json["objects"][0]
    assert (row["uid"], row["cuid"], row["nsems"]) == (1234, 1234, 2)
    world.ok("limits", "set", "semmni=9", "--ns", mine.pid, uid=1234)
    world.ok("rm", "--ns", mine.pid, "sem:0", uid=1234)
    foreign = Place(world)
    r = world.ipcx("ls", "--ns", foreign.pid, uid=1234)
    assert r.rc == 1 and "CAP_SYS_PTRACE" in r.err and r.err.count("\n") == 1
    r = world.ipcx("mk", "msg", "--ns", mine.pid, uid=4321)
    assert r.rc == 1 and world.objects("--ns", mine.pid) == []
    mine.end()
    foreign.end()


@pytest.mark.parametrize("caps,says", [("-sys_admin", "needs CAP_SYS_ADMIN in the user namespace user:["), ("-sys_ptrace", None)])
def test_a_missing_capability_is_named(world, caps, says):
    there = Place(world)
    file = os.path.join(world.dir, "ns")
    open(file, "w", encoding="ascii").close()
    world.run("mount", "--bind", f"/proc/{there.pid}/ns/ipc", file)
    r = world.ipcx("ls", "shm", "--ns", file, caps=caps)
    if says:
        assert r.rc == 1 and says in r.err and "that owns it" in r.err
    else:
        assert r.rc == 0
    world.run("umount", file)
    there.end()


# ---- what a hostile container can do

HOSTILE = {
    "absolute link": "rm -rf /dev/shm && ln -s /etc /dev/shm",
    "relative link": "rm -rf /dev/shm && ln -s ../../../../etc /dev/shm",
    "not in memory": "mkdir -p /tmp/d && touch /tmp/d/x && mount --bind /etc /dev/shm",
    "nothing": "umount /dev/shm; rm -rf /dev/shm",
    "a file": "rm -rf /dev/shm && touch /dev/shm",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_nothing_outside_of_its_root_is_listed(world, what):
    """A container has its own /dev: wherever /dev/shm leads in it, none of our files is listed or touched."""
    bad = Place(world, script=f"""mount -t tmpfs none /dev; mkdir /dev/shm; {HOSTILE[what]}
echo $$; exec cat""")
    r = world.ipcx("ls", "pshm", "psem", "--ns", bad.pid, "--json", timeout=20)
    assert r.json["objects"] == [] and "passwd" not in r.out
    assert r.rc != 0 and "/dev/shm" in r.err
    for words in (["mk", "pshm", "/passwd", "--size", "4K"], ["rm", "pshm:/passwd"], ["rm", "pshm", "--all", "--yes"]):
        assert world.ipcx(*words, "--ns", bad.pid).rc != 0
    assert os.path.exists("/etc/passwd")
    bad.end()


def test_other_files_and_hostile_names(world):
    bad = Place(world, script=PLACE.replace("echo $$", """cd /dev/shm; mkfifo fifo; ln -s /etc/passwd link; mkdir dir; mknod null c 1 3
printf x > good; touch covered; mount --bind /etc/passwd covered; printf x > "$(printf 'esc\\033[31m\\nline')"; echo $$"""))
    r = world.ipcx("ls", "pshm", "--ns", bad.pid, "--json", "-v", timeout=20)
    assert sorted(o["name"] for o in r.json["objects"]) == ["/esc\033[31m\nline", "/good"]
    assert "mounted on it" in r.err and "\033" not in r.err
    assert "\033" not in world.ipcx("ls", "pshm", "--ns", bad.pid).out
    assert world.ipcx("rm", "--ns", bad.pid, "pshm:/covered").rc != 0
    bad.end()


@pytest.mark.parametrize("where", ["/dev/shm", "/dev", "/run/x"])
def test_an_unresponsive_file_system_does_not_block(world, where):
    """The file system is mounted on /dev/shm, on the path to it, or behind a link."""
    prepare = {"/run/x": "cp -a /dev/fuse /dev/null /run/; mount -t tmpfs none /dev; mv /run/fuse /run/null /dev/; ln -s /run/x/deep /dev/shm"}
    bad = Place(world, script=f"""mount -t tmpfs -o mode=1777 none /dev/shm; exec 3<&0 4>&1
mkfifo {world.dir}/up; mount -t tmpfs none /run; mkdir /run/x; {prepare.get(where, "")}
{helper("fuse")} {where} >{world.dir}/up & read -r up <{world.dir}/up; echo "${{up:+$$}}" >&4; exec cat <&3""")
    for words in (["ls", "pshm", "psem"], ["ns", "ls"], ["mk", "pshm", "/x", "--size", "4K"]):
        more = [] if words[0] == "ns" else ["--ns", bad.pid]
        began = time.monotonic()
        # Leak detection is off, since it would wait for the threads that ipcx abandons.
        r = world.ipcx(*words, *more, timeout=40, env={"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"})
        assert time.monotonic() - began < 15
        if words[0] == "ls":
            assert r.rc == 1 and "/dev/shm" in r.err and "/x" not in r.out
    assert world.ipcx("ls", "sysv", "--ns", bad.pid).rc == 0
    bad.end()


@pytest.mark.parametrize("mech", ["mq", "pshm", "psem"])
def test_ten_thousand_objects_of_a_container(world, mech):
    """All objects of a container are listed, however many. (Two users own them because of RLIMIT_MSGQUEUE.)"""
    many = Place(world, script=PLACE.replace("echo $$", f"""echo 20000 >/proc/sys/fs/mqueue/queues_max
{helper("objects")} many {mech} 5000; setpriv --reuid 77777 --clear-groups {helper("objects")} many {mech} 5000 other; echo $$"""))
    r = world.ipcx("ls", mech, "--ns", many.pid, "-o", "name", "--no-headings", timeout=60)
    assert r.rc == 0 and len(set(r.lines)) == 10000
    many.end()


def test_a_process_that_exits_meanwhile(world):
    """An open namespace cannot be mistaken for another one; a PID that no longer exists is not a namespace."""
    gone = Place(world)
    gone.end()
    r = world.ipcx("ls", "--ns", gone.pid)
    assert r.rc == 3 and r.out == "" and "no such process (any more)" in r.err


# ---- ns ls, ns show

def rows(world, *words):
    return {o["ns"]: o for o in world.ipcx("ns", "ls", "--json", *words).json["namespaces"]}


def test_every_namespace_is_listed(world, place):
    world.ok("mk", "shm", "--size", "4K", "--ns", place.pid)
    world.ok("mk", "sem", "--nsems", "1", "--ns", place.pid)
    row = rows(world)[place.ino]
    assert (row["pid"], row["processes"], row["kept_by"], row["objects"], row["bytes"]) == (place.pid, 1, "processes", 2, 4096)
    assert row["user_ns_uid"] == 0 and row["user_ns"] == os.stat(f"/proc/{os.getpid()}/ns/user").st_ino or place.kind == "user"
    assert row["threads"] is None and row["fds"] is None and row["pin"] is None and row["container"] is None
    assert rows(world, "--where", f"ns == {place.ino}").keys() == {place.ino}


def test_namespaces_without_processes(world):
    """A mount, a descriptor and a thread each keep a namespace in existence."""
    need_library("libmount.so.1")
    file = os.path.join(world.dir, "pin")
    open(file, "w", encoding="ascii").close()
    world.run("unshare", f"--ipc={file}", "true")
    mounted = int(world.run("stat", "-c", "%i", file).out)
    holder, held = start(world, "unshare", "--ipc", "sh", "-c",
                         "exec 9</proc/self/ns/ipc; stat -Lc %i /proc/self/fd/9; exec nsenter --ipc=/proc/1/ns/ipc cat")
    deadline = time.monotonic() + 20
    while held in rows(world) and time.monotonic() < deadline:
        time.sleep(0.05)  # until the thread has returned
    plain = rows(world)
    assert plain[mounted]["kept_by"] == "mounts" and plain[mounted]["mounts"] == 1 and plain[mounted]["processes"] == 0
    deep = rows(world, "--thorough")
    assert deep[held]["kept_by"] == "fds" and held not in plain
    world.ok("mk", "shm", "--size", "4K", "--ns", mounted)
    assert rows(world)[mounted]["objects"] == 1
    world.run("umount", file)
    stop(holder)


def test_everything_about_one_namespace(world, place):
    world.ok("mk", "shm", "--size", "4K", "--ns", place.pid)
    doc = world.ipcx("ns", "show", place.pid, "--json").json["namespaces"][0]
    assert doc["ns"] == place.ino and doc["threads"] == 0
    assert {r["mech"]: r["objects"] for r in doc["mechanisms"]}["shm"] == 1
    assert [m["pid"] for m in doc["members"]] == [place.pid] and doc["members"][0]["command"] == "cat"
    assert any(s["pid"] == place.pid and s["ns"] == place.ino for s in doc["sharers"])
    assert {r["name"] for r in doc["limits"]} >= {"shmmni", "msgmni"}
    assert world.ipcx("ns", "show", "all").rc == 2 and world.ipcx("ns", "show").rc == 2
    assert "limits" in world.ok("ns", "show", place.pid)


def test_the_user_of_the_oldest_process(world):
    """uid and owner are those of the process; the owner of the user namespace is another field."""
    other = Place(world, "--user", "--map-root-user", uid=1234)
    row = rows(world)[other.ino]
    assert (row["uid"], row["owner"], row["user_ns_uid"]) == (1234, "1234", 1234)
    assert row["user_ns_parent"] == int(world.run("stat", "-Lc", "%i", "/proc/self/ns/user").out)
    ours = [r for r in rows(world).values() if r["pid"] == 1]
    assert [r["uid"] for r in ours] == [0] and "USER-NS-PARENT" in world.ok("ns", "ls", "-o", "ns,user_ns_parent,uid,owner")
    other.end()


def test_namespaces_as_a_tree(world, place):
    """User namespaces that own no IPC namespace are shown between those that do."""
    p, inner = start(world, *"unshare --user --map-root-user unshare --user --map-root-user unshare --user --map-root-user --ipc sh -c".split(), "echo $$; exec cat")
    row = next(r for r in rows(world).values() if r["pid"] == inner)
    up = world.run("stat", "-Lc", "%i", "/proc/self/ns/user").out.strip()
    r = world.ipcx("ns", "ls", "--tree")
    assert r.rc in (0, 4), r.err
    lines = r.lines
    depth = {re.search(r"\w+:\[\d+\]", line)[0]: (i, re.search(r"\w+:\[", line).start()) for i, line in enumerate(lines)}
    top, middle, last, leaf = (f"user:[{up}]", f"user:[{row['user_ns_parent']}]", f"user:[{row['user_ns']}]", f"ipc:[{row['ns']}]")
    order = [depth[name] for name in (top, middle, last, leaf)]
    assert order == sorted(order) and [column for _, column in order] == [0, 6, 9, 12], r.out
    assert depth[f"ipc:[{place.ino}]"][1] == (3 if place.kind == "root" else 6) and f"{place.pid} (cat) of root" in lines[depth[f"ipc:[{place.ino}]"][0]]
    only = world.ipcx("ns", "ls", "-T", "-w", f"ns == {row['ns']}").out
    assert [re.search(r"\w+:\[\d+\]", line)[0] for line in only.splitlines()][-3:] == [middle, last, leaf] and f"ipc:[{place.ino}]" not in only
    # Root of the inner one sees neither the parent of its user namespace nor its caller's.
    seen = world.run("nsenter", "-t", inner, "--user", "--preserve-credentials", IPCX, "ns", "ls", "-T").lines
    assert any(line.startswith(last) for line in seen) and not any(middle in line or top in line for line in seen), seen
    assert world.ipcx("ns", "ls", "-T", "--json").rc == 2 and world.ipcx("ns", "ls", "-T", "-o", "ns").rc == 2
    stop(p)


# ---- ns cmp

def told(r):
    return {row["name"]: row for row in r.json["comparison"]}


def test_how_two_processes_meet(world, place):
    """The field fix, and the same below the table, work when typed."""
    rows_ = told(world.ipcx("ns", "cmp", place.pid, "self", "--json"))
    fix = rows_["IPC namespace"]["fix"]
    assert fix == f"run the second as: ipcx ns enter {place.pid} -- COMMAND" and rows_["MIT-SHM"]["fix"] == fix
    out = " ".join(world.ipcx("ns", "cmp", place.pid, "self").out.split())
    assert out.count(f"To share it, {fix}.") == 1 and "disable it, or share the IPC namespace. To share it, do the same as for the IPC namespace." in out
    # The process that compares has ended when the text is read.
    back = told(world.ipcx("ns", "cmp", "self", place.pid, "--json"))["IPC namespace"]["fix"]
    assert back == fix.replace("second", "first")
    assert world.ipcx("ns", "enter", place.pid, "--", IPCX, "ns", "cmp", place.pid, "self", "-q").rc in (0, 1)
    assert told(world.ipcx("ns", "cmp", "self", "self", "--json"))["IPC namespace"]["fix"] is None


def test_comparing_two_places_that_share_nothing(world, place):
    world.ok("mk", "shm:0x55", "--size", "4K")
    world.ok("mk", "shm:0x55", "--size", "4K", "--ns", place.pid)
    world.ok("mk", "shm:0x66", "--size", "4K", "--ns", place.pid)
    world.ok("limits", "set", "shmmni=44", "--ns", place.pid)
    r = world.ipcx("ns", "cmp", "self", place.pid, "--json")
    rows_ = told(r)
    assert r.rc == 1 and not rows_["IPC namespace"]["same"] and not rows_["/dev/shm"]["same"] and not rows_["MIT-SHM"]["same"]
    assert rows_["limit shmmni"]["second"] == "44"
    assert rows_["shm:0x00000055"]["follows"].startswith("two different objects") and rows_["shm:0x00000066"]["first"] is None
    assert world.ipcx("ns", "cmp", "self", place.pid, "-q").out == ""


def test_comparing_a_place_with_itself(world, place):
    for a, b in (("self", "self"), (place.pid, place.ino)):
        r = world.ipcx("ns", "cmp", a, b, "--json")
        assert r.rc == 0 and all(row["same"] for row in r.json["comparison"]), r.out
    assert world.ipcx("ns", "cmp", "self", "4194000").rc == 3
    assert world.ipcx("ns", "cmp", "self", "all").rc == 2


def test_cmp_needs_two_operands(world):
    r = world.ipcx("ns")
    assert r.rc == 2 and all(w in r.err for w in ("ls", "show", "cmp", "enter", "new", "pin", "unpin"))
    assert json.loads(world.ipcx("ns", "ls", "--json").out)["namespaces"]
