# SPDX-License-Identifier: GPL-2.0-or-later
"""Without /proc, without /dev/shm, under filters, with closed streams, odd locales, users, limits and clocks."""

import itertools
import json
import os
import re

import pytest

from conftest import IPCX
from helpers.tools import MAKE, POSIX, SYSV, background, do, helper, is_musl, make_all, many, preload, refs, release
from helpers.wide import NARROW

COMMANDS = [["ls"], ["ls", "--json"], ["limits"], ["limits", "--json"], ["limits", "--for", "shm:1"], ["key", "/etc"],
            ["key", "--explain", "shm:1"], ["help", "ls"], ["help", "--dump"], ["--help"], ["--version"], ["ls", "--help"],
            ["rm", "--help"], ["complete", "--", "l"]]


# ---- /proc


def no_proc(world):
    do(world, "while umount -l /proc 2>/dev/null; do :; done; [ -z \"$(ls /proc)\" ]")


def fake_proc(world):
    do(world, "mount -t tmpfs none /proc && mkdir -p /proc/sysvipc && echo nonsense > /proc/sysvipc/shm")


def subset_pid(world):
    do(world, "mount -t proc -o subset=pid none /proc")


def hidepid(world):
    do(world, "mount -t proc -o hidepid=2 none /proc")


def bare(world, *words, **more):
    """Build an ipcx that works without /proc: it has no sanitizers, and its library is not found through /proc/self/exe."""
    path = os.path.join(os.path.dirname(release()), "../lib")
    return world.run(release(), *words, env={"LD_LIBRARY_PATH": path}, **more)


PROCS = {f.__name__: f for f in (no_proc, fake_proc, subset_pid, hidepid)}


@pytest.mark.parametrize("proc", PROCS)
@pytest.mark.parametrize("uid", [None, 1000])
def test_listings_need_no_proc(world, proc, uid):
    made = make_all(world)
    world.ok("set", made["mq"], "--mode", "0644")
    world.ok("set", made["psem"], "--mode", "0644")
    whole = {o["ref"]: o for o in world.objects(*SYSV, "pshm", uid=uid)}
    PROCS[proc](world)
    r = bare(world, "ls", *SYSV, "pshm", "--json", uid=uid)
    cut = NARROW and proc != "hidepid"  # in 32 bits, only the text has the size of a segment
    assert r.rc == 0 and ("/proc/sysvipc: cannot be read" in r.err if cut else r.err == "")
    for o in r.json["objects"]:
        assert not cut or o["mech"] != "shm" or o["unknown"] == ["size"]
        for field in set(o) - {"age", "idle", *(["size", "unknown"] if cut else [])}:
            assert o[field] == whole[o["ref"]][field], field
    assert refs(r) == set(whole)
    r = bare(world, "ls", "--json", uid=uid)
    assert r.rc == 0 and refs(r) >= set(made.values()) - {made["mq"]}
    assert refs(r) == set(made.values()) or "mq: " in r.err
    r = bare(world, "show", *made.values(), uid=uid)
    assert r.rc == 0 and all(ref in r.out for ref in made.values())


@pytest.mark.parametrize("proc", ["no_proc", "fake_proc", "subset_pid"])
def test_fields_read_from_proc_are_unknown_without_proc(world, proc):
    world.ok("mk", "shm", "--size", "4K")
    PROCS[proc](world)
    r = bare(world, "ls", "shm", "--json", "-o", "ref,size,rss,swap")
    assert r.rc == 0 and "unknown" in r.err
    row = r.json["objects"][0]
    assert row["size"] == (None if NARROW else 4096) and row["rss"] is None and row["swap"] is None


