# SPDX-License-Identifier: GPL-2.0-or-later
"""A thousand machines under one Prometheus: which one has the leak?"""

import asyncio
import contextlib
import json
import threading

import pytest
from conftest import until

HOSTS, LEAKING, PORT = 1000, 617, 8080


class Hosts:
    """One server for all machines: /host/N/metrics has the text that ipcx wrote in a namespace with the objects of machine N."""

    def __init__(self, texts):
        self.texts, self.asked = texts, set()
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.answer, "127.0.0.1", PORT, backlog=1024))
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    async def answer(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            host = int(request.split(b"/")[2])
            self.asked.add(host)
            writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\r\n" + self.texts(host))
            await writer.drain()
        writer.close()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.close()
        self.loop.run_until_complete(self.server.wait_closed())
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                self.loop.run_until_complete(task)
        self.loop.close()


@pytest.fixture(name="texts")
def fixture_texts(world):
    """Texts of seven machines at work, and of the one that leaks; the others are like one of the seven."""
    def text():
        return world.ipcx("metrics", "--ns", "all").stdout

    healthy = []
    for n in range(7):
        world.ok("mk", "shm", "--size", f"{n + 1}M")
        world.ok("mk", "sem", "--nsems", f"{n + 1}")
        healthy.append(text())
    for _ in range(40):
        world.ok("mk", "shm", "--size", "256M")
    leaking = text()
    return lambda host: leaking if host == LEAKING else healthy[host % len(healthy)]


def test_one_query_finds_the_machine_that_leaks(network, prometheus, texts, tmp_path):
    hosts = Hosts(texts)
    try:
        targets = tmp_path / "hosts.json"
        targets.write_text(json.dumps([{"targets": [f"127.0.0.1:{PORT}"], "labels": {"instance": f"host{n}", "__metrics_path__": f"/host/{n}/metrics"}}
                                       for n in range(HOSTS)]), encoding="ascii")
        prometheus.configure({"fleet": {"scrape_interval": "10s", "scrape_timeout": "10s", "file_sd_configs": [{"files": [str(targets)]}]}})
        until(lambda: prometheus.query('count(up{job="fleet"} == 1)') and prometheus.query('count(up{job="fleet"} == 1)')[0][1] == HOSTS)
        assert hosts.asked == set(range(HOSTS))
        (labels, value), = prometheus.query('sum by (instance) (ipcx_unattached_bytes{job="fleet"}) > 1e9')
        assert labels == {"instance": f"host{LEAKING}"} and value == (28 + 40 * 256) << 20
        (labels, _), = prometheus.query('topk(1, sum by (instance) (ipcx_objects{job="fleet", mech="shm"}))')
        assert labels == {"instance": f"host{LEAKING}"}
        assert prometheus.query('count(ipcx_build_info{job="fleet"})')[0][1] == HOSTS
    finally:
        prometheus.configure({})
        hosts.close()
