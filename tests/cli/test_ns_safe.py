# SPDX-License-Identifier: GPL-2.0-or-later
"""What a container or a user could try with ns and --ns: to get more privileges than its own, another container's name, a wrong result or a hang."""

import errno
import os
import re
import subprocess
import time

import pytest

from helpers.places import PLACE, Place, cat_of, start, stop
from helpers.tools import helper, mqworld, need_library, release, until

WHERE = "readlink /proc/self/ns/ipc"


def enter(world, where, *words, **more):
    return world.ipcx("ns", "enter", *words[:-1], where, "--", "sh", "-c", words[-1], **more)


def inside(world, *flags, uid=None):
    """Start a process in a PID namespace of its own; return it and its PID here."""
    p, _ = start(world, "unshare", "--ipc", "--mount", *flags, "sh", "-c", "echo 1; exec cat", uid=uid)
    return p, cat_of(world, p)


def bounded(groups=""):
    """A process without any capability in its bounding set."""
    return (f'exec python3 -c "import os, ctypes\nos.setgroups({groups or []})\nc = ctypes.CDLL(None)\n'
            'for i in range(41): c.prctl(24, i, 0, 0, 0)\nprint(os.getpid(), flush=True)\nimport sys; sys.stdin.read()"')


@pytest.mark.parametrize("groups", ["", "range(1000, 3500)"], ids=["few groups", "a status file of 19 KB"])
def test_programs_get_only_capabilities_that_the_process_may_have(world, groups):
    p = Place(world, script=PLACE.replace("echo $$; exec cat", bounded(f"list({groups})" if groups else "")))
    r = enter(world, p.pid, "--mount", "grep -E 'Cap(Eff|Bnd)' /proc/self/status")
    assert r.rc == 0 and re.findall(r"\w+:\s+0{16}", r.out) and len(re.findall("0{16}", r.out)) == 2, r.out + r.err
    p.end()


def test_programs_run_with_the_identity_of_the_container(world):
    """Root enters a user's container: the container's user and PID namespaces are entered along with its root, and root's groups are dropped."""
    p, inner = inside(world, "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", uid=1234)
    r = world.run("setpriv", "--groups", "4,6,20", os.environ["IPCX"], "ns", "enter", "--mount", inner, "--", "sh", "-c",
                  "readlink /proc/self/ns/user /proc/self/ns/pid; id -u; ps ax | grep -c unshare; grep Groups /proc/self/status; exit 5")
    assert r.rc == 5, r.err
    there = world.run("readlink", f"/proc/{inner}/ns/user", f"/proc/{inner}/ns/pid").lines
    assert r.lines[:3] == [*there, "0"] and r.lines[4].split() == ["Groups:"], r.out
    stop(p)


def test_our_root_is_not_exposed(world):
    p, inner = inside(world, "--user", "--map-root-user", "--pid", "--fork", "--kill-child", uid=1234)
    r = enter(world, inner, "--pid", "echo ran", uid=1234)
    assert r.rc != 0 and r.out == "" and "--mount" in r.err
    stop(p)


def test_our_own_namespace(world):
    r = enter(world, "self", WHERE)
    assert r.rc == 0 and r.out == world.run("readlink", "/proc/self/ns/ipc").out


# Processes whose user namespace does not own their IPC namespace, which is ours or another one of root's; the last process is for comparison.
AS_USER = "exec setpriv --reuid=1234 --regid=1234 --clear-groups unshare --user --map-root-user"
SHAPES = {
    "our IPC": f"{AS_USER} --mount --fork --pid --mount-proc sh -c",
    "root's IPC": f"exec unshare --ipc --mount sh -c '{AS_USER} --mount --fork --pid --mount-proc sh -c \"$1\"' sh",
    "root's IPC and mounts": f"exec unshare --ipc --mount sh -c 'mount -t tmpfs -o mode=1777 none /dev/shm; {AS_USER} --fork --pid --mount-proc sh -c \"$1\"' sh",
    "no root": f"{AS_USER} --mount --fork --pid --mount-proc sh -c".replace("--map-root-user", "--map-current-user"),
    "its own": f"{AS_USER} --ipc --mount --fork --pid --mount-proc sh -c",
}


