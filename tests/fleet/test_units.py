# SPDX-License-Identifier: GPL-2.0-or-later
"""The units under a real systemd, booted by systemd-nspawn: the socket answers requests, and the timer writes the file."""

import os
import re
import shutil
import subprocess

import pytest
from conftest import IPCX, MONITORING, find, until
from node import Node

BUILD = os.environ["IPCX_BUILD"]
TARGET = """[Unit]
Description=metrics
Wants=ipcx-metrics.socket ipcx-metrics-textfile.timer
"""
REQUEST = """
import socket, sys
with socket.create_connection(("127.0.0.1", 10754)) as s:
    s.sendall(sys.argv[1].encode() + b"\\r\\n\\r\\n")
    while True:
        b = s.recv(65536)
        if not b:
            break
        sys.stdout.buffer.write(b)
"""


def root_of(node):
    """A root directory with the programs of this machine, and the units."""
    root = os.path.join(node.dir, "booted")
    for name in ("usr", "etc/systemd/system", "etc/default", "var/lib/prometheus/node-exporter", "run", "tmp", "proc", "sys", "dev", "root"):
        os.makedirs(os.path.join(root, name))
    for name in ("bin", "sbin", "lib", "lib64"):
        if os.path.islink(f"/{name}"):
            os.symlink(f"usr/{name}", f"{root}/{name}")
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", f"{root}/etc/{name}")
    for directory in (os.path.join(BUILD, "packaging/monitoring"), os.path.join(MONITORING, "systemd")):
        for name in os.listdir(directory):
            if name.startswith("ipcx-metrics") and not name.endswith(".in"):
                with open(os.path.join(directory, name), encoding="utf-8") as f:
                    text = re.sub(r"ExecStart=\S+/ipcx ", f"ExecStart={IPCX} ", f.read())
                with open(f"{root}/etc/systemd/system/{name}", "w", encoding="utf-8") as f:
                    f.write(text)
    # A sanitizer looks for leaks by ptrace(2), which the service may not need to be able to do.
    for name, text in (("os-release", "ID=ipcx-test\n"), ("machine-id", "0123456789abcdef0123456789abcdef\n"), ("systemd/system/default.target", TARGET),
                       ("default/ipcx-metrics", 'ASAN_OPTIONS=detect_leaks=0\nOPTIONS="--ns all --with waits"\n')):
        with open(f"{root}/etc/{name}", "w", encoding="ascii") as f:
            f.write(text)
    return root


@pytest.fixture(name="booted", scope="module")
def fixture_booted():
    find("systemd-nspawn")
    if os.geteuid() != 0 or not os.path.exists("/lib/systemd/systemd"):
        pytest.skip("needs root and systemd")
    node = Node()
    try:
        yield from boot(node)
    finally:
        node.close()


def boot(node):
    node.root = root_of(node)
    # Its seccomp filter would be around ipcx, too.
    nspawn = subprocess.Popen(node.argv("env", "SYSTEMD_SECCOMP=0", "systemd-nspawn", "--register=no", "--keep-unit", "--boot", "-q", "-D", node.root,
                                        "--bind-ro=/usr", f"--bind-ro={os.path.dirname(os.path.dirname(IPCX))}", "-M", "booted", "--console=pipe"),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        node.leader = int(until(lambda: node.run("sh", "-c", "pgrep -P $(pgrep -d, -x systemd-nspawn) -x systemd").out, 120))
        until(lambda: request(node, "GET /metrics HTTP/1.1").startswith("HTTP/"), 120)
        yield node
    finally:
        node.run("sh", "-c", "kill -9 $(pgrep -P $(pgrep -d, -x systemd-nspawn))")
        nspawn.wait(timeout=60)


def request(node, line):
    r = node.run("/usr/bin/python3", "-c", REQUEST, line)
    return r.out


def test_the_socket_answers(booted):
    for _ in range(3):
        head, text = request(booted, "GET /metrics HTTP/1.1").split("\r\n\r\n", 1)
        assert re.match(r"HTTP/1\.[01] 200 ", head) and text.endswith("# EOF\n"), head
    assert re.match(r"HTTP/1\.[01] 404 ", request(booted, "GET /other HTTP/1.1"))
    assert 'ipcx_waiting_threads{' in text, "OPTIONS of /etc/default/ipcx-metrics"
    # It has PIDs of its own, so that there are processes that it cannot see.
    assert re.findall(r'^ipcx_unreadable\{what="(.*)"\} [^0]', text, re.M) in ([], ["processes"]), text


def test_the_timer_writes_the_file(booted):
    path = os.path.join(booted.root, "var/lib/prometheus/node-exporter/ipcx.prom")
    until(lambda: os.path.exists(path), 120)
    with open(path, encoding="utf-8") as f:
        assert f.read().endswith("# EOF\n")
    assert os.stat(path).st_mode & 0o777 == 0o644


BURST = """
import socket
for _ in range(600):
    socket.create_connection(("127.0.0.1", 10754)).close()
"""


def test_a_burst_of_connections_does_not_stop_the_socket(booted):
    booted.run("/usr/bin/python3", "-c", BURST)
    until(lambda: request(booted, "GET /metrics HTTP/1.1").endswith("# EOF\n"), 60)
