# SPDX-License-Identifier: GPL-2.0-or-later
"""Directories that look like what a dead container left, where removal would take what belongs to somebody else. Everything is refused, and nothing
is removed, also with --yes."""

import os
import pty
import sys

import pytest

from conftest import HERE, IPCX
from helpers.places import Place, start, stop
from helpers.remains import DIR, LEFT, content, hosted, leave, refused
from helpers.tools import do, until

sys.path.insert(0, os.path.join(HERE, "../truth"))
from planting import flat, hide_the_denied, known  # pylint: disable=unused-import,wrong-import-position

PARTS = DIR.split("/")
ABOVE = ["/".join(PARTS[:n]) for n in range(2, len(PARTS))]  # each directory above it
WAYS = [["posix", "--all", "--yes"], ["pshm", "-w", "size > 0", "--yes"], ["pshm:/big"], ["pshm:/big", "psem:/s", "--dry-run"], ["pshm", "--unused", "--yes"]]
CHANGED = "others than root can change a directory above it"
USED = "uses it: use the namespace of that process"


@pytest.fixture
def host(flat):
    hide_the_denied(flat)
    return hosted(flat)


def check(world, text, path=DIR, seen=None):
    """Every way of removal is refused with this text."""
    for words in WAYS:
        def answer(words=words):
            r = world.ipcx("rm", *words, "--ns", path)
            return None if "is unknown" in r.err and "is unknown" not in text else r
        with refused(world, seen or path):
            r = known(answer)
            assert r.rc in (1, 2) and text in r.err and r.out == "", (words, r.rc, r.out, r.err)


def test_it_is_removed_where_there_is_no_enemy(host):
    leave(host)
    r = known(lambda: (lambda r: None if "is unknown" in r.err else r)(host.ipcx("rm", *WAYS[0], "--ns", DIR)))
    assert (r.rc, r.err) == (0, "") or "belong to an IPC namespace" in r.err, r.err
    assert content(host) == []


# ---- who could have put it there

@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("how", ["chown 1000", "chmod g+w", "chmod o+w", "chmod 1777"])
def test_a_directory_above_it_that_others_can_change(host, above, how):
    leave(host)
    do(host, f"{how} {above}")
    check(host, CHANGED)


def test_a_directory_above_it_may_be_closed(host):
    """Docker's are 0710, containerd's 0711."""
    leave(host)
    do(host, f"chmod 0700 {' '.join(ABOVE[1:])}")
    r = known(lambda: (lambda r: None if "is unknown" in r.err else r)(host.ipcx("rm", "pshm:/big", "--ns", DIR)))
    assert r.rc == 0, r.err


@pytest.mark.parametrize("path", ["/run/shm", "/run/mine/containers/shm", "/run/containers/1/2/3/shm", "/dev/shm", "/run"])
def test_a_path_that_no_runtime_uses(host, path):
    if path not in ("/dev/shm", "/run"):
        leave(host, path)
    else:
        do(host, "$IPCX mk pshm:/big --size 1 && echo >/run/x && echo >/run/big")
    check(host, "is not a directory that a container runtime of root has made", path)


def test_a_path_of_a_runtime_of_a_user(host):
    path = leave(host, "/run/user/1000/containers/x/mounts/shm")
    do(host, "chown 1000 /run/user/1000")
    check(host, CHANGED, path)


# ---- what is mounted there

def test_the_users_own_tmpfs_is_mounted_there(host):
    """A bind mount of another tmpfs: that one is in use where it is mounted first."""
    do(host, f"mkdir -p /run/theirs {DIR} && mount -t tmpfs none /run/theirs && echo >/run/theirs/big && mount --bind /run/theirs {DIR}")
    check(host, "is also mounted on /run/theirs: it is in use")
    do(host, "umount /run/theirs")
    assert known(lambda: (lambda r: None if "is unknown" in r.err else r)(host.ipcx("rm", "pshm:/big", "--ns", DIR))).rc == 0


@pytest.mark.parametrize("of", ["/dev/shm", "/run"])
def test_our_own_file_system_is_mounted_there(host, of):
    do(host, f"$IPCX mk pshm:/big --size 1; echo >/run/big; mkdir -p {DIR} && mount --bind {of} {DIR}")
    check(host, f"is also mounted on {of}: it is in use" if of != "/run" else f"is also mounted on {of}")


@pytest.mark.parametrize("what", ["mount --bind /run/dir", "cp -a /run/dir/. "])
def test_a_directory_without_a_file_system_of_its_own(host, what):
    do(host, f"mkdir -p /run/dir {DIR} && echo >/run/dir/big && {what} {DIR}")
    check(host, "nor the root of a tmpfs")


