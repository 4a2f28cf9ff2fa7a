# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx metrics --http: one request, one answer, whatever the client does."""

import re
import socket
import subprocess

import pytest

from conftest import IPCX
from helpers.metrics import parse


def answer(text, head_only=False):
    head, _, body = text.partition("\r\n\r\n")
    lines = head.split("\r\n")
    fields = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
    assert int(fields["content-length"]) == len(body.encode("utf-8", "surrogateescape")) or head_only
    assert fields["connection"] == "close" and not (head_only and body)
    assert re.fullmatch(r"HTTP/1\.1 \d{3} [A-Z][A-Za-z ]+", lines[0])
    return int(lines[0].split()[1]), fields, body


OPEN = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
REQUESTS = {
    "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n": 200, "GET /metrics HTTP/1.0\r\n\r\n": 200, "GET /metrics?x=1 HTTP/1.1\r\n\r\n": 200,
    "GET /metrics HTTP/1.0\n\n": 200, "GET http://localhost:9/metrics HTTP/1.1\r\n\r\n": 200, "GET / HTTP/1.1\r\n\r\n": 404,
    "GET /metrics/ HTTP/1.1\r\n\r\n": 404, "GET /metricsx HTTP/1.1\r\n\r\n": 404, "GET //metrics HTTP/1.1\r\n\r\n": 404,
    "HEAD /metrics HTTP/1.1\r\n\r\n": 405, "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc": 405, "get /metrics HTTP/1.1\r\n\r\n": 405,
    "GET /metrics\r\n\r\n": 400, "GET /metrics FTP/1.1\r\n\r\n": 400, "GET  HTTP/1.1\r\n\r\n": 400, "\r\n\r\n": 400, "GET /metrics HTTP/1.1 x\r\n\r\n": 400,
    "HEAD /other HTTP/1.1\r\n\r\n": 405, "GET /metrics HTTP/1.1\r\n": 400, "x": 400, "GET /\0metrics HTTP/1.1\r\n\r\n": 400, "GET /metrics HTTP/2.0\r\n\r\n": 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": 505,
    "GET /metrics HTTP/1.1\r\nX: " + "x" * 8000 + "\r\n\r\n": 200, "GET /metrics HTTP/1.1\r\nX: " + "x" * 9000 + "\r\n\r\n": 431, "x" * 10000: 431,
}


@pytest.mark.parametrize("request_text", REQUESTS, ids=lambda r: repr(r[:40]))
def test_requests(world, request_text):
    r = world.ipcx("metrics", "--http", input=request_text)
    assert r.rc == 0 and r.err == "", r.err
    status, fields, body = answer(r.out, request_text.startswith("HEAD "))
    assert status == REQUESTS[request_text]
    if status == 200:
        parse(body)
        assert fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert (fields.get("allow") == "GET") == (status == 405)


@pytest.mark.parametrize("accept,open_metrics", [
    (OPEN, True), ("application/openmetrics-text", True), ("APPLICATION/OpenMetrics-Text; q=0.5", True), ("text/plain", False), ("*/*", False),
    ("application/openmetrics-text;q=0", False), ("application/openmetrics-text;q=0.0,text/plain", False), ("application/openmetrics-text; version=1.0.0; q=0.000", False),
    ("application/openmetrics-text;q=0.01", True), ("application/openmetrics-textual", False),
    ("text/plain;q=0, application/openmetrics-text", True)])
def test_the_type_is_what_was_asked_for(world, accept, open_metrics):
    r = world.ipcx("metrics", "--http", input=f"GET /metrics HTTP/1.1\r\nHost: x\r\naccept: {accept}\r\n\r\n".replace("accept", "Accept"))
    _, fields, body = answer(r.out)
    assert ("openmetrics" in fields["content-type"]) == open_metrics
    parse(body)


def serve(world, *words):
    ours, theirs = socket.socketpair()
    p = subprocess.Popen(world.argv(IPCX, "metrics", "--http", *words), stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
    theirs.close()
    ours.settimeout(120)
    return ours, p


def read_all(sock):
    data = b""
    while True:
        more = sock.recv(65536)
        data += more
        if not more:
            return data.decode()


def test_slow_and_silent_clients(world):
    """One that sends nothing more, one that asks for nothing, one that goes away, one that sends byte by byte: all at once."""
    silent, p1 = serve(world)
    silent.sendall(b"GET /metrics HTTP/1.1\r\n")
    none, p2 = serve(world)
    none.shutdown(socket.SHUT_WR)
    gone, p3 = serve(world)
    gone.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
    gone.close()
    pieces, p4 = serve(world)
    for byte in b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n":
        pieces.sendall(bytes([byte]))
    assert answer(read_all(pieces))[0] == 200
    assert read_all(none) == ""
    assert answer(read_all(silent))[0] == 408
    for p in (p1, p2, p3, p4):
        silent.close(), pieces.close(), none.close()
        assert p.wait(timeout=120) == 0 and p.stderr.read() == b""
        p.stderr.close()


def test_a_body_does_not_cost_the_answer(world):
    sock, p = serve(world)
    sock.sendall(b"POST /metrics HTTP/1.1\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20000)
    assert answer(read_all(sock))[0] == 405
    sock.close()
    assert p.wait(timeout=120) == 0
    p.communicate()
