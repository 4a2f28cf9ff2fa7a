# SPDX-License-Identifier: GPL-2.0-or-later
"""A namespace may have several /dev/shm, and several namespaces may share one: all objects are listed, none twice."""

import os

import pytest

from helpers.places import Place, start, stop
from helpers.tools import helper, until

IPCX = os.environ["IPCX"]

# LeakSanitizer does not work under strace.
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}
SAME_IPC = "mount -t tmpfs -o mode=1777,size=8m none /dev/shm; echo $$; exec cat"


@pytest.fixture
def pod(world):
    """An IPC namespace with three mount namespaces: two have their own /dev/shm, the third shares that of the first. .pids are their processes."""
    first = Place(world)
    second, pid2 = start(world, "nsenter", "-t", first.pid, "--ipc", "--mount", "unshare", "--mount", "sh", "-c", SAME_IPC)
    third, pid3 = start(world, "nsenter", "-t", first.pid, "--ipc", "--mount", "unshare", "--mount", "sh", "-c", "echo $$; exec cat")
    world.pids = [first.pid, pid2, pid3]
    world.ino = first.ino
    for number, pid in enumerate(world.pids[:2], 1):
        world.ok("mk", f"pshm:/in{number}", "--size", 4096 * number, "--ns", pid)
        world.ok("mk", f"psem:/in{number}", "--ns", pid)
    world.ok("mk", "pshm:/both", "--size", 100, "--ns", pid2)
    world.ok("mk", "pshm:/both", "--size", 200, "--ns", first.pid)
    world.ok("mk", "shm:0x77", "--size", 10000, "--ns", first.pid)
    world.ok("mk", "mq:/q", "--ns", first.pid)
    yield world
    for p in (third, second):
        stop(p)
    first.end()


def there(world, *words):
    return [o for o in world.objects(*words, "--ns", "all", "-o", "ns,ref,size,shm_device") if o["ns"] == world.ino]


def test_every_dev_shm_of_a_namespace_is_listed_once(pod):
    rows = there(pod, "all")
    assert sorted((o["ref"], o.get("size")) for o in rows if o["ref"].startswith("p")) == [
        ("psem:/in1", None), ("psem:/in2", None), ("pshm:/both", 100), ("pshm:/both", 200), ("pshm:/in1", 4096), ("pshm:/in2", 8192)]
    assert len([o for o in rows if not o["ref"].startswith("p")]) == 2, rows
    device = {o["ref"]: o["shm_device"] for o in rows if o["ref"] not in ("pshm:/both", "mq:/q") and o["ref"].startswith("p")}
    assert device["pshm:/in1"] == device["psem:/in1"] != device["pshm:/in2"] == device["psem:/in2"]
    assert {(o["size"], o["shm_device"]) for o in rows if o["ref"] == "pshm:/both"} == {(200, device["pshm:/in1"]), (100, device["pshm:/in2"])}
    assert {n.get("shm_device") for n in rows if not n["ref"].startswith("p")} == {None}


def test_device_agrees_with_the_directory(pod):
    """The device is shown as MAJOR:MINOR/INODE of stat(2), also for the caller's own /dev/shm."""
    for pid in pod.pids[:2]:
        dev, ino = pod.run("stat", "-c", "%Hd:%Ld %i", f"/proc/{pid}/root/dev/shm").out.split()
        assert {o["shm_device"] for o in pod.objects("pshm", "--ns", pid, "-o", "shm_device")} == {f"{dev}/{ino}"}
        assert pod.ipcx("limits", "dev_shm", "--ns", pid, "-o", "shm_device", "--format", "raw", "--no-headings").out.strip() == f"{dev}/{ino}"
    pod.ok("mk", "pshm:/home", "--size", 1)
    dev, ino = pod.run("stat", "-c", "%Hd:%Ld %i", "/dev/shm").out.split()
    assert [o["shm_device"] for o in pod.objects("pshm", "-o", "shm_device")] == [f"{dev}/{ino}"]
    assert "shm_device" not in pod.objects("pshm")[0]


def test_a_condition_on_the_device_selects(pod):
    second = pod.objects("pshm", "--ns", pod.pids[1], "-o", "shm_device")[0]["shm_device"]
    rows = pod.objects("posix", "--ns", "all", "-o", "ref", "-w", f"shm_device == '{second}'")
    assert sorted(o["ref"] for o in rows) == ["psem:/in2", "pshm:/both", "pshm:/in2"]


def test_a_name_is_found_in_every_dev_shm(pod):
    assert [o["size"] for o in there(pod, "pshm:/both")] == [200, 100]
    assert [o["size"] for o in there(pod, "pshm:/in2")] == [8192]
    assert [o["size"] for o in pod.objects("shm:0x77", "--ns", "all")] == [10000]
    for how in (["--sort", "size"], ["-w", "size < 150"]):
        assert 100 in [o["size"] for o in there(pod, "pshm", *how)]


