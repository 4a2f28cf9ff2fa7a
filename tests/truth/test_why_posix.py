# SPDX-License-Identifier: GPL-2.0-or-later
"""Why calls on POSIX shared memory and named semaphores fail: the errno of a real call, its cause first, a twin without the fault, and the fix."""

import os

import pytest

from failing_calls import cause, do_fix, is_first, is_not, program, why

USER, OTHER = 12345, 12346
CREATE = "flags=O_RDWR|O_CREAT"
PAGE = os.sysconf("SC_PAGESIZE")


def shm(name, flags="O.O_RDWR | O.O_CREAT", mode=0o600):
    return f"call('shm_open', {name.encode()!r}, {flags}, {mode})"


def sem(name, flags="O.O_CREAT", mode=0o600, value=1):
    return f"(lambda r: r if isinstance(r, str) else 0)(call('sem_open', {name.encode()!r}, {flags}, {mode}, {value}))"


def opens(call, *args, **more):
    return (shm if call.startswith("shm") else sem)(*args, **more)


CALLS = pytest.mark.parametrize("call", ["shm_open", "sem_open"])

NAMES = [
    # call, name, errno, cause
    ("shm_open", "", "EINVAL", "the name is empty"),
    ("shm_open", "/", "EINVAL", "the name is empty"),
    ("shm_open", "/a/b", "EINVAL", "the name is empty"),
    ("shm_open", "/" + "n" * 256, "ENAMETOOLONG", "255 bytes"),
    ("sem_open", "", "EINVAL", "the name is empty"),
    ("sem_open", "/", "EINVAL", "the name is empty"),
    ("sem_open", "/a/b", "EINVAL", "the name is empty"),
    ("sem_open", "/" + "n" * 252, "ENAMETOOLONG", "251 bytes"),
    ("sem_open", "/" + "n" * 256, "EINVAL", "the name is empty"),
]


@pytest.mark.parametrize("call, name, error, text", NAMES)
def test_names(world, call, name, error, text):
    with program(world, opens(call, name)) as p:
        assert p.result == error
        is_first(why(world, call, error, f"name={name}", "--pid", p.pid), text)
        is_not(why(world, call, error, "name=/healthy", "--pid", p.pid), text)
        is_not(why(world, call, error, "--pid", p.pid), text, unknown=True)


@pytest.mark.parametrize("call", ["shm_unlink", "sem_unlink"])
def test_names_to_unlink(world, call):
    for name, error, text in ("/a/b", "ENOENT", "the name is empty"), ("/", "ENOENT", "the name is empty"), ("/" + "n" * 255, "ENAMETOOLONG", "longer than"):
        if call == "shm_unlink" and error == "ENAMETOOLONG":
            name += "n"
        with program(world, f"call({call!r}, {name.encode()!r})") as p:
            assert p.result == error
            is_first(why(world, call, error, f"name={name}", "--pid", p.pid), text)


@pytest.mark.parametrize("name", ["x", "//x", "/" + "n" * 251])
@CALLS
def test_names_that_are_fine(world, call, name):
    with program(world, opens(call, name)) as p:
        assert p.result.isdigit()
        for error in "EINVAL", "ENAMETOOLONG":
            assert not [c for c in why(world, call, error, f"name={name}", "--pid", p.pid) if c["applies"] and "name" in c["cause"]]


@pytest.mark.parametrize("call", ["shm_open", "sem_open", "shm_unlink", "sem_unlink"])
def test_absent(world, call):
    step = opens(call, "/x", "0") if call.endswith("open") else f"call({call!r}, b'/x')"
    with program(world, step) as p:
        assert p.result == "ENOENT"
        words = call, "ENOENT", "name=/x", "--pid", p.pid
        causes = why(world, *words)
        is_first(causes, "no such")
        is_not(causes, "another mount namespace", unknown=cause(causes, "another mount namespace")["applies"] is None)
        if call.endswith("open"):
            do_fix(world, causes if call == "sem_open" else why(world, *words, "size=4K"))
        else:
            world.ok("mk", *(["pshm", "--size", "0"] if call == "shm_unlink" else ["psem"]), "/x")
        assert p.again().isdigit()
        if call.endswith("open"):
            is_not(why(world, *words), "no such")


