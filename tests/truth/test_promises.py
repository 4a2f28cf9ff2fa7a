# SPDX-License-Identifier: GPL-2.0-or-later
"""Predictions are true: what "limits --for", "--if-missing" and "--dry-run" say with the caller's permissions is what happens."""

import json
import os
import re
import resource

import pytest

from conftest import IPCX

# A request, and the command that creates the requested object.
WISHES = {
    "shm:4K": ["shm", "--size", "4K"],
    "shm:3x4K": ["shm", "--size", "4K", "--count", "3"],
    "shm:64M,huge": ["shm", "--size", "64M", "--huge"],
    "shm:100T": ["shm", "--size", "100T"],
    "shm:9223372036854775807": ["shm", "--size", "9223372036854775807"],
    "shm:8E": ["shm", "--size", "8E"],
    "shm:18446744073709551615": ["shm", "--size", "18446744073709551615"],
    "sem:2": ["sem", "--nsems", "2"],
    "sem:3x2": ["sem", "--nsems", "2", "--count", "3"],
    "msg:1": ["msg"],
    "msg:3": ["msg", "--count", "3"],
    "mq:2x16": ["mq", "/q", "--maxmsg", "2", "--msgsize", "16"],
    "mq:10000x16": ["mq", "/q", "--maxmsg", "10000", "--msgsize", "16"],
    "mq:2x16777217": ["mq", "/q", "--maxmsg", "2", "--msgsize", "16777217"],
    "pshm:4K": ["pshm", "/p", "--size", "4K", "--allocate"],
    "pshm:300K": ["pshm", "/p", "--size", "300K", "--allocate"],
    "pshm:8E": ["pshm", "/p", "--size", "8E", "--allocate"],
    "psem:1": ["psem", "/s"],
    "psem:3": ["psem", "/s1", "/s2", "/s3"],
}
# Obstacles: a setup script, and the way in which both commands are run.
OBSTACLES = {
    "none": ("", {}),
    "of a user": ("", {"uid": 1000}),
    "/dev/shm not writable": ("chmod 0755 /dev/shm", {"uid": 1000}),
    "/dev/shm read-only": ("mount -o remount,ro /dev/shm", {}),
    "no /dev/shm": ("umount -l /dev/shm; mount -t tmpfs -o size=64K none /dev; mkdir /dev/mqueue", {}),
    "/dev/shm full": ("mount -o remount,size=256K /dev/shm; head -c 256K /dev/zero > /dev/shm/full", {}),
    "/dev/shm nearly full": ("mount -o remount,size=256K /dev/shm; head -c 252K /dev/zero > /dev/shm/full", {}),
    "no inodes": ("mount -o remount,nr_inodes=2 /dev/shm; touch /dev/shm/full", {}),
    "two inodes": ("mount -o remount,nr_inodes=3 /dev/shm", {}),
    "no segments": ("echo 2 > /proc/sys/kernel/shmmni", {}),
    "no arrays": ('echo "250 32000 32 2" > /proc/sys/kernel/sem', {}),
    "no queues": ("echo 2 > /proc/sys/kernel/msgmni", {}),
    "small shmmax": ("echo 4095 > /proc/sys/kernel/shmmax", {}),
    "largest shmmax": ("echo 18446744073709551615 > /proc/sys/kernel/shmmax; echo 18446744073709551615 > /proc/sys/kernel/shmall", {}),
    "no pages": ("echo 2 > /proc/sys/kernel/shmall", {}),
    "files of 4096 bytes": ("", {"limit": ["--fsize=4096:"]}),
    "files of 16 bytes": ("", {"limit": ["--fsize=16:"]}),
    "few bytes of queues": ("", {"limit": ["--msgqueue=200:"]}),
    "any bytes of queues": ("", {"limit": ["--msgqueue=unlimited"]}),
    "no locked memory": ("", {"limit": ["--memlock=4096:"], "uid": 1000}),
}


# Try each request alone: first --for, then mk; the created object is removed again.
EACH = """
wish=$1; shift
out=$("$@" limits --for "$wish" --json 2>"$DIR/says.err"); says=$?
printf %s "$out" >"$DIR/says"
set -- "$@" mk $WORDS
out=$("$@" 2>"$DIR/made.err"); made=$?
printf %s "$out" >"$DIR/made"
[ $made != 0 ] || "$IPCX" rm ${wish%%:*} $(cat "$DIR/made") || exit 9
echo $says $made
"""


