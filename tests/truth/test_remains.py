# SPDX-License-Identifier: GPL-2.0-or-later
"""What a container left: a tmpfs that was its /dev/shm, in which no process has its objects any more. It is a place without a namespace."""

import json

import pytest

from conftest import IPCX
from helpers.places import Place
from helpers.remains import DIR, LEFT, MADE, OTHER, REFS, SIZE, content, hosted, leave, rows_of
from helpers.tools import do
from planting import flat, hide_the_denied, known  # pylint: disable=unused-import

NO_TMPFS = "is not an IPC namespace, nor the root of a tmpfs"
NO_NS = "is a directory, not an IPC namespace"
UNKNOWN = "whether a process still uses them is unknown"


@pytest.fixture
def host(flat):
    hide_the_denied(flat)
    return hosted(flat)


def objects(world, path=DIR):
    return known(lambda: rows_of(world, path, "ls", "all", "--ns", "all", "-o", "ns,container,containers,directory,ref,size"))


def dead(world, path=DIR):
    """Whether the directory is listed, with its objects and among the namespaces."""
    refs = sorted(o["ref"] for o in objects(world, path))
    spaces = known(lambda: rows_of(world, path, "ns", "ls", key="namespaces"))
    assert refs in ([], REFS) and len(spaces) == (refs == REFS), (refs, spaces)
    return refs == REFS


# ---- found

@pytest.mark.parametrize("runtime", MADE)
def test_what_a_runtime_left_is_a_place_of_its_own(host, runtime):
    path = leave(host, MADE[runtime])
    rows = objects(host, path)
    assert sorted(o["ref"] for o in rows) == REFS
    assert {o["ref"]: o.get("size") for o in rows} == {"pshm:/big": 8192, "pshm:/small": 1, "psem:/s": None}
    assert all((o["ns"], o["container"], o["containers"]) == (None, None, []) and "unknown" not in o for o in rows), rows
    space, = known(lambda: rows_of(host, path, "ns", "ls", key="namespaces"))
    want = {"ns": None, "container": None, "objects": 3, "bytes": 8193, "processes": 0, "kept_by": "mounts", "mounts": 1}
    assert {k: space[k] for k in want} == want and "unknown" not in space, space
    limits = known(lambda: rows_of(host, path, "limits", "--ns", "all", "-o", "ns,name,limit,directory", key="limits"))
    assert [(r["ns"], r["name"], r["limit"]) for r in limits if r["name"] == "dev_shm"] == [(None, "dev_shm", SIZE)]
    assert {r["name"] for r in limits} == {"dev_shm", "dev_shm_inodes"}, limits


@pytest.mark.parametrize("words", [["ls", "--ns", "all"], ["ns", "ls"], ["limits", "dev_shm", "--ns", "all"]], ids=" ".join)
def test_tables_have_a_column_for_directories_only_if_there_is_one(host, words):
    assert "DIRECTORY" not in host.ipcx(*words).out
    leave(host)
    r = host.ipcx(*words)
    assert r.rc == 0 and "DIRECTORY" in r.out and DIR in r.out, (r.out, r.err)
    raw = host.ipcx(*words, "--format", "raw").lines
    assert [line for line in raw if DIR in line] and len({line.count(" ") for line in raw if DIR in line}) < 3, raw


def test_paths_that_only_resemble_them_are_not_searched(host):
    for path in OTHER:
        leave(host, path)
    assert not any(objects(host, path) for path in OTHER)
    assert not [d for d in (r.get("directory") for r in host.ipcx("ns", "ls", "--json").json["namespaces"]) if d]


def test_a_part_of_a_file_system_is_not_a_place(host):
    """Runtimes mount a file system of its own."""
    do(host, f"mkdir -p /run/part {DIR} && mount --bind /run/part {DIR}")
    assert objects(host) == []


def test_a_path_with_blanks_and_line_breaks(host):
    path = leave(host, "/run/a b\n\\040/containers/x/mounts/shm")
    assert dead(host, path)
    assert sorted(o["ref"] for o in host.objects("posix", "--ns", path)) == REFS
    assert "\n\\040" not in host.ipcx("ns", "ls").out


def test_a_copy_of_the_mount_is_the_same_place(host):
    """A recursive bind mount of a directory above it makes such copies."""
    leave(host)
    again = "/run/copy" + DIR
    do(host, f"mkdir -p {again} && mount --bind {DIR} {again}")
    assert sorted([dead(host), dead(host, again)]) == [False, True]