@CALLS
def test_elsewhere(world, call):
    """The /dev/shm of another mount namespace."""
    steps = "libc.unshare(0x00020000)", "run('mount', '--make-rprivate', '/')", "run('mount', '-t', 'tmpfs', 'none', '/dev/shm')"
    with program(world, *steps, opens(call, "/x")) as other, program(world, opens(call, "/x", "0")) as p:
        assert other.result.isdigit() and p.result == "ENOENT"
        assert cause(why(world, call, "ENOENT", "name=/x", "--pid", p.pid), "another mount namespace")["applies"] is True
        assert cause(why(world, call, "ENOENT", "name=/y", "--pid", p.pid), "another mount namespace")["applies"] is not True
        # In its own place it exists.
        is_not(why(world, call, "ENOENT", "name=/x", "--pid", other.pid), "no such")


@CALLS
def test_exists(world, call):
    step = opens(call, "/x", "O.O_RDWR | O.O_CREAT | O.O_EXCL")
    words = call, "EEXIST", "name=/x", "flags=O_CREAT|O_EXCL|O_RDWR"
    world.ok("mk", *(["pshm", "--size", "0"] if call == "shm_open" else ["psem"]), "/x")
    with program(world, step) as p:
        assert p.result == "EEXIST"
        causes = why(world, *words, "--pid", p.pid)
        is_first(causes, "exists")
        is_not(why(world, call, "EEXIST", "name=/x", "flags=O_CREAT", "--pid", p.pid), "exists")
        # Processes outside of the world's PID namespace cannot be seen: they may use it.
        r = world.sh("PATH=${IPCX%/*}:$PATH; " + causes[0]["fix"].split(": ")[-1])
        assert "without O_EXCL" in causes[0]["fix"] and r.rc == 0, causes[0]
        is_not(why(world, *words, "--pid", p.pid), "exists")
        assert p.again().isdigit()


@CALLS
def test_mode(world, call):
    mech, file = ("pshm", "x") if call == "shm_open" else ("psem", "sem.x")
    world.ok("mk", mech, "/x", "--mode", "0604", *(["--size", "0"] if mech == "pshm" else []))
    with program(world, opens(call, "/x", "O.O_RDWR" if call == "shm_open" else "0"), uid=USER) as p:
        assert p.result == "EACCES"
        words = call, "EACCES", "name=/x", "flags=O_RDWR"
        causes = why(world, *words, "--pid", p.pid)
        is_first(causes, "the mode of the")
        is_first(why(world, *words, "--as", USER), "the mode of the")
        is_not(why(world, *words), "the mode of the")
        if call == "shm_open":
            is_not(why(world, call, "EACCES", "name=/x", "--pid", p.pid), "the mode of the", unknown=True)
            is_not(why(world, call, "EACCES", "name=/x", "flags=O_RDONLY", "--pid", p.pid), "the mode of the")
        do_fix(world, causes)
        assert p.again().isdigit()
        assert world.sh(f"stat -c %a /dev/shm/{file}").out == "606\n"
        is_not(why(world, *words, "--pid", p.pid), "the mode of the")


@CALLS
def test_directory_of_mode_0755(world, call):
    assert world.sh("chmod 755 /dev/shm").rc == 0
    with program(world, opens(call, "/x"), uid=USER) as p:
        assert p.result == "EACCES"
        words = call, "EACCES", "name=/x", CREATE, "--pid", p.pid
        causes = why(world, *words)
        is_first(causes, "may not be written to")
        is_not(why(world, *words[:-2]), "may not be written to")
        do_fix(world, causes)
        assert p.again().isdigit()
        is_not(why(world, *words), "may not be written to")


def protected(world):
    return world.sh("cat /proc/sys/fs/protected_regular").out.strip()


