# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/monitoring/: what the programs that read these files say of them."""

import os
import re
import shutil
import subprocess

import pytest
from conftest import IPCX, MONITORING, PATH, find

BUILD = os.environ["IPCX_BUILD"]
RULES = os.path.join(MONITORING, "ipcx.rules.yml")


def yaml(path):
    module = pytest.importorskip("yaml", reason="PyYAML is not installed")
    with open(os.path.join(MONITORING, path), encoding="utf-8") as f:
        return module.safe_load(f)


def run(*argv, **more):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300, **more)


@pytest.fixture(name="units")
def fixture_units(tmp_path):
    """The units as they are built here, whose program exists."""
    built = os.path.join(BUILD, "packaging/monitoring")
    for directory in (built, os.path.join(MONITORING, "systemd")):
        for name in os.listdir(directory):
            if name.startswith("ipcx-metrics") and not name.endswith(".in"):
                with open(os.path.join(directory, name), encoding="utf-8") as f:
                    (tmp_path / name).write_text(re.sub(r"ExecStart=\S+/ipcx ", f"ExecStart={IPCX} ", f.read()), encoding="utf-8")
    return tmp_path


def verify(units, *names):
    return run(find("systemd-analyze"), "verify", "--man=no", *(os.path.join(units, name) for name in names))


def test_systemd_understands_the_units(units):
    names = sorted(name.replace("@", "@1") for name in os.listdir(units))
    assert len(names) == 4, names
    r = verify(units, *names)
    assert r.returncode == 0 and r.stdout == "", r.stdout


def test_systemd_would_name_an_unknown_setting(units):
    with open(units / "ipcx-metrics@.service", "a", encoding="ascii") as f:
        f.write("NoSuchSetting=yes\n")
    assert "NoSuchSetting" in verify(units, "ipcx-metrics@1.service").stdout


# What gives a service mounts of its own, and what a seccomp filter (systemd.exec(5)).
OWN_MOUNTS = (r"Protect(System|Home|Proc|KernelTunables|KernelModules|KernelLogs|ControlGroups|Hostname)|ProcSubset"
              r"|Private(Tmp|Devices|Mounts|Network|Users|IPC)|(ReadOnly|ReadWrite|Inaccessible|NoExec|Exec)Paths|TemporaryFileSystem"
              r"|Bind(ReadOnly)?Paths|Root(Directory|Image)|MountFlags|DynamicUser|(Runtime|State|Cache|Logs)Directory|MountAPIVFS"
              r"|NetworkNamespacePath|IPCNamespacePath")
FILTERS = (r"SystemCall(Filter|Architectures|Log)|RestrictAddressFamilies|MemoryDenyWriteExecute|LockPersonality|RestrictRealtime|RestrictSUIDSGID"
           r"|RestrictNamespaces|ProtectClock")


def test_units_have_the_mounts_of_the_machine_and_no_filter(units):
    """Otherwise ipcx could not trust those who name containers, or not mount the file system of message queues."""
    for name in os.listdir(units):
        assert not re.search(rf"^({OWN_MOUNTS}|{FILTERS})=", (units / name).read_text(encoding="utf-8"), re.M), name


def test_rules_do_what_their_tests_say():
    promtool = find("promtool")
    r = run(promtool, "test", "rules", os.path.join(MONITORING, "ipcx.rules.test.yml"))
    assert r.returncode == 0, r.stdout
    r = run(promtool, "check", "rules", RULES)
    assert r.returncode == 0 and "SUCCESS" in r.stdout, r.stdout


def test_each_alert_is_tested_to_fire_and_not_to_fire():
    fires, silent = set(), set()
    for one in yaml("ipcx.rules.test.yml")["tests"]:
        for case in one.get("alert_rule_test", []):
            (fires if case.get("exp_alerts") else silent).add(case["alertname"])
    alerts = {rule["alert"] for group in yaml("ipcx.rules.yml")["groups"] for rule in group["rules"] if "alert" in rule}
    assert fires == silent == alerts


