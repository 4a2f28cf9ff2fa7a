# SPDX-License-Identifier: GPL-2.0-or-later
"""ns new --map-users, --map-groups: the maps are as asked for, or nothing runs."""

import os

import pytest

from conftest import IPCX

SHOW = 'cat /proc/self/uid_map; echo; cat /proc/self/gid_map; echo "$(id -u):$(id -g):$(id -G)"; readlink /proc/self/ns/ipc'
NEWUIDMAP = pytest.mark.skipif(not os.path.exists("/usr/bin/newuidmap"), reason="no newuidmap here")
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
UID = 12345


@pytest.fixture
def users(world):
    """An /etc in which user 12345 has subordinate ids, the groups' by number."""
    r = world.run("sh", "-ec", f"""cp -a /etc {world.dir}/etc && mount --bind {world.dir}/etc /etc
        echo 'mapper:x:{UID}:{UID}::/:/bin/sh' >>/etc/passwd
        printf 'other:200000:5\\nmapper:300000:65536\\nmapper:500000:10\\n' >/etc/subuid
        printf 'mapperx:1:1\\n{UID}:400000:1000\\n' >/etc/subgid""")
    assert r.rc == 0, r.err


def new(world, *words, script=SHOW, **more):
    return world.ipcx("ns", "new", "--no-pty", *words, "--", "sh", "-c", script, **more)


def told(r):
    """Return what SHOW printed: the two maps, the ids, the namespace."""
    assert r.rc == 0 and r.err == "", (r.rc, r.out, r.err)
    users, rest = r.out.split("\n\n")
    *groups, ids, ipc = rest.splitlines()
    return [[tuple(map(int, line.split())) for line in lines] for lines in (users.splitlines(), groups)] + [ids, ipc]


def nothing_ran(world, rc, *words, **more):
    r = new(world, *words, script="echo ran", **more)
    said = [line for line in r.err.splitlines() if not line.startswith("ipcx: note: ")]
    assert r.rc == rc and r.out == "" and len(said) == 1, (words, r.rc, r.out, r.err)
    return said[0]


@ROOT
@pytest.mark.parametrize("form", ["0:100000:65536", "100000,0,65536"])
def test_root_maps_a_range_in_both_notations(world, form):
    users, groups, ids, ipc = told(new(world, "--map-users", form, "--map-groups", form))
    assert users == groups == [(0, 100000, 65536)] and ids == "0:0:0"
    assert ipc != world.run("readlink", "/proc/self/ns/ipc").out.strip()


@ROOT
def test_the_order_of_the_numbers(world):
    """The two notations differ in their order, so that only one of these maps 0."""
    assert told(new(world, "--map-users", "0:0:1", "--map-users", "7:1000:3"))[0] == [(0, 0, 1), (7, 1000, 3)]
    assert told(new(world, "--map-users", "1000,7,3", "--map-users", "0,0,1"))[0] == [(0, 0, 1), (7, 1000, 3)]


@ROOT
def test_owners_of_files(world):
    for i, uid in enumerate((0, 100000, 100033, 5)):
        os.close(os.open(f"{world.dir}/{i}", os.O_CREAT))
        os.chown(f"{world.dir}/{i}", uid, uid)
    os.chmod(world.dir, 0o777)
    r = new(world, "--map-users", "0:100000:100", "--map-groups", "0:100000:100", "--set", "shmmni=5",
            script=f"cd {world.dir}; stat -c %u:%g 0 1 2 3; touch mine /dev/shm/x; stat -c %u mine /dev/shm; cat /proc/sys/kernel/shmmni; ipcmk -M 1 >/dev/null && echo made")
    assert r.lines == ["65534:65534", "0:0", "33:33", "65534:65534", "0", "0", "5", "made"], (r.out, r.err)
    assert os.stat(f"{world.dir}/mine").st_uid == 100000
    assert world.objects() == []


@ROOT
def test_without_user_0_the_command_keeps_its_own_ids(world):
    users, groups, ids, _ = told(new(world, "--map-users", "1000:0:1", "--map-groups", "0:50:1", "--map-groups", "8:0:1"))
    assert (users, groups, ids) == ([(1000, 0, 1)], [(0, 50, 1), (8, 0, 1)], "1000:0:0")
    assert "neither" in nothing_ran(world, 2, "--map-users", "5:1000:1")


@ROOT
def test_many_ranges(world):
    words = [w for i in reversed(range(60)) for w in ("--map-users", f"{2 * i}:{100000 + i}:1")]
    assert told(new(world, *words))[0] == [(2 * i, 100000 + i, 1) for i in range(60)]


@ROOT
def test_one_map_alone(world):
    """Of what is not given, the own id becomes 0."""
    users, groups, ids, _ = told(new(world, "--map-groups", "0:100000:10"))
    assert (users, groups, ids) == ([(0, 0, 1)], [(0, 100000, 10)], "0:0:0")


@ROOT
@NEWUIDMAP
def test_users_get_their_subordinate_ids(world, users):
    r = new(world, "--map-users", "0:12345:1", "--map-users", "1:300000:65536", "--map-groups", "0:12345:1", "--map-groups", "1:400000:1000", uid=UID)
    assert told(r)[:3] == [[(0, 12345, 1), (1, 300000, 65536)], [(0, 12345, 1), (1, 400000, 1000)], "0:0:0"]
    r = new(world, "--map-users", "300007,0,3", uid=UID, script="cat /proc/self/uid_map /proc/self/gid_map; cat /proc/self/setgroups")
    assert r.out.split() == ["0", "300007", "3", "0", "12345", "1", "deny"], (r.out, r.err)