def test_limits_of_every_dev_shm(pod):
    rows = [r for r in pod.ipcx("limits", "--ns", "all", "-o", "ns,name,limit,shm_device", "--json").json["limits"] if r["ns"] == pod.ino]
    shm = [r for r in rows if r["name"] == "dev_shm"]
    assert len({r["shm_device"] for r in shm}) == 2 == len(shm), shm
    assert 8 << 20 in [r["limit"] for r in shm]
    names = [r["name"] for r in rows if not r["name"].startswith("dev_shm")]
    assert len(names) == len(set(names)) > 10, names
    assert not [r for r in rows if r["name"] == "shmmax" and r.get("shm_device")]
    one = [r for r in pod.ipcx("limits", "dev_shm", "shmmni", "--ns", "all", "-o", "ns,name", "--json").json["limits"] if r["ns"] == pod.ino]
    assert [r["name"] for r in one] == ["dev_shm", "shmmni", "dev_shm"]


def test_totals_of_ns_ls(pod):
    row = next(r for r in pod.ipcx("ns", "ls", "--json").json["namespaces"] if r["ns"] == pod.ino)
    assert (row["objects"], row["bytes"]) == (8, 10000 + 4096 + 8192 + 300)


def test_a_dev_shm_shared_by_two_namespaces_counts_once(world):
    """A shared /dev/shm counts for the namespace with the oldest process, which is our own here."""
    world.ok("mk", "pshm:/x", "--size", 4096)
    p, pid = start(world, "unshare", "--ipc", "sh", "-c", "echo $$; exec cat")
    world.ok("mk", "msg", "--ns", pid)
    rows = world.ipcx("ns", "ls", "--json").json["namespaces"]
    ours = int(world.run("stat", "-L", "-c", "%i", "/proc/self/ns/ipc").out)
    assert {r["ns"] == ours: (r["objects"], r["bytes"]) for r in rows} == {True: (1, 4096), False: (1, 0)}
    assert [o["ref"] for o in world.objects("pshm", "--ns", "all")] == ["pshm:/x"]
    assert [o["ref"] for o in world.objects("pshm:/x", "--ns", "all")] == ["pshm:/x"]
    stop(p)


def test_two_directories_of_one_file_system_are_distinguished(world):
    """Two directories of one tmpfs are bind-mounted: only the device number is the same."""
    world.sh("mkdir -m 1777 /dev/shm/a /dev/shm/b")
    places = [Place(world, script=f"mount --bind /dev/shm/{name} /dev/shm; echo $$; exec cat") for name in "ab"]
    for name, place in zip("ab", places):
        world.run("truncate", "-s", "4096", f"/proc/{place.pid}/root/dev/shm/{name}")
    assert [o["ref"] for o in world.objects("pshm", "--ns", "all")] == ["pshm:/a", "pshm:/b"]
    assert len({o["shm_device"] for o in world.objects("pshm", "--ns", "all", "-o", "shm_device")}) == 2
    for place in places:
        place.end()


def test_a_pid_selects_one_and_removal_stays_there(pod):
    assert sorted(o["ref"] for o in pod.objects("pshm", "--ns", pod.pids[1])) == ["pshm:/both", "pshm:/in2"]
    r = pod.ipcx("rm", "posix", "--all", "--yes", "--ns", pod.pids[1])
    assert r.rc == 0, r.err
    assert sorted(o["ref"] for o in there(pod, "pshm", "psem")) == ["psem:/in1", "pshm:/both", "pshm:/in1"]


def test_our_own_namespace_with_several_dev_shm(world):
    """The /dev/shm that the caller sees comes first; other processes in the IPC namespace may see a different one."""
    p, pid = start(world, "unshare", "--mount", "sh", "-c", SAME_IPC)
    world.ok("mk", "pshm:/ours", "--size", 1)
    world.ok("mk", "pshm:/theirs", "--size", 2, "--ns", pid)
    world.ok("mk", "msg", "--key", "5")
    assert [o["ref"] for o in world.objects("all", "--ns", "all")] == ["msg:0", "pshm:/ours", "pshm:/theirs"]
    row = world.ipcx("ns", "ls", "--json").json["namespaces"]
    assert [(r["objects"], r["bytes"]) for r in row] == [(3, 3)]
    stop(p)


def test_one_read_for_each_mount_namespace(pod):
    """The number of calls does not grow with the number of processes."""
    def calls():
        r = pod.sh(f"strace -f -o {pod.dir}/log -e trace=statx,openat2 $IPCX ls shm --ns all >/dev/null; grep -c '(' {pod.dir}/log", env=NO_LEAKS)
        return int(r.out)

    before = calls()
    more = [start(pod, "nsenter", "-t", pod.pids[n % 3], "--ipc", "--mount", "sh", "-c", "echo $$; exec cat")[0] for n in range(20)]
    assert calls() == before
    for p in more:
        stop(p)


