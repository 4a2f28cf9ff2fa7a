# SPDX-License-Identifier: GPL-2.0-or-later
"""rm: the named objects are removed, and no others; a question comes before, a check in the same pass, a report afterwards."""

import pytest

from helpers.real import MECHS, MISSING, kernel, meanwhile, mount_queues, on_terminal
from helpers.tools import MAKE, POSIX, SYSV, background, helper, make_all


def refs(world, *words):
    return [o["ref"] for o in world.objects(*words)]


def namespace(world):
    return world.run("readlink", "/proc/self/ns/ipc").out.strip()


# ---- a dry run


@pytest.mark.parametrize("words", [["REFS"], ["all", "--all"], ["sysv", "--all"], ["posix", "--all"], ["--where", "uid == 0"], ["shm", "pshm", "--where", "size > 0"]],
                         ids=" ".join)
def test_a_dry_run_removes_nothing_and_lists_what_would_be_removed(world, words):
    made = list(make_all(world).values())
    words = made if words == ["REFS"] else words
    r = world.ipcx("rm", *words, "--dry-run", "--json")
    assert (r.rc, r.err) == (0, "") and refs(world) == made
    would = [o["ref"] for o in r.json["objects"]]
    table = world.ok("rm", *words, "--dry-run").splitlines()
    assert [line.split()[0] for line in table[1:]] == would, "a person is shown the same"
    assert world.ok("rm", *words, "--yes") == ""
    assert sorted(refs(world)) == sorted(set(made) - set(would)) and would


def test_removed_objects_are_in_the_json_output(world):
    made = list(make_all(world).values())
    rows = world.ipcx("rm", *made, "--json").json["objects"]
    assert [o["ref"] for o in rows] == made and rows[0]["size"] == 4096 and refs(world) == []
    world.ok("mk", "shm", "--size", "1", "--count", "3")
    out = world.ok("rm", "shm", "--all", "--format", "raw", "-o", "ref").splitlines()
    assert len(out) == 3 and refs(world) == []


def test_verbose_names_the_namespace(world):
    make_all(world)
    r = world.ipcx("rm", "shm", "mq", "psem", "--all", "--dry-run", "--verbose")
    assert r.rc == 0 and f"would remove 1 shm, 1 mq, 1 psem from {namespace(world)}" in r.err
    r = world.ipcx("rm", "sysv", "--all", "-v")
    assert r.rc == 0 and f"removed 1 shm, 1 msg, 1 sem from {namespace(world)}" in r.err and len(r.lines) == 4
    r = world.ipcx("rm", "sysv", "--all", "-v")
    assert r.rc == 0 and f"removed nothing from {namespace(world)}" in r.err and r.out == ""
    assert world.ok("rm", "posix", "--all") == "" and refs(world) == []


# ---- explicit selection


@pytest.mark.parametrize("words", [[], ["--all"], ["--yes"], ["shm"], ["all"], ["sysv", "--yes"], ["shm", "msg"], ["shm:0", "msg"], ["--dry-run"], ["shm:0", "--all"],
                                   ["shm", "--all", "--where", "size > 0"], ["--all", "--where", "size > 0"], ["0"], ["*"], ["nothing", "--all"], ["shm", "--where"],
                                   ["shm", "--all=1"], ["shm:*"], ["shm:all"], ["shm", "-1"]], ids=" ".join)
def test_an_unclear_selection_removes_nothing(world, words):
    made = list(make_all(world).values())
    r = world.ipcx("rm", *words)
    assert (r.rc, r.out) == (2, "") and r.err.startswith("ipcx: ") and refs(world) == made


@pytest.mark.parametrize("word", [*MECHS, "sysv", "posix", "all"])
def test_all_removes_one_mechanism_or_group_and_no_other(world, word):
    made = make_all(world)
    assert world.ok("rm", word, "--all") == ""
    gone = {m for m in MECHS if word in (m, MECHS[m]["group"], "all")}
    assert refs(world) == [ref for m, ref in made.items() if m not in gone]


