# SPDX-License-Identifier: GPL-2.0-or-later
"""Dependencies point down only: who may include whom, and who may call whom or refer to its data."""

import itertools
import os
import re
import subprocess

import pytest
from source import ROOT, Source, c_files

# The first match counts. A higher layer may include a lower one; within a layer, files may include only those of their own directory.
LAYERS = [
    ("lib/base/", 0),
    ("lib/core/", 1),
    ("lib/mech/", 2),
    ("lib/limits/", 2),
    ("lib/proc/", 2),
    ("lib/who/", 2),
    ("lib/container/", 2),
    ("lib/ns/", 2),
    ("lib/query/", 3),
    ("lib/data/", 3),
    ("lib/stress/engine/", 3),
    ("lib/stress/channel/", 3),
    ("lib/stress/load/", 3),
    ("lib/stress/run/", 3),
    ("lib/state/", 3),
    ("lib/space/", 3),
    ("lib/why/", 3),
    ("lib/doctor/", 3),
    ("lib/ipcx.h", None),
    ("lib/ipcx-stress.h", None),
    ("cmd/ui/", 4),
    ("cmd/main.c", 8),
    ("cmd/exec/", 6),
    ("cmd/compat/", 7),
    ("cmd/diagnose/", 7),
    ("cmd/help/", 7),
    ("cmd/limits/", 7),
    ("cmd/memory/", 7),
    ("cmd/monitor/", 7),
    ("cmd/ns/", 7),
    ("cmd/object/", 7),
    ("cmd/queue/", 7),
    ("cmd/sem/", 7),
    ("cmd/stress/", 7),
    ("cmd/", 5),
]
PUBLIC = ("lib/ipcx.h", "lib/ipcx-stress.h")
# Pairs of directories of one layer: the first may use the second.
STANDS_ON = {("lib/ns/", "lib/proc/"), ("lib/ns/", "lib/container/"), ("lib/container/", "lib/proc/"), ("lib/who/", "lib/proc/"), ("lib/mech/", "lib/who/"),
             ("cmd/help/", "cmd/compat/"), ("cmd/help/", "cmd/monitor/")}
STANDS_ON |= {(f"lib/{above}/", f"lib/{below}/") for above, below in itertools.combinations(["doctor", "why", "space", "query"], 2)}
STANDS_ON |= {(f"lib/stress/{above}/", f"lib/stress/{below}/") for above, below in itertools.combinations(["run", "load", "channel", "engine"], 2)}
# Pairs of directories: the first may call public functions of the second, as a program would.
CALLS = {(f"lib/stress/{room}/", "lib/query/") for room in ("load", "run")}
# This file names every mechanism, although mechanisms are in a higher layer. All other files find mechanisms through this file.
REGISTRY = "lib/core/registry.c"


def place(path):
    """Return a file's directory in the table, and its layer."""
    for prefix, layer in LAYERS:
        if path.startswith(prefix):
            return prefix, layer
    raise AssertionError(f"{path}: which layer is this? Say so in LAYERS (and in the design)")


def resolve(path, name):
    """Return the file that an #include names: beside the includer, below cmd/ or below lib/."""
    tops = [os.path.dirname(path), "lib"] if path.startswith("lib/") else [os.path.dirname(path), "cmd", "lib"]
    for top in tops:
        if os.path.isfile(os.path.join(ROOT, top, name)):
            return os.path.join(top, name)
    raise AssertionError(f"{path}: there is no {name}")


def arrows(path):
    return [(line, resolve(path, name.strip('"'))) for line, name in Source(path).includes() if name[0] == '"']


def fault(path, target):
    """Return why a file may not include another, or None if it may."""
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
        return "neighbours do not use each other"
    if below > layer:
        return "arrows point down only"
    return None


@pytest.mark.parametrize("path", c_files("lib/", "cmd/"))
def test_includes_point_down(path):
    wrong = [f"{path}:{line}: {target}: {fault(path, target)}"
             for line, target in arrows(path) if fault(path, target)]
    assert not wrong, "\n".join(wrong)