def test_protected_regular(world):
    """Root gets EACCES with O_CREAT for another's file in a sticky directory."""
    on = protected(world)
    if not on:
        pytest.skip("there is no fs.protected_regular")
    if on == "0":  # the setting is the whole machine's: it is only shown to be on
        assert world.sh(f"echo 1 >{world.dir}/on && mount --bind {world.dir}/on /proc/sys/fs/protected_regular").rc == 0
    with program(world, "libc.umask(0)", shm("/x", mode=0o666), uid=USER) as owner:
        assert owner.result.isdigit()
        with program(world, shm("/x"), uid=OTHER) as p, program(world, shm("/x")) as root:
            assert on == "0" or p.result == root.result == "EACCES"
            words = "shm_open", "EACCES", "name=/x"
            for who in ["--pid", p.pid], ["--pid", root.pid], []:
                causes = why(world, *words, CREATE, *who)
                is_first(causes, "fs.protected_regular")
                is_not(causes, "the mode of the")
                assert "without O_CREAT" in causes[0]["fix"]
                is_not(why(world, *words, "flags=O_RDWR", *who), "fs.protected_regular")
            is_not(why(world, *words, CREATE, "--pid", owner.pid), "fs.protected_regular")
            is_not(why(world, *words, "--pid", p.pid), "fs.protected_regular", unknown=True)
        with program(world, shm("/x", "O.O_RDWR"), uid=OTHER) as p:
            assert p.result.isdigit()


@pytest.mark.parametrize("call", ["shm_unlink", "sem_unlink"])
def test_unlink_of_anothers(world, call):
    world.ok("mk", *(["pshm", "--size", "0"] if call == "shm_unlink" else ["psem"]), "/x", "--mode", "0666")
    with program(world, f"call({call!r}, b'/x')", uid=USER) as p:
        assert p.result in ("EACCES", "EPERM")
        for error in "EACCES", "EPERM":
            causes = why(world, call, error, "name=/x", "--pid", p.pid)
            is_first(causes, "belongs to another user")
            is_not(why(world, call, error, "name=/x"), "belongs to another user")
        do_fix(world, causes)
        assert p.again() == "0"


@CALLS
def test_read_only(world, call):
    assert world.sh("mount -o remount,ro /dev/shm").rc == 0
    with program(world, opens(call, "/x")) as p:
        assert p.result == "EROFS"
        causes = why(world, call, "EROFS", "name=/x", "--pid", p.pid)
        is_first(causes, "read-only")
        do_fix(world, causes)
        assert p.again().isdigit()
        is_not(why(world, call, "EROFS", "name=/x", "--pid", p.pid), "read-only")


@CALLS
def test_no_directory(world, call):
    """In another root; the fix is not tried on this machine's /dev."""
    steps = f"os.mkdir('{world.dir}/root')", f"os.mkdir('{world.dir}/root/dev')", f"os.chroot('{world.dir}/root')"
    with program(world, *steps, opens(call, "/x")) as p:
        assert p.result == "ENOENT"
        causes = why(world, call, "ENOENT", "name=/x", CREATE, "--pid", p.pid)
        is_first(causes, "there is no /dev/shm")
        is_not(causes, "no such")
        is_not(why(world, call, "ENOENT", "name=/x", CREATE), "there is no /dev/shm")
        assert "mount -t tmpfs" in causes[0]["fix"]
    with program(world, f"open('{world.dir}/root/dev/shm', 'w')", steps[-1], opens(call, "/x")) as p:
        assert p.result == "ENOTDIR"
        is_first(why(world, call, "ENOTDIR", "name=/x", "--pid", p.pid), "is no directory")
        is_not(why(world, call, "ENOTDIR", "name=/x"), "is no directory")


@CALLS
def test_links_and_directories(world, call):
    prefix = "sem." if call == "sem_open" else ""
    assert world.sh(f"mkdir /dev/shm/{prefix}dir; ln -s y /dev/shm/{prefix}link; : >/dev/shm/{prefix}file").rc == 0
    for name, error, text in ("/link", "ELOOP", "symbolic link"), ("/dir", "EISDIR" if prefix else "EINVAL", "a directory"):
        with program(world, opens(call, name, "O.O_RDWR" if not prefix else "0")) as p:
            assert p.result == error
            is_first(why(world, call, error, f"name={name}", "--pid", p.pid), text)
            is_not(why(world, call, error, "name=/file", "--pid", p.pid), text)
            is_not(why(world, call, error, "name=/none", "--pid", p.pid), text)


