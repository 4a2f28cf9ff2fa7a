# SPDX-License-Identifier: GPL-2.0-or-later
"""Failures of shm and pshm read, write, fill, copy: memory that is truncated, removed, forbidden, full or unavailable."""

import re
import os
import signal
import subprocess
import time

import pytest

from conftest import IPCX
from helpers.real import NAMES, PYTHON, SYSV_CALLS, kernel, meanwhile
from helpers.tools import child, helper, need, preload, release, trace, until
from helpers.wide import NARROW, need_wide

BOTH = ("shm", "pshm")
PIECE = 1 << 18
VERBS = {"read": lambda ref: ["read", ref], "fill": lambda ref: ["fill", ref],
         "write": lambda ref: ["write", ref, "/etc/passwd"], "copy": lambda ref: ["copy", ref, ref]}


def make(world, mech, size, *more, **run):
    return f"{mech}:" + world.ok("mk", mech, *(["/m"] if mech == "pshm" else []), "--size", size, *more, **run)


def refused(world, *words, rc=1, says="", **more):
    r = world.ipcx(*words, **more)
    assert (r.rc, r.out) == (rc, "") and r.err.count("\n") == (2 if rc == 2 else 1), (words, r.rc, r.out, r.err)
    assert says in r.err, r.err
    return r.err


def start(world, *words, caps=None, **more):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
    return subprocess.Popen(world.argv(IPCX, *words, caps=caps), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, **more)


# ---- missing, forbidden, wrong


@pytest.mark.parametrize("mech", BOTH)
@pytest.mark.parametrize("verb", VERBS)
def test_missing_objects(world, mech, verb):
    make(world, mech, 4096)
    for ref in ["pshm:/absent", "pshm:/" + "x" * 255] if mech == "pshm" else ["shm:77777", "shm:0x77777", "shm:2147483647"]:
        refused(world, mech, *VERBS[verb](ref), rc=3, says=": no such shared memory ")
    ref = f"{mech}:" + world.ok("mk", mech, *(["/gone"] if mech == "pshm" else []), "--size", 1)
    world.ok("rm", ref)
    refused(world, mech, *VERBS[verb](ref), rc=3, says=f"{ref}: no such shared memory ")


@pytest.mark.parametrize("mech", BOTH)
@pytest.mark.parametrize("verb", VERBS)
def test_permission_errors(world, mech, verb):
    ref = make(world, mech, 4096)
    says = refused(world, mech, *VERBS[verb](ref), uid=1000, says=f"{ref}: cannot ")
    assert "not permitted" in says and "needs CAP_" in says
    world.ok("set", ref, "--mode", "0644")
    if verb == "read":
        assert world.ipcx(mech, verb, ref, uid=1000).rc == 0
    else:
        refused(world, mech, *VERBS[verb](ref), uid=1000, says="not permitted")
    assert world.ipcx(mech, "read", ref).stdout == bytes(4096)


@pytest.mark.parametrize("mech", BOTH)
@pytest.mark.parametrize("verb", VERBS)
def test_wrong_usage_does_nothing(world, mech, verb):
    ref = make(world, mech, 8)
    world.ok(mech, "write", ref, input=b"original")
    good = VERBS[verb](ref)
    other = {"shm": "pshm:/m", "pshm": "shm:0"}[mech]
    r = world.ipcx(mech, *[w.replace(ref, "msg:0") for w in good])
    assert (r.rc, r.out) == (2, "") and "msg:0" in r.err
    for words in ([verb], [verb, ref, ref, ref], *([verb, w, *good[2:]] for w in ("", "a/b/c", *([] if verb == "copy" else [other]))),
                  [*good, "--ns", "all"]):
        refused(world, mech, *words, rc=2)
    assert world.ipcx(mech, "read", ref).stdout == b"original"


@pytest.mark.parametrize("words", [["--hex", "--strings"], ["--hex", "-O", "x"], ["-s", "-O", "-"], ["--min", "5"], ["--force"], ["-s", "--min", "0"],
                                   ["-s", "--min", "4097"], ["--offset", "x"], ["--length", "-1"], ["--offset", "16E"]], ids=" ".join)
def test_conflicting_options_of_read(world, words):
    refused(world, "shm", "read", make(world, "shm", 8), *words, rc=2)


