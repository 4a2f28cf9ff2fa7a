# SPDX-License-Identifier: GPL-2.0-or-later
"""One bad namespace hides no other namespace, and no unprivileged user can limit what root sees."""

import os
import re

import pytest

from helpers.places import Place
from helpers.tools import helper

# Commands that read every namespace, and must not fail because one cannot be read.
LOOKS = [["ns", "ls", "--json"], ["ls", "msg", "--ns", "all", "--json"], ["limits", "msgmni", "--ns", "all", "--json"],
         ["ns", "show", "@", "--json"], ["ls", "msg", "--ns", "@", "--json"]]


def covered(world, user):
    """Create a namespace that only a mount on a file keeps, and mount a second namespace over it; if a user is given, the user does this."""
    kept = os.path.join(world.dir, "kept")
    world.run("touch", kept)
    if user is None:
        for _ in range(2):
            assert world.run("unshare", f"--ipc={kept}", "true").rc == 0
        return None
    os.chown(kept, user, user)
    return Place(world, "--user", "--map-root-user", uid=user, script=f"""
unshare --ipc sh -c 'mount --bind /proc/$$/ns/ipc {kept}'
mount --bind /dev/null {kept}
mount -t tmpfs none /dev/shm
echo $$; exec cat""")


def hidden_inode(world):
    """Return the rows of namespaces that have no processes."""
    rows = world.ipcx("ns", "ls", "--json").json["namespaces"]
    return [n for n in rows if n["processes"] == 0 and n["ns_id"] is None]


@pytest.mark.parametrize("user", [None, 12345], ids=["root's", "a user's"])
@pytest.mark.parametrize("words", LOOKS, ids=lambda w: "-".join(w[:2]))
def test_a_covered_mount_hides_nothing(world, words, user):
    other = Place(world)
    world.ok("mk", "msg:0x77", "--ns", other.pid)
    keeper = covered(world, user)
    r = world.ipcx(*[str(other.pid) if w == "@" else w for w in words])
    assert r.rc == 0, (r.rc, r.err)
    if words[:2] == ["ns", "ls"]:
        rows = r.json["namespaces"]
        bad = hidden_inode(world)
        assert other.ino in {n["ns"] for n in rows} and len(bad) == 1
        assert bad[0]["mounts"] == 1 and bad[0]["user_ns"] is None and bad[0]["objects"] is None
        assert r.err.count(f"ipc:[{bad[0]['ns']}]") == 1 and "may not be opened" in r.err
    elif words[0] == "ls":
        assert [o["key"] for o in r.json["objects"]] == ["0x00000077"]
    elif words[0] == "limits":
        assert other.ino in {row["ns"] for row in r.json["limits"]}
    if keeper:
        keeper.end()
    other.end()


def test_the_covered_namespace_itself_is_an_error(world):
    """The covered namespace is requested by its number: the error says that it cannot be opened, never 'no such namespace'."""
    covered(world, None)
    ino = hidden_inode(world)[0]["ns"]
    for words in (["ls"], ["rm", "msg", "--all", "--yes"], ["mk", "msg:0x1"]):
        r = world.ipcx(*words, "--ns", ino)
        assert r.rc == 1 and "may not be opened" in r.err and r.err.count("\n") == 1, (words, r.rc, r.err)


# In this mount namespace the file system on /dev never answers: a process that opens /dev/shm there is blocked.
STALLED = """exec 3<&0 4>&1; mkfifo {dir}/up{n}
{fuse} /dev >{dir}/up{n} & read -r up <{dir}/up{n}; echo "${{up:+$$}}" >&4; exec cat <&3"""


@pytest.mark.parametrize("count", [1, 5])
def test_unresponsive_file_systems_hide_nothing(world, count):
    """However many such file systems a user creates, the /dev/shm of others is still shown, and what is missing is reported."""
    stalled = [Place(world, script=STALLED.format(dir=world.dir, fuse=helper("fuse"), n=n)) for n in range(count)]
    other = Place(world)
    stuck = {"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"}  # leak detection would wait for an abandoned thread
    assert world.ipcx("mk", "pshm", "/there", "--size", "4K", "--ns", other.pid, env=stuck).rc == 0
    r = world.ipcx("ls", "pshm", "--ns", "all", "--json", env=stuck)
    assert [o["name"] for o in r.json["objects"]] == ["/there"], (r.rc, r.err)
    assert r.err.count("\n") >= 1 and r.rc in (0, 4), r.err
    for p in [*stalled, other]:
        p.end()


@pytest.mark.parametrize("user", [None, 12345], ids=["root's", "a user's"])
def test_a_namespace_kept_by_a_descriptor_alone(world, user):
    """No process is in this namespace, and it is mounted nowhere."""
    flags = ["--user", "--map-root-user"] if user else []
    holder = Place(world, *flags, uid=user, script="exec 5</proc/self/ns/ipc; exec unshare --ipc sh -c 'echo $$; exec cat'")
    found = [n for n in world.ipcx("ns", "ls", "--thorough", "--json").json["namespaces"] if n["processes"] == 0]
    assert len(found) == 1 and found[0]["fds"] == 1 and found[0]["kept_by"] == "fds"
    world.ok("mk", "msg:0x77", "--ns", found[0]["ns"])
    assert [o["key"] for o in world.objects("msg", "--ns", found[0]["ns"])] == ["0x00000077"] and not world.objects("msg")
    holder.end()


def test_mounts_of_a_user_are_not_trusted_as_ours(world):
    """If a user mounts our own namespace, our namespace gets neither a name nor a second row."""
    p = Place(world, "--user", "--map-root-user", uid=12345, script=f"""
mount -t tmpfs none /dev/shm; touch /dev/shm/n; mount --bind /proc/1/ns/ipc /dev/shm/n 2>/dev/null
echo $$; exec cat""")
    rows = world.ipcx("ns", "ls", "--json").json["namespaces"]
    ours = int(re.search(r"\d+", world.run("readlink", "/proc/self/ns/ipc").out)[0])
    assert [n["ns"] for n in rows].count(ours) == 1 and {n["ns"] for n in rows} == {ours, p.ino}
    p.end()


def test_an_unreadable_directory_of_state_files(world):
    """Whether a container with that name exists is unknown then, and the answer says so."""
    world.run("sh", "-c", "mount -t tmpfs none /run; mkdir -p /run/runc/web")
    fails = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", "/run/runc", "-e", "inject=getdents64:error=EIO"]
    r = world.run(*fails, os.environ["IPCX"], "ls", "--ns", "web", env={"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"})
    assert r.rc == 1 and "could not be read" in r.err and "cannot tell whether" in r.err and r.err.count("\n") == 1, r.err
    assert "may be missing" not in world.ipcx("ls", "--ns", "web").err