def test_a_file_system_on_the_paths_of_two_runtimes_is_in_use(host):
    leave(host)
    again = MADE["docker"]
    do(host, f"mkdir -p {again} && mount --bind {DIR} {again}")
    assert [dead(host), dead(host, again)] == [False, False]


def test_several_places(host):
    for path in MADE.values():
        leave(host, path)
    assert all(dead(host, path) for path in MADE.values())


# ---- in use

@pytest.mark.parametrize("target", ["/dev/shm", "/run/cache"])
def test_what_a_process_uses_is_not_dead(host, target):
    """As the /dev/shm of a container, its objects are listed in its namespace; on another path, they are only left out here."""
    leave(host)
    do(host, "mkdir /run/cache")
    place = Place(host, script=f"mount --bind {DIR} {target}; echo $$; exec cat")
    assert not dead(host)
    if target == "/dev/shm":
        rows = [o for o in host.objects("posix", "--ns", "all", "-o", "ns,directory,ref") if o["ns"] == place.ino]
        assert sorted(o["ref"] for o in rows) == REFS and {o["directory"] for o in rows} == {None}
    place.end()
    assert dead(host)


def test_a_process_in_our_own_mount_namespace_may_use_another_path(host):
    leave(host)
    do(host, f"mkdir /run/cache && mount --bind {DIR} /run/cache")
    assert not dead(host)
    do(host, "umount /run/cache")
    assert dead(host)


def test_a_process_that_only_has_a_copy_of_our_mounts_does_not_use_it(host):
    leave(host)
    place = Place(host, script="echo $$; exec cat")
    assert dead(host)
    place.end()


def doubtful(r, key):
    assert r.rc == 0 and UNKNOWN in r.err, r.err
    assert [e["kind"] for e in r.json["errors"] if UNKNOWN in e["message"]] == ["incomplete"]
    return [row for row in r.json[key] if row.get("directory") == DIR]


def check_doubtful(listing, spaces):
    rows = doubtful(listing, "objects")
    assert sorted(o["ref"] for o in rows) == REFS and all("container" in o["unknown"] for o in rows)
    row, = doubtful(spaces, "namespaces")
    assert row["objects"] == 3 and row["processes"] is row["kept_by"] is None and {"processes", "kept_by"} <= set(row["unknown"]), row


def test_processes_outside_the_pid_namespace_may_use_it(world):
    hosted(world)
    leave(world)
    check_doubtful(world.ipcx("ls", "posix", "--ns", "all", "--json"), world.ipcx("ns", "ls", "--json"))
    r = world.ipcx("rm", "pshm:/big", "--ns", DIR)
    assert r.rc == 1 and "whether a process uses it is unknown: processes outside of this PID namespace cannot be seen" in r.err
    assert content(world) == LEFT


def test_processes_that_may_not_be_looked_at_may_use_it(flat):
    """Root of a user namespace of its own sees the processes of others, but not what they use."""
    hosted(flat)
    leave(flat)
    there = ["unshare", "--user", "--map-root-user", "--mount", IPCX]
    check_doubtful(flat.run(*there, "ls", "posix", "--ns", "all", "--json"), flat.run(*there, "ns", "ls", "--json"))
    r = flat.run(*there, "rm", "pshm:/big", "--ns", DIR)
    assert r.rc == 1 and "whether a process uses it is unknown: Permission denied" in r.err, r.err
    assert content(flat) == LEFT


def test_without_rights_nothing_is_called_dead(host):
    """Without CAP_SYS_PTRACE, most processes are hidden: a message takes the place of the rows."""
    leave(host)
    r = host.ipcx("ls", "posix", "--ns", "all", "--json", caps="-sys_ptrace")
    assert doubtful(r, "objects") == []


# ---- named

@pytest.mark.parametrize("path, cwd", [(DIR, "/"), (DIR + "/", "/"), ("./shm", DIR + "/.."), ("./shm/", DIR + "/.."), ("../shm", DIR), (".", DIR),
                                       ("/run/../run/" + DIR[5:], "/")])
