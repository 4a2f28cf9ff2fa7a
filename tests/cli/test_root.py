# SPDX-License-Identifier: GPL-2.0-or-later
"""A debug container: the host's root is mounted at /host, and only some capabilities are left. The names, objects and limits are those of the host."""

import os
import re
import subprocess

import pytest

from conftest import IPCX
from helpers.places import cat_of

BUILD = os.path.dirname(os.path.dirname(IPCX))
LIBS = os.path.join(os.path.dirname(BUILD), "libs")  # libraries that packaging/ports.sh built for this target
LIBS = ["--ro-bind", LIBS, LIBS] if os.path.isdir(LIBS) else []
TRACE_ONLY = ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_PTRACE"]
NEEDS = r"needs CAP_SYS_ADMIN in the user namespace user:\[\d+\] that owns it"
BOX = "mount -t tmpfs none /dev/shm; printf hi >/dev/shm/inner; echo up; exec cat"


class Host:
    """A host with a container of root's, prod, and a way to run ipcx in a debug container."""

    def __init__(self, world):
        self.world = world
        world.run("mount", "-t", "tmpfs", "none", "/run")
        self.box = subprocess.Popen(world.argv("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc", "sh", "-c", BOX),
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.box.stdout.readline() == b"up\n"
        self.pid = cat_of(world, self.box)
        world.run("sh", "-c", f"""mkdir -p /run/runc/prod; began=$(cut -d ' ' -f 22 /proc/{self.pid}/stat)
echo "{{\\"init_process_pid\\":{self.pid},\\"init_process_start\\":$began}}" >/run/runc/prod/state.json""")
        world.ok("mk", "msg:0x99", "--ns", self.pid)
        world.ok("mk", "msg:0x4d2")
        world.ok("mk", "pshm:/hosts", "--size", "4096")

    def debug(self, *words, options=(), env=None):
        return self.world.run("bwrap", "--dev-bind", "/", "/host", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
                              "--symlink", "usr/lib64", "/lib64", "--symlink", "usr/lib32", "/lib32",
                              "--ro-bind", "/etc", "/etc", "--proc", "/proc", "--dev", "/dev", "--ro-bind", BUILD, BUILD, *LIBS,
                              "--unshare-ipc", *options, IPCX, *words, env=env)

    def end(self):
        self.box.stdin.close()
        self.box.wait()


@pytest.fixture
def host(world):
    if os.geteuid() != 0:
        pytest.skip("a debug container needs root")
    if world.run("sh", "-c", "command -v bwrap").rc:
        pytest.skip("bwrap: not installed")
    h = Host(world)
    yield h
    h.end()


def refs(r):
    assert r.rc == 0, r.err
    return r.out.split()


# ---- names and objects of the host

def test_containers_have_their_names(host):
    r = host.debug("--root", "/host", "ns", "ls", "--json")
    assert r.rc == 0, r.err
    assert "runc:prod" in [n["container"] for n in r.json["namespaces"]]
    r = host.debug("ns", "ls", "--json")
    assert "runc:prod" not in [n["container"] for n in r.json["namespaces"]]


def test_the_namespace_of_process_1_is_the_default(host):
    want = ["msg:0", "pshm:/hosts"]
    assert refs(host.debug("--root", "/host", "ls", "-q")) == want
    assert refs(host.debug("ls", "-q", "--root", "/host")) == want
    assert refs(host.debug("ls", "-q", env={"IPCX_ROOT": "/host"})) == want
    assert refs(host.debug("--root", "/host", "ls", "-q", "--ns", "self")) == []
    assert refs(host.debug("ls", "-q")) == []


def test_a_name_leads_to_its_objects(host):
    assert refs(host.debug("--root", "/host", "ls", "-q", "--ns", "prod")) == ["msg:0", "pshm:/inner"]
    r = host.debug("--root", "/host", "pshm", "read", "/inner", "--ns", "runc:prod")
    assert (r.rc, r.out) == (0, "hi"), r.err


@pytest.mark.parametrize("options", [[], ["--unshare-pid"]], ids=["the PIDs of the host", "own PIDs"])
def test_a_container_is_entered(host, options):
    r = host.debug("--root", "/host", "ns", "enter", "prod", "--", "sh", "-c", "readlink /proc/self/ns/ipc; ls /dev/shm", options=options)
    assert r.rc == 0, r.err
    assert r.lines == [host.world.run("readlink", f"/proc/{host.pid}/ns/ipc").out.strip(), "inner"]


def test_nothing_of_the_host_is_open_in_an_entered_command(host):
    r = host.debug("--root", "/host", "ns", "enter", "prod", "--", "sh", "-c", "exec ls /proc/self/fd")
    assert (r.rc, r.out.split()) == (0, ["0", "1", "2", "3"]), r.err


def test_a_command_that_needs_to_move_acts_in_the_host(host):
    host.debug("--root", "/host", "msg", "send", "0x4d2", "hello")
    assert [o["qnum"] for o in host.world.objects("msg")] == [1]


def test_changes_go_to_the_namespace_of_process_1(host):
    assert host.debug("--root", "/host", "rm", "msg:0").rc == 0
    assert host.world.objects("msg") == []
    assert len(host.world.objects("msg", "--ns", host.pid)) == 1


def test_a_name_for_the_namespace_of_process_1_does_not_permit_changes(host):
    """As for our own namespace: a container may share it, and say so by its name only."""
    p = subprocess.Popen(host.world.argv("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", "echo up; exec cat"),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    p.stdout.readline()
    pid = cat_of(host.world, p)
    host.world.run("sh", "-c", f"""mkdir -p /run/runc/shares; began=$(cut -d ' ' -f 22 /proc/{pid}/stat)
echo "{{\\"init_process_pid\\":{pid},\\"init_process_start\\":$began}}" >/run/runc/shares/state.json""")
    assert refs(host.debug("--root", "/host", "ls", "-q", "--ns", "shares")) == ["msg:0", "pshm:/hosts"]
    for words in (["rm", "msg", "--all", "--yes"], ["rm", "pshm:/hosts"]):
        r = host.debug("--root", "/host", *words, "--ns", "shares")
        assert r.rc != 0 and "shares" in r.err, r.err
    assert len(host.world.objects("msg", "pshm")) == 2
    p.stdin.close()
    p.wait()


# ---- a root that is not the host's

def test_a_root_without_its_process_is_refused(host):
    for words in (["ls"], ["ns", "ls"]):
        r = host.debug("--root", "/usr", *words)
        assert (r.rc, r.out) == (1, "") and "process 1 has another root directory" in r.err, r.err


def test_the_root_of_a_container_names_nothing(host):
    """Its root user could write any state file; its PIDs are below ours."""
    there = f"/host/proc/{host.pid}/root"
    host.world.run("sh", "-c", """mkdir -p /run/runc/fake; began=$(cut -d ' ' -f 22 /proc/1/stat)
echo "{\\"init_process_pid\\":1,\\"init_process_start\\":$began}" >/run/runc/fake/state.json""")
    r = host.debug("--root", there, "ns", "ls", "--json")
    assert r.rc == 0 and r.json["namespaces"], r.err
    assert all(not n["container"] for n in r.json["namespaces"])


def test_without_rights_over_process_1_nothing_is_believed(host):
    no_trace = ["--cap-drop", "CAP_SYS_PTRACE"]
    r = host.debug("--root", "/host", "ls", options=no_trace)
    assert (r.rc, r.out) == (1, "") and "CAP_SYS_PTRACE" in r.err and "--ns" in r.err, r.err
    r = host.debug("--root", "/host", "ns", "ls", "--json", options=no_trace)
    assert all(not n["container"] for n in r.json["namespaces"])
    assert any("could not be verified" in e["message"] for e in r.json["errors"])


# ---- the option

def test_commands_in_our_own_namespaces_refuse_the_option_and_ignore_the_variable(world):
    for words in (["ns", "new", "true"], ["key", "/etc/passwd"], ["stress", "--list"]):
        r = world.ipcx("--root", "/", *words)
        assert r.rc == 2 and "--root" in r.err, r.err
        assert world.ipcx(*words, env={"IPCX_ROOT": "/nonexistent"}).rc == 0


def test_two_roots_are_wrong_usage(world):
    r = world.ipcx("--root", "/a", "ls", "--root", "/b")
    assert r.rc == 2 and "twice" in r.err


def test_our_own_root_changes_nothing(queue):
    assert queue.ok("--root", "/", "ls", "-q") == queue.ok("ls", "-q") == "msg:0"
    assert queue.ok("ls", "-q", env={"IPCX_ROOT": ""}) == "msg:0"
    r = queue.ipcx("ls", "--root", "/nonexistent")
    assert (r.rc, r.out) == (1, "") and "No such file" in r.err


# ---- rights over the process, but not over its IPC namespace

def test_shared_memory_is_read_without_entering(host):
    r = host.debug("ls", "--ns", host.pid, "--json", options=TRACE_ONLY)
    assert r.rc == 4 and [o["ref"] for o in r.json["objects"]] == ["pshm:/inner"]
    assert [e["mech"] for e in r.json["errors"] if e["kind"] == "unavailable"] == ["shm", "msg", "sem", "mq"]
    assert all(re.search(NEEDS, e["message"]) for e in r.json["errors"])


@pytest.mark.parametrize("words,says", [(["ls", "-q", "pshm"], "pshm:/inner"), (["show", "pshm:/inner", "-o", "size", "--format", "raw"], "2"),
                                        (["pshm", "read", "/inner"], "hi"), (["limits", "dev_shm", "-o", "name", "--format", "raw"], "dev_shm")])
def test_what_is_in_dev_shm_is_a_whole_answer(host, words, says):
    r = host.debug(*words, "--ns", host.pid, options=TRACE_ONLY)
    assert (r.rc, r.out.strip()) == (0, says), r.err


@pytest.mark.parametrize("words", [["rm", "pshm:/inner"], ["rm", "pshm", "--all", "--yes"], ["mk", "pshm:/new", "--size", "1"], ["set", "pshm:/inner", "--mode", "0666"],
                                   ["ls", "shm"], ["limits", "shmmax"], ["ns", "enter", "--", "true"]])
def test_everything_else_is_refused(host, words):
    at = [host.pid] if words[1] == "enter" else []
    words = words[:2] + at + words[2:] + ([] if at else ["--ns", host.pid])
    r = host.debug(*words, options=TRACE_ONLY)
    assert r.rc == 1 and re.search(NEEDS, r.err), r.err
    assert [(o["name"], o["mode"]) for o in host.world.objects("pshm", "--ns", host.pid)] == [("/inner", "0644")]


def test_objects_that_may_not_be_counted_are_unknown(host):
    r = host.debug("ns", "ls", "--json", options=TRACE_ONLY)
    row = [n for n in r.json["namespaces"] if str(n["pid"]) != "1" and n["processes"] == 2][0]
    assert row["objects"] is None and "objects" in row["unknown"]


def test_the_refusal_needs_no_libcap(host):
    lib = host.world.run("sh", "-c", "ls /usr/lib/*/libcap.so.2 /usr/lib64/libcap.so.2 2>/dev/null").out.split()
    hide = [w for path in lib for w in ("--ro-bind", "/dev/null", os.path.realpath(path))]
    r = host.debug("ls", "shm", "--ns", host.pid, options=[*TRACE_ONLY, *hide])
    assert r.rc == 1 and re.search(NEEDS, r.err), r.err
