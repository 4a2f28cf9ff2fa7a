# SPDX-License-Identifier: GPL-2.0-or-later
"""Each reason for which semget, semop and semctl fail is found when a real call fails for it, and is denied when it is not so."""

import subprocess
import sys

import pytest

from calling import (GETVAL, IPC_CREAT, IPC_EXCL, IPC_NOWAIT, IPC_RMID, IPC_SET, IPC_STAT, SEM_UNDO, SETVAL, applies, call, caller, denies, mend, one,
                     unknown, waits, why)
from conftest import IPCX
from helpers.tools import until

KEY = 0x4d2
NOBODY = 65534


@pytest.fixture
def array(world):
    """A world with one array: id 0, key 0x4d2, three semaphores with the values 0, 1 and 32767."""
    assert world.ok("mk", "sem", "--key", "0x4d2", "--nsems", "3", "--init", "0,1,32767") == "0"
    return world


def sem_limits(world, msl=32000, mns=1024000000, opm=500, mni=32000):
    world.sysctl("kernel.sem", f"{msl} {mns} {opm} {mni}")


# ---- semget

def test_semget_more_than_semmsl(world):
    sem_limits(world, msl=4)
    assert call(world, "semget", 0, 5, IPC_CREAT | 0o600) == "EINVAL"
    row = applies(world, "SEMMSL", "semget", "EINVAL", "key=0", "nsems=5", evidence=["semmsl is 4, 5 needed"])
    denies(world, "SEMMSL", "semget", "EINVAL", "key=0", "nsems=4")
    unknown(world, "SEMMSL", "semget", "EINVAL", "key=0")
    mend(world, row)
    assert call(world, "semget", 0, 5, IPC_CREAT | 0o600) == "0"
    assert world.sysctl("kernel.sem").split() == ["5", "1024000000", "500", "32000"]


@pytest.mark.parametrize("nsems", [0, -1])
def test_semget_of_no_semaphores(array, nsems):
    assert call(array, "semget", 0, nsems, IPC_CREAT | 0o600) == "EINVAL"
    assert call(array, "semget", 0x4d3, nsems, IPC_CREAT | 0o600) == "EINVAL"
    for key in ("0", "0x4d3"):
        applies(array, "nsems is negative, or 0", "semget", "EINVAL", f"key={key}", f"nsems={nsems}", "flags=IPC_CREAT", evidence=[f"nsems is {nsems}"])
    denies(array, "nsems is negative, or 0", "semget", "EINVAL", "key=0", "nsems=1")
    assert (call(array, "semget", KEY, nsems, 0) == "0") == (nsems == 0)
    if nsems == 0:
        denies(array, "nsems is negative, or 0", "semget", "EINVAL", "key=0x4d2", "nsems=0")


def test_semget_of_a_smaller_array(array):
    assert call(array, "semget", KEY, 4, IPC_CREAT | 0o600) == "EINVAL"
    applies(array, "fewer semaphores", "semget", "EINVAL", "key=0x4d2", "nsems=4", evidence=["sem:0 (key 0x4d2) has 3 semaphores, 4 asked for"])
    assert call(array, "semget", KEY, 3, IPC_CREAT | 0o600) == "0"
    denies(array, "fewer semaphores", "semget", "EINVAL", "key=0x4d2", "nsems=3")
    denies(array, "fewer semaphores", "semget", "EINVAL", "key=0", "nsems=4")


@pytest.mark.parametrize("limit", ["semmni", "semmns"])
def test_semget_with_a_full_limit_names_it_and_who_has_most(array, limit):
    sem_limits(array, **({"mni": 1} if limit == "semmni" else {"mns": 4}))
    assert call(array, "semget", 0, 2, IPC_CREAT | 0o600) == "ENOSPC"
    row = applies(array, limit.upper(), "semget", "ENOSPC", "key=0", "nsems=2", evidence=[limit, "uid 0 has most, 1 of 1; of 1 of them"])
    denies(array, "SEMMNS" if limit == "semmni" else "SEMMNI", "semget", "ENOSPC", "key=0", "nsems=2")
    assert "do not" not in row["evidence"] and "does not record which process made it" in row["evidence"]
    command, other = row["fix"].split("  # or: ")
    mend(array, {"fix": command})
    denies(array, limit.upper(), "semget", "ENOSPC", "key=0", "nsems=2")
    assert call(array, "semget", 0, 2, IPC_CREAT | 0o600) != "ENOSPC"
    assert "sem:0" in array.run("sh", "-c", other.replace("ipcx ", '"$IPCX" ', 1) + " -o ref", env={"IPCX": IPCX}).out