def test_a_directory_is_a_place(host, path, cwd):
    leave(host)
    do(host, "$IPCX mk pshm:/big --size 1 && $IPCX mk shm --size 1")

    def there(*words):
        r = host.sh('cd "$0" && exec "$IPCX" "$@"'.replace("$0", cwd).replace('"$@"', " ".join(words)))
        assert r.rc == 0, r.err
        return r

    rows = there("ls", "--json", "--ns", path)
    assert sorted(o["ref"] for o in rows.json["objects"]) == REFS
    assert {(o["ns"], o["directory"]) for o in rows.json["objects"]} == {(None, DIR)}
    assert "belong to an IPC namespace" in rows.err, "a message says what a directory cannot have"
    assert [o["size"] for o in there("ls", "pshm:/big", "--json", "--ns", path).json["objects"]] == [8192]
    assert sorted(there("ls", "posix", "-q", "--ns", path).out.split()) == REFS
    assert "8K (8192 bytes)" in there("show", "pshm:/big", "--ns", path).out
    assert {r["name"]: r["limit"] for r in there("limits", "--json", "--ns", path).json["limits"]}["dev_shm"] == SIZE


def test_contents_and_values_are_read(host):
    leave(host)
    do(host, f"printf hello >{DIR}/big")
    assert host.ipcx("pshm", "read", "/big", "--ns", DIR).out == "hello"
    assert host.objects("psem:/s", "--ns", DIR)[0]["value"] == 0


def test_who_uses_an_object_there(host):
    leave(host)
    assert known(lambda: host.ipcx("who", "pshm:/big", "--ns", DIR, "--json").json["users"]) == []
    place = Place(host, script=f"exec 7<{DIR}/big; echo $$; exec cat")
    users = host.ipcx("who", "pshm:/big", "--ns", DIR, "--json").json["users"]
    assert [u["pid"] for u in users] == [place.pid], users
    place.end()


def test_any_tmpfs_can_be_looked_at(host):
    do(host, "mkdir /run/any && mount -t tmpfs none /run/any && echo >/run/any/x")
    assert [o["ref"] for o in host.objects("pshm", "--ns", "/run/any")] == ["pshm:/x"]


@pytest.mark.parametrize("path, rc, text", [
    ("/run/plain", 2, NO_TMPFS), ("/run/plain/", 2, NO_TMPFS), ("/etc", 2, NO_TMPFS), ("/proc", 2, NO_TMPFS), ("/run/part", 2, NO_TMPFS),
    (DIR + "/big", 2, NO_TMPFS), ("/etc/passwd", 2, NO_TMPFS), ("/dev/null", 2, NO_TMPFS), ("/run/fifo", 2, NO_TMPFS),
    ("/run/link", 2, "without symbolic links"), ("/run/up/" + DIR[5:], 2, "without symbolic links"), ("/proc/self/cwd", 2, "without symbolic links"),
    ("/run/none", 3, "No such file"), (DIR + "/none/", 3, "No such file"), (DIR + "/big/x", 3, "No such file"),
])
@pytest.mark.parametrize("words", [["ls"], ["rm", "posix", "--all", "--yes"], ["limits"]], ids=lambda w: w[0])
def test_other_directories_and_files_are_refused(host, words, path, rc, text):
    leave(host)
    do(host, f"mkdir /run/plain /run/of /run/part && mount --bind /run/of /run/part && mkfifo /run/fifo && ln -s {DIR} /run/link && ln -s /run /run/up")
    r = host.sh(f"cd {DIR} && exec $IPCX {' '.join(words)} --ns {path}")
    assert r.rc == rc and r.out == "" and r.err.startswith(f"ipcx: {path}: ") and text in r.err and r.err.count("\n") == 1, (r.rc, r.err)
    assert content(host) == LEFT


def test_a_name_is_never_a_directory(host):
    leave(host)
    r = host.sh(f"cd {DIR}/.. && exec $IPCX ls --ns shm")
    assert r.rc in (1, 3) and "shm" in r.err and "pshm" not in r.out, r.err


@pytest.mark.parametrize("rc, words", [
    (1, ["mk", "pshm:/new", "--size", "1", "--ns"]), (1, ["mk", "psem:/new", "--ns"]), (1, ["mk", "shm", "--size", "1", "--ns"]),
    (1, ["set", "pshm:/big", "--mode", "600", "--ns"]), (1, ["set", "pshm:/big", "--size", "1", "--ns"]), (1, ["pshm", "write", "/big", "--ns"]),
    (1, ["pshm", "fill", "/big", "--ns"]), (1, ["psem", "post", "/s", "--ns"]), (1, ["limits", "set", "shmmni=5", "--ns"]),
    (1, ["stress", "--ns"]), (2, ["ns", "show"]), (2, ["ns", "enter"]), (2, ["ns", "enter", "--mount"]), (2, ["ns", "cmp", "self"]), (2, ["ns", "pin"]),
], ids=lambda w: " ".join(w[:2]) if isinstance(w, list) else None)
def test_what_needs_a_namespace_or_changes_something_is_refused(host, rc, words):
    leave(host)
    more = {"enter": ["--", "true"], "pin": ["name"]}.get(words[1], [])
    r = host.ipcx(*words, DIR, *more)
    assert r.rc == rc and f"{DIR}: " in r.err and NO_NS in r.err and r.out == "", (r.rc, r.out, r.err)
    assert content(host) == LEFT
    assert host.objects("pshm:/big", "--ns", DIR, "-o", "size,mode") == [{"size": 8192, "mode": host.objects("pshm:/small", "--ns", DIR)[0]["mode"]}]


