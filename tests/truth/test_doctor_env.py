# SPDX-License-Identifier: GPL-2.0-or-later
"""What `doctor` finds in the environment of objects: limits, /dev/shm, settings. Each finding has a scene, and a healthy twin without it."""

import json

import pytest

from conftest import IPCX
from helpers.tools import do

ALONE = ("limit", "shmall", "rmid-forced", "protected-regular", "removeipc", "same-key")


def findings(world, *args):
    """Return the findings about the environment, by kind."""
    r = world.ipcx("doctor", "--json", *args)
    assert r.rc == 0, r.err
    return {f["finding"]: f for f in r.json["findings"] if f["finding"] in ALONE or f["finding"].startswith(("shm-", "removed-"))}


def fixed(world, finding):
    """Run the fix, which must be a command, and return what is found afterwards."""
    fix = finding["fix"]
    assert fix.startswith(("ipcx ", "mount ", "chmod ", "mkdir ")), fix
    do(world, fix.replace("ipcx ", f"{IPCX} ", 1) if fix.startswith("ipcx ") else fix)
    return findings(world)


def test_healthy(world):
    world.ok("mk", "shm", "--size", "4K")
    world.ok("mk", "pshm", "/a", "--size", "4K")
    assert findings(world) == {}


# ---- limits

@pytest.mark.parametrize("limit,value,make,count", [
    ("shmmni", 5, ["mk", "shm", "--size", "4K"], 4), ("msgmni", 5, ["mk", "msg"], 4), ("shmall", 10, ["mk", "shm", "--size", "8K"], 4)])
def test_a_limit_nearly_reached(world, limit, value, make, count):
    world.sysctl(f"kernel.{limit}", str(value))
    for _ in range(count - 1):
        world.ok(*make)
    assert "limit" not in findings(world)
    world.ok(*make)
    found = findings(world)["limit"]
    assert (found["ref"], found["grade"]) == (limit, "certain")
    assert "80 %" in found["what"] and f"has the most, {8 if limit == 'shmall' else count} (100 %)" in found["evidence"]
    assert "limit" not in fixed(world, found)


def test_semaphores_are_counted(world):
    world.sysctl("kernel.sem", "32000 10 500 5")
    world.ok("mk", "sem", "--nsems", "7")
    assert "limit" not in findings(world)
    world.ok("mk", "sem", "--nsems", "1")
    found = findings(world)["limit"]
    assert found["ref"] == "semmns" and "8 (100 %)" in found["evidence"]
    assert "limit" not in fixed(world, found)


def test_a_fix_is_never_above_the_ceiling(world):
    world.sysctl("kernel.shmmni", "1")
    world.ok("mk", "shm", "--size", "4K")
    found = findings(world)["limit"]
    assert "ENOSPC" in found["what"] and "soon" not in found["what"]
    assert found["fix"] == "ipcx limits set shmmni=2"


def test_shmall_below_shmmax(world):
    world.sysctl("kernel.shmmax", str(2 ** 20))
    assert "shmall" not in findings(world)
    world.sysctl("kernel.shmall", "255")
    assert "shmall" not in fixed(world, findings(world)["shmall"])


def test_a_small_shmall_limits_all(world):
    """With a shmmax that promises nothing in particular, shmall is a limit as any other."""
    world.sysctl("kernel.shmall", "255")
    assert "shmall" not in findings(world)


# ---- /dev/shm

FULL = "mount -t tmpfs -o size=1M,mode=1777 none /dev/shm && head -c %d /dev/zero >/dev/shm/a"


def test_full(world):
    do(world, FULL % 800000)
    assert findings(world) == {}
    do(world, "head -c 850000 /dev/zero >/dev/shm/a")
    found = findings(world)["shm-full"]
    assert found["grade"] == "certain" and "the biggest: a (" in found["evidence"] and "in objects" in found["evidence"]
    assert fixed(world, found) == {}


def test_full_of_directories(world):
    do(world, "mount -t tmpfs -o size=1M,mode=1777 none /dev/shm && mkdir /dev/shm/d && head -c 900000 /dev/zero >/dev/shm/d/x")
    assert "in directories" in findings(world)["shm-full"]["evidence"]


