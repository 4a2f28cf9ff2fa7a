# SPDX-License-Identifier: GPL-2.0-or-later
"""What is missing in the answer to a query of several namespaces is reported once; a process that exited during the query is not reported. A comparison never
claims that one side lacks an object if that side could not be read."""

import os
import re
import signal
import subprocess
import time

import pytest

from helpers.places import Place, start, stop
from helpers.tools import loads, until

IPCX = os.environ["IPCX"]
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"}


@pytest.fixture
def place(world):
    p = Place(world)
    yield p
    p.end()


def failing(world, inject, *words, path=None, **more):
    """Run ipcx with some of its system calls failing."""
    only = ["-P", path] if path else []
    return world.run("strace", "-f", "-qq", "-o", "/dev/null", *only, "-e", f"inject={inject}", IPCX, *words, env=NO_LEAKS, **more)


def once(text, said):
    return len(re.findall(said, text)) == 1


# ---- namespaces of others

LISTS = [("ls", "--ns", "all"), ("limits", "--ns", "all"), ("ns", "ls")]


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_a_user_is_informed_of_unreadable_namespaces(world, place, words):
    r = world.ipcx(*words, uid=1234)
    assert r.rc == 0 and once(r.err, "some processes may not be looked at .*CAP_SYS_PTRACE"), r.err
    j = world.ipcx(*words, "--json", uid=1234).json
    assert ["incomplete"] == [e["kind"] for e in j["errors"] if "may not be looked at" in e["message"]], j["errors"]
    assert "may not" not in world.ipcx(*words).err


def test_hidden_processes_count_as_missing(world):
    """With hidepid no call is refused; the processes are just invisible."""
    world.sh("mount -o remount,hidepid=2 /proc")
    for words in LISTS:
        r = world.ipcx(*words, uid=1234)
        assert once(r.err, "does not show all processes"), r.err
    r = world.ipcx("ls", "--ns", "prod", uid=1234)
    assert r.rc == 1 and "cannot tell whether a container is called 'prod': /proc does not show all processes" in r.err, r.err


def test_a_name_that_may_exist(world, place):
    r = world.ipcx("ls", "--ns", "prod", uid=1234)
    assert r.rc == 1 and r.err.count("\n") == 1, r.err
    assert "cannot tell whether a container is called 'prod': some processes may not be looked at" in r.err
    r = world.ipcx("ls", "--ns", f"ipc:[{place.ino + 1000}]", uid=1234)
    assert r.rc == 1 and "cannot tell whether there is such a namespace" in r.err, r.err
    assert world.ipcx("ls", "--ns", "prod").rc == 3


def record(world, pid, name):
    world.sh(f"""mount -t tmpfs none /run; mkdir -p /run/runc/{name}; began=$(cut -d ' ' -f 22 /proc/{pid}/stat)
echo "{{\\"init_process_pid\\":{pid},\\"init_process_start\\":$began}}" >/run/runc/{name}/state.json""")


