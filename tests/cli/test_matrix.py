# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command with every mechanism, from the binary's own tables: success, one missing object, some missing objects, wrong usage, not permitted."""

import itertools

import pytest

from helpers.real import COMMANDS, DUMP, MECHS, MISSING, mount_queues
from helpers.tools import MAKE, make_all

LIMIT = {"shm": "shmmni", "msg": "msgmni", "sem": "semmni", "mq": "mqueue_msg_max"}
WISH = {"shm": "4K", "msg": "1", "sem": "2", "mq": "1x16", "pshm": "4K", "psem": "1"}

# Processes do not attach to these, and "who" says so.
UNATTACHED = ("msg", "sem")
# The arguments of each command for one object; None if the command does not act on single objects of such a mechanism.
DO = {
    "ls": lambda mech, ref: ["ls", ref],
    "show": lambda mech, ref: ["show", ref],
    "who": lambda mech, ref: ["who", ref],
    "waits": lambda mech, ref: ["waits", ref],
    "mk": lambda mech, ref: ["mk", *(w.replace("/x", "/another") for w in MAKE[mech])],
    "rm": lambda mech, ref: ["rm", ref],
    "set": lambda mech, ref: ["set", ref, "--mode", "0640"],
    "limits": lambda mech, ref: ["limits", "--for", f"{mech}:{WISH[mech]}"],
    "limits set": lambda mech, ref: ["limits", "set", f"{LIMIT[mech]}=50"] if mech in LIMIT else None,
    "doctor": lambda mech, ref: None,  # takes no objects: tests/truth/test_doctor_objects.py
    "check": lambda mech, ref: None,  # another language of statuses: tests/cli/test_check.py
    "df": lambda mech, ref: None,  # shows sums: tests/truth/test_df.py
    "metrics": lambda mech, ref: ["metrics", mech],
    "key": lambda mech, ref: None if MECHS[mech]["named"] else ["key", "--explain", ref],
    "why": lambda mech, ref: None,  # its exit status is an answer: tests/cli/test_why.py
    "msg send": lambda mech, ref: ["msg", "send", ref, "hello"] if mech == "msg" else None,
    "msg recv": lambda mech, ref: ["msg", "recv", ref, "--all"] if mech == "msg" else None,
    "msg peek": lambda mech, ref: ["msg", "peek", ref] if mech == "msg" else None,
    "msg drain": lambda mech, ref: ["msg", "drain", ref, "-"] if mech == "msg" else None,
    "msg load": lambda mech, ref: ["msg", "load", ref, "/dev/null"] if mech == "msg" else None,
    "mq send": lambda mech, ref: ["mq", "send", ref, "hello"] if mech == "mq" else None,
    "mq recv": lambda mech, ref: ["mq", "recv", ref, "--all"] if mech == "mq" else None,
    "mq drain": lambda mech, ref: ["mq", "drain", ref, "-"] if mech == "mq" else None,
    "mq load": lambda mech, ref: ["mq", "load", ref, "/dev/null"] if mech == "mq" else None,
    "mq notify": lambda mech, ref: None,  # waits: tests/cli/test_mq.py
    **{f"{noun} {verb}": lambda mech, ref, words=(noun, verb): [*words, ref] if mech == words[0] else None
       for noun in ("shm", "pshm") for verb in ("read", "fill")},
    **{f"{noun} write": lambda mech, ref, noun=noun: [noun, "write", ref, "/dev/null"] if mech == noun else None for noun in ("shm", "pshm")},
    **{f"{noun} copy": lambda mech, ref, noun=noun: [noun, "copy", ref, ref] if mech == noun else None for noun in ("shm", "pshm")},
    "sem get": lambda mech, ref: ["sem", "get", ref] if mech == "sem" else None,
    "sem set": lambda mech, ref: ["sem", "set", ref, "0=1"] if mech == "sem" else None,
    "sem op": lambda mech, ref: ["sem", "op", ref, "0=0", "0+1"] if mech == "sem" else None,
    "sem post": lambda mech, ref: ["sem", "post", ref] if mech == "sem" else None,
    "sem wait": lambda mech, ref: None,  # the value is 0 here
    "sem run": lambda mech, ref: None,
    "psem get": lambda mech, ref: ["psem", "get", ref] if mech == "psem" else None,
    "psem wait": lambda mech, ref: ["psem", "wait", ref] if mech == "psem" else None,
    "psem post": lambda mech, ref: ["psem", "post", ref] if mech == "psem" else None,
    "psem run": lambda mech, ref: ["psem", "run", ref, "true"] if mech == "psem" else None,
    "help": lambda mech, ref: ["help"],
    "complete": lambda mech, ref: ["complete", "--", "rm", f"{mech}:"],
}
ON_OBJECTS = ["ls", "show", "who", "waits", "rm", "set"]
# These have test files of their own: commands about namespaces, the old names, and commands that create their objects themselves.
SUITES = ("ns", "compat", "stress")
# A command that does not apply to a mechanism has no cell; a command that is missing from the table has cells, which fail.
CELLS = [(c, m) for c, m in itertools.product([c for c in COMMANDS if c.split()[0] not in SUITES], MECHS) if c not in DO or DO[c](m, "")]