def test_more_namespaces_than_descriptors(world):
    """Descriptors of namespaces are closed again, except for a fixed number that is kept for the next query."""
    p, _ = start(world, "sh", "-c", "for i in $(seq 150); do unshare --ipc sh -c 'ipcmk -Q >/dev/null; exec sleep 1000' & done; echo $$; exec cat")
    until(lambda: world.run("pgrep", "-c", "-x", "sleep").out.strip() == "150")
    for words, n in ((["ls", "msg", "--ns", "all", "--json"], 150), (["limits", "msgmni", "--ns", "all", "--json"], 151), (["ns", "ls", "--json"], 151)):
        r = world.run("prlimit", "--nofile=480", IPCX, *words)
        assert r.rc == 0 and r.err == "" and len(next(v for v in r.json.values() if isinstance(v, list))) == n, (r.rc, r.err)
    world.sh("kill -9 $(pgrep -x sleep)")
    stop(p)


def test_many_namespaces_have_their_own_sysctls(world):
    """For some namespaces at a time, sysctls are read through a procfs that is mounted nowhere; where that is impossible, through /proc."""
    script = """echo $1 >/proc/sys/kernel/shm_rmid_forced; echo $2 >/proc/sys/fs/mqueue/queues_max; echo $3 >/proc/sys/fs/mqueue/msg_max
        exec sleep 1000"""
    p, _ = start(world, "sh", "-c", f"""for i in $(seq 140); do unshare --ipc sh -c '{script}' sh $((i % 2)) $((100 + i)) $((10 + i)) & done
        echo $$; exec cat""")
    until(lambda: world.run("pgrep", "-c", "-x", "sleep").out.strip() == "140")
    names = ["shm_rmid_forced", "mqueue_queues_max", "mqueue_msg_max"]
    words = ["limits", *names, "--ns", "all", "-o", "ns,name,limit", "--json"]
    log = os.path.join(world.dir, "log")
    for before in (["strace", "-f", "-qq", "-o", log, "-e", "trace=fsopen"], [helper("seccomp"), "38", "fsopen", "--"]):
        r = world.run(*before, IPCX, *words, env=NO_LEAKS, timeout=300)
        assert r.rc == 0 and (r.err == "" or "fsopen" in before), r.err
        found = {}
        for row in r.json["limits"]:
            found.setdefault(row["ns"], {})[row["name"]] = row["limit"]
        ours = [tuple(limits[name] for name in names) for limits in found.values() if limits["mqueue_queues_max"] != 256]
        assert sorted(ours) == sorted((i % 2, 100 + i, 10 + i) for i in range(1, 141))
    with open(log, encoding="ascii") as f:
        assert f.read().count('fsopen("proc"') == 3
    world.sh("kill -9 $(pgrep -x sleep)")
    stop(p)


@pytest.mark.parametrize("words", [["nonsense"], ["shmmni", "nonsense"], ["nonsense", "--json"]], ids=" ".join)
def test_a_limit_that_does_not_exist_is_no_namespace_that_has_gone(world, words):
    p, _ = start(world, "unshare", "--ipc", "sh", "-c", "echo $$; exec cat")
    for where in ((), ("--ns", "all")):
        r = world.ipcx("limits", *words, *where)
        assert r.rc == 2 and "nonsense: no such limit" in r.err and '"limits"' not in r.out and "shmmni" not in r.out, (r.rc, r.out, r.err)
    stop(p)


def test_long_pids(world):
    """With PIDs of six and seven digits, up to PID_MAX_LIMIT, the oldest process is found by following parents."""
    if world.sh("echo 4194304 >/proc/sys/kernel/pid_max").rc:
        pytest.skip("kernel.pid_max cannot be set here")
    for last in (99990, 123450, 999990, 4194200):
        world.sh(f"echo {last} >/proc/sys/kernel/ns_last_pid")
        p, pid = start(world, "unshare", "--ipc", "--mount", "sh", "-c", "echo $$; sh -c 'exec cat' <&0; :")
        assert pid > last, pid
        until(lambda: world.run("cat", f"/proc/{pid}/task/{pid}/children").out.strip())
        child = int(world.run("cat", f"/proc/{pid}/task/{pid}/children").out)
        row = next(n for n in world.ipcx("ns", "ls", "--json").json["namespaces"] if n["processes"] == 2 and n["pid"] >= last)
        assert row["pid"] == pid < child and row["command"] == "sh", row
        world.ok("mk", "msg:0x9", "--ns", child)
        assert [o["key"] for o in world.objects("msg", "--ns", f"ipc:[{row['ns']}]")] == ["0x00000009"]
        stop(p)


def test_a_failed_pin_leaves_nothing(world):
    world.sh("mount -t tmpfs none /run")
    world.ok("ns", "pin", "self", "one")
    r = world.sh("strace -f -qq -o /dev/null -e inject=mount:error=EPERM $IPCX ns pin self two", env=NO_LEAKS)
    assert r.rc == 1 and "pin 'two': cannot mount the namespace" in r.err, r.err
    assert world.run("ls", "/run/ipcx/ns").out.split() == ["one"]
    world.ok("ns", "pin", "self", "two")
    for name in ("one", "two"):
        world.ok("ns", "unpin", name)
