# SPDX-License-Identifier: GPL-2.0-or-later
"""On a machine where PostgreSQL, Apache, Xvfb with an MIT-SHM client and D-Bus are busy, `ipcx doctor` finds nothing; of a forgotten segment beside them it
says so. Each program has its own directory for temporary files, and is left out, with a reason, if it is not installed."""

import contextlib
import glob
import json
import os
import pwd
import shlex
import shutil
import subprocess
import sys

import pytest

from conftest import IPCX, World
from planting import has_all_users, known
from helpers.tools import until

WAIT = 600  # seconds; initdb takes a while where many tests run
STRICT = ("--idle", "0s")  # everything that is not in use counts as forgotten at once
OFTEN = 8  # times; objects come and go

# The server of X prints its display number; its client shows pictures that are in two segments. The client removes one as soon as the server has
# attached it, as toolkits do, and keeps the other.
X = r"""
import ctypes, os, socket, struct, subprocess, sys
c = ctypes.CDLL(None, use_errno=True)
c.shmat.restype = ctypes.c_void_p
xvfb = subprocess.Popen(["Xvfb", "-displayfd", "1", "-shmem", "-ac", "-nolisten", "tcp", "-nolisten", "local", "-screen", "0", "640x480x24"],
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
try:
    number = b""
    while not number.endswith(b"\n"):
        more = xvfb.stdout.read(1)
        assert more, "Xvfb has ended"
        number += more if more.isdigit() or number else b""
    s = socket.socket(socket.AF_UNIX)
    s.connect("/tmp/.X11-unix/X%d" % int(number))
    def get(n):
        data = b""
        while len(data) < n:
            more = s.recv(n - len(data))
            assert more, "the server hung up"
            data += more
        return data
    def reply():
        data = get(32)
        assert data[0] == 1, data
        return data + get(4 * struct.unpack("I", data[4:8])[0])
    order = b"l" if sys.byteorder == "little" else b"B"
    s.sendall(struct.pack("cxHHHHxx", order, 11, 0, 0, 0))
    head = get(8)
    assert head[0] == 1, head
    setup = get(4 * struct.unpack("H", head[6:8])[0])
    base, = struct.unpack("I", setup[4:8])
    s.sendall(struct.pack("BxHHxx", 98, 4, 7) + b"MIT-SHM\0")
    extension = reply()
    assert extension[8], "no MIT-SHM"
    for i, removed in enumerate((True, False)):
        segment = c.shmget(0, 640 * 480 * 4, 0o1600)
        c.shmat(segment, None, 0)
        s.sendall(struct.pack("BBHIIBxxx", extension[9], 1, 4, base + i, segment, 0) + struct.pack("BxH", 43, 1))
        reply()  # that of GetInputFocus, which follows: an error of ShmAttach would be here
        assert not removed or c.shmctl(segment, 0, None) == 0
        print("segment", segment, flush=True)
    print("ready", flush=True)
    sys.stdin.read()
finally:
    xvfb.terminate()
    xvfb.wait()
"""

APACHE = """
ServerRoot {dir}
ServerName localhost
PidFile {dir}/pid
ErrorLog {dir}/errors
ScoreBoardFile {dir}/scoreboard
Mutex sysvsem default
{modules}
User #{uid}
Group #{gid}
Listen 0.0.0.0:8080
Listen 0.0.0.0:8081
StartServers 4
MinSpareServers 4
"""

# Queries of parallel workers, which share memory that comes and goes. One of the settings exists, depending on the version.
QUERIES = "set force_parallel_mode = on; set debug_parallel_query = on;\n" + "select count(*) from generate_series(1, 1000);\n" * 200
WORK = """while "$1" -h "$PWD" -U me -d postgres -q -o results -f queries; do echo >>rounds; done"""


class Missing(Exception):
    """Why a program is not here."""


def user():
    """An ordinary user that every distribution has, and that systemd-logind takes for the system's."""
    return pwd.getpwnam("daemon")


