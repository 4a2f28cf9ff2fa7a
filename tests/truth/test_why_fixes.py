# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands that `ipcx why` gives are about the object and the namespace of the question, whatever its name is."""

import shlex
import subprocess

import pytest

from failing_calls import cause, why

NAMES = ["'" * 254, "\n" * 254, "a" * 200 + " " * 54, "$(touch x)" * 25, "-rf", "\\'; false;'"]
ESCAPED = {ord(c): f"%{ord(c):02X}" for c in "'\n $()\\;"}


@pytest.mark.parametrize("name", NAMES)
def test_commands_are_whole(world, name):
    ref = "pshm:/" + name.translate(ESCAPED)
    fix = cause(why(world, "shm_open", "ENOENT", f"name=/{name}", "flags=O_RDWR", "size=4K"), "no such object")["fix"]
    assert shlex.split(fix) == ["ipcx", "mk", ref, "--size", "4096"]
    with subprocess.Popen(world.argv("unshare", "--ipc", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /dev/shm && echo $$ && exec sleep 600"),
                          stdout=subprocess.PIPE, text=True) as p:
        pid = p.stdout.readline().strip()
        fix = cause(why(world, "shm_open", "ENOENT", f"name=/{name}", "flags=O_RDWR", "size=4K", "--ns", pid), "no such object")["fix"]
        p.terminate()
    assert shlex.split(fix) == ["ipcx", "mk", ref, "--size", "4096", "--ns", pid]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_quoted_whole(world, name):
    said = cause(why(world, "mq_open", "EINVAL", f"name={name[:250]}"), "begin with a slash")["fix"]
    r = subprocess.run(["bash", "-c", "printf %s " + said.partition(": ")[2]], capture_output=True, text=True, check=True)
    assert r.stdout == "/" + name[:250].lstrip(".")
