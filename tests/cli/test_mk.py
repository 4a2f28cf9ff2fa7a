# SPDX-License-Identifier: GPL-2.0-or-later
"""mk: objects are as requested and usable by every program; either all of them are created or none."""

import ctypes
import os
import signal

import pytest

from conftest import IPCX
from helpers.real import kernel
from helpers.tools import MAKE, POSIX, SYSV, compiler, helper, need

def nothing(world):
    return world.objects() == [] and world.run("ls", "-A", "/dev/shm").out == ""


# ---- output


@pytest.mark.parametrize("mech", MAKE)
def test_only_the_id_or_name_is_printed(world, mech):
    r = world.ipcx("mk", *MAKE[mech])
    assert (r.rc, r.err) == (0, "") and r.out == ("/x\n" if mech in POSIX else "0\n")


def test_other_programs_accept_the_output(world):
    need("ipcs", "ipcrm")
    for mech, option in (("shm", "m"), ("msg", "q"), ("sem", "s")):
        ident = world.sh(f'id=$("$IPCX" mk {" ".join(MAKE[mech])} --id 98309) && ipcs -{option} -i "$id" >&2 && echo "$id"').out.strip()
        assert ident == "98309"
        assert world.run("ipcrm", f"-{option}", ident).rc == 0 and world.objects() == []
    world.ok("mk", "shm", "--size", "100")
    assert kernel(world, "print(len(shm_read(args[0], 100)))", world.objects("shm")[0]["id"]) == 100
    sem = world.ok("mk", "sem", "--nsems", "2", "--init", "3")
    assert kernel(world, "semop(args[0], 1, -1); print(sem_values(args[0], 2))", sem) == [3, 2]
    msg = world.ok("mk", "msg")
    kernel(world, "msgsnd(args[0], 1, b'hello')", msg)
    world.ok("mk", "psem", "/s", "--init", "2")
    library = helper("psem", cc=tuple(compiler()))
    assert [world.run(library, what, "/s").out for what in ("value", "wait", "wait", "value")] == ["2\n", "", "", "0\n"]
    assert world.objects("psem")[0]["value"] == 0
    world.ok("mk", "mq", "/q", "--maxmsg", "3", "--msgsize", "7")
    assert kernel(world, """
q = check(libc.mq_open(b"/q", os.O_RDWR))
b = (ctypes.c_long * 8)()
check(libc.mq_getattr(q, b))
print(list(b)[:3])
""") == [0, 3, 7]


def test_everything_with_json(world):
    for mech, words in MAKE.items():
        made = world.ipcx("mk", *words, "--json").json["objects"]
        listed = world.objects(mech)
        assert [{**o, "age": 0, "idle": 0} for o in made] == [{**o, "age": 0, "idle": 0} for o in listed]


# ---- existing objects


@pytest.mark.parametrize("mech", MAKE)
def test_an_existing_object_is_an_error_with_its_owner(world, mech):
    words = MAKE[mech] + ([] if mech in POSIX else ["--key", "0x4d2"])
    world.ok("mk", *words, "--owner", "4000000000", "--mode", "0604")
    for more in ({}, {"uid": 1000}):
        r = world.ipcx("mk", *words, **more)
        assert (r.rc, r.out) == (1, "") and r.err.count("\n") == 1
        assert "exists, owner 4000000000, mode 0604" in r.err and f"{mech}:" in r.err
    assert len(world.objects()) == 1


TOO_SMALL = {"shm": (["--size", "8K"], "size", 4096, 8192), "msg": (["--qbytes", "16K"], "qbytes", 4096, 16384), "sem": (["--nsems", "3"], "nsems", 2, 3),
             "mq": (["--maxmsg", "3"], "maxmsg", 2, 3), "pshm": (["--size", "8K"], "size", 4096, 8192)}


@pytest.mark.parametrize("mech", MAKE)
def test_the_option_if_missing(world, mech):
    words = MAKE[mech] + ([] if mech in POSIX else ["--key", "0x4d2"]) + (["--qbytes", "4K"] if mech == "msg" else [])
    first = world.ok("mk", *words, "--if-missing")
    r = world.ipcx("mk", *words, "--if-missing", "--mode", "0777")
    assert (r.rc, r.out) == (0, first + "\n") and f"{mech}:{first}: existed already" in r.err
    assert world.objects(mech)[0]["mode"] == "0600", "it stays what it is"
    assert world.ipcx("mk", *words, "--if-missing", "--json").json["objects"][0]["ref"] == f"{mech}:{first}"
    if mech in TOO_SMALL:
        more, field, has, wants = TOO_SMALL[mech]
        at = words.index(more[0]) if more[0] in words else len(words)
        r = world.ipcx("mk", *words[:at], *words[at + 2:], "--if-missing", *more)
        assert (r.rc, r.out) == (1, "") and f"{field} is {has}, less than {wants}" in r.err
    assert len(world.objects()) == 1