@pytest.fixture(params=SHAPES)
def shape(world, request):
    """Start one of these processes, with a file in its /dev/shm; return its PID."""
    script = "mount -t tmpfs -o mode=1777 none /dev/shm 2>/dev/null; echo there > /dev/shm/mark; readlink /proc/self/ns/user; cat"
    p = subprocess.Popen(world.argv("sh", "-c", f'{SHAPES[request.param]} "$0"', script), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    user = p.stdout.readline().decode().strip()
    pids = [pid for pid in world.run("ls", "/proc").out.split() if pid.isdigit() and world.run("readlink", f"/proc/{pid}/ns/user").out.strip() == user]
    yield request.param, max(pids, key=int), user
    stop(p)


@pytest.mark.parametrize("uid", [None, 1234])
@pytest.mark.parametrize("flag", [None, "--user", "--mount"])
def test_the_command_has_the_identity_of_the_process(world, shape, flag, uid):
    """The identity is not that of the IPC namespace's owner: a program of a container that shares our namespace does not run as our root."""
    name, pid, user = shape
    r = enter(world, pid, *[flag] if flag else [], "for n in user ipc; do readlink /proc/self/ns/$n; done; cat /dev/shm/mark; id -u", uid=uid)
    if uid and name.startswith("root's"):
        assert r.rc == 1 and "needs CAP_SYS_ADMIN" in r.err
        return
    ours = world.run("readlink", "/proc/self/ns/user").out.strip()
    assert (r.rc, r.err) == (0, "") and r.lines[1:] == [world.run("readlink", f"/proc/{pid}/ns/ipc").out.strip(), "there",
                                                         "1234" if name == "no root" and (flag or uid) else "0"]
    assert r.lines[0] == (user if flag or uid else ours)


def test_a_user_namespace_without_users(world):
    """The command could have no user id in that namespace, so nothing runs."""
    p = subprocess.Popen(world.argv("unshare", "--user", "--mount", "sh", "-c", "readlink /proc/self/ns/user; cat", uid=1234),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    user = p.stdout.readline().decode().strip()
    pid = next(n for n in world.run("ls", "/proc").out.split() if n.isdigit() and world.run("readlink", f"/proc/{n}/ns/user").out.strip() == user)
    r = world.run(release(), "ns", "enter", "--mount", pid, "--", "echo", "ran")
    assert (r.rc, r.out) == (1, "") and "cannot become a user of its user namespace" in r.err and r.err.count("\n") == 1
    stop(p)


@pytest.mark.parametrize("uid", [None, 1234])
def test_queues_that_are_mounted_already(mqworld, uid):
    """The process has another /dev/shm but the same IPC namespace: the kernel does not mount the queues of one namespace twice in one place."""
    mqworld.sh("mount -t mqueue none /dev/mqueue")
    mqworld.ok("mk", "mq", "/q", "--mode", "0666")
    flags = ["--user", "--map-root-user"] if uid else []
    mounts = "grep -c ' /dev/mqueue ' /proc/self/mounts"
    p, pid = start(mqworld, "unshare", "--mount", *flags, "sh", "-c", "echo $$; exec cat", uid=uid)
    r = enter(mqworld, pid, f"{WHERE}; ls /dev/mqueue; {mounts}", uid=uid)
    stop(p)
    assert (r.rc, r.err) == (0, "") and r.lines == [mqworld.run("readlink", "/proc/self/ns/ipc").out.strip(), "q", mqworld.sh(mounts).out.strip()]


def test_an_unprivileged_user_enters_repeatedly(world):
    """A thread that queries other namespaces has ended before the process is moved."""
    p = Place(world, "--user", "--map-root-user", uid=1234, script=PLACE.replace("echo", "mount -t tmpfs none /dev; echo"))
    for n in range(30):
        r = enter(world, p.pid, WHERE, uid=1234)
        assert r.rc == 0 and r.lines[-1] == f"ipc:[{p.ino}]", (n, r.err)
    assert "empty" in r.err  # it has no /dev/shm
    p.end()


def test_a_user_changes_own_objects(world):
    p = Place(world, "--user", "--map-root-user", uid=1234)
    he = {"uid": 1234}
    for words in (["shm", "--size", "4K"], ["msg"], ["sem", "--nsems", "2"]):
        made = world.ipcx("mk", *words, "--ns", p.pid, "--owner", "1234:1234", **he)
        assert made.rc == 0, (words, made.err)
        ref = f"{words[0]}:{made.out.strip()}"
        for change in (["--mode", "0640"], ["--owner", "1234"]):
            r = world.ipcx("set", ref, *change, "--ns", p.pid, **he)
            assert r.rc == 0, (ref, change, r.err)
        row = world.ipcx("ls", ref, "--ns", p.pid, "--json", **he).json["objects"][0]
        assert (row["uid"], row["gid"], row["mode"]) == (1234, 1234, "0640")
        r = world.ipcx("set", ref, "--owner", "4321", "--ns", p.pid, **he)
        assert r.rc == 1 and "4321 has no number" in r.err
    assert world.ipcx("mk", "mq", "/q", "--maxmsg", "1", "--msgsize", "8", "--ns", p.pid, **he).rc == 0
    assert world.ipcx("set", "mq:/q", "--owner", "1234", "--mode", "0644", "--ns", p.pid, **he).rc == 0
    r = world.ipcx("mk", "shm", "--size", "4K", "--owner", "4321", "--ns", p.pid, **he)
    assert r.rc == 1 and "4321 has no number" in r.err
    assert len(world.ipcx("ls", "shm", "--ns", p.pid, "--json", **he).json["objects"]) == 1
    p.end()


def test_a_user_without_a_uid_in_the_namespace_keeps_its_objects(world):
    """IPC_SET also sets the owner: an owner without a uid in the user namespace cannot be kept, so nothing is changed."""
    p = Place(world, "--user", "--map-root-user", uid=1234)
    made = world.ipcx("mk", "shm", "--size", "4K", "--ns", p.pid).out.strip()  # root's
    r = world.ipcx("set", f"shm:{made}", "--mode", "0640", "--ns", p.pid, uid=1234)
    assert r.rc == 1 and "does not exist in that user namespace" in r.err
    assert world.ipcx("ls", f"shm:{made}", "--ns", p.pid, "--json").json["objects"][0]["uid"] == 0
    p.end()


# ---- hangs

@pytest.mark.parametrize("words", [["limits"], ["ns", "show"], ["ns", "cmp", "self"], ["ns", "enter"]],
                         ids=" ".join)
def test_an_unresponsive_file_system_does_not_block(world, words):
    p = Place(world, script=f"""mount -t tmpfs -o mode=1777 none /dev/shm; exec 3<&0 4>&1; mkfifo {world.dir}/up
{helper("fuse")} /dev/shm >{world.dir}/up & read -r up <{world.dir}/up; echo "${{up:+$$}}" >&4; exec cat <&3""")
    more = ["--ns", p.pid] if words[0] == "limits" else [p.pid, "--", "true"] if words[1] == "enter" else [p.pid]
    began = time.monotonic()
    r = world.ipcx(*words, *more, timeout=40, env={"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"})
    assert time.monotonic() - began < 12 and r.rc in (0, 1, 4)
    if words[-1] == "enter":
        assert r.rc == 1 and "fuse" in r.err
    p.end()


def test_a_file_over_a_mounted_namespace_is_not_opened(world):
    """A device is in place of the file: listing must not open it."""
    where = os.path.join(world.dir, "ns")
    world.run("touch", where)
    world.run("unshare", f"--ipc={where}", "true")
    world.run("mount", "--bind", "/dev/zero", where)
    out = os.path.join(world.dir, "trace")
    world.run("strace", "-f", "-e", "trace=open,openat,openat2", "-o", out, os.environ["IPCX"], "ns", "ls",
              env={"ASAN_OPTIONS": "detect_leaks=0"})
    with open(out, encoding="utf-8", errors="replace") as f:
        opened = [line for line in f if "/ns\"" in line and world.dir in line]
    assert all("O_PATH" in line for line in opened), opened


CALLS = ["setns", "unshare", "pidfd_open", "close_range", "openat2", "open_tree", "move_mount", "fsopen", "mount"]


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
@pytest.mark.parametrize("call", CALLS)
def test_calls_refused_by_a_filter(world, call, error):
    """Each refused call has an alternative, or a line reports what is missing; a listing never fails because of one column."""
    p = Place(world)
    filtered = [helper("seccomp"), error, call, "--", os.environ["IPCX"]]
    for words in (["ns", "ls", "--json"], ["ns", "show", p.pid, "--json"], ["ls", "shm", "--ns", p.pid], ["ns", "enter", p.pid, "--", "sh", "-c", WHERE]):
        r = world.run(*filtered, *words)
        assert r.rc in (0, 1), (words, r.err)
        if words[:2] == ["ns", "ls"]:
            assert {n["ns"] for n in r.json["namespaces"]} >= {p.ino} and len(r.json["namespaces"]) == 2, (words, r.err)
        if r.rc:
            assert re.search(r"not permitted|does not offer the call", r.err) and re.search(r"setns|/dev/shm|mount|enter", r.err), (words, r.err)
        if words[1] == "enter":
            assert r.out == ("" if r.rc else f"ipc:[{p.ino}]\n"), (words, r.out, r.err)
    p.end()


# ---- names

def test_no_container_covers_our_namespace(world):
    """A program is not a container just because it is named bwrap, whatever its child is."""
    world.run("sh", "-c", f"cp $(readlink -f /bin/sh) {world.dir}/bwrap; cp $(readlink -f /bin/sh) {world.dir}/postgres; chmod 755 {world.dir}/*")
    p = subprocess.Popen(world.argv(f"{world.dir}/bwrap", "-c", f"{world.dir}/postgres -c 'echo 1; read x; :'; :", uid=1234),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    p.stdout.readline()
    rows = world.ipcx("ns", "ls", "--json").json["namespaces"]
    assert [n["container"] for n in rows] == [None]
    assert world.ipcx("ls", "--ns", "postgres").rc == 3
    stop(p)


def record(world, inner, name):
    """Write what runc keeps about a container that begins with this process."""
    began = world.run("cut", "-d", " ", "-f", "22", f"/proc/{inner}/stat").out.strip()
    world.run("sh", "-c", f"mkdir -p /run/runc/{name}; "
              f"echo '{{\"init_process_pid\":{inner},\"init_process_start\":{began}}}' >/run/runc/{name}/state.json")


def test_a_name_cannot_be_abbreviated(world):
    """Names that users choose are not abbreviated as generated ids are: 'web' does not mean web2."""
    p, inner = inside(world, "--pid", "--fork", "--kill-child")
    world.run("mount", "-t", "tmpfs", "none", "/run")
    record(world, inner, "web2")
    assert world.ipcx("ls", "--ns", "web2").rc == 0
    r = world.ipcx("mk", "shm", "--size", "4K", "--ns", "web")
    assert r.rc == 3 and "is it 'web2'" in r.err
    stop(p)


@pytest.mark.parametrize("begins,cut,rc", [
    ("2722292549", 10, 0),  # neither a PID nor the number of a namespace
    ("274229254912", 12, 0),  # as docker prints it
    ("0000000001", 10, 0),  # not process 1
    ("4026531838", 10, 0), ("4294967296", 10, 0),  # below and above the numbers of namespaces
    ("4294967295", 10, 0), ("4294967295", 11, 0)])  # possible numbers of a namespace, of which none exists
def test_an_id_without_letters_may_be_abbreviated(world, begins, cut, rc):
    p, inner = inside(world, "--pid", "--fork", "--kill-child", "--ipc")
    world.run("mount", "-t", "tmpfs", "none", "/run")
    id_ = begins.ljust(64, "7")
    record(world, inner, id_)
    world.ok("mk", "msg:0x77", "--ns", id_)
    r = world.ipcx("ls", "--ns", id_[:cut], "--json")
    assert r.rc == rc, r.err
    if rc == 0:
        assert [o["key"] for o in r.json["objects"]] == ["0x00000077"]
    else:
        assert r.err == f"ipcx: ipc:[{id_[:cut]}]: no such namespace\n"
    r = world.ipcx("ls", "--ns", "8" * cut)
    assert r.rc == 3 and "8" * cut in r.err
    stop(p)


def test_an_id_never_precedes_a_namespace(world):
    """A container whose id begins with the inode number of another namespace is not taken for it while that namespace exists."""
    p, inner = inside(world, "--pid", "--fork", "--kill-child", "--ipc")
    other = Place(world)
    world.run("mount", "-t", "tmpfs", "none", "/run")
    record(world, inner, str(other.ino).ljust(64, "7"))
    world.ok("mk", "msg:0x77", "--ns", inner)
    world.ok("mk", "msg:0x88", "--ns", other.pid)
    assert [o["key"] for o in world.objects("--ns", str(other.ino))] == ["0x00000088"]
    other.end()
    until(lambda: world.ipcx("ls", "--ns", f"ipc:[{other.ino}]").rc == 3)
    assert [o["key"] for o in world.objects("--ns", str(other.ino))] == ["0x00000077"]
    stop(p)
    r = world.ipcx("ls", "--ns", str(other.ino))
    assert r.rc == 3 and "no such namespace" in r.err


# ---- results

def test_shm_is_compared_by_directory(world):
    """Two directories of one file system are two places."""
    world.run("mkdir", "/dev/shm/a", "/dev/shm/b")
    a = Place(world, script="mount --bind /dev/shm/a /dev/shm; echo $$; exec cat")
    b = Place(world, script="mount --bind /dev/shm/b /dev/shm; echo $$; exec cat")
    r = world.ipcx("ns", "cmp", a.pid, b.pid, "--json")
    same = {c["name"]: c["same"] for c in r.json["comparison"]}
    assert same["/dev/shm"] is False and r.rc == 1
    world.run("touch", "/dev/shm/ours")
    assert enter(world, a.pid, "touch /dev/shm/in-a; ls /dev/shm").out == "in-a\n"
    assert world.run("ls", "/dev/shm/a").out == "in-a\n"
    a.end()
    b.end()


def test_unknown_is_neither_same_nor_different(world):
    where = os.path.join(world.dir, "kept")
    world.run("touch", where)
    world.run("mount", "--bind", "/proc/self/ns/ipc", where)
    r = world.ipcx("ns", "cmp", "self", where, "--json")
    same = {c["name"]: c["same"] for c in r.json["comparison"]}
    assert same["IPC namespace"] is True and same["/dev/shm"] is None and r.rc == 4
    assert not [n for n in same if n.startswith(("limit", "pshm"))]


@pytest.mark.parametrize("most", [5, 6, 7, 8, 9, 10, 11, 12])
def test_running_out_of_descriptors_is_an_error(world, most):
    """The error is not reported as a process that has exited, nor does it just make the list shorter."""
    places = [Place(world) for _ in range(3)]
    whole = len(world.ipcx("ls", "shm", "--ns", "all", "--json").json["objects"])
    for words in (["ns", "ls", "--no-headings"], ["ls", "shm", "--ns", "all"], ["ls", "shm", "--ns", places[0].pid]):
        r = world.sh(f"ulimit -n {most}; exec \"$IPCX\" {' '.join(map(str, words))}", env={"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"})
        if r.rc == 0 and words[0] == "ns":
            assert len(r.lines) == 4, (most, r.out)
        assert "none (any more)" not in r.err and (r.rc == 0 or "many" in r.err or "/proc" in r.err or "descriptor" in r.err), (most, words, r)
    assert whole == 0
    for p in places:
        p.end()


def test_order_is_kept_when_rows_are_left_out(world):
    places = [Place(world) for _ in range(3)]
    rows = world.ipcx("ns", "ls", "--sort", "-ns", "-w", f"ns != {places[1].ino}", "--json").json["namespaces"]
    assert [n["ns"] for n in rows] == sorted((n["ns"] for n in rows), reverse=True) and len(rows) == 3
    for p in places:
        p.end()


def test_a_pin_that_is_no_longer_mounted(world):
    need_library("libmount.so.1")
    world.run("mount", "-t", "tmpfs", "none", "/run")
    world.ok("ns", "pin", "self", "lab")
    world.run("umount", "/run/ipcx/ns/lab")
    assert world.ipcx("ns", "unpin", "lab").rc == 1 and world.ipcx("ns", "pin", "self", "lab").rc == 1
    world.ok("ns", "unpin", "--force", "lab")
    world.ok("ns", "pin", "self", "lab")
    world.ok("ns", "unpin", "lab")


def test_options_without_effect_are_refused(world):
    world.run("mount", "-t", "tmpfs", "none", "/run")
    for words in (["--env", "A=1"], ["--keep-caps", "all"], ["--no-pty"]):
        assert world.ipcx("ns", "new", "--pin", "q", *words).rc == 2
    assert world.ipcx("ls", "--ns", "q").rc == 3
