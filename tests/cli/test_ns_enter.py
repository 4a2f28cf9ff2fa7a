# SPDX-License-Identifier: GPL-2.0-or-later
"""ns enter, ns new, ns pin: the right namespace or none, and nothing is inherited except what is intended."""

import errno
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from conftest import IPCX
from helpers.places import PLACE, Place, cat_of, start, stop
from helpers.tools import helper, need_library

WHERE = "readlink /proc/self/ns/ipc"


@pytest.fixture
def place(world):
    p = Place(world)
    yield p
    p.end()


@pytest.fixture
def run_dir(world):
    """Mount a /run of the world's own, for pins."""
    world.run("mount", "-t", "tmpfs", "none", "/run")


def enter(world, place, *words, **more):
    return world.ipcx("ns", "enter", *words[:-1], place.pid, "--", "sh", "-c", words[-1], **more)


# ---- where it runs

def test_our_programs_use_objects_of_the_container(world, place):
    world.ok("mk", "shm:0x99", "--size", "4K", "--ns", place.pid)
    world.ok("mk", "pshm", "/there", "--size", "4K", "--ns", place.pid)
    r = enter(world, place, f"{WHERE}; ipcs -m; ls /dev/shm; readlink /proc/self/root")
    assert r.rc == 0 and r.err == ""
    assert r.lines[0] == f"ipc:[{place.ino}]" and "0x00000099" in r.out and "there" in r.lines and r.lines[-1] == "/"
    assert world.run("ls", "/dev/shm").out == "" and world.objects() == []


def test_changes_in_the_namespace_stay_in_it(world, place):
    enter(world, place, f"ipcmk -M 100; echo x > /dev/shm/made; mount -t tmpfs none {world.dir}; touch {world.dir}/x")
    assert [o["ref"] for o in world.objects("shm", "pshm", "--ns", place.pid)] == ["shm:0", "pshm:/made"]
    assert world.run("ls", "/dev/shm").out == "" and not os.path.exists(f"{world.dir}/x")


def test_the_current_directory_is_kept(world, place):
    assert world.sh(f'cd /usr/lib && "$IPCX" ns enter {place.pid} -- pwd').out == "/usr/lib\n"
    assert enter(world, place, "--mount", "pwd").out == "/\n"


def test_only_the_standard_streams_are_inherited(world, place):
    r = world.sh(f'exec 7</etc/passwd 9>/dev/null; "$IPCX" ns enter {place.pid} -- ls /proc/self/fd')
    assert r.out.split() == ["0", "1", "2", "3"]  # the last is that of ls itself
    r = world.sh(f'"$IPCX" ns enter {place.pid} -- {WHERE} <&- 2>&-')
    assert r.out.strip() == f"ipc:[{place.ino}]"


def test_the_environment_of_the_command(world, place):
    keep = enter(world, place, "-e", "A=1", "-e", "B=x=y", "env", env={"MINE": "1"})
    assert {"A=1", "B=x=y", "MINE=1"} <= set(keep.lines)
    own = enter(world, place, "--mount", "-e", "A=1", "env", env={"MINE": "1", "LD_PRELOAD": ""})
    assert not any(line.startswith(("MINE=", "LD_")) for line in own.lines) and "A=1" in own.lines
    assert world.ipcx("ns", "enter", "-e", "nothing", place.pid, "--", "true").rc == 2


ITS_OWN = """mkdir /mnt/etc && mount --bind /mnt/etc /etc
printf 'broken\\nroot:x:0:0:r:/root-of-it:/bin/sh\\nweb:x:33:44::/srv/web:/bin/sh\\n' > /etc/passwd
printf 'root:x:0:\\nstaff:x:50:web\\n' > /etc/group
"""


@pytest.fixture
def its_own(world):
    """A container with users, a directory and an environment of its own."""
    world.run("mount", "-t", "tmpfs", "none", "/mnt")
    script = PLACE.replace("echo $$; exec cat", ITS_OWN + 'echo $$; exec env -i PATH=/usr/bin:/bin:/its HOME=/wrong A=1 "B=x=y z" "bad name=1" LD_PRELOAD= TERM=its cat')
    p = Place(world, script=script)
    yield p
    p.end()