def test_if_missing_needs_a_key_or_name(world):
    for mech in SYSV:
        r = world.ipcx("mk", *MAKE[mech], "--if-missing", "--key", "0")
        assert r.rc == 2 and "IPC_PRIVATE" in r.err
    assert nothing(world)


def test_of_two_concurrent_creates_one_succeeds(world):
    """R10."""
    script = 'for n in 1 2 3 4 5 6; do { "$IPCX" mk shm --size 4K --key 77 $1 2>/dev/null; echo "rc $?"; } & done; wait'
    lines = world.run("sh", "-c", script, "sh", "", env={"IPCX": IPCX}).lines
    assert sorted(lines) == ["0"] + ["rc 0"] + ["rc 1"] * 5
    lines = world.run("sh", "-c", script, "sh", "--if-missing", env={"IPCX": IPCX}).lines
    assert sorted(lines) == ["0"] * 6 + ["rc 0"] * 6


def test_an_existing_object_is_not_removed(world):
    """E3: if the new objects cannot be printed, those of this call are removed, and no others."""
    world.ok("mk", "shm", "--size", "4K", "--key", "5")
    with open("/dev/full", "wb") as full:
        assert world.ipcx("mk", "shm:0x5", "shm:0x6", "--size", "4K", "--if-missing", stdout=full).rc == 1
    assert [o["key"] for o in world.objects()] == ["0x00000005"]
    world.sysctl("kernel.shmmni", "2")
    assert world.ipcx("mk", "shm:0x5", "shm:0x6", "shm:0x7", "--size", "4K", "--if-missing").rc == 1
    assert [o["key"] for o in world.objects()] == ["0x00000005"]


# ---- all or nothing


ALL_OR_NONE = {
    "shm": ("kernel.shmmni", "2", "shmmni"), "msg": ("kernel.msgmni", "2", "msgmni"), "sem": ("kernel.sem", "250 32000 32 2", "semmni"),
}


@pytest.mark.parametrize("mech", ALL_OR_NONE)
def test_the_third_of_many_objects_fails(world, mech):
    sysctl, value, name = ALL_OR_NONE[mech]
    world.sysctl(sysctl, value)
    for words in ([*MAKE[mech], "--count", "3"], [mech, *MAKE[mech], mech], [f"{mech}:0x1", f"{mech}:0x2", f"{mech}:0x3", *MAKE[mech][1:]]):
        r = world.ipcx("mk", *words)
        assert (r.rc, r.out) == (1, "") and f"{name} is 2" in r.err and "limits set" in r.err, words
        assert world.objects() == []


def test_all_or_nothing_over_mechanisms_and_names(world):
    world.sysctl("fs.mqueue.queues_max", "2")
    options = ["--size", "4K", "--nsems", "1", "--maxmsg", "1", "--msgsize", "1"]
    r = world.ipcx("mk", "shm", "sem", "msg", "pshm", "/a", "/b", "psem", "/s", "mq", "/1", "/2", "/3", *options)
    assert (r.rc, r.out) == (1, "") and "queues_max" in r.err and nothing(world)
    r = world.ipcx("mk", "shm", "sem", "msg", "pshm", "/a", "/b", "psem", "/s", "mq", "/1", "/2", *options)
    assert (r.rc, r.err) == (0, "") and r.lines == [*r.lines[:3], "/a", "/b", "/s", "/1", "/2"]
    assert [str(o["id"]) for m in ("shm", "sem", "msg") for o in world.objects(m)] == r.lines[:3]
    r = world.ipcx("mk", "pshm", "/c", "psem", "/t", "pshm", "/a", "--size", "1")
    assert r.rc == 1 and "pshm:/a exists" in r.err
    assert {o["ref"] for o in world.objects("posix")} == {"pshm:/a", "pshm:/b", "psem:/s", "mq:/1", "mq:/2"}
    r = world.ipcx("mk", "pshm", "/c", "/c", "--size", "1")
    assert r.rc == 1 and "pshm:/c" not in {o["ref"] for o in world.objects("posix")}


def test_one_invalid_operand_creates_nothing(world):
    for words in (["shm", "nonsense:5", "--size", "1"], ["shm", "sem", "--size", "1"], ["pshm", "/a", "a/b", "--size", "1"], ["shm", "mq", "--size", "1"],
                  ["shm", "shm:5", "--size", "1"], ["shm", "sem", "--size", "1", "--nsems", "0x"], ["shm", "--size", "1", "/name"]):
        assert world.ipcx("mk", *words).rc == 2, words
    assert nothing(world)


