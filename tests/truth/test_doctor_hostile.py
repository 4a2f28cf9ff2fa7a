# SPDX-License-Identifier: GPL-2.0-or-later
"""Names and directories that are made to mislead `ipcx doctor` and `ipcx df`."""

import shlex
import subprocess
import sys

from planting import flat, hide_the_denied, known  # pylint: disable=unused-import
from helpers.tools import until


def unused(world, *words):
    def seen():
        hide_the_denied(world)
        r = world.ipcx("doctor", "--json", "--idle", "0s", *words)
        assert r.rc == 0, r
        if r.json["unseen"]["processes"] or r.json["unseen"]["others"]:
            return None
        return {f["ref"]: f for f in r.json["findings"] if f["finding"] == "unused"}

    return known(seen)


def test_a_fix_is_whole_however_long_the_name_is(flat):  # pylint: disable=redefined-outer-name
    """The beginning of a command would remove another file, without asking whether that is in use."""
    for name in ("\x01" * 255, "q';\n\x1b[31m$(touch pwn)"):
        flat.ok("mk", "pshm", "--size", "4k", "/" + name)
    found = unused(flat)
    assert len(found) == 2
    for ref, f in found.items():
        words = shlex.split(f["fix"])
        assert words == ["ipcx", "rm", ref, "-w", "user_count == 0"], f
        hide_the_denied(flat)
        flat.ipcx(*words[1:], "--yes")
    known(lambda: unused(flat) == {} or None)


def test_long_prefixes_of_names(flat):  # pylint: disable=redefined-outer-name
    names = ["/" + "a" * 30 + n for n in "12"]
    for n in (*names, "/" + "a" * 22):
        flat.ok("mk", "pshm", "--size", "4k", n)
    found = [f for f in unused(flat).values() if f["count"] == 2]
    assert len(found) == 1, found
    r = flat.ipcx(*shlex.split(found[0]["fix"])[1:], "--dry-run", "-o", "ref", "--no-headings")
    assert r.rc == 0 and sorted(r.lines) == [f"pshm:{n}" for n in names], r


def test_a_deep_directory_hides_nothing_else(world):
    """Every user can make one."""
    world.sh("cd /dev/shm; printf %70000s >file; i=0; while [ $i -lt 80 ]; do mkdir d; cd d; i=$((i + 1)); done")
    r = world.ipcx("df", "--json")
    rows = {m["kind"]: m for m in r.json["memory"] if m["place"] == "/dev/shm"}
    assert rows["objects"]["objects"] == 1 and rows["objects"]["used"] == 73728, rows
    assert rows["directories"]["unknown"] and "other" not in rows, rows
    assert "too deep" in r.err + str(r.json["errors"]) and "Permission" not in str(r.json["errors"]), r


def test_a_fix_for_another_dev_shm_of_our_namespace_is_no_command(flat):  # pylint: disable=redefined-outer-name
    """Here, the file of that name may be another one."""
    text = "mount -t tmpfs none /dev/shm; echo x >/dev/shm/there; echo; read x"
    p = subprocess.Popen(flat.argv("unshare", "--mount", "sh", "-c", text), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert p.stdout.readline() == b"\n"
        flat.ok("mk", "pshm", "--size", "4k", "/here")
        found = unused(flat, "--ns", "all")
        assert found["pshm:/there"]["fix"].startswith("in the mount namespace that has this /dev/shm: ipcx rm pshm:/there "), found
        # Without the other one, a command suffices.
        assert unused(flat)["pshm:/here"]["fix"].startswith("ipcx rm ")
    finally:
        p.stdin.close()
        p.stdout.close()
        p.wait(timeout=60)


STUCK = """
import ctypes, sys, threading, time
c = ctypes.CDLL(None)
def op(array, num, by):
    class Op(ctypes.Structure):
        _fields_ = [("num", ctypes.c_ushort), ("op", ctypes.c_short), ("flags", ctypes.c_short)]
    return c.semop(array, ctypes.byref(Op(num, by, 0)), 1)
array = c.semget(7, 2, 0o1600)
if sys.argv[1] == "die":
    made = int(time.time())
    while int(time.time()) <= made + 1:  # else it may be its first value that was set
        time.sleep(0.1)
    for num in (0, 1, 0, 1):
        op(array, num, -1 if c.semctl(array, num, 12) else 1)
else:
    for num in (0, 1):
        threading.Thread(target=op, args=(array, num, -1), daemon=True).start()
    sys.stdin.read()
"""


def test_each_semaphore_of_an_array_is_told(world):
    """A command that posts one of them wakes nobody who waits for another one."""
    world.run(sys.executable, "-c", STUCK, "die")
    p = subprocess.Popen(world.argv(sys.executable, "-c", STUCK, "wait"), stdin=subprocess.PIPE)

    def stuck():
        return {f["fix"] for f in world.ipcx("doctor", "--json").json["findings"] if f["finding"] == "stuck"}

    try:
        until(lambda: stuck() == {"ipcx sem post sem:0:0", "ipcx sem post sem:0:1"})
    finally:
        p.stdin.close()
        p.wait(timeout=60)
