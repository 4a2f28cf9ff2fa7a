# SPDX-License-Identifier: GPL-2.0-or-later
"""The static program is the only file of a container: it works there, from outside, and in a debug container that shares its namespaces."""

import json
import os
import shutil
import subprocess
import time

import pytest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
# The program under test may be static; else 'packaging/ports.sh static' builds one.
BUILDS = [os.environ["IPCX"], os.path.join(TOP, "build/ports/static/cmd/ipcx")]


def static_program():
    for path in BUILDS:
        if os.path.exists(path):
            heads = subprocess.run(["readelf", "-lW", path], stdout=subprocess.PIPE, text=True, check=True).stdout
            if "INTERP" not in heads:
                return path
    return None


pytestmark = [pytest.mark.skipif(not shutil.which("runc"), reason="runc: not installed"),
              pytest.mark.skipif(not static_program(), reason="no static program: packaging/ports.sh static builds it")]


class Scratch:
    """A container whose root has nothing but /ipcx and mount points, and whose first process is ipcx: it waits for a line."""

    def __init__(self, zoo, name, share=None):
        self.zoo, self.name, self.dir = zoo, name, os.path.join(zoo.dir, name)
        root = os.path.join(self.dir, "root")
        for mount in ("proc", "dev", "sys"):
            os.makedirs(os.path.join(root, mount))
        shutil.copy(static_program(), os.path.join(root, "ipcx"))
        subprocess.run(["runc", "spec"], cwd=self.dir, check=True)
        config = os.path.join(self.dir, "config.json")
        with open(config, encoding="utf-8") as f:
            spec = json.load(f)
        spec["process"].update(terminal=False, args=["/ipcx", "rm", "--from", "-"])
        spec["root"] = {"path": root, "readonly": False}
        for space in spec["linux"]["namespaces"]:
            if share and space["type"] in ("ipc", "pid"):
                space["path"] = f"/proc/{share}/ns/{space['type']}"
        with open(config, "w", encoding="utf-8") as f:
            json.dump(spec, f)
        self.process = subprocess.Popen(zoo.into(*zoo.world.argv("runc", "run", "-b", self.dir, name)), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + 60
        while not self.state().get("status") == "running":
            assert self.process.poll() is None, self.process.stdout.read()
            assert time.monotonic() < deadline, "the container does not start"
            time.sleep(0.05)
        self.pid = self.state()["pid"]

    def state(self):
        r = self.zoo.world.run("runc", "state", self.name)
        return json.loads(r.out) if r.rc == 0 else {}

    def ipcx(self, *words, rc=0):
        r = self.zoo.world.run("runc", "exec", self.name, "/ipcx", *words)
        assert r.rc == rc, (words, r.out, r.err)
        return r

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.zoo.world.run("runc", "delete", "-f", self.name)
        self.process.stdout.close()


@pytest.fixture(name="scratch")
def fixture_scratch(zoo):
    started = []

    def start(name, **how):
        started.append(Scratch(zoo, name, **how))
        return started[-1]

    yield start
    for one in reversed(started):
        one.end()


def test_inside(scratch):
    c = scratch("scratch1")
    made = {kind: c.ipcx("mk", kind, *more).out.strip() for kind, more in
            {"shm": ["--size", "8K"], "msg": [], "sem": ["--nsems", "2"], "mq": ["/q"], "pshm": ["/p", "--size", "4K"], "psem": ["/s"]}.items()}
    r = c.ipcx("ls", "--json")
    objects = json.loads(r.out)["objects"]
    assert sorted({o["mech"] for o in objects}) == sorted(made)
    # Without /etc/passwd an id is its own name, and there is nothing to be said of that.
    assert {o["owner"] for o in objects} == {"0"} and "names" not in r.err, r.err
    c.ipcx("msg", "send", made["msg"], "hello")
    assert c.ipcx("msg", "recv", made["msg"], "--no-wait").out.strip() == "hello"
    c.ipcx("sem", "op", made["sem"], "0+2")
    c.ipcx("psem", "post", "/s")
    for words in (["ns", "ls"], ["who", f"shm:{made['shm']}"], ["limits"], ["df"], ["show", "psem:/s"]):
        c.ipcx(*words)
    assert c.zoo.world.run("runc", "exec", c.name, "/ipcx", "doctor").rc in (0, 1)
    c.ipcx("rm", "all", "--all", "--yes")
    assert json.loads(c.ipcx("ls", "--json").out)["objects"] == []


def test_outside(scratch):
    c = scratch("scratch2")
    c.ipcx("mk", "shm", "--key", "0x77", "--size", "8K")
    c.ipcx("mk", "mq", "/q")
    static = static_program()
    ask = c.zoo.world.run
    for where in (str(c.pid), "scratch2"):
        r = ask(static, "ls", "--ns", where, "--json")
        assert [o["ref"] for o in json.loads(r.out)["objects"]][-1:] == ["mq:/q"], (r.out, r.err)
    r = ask(static, "ns", "enter", "scratch2", "--mount", "--", "/ipcx", "ls", "mq", "-q")
    assert (r.rc, r.out) == (0, "mq:/q\n"), r.err
    r = ask(static, "rm", "--ns", "scratch2", "all", "--all", "--yes")
    assert r.rc == 0, r.err
    assert json.loads(c.ipcx("ls", "--json").out)["objects"] == []


def test_debug_container(scratch):
    c = scratch("scratch3")
    made = c.ipcx("mk", "msg").out.strip()
    debug = scratch("debug3", share=c.pid)
    assert debug.ipcx("ls", "msg", "-q").out == f"msg:{made}\n"
    debug.ipcx("ls", "--ns", "1", "msg")
    debug.ipcx("rm", f"msg:{made}")
    assert c.ipcx("ls", "msg", "-q").out == ""
