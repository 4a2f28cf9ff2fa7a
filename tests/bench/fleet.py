#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what the metrics of many hosts cost: the figures of ipcx-fleet(7), as tables of Markdown, and as JSON on request.

Start it with `run.sh fleet`, which makes the private namespaces. The engines are those of the machine, on the loopback of a network namespace of
their own. The simulated hosts are addresses of this loopback; one server in fleetparts.py answers for all of them, with the text that ipcx wrote for
the database host. What is missing is skipped with a reason."""

import argparse
import gzip
import json
import os
import statistics
import sys
import time

import bench
import fixtures
from fleetparts import Exporter, Farm, Missing, Prometheus, alone_on_the_network, block_bytes, series_of

HOSTS = (   # name, world, options
    ("nothing", "0", ()),
    ("a database: 3 segments, 20 arrays", "database", ()),
    ("the same, --ns all", "database", ("--ns", "all")),
    ("100 containers, --ns all", "100 containers", ("--ns", "all")),
    ("the same, --by none", "100 containers", ("--ns", "all", "--by", "none")),
    ("32,000 of each System V kind, one owner", "32000", ()),
    ("32,000 of each, 200 owners", "32000 owners", ()),
)
SCRAPES = (
    ("nothing", "0", ()),
    ("1,000 of each System V kind", "1000", ()),
    ("32,000 segments", "32000 shm of one", ()),
    ("32,000 of each", "32000", ()),
    ("100 containers, 500 processes, --ns all", "100 containers", ("--ns", "all")),
    ("the same, --with waits,who", "100 containers", ("--ns", "all", "--with", "waits,who")),
)
FLEETS = (100, 300, 1000)
INTERVAL, TIMES = 5, 6              # seconds between scrapes; how often each host is scraped
TARGET_SERIES = 5                   # that Prometheus adds for each target, such as up
DAY = 86400


def table(title, headings, rows):
    print(f"\n{title}\n\n| {' | '.join(headings)} |\n|{'---|' * len(headings)}")
    for row in rows:
        print(f"| {' | '.join(shown(cell) for cell in row)} |", flush=True)
    return [dict(zip(headings, row)) for row in rows]


def shown(cell):
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def text_of(worlds, world, options):
    return worlds[world].must(("@ipcx@", "metrics", *options))


def texts(worlds):
    rows = []
    for name, world, options in HOSTS:
        text = text_of(worlds, world, options)
        rows.append((name, series_of(text), len(text.encode()), len(gzip.compress(text.encode(), 6))))
    return table("The text of a host", ("host", "series", "bytes", "bytes if compressed"), rows)


def scrapes(worlds, rounds):
    """One process of ipcx for each request, as with ipcx-metrics.socket."""
    rows = []
    for name, world, options in SCRAPES:
        with open(f"{worlds.paths['tmp']}/request", "w", encoding="ascii") as f:
            f.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        script = f"exec @ipcx@ metrics {' '.join(options)} --http < @tmp@/request"
        costs = []
        for _ in range(rounds + 1):
            begin = time.monotonic()
            result = worlds[world].run(("sh", "-c", script))
            costs.append((result.cpu_ms, (time.monotonic() - begin) * 1000, result.rss_mib))
            assert result.status == 0, result.error
        rows.append((name, *(statistics.median(column) for column in zip(*costs[1:]))))
    return table("One scrape of ipcx metrics --http", ("objects", "CPU ms", "wall ms", "peak MiB"), rows)


def exporter(text, directory, rounds):
    """What the node exporter needs to read the file and answer, beside what it needs without it."""
    costs = {}
    with Exporter(directory) as engine:
        for name, content in (("without ipcx.prom", None), ("with it", text)):
            if content:
                with open(f"{directory}/ipcx.prom", "w", encoding="utf-8") as f:
                    f.write(content)
            engine.scrape()
            before = engine.cpu_ms()
            for _ in range(rounds):
                answer = engine.scrape()
            costs[name] = ((engine.cpu_ms() - before) / rounds, len(answer))
            assert ("ipcx_build_info" in answer) == bool(content)
    return table("One scrape of the node exporter, textfile collector only", ("file", "CPU ms", "bytes"), [(name, *cost) for name, cost in costs.items()])


def fleet(text, hosts, paths):
    """Let Prometheus scrape this many hosts, each TIMES times."""
    with Farm(text) as farm, Prometheus(f"{paths['tmp']}/prometheus.{hosts}", farm.targets(hosts), INTERVAL) as engine:
        engine.wait_for_samples(hosts * TIMES * (series_of(text) + TARGET_SERIES))
        facts = engine.facts()
        return {"hosts": hosts, "scraped": farm.answered, "gzip asked for": farm.gzip_asked, "series": facts["prometheus_tsdb_head_series"],
                "samples": facts["prometheus_tsdb_head_samples_appended_total"], "RSS MiB": facts["process_resident_memory_bytes"] / 2**20,
                "CPU s": facts["process_cpu_seconds_total"], "seconds": engine.seconds()}


def fleets(text, paths):
    found = [fleet(text, hosts, paths) for hosts in FLEETS]
    rows = [(f["hosts"], f["series"], f["samples"] / f["seconds"], f["RSS MiB"], f["CPU s"] * 1e6 / f["samples"]) for f in found]
    table(f"Prometheus, each host scraped {TIMES} times, every {INTERVAL} s", ("hosts", "series", "samples/s", "RSS MiB", "CPU us a sample"), rows)
    print(f"\n{'All' if all(f['gzip asked for'] == f['scraped'] for f in found) else 'Not all'} requests accept gzip; ipcx answers without compression.")
    return found


def recorded(text, paths, hosts=20):
    """How many series the rules of packaging/monitoring leave of a host, and what federation transfers of them."""
    with Farm(text) as farm, Prometheus(f"{paths['tmp']}/rules", farm.targets(hosts), 1, rules=True) as engine:
        engine.wait_for(f"count(count by (instance) ({{__name__=~'instance.*'}})) == {hosts}")
        series = engine.number("count({__name__=~'instance.*'})") / hosts
        federated = len(engine.get("/federate?match[]={__name__=~'instance.*'}")) / hosts
        scraped = engine.number("sum(scrape_samples_scraped)") / hosts
    return table("Recording rules of packaging/monitoring/ipcx.rules.yml", ("series a host scraped", "series a host recorded", "bytes a host federated"),
                 [(scraped, series, federated)])


def extrapolated(found, disk, hosts=10000, interval=60):
    few, many = found[0], found[-1]
    each = (many["RSS MiB"] - few["RSS MiB"]) * 2**20 / (many["series"] - few["series"])
    base = few["RSS MiB"] * 2**20 - each * few["series"]
    of_host = many["series"] / many["hosts"]
    series, rate = of_host * hosts, of_host * hosts / interval
    cpu = many["CPU s"] / many["samples"]
    print(f"\n{hosts:,} hosts, scraped every {interval} s (what one more host costs, times their number)\n")
    lines = {"series a host": of_host, "series": series, "samples/s": rate, "MiB of memory without": base / 2**20, "bytes of memory a series": each, "memory GiB": (base + each * series) / 2**30,
             "bytes of disk a sample": disk, "disk GiB a day": rate * DAY * disk / 2**30, "CPUs": rate * cpu,
             "MiB/s on the network": many["bytes"] * hosts / interval / 2**20}
    for name, value in lines.items():
        print(f"    {name:<26} {shown(float(value))}")
    return lines


def measure(args, worlds, paths):
    """Run each step; one that lacks something is skipped, and so are those that need its figures."""
    out, text = {}, lambda: text_of(worlds, "database", ())
    steps = (("texts", lambda: texts(worlds)),
             ("scrapes", lambda: scrapes(worlds, args.rounds)),
             ("exporter", lambda: exporter(text(), paths["tmp"] + "/textfile", 100)),
             ("fleets", lambda: fleets(text(), paths)),
             ("rules", lambda: recorded(text(), paths)),
             ("disk", lambda: block_bytes(text(), paths["tmp"] + "/blocks")),
             ("10,000 hosts", lambda: extrapolated([{**f, "bytes": len(text().encode())} for f in out["fleets"]], out["disk"])))
    for name, step in steps:
        try:
            out[name] = step()
        except (Missing, fixtures.Unsupported) as reason:
            print(f"\n{name}: skipped: {reason}")
        except KeyError as other:
            print(f"\n{name}: skipped: needs the figures of {other}")
    return out


def main():
    parser = argparse.ArgumentParser(prog="run.sh fleet", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="scrapes of each kind (15)")
    parser.add_argument("--json", metavar="FILE", help="write all figures there too")
    args = parser.parse_args()
    paths = {name: os.environ[f"BENCH_{name.upper()}"] for name in ("ipcx", "bin", "tmp")}
    host = bench.machine(paths["ipcx"])
    print("machine: " + ", ".join(f"{key} {value}" for key, value in host.items()))
    alone_on_the_network()
    worlds = fixtures.Worlds(paths)
    try:
        figures = measure(args, worlds, paths)
    finally:
        worlds.close()
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump({"machine": host, **figures}, f, indent=1)
            f.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
