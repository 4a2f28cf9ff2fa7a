# SPDX-License-Identifier: GPL-2.0-or-later
"""Engines whose records others can write: such records name only what their writer may name."""

import pytest

from test_names import HOME, OWN, THERE, USERS_OWN, Forged, all_labels, keys, machine  # noqa: F401 pylint: disable=unused-import

POD = "9192f34c267fdff13a5ce6919f31b3380d30ba0d51ac49a5cdb1ceaaf981b508"
EXECUTOR = ["executor", '{"LogFile":"/opt/nomad/alloc/prod/@/executor.out","FSIsolation":true}']
# What a monitor says of itself: program, words, runtime.
SAYS = {
    "nomad": ("nomad", EXECUTOR, "nomad"),
    "a pod of podman": ("conmon", ["-c", "4d1fc9ea", "-n", "@", "-b", "/run/st/overlay-containers/4d1fc9ea/userdata"], "podman"),
}


def by_root(machine):  # noqa: F811 pylint: disable=redefined-outer-name
    """Return the names given by root."""
    return {label for label in all_labels(machine) if not label[0].isdigit() and not label.startswith("?/")}


def storage(machine, name):  # noqa: F811 pylint: disable=redefined-outer-name
    """Write a storage of podman with one pod."""
    machine.sh(f"""mkdir -p /run/st/libpod /run/st/overlay-containers/4d1fc9ea/userdata
echo '{{"linux":{{"cgroupsPath":"/libpod_parent/{POD}/libpod-4d1fc9ea"}}}}' >/run/st/overlay-containers/4d1fc9ea/userdata/config.json
echo '{{"id":"{POD}","name":"{name}"}}' >/run/st/libpod/bolt_state.db""")


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("who", ["a container", "a user"])
def test_a_record_names_no_container_of_root(machine, who, says):  # noqa: F811 pylint: disable=redefined-outer-name
    comm, words, runtime = SAYS[says]
    storage(machine, "prod")
    before = by_root(machine)
    for name in ("prod", "fresh"):
        how = dict(around=OWN) if who == "a container" else dict(uid=1234)
        forged = Forged(machine, comm, name, OWN if who == "a container" else USERS_OWN, words=words, **how)
        assert by_root(machine) == before
        mine = [label for label in all_labels(machine) if f"/{runtime}:" in label]
        assert len(mine) == 1 and mine[0].startswith("?/" if who == "a container" else "1234/"), mine
        assert keys(machine, "--ns", "prod") == ["0x00000099"]
        assert keys(machine, "--ns", mine[0]) == [f"0x{int(THERE, 16):08x}"]
        assert machine.ipcx("ls", "--ns", f"{runtime}:{name}").rc == 3
        forged.end()


def test_a_pod_of_podman_has_the_name_of_the_database(machine):  # noqa: F811 pylint: disable=redefined-outer-name
    """Not one that is a part of a text in it, such as a label of an image."""
    storage(machine, "hp")
    machine.sh(f"""echo '{{"l":"{{\\\\"id\\\\":\\\\"{POD}\\\\",\\\\"name\\\\":\\\\"evil\\\\"}}"}}' >/run/st/db.sql""")
    assert "evil" in machine.run("cat", "/run/st/db.sql").out and keys(machine) == [f"0x{int(HOME, 16):08x}"]
    forged = Forged(machine, "conmon", "web", OWN, words=SAYS["a pod of podman"][1])
    pods = {c["pod"] for row in machine.ipcx("ns", "ls", "--json").json["namespaces"] for c in row["containers"] if c["runtime"] == "podman"}
    assert pods == {"hp"}
    forged.end()
