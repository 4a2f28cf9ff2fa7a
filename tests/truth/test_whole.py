# SPDX-License-Identifier: GPL-2.0-or-later
"""Conditions on limits, --fail for scripts, and that set and mk --from report what they really did."""

import os

import pytest

from conftest import IPCX


# ---- limits --where, --fail


def test_a_condition_over_limits(world):
    world.ok("limits", "set", "shmmni=4", "semmni=4")
    world.ok("mk", "shm", "--size", "1", "--count", "4")
    names = [row["name"] for row in world.ipcx("limits", "-w", "percent >= 100", "--json").json["limits"]]
    assert names == ["shmmni"]
    rows = world.ok("limits", "--where", "percent >= 0 && mech == shm", "--sort", "-percent", "-o", "name", "--format", "raw").split()
    assert rows[0] == "shmmni" and "shmmax" not in rows
    assert "shmmni" in world.ok("limits", "-w", "limit == 4") and world.ok("limits", "-w", "limit == 4 && name == msgmni", "--no-headings") == ""


def test_limits_for_monitoring(world):
    words = ["limits", "--where", "percent > 90", "--fail", "--no-headings"]
    assert world.ok(*words) == "", "limits without a maximum, and what nothing counts, are no gaps"
    world.ok("limits", "set", "shmmni=4")
    world.ok("mk", "shm", "--size", "1", "--count", "4")
    r = world.ipcx(*words)
    assert r.rc == 1 and r.out.startswith("shmmni") and len(r.lines) == 1
    world.ok("rm", "shm", "--all")
    # A limit that cannot be read does not count as fine.
    assert world.sh("umount -l /dev/shm; mount -t tmpfs none /dev; mount -t tmpfs none /proc/sys/fs").rc == 0
    r = world.ipcx(*words)
    assert r.rc == 4 and r.out == "" and "dev_shm" in r.err
    assert world.ipcx("limits", "shmmni", "semmni", *words[1:]).rc == 0, "of those that were named, all is known"
    assert world.ipcx("limits", "dev_shm", "--where", "percent > 90", "--fail").rc == 4
    assert world.ipcx("limits", "--fail").rc == 1


def test_an_unlimited_limit_is_not_unknown(world):
    assert world.sh("umount /dev/shm; mount -t tmpfs -o size=0,nr_inodes=0 none /dev/shm").rc == 0
    assert world.ok("limits", "dev_shm", "dev_shm_inodes", "--where", "percent > 90", "--fail", "--no-headings") == ""


@pytest.mark.parametrize("words", [["--where", "size > 1"], ["-w", "nattch == 0"], ["-w", "percent >"], ["-w", "nosuch == 1"],
                                   ["--for", "shm:1", "--fail"], ["--save", "-", "--fail"], ["--save", "-", "-w", "percent > 1"]])
def test_wrong_usage_of_limits(world, words):
    r = world.ipcx("limits", *words)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ")


# ---- ls --fail


def test_objects_for_monitoring(world):
    words = ["ls", "shm", "-w", "size > 4K", "--fail", "--no-headings"]
    world.ok("mk", "shm", "--size", "4K")
    assert world.ok(*words) == ""
    world.ok("mk", "shm", "--size", "5K")
    r = world.ipcx(*words)
    assert r.rc == 1 and len(r.lines) == 1
    assert world.ipcx("ls", "shm", "--fail").rc == 1 and world.ipcx("ls", "msg", "--fail").rc == 0
    assert world.ipcx("ls", "shm:77", "--fail").rc == 4, "what was named and is not there"
    assert world.sh("umount -l /dev/shm; mount -t tmpfs none /dev").rc == 0
    assert world.ipcx("ls", "pshm", "--fail").rc == 4
    assert world.ipcx("ls", "msg", "pshm", "--fail").rc == 4


# ---- set


def test_changed_objects_are_printed_even_if_the_condition_no_longer_holds(world):
    world.ok("mk", "shm", "--size", "1", "--count", "2")
    world.ok("set", "shm:1", "--mode", "0640")
    dry = world.ipcx("set", "shm", "--where", "mode == 0600", "--mode", "0644", "--dry-run", "--json")
    assert [(o["ref"], o["mode"]) for o in dry.json["objects"]] == [("shm:0", "0600")] and world.objects()[0]["mode"] == "0600"
    r = world.ipcx("set", "shm", "--where", "mode == 0600", "--mode", "0644", "--json")
    assert r.rc == 0 and [(o["ref"], o["mode"]) for o in r.json["objects"]] == [("shm:0", "0644")]
    assert [o["mode"] for o in world.objects()] == ["0644", "0640"]
    assert world.ipcx("set", "shm", "--where", "mode == 0600", "--mode", "0644", "--json").json["objects"] == []
    r = world.ipcx("set", "shm", "msg", "--where", "mode == 0644", "--mode", "0600", "-v")
    assert r.rc == 0 and "shm:0" in r.out and "0600" in r.out


def test_set_for_a_mechanism_needs_a_condition(world):
    world.ok("mk", "shm", "--size", "1")
    assert world.ipcx("set", "shm", "--mode", "0644").rc == 2 and world.objects()[0]["mode"] == "0600"
    assert world.ipcx("set", "shm", "--where", "curmsgs == 0", "--mode", "0644").rc == 2


