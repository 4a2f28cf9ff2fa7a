# SPDX-License-Identifier: GPL-2.0-or-later
"""Input that other users control: odd /proc/sysvipc texts, all kinds of files in /dev/shm, queues of other namespaces, invalid names."""

import json
import os
import re

import pytest

from conftest import IPCX
from helpers.tools import MAKE, background, helper, mqworld, need_library, release, trace

# ---- the text of /proc/sysvipc


@pytest.fixture
def segments(world):
    """Create three segments; return the lines that the kernel writes about them."""
    for n in (1, 2, 3):
        world.ok("mk", "shm", "--size", f"{4096 * n}", "--key", str(n))
    return world.run("cat", "/proc/sysvipc/shm").out.splitlines()


def read_instead(world, text, *words):
    """Run ipcx ls shm with this text in place of the kernel's."""
    path = os.path.join(world.dir, "text")
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    r = world.run("mount", "--bind", path, "/proc/sysvipc/shm")
    assert r.rc == 0, r.err
    return world.ipcx("ls", "shm", "--json", "-o", "id,key,size,cpid,rss", *words, timeout=20)


def ids(r):
    return [o["id"] for o in r.json["objects"]]


def columns(lines, order):
    """Return the same table with its columns in another order."""
    return "".join(" ".join(line.split()[i] for i in order) + "\n" for line in lines)


def test_the_text_unchanged(world, segments):
    r = read_instead(world, "\n".join(segments) + "\n")
    assert (r.rc, r.err) == (0, "")
    assert [(o["id"], o["size"]) for o in r.json["objects"]] == [(0, 4096), (1, 8192), (2, 12288)]


def test_no_newline_at_the_end(world, segments):
    r = read_instead(world, "\n".join(segments))
    assert (r.rc, r.err) == (0, "") and ids(r) == [0, 1, 2]