def test_an_ordinary_user_removes_its_own_and_leaves_limits_to_root(array):
    array.ok("set", "sem:0", "--mode", "0644")
    sem_limits(array, mni=3)
    assert call(array, "semget", 0, 1, IPC_CREAT | 0o600, uid=NOBODY) != "ENOSPC"
    array.ok("mk", "sem", "--nsems", "1", "--init", "1", uid=NOBODY)
    assert call(array, "semget", 0, 1, IPC_CREAT | 0o600, uid=NOBODY) == "ENOSPC"
    row = applies(array, "SEMMNI", "semget", "ENOSPC", "key=0", "nsems=1", uid=NOBODY)
    command, other = row["fix"].split("  # or: ")
    assert other == "as root: ipcx limits set semmni=4" and "uid == 65534" in command, row
    mend(array, {"fix": command.replace("--dry-run", "--yes")}, uid=NOBODY)
    assert call(array, "semget", 0, 1, IPC_CREAT | 0o600, uid=NOBODY) != "ENOSPC"
    sem_limits(array, msl=1)
    assert applies(array, "SEMMSL", "semget", "EINVAL", "key=0", "nsems=2", uid=NOBODY)["fix"] == "as root: ipcx limits set semmsl=2"


def test_what_cannot_be_raised_further_has_no_command(array):
    """SEMMNS is an int of the kernel: with more asked for than it can be, there is nothing to copy but the removal."""
    sem_limits(array, msl=2147483647, mns=3)
    array.ok("rm", "sem:0")
    array.ok("mk", "sem", "--nsems", "3", "--init", "1")
    row = applies(array, "SEMMNS", "semget", "ENOSPC", "key=0", "nsems=2147483646")
    assert row["fix"].startswith("ipcx rm sem --where"), row
    row = applies(array, "SEMMSL", "semget", "EINVAL", "key=0", "nsems=2147483648")
    assert row["fix"] is None, row


def test_semget_of_an_absent_key(array):
    assert call(array, "semget", 0x4d3, 1, 0) == "ENOENT"
    applies(array, "no array has this key", "semget", "ENOENT", "key=0x4d3", "flags=0600", evidence=["0x4d3"])
    denies(array, "no array has this key", "semget", "ENOENT", "key=0x4d2")
    denies(array, "no array has this key", "semget", "ENOENT", "key=0x4d3", "flags=IPC_CREAT|0600")
    denies(array, "no array has this key", "semget", "ENOENT", "key=0")
    unknown(array, "no array has this key", "semget", "ENOENT")


def test_semget_of_a_key_in_another_namespace(array):
    applies_not = ("another IPC namespace", "semget", "ENOENT", "key=0x77")
    assert one(array, *applies_not)["applies"] is not True
    assert call(array, "semget", 0x4d3, 1, 0) == "ENOENT"
    with caller(array, "semget", KEY, 1, 0):  # keeps the namespace in sight
        r = array.run("unshare", "--ipc", "sh", "-c", '"$IPCX" mk sem --key 0x77 --nsems 1 >/dev/null && "$IPCX" why semget ENOENT key=0x4d2 --json',
                      env={"IPCX": IPCX})
        assert r.json["causes"][0]["applies"] is True and "another IPC namespace" in r.json["causes"][0]["cause"], r.out


def test_semget_of_a_key_that_exists(array):
    assert call(array, "semget", KEY, 1, IPC_CREAT | IPC_EXCL | 0o600) == "EEXIST"
    row = applies(array, "IPC_EXCL", "semget", "EEXIST", "key=0x4d2", "flags=IPC_CREAT|IPC_EXCL|0600", evidence=["sem:0"])
    mend(array, row)
    denies(array, "IPC_EXCL", "semget", "EEXIST", "key=0x4d3")
    denies(array, "IPC_EXCL", "semget", "EEXIST", "key=0x4d2", "flags=IPC_CREAT|0600")


