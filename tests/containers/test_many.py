# SPDX-License-Identifier: GPL-2.0-or-later
"""1,000 containers, each in an IPC namespace of its own: every command finds all of them."""

import json
import os
import subprocess

import pytest

import conftest

N = 1000


class Many:
    """A world with N processes, which state files of runc in this world call c0, c1, …"""

    def __init__(self, folder):
        program = os.path.join(folder, "many")
        subprocess.run(["cc", "-O1", "-o", program, os.path.join(conftest.HERE, "many.c")], check=True)
        self.world = conftest.worlds.World(setup=conftest.SETUP)
        self.process = subprocess.Popen(self.world.argv(program, N), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pids = []
        for line in self.process.stdout:
            if line == "\n":
                break
            self.pids.append(int(line))
        assert len(self.pids) == N
        name = os.path.join(folder, "state.py")
        with open(name, "w", encoding="ascii") as f:
            f.write("import json, os, sys\nfor i, pid in enumerate(json.load(sys.stdin)):\n"
                    "    os.makedirs(f'/run/runc/c{i}')\n"
                    "    began = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[19]\n"
                    "    json.dump({'id': f'c{i}', 'init_process_pid': pid, 'init_process_start': int(began)}, open(f'/run/runc/c{i}/state.json', 'w'))\n")
        os.chmod(folder, 0o755)
        r = self.world.run("/usr/bin/python3", name, input=json.dumps(self.pids))
        assert r.rc == 0, r.err

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=60)
        self.world.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("names of containers need root")
    m = Many(str(tmp_path_factory.mktemp("many")))
    yield m
    m.close()


def rows(many, top, *words):
    r = many.world.ipcx(*words, "--json", timeout=300)
    assert r.rc == 0 and r.err == "", (words, r.err)
    return r.json[top]


WANT = {f"runc:c{i}" for i in range(N)}


def test_each_is_listed_with_its_name(many):
    named = {row["container"]: row for row in rows(many, "namespaces", "ns", "ls") if row["container"]}
    assert set(named) == WANT
    assert {row["pid"] for row in named.values()} == set(many.pids)
    assert {(row["processes"], row["objects"], row["kept_by"]) for row in named.values()} == {(1, 1, "processes")}
    assert len({row["ns"] for row in named.values()}) == N


def test_the_objects_of_all_are_listed(many):
    found = {(row["container"], int(row["key"], 16)) for row in rows(many, "objects", "ls", "msg", "--ns", "all")}
    assert found == {(f"runc:c{i}", 0x1000 + i) for i in range(N)}


def test_the_limits_of_all_are_listed(many):
    found = [row for row in rows(many, "limits", "limits", "msgmni", "--ns", "all") if row["container"]]
    assert {row["container"] for row in found} == WANT and len(found) == N
    assert {row["used"] for row in found} == {1}


@pytest.mark.parametrize("i", [0, 499, N - 1])
def test_one_of_them_is_found_by_its_name(many, i):
    for where in (f"c{i}", f"runc:c{i}", str(many.pids[i])):
        assert [int(row["key"], 16) for row in rows(many, "objects", "ls", "msg", "--ns", where)] == [0x1000 + i]
    r = many.world.ipcx("ls", "--ns", f"c{N}")
    assert r.rc == 3 and r.err, r