def test_other_files_are_not_shared_memory(world):
    """A semaphore, a directory, a link or a FIFO in /dev/shm: ipcx opens none of them, and nothing blocks."""
    world.ok("mk", "psem", "/s", "--init", "3")
    assert world.sh("cd /dev/shm && mkdir d && ln -s /etc/passwd l && mkfifo f").rc == 0
    for name, says in (("sem.s", "is a POSIX semaphore"), ("d", "is a directory"), ("l", "is a symbolic link"), ("f", "is a FIFO")):
        for verb in VERBS:
            refused(world, "pshm", *VERBS[verb]("pshm:/" + name), rc=3, says=says, timeout=20)
    assert world.objects("psem")[0]["value"] == 3


def test_hostile_names(world):
    for name in NAMES:
        kernel(world, 'open(b"/dev/shm/" + bytes.fromhex(sys.argv[1]), "wb").write(b"12345")', name.hex())
    refs = [o["ref"] for o in world.objects("pshm")]
    assert len(refs) == len(NAMES)
    for ref in refs:
        assert world.ipcx("pshm", "read", ref).out == "12345"
        assert ref in refused(world, "pshm", "read", ref, "--offset", 6)


# ---- side effects of reading


def test_reading_attaches_read_only(world):
    ref = make(world, "shm", 4096)
    for verb, flags in (("read", "SHM_RDONLY"), ("fill", "0")):
        _, calls = trace(world, "shm", *VERBS[verb](ref))
        assert [c.args.split(", ")[-1] for c in calls if c.name == "shmat"] == [flags], verb
        assert len([c for c in calls if c.name == "shmdt"]) == 1
    world.ok("set", ref, "--mode", "0400")
    assert world.ipcx("shm", "read", ref, caps="-all").rc == 0


def test_reading_changes_only_what_attaching_changes(world):
    ref = make(world, "shm", "1M")
    before = world.ipcx("show", ref, "--json", "-o", "all").json["objects"][0]
    for words in (["read", ref], ["read", ref, "--strings"], ["read", ref, "-x"]):
        assert world.ipcx("shm", *words).rc == 0
    after = world.ipcx("show", ref, "--json", "-o", "all").json["objects"][0]
    assert {k for k in before if before[k] != after[k]} <= {"atime", "dtime", "lpid", "age", "idle", "rss", "lpid_alive"}
    if os.geteuid() == 0:  # through the segment's file: no page was allocated
        assert after["rss"] == before["rss"] == 0


def test_reading_leaves_times_unchanged(world):
    ref = make(world, "pshm", 4096)
    stat = ["stat", "-c", "%X %Y %Z %b", "/dev/shm/m"]
    world.run("touch", "-a", "-d", "2001-01-01", "/dev/shm/m")
    before = world.run(*stat).out
    world.ok("pshm", "read", ref, "-x")
    assert world.run(*stat).out == before


def test_a_segment_that_a_detach_would_destroy_is_not_attached(world):
    """With shm_rmid_forced the last detach destroys a segment, and reading must not cause that."""
    ref = make(world, "shm", 4096)
    with meanwhile(world, "id = check(libc.shmget(0x77, 4096, 0o1600))\nhold()"):
        ref = "shm:0x77"
        world.sysctl("kernel.shm_rmid_forced", 1)
        assert [o["key"] for o in world.objects("shm")] == ["0x00000077"]
        for verb in VERBS:
            refused(world, "shm", *VERBS[verb](ref), says="shm_rmid_forced")
        assert len(world.objects("shm")) == 1
        shmid = world.objects("shm")[0]["id"]
        with meanwhile(world, "libc.shmat(args[0], None, 0)\nhold()", shmid):
            assert world.ipcx("shm", "read", ref).stdout == bytes(4096)
            assert len(world.objects("shm")) == 1


# ---- removed, truncated


