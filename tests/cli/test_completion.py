# SPDX-License-Identifier: GPL-2.0-or-later
"""Completion in the real shells, from the program's tables and from live objects."""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import subprocess

import pytest
from conftest import IPCX

HERE = os.path.dirname(os.path.abspath(__file__))
COMPLETION = os.path.abspath(os.path.join(HERE, "../../completion"))
BIN = os.path.dirname(IPCX)

# Interactive shells: TAB completes, M-* inserts every candidate (bash), ^X^P prints the line.
BASH = r"""
cd
PS1='ready> '
source "$COMPLETION/ipcx.bash"
tell() { printf '%s\n' "$READLINE_LINE" >"$TELL"; }
bind 'set bell-style none'
bind -x '"\C-x\C-p": tell'
"""

ZSH = r"""
cd
PROMPT='ready> '
unsetopt beep
fpath=("$COMPLETION" $fpath)
autoload -Uz compinit
compinit -u -D
tell() { print -r -- "$BUFFER" >"$TELL"; }
zle -N tell
bindkey '^X^P' tell
bindkey '^I' complete-word  # by default zsh itself expands $(...) first
"""

FISH = "cd; source $COMPLETION/ipcx.fish; complete -C $LINE"

SHELLS = {
    "bash": (".bashrc", BASH, ["bash", "--noprofile", "-i"]),
    "zsh": (".zshrc", ZSH, ["zsh", "-d", "-i"]),
}

TAB, EVERY, TELL = "\t", "\x1b*", "\x18\x10"


