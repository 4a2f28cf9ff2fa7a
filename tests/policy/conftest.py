# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds of a copy of the tree, configured as a distribution would: debug information, no sanitizers, no tests, no documentation."""

import os
import shutil
import subprocess

import pytest
from source import ROOT, files


class Tree:
    """A copy of the tree, and the build of that copy."""

    def __init__(self, top):
        self.top, self.build = top, top / "build"

    def run(self, *words):
        # With ccache, the trees share what is the same in them, wherever they are.
        env = {**os.environ, "CCACHE_NOHASHDIR": "1"}
        done = subprocess.run(words, cwd=self.top, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout[-4000:]

    def make(self, *targets):
        if not self.build.exists():
            self.run("meson", "setup", str(self.build), "--prefix=/usr", "--buildtype=plain", "-Dwerror=true", "-Dtests=disabled",
                     "-Ddocs=disabled", "-Dc_args=-g")
        self.run("ninja", "-C", str(self.build), *targets)

    def path(self, name):
        return self.top / name


@pytest.fixture(scope="session")
def copied_tree(tmp_path_factory):
    top = tmp_path_factory.mktemp("tree")
    for file in files():
        if file.startswith(("tests/", ".")):
            continue
        os.makedirs(os.path.dirname(top / file), exist_ok=True)
        shutil.copy2(os.path.join(ROOT, file), top / file)
    tree = Tree(top)
    tree.make()
    return tree


@pytest.fixture(scope="session")
def plain_build(copied_tree):
    """The build directory of the unchanged tree."""
    return copied_tree.build