def test_semget_without_the_right(array):
    with caller(array, "semget", KEY, 1, 0o600, uid=NOBODY) as c:
        assert c.result() == "EACCES"
        for words in (["--pid", c.pid], ["--as", NOBODY]):
            row = applies(array, "permission bits of the flags", "semget", "EACCES", "key=0x4d2", "flags=0600", *words, evidence=["mode 0600", "not allowed"])
            applies(array, "permission bits of the flags", "semget", "EACCES", "key=0x4d2", *words)
            denies(array, "permission bits of the flags", "semget", "EACCES", "key=0x4d2", "flags=0", *words)
        denies(array, "permission bits of the flags", "semget", "EACCES", "key=0x4d2", "flags=0600")
        mend(array, row)
        assert call(array, "semget", KEY, 1, 0o600, uid=NOBODY) == "0"
        denies(array, "permission bits of the flags", "semget", "EACCES", "key=0x4d2", "flags=0600", "--pid", c.pid)
    row = one(array, "permission bits", "semget", "EACCES", "key=0x4d2", "flags=0777", uid=NOBODY)
    assert row["applies"] is True and row["fix"].startswith("as its owner or root: ipcx set sem:0 --mode 06"), row


# ---- semop

def test_semop_on_a_semaphore_that_the_array_lacks(array):
    assert call(array, "semop", 0, 3, 1) == "EFBIG"
    applies(array, "no semaphore with this number", "semop", "EFBIG", "sem:0", "semnum=3", evidence=["has 3 semaphores, 0 to 2; semnum is 3"])
    denies(array, "no semaphore with this number", "semop", "EFBIG", "sem:0", "semnum=2")
    unknown(array, "no semaphore with this number", "semop", "EFBIG", "sem:0")


def test_semop_with_more_operations_than_semopm(array):
    sem_limits(array, opm=2)
    assert call(array, "semop", 0, 0, 1, 0, 3) == "E2BIG"
    row = applies(array, "SEMOPM", "semop", "E2BIG", "sem:0", "nsops=3", evidence=["semopm is 2, the call has 3"])
    denies(array, "SEMOPM", "semop", "E2BIG", "sem:0", "nsops=2")
    mend(array, row)
    assert call(array, "semop", 0, 0, 1, 0, 3) == "0"
    denies(array, "SEMOPM", "semop", "E2BIG", "sem:0", "nsops=3")


def test_semop_without_operations(array):
    assert call(array, "semop", 0, 0, 1, 0, 0) == "EINVAL"
    applies(array, "nsops is 0", "semop", "EINVAL", "sem:0", "nsops=0")
    denies(array, "nsops is 0", "semop", "EINVAL", "sem:0", "nsops=1")
    denies(array, "nsops is 0", "semop", "EINVAL", "sem:0", "op=1")


def test_semtimedop_with_a_bad_time(array):
    assert call(array, "semtimedop", 0, 0, -1, -1, 0) == "EINVAL"
    unknown(array, "time limit", "semtimedop", "EINVAL", "sem:0")
    denies(array, "time limit", "semtimedop", "EINVAL", "sem:0", "timeout=1s")


@pytest.mark.parametrize("name,words", [("semop", ["0", "1"]), ("semctl", ["0", GETVAL])])
def test_a_removed_id_is_told_from_one_that_is_in_use(array, name, words):
    cause = "no array has this id"
    denies(array, cause, name, "EINVAL", "sem:0")
    old = int(array.ok("mk", "sem", "--nsems", "1"))
    array.ok("rm", f"sem:{old}")
    assert call(array, name, old, *words) == "EINVAL"
    applies(array, cause, name, "EINVAL", f"id={old}", evidence=[f"no semaphore array has the id {old}", "is empty"])
    # The next array with this place has another sequence number.
    made = [int(array.ok("mk", "sem", "--nsems", "1", "--id", str(old + 32768)))]
    applies(array, cause, name, "EINVAL", f"id={old}", evidence=[f"is taken by the id {made[0]}", "not 0"])
    applies(array, cause, name, "EINVAL", "id=-1", evidence=["as a failed call returns it"])
    assert call(array, name, KEY, *words) == "EINVAL"
    applies(array, cause, name, "EINVAL", f"semid={KEY}", evidence=["that is the key of sem:0"])


