# SPDX-License-Identifier: GPL-2.0-or-later
"""A debug container beside real containers, as 'kubectl debug node' makes one: the host's root at /host, and the PIDs of the host."""

import os

import pytest

IPCX = os.path.abspath(os.environ["IPCX"])
BUILD = os.path.dirname(os.path.dirname(IPCX))
DEBUG = ["bwrap", "--dev-bind", "/", "/host", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink",
         "usr/lib64", "/lib64", "--ro-bind", "/etc", "/etc", "--proc", "/proc", "--dev", "/dev", "--ro-bind", BUILD, BUILD, "--unshare-ipc"]
TRACE_ONLY = ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_PTRACE"]


@pytest.fixture(params=["runc", "podman", "docker"])
def box(zoo, request):
    if zoo.world.run("sh", "-c", "command -v bwrap").rc:
        pytest.skip("bwrap: not installed")
    return zoo.start(request.param)


def debug(zoo, *words, options=()):
    return zoo.world.run(*DEBUG, *options, IPCX, *words)


def names(r):
    assert r.rc == 0, r.err
    return {n["ns"]: n["container"] for n in r.json["namespaces"] if n["container"] and not n["container"].startswith("bwrap:")}


def test_names_are_those_of_the_host(zoo, box):
    inside = names(debug(zoo, "--root", "/host", "ns", "ls", "--json"))
    assert box.label in inside.values() and inside == names(zoo.world.ipcx("ns", "ls", "--json"))


def test_objects_are_listed_and_the_container_is_entered(zoo, box):
    r = debug(zoo, "--root", "/host", "ls", "-q", "--ns", box.label)
    assert r.rc == 0 and r.out == zoo.world.ok("ls", "-q", "--ns", box.label) + "\n", r.err
    for flags in ([], ["--mount"]):
        r = debug(zoo, "--root", "/host", "ns", "enter", *flags, box.label, "--", "/bin/ls", "/dev/shm")
        assert (r.rc, r.lines) == (0, ["hp"]), r.err


def test_its_shared_memory_is_read_with_the_right_to_trace_alone(zoo, box):
    r = debug(zoo, "ls", "-q", "--ns", box.pid, options=TRACE_ONLY)
    assert (r.rc, r.lines) == (4, ["pshm:/hp"]) and r.err.count("CAP_SYS_ADMIN in the user namespace user:[") == 4, r.err
    r = debug(zoo, "ls", "-q", "pshm", "--ns", box.pid, options=TRACE_ONLY)
    assert (r.rc, r.lines) == (0, ["pshm:/hp"]), r.err
