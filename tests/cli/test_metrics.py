# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx metrics: the text, what it says, how it is bounded, and the ways out: a file, an HTTP answer, one value."""

import math
import os
import signal
import stat
import subprocess

import pytest

from conftest import IPCX
from helpers.metrics import metrics, one, parse, pick, until
from helpers.tools import preload, release


@pytest.fixture
def objects(world):
    for size in ("4096", "100", "1M"):
        world.ok("mk", "shm", "--size", size)
    world.ok("mk", "msg:0x51", "--qbytes", "1000")
    world.ok("msg", "send", "0x51", "x" * 250, "y" * 250)
    world.ok("mk", "sem", "--nsems", "3")
    world.ok("mk", "sem", "--nsems", "4")
    world.ok("mk", "mq", "/q", "--maxmsg", "4", "--msgsize", "8")
    world.ok("mq", "send", "/q", "m")
    world.ok("mk", "pshm", "/p", "--size", "5000")
    return world


def test_sums_are_those_of_the_listing(objects):
    found = metrics(objects)
    owner = objects.objects("shm")[0]["owner"]
    for mech, count in {"shm": 3, "msg": 1, "sem": 2, "mq": 1, "pshm": 1}.items():
        assert one(found, "ipcx_objects", mech=mech, owner=owner) == count
    assert pick(found, "ipcx_objects", mech="psem") == {(("mech", "psem"),): 0}
    assert one(found, "ipcx_bytes", mech="shm") == 4096 + 100 + (1 << 20)
    assert one(found, "ipcx_bytes", mech="msg") == 500
    assert one(found, "ipcx_bytes", mech="pshm") == 5000
    assert {labels: value for labels, value in pick(found, "ipcx_messages").items()} == {
        (("mech", "msg"), ("owner", owner)): 2, (("mech", "mq"), ("owner", owner)): 1}
    assert one(found, "ipcx_semaphores") == 7
    assert one(found, "ipcx_attaches") == 0 and one(found, "ipcx_unattached_objects") == 3
    assert one(found, "ipcx_unattached_bytes") == one(found, "ipcx_bytes", mech="shm")
    assert one(found, "ipcx_fullest_queue_ratio", mech="msg") == 0.5
    assert one(found, "ipcx_fullest_queue_ratio", mech="mq") == 0.25
    oldest = min(o["ctime"] for o in objects.objects("sem"))
    r = objects.run("date", "-u", "-d", oldest, "+%s")
    assert one(found, "ipcx_oldest_use_timestamp_seconds", mech="sem") == float(r.out)
    assert set(pick(found, "ipcx_unreadable").values()) == {0}
    assert set(pick(found, "ipcx_series_dropped").values()) == {0}
    assert one(found, "ipcx_build_info") == 1 and one(found, "ipcx_scrape_duration_seconds") > 0
    assert pick(found, "ipcx_namespaces") == {}


def test_attached_segments(objects):
    at = "import ctypes, sys; libc = ctypes.CDLL(None); libc.shmat.restype = ctypes.c_void_p\n" \
         "for i in (0, 0, 2): assert libc.shmat(i, None, 0)\n" \
         "import subprocess; sys.exit(subprocess.call(sys.argv[1:]))"
    r = objects.run("python3", "-c", at, IPCX, "metrics", "shm")
    found = parse(r.out)
    assert one(found, "ipcx_attaches") == 3
    assert one(found, "ipcx_unattached_objects") == 1 and one(found, "ipcx_unattached_bytes") == 100