def test_semop_above_the_highest_value(array):
    assert call(array, "semop", 0, 2, 1) == "ERANGE"
    applies(array, "exceed 32767 (SEMVMX)", "semop", "ERANGE", "sem:0", "semnum=2", "op=1", evidence=["is 32767"])
    applies(array, "exceed 32767 (SEMVMX)", "semop", "ERANGE", "sem:0", "semnum=2")
    denies(array, "exceed 32767 (SEMVMX)", "semop", "ERANGE", "sem:0", "semnum=1", "op=1")
    denies(array, "exceed 32767 (SEMVMX)", "semop", "ERANGE", "sem:0", "semnum=2", "op=-1")
    unknown(array, "exceed 32767 (SEMVMX)", "semop", "ERANGE", "sem:0", "semnum=1")
    unknown(array, "SEM_UNDO", "semop", "ERANGE", "sem:0", "semnum=1", "op=1", "flags=SEM_UNDO")
    denies(array, "SEM_UNDO", "semop", "ERANGE", "sem:0", "semnum=1", "op=1", "flags=0")


@pytest.mark.parametrize("num,op,other", [(0, -1, 1), (1, -2, 2), (1, 0, 0)])
def test_semop_that_would_wait(array, num, op, other):
    words = ["sem:0", f"semnum={num}", f"op={op}"]
    assert call(array, "semop", 0, num, op, IPC_NOWAIT) == "EAGAIN"
    assert call(array, "semtimedop", 0, num, op, 0, 1000) == "EAGAIN"
    for name in ("semop", "semtimedop"):
        applies(array, "does not allow the operation", name, "EAGAIN", *words, evidence=[f"semaphore {num} of sem:0 (key 0x4d2) is {num}"])
    denies(array, "does not allow the operation", "semop", "EAGAIN", "sem:0", f"semnum={other}", f"op={op}")
    denies(array, "does not allow the operation", "semop", "EAGAIN", "sem:0", f"semnum={num}", "op=1")
    unknown(array, "does not allow the operation", "semop", "EAGAIN", "sem:0", f"op={op}")
    denies(array, "does not allow", "semop", "blocks", *words, "flags=IPC_NOWAIT")


def test_semop_that_blocks_after_its_last_operator_ended(array):
    assert call(array, "semop", 0, 1, -1) == "0"
    with caller(array, "semop", 0, 1, -1) as c:
        waits(array, "sem:0", c.pid)
        row = applies(array, "waits until another process", "semop", "blocks", "sem:0", "semnum=1", "op=-1", "--pid", c.pid,
                      evidence=["is 0", "1 wait for it", "which has ended", "it may have died holding it"])
        assert row["fix"].startswith("ipcx waits sem:0")
        mend(array, row)
        array.ok("sem", "post", "sem:0:1")
        assert c.result() == "0"
    denies(array, "waits until another process", "semop", "blocks", "sem:0", "semnum=2", "op=-1")


def test_semop_that_blocks_while_its_last_operator_runs(array):
    with caller(array, "semop", 0, 1, -1) as holder:
        assert holder.result() == "0"
        row = applies(array, "waits until another process", "semop", "blocks", "sem:0", "semnum=1", "op=-1", evidence=["which runs"])
        assert "may never end" not in row["evidence"] and f"process {holder.pid}" in row["evidence"], row


def test_semop_without_the_right(array):
    for op, mode, text in ((-1, "0604", "to alter"), (0, "0602", "to read")):
        array.ok("set", "sem:0", "--mode", mode)
        with caller(array, "semop", 0, 0, op, uid=NOBODY) as c:
            assert c.result() == "EACCES"
            row = applies(array, "needs write permission", "semop", "EACCES", "sem:0", f"op={op}", "--pid", c.pid, evidence=[f"mode {mode}", text])
            denies(array, "needs write permission", "semop", "EACCES", "sem:0", f"op={0 if op else 1}", "--pid", c.pid)
            denies(array, "needs write permission", "semop", "EACCES", "sem:0", f"op={op}")
            unknown(array, "needs write permission", "semop", "EACCES", "sem:0", "--pid", c.pid)
            mend(array, row)
            assert call(array, "semop", 0, 0, op, IPC_NOWAIT, uid=NOBODY) == ("EAGAIN" if op else "0")


@pytest.mark.parametrize("uid", [0, 1234])
def test_semop_on_an_array_that_is_removed(array, uid):
    array.ok("set", "sem:0", "--mode", "0666")
    with caller(array, "semop", 0, 0, -1, uid=uid) as c:
        waits(array, "sem:0", c.pid)
        denies(array, "removed while the call waited", "semop", "EIDRM", "sem:0", "--pid", c.pid)
        array.ok("rm", "sem:0")
        assert c.result() == "EIDRM"
        applies(array, "removed while the call waited", "semop", "EIDRM", "sem:0", "--pid", c.pid, evidence=["fail with EINVAL from now on"])
        if uid == 0:
            denies(array, "RemoveIPC=", "semop", "EIDRM", "sem:0", "--pid", c.pid)
    assert call(array, "semop", 0, 0, -1) == "EINVAL"


