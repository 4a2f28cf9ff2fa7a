# SPDX-License-Identifier: GPL-2.0-or-later
"""The two programs under comparison, and the worlds in which both run.

IPCX_COMPAT_REFERENCE  directory of the originals (default: from PATH)
IPCX_COMPAT_SUBJECT    directory of programs to test in place of ipcx, to check the suite itself
IPCX_COMPAT_RECORD     record the reference's answers where older versions differ"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../cli"))
spec = importlib.util.spec_from_file_location("world", os.path.join(HERE, "../cli/conftest.py"))
worlds = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worlds)

PYTHON = "/usr/bin/python3"
TOOLS = ("ipcs", "ipcmk", "ipcrm", "lsipc")
CHANGERS = ("ipcmk", "ipcrm")
RECORDED = os.path.join(HERE, "data/recorded.json")


class Programs:
    """Create a directory with programs of the four names."""

    def __init__(self, where):
        self.dir = where

    def path(self, tool):
        return os.path.join(self.dir, tool)

    @property
    def version(self):
        text = subprocess.run([self.path("ipcs"), "--version"], stdout=subprocess.PIPE, check=True, text=True).stdout
        return tuple(int(n) for n in re.search(r"util-linux (\d+)\.(\d+)", text).groups())


class Place:
    """A world in a given state; commands run in it one after another."""

    def __init__(self, state):
        self.world = worlds.World()
        self.agent = subprocess.Popen(
            self.world.argv(PYTHON, os.path.join(HERE, "agent.py"), state, self.world.dir), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
        assert self.agent.stdout.readline() == "ready\n", f"the state {state} could not be made"

    def ask(self, **what):
        self.agent.stdin.write(json.dumps(what) + "\n")
        self.agent.stdin.flush()
        answer = json.loads(self.agent.stdout.readline())
        assert "broken" not in answer, answer
        assert "Sanitizer" not in answer.get("err", ""), answer["err"]
        return answer

    def run(self, programs, case, **more):
        """Return the answer to a case of the program that the case names."""
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC0", **case.env}
        env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        how = {k: v for k, v in case.how.items()}
        return self.ask(path=programs.path(case.tool), argv=[case.tool, *case.words], env=env, **how, **more)

    def left(self):
        return self.ask(left=True)

    def close(self):
        self.agent.stdin.close()
        self.agent.wait(timeout=30)
        self.agent.stdout.close()
        self.world.close()


@pytest.fixture(scope="session")
def reference():
    where = os.environ.get("IPCX_COMPAT_REFERENCE")
    if not where:
        found = shutil.which("lsipc") or pytest.skip("no util-linux here")
        where = os.path.dirname(os.path.realpath(found))
    return Programs(where)


@pytest.fixture(scope="session")
def subject():
    given = os.environ.get("IPCX_COMPAT_SUBJECT")
    if given:
        yield Programs(given)
        return
    where = tempfile.mkdtemp(prefix="ipcx-test.")
    os.chmod(where, 0o755)
    for tool in TOOLS:
        os.symlink(worlds.IPCX, os.path.join(where, tool))
    yield Programs(where)
    shutil.rmtree(where)


@pytest.fixture(scope="session")
def is_ipcx():
    """Return whether the programs under test are those of ipcx; the originals do not have the fixes of ipcx."""
    return not os.environ.get("IPCX_COMPAT_SUBJECT")


@pytest.fixture(scope="session")
def places():
    """Return the world of a state, created on first use."""
    made = {}

    def place(state):
        if state not in made:
            made[state] = None
            made[state] = Place(state)
        assert made[state], "it could not be made before"
        return made[state]

    yield place
    for one in filter(None, made.values()):
        one.close()


@pytest.fixture
def place():
    """Create a world that only one test uses."""
    made = []

    def make(state):
        made.append(Place(state))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def recorded():
    """Recorded answers of the newest original, used on machines that have an older original."""
    answers = Recorded()
    yield answers
    if os.environ.get("IPCX_COMPAT_RECORD"):
        answers.write()


class Recorded:
    """Answers by case; equal answers are stored only once."""

    def __init__(self):
        self.cases = {}
        if os.path.exists(RECORDED):
            with open(RECORDED, encoding="ascii") as f:
                kept = json.load(f)
            self.cases = {case: kept["answers"][at] for case, at in kept["cases"].items()}

    def write(self):
        answers = sorted({json.dumps(answer, sort_keys=True) for answer in self.cases.values()})
        cases = {case: answers.index(json.dumps(answer, sort_keys=True)) for case, answer in self.cases.items()}
        kept = {"answers": [json.loads(answer) for answer in answers], "cases": cases}
        os.makedirs(os.path.dirname(RECORDED), exist_ok=True)
        with open(RECORDED, "w", encoding="ascii") as f:
            json.dump(kept, f, indent=0, sort_keys=True)
            f.write("\n")


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="needs root: objects of several users"))