def test_every_command_has_its_row():
    assert set(DO) == {c for c in COMMANDS if c.split()[0] not in SUITES}
    assert set(MAKE) == set(MECHS) == set(WISH)


@pytest.mark.parametrize("command,mech", CELLS)
def test_success(world, command, mech):
    ref = make_all(world)[mech]
    words = DO[command](mech, ref)
    if words is None:
        pytest.skip(f"'{command}' has nothing to do with {mech}")
    if (command, mech) == ("limits", "mq"):  # never a yes: the kernel does not report what is left
        r = world.ipcx(*words)
        assert r.rc == 1 and r.err.startswith("ipcx: note: cannot tell whether it fits into rlimit_msgqueue"), r.err
        out = r.out
    elif command in ("who", "waits"):  # which say what they cannot know: test_who.py, test_waits.py
        r = world.ipcx(*words)
        assert r.rc == 0 and all(line.startswith("ipcx: note: ") for line in r.err.splitlines())
        assert (f"{mech}: processes do not attach to a " in r.err) == (mech in UNATTACHED and command == "who")
        out = r.out
    else:
        out = world.ok(*words)
    if command in ("ls", "show", "complete"):
        assert ref.split(":/")[-1].split(":")[-1] in out
    if command == "limits set":
        assert world.ipcx("limits", LIMIT[mech], "--json").json["limits"][0]["limit"] == 50
    left = {o["ref"]: o for o in world.objects(mech)}
    assert len(left) == {"rm": 0, "mk": 2}.get(command, 1)
    if command == "set":
        assert left[ref]["mode"] == "0640"


@pytest.mark.parametrize("command,mech", itertools.product(ON_OBJECTS, MECHS))
def test_a_missing_object_is_reported(world, command, mech):
    world.ok("mk", *MAKE[mech])
    refs = [MISSING[mech]] if MECHS[mech]["named"] else [MISSING[mech], f"{mech}:0x77777", f"{mech}:key=-5"]
    for ref in refs:
        r = world.ipcx(*DO[command](mech, ref))
        assert (r.rc, r.out) == (3, "")
        told = ref.replace("0x77777", "0x00077777").replace("key=-5", "0xfffffffb")
        assert r.err.startswith(f"ipcx: {told}: no such ") and r.err.count("\n") == 1
    assert len(world.objects(mech)) == 1


@pytest.mark.parametrize("command,mech", itertools.product(ON_OBJECTS, MECHS))
@pytest.mark.parametrize("first", ["missing", "there"])
def test_one_of_two_objects_is_missing(world, command, mech, first):
    ref = make_all(world)[mech]
    refs = [MISSING[mech], ref] if first == "missing" else [ref, MISSING[mech]]
    words = DO[command](mech, "REF")
    at = words.index("REF")
    words[at:at + 1] = refs
    r = world.ipcx(*words)
    assert r.rc == 4 and r.err.startswith(f"ipcx: {MISSING[mech]}: no such ")
    assert [o["mode"] for o in world.objects(mech)] == {"rm": [], "set": ["0640"]}.get(command, ["0600"])


WRONG = {True: ["/", "", "a/b", ".", "..", "/x/y", "x" * 256, "%zz", "%00", "%", "100%", "a%4"],
         False: ["", "x", "-1", "+1", "1x", "0x", "0xg", "0x100000000", "2147483648", "key=", "key=x", "key=0", "0x0", "/x", "1:2"]}


@pytest.mark.parametrize("command,mech", itertools.product(ON_OBJECTS, MECHS))
def test_invalid_references_are_wrong_usage(world, command, mech):
    ref = make_all(world)[mech]
    for wrong in WRONG[MECHS[mech]["named"]]:
        words = DO[command](mech, "REF")
        at = words.index("REF")
        words[at:at + 1] = [ref, f"{mech}:{wrong}"]
        r = world.ipcx(*words)
        assert (r.rc, r.out) == (2, ""), (wrong, r.rc, r.out)
        assert r.err.startswith("ipcx: ") and "--help" in r.err
    assert [o["mode"] for o in world.objects(mech)] == ["0600"], "nothing was done"


@pytest.mark.parametrize("command,mech", itertools.product(["rm", "set"], MECHS))
def test_a_permission_error_says_who_may(world, command, mech):
    mount_queues(world)
    ref = make_all(world)[mech]
    r = world.ipcx(*DO[command](mech, ref), uid=1000)
    assert (r.rc, r.out) == (1, "")
    # For mq, ipcx may also report that the owner of the mounted queues is unknown.
    assert any(line.startswith(f"ipcx: {ref}: cannot {'remove' if command == 'rm' else 'change'}: not permitted: ") for line in r.err.splitlines())
    assert "you are uid 1000, the owner is uid 0" in r.err and "(needs CAP_" in r.err
    assert [o["mode"] for o in world.objects(mech)] == ["0600"]


