# SPDX-License-Identifier: GPL-2.0-or-later
"""A failed lookup is not an answer: breaking the name service, or exhausting memory, does not make ipcx select, remove or change more objects."""

import os
import shutil

import pytest

from conftest import IPCX
from helpers.tools import preload, until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="objects of several users need root")

SPARED = {"shm:0", "shm:1", "shm:2", "pshm:/keep", "pshm:/other", "mq:/q", "msg:0"}


@pytest.fixture
def people(world):
    """A world with a private /etc and with objects of root, of daemon and of a uid that has no name."""
    world.ok("mk", "shm", "--size", "4K")
    world.ok("mk", "shm", "--size", "4K", "--owner", "daemon:daemon")
    world.ok("mk", "shm", "--size", "4K", "--owner", "54321:54321")
    world.ok("mk", "pshm", "/keep", "--size", "4K")
    world.ok("mk", "pshm", "/other", "--size", "4K", "--owner", "daemon")
    world.ok("mk", "mq", "/q")
    world.ok("mk", "msg", "--owner", "daemon")
    etc = os.path.join(world.dir, "etc")
    os.mkdir(etc, 0o755)
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", etc)
    switch(world, "files")
    r = world.run("mount", "--bind", etc, "/etc")
    assert r.rc == 0, r.err
    return world


def switch(world, services):
    with open(os.path.join(world.dir, "etc/nsswitch.conf"), "w", encoding="ascii") as f:
        f.write(f"passwd: {services}\ngroup: {services}\n")


