# SPDX-License-Identifier: GPL-2.0-or-later
"""A file system that a user's program provides: its directory can be opened, but reading the directory never returns; nor does looking up a name, after the
argument "lookup". The first argument is the directory on which it is mounted."""

import ctypes
import os
import struct
import sys

LOOKUP, INIT, GETATTR, OPENDIR, READDIR, READDIRPLUS = 1, 26, 3, 27, 28, 44
EMPTY = (2, 25, 29, 36, 42)  # forget, flush and others
ENOSYS = -38

fuse = os.open("/dev/fuse", os.O_RDWR)
OPTIONS = f"fd={fuse},rootmode=40700,user_id=1234,group_id=1234,allow_other"
if ctypes.CDLL(None, use_errno=True).mount(b"stall", sys.argv[1].encode(), b"fuse", 0, OPTIONS.encode()):
    sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
print(os.getpid(), flush=True)

while True:
    _, call, unique, _ = struct.unpack_from("<IIQQ", os.read(fuse, 1 << 20))
    if call in (READDIR, READDIRPLUS) or call == LOOKUP and "lookup" in sys.argv:
        continue
    answer, error = b"", 0
    if call == INIT:
        answer = struct.pack("<IIIIHHIIHHI", 7, 31, 0, 0, 8, 8, 4096, 1, 1, 0, 0) + bytes(28)
    elif call == GETATTR:
        answer = struct.pack("<QIIQQQQQQIIIIIIIIII", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40700, 2, 1234, 1234, 0, 4096, 0)
    elif call == OPENDIR:
        answer = struct.pack("<QII", 1, 0, 0)
    elif call not in EMPTY:
        error = ENOSYS
    os.write(fuse, struct.pack("<IiQ", 16 + len(answer), error, unique) + answer)