# ---- removed

def removed(world, *words):
    """Run rm there; it must be the answer to whether processes use it."""
    def answer():
        r = world.ipcx("rm", *words, "--ns", DIR)
        return None if "is unknown" in r.err else r
    return known(answer)


@pytest.fixture
def left(host):
    """A directory with objects; our own /dev/shm has one of the same name."""
    leave(host)
    do(host, "$IPCX mk pshm:/big --size 5 && $IPCX mk shm --size 1")
    yield host
    assert [o["size"] for o in host.objects("pshm:/big")] == [5] and len(host.objects("shm")) == 1


@pytest.mark.parametrize("words, stay", [
    (["pshm:/big"], ["sem.s", "small"]), (["psem:/s", "pshm:/big"], ["small"]), (["posix", "--all", "--yes"], []), (["pshm", "--all", "--yes"], ["sem.s"]),
    (["psem", "--all"], ["big", "small"]), (["pshm", "-w", "size > 1", "--yes"], ["sem.s", "small"]), (["-w", "size > 9000", "--yes"], LEFT),
    (["pshm:/big", "--dry-run"], LEFT), (["posix", "--all", "--dry-run"], LEFT), (["pshm", "--unused", "--yes"], ["sem.s"]),
])
def test_objects_are_removed_from_what_is_dead(left, words, stay):
    r = removed(left, *words)
    assert r.rc == 0 and "ipcx: /" not in r.err, r.err
    assert content(left) == stay
    if "--dry-run" in words:
        assert "pshm:/big" in r.out


def test_an_object_that_is_not_there(left):
    do(left, "$IPCX mk pshm:/ours --size 1")
    for ref in ("pshm:/none", "pshm:/ours"):
        r = removed(left, ref)
        assert r.rc == 3 and ref in r.err
    for ref in ("shm:0", "msg:0", "mq:/x"):
        r = removed(left, ref)
        assert r.rc != 0 and r.err, ref
    assert content(left) == LEFT


def test_a_list_with_identities_is_of_another_place(left):
    """Rows of a directory have no namespace by which they could be told apart from another one's."""
    lists = [left.ipcx("ls", "posix", "--json", "--ns", DIR).out, left.ipcx("ls", "posix", "--json").out, left.ipcx("ls", "posix", "--json", "--ns", "self").out,
             json.dumps([o for o in left.objects("posix", "--ns", "all") if o.get("directory") == DIR])]
    for text in lists:
        for where in ([], ["--ns", DIR]):
            r = left.ipcx("rm", "--from", "-", "--yes", *where, input=text)
            if not where and text in lists[1:3]:
                continue
            assert r.rc == 1 and "nothing was removed" in r.err, (r.rc, r.err)
        do(left, "[ -e /dev/shm/big ] || $IPCX mk pshm:/big --size 5")
        assert content(left) == LEFT


def test_references_select_by_name(left):
    def answer():
        r = left.ipcx("rm", "--from", "-", "--yes", "--ns", DIR, input=left.ipcx("ls", "pshm", "-q", "--ns", DIR).out)
        return None if "is unknown" in r.err else r
    r = known(answer)
    assert r.rc == 0, r.err
    assert content(left) == ["sem.s"]


def test_a_directory_named_like_a_namespace(host):
    """Its brackets are no number of a namespace."""
    ino = host.run("stat", "-L", "-c", "%i", "/proc/self/ns/ipc").out.strip()
    path = leave(host, f"/run/[{ino}]/containers/x/mounts/shm")
    text = host.ipcx("ls", "pshm", "--json", "--ns", path).out.replace('"ns":null', f'"ns":{ino}')
    r = host.ipcx("rm", "--from", "-", "--yes", "--ns", path, input=text)
    assert r.rc == 1 and "a directory has no namespace; nothing was removed" in r.err, r.err
    assert content(host, path) == LEFT
