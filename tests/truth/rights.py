# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of test_rights.py that runs in a world, after helpers/sysv.py, in one process: before each command, objects are created again if the last one may
have changed them; then the dry run and the real command run, and the output of both is printed."""

import json
import os
import subprocess
import sys

# Names of sysv.py, which precedes this file.
check, libc = globals()["check"], globals()["libc"]
ctypes, struct = globals()["ctypes"], globals()["struct"]

KINDS = {"shm": (lambda: libc.shmget(0, 70000, 0o1666), lambda i, c, b: libc.shmctl(i, c, b)),
         "msg": (lambda: libc.msgget(0, 0o1666), lambda i, c, b: libc.msgctl(i, c, b)),
         "sem": (lambda: libc.semget(0, 1, 0o1666), lambda i, c, b: libc.semctl(i, 0, c, b))}
NAMES = {"root": 0, "user": 1}


def clear():
    for _, control in KINDS.values():
        for n in range(3):
            control(n, 0, None)
    for name in NAMES:
        libc.mq_unlink(b"/" + name.encode())
    for name in os.listdir("/dev/shm"):
        os.unlink("/dev/shm/" + name)


def make_sysv(user):
    """Create three of each, with the ids 0, 1, 2: root's, the user's own, and one that root created and gave to the user."""
    for mech, (get, control) in KINDS.items():
        for n in range(3):
            with open(f"/proc/sys/kernel/{mech}_next_id", "w", encoding="ascii") as f:
                f.write(str(n))
            if n == 1:
                os.setegid(user), os.seteuid(user)
            made = get()
            os.seteuid(0), os.setegid(0)
            assert check(made) == n
        buf = ctypes.create_string_buffer(256)
        check(control(2, 2, buf))
        struct.pack_into("=2I", buf, 4, user, user)
        check(control(2, 1, buf))


def make_posix(user):
    attr = struct.pack("=8q", 0, 1, 1, 0, 0, 0, 0, 0)
    for name, n in NAMES.items():
        fds = [check(libc.mq_open(b"/" + name.encode(), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600, attr))]
        for file, size in (name, 8192), (f"sem.{name}", 32):
            fds.append(os.open("/dev/shm/" + file, os.O_CREAT | os.O_EXCL | os.O_RDWR))
            os.ftruncate(fds[-1], size)
        for fd in fds:
            os.fchown(fd, n * user, n * user)
            os.fchmod(fd, 0o666)
            os.close(fd)


def shell(script):
    subprocess.run(["sh", "-ec", script], check=True, stdout=subprocess.DEVNULL)


def told(order, words):
    r = subprocess.run([*order["way"], order["ipcx"], *words, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    doc = json.loads(r.stdout)
    # Values of the objects that could not be read are not part of what the dry run promises.
    doc["errors"] = [e for e in doc["errors"] if "unknown" not in e["message"]]
    r.stderr = b"".join(line for line in r.stderr.splitlines(True) if b"unknown" not in line)
    return {"refs": [o["ref"] for o in doc["objects"]], "errors": doc["errors"], "text": r.stderr.decode(), "status": r.returncode}


def main(order):
    fresh, results = False, []
    for words in order["deeds"]:
        if not fresh:
            shell(order["undo"])
            clear()
            make_sysv(order["user"])
            make_posix(order["user"])
            shell(order["before"])
        results.append([words, told(order, [*words, "--dry-run"]), told(order, words)])
        fresh = not results[-1][2]["refs"]
    shell(order["undo"])
    print(json.dumps(results))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
