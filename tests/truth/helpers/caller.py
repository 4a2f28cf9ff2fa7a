# SPDX-License-Identifier: GPL-2.0-or-later
"""A process that makes the calls that it is told on standard input, a Python expression a line, and prints [result, errno].
Its argument is the user that it becomes."""

import ctypes
import errno
import json
import os
import resource
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.shmget.argtypes = [ctypes.c_int, ctypes.c_size_t, ctypes.c_int]
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
libc.shmat.restype = ctypes.c_ssize_t
libc.shmdt.argtypes = [ctypes.c_void_p]
libc.shmctl.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
BUFFER = ctypes.create_string_buffer(512)


def limit(name, soft):
    which = getattr(resource, "RLIMIT_" + name)
    resource.setrlimit(which, (soft, resource.getrlimit(which)[1]))


def fill(shmid):
    """Attach a segment until that fails; return how often it was attached."""
    n = 0
    while libc.shmat(shmid, None, 0) != -1:
        n += 1
    return n


KNOWN = {"limit": limit, "fill": fill, "BUFFER": BUFFER, **{name: getattr(libc, name) for name in ("shmget", "shmat", "shmdt", "shmctl")}}
if len(sys.argv) > 1:  # become an ordinary user, who may not be permitted to start this Python
    os.setgroups([])
    os.setresgid(*[int(sys.argv[1])] * 3)
    os.setresuid(*[int(sys.argv[1])] * 3)
print(os.getpid(), flush=True)
for line in sys.stdin:
    ctypes.set_errno(0)
    value = eval(line, KNOWN)  # pylint: disable=eval-used
    error = ctypes.get_errno()
    print(json.dumps([value, errno.errorcode[error] if error else ""]), flush=True)
