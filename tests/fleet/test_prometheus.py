# SPDX-License-Identifier: GPL-2.0-or-later
"""From an object to an alert: Prometheus scrapes ipcx through a socket, and the node exporter through a file."""

import json
import os
import re
import shlex
import shutil
import subprocess
import time

import pytest
from conftest import EXPORTER, MONITORING, find, until
from test_text import FORMS, OWNERS, fixture_full  # noqa: F401 (the fixture)

# Of the jobs; the last is that of the alerts.
PORTS = {"ipcx": 10754, "node": EXPORTER, **{form: 10755 + n for n, form in enumerate(FORMS)}, "watched": 10800}


def counts(world):
    """Return the number of objects for each mechanism and owner, as ls lists them."""
    found = {}
    for o in world.objects():
        key = o["mech"], o["owner"].encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        found[key] = found.get(key, 0) + 1
    return found


def faster(quarter):
    """Return the rules with a quarter of an hour of so few milliseconds; nothing else is changed."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    with open(os.path.join(MONITORING, "ipcx.rules.yml"), encoding="utf-8") as f:
        rules = yaml.safe_load(f)

    def short(text):
        return re.sub(r"\b(\d+)([mh])\b", lambda m: f"{int(m[1]) * (60 if m[2] == 'h' else 1) * quarter // 15}ms", text)

    for group in rules["groups"]:
        for rule in group["rules"]:
            rule.update({key: short(rule[key]) for key in ("expr", "for") if key in rule})
    return rules


@pytest.fixture(name="engine", scope="module")
def fixture_engine(full, prometheus, tmp_path_factory):
    """Prometheus with all jobs of these tests."""
    started = time.monotonic()
    full.ok("metrics", "--ns", "all", "--with", "rss,waits,who,doctor")
    interval = max(500, int(4000 * (time.monotonic() - started)))  # what this machine can keep, in milliseconds
    rules = tmp_path_factory.mktemp("rules") / "rules.yml"
    rules.write_text(json.dumps(faster(4 * interval)), encoding="utf-8")
    assert subprocess.run([find("promtool"), "check", "rules", str(rules)], stdout=subprocess.DEVNULL, check=False).returncode == 0
    jobs = {}
    for name, port in PORTS.items():
        pause = f"{interval * 3 if name in FORMS else interval}ms"  # the forms are asked for at the same time
        jobs[name] = {"scrape_interval": pause, "scrape_timeout": pause, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
    prometheus.configure(jobs, rules=str(rules), interval=f"{interval}ms")
    yield prometheus
    prometheus.configure({})


def up(prometheus, *jobs):
    """Wait for the first successful scrape of each job."""
    until(lambda: {labels["job"] for labels, _ in prometheus.query("up == 1")} >= set(jobs))


def test_both_ways_deliver_the_same(full, serve, engine, exporter):
    unit = serve(full, PORTS["ipcx"], "--ns", "all")
    full.ok("metrics", "--ns", "all", "--output", os.path.join(full.dir, "ipcx.prom"))
    shutil.copy(os.path.join(full.dir, "ipcx.prom"), exporter.dir)
    up(engine, "ipcx", "node")
    until(lambda: engine.query('ipcx_build_info{job="node"}'))
    for name in ("ipcx", "node"):
        series = engine.query(f'ipcx_objects{{job="{name}", owner!=""}}')
        got = {(labels["mech"], labels["owner"]): value for labels, value in series}
        assert got == counts(full), name
    assert engine.query("node_textfile_scrape_error")[0][1] == 0
    assert len(engine.query('{__name__=~"ipcx_.*", job="ipcx"}')) == len(engine.query('{__name__=~"ipcx_.*", job="node"}')) > 30
    assert {t["labels"]["job"]: t["lastError"] for t in engine.targets() if t["health"] == "up"} == {"ipcx": "", "node": ""}
    assert {status for status, _ in unit.ended} == {0} and unit.stderr() == ""


def test_prometheus_takes_every_form(full, serve, engine):
    """Also names of users, which arrive as they are; invalid UTF-8 is written as \\xHH."""
    for form, words in FORMS.items():
        serve(full, PORTS[form], *words)
    up(engine, *FORMS)
    for form in FORMS:
        scraped = engine.query(f'scrape_samples_scraped{{job="{form}"}}')[0][1]
        assert scraped == len(engine.query(f'{{__name__=~"ipcx_.*", job="{form}"}}')) > 0, form
    owners = {labels["owner"] for labels, _ in engine.query('ipcx_objects{job="default", owner!=""}')}
    assert owners >= {name.decode("utf-8", "backslashreplace") for name in OWNERS.values()}
    refs = {labels["ref"] for labels, _ in engine.query('{__name__=~"ipcx_object_.*", job="objects"}')}
    assert refs == {o["ref"] for o in full.objects()}
    # One of them finds its own series again.
    assert engine.query('ipcx_objects{job="default", owner="quo\\"te"}')[0][1] == 1


# ---- alerts

@pytest.fixture(name="watched")
def fixture_watched(world, serve, engine):
    """A machine under watch."""
    serve(world, PORTS["watched"], "--ns", "all")
    up(engine, "watched")
    return world


def typed(world, alert):
    """Do what the alert says, and return the rows of the answer."""
    command = re.search(r": ipcx (.*)\.$", alert["annotations"]["description"])[1]
    return world.ok(*shlex.split(command), "--no-headings").splitlines()


def test_a_leak_is_an_alert_within_the_hour(watched, engine):
    def one_more():
        """Make a segment that nobody attaches, as a program that died between shmget and shmat."""
        watched.ok("mk", "shm", "--size", "1M")
        return engine.alerts("IpcxUnattachedMemoryGrows")

    (alert,) = until(one_more)
    assert alert["labels"]["mech"] == "shm" and alert["labels"]["owner"] == "root" and alert["labels"]["instance"] == f"127.0.0.1:{PORTS['watched']}"
    assert "grow for an hour" in alert["annotations"]["summary"]
    assert len([row for row in typed(watched, alert) if "1M" in row]) >= 3
    # Without the leak, the alert ends.
    watched.ok("rm", "shm", "--all")
    until(lambda: not engine.alerts("IpcxUnattachedMemoryGrows"))


def test_a_full_queue_is_an_alert(watched, engine):
    watched.ok("mk", "mq", "/jobs", "--maxmsg", "3", "--msgsize", "16")
    watched.ok("mk", "msg", "--key", "7")
    until(lambda: engine.query('ipcx_fullest_queue_ratio{job="watched", mech="mq"} == 0'))
    for _ in range(3):
        watched.ok("mq", "send", "/jobs", "job")
    (alert,) = until(lambda: engine.alerts("IpcxQueueFull"))
    assert alert["labels"]["mech"] == "mq" and float(alert["value"]) == 1
    (row,) = typed(watched, alert)
    assert "/jobs" in row
    watched.ok("mq", "recv", "/jobs", "--all")
    until(lambda: not engine.alerts("IpcxQueueFull"))
