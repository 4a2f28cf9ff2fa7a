# SPDX-License-Identifier: GPL-2.0-or-later
"""`why --pid` and `--as` judge with the rights, limits, filters and namespaces of that process or user; what cannot be read is unknown."""

import contextlib
import subprocess

import pytest

from conftest import IPCX
from helpers.tools import helper, until


@contextlib.contextmanager
def living(world, *words, uid=None, script="echo $$; read -r end"):
    """A shell that lives until the end; its PID in the world."""
    p = subprocess.Popen(world.argv(*words, "sh", "-c", script, uid=uid), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield p.stdout.readline().strip()
    finally:
        p.stdin.close()
        p.wait(timeout=60)
        p.stdout.close()


def causes(world, *words, **more):
    r = world.ipcx("why", *words, "--json", **more)
    assert "causes" in r.json, r.err
    return r.json["causes"]


def filter_row(rows):
    return [c for c in rows if "filter" in c["cause"]][0]


def test_a_filter_of_the_process_may_be_why(world):
    """Which calls a filter refuses cannot be read: neither yes nor no."""
    with living(world, helper("seccomp"), "1", "shmget", "--") as pid:
        row = filter_row(causes(world, "shmget", "EPERM", "--pid", pid))
        assert row["applies"] is None and row["unknown"] == ["applies"] and "a seccomp filter is active" in row["evidence"]
        assert f"process {pid} (sh)" in row["evidence"]


def test_without_a_filter_it_is_not_why(world):
    with living(world) as pid:
        row = filter_row(causes(world, "shmget", "EPERM", "--pid", pid))
        assert row["applies"] is False and "no seccomp filter" in row["evidence"]


def test_a_user_may_have_a_filter(world):
    row = filter_row(causes(world, "semop", "EPERM", "--as", "65534"))
    assert row["applies"] is None and "name the process" in row["evidence"]


def test_our_own_filter_is_told(world):
    r = world.run(helper("seccomp"), "38", "shmctl", "shmget", "--", IPCX, "why", "shmget", "ENOSYS", "--json")
    row = filter_row(r.json["causes"])
    assert row["applies"] is True and "seccomp filter is active" in row["evidence"], row


@pytest.mark.parametrize("call", ["shmget", "semget", "msgget", "mq_open"])
def test_a_kernel_with_the_call_is_said_to_have_it(world, call):
    row = filter_row(causes(world, call, "ENOSYS"))
    assert row["applies"] is False and "the kernel has the call" in row["evidence"]


def test_a_pid_without_process(world):
    r = world.ipcx("why", "shmget", "ENOSPC", "--pid", "999999")
    assert r.rc == 3 and r.out == "" and "999999" in r.err


def test_a_process_that_has_ended(world):
    with living(world) as pid:
        pass
    until(lambda: world.ipcx("why", "shmget", "ENOSPC", "--pid", pid).rc == 3)


def test_a_process_of_another_namespace_is_judged_there(world):
    """Its IPC namespace counts, and a fix leads there."""
    script = "echo 1 > /proc/sys/kernel/shmmni; $IPCX mk shm --size 4K > /dev/null; echo $$; read -r end"
    with living(world, "env", f"IPCX={IPCX}", "unshare", "--ipc", script=script) as pid:
        full = [c for c in causes(world, "shmget", "ENOSPC", "size=4K", "--pid", pid) if "shmmni" in c["cause"]][0]
        assert full["applies"] is True, full
        assert f"--ns {pid}" in full["fix"], full
        fix = full["fix"].split(" # ")[0].removeprefix("ipcx ").split()
        assert fix[:2] == ["limits", "set"], full["fix"]
        world.ok(*fix)
        again = [c for c in causes(world, "shmget", "ENOSPC", "size=4K", "--pid", pid) if "shmmni" in c["cause"]][0]
        assert again["applies"] is False, again
        here = [c for c in causes(world, "shmget", "ENOSPC", "size=4K") if "shmmni" in c["cause"]][0]
        assert here["applies"] is False, here


def test_two_whose(world):
    r = world.ipcx("why", "shmget", "ENOSPC", "--pid", "1", "--as", "0")
    assert r.rc == 2 and "contradict" in r.err


@pytest.mark.parametrize("self", [True, False])
def test_capabilities_of_a_user_namespace_do_not_count_above_it(world, self):
    """root of a user namespace has all capabilities, but not over what belongs to users that it does not have."""
    world.sh("chmod 1777 /dev/mqueue")
    for words in (["shm:0x22", "--size", "4K"], ["pshm", "/x", "--size", "4K"], ["mq", "/x"]):
        world.ok("mk", *words, "--mode", "0600", uid=12345)
    questions = [("shmget", "EACCES", "key=0x22", "flags=0600"), ("shm_open", "EACCES", "name=/x", "flags=O_RDWR"), ("mq_open", "EACCES", "name=/x", "flags=O_RDWR"),
                 ("shmctl", "EPERM", "shm:0x22", "cmd=SHM_LOCK"), ("shmctl", "EPERM", "shm:0x22", "cmd=IPC_RMID")]
    with living(world, "unshare", "--user", "--map-root-user") as pid:
        for call, error, *args in questions:
            if self:
                r = world.run("unshare", "--user", "--map-root-user", IPCX, "why", call, error, *args, "--json")
            else:
                r = world.ipcx("why", call, error, *args, "--pid", pid, "--json")
            so = [c["applies"] for c in r.json["causes"] if "mode of the" in c["cause"] or "grant the permissions" in c["cause"] or "owner, its creator" in c["cause"]]
            if call in ("shm_open", "mq_open"):
                assert True in so or None in so, (call, r.out)
            else:
                assert True in so and r.json["causes"][0]["applies"] is True, (call, r.out)


def test_a_larger_queue_needs_root_of_the_machine(world):
    question = '"$IPCX" why msgctl EPERM cmd=IPC_SET key=0x5 qbytes=1000000'
    able = int(world.sh("grep CapEff /proc/self/status").out.split()[1], 16) >> 24 & 1  # CAP_SYS_RESOURCE
    for enter, rc in (("--user --map-root-user", 0), ("", able)):
        r = world.sh(f"unshare --ipc {enter} sh -c '\"$IPCX\" mk msg:0x5 >/dev/null && {question}'")
        assert r.rc == rc, (enter, r.out, r.err)


def test_a_process_that_is_not_shown_has_not_ended(world):
    with living(world) as pid:
        ask = 'setpriv --reuid=12345 --regid=12345 --clear-groups "$IPCX" why shmget ENOSPC size=4K --pid'
        r = world.sh(f"unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc && {ask} {pid}'")
        assert r.rc == 1 and f"process {pid} is not shown in /proc" in r.err, (r.rc, r.err)
        r = world.sh(f"unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc && {ask} 4194300'")
        assert r.rc == 3 and "no process has the pid" in r.err, (r.rc, r.err)