def test_wrong_includes_are_detected():
    assert fault("lib/base/buf.c", "lib/core/table.h")
    assert fault("lib/base/buf.c", "lib/ipcx.h")
    assert fault("lib/core/table.c", "lib/mech/sysv.h")
    assert fault("lib/mech/shm.c", "lib/proc/stat.h")
    assert fault("lib/proc/stat.c", "lib/ns/x.h")
    assert not fault("lib/ns/self.c", "lib/proc/stat.h")
    assert fault("lib/mech/shm.c", "lib/query/query.h")
    assert fault("cmd/object/ls.c", "lib/core/table.h")
    assert fault("cmd/ui/out.c", "cmd/cmd.h")
    assert fault("cmd/object/ls.c", "cmd/queue/queue.h")
    assert fault("cmd/exec/run.c", "cmd/ns/ls.c")
    assert fault("lib/stress/engine/workers.c", "lib/stress/load/jobs.h")
    assert not fault("lib/stress/run/run.c", "lib/stress/load/jobs.h")
    assert not fault("cmd/object/ls.c", "cmd/ui/out.h")
    assert not fault("cmd/object/ls.c", "lib/base/num.h")


def sources(top):
    """Return the source from which an object file was built, by the object's name: ….p/core_queue.c.o"""
    paths = [path for path in c_files(top) if path.endswith(".c")]
    names = {path[len(top):].replace("/", "_") + ".o": path for path in paths}
    assert len(names) == len(paths), "two objects would have one name"
    return names


SOURCES = {"lib/": sources("lib/"), "cmd/": sources("cmd/")}


def references(top, *objects):
    """Yield what each object, or member of a static library, uses of another object: (source, symbol, defining source)."""
    defined, wanted, names = {}, [], SOURCES[top]
    table = subprocess.run(["nm", "-A", "-P", "-g", *objects], stdout=subprocess.PIPE, check=True, text=True).stdout
    for line in table.splitlines():
        name, symbol, kind = re.match(r"(?:.*\[)?(\S+?)\]?: (\S+) (\S)", line).groups()
        if kind in "Uvw":
            wanted.append((names[os.path.basename(name)], symbol))
        else:
            defined[symbol] = names[os.path.basename(name)]
    return [(path, symbol, defined[symbol]) for path, symbol in wanted if symbol in defined]


def circles(found):
    """Return groups of sources that refer to each other in a circle, the largest first (Tarjan)."""
    arrows_of = {}
    for path, _, target in found:
        if path != target:
            arrows_of.setdefault(path, set()).add(target)
    number, low, stack, answer = {}, {}, [], []

    def visit(path):
        number[path] = low[path] = len(number)
        stack.append(path)
        for target in arrows_of.get(path, ()):
            if target not in number:
                visit(target)
            if target in stack:
                low[path] = min(low[path], low[target])
        if low[path] == number[path]:
            at = stack.index(path)
            answer.append(stack[at:])
            del stack[at:]

    for path in arrows_of:
        if path not in number:
            visit(path)
    return sorted((c for c in answer if len(c) > 1), key=len, reverse=True)


def wrong_reference(path, symbol, target):
    if path == REGISTRY and symbol.startswith("ix_mech_"):
        return None
    if (place(path)[0], place(target)[0]) in CALLS and symbol.startswith("ipcx_"):
        return None
    return fault(path, target)


def test_calls_and_data_point_down(plain_build):
    """An #include shows what a file may use, its object shows what it does use: a function declared in a lower layer may be defined in a higher one."""
    found = references("lib/", plain_build / "lib/libbase.a", plain_build / "lib/libipcx-internal.a")
    wrong = [f"{path}: {symbol} of {target}: {wrong_reference(path, symbol, target)}"
             for path, symbol, target in found if wrong_reference(path, symbol, target)]
    assert not wrong, "\n".join(wrong)
    assert len(found) > 1000
    assert ("lib/query/places.c", "ix_ns_run", "lib/ns/run.c") in found
    assert any(path == REGISTRY and fault(path, target) for path, _, target in found), "REGISTRY need not be spared"
    for here, there in CALLS:
        assert any(place(path)[0] == here and place(target)[0] == there for path, _, target in found), (here, there)


@pytest.fixture(scope="session")
def program(plain_build):
    """References between the objects of the program."""
    return references("cmd/", *(plain_build / "cmd").glob("*.p/*.o"))