def test_each_alert_names_a_command_that_exists(dump):
    """A text says what to type: the words after "ipcx" are a command and its options."""
    known = {command["name"]: {option["name"] for option in (*command["options"], *dump["options"])} for command in dump["commands"]}
    for group in yaml("ipcx.rules.yml")["groups"]:
        for rule in group["rules"]:
            text = re.sub(r"\{\{.*?\}\}", "", rule.get("annotations", {}).get("description", ""))
            for words in re.findall(r"ipcx ((?:ls|rm|limits|doctor|waits|metrics)\b[^;.,]*)", text):
                command, *rest = words.split()
                assert {w[2:] for w in rest if w.startswith("--")} <= known[command], words
            assert "record" in rule or re.search(r"ipcx (ls|rm|limits|doctor|waits|metrics)|systemctl status|--max-series", text), rule["alert"]


def test_prometheus_understands_the_example(tmp_path):
    for name in ("prometheus.yml", "ipcx.rules.yml"):
        shutil.copy(os.path.join(MONITORING, name), tmp_path)
    r = run(find("promtool"), "check", "config", str(tmp_path / "prometheus.yml"))
    assert r.returncode == 0 and "rules found" in r.stdout, r.stdout
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in yaml("prometheus.yml")["scrape_configs"]}
    with open(os.path.join(MONITORING, "systemd/ipcx-metrics.socket"), encoding="ascii") as f:
        assert f"ListenStream=127.0.0.1:{jobs['ipcx'][0].split(':')[1]}\n" in f.read()


# ---- Zabbix

@pytest.fixture(name="zabbix")
def fixture_zabbix(world, tmp_path):
    """Ask the agent for an item; ipcx is in its PATH."""
    agent = find("zabbix_agentd")
    os.symlink(IPCX, tmp_path / "ipcx")
    conf = tmp_path / "agent.conf"
    conf.write_text(f"LogType=console\nAllowRoot=1\nServer=127.0.0.1\nTimeout=30\nInclude={MONITORING}/zabbix/ipcx.conf\n", encoding="ascii")
    return lambda item: world.run(agent, "-c", conf, "-t", item, env={"PATH": f"{tmp_path}:{PATH}"})


def test_zabbix_gets_single_values(world, zabbix):
    for _ in range(3):
        world.ok("mk", "shm", "--size", "8K")
    world.ok("mk", "msg")
    world.sysctl("kernel.shmmni", "6")
    for item, value in (("ipcx.get[ipcx_objects,shm]", "3"), ("ipcx.get[ipcx_objects]", "4"), ("ipcx.get[ipcx_unattached_bytes]", "24576"),
                        ("ipcx.get[ipcx_limit_used_ratio]", "0.5"), ("ipcx.limit[shmmni]", "0.5"), ("ipcx.get[ipcx_unreadable]", "0")):
        r = zabbix(item)
        assert f"[t|{value}]" in r.out, (item, r.out, r.err)


def test_zabbix_gets_no_value_where_there_is_none(zabbix):
    for item in ("ipcx.limit[nosuch]", "ipcx.get[nosuch]"):
        assert not re.search(r"\[t\|[0-9]", zabbix(item).out), item


@pytest.mark.parametrize("bad", ["'; touch {file}; '", "$(touch {file})", "`touch {file}`", 'x"; touch {file}; "'])
def test_zabbix_runs_no_commands_of_the_server(zabbix, tmp_path, bad):
    zabbix(f"ipcx.get[{bad.format(file=tmp_path / 'made')}]")
    assert not (tmp_path / "made").exists()


# ---- Kubernetes

def test_daemonset_has_the_least_rights_and_the_form_of_its_kind():
    daemonset = yaml("kubernetes/daemonset.yaml")
    assert (daemonset["apiVersion"], daemonset["kind"]) == ("apps/v1", "DaemonSet")
    template = daemonset["spec"]["template"]
    assert daemonset["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    pod = template["spec"]
    assert pod["hostIPC"] and pod["hostPID"] and not pod["automountServiceAccountToken"] and "hostNetwork" not in pod
    (container,) = pod["containers"]
    rights = container["securityContext"]
    assert rights["readOnlyRootFilesystem"] and not rights["privileged"] and not rights["allowPrivilegeEscalation"]
    assert rights["capabilities"] == {"drop": ["ALL"], "add": ["SYS_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH"]}
    assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]} == {"textfile", "passwd"}
    assert container["resources"]["limits"]["memory"] and all(type(a) is str for a in container["args"])