@pytest.mark.parametrize("link", ABOVE[1:] + [DIR])
def test_a_link_in_the_path(host, link):
    real = leave(host, "/var/lib/real" + DIR[len(link):])
    do(host, f'mkdir -p {os.path.dirname(link)} && ln -s /var/lib/real {link} && [ -e {DIR}/big ]')
    check(host, "without symbolic links", seen=real)


# ---- who uses it

@pytest.mark.parametrize("target", ["/dev/shm", "/run/cache", "/run/a b"])
def test_a_living_container_uses_it(host, target):
    leave(host)
    do(host, "mkdir /run/cache '/run/a b'")
    place = Place(host, script=f"mount --bind {DIR} '{target}'; echo $$; exec cat")
    check(host, f"process {place.pid} {USED}")
    place.end()


def test_a_container_whose_root_is_elsewhere_uses_it(host):
    """It sees its own root only, and shares nothing but the file system."""
    leave(host)
    do(host, "mkdir -p /run/root/old")
    place = Place(host, script=f"""mount -t tmpfs none /run/root; mkdir -p /run/root/dev/shm /run/root/old /run/root/proc; mount --bind {DIR} /run/root/dev/shm
        for d in /usr /bin /lib /lib64 /sbin /proc; do mkdir -p /run/root$d; mount --rbind $d /run/root$d; done
        cd /run/root; echo $$; pivot_root . old; umount -l /old; exec cat""")
    until(lambda: host.run("ls", f"/proc/{place.pid}/root/dev/shm").out.split() == LEFT and "old" not in host.run("cat", f"/proc/{place.pid}/mountinfo").out)
    check(host, f"process {place.pid} {USED}")
    place.end()


def test_two_processes_of_which_one_ends(host):
    leave(host)
    script = f"mount --bind {DIR} /dev/shm; echo $$; exec cat"
    first, second = Place(host, script=script), Place(host, script=script)
    first.end()
    check(host, f"process {second.pid} {USED}")
    second.end()


def test_a_process_that_has_ended_does_not_hide_another(host):
    """A zombie is listed, but has no mounts to read."""
    leave(host)
    do(host, "mkdir /run/cache")
    p, pid = start(host, "unshare", "--ipc", "--mount", "sh", "-c",
                   f"mount --bind {DIR} /run/cache; sh -c 'echo $$; exec sleep 0' & exec cat")
    until(lambda: "zombie" in host.run("cat", f"/proc/{pid}/status").out or host.run("test", "-e", f"/proc/{pid}").rc)
    check(host, USED)
    stop(p)


def test_a_process_in_our_own_mount_namespace_uses_it(host):
    leave(host)
    do(host, f"mkdir /run/cache && mount --bind {DIR} /run/cache")
    check(host, "is also mounted on /run/cache: it is in use")


# ---- replaced between the look and the act

def asked(world, meanwhile):
    """Let rm ask, do something, and answer yes; return the output and the exit status."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp("nsenter", world.argv(IPCX, "rm", "posix", "--all", "--ns", DIR))
    out, done = b"", False
    try:
        while data := os.read(fd, 4096):
            out += data
            if not done and b"[y/N]" in out:
                meanwhile()
                done = True
                os.write(fd, b"y\n")
    except OSError:
        pass
    os.close(fd)
    return out.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), done


def ask(world, meanwhile):
    """As asked(), but rm must have asked."""
    out, status, done = known(lambda: (lambda a: None if "is unknown" in a[0] else a)(asked(world, meanwhile)))
    assert done, out
    return out, status


def test_the_answer_yes_removes(host):
    leave(host)
    out, status = ask(host, lambda: None)
    assert status == 0 and content(host) == [], out


def test_another_file_system_is_mounted_before_the_answer(host):
    """What was opened is not what is there any more; the new one is not touched."""
    leave(host)
    out, status = ask(host, lambda: do(host, f"mount -t tmpfs none {DIR} && echo >{DIR}/big && cp -a {DIR}/big {DIR}/small"))
    assert status != 0 and "something else has been mounted there since" in out, (status, out)
    assert content(host) == ["big", "small"]
    do(host, f"umount {DIR}")
    assert content(host) == LEFT


def test_it_is_taken_away_before_the_answer(host):
    leave(host)
    out, status = ask(host, lambda: do(host, f"umount -l {DIR} && echo >{DIR}/big"))
    assert status != 0, (status, out)
    assert content(host) == ["big"]


def test_a_container_begins_to_use_it_before_the_answer(host):
    leave(host)
    places = []
    out, status = ask(host, lambda: places.append(Place(host, script=f"mount --bind {DIR} /dev/shm; echo $$; exec cat")))
    assert status != 0 and USED in out, (status, out)
    assert content(host) == LEFT
    places[0].end()


def test_a_user_gets_the_path_before_the_answer(host):
    leave(host)
    out, status = ask(host, lambda: do(host, f"chown 1000 {ABOVE[-1]}"))
    assert status != 0 and CHANGED in out, (status, out)
    assert content(host) == LEFT