def test_inodes(world):
    do(world, "mount -t tmpfs -o nr_inodes=10,mode=1777 none /dev/shm && touch /dev/shm/1 /dev/shm/2 /dev/shm/3 /dev/shm/4 /dev/shm/5 /dev/shm/6")
    assert findings(world) == {}
    do(world, "touch /dev/shm/7 /dev/shm/8")
    assert fixed(world, findings(world)["shm-inodes"]) == {}


@pytest.mark.parametrize("finding,script", [
    ("shm-mode", "chmod 0755 /dev/shm"), ("shm-mode", "chmod 0777 /dev/shm"),
    ("shm-read-only", "mount -t tmpfs -o ro,mode=1777 none /dev/shm"),
    ("shm-disk", "mkdir /tmp/disk.$$ && mount -t ramfs none /tmp/disk.$$ && chmod 1777 /tmp/disk.$$ && mount --move /tmp/disk.$$ /dev/shm && "
                 "rmdir /tmp/disk.$$")])
def test_states(world, finding, script):
    assert findings(world) == {}
    do(world, script)
    found = findings(world)
    assert list(found) == [finding] and found[finding]["grade"] == "certain"
    assert fixed(world, found[finding]) == {}


def test_missing(world):
    do(world, "mount -t tmpfs none /dev && [ ! -e /dev/shm ]")
    found = findings(world)
    assert list(found) == ["shm-missing"]
    assert fixed(world, found["shm-missing"]) == {}


def test_a_link(world):
    do(world, "mount -t tmpfs none /dev && mkdir -m 1777 /dev/elsewhere && mount -t tmpfs -o mode=1777 none /dev/elsewhere && ln -s elsewhere /dev/shm")
    found = findings(world)
    assert list(found) == ["shm-link"] and found["shm-link"]["grade"] == "possible"


# ---- shm_rmid_forced

# Make a segment by a process that says so and lives until its input ends.
CREATOR = """
import ctypes, sys
c = ctypes.CDLL(None, use_errno=True)
c.shmat.restype = ctypes.c_void_p
i = c.shmget(0, 4096, 0o1600)
if sys.argv[1] == "attach":
    c.shmat(i, None, 0)
print(i, flush=True)
sys.stdin.read()
"""
SCENE = """
import json, subprocess, sys
ipcx, creator = sys.argv[1:3]
def start(how):
    p = subprocess.Popen([sys.executable, "-c", creator, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return p, int(p.stdout.readline())
def there():
    return {o["ref"] for o in json.loads(subprocess.run([ipcx, "ls", "shm", "--json"], stdout=subprocess.PIPE, check=True).stdout)["objects"]}
def doctor(*args):
    return json.loads(subprocess.run([ipcx, "doctor", "--json", *args], stdout=subprocess.PIPE, check=True).stdout)["findings"]
dead, own, held = start("leave"), start("leave"), start("attach")
dead[0].stdin.close(); dead[0].wait()
said = {f["ref"]: f["finding"] for f in doctor("--what-if", "shm_rmid_forced=1")}
open("/proc/sys/kernel/shm_rmid_forced", "w").write("1")
forced = [f for f in doctor() if f["finding"] == "rmid-forced"]
steps = [there()]
own[0].stdin.close(); own[0].wait()
steps.append(there())
held[0].stdin.close(); held[0].wait()
steps.append(there())
names = {f"shm:{i}": n for n, (_, i) in {"dead": dead, "own": own, "held": held}.items()}
print(json.dumps({"said": {names[r]: f for r, f in said.items()}, "steps": [sorted(names[r] for r in s) for s in steps], "forced": forced}))
"""


def test_what_if_shm_rmid_forced(world):
    """What is predicted is what the kernel does."""
    r = world.run("python3", "-c", SCENE, IPCX, CREATOR)
    assert r.rc == 0, r.err
    told = json.loads(r.out)
    assert told["said"] == {"dead": "removed-now", "own": "removed-at-exit", "held": "removed-at-detach"}
    assert told["steps"] == [["held", "own"], ["held"], []]
    assert [f["grade"] for f in told["forced"]] == ["certain"] and "1 segments wait" in told["forced"][0]["evidence"]


