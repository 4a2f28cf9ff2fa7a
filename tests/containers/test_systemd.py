# SPDX-License-Identifier: GPL-2.0-or-later
"""A real systemd, booted by systemd-nspawn: its services, as seen from inside and from the host."""

import os
import re
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
from helpers.tools import until  # noqa: E402

IPCX = os.environ["IPCX"]
BUILD = os.path.dirname(os.path.dirname(IPCX))
ESCAPED = "app@a\\x2db.service"  # the instance a-b

TARGET = f"""[Unit]
Description=services of the test
Wants={ESCAPED} shared.service
"""
UNIT = """[Unit]
DefaultDependencies=no
[Service]
ExecStart=/usr/bin/sleep 1000
"""


def root_of(zoo):
    """A root directory that has the programs of the host, and units of its own."""
    root = os.path.join(zoo.dir, "booted")
    for name in ("usr", "etc/systemd/system", "var", "run", "tmp", "proc", "sys", "dev", "root"):
        os.makedirs(os.path.join(root, name))
    for name in ("bin", "sbin", "lib", "lib64"):
        if os.path.islink(f"/{name}"):
            os.symlink(f"usr/{name}", f"{root}/{name}")
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", f"{root}/etc/{name}")
    for name, text in (("os-release", "ID=ipcx-test\n"), ("systemd/system/default.target", TARGET), ("systemd/system/shared.service", UNIT),
                       ("systemd/system/app@.service", UNIT + "PrivateIPC=yes\n")):
        with open(f"{root}/etc/{name}", "w", encoding="ascii") as f:
            f.write(text)
    return root


class Booted:
    """The machine: .leader is the PID of its first process, and .pids has those of its services."""

    def __init__(self, zoo):
        self.world = zoo.world
        with open(f"{zoo.dir}/boot.log", "wb") as log:
            self.nspawn = subprocess.Popen(zoo.into(*zoo.world.argv(
                "systemd-nspawn", "--register=no", "--keep-unit", "--boot", "-q", "-D", root_of(zoo), "--bind-ro=/usr", f"--bind-ro={BUILD}", "-M", "booted",
                "--console=pipe")), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pids = {}
        until(self.started, 120)
        self.leader = int(self.world.run("sh", "-c", "pgrep -P $(pgrep -d, -x systemd-nspawn) -x systemd").out)

    def started(self):
        r = self.world.run("sh", "-c", "for p in $(pgrep -x sleep); do echo $p $(grep -o '[^/]*\\.service$' /proc/$p/cgroup | head -n 1); done")
        self.pids = {words[1]: int(words[0]) for words in (line.split(" ") for line in r.lines) if len(words) == 2}
        return {ESCAPED, "shared.service"} <= set(self.pids)

    def inside(self, *words):
        return self.world.run("nsenter", "-t", self.leader, "--all", IPCX, *words)

    def end(self):
        self.world.run("kill", "-9", self.leader)
        self.nspawn.wait(timeout=60)


@pytest.fixture(scope="module")
def booted(zoo):
    if not shutil.which("systemd-nspawn") or not os.path.exists("/lib/systemd/systemd"):
        pytest.skip("systemd-container: not installed")
    b = Booted(zoo)
    yield b
    b.end()


def ino(world, pid):
    return int(re.search(r"\d+", world.run("readlink", f"/proc/{pid}/ns/ipc").out)[0])


def containers(r):
    assert r.rc == 0, r.err
    return {c["name"]: c for row in r.json["namespaces"] for c in row["containers"] or []}


def test_a_service_from_inside(booted):
    """On its own machine, the name is that of root."""
    found = containers(booted.inside("ns", "ls", "--json"))
    assert list(found) == [ESCAPED] and (found[ESCAPED]["runtime"], found[ESCAPED]["container_uid"]) == ("systemd", 0)
    assert found[ESCAPED]["container"].startswith("systemd:app@a")
    r = booted.inside("ns", "show", ESCAPED, "--json")
    assert [n["ns"] for n in r.json["namespaces"]] == [ino(booted.world, booted.pids[ESCAPED])], r.err


def test_a_service_from_the_host(booted):
    """On the host, the service of a machine is a name that was given in the machine."""
    found = containers(booted.world.ipcx("ns", "ls", "--json"))
    assert found["booted"]["container"] == "nspawn:booted" and found[ESCAPED]["pid"] == booted.pids[ESCAPED]
    assert found[ESCAPED]["container"].startswith("booted/systemd:app@a")
    assert booted.world.ipcx("ls", "--ns", ESCAPED).rc == 3
    row = booted.world.ipcx("ns", "show", found[ESCAPED]["container"], "--json").json["namespaces"][0]
    assert row["ns"] == ino(booted.world, booted.pids[ESCAPED]) != ino(booted.world, booted.leader)
