# SPDX-License-Identifier: GPL-2.0-or-later
"""Directories that were the /dev/shm of a container: a tmpfs on the path on which a runtime mounts it, with objects, but without a process."""

import contextlib

from helpers.tools import do

SIZE = 1 << 20
# A path of each runtime.
MADE = {
    "containerd": "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/4d1fc9ea/shm",
    "docker": "/var/lib/docker/containers/4d1fc9ea/mounts/shm",
    "old docker": "/var/lib/docker/containers/4d1fc9ea/shm",
    "nerdctl": "/var/lib/nerdctl/1935db59/containers/default/4d1fc9ea/shm",
    "podman": "/var/lib/containers/storage/overlay-containers/4d1fc9ea/userdata/shm",
    "cri-o": "/run/containers/storage/vfs-containers/4d1fc9ea/userdata/shm",
    "kubelet": "/var/lib/kubelet/pods/0a1b2c3d-4e5f/volumes/kubernetes.io~empty-dir/dshm",
    "elsewhere": "/run/k3s/io.containerd.grpc.v1.cri/sandboxes/4d1fc9ea/shm",
}
# Paths that only resemble them.
OTHER = [
    "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/4d1fc9ea/other",
    "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/4d1fc9ea/a/shm",
    "/run/sandboxes/4d1fc9ea/shm",
    "/var/lib/containers/1/2/3/shm",
    "/var/lib/kubelet/pods/0a1b2c3d-4e5f/volumes/kubernetes.io~secret/dshm",
    "/var/lib/containers/storage/overlay/4d1fc9ea/userdata/shm",
]
DIR = MADE["containerd"]


def hosted(world):
    """Give the world a /run and a /var/lib of its own, where nothing is mounted."""
    do(world, "mount -t tmpfs -o mode=755 none /run && mount -t tmpfs -o mode=755 none /var/lib")
    return world


def leave(world, path=DIR):
    """Mount a tmpfs with two segments (8 KiB and 1 byte) and a semaphore there, as a container would have left it."""
    do(world, 'mkdir -p "$0" && mount -t tmpfs -o mode=1777,size=1m none "$0" && $IPCX mk pshm:/big --size 8192 && $IPCX mk pshm:/small --size 1 && '
              '$IPCX mk psem:/s && cd /dev/shm && mv big small sem.s "$0"'.replace("$0", path))
    return path


def content(world, path=DIR):
    return sorted(world.run("ls", path).out.split())


LEFT = ["big", "sem.s", "small"]
REFS = ["psem:/s", "pshm:/big", "pshm:/small"]


def rows_of(world, path, *words, key="objects", **more):
    """Return the rows of a document of ipcx that are of this directory; None if it is unknown whether a process uses it."""
    r = world.ipcx(*words, "--json", **more)
    assert r.rc == 0, r.err
    if "whether a process still uses them is unknown" in r.err:
        return None
    return [row for row in r.json[key] if row.get("directory") == path]


@contextlib.contextmanager
def refused(world, path=DIR):
    """Nothing may be removed there meanwhile."""
    before = content(world, path)
    yield
    assert content(world, path) == before != []