@CALLS
def test_descriptors(world, call):
    fill = "[os.dup(0) for i in range(20 - len(os.listdir('/proc/self/fd')) + 1)]"
    with program(world, "limit(resource.RLIMIT_NOFILE, 20)", fill, opens(call, "/x")) as p:
        assert p.result == "EMFILE"
        causes = why(world, call, "EMFILE", "name=/x", "--pid", p.pid)
        is_first(causes, "RLIMIT_NOFILE")
        do_fix(world, causes)
        assert p.again().isdigit()
        is_not(why(world, call, "EMFILE", "name=/x", "--pid", p.pid), "RLIMIT_NOFILE")


@CALLS
def test_inodes(world, call):
    assert world.sh("mount -o remount,nr_inodes=3 /dev/shm; : >/dev/shm/a; : >/dev/shm/b").rc == 0
    with program(world, opens(call, "/x")) as p:
        assert p.result == "ENOSPC"
        causes = why(world, call, "ENOSPC", "name=/x", CREATE, "--pid", p.pid)
        is_first(causes, "no room for another file")
        is_not(causes, "is full")
        do_fix(world, causes)
        assert p.again().isdigit()
        is_not(why(world, call, "ENOSPC", "name=/x", CREATE, "--pid", p.pid), "no room for another file")


FILL = "mount -o remount,size=1M /dev/shm && head -c 1M /dev/zero >/dev/shm/full"


def test_semaphore_in_a_full_file_system(world):
    assert world.sh(FILL).rc == 0
    with program(world, sem("/x")) as p, program(world, shm("/y")) as empty:
        assert p.result == "ENOSPC" and empty.result.isdigit()
        causes = why(world, "sem_open", "ENOSPC", "name=/x", "--pid", p.pid)
        is_first(causes, "is full")
        is_not(causes, "no room for another file")
        is_not(why(world, "shm_open", "ENOSPC", "name=/z", "--pid", p.pid), "is full")
        assert do_fix(world, causes).startswith("mount ")
        assert p.again().isdigit()
        is_not(why(world, "sem_open", "ENOSPC", "name=/y", "--pid", p.pid), "is full")


def test_posix_fallocate(world):
    assert world.sh("mount -o remount,size=1M /dev/shm").rc == 0
    with program(world, "names['x'] = " + shm("/x"), f"call('posix_fallocate', names['x'], ctypes.c_long(0), ctypes.c_long({2 << 20}))") as p:
        assert p.result == "ENOSPC"
        words = "posix_fallocate", "ENOSPC", "name=/x"
        causes = why(world, *words, "size=2M", "--pid", p.pid)
        is_first(causes, "is full")
        is_not(why(world, *words, "size=512K", "--pid", p.pid), "is full")
        is_not(why(world, *words, "--pid", p.pid), "is full", unknown=True)
        do_fix(world, causes)
        assert p.again() == "0"
        is_not(why(world, *words, "size=2M", "--pid", p.pid), "is full")


def test_sigbus_by_a_full_file_system(world):
    """ftruncate(2) beyond the file system succeeds; the first touch kills."""
    assert world.sh("mount -o remount,size=1M /dev/shm").rc == 0
    with program(world, f"os.ftruncate({shm('/x')}, {2 << 20})", f"touch('x', {2 << 20})") as p:
        assert p.result == "SIGBUS"
        for words in ["name=/x"], ["path=/dev/shm/x"], ["pshm:/x"], ["size=2M"]:
            causes = why(world, "mmap", "SIGBUS", *words, "--pid", p.pid)
            is_first(causes, "no memory left")
            assert str(1 << 20) in causes[0]["evidence"]
        is_not(causes, "the file ends before", unknown=True)
        # Nothing is left for any object.
        is_first(why(world, "mmap", "SIGBUS", "--pid", p.pid), "no memory left")
        do_fix(world, causes)
        assert p.again() == "0"
        is_not(why(world, "mmap", "SIGBUS", "--pid", p.pid), "no memory left", unknown=True)
        is_not(why(world, "mmap", "SIGBUS", "name=/x", "size=2M", "--pid", p.pid), "no memory left")