def test_changes_that_could_not_be_recorded_are_reported(world):
    world.ok("mk", "shm", "--size", "1", "--count", "2")
    with open("/dev/full", "wb") as full:
        r = world.ipcx("set", "shm:0", "shm:1", "--mode", "0644", "--json", stdout=full)
        assert r.rc == 1 and "not changed, as that could not be printed: 2" in r.err and {o["mode"] for o in world.objects("shm")} == {"0600"}
        r = world.ipcx("set", "shm:0", "shm:1", "--mode", "0644", "--format", "jsonl", stdout=full)
        assert r.rc == 1 and "shm:1: was changed, but that could not be printed" in r.err and {o["mode"] for o in world.objects("shm")} == {"0644"}
        r = world.ipcx("limits", "set", "shmmni=77", "--save", "-", stdout=full)
    assert r.rc == 1 and "limits that remain set: 1" in r.err
    assert world.sysctl("kernel.shmmni") == "77"


# ---- mk --from


FAILING = ["lseek", "read", "fstat,newfstatat,statx"]


@pytest.mark.parametrize("mech", ["shm", "pshm"])
@pytest.mark.parametrize("size", [5000, 4096, 1])
def test_contents_have_their_exact_size(world, mech, size):
    data = os.urandom(size)
    path = os.path.join(world.dir, "in")
    with open(path, "wb") as f:
        f.write(data)
    name = ["/x"] if mech == "pshm" else []
    ref = f"{mech}:" + world.ok("mk", mech, *name, "--from", path)
    assert world.objects(ref)[0]["size"] == size
    assert world.ipcx(mech, "read", ref).stdout == data
    name = ["/y"] if mech == "pshm" else []
    ref = f"{mech}:" + world.ipcx("mk", mech, *name, "--from", "-", input=data).out.strip()
    assert world.objects(ref)[0]["size"] == size and world.ipcx(mech, "read", ref).stdout == data, "from a pipe"
    # Standard input is a file of which a part was read before: mk uses the rest.
    name = ["/z"] if mech == "pshm" else []
    r = world.sh('exec 3<"$F"; dd bs=1 count=1 <&3 >/dev/null 2>&1; "$IPCX" mk "$@" --from - <&3'.replace('"$@"', " ".join([mech, *name])), env={"F": path})
    if size > 1:
        assert world.objects(f"{mech}:{r.out.strip()}")[0]["size"] == size - 1


@pytest.mark.parametrize("mech", ["shm", "pshm"])
def test_a_file_in_proc_has_contents(world, mech):
    ref = f"{mech}:" + world.ok("mk", mech, *(["/x"] if mech == "pshm" else []), "--from", "/proc/version")
    with open("/proc/version", "rb") as f:
        assert world.ipcx(mech, "read", ref).stdout == f.read()


@pytest.mark.parametrize("mech", ["shm", "pshm"])
@pytest.mark.parametrize("call", FAILING)
def test_unreadable_contents_create_nothing(world, mech, call):
    path = os.path.join(world.dir, "in")
    with open(path, "wb") as f:
        f.write(b"x" * 5000)
    env = {"ASAN_OPTIONS": "detect_leaks=0", "LSAN_OPTIONS": "detect_leaks=0"}
    r = world.run("strace", "-f", "-o", "/dev/null", "-P", path, "-e", f"inject={call}:error=EIO", IPCX, "mk", mech,
                  *(["/x"] if mech == "pshm" else []), "--from", path, env=env)
    if "fstat" in call and r.rc == 0:  # it is read like a file of unknown length
        assert world.objects()[0]["size"] == 5000
        return
    assert r.rc == 1 and r.out == "" and "Input/output error" in r.err, (r.rc, r.out, r.err)
    assert world.objects() == []


@pytest.mark.parametrize("mech", ["shm", "pshm"])
@pytest.mark.parametrize("to", [4000, 6000])
def test_a_file_that_changes_while_it_is_read_creates_nothing(world, mech, to):
    """The file grows or shrinks after its length was determined and before its contents are read."""
    path = os.path.join(world.dir, "in")
    with open(path, "wb") as f:
        f.write(b"x" * 5000)
    script = f"""
import os, subprocess, sys
ours = os.getpid()
p = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-P", {path!r}, "-e", "trace=lseek", "-e", "inject=lseek:delay_exit=1500000"] + sys.argv[1:],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
def at_lseek():
    for child in open(f"/proc/{{p.pid}}/task/{{p.pid}}/children").read().split():
        try:
            link = any(os.readlink(f"/proc/{{child}}/fd/{{fd}}") == {path!r} for fd in os.listdir(f"/proc/{{child}}/fd"))
            state = open(f"/proc/{{child}}/stat").read().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if link and state == "t":
            return True
    return False
import time
while p.poll() is None and not at_lseek():
    time.sleep(0.001)
time.sleep(0.3)
os.truncate({path!r}, {to})
out, err = p.communicate()
sys.stdout.write(out.decode()); sys.stderr.write(err.decode()); sys.exit(p.returncode)
"""
    r = world.run("python3", "-c", script, IPCX, "mk", mech, *(["/x"] if mech == "pshm" else []), "--from", path,
                  env={"ASAN_OPTIONS": "detect_leaks=0", "LSAN_OPTIONS": "detect_leaks=0"})
    assert (r.rc, r.out) == (1, "") and "the contents changed while they were read" in r.err, (r.rc, r.out, r.err)
    assert world.objects() == []


def test_contents_may_be_shorter_than_a_requested_size(world):
    assert world.ipcx("mk", "shm", "--size", "4096", "--from", "-", input=b"abc").out == "0\n"
    assert world.ipcx("shm", "read", "0").stdout == b"abc" + bytes(4093)
    r = world.ipcx("mk", "shm", "--size", "2", "--from", "-", input=b"abc")
    assert r.rc == 1 and "longer than 2 bytes" in r.err and len(world.objects()) == 1
