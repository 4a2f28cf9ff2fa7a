# SPDX-License-Identifier: GPL-2.0-or-later
"""Arrows point down only: who may include whom."""

import os
import re

import pytest
from source import ROOT, Source, c_files

# The first that fits. Higher may include lower; the same number only within one directory.
LAYERS = [
    ("lib/base/", 0),
    ("lib/core/", 1),
    ("lib/mech/", 2),
    ("lib/limits/", 2),
    ("lib/proc/", 2),
    ("lib/container/", 2),
    ("lib/ns/", 2),
    ("lib/query/", 3),
    ("lib/data/", 3),
    ("lib/stress/", 3),
    ("lib/who/", 3),
    ("lib/state/", 3),
    ("lib/ipcx.h", None),
    ("lib/ipcx-stress.h", None),
    ("cmd/ui/", 4),
    ("cmd/main.c", 6),
    ("cmd/", 5),
]
PUBLIC = ("lib/ipcx.h", "lib/ipcx-stress.h")
# A neighbour that another may stand on.
STANDS_ON = {("lib/ns/", "lib/proc/"), ("lib/ns/", "lib/container/"), ("lib/container/", "lib/proc/")}


def place(path):
    """Its directory in the table, and the layer."""
    for prefix, layer in LAYERS:
        if path.startswith(prefix):
            return prefix, layer
    raise AssertionError(f"{path}: which layer is this? Say so in LAYERS (and in the design)")


def resolve(path, name):
    """The file that an #include means: beside the includer, below cmd/ or below lib/."""
    tops = [os.path.dirname(path), "lib"] if path.startswith("lib/") else [os.path.dirname(path), "cmd", "lib"]
    for top in tops:
        if os.path.isfile(os.path.join(ROOT, top, name)):
            return os.path.join(top, name)
    raise AssertionError(f"{path}: there is no {name}")


def arrows(path):
    return [(line, resolve(path, name.strip('"'))) for line, name in Source(path).includes() if name[0] == '"']


def fault(path, target):
    """Why a file may not include another; None when it may."""
    (here, layer), (there, below) = place(path), place(target)
    if target in PUBLIC:
        return "base/ knows nothing of IPC" if layer == 0 else None
    if here == there:
        return None
    if path.startswith("cmd/") and target.startswith("lib/") and below != 0:
        return "the program sees nothing of lib/ but ipcx.h and base/"
    if path in PUBLIC:
        return "the public header stands alone"
    if path.startswith("lib/") and target.startswith("cmd/"):
        return "the library knows nothing of the program"
    if below == layer and (here, there) not in STANDS_ON:
        return "neighbours do not include each other"
    if below > layer:
        return "arrows point down only"
    return None


@pytest.mark.parametrize("path", c_files("lib/", "cmd/"))
def test_includes_point_down(path):
    wrong = [f"{path}:{line}: {target}: {fault(path, target)}"
             for line, target in arrows(path) if fault(path, target)]
    assert not wrong, "\n".join(wrong)


def test_faults_are_seen():
    assert fault("lib/base/buf.c", "lib/core/table.h")
    assert fault("lib/base/buf.c", "lib/ipcx.h")
    assert fault("lib/core/table.c", "lib/mech/sysv.h")
    assert fault("lib/mech/shm.c", "lib/proc/stat.h")
    assert fault("lib/proc/stat.c", "lib/ns/x.h")
    assert not fault("lib/ns/self.c", "lib/proc/stat.h")
    assert fault("lib/mech/shm.c", "lib/query/query.h")
    assert fault("cmd/ls.c", "lib/core/table.h")
    assert fault("cmd/ui/out.c", "cmd/cmd.h")
    assert not fault("cmd/ls.c", "cmd/ui/out.h")
    assert not fault("cmd/ls.c", "lib/base/num.h")


def test_no_mechanism_includes_another():
    """What several mechanisms share has a file and a header of its own."""
    for path in c_files("lib/mech/"):
        own = re.match(r"lib/mech/[a-z]+", path)[0]
        for line, target in arrows(path):
            base = target[:-2]
            assert not os.path.isfile(os.path.join(ROOT, base + ".c")) or \
                not re.search(r"\bix_mech_\w+ = {", Source(base + ".c").code) or base.startswith(own), \
                f"{path}:{line}: {target}"


# What says what things are called, reads tables, or parses text. All else asks the kernel.
NO_IPC = re.compile(r"ipcx_(mech_\w+|field_\w+|fieldset_\w+|row_\w+|table_\w+|value_\w+|type_info|ref_\w+|expr_\w+|error|version|limit_name)$")
KERNEL = re.compile(r"(shm|msg|sem)(get|ctl|at|dt|op|snd|rcv|timedop)$|(mq|sem|shm)_\w+$")


@pytest.mark.parametrize("path", c_files("cmd/"))
def test_only_commands_ask_for_objects(path):
    """cmd/ui/ shows what it is given; no file of cmd/ calls the kernel's IPC itself."""
    source = Source(path)
    for at, name, _ in source.calls(r"ipcx_\w+"):
        assert not path.startswith("cmd/ui/") or NO_IPC.match(name), f"{source.where(at)}: {name}() in cmd/ui/"
    for at, name, _ in source.calls(r"\w+"):
        assert not KERNEL.match(name), f"{source.where(at)}: {name}()"
