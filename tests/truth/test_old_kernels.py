# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels that lack a call that ipcx can use: the call fails with ENOSYS, or with EPERM, as filters of containers answer what they do not know, or it kills the
process. The answer is the same as without the filter, or a line on stderr says what is missing."""

import subprocess

import pytest

from conftest import IPCX, World
from forbidding import ENOSYS, EPERM, KILL, OLD, QUIET, forbid, noted
from helpers.places import Place
from helpers.tools import make_all
from waiting import planted

LOOKS = [
    "ls --json -o all", "ls memfd --json -o all", "ls pipe --json -o ref,buffered -w buffered==3", "ls pshm --deleted --json", "ls --ns all --json", "ls --ns {} --json",
    "show shm:0 msg:0 sem:0 mq:/x pshm:/x psem:/x --json", "who --json", "waits --json", "waits --ns {} --json", "ns ls --json", "ns show {} --json", "ns cmp self {} --json",
    "rm all --all --dry-run --json", "ls --json -w in_use", "compat lsipc -m", "compat ipcs -m", "user ls --json -o all",
]
# What changes from one moment to the next: reading the size of a POSIX queue moves its ctime.
MOVES = {"age", "idle", "errors", "ctime", "atime", "since", "waited"}


def still(value):
    """The document without what changes with time, and without notes, which are on stderr, too."""
    if isinstance(value, dict):
        return {k: still(v) for k, v in value.items() if k not in MOVES}
    return [still(v) for v in value] if isinstance(value, list) else value


def answer_of(r):
    return still(r.json) if r.out.startswith("{") else r.out


def unseen(r):
    """How many processes, waiters or attaches the document itself counts as not seen."""
    return sum(r.json.get("unseen", {}).values()) if r.out.startswith("{") else 0


def differ(one, other, at=""):
    """The places in which two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [d for k in sorted({*one, *other}) for d in differ(one.get(k), other.get(k), f"{at}.{k}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, pair in enumerate(zip(one, other)) for d in differ(*pair, f"{at}[{i}]")]
    return [] if one == other else [f"{at}: {one} != {other}"]


HOLD = """import mmap, os, threading
m = mmap.mmap(os.open("/dev/shm/x", os.O_RDWR), 4096)
d = os.memfd_create("held")
r, w = os.pipe()
os.write(w, b"abc")
threading.Thread(target=threading.Event().wait, daemon=True).start()
print("ready", flush=True)
input()"""


def look(world, words, before=()):
    user = words.startswith("user ")  # may not read root's objects
    return world.run(*before, IPCX, *words.removeprefix("user ").format(world.place.pid).split(), env=QUIET, uid=1000 if user else None)


@pytest.fixture(scope="module")
def busy():
    """All kinds of objects, a process that uses some of them, and another namespace, in which threads wait for a robust mutex; .free has the answers without a
    filter, .made what each command calls of what can be absent, with a filter that hides itself and with one that is seen."""
    world = World()
    make_all(world)
    world.ok("msg", "send", "msg:0", "hello")
    holder = subprocess.Popen(world.argv("/usr/bin/python3", "-c", HOLD), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"ready\n"
    world.place = Place(world)
    world.ok("mk", "sem:0x5", "--nsems", "1", "--ns", world.place.pid)
    world.ok("mk", "pshm:/in", "--size", "4K", "--ns", world.place.pid)
    with planted(world, "mutex-robust", before=["nsenter", "-t", world.place.pid, "--ipc", "--mount"]):
        world.free = {words: look(world, words) for words in LOOKS}
        world.made = {hidden: {words: noted(world, lambda before, w=words: look(world, w, before), hidden)[1] for words in LOOKS} for hidden in (True, False)}
        yield world
    world.place.end()
    holder.communicate(b"\n")
    world.close()


# What the commands above call; the rest of ABSENT is called by those of test_old_kernels_act.py.
LOOKED = ("*_STAT_ANY", "MSG_COPY", "PROCMAP_QUERY", "openat2", "pidfd_open", "pidfd_getfd", "statx", "process_vm_readv", "kcmp", "get_robust_list", "faccessat2",
          "memfd_create", "listns")
REPLACED = ("PROCMAP_QUERY", "process_vm_readv", "faccessat2")  # there is another way that tells as much
CASES = [(absent, OLD) for absent in (*LOOKED, "mounts by descriptor", "clone3")]
CASES += [(absent, KILL) for absent in LOOKED if absent not in ("faccessat2", "listns")]  # under a filter these are not called at all
CASES += [("all", answer) for answer in (OLD, ENOSYS, EPERM, KILL)]


@pytest.mark.parametrize("absent,answer", CASES)
def test_the_same_answer_or_a_reason(busy, absent, answer):
    """Of one call, by the commands that make it: the others do not notice that it is absent."""
    made = busy.made[answer == OLD]
    found = [words for words in LOOKS if absent == "all" or absent in made[words]]
    if absent == "clone3" and not found:
        pytest.skip("this C library makes no such call")
    assert found
    for words in found:
        free, r = busy.free[words], look(busy, words, forbid(answer, absent))
        said = set(r.err.splitlines()) - set(free.err.splitlines())
        assert r.rc == free.rc or (r.rc in (1, 4) and said), (words, r.rc, r.err)
        assert not said or answer != OLD or absent not in REPLACED, (words, said)
        assert said or unseen(r) > unseen(free) or differ(answer_of(r), answer_of(free)) == [], words
