# SPDX-License-Identifier: GPL-2.0-or-later
"""A part of each cgroup hierarchy that belongs to the zoo: all cgroups that runtimes make are below it, and end with it."""

import os
import time

# A process that enters the cgroups, then a cgroup namespace whose root they are, and mounts that show it; and a network namespace, so that
# devices and firewall rules end with it, too. Version 2 has no processes in inner cgroups: they are in "init" there.
ENTER = """
for f in {procs}; do echo $$ >$f || :; done
exec unshare --net {cgroup} sh -c '
	while read -r at type options && [ -n "$at" ]; do
		umount -R $at 2>/dev/null; mount -t $type -o $options none $at
		case $type in cgroup2) mkdir $at/init && echo $$ >$at/init/cgroup.procs ;; esac
	done <<X
{mounts}
X
	{then}'
"""


def own_paths():
    """Return this process's cgroup for each set of controllers; version 2 has the set ""."""
    with open("/proc/self/cgroup", encoding="ascii") as f:
        return {line.split(":", 2)[1]: line.rstrip("\n").split(":", 2)[2] for line in f}


def hierarchies():
    """Return for each mounted hierarchy: where it is mounted, type, controllers, the directory of this process's own cgroup."""
    own, found = own_paths(), []
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        for line in f:
            left, right = line.rstrip("\n").split(" - ", 1)
            fs, _, options = right.split(" ", 2)
            if fs not in ("cgroup", "cgroup2"):
                continue
            root, at = left.split()[3:5]
            for controllers, path in own.items():
                if (fs == "cgroup2") == (controllers == "") and set(controllers.split(",")) - {""} <= set(options.split(",")):
                    below = os.path.relpath(path, root)
                    found.append((at, fs, controllers, at if below.startswith("..") else os.path.normpath(os.path.join(at, below))))
    return found


class Cgroups:
    """The zoo's cgroups: one in each hierarchy, as far as they can be made."""

    def __init__(self, name):
        self.made = []
        for at, fs, controllers, own in hierarchies():
            # A cgroup of version 2 that has processes has no children with controllers; its root may.
            path = os.path.join(at if fs == "cgroup2" else own, name)
            try:
                os.mkdir(path)
            except OSError:
                continue
            self.made.append((at, fs, controllers, path))
            if "cpuset" in controllers:
                for file in ("cpuset.cpus", "cpuset.mems"):
                    with open(os.path.join(os.path.dirname(path), file), encoding="ascii") as f, open(os.path.join(path, file), "w", encoding="ascii") as to:
                        to.write(f.read())

    def setup(self, then):
        """Return the shell commands that enter these cgroups, and then run others in the namespaces."""
        mounts = "\n".join(f"{at} {fs} {controllers or 'rw'}" for at, fs, controllers, _ in self.made)
        return ENTER.format(procs=" ".join(f"{path}/cgroup.procs" for *_, path in self.made), mounts=mounts, then=then,
                            cgroup="--cgroup" if self.made else "")

    def files(self):
        """The files into which a process is written that is to be in these cgroups, after setup."""
        return [f"{path}/init/cgroup.procs" if fs == "cgroup2" else f"{path}/cgroup.procs" for _, fs, _, path in self.made]

    def processes(self):
        """Return the processes that are still in these cgroups."""
        found = set()
        for *_, path in self.made:
            for where, _, files in os.walk(path):
                if "cgroup.procs" in files:
                    try:
                        with open(os.path.join(where, "cgroup.procs"), encoding="ascii") as f:
                            found |= set(f.read().split())
                    except OSError:
                        pass
        return found

    def remove(self, timeout=60):
        """Remove them with all below; return the directories that could not be removed in time."""
        deadline = time.monotonic() + timeout
        while True:
            left = []
            for *_, path in self.made:
                for where, _, _ in os.walk(path, topdown=False):
                    try:
                        os.rmdir(where)
                    except FileNotFoundError:
                        pass
                    except OSError:
                        left.append(where)
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.1)