def need(shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")


def environment(world, **more):
    return dict(PATH=BIN + ":" + os.environ["PATH"], COMPLETION=COMPLETION, HOME=world.dir, **more)


@contextlib.contextmanager
def terminal(world, shell):
    """Start a shell on a terminal; yield typed(text), which returns the edited line and what the terminal showed."""
    need(shell)
    file, text, argv = SHELLS[shell]
    with open(os.path.join(world.dir, file), "w", encoding="ascii") as f:
        f.write(text)
    tell = os.path.join(world.dir, "tell")
    os.mkfifo(tell)
    told = os.open(tell, os.O_RDWR | os.O_CLOEXEC)
    master, slave = pty.openpty()
    env = environment(world, TELL=tell, TERM="xterm", LC_ALL="C.UTF-8", COLUMNS="200", INPUTRC="/dev/null")
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    child = subprocess.Popen(world.argv(*argv), stdin=slave, stdout=slave, stderr=slave, env=env,
                             start_new_session=True)
    os.close(slave)

    def until(fd, end):
        got = {master: b"", told: b""}
        while end not in got[fd]:
            ready = select.select([master, told], [], [], 60)[0]
            assert ready, (got, "the shell says nothing any more")
            for one in ready:
                got[one] += os.read(one, 65536)
        return got[told].decode().rstrip("\n"), got[master].decode("utf-8", "replace")

    def typed(text):
        # ^U: a new line.
        os.write(master, b"\x15" + (text + TELL).encode())
        return until(told, b"\n")

    try:
        until(master, b"ready> ")
        yield typed
    finally:
        child.kill()
        child.wait()
        os.close(master)
        os.close(told)


def fish(world, line):
    need("fish")
    return world.run("fish", "--no-config", "-c", FISH, env=environment(world, LINE=line)).lines


def candidates(world, *words):
    r = world.ipcx("complete", "--", *words)
    assert r.rc == 0
    return [line.split("\t") for line in r.lines]


def test_commands_are_offered_with_their_summaries(world, dump):
    offered = dict(candidates(world, ""))
    for c in dump["commands"]:
        if not c["hidden"] and " " not in c["name"]:
            assert offered[c["name"]] == c["summary"]
    assert "complete" not in offered


def test_commands_of_two_words(world, dump):
    first = {c["name"].split()[0] for c in dump["commands"] if not c["hidden"]}
    assert [w for w, _ in candidates(world, "")] == list(dict.fromkeys(w for w, _ in candidates(world, ""))), "each once"
    assert {w for w, _ in candidates(world, "")} == first
    for noun in first:
        below = {c["name"].split()[1]: c["summary"] for c in dump["commands"] if c["name"].startswith(noun + " ")}
        if noun not in ("limits", "stress"):  # they have operands of their own
            assert not below or dict(candidates(world, noun, "")) == below
    assert candidates(world, "shm", "re") == [["read", "Read memory: raw, as a dump, or its strings"]]
    assert candidates(world, "pshm", "frob", "") == []


def test_a_command_of_one_mechanism_offers_its_objects(world):
    world.ok("mk", "shm", "--size", "1", "--count", "2")
    world.ok("mk", "pshm", "/cache", "--size", "1")
    world.ok("mk", "psem", "/other", "--init", "1")
    assert [w for w, _ in candidates(world, "shm", "read", "")] == ["0", "1"]
    assert [w for w, _ in candidates(world, "shm", "copy", "0", "")] == ["0", "1"]
    assert [w for w, _ in candidates(world, "pshm", "fill", "")] == ["/cache"]
    assert [w for w, _ in candidates(world, "shm", "copy", "0", "ps")] == ["pshm:/cache", "psem:/other"]


@pytest.mark.parametrize("name", ["ls", "show", "mk", "rm", "set", "limits", "key"])
def test_options_are_offered_with_their_help(world, dump, name):
    c = next(c for c in dump["commands"] if c["name"] == name)
    offered = dict(candidates(world, name, "--"))
    for o in c["options"]:
        assert offered["--" + o["name"]] == o["help"]


def test_fields_are_offered_in_lists_and_conditions(world):
    assert ["size", "size"] in candidates(world, "ls", "-o", "siz")
    assert candidates(world, "ls", "-o", "ref,+nat")[0][0] == "ref,+nattch"
    assert candidates(world, "ls", "--sort", "-natt")[0][0] == "-nattch"
    assert candidates(world, "ls", "--where", "size > 1 && natt")[0][0] == "size > 1 && nattch"
    assert candidates(world, "ls", "--output=natt")[0][0] == "--output=nattch"


# Typed text, and whether it is completed (V4: a field that no queried mechanism has is wrong usage).
FIELDS = [
    (["ls", "-o", "nsem"], True), (["ls", "shm", "-o", "nsem"], False), (["ls", "sem", "-o", "nsem"], True), (["rm", "posix", "-w", "natt"], False),
    (["rm", "shm", "posix", "-w", "natt"], True), (["show", "pshm:/x", "--sort", "natt"], False), (["set", "msg:5", "-w", "qby"], True),
    (["ls", "-o", "p99"], False), (["ls", "-o", "perc"], False), (["stress", "--sort", "p9"], True),
    (["limits", "-w", "perc"], True), (["limits", "-w", "natt"], False), (["limits", "--for", "shm:1", "-o", "need"], True),
]


@pytest.mark.parametrize("words, some", FIELDS)
def test_only_fields_that_are_accepted_are_offered(world, words, some):
    assert bool(candidates(world, *words)) == some
    if not some:
        field = next(f["name"] for f in json.loads(world.ok("help", "--dump"))["fields"] if f["name"].startswith(words[-1]))
        condition = f"{field} == null" if words[-2] == "-w" else field
        r = world.ipcx(*words[:-1], condition)
        assert r.rc == 2 and "no field" in r.err, r.err


# Typed text, and the first candidates.
WORDS = [
    (["ls", "--format", "js"], ["json", "jsonl"]),
    (["ls", "--colour=a"], ["--colour=auto", "--colour=always"]),
    (["ls", "--where=size>1&&natt"], ["--where=size>1&&nattch"]),
    (["-v", "ls", "pos"], ["posix"]),
    (["ls", "--", "--fo"], []),
    (["mk", "--huge", "psh"], ["pshm"]),
    (["mk", "shm", "--from", "x"], [":files"]),
    (["mk", "shm", "--from=x"], [":files"]),
    (["set", "shm:0", "--owner", "r"], [":users"]),
    (["set", "shm:0", "--owner", "root:r"], [":groups"]),
    (["set", "shm:0", "--owner=:"], [":groups"]),
    (["key", "sh"], [":files"]),
    (["key", "--explain", "sh"], ["shm"]),
    (["key", "--json", "--explain", "shm:7", "ms"], ["msg"]),
    (["key", "--explain", "--", "ms"], ["msg"]),
    (["key", "--", "--explain", "ms"], [":files"]),
    (["key", "--reverse", "0x1", "ms"], [":files"]),
    (["limits", "--for", "s"], ["shm:", "sem:"]),
    (["limits", "--for=ps"], ["--for=pshm:", "--for=psem:"]),
    (["limits", "--for", "shm:4"], []),
    (["limits", "shmma"], ["shmmax"]),
    (["limits", "shmmi"], ["shmmin"]),
    (["limits", "se"], ["set", "semmsl", "semmns", "semopm", "semmni", "semvmx"]),
    (["limits", "set", "shmma"], ["shmmax="]),
    (["limits", "set", "shmmi"], []),  # cannot be set
    (["limits", "shmall", "se"], ["semmsl", "semmns", "semopm", "semmni", "semvmx"]),
    (["stress", "compare", "--workload", "one"], ["one-way"]),
    (["stress", "compare", "--workload", "setup,one"], ["setup,one-way"]),
    (["stress", "compare", "seq"], ["seqpacket"]),
    (["stress", "--workload", "churn,tr"], ["churn,transfer"]),
    (["stress", "--workload=rem"], ["--workload=remove-under-waiters"]),
    (["stress", "--cpus", "1,a"], ["1,any"]),
    (["stress", "comp"], ["compare"]),
    (["stress", "ps"], ["pshm", "psem"]),
    (["help", "lim"], ["limits"]),
    (["help", "limits", ""], ["set"]),
    (["help", "ls", ""], []),
    (["nonsense", ""], []),
    ([], []),
]


@pytest.mark.parametrize("words, offered", WORDS, ids=lambda w: " ".join(w))
def test_arguments_are_offered(world, words, offered):
    assert [c[0] for c in candidates(world, *words)] == offered


def test_limits_are_offered_with_what_they_limit(world):
    what = {row["name"]: row["what"] for row in world.ipcx("limits", "--json").json["limits"]}
    assert dict(candidates(world, "limits", "sh")) == {n: w for n, w in what.items() if n.startswith("sh")}


def test_live_objects_are_offered(world):
    world.ok("mk", "shm", "--size", "1")
    world.ok("mk", "mq", "/jobs", "--maxmsg", "1", "--msgsize", "8")
    assert ["shm:0", "root"] in candidates(world, "show", "shm:")
    assert ["0", "root"] in candidates(world, "rm", "shm", "")
    assert candidates(world, "key", "--explain", "shm:") == [["shm:0", "root"]]
    assert ["/jobs", "root"] in candidates(world, "rm", "mq", "/")
    assert ["mq:/jobs", "root"] in candidates(world, "rm", "m")


HOSTILE = ["a b", "$(touch ran)", "`touch ran`", "q'u\"ote", "e\x1bsc", "semi;colon", "glob*", "back\\slash",
           "co:l=on@", "!bang", "~tilde", "#hash", "new\nline", "grün", "and&&touch ran", "50%", "%41"]


def dev_shm(world, *name):
    return os.path.join(f"/proc/{world.pid}/root/dev/shm", *name)


def make(world, name):
    with open(dev_shm(world, name), "wb"):
        pass


def removes_all(world, shell, line):
    """Run a completed line in the shell that completed it: the line removes every object and runs nothing else."""
    r = world.run(shell, "-c", "cd\n" + line, env=environment(world))
    assert (r.rc, r.err, os.listdir(dev_shm(world))) == (0, "", []), line
    assert not os.path.exists(os.path.join(world.dir, "ran"))


def test_hostile_names_completed_all_at_once(world):
    for name in HOSTILE:
        make(world, name)
    with terminal(world, "bash") as typed:
        # Each candidate replaces the text after the colon.
        removes_all(world, "bash", typed("ipcx rm pshm:" + EVERY)[0].replace(" /", " pshm:/"))


@pytest.mark.parametrize("word", ["pshm:", "pshm /", "'pshm:/", '"pshm:/', "pshm '/"])
@pytest.mark.parametrize("shell", SHELLS)
def test_hostile_names_completed_one_by_one(world, shell, word):
    with terminal(world, shell) as typed:
        for name in HOSTILE:
            # A name with invisible characters is offered as a reference, never as a name.
            if name.isprintable() or ":" in word:
                make(world, name)
                removes_all(world, shell, typed("ipcx rm " + word + TAB)[0])


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_continues_a_partial_name(world, shell):
    for name in ("a b c", "a b d"):
        make(world, name)
    with terminal(world, shell) as typed:
        line = typed("ipcx rm pshm:/a" + TAB)[0]
        assert line == "ipcx rm pshm:/a%20b%20"
        assert typed(line + "c" + TAB)[0].rstrip() == line + "c"


@pytest.mark.parametrize("shell", SHELLS)
def test_no_word_of_the_line_is_evaluated(world, shell):
    with terminal(world, shell) as typed:
        for word in ("$(touch ran)", "`touch ran`", "<(touch ran)", "$((touch ran))", "a[$(touch ran)]"):
            typed(f"ipcx rm {word} po" + TAB)
            typed(f"ipcx ls -o {word}" + TAB)
    assert not os.path.exists(os.path.join(world.dir, "ran"))


# Typed text, and the line after TAB.
LINES = [
    ("ipcx lim", "ipcx limits"),
    ("ipcx show sh", "ipcx show shm"),
    ("ipcx show shm:", "ipcx show shm:0"),
    ("ipcx ls --form", "ipcx ls --format"),
    ("ipcx ls --format=tab", "ipcx ls --format=table"),
    ("ipcx ls --format tab", "ipcx ls --format table"),
    ("ipcx ls -o ref,+natt", "ipcx ls -o ref,+nattch"),
    ("ipcx ls --sort -natt", "ipcx ls --sort -nattch"),
    ("ipcx ls --where 'size > 1 && natt", "ipcx ls --where 'size > 1 && nattch'"),
    ('ipcx ls --where "size > 1 && natt', 'ipcx ls --where "size > 1 && nattch"'),
    ("ipcx limits set shmma", "ipcx limits set shmmax="),
    ("ipcx mk pshm /x --from=some-fi", "ipcx mk pshm /x --from=some-file"),
    ("ipcx mk pshm /x --from some-fi", "ipcx mk pshm /x --from some-file"),
    ("ipcx mk shm --owner roo", "ipcx mk shm --owner root"),
    ("ipcx mk shm --owner=roo", "ipcx mk shm --owner=root"),
    ("ipcx mk shm --owner daemon:roo", "ipcx mk shm --owner daemon:root"),
    ("ipcx mk shm --owner=daemon:roo", "ipcx mk shm --owner=daemon:root"),
    ("ipcx mk shm --owner :roo", "ipcx mk shm --owner :root"),
    ("ipcx key --explain shm:", "ipcx key --explain shm:0"),
    ("ipcx limits --for sh", "ipcx limits --for shm:"),
    ("ipcx limits --for=sh", "ipcx limits --for=shm:"),
]


@pytest.mark.parametrize("shell", SHELLS)
def test_lines(world, shell):
    world.ok("mk", "shm", "--size", "1")
    with open(os.path.join(world.dir, "some-file"), "wb"):
        pass
    wrong = []
    with terminal(world, shell) as typed:
        for line, wanted in LINES:
            got = typed(line + TAB)[0]
            # A blank follows a complete word, but not a partial one.
            blank = "" if wanted.endswith(("=", "shm", "shm:")) else " "
            if got.rstrip() != wanted or (blank == "" and got != wanted):
                wrong.append((line, wanted, got))
    assert not wrong, "\n".join(map(str, wrong))


def test_bash_with_other_word_breaks(world):
    world.ok("mk", "shm", "--size", "1")
    with terminal(world, "bash") as typed:
        typed("COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}\r")
        assert typed("ipcx show shm:" + TAB)[0] == "ipcx show shm:0 "
        assert typed("ipcx ls --format=tab" + TAB)[0] == "ipcx ls --format=table "


def test_bash_reads_up_to_the_cursor(world):
    with terminal(world, "bash") as typed:
        assert typed("ipcx ls pos --json" + "\x1bb\x1bb\x06\x06\x06" + TAB)[0] == "ipcx ls posix --json"


def test_zsh_shows_descriptions(world):
    with terminal(world, "zsh") as typed:
        assert re.search("show +-- Show everything about objects", typed("ipcx s" + TAB)[1])


def test_fish(world, dump):
    need("fish")
    world.ok("mk", "shm", "--size", "1")
    wrong = []
    about = {c["name"]: c["summary"] for c in dump["commands"]}
    for line, offered in [
        ("ipcx lim", "limits\t" + about["limits"]),
        ("ipcx show shm:", "shm:0\troot"),
        ("ipcx ls --form", "--format\ttable, json, jsonl, csv, export or raw"),
        ("ipcx ls --format=tab", "--format=table\taligned columns"),
        ("ipcx ls --where 'size > 1 && natt", "size > 1 && nattch\tattaches (mappings, not processes)"),
        ("ipcx mk shm --from=/etc/passw", "--from=/etc/passwd"),
        ("ipcx mk shm --from /etc/passw", "/etc/passwd"),
        ("ipcx mk shm --owner roo", "root\troot"),
        ("ipcx mk shm --owner=roo", "--owner=root\troot"),
        ("ipcx mk shm --owner daemon:roo", "daemon:root"),
        ("ipcx mk shm --owner=daemon:roo", "--owner=daemon:root"),
        ("ipcx key --explain shm:", "shm:0\troot"),
        ("ipcx limits --for sh", "shm:\t[COUNTx]SIZE[,huge[=PAGE]]"),
        ("ipcx rm $(touch ran) (touch ran) po", "posix\tall POSIX mechanisms"),
    ]:
        got = fish(world, line)
        if offered not in got:
            wrong.append((line, offered, got))
    assert not wrong
    assert not os.path.exists(os.path.join(world.dir, "ran"))


def test_fish_offers_hostile_names_unquoted(world):
    for name in HOSTILE:
        make(world, name)
    for line in ("ipcx rm pshm:", "ipcx rm 'pshm:/", 'ipcx rm "pshm:/'):
        offered = [line.split("\t")[0] for line in fish(world, line)]
        assert sorted(offered) == sorted(o["ref"] for o in world.objects("pshm"))
    assert not os.path.exists(os.path.join(world.dir, "ran"))
