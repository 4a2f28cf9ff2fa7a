# SPDX-License-Identifier: GPL-2.0-or-later
"""Other places: processes in namespaces of their own."""

import re
import subprocess

# A process in namespaces of its own: prints its PID, and stays until the end of its standard input.
PLACE = """mount -t tmpfs -o mode=1777 none /dev/shm 2>/dev/null
[ -d /dev/mqueue ] && mount -t mqueue none /dev/mqueue
echo $$; exec cat"""


def start(world, *argv, uid=None):
    """A process in the world that prints a number; it exits at the end of its standard input."""
    p = subprocess.Popen(world.argv(*argv, uid=uid), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return p, int(p.stdout.readline())


def stop(p):
    p.stdin.close()
    p.wait(timeout=20)
    p.stdout.close()


def cat_of(world, p):
    """Wait until a process in a PID namespace of its own has become cat; return that process's PID in the world."""
    p.stdin.write(b"?\n")
    p.stdin.flush()
    assert p.stdout.readline() == b"?\n"
    return int(world.run("pgrep", "-n", "-x", "cat").out)


class Place:
    """A process in other namespaces; .pid is its PID as the world sees it."""

    def __init__(self, world, *flags, script=PLACE, uid=None):
        self.process, self.pid = start(world, "unshare", "--ipc", "--mount", *flags, "sh", "-c", script, uid=uid)
        if self.pid == 0:  # a PID namespace of its own hides it
            self.pid = cat_of(world, self.process)
        self.ino = int(re.search(r"\d+", world.run("readlink", f"/proc/{self.pid}/ns/ipc").out)[0])

    def end(self):
        stop(self.process)
