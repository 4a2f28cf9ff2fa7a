# SPDX-License-Identifier: GPL-2.0-or-later
"""Files: what others lay in the way of a name, what they cut while it is used, and what they call things that are printed."""

import contextlib
import json
import os
import subprocess
import threading

import pytest

from conftest import worlds
from helpers.queues import put, taken

queue = worlds.queue
OTHER = 12345


@pytest.fixture
def sticky(queue):
    """Where everybody may make files and nobody may remove those of others."""
    path = os.path.join(queue.dir, "tmp")
    os.mkdir(path)
    os.chmod(path, 0o1777)
    return path


def lay(path, what, uid=OTHER):
    """Another user's link, file or FIFO."""
    if what == "fifo":
        os.mkfifo(path)
        os.chmod(path, 0o666)
    elif what == "file":
        with open(path, "wb"):
            os.chmod(path, 0o666)
    else:
        os.symlink(what, path)
    os.chown(path, uid, uid, follow_symlinks=False)


OUTPUTS = {"drain": ["msg", "drain", "0", "OUT"], "read": ["pshm", "read", "/x", "-O", "OUT"], "force": ["pshm", "read", "/x", "-f", "-O", "OUT"],
           "limits": ["limits", "set", "msgmax=8192", "--save", "OUT"]}
INPUTS = {"load": ["msg", "load", "0", "IN"], "write": ["pshm", "write", "/x", "IN"], "mk": ["mk", "pshm", "/y", "--from", "IN"],
          "mk sized": ["mk", "pshm", "/y", "--from", "IN", "--size", "4K"]}


def run(world, words, path, **more):
    more.setdefault("timeout", 20)
    return world.ipcx(*[path if w in ("OUT", "IN") else w for w in words], **more)


@pytest.fixture
def things(queue):
    """A message and a memory to write into files."""
    put(queue, (3, b"secret"))
    queue.ok("mk", "pshm", "/x", "--size", "4K")
    return queue


@pytest.mark.parametrize("words", [OUTPUTS[w] for w in ("drain", "read", "force")], ids=" ".join)
@pytest.mark.parametrize("target", ["empty", "/dev/null", "chain"])
def test_another_users_link_is_not_followed(things, sticky, words, target):
    victim = os.path.join(things.dir, "victim")
    with open(victim, "wb"):
        pass
    path = os.path.join(sticky, "out")
    if target == "chain":  # a link of ours that leads there
        lay(os.path.join(sticky, "laid"), victim)
        os.symlink("laid", path)
    else:
        lay(path, victim if target == "empty" else target)
    r = run(things, words, path)
    assert r.rc == 1 and path in r.err and r.err.count("\n") == 1
    assert os.path.getsize(victim) == 0 and os.path.islink(path)
    assert taken(things) == [(3, b"secret")]


@pytest.mark.parametrize("what", ["file", "fifo"])
def test_nothing_is_written_into_another_users(things, sticky, what):
    path = os.path.join(sticky, "out")
    lay(path, what)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    r = run(things, OUTPUTS["drain"], path)
    assert r.rc == 1 and "another user's" in r.err and os.read(reader, 100) == b""
    os.close(reader)
    assert taken(things) == [(3, b"secret")]


@pytest.mark.parametrize("words", OUTPUTS.values(), ids=OUTPUTS)
def test_a_fifo_without_a_reader_is_not_waited_for(things, words):
    path = os.path.join(things.dir, "fifo")
    os.mkfifo(path)
    r = run(things, words, path)
    assert r.rc == 1 and path in r.err
    assert taken(things) == [(3, b"secret")]


@pytest.mark.parametrize("words", [OUTPUTS[w] for w in ("drain", "read")], ids=" ".join)
def test_a_fifo_with_a_reader_works_and_waits_for_it(things, words):
    """More than fits into it at once."""
    things.sysctl("kernel.msgmnb", "1000000")
    things.ok("set", "msg:0", "--qbytes", "1000000")
    put(things, *[(1, bytes(8000))] * 30)
    things.ok("rm", "pshm:/x")
    things.ok("mk", "pshm", "/x", "--size", "300K")
    path = os.path.join(things.dir, "fifo")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    got, done = [], threading.Event()

    def read():
        while not done.is_set() or got[-1]:
            with contextlib.suppress(BlockingIOError):
                got.append(os.read(reader, 1 << 16))

    thread = threading.Thread(target=read)
    thread.start()
    r = run(things, words, path)
    done.set()
    thread.join()
    os.close(reader)
    assert r.rc == 0 and r.err == "" and len(b"".join(got)) >= 240000


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("out", ["pipe", "file"])
def test_devices_and_streams_go_on_working(things, path, out):
    saved = os.path.join(things.dir, "saved")
    with open(saved, "wb") as f:
        r = run(things, OUTPUTS["drain"], path, stdout=f if out == "file" else subprocess.PIPE)
    text = r.stdout
    if out == "file":
        with open(saved, "rb") as f:
            text = f.read()
    assert r.rc == 0 and r.err == "" and (b'"size":6' in text) == (path != "/dev/null")
    assert taken(things) == []


def test_ones_own_links_are_followed(things, sticky):
    path, saved = os.path.join(sticky, "link"), os.path.join(things.dir, "saved")
    with open(saved, "wb"):
        pass
    os.symlink(saved, path)
    things.ok("msg", "drain", "0", path)
    with open(saved, encoding="ascii") as f:
        assert json.load(f)["size"] == 6


def test_the_directorys_owner_may_lay_links(things, sticky):
    """He could move anything in it anyway (protected_symlinks in proc_sys_fs(5))."""
    os.chown(sticky, OTHER, OTHER)
    path, saved = os.path.join(sticky, "link"), os.path.join(things.dir, "saved")
    with open(saved, "wb"):
        pass
    lay(path, saved)
    things.ok("msg", "drain", "0", path)
    assert os.path.getsize(saved) > 0


@pytest.mark.parametrize("words", INPUTS.values(), ids=INPUTS)
def test_another_users_link_is_not_read_through(things, sticky, words):
    """What only we may read would come into what he may."""
    secret = os.path.join(things.dir, "secret")
    with open(secret, "w", encoding="ascii") as f:
        f.write('{"ipcx":1,"type":9,"data":""}\n')
    os.chmod(secret, 0o600)
    path = os.path.join(sticky, "in")
    lay(path, secret)
    r = run(things, words, path)
    assert r.rc == 1 and "symbolic link" in r.err and path in r.err
    assert taken(things) == [(3, b"secret")] and things.ok("pshm", "read", "/x", "--strings") == ""
    assert things.objects("pshm", "-o", "name") == [{"name": "/x"}]
    os.chown(path, 0, 0, follow_symlinks=False)
    assert run(things, words, path).rc == 0


@pytest.mark.parametrize("words", INPUTS.values(), ids=INPUTS)
def test_a_fifo_to_read_from_is_waited_for(things, words):
    path = os.path.join(things.dir, "fifo")
    os.mkfifo(path)
    with subprocess.Popen(["sh", "-c", f"""echo '{{"ipcx":1,"type":9,"data":""}}' > {path}"""]):
        assert run(things, words, path).rc == 0
