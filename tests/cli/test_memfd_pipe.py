# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects that are in no directory: memory files, pipes and FIFOs, and files of /dev/shm that have lost their name."""

import contextlib
import json
import os
import subprocess
import time

import pytest

from conftest import IPCX, SETUP, World
from helpers.real import PYTHON, UNLISTED

FIRST_PIDS = "pid:[4026531836]"  # PROC_PID_INIT_INO of the kernel
COVER = """
for p in /proc/[0-9]*; do
    head -c1 "$p/maps" >/dev/null 2>&1 || mount -t tmpfs none "$p" 2>/dev/null || :
done
"""

# A process runs this, then the test's own code, prints "facts" as JSON, and stays until the end of its standard input.
BEGIN = """
import ctypes, fcntl, json, mmap, os, sys
facts, kept = {}, []
def fact(name, fd):
    st = os.fstat(fd)
    facts[name] = [st.st_dev, st.st_ino]
def memory(name, flags=0, size=0):
    fd = os.memfd_create(name, flags)
    os.ftruncate(fd, size)
    fact(name, fd)
    return fd
def shm(name, data):
    fd = os.open("/dev/shm/" + name, os.O_RDWR | os.O_CREAT, 0o600)
    os.write(fd, data)
    fact(name, fd)
    return fd
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
def mapped_only(fd, size):
    # not mmap.mmap(), which keeps a descriptor
    assert libc.mmap(None, ctypes.c_size_t(size), 3, mmap.MAP_SHARED, fd, ctypes.c_long(0)) != ctypes.c_void_p(-1).value
    os.close(fd)
"""
END = """
print(json.dumps(facts), flush=True)
sys.stdin.read()
"""

ODD = "esc\x1b[31m\nline \\012 /x"
MEMORY = BEGIN + f"""
fd = memory("plain", size=1 << 20)
os.write(fd, b"x" * 5000)
fd = memory({ODD!r}, os.MFD_ALLOW_SEALING, 4096)
fcntl.fcntl(fd, 1033, 2 | 4)  # F_ADD_SEALS: F_SEAL_SHRINK | F_SEAL_GROW
memory("", os.MFD_ALLOW_SEALING)
mapped_only(memory("mapped", size=8192), 8192)
memory("plain")
""" + END