@pytest.mark.parametrize("mech", SYSV)
def test_count(world, mech):
    r = world.ipcx("mk", *MAKE[mech], "--count", "40")
    assert r.rc == 0 and r.lines == [str(o["id"]) for o in world.objects(mech)] and len(set(r.lines)) == 40
    r = world.ipcx("mk", *MAKE[mech], "--count", "0")
    assert r.out == "" and len(world.objects(mech)) == 40
    for more in (["--key", "5"], ["--id", "77"]):
        assert world.ipcx("mk", *MAKE[mech], "--count", "2", *more).rc == 2
        assert world.ipcx("mk", *MAKE[mech], "--count", "1", *more).rc == 0
    assert len(world.objects(mech)) == 42


def test_option_count_excludes_a_name(world):
    for mech in POSIX:
        assert world.ipcx("mk", *MAKE[mech], "--count", "2").rc == 2
    assert nothing(world)


# ---- lost output


@pytest.mark.parametrize("words", [["shm", "--size", "4K", "--count", "3"], ["mq", "/a", "/b"], ["psem", "/a", "pshm", "/b", "--size", "1", "--json"]], ids=" ".join)
def test_objects_that_cannot_be_printed_are_removed(world, words):
    """E3: the output goes to a full device, to a pipe without a reader (with and without SIGPIPE), or to a closed stream."""
    with open("/dev/full", "wb") as full:
        assert world.ipcx("mk", *words, stdout=full).rc == 1
    for ignore in (False, True):
        reader, writer = os.pipe()
        os.close(reader)
        r = world.ipcx("mk", *words, stdout=writer,
                       preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN if ignore else signal.SIG_DFL))
        os.close(writer)
        assert r.rc == 1 and "removed again" in r.err, ignore
    assert world.sh('"$IPCX" mk ' + " ".join(words) + " >&-").rc == 1
    assert nothing(world)


# ---- keys


def test_keys_of_new_objects(world):
    for text, key in (("0x4d2", 1234), ("1235", 1235), ("02324", 1236), ("-5", 2 ** 32 - 5), ("0xffffffff", 2 ** 32 - 1), ("2147483648", 2 ** 31)):
        ident = int(world.ok("mk", "shm", "--size", "1", f"--key={text}"))
        assert kernel(world, "print(shm_stat(args[0])['key'])", ident) == key
    assert world.ok("mk", "sem:0x4d2", "--nsems", "1") == world.ok("mk", "msg:key=1234") == "0"
    assert [o["key"] for o in world.objects("sem", "msg")] == ["0x000004d2"] * 2
    for n in (0, 0):
        world.ok("mk", "msg", "--key", str(n))
    assert [o["key"] for o in world.objects("msg")] == ["0x000004d2", "0x00000000", "0x00000000"]


def ftok(path, proj):
    libc = ctypes.CDLL(None)
    return libc.ftok(os.fsencode(path), proj) & 0xffffffff


def test_the_key_of_a_file(world):
    for text, path, proj in (("/etc", "/etc", 1), ("/etc:7", "/etc", 7), ("/etc:A", "/etc", 65), ("/etc/passwd:255", "/etc/passwd", 255)):
        ident = int(world.ok("mk", "sem", "--nsems", "1", "--ftok", text))
        assert kernel(world, "print(sem_stat(args[0])['key'])", ident) == ftok(path, proj)
        world.ok("rm", f"sem:{ident}")
    name = os.path.join(world.dir, "a:7")
    with open(name, "w", encoding="ascii"):
        pass
    ident = world.ok("mk", "sem", "--nsems", "1", "--ftok", name)
    assert int(world.objects(f"sem:{ident}")[0]["key"], 16) == ftok(name, 1), "a file of that whole name goes first"


def test_invalid_keys(world):
    for words, status in ((["--ftok", "/nowhere"], 3), (["--ftok", "/etc:0"], 3), (["--ftok", "/etc:256"], 3), (["--ftok", "/etc", "--key", "5"], 2), (["--ftok", ""], 3)):
        r = world.ipcx("mk", "sem", "--nsems", "1", *words)
        assert (r.rc, r.out) == (status, "") and r.err.startswith("ipcx: "), words
    assert world.ipcx("mk", "mq", "/q", "--key", "5").rc == 2
    assert nothing(world)


# ---- contents


CONTENTS = [b"", b"x", bytes(range(256)) * 16, os.urandom(100001)]