def test_the_environment_is_that_of_the_container(world, its_own):
    """That of its first process, HOME of its passwd, TERM of ours; --env-file and --env come last."""
    ours = {"TERM": "ours", "MINE": "1", "PASS": "me"}
    seen = enter(world, its_own, "--mount", "env", env=ours).lines
    assert {"A=1", "B=x=y z", "PATH=/usr/bin:/bin:/its", "HOME=/root-of-it", "TERM=ours", "LD_PRELOAD="} <= set(seen), seen
    assert not any(line.startswith(("MINE=", "bad", "LC_ALL", "PASS")) for line in seen)
    file = os.path.join(world.dir, "vars")
    with open(file, "w", encoding="ascii") as f:
        f.write("# a comment\n\nA=2\nPASS\nABSENT\n  C=a # b\n")
    seen = enter(world, its_own, "--mount", "--env-file", file, "-e", "B=3", "env", env=ours).lines
    assert {"A=2", "PASS=me", "C=a # b", "B=3"} <= set(seen) and not any(line.startswith(("ABSENT", "MINE")) for line in seen)
    with open(file, "w", encoding="ascii") as f:
        f.write("A=1\n=x\n")
    r = enter(world, its_own, "--env-file", file, "echo ran")
    assert (r.rc, r.out) == (2, "") and f"{file}:2:" in r.err
    assert enter(world, its_own, "--env-file", "/absent", "echo ran").rc == 1


def test_programs_are_found_along_the_path_of_the_container(world, its_own):
    world.run("nsenter", "-t", its_own.pid, "-m", "sh", "-c", "mount -t tmpfs none /srv; printf '#!/bin/sh\necho mine' > /srv/tool; chmod 755 /srv/tool")
    r = world.ipcx("ns", "enter", "--mount", "-e", "PATH=/absent:/srv:/usr/bin:/bin", its_own.pid, "--", "tool")
    assert (r.rc, r.out) == (0, "mine\n"), r.err
    assert world.ipcx("ns", "enter", "--mount", its_own.pid, "--", "tool").rc == 127


def test_as_a_user_of_the_container(world, its_own):
    show = "id -u; id -g; id -G; echo $HOME; grep -E 'Cap(Prm|Eff|Inh|Amb)' /proc/self/status"
    none = ["CapInh:\t" + "0" * 16, "CapPrm:\t" + "0" * 16, "CapEff:\t" + "0" * 16, "CapAmb:\t" + "0" * 16]
    for words, ids in ((["-S", "web"], ["33", "44", "44", "/srv/web"]), (["-S", "33", "-G", "staff"], ["33", "50", "50", "/srv/web"]),
                       (["-S", "4711"], ["4711", "0", "0", "/"]), (["-S", "web", "--keep-caps", "all"], ["33", "44", "44", "/srv/web"])):
        r = enter(world, its_own, "--mount", *words, show)
        assert r.rc == 0 and r.lines == [*ids, *none], (words, r.out, r.err)
    for words, text in ((["-S", "daemon"], "no user 'daemon'"), (["-G", "absent"], "no group 'absent'"), (["-S", "4294967295"], "no user")):
        r = enter(world, its_own, "--mount", *words, "echo ran")
        assert (r.rc, r.out) == (2, "") and text in r.err, r.err
    r = enter(world, its_own, "-S", "daemon", "id -u; cd /proc/self; readlink ns/ipc")
    assert r.lines == ["1", f"ipc:[{its_own.ino}]"], r.err
    assert enter(world, its_own, "-S", "4711", "echo ran").rc == 2, "its group is unknown"
    assert enter(world, its_own, "-S", "1", "--pid", "echo ran").rc == 2


def test_a_user_that_is_not_mapped(world):
    p = Place(world, "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", script=PLACE.replace("echo $$", "echo 0"))
    assert enter(world, p, "--mount", "-S", "0", "id -u").out == "0\n"
    r = enter(world, p, "--mount", "-S", "33", "echo ran")
    assert (r.rc, r.out) == (2, "") and "user 33 is not mapped in its user namespace" in r.err, r.err
    p.end()


