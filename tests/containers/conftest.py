# SPDX-License-Identifier: GPL-2.0-or-later
"""Real containers of every installed runtime, in one isolated world; each is started once."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import leftovers  # noqa: E402
from cgroups import Cgroups, hierarchies  # noqa: E402
from kinds import KINDS  # noqa: E402

spec = importlib.util.spec_from_file_location("world", os.path.join(HERE, "../cli/conftest.py"))
worlds = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worlds)

# State below /run and /var belongs to the world, so that nothing stays on the machine.
SETUP = """
echo 10000 >/proc/sys/kernel/ns_last_pid
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
mkdir -p /run/lock /var/lib/lxc /run/etc
cp -a /etc/. /run/etc
mount --bind /run/etc /etc
""" + worlds.SETUP


class Container:
    """A running container: its kind, its name, the process that created its objects; its label, and the name by which root refers to it."""

    def __init__(self, kind, name, pid):
        self.kind, self.name, self.pid, self.what = kind, name, pid, KINDS[kind]
        self.label, self.where = (text.format(name=name) for text in (self.what.label, self.what.where))


class World(worlds.World):
    """A world with a part of each cgroup hierarchy, and a network namespace."""

    def __init__(self):
        self.cgroups = Cgroups(f"ipcx-zoo.{os.getpid()}")
        super().__init__(setup=self.cgroups.setup(SETUP))

    def argv(self, *words, **how):
        nsenter, *rest = super().argv(*words, **how)
        return [nsenter, "--cgroup", "--net", *rest]


class Zoo:
    """The world of the containers."""

    def __init__(self):
        self.hierarchies = hierarchies()
        self.before = leftovers.machine(self.hierarchies)
        self.world = World()
        # While they are open, no other namespace gets their numbers.
        self.held = [os.open(f"/proc/{self.world.pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("pid", "ipc")]
        self.namespaces = [os.readlink(f"/proc/self/fd/{fd}") for fd in self.held]
        self.dir = tempfile.mkdtemp(prefix="ipcx-zoo.")
        os.chmod(self.dir, 0o755)
        self.running, self.failed, self.keep = {}, {}, []
        self.rootfs()

    def rootfs(self):
        root = os.path.join(self.dir, "rootfs")
        for name in ("bin", "proc", "sys", "dev", "tmp", "etc", "run", "usr/lib"):
            os.makedirs(os.path.join(root, name))
        subprocess.run(["cc", "-static", "-O2", "-o", f"{root}/bin/holder", os.path.join(HERE, "holder.c")], check=True)
        shutil.copy("/bin/busybox", f"{root}/bin/busybox")
        for name in ("sh", "sleep", "ls", "cat"):
            os.symlink("busybox", f"{root}/bin/{name}")
        for name, text in (("etc/passwd", "root:x:0:0::/:/bin/sh\n"), ("usr/lib/os-release", "ID=ipcx-test\n")):
            with open(os.path.join(root, name), "w", encoding="ascii") as f:
                f.write(text)

    def into(self, *argv):
        """Return words that run a program in the zoo's cgroups."""
        into = 'for f in %s; do echo $$ >$f || :; done; exec "$@"' % " ".join(self.world.cgroups.files())
        return ["sh", "-c", into, "sh", *argv]

    def zoo(self, *words):
        return self.into(*self.world.argv(os.path.join(HERE, "zoo.sh"), *words))

    def holders(self):
        """Return the processes that run the holder, with their IPC namespaces."""
        r = self.world.run("sh", "-c", 'for p in $(pgrep -x holder); do echo "$p $(readlink /proc/$p/ns/ipc)"; done')
        return dict(line.split(" ", 1) for line in r.lines if " ipc:" in line)

    def start(self, kind):
        """Start a container once; return the reason if this is impossible."""
        if kind in self.running:
            return self.running[kind]
        missing = [p for p in KINDS[kind].needs if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
        if missing:
            pytest.skip(f"{', '.join(missing)}: not installed")
        if not shutil.which("busybox"):
            pytest.skip("busybox-static: not installed")
        before = self.holders()
        p = subprocess.Popen(self.zoo("start", kind), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                             env=dict(os.environ, W=self.dir, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
        self.keep.append(p)
        name = p.stdout.readline().strip()
        deadline = time.monotonic() + 60
        new = {}
        while name and not new and time.monotonic() < deadline:
            new = {pid for pid in self.holders() if pid not in before}
            time.sleep(0.1)
        with open(os.path.join(self.dir, "log"), encoding="utf-8", errors="replace") as log:
            assert name and new, f"{kind} did not start: {log.read()[-2000:]}"
        pid = new.pop()
        # The holder's last action is to set the size of its shared memory.
        while self.world.run("stat", "-c", "%s", f"/proc/{pid}/root/dev/shm/hp").out != "4096\n":
            assert time.monotonic() < deadline, f"{kind} did not make its objects"
            time.sleep(0.1)
        self.running[kind] = Container(kind, name, int(pid))
        return self.running[kind]

    def close(self):
        for kind in reversed(list(self.running)):
            subprocess.run(self.zoo("stop", kind), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=dict(os.environ, W=self.dir, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"), check=False, timeout=60)
        self.world.close()
        for p in self.keep:
            p.kill()
            p.wait()
        shutil.rmtree(self.dir)
        left = self.world.cgroups.remove()
        assert not left, (left, self.world.cgroups.processes())
        left = leftovers.settled(self.before, lambda: leftovers.machine(self.hierarchies, self.namespaces))
        for fd in self.held:
            os.close(fd)
        assert not left, left


@pytest.fixture(scope="session")
def zoo():
    if os.geteuid() != 0:
        pytest.skip("starting containers needs root")
    z = Zoo()
    yield z
    z.close()


@pytest.fixture(params=KINDS)
def container(zoo, request):
    return zoo.start(request.param)
