# SPDX-License-Identifier: GPL-2.0-or-later
"""What shells offer: the tables of the program and live objects, in the real shells."""

import contextlib
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

# Interactive shells: TAB completes, M-* puts every candidate into the line, ^X^P tells the line.
BASH = r"""
PS1='ready> '
source "$COMPLETION/ipcx.bash"
tell() { printf '%s\n' "$READLINE_LINE" >"$TELL"; }
bind 'set bell-style none'
bind -x '"\C-x\C-p": tell'
"""

ZSH = r"""
PROMPT='ready> '
unsetopt beep
fpath=("$COMPLETION" $fpath)
autoload -Uz compinit
compinit -u -D
tell() { print -r -- "$BUFFER" >"$TELL"; }
zle -N tell
bindkey '^X^P' tell
zle -C every complete-word _generic
zstyle ':completion:every::::' completer _all_matches _complete
bindkey '\e*' every
"""

FISH = "source $COMPLETION/ipcx.fish; complete -C $LINE"

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
    """A shell at a terminal; answers typed(text), which answers the line edited and what the terminal showed."""
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
    shell = subprocess.Popen(world.argv(*argv), stdin=slave, stdout=slave, stderr=slave, env=env, cwd=world.dir,
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
        shell.kill()
        shell.wait()
        os.close(master)
        os.close(told)


def fish(world, line):
    need("fish")
    return world.run("fish", "--no-config", "-c", FISH, env=environment(world, LINE=line), cwd=world.dir).lines


def candidates(world, *words):
    r = world.ipcx("complete", "--", *words)
    assert r.rc == 0
    return [line.split("\t") for line in r.lines]


def test_commands_with_what_they_do(world, dump):
    offered = dict(candidates(world, ""))
    for c in dump["commands"]:
        if not c["hidden"] and " " not in c["name"]:
            assert offered[c["name"]] == c["summary"]
    assert "complete" not in offered


@pytest.mark.parametrize("name", ["ls", "show", "mk", "rm", "set", "limits", "key"])
def test_options_with_their_help(world, dump, name):
    c = next(c for c in dump["commands"] if c["name"] == name)
    offered = dict(candidates(world, name, "--"))
    for o in c["options"]:
        assert offered["--" + o["name"]] == o["help"]


def test_fields_in_lists_and_conditions(world):
    assert ["size", "size"] in candidates(world, "ls", "-o", "siz")
    assert candidates(world, "ls", "-o", "ref,+nat")[0][0] == "ref,+nattch"
    assert candidates(world, "ls", "--sort", "-natt")[0][0] == "-nattch"
    assert candidates(world, "ls", "--where", "size > 1 && natt")[0][0] == "size > 1 && nattch"
    assert candidates(world, "ls", "--output=natt")[0][0] == "--output=nattch"


# What is typed, and the candidates that begin the answer.
WORDS = [
    (["ls", "--format", "js"], ["json", "jsonl"]),
    (["ls", "--colour=a"], ["--colour=auto", "--colour=always"]),
    (["ls", "--where=size>1&&natt"], ["--where=size>1&&nattch"]),
    (["-v", "ls", "pos"], ["posix"]),
    (["ls", "--", "--fo"], []),
    (["ls", "-w", "--"], []),
    (["mk", "--huge", "psh"], ["pshm"]),
    (["mk", "shm", "--from", "x"], [":files"]),
    (["mk", "shm", "--from=x"], [":files"]),
    (["set", "shm:0", "--owner", "r"], [":users"]),
    (["limits", "shmma"], ["shmmax"]),
    (["limits", "shmmi"], ["shmmin"]),
    (["limits", "se"], ["set", "semmsl", "semmns", "semopm", "semmni", "semvmx"]),
    (["limits", "set", "shmma"], ["shmmax="]),
    (["limits", "set", "shmmi"], []),  # cannot be set
    (["limits", "shmall", "se"], ["semmsl", "semmns", "semopm", "semmni", "semvmx"]),
    (["help", "lim"], ["limits"]),
    (["help", "limits", ""], ["set"]),
    (["help", "ls", ""], []),
    (["nonsense", ""], []),
    ([], []),
]


@pytest.mark.parametrize("words, offered", WORDS, ids=lambda w: " ".join(w))
def test_words(world, words, offered):
    assert [c[0] for c in candidates(world, *words)] == offered


def test_limits_with_what_they_stop(world):
    what = {row["name"]: row["what"] for row in world.ipcx("limits", "--json").json["limits"]}
    assert dict(candidates(world, "limits", "sh")) == {n: w for n, w in what.items() if n.startswith("sh")}


def test_live_references(world):
    world.ok("mk", "shm", "--size", "1")
    world.ok("mk", "mq", "/jobs", "--maxmsg", "1", "--msgsize", "8")
    assert ["shm:0", "root"] in candidates(world, "show", "shm:")
    assert ["0", "root"] in candidates(world, "rm", "shm", "")
    assert ["/jobs", "root"] in candidates(world, "rm", "mq", "/")
    assert ["mq:/jobs", "root"] in candidates(world, "rm", "m")


HOSTILE = ["a b", "$(touch ran)", "`touch ran`", "q'u\"ote", "e\x1bsc", "semi;colon", "glob*", "back\\slash", "co:l=on@",
           "!bang", "~tilde", "#hash", "new\nline", "grün", "and&&touch ran"]


@pytest.fixture
def hostile(world):
    for name in HOSTILE:
        assert world.run("python3", "-c", "import sys; open('/dev/shm/' + sys.argv[1], 'w')", name).rc == 0
    assert len(world.objects("pshm")) == len(HOSTILE)
    yield world
    assert not [f for f in os.listdir(world.dir) if f == "ran"]


@pytest.mark.parametrize("word", ["pshm:", "pshm:/", "'pshm:/", '"pshm:/', "pshm /", "pshm '/"])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_line_completed_with_hostile_names_removes_their_objects(hostile, shell, word):
    refs = [ref for ref, _ in candidates(hostile, "rm", "pshm:")]
    word, bare = (word, False) if ":" in word else (word[5:], True)
    for ref in refs:
        name = ref.split(":", 1)[1] if bare else ref
        with contextlib.ExitStack() as stack:
            pass


def test_bash(world):
    world.ok("mk", "shm", "--size", "1")
    assert "ls" in bash(world, "ipcx ", "ipcx", "")
    assert bash(world, "ipcx show shm:", "ipcx", "show", "shm", ":") == ["0"]
    assert bash(world, "ipcx ls --format=js", "ipcx", "ls", "--format", "=", "js") == ["json", "jsonl"]
    assert "root" in bash(world, "ipcx set shm:0 --owner ro", "ipcx", "set", "shm", ":", "0", "--owner", "ro")


def test_zsh(world):
    world.ok("mk", "shm", "--size", "1")
    assert "ls:list objects" in zsh(world, "ipcx", "l")
    assert zsh(world, "ipcx", "show", "shm:") == ["shm\\:0:root"]
    assert "FILES" in zsh(world, "ipcx", "mk", "shm", "--from", "")
    assert "USERS" in zsh(world, "ipcx", "set", "shm:0", "--owner", "")


def test_fish(world):
    world.ok("mk", "shm", "--size", "1")
    world.ok("mk", "pshm", "$(touch ran)", "--size", "1")
    assert "ls\tlist objects" in fish(world, "ipcx l")
    assert "shm:0\troot" in fish(world, "ipcx show shm:")
    assert any("touch" in line for line in fish(world, "ipcx rm pshm:"))