@pytest.mark.parametrize("proc", ["no_proc", "fake_proc", "subset_pid"])
def test_limits_without_sysctls(world, proc):
    """Without /proc, the System V limits come from IPC_INFO and have the same values; other limits are unknown, never 0."""
    whole = {o["name"]: o for o in world.ipcx("limits", "--json").json["limits"]}
    PROCS[proc](world)
    r = bare(world, "limits", "--json")
    assert r.rc == 0
    rows = {o["name"]: o for o in r.json["limits"]}
    for name in ("shmmax", "shmall", "shmmni", "msgmax", "msgmnb", "msgmni", "semmsl", "semmns", "semopm", "semmni"):
        cut = NARROW and name in ("shmmax", "shmall")  # the call gives a program of 32 bits the lower half, at most
        assert rows[name]["limit"] == (None if cut else whole[name]["limit"]), name
    for name, row in rows.items():
        assert row["limit"] in (None, whole.get(name, row)["limit"]), name
    r = bare(world, "limits", "set", "shmmni=100")
    assert r.rc == 1 and r.err.startswith("ipcx: ")
    assert bare(world, "mk", "shm", "--size", "4K").rc == 0


def test_a_creator_hidden_by_hidepid_is_unknown(world):
    hidepid(world)
    with background(world, "sh", "-c", f"{IPCX} mk shm --size 4K --mode 0644 >&2; echo ready; read end"):
        r = world.ipcx("ls", "shm", "--json", "-o", "ref,command,creator_alive", uid=1000)
        assert r.rc == 0 and [o["ref"] for o in r.json["objects"]] == ["shm:0"]
        assert all(o["command"] is None and o["creator_alive"] in (None, False) for o in r.json["objects"])


def test_read_only_sysctls(world):
    do(world, "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys")
    before = world.sysctl("kernel.shmmni")
    r = world.ipcx("limits", "set", "shmmni=77")
    assert r.rc == 1 and "shmmni" in r.err and re.search("read-only|not permitted|Read-only", r.err), r.err
    assert world.sysctl("kernel.shmmni") == before
    r = world.ipcx("mk", "shm", "--size", "4K", "--id", "70")
    assert r.rc == 1 and r.err.startswith("ipcx: shm") and r.out == ""
    assert world.objects("shm") == []
    assert world.ipcx("mk", "shm", "--size", "4K").rc == 0


# ---- /dev/shm


def test_no_dev_shm(world):
    world.ok("mk", "sem", "--nsems", "1")
    do(world, "umount /dev/shm; mount -t tmpfs none /mnt; mkdir /mnt/root; touch /mnt/null; mount --bind /dev/null /mnt/null; "
       "mount --move /mnt /dev")
    r = world.ipcx("ls", "--json")
    assert r.rc == 0 and refs(r) == {"sem:0"}
    assert "pshm: /dev/shm: " in r.err and "psem: /dev/shm: " in r.err
    for mech in ("pshm", "psem"):
        assert world.ipcx("ls", mech).rc == 1
        assert world.ipcx("show", f"{mech}:/x").rc in (1, 3)
        r = world.ipcx("mk", *MAKE[mech])
        assert r.rc != 0 and "/dev/shm" in r.err and r.out == "", r.err
    assert world.ipcx("limits", "--json").rc == 0


def test_full_dev_shm(world):
    do(world, "mount -t tmpfs -o mode=1777,size=8k,nr_inodes=4 none /dev/shm && head -c 8192 /dev/zero > /dev/shm/full")
    r = world.ipcx("mk", "pshm", "/a", "--from", "/etc/services", "--size", "100K")
    assert r.rc == 1 and re.search("dev_shm .*8192 used", r.err) and r.out == ""
    assert refs(world.ipcx("ls", "pshm", "psem", "--json")) == {"pshm:/full"}
    r = world.ipcx("mk", "psem", "/s")
    assert r.rc == 1 and re.search("dev_shm|full", r.err)
    do(world, ": > /dev/shm/1; : > /dev/shm/2")
    r = world.ipcx("mk", "pshm", "/b", "--size", "1")
    assert r.rc == 1 and "dev_shm" in r.err
    rows = {o["name"]: o for o in world.ipcx("limits", "--json", "dev_shm", "dev_shm_inodes").json["limits"]}
    assert rows["dev_shm"]["limit"] == rows["dev_shm"]["used"] == 8192 and rows["dev_shm"]["percent"] == 100
    assert rows["dev_shm_inodes"]["limit"] == rows["dev_shm_inodes"]["used"] == 4
    do(world, ": > /dev/shm/full")
    r = world.ipcx("mk", "pshm", "/b", "--size", "1")
    assert r.rc == 1 and re.search("dev_shm_inodes .*4 used", r.err), r.err