def test_sigbus_behind_the_end(world):
    with program(world, f"os.ftruncate({shm('/x')}, 100)", f"touch('x', {2 * PAGE})") as p:
        assert p.result == "SIGBUS"
        causes = why(world, "mmap", "SIGBUS", "name=/x", f"size={2 * PAGE}", "--pid", p.pid)
        is_first(causes, "the file ends before")
        is_not(causes, "no memory left")
        is_not(why(world, "mmap", "SIGBUS", "name=/x", f"size={PAGE}", "--pid", p.pid), "the file ends before")
        do_fix(world, causes)
        assert p.again() == "0"
    with program(world, shm("/empty"), "touch('empty', 1)") as p:
        assert p.result == "SIGBUS"
        is_first(why(world, "mmap", "SIGBUS", "name=/empty", "--pid", p.pid), "the file ends before")


def test_without_the_right_to_mount(world):
    """The way of containers: a larger --shm-size."""
    assert world.sh("mount -o remount,size=64M /dev/shm && head -c 64M /dev/zero >/dev/shm/full").rc == 0
    causes = why(world, "sem_open", "ENOSPC", "name=/x", uid=USER)
    found = is_first(causes, "is full")
    assert "--shm-size=" in found["fix"] and "emptyDir" in found["fix"] and "64 MiB" in found["evidence"], found


def test_file_size_limit(world):
    steps = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)", "limit(resource.RLIMIT_FSIZE, 4096)", "names['x'] = " + shm("/x")
    with program(world, *steps, "call('ftruncate', names['x'], ctypes.c_long(8192))") as p:
        assert p.result == "EFBIG"
        words = "ftruncate", "EFBIG", "name=/x"
        causes = why(world, *words, "size=8192", "--pid", p.pid)
        is_first(causes, "RLIMIT_FSIZE")
        is_not(why(world, *words, "size=4096", "--pid", p.pid), "RLIMIT_FSIZE")
        is_not(why(world, *words, "--pid", p.pid), "RLIMIT_FSIZE", unknown=True)
        is_not(why(world, *words, "size=8192", "--as", USER), "RLIMIT_FSIZE", unknown=True)
        do_fix(world, causes)
        assert p.again() == "0"
        is_not(why(world, *words, "size=8192", "--pid", p.pid), "RLIMIT_FSIZE")
    with program(world, steps[0], "limit(resource.RLIMIT_FSIZE, 0)", sem("/s")) as p:
        assert p.result == "EFBIG"
        causes = why(world, "sem_open", "EFBIG", "name=/s", "--pid", p.pid)
        is_first(causes, "RLIMIT_FSIZE")
        do_fix(world, causes)
        assert p.again().isdigit()


def test_not_open_for_writing(world):
    world.ok("mk", "pshm", "/x", "--size", "4K")
    with program(world, "names['x'] = " + shm("/x", "O.O_RDONLY"), "call('ftruncate', names['x'], ctypes.c_long(8192))") as p:
        assert p.result == "EINVAL"
        is_first(why(world, "ftruncate", "EINVAL", "name=/x", "size=8192", "--pid", p.pid), "not open for writing")
        is_not(why(world, "ftruncate", "EINVAL", "name=/x", "size=8192"), "not open for writing", unknown=True)
        map_it = "(libc_map(names['x'], 4096), errno.errorcode.get(ctypes.get_errno(), '0'))[1]"
        with program(world, "names['x'] = " + shm("/x", "O.O_RDONLY"), map_it) as q:
            assert q.result == "EACCES"
            is_first(why(world, "mmap", "EACCES", "name=/x", "--pid", q.pid), "open for reading only")
    with program(world, "names['x'] = " + shm("/x", "O.O_RDWR"), "call('ftruncate', names['x'], ctypes.c_long(8192))") as p:
        assert p.result == "0"
        is_not(why(world, "ftruncate", "EINVAL", "name=/x", "size=8192", "--pid", p.pid), "not open for writing")


def test_size_of_zero(world):
    with program(world, "names['x'] = " + shm("/x"), "call('posix_fallocate', names['x'], ctypes.c_long(0), ctypes.c_long(0))") as p:
        assert p.result == "EINVAL"
        is_first(why(world, "posix_fallocate", "EINVAL", "name=/x", "size=0", "--pid", p.pid), "the size is 0")
        is_not(why(world, "posix_fallocate", "EINVAL", "name=/x", "size=1", "--pid", p.pid), "the size is 0")


