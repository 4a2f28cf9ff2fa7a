# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways around the rules: a process of root whose arguments a user has chosen, links in place of mounts, reused PIDs, resources shared with us."""

import os
import subprocess
import sys
import time

import pytest

from conftest import IPCX
from helpers.places import Place, cat_of, stop
from helpers.tools import helper, until
from test_names import OWN, USERS_OWN, WAIT, Forged, all_labels, keys, machine, record  # noqa: F401
from test_rights import Bound, run  # noqa: F401

PRIVATE = """mount -t tmpfs -o mode=0755 none /mnt; mkdir /mnt/private; echo secret >/mnt/private/file
chmod 600 /mnt/private/file; chown -R 1234:1234 /mnt/private; chmod 0700 /mnt/private"""
PIPES = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def sudo(machine, ident, name):
    """A user starts a set-user-ID program through a link named conmon. By now all ids of the process are root's, as with sudo; its child belongs to the
    user."""
    machine.sh("mount -t tmpfs -o mode=755 none /mnt; mkdir -m 1777 /mnt/t")
    machine.run("cp", helper("asker"), "/mnt/sudo")
    machine.run("chmod", "4755", "/mnt/sudo")
    machine.run("ln", "-s", "/mnt/sudo", "/mnt/t/conmon", uid=1234)
    p = subprocess.Popen(machine.argv("env", f"IPCX={IPCX}", f"BOX=exec {' '.join(USERS_OWN)} sh -c '{WAIT}'", "/mnt/t/conmon", "-A", "/bin/true",
                                      "-c", ident, "-n", name, uid=1234), **PIPES)
    assert p.stdout.readline() == b"up\n"
    return p


@pytest.mark.parametrize("name", ["prod", "fresh"])
def test_sudo_started_through_a_link_named_conmon(machine, name):
    p = sudo(machine, "abc", name)
    found, r = all_labels(machine), machine.ipcx("ls", "--ns", "prod")
    stop(p)
    assert f"podman:{name}" not in found and r.rc == 0, (found, r.err)


def inside(machine, name):
    """A container that root started, without any capability and without a mount on /dev/shm (docker run --ipc=none --cap-drop=ALL)."""
    p = subprocess.Popen(machine.argv(*OWN, "sh", "-c", "mount -t tmpfs none /dev; exec setpriv --bounding-set=-all --inh-caps=-all "
                                      "sh -c 'ln -s /mnt/private /dev/shm; ls /mnt/private 2>/dev/null && exit; echo 1; exec cat'"), **PIPES)
    assert p.stdout.readline() == b"1\n", "it cannot look there itself"
    record(machine, cat_of(machine, p), name)
    return p


@pytest.mark.parametrize("words", [["rm", "pshm", "--all", "--yes"], ["pshm", "write", "/file"], ["pshm", "read", "/file"], ["set", "pshm:/file", "--mode", "0666"]])
def test_link_in_place_of_dev_shm(machine, words):
    machine.sh(PRIVATE)
    p = inside(machine, "evil")
    look = ["sh", "-c", "ls -l /mnt/private; cat /mnt/private/*"]
    before = machine.run(*look).out
    r = machine.ipcx(*words, "--ns", "evil", input="gotcha")
    after = machine.run(*look).out
    stop(p)
    assert before == after and "secret" not in r.out, (r.rc, r.out, r.err)


@pytest.mark.parametrize("mech", ["pshm", "psem"])
def test_stress_with_roots_rights(run, mech):
    """The stress command must not be a way around test_rights.py: it would create and remove files in a directory that the user may not write to."""
    b = Bound(run, "--ipc")
    before = os.stat(f"/proc/{run.pid}/root/mnt").st_mtime_ns
    r = run.ipcx("stress", mech, "--ns", b.pid, "--ops", "3", "--cpus", "1")
    after = os.stat(f"/proc/{run.pid}/root/mnt").st_mtime_ns
    b.end()
    assert before == after, (r.rc, r.err)


@pytest.mark.parametrize("words", [["rm", "posix", "--all", "--yes"], ["set", "pshm:/ours", "--mode", "0666"], ["mk", "pshm", "/new", "--size", "4K"],
                                   ["pshm", "write", "/ours"]])
def test_container_name_does_not_act_on_our_dev_shm(machine, words):
    """bwrap --unshare-ipc --dev-bind /dev /dev, docker -v /dev/shm:/dev/shm: the container has its own IPC namespace, but shares our /dev/shm."""
    p = subprocess.Popen(machine.argv("unshare", "--ipc", "--mount", "sh", "-c", "echo $$; exec cat"), **PIPES)
    record(machine, int(p.stdout.readline()), "app")
    machine.ok("mk", "pshm", "/ours", "--size", "4K")
    before = machine.run("sh", "-c", "ls -l /dev/shm; md5sum /dev/shm/*").out
    machine.ipcx(*words, "--ns", "app", input="x")
    after = machine.run("sh", "-c", "ls -l /dev/shm; md5sum /dev/shm/*").out
    stop(p)
    assert before == after


@pytest.mark.parametrize("mech", ["msg", "pshm"])
def test_stress_in_our_namespace_by_name(machine, mech):
    p = subprocess.Popen(machine.argv("unshare", "--mount", "sh", "-c", "echo $$; exec cat"), **PIPES)
    record(machine, int(p.stdout.readline()), "shares")
    r = machine.ipcx("stress", mech, "--ops", "3", "--cpus", "1", "--ns", "shares")
    stop(p)
    assert r.rc == 2 and "that is this namespace" in r.err, r.rc