def test_unreadable_dev_shm(world):
    world.ok("mk", "pshm", "/a", "--size", "5", "--mode", "0644")
    world.ok("mk", "psem", "/s", "--mode", "0644")
    do(world, "chmod 0711 /dev/shm")
    for others, rc in (([], 1), (["shm"], 0)):
        r = world.ipcx("ls", *others, "pshm", "psem", "--json", uid=1000)
        assert r.rc == rc and refs(r) == set() and "/dev/shm" in r.err
    r = world.ipcx("ls", "pshm:/a", "psem:/s", "--json", uid=1000)
    assert (r.rc, refs(r)) == (0, {"pshm:/a", "psem:/s"})
    r = world.ipcx("mk", "pshm", "/b", "--size", "5", uid=1000)
    assert r.rc == 1 and "not permitted" in r.err


def test_read_only_dev_shm(world):
    world.ok("mk", "pshm", "/a", "--size", "5")
    world.ok("mk", "psem", "/s", "--init", "4")
    do(world, "mount -o remount,ro /dev/shm")
    assert {o.get("value", 4) for o in world.objects("pshm", "psem")} == {4}
    for words in (["mk", "pshm", "/b", "--size", "5"], ["mk", "psem", "/t"], ["rm", "pshm:/a"], ["rm", "psem:/s"],
                  ["set", "pshm:/a", "--mode", "0644"], ["set", "pshm:/a", "--size", "6"]):
        r = world.ipcx(*words)
        assert r.rc == 1 and "read-only" in r.err.lower(), (words, r.err)


# ---- streams


@pytest.mark.parametrize("closed", [c for n in range(1, 4) for c in itertools.combinations((0, 1, 2), n)])
def test_closed_streams(world, closed):
    """A closed stream stays unusable; no object, directory or namespace gets descriptor 0 to 2."""
    made = make_all(world)
    shut = " ".join({0: "<&-", 1: ">&-", 2: "2>&-"}[n] for n in closed)
    report = os.path.join(world.dir, "report")
    lib = preload("closed")
    for words in ("ls", "ls --json -o all", "show " + " ".join(made.values()), "limits", "mk pshm /y --from /etc/passwd",
                  "mk psem /y --init 5", "mk mq /y", "rm shm:0", "set pshm:/x --size 8K", "key /etc"):
        r = world.sh(f'LD_PRELOAD="$L" CLOSED_REPORT="$R" "$P" {words} {shut}', env={"L": lib, "R": report, "P": release()})
        with open(report, encoding="ascii") as f:
            for n, what in enumerate(f.read().splitlines()):
                assert what in ("-", "/dev/null") if n in closed else what != "-", (words, n, what)
        if 1 in closed and words.split()[0] not in ("rm", "set"):
            assert r.rc == 1, (words, r.rc)
        else:
            assert r.rc == 0, (words, r.rc, r.err)
    # an object whose name could not be printed was removed, and no output went into an object
    names = {o["ref"]: o for o in world.objects(*POSIX)}
    assert ("psem:/y" in names) == (1 not in closed)
    if 1 not in closed:
        assert names["psem:/y"]["value"] == 5
        assert world.sh("cmp /etc/passwd /dev/shm/y").rc == 0


def test_a_closed_stdin_gives_no_contents(world):
    for mech in ("shm", "pshm"):
        r = world.sh(f'"$IPCX" mk {MAKE[mech][0]} {"/in" if mech == "pshm" else ""} --from - <&-')
        assert r.rc != 0 and r.out == "" and r.err
    assert world.objects() == []


@pytest.mark.parametrize("words", [*COMMANDS, ["show", "sem:0"], ["rm", "sem:0", "--verbose"], ["rm", "sem:0", "--json"],
                                   ["help", "--schema"], ["set", "sem:0", "--mode", "0644", "--json"]], ids=" ".join)
def test_a_full_disk_is_a_failure(world, words):
    world.ok("mk", "sem", "--nsems", "1")
    with open("/dev/full", "wb") as full:
        r = world.ipcx(*words, stdout=full)
    assert r.rc == 1 and "write error: No space left on device" in r.err


