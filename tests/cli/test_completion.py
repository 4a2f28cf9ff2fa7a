# SPDX-License-Identifier: GPL-2.0-or-later
"""What shells offer: the tables of the program and live objects, in the real shells."""

import os
import shutil

import pytest
from conftest import IPCX

HERE = os.path.dirname(os.path.abspath(__file__))
COMPLETION = os.path.join(HERE, "../../completion")
BIN = os.path.dirname(IPCX)

BASH = r'''
PATH="$BIN:$PATH"
source "$COMPLETION/ipcx.bash"
compopt() { :; }
COMP_LINE=$1
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_ipcx
printf '%s\n' "${COMPREPLY[@]}"
'''

ZSH = r'''
PATH="$BIN:$PATH"
_describe() { print -rl -- "${(@P)@[-1]}" }
_files() { print -r -- FILES }
_users() { print -r -- USERS }
words=("$@")
CURRENT=$#
source "$COMPLETION/_ipcx"
'''

FISH = 'set -x PATH $BIN $PATH; source $COMPLETION/ipcx.fish; complete -C $LINE'


def need(shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")


def env(world, **more):
    return dict(BIN=BIN, COMPLETION=COMPLETION, HOME=world.dir, **more)


def bash(world, line, *words):
    need("bash")
    r = world.run("bash", "--norc", "-c", BASH, "bash", line, *words, env=env(world))
    assert r.rc == 0 and r.err == "", r.err
    return r.lines


def zsh(world, *words):
    need("zsh")
    r = world.run("zsh", "-f", "-c", ZSH, "zsh", *words, env=env(world))
    assert r.err == "", r.err
    return r.lines


def fish(world, line):
    need("fish")
    r = world.run("fish", "--no-config", "-c", FISH, env=env(world, LINE=line))
    return r.lines


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


def test_formats_when_limits_and_commands(world):
    assert [c[0] for c in candidates(world, "ls", "--format", "js")] == ["json", "jsonl"]
    assert [c[0] for c in candidates(world, "ls", "--colour=a")] == ["--colour=auto", "--colour=always"]
    assert candidates(world, "limits", "shmma")[0][0] == "shmmax"
    assert candidates(world, "limits", "set", "shmma")[0][0] == "shmmax="
    assert candidates(world, "limits", "se")[0][0] == "set"
    assert candidates(world, "help", "lim")[0][0] == "limits"


def test_live_references(world):
    world.ok("mk", "shm", "--size", "1")
    world.ok("mk", "mq", "/jobs", "--maxmsg", "1", "--msgsize", "8")
    assert ["shm:0", "root"] in candidates(world, "show", "shm:")
    assert ["0", "root"] in candidates(world, "rm", "shm", "")
    assert ["/jobs", "root"] in candidates(world, "rm", "mq", "/")
    assert ["mq:/jobs", "root"] in candidates(world, "rm", "m")


HOSTILE = ["a b", "$(touch ran)", "q'u\"ote", "e\x1bsc", "semi;colon", "glob*"]


def test_bash_offers_hostile_names_quoted(world):
    for name in HOSTILE:
        world.ok("mk", "pshm", name, "--size", "1")
    lines = bash(world, "ipcx rm pshm:", "ipcx", "rm", "pshm", ":")
    assert len(lines) == len(HOSTILE)
    # Each, put into a command line again, names its object.
    for line in lines:
        r = world.run("bash", "--norc", "-c", f'cd "$1"; "$IPCX" rm pshm:{line}', "bash", world.dir,
                      env=dict(IPCX=IPCX))
        assert r.rc == 0, (line, r.err)
    assert os.listdir(world.dir) == []
    assert world.objects("pshm") == []


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
