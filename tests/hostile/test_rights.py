# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx acts on mounts with the privileges of the user who mounted them: a user who binds root's files over /dev/shm gains nothing when root uses --ns. The
world's /mnt stands for the /run of a machine: it belongs to root and has files that no other user may read."""

import os
import stat

import pytest

from conftest import IPCX
from helpers.places import PLACE, Place, start, stop
from helpers.real import PYTHON
from helpers.tools import helper, until

USER = 1234
SECRET = "nobody's business"

# A file system of the world with files of root; a user will bind it over the user's /dev/shm.
RUN = f"""mount -t tmpfs -o mode=0755 none /mnt
printf "{SECRET}" > /mnt/secret; truncate -s 4096 /mnt/secret
truncate -s 4096 /mnt/other
printf '\\003' > /mnt/sem.lock; truncate -s 32 /mnt/sem.lock
chmod 0600 /mnt/*"""
BIND = "mount --bind /mnt /dev/shm; echo $$; exec cat"


class Bound:
    """A process of a user, to which /dev/shm is the world's /mnt; .pid is its PID."""

    def __init__(self, world, *flags, uid=USER, script=BIND):
        self.process, self.pid = start(world, "unshare", "--user", "--map-root-user", "--mount", *flags, "sh", "-c", script, uid=uid)

    def end(self):
        stop(self.process)


@pytest.fixture
def run(world):
    r = world.sh(RUN)
    assert r.rc == 0, r.err
    return world


@pytest.fixture(params=["--ipc", None], ids=["own", "shared"])
def bound(run, request):
    """Such a process, first with its own IPC namespace, then in that of the world."""
    b = Bound(run, *filter(None, [request.param]))
    yield b
    b.end()


def state(world, path="/mnt"):
    """Return everything about root's files that could be changed: names, owners, modes, contents."""
    root = f"/proc/{world.pid}/root{path}"
    found = {}
    for name in sorted(os.listdir(root)):
        st = os.lstat(os.path.join(root, name))
        with open(os.path.join(root, name), "rb") as f:
            found[name] = (st.st_ino, st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode), st.st_size, st.st_ctime_ns, f.read())
    return found


