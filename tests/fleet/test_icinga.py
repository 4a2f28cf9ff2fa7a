# SPDX-License-Identifier: GPL-2.0-or-later
"""Icinga 2 calls ipcx check with the CheckCommand of packaging/monitoring: states, text and performance data arrive in its status file."""

import os
import re
import subprocess

import pytest
from conftest import IPCX, MONITORING, PATH, find, until

from test_check import perfdata

EVIL = "/a|b'c=d e;f\ng\\n$(id)"
# Service: the variables of the CheckCommand.
SERVICES = {
    "jobs": 'vars.ipcx_subject = [ "queue", "mq:/jobs" ]',
    "everything": "",
    "conditions": 'vars.ipcx_subject = [ "queue", "mq:/jobs" ]\n vars.ipcx_warn = [ "owner != root", "use_percent > 100" ]\n vars.ipcx_crit = "use_percent > 100"',
    "limit": 'vars.ipcx_subject = [ "limits", "shmmni", "semmni" ]\n vars.ipcx_timeout = "20s"',
    "strict": 'vars.ipcx_subject = "doctor"\n vars.ipcx_strict = true\n vars.ipcx_timeout = "1ns"',
    "hostile": 'vars.ipcx_subject = "queue"',
    "wrong": 'vars.ipcx_subject = "frob"',
    "gone": 'vars.ipcx_subject = [ "queue", "msg:7" ]\n vars.ipcx_missing = "warning"',
}

CONFIG = """
include <itl>
include "{dir}/ipcx.conf"
object CheckerComponent "checker" {{ }}
object StatusDataWriter "status" {{
  status_path = "{dir}/status.dat"
  objects_path = "{dir}/objects.cache"
  update_interval = 1s
}}
object Host "here" {{
  check_command = "dummy"
  enable_active_checks = false
}}
"""
SERVICE = """
object Service "{name}" {{
  host_name = "here"
  check_command = "ipcx"
  max_check_attempts = 1
  check_interval = 1s
  retry_interval = 1s
  {variables}
}}
"""


def icinga(world, *words):
    """The words and the environment that run Icinga in the world, with all of its state in one directory."""
    places = [f"-D{name}={world.dir}/{name}" for name in ("DataDir", "LogDir", "CacheDir", "InitRunDir", "SpoolDir")]
    for place in places:
        os.makedirs(place.split("=")[1], exist_ok=True)
    user = {"ICINGA2_USER": "root", "ICINGA2_GROUP": "root"}
    words = [find("icinga2"), "daemon", "--no-stack-rlimit", "-c", world.dir + "/icinga.conf", *places, *words]
    return world.argv("setpriv", "--pdeathsig", "KILL", *words), {**os.environ, "PATH": PATH, **user}


@pytest.fixture(name="config")
def fixture_config(world):
    with open(os.path.join(MONITORING, "icinga2/ipcx.conf"), encoding="ascii") as f:
        command = f.read()
    assert '"/usr/bin/ipcx", "check"' in command
    with open(world.dir + "/ipcx.conf", "w", encoding="ascii") as f:
        f.write(command.replace("/usr/bin/ipcx", IPCX))
    with open(world.dir + "/icinga.conf", "w", encoding="ascii") as f:
        f.write(CONFIG.format(dir=world.dir) + "".join(SERVICE.format(name=n, variables=v) for n, v in SERVICES.items()))


@pytest.fixture(name="status")
def fixture_status(world, config):
    """Run Icinga in the world; return a function that reads the status of a service."""
    argv, env = icinga(world)
    with open(world.dir + "/output", "wb") as log, \
            subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env) as p:
        def status(name):
            if p.poll() is not None:
                with open(world.dir + "/output", encoding="utf-8", errors="replace") as f:
                    pytest.fail("Icinga ended: " + f.read()[-2000:])
            if not os.path.exists(world.dir + "/status.dat"):
                return None
            with open(world.dir + "/status.dat", encoding="utf-8", errors="replace") as f:
                for block in re.findall(r"^servicestatus \{\n(.*?)^\s*\}", f.read(), re.M | re.S):
                    values = dict(line.strip().split("=", 1) for line in block.splitlines() if "=" in line)
                    if values["service_description"] == name and values["has_been_checked"] == "1":
                        return values
            return None

        try:
            yield status
        finally:
            p.terminate()
            p.wait(timeout=60)


def test_icinga_accepts_the_command(world, config):
    argv, env = icinga(world, "-C")
    r = subprocess.run(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert r.returncode == 0 and "critical" not in r.stdout and "warning" not in r.stdout, r.stdout


def test_states_and_values_arrive(world, status):
    world.ok("mk", "mq", "/jobs", "--maxmsg", "4", "--msgsize", "64")
    world.ok("mq", "send", "/jobs", "a", "b", "c", "d")
    full = until(lambda: (s := status("jobs")) and s["current_state"] == "2" and "100%" in s["plugin_output"] and s, 120)
    assert full["plugin_output"] == "IPC CRITICAL - mq:/jobs 100% (4 of 4 messages)" and full["long_plugin_output"] == ""
    assert perfdata(full["performance_data"])["mq:/jobs"] == {"value": "100", "uom": "%", "warn": "80", "crit": "90", "min": "0", "max": "100"}
    assert until(lambda: (s := status("conditions")) and s["current_state"] == "0" and s, 120)["plugin_output"].startswith("IPC OK - 1 queue")
    world.ok("mq", "recv", "/jobs", "--all", "--format", "lines")
    well = until(lambda: (s := status("jobs")) and s["current_state"] == "0" and s, 120)
    assert well["plugin_output"] == "IPC OK - 1 queue, fullest: mq:/jobs 0% (0 of 4 messages)"
    every, limit = (until(lambda name=name: status(name), 120) for name in ("everything", "limit"))
    assert every["current_state"] == "0" and {"shmmni", "certain"} <= set(perfdata(every["performance_data"]))
    assert limit["current_state"] == "0" and set(perfdata(limit["performance_data"])) == {"shmmni", "semmni"}
    others = {name: until(lambda name=name: status(name), 120) for name in ("wrong", "gone", "strict")}
    assert {n: (s["current_state"], s["plugin_output"]) for n, s in others.items()} == {
        "wrong": ("3", "IPC UNKNOWN - check what? limits, queue or doctor, not 'frob'"),
        "gone": ("1", "IPC WARNING - msg:7: no such message queue"),
        "strict": ("3", "IPC UNKNOWN - no answer within 0 ms (--timeout)")}


def test_a_hostile_name_arrives_as_a_name(world, status):
    world.ok("mk", "mq", EVIL, "--maxmsg", "1", "--msgsize", "8")
    world.ok("mq", "send", EVIL, "x")
    [row] = world.objects("mq")
    found = until(lambda: (s := status("hostile")) and s["current_state"] == "2" and s, 120)
    assert found["plugin_output"] == f"IPC CRITICAL - {row['ref']} 100% (1 of 1 message)" and found["long_plugin_output"] == ""
    assert len(perfdata(found["performance_data"])) == 2
