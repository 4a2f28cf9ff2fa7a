# SPDX-License-Identifier: GPL-2.0-or-later
"""A file system that a user's program provides: it has a few directories, and looking up "config.json" never returns. Arguments: where to mount it, and the
device file of FUSE."""

import ctypes
import os
import struct
import sys

LOOKUP, GETATTR, STATFS, GETXATTR, LISTXATTR, INIT, OPENDIR = 1, 3, 17, 22, 23, 26, 27
EMPTY = (2, 25, 29, 36, 42)  # forget, flush and others
ENOENT, ENOSYS, EOPNOTSUPP = -2, -38, -95
TREE = {b"c-containers": 2, b"id": 3, b"userdata": 4}
HOUR = 3600  # for which the kernel keeps answers

fuse = os.open(sys.argv[2], os.O_RDWR)
OPTIONS = f"fd={fuse},rootmode=40755,user_id=0,group_id=0,allow_other"
if ctypes.CDLL(None, use_errno=True).mount(b"stall", sys.argv[1].encode(), b"fuse", 0, OPTIONS.encode()):
    sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")


def attributes(node):
    return struct.pack("<QQQQQQIIIIIIIIII", node, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0)


while True:
    request = os.read(fuse, 1 << 20)
    _, call, unique, number = struct.unpack_from("<IIQQ", request)
    wanted = request[40:].split(b"\0")[0] if call == LOOKUP else None
    answer, error = b"", 0
    if wanted == b"config.json":
        continue
    if call == INIT:
        answer = struct.pack("<IIIIHHIIHHI", 7, 31, 0, 0, 8, 8, 4096, 1, 1, 0, 0) + bytes(28)
    elif call == GETATTR:
        answer = struct.pack("<QII", HOUR, 0, 0) + attributes(number)
    elif wanted in TREE:
        answer = struct.pack("<QQQQII", TREE[wanted], 0, HOUR, HOUR, 0, 0) + attributes(TREE[wanted])
    elif wanted is not None:
        error = ENOENT
    elif call == STATFS:
        answer = struct.pack("<QQQQQIIII", 100, 50, 50, 100, 50, 4096, 255, 4096, 0) + bytes(24)
    elif call in (GETXATTR, LISTXATTR):
        error = EOPNOTSUPP
    elif call == OPENDIR:
        answer = struct.pack("<QII", 1, 0, 0)
    elif call not in EMPTY:
        error = ENOSYS
    os.write(fuse, struct.pack("<IiQ", 16 + len(answer), error, unique) + answer)