def test_a_condition_over_references(world):
    world.ok("mk", "shm", "--size", "1K", "--count", "2")
    world.ok("mk", "shm", "--size", "1M")
    r = world.ipcx("rm", "shm:0", "shm:2", "--where", "size < 1M", "--json")
    assert [o["ref"] for o in r.json["objects"]] == ["shm:0"] and refs(world) == ["shm:1", "shm:2"]


def test_a_condition_on_unknown_values_removes_nothing(world):
    mount_queues(world)
    world.ok("mk", "psem", "/closed", "--owner", "1000", "--mode", "0000")
    world.ok("mk", "mq", "/closed", "--owner", "1000", "--mode", "0000")
    for text in ("value == 0 || curmsgs == 0", "!(value > 5) && mech == psem", "curmsgs != 7"):
        r = world.ipcx("rm", "posix", "--where", text, "--yes", uid=1000)
        assert r.rc == 4 and r.out == ""  # an object with unknown values may match
    assert len(refs(world)) == 2


# ---- the same pass


def test_the_condition_holds_at_the_moment_of_removal(world):
    """Processes attach and detach segments all the time (the kernel briefly counts an attach twice): a segment that was removed had no attaches at that
    moment."""
    shm = int(world.ok("mk", "shm", "--size", "4K"))
    with meanwhile(world, """
import threading
stop = threading.Event()
def attach():
    while not stop.is_set():
        at = libc.shmat(args[0], None, 0)
        if at != ctypes.c_void_p(-1).value:
            libc.shmdt(ctypes.c_void_p(at))
t = threading.Thread(target=attach)
t.start()
hold()
stop.set()
t.join()
""", shm):
        assert world.ipcx("rm", "shm", "--where", "nattch > 2", "--yes").rc == 0
        assert refs(world) == [f"shm:{shm}"]
    with background(world, helper("objects"), "attach", str(shm)):
        assert world.ok("rm", "shm", "--where", "nattch == 0") == "" and refs(world) == [f"shm:{shm}"]
    assert world.ok("rm", "shm", "--where", "nattch == 0") == "" and refs(world) == []


def test_an_attached_segment_is_destroyed_by_its_last_detach(world):
    """R7."""
    shm = world.ok("mk", "shm", "--size", "4K", "--key", "0x77")
    with background(world, helper("objects"), "attach", shm):
        note = f"ipcx: note: shm:{shm}: attached 1 time: is destroyed at the last detach\n"
        r = world.ipcx("rm", f"shm:{shm}")
        assert (r.rc, r.out, r.err) == (0, "", note)
        assert world.objects("shm")[0]["dest"] is True
        r = world.ipcx("rm", f"shm:{shm}")
        assert (r.rc, r.out, r.err) == (0, "", note), "once more by id is no error"
        r = world.ipcx("rm", "shm:0x77")
        assert r.rc == 3 and "0x00000077: no such" in r.err
    assert refs(world) == []


def test_ten_thousand(world):
    assert world.run(helper("objects"), "many", "sem", "10000").rc == 0
    assert world.run(helper("objects"), "many", "pshm", "3000").rc == 0
    world.ok("mk", "sem", "--nsems", "2")
    assert world.ok("rm", "sem", "pshm", "--where", "nsems == 1 || size == 0") == ""
    assert [o["nsems"] for o in world.objects("sem", "pshm")] == [2]


# ---- POSIX


ZOO = """
import socket
os.chdir("/dev/shm")
for name in ("NAME", "sem.NAME"):
    {"directory": lambda: os.mkdir(name), "full directory": lambda: os.makedirs(name + "/below"), "FIFO": lambda: os.mkfifo(name),
     "link to a file": lambda: os.symlink("/etc/passwd", name), "link to a directory": lambda: os.symlink("/etc", name),
     "dangling link": lambda: os.symlink("/nowhere", name), "socket": lambda: socket.socket(socket.AF_UNIX).bind(name)}[sys.argv[1]]()
"""


