# SPDX-License-Identifier: GPL-2.0-or-later
"""Nagios 4 calls ipcx check as it calls any plug-in: states, text and performance data arrive in its status file."""

import os
import re
import subprocess

import pytest
from conftest import IPCX, MONITORING, PATH, find, until

from test_check import perfdata

EVIL = "/a|b'c=d e;f\ng\\n"
# Service: the arguments of check_ipcx, as they stand in a configuration file.
SERVICES = {
    "jobs": "queue mq:/jobs",
    "everything": "",
    "negated": "queue mq:/jobs -c 'owner \\!= root' -w 'use_percent > 100'",
    "hostile": "queue",
    "wrong": "frob",
    "gone": "queue msg:7",
    "late": "--timeout 1ns",
}

MAIN = """
cfg_file={dir}/ipcx.cfg
cfg_file={dir}/objects.cfg
log_file={dir}/nagios.log
status_file={dir}/status.dat
lock_file={dir}/nagios.lock
temp_file={dir}/nagios.tmp
temp_path={dir}
check_result_path={dir}/results
object_cache_file={dir}/objects.cache
precached_object_file={dir}/objects.precache
query_socket={dir}/nagios.qh
illegal_object_name_chars=`~!$%^&*|'"<>?,()=
illegal_macro_output_chars=`~$&|'"<>
nagios_user={user}
nagios_group={group}
status_update_interval=1
interval_length=1
check_workers=2
check_external_commands=0
check_for_updates=0
enable_notifications=0
retain_state_information=0
use_syslog=0
"""
HOST = """
define timeperiod {
    timeperiod_name always
    alias always
    sunday 00:00-24:00
    monday 00:00-24:00
    tuesday 00:00-24:00
    wednesday 00:00-24:00
    thursday 00:00-24:00
    friday 00:00-24:00
    saturday 00:00-24:00
}
define command {
    command_name silence
    command_line /bin/true
}
define contact {
    contact_name nobody
    host_notification_commands silence
    service_notification_commands silence
    host_notification_period always
    service_notification_period always
}
define host {
    host_name here
    contacts nobody
    notification_period always
    address 127.0.0.1
    max_check_attempts 1
    active_checks_enabled 0
    check_period always
}
"""
SERVICE = """
define service {{
    host_name here
    service_description {name}
    check_command check_ipcx!{arguments}
    max_check_attempts 1
    check_interval 1
    retry_interval 1
    check_period always
    contacts nobody
    notification_period always
}}
"""


@pytest.fixture(name="config")
def fixture_config(world):
    """A configuration with the command of packaging/monitoring, and this program instead of the installed one."""
    os.mkdir(world.dir + "/results")
    with open(os.path.join(MONITORING, "nagios/ipcx.cfg"), encoding="ascii") as f:
        commands = f.read()
    assert "/usr/bin/ipcx check" in commands
    files = {
        "ipcx.cfg": commands.replace("/usr/bin/ipcx", IPCX),
        "objects.cfg": HOST + "".join(SERVICE.format(name=n, arguments=a) for n, a in SERVICES.items()),
        "nagios.cfg": MAIN.format(dir=world.dir, user=os.geteuid(), group=os.getegid()),
    }
    for name, text in files.items():
        with open(os.path.join(world.dir, name), "w", encoding="ascii") as f:
            f.write(text)
    return os.path.join(world.dir, "nagios.cfg")


@pytest.fixture(name="nagios")
def fixture_nagios(world, config):
    """Run Nagios in the world; return a function that reads the status of a service."""
    program = find("nagios4", "nagios")
    with open(world.dir + "/output", "wb") as log, \
            subprocess.Popen(world.argv("setpriv", "--pdeathsig", "KILL", program, config), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             env={**os.environ, "PATH": PATH}) as p:
        def status(name):
            if p.poll() is not None:
                with open(world.dir + "/output", encoding="utf-8", errors="replace") as f:
                    pytest.fail("Nagios ended: " + f.read()[-2000:])
            if not os.path.exists(world.dir + "/status.dat"):
                return None
            with open(world.dir + "/status.dat", encoding="utf-8", errors="replace") as f:
                for block in re.findall(r"^servicestatus \{\n(.*?)^\t\}", f.read(), re.M | re.S):
                    values = dict(line.strip().split("=", 1) for line in block.splitlines())
                    if values["service_description"] == name and values["has_been_checked"] == "1":
                        return values
            return None

        try:
            yield status
        finally:
            p.terminate()
            p.wait(timeout=60)


def test_nagios_accepts_the_command(world, config):
    r = world.run(find("nagios4", "nagios"), "-v", config)
    assert r.rc == 0 and "Total Errors:   0" in r.out, r.out


def test_states_and_values_arrive(world, nagios):
    world.ok("mk", "mq", "/jobs", "--maxmsg", "4", "--msgsize", "64")
    world.ok("mq", "send", "/jobs", "a", "b", "c", "d")
    full = until(lambda: (s := nagios("jobs")) and s["current_state"] == "2" and "100%" in s["plugin_output"] and s)
    assert full["plugin_output"] == "IPC CRITICAL - mq:/jobs 100% (4 of 4 messages)" and full["long_plugin_output"] == ""
    assert perfdata(full["performance_data"])["mq:/jobs"] == {"value": "100", "uom": "%", "warn": "80", "crit": "90", "min": "0", "max": "100"}
    world.ok("mq", "recv", "/jobs", "--all", "--format", "lines")
    well = until(lambda: (s := nagios("jobs")) and s["current_state"] == "0" and s)
    assert well["plugin_output"] == "IPC OK - 1 queue, fullest: mq:/jobs 0% (0 of 4 messages)"
    assert perfdata(well["performance_data"])["mq:/jobs_messages"]["value"] == "0"
    world.ok("mq", "send", "/jobs", "a")
    # A condition that has an exclamation mark, in quotes.
    assert until(lambda: (s := nagios("negated")) and s["current_state"] == "0" and s)["plugin_output"].startswith("IPC OK - 1 queue")
    every = until(lambda: nagios("everything"))
    assert every["current_state"] == "0" and {"shmmni", "certain"} <= set(perfdata(every["performance_data"]))
    states = {name: until(lambda name=name: nagios(name)) for name in ("wrong", "gone", "late")}
    assert {n: (s["current_state"], s["plugin_output"]) for n, s in states.items()} == {
        "wrong": ("3", "IPC UNKNOWN - check what? limits, queue or doctor, not 'frob'"),
        "gone": ("2", "IPC CRITICAL - msg:7: no such message queue"),
        "late": ("3", "IPC UNKNOWN - no answer within 0 ms (--timeout)")}


def test_a_hostile_name_arrives_as_a_name(world, nagios):
    world.ok("mk", "mq", EVIL, "--maxmsg", "1", "--msgsize", "8")
    world.ok("mq", "send", EVIL, "x")
    [row] = world.objects("mq")
    status = until(lambda: (s := nagios("hostile")) and s["current_state"] == "2" and s)
    assert status["plugin_output"] == f"IPC CRITICAL - {row['ref']} 100% (1 of 1 message)" and status["long_plugin_output"] == ""
    assert len(perfdata(status["performance_data"])) == 2
