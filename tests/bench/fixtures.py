# SPDX-License-Identifier: GPL-2.0-or-later
"""The worlds in which commands are measured: namespaces, limits, objects, users.

A world is one `world` helper process: a fresh IPC, mount and PID namespace that runs one
command at a time and reports its cost. Several worlds can exist at a time, so that one round can use them all; each disappears with everything in it when its
input is closed.
"""

import contextlib
import ctypes
import dataclasses
import os
import pathlib
import re
import resource
import subprocess

OWNERS = 200
NAMED_UID = 20000       # named by the private /etc
UNKNOWN_UID = 40000     # without a name: checked before use
KINDS = ("shm", "msg", "sem")

# Limits that are raised for the objects; the kernel applies them per IPC namespace.
LIMITS = {
    "kernel/shmmni": "32768",
    "kernel/msgmni": "32768",
    "kernel/sem": "32000 1024000000 500 32768",
    "fs/mqueue/queues_max": "4096",
}


@dataclasses.dataclass(frozen=True)
class Fixture:
    """Contents of a world: the numbers of objects of each System V kind, of queues, and of idle processes."""
    objects: int = 0
    owners: str = "one"     # one, named or unknown
    kinds: tuple = KINDS
    queues: int = 0
    processes: int = 0
    namespaces: int = 0
    tenants: tuple = ()     # idle processes that use objects: the arguments of that helper
    sleepers: tuple = ()    # processes that wait: the same
    filled: str = ""        # a shell command that fills each of the namespaces
    commands: tuple = ()    # that fill the world itself


FIXTURES = {
    "0": Fixture(),
    "1": Fixture(1),
    "10": Fixture(10),
    "1000": Fixture(1000),
    "16000": Fixture(16000),
    "32000": Fixture(32000),
    "32000 owners": Fixture(32000, "named"),
    "32000 unknown": Fixture(32000, "unknown"),
    **{f"32000 {kind} of {owners}": Fixture(32000, owners, (kind,)) for kind in KINDS for owners in ("one", "named")},
    "queues": Fixture(queues=3600),
    "crowd": Fixture(processes=2000, namespaces=50),
    "one place": Fixture(processes=2000, namespaces=1),
    "500 places": Fixture(processes=500, namespaces=500),
    "1000 places": Fixture(processes=1000, namespaces=1000),
    "2000 users": Fixture(tenants=(2000, 50, 300, 20)),     # 100 of them attach two segments
    "all users": Fixture(tenants=(2000, 50, 300, 1)),       # each attaches three
    "600 users": Fixture(tenants=(600, 109, 109, 20)),
    "2000 sleepers": Fixture(sleepers=(2000,)),             # 300 of their 2,700 threads wait for objects
    "5000 waiters": Fixture(sleepers=("one", 100, 50)),
    # What fleet.py takes for a typical host.
    "database": Fixture(commands=(("@ipcx@", "mk", "shm", "--size", "64M", "--count", "3", "--owner", "bin"),
                                  ("@ipcx@", "mk", "sem", "--nsems", "17", "--count", "20", "--owner", "bin"),
                                  ("@ipcx@", "mk", "pshm", "/database.1", "--size", "1M", "--owner", "bin"))),
    "100 containers": Fixture(processes=500, namespaces=100, filled="mount -t tmpfs tmpfs /dev/shm && @bin@/fixture make shm 2 >/dev/null && "
                              "@bin@/fixture make sem 3 >/dev/null && echo x >/dev/shm/cache"),
    "spare": Fixture(),     # for commands that create and remove objects themselves
}


class Unsupported(Exception):
    """This machine cannot provide the fixture; the text says why."""


@dataclasses.dataclass
class Result:
    status: int
    cpu_ms: float
    rss_mib: float
    faults: int
    error: str
    note: str = ""