@pytest.mark.parametrize("kind", ["directory", "full directory", "FIFO", "link to a file", "link to a directory", "dangling link", "socket"])
def test_only_objects_are_removed(world, kind):
    kernel(world, ZOO, kind)
    kernel(world, "open('/dev/shm/sem.odd', 'w').write('no semaphore')")
    before = world.sh("cd /dev/shm; find . -printf '%p %y %i\\n' | sort; stat -c %i /etc/passwd").out
    for ref in ("pshm:/NAME", "psem:/NAME", "pshm:/sem.NAME", "psem:/odd"):
        r = world.ipcx("rm", ref)
        assert (r.rc, r.out) == (3, "") and r.err.startswith(f"ipcx: {ref}: "), ref
        assert world.ok("rm", ref, "--ignore-missing") == ""
    r = world.ipcx("rm", "psem", "--all")
    assert r.rc == 0
    assert world.sh("cd /dev/shm; find . -printf '%p %y %i\\n' | sort; stat -c %i /etc/passwd").out == before
    assert world.ipcx("rm", "posix", "--all").rc == 0
    after = world.sh("cd /dev/shm; find . -printf '%p %y %i\\n' | sort; stat -c %i /etc/passwd").out
    assert after == "".join(line + "\n" for line in before.splitlines() if not line.startswith("./sem.odd")), "that one is shared memory"


def test_a_mechanism_never_removes_files_of_another_mechanism(world):
    world.ok("mk", "psem", "/a", "--init", "1")
    world.ok("mk", "pshm", "/a", "--size", "32")
    world.ok("mk", "mq", "/a")
    assert world.ipcx("rm", "pshm:/sem.a").rc == 3 and refs(world) == ["mq:/a", "pshm:/a", "psem:/a"]
    world.ok("rm", "pshm", "--all")
    assert refs(world) == ["mq:/a", "psem:/a"]
    world.ok("rm", "psem", "--all")
    assert refs(world) == ["mq:/a"]
    world.ok("rm", "mq:/a")
    assert refs(world) == []


def test_other_hard_links_stay(world):
    assert world.sh("cd /dev/shm; echo x > a; ln a b").rc == 0
    world.ok("rm", "pshm:/a")
    assert [(o["ref"], o["links"]) for o in world.objects()] == [("pshm:/b", 1)]


# ---- what is missing, what is refused


def test_missing_ones(world):
    made = list(make_all(world).values())
    missing = list(MISSING.values())
    r = world.ipcx("rm", *missing)
    assert r.rc == 3 and r.err.count("no such") == len(missing)
    assert world.ok("rm", *missing, "--ignore-missing") == "" and refs(world) == made
    r = world.ipcx("rm", *missing, *made, "--ignore-missing", "--json")
    assert (r.rc, r.err) == (0, "") and [o["ref"] for o in r.json["objects"]] == made and refs(world) == []
    assert world.ipcx("rm", "shm:x", "--ignore-missing").rc == 2, "a wrong word is not missing"


def test_the_same_object_named_twice(world):
    for mech, ref in make_all(world).items():
        dry = world.ipcx("rm", ref, ref, "--dry-run", "-o", "ref", "--format", "raw")
        assert (dry.rc, dry.out, dry.err) == (0, f"{ref}\n", ""), mech
        assert world.ok("rm", ref, ref) == "", "one object is removed once"
        r = world.ipcx("rm", ref, ref)
        assert r.rc == 3 and r.err.count("\n") == 1 and "no such" in r.err, mech
    assert refs(world) == []


@pytest.mark.parametrize("mech", MAKE)
def test_objects_that_an_unprivileged_user_may_not_remove(world, mech):
    mount_queues(world)
    theirs = f"{mech}:" + world.ok("mk", *MAKE[mech], "--mode", "0666")
    mine = f"{mech}:" + world.ok("mk", *[w.replace("/x", "/mine") for w in MAKE[mech]], uid=1000)
    for words in ([theirs, "--ignore-missing"], [mech, "--where", "uid == 0"]):
        r = world.ipcx("rm", *words, uid=1000)
        assert (r.rc, r.out) == (1, "")
        assert r.err.startswith(f"ipcx: {theirs}: cannot remove: not permitted: you are uid 1000, the owner is uid 0"), r.err
    r = world.ipcx("rm", mech, "--all", "--json", uid=1000)
    assert r.rc == 4 and [o["ref"] for o in r.json["objects"]] == [mine] and [e["ref"] for e in r.json["errors"] if e["kind"] == "failed"] == [theirs]
    assert refs(world) == [theirs]


