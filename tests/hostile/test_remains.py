# SPDX-License-Identifier: GPL-2.0-or-later
"""What containers left (--ns DIR): objects are removed from nothing but such a directory, and not while something uses it."""

import os
import subprocess
import tempfile

import pytest
from conftest import SETUP, World
from helpers.places import Place

POD = "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/" + "d" * 64
SHM = POD + "/shm"
TMPFS = "mount -t tmpfs -o mode=1777 shm "
RM = ["rm", "pshm", "--all", "--yes", "--ns"]


class Host(World):
    """A world that sees all processes of the machine: in a PID namespace of its own, nothing is removed."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="ipcx-test.")
        self.holder = subprocess.Popen(["unshare", "--ipc", "--mount", "--propagation", "private", "sh", "-c", SETUP], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n"
        self.pid = self.holder.pid

    def argv(self, *words, uid=None, caps=None):
        return [w for w in super().argv(*words, uid=uid, caps=caps) if w != "--pid"]


@pytest.fixture
def left():
    """A directory that a dead sandbox of Kubernetes left, with one object in it."""
    if os.geteuid() != 0:
        pytest.skip("only as root")
    if os.stat("/proc/self/ns/pid").st_ino != 0xEFFFFFFC:
        pytest.skip("not in the initial PID namespace")
    host = Host()
    r = host.sh(f"mount -t tmpfs -o mode=755 none /run && mkdir -p {SHM} && {TMPFS} {SHM} && echo x >{SHM}/left && echo x >/dev/shm/ours")
    assert r.rc == 0, r.err
    yield host
    host.close()


def stays(world, where, *said, path=f"{SHM}/left", rc=(1, 2, 3)):
    """Check that nothing is removed from a directory, and the texts of the error."""
    r = world.ipcx(*RM, where)
    assert r.rc in rc and r.out == "" and all(text in r.err for text in said), (where, r.rc, r.out, r.err)
    assert world.run("test", "-e", path).rc == 0 and world.run("test", "-e", "/dev/shm/ours").rc == 0, where


def emptied(world, where, before=""):
    """Check that the objects in a directory are removed, and nothing else."""
    r = world.sh(f'{before} "$IPCX" {" ".join(RM)} {where}')
    if "whether a process uses it is unknown" in r.err:
        pytest.skip("some process of this machine may not be looked at")
    assert r.rc == 0 and world.run("ls", "-A", SHM).out == "" and world.run("ls", "/dev/shm").out == "ours\n", (where, r.err)


@pytest.mark.parametrize("where", [SHM, f"{SHM}/", f"{SHM}//.", f"{POD}/../{os.path.basename(POD)}/shm", f"/./{SHM}/../shm"])
def test_each_way_to_write_the_path_is_the_same_directory(left, where):
    emptied(left, where)


def test_a_relative_path(left):
    emptied(left, "./shm", f"cd {POD};")


ELSE = [["mk", "pshm", "/new", "--size", "1"], ["mk", "msg"], ["limits", "set", "msgmni=17"],
        ["set", "pshm:/left", "--mode", "0666"], ["pshm", "write", "/left", "x"], ["psem", "post", "/left"], ["ns", "enter"], ["msg", "send", "0x1", "x"]]


@pytest.mark.parametrize("words", ELSE, ids=" ".join)
def test_nothing_else_is_done_there(left, words):
    r = left.ipcx(*words, SHM, "--", "true") if words[-1] == "enter" else left.ipcx(*words, "--ns", SHM)
    assert r.rc != 0 and "directory" in r.err, (words, r.rc, r.out, r.err)
    assert left.sh(f"cat {SHM}/left; ls {SHM}; stat -c %a {SHM}/left").out == "x\nleft\n644\n"
    assert [o["name"] for o in left.objects()] == ["/ours"]


@pytest.mark.parametrize("link", ["/run/link", "/run/link/shm", "/proc/self/root" + SHM, "/dev/fd/7"])
def test_links_are_not_followed(left, link):
    left.run("ln", "-s", POD if link.endswith("shm") else SHM, "/run/link")
    r = left.sh(f'exec 7<{SHM}; "$IPCX" rm pshm --all --yes --ns {link}')
    assert r.rc == 2 and "symbolic link" in r.err, r.err
    assert left.run("ls", SHM).out == "left\n"


def test_a_directory_of_a_container_is_not_reached_through_proc(left):
    its = "/mnt/containers/x/mounts/shm"
    place = Place(left, script=f"{TMPFS} /mnt; mkdir -p {its}; {TMPFS} {its}; echo x >{its}/its; echo $$; exec cat")
    path = f"/proc/{place.pid}/root{its}"
    stays(left, path, "symbolic link", path=f"{path}/its")
    place.end()


@pytest.mark.parametrize("what,said", [("/dev/shm", "is not a directory that"), ("/run", "is not a directory that"), ("/", "tmpfs"), (POD, "tmpfs"),
                                       (f"{SHM}/left", "tmpfs"), (f"{SHM}/sub", "tmpfs"), ("/run/containers/x/shm", "tmpfs")])
def test_other_directories(left, what, said):
    left.run("mkdir", "-p", f"{SHM}/sub", "/run/containers/x/shm")
    stays(left, what, said)


@pytest.mark.parametrize("bind", [f"{SHM}/sub", "/dev/shm", "/etc"])
def test_a_bind_mount_on_such_a_path(left, bind):
    """A part of the file system, or another one."""
    path = "/run/containers/x/mounts/shm"
    r = left.sh(f"mkdir -p {SHM}/sub {path} && echo x >{SHM}/sub/kept && mount --bind {bind} {path}")
    assert r.rc == 0, r.err
    stays(left, path)
    assert left.run("test", "-e", f"{SHM}/sub/kept").rc == 0 and left.run("test", "-e", "/etc/passwd").rc == 0


@pytest.mark.parametrize("how", ["chown 1234 {}", "chmod g+w {}", "chmod o+w {}", "chown 1234 /run", "chmod 1777 /run/containerd"])
def test_a_path_that_a_user_can_change(left, how):
    assert left.sh(how.format(POD)).rc == 0
    stays(left, SHM, "others than root can change")


def test_a_file_system_that_covers_it(left):
    """Of two mounts on one path, the upper one is meant, and what is below it stays."""
    assert left.sh(f"{TMPFS} {SHM} && echo x >{SHM}/upper").rc == 0
    r = left.ipcx(*RM, SHM)
    assert left.sh(f"ls {SHM}; umount {SHM}; ls {SHM}").out.endswith("left\n"), r.err


# ---- in use

USES = {
    "its /dev/shm": f"mount --bind {SHM} /dev/shm",
    "another path": f"mount --bind {SHM} /mnt",
    "a part of it": f"mount --bind {SHM}/sub /mnt",
    "a file of it": f"mount --bind {SHM}/left /mnt/file",
    "a path like one of a runtime": f"mkdir -p /mnt/containers/own/shm; mount --bind {SHM} /mnt/containers/own/shm",
    "such a path in a root of its own": f"mkdir -p /mnt/containers/own/mounts/shm; mount --rbind {SHM} /mnt/containers/own/mounts/shm; umount {SHM}",
}


@pytest.mark.parametrize("use", USES)
def test_it_is_in_use(left, use):
    left.run("mkdir", f"{SHM}/sub")
    place = Place(left, script=f"mount -t tmpfs none /mnt; touch /mnt/file; {USES[use]}; echo $$; exec cat")
    stays(left, SHM, f"process {place.pid} uses it")
    place.end()
    emptied(left, SHM)


def test_a_copy_of_our_mounts_is_no_use(left):
    """Each mount namespace that is made from ours has one."""
    place = Place(left, script="echo $$; exec cat")
    copy = Place(left, script="mount -t tmpfs none /mnt; mkdir /mnt/host; mount --rbind / /mnt/host; echo $$; exec cat")
    r = left.ipcx(*RM, SHM)
    assert "uses it:" not in r.err, r.err
    place.end()
    copy.end()


@pytest.mark.parametrize("path", ["/mnt", "/mnt/containers/other/shm"])
def test_it_is_mounted_twice_here(left, path):
    left.sh(f"mount -t tmpfs none /mnt; mkdir -p {path}; mount --bind {SHM} {path}")
    for where in (SHM, path):
        stays(left, where)


def test_all_places_at_once_are_not_emptied(left):
    stays(left, "all")