def test_shm_rmid_forced(world):
    world.sysctl("kernel.shm_rmid_forced", "1")
    found = findings(world)["rmid-forced"]
    assert found["grade"] == "possible"
    assert findings(world, "--what-if", "shm_rmid_forced=1") == {}
    assert "rmid-forced" not in fixed(world, found)


@pytest.mark.parametrize("assumption", ["shm_rmid_forced=2", "shmmni=1", "x", ""])
def test_other_assumptions_are_refused(world, assumption):
    r = world.ipcx("doctor", "--what-if", assumption)
    assert r.rc == 2 and "shm_rmid_forced=1" in r.err


# ---- fs.protected_regular

def guard(world, level):
    """Let the setting, which is the whole machine's, look as if it had this value."""
    do(world, f"mount -t tmpfs none /mnt && echo {level} >/mnt/level && mount --bind /mnt/level /proc/sys/fs/protected_regular && umount -l /mnt")


def test_protected_regular(world):
    do(world, "touch /dev/shm/own /dev/shm/shared && chmod 0666 /dev/shm/* && chown 12345 /dev/shm/shared")
    guard(world, 0)
    assert findings(world) == {}
    guard(world, 1)
    found = findings(world)["protected-regular"]
    assert found["grade"] == "possible" and "1 files in it" in found["evidence"] and "/shared" in found["evidence"]
    do(world, "chmod 0600 /dev/shm/shared")
    assert findings(world) == {}


# ---- RemoveIPC=, by recorded configuration

LOGIND = """set -e
for d in /etc/systemd /var/lib /run; do mkdir -p $d && mount -t tmpfs none $d; done
mkdir -p /run/systemd/seats /run/systemd/users /var/lib/systemd/linger /etc/systemd/logind.conf.d /run/systemd/logind.conf.d
touch /run/systemd/seats/seat0
sed /^alice:/d /etc/passwd >/run/passwd; echo alice:x:1234:1234::/:/bin/sh >>/run/passwd; mount --bind /run/passwd /etc/passwd
setpriv --reuid 1234 --regid 1234 --clear-groups /usr/bin/python3 -c 'import ctypes; exit(ctypes.CDLL(None).semget(0, 1, 0o1600) < 0)'
"""


@pytest.mark.parametrize("script,grade", [
    ("true", "likely"),
    ("echo '[Login]\nRemoveIPC=yes' >/etc/systemd/logind.conf", "certain"),
    ("echo '[Login]\nRemoveIPC=no' >/etc/systemd/logind.conf", None),
    ("echo '[Login]\nRemoveIPC=no' >/etc/systemd/logind.conf; echo '[Login]\nRemoveIPC = on' >/run/systemd/logind.conf.d/9.conf", "certain"),
    ("echo '[Login]\nRemoveIPC=1' >/run/systemd/logind.conf.d/9.conf; ln -s /dev/null /etc/systemd/logind.conf.d/9.conf", "likely"),
    ("echo '[Login]\nRemoveIPC=1' >/etc/systemd/logind.conf.d/1.conf; echo '[Login]\nRemoveIPC=off' >/run/systemd/logind.conf.d/2.conf", None),
    ("echo '[Other]\nRemoveIPC=no' >/etc/systemd/logind.conf", "likely"),
    ("echo '[Login]\n#RemoveIPC=no\nRemoveIPC=perhaps' >/etc/systemd/logind.conf", "likely"),
    ("touch /run/systemd/users/1234", "possible"),
    ("touch /var/lib/systemd/linger/alice", None),
    ("rm /run/systemd/seats/seat0", None)])
def test_remove_ipc(world, script, grade):
    do(world, LOGIND + script)
    found = findings(world).get("removeipc")
    assert (found and found["grade"]) == grade
    if grade:
        assert "alice" in found["what"] and found["fix"] == "loginctl enable-linger alice"


def test_remove_ipc_of_a_system_user(world):
    do(world, LOGIND.replace("1234", "123"))
    assert findings(world) == {}
