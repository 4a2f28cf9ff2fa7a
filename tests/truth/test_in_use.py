# SPDX-License-Identifier: GPL-2.0-or-later
"""user_count, in_use, in_use_reason and hugepagesize are true or unknown with a reason; `rm --unused` removes what is unused and nothing else."""

import contextlib
import os
import re

import pytest

from helpers.real import DUMP, kernel, meanwhile, on_terminal
from helpers.tools import MAKE, need, preload, release, trace
from planting import PAGE, plant

FIELDS = ("user_count", "in_use", "in_use_reason")
NEVER = {"msg": "user_count is unknown: processes do not attach to a message queue",
         "sem": "user_count is unknown: processes do not attach to a semaphore array"}
OTHERS = "processes outside this /proc cannot be seen"
REMOVABLE = [m["name"] for m in DUMP["mechanisms"] if m["name"] in MAKE]


def first(world, *words, **more):
    """Run ipcx in the world as if in the first PID namespace: no process is out of sight."""
    return world.run(release(), *words, env={"LD_PRELOAD": preload("first")}, **more)


def told(r, mech=None):
    """Return {reference: [user_count, in_use, in_use_reason]} of a listing in JSON; unknown values are "?"."""
    assert r.rc == 0, r.err
    return {o["ref"]: ["?" if f in o.get("unknown", ()) else o[f] for f in FIELDS] for o in r.json["objects"] if mech in (None, o["mech"])}


def use(world, *words, run=None, **more):
    return told((run or (lambda w, *a, **m: w.ipcx(*a, **m)))(world, "ls", *words, "--json", "-o", "ref,mech," + ",".join(FIELDS), **more))


def refs(world, *words):
    return world.ok("ls", "-q", *words).split()


def make(world, mech):
    world.ok("mk", *MAKE[mech])
    return refs(world, mech)[0]


# ---- every mechanism: used, unused, unknown

USED = {
    "shm": (["id 0", "shmat"], [1, True, "attached"]),
    "mq": (["mq_open /x"], [1, True, "open"]),
    "pshm": (["open /dev/shm/x rw"], [1, True, "mapped or open"]),
    "psem": (["open /dev/shm/sem.x rw", "map 32", "close"], [1, True, "mapped or open"]),
}
UNUSED = {
    "shm": [0, False, "creator ended"],
    "msg": ["?", "?", "use between calls is not recorded"],
    "sem": ["?", "?", "use between calls is not recorded"],
    "mq": [0, False, "nobody has it open"],
    "pshm": [0, False, "nobody has it open"],
    "psem": [0, False, "nobody has it open"],
}


@pytest.mark.parametrize("mech", REMOVABLE)
def test_an_object_that_nobody_uses(world, mech):
    ref = make(world, mech)
    r = first(world, "ls", ref, "--json", "-o", "ref,mech," + ",".join(FIELDS))
    assert told(r) == {ref: UNUSED[mech]}
    assert (NEVER[mech] in r.err) if mech in NEVER else r.err == ""


@pytest.mark.parametrize("mech", USED)
def test_an_object_that_a_process_uses(world, mech):
    ref = make(world, mech)
    steps, want = USED[mech]
    with plant(world, *steps), plant(world, *steps):
        assert use(world, ref, run=first) == {ref: [2, *want[1:]]}, "two processes"
        # In another PID namespace there may be more processes, unless the kernel counts them; but it is in use.
        assert use(world, ref) == {ref: [2 if mech == "shm" else "?", *want[1:]]}
    assert use(world, ref, run=first) == {ref: UNUSED[mech]}


@pytest.mark.parametrize("mech", ["mq", "pshm", "psem"])
def test_that_nobody_uses_it_is_unknown_if_processes_may_be_out_of_sight(world, mech):
    ref = make(world, mech)
    r = world.ipcx("ls", ref, "--json", "-o", "ref,mech," + ",".join(FIELDS))
    assert told(r) == {ref: ["?", "?", "cannot be found out"]} and OTHERS in r.err and r.err.count("note:") == 1
    assert [e["kind"] for e in r.json["errors"]] == ["incomplete"]


