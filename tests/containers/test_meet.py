# SPDX-License-Identifier: GPL-2.0-or-later
"""How two containers are started so that they meet: done as the text says, with real ones."""

import os
import re
import shlex
import subprocess

import pytest


class Again:
    """Starts further containers, with words that the text has; they are removed with the test."""

    def __init__(self, zoo):
        self.zoo, self.made = zoo, []

    def run(self, *words):
        return subprocess.run(self.zoo.zoo(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False, timeout=120,
                              env=dict(os.environ, W=self.zoo.dir, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))

    def start(self, runtime, name, *words):
        self.made.append((runtime, name))
        r = self.run("again", runtime, name, *words)
        with open(os.path.join(self.zoo.dir, "log"), encoding="utf-8", errors="replace") as log:
            assert r.returncode == 0 and r.stdout.strip().isdigit(), (words, log.read()[-1000:])
        return r.stdout.strip()

    def fixes(self, a, b):
        """Return the rows of a comparison, by name."""
        r = self.zoo.world.ipcx("ns", "cmp", str(a), str(b), "--json")
        assert r.rc in (0, 1), r.err
        return {row["name"]: row for row in r.json["comparison"]}

    def meet(self, a, b, *names):
        rows = self.fixes(a, b)
        told = [(rows[name]["same"], rows[name]["fix"]) for name in names]
        assert told == [(True, None)] * len(names), rows

    def tmpfs(self):
        """Return a directory on a tmpfs."""
        where = os.path.join("/run", "meet-shm")
        r = self.zoo.world.run("sh", "-ec", 'mkdir -p "$0"; grep -q " $0 " /proc/mounts || mount -t tmpfs -o mode=1777 none "$0"', where)
        assert r.rc == 0, r.err
        return where

    def close(self):
        for runtime, name in reversed(self.made):
            self.run("gone", runtime, name)


@pytest.fixture
def again(zoo):
    a = Again(zoo)
    yield a
    a.close()


def words(text, beginning):
    """Return the words of a text that begin so, as a shell reads them."""
    return [word for word in shlex.split(re.sub("[;,](?= |$)", "", text)) if word.startswith(beginning)]


def test_docker(zoo, again):
    """Its private containers cannot be joined; the text says which one has to be started anew."""
    first = zoo.start("docker")
    lone = again.start("docker", "meet-lone")
    rows = again.fixes(first.where, lone)
    lends, joins = words(rows["IPC namespace"]["fix"], "--ipc=")[:2]
    assert (lends, joins) == ("--ipc=shareable", "--ipc=container:dock1") and rows["MIT-SHM"]["fix"] == rows["IPC namespace"]["fix"]
    assert again.run("again", "docker", "meet-refused", joins).returncode != 0
    again.made.append(("docker", "meet-refused"))
    a = again.start("docker", "meet-a", lends)
    for fix in (again.fixes("meet-a", lone)["IPC namespace"]["fix"], again.fixes(lone, "meet-a")["IPC namespace"]["fix"]):
        assert words(fix, "--ipc=")[0] == "--ipc=container:meet-a"
    b = again.start("docker", "meet-b", words(again.fixes("meet-a", "meet-lone")["IPC namespace"]["fix"], "--ipc=")[0])
    again.meet(a, b, "IPC namespace", "/dev/shm", "/dev/mqueue", "MIT-SHM")
    # What joined can be joined.
    assert words(again.fixes("meet-b", lone)["IPC namespace"]["fix"], "--ipc=")[0] == "--ipc=container:meet-b"
    again.meet(b, again.start("docker", "meet-c", "--ipc=container:meet-b"), "IPC namespace", "/dev/shm")


def test_a_volume_of_docker(zoo, again):
    first = zoo.start("docker")
    lone = again.start("docker", "meet-lone2")
    fix = again.fixes(first.where, lone)["/dev/shm"]["fix"]
    make = re.search(r"docker (volume create [^,]+),", fix)[1].split()
    volume = words(fix, "--volume") and re.search(r"(--volume) (\S+)", fix).groups()
    assert again.run("say", "docker", *make).returncode == 0
    try:
        a, b = (again.start("docker", name, *volume) for name in ("meet-v1", "meet-v2"))
        again.meet(a, b, "/dev/shm")
        assert again.fixes(a, b)["IPC namespace"]["same"] is False
    finally:
        again.close()
        again.run("say", "docker", "volume", "rm", make[-1])


def test_podman(zoo, again):
    first = zoo.start("podman")
    lone = again.start("podman", "meet-p1")
    fix = again.fixes(first.where, lone)["IPC namespace"]["fix"]
    b = again.start("podman", "meet-p2", words(fix, "--ipc=container:")[0])
    again.meet(first.pid, b, "IPC namespace", "/dev/shm", "/dev/mqueue", "MIT-SHM")
    fix = again.fixes(first.where, lone)["/dev/shm"]["fix"]
    option, value = re.search(r"(--volume) (\S+),", fix).groups()
    value = value.replace("DIR", again.tmpfs())
    again.meet(again.start("podman", "meet-p3", option, value), again.start("podman", "meet-p4", option, value), "/dev/shm")


def test_runc(zoo, again):
    first = zoo.start("runc")
    lone = again.start("runc", "meet-r1", ".")
    rows = again.fixes(first.where, lone)
    path = re.search(r"/proc/\d+/ns/ipc", rows["IPC namespace"]["fix"])[0]
    assert path == f"/proc/{first.pid}/ns/ipc" and "with type bind" in rows["/dev/shm"]["fix"]
    joined = again.start("runc", "meet-r2", f'.linux.namespaces|=map(if .type == "ipc" then .path="{path}" else . end)')
    again.meet(first.pid, joined, "IPC namespace", "/dev/mqueue", "MIT-SHM")
    shm = '.mounts|=map(if .destination == "/dev/shm" then .type="bind" | .source="%s" | .options=["bind"] else . end)' % again.tmpfs()
    again.meet(again.start("runc", "meet-r3", shm), again.start("runc", "meet-r4", shm), "/dev/shm")


def test_lxc(zoo, again):
    first = zoo.start("lxc")
    lone = again.start("lxc", "meet-l1", "# none")
    rows = again.fixes(first.where, lone)
    joined = again.start("lxc", "meet-l2", "# none", words(rows["IPC namespace"]["fix"], "--share-ipc=")[0])
    again.meet(first.pid, joined, "IPC namespace", "/dev/mqueue", "MIT-SHM")
    key = re.search(r"lxc\.namespace\.share\.ipc = \d+", rows["IPC namespace"]["fix"])[0]
    again.meet(first.pid, again.start("lxc", "meet-l3", key), "IPC namespace")
    line = re.search(r"(lxc\.mount\.entry = .*? 0 0),", rows["/dev/shm"]["fix"])[1].replace("DIR", again.tmpfs())
    again.meet(again.start("lxc", "meet-l4", line), again.start("lxc", "meet-l5", line), "/dev/shm")


def test_bwrap(zoo, again):
    first = zoo.start("bwrap")
    lone = again.start("bwrap", "meet-w1", "--unshare-ipc")
    rows = again.fixes(first.pid, lone)
    assert rows["IPC namespace"]["fix"].startswith("start both without --unshare-ipc")
    assert "--bind DIR /dev/shm behind --dev /dev," in rows["/dev/shm"]["fix"]
    os.environ["SHM"] = again.tmpfs()
    try:
        a, b = (again.start("bwrap", name) for name in ("meet-w2", "meet-w3"))
    finally:
        del os.environ["SHM"]
    again.meet(a, b, "IPC namespace", "/dev/shm", "MIT-SHM")


@pytest.mark.parametrize("kinds", [("docker", "runc"), ("runc", "podman"), ("containerd", "crun")], ids="-".join)
def test_two_runtimes(zoo, again, kinds):
    """The text for all runtimes works: the command of the second, run so, is where the first is."""
    first, second = (zoo.start(kind) for kind in kinds)
    rows = again.fixes(first.where, second.where)
    assert "--ipc=container:" not in rows["IPC namespace"]["fix"]
    for name, argv in (("IPC namespace", ("readlink", "/proc/self/ns/ipc")), ("/dev/shm", ("ls", "/dev/shm/hp"))):
        place = shlex.split(re.search(r"as: ipcx ns enter (.*) -- COMMAND", rows[name]["fix"])[1])
        assert place == [first.label]
        r = zoo.world.ipcx("ns", "enter", *place, "--", *argv)
        assert r.rc == 0 and r.out.strip() in (zoo.world.run("readlink", f"/proc/{first.pid}/ns/ipc").out.strip(), "/dev/shm/hp"), (r.out, r.err)