def both(world, wish, how):
    """Return what --for says (True, False or None) and its rows, whether mk succeeds, and the messages of both."""
    os.chmod(world.dir, 0o777)
    run = ["prlimit", *how["limit"], IPCX] if "limit" in how else [IPCX]
    r = world.sh(EACH.replace("$WORDS", " ".join(WISHES[wish])).replace("wish=$1; shift", f'wish="{wish}"; set -- {" ".join(run)}')
                 .replace('$("$@"', f'$({user(how)} "$@"'), env={"DIR": world.dir})
    assert r.rc == 0 and r.err == "", r.err
    says, made = map(int, r.out.split())
    texts = {}
    for name in ("says", "says.err", "made", "made.err"):
        with open(os.path.join(world.dir, name), encoding="utf-8") as f:
            texts[name] = f.read()
        os.unlink(os.path.join(world.dir, name))
    assert says in (0, 1) and made in (0, 1), texts
    rows = {row["name"]: row for row in json.loads(texts["says"])["needs"]}
    no = any(row["fits"] is False for row in rows.values())
    return True if says == 0 else False if no else None, made == 0, rows, texts


def user(how):
    return f"setpriv --reuid={how['uid']} --regid={how['uid']} --clear-groups" if "uid" in how else ""


@pytest.mark.parametrize("setup", OBSTACLES)
def test_a_request_fits_if_and_only_if_it_can_be_created(world, setup):
    """Every request with every obstacle. The answer may be unknown only if the kernel does not report the usage."""
    script, how = OBSTACLES[setup]
    if script:
        r = world.sh(script)
        assert r.rc == 0, r.err
    if "limit" in how and world.run("prlimit", *how["limit"], "true").rc:
        pytest.skip("that limit cannot be raised here")
    wrong = []
    for wish in WISHES:
        says, made, rows, texts = both(world, wish, how)
        unknown = {name for name, row in rows.items() if row["fits"] is None}
        if says is None:
            assert unknown <= {"rlimit_msgqueue", "mqueue_queues_max", "permission"} and ("cannot tell whether" in texts["says.err"] or "files" in setup), (wish, rows)
            assert "permission" not in unknown or "RLIMIT_MEMLOCK" in texts["says.err"], texts
        elif says != made:
            wrong.append((wish, says, made, texts))
        assert made or (texts["made"] == "" and texts["made.err"].startswith("ipcx: ")), texts
    assert not wrong, wrong


def test_a_queue_does_not_fit_if_known_usage_exceeds_the_limit(world):
    """The kernel does not report the usage of RLIMIT_MSGQUEUE; it is at least that of the queues in this namespace."""
    run = ["prlimit", "--msgqueue=700:", IPCX]
    r = world.run(*run, "limits", "--for", "mq:2x16", "--json", uid=1000)
    assert {row["name"]: row["fits"] for row in r.json["needs"]}["rlimit_msgqueue"] is None
    for name in ("/a", "/b", "/c"):  # 224 bytes each
        assert world.run(*run, "mk", "mq", name, "--maxmsg", "2", "--msgsize", "16", uid=1000).rc == 0
    r = world.run(*run, "limits", "--for", "mq:2x16", "--json", uid=1000)
    assert r.rc == 1 and {row["name"]: row["fits"] for row in r.json["needs"]}["rlimit_msgqueue"] is False
    assert "does not fit: raise rlimit_msgqueue to " in r.err
    assert world.run(*run, "mk", "mq", "/d", "--maxmsg", "2", "--msgsize", "16", uid=1000).rc == 1
    assert world.run(*run, "limits", "--for", "mq:2x16", "--json").json["needs"][-1]["fits"] is None, "they are another's"


@pytest.mark.parametrize("wish,name,most", [
    ("shm:100000x1", "shmmni", 32768), ("msg:40000", "msgmni", 32768), ("sem:40000x1", "semmni", 32768),
    ("mq:70000x16", "mqueue_msg_max", 65536), ("mq:1x16777217", "mqueue_msgsize_max", 16777216), ("shm:8E", "size_max", 2 ** 63 - 1)])
def test_a_request_that_can_never_fit(world, wish, name, most):
    with open("/proc/cmdline", encoding="ascii") as f:
        if "ipcmni_extend" in f.read() and most == 32768:
            pytest.skip("this kernel was started with ipcmni_extend")
    r = world.ipcx("limits", "--for", wish)
    assert r.rc == 1
    assert re.search(rf"cannot fit at all: {name} cannot be raised above {most}, \d+ needed", r.err), r.err
    assert f"raise {name} to" not in r.err