def test_columns_are_found_by_name(world, segments):
    want = read_instead(world, "\n".join(segments) + "\n").json["objects"]
    n = len(segments[0].split())
    for order in (range(n - 1, -1, -1), [*range(n // 2, n), *range(n // 2)]):
        r = read_instead(world, columns(segments, order))
        assert (r.rc, r.err) == (0, "") and r.json["objects"] == want


def test_unknown_columns_are_ignored(world, segments):
    lines = [segments[0] + " future words", *(line + " 1 two" for line in segments[1:])]
    r = read_instead(world, "\n".join(lines) + "\n")
    assert (r.rc, r.err) == (0, "") and ids(r) == [0, 1, 2]
    lines = ["future " + segments[0], *("-x- " + line for line in segments[1:])]
    r = read_instead(world, "\n".join(lines) + "\n")
    assert (r.rc, r.err) == (0, "") and ids(r) == [0, 1, 2]


def test_missing_columns_are_unknown(world, segments):
    heading = segments[0].split()
    order = [i for i, name in enumerate(heading) if name not in ("size", "rss", "cpid")]
    r = read_instead(world, columns(segments, order))
    assert r.rc == 0 and ids(r) == [0, 1, 2]
    assert all(o["size"] is o["rss"] is o["cpid"] is None for o in r.json["objects"])
    assert [o["key"] for o in r.json["objects"]] == ["0x00000001", "0x00000002", "0x00000003"]


@pytest.mark.parametrize("text", [b"", b"\n", b"\0\0\0\n", b"no heading at all\n1 2 3 4\n", b"x" * 100000, b" " * 70000 + b"\n"])
def test_other_texts_are_not_trusted(world, segments, text):
    r = read_instead(world, text)
    assert r.rc == 0 and ids(r) == [0, 1, 2]
    assert "unknown" in r.err
    assert all(o["rss"] is None for o in r.json["objects"])


def test_a_heading_without_the_existing_objects(world, segments):
    r = read_instead(world, segments[0] + "\n")
    assert r.rc == 0 and ids(r) == [0, 1, 2]
    assert "unknown" in r.err
    assert ids(world.ipcx("ls", "shm:1", "--json", "-o", "id,rss")) == [1]


def test_a_heading_without_any_object(world):
    text = world.run("cat", "/proc/sysvipc/shm").out
    r = read_instead(world, text)
    assert (r.rc, r.err, ids(r)) == (0, "", [])


def change(line, heading, name, value):
    words = line.split()
    words[heading.split().index(name)] = value
    return " ".join(words)


BAD = {
    "negative size": ("size", "-1"), "negative id": ("shmid", "-1"), "30 digits": ("size", "9" * 30),
    "2^64": ("size", "18446744073709551616"), "id above 31 bits": ("shmid", "4294967296"), "no number": ("uid", "root"),
    "NUL": ("size", "40\x0096"), "octal with 9": ("perms", "699"), "plus": ("size", "+1"), "hex": ("size", "0x10"),
    "key above 32 bits": ("key", "4294967296"), "key below": ("key", "-2147483649"), "full width": ("size", "\uff11"),
    "100 kB": ("size", "1" * 100000), "long word": ("cpid", "x" * 100000),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_line_is_reported(world, segments, name):
    field, value = BAD[name]
    lines = [segments[0], segments[1], change(segments[2], segments[0], field, value), segments[3]]
    r = read_instead(world, "\n".join(lines) + "\n")
    assert ids(r) == [0, 2]
    assert r.rc == 4 and "not be understood" in r.err
    assert r.json["errors"]


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_truncated_last_line_is_reported(world, segments, cut):
    text = "\n".join(segments)
    r = read_instead(world, text[:len(text) - len(segments[-1].lstrip()) + cut])
    assert ids(r) == [0, 1]
    assert r.rc == 4 and "not be understood" in r.err


def test_extreme_numbers(world, segments):
    lines = [segments[0], change(segments[1], segments[0], "size", "18446744073709551615"),
             change(segments[2], segments[0], "key", "-2147483648"), change(segments[3], segments[0], "shmid", "2147483647")]
    r = read_instead(world, "\n".join(lines) + "\n")
    assert (r.rc, r.err) == (0, "") and ids(r) == [0, 1, 2147483647]
    assert r.json["objects"][0]["size"] == 18446744073709551615
    assert r.json["objects"][1]["key"] == "0x80000000"


def test_a_repeated_line_is_one_object(world, segments):
    """Linux 5.3 to 5.6 repeat a line where one read ends and the next begins."""
    r = read_instead(world, "\n".join([*segments[:2], segments[1], *segments[2:], segments[3]]) + "\n")
    assert (r.rc, r.err) == (0, "") and ids(r) == [0, 1, 2]


def test_twenty_thousand_lines_read_in_pieces(world, segments):
    lines = [segments[0], *(change(segments[1], segments[0], "shmid", str(n)) for n in range(20000))]
    r = read_instead(world, "\n".join(lines) + "\n")
    assert (r.rc, r.err) == (0, "") and ids(r) == list(range(20000))


@pytest.mark.parametrize("mask", ["/dev/null", "/dev/zero", "fifo", "dir"])
def test_a_masked_text(world, segments, mask):
    """Containers mask files with devices; reading them must neither block nor run forever."""
    if mask == "fifo":
        mask = os.path.join(world.dir, "fifo")
        os.mkfifo(mask)
    if mask == "dir":
        r = world.run("mount", "-t", "tmpfs", "none", "/proc/sysvipc")
    else:
        r = world.run("mount", "--bind", mask, "/proc/sysvipc/shm")
    assert r.rc == 0, r.err
    r = world.ipcx("ls", "shm", "--json", "-o", "id,rss", timeout=20)
    assert r.rc == 0 and ids(r) == [0, 1, 2] and "unknown" in r.err


@pytest.mark.parametrize("mech", ["msg", "sem"])
def test_malformed_texts_of_msg_and_sem(world, mech):
    """If the calls are refused, the text is the only source: no part of it is dropped silently."""
    world.ok("mk", *MAKE[mech])
    world.ok("mk", *MAKE[mech])
    launch = [helper("seccomp"), 38, f"{mech}ctl", "--"]
    lines = world.run("cat", f"/proc/sysvipc/{mech}").out.splitlines()
    path = os.path.join(world.dir, "text")
    for text, found in (("", 0), (lines[0], 0), ("\n".join([lines[0], lines[1], "x"]), 1), ("\n".join(lines), 2)):
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        world.run("mount", "--bind", path, f"/proc/sysvipc/{mech}")
        r = world.run(*launch, IPCX, "ls", mech, "--json", timeout=20)
        assert len(r.json["objects"]) == found
        assert (r.rc == 0) == (found == 2 or text == lines[0])


# ---- /dev/shm


ZOO = """
cd /dev/shm
mkdir dir dir/below sem.dir
mkfifo fifo sem.fifo
ln -s /etc/passwd live
ln -s /nowhere dangling
ln -s /etc/passwd sem.live
ln -s sem.live sem.link
mknod char c 1 3 2>/dev/null || true
: > sem.empty
printf x > sem.short
head -c 32 /dev/zero > sem.zero
head -c 32 /dev/zero | tr '\\0' '\\377' > sem.full
head -c 33 /dev/zero > sem.long
head -c 32 /dev/zero > sem.
printf hello > plain
python3 - <<END
import socket
socket.socket(socket.AF_UNIX).bind("/dev/shm/socket")
END
"""


@pytest.fixture
def zoo(world):
    r = world.sh(ZOO)
    assert r.rc == 0, r.err
    return world


@pytest.mark.parametrize("uid", [None, 1000])
def test_only_regular_files_are_objects(zoo, uid):
    zoo.sh("chmod 644 /dev/shm/*")
    r = zoo.ipcx("ls", "pshm", "psem", "--json", uid=uid, timeout=20)
    refs = {o["ref"]: o for o in r.json["objects"]}
    assert r.rc == 0
    assert set(refs) == {"pshm:/plain", "pshm:/sem.empty", "pshm:/sem.short", "pshm:/sem.long", "pshm:/sem.",
                         "psem:/zero", "psem:/full"}
    assert refs["psem:/full"]["value"] is None
    if uid is None:
        assert refs["psem:/zero"]["value"] == 0


def test_other_files_are_reported_on_request(zoo):
    r = zoo.ipcx("ls", "pshm", "psem", "--verbose", timeout=20)
    for name, why in (("dir", "directory"), ("fifo", "FIFO"), ("live", "symbolic link"), ("dangling", "symbolic link"),
                      ("socket", "socket"), ("sem.fifo", "FIFO"), ("sem.live", "symbolic link"), ("sem.dir", "directory")):
        assert re.search(rf"/dev/shm/{re.escape(name)}: .*{why}", r.err), name
    quiet = zoo.ipcx("ls", "pshm", "psem", timeout=20)
    assert "directory" not in quiet.err and "FIFO" not in quiet.err


@pytest.mark.parametrize("verb", [["show"], ["rm"], ["set", "--mode", "0666"], ["set", "--owner", "1000"]])
def test_other_files_are_not_touched(zoo, verb):
    before = zoo.run("stat", "-c", "%n %a %u %i %F", "/etc/passwd").out
    for ref in ("pshm:/dir", "pshm:/fifo", "pshm:/live", "pshm:/dangling", "pshm:/socket", "psem:/fifo", "psem:/live",
                "psem:/link", "psem:/short", "psem:/empty", "psem:/long", "psem:/dir", "pshm:/sem.zero"):
        r = zoo.ipcx(verb[0], ref, *verb[1:], timeout=20)
        assert r.rc == 3 and r.err.startswith("ipcx: ") and r.out == "", (ref, r.err)
    for ref in ("mq:/fifo", "shm:77777"):
        assert zoo.ipcx(verb[0], ref, *verb[1:], timeout=20).rc == 3
    assert zoo.run("stat", "-c", "%n %a %u %i %F", "/etc/passwd").out == before
    assert len(zoo.run("ls", "-A", "/dev/shm").lines) >= 17


def test_rm_all_leaves_other_files(zoo):
    left = zoo.sh("ls -A /dev/shm").lines
    r = zoo.ipcx("rm", "posix", "--all", "--yes", timeout=20)
    assert r.rc == 0, r.err
    gone = {"plain", "sem.empty", "sem.short", "sem.zero", "sem.full", "sem.long", "sem."}
    assert zoo.sh("ls -A /dev/shm").lines == [n for n in left if n not in gone]
    assert zoo.run("test", "-s", "/etc/passwd").rc == 0


def test_a_fifo_is_never_opened(zoo):
    for words in (["ls", "--json", "-o", "all"], ["show", "pshm:/fifo"], ["rm", "pshm:/fifo"], ["ls", "psem:/fifo"],
                  ["set", "pshm:/fifo", "--size", "1"], ["mk", "psem", "/fifo", "--if-missing"],
                  ["mk", "pshm", "/fifo", "--size", "1", "--if-missing"]):
        _, calls = trace(zoo, *words, rc=None, timeout=20)
        for c in calls:
            if "fifo" in c.path and c.name.startswith("open"):
                assert c.failed or "O_PATH" in c.args, (words, c)


def test_a_file_truncated_while_it_is_read(world):
    world.ok("mk", "psem", "/a", "--init", "7")
    world.ok("mk", "psem", "/stable", "--init", "9")
    with background(world, helper("objects"), "flicker", "/dev/shm/sem.a"):
        for _ in range(40):
            r = world.run(release(), "ls", "psem", "pshm", "--json", "-o", "all")
            # What -o all asks for, but cannot be read here.
            assert r.rc == 0 and all(re.search("the idle time of|processes outside this /proc", line) for line in r.err.splitlines()), r.err
            refs = [o["ref"] for o in r.json["objects"]]
            assert "psem:/stable" in refs and len(refs) == len(set(refs))
            r = world.run(release(), "show", "psem:/a")
            assert r.out.startswith("psem:/a") if r.rc == 0 else (r.rc, r.out) == (3, ""), (r.rc, r.out, r.err)
            assert r.rc == 0 or r.err


def test_dev_shm_on_another_file_system(world):
    """Objects may be in a plain directory on a disk, too; this is reported."""
    path = os.path.join(world.dir, "plain")
    os.mkdir(path, 0o1777)
    world.run("mount", "--bind", path, "/dev/shm")
    world.ok("mk", "psem", "/s", "--init", "2")
    r = world.ipcx("ls", "pshm", "psem", "--json")
    assert r.rc == 0 and [o["value"] for o in r.json["objects"]] == [2]
    if world.run("stat", "-f", "-c", "%T", path).out.strip() not in ("tmpfs", "ramfs"):
        assert "not on a memory file system" in r.err
    assert world.ipcx("rm", "psem:/s").rc == 0 and os.listdir(path) == []


def test_a_link_in_place_of_dev_shm(world):
    """A distribution may have /dev/shm -> /run/shm; the link must not lead out of the root."""
    r = world.sh("mount -t tmpfs none /mnt && mkdir /mnt/shm /mnt/dev && ln -s /mnt/shm /mnt/dev/shm && touch /mnt/dev/null &&"
                 "mount --bind /dev/null /mnt/dev/null && printf x > /mnt/shm/there && mount --bind /mnt/dev /dev && \"$IPCX\" ls pshm "
                 "--json")
    assert r.rc == 0 and [o["ref"] for o in json.loads(r.out)["objects"]] == ["pshm:/there"], r.err


# ---- queues


def queues(world, *words, program=IPCX, launch=(), **more):
    r = world.run(*launch, program, "ls", "mq", "--json", *words, **more)
    return r, [o["name"] for o in r.json["objects"]]


def test_queues_without_any_mount(mqworld):
    mqworld.ok("mk", "mq", "/a", "--maxmsg", "3", "--msgsize", "17")
    r, names = queues(mqworld)
    assert (r.rc, r.err, names) == (0, "", ["/a"])
    assert r.json["objects"][0]["maxmsg"] == 3 and r.json["objects"][0]["msgsize"] == 17
    assert mqworld.ipcx("rm", "mq", "--all").rc == 0
    assert queues(mqworld)[1] == []


@pytest.mark.parametrize("uid", [None, 1000])
def test_unreadable_queues_are_reported(mqworld, uid):
    """If nothing is mounted and mounting is not permitted, this is reported; named queues are shown, and other mechanisms are listed."""
    mqworld.ok("mk", "mq", "/a", "--mode", "0644")
    mqworld.ok("mk", "shm", "--size", "4K", "--mode", "0644")
    launch = [] if uid else [helper("seccomp"), 1, "fsopen", "--"]
    r = mqworld.run(*launch, IPCX, "ls", "--json", uid=uid)
    assert r.rc == 0 and [o["ref"] for o in r.json["objects"]] == ["shm:0"]
    assert "mq: " in r.err and "mount -t mqueue" in r.err
    r, names = queues(mqworld, launch=launch, uid=uid)
    assert r.rc == 1 and names == [] and r.json["errors"]
    r = mqworld.run(*launch, IPCX, "ls", "mq:/a", "--json", uid=uid)
    assert (r.rc, r.err) == (0, "") and r.json["objects"][0]["maxmsg"] == 10
    assert mqworld.run(*launch, IPCX, "show", "mq:/a", uid=uid).rc == 0


@pytest.mark.parametrize("call", ["fsopen", "fsconfig", "fsmount"])
@pytest.mark.parametrize("error", [1, 38])
def test_an_existing_mount_is_used_if_mounting_is_not_permitted(mqworld, call, error):
    mqworld.sh("mount -t mqueue none /dev/mqueue")
    mqworld.ok("mk", "mq", "/a")
    r, names = queues(mqworld, launch=[helper("seccomp"), error, call, "--"])
    assert (r.rc, r.err, names) == (0, "", ["/a"])
    r, names = queues(mqworld, uid=65534)
    assert r.rc == 0 and names == ["/a"]


def test_a_mount_elsewhere_is_found(mqworld):
    need_library("libmount.so.1")
    mqworld.sh("mkdir /dev/shm/q && mount -t mqueue none /dev/shm/q")
    mqworld.ok("mk", "mq", "/a")
    r, names = queues(mqworld, launch=[helper("seccomp"), 38, "fsopen", "--"])
    assert (r.rc, r.err, names) == (0, "", ["/a"])


def test_queues_of_another_namespace_are_not_listed(mqworld):
    """P9: /dev/mqueue may show the queues of the namespace in which it was mounted."""
    mqworld.sh("mount -t mqueue none /dev/mqueue")
    for name in ("/both", "/outside"):
        mqworld.ok("mk", "mq", name, "--maxmsg", "1", "--msgsize", "1")
    inside = '"$IPCX" mk mq /both /inside --maxmsg 2 --msgsize 2 >/dev/null; '
    r = mqworld.sh(f"unshare --ipc sh -c '{inside} \"$IPCX\" ls mq --json'")
    rows = json.loads(r.out)["objects"]
    assert r.rc == 0 and {(o["name"], o["maxmsg"], o["msgsize"]) for o in rows} == {("/both", 2, 2), ("/inside", 2, 2)}
    assert "another IPC namespace" in r.err
    # the same where ipcx may not mount a mqueue file system of its own
    r = mqworld.sh(f"unshare --ipc sh -c '{inside} {helper('seccomp')} 1 fsopen -- \"$IPCX\" ls mq --json'")
    assert json.loads(r.out)["objects"] == [] and r.rc == 1 and "another IPC namespace" in r.err
    r = mqworld.sh(f"unshare --ipc sh -c '{inside} \"$IPCX\" rm mq --all --yes --verbose; \"$IPCX\" rm mq:/outside'")
    assert r.rc == 3 and sorted(queues(mqworld)[1]) == ["/both", "/outside"]
    mqworld.ok("rm", "mq:/outside")  # a name that exists in both proves nothing by itself
    r = mqworld.sh(f"unshare --ipc sh -c '{inside} {helper('seccomp')} 1 fsopen -- \"$IPCX\" ls mq --json'")
    assert json.loads(r.out)["objects"] == [] and r.rc == 1 and "another IPC namespace" in r.err


@pytest.mark.parametrize("mode", ["0200", "0000"])
def test_an_unreadable_queue_is_listed(mqworld, mode):
    mqworld.sh("mount -t mqueue none /dev/mqueue")
    mqworld.ok("mk", "mq", "/closed", "--mode", mode)
    mqworld.ok("mk", "mq", "/open", "--mode", "0644", "--maxmsg", "4")
    r, _ = queues(mqworld, "-o", "all", uid=1000)
    rows = {o["name"]: o for o in r.json["objects"]}
    assert r.rc == 0 and set(rows) == {"/closed", "/open"}
    assert rows["/open"]["maxmsg"] == 4 and rows["/open"]["qsize"] == 0
    for field in ("maxmsg", "msgsize", "curmsgs", "qsize", "use_percent", "notify"):
        assert rows["/closed"][field] is None
    assert rows["/closed"]["mode"] == mode and rows["/closed"]["uid"] == 0
    assert "unknown" in r.err
    r = mqworld.ipcx("show", "mq:/closed", uid=1000)
    assert r.rc == 0 and mode in r.out


# ---- messages and names


def test_messages_of_every_size_are_shown(world):
    """L7, Q1: messages may be empty, or larger than the first buffer."""
    queue = world.ok("mk", "msg", "--qbytes", "16384")
    send = helper("objects")
    for size in (0, 1, 8192):
        assert world.run(send, "send", queue, 1, size).rc == 0
    rows = world.ipcx("show", f"msg:{queue}", "--json").json["objects"][0]["messages"]
    assert [(m["position"], m["size"]) for m in rows] == [(0, 0), (1, 1), (2, 8192)]


def test_a_message_that_can_no_longer_be_copied(world):
    """Q3: kernel.msgmax was lowered below the size of one message; the other messages are still shown."""
    queue = world.ok("mk", "msg")
    for size in (10, 5000, 20):
        assert world.run(helper("objects"), "send", queue, 1, size).rc == 0
    world.sysctl("kernel.msgmax", "100")
    r = world.ipcx("show", f"msg:{queue}", "--json")
    rows = r.json["objects"][0]["messages"]
    assert r.rc == 0 and [m["size"] for m in rows] == [10, None, 20] and rows[1]["mtype"] is None
    assert world.objects("msg")[0]["qnum"] == 3
    assert world.ipcx("show", f"msg:{queue}").rc == 0


NAMES = ["", "/", "//", "/.", "/..", ".", "..", "/a/b", "a/b", "//a", "/a/", "/" + "n" * 256, "n" * 256]


@pytest.mark.parametrize("mech", ["mq", "pshm", "psem"])
@pytest.mark.parametrize("name", NAMES, ids=lambda n: n[:8] or "empty")
def test_invalid_names_are_refused(world, mech, name):
    """Q6: names of all POSIX kinds follow the same rule."""
    words = [w for w in MAKE[mech] if w != "/x"]
    r = world.ipcx("mk", words[0], name, *words[1:])
    assert r.rc in (1, 2) and r.out == "" and r.err.startswith("ipcx: "), (r.rc, r.err)
    for verb in ("ls", "show", "rm"):
        assert world.ipcx(verb, f"{mech}:{name}").rc in (2, 3)
    assert world.objects() == [] and os.path.isdir("/dev")


@pytest.mark.parametrize("mech,most", [("mq", 255), ("pshm", 255), ("psem", 251)])
def test_the_longest_name(world, mech, most):
    words = [w for w in MAKE[mech] if w != "/x"]
    for name in ("n" * most, "/" + "m" * most):
        assert world.ok("mk", words[0], name, *words[1:]) == "/" + name.lstrip("/")
        assert world.ipcx("show", f"{mech}:{name}").rc == 0
    assert world.ipcx("mk", words[0], "n" * (most + 1), *words[1:]).rc in (1, 2)
    assert len(world.objects(mech)) == 2
    world.ok("rm", mech, "--all", "--yes")
