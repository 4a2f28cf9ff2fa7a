# SPDX-License-Identifier: GPL-2.0-or-later
"""What --ns takes: each printed name and its shorter forms, numbers that may be several things, and what the errors propose."""

import json
import re

import pytest

from helpers.places import Place
from helpers.tools import need_library

TASKS = "/run/containerd/io.containerd.runtime.v2.task"
ID = "4d1fc9ea3b9aa1c3f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f90102"  # and two digits more


class Boxes:
    """Containers as containerd and runc record them, each with a message queue whose key is its number."""

    def __init__(self, world):
        self.world, self.places = world, []

    def place(self, shares=None):
        """Return a new place with a queue, or one that shares the namespace of another place."""
        one = Place(self.world) if shares is None else Place(self.world, script=f"exec nsenter -t {shares.pid} --ipc sh -c 'echo $$; exec cat'")
        self.places.append(one)
        one.key = shares.key if shares else f"0x{len(self.places):08x}"
        if not shares:
            self.world.ok("mk", f"msg:{one.key}", "--ns", f"ipc:[{one.ino}]")
        return one

    def containerd(self, place, space, cid, **notes):
        text = json.dumps({"annotations": {f"io.kubernetes.cri.{k.replace('_', '-')}": v for k, v in notes.items()}})
        self.world.sh(f"mkdir -p {TASKS}/{space}/{cid}; cd {TASKS}/{space}/{cid}; printf {place.pid} >init.pid; echo '{text}' >config.json")
        return place

    def pod(self, namespace, pod, number, *names):
        """A pod: its sandbox, then its containers."""
        first = None
        for i, name in enumerate((None,) + names):
            kind = {"container_type": "container", "container_name": name} if name else {"container_type": "sandbox"}
            place = self.containerd(self.place(first), "k8s.io", f"{ID}{number}{i}", sandbox_name=pod, sandbox_namespace=namespace,
                                    sandbox_id=f"{ID}{number}0", **kind)
            first = first or place
        return first

    def runc(self, place, name):
        self.world.sh(f"""mkdir -p '/run/runc/{name}'; began=$(cut -d ' ' -f 22 /proc/{place.pid}/stat)
echo "{{\\"init_process_pid\\":{place.pid},\\"init_process_start\\":$began}}" >'/run/runc/{name}/state.json'""")
        return place

    def meant(self, where):
        """Return the key of the queue that is found, or the exit status and the error text."""
        r = self.world.ipcx("ls", "msg", "--ns", where, "--json")
        return r.json["objects"][0]["key"] if r.rc == 0 else (r.rc, r.err)


@pytest.fixture
def boxes(world):
    world.run("mount", "-t", "tmpfs", "none", "/run")
    b = Boxes(world)
    yield b
    for place in b.places:
        place.end()


def proposed(text):
    """Return the forms that an error text proposes."""
    return re.findall(r"([^ ,]+) \(process \d+\)", text)


def labels(world):
    return [c["container"] for n in world.ipcx("ns", "ls", "--json").json["namespaces"] for c in n["containers"] or []]


def test_pods_and_their_containers(boxes):
    """Three pods have a container of one name, and two of the pods have one name."""
    first, second, third = boxes.pod("prod", "db-0", 1, "app", "log"), boxes.pod("test", "db-0", 2, "app"), boxes.pod("prod", "web", 3, "app", "web")
    for place, forms in ((first, ["prod/db-0/app", "k8s:prod/db-0/app", "prod/db-0", "k8s:prod/db-0", "db-0/log", "log", f"{ID}10", f"{ID}11",
                                  f"containerd:k8s.io/{ID}11", f"containerd[k8s.io]:{ID}10", f"k8s:{ID}12"]),
                         (second, ["test/db-0/app", "test/db-0", "k8s:test/db-0"]), (third, ["web/app", "web", "web/web", "k8s:prod/web", "prod/web"])):
        assert {form: boxes.meant(form) for form in forms} == dict.fromkeys(forms, place.key)
    for where, many in (("app", 3), ("db-0/app", 2), ("db-0", 2), ("k8s:db-0", 2), (ID, 8)):
        rc, text = boxes.meant(where)
        assert rc == 2 and len(proposed(text)) == many, text
        assert all(isinstance(boxes.meant(form), str) for form in proposed(text)), text
    printed = labels(boxes.world)
    assert len(printed) == len(set(printed)) == 8 and {"k8s:prod/db-0/app", "k8s:test/db-0", "k8s:prod/web/web"} <= set(printed), printed
    assert all(isinstance(boxes.meant(label), str) for label in printed)
    rc, text = boxes.meant("lgo")
    assert rc == 3 and "(is it 'log'?)" in text, text


