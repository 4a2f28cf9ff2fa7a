# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of containers: which user may give which name to which namespace. A name is as trustworthy as the process that gives it, or as the owner of the file
that contains it."""

import os
import re
import shutil
import subprocess

import pytest

from helpers.places import Place, cat_of, stop
from helpers.tools import helper, until

HOME = "0x4d2"  # the key of a queue in the namespace in which ipcx runs
THERE = "0x77"  # and of one in the container

# Program name and arguments of a monitor; the last argument is the script that starts the monitored process. "argv0=" is its own name for itself.
WATCHERS = {
    "conmon": (["-c", "4d1fc9ea", "-n", "@"], "podman"),
    "systemd-nspawn": (["-M", "@"], "nspawn"),
    "bwrap": (["--unshare-ipc", "/bin/@"], "bwrap"),
    "lxc-start": (["argv0=[lxc monitor] /var/lib/lxc @"], "lxc"),
    "lxd": (["argv0=[lxc monitor] /var/lib/lxd/containers @"], "lxd"),
    "firejail": (["--name=@", "--ipc-namespace", "sleep"], "firejail"),
    "starter": (["argv0=Apptainer instance: alice [@]"], "apptainer"),
}
# Starts a process with its own mount, PID and IPC namespaces, like a container.
OWN = ["unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc"]
USERS_OWN = ["unshare", "--user", "--map-root-user", "--mount", "--ipc"]
WAIT = f"$IPCX mk msg:{THERE} >/dev/null; echo up; read -r end"


class Forged:
    """A process that claims to monitor a container, and the process that it claims to be the container."""

    def __init__(self, world, comm, name, box, around=(), uid=None, words=None, wait=WAIT):
        path = os.path.join(world.dir, comm)
        shutil.copy(helper("watcher"), path)
        os.chmod(path, 0o755)
        words = [w.replace("@", name) for w in (words or WATCHERS[comm][0])]
        title = [words.pop(0)[len("argv0="):]] if words and words[0].startswith("argv0=") else []
        program = ["bash", "-c", 'exec -a "$@"', "bash", *title, path] if title else [path]
        self.process = subprocess.Popen(world.argv("env", f"IPCX={os.environ['IPCX']}", f"BOX=exec {' '.join(box)} sh -c '{wait}'", *around, *program,
                                                   *words, uid=uid),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"up\n"

    def end(self):
        stop(self.process)


@pytest.fixture
def machine(world):
    """A world with a queue, a private /run, and a container of root's that is named prod."""
    world.run("mount", "-t", "tmpfs", "none", "/run")
    world.ok("mk", f"msg:{HOME}")
    p = subprocess.Popen(world.argv(*OWN, "sh", "-c", "echo 1; exec cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    p.stdout.readline()
    world.prod = cat_of(world, p)
    record(world, world.prod, "prod")
    world.ok("mk", "msg:0x99", "--ns", world.prod)
    yield world
    stop(p)


def record(world, pid, name, uid=0):
    """Write the state file that runc keeps for a container of root or of a user."""
    where = f"/run/user/{uid}/runc/{name}" if uid else f"/run/runc/{name}"
    world.run("sh", "-c", f"""mkdir -p {where}; began=$(cut -d ' ' -f 22 /proc/{pid}/stat)
echo "{{\\"init_process_pid\\":{pid},\\"init_process_start\\":$began}}" >{where}/state.json
[ {uid} = 0 ] || chown -R {uid} /run/user/{uid}""")


def keys(world, *words, **more):
    return [o["key"] for o in world.objects("msg", *words, **more)]


def labels(world):
    """Return the names of containers in two lists: [True] for our own namespace, [False] for other namespaces."""
    rows = world.ipcx("ns", "ls", "--json").json["namespaces"]
    ours = int(re.search(r"\d+", world.run("readlink", "/proc/self/ns/ipc").out)[0])
    return {n["ns"] == ours: [m["container"] for m in rows if (m["ns"] == ours) == (n["ns"] == ours)] for n in rows}


def all_labels(world):
    return [box["container"] for n in world.ipcx("ns", "ls", "--json").json["namespaces"] for box in n["containers"] or []]


def nothing_of_ours_changed(world, where):
    """Check that no command with that name as --ns removes or changes anything in our namespace."""
    for words in (["rm", "msg", "--all", "--yes"], ["set", f"msg:{HOME}", "--mode", "0666"], ["mk", "sem:0x5", "--nsems", "1"],
                  ["limits", "set", "msgmni=17"], ["msg", "send", HOME, "x"], ["msg", "drain", HOME, "-"]):
        assert world.ipcx(*words, "--ns", where).rc != 0, (where, words)
    assert [(o["key"], o["mode"], o["qnum"]) for o in world.objects("sysv")] == [("0x000004d2", "0600", 0)]
    assert world.ipcx("limits", "msgmni", "--json").json["limits"][0]["limit"] != 17


# ---- attacks by the root user of a container that has no user namespace

@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("kind", ["k8s.io", "moby", "default"])
def test_a_shim_in_a_container_does_not_name_the_host(machine, kind, number):
    """The directory of the shim has the same path outside, but the PIDs in it belong to the PID namespace of the container."""
    bundle = f"{machine.dir}/io.containerd.runtime.v2.task/{kind}/evil"
    os.makedirs(bundle)
    notes = {"container-type": "container", "sandbox-name": "pod", "container-name": "evil", "sandbox-namespace": "prod"}
    for name, text in (("init.pid", str(number)), ("config.json", '{"annotations":{%s}}' % ",".join(
            f'"io.kubernetes.cri.{k}":"{v}"' for k, v in notes.items()))):
        with open(f"{bundle}/{name}", "w", encoding="ascii") as f:
            f.write(text)
    shim = Forged(machine, "containerd-shim-runc-v2", "evil", ["unshare", "--mount"], around=[*OWN, "sh", "-c", f'cd {bundle}; exec "$0" "$@"'],
                  words=["-id", "@"])
    assert labels(machine)[True] == [None]
    nothing_of_ours_changed(machine, "evil")
    nothing_of_ours_changed(machine, "k8s:evil")
    shim.end()


@pytest.mark.parametrize("comm", WATCHERS)
def test_a_monitor_in_a_container_cannot_give_a_name_of_root(machine, comm):
    """The root user of a container claims that a child process is prod, or is a new container."""
    runtime = WATCHERS[comm][1]
    for name in ("prod", "fresh"):
        forged = Forged(machine, comm, name, OWN, around=OWN)
        assert f"{runtime}:{name}" not in all_labels(machine)
        assert f"?/{runtime}:{name}" in all_labels(machine)
        assert keys(machine, "--ns", "prod") == ["0x00000099"]
        if name == "fresh":
            r = machine.ipcx("ls", "--ns", name)
            assert r.rc == 3 and "'?/fresh'" in r.err, r.err
        forged.end()


@pytest.mark.parametrize("flags", [["unshare", "--mount"], ["unshare", "--pid", "--fork", "--kill-child"]], ids=["its mounts", "its PIDs"])
@pytest.mark.parametrize("comm", WATCHERS)
def test_sharing_half_of_our_namespaces_is_not_trusted(machine, comm, flags):
    """A process that shares our PID namespace or our mount namespace, but not both, does not count as a process of the host."""
    forged = Forged(machine, comm, "fresh", OWN, around=flags)
    assert all_labels(machine).count(f"?/{WATCHERS[comm][1]}:fresh") == 1
    assert machine.ipcx("ls", "--ns", "fresh").rc == 3
    forged.end()


@pytest.mark.parametrize("comm", WATCHERS)
def test_names_inside_have_the_outer_name_as_prefix(machine, comm):
    """A runtime that runs in a container of root's: its containers are named outer/RUNTIME:NAME, and the printed name is accepted."""
    runtime = WATCHERS[comm][1]
    forged = Forged(machine, comm, "inner", OWN, around=["nsenter", "-t", machine.prod, "--mount", "--pid"])
    until(lambda: f"prod/{runtime}:inner" in all_labels(machine))
    for where in (f"prod/{runtime}:inner", "prod/inner"):
        assert keys(machine, "--ns", where) == [f"0x{0x77:08x}"], where
    r = machine.ipcx("ls", "--ns", "inner")
    assert r.rc == 3 and "'prod/inner'" in r.err
    assert machine.ipcx("ls", "--ns", "web/inner").rc == 3
    forged.end()


def test_a_shim_in_a_container_refers_to_its_own_children(machine):
    """containerd in a container: the number in init.pid is a PID of the PID namespace in which the file was written."""
    bundle = "/run/containerd/io.containerd.runtime.v2.task/default/web"
    script = f'mkdir -p {bundle}; cd {bundle}; exec "$0" "$@"'
    shim = Forged(machine, "containerd-shim-runc-v2", "web", ["unshare", "--mount", "--ipc"], around=[
        "nsenter", "-t", machine.prod, "--mount", "--pid", "sh", "-c", script], words=["-id", "@"], wait="echo $$ >init.pid; " + WAIT)
    assert "prod/containerd:web" in all_labels(machine)
    assert keys(machine, "--ns", "prod/web") == [f"0x{0x77:08x}"]
    assert labels(machine)[True] == [None]
    shim.end()


def test_a_cgroup_of_that_name_elsewhere_proves_nothing(machine):
    base = next((d for d in ("/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup")
                 if machine.run("mkdir", "-p", f"{d}/ipcx-{os.getpid()}/x/prod", f"{d}/ipcx-{os.getpid()}/prod").rc == 0), None)
    if not base:
        pytest.skip("no control group can be made here")
    top = f"{base}/ipcx-{os.getpid()}"
    inside, beside = Place(machine), Place(machine)
    try:
        for pid, where in ((machine.prod, "prod"), (inside.pid, "prod"), (beside.pid, "x/prod")):
            assert machine.run("sh", "-c", f"echo {pid} >{top}/{where}/cgroup.procs").rc == 0
        for place, label in ((inside, "runc:prod"), (beside, None)):
            row = machine.ipcx("ns", "show", place.pid, "--json").json["namespaces"][0]
            assert [m["container"] for m in row["members"] if m["pid"] == place.pid] == [label]
    finally:
        inside.end()
        beside.end()
        machine.run("sh", "-c", f"cat {top}/prod/cgroup.procs | while read -r p; do echo $p >{base}/cgroup.procs; done")
        until(lambda: machine.run("rmdir", f"{top}/x/prod", f"{top}/x", f"{top}/prod", top).rc == 0)


def test_a_process_cannot_give_itself_a_name_of_root(machine):
    """A process in a sandbox of root's may choose its own name; the sandbox is named after the program that root started in it."""
    forged = Forged(machine, "bwrap", "sh", OWN, wait="printf dorp >/proc/self/comm; " + WAIT)
    assert "bwrap:sh" in all_labels(machine) and "dorp" not in " ".join(all_labels(machine))
    assert machine.ipcx("ls", "--ns", "dorp").rc == 3
    forged.end()


# ---- attacks by a user of the host

@pytest.mark.parametrize("comm", WATCHERS)
def test_a_users_name_includes_the_user(machine, comm):
    forged = Forged(machine, comm, "web", USERS_OWN, uid=1234)
    runtime = WATCHERS[comm][1]
    assert f"1234/{runtime}:web" in all_labels(machine)
    r = machine.ipcx("ls", "--ns", "web")
    assert r.rc == 3 and "'1234/web'" in r.err, r.err
    for where in ("1234/web", f"1234/{runtime}:web"):
        assert keys(machine, "--ns", where) == [f"0x{0x77:08x}"]
    assert keys(machine, "--ns", "web", uid=1234) == keys(machine, "--ns", "1234/web", uid=1234) == [f"0x{0x77:08x}"]
    assert machine.ipcx("ls", "--ns", "4321/web").rc == 3
    offered = [line.split("\t")[0] for line in machine.ipcx("complete", "--", "ls", "--ns", "").lines]
    assert "1234/web" in offered and "web" not in offered and "prod" in offered
    r = machine.ipcx("ls", "--ns", "web", uid=4321)
    assert r.rc == 1 and "cannot tell whether a container is called 'web': some processes may not be looked at" in r.err, r.err
    forged.end()


@pytest.mark.parametrize("comm", WATCHERS)
def test_a_user_neither_shadows_nor_duplicates_a_name_of_root(machine, comm):
    before = keys(machine, "--ns", "prod")
    forged = Forged(machine, comm, "prod", USERS_OWN, uid=1234)
    for where in ("prod", "runc:prod", "0/prod"):
        assert keys(machine, "--ns", where) == before == ["0x00000099"], where
    assert keys(machine, "--ns", "1234/prod") == [f"0x{0x77:08x}"]
    forged.end()


@pytest.mark.parametrize("name", ["a,runc:prod", "x/docker:prod", "0/prod", "%2C", "a%2Cb", ",", "q\x1b[31m"])
def test_a_name_is_one_entry_of_a_list(machine, name):
    """A name is a single entry, whatever characters it contains, and the printed form is accepted."""
    forged = Forged(machine, "conmon", name, USERS_OWN, uid=1234, words=["-c", "4d1fc9ea", "-n", "@"])
    mine = [label for label in all_labels(machine) if label != "runc:prod"]
    assert len(mine) == 1 and mine[0].startswith("1234/podman:") and all_labels(machine).count("runc:prod") == 1, mine
    assert keys(machine, "--ns", mine[0]) == [f"0x{0x77:08x}"]
    r = machine.ipcx("ns", "ls")
    assert "\x1b" not in r.out and "\x1b" not in machine.ipcx("ls", "--ns", f"{name}\x1b[1m").err
    forged.end()


@pytest.mark.parametrize("whose", ["root's container", "root's process", "our namespace", "another user's"])
def test_a_users_file_names_only_own_processes(machine, whose):
    """A user's file can name neither a process of another user nor a process whose PID was reused."""
    box = None
    if whose == "root's container":
        pid = machine.prod
    else:
        flags = {"root's process": dict(uid=1234), "our namespace": dict(uid=1234), "another user's": dict(uid=4321)}[whose]
        script = {"root's process": "exec unshare --mount --ipc setpriv --reuid=1234 --clear-groups sh -c 'echo $$; exec cat'",
                  "our namespace": "exec unshare --user --map-root-user --mount sh -c 'echo $$; exec cat'",
                  "another user's": "exec unshare --user --map-root-user --mount --ipc sh -c 'echo $$; exec cat'"}[whose]
        if whose == "root's process":
            flags = {}
        box = subprocess.Popen(machine.argv("sh", "-c", script, **flags), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        pid = int(box.stdout.readline())
    record(machine, pid, "mine", uid=1234)
    assert not [label for label in all_labels(machine) if "mine" in label]
    for where in ("mine", "1234/mine", "1234/runc:mine"):
        assert machine.ipcx("ls", "--ns", where).rc == 3
    r = machine.ipcx("ls", "--ns", "mine", uid=1234)
    assert (r.rc == 1 and "cannot tell whether a container is called 'mine'" in r.err) or whose == "our namespace"
    if box:
        stop(box)


def test_a_set_user_id_program_counts_as_the_user_who_started_it(machine):
    """The user chose the arguments of the program, whatever its effective uid is."""
    machine.sh(f"mount -t tmpfs -o mode=755 none /mnt; cp $(readlink -f /bin/sh) /mnt/conmon; chmod 4755 /mnt/conmon")
    script = f"exec 3<&0; unshare --mount --ipc sh -pc '{WAIT}' <&3 & wait"
    p = subprocess.Popen(machine.argv("env", f"IPCX={os.environ['IPCX']}", "/mnt/conmon", "-p", "-c", script, "-n", "fresh", uid=1234),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"up\n"
    assert "podman:fresh" not in all_labels(machine)
    assert machine.ipcx("ls", "--ns", "fresh").rc == 3
    stop(p)


MANY = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
def comm(name):
    libc.prctl(15, name, 0, 0, 0)
end_r, end_w = os.pipe()
ready_r, ready_w = os.pipe()
if libc.unshare(0x10000000 | 0x08000000):
    sys.exit("no namespaces")
for i in range(int(sys.argv[1])):
    if os.fork() == 0:
        os.close(end_w)
        comm(b"conmon")
        if os.fork() == 0:
            if libc.unshare(0x00020000):
                os._exit(1)
            os.write(ready_w, b".")
            os.read(end_r, 1)
            os._exit(0)
        os.read(end_r, 1)
        os._exit(0)
left = int(sys.argv[1])
while left:
    left -= len(os.read(ready_r, 65536))
print("up", flush=True)
sys.stdin.read()
os.close(end_w)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
"""


def test_a_user_with_thousands_of_names(machine):
    """The many names hide nothing; they are not all listed, which is reported once."""
    many = 1100
    p = subprocess.Popen(machine.argv("/usr/bin/python3", "-c", MANY, many, "-c", "4d1fc9ea", "-n", "prod", uid=1234),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"up\n"
    assert keys(machine, "--ns", "prod") == ["0x00000099"]
    r = machine.ipcx("ls", "--ns", "1234/prod", timeout=120)
    assert r.rc == 2 or r.rc == 3 or r.rc == 1, r.err
    assert len(r.err) < 4000 and "and 980 more" in r.err, r.err[-300:]
    other = Place(machine)
    record(machine, other.pid, "other")
    r = machine.ipcx("ns", "ls", "--json", timeout=120)
    assert r.err.count("user 1234 gives names to more than 1000 containers") == 1, r.err[-500:]
    names = [n["container"] for n in r.json["namespaces"]]
    assert "runc:other" in names
    boxes = max((n["containers"] or [] for n in r.json["namespaces"]), key=len)
    assert len(boxes) == 1000 and {(box["name"], box["uid"]) for box in boxes} == {("prod", 1234)}
    assert all(box["container"] == f"1234/podman:prod#{box['pid']}" for box in boxes)
    assert keys(machine, "--ns", boxes[0]["container"]) == keys(machine, "--ns", boxes[-1]["container"]) == []
    text = next(t for t in machine.ipcx("ns", "ls", "-o", "containers", "--no-headings").lines if t.startswith("1234/podman:"))
    *listed, more = text.split(",")
    assert len(listed) + int(more) == 1000 and more[0] == "+"
    other.end()
    stop(p)


def test_a_user_with_thousands_of_files(machine):
    """Only a limited number of a user's files is read, which is reported once; of root's files all are read."""
    machine.sh("mkdir -p /run/user/1234/runc; cd /run/user/1234/runc; seq 4100 | xargs mkdir; chown -R 1234 /run/user/1234")
    r = machine.ipcx("ns", "ls", "--json")
    assert r.rc == 0 and r.err.count("a directory of user 1234 has more than 4000 files") == 1, r.err
    machine.sh("mkdir -p /run/crun; cd /run/crun; seq 4100 | xargs mkdir; rm -r /run/user/1234/runc")
    r = machine.ipcx("ns", "ls", "--json")
    assert r.rc == 0 and r.err == "" and "runc:prod" in [n["container"] for n in r.json["namespaces"]]


# ---- our own namespace

@pytest.mark.parametrize("uid", [0, 1234])
def test_a_container_in_our_namespace(machine, uid):
    """As with docker's --ipc=host. A name given by root is accepted for reading and entering, but not for removing or changing anything. A name given by a user
    is not accepted."""
    shares = subprocess.Popen(machine.argv(*(USERS_OWN[:-1] if uid else ["unshare", "--mount"]), "sh", "-c", "echo $$; exec cat", uid=uid or None),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    record(machine, int(shares.stdout.readline()), "shares", uid=uid)
    assert labels(machine)[True] == ([None] if uid else ["runc:shares"])
    nothing_of_ours_changed(machine, f"{uid}/shares")
    r = machine.ipcx("ls", "msg", "--ns", f"{uid}/shares")
    assert (r.rc == 0 and HOME[2:] in r.out) if uid == 0 else r.rc == 3
    r = machine.ipcx("ns", "enter", f"{uid}/shares", "--", "readlink", "/proc/self/ns/ipc")
    assert r.rc == (3 if uid else 0)
    if not uid:
        r = machine.ipcx("rm", "msg", "--all", "--yes", "--ns", "shares")
        assert r.rc == 2 and "that is this namespace" in r.err and r.err.count("\n") == 1, r.err
        machine.ok("rm", f"msg:{HOME}", "--ns", "self")
    stop(shares)


# ---- namespaces without a name keep working

def test_places_without_a_trusted_name(machine):
    forged = Forged(machine, "conmon", "fresh", OWN, around=OWN)
    ours = int(re.search(r"\d+", machine.run("readlink", "/proc/self/ns/ipc").out)[0])
    row = next(n for n in machine.ipcx("ns", "ls", "--json").json["namespaces"] if n["ns"] != ours and n["container"] == "?/podman:fresh")
    for where in (row["pid"], row["ns"], f"ipc:[{row['ns']}]", f"/proc/{row['pid']}/ns/ipc"):
        assert keys(machine, "--ns", where) == [f"0x{0x77:08x}"], where
    forged.end()


def test_a_word_with_a_slash_is_not_a_file(machine):
    """A link in the working directory that is named like a user's container is not taken for a namespace."""
    machine.sh(f"mkdir -p {machine.dir}/1234 {machine.dir}/web; ln -s /proc/1/ns/ipc {machine.dir}/1234/web; ln -s /proc/1/ns/ipc {machine.dir}/web/inner")
    for where, rc in (("1234/web", 3), ("web/inner", 3), ("./1234/web", 0), (f"{machine.dir}/web/inner", 0)):
        r = machine.run("sh", "-c", f'cd {machine.dir}; exec "$0" ls --ns "$1"', os.environ["IPCX"], where)
        assert r.rc == rc, (where, r.err)


@pytest.mark.parametrize("where", ["0/", "1234/", "/", "99999999999/web", "18446744073709551616/web", "?/", "1234//web", "4294967295/web", "1234/1234/web"])
def test_unknown_names(machine, where):
    forged = Forged(machine, "conmon", "web", USERS_OWN, uid=1234)
    r = machine.ipcx("rm", "msg", "--all", "--yes", "--ns", where)
    assert r.rc in (2, 3) and r.err.count("\n") == 1, (where, r.err)
    assert keys(machine, "--ns", "1234/web") == [f"0x{0x77:08x}"] and keys(machine) == ["0x000004d2"]
    forged.end()


def test_an_inaccessible_container_is_reported(machine):
    """An unprivileged user requests root's container by its name: the error says that it exists but is not accessible."""
    forged = Forged(machine, "conmon", "secret", OWN)
    r = machine.ipcx("ls", "--ns", "secret", uid=1234)
    assert r.rc == 1 and "may not be looked at" in r.err, (r.rc, r.err)
    forged.end()
