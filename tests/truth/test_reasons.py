# SPDX-License-Identifier: GPL-2.0-or-later
"""The reason of an unknown value is reported once; and a size too large for a call is never shown wrongly."""

import os
import shutil
import subprocess

import pytest

from conftest import IPCX
from helpers.tools import do, helper, need

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}


def one_reason(r, *, of):
    """Check that stderr and JSON have the same single message, of the kind that makes the result incomplete."""
    assert [e["kind"] for e in r.json["errors"]] == ["incomplete"], r.json["errors"]
    assert of in r.json["errors"][0]["message"] and r.err.count("\n") == 1 and of in r.err


@pytest.mark.parametrize("command, field", [("GETPID", "sempid"), ("GETNCNT", "semncnt"), ("GETZCNT", "semzcnt")])
def test_one_value_of_a_semaphore(world, command, field):
    number = {"GETPID": 11, "GETNCNT": 14, "GETZCNT": 15}[command]
    world.ok("mk", "sem", "--nsems", "3")
    r = world.run(helper("seccomp"), 1, f"semctl@2={number}", "--", IPCX, "show", "sem:0", "--json")
    assert r.rc == 0, r.err
    rows = next(o for o in r.json["objects"])["semaphores"]
    assert len(rows) == 3 and all(row[field] is None for row in rows)
    assert len(r.json["errors"]) >= 1 and r.err.count("semaphores") == 1


@pytest.mark.parametrize("mech, calls, field", [
    ("mq", "mq_getsetattr", "maxmsg"), ("mq", "pread64", "qsize"), ("psem", "pread64", "value")])
def test_values_missing_in_a_file(world, mech, calls, field):
    need("strace")
    world.ok("mk", mech, "/a", *(["--maxmsg", "2"] if mech == "mq" else []))
    path = [] if calls == "mq_getsetattr" else ["-P", {"mq": "/dev/mqueue/a", "psem": "/dev/shm/sem.a"}[mech]]
    r = world.run("strace", "-qq", "-o", "/dev/null", *path, "-e", f"inject={calls}:error=EIO", IPCX, "ls", mech, "--json", "-o",
                  f"ref,{field}", env=QUIET)
    assert r.json["objects"][0][field] is None and r.json["errors"] and r.err.count("\n") == 1, r.err


def test_unreadable_objects_of_other_users(world):
    """Unreadable objects are counted in one message; a removal whose condition depends on an unknown value is incomplete."""
    for name in "ab":
        world.ok("mk", "mq", f"/{name}", "--mode", "0600")
        world.ok("mk", "psem", f"/{name}", "--mode", "0600")
    world.ok("mk", "mq", "/mine", "--mode", "0644")
    r = world.ipcx("ls", "mq", "--json", uid=1000)
    one_reason(r, of="counters of 2 queues unknown")
    r = world.ipcx("ls", "psem", "--json", uid=1000)
    one_reason(r, of="2 of the values unknown")


def test_impossible_values_of_a_semaphore(world):
    do(world, "python3 -c 'import sys; sys.stdout.buffer.write(b\"\\xff\" * 32)' > /dev/shm/sem.bad")
    one_reason(world.ipcx("ls", "psem", "--json"), of="does not contain a valid semaphore value")


def test_rss_without_the_text(world):
    world.ok("mk", "shm", "--size", "4K")
    do(world, "mount --bind /dev/null /proc/sysvipc/shm")
    r = world.ipcx("ls", "shm", "--json", "-o", "ref,rss")
    assert r.json["objects"][0]["rss"] is None
    one_reason(r, of="what only this file shows is unknown")


# ---- 32 bits


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """The program compiled for 32 bits, if the compiler supports this; packaging/ports.sh may have done it."""
    ported = os.path.join(ROOT, "build/ports/i386")
    if os.path.exists(f"{ported}/build.ninja"):
        subprocess.run(["ninja", "-C", ported, "cmd/ipcx"], stdout=subprocess.DEVNULL, check=True)
        return f"{ported}/cmd/ipcx"
    if subprocess.run("echo 'int main(void) { return 0; }' | gcc -m32 -x c -o /dev/null -", shell=True, check=False,
                      stderr=subprocess.DEVNULL).returncode != 0 or not shutil.which("meson"):
        pytest.skip("no gcc -m32 (gcc-multilib)")
    build = tmp_path_factory.mktemp("m32")
    os.chmod(build, 0o755)
    # The kernel's headers are the same; only gcc-multilib, which excludes the cross compilers, has a link to them.
    cc = "gcc -m32 -idirafter /usr/include/x86_64-linux-gnu"
    for words in ["meson", "setup", build, ROOT, "-Dtests=disabled"], ["ninja", "-C", build, "cmd/ipcx"]:
        r = subprocess.run(words, env={**os.environ, "CC": cc}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert r.returncode == 0, r.stdout.decode()[-2000:]
    return f"{build}/cmd/ipcx"


def test_sizes_in_32_bits(world, narrow):
    """Sizes above 4 GiB are refused on creation and shown correctly; if only the 32-bit call could return such a size, it is unknown."""
    r = world.run(narrow, "mk", "shm", "--size", "5G", "--noreserve")
    assert r.rc == 1 and "32-bit" in r.err and world.objects("shm") == []
    world.ok("mk", "shm", "--size", "5G", "--noreserve")
    world.ok("mk", "shm", "--size", "4K")
    r = world.run(narrow, "ls", "shm", "--json")
    assert (r.rc, r.err, [o["size"] for o in r.json["objects"]]) == (0, "", [5 << 30, 4096])
    r = world.run(narrow, "show", "shm:0", "--json")
    assert r.json["objects"][0]["size"] == 5 << 30
    r = world.run(narrow, "rm", "shm", "--where", "size < 2G", "--dry-run", "--json", "-o", "id")
    assert "0" not in r.out.split('"id":')[1:2] and world.run(narrow, "rm", "shm", "--where", "size < 2G", "--yes").rc == 0
    assert [o["id"] for o in world.objects("shm")] == [0]
    do(world, "mount --bind /dev/null /proc/sysvipc/shm")
    r = world.run(narrow, "ls", "shm", "--json")
    assert r.json["objects"][0]["size"] is None
    one_reason(r, of="what only this file shows is unknown")
    r = world.run(narrow, "ns", "ls", "--json")
    assert all(row["bytes"] is None and "bytes" in row["unknown"] for row in r.json["namespaces"]) and r.json["namespaces"]
    r = world.run(narrow, "mk", "msg", "--qbytes", "5G")
    assert r.rc == 1 and "must be below 2 gib" in r.err.lower() and world.objects("msg") == []
