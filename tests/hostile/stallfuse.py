# FUSE: answers opening a directory, never what is in it
import ctypes, os, struct, sys
fd = os.open("/dev/fuse", os.O_RDWR)
if ctypes.CDLL(None, use_errno=True).mount(b"s", sys.argv[1].encode(), b"fuse", 0, f"fd={fd},rootmode=40700,user_id=1234,group_id=1234,allow_other".encode()):
    sys.exit(f"mount {ctypes.get_errno()}")
print(os.getpid(), flush=True)
while True:
    b = os.read(fd, 1 << 20); _, op, unique, _ = struct.unpack_from("<IIQQ", b)
    if op == 26: out = struct.pack("<IIIIHHIIHHI", 7, 31, 0, 0, 8, 8, 4096, 1, 1, 0, 0) + b"\0" * 28
    elif op == 3: out = struct.pack("<QIIQQQQQQIIIIIIIIII", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40700, 2, 1234, 1234, 0, 4096, 0)
    elif op == 27: out = struct.pack("<QII", 1, 0, 0)
    elif op in (28, 44): continue
    elif op in (2, 36, 42, 25, 29): out = b""
    else: print(op, file=sys.stderr); out = None
    os.write(fd, struct.pack("<IiQ", 16 + len(out or b""), 0 if out is not None else -38, unique) + (out or b""))
