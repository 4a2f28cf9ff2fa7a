# SPDX-License-Identifier: GPL-2.0-or-later
"""An isolated world for each test: fresh IPC, mount and PID namespaces, an empty /dev/shm and its own mqueue mount."""

import json
import os
import shutil
import subprocess
import tempfile

import pytest

IPCX = os.environ.get("IPCX", os.path.join(os.path.dirname(__file__), "../../build/dev/cmd/ipcx"))
IPCX = os.path.abspath(IPCX)

# Setup by the process that holds the namespaces; it exits at the end of its standard input.
SETUP = """
mount -t tmpfs -o mode=1777 none /dev/shm
[ -d /dev/mqueue ] && mount -t mqueue none /dev/mqueue
echo ready
read -r end
"""


class Result(subprocess.CompletedProcess):
    """Result of a command: .rc, .out and .err as text, .json parsed."""

    @property
    def rc(self):
        return self.returncode

    @property
    def out(self):
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def err(self):
        return self.stderr.decode("utf-8", "surrogateescape")

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def json(self):
        return json.loads(self.stdout)


class World:
    """Namespaces, and commands that run in them."""

    def __init__(self, setup=SETUP):
        self.dir = tempfile.mkdtemp(prefix="ipcx-test.")
        os.chmod(self.dir, 0o755)
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        self.holder = subprocess.Popen(
            ["unshare", *user, "--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
             "--propagation", "private", "sh", "-c", setup],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline().strip() == "ready", "the namespaces could not be made"
        children = f"/proc/{self.holder.pid}/task/{self.holder.pid}/children"
        with open(children, encoding="ascii") as f:
            self.pid = int(f.read().split()[0])

    def close(self):
        self.holder.stdin.close()
        self.holder.wait(timeout=30)
        self.holder.stdout.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def argv(self, *words, uid=None, caps=None):
        """Return the words that run a command in this world; uid= selects an unprivileged user, caps= leaves only some capabilities."""
        enter = ["nsenter", "-t", str(self.pid), "--ipc", "--mount", "--pid"]
        if os.geteuid() != 0:
            enter += ["--user", "--preserve-credentials"]
        setpriv = []
        if uid is not None:
            setpriv = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        elif caps is not None:
            setpriv = ["setpriv", f"--bounding-set={caps}", f"--inh-caps={caps}"]
        return [*enter, *setpriv, *[str(w) for w in words]]

    def run(self, *words, uid=None, caps=None, input=None, env=None, timeout=60, **more):
        """Run any command. env adds variables to a small, fixed environment; a variable with the value None is removed from it."""
        full = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC0"}
        full.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        env = dict(env or {})
        if env.get("LD_PRELOAD"):  # nsenter may have another C library
            words = ("env", "LD_PRELOAD=" + env.pop("LD_PRELOAD"), *words)
        full.update(env)
        full = {k: v for k, v in full.items() if v is not None}
        if isinstance(input, str):
            input = input.encode()
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        if input is None:
            more.setdefault("stdin", subprocess.DEVNULL)
        p = subprocess.run(self.argv(*words, uid=uid, caps=caps), input=input, env=full, timeout=timeout,
                           check=False, **more)
        r = Result(p.args, p.returncode, p.stdout or b"", p.stderr or b"")
        assert b"Sanitizer" not in r.stderr and b"runtime error" not in r.stderr, r.err
        return r

    def ipcx(self, *words, **more):
        """Run ipcx."""
        return self.run(IPCX, *words, **more)

    def ok(self, *words, **more):
        """Run ipcx, which must succeed and print nothing on stderr; return its output without the last newline."""
        r = self.ipcx(*words, **more)
        assert r.rc == 0 and r.err == "", (words, r.rc, r.out, r.err)
        return r.out.rstrip("\n")

    def objects(self, *words, **more):
        """Return the objects of ipcx ls --json."""
        r = self.ipcx("ls", "--json", *words, **more)
        assert r.rc == 0, (words, r.rc, r.err)
        return r.json["objects"]

    def steady(self, *words, **more):
        """Return the objects without fields that change with time, for comparing two listings that may be a second apart."""
        return [{k: v for k, v in o.items() if k not in ("age", "idle")} for o in self.objects(*words, **more)]

    def sh(self, script, **more):
        """Run a shell script with $IPCX set."""
        env = dict(more.pop("env", None) or {}, IPCX=IPCX)
        return self.run("sh", "-c", script, env=env, **more)

    def sysctl(self, name, value=None):
        """Read or write a sysctl of this IPC namespace."""
        path = "/proc/sys/" + name.replace(".", "/")
        if value is None:
            return self.run("cat", path).out.strip()
        r = self.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", value, path)
        assert r.rc == 0, r.err
        return None


@pytest.fixture
def world():
    w = World()
    yield w
    w.close()


@pytest.fixture
def queue(world):
    """A world with one System V queue: id 0, key 0x4d2."""
    assert world.ok("mk", "msg", "--key", "0x4d2") == "0"
    return world


@pytest.fixture(scope="session")
def dump():
    """The binary's own tables."""
    out = subprocess.run([IPCX, "help", "--dump"], stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)
