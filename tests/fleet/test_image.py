# SPDX-License-Identifier: GPL-2.0-or-later
"""The image and the Pod of the DaemonSet: podman builds and runs them, on a machine that has objects in two namespaces."""

import os
import re
import subprocess

import pytest
from conftest import MONITORING, TOP, find, until
from node import Node

# The program under test may be static; else one that was built for an image, or by packaging/ports.sh static.
PROGRAMS = [os.environ["IPCX"], os.path.join(TOP, "build/image/cmd/ipcx"), os.path.join(TOP, "build/ports/static/cmd/ipcx")]
BUILT = os.path.join(os.environ["IPCX_BUILD"], "static")


def build():
    """Build one here, without optimization; return it, or None."""
    if not os.path.exists(os.path.join(BUILT, "build.ninja")):
        r = subprocess.run(["meson", "setup", BUILT, TOP, "--buildtype=plain", "-Ddefault_library=static", "-Dprefer_static=true", "-Dtests=disabled",
                            "-Ddocs=disabled"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if r.returncode:
            return None
    r = subprocess.run(["ninja", "-C", BUILT, "cmd/ipcx"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert r.returncode == 0, r.stdout[-2000:]
    return os.path.join(BUILT, "cmd/ipcx")


def static_program():
    """Return one that was built from these sources."""
    sources = [os.path.join(directory, name) for top in ("cmd", "lib") for directory, _, names in os.walk(os.path.join(TOP, top))
               for name in names if name.endswith((".c", ".h")) and "examples" not in directory]
    newest = max(os.stat(path).st_mtime for path in sources)
    for program in (*PROGRAMS, build):
        program = program() if callable(program) else program
        if program and os.path.exists(program) and (program == PROGRAMS[0] or os.stat(program).st_mtime >= newest) and (
                b"INTERP" not in subprocess.run(["readelf", "-l", program], stdout=subprocess.PIPE, check=True).stdout):
            return program
    return pytest.skip("no static program can be built here (needs meson, ninja and static libraries)")


@pytest.fixture(name="node", scope="module")
def fixture_node():
    for program in ("podman", "runc", "catatonit"):
        find(program)
    if os.geteuid() != 0:
        pytest.skip("starting containers needs root")
    program = static_program()
    node = Node()
    try:
        r = node.run(os.path.join(MONITORING, "image.sh"), "--program", program, env=node.env, timeout=300)
        assert r.out == "localhost/ipcx:latest\n", r.err
        yield node
    finally:
        node.close()


def test_the_image_is_the_program_and_nothing_else(node):
    r = node.sh("podman save localhost/ipcx:latest | tar -xO --wildcards '*.tar' | tar -t", env=node.env)
    assert r.lines == ["ipcx"], (r.out, r.err)
    r = node.run(os.path.join(MONITORING, "image.sh"), "--program", "/bin/true", env=node.env)
    assert r.rc == 1 and "is not static" in r.err


@pytest.fixture(name="pod")
def fixture_pod(node):
    """The Pod of the DaemonSet's template; only the node exporter's directory and the interval are others."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    with open(os.path.join(MONITORING, "kubernetes/daemonset.yaml"), encoding="utf-8") as f:
        template = yaml.safe_load(f)["spec"]["template"]
    volume, _ = template["spec"]["volumes"]
    os.makedirs(os.path.join(node.dir, "textfile"))
    args = template["spec"]["containers"][0]["args"]
    args[args.index("--every") + 1] = "1s"
    volume["hostPath"]["path"] = os.path.join(node.dir, "textfile")
    path = node.write("pod.yaml", yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ipcx", **template["metadata"]},
                                                  "spec": template["spec"]}))
    node.podman("kube", "play", "--network", "none", path)
    yield os.path.join(node.dir, "textfile/ipcx.prom")
    node.podman("kube", "down", path)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def test_the_pod_writes_the_metrics_of_all_namespaces(node, request):
    node.ok("mk", "shm", "--size", "8K")
    other = subprocess.Popen(node.argv("unshare", "--ipc", "sh", "-c", "$IPCX mk sem --nsems 2 && exec cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             env=dict(os.environ, IPCX=os.environ["IPCX"]))
    try:
        assert other.stdout.readline() == b"0\n"
        path = request.getfixturevalue("pod")
        until(lambda: os.path.exists(path), 120)
        text = read(path)
        assert text.endswith("# EOF\n") and os.stat(path).st_mode & 0o777 == 0o644

        def line(family, **labels):
            return [x for x in text.splitlines() if x.startswith(family + "{") and all(f'{k}="{v}"' in x for k, v in labels.items())]

        assert len(line("ipcx_objects", mech="shm", owner="root")) == 1, text
        assert len(line("ipcx_semaphores", mech="sem", owner="root")) == 1, text
        # A seccomp filter would leave the message queues unread.
        assert len(line("ipcx_unreadable")) > 6 and all(one.endswith(" 0") for one in line("ipcx_unreadable")), text
        # The pod itself is a container of the node, and has its name there.
        node.ok("mk", "--ns", node.run("pgrep", "-x", "catatonit").out.strip(), "msg")
        until(lambda: re.search(r'^ipcx_objects\{mech="msg",.*container="podman:ipcx"\} 1$', read(path), re.M), 120)
        stats = node.podman("inspect", "--format", "{{.State.Status}} {{.HostConfig.ReadonlyRootfs}} {{.EffectiveCaps}}", "ipcx-ipcx")
        assert stats == "running true [CAP_DAC_READ_SEARCH CAP_SYS_ADMIN CAP_SYS_PTRACE]\n"
    finally:
        other.stdin.close()
        other.wait()
