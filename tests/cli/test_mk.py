# SPDX-License-Identifier: GPL-2.0-or-later
"""mk: what is made is what was asked for, and usable by every program; all of it or nothing."""

import ctypes
import os
import signal

import pytest

from conftest import IPCX
from helpers.real import kernel
from helpers.tools import MAKE, POSIX, SYSV, need

def nothing(world):
    return world.objects() == [] and world.run("ls", "-A", "/dev/shm").out == ""


# ---- what is printed


@pytest.mark.parametrize("mech", MAKE)
def test_the_id_or_name_and_nothing_else(world, mech):
    r = world.ipcx("mk", *MAKE[mech])
    assert (r.rc, r.err) == (0, "") and r.out == ("/x\n" if mech in POSIX else "0\n")


def test_other_programs_take_what_was_printed(world):
    need("ipcs", "ipcrm")
    for mech, option in (("shm", "m"), ("msg", "q"), ("sem", "s")):
        ident = world.sh(f'id=$("$IPCX" mk {" ".join(MAKE[mech])} --id 98309) && ipcs -{option} -i "$id" >&2 && echo "$id"').out.strip()
        assert ident == "98309"
        assert world.run("ipcrm", f"-{option}", ident).rc == 0 and world.objects() == []
    world.ok("mk", "shm", "--size", "100")
    assert kernel(world, "print(len(shm_read(args[0], 100)))", world.objects("shm")[0]["id"]) == 100
    world.ok("mk", "sem", "--nsems", "2", "--init", "3")
    assert kernel(world, "semop(0, 1, -1); print(sem_values(0, 2))") == [3, 2]
    world.ok("mk", "msg")
    kernel(world, "msgsnd(0, 1, b'hello')")
    world.ok("mk", "psem", "/s", "--init", "2")
    assert kernel(world, """
libc.sem_open.restype = ctypes.c_void_p
s = ctypes.c_void_p(libc.sem_open(b"/s", 0))
print([libc.sem_trywait(s) for n in range(3)])
""") == [0, 0, -1]
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
        assert [{**o, "age": 0} for o in made] == [{**o, "age": 0} for o in listed]


# ---- whose it is


@pytest.mark.parametrize("mech", MAKE)
def test_what_exists_is_an_error_that_says_whose(world, mech):
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
def test_if_missing(world, mech):
    words = MAKE[mech] + ([] if mech in POSIX else ["--key", "0x4d2"]) + (["--qbytes", "4K"] if mech == "msg" else [])
    first = world.ok("mk", *words, "--if-missing")
    r = world.ipcx("mk", *words, "--if-missing", "--mode", "0777")
    assert (r.rc, r.out) == (0, first + "\n") and f"{mech}:{first}: existed already" in r.err
    assert world.objects(mech)[0]["mode"] == "0600", "it stays what it is"
    assert world.ipcx("mk", *words, "--if-missing", "--json").json["objects"][0]["ref"] == f"{mech}:{first}"
    if mech in TOO_SMALL:
        more, field, has, wants = TOO_SMALL[mech]
        r = world.ipcx("mk", *words, "--if-missing", *more)
        assert (r.rc, r.out) == (1, "") and f"{field} is {has}, less than {wants}" in r.err
    assert len(world.objects()) == 1


def test_if_missing_needs_something_that_can_exist(world):
    for mech in SYSV:
        r = world.ipcx("mk", *MAKE[mech], "--if-missing", "--key", "0")
        assert r.rc == 2 and "IPC_PRIVATE" in r.err
    assert nothing(world)


def test_of_two_at_once_exactly_one_makes_it(world):
    """R10."""
    script = 'for n in 1 2 3 4 5 6; do { "$IPCX" mk shm --size 4K --key 77 $1 2>/dev/null; echo "rc $?"; } & done; wait'
    lines = world.run("sh", "-c", script, "sh", "", env={"IPCX": IPCX}).lines
    assert sorted(lines) == ["0"] + ["rc 0"] + ["rc 1"] * 5
    lines = world.run("sh", "-c", script, "sh", "--if-missing", env={"IPCX": IPCX}).lines
    assert sorted(lines) == ["0"] * 6 + ["rc 0"] * 6


def test_what_existed_is_not_taken_back(world):
    """E3: only what this call made goes again when it cannot be told."""
    world.ok("mk", "shm", "--size", "4K", "--key", "5")
    with open("/dev/full", "wb") as full:
        assert world.ipcx("mk", "shm:0x5", "shm:0x6", "--size", "4K", "--if-missing", stdout=full).rc == 1
    assert [o["key"] for o in world.objects()] == ["0x00000005"]
    world.sysctl("kernel.shmmni", "2")
    assert world.ipcx("mk", "shm:0x5", "shm:0x6", "shm:0x7", "--size", "4K", "--if-missing").rc == 1
    assert [o["key"] for o in world.objects()] == ["0x00000005"]


