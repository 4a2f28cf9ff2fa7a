# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared by the tests of promises: the binary's own tables, the kernel's view of objects, hostile names."""

import json
import os
import pty
import re
import select
import subprocess
import unicodedata

from conftest import IPCX
from helpers.tools import HERE, background

PYTHON = "/usr/bin/python3"
DUMP = json.loads(subprocess.run([IPCX, "help", "--dump"], stdout=subprocess.PIPE, check=True).stdout)
COMMANDS = [c["name"] for c in DUMP["commands"]]
# Those whose objects can be made and named; test_memfd_pipe.py tests the others.
MECHS = {m["name"]: m for m in DUMP["mechanisms"] if not m["lasts"]}
UNLISTED = {m["name"]: m for m in DUMP["mechanisms"] if m["unlisted"]}
FIELDS = {f["name"]: f for f in DUMP["fields"]}
FORMATS = [f["name"] for f in DUMP["formats"]]
MISSING = {m: f"{m}:/absent" if MECHS[m]["named"] else f"{m}:77777" for m in MECHS}

with open(os.path.join(HERE, "sysv.py"), encoding="utf-8") as source:
    SYSV_CALLS = source.read()

# Names that other users could choose. Each has at most 251 bytes, so that it fits after "sem.".
NAMES = [b"plain", b"a b", b"esc\033[31mred\033[m", b"new\nline", b"ret\rurn", b"tab\there", b"bell\a", b"del\x7f", "c1\u009b31m".encode(),
         "nel\u0085".encode(), "bidi\u202eevil\u2066".encode(), "ls\u2028ps\u2029".encode(), b"bad\xff\xfeutf", b"\xc0\xafover",
         b"\xed\xa0\x80half", b"x" * 251, b"\xff" * 251, "日本語".encode(), "e\u0301".encode(), "😀".encode(), "\u200bzero".encode(),
         b"q'u\"o`t$(id)e", b"a,b\"c", b"-", b"--all", b"*?[a]", b"back\\x41slash", b"a:b", b"shm:5", b"key=1", b"5", b"0x5", b"!$HOME;&|"]


def kernel(world, code, *args, **more):
    """Run helpers/sysv.py followed by this Python code in the world; return what the code printed, parsed as JSON."""
    r = world.run(PYTHON, "-c", SYSV_CALLS + code, *args, **more)
    assert r.rc == 0, r.err
    return r.json if r.out else None


def meanwhile(world, code, *args, **more):
    """Run Python code as kernel() does, but as a background process; the code calls hold() at its end."""
    return background(world, PYTHON, "-c", SYSV_CALLS + code, *args, **more)


def stranger(world, before, then):
    """A process runs the code "before" and exits; two seconds later its PID is reused by a process that runs the code "then". Both are code for
    helpers/sysv.py."""
    return meanwhile(world, f"""
if not os.access("/proc/sys/kernel/ns_last_pid", os.W_OK):
    sys.exit(77)
def first():
{before}
at_pid(300, first)
os.waitpid(300, 0)
made = time.time()
wait_for(lambda: int(time.time()) >= int(made) + 2)
def second():
    open("/proc/self/comm", "w").write("stranger")
    hold()
at_pid(300, second)
{then}
os.waitpid(300, 0)
""")


def make_names(world, names=None, psem=True):
    """POSIX objects with hostile names, created without ipcx."""
    kernel(world, """
for name in (bytes.fromhex(a) for a in sys.argv[2:]):
    open(b"/dev/shm/" + name, "wb").write(b"12345")
    mq_make(b"/" + name)
    if sys.argv[1] == "psem":
        open(b"/dev/shm/sem." + name, "wb").write(bytes(32))
""", "psem" if psem else "", *[n.hex() for n in names or NAMES])


def unsafe(text):
    """Return the characters that must never reach a terminal."""
    return [c for c in text if c != "\n" and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs"))]


def unescape(text):
    """Decode \\xNN to bytes."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode("utf-8", "surrogateescape"))


def unpercent(text):
    """Decode %XX of a reference to bytes."""
    return re.sub(rb"%([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), text.encode("utf-8", "surrogateescape"))


def columns(text):
    """Return the width of a text on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def on_terminal(world, *words, answer=None, before=None, stdout_only=False, env=None, **more):
    """Run ipcx on a pseudo-terminal; when ipcx asks a question, call before() and type the answer. Returns (exit status, output)."""
    master, slave = pty.openpty()
    full = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC0", "TERM": "xterm"}
    full.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    full.update(env or {})
    other = subprocess.DEVNULL if stdout_only else slave
    p = subprocess.Popen(world.argv(IPCX, *words, **more), stdin=other, stdout=slave, stderr=other, env=full)
    os.close(slave)
    out, asked = b"", False
    try:
        while True:
            ready, _, _ = select.select([master], [], [], 60)
            assert ready, "no answer for a minute: " + out.decode(errors="replace")
            try:
                piece = os.read(master, 65536)
            except OSError:  # EIO: the other side is closed
                break
            out += piece
            if out.endswith(b"? [y/N] ") and not asked:
                asked = True
                if before:
                    before()
                os.write(master, (answer or "") .encode() + b"\n")
    finally:
        os.close(master)
    return p.wait(timeout=60), out.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def mount_queues(world):
    """Unprivileged users see the owner of a queue only where a mqueue file system is mounted, and not every machine has a directory /dev/mqueue."""
    assert world.sh("[ -d /dev/mqueue ] || mount -t mqueue none /mnt").rc == 0
