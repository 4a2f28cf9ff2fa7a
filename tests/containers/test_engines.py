# SPDX-License-Identifier: GPL-2.0-or-later
"""Pods, namespaces of runtimes and IPC modes, as the engines record them."""

import re


def records(zoo, where):
    """Return the records of the containers that share a namespace, by name."""
    r = zoo.world.ipcx("ns", "show", str(where), "--json")
    assert r.rc == 0, r.err
    return {c["name"]: c for c in r.json["namespaces"][0]["containers"]}


def found(zoo, where):
    r = zoo.world.ipcx("ns", "show", where, "--json")
    assert r.rc == 0, (where, r.err)
    return r.json["namespaces"][0]["ns"]


def test_a_pod_of_podman_by_name_and_id(zoo):
    """The pod has another hostname, and its id is in the names of cgroups."""
    c = zoo.start("named-pod")
    own = records(zoo, c.pid)
    infra = next(name for name in own if name.endswith("-infra"))
    assert {name: (r["pod"], r["ipc_mode"]) for name, r in own.items()} == {infra: ("np", "private"), "named": ("np", "pod")}
    pod = re.search(r"/([0-9a-f]{64})/libpod-", zoo.world.run("cat", f"/proc/{c.pid}/cgroup").out)[1]
    assert infra == f"{pod[:12]}-infra"
    ns = found(zoo, str(c.pid))
    for where in ("np", "podman:np", pod, pod[:12], f"podman:{pod}", "podman:np/named", infra):
        assert found(zoo, where) == ns, where


def test_containers_of_one_name_in_three_pods(zoo):
    """A name that several have is refused; each of the names offered is accepted."""
    c = zoo.start("three-pods")
    r = zoo.world.ipcx("ns", "show", "web")
    labels = [f"k8s:{pod}/web" for pod in ("shop1/shop-0", "shop0/shop-1", "shop1/shop-1")]
    assert r.rc == 2 and all(label in r.err for label in labels), r.err
    assert len({found(zoo, label) for label in labels}) == 3
    assert found(zoo, labels[2]) == found(zoo, "shop1/shop-1") == found(zoo, str(c.pid))
    assert found(zoo, labels[0]) == found(zoo, "shop-0") == found(zoo, "shop-0/web")


def test_one_id_in_two_namespaces_of_containerd(zoo):
    c = zoo.start("same-id")
    r = zoo.world.ipcx("ns", "show", "same1")
    labels = ["containerd[one]:same1", "containerd[two]:same1"]
    assert r.rc == 2 and all(label in r.err for label in labels), r.err
    assert len({found(zoo, label) for label in labels}) == 2
    for where in (labels[1], "containerd:two/same1"):
        assert found(zoo, where) == found(zoo, str(c.pid)), where


def test_a_container_does_not_name_itself(zoo):
    """buildah mounts a file with the name into the container, which can be written there."""
    c = zoo.start("buildah")
    for name in ("/run/.containerenv", "/etc/hostname"):
        assert zoo.world.run("nsenter", "-t", str(c.pid), "-m", "/bin/sh", "-c", f"echo 'name=\"evil\"' >{name}").rc == 0
    assert set(records(zoo, c.pid)) == {"bld1"}


def test_ipc_modes(zoo):
    """The mode that the engine recorded, or what the path in the specification means."""
    modes = {kind: records(zoo, zoo.start(kind).pid) for kind in ("runc", "crun", "shareable", "containerd", "k8s", "crio", "nerdctl")}
    assert modes["runc"]["runc1"]["ipc_mode"] == modes["crun"]["crun1"]["ipc_mode"] == modes["containerd"]["ctr1"]["ipc_mode"] == "private"
    assert {name: r["ipc_mode"] for name, r in modes["k8s"].items()} == {"app": "pod", "mypod": "private"}
    assert {name: r["ipc_mode"] for name, r in modes["crio"].items()} == {"work": "pod", "db-0": "private"}
    lends = modes["shareable"]["lends"]
    assert (lends["ipc_mode"], modes["shareable"]["borrows"]["ipc_mode"]) == ("shareable", f"container:{lends['container_id']}")
    assert modes["nerdctl"]["nctl1"]["ipc_mode"] == "shareable"
