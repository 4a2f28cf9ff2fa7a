# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels that were built without a part of IPC: the answer names the option that is missing, once, and all else is answered as before."""

import json
import os

import pytest

from conftest import IPCX, World
from helpers.tools import helper, make_all

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "helpers")
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}  # its leak detection uses ptrace
LACKS = {
    "sysvipc": "this kernel has no System V IPC (CONFIG_SYSVIPC)",
    "mqueue": "this kernel has no POSIX message queues (CONFIG_POSIX_MQUEUE)",
    "ipcns": "this kernel has no IPC namespaces (CONFIG_IPC_NS)",
}
MECHS = {"sysvipc": ("shm", "msg", "sem"), "mqueue": ("mq",), "ipcns": ()}
# What a command says of it: once, as a note, or as what failed; the exit status.
SAYS = {
    "sysvipc": [
        ("ls", 0), ("ls --json", 0), ("ls sysv", 1), ("ls shm --json", 1), ("ls sem --fail", 0), ("ls --by mech --json", 0), ("show msg:0 --json", 1), ("show msg:0 pshm:/x --json", 4),
        ("limits shmmax --json", 0), ("limits --for shm:4K", 1), ("limits set shmmax=1 --dry-run", 1), ("who --json", 0), ("who shm:0", 1), ("waits sem --json", 1),
        ("doctor --json", 0), ("df --json", 0), ("mk shm --size 4K", 1), ("mk sem --nsems 1", 1), ("rm all --all --dry-run --json", 0), ("rm shm:0", 1),
        ("set msg -w qnum==0 --mode 600", 1), ("msg send msg:0 x", 1), ("sem set sem:0 1", 1), ("sem op sem:0 0-1", 1), ("shm read shm:0", 1),
        ("stress shm --ops 1", 1), ("ns ls --json", 0), ("ls --ns all --json", 0), ("compat ipcs -m", 0), ("compat lsipc -q", 0), ("compat ipcrm -a", 1)],
    "mqueue": [
        ("ls", 0), ("ls --json", 0), ("ls mq --json", 1), ("show mq:/q", 1), ("limits mqueue_msg_max --json", 0), ("limits --for mq:1x1", 1), ("who mq:/q", 1),
        ("doctor --json", 0), ("mk mq:/q", 1), ("mk mq:/q --if-missing", 1), ("rm all --all --dry-run --json", 0), ("rm mq:/q", 1), ("mq send /q x", 1),
        ("mq notify /q --no-wait", 1), ("stress mq --ops 1", 1), ("ns show self --json", 0), ("compat lsipc", 0), ("compat lsipc -Q", 0)],
    "ipcns": [
        ("ns ls --json", 1), ("ns show self", 1), ("ns new -- true", 1), ("ns enter 1 -- true", 1), ("ns pin self never", 1), ("ls --ns all --json", 1),
        ("ls --ns 1", 1), ("ls --ns web", 1), ("limits --ns all --json", 1), ("df --ns all", 1), ("stress mq --ops 1", 1)],
}
# What they lack does not matter there, and is not mentioned.
SILENT = {
    "sysvipc": ["ls mq --json", "show mq:/x", "limits mqueue_msg_max", "mk pshm:/new --size 4K --json", "rm mq pshm psem --all --dry-run --json", "ns new -- true", "ns enter 1 -- true"],
    "mqueue": ["ls sysv --json", "limits shmmax --json", "mk msg", "ns new -- true", "ns enter 1 -- true", "ns cmp self self", "stress sem --ops 1 --workload churn"],
    "ipcns": ["ls --json", "ls --ns self --json", "limits --json", "doctor --json", "who --json", "mk shm --size 4K", "ns cmp self self --json", "df --ns self --json"],
}


@pytest.fixture(scope="module", params=LACKS)
def lacking(request):
    """A world with an object of each kind, whose .less() runs commands on a kernel without a part."""
    world = World()
    world.part = request.param
    make_all(world)
    if world.part == "mqueue":
        world.run("mount", "-t", "tmpfs", "none", "/dev/mqueue")
    program = helper("without", folder=HERE)
    world.less = lambda *words, show=(): world.run(program, world.part, *show, IPCX, *words, env=QUIET)
    yield world
    world.close()


def said(r, text):
    return [line for line in r.err.splitlines() if text in line]


def test_says_it_once(lacking):
    for words, rc in SAYS[lacking.part]:
        r = lacking.less(*words.split())
        text = LACKS[lacking.part]
        what = (words, r.rc, r.out, r.err)
        lines = 0 if words.startswith("df --json") else 2 if words.startswith(("doctor", "ns show self --json")) else 1  # 2: also of the limits
        assert r.rc == rc and len(said(r, text)) == lines and text in r.err + r.out, what
        assert "does not offer" not in r.err and "mount -t mqueue" not in r.err, what
        if "--json" in words and r.out:
            errors = r.json["errors"]
            assert all(e["error"] == "ENOSYS" for e in errors if text in e["message"] and e["kind"] != "info"), what
            assert not any(o["mech"] in MECHS[lacking.part] for o in r.json.get("objects", [])), what


def test_all_else_is_answered(lacking):
    for words in SILENT[lacking.part]:
        r = lacking.less(*words.split())
        assert r.rc == 0 and LACKS[lacking.part] not in r.err, (words, r.rc, r.out, r.err)
        if "--json" in words:
            assert not {"ENOSYS", "EOPNOTSUPP"} & {e["error"] for e in r.json["errors"]}, (words, r.err)


def test_what_is_listed_is_the_rest(lacking):
    free = lacking.objects()
    less = lacking.less("ls", "--json").json["objects"]
    assert [o["ref"] for o in less] == [o["ref"] for o in free if o["mech"] not in MECHS[lacking.part]]


def test_unknown_use_is_not_zero(lacking):
    """lsipc prints 0 where it could not count; ipcx prints a dash."""
    names = {"sysvipc": ("MSGMNI", "SHMMNI", "SHMALL", "SEMMNI", "SEMMNS"), "mqueue": ("MQUMNI",), "ipcns": ()}[lacking.part]
    rows = {o["resource"]: o for o in json.loads(lacking.less("compat", "lsipc", "--json").stdout)["ipclimits"]}
    for name in names:
        assert rows[name]["used"] == "-", rows[name]
    assert all(o["used"] != "-" for name, o in rows.items() if name in ("MSGMNI", "MQUMNI", "SHMALL") and name not in names)


def test_a_filter_is_not_the_kernel(world):
    """The calls are missing, but /proc shows that the kernel has them: what is left is unknown, and the kernel's build is not blamed."""
    make_all(world)
    calls = "shmctl shmget shmat msgctl msgget semctl semget mq_open".split()
    for hide, text in (("", "does not offer the call"), ("mount -t tmpfs none /proc/sysvipc;", "the kernel has no System V IPC (CONFIG_SYSVIPC), or a seccomp filter forbids it")):
        r = world.run("unshare", "--mount", "sh", "-c", hide + 'exec "$@"', "sh", helper("seccomp"), "38", *calls, "--", IPCX, "rm", "sysv", "pshm", "--all", "--dry-run", env=QUIET)
        if hide:
            assert r.rc == 4 and len(said(r, text)) == 1, (r.rc, r.err)
        assert "this kernel has no" not in r.err, r.err


def test_a_filter_cannot_hide_proc(lacking):
    """A filter is active, but /proc lacks what the kernel would show there."""
    if lacking.part != "ipcns":
        r = lacking.less("ls", MECHS[lacking.part][0], show=["filter"])
        assert len(said(r, LACKS[lacking.part])) == 1, r.err