@pytest.mark.parametrize("command,mech", itertools.product(["rm", "set"], MECHS))
def test_own_objects_succeed_and_foreign_ones_are_reported(world, command, mech):
    theirs = make_all(world)[mech]
    mine = f"{mech}:" + world.ok(*DO["mk"](mech, ""), uid=1000)
    words = DO[command](mech, "REF")
    at = words.index("REF")
    words[at:at + 1] = [theirs, mine]
    r = world.ipcx(*words, uid=1000)
    assert r.rc == 4 and theirs in r.err and mine not in r.err
    modes = {o["ref"]: o["mode"] for o in world.objects(mech)}
    assert modes == ({theirs: "0600"} if command == "rm" else {theirs: "0600", mine: "0640"})


@pytest.mark.parametrize("mech", MECHS)
def test_any_user_may_read(world, mech):
    ref = make_all(world)[mech]
    for command in ("ls", "show"):
        r = world.ipcx(*DO[command](mech, ref), uid=1000)
        assert r.rc == 0 and r.out


@pytest.mark.parametrize("mech", MECHS)
def test_groups_hold_their_mechanisms(world, mech):
    ref = make_all(world)[mech]
    group = MECHS[mech]["group"]
    for word in (group, "all"):
        assert ref in {o["ref"] for o in world.objects(word)}
    others = {m["group"] for m in DUMP["mechanisms"]} - {group}
    assert ref not in {o["ref"] for other in others for o in world.objects(other)}


def test_a_mechanism_is_the_default_for_later_operands(world):
    world.ok("mk", "shm", "--size", "4K", "--count", "3")
    world.ok("mk", "msg", "--key", "0x4d2")
    world.ok("mk", "mq", "/jobs", "--maxmsg", "1", "--msgsize", "1")
    world.ok("mk", "sem", "--nsems", "1", "--key", "0x4d2")
    words = ["shm", "0", "2", "msg", "0x4d2", "mq", "/jobs", "sem", "key=1234"]
    for command in ("ls", "show", "set", "rm"):
        rows = world.ipcx(command, *words, "--json", *(["--mode", "0640"] if command == "set" else [])).json["objects"]
        assert [o["ref"] for o in rows] == ["shm:0", "shm:2", "msg:0", "mq:/jobs", "sem:0"], command
    assert [o["ref"] for o in world.objects()] == ["shm:1"]


def test_a_mechanism_followed_by_references_does_not_select_all(world):
    world.ok("mk", "shm", "--size", "4K", "--count", "2")
    assert world.ipcx("rm", "shm", "0").rc == 0
    assert [o["ref"] for o in world.objects()] == ["shm:1"]
    assert world.ipcx("rm", "msg", "shm", "1").rc == 2, "msg alone would be meant whole, which rm takes only with --all or --where"
    assert [o["ref"] for o in world.objects()] == ["shm:1"]


KEYS = ["0x000004d2", "0x4D2", "0x4d2", "key=1234", "key=0x4d2", "key=02322"]


@pytest.mark.parametrize("mech", [m for m in MECHS if not MECHS[m]["named"]])
def test_keys_in_every_spelling_find_the_same(world, mech):
    ref = f"{mech}:" + world.ok("mk", *MAKE[mech], "--key", "1234")
    negative = f"{mech}:" + world.ok("mk", *MAKE[mech], "--key", "-1")
    for key in KEYS:
        for words in ([f"{mech}:{key}"], [mech, key]):
            assert [o["ref"] for o in world.objects(*words)] == [ref], words
    for key in ("0xffffffff", "key=-1", "key=4294967295", "key=037777777777"):
        assert [o["ref"] for o in world.objects(f"{mech}:{key}")] == [negative]
    assert world.ipcx("ls", f"{mech}:1234").rc == 3, "decimal is an id"


@pytest.mark.parametrize("mech", [m for m in MECHS if MECHS[m]["named"]])
def test_names_with_and_without_their_slash(world, mech):
    ref = f"{mech}:" + world.ok("mk", *(w.replace("/x", "cache") for w in MAKE[mech]))
    assert ref == f"{mech}:/cache"
    for words in ([f"{mech}:/cache"], [f"{mech}:cache"], [mech, "/cache"], [mech, "cache"], [f"{mech}:%63ache"], [f"{mech}:/%63%61che"]):
        assert [o["ref"] for o in world.objects(*words)] == [ref], words
    assert world.ipcx("ls", f"{mech}:cach").rc == world.ipcx("ls", f"{mech}:Cache").rc == 3