class World:
    """A `world` process and the facts about its objects that commands refer to."""

    def __init__(self, name, paths):
        fixture = FIXTURES[name]
        if fixture.owners == "unknown":
            require_unknown_users()
        self.paths = paths
        self.facts = {**paths, "mqueue": mqueue_mount_point(paths["tmp"])}
        self.note = ""
        self.process = subprocess.Popen(
            [f"{paths['bin']}/world", private_etc(paths["tmp"], fixture.owners),
             mqueue_mount_point(paths["tmp"])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
        try:
            if self.process.stdout.readline() != b"ready\n":
                raise Unsupported("no private namespaces")
            self.furnish(fixture)
        except BaseException:
            self.close()
            raise

    def run(self, argv, out="/dev/null"):
        """Run one command to its end; @name@ in an argument is replaced by the fact of that name."""
        words = [re.sub(r"@(\w+)@", lambda m: self.facts[m[1]], w) for w in argv]
        error = f"{self.paths['tmp']}/stderr"
        request = "".join(f"{w}\0" for w in [out, error, *words]) + "\0"
        self.process.stdin.write(request.encode())
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if len(answer) != 4:
            raise Unsupported("the world has ended")
        status, usec, kib, faults = map(int, answer)
        text = "no such command" if status == 127 else ""
        if status and not text:
            name = os.path.basename(argv[0])
            text = first_line(error).removeprefix(f"{name}: ") or f"exit status {status}"
        return Result(status, usec / 1000, kib / 1024, faults, text)

    def must(self, argv):
        """Run a setup command; return its output."""
        out = f"{self.paths['tmp']}/setup"
        result = self.run(argv, out)
        if result.status:
            raise Unsupported(f"{os.path.basename(argv[0])}: {result.error}")
        return pathlib.Path(out).read_text()

    def listing(self, kind):
        """Return the lines of /proc/sysvipc/KIND in this world, without the heading."""
        return self.must(["cat", f"/proc/sysvipc/{kind}"]).splitlines()[1:]

    def furnish(self, fixture):
        for name, value in LIMITS.items():
            self.run(["sh", "-c", f"echo {value} > /proc/sys/{name}"])
        first = UNKNOWN_UID if fixture.owners == "unknown" else NAMED_UID
        owners = [] if fixture.owners == "one" else [str(OWNERS), str(first)]
        for kind in fixture.kinds if fixture.objects else ():
            self.must(["@bin@/fixture", "make", kind, str(fixture.objects), *owners])
            rows = self.listing(kind)
            if len(rows) != fixture.objects:
                raise Unsupported(f"{len(rows)} of {fixture.objects} {kind} objects")
            key, ident = rows[len(rows) // 2].split()[:2]
            self.facts[f"{kind}id"] = ident
            self.facts[f"{kind}key"] = hex(int(key))
        if fixture.processes:
            self.must(["@bin@/crowd", str(fixture.processes), str(fixture.namespaces), *([fixture.filled] if fixture.filled else [])])
        for command in fixture.commands:
            self.must(command)
        if fixture.tenants:
            self.must(["@bin@/tenants", *map(str, fixture.tenants)])
        if fixture.sleepers:
            self.must(["@bin@/sleepers", *map(str, fixture.sleepers)])
        if fixture.queues:
            made = int(self.must(["@bin@/fixture", "make", "mq", str(fixture.queues)]))
            self.facts["queues"] = str(made)
            if made < fixture.queues:
                self.note = f"{made} of {fixture.queues} queues fit RLIMIT_MSGQUEUE"

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Worlds:
    """Worlds by name, created at first use; a world that could not be created is not tried again."""

    def __init__(self, paths):
        self.paths = paths
        self.made = {}

    def __getitem__(self, name):
        if name not in self.made:
            try:
                self.made[name] = World(name, self.paths)
            except Unsupported as reason:
                self.made[name] = reason
        if isinstance(self.made[name], Unsupported):
            raise self.made[name]
        return self.made[name]

    def close(self):
        for world in self.made.values():
            if isinstance(world, World):
                world.close()


def first_line(path):
    with open(path, errors="replace") as f:
        return f.readline().strip()


def environment():
    """The same environment on every machine: a common locale, the system's own tools."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/"}


def mqueue_mount_point(tmp):
    """Return the usual mount point of queues; if a machine lacks that directory, another one, which ipcx has to find."""
    if os.path.isdir("/dev/mqueue"):
        return "/dev/mqueue"
    place = pathlib.Path(tmp, "mqueue")
    place.mkdir(exist_ok=True)
    return str(place)


def raise_queue_limit():
    """Raise a limit as far as permitted: to the hard limit, or further with CAP_SYS_RESOURCE."""
    hard = resource.getrlimit(resource.RLIMIT_MSGQUEUE)[1]
    for limit in (resource.RLIM_INFINITY, hard):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_MSGQUEUE, (limit, limit))
            return


def has_nss_systemd():
    try:
        ctypes.CDLL("libnss_systemd.so.2")
    except OSError:
        return False
    return True


def require_unknown_users():
    """Unknown users are slow to look up only if NSS queries systemd."""
    if not has_nss_systemd():
        raise Unsupported("no libnss_systemd.so.2 here")
    for uid in (UNKNOWN_UID, UNKNOWN_UID + OWNERS - 1):
        if not subprocess.run(["getent", "passwd", str(uid)],
                              stdout=subprocess.DEVNULL, check=False).returncode:
            raise Unsupported(f"uid {uid} has a name on this machine")


def private_etc(tmp, owners):
    """Copy /etc, so that the copy can be bound over it; the copy names each owner if requested."""
    etc = pathlib.Path(tmp, "etc-named" if owners == "named" else "etc")
    if etc.exists():
        return str(etc)
    # files that an unprivileged user cannot read do not matter here
    subprocess.run(["cp", "-a", "/etc", etc], stderr=subprocess.DEVNULL, check=False)
    # The loader finds the library that was installed for this run as it finds any other: by its cache.
    if os.environ.get("BENCH_LIB"):
        env = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
        subprocess.run(["ldconfig", "-C", f"{etc}/ld.so.cache", os.environ["BENCH_LIB"]], env=env, check=True)
    services = "files systemd" if has_nss_systemd() else "files"
    (etc / "nsswitch.conf").write_text(f"passwd: {services}\ngroup: {services}\n")
    if owners == "named":
        name_owners(etc)
    return str(etc)


def name_owners(etc):
    with open(etc / "passwd", "a") as passwd, open(etc / "group", "a") as group:
        for i in range(OWNERS):
            uid = NAMED_UID + i
            passwd.write(f"bench{i:03}:x:{uid}:{uid}::/nonexistent:/bin/false\n")
            group.write(f"bench{i:03}:x:{uid}:\n")
