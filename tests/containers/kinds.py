# SPDX-License-Identifier: GPL-2.0-or-later
"""The kinds of containers that the tests start, and what ipcx has to say about each."""

# pylint: disable=too-few-public-methods
ANY_USER = 12345  # the user whom zoo.sh calls U
DOCKER = ["dockerd", "docker", "containerd", "runc"]
CTR = ["containerd", "ctr", "podman"]


class Kind:
    """A kind of container.

    needs: programs without which it is not started. runtime: as ipcx names it. label: as `ns ls` prints it; {name} is the name that zoo.sh prints.
    where: how root refers to it in most tests. forms: further texts that WHERE accepts for it; {id}, {pid}, {ns} and {name} are replaced.
    record: members that its record in `containers` has. kept_by, ipc_mode: as `ns show` tells them.
    user: the unprivileged user who starts it. here: whether its objects are in this kernel. holds: whether one of its processes runs the holder, which
    makes an object of each kind (otherwise zoo.sh prints NAME and the PID of a process, or 0, and the kind has tests of its own)."""

    def __init__(self, needs, runtime, *, label=None, where=None, forms=(), record=None, kept_by="processes", ipc_mode=None, user=None, here=True,
                 holds=True, mode=""):
        self.needs, self.runtime, self.user, self.here, self.holds, self.mode = needs, runtime, user, here, holds, mode
        giver = f"{user}/" if user else ""
        self.label = giver + (label or f"{runtime}:{{name}}")
        self.where = giver + (where or "{name}")
        self.forms, self.record, self.kept_by, self.ipc_mode = list(forms), dict(record or {}), kept_by, ipc_mode


# A new kind is a line here, and the functions start_KIND and stop_KIND in zoo.sh or in a file of kinds/ that begins with what it tests.
KINDS = {
    "runc": Kind(["runc", "jq"], "runc"),
    "userns": Kind(["runc", "jq"], "runc", mode="user namespace"),
    "crun": Kind(["crun", "runc", "jq"], "crun"),
    "podman": Kind(["podman", "conmon", "runc"], "podman"),
    "lxc": Kind(["lxc-start"], "lxc"),
    "nspawn": Kind(["systemd-nspawn"], "nspawn"),
    "bwrap": Kind(["bwrap"], "bwrap", label="bwrap:holder", where="bwrap:holder"),
    "docker": Kind(DOCKER, "docker", ipc_mode="private"),
    "rootless": Kind(["crun", "runc", "jq"], "crun", user=ANY_USER, mode="rootless"),
    "podman-user": Kind(["podman", "conmon", "crun", "newuidmap"], "podman", user=ANY_USER, mode="rootless"),
    "pod": Kind(["podman", "conmon", "runc"], "podman", label="podman:hp/{name}", forms=["hp/{name}", "hp", "podman:hp"], mode="pod"),
    "lxc-idmap": Kind(["lxc-start"], "lxc", mode="user namespace"),
    "shareable": Kind(DOCKER, "docker", mode="container:X"),
    "containerd": Kind(CTR, "containerd", label="containerd[ex]:{name}", forms=["containerd:ex/{id}", "containerd:{name}"], mode="namespace ex"),
    "k8s": Kind(CTR, "k8s", label="k8s:myns/mypod/{name}", mode="pod",
                forms=["mypod/{name}", "myns/mypod/{name}", "k8s:{name}", "mypod", "myns/mypod", "k8s:myns/mypod", "containerd:k8s.io/{id}"],
                record={"pod": "mypod", "pod_namespace": "myns"}),
    # of kinds/engines.sh
    "rootless-docker": Kind([*DOCKER, "rootlesskit", "newuidmap"], "docker", user=ANY_USER, mode="rootless", ipc_mode="private"),
    "buildah": Kind(["buildah", "runc"], "buildah", ipc_mode="private"),
    "nerdctl": Kind(CTR, "nerdctl", mode="recorded", ipc_mode="shareable"),
    "named-pod": Kind(["podman", "conmon", "runc"], "podman", mode="pod", label="podman:np/{name}", ipc_mode="pod", record={"pod": "np"},
                      forms=["np", "podman:np", "np/{name}", "podman:np/{name}"]),
    "same-id": Kind(CTR, "containerd", mode="one id in two namespaces", label="containerd[two]:{name}", where="containerd[two]:{name}",
                    ipc_mode="private", forms=["containerd:two/{name}"]),
    "three-pods": Kind(CTR, "k8s", mode="three pods", label="k8s:shop1/shop-1/{name}", where="shop1/shop-1/{name}", ipc_mode="pod",
                       record={"pod": "shop-1", "pod_namespace": "shop1"}, forms=["shop1/shop-1", "k8s:shop1/shop-1"]),
    "crio": Kind(["runc", "jq"], "crio", mode="recorded, with conmon-rs", label="crio:prod/db-0/{name}", where="crio:prod/db-0/{name}", ipc_mode="pod",
                 record={"pod": "db-0", "pod_namespace": "prod"}, forms=["prod/db-0/{name}", "db-0/{name}", "db-0", "prod/db-0", "crio:prod/db-0"]),
    # of kinds/places.sh
    "firejail": Kind(["firejail"], "firejail"),
    "lxd": Kind(["lxd", "lxc"], "lxd", mode="user namespace"),
    "machine": Kind(["systemd-nspawn"], "nspawn", mode="escaped name", record={"systemd_unit": "machine-ma\\x2dchine.scope"}),
    "service": Kind(["unshare"], "systemd", mode="recorded", record={"systemd_unit": "hold@1-main.service"}),
}