def test_the_directory_of_the_command(world, its_own):
    assert enter(world, its_own, "--mount", "--cwd", "/etc", "cat passwd").lines[0] == "broken"
    assert enter(world, its_own, "--cwd", "/usr", "pwd").out == "/usr\n"
    for dir in ("/absent", "/etc/passwd"):
        r = enter(world, its_own, "--mount", "--cwd", dir, "echo ran")
        assert (r.rc, r.out) == (1, "") and "cannot change to this directory" in r.err, r.err
    world.run("nsenter", "-t", its_own.pid, "-m", "mount", "-t", "tmpfs", "-o", "mode=700", "none", "/srv")
    assert enter(world, its_own, "--mount", "--cwd", "/srv", "pwd").out == "/srv\n"
    r = enter(world, its_own, "--mount", "-S", "web", "--cwd", "/srv", "echo ran")
    assert (r.rc, r.out) == (1, "") and "not permitted" in r.err.lower() or "denied" in r.err, r.err


@pytest.mark.parametrize("script,rc", [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", -15), ("kill -KILL $$", -9)])
def test_exit_status_is_that_of_the_command(world, place, script, rc):
    assert enter(world, place, script).rc in (rc, 128 - rc)


@pytest.mark.parametrize("words,rc", [(["/absent"], 127), (["absent"], 127), (["/etc/passwd"], 126), (["/etc"], 126)])
def test_a_command_that_cannot_be_run(world, place, words, rc):
    r = world.ipcx("ns", "enter", place.pid, "--", *words)
    assert r.rc == rc and r.out == "" and "cannot run" in r.err


def test_options_before_and_after_the_namespace(world, place):
    for words in (["-e", "A=1", place.pid, "env"], [place.pid, "-e", "A=1", "env"], [place.pid, "-e", "A=1", "--", "env"]):
        assert "A=1" in world.ipcx("ns", "enter", *words).lines
    assert world.ipcx("ns", "enter", place.pid, "echo", "-e", "A=1").out == "A=1\n"


def test_pid_namespace(world):
    p, _ = start(world, "unshare", "--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", "echo 1; exec cat")
    inner = cat_of(world, p)
    assert world.ipcx("ns", "enter", "--pid", "--mount", inner, "--", "sh", "-c", "ps ax | grep -c .; exit 3").rc == 3
    seen = world.ipcx("ns", "enter", "--pid", "--mount", inner, "--", "ps", "ax").out
    assert "cat" in seen and "unshare" not in seen
    stop(p)


def test_the_command_is_root_of_the_container(world):
    p = Place(world, "--user", "--map-root-user")
    r = enter(world, p, "--user", "echo ran")
    assert (r.rc, r.out) == (2, "") and "PIDs are shared" in r.err, "through the command its processes could see our root"
    p.end()
    p = Place(world, "--user", "--map-root-user", "--pid", "--fork", "--kill-child", script=PLACE.replace("echo $$", "echo 0"))
    r = enter(world, p, "--user", "readlink /proc/self/ns/user; id -u; grep NoNewPrivs /proc/self/status; touch /dev/shm/x")
    assert r.rc == 0 and r.lines[0] == world.run("readlink", f"/proc/{p.pid}/ns/user").out.strip()
    assert r.lines[1:] == ["0", "NoNewPrivs:\t1"]
    p.end()


def test_an_unprivileged_user_enters_its_own_namespace(world):
    mine, other = Place(world, "--user", "--map-root-user", uid=1234), Place(world)
    r = enter(world, mine, WHERE, uid=1234)
    assert r.out.strip() == f"ipc:[{mine.ino}]"
    r = enter(world, other, "echo ran", uid=1234)
    assert r.rc == 1 and r.out == "" and "needs CAP_SYS" in r.err
    mine.end()
    other.end()


# ---- privileges

def caps(r):
    return {m[1]: int(m[2], 16) for m in re.finditer(r"^(Cap\w+):\s+([0-9a-f]+)$", r.out, re.M)}


def test_capabilities_are_dropped(world, place):
    sets = caps(enter(world, place, "--drop-caps", "cap_net_raw,sys_admin", "cat /proc/self/status"))
    assert all(not v >> 13 & 1 and not v >> 21 & 1 for v in sets.values()) and sets["CapEff"] >> 0 & 1
    sets = caps(enter(world, place, "--keep-caps", "cap_chown", "cat /proc/self/status"))
    assert sets["CapEff"] == sets["CapPrm"] == sets["CapBnd"] == 1 and sets["CapInh"] == sets["CapAmb"] == 0
    assert not any(caps(enter(world, place, "--keep-caps", "none", "cat /proc/self/status")).values())
    assert world.ipcx("ns", "enter", "--drop-caps", "cap_nonsense", place.pid, "--", "true").rc == 2


def test_programs_of_a_container_get_only_its_capabilities(world):
    p = Place(world, script=PLACE.replace("exec cat", "exec setpriv --bounding-set=-net_raw cat"))
    assert not caps(enter(world, p, "--mount", "cat /proc/self/status"))["CapBnd"] >> 13 & 1
    assert caps(enter(world, p, "--mount", "--keep-caps", "all", "cat /proc/self/status"))["CapBnd"] >> 13 & 1
    p.end()


@pytest.mark.parametrize("call", ["setns", "unshare", "mount", "open_tree", "move_mount"])
@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
def test_a_failed_step_ends_the_command(world, place, call, error):
    """Nothing runs in the wrong namespace."""
    r = world.run(helper("seccomp"), error, call, "--", IPCX, "ns", "enter", place.pid, "--", "echo", "ran")
    assert r.rc == 1 and r.out == "" and r.err.startswith("ipcx: ") and r.err.count("\n") == 1


# ---- a terminal of its own

def on_terminal(world, *words, feed=(), size=None):
    """Return the output and the exit status."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp("nsenter", world.argv(IPCX, *words))
    if size:
        import fcntl
        import struct
        import termios
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    out, feed, deadline = b"", list(feed), time.monotonic() + 30
    last = time.monotonic()
    while time.monotonic() < deadline:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                data = os.read(fd, 4096)
            except OSError:
                break
            if not data:
                break
            out, last = out + data, time.monotonic()
        elif feed and time.monotonic() - last > 0.5:
            os.write(fd, feed.pop(0))
            last = time.monotonic()
    os.close(fd)
    return out.decode(), os.waitpid(pid, 0)[1]


def test_the_command_gets_another_terminal(world, place):
    out, status = on_terminal(world, "ns", "enter", place.pid, "--", "sh", "-c", "sleep 0.5; tty; stty size; exit 5", size=(33, 77))
    shared, _ = on_terminal(world, "ns", "enter", "--no-pty", place.pid, "--", "tty")
    assert os.waitstatus_to_exitcode(status) == 5 and "33 77" in out
    assert out.splitlines()[0] != shared.splitlines()[0]


def test_typed_keys_reach_the_command(world, place):
    out, status = on_terminal(world, "ns", "enter", place.pid, "--", "cat", feed=[b"hello\n", b"\x04"])
    assert out.count("hello") == 2 and os.waitstatus_to_exitcode(status) == 0
    out, status = on_terminal(world, "ns", "enter", place.pid, "--", "sleep", "100", feed=[b"\x03"])
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT


def test_the_command_can_be_stopped_and_continued(world, place):
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp("nsenter", world.argv("bash", "--norc", "--noediting", "-i"))
    out = b""

    def talk(text, until, wait=20):
        nonlocal out
        os.write(fd, text)
        deadline, start = time.monotonic() + wait, len(out)
        while time.monotonic() < deadline and not re.search(until, out[start:]):
            if select.select([fd], [], [], 0.1)[0]:
                out += os.read(fd, 4096)
        assert re.search(until, out[start:]), out[start:]

    talk(f"{IPCX} ns enter {place.pid} -- sh -c 'echo in; cat'\n".encode(), rb"\bin\r\n")
    talk(b"one\n", rb"one\r\none\r\n")
    talk(b"\x1a", rb"Stopped")
    talk(b"fg\n", rb"ns enter")
    talk(b"two\n", rb"two\r\ntwo\r\n")
    talk(b"\x04", rb"[#$] ")
    talk(b"echo st$?\n", rb"\nst0\r")
    os.write(fd, b"exit\n")
    os.waitpid(pid, 0)
    os.close(fd)


# ---- new

def test_a_fresh_namespace(world):
    world.ok("mk", "shm", "--size", "4K")
    r = world.ipcx("ns", "new", "--set", "shmmni=7", "--shm-size", "1M", "--", "sh", "-c",
                   f"{WHERE}; ipcs -m | grep -c 0x; cat /proc/sys/kernel/shmmni; df --output=size /dev/shm | tail -1")
    assert r.rc == 1 or r.rc == 0
    assert r.lines[0] != world.run("readlink", "/proc/self/ns/ipc").out.strip() and [w.strip() for w in r.lines[1:]] == ["0", "7", "1024"]
    assert len(world.objects()) == 1


def test_an_unprivileged_user_can_create_a_namespace_too(world):
    r = world.ipcx("ns", "new", "--set", "shmmni=5", "--", "sh", "-c", "id -u; cat /proc/sys/kernel/shmmni; ipcmk -M 10 >/dev/null && echo made", uid=1234)
    assert r.lines == ["0", "5", "made"]


@pytest.mark.parametrize("words", [["--set", "nonsense=1"], ["--set", "shmmni"], ["--set", "shmmni=99999999999999999999"], ["--pin", "9x"], ["--pin", "a/b"]])
def test_invalid_options_run_nothing(world, run_dir, words):
    r = world.ipcx("ns", "new", *words, "--", "echo", "ran")
    assert r.rc in (1, 2, 3) and r.out == "" and r.err


# ---- pins

def test_a_pinned_namespace_outlives_its_processes(world, run_dir, place):
    need_library("libmount.so.1")
    world.ok("mk", "shm:0x42", "--size", "4K", "--ns", place.pid)
    world.ok("ns", "pin", place.pid, "kept")
    place.process.stdin.close()
    place.process.wait(timeout=20)
    row = next(o for o in world.ipcx("ns", "ls", "--json").json["namespaces"] if o["pin"] == "kept")
    assert (row["ns"], row["processes"], row["kept_by"], row["objects"]) == (place.ino, 0, "mounts", 1)
    assert world.steady("shm", "--ns", "kept") == world.steady("shm", "--ns", "pin:kept")
    assert "0x00000042" in world.run("nsenter", "--ipc=/run/ipcx/ns/kept", "ipcs", "-m").out
    assert "0x00000042" in world.ipcx("ns", "enter", "kept", "--", "ipcs", "-m").out
    assert oct(int(world.run("stat", "-c", "%a", "/run/ipcx/ns").out, 8)) == oct(0o700)
    world.ok("ns", "unpin", "kept")
    assert world.run("ls", "/run/ipcx/ns").out == "" and world.ipcx("ls", "--ns", "kept").rc == 3
    place.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # for the end of the fixture


def test_a_new_namespace_that_is_pinned(world, run_dir):
    need_library("libmount.so.1")
    world.ok("ns", "new", "--pin", "lab", "--set", "shmmni=9")
    assert world.ipcx("limits", "shmmni", "--ns", "lab", "--json").json["limits"][0]["limit"] == 9
    r = world.ipcx("ns", "new", "--pin", "more", "--", "sh", "-c", WHERE)
    assert r.out.strip() == f"ipc:[{world.run('stat', '-c', '%i', '/run/ipcx/ns/more').out.strip()}]"
    assert world.ipcx("ns", "new", "--pin", "lab").rc == 1
    for name in ("lab", "more"):
        world.ok("ns", "unpin", name)


@pytest.mark.parametrize("name", ["", "9", "-x", ".x", "a/b", "..", "self", "all", "x" * 65, "a b", "é"])
def test_invalid_names_of_pins(world, run_dir, place, name):
    words = ["--", place.pid, name] if name.startswith("-") else [place.pid, name]
    r = world.ipcx("ns", "pin", *words)
    assert r.rc == 2 and r.err and world.run("ls", "/run/ipcx/ns").out == ""


def test_a_pin_that_would_not_last_is_reported(world, run_dir, place):
    need_library("libmount.so.1")
    world.ok("ns", "pin", place.pid, "first")
    r = world.run("unshare", "--mount", IPCX, "ns", "pin", place.pid, "frail")
    assert r.rc == 0 and "ends with this mount namespace" in r.err
    r = world.ipcx("ns", "unpin", "frail")
    assert r.rc == 1 and "nothing is mounted on it here" in r.err
    assert world.ipcx("ns", "unpin", "absent").rc == 3
    world.ok("ns", "unpin", "first")