def test_one_process_counts_once(world):
    make(world, "pshm")
    make(world, "shm")
    with plant(world, "open /dev/shm/x rw", f"map {PAGE}", "open /dev/shm/x rw", f"map {PAGE}", "id 0", "shmat", "shmat_ro"):
        assert [v[0] for v in use(world, "pshm", "shm", run=first).values()] == [1, 1]


def test_signs_of_queues_and_arrays(world):
    kernel(world, "msgs = [check(libc.msgget(0, 0o600 | IPC_CREAT)) for _ in range(3)]; sems = [check(libc.semget(0, 1, 0o600 | IPC_CREAT)) for _ in range(3)]\n"
                  "msgsnd(0, 1, b'x'); semop(0, 0, 1)")
    with meanwhile(world, "msgsnd(1, 1, b'x'); check(libc.msgrcv(1, ctypes.create_string_buffer(64), 8, 0, 0)); semop(1, 0, 1); hold()"):
        assert use(world, "msg", "sem", run=first) == {
            "msg:0": ["?", True, "holds messages"], "msg:1": ["?", True, "its last sender still runs"], "msg:2": ["?", *UNUSED["msg"][1:]],
            "sem:0": UNUSED["sem"], "sem:1": ["?", True, "its last operator still runs"], "sem:2": UNUSED["sem"]}
        with meanwhile(world, "if os.fork() == 0:\n    semop(2, 0, -1)\nwait_for(lambda: libc.semctl(2, 0, 14) == 1)\nhold()"):
            assert use(world, "sem:2") == {"sem:2": ["?", True, "waited on"]}
            kernel(world, "semop(2, 0, 1)")


def test_a_queue_that_holds_messages_needs_no_look_at_processes(world):
    make(world, "mq")
    kernel(world, "libc.mq_send(libc.mq_open(b'/x', os.O_WRONLY), b'x', 1, 0)")
    r = world.ipcx("ls", "mq", "--json", "-o", "ref,mech,in_use,in_use_reason")
    assert r.json["objects"] == [{"ref": "mq:/x", "mech": "mq", "in_use": True, "in_use_reason": "holds messages"}] and r.err == "", "known all the same"


# ---- segments and their creators


def creator_of(world):
    return use(world, "shm")["shm:0"][1:]


def test_a_living_creator(world):
    with meanwhile(world, "check(libc.shmget(5, 1, IPC_CREAT))\nhold()"):
        assert creator_of(world) == [True, "its creator still runs"]
        with plant(world, "id 0", "shmat"):
            assert creator_of(world) == [True, "attached"]
    assert creator_of(world) == [False, "creator ended"]


def test_a_process_that_has_the_number_of_the_creator(world):
    code = """
if not os.access("/proc/sys/kernel/ns_last_pid", os.W_OK):
    sys.exit(77)
at_pid(300, lambda: check(libc.shmget(5, 1, IPC_CREAT | 0o600)))
os.waitpid(300, 0)
made = struct.unpack_from("=q", (lambda b: check(libc.shmctl(libc.shmget(5, 0, 0), IPC_STAT, b)) or b)(ctypes.create_string_buffer(512)), 72)[0]
wait_for(lambda: time.time() >= made + 2)
at_pid(300, hold)
os.waitpid(300, 0)
"""
    with meanwhile(world, code) as p:
        if p.poll() == 77:
            pytest.skip("a process number cannot be chosen here")
        assert creator_of(world) == [False, "creator ended"]
        # When it was made is forgotten: this may be its creator, so it is kept.
        kernel(world, "time.sleep(1.1); b = ctypes.create_string_buffer(512); check(libc.shmctl(0, IPC_STAT, b)); check(libc.shmctl(0, 1, b))")
        assert creator_of(world)[0] is not False
        assert world.ok("rm", "shm", "--unused") == "" and refs(world) == ["shm:0"]


