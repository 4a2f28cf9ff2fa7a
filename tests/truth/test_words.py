# SPDX-License-Identifier: GPL-2.0-or-later
"""Each word of a command line counts once and is not passed over: mechanisms, references, fields, values. What acts stops where its record does."""

import pytest

from helpers.real import on_terminal


def refs(world, *words):
    return world.ok("ls", "-q", *words).split()


# ---- values that there are none of


@pytest.mark.parametrize("command", [["ls", "shm"], ["rm"], ["set", "shm", "--mode", "0600"], ["limits"]])
@pytest.mark.parametrize("where,says", [
    ("mech == smh", 'column 9 of the expression: mech is never "smh": did you mean shm?'),
    ("mech != 'mqq'", 'column 9 of the expression: mech is never "mqq": did you mean mq?'),
    ("limit > 1 || 'pshn' == mech", 'column 14 of the expression: mech is never "pshn": did you mean pshm?'),
    ("mech == queue", 'column 9 of the expression: mech is never "queue": it is shm, msg, sem, mq, pshm or psem'),
])
def test_a_mechanism_that_there_is_none_of(world, command, where, says):
    world.ok("mk", "shm", "--size", 1)
    r = world.ipcx(*command, "-w", where)
    assert (r.rc, r.out) == (2, "") and says in r.err, r.err
    assert len(refs(world)) == 1


def test_words_of_other_fields(world):
    world.ok("mk", "shm", "--size", 1)
    r = world.ipcx("rm", "shm", "-w", "status != dset")
    assert r.rc == 2 and 'status is never "dset": did you mean dest?' in r.err and refs(world) == ["shm:0"]
    for where, n in (("mech =~ smh", 0), ("mech =~ shm", 1), ("mech == shm", 1), ("mech < smh", 1), ("status == 'dest,locked'", 0)):
        assert len(refs(world, "shm", "-w", where)) == n, where


# ---- the question


@pytest.mark.parametrize("more", [["--all"], ["-w", "size > 0"], ["--unused"]])
def test_the_question_has_names(world, more):
    world.ok("mk", "shm", "--size", 1, "--count", 2)
    owner = world.objects("shm")[0]["owner"]
    assert owner == "root"
    status, text = on_terminal(world, "rm", "shm", *more, answer="n")
    lines = [line.split() for line in text.splitlines()]
    assert status == 1 and lines[0][2] == "OWNER" and [line[2] for line in lines[1:3]] == [owner] * 2
    status, text = on_terminal(world, "rm", "shm", *more, "-n", answer="n")
    assert status == 1 and text.splitlines()[1].split()[2] == "0"


def test_the_question_about_a_list_has_names(world):
    world.ok("mk", "shm", "--size", 1, "--count", 2)
    assert world.sh(f'"$IPCX" ls -q >{world.dir}/list').rc == 0
    status, text = on_terminal(world, "rm", "--from", f"{world.dir}/list", answer="n")
    assert status == 1 and [line.split()[2] for line in text.splitlines()[:3]] == ["OWNER", "root", "root"]