@pytest.mark.parametrize("text,so", [(None, None), ("[Login]\nRemoveIPC=no\n", False), ("[Login]\nRemoveIPC=yes\n", None),
                                     ("[Other]\nRemoveIPC=no\n", None), ("#[Login]\n[Login]\n RemoveIPC = off \n", False)])
def test_logind_may_have_removed_it(array, text, so):
    world = array
    world.ok("rm", "sem:0")
    world.sh("""mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mkdir -p /run/systemd/seats /run/systemd/logind.conf.d
             [ ! -d /etc/systemd ] || mount -t tmpfs none /etc/systemd""")
    if text:
        world.sh("cat > /run/systemd/logind.conf.d/x.conf", input=text)
    with caller(world, "semget", 0x99, 1, 0, uid=1234) as user, caller(world, "semget", 0x99, 1, 0, uid=33) as daemon:
        row = one(world, "RemoveIPC=", "semop", "EIDRM", "id=0", "--pid", user.pid)
        assert row["applies"] is so and ("RemoveIPC=no" in row["evidence"]) == (so is False), row
        denies(world, "RemoveIPC=", "semop", "EIDRM", "id=0", "--pid", daemon.pid)
        world.sh("rmdir /run/systemd/seats")
        assert "does not run" in denies(world, "RemoveIPC=", "semop", "EIDRM", "id=0", "--pid", user.pid)["evidence"]


def test_semop_that_a_signal_interrupts(array):
    with caller(array, "semop", 0, 0, -1) as c:
        waits(array, "sem:0", c.pid)
        array.run("kill", "-USR1", c.pid)
        assert c.result() == "EINTR"
        row = unknown(array, "a signal interrupted", "semop", "EINTR", "sem:0", "--pid", c.pid)
        assert "EINTR" in row["fix"]
        unknown(array, "a debugger", "semop", "EINTR", "sem:0", "--pid", c.pid)
        unknown(array, "a debugger", "semop", "EINTR", "sem:0")


TRACER = r"""
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.ptrace(0x4206, int(sys.argv[1]), None, None) or libc.ptrace(0x4207, int(sys.argv[1]), None, None):  # SEIZE, INTERRUPT
    sys.exit(f"ptrace: {ctypes.get_errno()}")
libc.waitpid(int(sys.argv[1]), None, 0x40000000)
libc.ptrace(7, int(sys.argv[1]), None, None)
print("attached", flush=True)
sys.stdin.read()
"""