def test_a_creator_outside_of_the_pid_namespace(world):
    make(world, "shm")
    script = 'exec unshare --pid --fork --mount-proc "$IPCX" {} shm {} --json'
    r = world.sh(script.format("ls", "-o ref,mech," + ",".join(FIELDS)))
    assert told(r) == {"shm:0": [0, "?", "cannot be found out"]} and "PID namespace" in r.err
    r = world.sh(script.format("rm", "--unused"))
    assert r.rc == 4 and "shm: 1 kept: unknown whether it is in use (cannot be found out)" in r.err and refs(world) == ["shm:0"]
    with plant(world, "id 0", "shmat"):
        r = world.sh(script.format("ls", "-o ref,mech,in_use"))
        assert r.json["objects"][0]["in_use"] is True and r.err == "", "who made it does not matter then"


def test_a_removed_segment_that_is_attached(world):
    make(world, "shm")
    with plant(world, "id 0", "shmat", "dest"):
        assert use(world, "shm") == {"shm:0": [1, True, "attached"]}


# ---- what others may not see


def test_an_ordinary_user(world):
    world.ok("mk", "shm", "--size", PAGE, "--mode", "0666", "--count", "2")
    world.ok("mk", "pshm", "/x", "--size", PAGE, "--mode", "0666")
    world.ok("mk", "pshm", "/y", "--size", PAGE, "--mode", "0666")
    steps = ["id 0", "shmat", "open /dev/shm/x rw"]
    with plant(world, *steps), plant(world, *steps, uid=1000):
        assert use(world, "shm", uid=1000) == {"shm:0": ["?", True, "attached"], "shm:1": [0, False, "creator ended"]}
        assert use(world, "pshm", run=first, uid=1000) == {"pshm:/x": ["?", True, "mapped or open"], "pshm:/y": ["?", "?", "cannot be found out"]}
        r = first(world, "ls", "shm", "--json", "-o", "ref,user_count", uid=1000)
        assert "may not be looked at" in r.err and r.err.count("note:") == 1
        assert use(world, "shm", "pshm", run=first) == {
            "shm:0": [2, True, "attached"], "shm:1": UNUSED["shm"], "pshm:/x": [2, True, "mapped or open"], "pshm:/y": UNUSED["pshm"]}


@pytest.mark.parametrize("columns", [[], ["-o", "ref,user_count"]])
@pytest.mark.parametrize("condition, shm, pshm", [
    ("user_count == 0", ["shm:1"], []), ("user_count > 0", ["shm:0"], ["pshm:/x"]), ("user_count != 0", ["shm:0"], ["pshm:/x"]),
    ("user_count >= 2", [], []), ("user_count < 2", ["shm:1"], []), ("unknown(user_count)", ["shm:0"], ["pshm:/x", "pshm:/y"])])
def test_conditions_as_an_ordinary_user(world, condition, shm, pshm, columns):
    """That there is a user is known as soon as one was seen, or the kernel counts one; the columns make no difference."""
    world.ok("mk", "shm", "--size", PAGE, "--mode", "0666", "--count", "2")
    for name in ("/x", "/y"):
        world.ok("mk", "pshm", name, "--size", PAGE, "--mode", "0666")
    steps = ["id 0", "shmat", "open /dev/shm/x rw"]
    with plant(world, *steps), plant(world, *steps, uid=1000):
        r = first(world, "ls", "shm", "pshm", "-w", condition, "--json", *(columns or ["-o", "ref"]), uid=1000)
        assert sorted(o["ref"] for o in r.json["objects"]) == pshm + shm and r.rc == 0
        r = first(world, "rm", "shm", "-w", condition, "--dry-run", "--json", *columns, uid=1000)
        found = [e["ref"] for e in r.json["errors"] if e["kind"] == "failed"] + [o["ref"] for o in r.json["objects"]]
        assert sorted(found) == shm, "it may not be removed, but is the one that is meant"