def test_without_json_c_a_container_is_unknown(world, place):
    record(world, place.pid, "web")
    world.ok("mk", "msg", "--ns", place.pid)
    libs = subprocess.run(["sh", "-c", "ls /lib/*/libjson-c.so.5 /usr/lib/*/libjson-c.so.5"], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    for words in (["ns", "ls", "--json"], ["ls", "--ns", "all", "--json"]):
        plain = world.ipcx(*words).json
        rows = next(iter(v for k, v in plain.items() if k in ("namespaces", "objects")))
        assert [r["container"] for r in rows if r["ns"] == place.ino] == ["runc:web"]
        r = hide(world, libs, *words)
        rows = next(iter(v for k, v in r.json.items() if k in ("namespaces", "objects")))
        assert [(n["container"], "container" in n["unknown"]) for n in rows if n["ns"] == place.ino] == [(None, True)], r.out
        assert once(r.err, "json-c is not installed"), r.err
    r = hide(world, libs, "ls", "--ns", "web")
    assert r.rc == 1 and "cannot tell whether" in r.err and "json-c" in r.err, r.err
    assert "?" in hide(world, libs, "ls", "--ns", "all", "-o", "container").out


def hide(world, libs, *words):
    """Run ipcx without these files: another file is mounted over each of them."""
    mounts = "; ".join(f"mount --bind /dev/null {lib}" for lib in libs)
    return world.run("unshare", "--mount", "sh", "-c", mounts + '; exec "$0" "$@"', IPCX, *words)


def test_the_container_of_one_namespace(world, place):
    """The container is looked up on request, however the namespace was specified (pid, inode number or name), and also for our own namespace."""
    record(world, place.pid, "web")
    world.ok("mk", "msg", "--ns", place.pid)
    world.ok("mk", "msg")
    for where in (place.pid, f"ipc:[{place.ino}]", "web"):
        assert [o["container"] for o in world.objects("msg", "--ns", where, "-o", "container")] == ["runc:web"], where
        assert [o["container_uid"] for o in world.objects("msg", "--ns", where, "-o", "container_uid", "-w", "container == 'runc:web'")] == [0]
    assert [(o["container"], o.get("unknown")) for o in world.objects("msg", "-o", "container")] == [(None, None)]
    r = world.ipcx("ls", "msg", "-o", "container", "--json", uid=1234)
    assert once(r.err, "some processes may not be looked at"), r.err
    world.sh(f"nsenter -t {place.pid} --ipc $IPCX ls msg -o container >{world.dir}/out")
    with open(f"{world.dir}/out", encoding="utf-8") as f:
        assert f.read().split() == ["CONTAINER", "runc:web"]


def test_without_libmount_mounted_namespaces_are_unknown(world):
    world.sh("touch /dev/shm/pin; unshare --ipc=/dev/shm/pin true")
    libs = subprocess.run(["sh", "-c", "ls /lib/*/libmount.so.1 /usr/lib/*/libmount.so.1"], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    assert len(world.ipcx("ns", "ls", "--json").json["namespaces"]) == 2
    if not loads("libmount.so.1"):
        pytest.skip("built without libmount")
    mounts = "; ".join(f"$M --bind /dev/null {lib}" for lib in libs)
    # mount(8) itself needs the library, so it gets a copy of the files
    world.sh(f"mkdir /dev/shm/l; for f in {' '.join(libs)}; do cp $f /dev/shm/l/; done")
    r = world.run("unshare", "--mount", "sh", "-c", f"M='env LD_LIBRARY_PATH=/dev/shm/l mount'; {mounts}; exec \"$0\" ns ls --json", IPCX)
    assert once(r.err, "libmount is not installed: namespaces that only a mount keeps are missing"), r.err
    assert all("mounts" in n["unknown"] for n in r.json["namespaces"]), r.out


def test_pins_that_may_not_be_trusted(world):
    world.sh("mount -t tmpfs none /run")
    world.ok("ns", "pin", "self", "keep")
    assert [n["pin"] for n in world.ipcx("ns", "ls", "--json").json["namespaces"]] == ["keep"]
    world.sh("chmod 0770 /run/ipcx/ns")
    r = world.ipcx("ns", "ls", "--json")
    assert [(n["pin"], "pin" in n["unknown"]) for n in r.json["namespaces"]] == [(None, True)] and once(r.err, "pins could not be read"), r.err
    for words in (["ls", "--ns", "pin:keep"], ["ns", "unpin", "keep"], ["ns", "pin", "self", "more"]):
        assert world.ipcx(*words).rc == 1, words
    world.sh("chmod 0700 /run/ipcx/ns")
    world.ok("ns", "unpin", "keep")


# ---- failing calls

@pytest.mark.parametrize("call", ["getdents64", "readlinkat"])
@pytest.mark.parametrize("words", [*LISTS, ("ns", "show", "self")], ids=" ".join)
def test_a_process_that_could_not_be_read(world, place, words, call):
    """If a process cannot be read, its namespace is missing: either this is reported, or nothing is shown."""
    plain = failing(world, f"{call}:error=EIO:when=1000", *words)
    seen = set()
    for when in range(1, 9 if call == "readlinkat" else 3):
        r = failing(world, f"{call}:error=EIO:when={when}", *words, path="/proc")
        assert r.rc == 1 or "Input/output error" in r.err or r.out == plain.out, (when, r.rc, r.out, r.err)
        seen |= {"could not be looked at (Input/output error)" in r.err or r.rc == 1}
        lines = [line for line in r.err.splitlines() if "could not be looked at" in line]
        assert len(lines) == len(set(lines)), r.err
    assert True in seen


def test_what_could_not_be_counted_is_unknown(world, place):
    world.ok("mk", "shm:0x7", "--size", 4096, "--ns", place.pid)
    world.ok("mk", "pshm:/x", "--size", 4096, "--ns", place.pid)
    world.sh("mount -t tmpfs none /proc/sysvipc")  # it would be used if the calls are refused
    r = failing(world, "msgctl:error=EIO", "ns", "ls", "--json")
    rows = {n["ns"]: n for n in r.json["namespaces"]}
    for n in rows.values():
        assert (n["objects"], n["bytes"]) == (None, None) and {"objects", "bytes"} <= set(n["unknown"]), n
    assert any(e["error"] == "EIO" for e in r.json["errors"]), r.err
    assert "?" in failing(world, "msgctl:error=EIO", "ns", "ls").out
    r = failing(world, "msgctl:error=EIO", "ns", "show", place.pid, "--json")
    m = {o["mech"]: o["objects"] for o in r.json["namespaces"][0]["mechanisms"]}
    assert m["msg"] is None and m["shm"] == 1 and m["pshm"] == 1, m


# ---- comparisons

ONLY = "only one side has it"


@pytest.mark.parametrize("error", ["EIO", "ENOMEM"])
@pytest.mark.parametrize("call", ["msgctl", "semctl", "shmctl", "getdents64"])
def test_a_comparison_of_unreadable_sides(world, place, call, error):
    for where in ([], ["--ns", place.pid]):
        world.ok("mk", "msg:0x77", *where)
        world.ok("mk", "sem:0x77", "--nsems", "1", *where)
        world.ok("mk", "shm:0x77", "--size", 1, *where)
        world.ok("mk", "pshm:/same", "--size", 1, *where)
        world.ok("mk", "psem:/same", *where)
        world.ok("mk", "mq:/same", *where)
    plain = world.ipcx("ns", "cmp", "self", place.pid, "--json")
    assert plain.rc == 1 and ONLY not in plain.out, plain.out
    for when in ("1+", "1", "2", "3", "4"):
        r = failing(world, f"{call}:error={error}:when={when}", "ns", "cmp", "self", place.pid, "--json")
        assert ONLY not in r.out, (when, r.out)
        if r.out != plain.out:
            assert r.rc == 4 and (not r.out or r.json["errors"]), (when, r.rc, r.out, r.err)


def test_readable_parts_are_still_compared(world, place):
    world.ok("mk", "shm:0x55", "--size", 1)
    world.sh("mount -t tmpfs none /proc/sysvipc")
    r = failing(world, "msgctl:error=EIO", "ns", "cmp", "self", place.pid, "--json")
    assert r.rc == 4 and [row["follows"] for row in r.json["comparison"] if row["name"] == "shm:0x00000055"] == [ONLY], r.out
    world.ok("mk", "msg:0x66")
    # Only the second side of the comparison is unreadable.
    total = failing(world, "msgctl:error=EIO:when=1000", "ns", "cmp", "self", place.pid, "--json")
    assert total.rc == 1 and ONLY in total.out


def test_exit_status_of_a_comparison(world, place):
    assert world.ipcx("ns", "cmp", "self", "self").rc == 0
    assert world.ipcx("ns", "cmp", "self", place.pid).rc == 1
    assert world.ipcx("ns", "cmp", "self", "4194304").rc == 3
    world.sh("mount -t tmpfs none /run")
    world.ok("ns", "pin", "self", "half")
    assert world.ipcx("ns", "cmp", "self", "pin:half").rc == 4
    assert world.ipcx("ns", "cmp", "self", place.pid, uid=1234).rc == 4
    assert world.ipcx("ns", "cmp", "self", place.pid, "-q", uid=1234).rc == 4
    assert world.ipcx("ns", "cmp", "self").rc == 2


# ---- processes that exit

@pytest.mark.parametrize("error", ["ENOENT", "ESRCH"])
@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_an_exited_process_is_not_reported(world, place, words, error):
    """The process exits after /proc was read and before the process itself is read."""
    for when in range(1, 9):
        r = failing(world, f"readlinkat:error={error}:when={when}", *words, path="/proc")
        assert r.rc == 0 and r.err == "", (when, r.err)


def test_the_mounts_of_a_zombie_are_not_reported(world):
    """The mount table of a zombie is not readable (EINVAL), and a parent may be slow to reap its child."""
    end, child = start(world, "sh", "-c", "unshare --ipc --mount sh -c 'mount -t tmpfs none /dev/shm; echo $$; exec sleep 1000' & exec cat 2>/dev/null")
    held = start(world, "nsenter", "-t", child, "--ipc", "sh", "-c", "echo $$; exec cat")[0]
    world.run("kill", "-9", child)
    until(lambda: "Z" in world.run("sh", "-c", f"cut -d ' ' -f 3 /proc/{child}/stat").out)
    for words in LISTS:
        r = world.ipcx(*words)
        assert r.rc == 0 and r.err == "", r.err
    stop(held)
    stop(end)


def test_the_oldest_process_exits_and_others_stay(world):
    """If the oldest process of a namespace has just exited, another process stands for the namespace."""
    p = Place(world)
    other = start(world, "nsenter", "-t", p.pid, "--ipc", "--mount", "sh", "-c", "echo $$; exec cat")[0]
    world.ok("mk", "msg:0x5", "--ns", p.pid)
    world.ok("mk", "pshm:/x", "--size", 1, "--ns", p.pid)
    r = failing(world, "pidfd_open:error=ESRCH:when=1", "ls", "--ns", "all", "--json")
    assert [o["ref"] for o in r.json["objects"]] == ["msg:0", "pshm:/x"] and r.err == "", (r.out, r.err)
    stop(other)
    p.end()


def test_short_lived_processes(world):
    """None of the short-lived processes is reported."""
    loop = "while :; do unshare --ipc --mount true; unshare --ipc sh -c 'true & wait' & wait; done"
    churn = [subprocess.Popen(world.argv("sh", "-c", loop), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) for _ in range(2)]
    try:
        ends = time.monotonic() + 5
        runs = 0
        while time.monotonic() < ends or runs < 6:
            for words in LISTS:
                r = world.ipcx(*words)
                assert r.rc == 0 and r.err == "", r.err
            runs += 1
    finally:
        for p in churn:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()


def test_ns_show_of_a_pin_reports_each_fact_once(world, place):
    world.sh("mount -t tmpfs none /run")
    world.ok("ns", "pin", place.pid, "web")
    r = world.ipcx("ns", "show", "web")
    lines = r.err.splitlines()
    assert len(lines) == len(set(lines)), r.err
    errors = [str(sorted(e.items())) for e in world.ipcx("ns", "show", "web", "--json").json["errors"]]
    assert len(errors) == len(set(errors)), errors
    world.ok("ns", "unpin", "web")


# ---- sandboxes with a kernel of their own

def sandbox(world, pid, name="box", where="/run/runsc"):
    world.sh(f"""mount | grep -q ' /run ' || mount -t tmpfs none /run; mkdir -p {where}
echo '{{"id":"{name}","sandbox":{{"id":"{name}","pid":{pid}}}}}' >{where}/{name}_sandbox:{name}.state""")


@pytest.mark.parametrize("root", ["/run/runsc", "/run/containerd/runsc/k8s.io", "/run/docker/runtime-runsc/moby"])
def test_objects_in_a_sandbox_kernel(world, place, root):
    sandbox(world, place.pid, where=root)
    said = "runsc:box: its objects are not in this kernel"
    for where in ("box", "runsc:box"):
        r = world.ipcx("ls", "--ns", where, "--json")
        assert r.rc == 0 and [(e["kind"], said in e["message"]) for e in r.json["errors"]] == [("incomplete", True)], r.err
        assert once(world.ipcx("ls", "--ns", where).err, said)
    r = world.ipcx("ns", "ls", "--json")
    row = next(n for n in r.json["namespaces"] if n["ns"] == place.ino)
    assert (row["container"], row["objects"], row["bytes"]) == ("runsc:box", None, None) and once(r.err, said), (row, r.err)
    for words in LISTS:
        assert once(world.ipcx(*words).err, said), words
    ours = next(n for n in r.json["namespaces"] if n["ns"] != place.ino)
    assert ours["objects"] == 0


def test_the_contents_of_a_sandbox_kernel_are_unknown_everywhere(world, place):
    """On this kernel the namespace of a sandbox is empty, which says nothing about the objects inside; so no object counts as being only on the other side."""
    sandbox(world, place.pid)
    world.ok("mk", "shm", "--key", "0x4d2", "--size", "4096")
    said = "runsc:box: its objects are not in this kernel"
    for sides in (("self", "box"), ("box", "self")):
        r = world.ipcx("ns", "cmp", *sides, "--json")
        row = next(row for row in r.json["comparison"] if row["name"] == "shm:0x000004d2")
        assert row["unknown"] == ["same"] and sorted([row["first"], row["second"]]) == ["exists", "unknown"], row
        assert once(r.err, said), r.err
    r = world.ipcx("ns", "show", "box", "--json")
    used = r.json["namespaces"][0]["mechanisms"]
    assert used and all(row["objects"] is None and row["bytes"] is None for row in used) and once(r.err, said), (used, r.err)


def test_a_sandbox_is_recognised_by_its_process(world):
    """Only a process with the name of this program is considered, and it is trusted only if it really is the runtime."""
    world.sh("mount -t tmpfs none /run; mkdir /run/bin; cp $(command -v sleep) /run/bin/runsc")
    p, pid = start(world, "unshare", "--ipc", "--mount", "sh", "-c",
                   "mount -t tmpfs none /dev/shm; echo $$; exec /run/bin/runsc 1000")
    until(lambda: "runsc" in world.run("readlink", f"/proc/{pid}/exe").out)
    assert world.ipcx("ls", "--ns", pid).err == ""
    sandbox(world, pid)
    assert once(world.ipcx("ls", "--ns", pid).err, "its objects are not in this kernel")
    world.run("kill", "-9", pid)
    stop(p)


def test_a_users_file_cannot_name_a_sandbox_of_root(world, place):
    sandbox(world, place.pid, where="/run/user/1234/runsc")
    world.sh("chown -R 1234 /run/user/1234")
    r = world.ipcx("ns", "ls", "--json")
    assert r.err == "" and all(n["objects"] is not None for n in r.json["namespaces"]), r.err
