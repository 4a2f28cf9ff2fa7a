# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine of its own that can run containers: with a part of each cgroup hierarchy, and its own /run and /var/lib."""

import importlib.util
import os

from conftest import PATH, SETUP, TOP, World

spec = importlib.util.spec_from_file_location("cgroups", os.path.join(TOP, "tests/containers/cgroups.py"))
cgroups = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cgroups)

# podman 4.3 plays a Pod without its hostPID and hostIPC: this sets the first.
SETTINGS = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "none"
pidns = "host"
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Node(World):
    """A machine with podman, whose state, images and cgroups end with it."""

    def __init__(self):
        # tests/containers, which may run at the same time, compares the machine before and after; it leaves out this name.
        self.cgroups = cgroups.Cgroups(f"ipcx-zoo.fleet.{os.getpid()}")
        super().__init__(setup=self.cgroups.setup("mount -t tmpfs none /run\nmount -t tmpfs none /var/lib\nmkdir -p /run/lock\nip link set lo up\n" + SETUP))
        self.write("containers.conf", SETTINGS)
        self.write("storage.conf", f'[storage]\ndriver = "vfs"\ngraphroot = "{self.dir}/storage"\nrunroot = "{self.dir}/run"\n')
        self.env = {"CONTAINERS_CONF": f"{self.dir}/containers.conf", "CONTAINERS_STORAGE_CONF": f"{self.dir}/storage.conf", "PATH": PATH, "TMPDIR": self.dir}

    def write(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as f:
            f.write(text)
        return os.path.join(self.dir, name)

    def argv(self, *words, **how):
        into = 'for f in %s; do echo $$ >$f || :; done; exec "$@"' % " ".join(self.cgroups.files())
        nsenter, *rest = super().argv(*words, **how)
        return ["sh", "-c", into, "sh", nsenter, "--cgroup", "--net", *rest]

    def podman(self, *words):
        r = self.run("podman", *words, env=self.env, timeout=300)
        assert r.rc == 0, (words, r.out, r.err)
        return r.out

    def close(self):
        super().close()
        left = self.cgroups.remove()
        assert not left, (left, self.cgroups.processes())
