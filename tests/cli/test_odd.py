# SPDX-License-Identifier: GPL-2.0-or-later
"""Unusual machines: what cannot be seen, written or opened is reported, and nothing reported is false."""

import os

import pytest

from helpers.places import Place
from helpers.tools import release
from helpers.wide import NARROW, REFUSED

NO_MQUEUE = "[ ! -d /dev/mqueue ] || mount -t tmpfs none /dev/mqueue"


def as_user(world, *words):
    return world.ipcx(*words, uid=1000)


def test_an_unreadable_mechanism_is_a_note_beside_readable_ones(world):
    """The note is printed even if the readable mechanisms have no objects."""
    world.sh(NO_MQUEUE)
    for made in (False, True):
        for words, rc in ((["ls"], 0), (["ls", "--json"], 0), (["ls", "--where", "age > 1d"], 0), (["ls", "sysv", "mq"], 0), (["ls", "mq"], 1)):
            r = as_user(world, *words)
            assert r.rc == rc and "no mqueue file system is mounted" in r.err, (words, made)
        if not made:
            world.ok("mk", "sem", "--nsems", "1")


@pytest.mark.parametrize("words", [["all", "--all", "--yes"], ["all", "--where", "age < 1d", "--yes"]], ids=["all", "where"])
def test_a_removal_that_cannot_read_everything_is_not_done(world, words):
    world.sh(NO_MQUEUE)
    assert as_user(world, "mk", "sem", "--nsems", "1").rc == 0 and as_user(world, "mk", "mq", "/mine").rc == 0
    assert [as_user(world, "rm", *words).rc for _ in range(2)] == [4, 4]
    assert [o["mech"] for o in world.objects()] == ["mq"]
    assert as_user(world, "rm", "mq", *words[1:]).rc == 1
    assert as_user(world, "rm", "sysv", *words[1:]).rc == 0


def test_queues_of_a_namespace_with_foreign_mounts(world):
    """unshare --user --ipc without --mount: the mount shows other queues, and there may be no queue by which ipcx could detect this."""
    r = world.sh('exec unshare --user --map-root-user --ipc sh -c \'"$IPCX" mk mq /mine; "$IPCX" ls mq -o name --format raw --no-headings; '
                 '"$IPCX" rm mq --all --yes; echo $?; "$IPCX" show mq:/mine\'')
    assert r.lines == ["/mine", "/mine", "0"] and "no such message queue" in r.err


@pytest.mark.parametrize("mech", [["shm", "--size", "4K"], ["mq", "/x"]], ids=["shm", "mq"])
def test_output_beyond_a_file_size_limit_is_an_error(world, mech):
    r = world.sh(f'exec prlimit --fsize=0:0 "$IPCX" mk {" ".join(mech)} > {world.dir}/out')
    assert r.rc == 1 and "File too large" in r.err and world.objects() == []


def test_a_command_is_killed_as_usual_by_its_file_size_limit(world):
    for ignored, answer in (("", 153), ("trap '' XFSZ; ", 0)):
        r = world.sh(f"""{ignored}exec "$IPCX" ns new -- sh -c 'kill -XFSZ $$; exit 0'""")
        assert r.rc in (answer, answer - 153 - 25 if answer else 0), (ignored, r.rc)


def test_unreadable_limits_are_reported(world):
    path = os.path.join(world.dir, "saved")
    r = world.sh(f'mount -t proc -o subset=pid none /proc; exec "$IPCX" limits --save {path}')
    assert r.rc == 4 and "ipcx: mqueue_msg_max: cannot be read here" in r.err
    with open(path, encoding="ascii") as f:
        assert "kernel.shmmni = " in f.read()


def test_a_hidden_process_has_not_exited(world):
    p = Place(world)
    r = world.sh(f'mount -t proc -o hidepid=2 none /proc; exec setpriv --reuid=1000 --regid=1000 --clear-groups "$IPCX" ls --ns {p.pid}')
    assert r.rc == 1 and "hidepid" in r.err, r.err
    p.end()


@pytest.mark.parametrize("most", [8, 10, 12, 14])
@pytest.mark.parametrize("mech", ["mq", "psem", "pshm"])
def test_running_out_of_descriptors_is_not_blamed_on_the_kernel(world, mech, most):
    r = world.run("prlimit", f"--nofile={most}", release(), "stress", mech, "--ops", "5", "--workload", "churn", "--cpus", "1")
    assert "still finds it" not in r.err, r.err


def test_a_segment_larger_than_any_file(world):
    r = world.ipcx("mk", "shm", "--size", "8E")
    why = REFUSED if NARROW else "size_max is 9223372036854775807, 9223372036854775808 needed: it is a constant of the kernel"
    assert r.rc == 1 and why in r.err


def test_a_directory_is_not_a_mqueue_mount(world):
    """ns cmp: a plain directory shows no queues, so two such directories are not a difference."""
    world.sh("mount -t tmpfs none /dev/mqueue" if os.path.isdir("/dev/mqueue") else "true")
    other = Place(world, script="echo $$; exec cat")
    rows = {r["name"]: r for r in world.ipcx("ns", "cmp", "self", other.pid, "--json").json["comparison"]}
    assert (rows["/dev/mqueue"]["first"], rows["/dev/mqueue"]["second"], rows["/dev/mqueue"]["same"]) == ("none", "none", True)
    other.end()