@ROOT
@NEWUIDMAP
def test_automatic(world, users):
    """The first block, by name in one file and by number in the other."""
    users_, groups, ids, _ = told(new(world, "--map-users", "auto", "--map-groups", "auto", uid=UID))
    assert (users_, groups, ids) == ([(0, 300000, 65536)], [(0, 400000, 1000)], "0:0:0")
    assert f"/etc/subuid grants no ids to user {UID + 1}" in nothing_ran(world, 3, "--map-users", "auto", uid=UID + 1)


@ROOT
def test_automatic_for_root(world, users):
    world.run("sh", "-c", "echo root:600000:77 | tee -a /etc/subuid >>/etc/subgid")
    assert told(new(world, "--map-users", "auto", "--map-groups", "auto"))[:3] == [[(0, 600000, 77)], [(0, 600000, 77)], "0:0:0"]


@ROOT
def test_the_own_id_needs_no_helper(world, users):
    """One's own id may be mapped to any, with the kernel's rules alone."""
    world.run("mount", "--bind", "/dev/null", "/usr/bin/newuidmap")
    world.run("mount", "--bind", "/dev/null", "/usr/bin/newgidmap")
    r = new(world, "--map-users", "44:12345:1", "--map-groups", "12345,55,1", uid=UID)
    assert told(r)[:3] == [[(44, 12345, 1)], [(55, 12345, 1)], "44:55:55"]


@ROOT
@NEWUIDMAP
@pytest.mark.parametrize("words", [("--map-users", "0:0:1"), ("--map-users", "0:200000:1"), ("--map-users", "0:300000:65537"), ("--map-groups", "0:300000:1"),
                                   ("--map-users", "auto", "--map-groups", "0:0:1")])
def test_ids_that_are_not_granted(world, users, words):
    said = nothing_ran(world, 1, *words, uid=UID)
    assert "refuses" in said and f"user {UID} " in said


@ROOT
def test_a_missing_helper_is_named(world, users):
    """setpriv is opened before /usr/bin is hidden."""
    r = world.sh(f"""exec 9</usr/bin/setpriv && mkdir {world.dir}/none
        unshare -m sh -c 'mount --bind {world.dir}/none /usr/bin
            exec /proc/self/fd/9 --reuid={UID} --regid={UID} --clear-groups {IPCX} ns new --no-pty --map-users auto -- {IPCX} --version'""")
    assert r.rc not in (0, 126, 127) and r.out == "" and r.err.count("\n") == 1 and "/usr/bin/newuidmap is not installed (package uidmap)" in r.err, (r.rc, r.out, r.err)


@ROOT
@NEWUIDMAP
def test_a_helper_that_lies_is_noticed(world, users):
    """A helper that reports success and did nothing, or something else."""
    world.run("sh", "-c", f"printf '#!/bin/sh\\nexit 0\\n' >{world.dir}/liar && chmod 755 {world.dir}/liar && mount --bind {world.dir}/liar /usr/bin/newuidmap")
    nothing_ran(world, 1, "--map-users", "auto", uid=UID)
    world.run("sh", "-c", f"printf '#!/bin/sh\\necho 0 {UID} 1 >/proc/$1/uid_map\\n' >{world.dir}/liar")
    nothing_ran(world, 1, "--map-users", "auto", uid=UID)


@ROOT
@NEWUIDMAP
def test_helpers_get_nothing_of_ours(world, users):
    script = f"#!/bin/sh\\nexport -p >{world.dir}/seen/env\\nls -l /proc/self/fd >{world.dir}/seen/fd\\nexit 1\\n"
    world.run("sh", "-c", f"mkdir -m 777 {world.dir}/seen && printf '{script}' >{world.dir}/spy && chmod 755 {world.dir}/spy && mount --bind {world.dir}/spy /usr/bin/newuidmap")
    nothing_ran(world, 1, "--map-users", "auto", uid=UID, env={"SECRET": "1"})
    with open(f"{world.dir}/seen/env", encoding="utf-8") as f:
        assert "SECRET" not in f.read()
    with open(f"{world.dir}/seen/fd", encoding="utf-8") as f:
        targets = [line.split(" -> ")[1].strip() for line in f if " -> " in line]
    assert {t for t in targets if not t.startswith(("/proc/", world.dir))} == {"/dev/null"}, targets


@pytest.mark.parametrize("word", ["", "0", "0:1", "0:1:2:3", "0:1,2", "0:1:0", "-1:0:1", "a:b:c", "0:4294967295:1", "4294967290:0:9", "0:1:4294967296", "all", "auto:", " 0:0:1"])
def test_wrong_words(world, word):
    for option in ("--map-users", "--map-groups"):
        assert option in nothing_ran(world, 2, f"{option}={word}")


def test_contradictions(world):
    assert "auto" in nothing_ran(world, 2, "--map-users", "auto", "--map-users", "0:0:1")
    assert "--pin" in nothing_ran(world, 2, "--pin", "x", "--map-users", "0:0:1")
    assert "twice" in nothing_ran(world, 2, "--map-users", "0:0:1", "--map-users", "0:9:1")
    assert "twice" in nothing_ran(world, 2, "--map-groups", "0:5:5", "--map-groups", "20:9:1")


@ROOT
def test_with_a_terminal_of_its_own(world):
    r = world.sh('script -qec "$IPCX ns new --map-users 0:100000:9 --map-groups 0:100000:9 -- sh -c \'tty; id -u; cat /proc/self/uid_map\'" /dev/null </dev/null')
    assert r.out.split()[-4:] == ["0", "0", "100000", "9"], (r.out, r.err)