ATTACKS = {
    "rm one": ["rm", "pshm:/secret"],
    "rm several": ["rm", "pshm:/secret", "psem:/lock"],
    "rm all": ["rm", "pshm", "--all", "--yes"],
    "rm posix": ["rm", "posix", "--all", "--yes"],
    "rm where": ["rm", "pshm", "--where", "size > 0", "--yes"],
    "rm psem": ["rm", "psem", "--all", "--yes"],
    "set owner": ["set", "pshm:/secret", "--owner", "1234", "--mode", "0666"],
    "set mode": ["set", "pshm:/secret", "--mode", "0666"],
    "set size": ["set", "pshm:/secret", "--size", "0"],
    "set psem": ["set", "psem:/lock", "--owner", "1234"],
    "mk pshm": ["mk", "pshm", "/new", "--size", "4K"],
    "mk psem": ["mk", "psem", "/new", "--init", "1"],
    "mk mixed": ["mk", "sem", "pshm", "/new", "--size", "4K", "--nsems", "1"],
    "read": ["pshm", "read", "/secret"],
    "dump": ["pshm", "read", "/secret", "-x"],
    "write": ["pshm", "write", "/secret"],
    "fill": ["pshm", "fill", "/secret", "--byte", "1"],
    "copy": ["pshm", "copy", "/secret", "/other"],
    "copy out": ["pshm", "copy", "/secret", "shm:0"],
    "copy in": ["shm", "copy", "0", "pshm:/secret"],
    "post": ["psem", "post", "/lock"],
    "wait": ["psem", "wait", "/lock", "--no-wait"],
    "run": ["psem", "run", "/lock", "--", "true"],
    "get": ["psem", "get", "/lock"],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_root_lends_its_privileges_to_nobody(run, bound, attack):
    words = ATTACKS[attack]
    run.ok("mk", "shm", "--size", "4K", "--ns", bound.pid)
    before = state(run)
    r = run.ipcx(*words, "--ns", bound.pid, input="gotcha") if attack != "run" else run.ipcx(*words[:3], "--ns", bound.pid, *words[3:])
    assert r.rc not in (0, 2) and SECRET not in r.out and r.err.strip(), (r.rc, r.out, r.err)
    assert state(run) == before
    assert run.objects("sem", "--ns", bound.pid) == [], "what was made before the failure is taken back"
    segment = run.ipcx("shm", "read", "0", "--ns", bound.pid)
    assert SECRET not in segment.out


@pytest.mark.parametrize("words", [["show", "psem:/lock"], ["ls", "psem"], ["ls", "psem:/lock"], ["ls", "psem", "--where", "value == 3"]])
def test_the_value_of_roots_semaphore_is_not_exposed(run, bound, words):
    """Names and the result of stat(2) are public, but the value is inside the file."""
    r = run.ipcx(*words, "--ns", bound.pid, "--json")
    rows = r.json["objects"]
    assert all(o["value"] is None for o in rows) and (rows == []) == ("--where" in words)
    every = run.ipcx("ls", "psem", "--ns", "all", "--json").json["objects"]
    assert all(o["value"] is None for o in every if o["name"] == "/lock")


def test_world_readable_values_are_shown(run, bound):
    run.sh("chmod 0644 /mnt/sem.lock /mnt/secret")
    assert run.ipcx("ls", "psem", "--ns", bound.pid, "--json").json["objects"][0]["value"] == 3
    assert run.ipcx("pshm", "read", "/secret", "--ns", bound.pid).out.startswith(SECRET)
    assert run.ipcx("pshm", "write", "/secret", "--ns", bound.pid, input="x").rc == 1


def test_names_and_sizes_are_still_listed(run, bound):
    rows = run.ipcx("ls", "pshm", "psem", "--ns", bound.pid, "--json").json["objects"]
    assert {(o["ref"], o["uid"]) for o in rows} == {("pshm:/secret", 0), ("pshm:/other", 0), ("psem:/lock", 0)}
    assert run.ipcx("show", "pshm:/secret", "--ns", bound.pid, "--json").json["objects"][0]["size"] == 4096


def test_created_files_belong_to_the_user(run, bound):
    """In a world-writable directory like /dev/shm itself, a command of root with --ns creates files as root of the user namespace."""
    run.sh("chmod 1777 /mnt")
    before = state(run)
    for words in (["mk", "pshm", "/new", "--size", "4K"], ["mk", "psem", "/new", "--init", "1"]):
        assert run.ipcx(*words, "--ns", bound.pid).rc == 0
    after = state(run)
    assert {n: after[n][1:3] for n in after if n not in before} == {"new": (USER, USER), "sem.new": (USER, USER)}
    assert run.ipcx("rm", "posix", "--all", "--yes", "--ns", bound.pid).rc == 4
    assert state(run) == before, "his files go, root's stay"


def test_our_groups_are_dropped(run):
    """setgroups(2) is forbidden in a user namespace that a user has created: root's supplementary groups have to be dropped before it is entered."""
    run.sh("chgrp 4711 /mnt/secret /mnt; chmod 0660 /mnt/secret; chmod 0775 /mnt")
    b = Bound(run)
    before = state(run)
    for words in (["pshm", "read", "/secret"], ["pshm", "fill", "/secret"], ["rm", "pshm:/secret"], ["mk", "pshm", "/new", "--size", "4K"]):
        r = run.run("setpriv", "--groups", "0,4711", "--regid", "4711", IPCX, *words, "--ns", b.pid)
        assert r.rc == 1 and SECRET not in r.out, (words, r.rc, r.err)
    assert state(run) == before
    b.end()


# ---- user namespaces of other kinds

# A user namespace that has no map at first; root writes its map.
UNMAPPED = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
os.setresgid(1234, 1234, 1234); os.setgroups([]); os.setresuid(1234, 1234, 1234)
assert libc.unshare(0x10020000 | int(sys.argv[1])) == 0
print(os.getpid(), flush=True)
sys.stdin.readline()
assert libc.mount(b"/mnt", b"/dev/shm", None, 4096, None) == 0
print("bound", flush=True)
sys.stdin.read()
"""


class Unmapped:
    """A process of a user in a user namespace whose map root has chosen; the test then mounts file systems for it."""

    def __init__(self, world, users, groups, ipc=True):
        self.process, self.pid = start(world, PYTHON, "-c", UNMAPPED, 0x08000000 if ipc else 0)
        for name, text in (("uid_map", users), ("gid_map", groups)):
            r = world.run("sh", "-c", 'printf "%s" "$1" > "/proc/$2/$3"', "sh", text, self.pid, name) if text else None
            assert not r or r.rc == 0, r.err
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"bound\n"

    def end(self):
        stop(self.process)


@pytest.mark.parametrize("ipc", [True, False], ids=["own", "shared"])
@pytest.mark.parametrize("groups", ["1234 1234 1", "0 1234 1", "7 4711 1"])
def test_a_place_without_a_root(run, groups, ipc):
    """If user 0 is unmapped, ipcx acts as the owner of the user namespace: files of root are inaccessible, files of the owner are accessible."""
    b = Unmapped(run, "1234 1234 1", groups, ipc)
    before = state(run)
    for words in (["rm", "pshm", "--all", "--yes"], ["rm", "pshm:/secret"], ["set", "pshm:/secret", "--mode", "0666"], ["pshm", "read", "/secret"],
                  ["pshm", "fill", "/secret"], ["psem", "post", "/lock"], ["mk", "psem", "/new", "--init", "1"]):
        r = run.ipcx(*words, "--ns", b.pid)
        assert r.rc == 1 and SECRET not in r.out, (words, r.rc, r.err)
    assert state(run) == before
    run.sh("printf mine > /mnt/mine; chmod 0600 /mnt/mine; chown 1234:1234 /mnt/mine")
    assert run.ipcx("pshm", "read", "/mine", "--ns", b.pid).out == "mine"
    assert run.ipcx("pshm", "write", "/mine", "--ns", b.pid, input="your").rc == 0
    assert run.ipcx("set", "pshm:/mine", "--mode", "0640", "--ns", b.pid).rc == 0
    assert state(run)["mine"][3] == 0o640 and state(run)["mine"][6] == b"your"
    b.end()


@pytest.mark.parametrize("users,groups", [("1234 1234 1", None), (None, None), ("0 1234 1", None)], ids=["no groups", "nobody", "no group 0"])
def test_a_place_without_a_usable_identity(run, users, groups):
    """If ipcx cannot take an identity with the right privileges, it reports an error and does nothing."""
    b = Unmapped(run, users, groups)
    run.sh("printf mine > /mnt/mine; chmod 0666 /mnt/mine")
    before = state(run)
    for words in (["rm", "pshm", "--all", "--yes"], ["pshm", "read", "/mine"], ["pshm", "write", "/mine"], ["set", "pshm:/mine", "--mode", "0600"]):
        r = run.ipcx(*words, "--ns", b.pid, input="x")
        assert r.rc == 1 and "its user namespace" in r.err and r.out == "", (words, r.rc, r.err)
    assert state(run) == before
    assert len(run.objects("pshm", "--ns", b.pid)) == 3
    b.end()


def test_a_process_in_a_deeper_user_namespace_than_its_mounts(run):
    """The process is in a user namespace other than the owner of its mounts: what counts is who owns the mounts."""
    b = Bound(run, script="mount --bind /mnt /dev/shm; exec unshare --user --map-user=77 sh -c 'echo $$; exec cat'")
    before = state(run)
    for words in (["rm", "pshm", "--all", "--yes"], ["pshm", "read", "/secret"], ["psem", "post", "/lock"], ["set", "pshm:/secret", "--size", "0"]):
        r = run.ipcx(*words, "--ns", b.pid)
        assert r.rc == 1 and SECRET not in r.out, (words, r.rc, r.err)
    assert state(run) == before
    b.end()


@pytest.mark.parametrize("words", [["pshm", "read", "/secret"], ["pshm", "fill", "/secret"], ["set", "pshm:/secret", "--mode", "0666"]])
def test_a_process_that_chose_its_root(run, words):
    """chroot(2) in a user namespace needs no mount namespace: the mounts are ours, but the user chose the root directory."""
    run.sh("""mount -t tmpfs -o mode=1777 none /srv; setpriv --reuid=1234 --regid=1234 --clear-groups mkdir -p /srv/dev/shm
cp -a /mnt/secret /srv/dev/shm/""")
    before = state(run, "/srv/dev/shm")
    script = "import os, sys; print(os.getpid(), flush=True); os.chroot('/srv'); print('in', flush=True); sys.stdin.read()"
    process, pid = start(run, "unshare", "--user", "--map-root-user", PYTHON, "-c", script, uid=USER)
    assert process.stdout.readline() == b"in\n"
    r = run.ipcx(*words, "--ns", pid)
    assert r.rc == 1 and SECRET not in r.out, (r.rc, r.out, r.err)
    assert state(run, "/srv/dev/shm") == before
    stop(process)


def test_a_process_with_the_root_of_another(run, bound):
    """The process has our mounts, but the root directory of another place: neither alone says which user is responsible for its /dev/shm."""
    before = state(run)
    script = (f"import os, sys; print(os.getpid(), flush=True); os.chroot('/proc/{bound.pid}/root'); print('in', flush=True); sys.stdin.read()")
    process, pid = start(run, "nsenter", f"--user=/proc/{bound.pid}/ns/user", "--preserve-credentials", PYTHON, "-c", script, uid=USER)
    assert process.stdout.readline() == b"in\n"
    for words in (["rm", "pshm", "--all", "--yes"], ["rm", "pshm:/secret"], ["pshm", "read", "/secret"], ["psem", "post", "/lock"]):
        r = run.ipcx(*words, "--ns", pid)
        assert r.rc not in (0, 2) and SECRET not in r.out, (words, r.rc, r.err)
    assert state(run) == before
    stop(process)


def test_another_user_gains_nothing_either(run, bound):
    before = state(run)
    for words in (["rm", "pshm", "--all", "--yes"], ["pshm", "read", "/secret"], ["psem", "post", "/lock"], ["mk", "pshm", "/n", "--size", "4K"]):
        for uid in (4321, USER):
            r = run.ipcx(*words, "--ns", bound.pid, uid=uid)
            assert r.rc == 1 and SECRET not in r.out, (words, uid, r.rc, r.err)
    assert state(run) == before


# ---- steps that fail, or only seem to be taken

@pytest.mark.parametrize("call", ["setresuid", "setresgid", "setgroups", "setns", "prctl@0=4"])
@pytest.mark.parametrize("error", [0, 1, 22], ids=["lie", "EPERM", "EINVAL"])
def test_a_step_without_effect_ends_the_command(run, bound, call, error):
    """With errno 0, the call reports success and does nothing."""
    before = state(run)
    for words in (["rm", "pshm", "--all", "--yes"], ["pshm", "read", "/secret"]):
        r = run.run("setpriv", "--groups", "0,4711", helper("seccomp"), error, call, "--", IPCX, *words, "--ns", bound.pid)
        assert r.rc == 1 and SECRET not in r.out and r.err.count("\n") <= 2, (r.rc, r.out, r.err)
    assert state(run) == before


@pytest.mark.parametrize("call", ["getresuid", "getgroups", "socketpair", "sendmsg"])
def test_an_answer_that_cannot_be_verified_or_sent_is_an_error(run, bound, call):
    run.sh("chmod 0666 /mnt/secret")
    r = run.run(helper("seccomp"), 1, call, "--", IPCX, "pshm", "read", "/secret", "--ns", bound.pid)
    assert r.rc == 1 and r.out == "" and r.err.count("\n") == 1, (r.rc, r.out, r.err)


def test_a_killed_child_is_an_error(run):
    """The user may kill the child, which runs with the user's uid. A FIFO blocks the child, since mk reads the contents of the object from it."""
    run.sh("chmod 1777 /mnt; mount -t tmpfs none /srv; mkfifo /srv/fifo")
    b = Bound(run)
    process, pid = start(run, "sh", "-c", f"echo $$; exec 3<>/srv/fifo; exec {IPCX} mk pshm /slow --size 4K --from /dev/fd/3 --ns {b.pid}")
    children = f"/proc/{pid}/task/{pid}/children"
    until(lambda: "slow" in state(run))
    child = int(run.run("cat", children).out.split()[0])
    assert run.run("kill", "-9", child, uid=USER).rc == 0
    assert process.wait(timeout=60) == 1
    process.stdin.close()
    process.stdout.close()
    b.end()


# ---- places without their own user namespace: root made the mounts, but others may have chosen what is mounted

@pytest.fixture
def container(run):
    """A container of root's without its own user namespace; a file system of the world is mounted on its /dev/shm."""
    p = Place(run, script=BIND)
    yield p
    p.end()


@pytest.mark.parametrize("words", [["rm", "pshm", "--all", "--yes"], ["rm", "psem", "--all", "--yes"], ["rm", "pshm", "--where", "size > 0", "--yes"],
                                   ["rm", "all", "--all", "--yes"], ["rm", "posix", "--where", "uid == 0", "--yes"], ["rm", "pshm", "--all", "--dry-run"]])
def test_a_file_system_of_ours_is_not_emptied(run, container, words):
    run.ok("mk", "shm", "--size", "4K", "--ns", container.pid)
    before = state(run)
    r = run.ipcx(*words, "--ns", container.pid)
    assert r.rc == 1 and "/mnt" in r.err and r.err.count("\n") <= 2, (r.rc, r.err)
    assert state(run) == before
    assert len(run.objects("shm", "--ns", container.pid)) == 1, "nothing is begun"
    assert run.ipcx("rm", "sysv", "--all", "--yes", "--ns", container.pid).rc == 0


def test_single_objects_on_our_file_system_are_changed_with_a_note(run, container):
    r = run.ipcx("set", "pshm:/other", "--mode", "0640", "--ns", container.pid)
    assert r.rc == 0 and "mounted here, too, on /mnt" in r.err
    r = run.ipcx("mk", "pshm", "/new", "psem", "/new", "--size", "4K", "--init", "1", "--ns", container.pid)
    assert r.rc == 0 and r.err.count("mounted here, too, on /mnt") == 1
    r = run.ipcx("rm", "pshm:/new", "psem:/new", "pshm:/other", "--ns", container.pid)
    assert r.rc == 0 and "mounted here, too, on /mnt" in r.err
    assert set(state(run)) == {"secret", "sem.lock"}


def test_a_directory_of_our_dev_shm_is_not_ours(run):
    run.sh("mkdir /dev/shm/sub; echo x > /dev/shm/sub/file")
    p = Place(run, script="mount --bind /dev/shm/sub /dev/shm; echo $$; exec cat")
    r = run.ipcx("rm", "pshm", "--all", "--yes", "--ns", p.pid)
    assert r.rc == 1 and "/dev/shm" in r.err
    assert os.path.exists(f"/proc/{run.pid}/root/dev/shm/sub/file")
    p.end()


@pytest.mark.parametrize("script", [PLACE, "echo $$; exec cat"], ids=["own", "shared"])
def test_other_file_systems_are_emptied(world, script):
    """The place has a separate file system on /dev/shm, or shares our own /dev/shm."""
    p = Place(world, script=script)
    assert world.ipcx("mk", "pshm", "/a", "psem", "/a", "--size", "4K", "--init", "1", "--ns", p.pid).rc == 0
    r = world.ipcx("rm", "posix", "--all", "--yes", "--ns", p.pid)
    assert r.rc == 0 and "mounted" not in r.err
    assert world.objects("posix", "--ns", p.pid) == []
    p.end()


# ---- what must keep working

@pytest.fixture(params=["--ipc", None], ids=["own", "shared"])
def mine(world, request):
    """A user's place with its own /dev/shm."""
    b = Bound(world, *filter(None, [request.param]), script=PLACE)
    yield b
    b.end()


@pytest.mark.parametrize("uid", [None, USER], ids=["root", "user"])
def test_root_and_the_user_can_use_the_users_files(world, mine, uid):
    def ipcx(*words, rc=0, **more):
        r = world.ipcx(*words, uid=uid, **more)
        assert r.rc == rc, (words, r.rc, r.out, r.err)
        return r.out

    at = ["--ns", mine.pid]
    ipcx("mk", "pshm", "/a", "pshm", "/b", "psem", "/s", "--size", "4K", "--init", "2", *at)
    rows = world.objects("pshm", "psem", *at)
    assert {(o["ref"], o["uid"], o["gid"]) for o in rows} == {(r, USER, USER) for r in ("pshm:/a", "pshm:/b", "psem:/s")}
    ipcx("pshm", "write", "/a", *at, input="hello")
    assert ipcx("pshm", "read", "/a", "--length", "5", *at) == "hello"
    ipcx("pshm", "copy", "/a", "/b", *at)
    assert ipcx("pshm", "read", "/b", "--length", "5", *at) == "hello"
    ipcx("pshm", "fill", "/b", "--byte", "120", *at)
    assert ipcx("pshm", "read", "/b", "--length", "3", *at) == "xxx"
    ipcx("psem", "post", "/s", *at)
    ipcx("psem", "wait", "/s", *at)
    ipcx("psem", "wait", "/s", *at)
    ipcx("psem", "run", "/s", *at, "--", "true")
    assert ipcx("psem", "get", "/s", *at) == "1\n"
    ipcx("set", "pshm:/a", "--mode", "0640", "--size", "8K", *at)
    row = world.ipcx("show", "pshm:/a", "--json", *at).json["objects"][0]
    assert (row["mode"], row["size"]) == ("0640", 8192)
    ipcx("rm", "pshm:/a", *at)
    ipcx("rm", "pshm", "psem", "--where", f"uid == {USER}", "--yes", *at)
    assert world.objects("pshm", "psem", *at) == []


def test_both_kinds_of_memory_in_one_copy(world, mine):
    """The process itself enters the namespace for one object, and a child opens the other; both orders work."""
    at = ["--ns", mine.pid]
    for words in (["mk", "shm", "--size", "4K"], ["mk", "pshm", "/a", "--size", "4K"], ["mk", "pshm", "/b", "--size", "4K"]):
        world.ok(*words, *at)
    assert world.ipcx("pshm", "write", "/a", *at, input="to and fro").rc == 0
    assert world.ipcx("pshm", "copy", "/a", "shm:0", *at).rc == 0
    assert world.ipcx("shm", "copy", "0", "pshm:/b", *at).rc == 0
    assert world.ipcx("pshm", "read", "/b", "--length", "10", *at).out == "to and fro"


def test_all_mechanisms_in_one_listing(world, mine):
    """One command makes several calls of the library: its rows are in the order of the references, and all show the same namespace."""
    at = ["--ns", mine.pid]
    made = world.ipcx("mk", "pshm", "/a", "shm", "psem", "/b", "sem", "--size", "4K", "--nsems", "1", "--init", "1", "--json", *at)
    assert made.rc == 0, made.err
    order = [o["ref"] for o in made.json["objects"]]
    assert order == ["pshm:/a", "shm:0", "psem:/b", "sem:0"]
    r = world.ipcx("rm", *order, "pshm:/none", "shm:77", "-o", "ref,ns", "--json", *at)
    assert [o["ref"] for o in r.json["objects"]] == order and len({o["ns"] for o in r.json["objects"]}) == 1
    assert r.rc == 3 or r.rc == 4, r.rc
    assert "pshm:/none" in r.err and "shm:77" in r.err


def test_a_create_that_fails_late_is_undone_completely(run, bound):
    """System V objects are created first and succeed; then the file cannot be created, and no object is left."""
    r = run.ipcx("mk", "shm", "sem", "pshm", "/new", "--size", "4K", "--nsems", "1", "--ns", bound.pid)
    assert r.rc == 1
    assert run.objects("sysv", "--ns", bound.pid) == [] and "new" not in state(run)


def test_the_owner_of_an_ipc_namespace_sets_its_limits(world):
    """When root runs 'limits set' in a user's namespace, ipcx acts as the owner of that namespace, without root's groups."""
    b = Bound(world, "--ipc", script=PLACE)
    world.ok("limits", "set", "semmni=9", "--ns", b.pid)
    world.ok("limits", "set", "semmni=10", "--ns", b.pid, uid=USER)
    r = world.run("setpriv", "--groups", "0,4711", helper("seccomp"), 0, "setresuid", "--", IPCX, "limits", "set", "semmni=11", "--ns", b.pid)
    assert r.rc == 1, "a step that was not taken"
    assert world.ok("limits", "semmni", "-o", "limit", "--no-headings", "--ns", b.pid).split() == ["10"]
    b.end()