class Process:
    """.pid is the PID in the world."""

    def __init__(self, world, code, **more):
        self.p = subprocess.Popen(world.argv(PYTHON, "-c", code, **more), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.p.stdout.readline()
        assert line, "the process failed"
        self.facts = json.loads(line)

    def end(self):
        self.p.stdin.close()
        self.p.stdout.close()
        self.p.wait(timeout=60)


@contextlib.contextmanager
def process(world, code, **more):
    p = Process(world, code, **more)
    try:
        yield p
    finally:
        p.end()


def rows(world, *words, rc=0, **more):
    """Return the objects of ls --json; that processes outside cannot be seen, and nothing else, may be noted."""
    r = world.ipcx("ls", "--json", *words, **more)
    assert r.rc == rc, (words, r.rc, r.out, r.err)
    assert all("cannot be seen" in e["message"] or e["kind"] == "info" for e in r.json["errors"]), r.json["errors"]
    return r.json["objects"]


def named(found, name):
    return [o for o in found if o["name"] == name]


@pytest.fixture
def whole():
    """Fresh IPC and mount namespaces in the first PID namespace: all processes that exist are seen. The machine's own are listed, too. What not even root may look
    at, because it has more rights, is covered."""
    if os.geteuid() != 0 or os.readlink("/proc/self/ns/pid") != FIRST_PIDS:
        pytest.skip("only in the first PID namespace, as root")

    class Whole(World):
        def __init__(self):
            # pylint: disable=super-init-not-called
            self.dir = "/nonexistent"
            self.holder = subprocess.Popen(["unshare", "--ipc", "--mount", "--propagation", "private", "sh", "-c", COVER + SETUP],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert self.holder.stdout.readline().strip() == "ready"
            self.pid = self.holder.pid

        def argv(self, *words, **more):
            argv = super().argv(*words, **more)
            argv.remove("--pid")
            return argv

    w = Whole()
    yield w
    w.close()


# ---- memory files

def test_memory_files(world):
    with process(world, MEMORY) as p:
        found = rows(world, "memfd", "-o", "ref,name,size,allocated,seals,hugepagesize,inode,device,owner,mode,user_count")
        assert [(o["inode"], o["ref"]) for o in found] == sorted((o["inode"], f"memfd:{o['device']}:{o['inode']}") for o in found)
        assert sorted(o["name"] for o in found) == sorted(["plain", "plain", ODD, "", "mapped"])
        for name in (ODD, "mapped", ""):
            [o] = named(found, name)
            assert [o["device"], o["inode"]] == p.facts[name] and o["owner"] == "root" and o["mode"] == "0777"
        sealed, mapped, none, plain = (named(found, name)[0] for name in (ODD, "mapped", "", "plain"))
        assert (sealed["seals"], mapped["seals"], none["seals"], plain["seals"]) == ("shrink,grow", "seal", None, "seal")
        assert (plain["size"], plain["allocated"], mapped["size"], sealed["size"], none["size"]) == (1 << 20, 8192, 8192, 4096, 0)
        assert {o["hugepagesize"] for o in found} == {None}
    assert rows(world, "memfd") == []


def test_huge_memory_files(world):
    sizes = [int(d[len("hugepages-"):-len("kB")]) << 10 for d in os.listdir("/sys/kernel/mm/hugepages")] if os.path.isdir("/sys/kernel/mm/hugepages") else []
    if not sizes:
        pytest.skip("this machine has no huge pages")
    code = BEGIN + "".join(f"memory('huge{s}', os.MFD_HUGETLB | {s.bit_length() - 1} << 26)\n" for s in sizes) + "memory('small')\n" + END
    with process(world, code):
        found = rows(world, "memfd", "-o", "name,hugepagesize,user_count")
        assert {o["name"]: o["hugepagesize"] for o in found} == {**{f"huge{s}": s for s in sizes}, "small": None}


def test_names_are_escaped_for_people(world):
    with process(world, MEMORY):
        for words in (["ls", "memfd"], ["ls", "memfd", "-o", "+name"], ["show", "memfd"], ["who", "memfd"]):
            assert "\x1b" not in world.ipcx(*words).out, words
        assert any("esc\\x1b[31m\\x0aline" in line for line in world.ipcx("ls", "memfd").lines)
        assert len(world.ipcx("ls", "memfd").lines) == 6


def test_only_when_named(world):
    """They are in no list of all objects; their own group, their names and references list them."""
    with process(world, MEMORY + "") as p:
        for words in ([], ["all"], ["sysv", "posix"]):
            assert rows(world, *words) == []
        assert {o["mech"] for o in rows(world, "process")} == set(UNLISTED) == {"memfd", "pipe"}
        assert len(rows(world, "memfd")) == 5 and {o["mech"] for o in rows(world, "all", "memfd")} == {"memfd"}
        dev, ino = p.facts["mapped"]
        assert [o["name"] for o in rows(world, f"memfd:{dev}:{ino}")] == ["mapped"]
        assert [o["name"] for o in rows(world, "memfd", f"{dev}:{ino}")] == ["mapped"]
        assert [o["name"] for o in rows(world, "memfd", "-w", "name =~ 'map' && size == 8K")] == ["mapped"]
        r = world.ipcx("show", f"memfd:{dev}:{ino}", "--json")
        assert r.rc == 0 and r.json["objects"][0]["name"] == "mapped" and r.json["objects"][0]["size"] == 8192
        users = world.ipcx("who", f"memfd:{dev}:{ino}", "--json").json["users"]
        assert [(u["how"], u["mappings"]) for u in users] == [("mapped", 1)]
    r = world.ipcx("show", f"memfd:{dev}:{ino}")
    assert r.rc == 3 and f"memfd:{dev}:{ino}: no such memory file" in r.err
    for wrong in ("memfd:5", "memfd:0:5", "memfd:1:0", "memfd:name", "memfd:1:2:3", "pipe:x", "pipe:0", "memfd:", "pipe:"):
        assert world.ipcx("show", wrong).rc == 2, wrong


@pytest.mark.parametrize("mech", UNLISTED)
def test_cannot_be_made_changed_or_removed(world, mech):
    """One line says so, with the status of a usage error."""
    ref = f"{mech}:1:5"
    for words in (["rm", ref], ["rm", mech, "--all", "--yes"], ["rm", mech, "-w", "size > 0" if mech == "memfd" else "readers == 0", "--yes"], ["rm", ref, "--dry-run"],
                  ["mk", mech], ["mk", ref], ["set", ref, "--mode", "600"], ["set", mech, "-w", "age > 1", "--mode", "600"],
                  ["limits", "--for", f"{mech}:1M"], ["limits", "--for", mech], ["stress", mech]):
        r = world.ipcx(*words)
        lines = [line for line in r.err.splitlines() if "shows its usage" not in line]
        assert r.rc == 2 and not r.out and len(lines) == 1 and lines[0].startswith(f"ipcx: {mech}"), (words, r)
        assert UNLISTED[mech]["lasts"] in lines[0], (words, lines)


def test_of_another_user(world):
    """What a user may not look at is not listed, and that is noted; root's files are not opened for that."""
    with process(world, MEMORY), process(world, MEMORY, uid=4242):
        assert len(rows(world, "memfd")) == 10
        r = world.ipcx("ls", "memfd", "--json", "-o", "owner,name,seals,user_count", uid=4242)
        assert len(r.json["objects"]) == 5
        for o in r.json["objects"]:
            mapped = o["name"] == "mapped"
            assert o["owner"] == (None if mapped else "4242") and o["unknown"] == (["owner", "seals", "user_count"] if mapped else ["user_count"]), o
        assert any("may not be looked at" in e["message"] for e in r.json["errors"])


def test_of_another_namespace(world):
    """From outside, --ns selects the files of the processes in that namespace."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with process(world, MEMORY):
        r = subprocess.run([IPCX, "ls", "memfd", "--ns", str(world.pid), "--json", "-o", "name,ns"],
                           stdout=subprocess.PIPE, check=False)
        found = json.loads(r.stdout)["objects"]
        assert sorted(o["name"] for o in found) == sorted(["plain", "plain", ODD, "", "mapped"])
        assert {o["ns"] for o in found} == {os.stat(f"/proc/{world.pid}/ns/ipc").st_ino}


# ---- pipes

PIPES = BEGIN + """
def pipe(name, close=None):
    ends = os.pipe()
    fact(name, ends[0])
    if close is not None:
        os.close(ends[close])
    return ends
r, w = pipe("both")
os.write(w, b"hello")
fcntl.fcntl(w, 1031, 8192)  # F_SETPIPE_SZ
pipe("nobody reads", 0)
pipe("nobody writes", 1)
"""


def by_inode(found, fact):
    return [o for o in found if o["inode"] == fact[1]][0]


def test_pipes(world):
    with process(world, PIPES + END) as p:
        found = rows(world, "pipe", "-o", "ref,name,inode,device,capacity,buffered")
        both = by_inode(found, p.facts["both"])
        assert both["ref"] == f"pipe:{both['inode']}" and both["device"] == p.facts["both"][0] and both["name"] is None
        assert (both["capacity"], both["buffered"]) == (8192, 5)
        assert by_inode(found, p.facts["nobody reads"])["buffered"] == 0
        assert not {"capacity", "buffered"} & set(rows(world, "pipe")[0]), "only when named"
        assert [o["ref"] for o in rows(world, both["ref"])] == [both["ref"]]
    assert world.ipcx("ls", both["ref"]).rc == 3


def test_counts_are_unknown_if_processes_are_unseen(world):
    """In a PID namespace, a process outside may hold the other end."""
    with process(world, PIPES + END) as p:
        r = world.ipcx("ls", "pipe", "--json")
        o = by_inode(r.json["objects"], p.facts["both"])
        assert o["readers"] is None and o["writers"] is None and {"readers", "writers"} <= set(o["unknown"])
        assert any("cannot be seen" in e["message"] for e in r.json["errors"])
        assert rows(world, "pipe", "-w", "readers == 0") == []


def test_readers_and_writers(whole):
    if whole.ipcx("who", "memfd", "--json").json["unseen"] != {"attaches": 0, "processes": 0, "others": False}:
        pytest.skip("some process may not be looked at")
    ends = """
if os.fork() == 0:
    os.close(r)
    sys.stdin.read()
    os._exit(0)
"""
    with process(whole, PIPES + ends + END) as p:
        refs = {name: f"pipe:{fact[1]}" for name, fact in p.facts.items()}
        found = {o["ref"]: o for o in rows(whole, *refs.values(), "-o", "ref,readers,writers,user_count")}
        assert {n: tuple(found[ref][f] for f in ("readers", "writers", "user_count")) for n, ref in refs.items()} == {
            "both": (1, 2, 2), "nobody reads": (0, 2, 2), "nobody writes": (2, 0, 2)}
        assert [o["ref"] for o in rows(whole, "pipe", "-w", f"readers == 0 && inode >= {p.facts['both'][1]}") if o["ref"] in refs.values()] == [refs["nobody reads"]]
        assert refs["nobody writes"] in [o["ref"] for o in rows(whole, "pipe", "-w", "writers == 0")]


def test_fifos(world):
    path = os.path.join(world.dir, "fi\x1b\nfo")
    os.mkfifo(path)
    code = BEGIN + f"fd = os.open({path!r}, os.O_RDWR)\nfact('fifo', fd)\nos.write(fd, b'abc')\n"
    with process(world, code + END) as p:
        dev, ino = p.facts["fifo"]
        [o] = rows(world, f"pipe:{dev}:{ino}", "-o", "ref,name,buffered")
        assert o == {"ref": f"pipe:{dev}:{ino}", "name": path, "buffered": 3}
        assert world.ipcx("show", f"pipe:{ino}").rc == 3, "without a device, it is a pipe"
        assert "\x1b" not in world.ipcx("ls", "pipe").out
        os.unlink(path)
        assert rows(world, f"pipe:{dev}:{ino}")[0]["name"] == path
    assert world.ipcx("ls", f"pipe:{dev}:{ino}").rc == 3


def blocked_in_open(pid):
    """Wait until the process sleeps in openat(2) (257)."""
    for _ in range(1000):
        with open(f"/proc/{pid}/syscall", encoding="ascii") as f:
            if f.read().split()[0] == "257":
                return
        time.sleep(0.01)
    raise AssertionError("it does not block")


LOOKS = ["$IPCX ls process -o +seals,buffered,capacity,user_count", "$IPCX who process", "$IPCX ls pipe -w 'buffered > 0 || readers == 0'"]


def looking(world, times):
    r = world.sh(f"for i in $(seq {times}); do {'; '.join(f'{look} >/dev/null 2>&1 || exit' for look in LOOKS)}; done; echo done")
    assert r.out == "done\n", r


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the number of a system call")
def test_who_waits_for_the_other_end_sleeps_on(world):
    for path, how in ((f"{world.dir}/r", "<"), (f"{world.dir}/w", ">")):
        os.mkfifo(path)
        p = subprocess.Popen(world.argv("sh", "-c", f"exec 3{how} {path}"))
        try:
            children = f"/proc/{p.pid}/task/{p.pid}/children"
            for _ in range(1000):
                with open(children, encoding="ascii") as f:
                    pids = f.read().split()
                if pids:
                    break
                time.sleep(0.01)
            blocked_in_open(pids[0])
            looking(world, 20)
            blocked_in_open(pids[0])
            assert p.poll() is None
        finally:
            p.kill()
            p.wait()
            subprocess.run(["kill", *pids], check=False)


def test_a_writer_still_gets_sigpipe(world):
    """While ipcx looks again and again, a pipe without a reader stays broken for its writer."""
    stop = os.path.join(world.dir, "stop")
    code = BEGIN + f"""
import signal
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
r, w = os.pipe()
os.close(r)
facts["broken"] = facts["written"] = 0
print("ready", flush=True)
while not os.path.exists({stop!r}):
    try:
        facts["written"] += os.write(w, b"x")
    except BrokenPipeError:
        facts["broken"] += 1
"""
    p = subprocess.Popen(world.argv(PYTHON, "-c", code + END), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"ready\n"
    looking(world, 10)
    with open(stop, "w", encoding="ascii"):
        facts = json.loads(p.stdout.readline())
    p.communicate()
    assert facts["written"] == 0 and facts["broken"] > 100


def test_no_time_moves(world):
    path = os.path.join(world.dir, "fifo")
    os.mkfifo(path)
    code = MEMORY.replace(END, f"""
kept.append(os.open({path!r}, os.O_RDWR))
print(json.dumps(facts), flush=True)
def times():
    return [[st.st_atime_ns, st.st_mtime_ns, st.st_ctime_ns] for st in [os.fstat(fd) for fd in range(3, 8)]]
before = times()
sys.stdin.read(1)
print(json.dumps(before == times()), flush=True)
sys.stdin.read()
""")
    with process(world, code) as p:
        looking(world, 10)
        p.p.stdin.write(b"x")
        p.p.stdin.flush()
        assert json.loads(p.p.stdout.readline()) is True


# ---- files without a name

GONE = BEGIN + """
shm("keep", b"")
shm("gone", b"x" * 300000)
os.unlink("/dev/shm/gone")
fd = shm("mapped\\x1b\\n", b"x" * 8192)
mapped_only(fd, 8192)
os.unlink("/dev/shm/mapped\\x1b\\n")
mapped_only(shm("odd (deleted)", b"x" * 4096), 4096)
shm("sem.gone", b"x" * 32)
os.unlink("/dev/shm/sem.gone")
"""


def test_deleted(world):
    with process(world, GONE + END) as p:
        plain = rows(world, "pshm")
        assert sorted(o["name"] for o in plain) == ["/keep", "/odd (deleted)"] and not any("kept_by" in o for o in plain)
        found = {o["name"]: o for o in rows(world, "pshm", "--deleted")}
        assert set(found) == {"/keep", "/odd (deleted)", "/gone", "/mapped\x1b\n"}
        for name in ("gone", "mapped\x1b\n"):
            o = found["/" + name]
            dev, ino = p.facts[name]
            assert o["ref"] == f"pshm:inode={dev}:{ino}" and o["links"] == 0
            assert o["kept_by"].endswith(" (python3)") or "python" in o["kept_by"], o
            r = world.ipcx("show", o["ref"], "--json", "-o", "ref,name,size")
            assert r.rc == 0 and (r.json["objects"][0]["ref"], r.json["objects"][0]["name"]) == (o["ref"], "/" + name)
        assert (found["/gone"]["size"], found["/gone"]["allocated"]) == (300000, 303104)
        assert found["/keep"]["kept_by"] is None and found["/keep"]["links"] == 1
        assert [o["name"] for o in rows(world, "pshm", "--deleted", "-w", "links == 0 && size > 10K")] == ["/gone"]
        assert "\x1b" not in world.ipcx("ls", "pshm", "--deleted").out
        # the space is accounted for
        assert "more is in use" in world.ipcx("ls", "pshm").err and "more is in use" not in world.ipcx("ls", "pshm", "--deleted").err
        assert [u["ref"] for u in world.ipcx("who", found["/gone"]["ref"], "--json").json["users"]] == [found["/gone"]["ref"]]
    assert {o["name"] for o in rows(world, "pshm", "--deleted")} == {"/keep", "/odd (deleted)"}
    r = world.ipcx("rm", found["/gone"]["ref"])
    assert r.rc == 3 and "no such shared memory object" in r.err


def test_deleted_is_refused_with_its_keepers(world):
    with process(world, GONE + END), process(world, BEGIN + "shm('gone', b'a new one')\n" + END):
        [gone] = [o for o in rows(world, "pshm", "--deleted") if o["links"] == 0 and o["name"] == "/gone"]
        for words in (["rm", gone["ref"]], ["rm", "--dry-run", gone["ref"]], ["set", gone["ref"], "--mode", "666"]):
            r = world.ipcx(*words)
            assert r.rc == 1 and gone["kept_by"] in r.err and f"ipcx: {gone['ref']}: cannot" in r.err, (words, r)
        assert world.ipcx("pshm", "read", gone["ref"]).rc == 2
        assert [o["mode"] for o in rows(world, "pshm:/gone")] == ["0600"], "the file that has the name by now is left alone"


def test_deleted_names_the_first_of_many(world):
    with process(world, GONE + "for i in range(5):\n    if os.fork() == 0:\n        sys.stdin.read()\n        os._exit(0)\n" + END):
        [gone] = [o for o in rows(world, "pshm", "--deleted") if o["name"] == "/gone"]
        assert gone["kept_by"].count("(") == 3 and gone["kept_by"].endswith(" and 3 more")


def test_deleted_needs_a_mechanism_that_can(world):
    r = world.ipcx("ls", "shm", "--deleted")
    assert r.rc == 2 and r.err.startswith("ipcx: --deleted: ")
    assert world.ipcx("ls", "--deleted", "--json").json["objects"] == []


def test_deleted_by_an_ordinary_user(world):
    """A mapping of one's own needs no right to follow it: ipcx says what is unknown."""
    with process(world, GONE + END, uid=4242):
        found = {o["name"]: o for o in world.ipcx("ls", "pshm", "--deleted", "--json", uid=4242).json["objects"]}
        assert set(found) == {"/keep", "/odd (deleted)", "/gone", "/mapped\x1b\n"}
        assert found["/gone"]["size"] == 300000 and found["/mapped\x1b\n"]["links"] == 0
