# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands that make, change, remove, send, receive, hold and enter, on kernels that lack a call and under filters: they do the same as without, or one line says why
not, and nothing is half done."""

import re

import pytest

from conftest import IPCX, World
from forbidding import ABSENT, ENOSYS, EPERM, KILL, LIBRARY, OLD, QUIET, forbid, noted
from helpers.tools import helper

# Each beside the objects of helpers/scene.c: in their namespaces, or outside if a word is "@". With "user" as an ordinary one.
ACTS = [
    "mk pshm:/y --size 4K --allocate --mode 0640 --owner 1:1", "mk psem:/x --if-missing", "mk shm:0x12 --from -", "mk pshm:/y --from -", "compat ipcmk -M 4096",
    "rm all --all --yes", "rm all --unused --yes", "user rm all --all --yes", "set all --mode 0644 -w uid==0", "set pshm:/x --mode 0640 --owner 1:1 --size 8K",
    "user msg send msg:0 one", "msg peek 0x11", "msg drain 0x11 /dev/shm/f", "user sem op sem:0 7-1", "sem run 0x11:0 -- true", "shm copy pshm:/x shm:0x11",
    "psem run /x -- true", "compat ipcrm -a", "ns new -- true", "ns enter @ -- true", "ns enter @ --mount -- true", "mk psem:/y --ns @", "rm all --all --yes --ns @",
    "set pshm:/x --mode 0640 --ns @", "msg recv 0x11 --ns @", "stress msg --ops 2 --workers 2 --cpus 1 --format raw -o workload",
    "stress compare --workload setup --ops 2 --cpus 1 --format raw -o workload",
]
# What the commands above call; the rest of ABSENT is called by those of test_old_kernels.py.
ACTED = {"*_STAT_ANY", "MSG_COPY", "PROCMAP_QUERY", "mounts by descriptor", "openat2", "pidfd_open", "statx", "close_range", "fchmodat2", "faccessat2",
         "memfd_create", "keyctl", "listns", "getrandom"}
# What has no other way. Everything else does the same without the call.
REFUSED = {
    "MSG_COPY": "msg peek", "openat2": "@", "statx": "@", "mounts by descriptor": "@", "keyctl": "@ --mount", "memfd_create": "stress compare",
    "*_STAT_ANY": "set all",  # done, but what it prints lacks qbytes
}
# These call nothing that can be absent.
PLAIN = [
    "mk shm:0x12 --size 4K --mode 0640 --owner 1:1", "mk msg:0x12 --qbytes 8K", "mk sem:0x12 --nsems 2 --init 1,2", "mk mq:/y --maxmsg 2 --msgsize 16 --owner 1:1",
    "set msg:0x11 --qbytes 4K", "set shm:0x11 --mode 0640", "msg send 0x11 one two", "msg recv 0x11", "msg recv 0x11 --type 9 --timeout 10ms",
    "msg load 0x11 /dev/null", "mq send /x one", "mq recv /x", "mq notify /x", "mq recv /x --timeout 10ms", "mq drain /x -", "shm read 0x11", "shm write 0x11",
    "sem get 0x11", "sem set 0x11 1=5", "sem op 0x11 0-1 1+2", "sem op 0x11 0-1 --timeout 10ms", "sem wait 0x11:1", "sem post 0x11:0",
    "limits set shmmni=100", "rm shm:0x11 msg:0x11 sem:0x11 mq:/x", "compat ipcrm -M 0x12",
]


@pytest.fixture(scope="module")
def world():
    w = World()
    w.before = beside(w, "true").out.splitlines()
    yield w
    w.close()


def beside(world, *words, **more):
    return world.run(helper("scene", folder=__file__.rpartition("/")[0] + "/helpers"), *words, env=QUIET, **more)


def act(world, words, before=()):
    words = words.split()
    user = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"] if words[0] == "user" else []
    return beside(world, *["-o"][:"@" in words], *user, *before, IPCX, *words[bool(user):], input="abc" if words[-1] == "-" else None)


def told(r):
    """What was printed, and what the objects are then. The key of ipcmk is random."""
    out, _, then = re.sub(r"(?m)^shm [0-9a-f]{5,8} ", "shm KEY ", r.out).partition("--- then\n")
    return out, then.splitlines()


def check(world, words, free, r, absent):
    if (r.rc, told(r)) == (free.rc, told(free)):
        return
    assert absent == "all" or (absent in REFUSED and REFUSED[absent] in words), (words, absent, r.rc, r.out, r.err)
    assert "killed by signal" not in r.err
    assert r.rc in (1, 4) and set(r.err.splitlines()) - set(free.err.splitlines()), (words, absent, r.rc, r.err)
    assert r.rc == 4 or words.startswith("stress") or r.err.count("\n") == 1, r.err
    now = told(r)[1]
    assert now == told(beside(world, "true"))[1] if r.rc == 1 else {*now} <= {*told(free)[1], *told(beside(world, "true"))[1]}, (words, absent, r.out)


made = {}


@pytest.mark.parametrize("words", ACTS)
def test_the_same_or_a_reason(world, words):
    """On an old kernel, where no filter is seen, and under filters, where other calls are made."""
    free = act(world, words)
    assert free.rc == (1 if words.startswith(("user rm", "user sem")) else 0), free.err
    old, called = noted(world, lambda before: act(world, words, before), True)
    assert (old.rc, told(old)) == (free.rc, told(free))
    made[words] = called
    seen, under = noted(world, lambda before: act(world, words, before), False)
    assert (seen.rc, told(seen)) == (free.rc, told(free)) or (seen.rc == 4 and seen.err)
    cases = [(absent, OLD) for absent in sorted(called)] + [(absent, KILL) for absent in sorted(under - {*LIBRARY})]
    cases += [("all", OLD)] * (len(called) > 1) + [("all", answer) for answer in (ENOSYS, EPERM, KILL) if under]
    for absent, answer in cases:
        check(world, words, free if answer == OLD else seen, act(world, words, forbid(answer, absent)), absent)


def test_what_can_be_absent_is_called(world):
    """Otherwise the test above tests nothing."""
    for words in ACTS:
        if words not in made:  # this test runs alone
            made[words] = noted(world, lambda before, w=words: act(world, w, before), True)[1]
    assert set().union(*made.values()) >= ACTED
    assert set(ABSENT) - ACTED <= {"clone3", "pidfd_getfd", "process_vm_readv", "kcmp", "get_robust_list", "pidfd_send_signal"}


@pytest.mark.parametrize("hidden", [True, False])
def test_plain_commands_call_nothing_that_can_be_absent(world, hidden):
    # The shell itself calls getrandom.
    script = "\n".join(f'"$0" {words} </dev/null; echo =$?' for words in PLAIN)
    r, called = noted(world, lambda before: beside(world, *before, "sh", "-c", script, IPCX), hidden)
    assert set(re.findall(r"(?<==)\d+", r.out)) == {"0", "5"} and called <= {"getrandom"}, (called, r.out, r.err)


# These start no process, not even one that asks what a filter kills for.
ALONE = [
    "ls -o ref,owner,mode,size", "ls --json -o ref,size,qbytes", "limits -o name,limit", "compat ipcs", "compat ipcrm -a", "compat ipcmk -M 4096",
    "mk pshm:/y --size 4K --mode 0640 --owner 1:1", "mk psem:/y", "mk psem:/x --if-missing", "mk shm:0x12 --size 4K", "set all --mode 0640 -w uid==0",
    "rm all --all --yes", "msg send 0x11 one", "msg recv 0x11", "mq recv /x", "shm read 0x11", "pshm read /x", "sem op 0x11 0-1", "psem get /x", "sem run 0x11:0 -- true",
]


@pytest.mark.parametrize("words", ALONE)
def test_a_filter_that_kills_for_new_processes(world, words):
    free, r = act(world, words), act(world, words, forbid(KILL, "all", "clone", "clone3", "fork", "vfork"))
    assert (r.rc, told(r)) == (free.rc, told(free)) and r.err == free.err, r.err