@pytest.mark.parametrize("mech", MAKE)
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_an_object_that_cannot_be_printed_is_removed(world, mech, option):
    with open("/dev/full", "wb") as full:
        r = world.ipcx("mk", *MAKE[mech], *option, stdout=full)
    assert r.rc == 1 and "removed again" in r.err
    assert world.objects() == []


@pytest.mark.parametrize("trap", ["", "trap '' PIPE;"])
@pytest.mark.parametrize("words", ["ls", "ls --json", "limits --json", "help --dump"])
def test_a_reader_that_exits(world, trap, words):
    many(world, "sem", 2000)
    r = world.sh(f'{trap} {{ "$IPCX" {words}; echo $? >&3; }} 3>"$D/status" | head -n 1 >/dev/null; cat "$D/status"',
                 env={"D": world.dir})
    assert r.err == ""
    assert r.out.strip() in ("0", "141", ""), r.out


def test_mk_into_a_closed_pipe_leaves_nothing(world):
    for trap in ("", "trap '' PIPE;"):
        r = world.sh(f'{trap} {{ sleep 0.2; "$IPCX" mk shm --size 4K; echo $? > "$D/status"; }} | true; cat "$D/status"',
                     env={"D": world.dir})
        assert r.out == "1\n" and "removed again" in r.err
        assert world.objects("shm") == []


# ---- locale, users, names