# ---- all or none


ALL_OR_NONE = {
    "shm": ("kernel.shmmni", "2", "shmmni"), "msg": ("kernel.msgmni", "2", "msgmni"), "sem": ("kernel.sem", "250 32000 32 2", "semmni"),
}


@pytest.mark.parametrize("mech", ALL_OR_NONE)
def test_the_third_of_many_fails(world, mech):
    sysctl, value, name = ALL_OR_NONE[mech]
    world.sysctl(sysctl, value)
    for words in ([*MAKE[mech], "--count", "3"], [mech, *MAKE[mech], mech], [f"{mech}:0x1", f"{mech}:0x2", f"{mech}:0x3", *MAKE[mech][1:]]):
        r = world.ipcx("mk", *words)
        assert (r.rc, r.out) == (1, "") and f"{name} is 2" in r.err and "limits set" in r.err, words
        assert world.objects() == []


def test_all_or_none_over_mechanisms_and_names(world):
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


def test_a_wrong_word_among_many_makes_nothing(world):
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


def test_a_name_cannot_be_counted(world):
    for mech in POSIX:
        assert world.ipcx("mk", *MAKE[mech], "--count", "2").rc == 2
    assert nothing(world)


# ---- lost output


@pytest.mark.parametrize("words", [["shm", "--size", "4K", "--count", "3"], ["mq", "/a", "/b"], ["psem", "/a", "pshm", "/b", "--size", "1", "--json"]], ids=" ".join)
def test_what_could_not_be_told_is_not_left_behind(world, words):
    """E3, for a full device, a pipe without a reader (with and without SIGPIPE), and a closed stream."""
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


def test_keys(world):
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


def test_keys_that_cannot_be_made(world):
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
def test_contents(world, content, how, mech):
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


def test_contents_from_nowhere(world):
    for path in ("/nowhere", "/dev/shm", ""):
        r = world.ipcx("mk", "shm", "--from", path)
        assert r.rc in (1, 3) and r.out == "" and r.err.startswith("ipcx: --from: "), (path, r.err)
    assert world.ipcx("mk", "sem", "--nsems", "1", "--from", "/etc/passwd").rc == 2
    assert nothing(world)


# ---- modes and owners


@pytest.mark.parametrize("mech", MAKE)
@pytest.mark.parametrize("umask", ["000", "022", "077", "777"])
def test_the_mode_is_what_was_asked_whatever_the_umask(world, mech, umask):
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
def test_an_owner_that_one_may_not_give_it_to(world, mech):
    """System V lets one give away what is one's own; files do not. Either way nothing is left half made."""
    r = world.ipcx("mk", *MAKE[mech], "--owner", "0:0", uid=1000)
    left = world.objects(mech)
    if r.rc == 0:
        assert mech in SYSV and [o["uid"] for o in left] == [0]
    else:
        assert r.rc == 1 and r.out == "" and "CAP_CHOWN" in r.err and left == []


def test_modes_that_are_none(world):
    for mode in ("1000", "0o600", "rw", "8", "", "-1", "01777"):
        assert world.ipcx("mk", "sem", "--nsems", "1", f"--mode={mode}").rc == 2
    assert nothing(world)


# ---- ids


def next_ids(world):
    return [world.sysctl(f"kernel.{m}_next_id") for m in SYSV]


@pytest.mark.parametrize("mech", SYSV)
def test_an_id_of_ones_choice(world, mech):
    for ident in (0, 5, 98309, 2147418175):
        assert world.ok("mk", *MAKE[mech], "--id", str(ident)) == str(ident)
        assert next_ids(world) == ["-1"] * 3
    assert sorted(o["id"] for o in world.objects(mech)) == [0, 5, 98309, 2147418175]


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("more", [[], ["--key", "77"]], ids=["private", "key"])
def test_an_id_that_cannot_be_had_leaves_nothing(world, mech, more):
    """The slot is taken, the key is taken, the limit is reached, the options are wrong: the next one is not surprised."""
    world.ok("mk", *MAKE[mech], "--id", "32773", "--key", "0x5")
    failures = [["--id", "32773", *more], ["--id", "5", *more], ["--id", "9", "--key", "0x5"], ["--id", "9", "--owner", "nobody-of-this-name"]]
    failures += [["--id", "9", "--size", "0"]] if mech == "shm" else [["--id", "9", "--nsems", "0"]] if mech == "sem" else []
    for words in failures:
        r = world.ipcx("mk", *MAKE[mech], *words)
        assert r.rc in (1, 2) and r.out == "" and r.err.startswith("ipcx: "), words
        assert next_ids(world) == ["-1"] * 3, words
        assert [o["id"] for o in world.objects()] == [32773], words
    assert world.ok("mk", *MAKE[mech]) != "9"


