# SPDX-License-Identifier: GPL-2.0-or-later
"""The old names have the output and the exit status of util-linux; omissions are reported in one line on stderr; numbers are written as in the user's
locale."""

import os
import subprocess

import pytest

from conftest import IPCX
from helpers.real import kernel
from helpers.tools import need

FAULT = ["strace", "-f", "-qq", "-o", "/dev/null", "-e"]


def old(world, *words, fault=None, env=None, **more):
    """Run an old name with one system call failing."""
    need("strace")
    env = {"ASAN_OPTIONS": "detect_leaks=0", **(env or {})}
    return world.run(*([*FAULT, "inject=" + fault] if fault else []), IPCX, "compat", *words, env=env, **more)


def fill(world):
    for mech, more in (("shm", ["--size", "4K"]), ("msg", []), ("sem", ["--nsems", "2"])):
        for _ in range(3):
            world.ok("mk", mech, *more)
    world.ok("mk", "mq", "/a")
    world.ok("mk", "mq", "/b")
    world.ok("mk", "pshm", "/a", "--size", "4K")
    world.ok("mk", "pshm", "/b", "--size", "4K")


def without_text(world):
    """Hide /proc/sysvipc, so that no other source replaces a failing call."""
    assert world.run("mount", "-t", "tmpfs", "none", "/proc/sysvipc").rc == 0


def said_once(r, name, what="something is left out"):
    assert len(r.err.splitlines()) == 1 and r.err.startswith(f"{name}: {what}: "), r.err


LISTS = [(["ipcs", "-q"], "msgctl:error=EIO:when=2+"), (["ipcs", "-m"], "shmctl:error=EIO:when=2+"), (["ipcs", "-s"], "semctl:error=EIO:when=2+"),
         (["ipcs"], "shmctl,msgctl,semctl:error=EIO:when=2+"), (["ipcs", "-u"], "semctl:error=EPERM"),
         (["lsipc", "-m"], "shmctl:error=EIO:when=2+"), (["lsipc", "-q", "-J"], "msgctl:error=EIO:when=2+"), (["lsipc"], "msgctl:error=EIO"),
         (["lsipc", "-M"], "getdents64:error=EIO")]


@pytest.mark.parametrize("words,fault", LISTS, ids=lambda w: " ".join(w) if isinstance(w, list) else None)
def test_an_omission_is_one_line(world, words, fault):
    fill(world)
    without_text(world)
    plain = old(world, *words)
    assert plain.rc == 0 and plain.err == ""
    r = old(world, *words, fault=fault)
    assert r.rc == 0
    assert r.out != plain.out, "the fault does nothing"
    said_once(r, words[0])


def test_many_omissions_are_one_line(world):
    fill(world)
    without_text(world)
    r = old(world, "ipcs", fault="shmctl,msgctl,semctl:error=EIO:when=2+")
    said_once(r, "ipcs")
    assert r.err.endswith("more)\n") and r.out.count("------") == 6


@pytest.mark.parametrize("call", ["shmctl", "msgctl", "semctl"])
def test_a_missing_object_is_not_removed_and_reported(world, call):
    fill(world)
    without_text(world)
    r = old(world, "ipcrm", "-a", fault=f"{call}:error=EIO:when=3+")
    assert r.rc == 1
    lines = [line for line in r.err.splitlines() if "something may be left" in line]
    assert len(lines) == 1
    assert len(world.objects("sysv")) > 0
    assert old(world, "ipcrm", "-a").rc == 0 and world.objects("sysv") == []
    r = old(world, "ipcrm", "-a")
    assert (r.rc, r.out, r.err) == (0, "", "")


def test_a_process_without_a_pid_is_shown_as_before(world):
    """Like the originals, the old names show the 0 that the kernel reports."""
    fill(world)
    r = world.sh('unshare --pid --fork --mount-proc "$IPCX" compat ipcs -m -p; unshare --pid --fork --mount-proc "$IPCX" compat lsipc -m')
    assert r.rc == 0 and r.err == "" and r.out.count(" 0 ") >= 6


def locales(world):
    """A directory with two locales: one writes 1,5, and the decimal point of the other has two bytes."""
    need("localedef")
    for name in ("de_DE", "ps_AF"):
        r = subprocess.run(["localedef", "-i", name, "-f", "UTF-8", os.path.join(world.dir, name + ".UTF-8")], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, check=False)
        if r.returncode > 1:
            pytest.skip(f"no locale {name} can be made here")
    return world.dir


SIZES = [("de_DE", "1,5k", 1536), ("de_DE", "1.5k", None), ("de_DE", "1,25KiB", 1279), ("de_DE", "1,5", None), ("de_DE", "2k", 2048), ("de_DE", "1,k", 1024),
         ("ps_AF", "1\u066b5k", 1536), ("ps_AF", "1,5k", None), ("ps_AF", "1.5k", None), ("C", "1.5k", 1536), ("C", "1,5k", None)]


def test_numbers_are_read_in_the_users_locale(world):
    path = locales(world)
    for locale, size, bytes_ in SIZES:
        for how in ({"LC_ALL": locale + ".UTF-8" * (locale != "C")}, {"LC_ALL": None, "LC_NUMERIC": locale + ".UTF-8" * (locale != "C")}):
            r = old(world, "ipcmk", "-M", size, env={"LOCPATH": path, **how})
            if bytes_ is None:
                assert (r.rc, r.out) == (1, "") and r.err == f"ipcmk: failed to parse size: '{size}': Invalid argument\n", (locale, size)
                continue
            assert r.rc == 0 and r.err == "", (locale, size, r.err)
            shm = r.out.split()[-1]
            assert world.objects("shm:" + shm)[0]["size"] == bytes_, (locale, size)
            # texts and output stay as in the C locale
            r = old(world, "lsipc", "-m", "-i", shm, env={"LOCPATH": path, **how})
            assert "1,5" not in r.out and "Segment size" in r.out


@pytest.mark.parametrize("kind", [["-m", "10"], ["-q"], ["-s"]], ids=lambda k: k[0])
def test_a_name_of_256_bytes_is_too_long(world, kind):
    r = old(world, "ipcmk", *kind, "-n", "/" + "n" * 256)
    assert r.rc == 1 and r.out == "" and r.err.endswith(" failed: File name too long\n")
    if kind != ["-s"]:
        assert old(world, "ipcmk", *kind, "-n", "/" + "n" * 255).rc == 0


def test_unreadable_command_lines(world):
    kernel(world, "check(libc.shmget(5, 1, IPC_CREAT | 0o600))")
    r = old(world, "lsipc", "-m", "-o", "COMMAND", fault="read:error=EIO:when=30+")
    assert r.rc in (0, 1)
