# SPDX-License-Identifier: GPL-2.0-or-later
"""The text as those read it who have to: promtool, Prometheus's parsers in Python, and a reader of a file that is being replaced."""

import os
import signal
import subprocess

import pytest
from conftest import IPCX, World, find, until

# Names that users chose: what a label has to escape, what a terminal must not see, and invalid UTF-8.
OWNERS = {1001: b'quo"te', 1002: b"back\\slash", 1003: "Zo\u00eb \u732b".encode(), 1004: b"latin\xe9", 1005: b"brace{a=\"b\"} 7", 1006: b"esc\x1b[31m",
          1007: b"n\\n"}
QUEUES = [b'/quo"te', b"/back\\slash", b"/new\nline", b"/brace{a=\"b\"}", "/\u732b".encode(), b"/latin\xe9", b"/# EOF", b"/esc\x1b[31m"]

FORMS = {
    "default": [],
    "none": ["--by", "none"],
    "all namespaces": ["--ns", "all"],
    "everything": ["--ns", "all", "--with", "rss,waits,who,doctor"],
    "objects": ["--per-object", "-w", "uid >= 0"],
    "few series": ["--ns", "all", "--per-object", "-w", "uid >= 0", "--max-series", "5"],
    "owners": ["--by", "owner"],
}


class Full(World):
    """A world with objects of every mechanism, of owners and with names that nobody expects."""

    def fill(self):
        passwd = os.path.join(self.dir, "passwd")
        with open(passwd, "wb") as f:
            f.write(b"root:x:0:0::/:/bin/sh\n" + b"".join(b"%s:x:%d:%d::/:/bin/sh\n" % (name, uid, uid) for uid, name in OWNERS.items()))
        os.chmod(passwd, 0o644)
        assert self.run("mount", "--bind", passwd, "/etc/passwd").rc == 0
        for words in (["shm", "--size", "1M"], ["msg"], ["sem", "--nsems", "3"], ["pshm", "/shared", "--size", "64K"], ["psem", "/sem", "--init", "1"]):
            self.ok("mk", *words)
        for uid in OWNERS:
            self.ok("mk", "shm", "--size", "4K", uid=uid)
        self.ok("mk", "mq", *(os.fsdecode(name) for name in QUEUES), "--maxmsg", "2", "--msgsize", "16")


@pytest.fixture(name="full", scope="module")
def fixture_full():
    world = Full()
    try:
        world.fill()
        yield world
    finally:
        world.close()


def metrics(world, *words):
    r = world.ipcx("metrics", *words)
    assert r.rc == 0 and r.err == "", (words, r.rc, r.err)
    return r.stdout


def classic(text):
    """Return the samples that the parser of the classic format finds, by name and labels."""
    parser = pytest.importorskip("prometheus_client.parser", reason="python3-prometheus-client is not installed")
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in parser.text_string_to_metric_families(text) for s in family.samples}


def strict(text):
    """Return those that the parser of OpenMetrics finds, and the families with their type, unit and help."""
    parser = pytest.importorskip("prometheus_client.openmetrics.parser", reason="python3-prometheus-client is not installed")
    families = list(parser.text_string_to_metric_families(text))
    return {(s.name, tuple(sorted(s.labels.items()))): float(s.value) for family in families for s in family.samples}, families


@pytest.mark.parametrize("form", FORMS)
def test_promtool_has_nothing_to_say(full, form):
    text = metrics(full, *FORMS[form])
    r = subprocess.run([find("promtool"), "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert r.returncode == 0 and r.stdout == b"", r.stdout.decode()


@pytest.mark.parametrize("form", FORMS)
def test_both_parsers_read_the_same(full, form):
    text = metrics(full, *FORMS[form]).decode("utf-8")
    samples, families = strict(text)
    assert samples and samples == classic(text)
    assert len(samples) == sum(1 for line in text.splitlines() if not line.startswith("#"))
    for family in families:
        assert family.type == "gauge" and family.documentation and family.name.startswith("ipcx_"), family
        assert not family.unit or family.name.endswith("_" + family.unit), family


def test_owners_have_their_names(full):
    """As they are; invalid UTF-8 is written as \\xHH."""
    samples, _ = strict(metrics(full).decode("utf-8"))
    owners = {dict(labels).get("owner") for name, labels in samples if name == "ipcx_objects"}
    for name in OWNERS.values():
        assert name.decode("utf-8", "backslashreplace") in owners, (name, owners)


@pytest.mark.parametrize("form", ["default", "none", "all namespaces", "objects", "few series"])
def test_root_reads_everything(full, form):
    samples, _ = strict(metrics(full, *FORMS[form]).decode("utf-8"))
    unread = {dict(labels)["what"]: value for (name, labels), value in samples.items() if name == "ipcx_unreadable"}
    assert len(unread) > 6 and set(unread.values()) == {0}, unread


def test_objects_have_the_references_of_ls(full):
    samples, _ = strict(metrics(full, "--per-object", "-w", "uid >= 0").decode("utf-8"))
    named = {dict(labels)["ref"] for name, labels in samples if name.startswith("ipcx_object_")}
    assert named == {o["ref"] for o in full.objects()} and len(named) >= len(QUEUES) + len(OWNERS)


def test_a_reader_never_sees_a_part_of_the_file(full):
    """While the file is replaced 200 times, each look at it finds a whole text."""
    path = os.path.join(full.dir, "ipcx.prom")
    writer = subprocess.Popen(full.argv(IPCX, "metrics", "shm", "--output", path, "--every", "1ms"), stdin=subprocess.DEVNULL)
    looks, versions = [], set()

    def look():
        for _ in range(100 if os.path.exists(path) else 0):
            with open(path, "rb") as f:
                text = f.read()
                versions.add(os.fstat(f.fileno()).st_mtime_ns)
            looks.append(text.startswith(b"# HELP ") and text.endswith(b"\n# EOF\n") and text.count(b"# EOF\n") == 1)
        return len(versions) > 200 or False in looks

    try:
        until(look)
    finally:
        with open(f"/proc/{writer.pid}/task/{writer.pid}/children", encoding="ascii") as f:
            os.kill(int(f.read()), signal.SIGTERM)  # of nsenter
    assert writer.wait() == 0 and all(looks)
    assert sorted(os.listdir(full.dir)) == ["ipcx.prom", "passwd"] and os.stat(path).st_mode & 0o777 == 0o644
