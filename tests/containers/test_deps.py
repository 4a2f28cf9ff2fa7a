# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/deps.sh while another program holds the locks of the package manager."""

import os
import subprocess

import pytest

DEPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../packaging/deps.sh")
APT = """#!/bin/sh
echo "$*" >>{dir}/calls
case $1 in {step})
	[ $(grep -c "^$1" {dir}/calls) -gt {times} ] || {{
		echo "Reading package lists..."
		echo "{says}" >&2
		exit 100
	}} ;;
esac
"""
LISTS = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 42 (apt-get)"
DPKG = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 42 (unattended-upgr)"
ADMIN = "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?"
BROKEN = "E: Unable to locate package slirp4netns"


def deps(tmp_path, step, says, times):
    with open("/etc/os-release", encoding="utf-8") as f:
        if not any(line.startswith(("ID=debian", "ID=ubuntu")) for line in f):
            pytest.skip("packages of Debian")
    for name, text in (("apt-get", APT.format(dir=tmp_path, step=step, says=says, times=times)), ("dpkg-query", "#!/bin/sh\nexit 1\n"),
                       ("sudo", '#!/bin/sh\nexec "$@"\n')):
        (tmp_path / name).write_text(text, encoding="ascii")
        (tmp_path / name).chmod(0o755)
    r = subprocess.run([DEPS, "bench"], env=dict(os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, check=False, timeout=120)
    return r, (tmp_path / "calls").read_text(encoding="ascii").splitlines()


@pytest.mark.parametrize("step, says", [("update", LISTS), ("install", DPKG), ("install", ADMIN)])
def test_a_lock_is_waited_for(tmp_path, step, says):
    r, calls = deps(tmp_path, step, says, 2)
    assert r.returncode == 0 and [c.split()[0] for c in calls].count(step) == 3, (r, calls)
    assert r.stderr.count("deps.sh: waiting: " + says[3:]) == 1 and r.stdout == "", r


def test_other_failures_are_not_waited_for(tmp_path):
    r, calls = deps(tmp_path, "install", BROKEN, 99)
    assert r.returncode == 1 and len(calls) == 2 and BROKEN in r.stderr and "waiting" not in r.stderr, (r, calls)