@pytest.mark.parametrize("mech", SYSV)
def test_the_creator_may_remove_an_object_that_was_given_away(world, mech):
    ref = f"{mech}:" + world.ok("mk", *MAKE[mech], "--owner", "0:0", uid=1000)
    r = world.ipcx("rm", ref, uid=1001)
    assert r.rc == 1 and "you are uid 1001, the owner is uid 0, the creator uid 1000" in r.err
    assert world.ok("rm", ref, uid=1000) == "" and refs(world) == []


def test_a_dry_run_checks_permissions(world):
    ref = make_all(world)["shm"]
    dry, real = (world.ipcx("rm", ref, *words, "--json", uid=1000) for words in (["--dry-run"], []))
    assert (dry.rc, dry.json, dry.err) == (real.rc, real.json, real.err) and dry.rc == 1 and "not permitted" in dry.err
    assert dry.json["objects"] == [] and refs(world, ref) == [ref]


# ---- a question on a terminal


def test_removing_several_by_a_condition_asks_first(world):
    for words in (["shm", "--all"], ["shm", "--where", "size > 0"], ["--where", "size > 0"]):
        world.ok("mk", "shm", "--size", "1", "--count", "3")
        for answer in ("n", "", "no", "x", "yess", " y"):
            status, text = on_terminal(world, "rm", *words, answer=answer)
            assert status == 1 and f"remove 3 shm from {namespace(world)}? [y/N]" in text and "nothing was removed" in text, answer
            assert len(refs(world)) == 3
        for answer in ("y", "Y", "yes", "YES"):
            status, text = on_terminal(world, "rm", *words, answer=answer)
            assert status == 0 and refs(world) == []
            world.ok("mk", "shm", "--size", "1", "--count", "3")
        world.ok("rm", "shm", "--all")


def test_no_question_for_one_object_for_named_objects_or_with_yes(world):
    for make, words in ((1, ["shm", "--all"]), (1, ["shm", "--where", "size > 0"]), (0, ["shm", "--all"]), (3, ["shm", "--all", "--yes"]), (3, ["shm", "--all", "-y"])):
        world.ok("mk", "shm", "--size", "1", "--count", str(make))
        status, text = on_terminal(world, "rm", *words)
        assert (status, text) == (0, "") and refs(world) == [], words
    ids = [world.ok("mk", "shm", "--size", "1") for _ in range(3)]
    assert on_terminal(world, "rm", "shm", *ids) == (0, "") and refs(world) == []
    world.ok("mk", "shm", "--size", "1", "--count", "3")
    status, text = on_terminal(world, "rm", "shm", "--all", "--dry-run")
    assert status == 0 and "[y/N]" not in text and len(refs(world)) == 3


def test_a_script_is_not_asked(world):
    world.ok("mk", "shm", "--size", "1", "--count", "3")
    status, text = on_terminal(world, "rm", "shm", "--all", stdout_only=True)
    assert (status, text) == (0, "") and refs(world) == []


def test_a_new_object_is_left_after_the_question(world):
    """Objects created after the listing were not confirmed, so they are left."""
    made = [f"shm:{n}" for n in world.ok("mk", "shm", "--size", "1", "--count", "2").split()]
    status, _ = on_terminal(world, "rm", "shm", "--all", answer="y", before=lambda: world.ok("mk", "shm", "--size", "2"))
    assert status == 0
    assert [o["size"] for o in world.objects()] == [2] and refs(world)[0] not in made