def test_a_removal_whose_condition_is_unknown_is_not_complete(world):
    for mech in ("pshm", "psem", "mq"):
        make(world, mech)
        r = world.ipcx("rm", mech, "-w", "user_count == 0")
        assert r.rc == 4 and OTHERS in r.err and len(refs(world, mech)) == 1
        r = world.ipcx("rm", mech, "-w", "!in_use")
        assert r.rc == 4 and OTHERS in r.err and len(refs(world, mech)) == 1
        assert first(world, "rm", mech, "-w", "user_count == 0 && !in_use").rc == 0 and refs(world, mech) == []


def test_a_shm_directory_that_is_not_in_memory(world):
    """There, a mapping may show another device than the file, so that its users are unknown."""
    path = os.path.join(world.dir, "disk")
    os.mkdir(path)
    if world.run("stat", "-f", "-c", "%T", path).out.strip() in ("tmpfs", "ramfs"):
        pytest.skip("this machine's temporary files are in memory")
    assert world.run("mount", "--bind", path, "/dev/shm").rc == 0
    for mech in ("pshm", "psem"):
        world.ok("mk", *MAKE[mech])
        r = first(world, "ls", mech, "--json", "-o", "ref,mech," + ",".join(FIELDS))
        assert list(told(r).values()) == [["?", "?", "cannot be found out"]] and "not a memory file system" in r.err
        assert first(world, "rm", mech, "--unused").rc == 4 and world.ipcx("ls", "-q", mech).out == f"{mech}:/x\n"


# ---- what is not asked for costs nothing


def looked_at(calls):
    return [c for c in calls if re.search(r'"(?:\d+/)?(?:maps|fd|environ)"', c.args)]


@pytest.mark.parametrize("words", [["ls"], ["ls", "--json"], ["ls", "all", "-w", "nattch == 0"], ["ls", "shm", "-o", "ref,in_use,in_use_reason"],
                                   ["ls", "sem", "msg", "-o", "ref,user_count,in_use"], ["ls", "shm", "-w", "user_count == 0", "-o", "ref,user_count"],
                                   ["rm", "shm", "--unused", "--dry-run"]])
def test_processes_are_not_looked_through_without_need(world, words):
    for mech in REMOVABLE:
        make(world, mech)
    _, calls = trace(world, *words)
    assert not looked_at(calls)


@pytest.mark.parametrize("words", [["ls", "-o", "ref,user_count,in_use"], ["ls", "--ns", "all", "-o", "ref,user_count"], ["rm", "all", "--all", "--dry-run", "-w", "in_use"]])
def test_processes_are_looked_through_once(world, words):
    words = [w for w in words if w != "--all"]
    for mech in REMOVABLE:
        make(world, mech)
    with plant(world, "id 0", "shmat"):
        _, calls = trace(world, *words, rc=(0, 4))
        opened = [c for c in calls if c.name in ("openat", "openat2") and c.path == "maps"]
        assert opened and len(opened) <= len([d for d in world.run("ls", "/proc").out.split() if d.isdigit()]) + 4


# ---- other namespaces


def test_equal_ids_in_two_namespaces(world):
    """Each segment counts its own processes, although id and key are equal."""
    world.ok("mk", "shm", "--size", PAGE, "--key", "0x1234")
    with plant(world, "id 0", "shmat"), plant(world, "id 0", "shmat"), \
            plant(world, f"shmget 0x1234 {PAGE}", "shmat", before=["unshare", "--ipc"]) as other:
        r = world.ipcx("ls", "shm", "--ns", "all", "--json", "-o", "ref,ns,user_count,in_use")
        assert sorted(o["user_count"] for o in r.json["objects"] if o["ref"] == "shm:0" and o["user_count"]) == [1, 2], r.out
        r = world.ipcx("ls", "shm", "--ns", other.pid, "--json", "-o", "ref,user_count,in_use")
        assert r.json["objects"] == [{"ref": "shm:0", "user_count": 1, "in_use": True}]
        assert world.ipcx("ls", "shm", "--ns", other.pid, "-q", "-w", "user_count == 2").out == ""