def test_choosing_an_id_needs_a_capability(world):
    for mech in SYSV:
        r = world.ipcx("mk", *MAKE[mech], "--id", "7", uid=1000)
        assert (r.rc, r.out) == (1, "") and "CAP_CHECKPOINT_RESTORE" in r.err
    assert nothing(world) and next_ids(world) == ["-1"] * 3
    r = world.ipcx("mk", "shm", "--size", "1", "--id", "7", caps="-all,+checkpoint_restore")
    assert (r.rc, r.out) == (0, "7\n"), r.err


def test_ids_that_are_none(world):
    for ident in ("-1", "2147483648", "x", ""):
        assert world.ipcx("mk", "msg", f"--id={ident}").rc == 2
    assert world.ipcx("mk", "mq", "/q", "--id", "5").rc == 2 and world.ipcx("mk", "shm:5", "--size", "1").rc == 2
    assert nothing(world)


# ---- values


INIT = {"5": [5, 5, 5], "0": [0, 0, 0], "32767": [32767] * 3, "1,0,5": [1, 0, 5], "0x10,1,2": [16, 1, 2]}


@pytest.mark.parametrize("text", INIT)
@pytest.mark.parametrize("more", [[], ["--mode", "0444"], ["--owner", "1:1", "--mode", "0"]], ids=["", "mode", "owner"])
def test_initial_values(world, text, more):
    world.ok("mk", "sem", "--nsems", "3", "--init", text, *more)
    assert kernel(world, "print(sem_values(0, 3))") == INIT[text]
    row = world.objects("sem")[0]
    assert row["mode"] == (more[-1].rjust(4, "0") if "--mode" in more else "0600") and row["uid"] == (1 if "--owner" in more else 0)


def test_initial_values_without_rights_on_the_array(world):
    world.ok("mk", "sem", "--nsems", "2", "--init", "1,2", "--mode", "0", uid=1000)
    assert kernel(world, "print(sem_values(0, 2))") == [1, 2] and world.objects("sem")[0]["mode"] == "0000"


@pytest.mark.parametrize("text", ["", "32768", "-1", "1,2", "1,2,3,4", "1,,3", ",", "1,2,", "x", "1;2;3", "65536", "1, 2, 3"])
def test_initial_values_that_are_none(world, text):
    r = world.ipcx("mk", "sem", "--nsems", "3", f"--init={text}")
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ") and nothing(world)


def test_values_of_named_semaphores_go_further(world):
    """SEM_VALUE_MAX, not SEMVMX."""
    for n, value in enumerate((0, 32767, 32768, 2 ** 31 - 1)):
        world.ok("mk", "psem", f"/{n}", "--init", str(value))
    assert sorted(o["value"] for o in world.objects("psem")) == [0, 32767, 32768, 2 ** 31 - 1]
    for text in ("2147483648", "-1", "1,2", ""):
        assert world.ipcx("mk", "psem", "/bad", f"--init={text}").rc == 2
    assert len(world.objects("psem")) == 4


# ---- memory


def test_huge_pages_that_are_not_there(world):
    for more in (["--huge"], ["--huge=2M"], ["--huge=1G"]):
        size = {"--huge=1G": "1G"}.get(more[0], "2M")
        r = world.ipcx("mk", "shm", "--size", size, *more)
        assert (r.rc, r.out) == (1, "") and "huge" in r.err and "nr_hugepages" in r.err.replace("nr_overcommit_hugepages", "") or "hugepages" in r.err
    r = world.ipcx("mk", "shm", "--size", "2M", "--huge", uid=1000)
    assert (r.rc, r.out) == (1, "") and "CAP_IPC_LOCK" in r.err and "hugetlb_shm_group" in r.err
    r = world.ipcx("mk", "shm", "--size", "4M", "--huge=4M")
    assert (r.rc, r.out) == (1, "") and "huge" in r.err and "4" in r.err
    for size in ("0", "3M", "x", "-1", "5"):
        assert world.ipcx("mk", "shm", "--size", "2M", f"--huge={size}").rc in (1, 2)
    assert world.ipcx("mk", "pshm", "/p", "--size", "2M", "--huge").rc == 2
    assert nothing(world)