def unanswered(world, what, *words, why=5, more=None, **run):
    """Run ipcx while lookups of these kinds fail."""
    env = {"LD_PRELOAD": preload("unanswered"), "UNANSWERED": what, "UNANSWERED_ERRNO": str(why),
           "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    return world.ipcx(*words, env={**env, **(more or {})}, **run)


def refs(world, *words):
    """List objects without any lookup of names."""
    return {o["ref"] for o in world.objects(*words, "-o", "ref")}


def spared(world):
    assert refs(world) == SPARED


def told(r, rc=1, **count):
    """Check that the command failed and reported a failed lookup or an unknown value, never "no such user"."""
    assert r.rc == rc, (r.rc, r.out, r.err)
    assert "could not" in r.err and "there is no" not in r.err, r.err
    for word, n in count.items():
        assert r.err.count(word.replace("_", " ")) == n, r.err


# Ways in which the name service fails: a service that does not exist, or an errno.
BROKEN = ["sss", "sss ldap", 5, 24, 23, 12, 13, 11, 104]


def broken(world, how, *words, what="users,groups", **run):
    if isinstance(how, str):
        switch(world, how)
        r = world.ipcx(*words, **run)
        switch(world, "files")
        return r
    return unanswered(world, what, *words, why=how, **run)


@pytest.mark.parametrize("how", BROKEN)
def test_removal_by_name_removes_nothing(people, how):
    for where in ("owner != daemon", "!(owner == daemon)", "creator != daemon", "group != daemon", "creator_group != daemon",
                  "size > 0 && owner != daemon", "owner != nosuchuser"):
        r = broken(people, how, "rm", "all", "--where", where, "--yes")
        told(r, use_its_number=1)
        assert r.out == ""
    spared(people)


@pytest.mark.parametrize("how", BROKEN)
def test_removal_by_number_needs_no_lookup(people, how):
    r = broken(people, how, "rm", "shm", "--where", "owner != 1 && group != 1", "--yes")
    assert r.rc == 0 and r.err == "", r.err
    assert refs(people) == SPARED - {"shm:0", "shm:2"}


@pytest.mark.parametrize("how", BROKEN)
def test_removal_by_pattern_removes_nothing(people, how):
    """An unknown name is shown as a number; a pattern that matches this number removes nothing either."""
    for where in ("!(owner =~ '^daemon$')", "owner =~ .", "owner =~ '^[0-9]'", "owner < z", "owner >= 0", "owner != mech",
                  "!(group =~ daemon)", "size < 0 || !(owner =~ x)"):
        r = broken(people, how, "rm", "all", "--where", where, "--yes")
        told(r, could_not_be_looked_up=1)
        assert "shm:0" in r.err and "left alone" in r.err, r.err
    spared(people)


@pytest.mark.parametrize("how", BROKEN)
def test_listing_is_never_both_empty_and_successful(people, how):
    for where in ("owner == root", "owner =~ root", "group == root", "group =~ .", "creator == root", "owner < z"):
        for form in ((), ("--json",), ("--format", "csv"), ("-n",) if "~" not in where and "<" not in where else ()):
            told(broken(people, how, "ls", "--where", where, *form), could_not_be_looked_up=1)


@pytest.mark.parametrize("how", BROKEN)
def test_listing_shows_numbers_and_says_so_once(people, how):
    r = broken(people, how, "ls")
    assert r.rc == 0 and len(r.err.splitlines()) == 1, r.err
    assert "names of users could not be looked up" in r.err
    assert " daemon " not in r.out and " 54321 " in r.out
    r = broken(people, how, "ls", "--json", "-o", "ref,owner,group")
    notes = [e["message"] for e in r.json["errors"]]
    assert r.rc == 0 and len(notes) == 2 and all("could not be looked up" in n for n in notes), notes
    assert {o["owner"] for o in r.json["objects"]} == {"0", "1", "54321"}


def test_slices_report_it_once(people):
    """A failed lookup is reported once, however many slices a listing is made of."""
    r = people.sh("i=0; while [ $i -lt 600 ]; do ipcmk -M 1 >/dev/null || exit 1; i=$((i+1)); done", timeout=300)
    assert r.rc == 0, r.err
    r = unanswered(people, "users", "ls", "shm")
    assert r.rc == 0 and r.err.count("could not be looked up") == 1 and len(r.lines) > 600


def test_conditions_decided_by_other_fields_select(people):
    """"Unknown or true" is true and "unknown and false" is false; both without a message."""
    r = unanswered(people, "users", "ls", "shm", "--where", "owner =~ x || size > 0", "-o", "ref", "--format", "raw", "--no-headings")
    assert r.rc == 0 and set(r.lines) == {"shm:0", "shm:1", "shm:2"}
    r = unanswered(people, "users", "rm", "shm", "--where", "owner =~ x && size < 0", "--yes")
    assert r.rc == 0
    spared(people)


@pytest.mark.parametrize("uid", [0, 12345])
def test_a_pattern_without_memory_is_not_a_mismatch(people, uid):
    for where in ("!(name =~ '^/keep')", "!(ref =~ keep)", "name =~ .", "mech =~ . && size > 0", "!(mode =~ '^0600$')"):
        r = unanswered(people, "match", "rm", "all", "--where", where, "--yes", uid=uid)
        told(r, out_of_memory=1)
        r = unanswered(people, "match", "ls", "--where", where, uid=uid)
        told(r, out_of_memory=1)
    spared(people)


@pytest.mark.parametrize("at", range(1, 8))
def test_a_pattern_match_that_fails_later(people, at):
    """Objects examined before the failure are removed, those after it are left, and the exit status says that the result is partial."""
    r = unanswered(people, "match", "rm", "all", "--where", "!(ref =~ '/keep')", "--yes", more={"UNANSWERED_FROM": str(at)})
    left = refs(people)
    assert "pshm:/keep" in left
    if "out of memory" in r.err:
        assert r.rc == (1 if left == SPARED else 4), (r.rc, r.err)
    else:
        assert r.rc == 0, (r.rc, r.err)
    assert all(ref in r.err for ref in left - {"pshm:/keep"}), (left, r.err)


def test_name_lookups_that_fail_later(people):
    r = unanswered(people, "users", "rm", "shm", "--where", "owner =~ '^(root|daemon)$'", "--yes", more={"UNANSWERED_FROM": "2"})
    told(r, rc=4, could_not_be_looked_up=1)
    assert refs(people, "shm") == {"shm:1", "shm:2"}


def test_no_such_user_is_wrong_usage(people):
    for where in ("owner == nosuchuser", "owner != nosuchuser", "'nosuchuser' != group"):
        r = people.ipcx("rm", "all", "--where", where, "--yes")
        assert r.rc == 2 and "there is no" in r.err and "nosuchuser" in r.err and "column" in r.err
        r = people.ipcx("ls", "--where", where)
        assert r.rc == 2 and "there is no" in r.err
    spared(people)


def test_shown_owners_are_accepted(people):
    for o in people.objects("-o", "ref,owner,group"):
        assert o["ref"] in refs(people, "--where", f"owner == '{o['owner']}'")
        assert o["ref"] in refs(people, "--where", f"group == '{o['group']}'")
        assert o["ref"] not in refs(people, "--where", f"owner != '{o['owner']}'")


def test_a_name_of_digits(people):
    """Digits are first looked up as a user's name, as chown(1) does; if lookups fail, they count as a number."""
    with open(os.path.join(people.dir, "etc/passwd"), "a", encoding="ascii") as f:
        f.write("54321:x:1:1::/:/bin/false\n")
    assert refs(people, "shm", "--where", "owner == 54321") == {"shm:1"}
    r = unanswered(people, "users", "ls", "shm", "--where", "owner == 54321", "-o", "ref", "--format", "raw", "--no-headings")
    assert r.lines == ["shm:2"]


def test_an_unreadable_passwd(people):
    """If another service follows ("files systemd"), glibc silently ignores the error of the first."""
    path = os.path.join(people.dir, "etc/passwd")
    os.chmod(path, 0)
    switch(people, "files systemd")
    for words in (("ls", "--where", "owner == daemon"), ("rm", "all", "--where", "owner != daemon", "--yes"), ("mk", "shm", "--owner", "daemon")):
        told(people.ipcx(*words, uid=12345))
    r = people.ipcx("ls", "--where", "!(owner =~ xyz)", uid=12345)
    told(r, rc=4 if r.out else 1)  # systemd knows root without any file
    assert "shm:1" not in r.out and " daemon " not in r.out
    os.chmod(path, 0o644)
    spared(people)


def test_without_any_passwd_there_are_no_names(people):
    """As in a container with a single program, there are no names: this is a valid answer, and users exist only as numbers."""
    os.unlink(os.path.join(people.dir, "etc/passwd"))
    os.unlink(os.path.join(people.dir, "etc/nsswitch.conf"))
    r = people.ipcx("ls", "--where", "owner == 1")
    assert r.rc == 0 and r.err == "", r.err
    r = people.ipcx("rm", "all", "--where", "owner != daemon", "--yes")
    assert r.rc == 2 and 'there is no user "daemon"' in r.err
    spared(people)


@pytest.mark.parametrize("how", BROKEN)
def test_owner_of_created_and_changed_objects(people, how):
    before = people.steady()
    for owner in ("daemon", ":daemon", "daemon:daemon", "1:daemon", "nosuchuser"):
        for words in (("mk", "shm", "--size", "4K"), ("mk", "pshm", "/new", "--size", "4K"), ("set", "shm:0"), ("set", "pshm:/keep")):
            told(broken(people, how, *words, "--owner", owner), use_its_number=1)
    assert people.steady() == before
    r = broken(people, how, "set", "shm:0", "--owner", "1:1")
    assert r.rc == 0, r.err
    assert people.objects("shm:0", "-o", "uid,gid") == [{"uid": 1, "gid": 1}]


def test_unknown_owner_is_wrong_usage(people):
    for owner in ("nosuchuser", ":nosuchgroup", "0x1", "4294967295", "-1", ":"):
        r = people.ipcx("set", "shm:0", "--owner", owner)
        assert r.rc == 2, (owner, r.rc, r.err)


@pytest.mark.parametrize("how", BROKEN)
def test_other_commands_with_conditions(people, how):
    told(broken(people, how, "ns", "ls", "--where", "user_ns_owner == root"))
    told(broken(people, how, "ns", "ls", "--where", "user_ns_owner =~ root"), rc=1)
    told(broken(people, how, "stress", "shm", "--for", "10ms", "--expect", "owner == root"))
    assert unanswered(people, "match", "ns", "ls", "--where", "!(command =~ x)").rc == 1
    spared(people)


def test_names_are_looked_up_only_if_needed(people):
    """The name in the condition is looked up once; the names of the owners of rows are not looked up."""
    log = os.path.join(people.dir, "asked")

    def asked(*words):
        if os.path.exists(log):
            os.unlink(log)
        r = unanswered(people, "nothing", *words, more={"UNANSWERED_LOG": log})
        assert r.rc == 0, r.err
        if not os.path.exists(log):
            return ""
        with open(log, encoding="ascii") as f:
            return f.read().replace("r", "")

    assert asked("ls", "--where", "owner == root", "-o", "ref") == "n"
    assert asked("ls", "--where", "owner == 1 && uid != 0", "-o", "ref,size") == "n"
    assert asked("ls", "shm", "--where", "owner == daemon") == "nu"  # the only one that is shown
    assert asked("rm", "shm", "--where", "owner == daemon && size > 1G", "--yes") == "n"
    assert asked("ls", "shm", "-o", "owner") == "uuu"


def test_users_without_a_mapping(people):
    """In a user namespace every unmapped owner is shown as 65534, which does not stand for a user."""
    script = '$IPCX ls shm --where "$W" -o ref --format raw --no-headings'
    for where, found in (("owner == nobody", ""), ("owner != nobody", "shm:0"), ("owner == 65534", ""), ("owner != 0", ""), ("!(owner =~ x)", "shm:0"),
                         ("owner == root", "shm:0"), ("uid == 65534", "shm:1\nshm:2"), ("owner != null", "shm:0\nshm:1\nshm:2")):
        r = people.run("unshare", "--user", "--map-root-user", "sh", "-c", script, env={"IPCX": IPCX, "W": where})
        assert (r.rc, r.out.strip()) == (0, found), (where, r.out, r.err)
    assert refs(people, "--where", "owner == nobody") == set()
    people.ok("set", "shm:2", "--owner", "65534")
    assert refs(people, "--where", "owner == 65534") == {"shm:2"}  # here every owner is mapped


SLOW = ["m" + 60 * "*", "(a|.)" + 60 * "*?" + "z", "((a{0,60}b?){0,60})z", "(a*|b*){60,}", "(()*){500}", "((a?|b?)*){40}z", "(a*|\\\\<\\\\`){0,120}()", "((((a+)+)+)+)+{60}", "(^|x){200}", "\\\\1(a)",
        "(((a|b?)*)*(c?|d?)*)*{20}", "a{0,200}{0,200}"]
QUICK = [".{0,64}b.{64}z", "[^-]*a.{150}z", "(a|b)+a.{100}z", ".{0,80}b.{0,80}a.{80}z", "^(sem\\\\.|mq-)[a-z0-9_-]{1,64}$", "(^|/)[a-z]{1,64}$"]


@pytest.mark.parametrize("pattern", SLOW)
def test_slow_patterns_are_refused(people, pattern):
    r = people.ipcx("ls", "--where", f"size >= 0 && name =~ '{pattern}'")
    assert r.rc == 2 and "column 22 of the expression: " in r.err, (r.rc, r.err)
    assert "pattern" in r.err or "regular expression" in r.err


@pytest.mark.parametrize("pattern", QUICK)
def test_patterns_that_only_look_slow_are_quick(people, pattern):
    for i in range(20):
        name = "".join("ab-"[(i * 7 + k * k) % 3] for k in range(240))
        with open(f"/proc/{people.pid}/root/dev/shm/{i:03}{name}", "wb"):
            pass
    until(lambda: len(people.objects("pshm")) == 22)
    r = people.run("prlimit", "--cpu=60", IPCX, "ls", "pshm", "--where", f"name =~ '{pattern}'")
    assert r.rc == 0, (r.rc, r.err)


def test_a_name_is_one_line(people):
    """A line break in a name is not an anchor: neither ^ nor $ matches there."""
    for name in ("x\n/keepx", "zz\nb", "/keep\n"):
        with open(f"/proc/{people.pid}/root/dev/shm/{name.replace('/', '_')}", "wb"):
            pass
    made = [o["name"] for o in people.objects("pshm") if "\n" in o["name"]]
    assert len(made) == 3
    for pattern, found in (("^_keep", 0), ("^b", 0), (".^b", 0), ("zz$", 0), ("zz.b$", 1), ("^/x[[:space:]]", 1)):
        names = [o["name"] for o in people.objects("pshm", "--where", f"name =~ '{pattern}'")]
        assert len([n for n in names if n in made]) == found, (pattern, names)