def test_semop_that_a_debugger_interrupts(array):
    with caller(array, "semop", 0, 0, -1) as c:
        waits(array, "sem:0", c.pid)
        with subprocess.Popen(array.argv(sys.executable, "-c", TRACER, c.pid), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
            try:
                if p.stdout.readline() != b"attached\n":
                    pytest.skip("ptrace is not permitted here")
                assert c.result() == "EINTR"
                applies(array, "a debugger", "semop", "EINTR", "sem:0", "--pid", c.pid, evidence=["is attached"])
            finally:
                p.stdin.close()


def test_semop_without_memory_cannot_be_told(array):
    unknown(array, "no memory", "semop", "ENOMEM", "sem:0")


# ---- semctl

def test_semctl_that_is_reserved_to_the_owner(array):
    array.ok("set", "sem:0", "--mode", "0666")
    for name, cmd in (("IPC_SET", IPC_SET), ("IPC_RMID", IPC_RMID)):
        with caller(array, "semctl", 0, 0, cmd, uid=NOBODY) as c:
            assert c.result() == "EPERM"
            row = applies(array, "reserved to the array's owner", "semctl", "EPERM", "sem:0", f"cmd={name}", "--pid", c.pid, evidence=["no CAP_SYS_ADMIN"])
            denies(array, "reserved to the array's owner", "semctl", "EPERM", "sem:0", f"cmd={name}")
            denies(array, "reserved to the array's owner", "semctl", "EPERM", "sem:0", "cmd=GETVAL", "--pid", c.pid)
            user = applies(array, "reserved to the array's owner", "semctl", "EPERM", "sem:0", f"cmd={name}", uid=NOBODY)
            assert not user["fix"].startswith("ipcx"), user
            if name == "IPC_SET":
                mend(array, row)
                denies(array, "reserved to the array's owner", "semctl", "EPERM", "sem:0", f"cmd={name}", "--pid", c.pid)
                array.ok("set", "sem:0", "--owner", "root")
            else:
                mend(array, row)
                assert array.objects("sem") == []


def test_semctl_without_the_right(array):
    for name, cmd, mode in (("IPC_STAT", IPC_STAT, "0602"), ("GETVAL", GETVAL, "0602"), ("SETVAL", SETVAL, "0604")):
        array.ok("set", "sem:0", "--mode", mode)
        with caller(array, "semctl", 0, 0, cmd, 1, uid=NOBODY) as c:
            assert c.result() == "EACCES"
            row = applies(array, "SETVAL and SETALL need write", "semctl", "EACCES", "sem:0", f"cmd={name}", "--pid", c.pid, evidence=[mode])
            denies(array, "SETVAL and SETALL need write", "semctl", "EACCES", "sem:0", "cmd=IPC_RMID", "--pid", c.pid)
            denies(array, "SETVAL and SETALL need write", "semctl", "EACCES", "sem:0", f"cmd={name}")
            mend(array, row)
            assert call(array, "semctl", 0, 0, cmd, 1, uid=NOBODY) in ("0", "1")


def test_semctl_with_a_bad_number_value_or_command(array):
    assert call(array, "semctl", 0, 3, GETVAL) == "EINVAL"
    applies(array, "no semaphore with this number", "semctl", "EINVAL", "sem:0", "semnum=3", "cmd=GETVAL")
    denies(array, "no semaphore with this number", "semctl", "EINVAL", "sem:0", "semnum=3", "cmd=IPC_STAT")
    denies(array, "no semaphore with this number", "semctl", "EINVAL", "sem:0", "semnum=0", "cmd=GETVAL")
    for value in (-1, 32768):
        assert call(array, "semctl", 0, 0, SETVAL, value) == "ERANGE"
        applies(array, "SETVAL, SETALL: a value", "semctl", "ERANGE", "sem:0", f"value={value}", evidence=["0 to 32767"])
    denies(array, "SETVAL, SETALL: a value", "semctl", "ERANGE", "sem:0", "value=32767")
    unknown(array, "SETVAL, SETALL: a value", "semctl", "ERANGE", "sem:0")
    assert call(array, "semctl", 0, 0, 99) == "EINVAL"
    unknown(array, "does not know this cmd", "semctl", "EINVAL", "sem:0", "cmd=99")
    denies(array, "does not know this cmd", "semctl", "EINVAL", "sem:0", "cmd=SETVAL")


# ---- other places, and bad days

def test_fixes_say_how_to_get_to_the_namespace(array):
    row = applies(array, "SEMOPM", "semop", "E2BIG", "nsops=501", "--ns", "/proc/1/ns/ipc")
    assert row["fix"] in ("ipcx limits set semopm=501", "ipcx limits set semopm=501 --ns /proc/1/ns/ipc"), row
    mend(array, row)
    assert array.sysctl("kernel.sem").split()[2] == "501"


def test_what_may_not_be_read_is_unknown(array):
    row = one(array, "does not allow", "semop", "EAGAIN", "sem:0", "semnum=0", "op=-1", uid=NOBODY)
    assert row["applies"] is None and "read permission" in row["evidence"], row


def test_every_cause_of_each_call_is_listed_without_an_argument(array):
    for name, errors in (("semget", ("ENOENT", "EEXIST", "EACCES", "EINVAL", "ENOMEM", "ENOSPC")), ("semctl", ("EINVAL", "EPERM", "EACCES", "ERANGE", "ENOMEM")),
                         ("semop", ("EINVAL", "EAGAIN", "E2BIG", "EFBIG", "EIDRM", "EINTR", "ENOMEM", "ERANGE", "blocks"))):
        for error in errors:
            rows = why(array, name, error)
            assert all(r["evidence"] for r in rows) and not [r for r in rows if r["applies"] and "cannot be told" in r["evidence"]], rows


def test_undo_is_a_flag_that_is_understood(array):
    assert call(array, "semop", 0, 0, 1, SEM_UNDO) == "0"
    until(lambda: array.objects("sem:0", "-o", "nsems")[0]["nsems"] == 3)
    unknown(array, "SEM_UNDO would", "semop", "ERANGE", "flags=SEM_UNDO")