def test_the_program_calls_only_lower_layers(program):
    wrong = [f"{path}: {symbol} of {target}: {fault(path, target)}" for path, symbol, target in program
             if fault(path, target) and path != "cmd/main.c"]
    assert not wrong, "\n".join(wrong)
    assert len(program) > 500
    assert ("cmd/object/ls.c", "app_failed", "cmd/app.c") in program


def test_circles_stay_small(program, plain_build):
    """Files that call each other can only be read together. Tables that name all mechanisms or all runtimes are exempt."""
    library = [found for found in references("lib/", plain_build / "lib/libbase.a", plain_build / "lib/libipcx-internal.a")
               if found[0] not in (REGISTRY, "lib/container/registry.c")]
    for found in (program, library):
        assert not [c for c in circles(found) if len(c) > 4]
    assert circles([("a", "", "b"), ("b", "", "c"), ("c", "", "a"), ("c", "", "d"), ("d", "", "e")]) == [["a", "b", "c"]]


def test_wrong_references_are_detected(tmp_path):
    """An object that calls a higher layer, and one that refers to its data, are detected; a definition in the same layer is not."""
    texts = {
        "mech_shm": "int ix_above(void); extern const int ix_data; int ix_low(void); int ix_low(void) { return ix_above() + ix_data; }",
        "query_scan": "int ix_above(void); int ix_low(void); int ix_above(void) { return ix_low(); }",
        "data_mem": "extern const int ix_data; const int ix_data = 1;",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.c").write_text(text)
        subprocess.run(["cc", "-c", "-fPIC", "-o", tmp_path / f"{name}.c.o", tmp_path / f"{name}.c"], check=True)
    archive = tmp_path / "libtest.a"
    subprocess.run(["ar", "rcs", archive, *(tmp_path / f"{name}.c.o" for name in texts)], check=True)
    found = references("lib/", archive)
    assert len(found) == 3
    assert {symbol for path, symbol, target in found if wrong_reference(path, symbol, target)} == {"ix_above", "ix_data"}
    assert wrong_reference("lib/core/table.c", "ix_mech_shm", "lib/mech/shm.c")
    assert wrong_reference(REGISTRY, "ix_shm_queue", "lib/mech/shm.c")
    assert not wrong_reference(REGISTRY, "ix_mech_shm", "lib/mech/shm.c")
    assert wrong_reference("lib/stress/run/keyrange.c", "ix_run", "lib/query/scan.c")
    assert not wrong_reference("lib/stress/run/keyrange.c", "ipcx_scan", "lib/query/scan.c")


def test_no_mechanism_includes_another():
    """Code that several mechanisms share has a file and a header of its own."""
    for path in c_files("lib/mech/"):
        own = re.match(r"lib/mech/[a-z]+", path)[0]
        for line, target in arrows(path):
            base = target[:-2]
            assert not os.path.isfile(os.path.join(ROOT, base + ".c")) or \
                not re.search(r"\bix_mech_\w+ = {", Source(base + ".c").code) or base.startswith(own), \
                f"{path}:{line}: {target}"


# Functions that return names, read tables or parse text. All other functions query the kernel.
NO_IPC = re.compile(r"ipcx_(mech_\w+|field_\w+|fieldset_\w+|row_\w+|table_\w+|value_\w+|type_\w+|ref_\w+|expr_\w+|error|version|limit_name)$")
KERNEL = re.compile(r"(shm|msg|sem)(get|ctl|at|dt|op|snd|rcv|timedop)$|(mq|sem|shm)_(open|close|unlink|init|destroy)$|"
                    r"mq_(send|receive|timedsend|timedreceive|notify|getattr|setattr)$|sem_(wait|trywait|timedwait|clockwait|post|getvalue)$")


@pytest.mark.parametrize("path", c_files("cmd/"))
def test_only_commands_ask_for_objects(path):
    """cmd/ui/ displays what it is given; no file of cmd/ makes IPC system calls."""
    source = Source(path)
    for at, name, _ in source.calls(r"ipcx_\w+"):
        assert not path.startswith("cmd/ui/") or NO_IPC.match(name), f"{source.where(at)}: {name}() in cmd/ui/"
    for at, name, _ in source.calls(r"\w+"):
        assert not KERNEL.match(name), f"{source.where(at)}: {name}()"