def test_value_of_a_new_semaphore(world):
    with program(world, sem("/s", value=1 << 31)) as p:
        assert p.result == "EINVAL"
        is_first(why(world, "sem_open", "EINVAL", "name=/s", f"value={1 << 31}", "--pid", p.pid), "SEM_VALUE_MAX")
        is_not(why(world, "sem_open", "EINVAL", "name=/s", f"value={(1 << 31) - 1}", "--pid", p.pid), "SEM_VALUE_MAX")


WAITS = {
    "EAGAIN": "call('sem_trywait', names['s'])",
    "ETIMEDOUT": "call('sem_timedwait', names['s'], past())",
    "blocks": "blocks(lambda: call('sem_wait', names['s']))",
}


@pytest.mark.parametrize("error", WAITS)
def test_value_of_zero(world, error):
    world.ok("mk", "psem", "/s", "--init", "0")
    text = "the value was 0" if error == "ETIMEDOUT" else "the value is 0"
    with program(world, "names['s'] = sem(b'/s', 0)" if False else "names['s'] = sem(b'/s')", WAITS[error]) as p:
        assert p.result == error
        words = "sem_wait", error, "name=/s", "--pid", p.pid
        is_first(why(world, *words), text)
        with program(world, "sem(b'/s').value") as other:
            assert f"(process {other.pid})" in is_first(why(world, *words), text)["evidence"]
        world.ok("psem", "post", "/s")
        if error != "blocks":
            is_not(why(world, *words), text)
            assert p.again() == "0"
    world.ok("mk", "psem", "/one", "--init", "1")
    is_not(why(world, "sem_wait", error, "name=/one"), text)


def test_no_semaphore(world):
    assert world.sh("printf aa >/dev/shm/sem.s; : >/dev/shm/sem.empty").rc == 0
    with program(world, "names['s'] = sem(b'/s')", "blocks(lambda: call('sem_wait', names['s']))") as p:
        found = cause(why(world, "sem_wait", "blocks", "name=/s", "--pid", p.pid), "no semaphore")
        assert found["applies"] is True
    with program(world, "touch('sem.empty', 32)") as p:
        assert p.result == "SIGBUS"
        is_first(why(world, "sem_wait", "SIGBUS", "name=/empty", "--pid", p.pid), "made empty")
    world.ok("mk", "psem", "/good")
    is_not(why(world, "sem_wait", "blocks", "name=/good"), "no semaphore")
    assert cause(why(world, "sem_wait", "SIGBUS", "name=/good"), "made empty")["applies"] is not True


def test_highest_value(world):
    world.ok("mk", "psem", "/s", "--init", str((1 << 31) - 1))
    with program(world, "names['s'] = sem(b'/s')", "call('sem_post', names['s'])") as p:
        assert p.result == "EOVERFLOW"
        causes = why(world, "sem_post", "EOVERFLOW", "name=/s", "--pid", p.pid)
        is_first(causes, "SEM_VALUE_MAX")
        do_fix(world, causes)
        assert p.again() == "0"
    world.ok("mk", "psem", "/one")
    is_not(why(world, "sem_post", "EOVERFLOW", "name=/one"), "SEM_VALUE_MAX")


def test_in_the_right_place(world):
    """The /dev/shm and the queues of --ns count, not ours."""
    steps = "libc.unshare(0x00020000)", "run('mount', '--make-rprivate', '/')", "run('mount', '-t', 'tmpfs', '-o', 'size=1M', 'none', '/dev/shm')"
    with program(world, *steps, "open('/dev/shm/full', 'wb').write(bytes(1 << 20))", sem("/x")) as p:
        assert p.result == "ENOSPC"
        causes = why(world, "sem_open", "ENOSPC", "name=/x", "--ns", p.pid)
        is_first(causes, "is full")
        is_not(why(world, "sem_open", "ENOSPC", "name=/x"), "is full")
        assert do_fix(world, causes).startswith(f"mount -N {p.pid} ")
        assert p.again().isdigit()
