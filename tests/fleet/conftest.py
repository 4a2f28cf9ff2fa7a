# SPDX-License-Identifier: GPL-2.0-or-later
"""Monitoring systems on the loopback of a network namespace of their own, each started once and ended by its pid."""

import ctypes
import fcntl
import importlib.util
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
MONITORING = os.path.join(TOP, "packaging/monitoring")
CLI = os.path.join(HERE, "../cli")
sys.path += [HERE, CLI]
spec = importlib.util.spec_from_file_location("world", os.path.join(CLI, "conftest.py"))
worlds = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worlds)
IPCX, SETUP, World = worlds.IPCX, worlds.SETUP, worlds.World

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
PROMETHEUS, EXPORTER, PATH = 9090, 9100, os.environ["PATH"] + ":/usr/sbin:/sbin"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def until(true, seconds=300):
    """Wait until a function returns something true, and return that."""
    deadline = time.monotonic() + seconds
    while True:
        result = true()
        if result:
            return result
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.01)


def find(*programs):
    """Return the path of the first of these programs that is installed; skip the test if none is."""
    for program in programs:
        path = shutil.which(program, path=PATH)
        if path:
            return path
    return pytest.skip(f"{programs[0]}: not installed")


def get(url, data=None, timeout=60):
    """Return the answer of an HTTP server, or None if it does not give one."""
    try:
        with OPENER.open(url, data=data, timeout=timeout) as answer:
            return answer.read()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


class Engine:
    """A server that runs until close(), and its output in .log."""

    def __init__(self, argv, port, ready):
        self.url = f"http://127.0.0.1:{port}"
        self.log = tempfile.NamedTemporaryFile(prefix="ipcx-engine.")
        # A test run that is killed takes the server along.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *argv], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            until(lambda: self.process.poll() is not None or get(self.url + ready) is not None, 120)
            assert self.process.poll() is None, self.output()
        except BaseException:
            self.close()
            raise

    def output(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return f.read()[-4000:]

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Prometheus(Engine):
    """Prometheus, whose jobs and rules each module sets: state is only in a temporary directory."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="ipcx-prometheus.")
        self.config({})
        super().__init__([find("prometheus"), f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/data",
                          f"--web.listen-address=127.0.0.1:{PROMETHEUS}", "--web.enable-lifecycle", "--log.level=warn"], PROMETHEUS, "/-/ready")

    def config(self, jobs, rules=None, interval="1s"):
        """Write the configuration: jobs are scrape_configs by name, rules is a file. JSON is YAML."""
        config = {"global": {"evaluation_interval": interval}, "rule_files": [rules] if rules else [],
                  "scrape_configs": [{"job_name": name, **job} for name, job in jobs.items()]}
        with open(f"{self.dir}/prometheus.yml", "w", encoding="ascii") as f:
            json.dump(config, f)

    def configure(self, jobs, **more):
        self.config(jobs, **more)
        assert get(self.url + "/-/reload", data=b"") == b"", self.output()

    def ask(self, what, **parameters):
        answer = json.loads(get(f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters, errors='surrogateescape')}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        """Return (labels, value) of the series of an instant query."""
        return [(one["metric"], float(one["value"][1])) for one in self.ask("query", query=expression)["result"]]

    def targets(self):
        return self.ask("targets", state="active")["activeTargets"]

    def alerts(self, name, state="firing"):
        return [one for one in self.ask("alerts")["alerts"] if one["labels"]["alertname"] == name and one["state"] == state]

    def close(self):
        super().close()
        shutil.rmtree(self.dir, ignore_errors=True)


class SocketUnit:
    """What ipcx-metrics.socket does (Accept=yes): a process of ipcx for each connection, which is its standard input and output."""

    def __init__(self, world, port, *words):
        self.world, self.words, self.ended = world, words, []
        self.listening = socket.create_server(("127.0.0.1", port), backlog=64)
        self.url = f"http://127.0.0.1:{port}/metrics"
        self.target = f"127.0.0.1:{port}"
        self.log = tempfile.TemporaryFile(prefix="ipcx-unit.")
        self.env = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")} | {"PATH": PATH, "LC_ALL": "C.UTF-8"}
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                started = time.monotonic()
                p = subprocess.Popen(self.world.argv(IPCX, "metrics", *self.words, "--http"), stdin=connection, stdout=connection, stderr=self.log,
                                     env=self.env)
            self.ended.append((p.wait(), time.monotonic() - started))

    def stderr(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def close(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()
        text = self.stderr()
        self.log.close()
        assert "Sanitizer" not in text and "runtime error" not in text, text


@pytest.fixture(scope="session")
def network():
    """Move the tests of this suite to a network namespace that has only a loopback."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        pytest.skip(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", IFF_UP, b""))


@pytest.fixture(scope="session")
def prometheus(network):
    engine = Prometheus()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def exporter(network):
    """The node exporter, which only reads the files in .dir."""
    directory = tempfile.mkdtemp(prefix="ipcx-textfile.")
    engine = Engine([find("prometheus-node-exporter", "node_exporter"), "--collector.disable-defaults", "--collector.textfile",
                     f"--collector.textfile.directory={directory}", f"--web.listen-address=127.0.0.1:{EXPORTER}"], EXPORTER, "/metrics")
    engine.dir = directory
    yield engine
    engine.close()
    shutil.rmtree(directory)


@pytest.fixture
def world():
    w = World()
    yield w
    w.close()


@pytest.fixture
def serve(network):
    """Serve the metrics of a world: serve(WORLD, PORT, OPTION…)."""
    units = []

    def start(world, port, *words):
        units.append(SocketUnit(world, port, *words))
        return units[-1]

    yield start
    for unit in units:
        unit.close()


@pytest.fixture(scope="session")
def dump():
    """The binary's own tables."""
    return json.loads(subprocess.run([IPCX, "help", "--dump"], stdout=subprocess.PIPE, check=True).stdout)