@pytest.mark.parametrize("content", CONTENTS, ids=len)
@pytest.mark.parametrize("how", ["file", "stdin", "pipe"])
@pytest.mark.parametrize("mech", ["shm", "pshm"])
def test_contents_of_new_objects(world, content, how, mech):
    path = os.path.join(world.dir, "from")
    with open(path, "wb") as f:
        f.write(content)
    name = ["/c"] if mech == "pshm" else []
    command = {"file": f'"$IPCX" mk "$@" --from {path}', "stdin": f'"$IPCX" mk "$@" --from - < {path}', "pipe": f'cat {path} | "$IPCX" mk "$@" --from -'}[how]

    def make(*more):
        return world.run("sh", "-c", command, "sh", mech, *name, *more, env={"IPCX": IPCX})

    r = make()
    if mech == "shm" and not content:
        assert r.rc in (1, 2) and "at least 1 byte" in r.err and nothing(world)
        return
    assert (r.rc, r.err) == (0, "")

    def read(size):
        if mech == "pshm":
            return world.run("cat", "/dev/shm/c").stdout
        return bytes.fromhex(kernel(world, "print('\"' + shm_read(args[0], args[1]).hex() + '\"')", r.out.strip(), size))

    assert world.objects(mech)[0]["size"] == len(content) and read(len(content)) == content
    world.ok("rm", mech, "--all")
    r = make("--size", str(len(content) + 5000))
    assert (r.rc, r.err) == (0, "") and world.objects(mech)[0]["size"] == len(content) + 5000
    assert read(len(content) + 5000) == content + bytes(5000)
    world.ok("rm", mech, "--all")
    if len(content) > 1:
        r = make("--size", str(len(content) - 1))
        assert (r.rc, r.out) == (1, "") and "longer" in r.err and nothing(world)


def test_contents_from_unreadable_files(world):
    for path in ("/nowhere", "/dev/shm", ""):
        r = world.ipcx("mk", "shm", "--from", path)
        assert r.rc in (1, 3) and r.out == "" and r.err.startswith("ipcx: --from: "), (path, r.err)
    assert world.ipcx("mk", "sem", "--nsems", "1", "--from", "/etc/passwd").rc == 2
    assert nothing(world)


# ---- modes and owners


@pytest.mark.parametrize("mech", MAKE)
@pytest.mark.parametrize("umask", ["000", "022", "077", "777"])
def test_the_mode_is_independent_of_the_umask(world, mech, umask):
    for n, (more, mode) in enumerate(([[], "0600"], [["--mode", "0666"], "0666"], [["-m", "0"], "0000"], [["--mode", "777"], "0777"])):
        words = [w.replace("/x", f"/x{n}") for w in MAKE[mech]]
        r = world.run("sh", "-c", f'umask {umask}; exec "$@"', "sh", IPCX, "mk", *words, *more, "--json")
        assert r.rc == 0 and r.json["objects"][0]["mode"] == mode


@pytest.mark.parametrize("mech", MAKE)
def test_owners_by_name_and_number(world, mech):
    for n, (text, uid, gid) in enumerate((("daemon", 1, 0), ("daemon:daemon", 1, 1), (":daemon", 0, 1), ("4294967294:4294967294", 2 ** 32 - 2, 2 ** 32 - 2), ("5:", 5, 0))):
        words = [w.replace("/x", f"/x{n}") for w in MAKE[mech]]
        row = world.ipcx("mk", *words, "--owner", text, "--mode", "0440", "--json").json["objects"][0]
        assert (row["uid"], row["gid"], row["mode"]) == (uid, gid, "0440")
    count = len(world.objects(mech))
    for text in ("nobody-of-this-name", "", ":", "root:no-such-group", "-1", "4294967295", "root:4294967295", "root:root:root"):
        assert world.ipcx("mk", *MAKE[mech], "--owner", text).rc == 2, text
    assert len(world.objects(mech)) == count


@pytest.mark.parametrize("mech", MAKE)
def test_an_owner_that_may_not_be_set(world, mech):
    """System V lets users give away their objects; file systems do not. In both cases no partial object is left."""
    r = world.ipcx("mk", *MAKE[mech], "--owner", "0:0", uid=1000)
    left = world.objects(mech)
    if r.rc == 0:
        assert mech in SYSV and [o["uid"] for o in left] == [0]
    else:
        assert r.rc == 1 and r.out == "" and "CAP_CHOWN" in r.err and left == []


def test_invalid_modes(world):
    for mode in ("1000", "0o600", "rw", "8", "", "-1", "01777"):
        assert world.ipcx("mk", "sem", "--nsems", "1", f"--mode={mode}").rc == 2
    assert nothing(world)