def installed(*names, places=()):
    """Return the path of a program or file; the places may be patterns, and come first: Debian's psql elsewhere is a script."""
    for name in names:
        found = [path for p in places for path in sorted(glob.glob(f"{p}/{name}"))[-1:]]
        found += [shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
        if found[0]:
            return found[0]
    raise Missing(f"{' or '.join(names)} is not installed")


class Busy(World):
    """A world with programs that run, until it is closed. .running has the objects of each, .missing why others are not here."""

    def __init__(self):
        super().__init__()
        self.started, self.running, self.missing = [], {}, {}

    def close(self):
        super().close()  # with their PID namespace all end
        for p in self.started:
            p.stdin.close()
            p.wait(timeout=WAIT)

    def place(self, name):
        path = os.path.join(self.dir, name)
        os.mkdir(path)
        os.chown(path, user().pw_uid, user().pw_gid)
        return path

    def start(self, where, *words, **more):
        with open(os.path.join(where, "log"), "ab") as log:
            p = subprocess.Popen(self.argv("env", "-C", where, *words, **more), stdin=subprocess.PIPE, stdout=log, stderr=log,
                                 env={"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": where, "TMPDIR": where, "LC_ALL": "C"})
        self.started.append(p)
        return p

    def ready(self, where, p, test):
        """Wait for a state; a program that ends before has failed."""
        until(lambda: p.poll() is not None or test(), seconds=WAIT)
        assert p.poll() is None, (p.args, said(where)[-2000:])


def said(where, name="log"):
    with contextlib.suppress(FileNotFoundError), open(os.path.join(where, name), encoding="utf-8", errors="replace") as f:
        return f.read()
    return ""


# ---- the programs: each returns the objects that it uses


def postgres(world, memory):
    places = ["/usr/lib/postgresql/*/bin", "/usr/libexec/postgresql*", "/usr/pgsql-*/bin"]
    initdb, server, is_ready, psql = (installed(p, places=places) for p in ("initdb", "postgres", "pg_isready", "psql"))
    where, uid = world.place(f"postgres-{memory}"), user().pw_uid
    r = world.run("env", "-C", where, initdb, "-D", "data", "-A", "trust", "-U", "me", "--no-sync", "--no-locale", uid=uid, timeout=WAIT)
    assert r.rc == 0, r.err
    p = world.start(where, server, "-D", "data", "-k", where, "-c", "listen_addresses=", "-c", f"shared_memory_type={memory}", "-c",
                    f"dynamic_shared_memory_type={'sysv' if memory == 'sysv' else 'posix'}", "-c", "fsync=off", uid=uid)
    world.ready(where, p, lambda: world.run(is_ready, "-h", where, uid=uid).rc == 0)
    with open(f"{where}/queries", "w", encoding="ascii") as f:
        f.write(QUERIES)
    client = world.start(where, "sh", "-c", WORK, "sh", psql, uid=uid)
    world.ready(where, client, lambda: said(where, "rounds"))
    return {"shm:" + said(where, "data/postmaster.pid").split("\n")[6].split()[1]}


def apache(world):
    server = installed("apache2", "httpd")
    where = world.place("apache")
    modules = ""
    for name in ("mpm_prefork", "unixd", "authz_core"):
        with contextlib.suppress(Missing):
            path = installed(f"mod_{name}.so", places=["/usr/lib*/apache2/modules", "/usr/lib*/httpd/modules", "/usr/lib/apache2"])
            modules += f"LoadModule {name}_module {path}\n"
    with open(f"{where}/conf", "w", encoding="ascii") as f:
        f.write(APACHE.format(dir=where, modules=modules, uid=user().pw_uid, gid=user().pw_gid))
    # In a network namespace of its own all ports are free.
    p = world.start(where, "unshare", "--net", server, "-f", f"{where}/conf", "-DFOREGROUND")
    # One of its children waits for connections; the others wait for the semaphore.
    world.ready(where, p, lambda: said(where, "pid") and any(o["semncnt"] for o in world.objects("sem", "-o", "+semncnt")))
    return {o["ref"] for o in world.objects("shm", "sem", "-o", "+cuid") if o["cuid"] == 0}


def x(world):
    installed("Xvfb")
    where = world.place("x")
    u = user()
    p = world.start(where, "unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o mode=1777 none /tmp && exec "$@"', "sh", "setpriv", f"--reuid={u.pw_uid}",
                    f"--regid={u.pw_gid}", "--clear-groups", sys.executable, "-c", X)
    world.ready(where, p, lambda: "ready" in said(where))
    return {"shm:" + line.split()[1] for line in said(where).split("\n") if line.startswith("segment ")}


def dbus(world):
    server = installed("dbus-daemon")
    where = world.place("dbus")
    p = world.start(where, server, "--session", "--nofork", f"--address=unix:path={where}/bus", uid=user().pw_uid)
    world.ready(where, p, lambda: os.path.exists(f"{where}/bus"))
    return set()


PROGRAMS = {"PostgreSQL": lambda w: postgres(w, "mmap"), "PostgreSQL, System V": lambda w: postgres(w, "sysv"), "Apache": apache, "Xvfb": x, "D-Bus": dbus}


@pytest.fixture(scope="module")
def busy():
    if os.geteuid() != 0 or not has_all_users():
        pytest.skip("only as root, with other user ids")
    w = Busy()
    try:
        for name, start in PROGRAMS.items():
            try:
                w.running[name] = start(w)
            except Missing as e:
                w.missing[name] = str(e)
        if not w.running:
            pytest.skip("; ".join(w.missing.values()))
        yield w
    finally:
        w.close()


# Processes that may not be looked at, which are not the world's, look like this one, so that nothing is unseen.
OUTSIDE = """for p in /proc/[0-9]*; do
    [ -d $p ] && ! cat $p/maps >/dev/null 2>&1 && ! readlink $p/ns/ipc >/dev/null && mount --bind /proc/$$ $p 2>/dev/null
done
exec "$@\""""


def inside(world, *words):
    r = world.ipcx("doctor", "--json", *words)
    # That there may be processes outside is no error.
    assert r.rc == 0 and all(line.startswith("ipcx: note: processes outside") for line in r.err.splitlines()), (words, r.rc, r.err)
    return r.json


def outside(world, *words):
    """From outside of the PID namespace all its processes can be seen, so that more can be told."""
    r = subprocess.run(["unshare", "--mount", "sh", "-c", OUTSIDE, "sh", IPCX, "doctor", "--json", "--ns", str(world.pid), *words], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False, timeout=WAIT)
    assert r.returncode == 0 and r.stderr == b"", (words, r)
    return json.loads(r.stdout)


VIEWS = pytest.mark.parametrize("doctor", [inside, outside])


# ---- what is found


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs_and_uses_its_objects(busy, name):
    if name in busy.missing:
        pytest.skip(busy.missing[name])
    refs = busy.running[name]
    assert refs or name == "D-Bus"
    for ref in refs:
        field = "nattch" if ref.startswith("shm") else "semncnt"
        o, = busy.objects(ref, "-o", "+" + field)
        assert o[field], o


@VIEWS
@pytest.mark.parametrize("words", [(), STRICT], ids=["usual", "strict"])
def test_nothing_is_found(busy, doctor, words):
    for _ in range(OFTEN if words else 1):
        told = doctor(busy, *words)
        assert told["findings"] == [], json.dumps(told["findings"], indent=1)


@VIEWS
def test_a_forgotten_segment_is_seen(busy, doctor):
    """It is the only finding; when it is removed as told, there is none."""
    segment = busy.ok("mk", "shm", "--size", "4096")
    found, = doctor(busy, *STRICT)["findings"]
    assert (found["finding"], found["grade"], found["ref"], found["bytes"]) == ("leaked", "likely", f"shm:{segment}", 4096), found
    fix = shlex.split(found["fix"])
    assert fix[:3] == ["ipcx", "rm", f"shm:{segment}"]
    busy.ok(*fix[1:5], "--yes")
    assert doctor(busy, *STRICT)["findings"] == []


def test_an_unused_object_is_seen(busy):
    """Beside those of PostgreSQL, which come and go."""
    def seen():
        told = outside(busy, *STRICT)
        unseen = told["unseen"]
        return None if unseen["processes"] or unseen["others"] else told["findings"]
    busy.ok("mk", "pshm", "/forgotten", "--size", "4096")
    try:
        found = known(seen)
        assert [(f["finding"], f["grade"], f["ref"]) for f in found] == [("unused", "possible", "pshm:/forgotten")], json.dumps(found, indent=1)
    finally:
        busy.ok("rm", "pshm:/forgotten", "--yes")