@pytest.mark.parametrize("kind", ["docker", "containerd"])
def test_reused_pid_of_a_dead_container(machine, kind):
    """The runtime of the container was killed, or the machine crashed. A user's process now has the PID, and is in a cgroup that is named like the container's
    id (below user@UID.service)."""
    cid = "d" * 64 if kind == "docker" else "web"
    where = f"ipcx-{os.getpid()}/{cid}"
    base = next((d for d in ("/sys/fs/cgroup/pids", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup") if machine.run("mkdir", "-p", f"{d}/{where}").rc == 0), None)
    if not base:
        pytest.skip("no control group can be made here")
    p = subprocess.Popen(machine.argv(*USERS_OWN, "sh", "-c", "echo $$; exec cat", uid=1234), **PIPES)
    pid = int(p.stdout.readline())
    machine.run("sh", "-c", f"echo {pid} >{base}/{where}/cgroup.procs")
    files, name, text = {"docker": (f"/var/lib/docker/containers/{cid}", "config.v2.json", f'{{"Name":"/web","State":{{"Pid":{pid}}}}}'),
                         "containerd": (f"/run/containerd/io.containerd.runtime.v2.task/default/{cid}", "init.pid", str(pid))}[kind]
    machine.sh(f"mount -t tmpfs none /var/lib; mkdir -p {files}; printf '%s' '{text}' >{files}/{name}; touch -d 2020-01-01 {files}/{name}")
    found = all_labels(machine)
    stop(p)
    until(lambda: machine.run("rmdir", f"{base}/{where}", os.path.dirname(f"{base}/{where}")).rc == 0)
    assert f"{kind}:web" not in found


def test_unresponsive_file_system_in_run_user(machine):
    machine.sh("mkdir -p /run/user/1234/runc; chown -R 1234 /run/user/1234")
    server = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stallfuse.py")
    p = subprocess.Popen(machine.argv(sys.executable, server, "/run/user/1234/runc"), stdout=subprocess.PIPE)
    number = int(p.stdout.readline())
    q = subprocess.Popen(machine.argv(IPCX, "ls", "--ns", "prod"), stdout=subprocess.DEVNULL)
    until(lambda: machine.run("pgrep", "-x", "ipcx").out or q.poll() is not None)
    try:
        q.wait(timeout=60)  # not forever
    finally:
        machine.run("kill", "-9", number)
        q.wait(timeout=30)
        p.wait(timeout=30)
        p.stdout.close()


def test_an_overlay_of_a_user_on_a_file_system_that_does_not_respond(machine):
    """The overlay is no FUSE itself. Its user's monitor names a directory there."""
    machine.sh("mount -t tmpfs none /mnt; mkdir /mnt/f /mnt/m /mnt/none; chown 1234 /mnt/*; mknod -m 666 /mnt/fuse c 10 229")
    server = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stallbelow.py")
    script = f"""{sys.executable} {server} /mnt/f /mnt/fuse & until grep -q ' /mnt/f fuse' /proc/mounts || ! kill -0 $!; do sleep 0.1; done
mount -t overlay -o lowerdir=/mnt/f:/mnt/none none /mnt/m && ls -d /mnt/m/c-containers/id/userdata >/dev/null && echo $$ $! || echo 0 $!; exec cat"""
    p = subprocess.Popen(machine.argv("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, uid=1234), **PIPES)
    pid, number = map(int, p.stdout.readline().split())
    around = ["nsenter", "-t", pid, "--user", "--mount", "--preserve-credentials"]
    words = ["-c", "4d1fc9ea", "-n", "@", "-b", "/mnt/m/c-containers/id/userdata"]
    try:
        if not pid:
            pytest.skip("a user cannot mount an overlay on FUSE here")
        f = Forged(machine, "conmon", "fresh", ["unshare", "--mount", "--ipc"], around=[str(w) for w in around], uid=1234, words=words)
        r = machine.run("timeout", "-s", "KILL", "60", IPCX, "ns", "ls", "--json")
        assert r.rc == 0 and "names may be missing" not in r.err, r.err
        assert "1234/podman:fresh" in [n["container"] for n in r.json["namespaces"]], "the rest is known"
        f.end()
    finally:
        machine.run("kill", "-9", number)
        stop(p)


def test_rootless_container_with_our_pids_gives_its_owners_names(machine):
    around = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", 'exec unshare --user --map-root-user --mount "$0" "$@"']
    f = Forged(machine, "conmon", "fresh", ["unshare", "--ipc", "--mount"], around=around, uid=1234)
    found, r = all_labels(machine), machine.ipcx("ls", "--ns", "fresh", uid=1234)
    f.end()
    assert "1234/podman:fresh" not in found and r.rc == 3


def test_pin_where_containers_are_ambiguous(machine):
    a, b, c = Place(machine), Place(machine), Place(machine)
    record(machine, a.pid, "web")
    machine.sh(f"""mkdir -p /run/crun/web; began=$(cut -d ' ' -f 22 /proc/{b.pid}/stat)
echo '{{"pid":{b.pid},"process-start-time":'$began'}}' >/run/crun/web/status""")
    machine.ok("ns", "pin", c.pid, "web")
    r = machine.ipcx("rm", "msg", "--all", "--yes", "--ns", "web")
    machine.ipcx("ns", "unpin", "web")
    for p in (a, b, c):
        p.end()
    assert r.rc != 0
