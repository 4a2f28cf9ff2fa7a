#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run by 'meson dist': puts the built pages and the JSON Schema into the tarball, as man/built/, for machines that cannot build them."""

import os
import shutil
import subprocess
import sys
import tempfile


def main(mandir, datadir):
    build, dist = os.environ["MESON_BUILD_ROOT"], os.environ["MESON_DIST_ROOT"]
    built = os.path.join(dist, "man/built")
    subprocess.run(["meson", "compile", "-C", build], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="ipcx-dist.") as stage:
        subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", stage], check=True)
        shutil.copytree(stage + mandir, os.path.join(built, "man"))
        shutil.copytree(os.path.join(stage + datadir, "ipcx"), os.path.join(built, "ipcx"))


if __name__ == "__main__":
    main(*sys.argv[1:])