@pytest.mark.parametrize("verb", VERBS)
def test_a_segment_marked_for_destruction(world, verb):
    ref = make(world, "shm", 4096, "--key", "0x4d2")
    world.ok("shm", "write", ref, input=b"still here")
    p = subprocess.Popen(world.argv(helper("objects"), "dest", ref[4:]), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"ready\n"
    assert world.ipcx("shm", "read", ref).stdout.startswith(b"still here")
    assert world.ipcx("shm", *VERBS[verb](ref)).rc == 0
    refused(world, "shm", *VERBS[verb]("shm:0x4d2"), rc=3)
    p.communicate()
    refused(world, "shm", *VERBS[verb](ref), rc=3)


@pytest.mark.parametrize("mech", BOTH)
def test_an_object_removed_while_it_is_read(world, mech):
    """An object that is removed while it is open stays readable: every byte is read."""
    size = 8 * PIECE
    ref = make(world, mech, size)
    world.ok(mech, "fill", ref, "--byte", 66)
    p = start(world, mech, "read", ref)
    first = p.stdout.read(1)
    r = world.ipcx("rm", ref)
    note = f"ipcx: note: {ref}: attached 1 time: is destroyed at the last detach\n" if mech == "shm" else ""
    assert (r.rc, r.out, r.err) == (0, "", note)
    out, err = p.communicate(timeout=60)
    assert (p.returncode, err) == (0, b"") and first + out == b"B" * size


@pytest.mark.parametrize("how", [[], ["--hex"], ["--strings", "--min", "1"]], ids=str)
def test_an_object_truncated_while_it_is_read(world, how):
    """The pipe is full after the first piece; then the object is truncated to less than that piece."""
    ref = make(world, "pshm", 16 * PIECE)
    world.ok("pshm", "write", ref, input=os.urandom(16 * PIECE))
    p = start(world, "pshm", "read", ref, *how)
    p.stdout.read(1)
    time.sleep(0.2)
    world.ok("set", ref, "--size", 4321)
    _, err = p.communicate(timeout=60)
    assert p.returncode == 1
    assert err.decode() == f"ipcx: {ref}: became shorter while it was read: it had {16 * PIECE} bytes and ends at 4321\n"


@pytest.mark.parametrize("verb", ["read", "fill", "write", "copy"])
def test_an_object_truncated_and_extended_repeatedly(world, verb):
    """ipcx succeeds or reports an error; no signal kills it, and it extends no object."""
    size, path = 4 * PIECE, os.path.join(world.dir, "in")
    with open(path, "wb") as f:
        f.write(b"x" * size)
    world.ok("mk", "pshm", "/other", "--size", size)
    ref = make(world, "pshm", size)
    words = {**VERBS, "write": lambda r: ["write", r, path], "copy": lambda r: ["copy", r, "/other"]}[verb](ref)
    code = """
import threading
fd, end = os.open("/dev/shm/m", os.O_RDWR), []
threading.Thread(target=lambda: end.append(sys.stdin.read())).start()
print("ready", flush=True)
while not end:
    os.ftruncate(fd, 5000)
    os.ftruncate(fd, args[0])
"""
    seen = set()
    p = subprocess.Popen(world.argv(PYTHON, "-c", SYSV_CALLS + code, str(size)), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"ready\n"
    for _ in range(60):
        r = world.ipcx("pshm", *words)
        seen.add(r.rc)
        assert r.rc in (0, 1) and (r.rc == 0 or any(t in r.err for t in ("became shorter", "does not fit"))), (r.rc, r.err)
    p.communicate()
    assert 1 in seen
    assert world.objects("pshm", "--where", "name == /m")[0]["size"] == size


@pytest.mark.parametrize("verb", ["fill", "write"])
def test_a_truncated_object_is_not_extended(world, verb):
    """ipcx is stopped after its first write, and the object is truncated below the start of its second write."""
    need("strace")
    size, path = 24 * PIECE, os.path.join(world.dir, "in")  # more than is read before anything is written
    with open(path, "wb") as f:
        f.write(bytes(size))
    ref = make(world, "pshm", size)
    words = [verb, ref, *([path] if verb == "write" else [])]
    p = subprocess.Popen(world.argv("strace", "-qq", "-o", "/dev/null", "-e", "inject=pwrite64:signal=STOP:when=1", release(), "pshm", *words),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until(lambda: world.objects("pshm", "-o", "allocated")[0]["allocated"] > 0)
    world.ok("set", ref, "--size", 5000)
    assert world.run("pkill", "-CONT", "-x", "ipcx").rc == 0
    _, err = p.communicate(timeout=60)
    assert p.returncode == 1 and b"became shorter while it was written to" in err and b"ends at 5000" in err, err
    assert world.objects("pshm")[0]["size"] == 5000


def test_no_address_space_to_attach(world):
    ref = make(world, "shm", "2G", "--noreserve")
    r = world.run("sh", "-c", f"ulimit -v 1000000; exec {release()} shm read {ref}")
    assert (r.rc, r.out) == (1, "") and "ulimit -v" in r.err


CUT = """
at = libc.shmat(args[0], None, 0)
for name in os.listdir("/proc/self/map_files"):
    if int(name.split("-")[0], 16) == at:
        os.truncate("/proc/self/map_files/" + name, args[1])
"""


@pytest.mark.parametrize("caps,says", [(None, "became shorter while it was read: it had 4194304 bytes and ends at 5000"),
                                       ("-all", "has no memory for some of its pages")])
def test_a_segment_truncated_behind_its_id(world, caps, says):
    """Root can truncate a segment through /proc/PID/map_files: ipcx reports an error and gets no SIGBUS, whether it reads the file or the mapping."""
    if os.geteuid() != 0:
        pytest.skip("needs CAP_SYS_ADMIN outside of any user namespace")
    ref = make(world, "shm", "4M")
    p = start(world, "shm", "read", ref, caps=caps)
    p.stdout.read(1)
    time.sleep(0.2)
    kernel(world, CUT, ref[4:], 5000)
    _, err = p.communicate(timeout=60)
    assert p.returncode == 1 and says in err.decode() and b"Sanitizer" not in err


@pytest.mark.parametrize("caps", [None, "-all"])
@pytest.mark.parametrize("size", [1, 5000, (4 << 20) - 4096])
def test_a_segment_truncated_before(world, caps, size):
    """The kernel attaches what is left of the segment but reports the old size: beyond what is left is other memory of ipcx, which is neither printed nor
    written."""
    if os.geteuid() != 0:
        pytest.skip("needs CAP_SYS_ADMIN outside of any user namespace")
    ref = make(world, "shm", "4M")
    kernel(world, CUT, ref[4:], size)
    for verb in VERBS:
        refused(world, "shm", *VERBS[verb](ref), says="cannot attach", caps=caps)


def test_unavailable_huge_pages(world):
    """The huge pages of this object are not reserved, and none is free: a program that touches them gets SIGBUS."""
    r = world.ipcx("mk", "shm", "--size", "4M", "--huge=2M", "--noreserve")
    if r.rc:
        pytest.skip(r.err)
    if int(open("/proc/sys/vm/nr_hugepages", encoding="ascii").read()) > 0:
        pytest.skip("there are huge pages, which others may want")
    ref = "shm:" + r.out.strip()
    if os.geteuid() == 0:
        assert world.ipcx("shm", "read", ref).stdout == bytes(4 << 20), "pages that nobody has touched are zero"
    refused(world, "shm", "read", ref, caps="-all", says="huge pages")
    refused(world, "shm", "fill", ref, says="huge pages")


# ---- full, limited, interrupted


def test_a_full_dev_shm(world):
    assert world.sh("mount -t tmpfs -o mode=1777,size=1M none /dev/shm").rc == 0
    ref = "pshm:" + world.ipcx("mk", "pshm", "/m", "--size", "8M").out.strip()
    for words in (["fill", ref], ["write", ref, "--offset", "4M"]):
        r = world.ipcx("pshm", *words, input=b"x" * (3 << 20))
        assert r.rc == 1 and "/dev/shm is full" in r.err and r.err.count("\n") == 1
    assert world.objects("pshm")[0]["size"] == 8 << 20


def test_file_size_limits(world):
    """Exceeding RLIMIT_FSIZE would raise a signal."""
    pshm, shm = make(world, "pshm", "1M"), make(world, "shm", "1M")
    r = world.sh(f'ulimit -f 8; "$IPCX" pshm fill {pshm}')
    assert r.rc == 1 and "ulimit -f" in r.err
    assert world.sh(f'ulimit -f 0; "$IPCX" shm fill {shm}').rc == 0


@pytest.mark.parametrize("verb", VERBS)
def test_closed_standard_streams(world, verb):
    ref = make(world, "shm", 4096)
    world.ok("shm", "write", ref, input=b"content")
    r = world.sh(f'"$IPCX" shm {verb} {ref} {ref if verb == "copy" else ""} <&- >&-')
    assert r.rc == (0 if verb in ("fill", "copy") else 1), r.err
    assert verb == "fill" or world.ipcx("shm", "read", ref).stdout.startswith(b"content\0")
    for how in ("", "--hex", "--strings"):
        r = world.sh(f'"$IPCX" shm read {ref} {how} >/dev/full')
        assert (verb, how) == ("fill", "--strings") or (r.rc == 1 and r.err.startswith("ipcx: write error"))


@pytest.mark.parametrize("mech", BOTH)
def test_a_reader_that_exits(world, mech):
    ref = make(world, mech, "64M")
    for how in ("", "--hex"):
        r = world.sh(f'"$IPCX" {mech} read {ref} {how} | head -c 10 >/dev/null')
        assert r.rc == 0 and r.err == ""
    r = world.sh(f'(trap "" PIPE; "$IPCX" {mech} read {ref}; echo $? >&2) | head -c 10 >/dev/null')
    assert r.err == "0\n"


@pytest.mark.parametrize("mech", BOTH)
def test_a_storm_of_signals(world, mech):
    size = 20 * PIECE
    ref, path = make(world, mech, size), os.path.join(world.dir, "in")
    data = os.urandom(size)
    with open(path, "wb") as f:
        f.write(data)
    env = {"LD_PRELOAD": preload("alarm")}
    for words in (["write", ref, path], ["read", ref]):
        r = world.run(release(), mech, *words, env=env)
        assert (r.rc, r.err) == (0, "")
        assert words[0] != "read" or r.stdout == data


def test_an_interrupted_read_leaves_no_file(world):
    """SIGINT during a read leaves no file, not even a partial one."""
    ref = make(world, "shm", "2G" if NARROW else "100G", "--noreserve")
    for _ in range(5):
        p = start(world, "shm", "read", ref, "-O", os.path.join(world.dir, "out"))
        running = child(p.pid)
        time.sleep(0.15)
        os.kill(running, signal.SIGINT)
        p.communicate(timeout=60)
        assert p.returncode != 0 and os.listdir(world.dir) == []


# ---- other namespaces, and large amounts


@pytest.mark.parametrize("mech", BOTH)
def test_in_another_namespace(world, mech):
    """Files are in our namespace, the memory is in the other namespace."""
    ref, path = make(world, mech, 4096), os.path.join(world.dir, "in")
    with open(path, "wb") as f:
        f.write(b"from outside")

    def here(*words, **more):
        return subprocess.run([IPCX, *words, "--ns", str(world.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **more)

    if os.geteuid() != 0:
        pytest.skip("needs the rights to enter")
    assert here(mech, "write", ref, path).returncode == 0
    assert world.ipcx(mech, "read", ref).stdout.startswith(b"from outside\0")
    assert here(mech, "write", ref, "--offset", "100", input=b"piped").returncode == 0
    r = here(mech, "read", ref, "--length", "200")
    assert (r.returncode, r.stderr) == (0, b"") and r.stdout[:12] == b"from outside" and r.stdout[100:105] == b"piped"
    assert here(mech, "read", ref, "-O", path + ".out").returncode == 0
    assert os.path.getsize(path + ".out") == 4096
    assert here(mech, "copy", ref, ref).returncode == 0
    assert here(mech, "read", f"{mech}:/none" if mech == "pshm" else "shm:999").returncode == 3


@pytest.mark.parametrize("mech", BOTH)
def test_ten_gigabytes_need_no_memory(world, mech):
    if mech == "shm":
        need_wide("attach a segment of 10 GiB")
    assert world.sh("mount -t tmpfs -o mode=1777,size=16G none /dev/shm").rc == 0
    ref = make(world, mech, "10G", *(["--noreserve"] if mech == "shm" else []))
    far = 9 << 30
    world.ok(mech, "write", ref, "--offset", far, input=b"far away")
    root = os.geteuid() == 0 or mech == "pshm"  # otherwise reading allocates pages
    for words, n in ((["read", ref, "--offset", far, "--length", 8], 8), (["read", ref, *([] if root else ["--length", "100M"])], None)):
        r = world.run(helper("peak"), release(), mech, *words, **({} if n else {"stdout": subprocess.DEVNULL}))
        status, peak = map(int, r.err.split())
        assert status == 0 and peak < 20000, (status, peak)
        assert n is None or r.out == "far away"
    allocated = world.ipcx("show", ref, "--json", "-o", "rss" if mech == "shm" else "allocated").json["objects"][0]
    assert not root or allocated["rss" if mech == "shm" else "allocated"] <= 65536


def test_unprivileged_reading_keeps_no_pages(world):
    """ipcx reads through the mapping, and drops pages that it has read."""
    ref = make(world, "shm", "200M")
    world.ok("shm", "fill", ref, "--byte", 7)
    r = world.run(helper("peak"), release(), "shm", "read", ref, caps="-all", stdout=subprocess.DEVNULL)
    status, peak = map(int, r.err.split())
    assert status == 0 and peak < 30000, (status, peak)


# ---- any call may fail


CALLS = {"shm": "shmat,shmctl,shmget,pipe2,read,write,pread64,openat,madvise", "pshm": "openat,openat2,newfstatat,fstat,pread64,pwrite64,read,write"}


@pytest.mark.parametrize("mech", BOTH)
@pytest.mark.parametrize("verb", ["read", "write", "fill"])
def test_a_failed_call_is_reported(world, mech, verb):
    """Either the result is right, or there are a message and a status: never silently different bytes."""
    need("strace")
    ref, path = make(world, mech, 300), os.path.join(world.dir, "in")
    data = bytes(range(1, 151)) * 2
    with open(path, "wb") as f:
        f.write(data)
    words = {"write": ["write", ref, path], "fill": ["fill", ref, "--byte", "9"]}.get(verb, [verb, ref])
    wanted = data if verb == "read" else b""
    r, calls = trace(world, mech, *words)
    begin = next(i for i, c in enumerate(calls) if c.path.endswith("libc.so.6") or c.name in CALLS[mech].split(","))
    failed = 0
    for name in CALLS[mech].split(","):
        mine = [i for i, c in enumerate(calls) if c.name == name]
        loader = len([i for i in mine if any(s in calls[i].args for s in (".so", "ELF"))])
        for nth in range(max(loader, 0) + 1, len(mine) + 1):
            for error in ("EIO", "EPERM", "ENOMEM"):
                world.ok(mech, "write", ref, path)
                r = world.run("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={name}:error={error}:when={nth}", release(), mech, *words)
                after = world.ipcx(mech, "read", ref).stdout
                if r.rc == 0:
                    assert r.stdout == wanted and after == (b"\t" * 300 if verb == "fill" else data), (name, nth, error)
                elif r.rc != 127:
                    failed += 1
                    assert r.err.startswith("ipcx: ") and wanted.startswith(r.stdout), (name, nth, error, r.err)
    assert failed > 3 and begin >= 0


@pytest.mark.parametrize("verb", VERBS)
def test_no_memory_left(world, verb):
    ref = make(world, "shm", 4096)
    for n in range(1, 60):
        r = world.run(release(), "shm", *VERBS[verb](ref), env={"LD_PRELOAD": preload("nomem"), "NOMEM_AT": str(n)}, stdin=subprocess.DEVNULL)
        if r.rc == 90:
            break
        assert r.rc == 0 or (r.rc == 1 and "memory" in r.err.lower()), (n, r.rc, r.err)
    assert r.rc == 90


@pytest.mark.parametrize("words", [["fill", "0", "--byte", "65"], ["copy", "0", "1"]])
def test_an_interrupt_reports_how_much_was_changed(world, words):
    """An interrupted command always reports its progress."""
    for _ in range(2):
        world.ok("mk", "shm", "--size", "192M")
    for delay in (0.15, 0.12, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03):  # it may be fast here
        r = world.sh(f"""timeout -s TERM {delay} "$IPCX" shm {" ".join(words)}""", timeout=60)
        told = re.search(r"interrupted: (\d+) bytes from 0 on are written", r.err)
        if told:
            break
    assert told and 0 <= int(told[1]) < 192 << 20, r.err