def test_an_object_removed_meanwhile_is_not_a_failure(world):
    made = world.ok("mk", "shm", "--size", "1", "--count", "3").split()
    status, text = on_terminal(world, "rm", "shm", "--all", answer="y", before=lambda: world.ok("rm", f"shm:{made[1]}"))
    assert status == 0 and refs(world) == [] and "no such" not in text


@pytest.mark.parametrize("mech", SYSV)
@pytest.mark.parametrize("key", ["0x5", "0x6"])
def test_a_reused_id_is_left(world, mech, key):
    """R4, X19: another object has the same id and another key, or the same key but was created later."""
    world.ok("mk", *MAKE[mech], "--id", "7", "--key", "0x5")
    world.ok("mk", *MAKE[mech], "--id", "8")

    def replace():
        made = world.objects(f"{mech}:7")[0]["ctime"]
        world.ok("rm", f"{mech}:7")
        kernel(world, "wait_for(lambda: time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()) > sys.argv[1])", made)
        world.ok("mk", *MAKE[mech], "--id", "7", "--key", key)

    status, text = on_terminal(world, "rm", mech, "--all", answer="y", before=replace)
    assert status == 4 and f"{mech}:7: left alone" in text
    assert [(o["id"], int(o["key"], 16)) for o in world.objects()] == [(7, int(key, 16))]


@pytest.mark.parametrize("mech", POSIX)
def test_a_reused_name_is_left(world, mech):
    """Another file has the same name, owner, mode and size."""
    def make(name):
        world.ok("mk", *[w.replace("/x", name) for w in MAKE[mech]])

    make("/a")
    make("/b")

    def replace():
        world.ok("rm", f"{mech}:/a")
        make("/a")

    status, text = on_terminal(world, "rm", mech, "--all", answer="y", before=replace)
    assert refs(world) == [f"{mech}:/a"], text
    assert status == 4 and f"{mech}:/a: left alone" in text


def test_an_object_used_meanwhile_is_still_removed(world):
    world.ok("mk", "pshm", "/a", "--size", "5")
    world.ok("mk", "psem", "/a", "--init", "1")
    world.ok("mk", "mq", "/a", "--maxmsg", "1", "--msgsize", "5")
    msg = int(world.ok("mk", "msg"))

    def use():
        kernel(world, "msgsnd(args[0], 1, b'x'); open('/dev/shm/a', 'w').write('longer text')", msg)
        assert world.run(helper("objects"), "mqsend", "/a", "5").rc == 0

    status, text = on_terminal(world, "rm", "all", "--all", answer="y", before=use)
    assert status == 0 and refs(world) == [], text


@pytest.mark.parametrize("text", ["value == null", "!(value != null)", "dest == null || nattch == null", "not (nsems != null) && uid == 0"])
def test_rows_without_the_field_are_not_removed(world, text):
    """A row without a field meets no condition on that field."""
    make_all(world)
    before = [o["ref"] for o in world.objects()]
    r = world.ipcx("rm", "all", "--where", text, "--yes")
    assert r.rc in (0, 3) and [o["ref"] for o in world.objects()] == before, r.err


def test_named_objects_and_whole_mechanisms_at_once(world):
    kept, gone = world.ok("mk", "shm", "--size", "4K"), world.ok("mk", "shm", "--size", "8K")
    world.ok("mk", "pshm", "/a", "--size", "10")
    world.ok("mk", "pshm", "/b", "--size", "10")
    told = world.ipcx("rm", f"shm:{gone}", "pshm", "--all", "--json", "--sort", "size").json["objects"]
    assert sorted(o["ref"] for o in told) == ["pshm:/a", "pshm:/b", f"shm:{gone}"]
    assert [o["ref"] for o in world.objects("all")] == [f"shm:{kept}"]
    world.ok("mk", "pshm", "/c", "--size", "10")
    assert world.ipcx("rm", f"shm:{gone}", "pshm", "--all").rc == 4, "one of them is missing, the others go"
    assert [o["ref"] for o in world.objects("all")] == [f"shm:{kept}"]