# ---- huge pages


def huge(world, ref):
    r = world.ipcx("ls", ref, "--json", "-o", "ref,hugepagesize")
    assert r.rc == 0
    o = r.json["objects"][0]
    assert ("unknown" in o) == ("page sizes of some segments are unknown" in r.err)
    return "?" if "unknown" in o else o["hugepagesize"]


def test_ordinary_pages(world):
    kernel(world, "for i in range(2):\n    check(libc.shmget(0, 1 << 22, 0o600 | IPC_CREAT))\nctypes.memset(libc.shmat(1, None, 0), 1, 5000)")
    assert huge(world, "shm:1") is None, "less memory than a huge page"
    assert huge(world, "shm:0") == ("?" if os.path.isdir("/sys/kernel/mm/hugepages") else None), "nothing tells"
    with plant(world, "id 0", "shmat_ro"):
        assert huge(world, "shm:0") is None


def test_huge_pages(world):
    r = world.ipcx("mk", "shm", "--size", "2M", "--huge=2M", "--noreserve")
    if r.rc:
        pytest.skip("no segment with huge pages can be made here: " + r.err)
    assert huge(world, "shm:0") == "?"
    with plant(world, "id 0", "shmat_ro"):
        assert huge(world, "shm:0") == 2 << 20


# ---- rm --unused


def test_unused_objects_of_all_mechanisms_are_removed(world):
    for mech in REMOVABLE:
        make(world, mech)
    r = first(world, "rm", "--unused", "--dry-run", "-o", "ref", "--format", "raw")
    assert r.rc == 4 and r.out.split() == ["shm:0", "mq:/x", "pshm:/x", "psem:/x"] and refs(world)
    r = first(world, "rm", "--unused", "--json")
    assert r.rc == 4 and [o["ref"] for o in r.json["objects"]] == ["shm:0", "mq:/x", "pshm:/x", "psem:/x"] and refs(world) == ["msg:0", "sem:0"]
    assert "msg: 1 kept: unknown whether it is in use (use between calls is not recorded)" in r.err
    assert "sem: 1 kept: unknown whether it is in use (use between calls is not recorded)" in r.err


@pytest.mark.parametrize("mech", USED)
def test_used_objects_are_kept(world, mech):
    ref = make(world, mech)
    steps, want = USED[mech]
    with plant(world, *steps):
        for run in (first, lambda w, *a: w.ipcx(*a)):
            r = run(world, "rm", mech, "--unused")
            assert (r.rc, r.err) == (0, "") and refs(world) == [ref]
            r = run(world, "rm", ref, "--unused")
            reason = "attached 1 time" if mech == "shm" else f"in use ({want[2]})"
            assert (r.rc, r.err) == (0, f"ipcx: note: {ref}: {reason}: kept\n") and refs(world) == [ref]
    assert first(world, "rm", ref, "--unused").rc == 0 and refs(world) == []


def test_what_is_kept_is_counted_by_its_reason(world):
    world.ok("mk", "msg", "--count", "3")
    for name in "abc":
        world.ok("mk", "pshm", "/" + name, "--size", PAGE)
    with plant(world, "open /dev/shm/b rw"):
        r = world.ipcx("rm", "--unused", "-v")
    assert r.rc == 4 and len(refs(world)) == 6
    assert "note: msg: 3 kept: unknown whether they are in use (cannot be found out)" in r.err
    assert "note: pshm: 2 kept: unknown whether they are in use (cannot be found out)" in r.err and "note: 1 in use: kept" in r.err and OTHERS in r.err