def test_output_does_not_depend_on_the_locale(world):
    world.ok("mk", "shm", "--size", "1536")
    world.ok("mk", "pshm", "/nä", "--size", "10")
    env = {"LC_ALL": "C.UTF-8"}
    words = (["ls", "--json", "-o", "ref,size,owner,mode,ctime"], ["ls", "--format", "csv", "-o", "ref,size"],
             ["limits", "--json", "shmmax", "semvmx", "msgmnb"], ["ls", "shm", "--where", "size > 1.4K", "-o", "ref,size"], ["help", "ls"])
    want = [world.ipcx(*w, env=env).out for w in words]
    world.run("sh", "-c", 'localedef -i de_DE -f UTF-8 "$1/de_DE.UTF-8"', "sh", world.dir)
    for locale in ("C", "POSIX", "", "xx_YY.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "ja_JP.EUC-JP", "../../etc"):
        env = {"LC_ALL": locale, "LANG": locale, "LC_NUMERIC": locale, "LOCPATH": world.dir}
        got = [world.ipcx(*w, env=env) for w in words]
        assert [r.out for r in got] == want, locale
        assert all((r.rc, r.err) == (0, "") for r in got)
    assert world.ipcx("ls", "--json", env={"LC_ALL": None, "PATH": None, "TZ": None, "HOME": None}).rc == 0


def test_names_in_no_encoding_are_written_as_valid_json(world):
    do(world, "printf x > \"$(printf '/dev/shm/a\\377\\200b\\033[31m')\"")
    r = world.ipcx("ls", "pshm", "--json")
    json.loads(r.stdout.decode("utf-8", "strict"))
    assert world.ipcx("rm", r.json["objects"][0]["ref"]).rc == 0


def passwd(world, text, group="", services="files"):
    for name, body in (("passwd", text), ("group", group), ("nsswitch.conf", f"passwd: {services}\ngroup: files\n")):
        path = os.path.join(world.dir, name)
        with open(path, "wb") as f:
            f.write(body.encode("utf-8", "surrogateescape"))
        r = world.run("mount", "--bind", path, f"/etc/{name}")
        assert r.rc == 0, r.err


def test_a_service_that_musl_does_not_ask_may_know_the_name(world):
    if not is_musl():
        pytest.skip("glibc asks each service that nsswitch.conf lists")
    world.ok("mk", "shm", "--size", "4K", "--owner", "4000000000:4000000001")
    passwd(world, "u:x:4000000002:0::/:/bin/sh\n", services="files sss")
    r = world.ipcx("ls", "shm", "-o", "owner,group", "--format", "raw")
    assert (r.rc, r.out.split()) == (0, ["4000000000", "4000000001"])
    assert len(r.err.splitlines()) == 1 and "names of users" in r.err and "a statically linked program, or one with musl, asks no other" in r.err, r.err
    assert world.ipcx("ls", "shm", "-w", "owner == v").rc == 1


USERS = {
    "none": ("", "4000000000"), "known": ("u:x:4000000000:0::/:/bin/sh\n", "u"),
    "long": ("u" * 3000 + ":x:4000000000:0::/:/bin/sh\n", "u" * 3000),
    "long rest": ("u:x:4000000000:0:" + "g" * 9000 + ":/:/bin/sh\n", "u"),
    "rubbish": ("\n:::\nu\nx:y:z\n+\n-\nu:x:4000000000:0::/:/bin/sh", "u"), "empty name": (":x:4000000000:0::/:/bin/sh\n", None),
    "escape": ("u\033[31mv:x:4000000000:0::/:/bin/sh\n", "u\033[31mv"), "nul": ("a\0b:x:4000000000:0::/:/bin/sh\n", None),
}


@pytest.mark.parametrize("name", USERS)
def test_user_databases(world, name):
    text, want = USERS[name]
    world.ok("mk", "shm", "--size", "4K", "--owner", "4000000000:4000000001")
    passwd(world, text)
    r = world.ipcx("ls", "shm", "--json")
    row = r.json["objects"][0]
    assert r.rc == 0 and row["uid"] == 4000000000 and row["gid"] == 4000000001 and row["group"] == "4000000001"
    if want is not None:
        assert row["owner"] == want
    table = world.ipcx("ls", "shm")
    assert table.rc == 0 and "\033" not in table.out
    r = world.ipcx("ls", "shm", "--json", "--numeric")
    assert r.json["objects"][0]["owner"] in (None, "4000000000")


def test_a_group_with_thousands_of_members(world):
    passwd(world, "", "crowd:x:4000000001:" + ",".join(f"member{n}" for n in range(20000)) + "\n")
    world.ok("mk", "shm", "--size", "4K", "--owner", "0:4000000001")
    assert world.objects("shm")[0]["group"] == "crowd"


def test_no_user_database_at_all(world):
    world.ok("mk", "shm", "--size", "4K")
    do(world, "mount -t tmpfs none /etc")
    r = world.ipcx("ls", "shm", "--json")
    assert (r.rc, r.err) == (0, "") and r.json["objects"][0]["owner"] == "0"


# ---- numbers on the command line


NOT_NUMBERS = ["", " ", "+5", "-5", "0x", "5x", "5 ", " 5", "5.", "0b1", "1e3", "9" * 30, "18446744073709551616", "１", "٣", "--", "5\n",
               "5,0", "0x1g", "1_000", "∞", "nan", "inf", "-0", "0xffffffffffffffffff"]


@pytest.mark.parametrize("text", NOT_NUMBERS, ids=repr)
def test_malformed_numbers_are_refused(world, text):
    world.ok("mk", "shm", "--size", "4K", "--id", "0")
    for words in (["mk", "sem", f"--nsems={text}"], ["mk", "shm", "--size=4K", f"--key={text}"], ["mk", "shm", "--size=4K", f"--mode={text}"],
                  ["rm", f"shm:{text}"], ["show", f"shm:{text}"], ["mk", "shm", "--size=4K", f"--id={text}"], ["key", "/etc", text],
                  ["mk", "sem", "--nsems=1", f"--init={text}"], ["limits", "set", f"shmmni={text}"], ["mk", "msg", f"--count={text}"],
                  ["rm", "shm", "--yes", "--where", f"nattch == {text}"]):
        if words[0] == "key" and (len(text.encode()) == 1 or text == "--"):
            continue  # a single character is a valid project, and this one ends the options
        if words[-1] in ("--key=-5", "--key=-0"):
            continue  # keys may be signed as well
        if words[0] == "rm" and len(words) == 5 and text.strip() in ("5", "-5", "-0"):
            continue  # an expression may have blanks and signs
        r = world.ipcx(*words)
        assert r.rc == 2 and r.out == "" and r.err.startswith("ipcx: "), (words, r.rc, r.out, r.err)
    assert [o["id"] for o in world.objects("shm")] == [0]
    assert world.objects("sem", "msg") == []


@pytest.mark.parametrize("text", ["2147483648", "4294967295", "4294967296", "9223372036854775808", "18446744073709551615"])
def test_ids_are_not_truncated_to_32_bits(world, text):
    """P6, P7: 4294967296 is not 0."""
    world.ok("mk", "shm", "--size", "4K", "--id", "0")
    for verb in ("rm", "show", "ls"):
        assert world.ipcx(verb, f"shm:{text}").rc == 2
    assert world.ipcx("rm", "shm:0x100000000").rc == 2
    assert len(world.objects("shm")) == 1


KEYS = {"0x80000000": "0x80000000", "2147483648": "0x80000000", "-2147483648": "0x80000000", "-1": "0xffffffff",
        "4294967295": "0xffffffff", "0xFFFFFFFF": "0xffffffff", "1": "0x00000001", "010": "0x00000008"}


@pytest.mark.parametrize("text", KEYS)
def test_keys_in_every_spelling(world, text):
    world.ok("mk", "sem", "--nsems", "1", f"--key={text}")
    assert world.objects("sem")[0]["key"] == KEYS[text]
    assert world.ipcx("show", f"sem:key={text}").rc == 0
    assert world.ipcx("rm", f"sem:{KEYS[text]}").rc == 0


def test_key_0_finds_nothing(world):
    world.ok("mk", "shm", "--size", "4K")
    for verb in ("rm", "show", "ls"):
        for ref in ("shm:0x0", "shm:key=0"):
            assert world.ipcx(verb, ref).rc in (2, 3)
    assert len(world.objects("shm")) == 1


# ---- clocks


@pytest.mark.parametrize("tz", ["garbage", ":/etc/passwd", "../../../etc/shadow", "A" * 5000, "", "<+99>99:99:99", "UTC0\033[31m", ":/dev/zero"])
def test_garbage_in_tz(world, tz):
    make_all(world)
    want = world.ipcx("ls", "--json", "-o", "ref,ctime").out
    r = world.ipcx("ls", "--json", "-o", "ref,ctime", env={"TZ": tz}, timeout=20)
    assert (r.rc, r.err, r.out) == (0, "", want)
    r = world.ipcx("show", "shm:0", env={"TZ": tz}, timeout=20)
    assert r.rc == 0 and "\033" not in r.out


@pytest.mark.parametrize("date", ["1901-01-01", "1969-12-31 23:59:59", "2038-01-19 03:14:08", "2262-04-11"])
def test_extreme_times(world, date):
    do(world, f"printf x > /dev/shm/a && touch -d '{date}Z' /dev/shm/a")
    r = world.ipcx("ls", "pshm", "--json", "-o", "ref,mtime,atime")
    assert r.rc == 0 and r.json["objects"][0]["mtime"][:10] in (date[:10], date[:10])
    assert world.ipcx("show", "pshm:/a").rc == 0 and world.ipcx("ls", "pshm", "-o", "all").rc == 0


def test_an_object_of_the_future_has_no_negative_age(world):
    """If the clock was set back, the age is unknown."""
    world.ok("mk", "shm", "--size", "4K")
    lib = preload("past")
    r = world.run(release(), "ls", "shm", "--json", "-o", "ref,age,idle,creator_alive", env={"LD_PRELOAD": lib})
    assert r.rc == 0 and (r.json["objects"][0]["age"], r.json["objects"][0]["idle"]) == (None, None) and "in the future" in r.err
    r = world.run(release(), "ls", "shm", env={"LD_PRELOAD": lib})
    assert r.rc == 0 and not re.search(r"-\d", r.out)
    assert world.run(release(), "rm", "shm", "--where", "age > 0", "--yes", env={"LD_PRELOAD": lib}).rc == 4
    assert len(world.objects("shm")) == 1


# ---- the name of the program


@pytest.mark.parametrize("argv", [[], [""], ["a b"], ["x" * 5000], ["/"], ["\033[31m"], ["--help"]], ids=lambda a: repr(a)[:20])
def test_called_by_any_name(world, argv):
    r = world.run(helper("noname"), IPCX, *argv)
    assert r.rc == 2 and "Sanitizer" not in r.err and "\033" not in r.err
    assert r.err or r.out.startswith("Usage: ipcx")


def test_a_path_with_blanks(world):
    do(world, 'mkdir "$D/a b" && ln -s "$P" "$D/a b/ip cx" && "$D/a b/ip cx" --version && PATH="$D/a b" && "ip cx" ls',
       env={"D": world.dir, "P": release()})
