# SPDX-License-Identifier: GPL-2.0-or-later
"""Engines and simulated hosts of fleet.py. Each ends with the block that uses it; an engine that is not installed is Missing."""

import asyncio
import collections
import ctypes
import fcntl
import json
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
PORT, PROMETHEUS, EXPORTER = 10754, 9090, 9100
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../packaging/monitoring/ipcx.rules.yml")
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Missing(Exception):
    """What cannot be measured here; the text says why."""


def find(*names):
    for name in names:
        if path := shutil.which(name, path=PATH):
            return path
    raise Missing(f"{names[0]} is not installed")


def alone_on_the_network():
    """Move to a network namespace that has only a loopback."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise SystemExit(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", IFF_UP, b""))


def series_of(text):
    return sum(not line.startswith("#") for line in text.splitlines())


def until(true, seconds=300):
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise Missing(f"not done after {seconds} seconds")
        time.sleep(0.1)


class Engine:
    """A server, which ends with the block."""

    def __init__(self, argv, port, ready):
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.begin = time.monotonic()
        try:
            until(lambda: self.process.poll() is not None or self.get(ready))
            if self.process.poll() is not None:
                raise Missing(f"{argv[0]} does not start")
        except BaseException:
            self.close()
            raise

    def get(self, path):
        try:
            with OPENER.open(self.url + path, timeout=60) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def seconds(self):
        return time.monotonic() - self.begin

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Exporter(Engine):
    """The node exporter, which reads the files of a directory and nothing else."""

    def __init__(self, directory):
        os.mkdir(directory)
        super().__init__([find("prometheus-node-exporter", "node_exporter"), "--collector.disable-defaults", "--collector.textfile",
                          f"--collector.textfile.directory={directory}", f"--web.listen-address=127.0.0.1:{EXPORTER}"], EXPORTER, "/metrics")

    def scrape(self):
        return self.get("/metrics")

    def cpu_ms(self):
        total = 0
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{thread}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[0])
        return total / 1e6


class Prometheus(Engine):
    """Prometheus with one job, whose data are in a directory of their own."""

    def __init__(self, directory, targets, interval, rules=False):
        program = find("prometheus")
        os.mkdir(directory)
        config = {"global": {"scrape_interval": f"{interval}s", "evaluation_interval": f"{interval}s"}, "rule_files": [os.path.abspath(RULES)] if rules else [],
                  "scrape_configs": [{"job_name": "ipcx", "static_configs": [{"targets": targets}]}]}
        with open(f"{directory}/prometheus.yml", "w", encoding="ascii") as f:
            json.dump(config, f)    # which is YAML
        super().__init__([program, f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                          f"--web.listen-address=127.0.0.1:{PROMETHEUS}", "--log.level=error"], PROMETHEUS, "/-/ready")

    def facts(self):
        """What Prometheus tells of itself, summed up over labels."""
        sums = collections.Counter()
        for name, value in re.findall(r"^(\w+)(?:{.*})? (\S+)$", self.get("/metrics") or "", re.M):
            sums[name] += float(value)
        return sums

    def number(self, expression):
        answer = json.loads(self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression})) or "{}")
        result = answer.get("data", {}).get("result", [])
        return float(result[0]["value"][1]) if result else 0

    def wait_for_samples(self, samples):
        until(lambda: self.facts()["prometheus_tsdb_head_samples_appended_total"] >= samples)

    def wait_for(self, expression):
        until(lambda: self.number(expression))


class Farm:
    """Many hosts: one server for all addresses of the loopback."""

    def __init__(self, text):
        self.body = text.encode()
        self.answered = self.gzip_asked = 0
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.answer, "0.0.0.0", PORT, backlog=1024))
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    @staticmethod
    def targets(hosts):
        return [f"127.1.{i // 250}.{i % 250 + 1}:{PORT}" for i in range(hosts)]

    async def answer(self, reader, writer):
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.answered += 1
            self.gzip_asked += b"accept-encoding: gzip" in request.lower()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"
                         b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(self.body) + self.body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        async def stop():
            self.server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def block_bytes(text, directory, hosts=50, minutes=110):
    """Let promtool make blocks as Prometheus does every two hours, of which a fifth of the series change each minute. Returns the bytes a sample."""
    promtool = find("promtool")
    os.mkdir(directory)
    start = 1_700_000_000 // 7200 * 7200
    with open(f"{directory}/text", "w", encoding="utf-8") as f:
        for line in text.splitlines():
            if line.startswith("#"):
                f.write(line + "\n" if line != "# EOF" else "")
                continue
            name, value = line.rsplit(" ", 1)
            for host in range(hosts):
                write_series(f, name, f'instance="127.1.0.{host + 1}:{PORT}",job="ipcx"', float(value), start, minutes)
        f.write("# EOF\n")
    run = subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", f"{directory}/text", f"{directory}/data"], stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, check=False)
    if run.returncode:
        raise Missing(f"promtool: {run.stderr.decode()[-200:]}")
    samples = size = 0
    for top, _, names in os.walk(f"{directory}/data"):
        for name in names:
            size += os.path.getsize(os.path.join(top, name))
            if name == "meta.json":
                with open(os.path.join(top, name), encoding="ascii") as f:
                    samples += json.load(f)["stats"]["numSamples"]
    print(f"\n{samples:,} samples of {hosts} hosts are {size / samples:.2f} bytes each in blocks of Prometheus.")
    return size / samples


def write_series(f, name, labels, value, start, minutes):
    chance = random.Random(name + labels)
    bare, _, own = name.partition("{")
    own = own.rstrip("}")
    changes = chance.random() < 0.2 or "duration" in bare
    for minute in range(minutes):
        if changes:
            value = value * chance.uniform(0.9, 1.1) if "duration" in bare else value + chance.randint(0, 4096)
        f.write(f"{bare}{{{own + ',' if own else ''}{labels}}} {value:.9g} {start + 60 * minute}\n")