def test_advice_can_be_followed(world):
    """The kernel accepts every limit that ipcx advises, and with these limits the request succeeds."""
    for wish in ("shm:5000x1", "sem:3x32001", "msg:32001", "shm:32768x1", "sem:32768x1"):
        r = world.ipcx("limits", "--for", wish)
        for name, to in re.findall(r"raise (\w+) to (\d+)", r.err):
            world.ok("limits", "set", f"{name}={to}")
        assert world.ipcx("limits", "--for", wish).rc == 0, (wish, r.err)
    world.ok("mk", "shm", "--size", "1")
    r = world.ipcx("limits", "--for", "shm:32768x1")
    assert r.rc == 1 and "does not fit: shmmni is 32768, 1 in use, 32768 needed" in r.err and "raise" not in r.err


def test_a_failed_mk_advises_only_values_the_kernel_accepts(world):
    world.ok("limits", "set", "semmni=1", "shmmni=1")
    for words, name in ((["sem", "--nsems", "1", "--count", "40000"], "semmni"), (["shm", "--size", "1", "--count", "40000"], "shmmni")):
        r = world.ipcx("mk", *words)
        assert r.rc == 1 and f"{name} is 1 " in r.err and "cannot be raised above 32768" in r.err and "limits set" not in r.err, r.err


def test_limits_have_a_known_maximum(world):
    rows = {row["name"]: row for row in world.ipcx("limits", "--json").json["limits"]}
    most = {"msgmax": 2 ** 31 - 1, "shm_rmid_forced": 1, "mqueue_msg_max": 65536, "mqueue_msgsize_max": 2 ** 24, "shmmax": 2 ** 64 - 1,
            "semvmx": 32767, "dev_shm": None}
    assert {n: rows[n]["ceiling"] for n in most} == most
    for name, row in rows.items():
        if row["ceiling"] is None or "." not in row["source"] or name.startswith("hugepages"):
            continue
        for value, rc in ((row["ceiling"], 0), (row["ceiling"] + 1, 1)):
            if value >= 2 ** 64 or name in ("shmmax", "shmall"):
                continue
            r = world.ipcx("limits", "set", f"{name}={value}")
            assert r.rc == rc, (name, value, r.err)
            if rc:
                assert re.search(rf"out of the range \d+ to {row['ceiling']}$", r.err.strip()), r.err


def test_a_soft_limit_can_be_raised_to_the_hard_one(world):
    r = world.run("prlimit", "--fsize=4096:8192", IPCX, "limits", "rlimit_fsize", "--json")
    assert (r.json["limits"][0]["limit"], r.json["limits"][0]["ceiling"]) == (4096, 8192)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    row = world.ipcx("limits", "rlimit_fsize", "--json").json["limits"][0]
    assert row["ceiling"] == (None if hard == resource.RLIM_INFINITY else hard) and (soft, hard)


# ---- --if-missing


KINDS = {"shm": ["shm:0x77", "--size", "4K"], "msg": ["msg:0x77"], "sem": ["sem:0x77", "--nsems", "2"], "mq": ["mq", "/o"],
         "pshm": ["pshm", "/o", "--size", "4K"], "psem": ["psem", "/o"]}


@pytest.mark.parametrize("kind", KINDS)
def test_only_usable_objects_are_reused(world, kind):
    words = KINDS[kind]
    first = world.ok("mk", *words)
    r = world.ipcx("mk", *words, "--if-missing", uid=1000)
    assert (r.rc, r.out) == (1, "") and re.search(r"exists.*, but you may not use it with mode 0600: owner root, mode 0600", r.err), r.err
    assert world.ipcx("mk", *words, "--if-missing").out == first + "\n", "its owner takes it"
    ref = f"{kind}:{first}"
    world.ok("set", ref, "--mode", "0606")
    assert world.ipcx("mk", *words, "--if-missing", uid=1000).out == first + "\n"
    # To use an object only for reading, read access suffices; a semaphore always needs write access.
    world.ok("set", ref, "--mode", "0604")
    assert world.ipcx("mk", *words, "--if-missing", uid=1000).rc == 1
    r = world.ipcx("mk", *words, "--if-missing", "--mode", "0400", uid=1000)
    assert r.rc == (1 if kind == "psem" else 0), r.err
    assert len(world.objects()) == 1 and world.objects()[0]["mode"] == "0604"


def test_several_objects_are_reused_only_if_all_may_be(world):
    world.ok("mk", "shm:0x78", "--size", "1")
    before = world.steady()
    r = world.ipcx("mk", "shm:0x77", "shm:0x78", "--size", "1", "--if-missing", uid=1000)
    assert r.rc == 1 and r.out == "" and world.steady() == before