def test_limits_are_those_of_the_list(objects):
    found = metrics(objects)
    objects.ok("mk", "shm", "--size", "1")  # and none of them are of then
    rows = {r["name"]: r for r in objects.ipcx("limits", "--json").json["limits"]}
    told = {dict(labels)["limit"] for labels in pick(found, "ipcx_limit")}
    assert told == {name for name, r in rows.items() if r["scope"] != "process"}
    assert "rlimit_memlock" not in told and "shmmni" in told
    for name in told:
        r = rows[name]
        assert one(found, "ipcx_limit", limit=name) == (math.inf if r["limit"] is None else float(r["limit"])), name
        assert dict(next(iter(pick(found, "ipcx_limit", limit=name))))["unit"] == r["unit"]
    for name in ("msgmni", "semmni", "semmns", "mqueue_queues_max"):
        assert one(found, "ipcx_limit_used", limit=name) == rows[name]["used"]
        assert math.isclose(one(found, "ipcx_limit_used_ratio", limit=name), rows[name]["used"] / rows[name]["limit"], rel_tol=1e-6)
    assert one(found, "ipcx_limit_used", limit="shmmni") == rows["shmmni"]["used"] - 1 == 3
    pages = os.sysconf("SC_PAGESIZE")
    assert one(found, "ipcx_limit_used", limit="shmall") == sum(-(-size // pages) for size in (4096, 100, 1 << 20))


def test_the_kernel_need_not_count_segments_once_more(objects):
    """SHM_INFO walks all segments while it holds a lock, and /proc/sysvipc stalls other users."""
    trace = os.path.join(objects.dir, "trace")
    asan = {"ASAN_OPTIONS": "detect_leaks=0"}
    r = objects.run("strace", "-f", "-o", trace, "-e", "trace=shmctl,openat", IPCX, "metrics", env=asan)
    assert r.rc == 0, r.err
    with open(trace, encoding="utf-8", errors="replace") as f:
        calls = f.read()
    assert "SHM_STAT_ANY" in calls and "SHM_INFO" not in calls.replace("SHM_INFO|", "") and "sysvipc" not in calls
    r = objects.run("strace", "-f", "-o", trace, "-e", "trace=openat", IPCX, "metrics", "--with", "rss", env=asan)
    with open(trace, encoding="utf-8", errors="replace") as f:
        assert "sysvipc/shm" in f.read()
    assert one(parse(r.out), "ipcx_resident_bytes") == 0 and one(parse(r.out), "ipcx_swapped_bytes") == 0


def test_by(objects):
    assert pick(metrics(objects, "--by", "none"), "ipcx_objects", mech="shm") == {(("mech", "shm"),): 3}
    ns = objects.run("readlink", "/proc/self/ns/ipc").out.strip()[5:-1]
    found = metrics(objects, "--by", "ns", "--by", "owner")
    assert dict(next(iter(pick(found, "ipcx_objects", mech="shm")))).keys() == {"mech", "ns", "owner"}
    assert one(found, "ipcx_objects", mech="shm", ns=ns) == 3
    assert one(found, "ipcx_limit_used", limit="shmmni", ns=ns) == 3


def test_all_namespaces(objects):
    script = f"mount -t tmpfs none /dev/shm; {IPCX} mk shm --size 7 >&2 && echo ready && read -r end"
    hold = subprocess.Popen(objects.argv("unshare", "--ipc", "--mount", "sh", "-c", script),
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert hold.stdout.readline() == b"ready\n"
        found = parse(objects.ipcx("metrics", "--ns", "all").out)
        bytes_of = {dict(labels)["ns"]: value for labels, value in pick(found, "ipcx_bytes", mech="shm").items()}
        assert sorted(bytes_of.values()) == [7, 4096 + 100 + (1 << 20)]
        other = next(ns for ns, value in bytes_of.items() if value == 7)
        assert one(found, "ipcx_limit_used", limit="shmmni", ns=other) == 1
        assert one(found, "ipcx_limit_used", limit="shmall", ns=other) == 1
        assert pick(found, "ipcx_limit", limit="msgmni", ns=other) == {}, "nothing of it is used"
        assert pick(found, "ipcx_limit", limit="dev_shm_inodes", ns=other) == {}, "the directory itself is not counted"
        assert one(found, "ipcx_namespaces") >= 2
        assert all("ns" not in dict(labels) for labels in pick(found, "ipcx_limit", limit="hugepages"))
        # summed up over namespaces
        found = parse(objects.ipcx("metrics", "--ns", "all", "--by", "none").out)
        assert one(found, "ipcx_bytes", mech="shm") == 7 + 4096 + 100 + (1 << 20)
    finally:
        hold.communicate()


def owners(world, count):
    for uid in range(5000, 5000 + count):
        for _ in range(uid - 4999):
            world.ok("mk", "shm", "--size", str(uid - 4999), "--owner", str(uid))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: objects of other owners")
def test_series_are_bounded_and_the_rest_is_counted(world):
    owners(world, 5)
    found = metrics(world, "shm", "--max-series", "3")
    assert pick(found, "ipcx_objects") == {(("mech", "shm"), ("owner", o)): n for o, n in (("5004", 5), ("5003", 4), ("5002", 3), ("(other)", 3))}
    assert one(found, "ipcx_bytes", owner="(other)") == 1 + 2 * 2
    assert one(found, "ipcx_series_dropped", what="groups") == 2
    assert len(pick(found, "ipcx_limit")) == 3 and one(found, "ipcx_series_dropped", what="limits") > 10
    assert pick(found, "ipcx_limit", limit="shmmni"), "the most used remain"
    # Nothing collides with a user of this name.
    r = world.sh("echo other:x:5004:5004::/:/bin/sh >> /etc/passwd.new; cat /etc/passwd >> /etc/passwd.new; mount --bind /etc/passwd.new /etc/passwd; "
                 "rm /etc/passwd.new; $IPCX metrics shm --max-series 3")
    assert r.rc == 0, r.err
    found = parse(r.out)
    assert one(found, "ipcx_objects", owner="other") == 5 and one(found, "ipcx_objects", owner="(other)") == 3
    # What is not there is neither the rest nor counted.
    found = metrics(world, "--max-series", "1")
    assert pick(found, "ipcx_objects", mech="mq") == {(("mech", "mq"),): 0} and one(found, "ipcx_series_dropped", what="groups") == 4


def test_series_of_objects(objects):
    found = metrics(objects, "--per-object", "-w", "size >= 4096", "-w", "size < 5M")
    assert pick(found, "ipcx_object_size_bytes", mech="shm") == {
        (("mech", "shm"), ("owner", o["owner"]), ("ref", o["ref"])): o["size"] for o in objects.objects("shm") if o["size"] >= 4096}
    assert one(found, "ipcx_object_size_bytes", ref="pshm:/p", name="/p") == 5000
    assert one(found, "ipcx_objects", mech="shm") == 3, "the sums are of all"
    found = metrics(objects, "--per-object", "-w", "use_percent > 0")
    assert one(found, "ipcx_object_used_ratio", ref="msg:0") == 0.5 and one(found, "ipcx_object_message_bytes", ref="msg:0") == 500
    assert one(found, "ipcx_object_messages", ref="mq:/q") == 1
    found = metrics(objects, "--per-object", "-w", "size > 0", "--max-series", "1")
    assert list(pick(found, "ipcx_object_size_bytes").values()) == [1 << 20]
    assert one(found, "ipcx_series_dropped", what="objects") == 3


HOSTILE = ['/a"b', "/a\\b", "/a\nb", "/a{b}=,c", "/a\x01\x1b[31m", "/ä", b"/\xff\xfe"]


def test_hostile_names_arrive_as_they_are(world):
    for name in HOSTILE:
        world.run("python3", "-c", "import ctypes, sys, os; assert ctypes.CDLL(None).mq_open(os.fsencode(sys.argv[1]), 0o102, 0o600, None) >= 0",
                  os.fsdecode(name)).check_returncode()
    found = metrics(world, "--per-object", "-w", "maxmsg > 0")
    names = {dict(labels)["name"] for labels in pick(found, "ipcx_object_messages")}
    assert names == {n if isinstance(n, str) else r"/\xff\xfe" for n in HOSTILE}


@pytest.mark.parametrize("words", [[], ["--output", "-"]], ids=["plain", "output -"])
def test_a_terminal_gets_no_control_characters(world, words):
    world.ok("mk", "mq", "/a\x1b[31m\u202eb")
    ours, theirs = os.openpty()
    try:
        r = world.ipcx("metrics", "mq", "--per-object", "-w", "maxmsg == 10", *words, stdout=theirs)
        assert r.rc == 0 and r.err == ""
        os.close(theirs)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536)
            except OSError:  # the other end is closed, and all was read
                break
    finally:
        os.close(ours)
    text = text.decode().replace("\r\n", "\n")
    assert "\x1b" not in text and "\u202e" not in text and 'name="/a\\\\x1b[31m\\\\xe2\\\\x80\\\\xaeb"' in text
    parse(text)
    ours, theirs = os.openpty()
    r = world.ipcx("metrics", "--http", stdout=theirs)
    os.close(ours), os.close(theirs)
    assert r.rc == 2 and "not on a terminal" in r.err


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: objects of other owners")
def test_what_may_not_be_read_is_not_said_to_be_nothing(objects):
    objects.ok("mk", "mq", "/secret", "--mode", "0600")
    objects.ok("mk", "mq", "/open", "--owner", "65534")
    r = objects.ipcx("metrics", uid=65534)
    assert r.rc == 0, r.err
    found = parse(r.out)
    root = objects.objects("shm")[0]["owner"]
    assert one(found, "ipcx_unreadable", what="mq") > 0
    assert pick(found, "ipcx_messages", mech="mq", owner=root) == {}
    assert pick(found, "ipcx_fullest_queue_ratio", mech="mq", owner=root) == {}
    assert one(found, "ipcx_objects", mech="mq", owner=root) == 2
    assert one(found, "ipcx_objects", mech="shm", owner=root) == 3
    r = objects.ipcx("metrics", "--get", 'ipcx_messages{mech="mq"}', uid=65534)
    assert r.rc == 1 and r.out == "" and "unknown" in r.err
    r = objects.ipcx("metrics", "--get", 'ipcx_objects{mech="shm"}', uid=65534)
    assert (r.rc, r.out, r.err) == (0, "3\n", ""), "another mechanism does not matter"
    r = objects.ipcx("metrics", "--get", "ipcx_objects", uid=65534)
    assert r.rc == 4 and float(r.out) == 10 and "could not be read" in r.err
    r = objects.ipcx("metrics", "--get", 'ipcx_limit_used{limit="shmmni"}', uid=65534)
    assert (r.rc, r.out, r.err) == (0, "3\n", "")


def test_who_waits_and_doctor(objects):
    for op in ("0+1", "0-1"):  # and who did it has ended
        objects.ok("sem", "op", "sem:0", op)
    wait, kill = started(objects, "sem", "op", "sem:0", "0-1", stderr=subprocess.DEVNULL)
    try:
        until(lambda: objects.ipcx("waits", "--json").json["waits"])
        found = parse(objects.ipcx("metrics", "--with", "waits,who", "--with", "doctor").out)
        assert one(found, "ipcx_waiting_threads", mech="sem") == 1 and one(found, "ipcx_waiting_threads", mech="msg") == 0
        for mech in ("shm", "pshm", "sem"):
            rows = objects.objects(mech, "-o", "in_use,user_count")
            unused = [] if None in [r["in_use"] for r in rows] else [sum(not r["in_use"] for r in rows)]
            assert list(pick(found, "ipcx_unused_objects", mech=mech).values()) == unused, mech
            users = [] if None in [r["user_count"] for r in rows] else [sum(r["user_count"] for r in rows)]
            assert list(pick(found, "ipcx_users", mech=mech).values()) == users, mech
        assert {dict(labels)["grade"] for labels in pick(found, "ipcx_findings")} <= {"possible", "likely", "certain"}
        assert pick(metrics(objects), "ipcx_waiting_threads") == {}
        assert objects.ipcx("metrics", "--get", 'ipcx_waiting_threads{mech="sem"}').out == "1\n"
        row = objects.ipcx("waits", "sem", "--json").json["waits"][0]
        assert pick(found, "ipcx_stuck_threads") == {(("grade", row["grade"]), ("mech", "sem")): 1}
    finally:
        kill(signal.SIGTERM)
        wait.wait()


def steady(found):
    return {key: value for key, value in found.items() if key[0] not in ("ipcx_scrape_duration_seconds", "ipcx_unreadable")}


@pytest.mark.parametrize("everything", [False, True], ids=["one", "all"])
def test_without_memory_the_text_is_whole_or_missing(objects, everything):
    words = ("metrics", "--by", "none")  # without names: the C library crashes where it looks them up
    plain = steady(parse(objects.run(release(), *words).out))
    for n in range(1, 3000):
        env = {"LD_PRELOAD": preload("nomem"), "NOMEM_AT": str(n), **({"NOMEM_ALL": "1"} if everything else {})}
        r = objects.run(release(), *words, env=env)
        if r.rc == 90:
            return
        assert r.rc in (0, 1, 2) and (r.rc == 0 or (r.err and r.out == "")), (n, r.rc, r.err)
        if r.rc == 0:
            found = parse(r.out)
            assert steady(found) == plain or any(pick(found, "ipcx_unreadable").values()), n
    raise AssertionError("it never ends")


def test_a_gap_ends_with_its_reason(world):
    """In one process that goes on: a queue that may not be read, and later may."""
    if os.geteuid() != 0:
        pytest.skip("needs root: queues of other owners")
    world.ok("mk", "mq", "/secret", "--mode", "0600")
    path = os.path.join(world.dir, "own", "ipcx.prom")
    os.mkdir(os.path.dirname(path))
    os.chmod(os.path.dirname(path), 0o777)
    drop = ["--reuid=65534", "--regid=65534", "--clear-groups"]
    p, kill = started(world, "metrics", "--output", path, "--every", "10ms", before=["setpriv", *drop], stderr=subprocess.PIPE)

    def unreadable():
        with open(path, encoding="utf-8") as f:
            return sum(pick(parse(f.read()), "ipcx_unreadable").values())

    try:
        until(lambda: os.path.exists(path) and unreadable() > 0)
        world.ok("set", "mq:/secret", "--mode", "0644")
        until(lambda: unreadable() == 0)
    finally:
        kill(signal.SIGTERM)
        assert p.wait(timeout=60) == 0
        p.communicate()


# ---- a file

def test_a_file_is_replaced_in_one_step(objects):
    path = os.path.join(objects.dir, "ipcx.prom")
    assert objects.sh('umask 077; $IPCX metrics --output "$1"'.replace("$1", path)).rc == 0
    before = os.stat(path)
    assert stat.S_IMODE(before.st_mode) == 0o644
    with open(path, encoding="utf-8") as f:
        old = f.read()
        objects.ok("mk", "shm", "--size", "9")
        objects.ok("metrics", "--output", path)
        f.seek(0)
        assert f.read() == old, "who reads the old file goes on reading it"
    assert os.stat(path).st_ino != before.st_ino
    with open(path, encoding="utf-8") as f:
        assert one(parse(f.read()), "ipcx_objects", mech="shm") == 4
    assert os.listdir(objects.dir) == ["ipcx.prom"]


def test_a_file_that_cannot_be_written_stays_as_it_is(world):
    path = os.path.join(world.dir, "ipcx.prom")
    r = world.ipcx("metrics", "--output", os.path.join(world.dir, "none", "x.prom"))
    assert r.rc == 1 and "No such file or directory" in r.err and len(r.err.splitlines()) == 1
    os.symlink("/etc/passwd", path)
    r = world.ipcx("metrics", "--output", path)
    assert r.rc == 1 and os.path.islink(path) and "--force" not in r.err, r.err
    r = world.sh(f"mkdir {world.dir}/small && mount -t tmpfs -o size=4k none {world.dir}/small && echo old > {world.dir}/small/x.prom && "
                 f"$IPCX metrics --output {world.dir}/small/x.prom; echo $?; ls {world.dir}/small; cat {world.dir}/small/x.prom; umount {world.dir}/small")
    assert r.out == "1\nx.prom\nold\n" and "No space left" in r.err, (r.out, r.err)
    for device in ("/dev/full",):
        r = world.sh(f"$IPCX metrics > {device}")
        assert r.rc == 1 and "No space left" in r.err


def started(world, *words, before=(), **more):
    """Start ipcx; return the process and a function that sends it a signal (in its own PID namespace)."""
    where = os.path.join(world.dir, "pid")
    p = subprocess.Popen(world.argv("sh", "-c", 'echo $$ > "$0.new"; mv "$0.new" "$0"; exec "$@"', where, *before, IPCX, *words), **more)
    until(lambda: os.path.exists(where))
    with open(where, encoding="ascii") as f:
        pid = f.read().strip()
    os.unlink(where)
    return p, lambda signo: world.run("kill", f"-{signo}", pid)


def test_again_and_again(world):
    path = os.path.join(world.dir, "ipcx.prom")
    p, kill = started(world, "metrics", "--output", path, "--every", "10ms", stderr=subprocess.PIPE)
    try:
        until(lambda: os.path.exists(path))
        world.ok("mk", "shm", "--size", "1")

        def told():
            with open(path, encoding="utf-8") as f:
                return sum(pick(parse(f.read()), "ipcx_objects", mech="shm").values())

        until(lambda: told() == 1)
        assert p.poll() is None
        kill(signal.SIGTERM)
        assert p.wait(timeout=60) == 0 and p.stderr.read() == b""
        assert os.listdir(world.dir) == ["ipcx.prom"]
    finally:
        if p.poll() is None:
            kill(signal.SIGKILL)
        p.communicate()
    r = world.ipcx("metrics", "--output", "/nowhere/x.prom", "--every", "1h")
    assert r.rc == 1 and "/nowhere" in r.err


# ---- one value

def test_get(objects):
    owner = objects.objects("shm")[0]["owner"]
    assert objects.ok("metrics", "--per-object", "-w", "size > 0", "--get", "ipcx_object_size_bytes") == str(4096 + 100 + (1 << 20) + 5000)
    for selector, value in (("ipcx_objects", 8), ('ipcx_objects{mech="shm"}', 3), (f'ipcx_objects{{owner="{owner}",mech="shm"}}', 3),
                            ('ipcx_objects{mech="psem"}', 0), ('ipcx_objects{mech="shm",owner="nobody at all"}', 0), ("ipcx_objects{}", 8),
                            ("ipcx_fullest_queue_ratio", 0.5), ("ipcx_semaphores", 7), ('ipcx_limit_used{limit="semmni"}', 2),
                            ('ipcx_unreadable{what="shm"}', 0), ("ipcx_build_info", 1), ("ipcx_swapped_bytes", 0)):
        assert float(objects.ok("metrics", "--get", selector)) == value, selector
    r = objects.ipcx("metrics", "--get", 'ipcx_limit{limit="nope"}')
    assert r.rc == 3 and r.out == "" and r.err == "ipcx: ipcx_limit{limit=\"nope\"}: there is no such series\n"
    for wrong in ("", "ipcx", "ipcx_objects{", "ipcx_objects}", 'ipcx_objects{mech=shm}', 'ipcx_objects{mech="shm}', 'ipcx_objects{mech="shm"} ',
                  'ipcx_objects{mech="a\\', 'ipcx_objects{mech="shmm"}', 'ipcx_objects{nosuch="x"}', 'ipcx_unattached_bytes{mech="msg"}',
                  "ipcx_object_size_bytes", "ipcx_namespaces", 'ipcx_objects{mech="shm"owner="x"}', 'ipcx_build_info{mech="shm"}'):
        r = objects.ipcx("metrics", "--get", wrong)
        assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: --get: "), (wrong, r.err)


@pytest.mark.parametrize("words,says", [
    (["--by", "nope"], "there are owner, ns, container, none"), (["--by", ""], "there are owner"), (["--by", "owner,"], "there are owner"),
    (["--by", "none,owner"], "contradict"), (["--with", "all"], "there are rss, waits, who, doctor"), (["--per-object"], "needs a condition"),
    (["-w", "size > 1"], "--per-object"), (["--max-series", "0"], "at least 1"), (["--every", "1s"], "--output"),
    (["--every", "0s", "--output", "x"], "0 is not an interval"), (["--every", "1s", "--output", "-"], "needs a file"), (["--http", "--get", "ipcx_objects"], "contradict"),
    (["--output", "x", "--http"], "contradict"), (["shm:0"], "--per-object"), (["--per-object", "-w", "pid > 1"], "no field 'pid'"),
    (["--per-object", "-w", "size >"], "--where")], ids=" ".join)
def test_wrong_usage(world, words, says):
    r = world.ipcx("metrics", *words)
    assert (r.rc, r.out) == (2, "") and says in r.err and len(r.err.splitlines()) <= 4, r.err
    assert not os.path.exists("x")


def test_no_such_namespace(world):
    r = world.ipcx("metrics", "--ns", "nowhere")
    assert r.rc == 3 and r.out == ""
    r = world.ipcx("metrics", "--ns", "nowhere", "--http", input="GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert r.rc == 3 and r.out.startswith("HTTP/1.1 500 ")


def test_names_complete(world):
    offered = world.ok("complete", "--", "metrics", "--get", "ipcx_unatt").splitlines()
    assert [line.split("\t")[0] for line in offered] == ["ipcx_unattached_objects", "ipcx_unattached_bytes"]
    offered = world.ok("complete", "--", "metrics", "--with", "rss,w").splitlines()
    assert [line.split("\t")[0] for line in offered] == ["rss,waits", "rss,who"]
    assert "none" in world.ok("complete", "--", "metrics", "--by", "")