def test_one_id_in_two_namespaces_of_containerd(boxes):
    one, two = (boxes.containerd(boxes.place(), space, "web") for space in ("one", "default"))
    assert set(labels(boxes.world)) == {"containerd[one]:web", "containerd:web"}
    for place, forms in ((one, ["containerd[one]:web", "containerd:one/web", "one/web"]), (two, ["containerd:web", "containerd[default]:web"])):
        assert {form: boxes.meant(form) for form in forms} == dict.fromkeys(forms, place.key)
    rc, text = boxes.meant("web")
    assert rc == 2 and set(proposed(text)) == {"containerd[one]:web", "containerd:web"}, text


@pytest.mark.parametrize("name", ["a,b", "a[b]%c#d:e", "a b", "$(x)'", "q\x1b[31m"])
def test_odd_names_are_typed_as_printed(boxes, name):
    if "'" in name:
        name = name.replace("'", '"')
    box = boxes.runc(boxes.place(), name)
    line = next(text for text in boxes.world.ipcx("ns", "ls", "-o", "container", "--no-headings").lines if text.startswith("runc:"))
    assert re.fullmatch(r"runc:[\w%]+", line.strip()) and boxes.meant(line.strip()) == boxes.meant(name) == box.key


# ---- numbers

def test_a_process_and_a_container_of_one_number(boxes):
    """Neither is preferred; the error names a form for each."""
    process, box = boxes.place(), boxes.place()
    boxes.runc(box, str(process.pid))
    rc, text = boxes.meant(process.pid)
    assert rc == 2 and f"/proc/{process.pid}/ns/ipc" in text and f"runc:{process.pid}" in text, text
    assert boxes.meant(f"/proc/{process.pid}/ns/ipc") == process.key and boxes.meant(f"runc:{process.pid}") == box.key
    assert boxes.meant(box.pid) == box.key
    boxes.world.sh("rm -r /run/runc/*")
    assert boxes.meant(process.pid) == process.key


def test_the_beginning_of_an_id_is_also_a_process(boxes):
    process, box = boxes.place(), boxes.place()
    cid = f"{process.pid}".ljust(64, "a")
    boxes.runc(box, cid)
    rc, text = boxes.meant(process.pid)
    assert rc == 2 and f"/proc/{process.pid}/ns/ipc" in text and f"runc:{cid}" in text, text
    assert boxes.meant(f"runc:{process.pid}") == boxes.meant(f"runc:{cid}") == box.key


def test_1_is_the_first_process(boxes):
    """One id of sixteen begins with 1; a container whose whole name it is still counts."""
    box = boxes.runc(boxes.place(), "1".ljust(64, "a"))
    assert boxes.world.ipcx("ls", "msg", "--ns", "1").rc != 2 and boxes.meant(f"runc:{'1'.ljust(64, 'a')}") == box.key
    boxes.runc(boxes.place(), "1")
    rc, text = boxes.meant(1)
    assert rc == 2 and "/proc/1/ns/ipc" in text and "runc:1" in text, text


@pytest.mark.parametrize("number", ["4194303", "4026599999", "88888888888888"])
def test_a_container_precedes_what_does_not_exist(boxes, number):
    """There is no process, no namespace of that number."""
    rc, text = boxes.meant(number)
    assert rc == 3 and number in text
    box = boxes.runc(boxes.place(), number)
    assert boxes.meant(number) == boxes.meant(f"runc:{number}") == box.key


def test_users_do_not_make_numbers_ambiguous(boxes):
    """A user's container that is called like a process: only with the user's id before it."""
    process = boxes.place()
    box = Place(boxes.world, "--user", "--map-root-user", script="echo $$; exec cat", uid=1234)
    boxes.world.sh(f"""mkdir -p /run/user/1234/runc/{process.pid}; began=$(cut -d ' ' -f 22 /proc/{box.pid}/stat)
echo '{{"init_process_pid":{box.pid},"init_process_start":'$began'}}' >/run/user/1234/runc/{process.pid}/state.json; chown -R 1234 /run/user/1234""")
    assert f"1234/runc:{process.pid}" in labels(boxes.world)
    assert boxes.meant(process.pid) == process.key
    assert boxes.world.ipcx("ls", "--ns", f"1234/{process.pid}").rc == 0
    box.end()


def test_a_pin_and_a_container_of_one_name(boxes):
    need_library("libmount.so.1")
    pinned, box = boxes.place(), boxes.runc(boxes.place(), "web")
    boxes.world.ok("ns", "pin", pinned.pid, "web")
    rc, text = boxes.meant("web")
    meant = [boxes.meant("pin:web"), boxes.meant("runc:web")]
    boxes.world.ok("ns", "unpin", "web")
    assert rc == 2 and "pin:web" in text and "runc:web" in text, text
    assert meant == [pinned.key, box.key]