def test_memory_without_reserve(world):
    """L4: without an account, even 2^62 bytes."""
    world.sysctl("kernel.shmmax", str(2 ** 63))
    world.sysctl("kernel.shmall", str(2 ** 63))
    r = world.ipcx("mk", "shm", "--size", str(2 ** 62))
    assert (r.rc, r.out) == (1, "") and "memory" in r.err and "--noreserve" in r.err
    assert world.ok("mk", "shm", "--size", str(2 ** 62), "--noreserve") == "0" or world.objects("shm")
    assert world.objects("shm")[0]["size"] == 2 ** 62


def test_locked_from_the_beginning(world):
    world.ok("mk", "shm", "--size", "4K", "--lock")
    assert world.objects("shm")[0]["locked"] and kernel(world, "print(shm_stat(args[0])['mode'] & 0o2000)", world.objects("shm")[0]["id"])
    world.ok("rm", "shm", "--all")
    r = world.run("prlimit", "--memlock=0", "setpriv", "--reuid=1000", "--clear-groups", IPCX, "mk", "shm", "--size", "4K", "--lock")
    assert (r.rc, r.out) == (1, "") and "RLIMIT_MEMLOCK" in r.err and nothing(world)
    assert world.ipcx("mk", "msg", "--lock").rc == 2


# ---- limits in the way


SENTENCES = [  # sysctl, value, mk …, what the message says
    ("kernel.shmmax", "4096", ["shm", "--size", "4097"], ["shmmax is 4096", "4097 needed", "limits set shmmax=4097"]),
    ("kernel.shmall", "2", ["shm", "--size", "8193"], ["shmall is 2", "3 needed", "limits set shmall=3"]),
    ("kernel.shmmni", "0", ["shm", "--size", "1"], ["shmmni is 0", "1 needed"]),
    ("kernel.msgmni", "0", ["msg"], ["msgmni is 0", "1 needed", "limits set msgmni=1"]),
    ("kernel.sem", "10 100 32 5", ["sem", "--nsems", "11"], ["semmsl is 10", "11 needed", "limits set semmsl=11"]),
    ("kernel.sem", "100 10 32 5", ["sem", "--nsems", "11"], ["semmns is 10", "limits set semmns=11"]),
    ("kernel.sem", "100 100 32 0", ["sem", "--nsems", "1"], ["semmni is 0", "limits set semmni=1"]),
    ("fs.mqueue.queues_max", "0", ["mq", "/q"], ["queues_max is 0"]),
]


@pytest.mark.parametrize("sysctl,value,words,says", SENTENCES, ids=lambda v: v if isinstance(v, str) else "")
def test_the_limit_in_the_way_is_named(world, sysctl, value, words, says):
    world.sysctl(sysctl, value)
    caps = "-all,+dac_override,+ipc_owner" if sysctl.startswith("fs.mqueue") else None  # CAP_SYS_RESOURCE passes
    r = world.ipcx("mk", *words, caps=caps)
    assert (r.rc, r.out) == (1, "") and r.err.count("\n") == 1, r.err
    assert all(text in r.err for text in says), r.err
    assert nothing(world)


@pytest.mark.parametrize("words", [["shm", "--size", "0"], ["sem", "--nsems", "0"], ["mq", "/q", "--maxmsg", "0", "--msgsize", "1"], ["mq", "/q", "--maxmsg", "1", "--msgsize", "0"],
                                   ["sem", "--nsems", "4294967297"], ["mq", "/q", "--maxmsg", "18446744073709551615", "--msgsize", "18446744073709551615"],
                                   ["msg", "--qbytes", "18446744073709551615"], ["pshm", "/p", "--size", "18446744073709551615"]], ids=" ".join)
def test_impossible_amounts(world, words):
    r = world.ipcx("mk", *words)
    assert r.rc in (1, 2) and r.out == "" and r.err.startswith(f"ipcx: {words[0]}: ") and "Invalid argument" not in r.err, r.err
    assert nothing(world)


@pytest.mark.parametrize("words", [["shm"], ["sem"], ["pshm", "/p"], ["mq"], ["pshm", "--size", "1"], ["psem"], ["nonsense"], ["/x"], ["5"], ["all"], ["shm", "--nsems", "1"],
                                   ["sem", "--nsems", "1", "--size", "1"], ["mq", "/q", "--init", "1"], ["psem", "/s", "--mode"], ["shm:key=0", "--size", "1", "--if-missing"],
                                   ["shm", "--key", "5", "shm:0x6", "--lock=1"]], ids=" ".join)
def test_wrong_usage_makes_nothing(world, words):
    r = world.ipcx("mk", *words)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ") and nothing(world)


def test_a_segment_that_goes_at_once_is_told(world):
    """R8."""
    world.sysctl("kernel.shm_rmid_forced", "1")
    r = world.ipcx("mk", "shm", "--size", "4K")
    assert r.rc == 0 and "shm_rmid_forced" in r.err
    assert world.objects("shm") == []