@pytest.mark.parametrize("kind,words", [("shm", "with size 4096"), ("sem", "with nsems 2"), ("msg", ""), ("mq", ""), ("psem", "")])
def test_a_mismatch_is_reported_with_its_name(world, kind, words):
    world.ok("mk", *KINDS[kind])
    r = world.ipcx("mk", *KINDS[kind], "--if-missing")
    assert "large" not in r.err and re.search(rf"existed already{' ' + words if words else ''}: taken as it is$", r.err.strip()), r.err


# ---- limits set


@pytest.mark.parametrize("word", ["shmmni=77", "shmmni=0", "shmmni=32769", "kernel.shmmax=4G", "semmsl=9", "semmni=32769", "msgmax=2147483648",
                                  "shm_rmid_forced=2", "mqueue_msg_max=0", "mqueue_msgsize_max=127", "mqueue_msg_max=65536"])
@pytest.mark.parametrize("who", ["root", "user", "read-only", "owned by others"])
def test_a_dry_run_predicts_setting(world, word, who):
    name, value = word.split("=")
    if who == "read-only":
        assert world.sh("mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys").rc == 0
    uid = 1000 if who in ("user", "owned by others") else None
    # The caller is user 0 of a user namespace that does not own the IPC namespace.
    run = ["unshare", "--user", "--map-root-user", IPCX] if who == "owned by others" else [IPCX]
    before = world.ipcx("limits", name, "--json").json["limits"][0]["limit"]
    dry = world.run(*run, "limits", "set", word, "--dry-run", uid=uid)
    now = world.ipcx("limits", name, "--json").json["limits"][0]["limit"]
    deed = world.run(*run, "limits", "set", word, uid=uid)
    assert now == before, "nothing was set"
    assert (dry.rc, dry.err) == (deed.rc, deed.err)
    after = world.ipcx("limits", name, "--json").json["limits"][0]["limit"]
    if dry.rc == 0:
        assert dry.out == f"{name} would be set from {before} to {after}\n" and who == "root"
    else:
        assert dry.out == "" and after == before


# ---- the size of /dev/shm


@pytest.fixture
def small(world):
    assert world.run("mount", "-o", "remount,size=1M", "/dev/shm").rc == 0
    return world


def test_a_size_beyond_memory_is_reported(small):
    assert small.ok("mk", "pshm", "/fits", "--size", "1M") == "/fits"
    r = small.ipcx("mk", "pshm", "/x", "--size", "1025K")
    assert (r.rc, r.out) == (0, "/x\n")
    assert "1049600 bytes are not allocated yet, and only 1048576 are free in /dev/shm" in r.err and "SIGBUS" in r.err
    r = small.ipcx("mk", "pshm", "/a", "/b", "--size", "600K")
    assert r.rc == 0 and r.err.count("\n") == 1 and "1228800 bytes" in r.err, "together they are too many"
    r = small.ipcx("set", "pshm:/fits", "--size", "2M")
    assert r.rc == 0 and re.fullmatch(r"ipcx: note: pshm:/fits: 2097152 bytes are .* only 1048576 are free in /dev/shm.*\n", r.err)
    assert small.ok("set", "pshm:/fits", "--size", "4K") == ""


def test_memory_is_allocated_completely_or_nothing_is_created(small):
    assert small.ok("mk", "pshm", "/a", "--size", "512K", "--allocate") == "/a"
    assert small.objects()[0]["allocated"] == 512 << 10
    r = small.ipcx("mk", "pshm", "/b", "--size", "513K", "--allocate")
    assert (r.rc, r.out) == (1, "") and "dev_shm is 1048576 (524288 used), 528384 needed" in r.err
    assert [o["name"] for o in small.objects()] == ["/a"]
    r = small.ipcx("mk", "pshm", "/c", "/d", "--size", "300K", "--allocate")
    assert r.rc == 1 and [o["name"] for o in small.objects()] == ["/a"], "both or neither"
    assert small.ipcx("mk", "shm", "--size", "4K", "--allocate").rc == 2
    r = small.run("prlimit", "--fsize=4096:", IPCX, "mk", "pshm", "/e", "--size", "8K", "--allocate")
    assert r.rc == 1 and "rlimit_fsize is 4096, 8192 needed" in r.err


def test_written_contents_need_no_reserve(small):
    path = os.path.join(small.dir, "in")
    with open(path, "wb") as f:
        f.write(b"x" * (700 << 10))
    assert small.ok("mk", "pshm", "/a", "--from", path) == "/a"
    r = small.ipcx("mk", "pshm", "/b", "--from", path)
    assert r.rc == 1 and [o["name"] for o in small.objects()] == ["/a"]