def test_what_is_used_after_the_question_is_kept(world):
    """The answer is given, and then a process attaches: the state at the removal counts."""
    world.ok("mk", "shm", "--size", PAGE, "--count", "3")
    with contextlib.ExitStack() as stack:
        status, text = on_terminal(world, "rm", "shm", "--unused", answer="y", before=lambda: stack.enter_context(plant(world, "id 1", "shmat")))
        assert status == 0 and "remove 3 shm from" in text and refs(world) == ["shm:1"]


def test_what_is_opened_after_the_question_is_kept(world):
    for name in "ab":
        world.ok("mk", "pshm", "/" + name, "--size", PAGE)
    with contextlib.ExitStack() as stack:
        status, text = on_terminal(world, "rm", "pshm", "-w", "!(user_count > 0) || unknown(user_count)", answer="y",
                                   before=lambda: stack.enter_context(plant(world, "open /dev/shm/a rw")))
        assert "remove 2 pshm from" in text and status in (0, 4)


# ---- the question names the users


def test_the_question_names_the_users(world):
    for mech in REMOVABLE:
        make(world, mech)
    kernel(world, "msgsnd(0, 1, b'x')")
    steps = ["id 0", "shmat", "open /dev/shm/x rw", "mq_open /x"]
    with contextlib.ExitStack() as stack:
        pids = [stack.enter_context(plant(world, *steps)).pid for _ in range(5)]
        named = ", ".join(f"{pid} (plant)" for pid in pids[:3]) + ", 2 more\n"
        status, text = on_terminal(world, "rm", "all", "--all", answer="n")
        assert status == 1 and f"shm:0: attached by {named}" in text and f"pshm:/x: used by {named}" in text and f"mq:/x: used by {named}" in text
        assert re.search(r"^processes outside this PID namespace, or hidden by hidepid, may use them, too$", text, re.M) and len(refs(world)) == 6
        status, text = on_terminal(world, "rm", "shm", "sem", "--all", answer="n")
        assert f"shm:0: attached by {named}" in text and "may use them" not in text, "the kernel counts who attaches"
        r = world.ipcx("rm", "shm:0", "--dry-run", "-v")
        assert f"ipcx: note: shm:0: attached by {named}" in r.err and r.rc == 0
        assert "plant" not in world.ipcx("rm", "all", "--all", "--dry-run").err, "scripts do not wait for it"


def test_the_question_says_what_it_cannot_see(world):
    world.ok("mk", "shm", "--size", PAGE, "--mode", "0666", "--owner", "1000", "--count", "2")
    with plant(world, "id 0", "shmat"):
        status, text = on_terminal(world, "rm", "shm", "--all", answer="n", uid=1000)
        assert status == 1 and "1 attach by processes that were not found\n" in text


def test_the_question_survives_hostile_commands(world):
    make(world, "shm")
    world.ok("mk", "shm", "--size", PAGE)
    with meanwhile(world, "open('/proc/self/comm', 'wb').write(b'\\033[31m\\nrm? \\xff')\nlibc.shmat(0, None, 0)\nhold()"):
        status, text = on_terminal(world, "rm", "shm", "--all", answer="n", env={"NO_COLOR": "1"})
        assert status == 1 and "\033" not in text and r"(\x1b[31m\x0arm? \xff)" in text


# ---- faults


def test_without_proc(world):
    for mech in REMOVABLE:
        make(world, mech)
    r = world.run("unshare", "--mount", "sh", "-c", 'umount -l /proc && "$1" rm --unused', "sh", release())
    assert r.rc == 4 and r.err.count("kept: unknown whether it is in use") >= 4, r.err
    assert {"msg:0", "mq:/x", "pshm:/x", "psem:/x"} <= set(refs(world))


def test_a_process_that_ends_meanwhile_leaves_nothing_unknown(world):
    """Processes come and go all the time."""
    need("sh")
    make(world, "pshm")
    with plant(world, "churn 3"):
        for _ in range(20):
            assert use(world, "pshm", run=first) == {"pshm:/x": UNUSED["pshm"]}
