"""`python -m benchmarks`: every row on every work, interleaved, and the tables of their medians."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from benchmarks import ceiling, tables
from benchmarks.clients import CLIENTS
from benchmarks.endpoint import Endpoint
from benchmarks.measure import Row, RowFailed, bare_import, run_client
from benchmarks.works import Work, all_works, write_data

PACKAGES = (
    "s3pipes torch boto3 botocore s3fs fsspec s3torchconnector obstore aioboto3 aiobotocore aiohttp"
)
NOTES = """\
MB are 10^6 bytes. CPU seconds, user and system, are those of the client's process with all its
threads, from getrusage; the server's are not in them. Every run is a new process, and before the
clock starts it has imported its client and read a quarter of the objects once. s3pipes runs with
default settings and num_workers=0. A work is read once a run; 1000 small objects are read five
times by s3pipes and the ceiling. Figures are medians, ratios are those of MB per CPU-second.
A run that reads a wrong number of bytes or lines fails its row."""


class Server(Protocol):
    bucket: Path

    def start(self, keys: Sequence[str]) -> Endpoint: ...


def open_server(name: str) -> AbstractContextManager[Server]:
    if name == "nginx":
        from benchmarks.nginx import NginxServer

        return NginxServer()
    from benchmarks.seaweedfs import SeaweedBench

    return SeaweedBench()


class Bench:
    """The rows of every work, and their rounds."""

    def __init__(self, works: Sequence[Work], clients: Sequence[str], endpoint: Endpoint) -> None:
        self.works = works
        self.endpoint = endpoint
        self.candidates = {c.name: c for work in works for c in ceiling.candidates(work)}
        self.rows: dict[str, list[Row]] = {}
        for work in works:
            limits = [Row(c.name, ceiling=True) for c in ceiling.candidates(work)]
            chosen = [CLIENTS[name] for name in clients if work.name in CLIENTS[name].works.split()]
            self.rows[work.name] = limits + [Row(c.name, c.peer, c.tuned) for c in chosen]

    def run(self, rounds: int, lines: dict[str, int], folder: Path) -> None:
        """Each round starts with another row, so that none always follows the same one."""
        for number in range(rounds):
            for work in self.works:
                rows = self.rows[work.name]
                first = number * len(rows) // rounds
                for row in rows[first:] + rows[:first]:
                    if row.failed is None:
                        self._run_row(row, work, sum(lines.get(k, 0) for k in work.keys), folder)
                        say(f"round {number + 1} of {rounds}, {work.name}: {progress(row)}")

    def _run_row(self, row: Row, work: Work, lines: int, folder: Path) -> None:
        try:
            if row.ceiling:
                candidate = self.candidates[row.name]
                sample = ceiling.run_ceiling(candidate, work, self.endpoint, folder)
            else:
                sample = run_client(row.name, work, self.endpoint, lines)
        except RowFailed as failure:
            row.failed = str(failure)
        else:
            row.samples.append(sample)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def progress(row: Row) -> str:
    if row.failed is not None:
        return f"{row.name} failed: {row.failed}"
    return f"{row.name}, {row.figures('MB/CPU-s')[-1]:,.0f} MB per CPU-s"


def machine(endpoint: Endpoint, rounds: int, quick: bool, load_before: float) -> dict[str, Any]:
    versions = {}
    for package in PACKAGES.split():
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "not installed"
    model = next(
        (
            line.partition(":")[2].strip()
            for line in _lines("/proc/cpuinfo")
            if "model name" in line
        ),
        platform.processor(),
    )
    return {
        "date": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} × {model}, Linux {platform.release()}",
        "load": f"{load_before:.1f} before, {os.getloadavg()[0]:.1f} after",
        "server": endpoint.name,
        "rounds": rounds,
        "quick": quick,
        "python": platform.python_version(),
        "versions": versions,
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def report(bench: Bench, about: dict[str, Any], bare: dict[str, int] | None) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    head = f"""\
Machine: {about["machine"]}; load average {about["load"]}.
Server: {about["server"]}. Rounds: {about["rounds"]}, {about["date"]}.
Python {about["python"]}, {versions}.

{NOTES}"""
    parts = [head]
    for work in bench.works:
        rows = bench.rows[work.name]
        if not work.memory:
            parts.append(tables.work_table(work, rows))
        elif bare is not None:
            parts += [tables.memory_table(work, row, bare) for row in rows]
    if not about["quick"]:
        parts.append(tables.target_table(tables.targets(bench.rows, bare)))
    return "\n\n".join(parts)


def save(folder: Path, bench: Bench, about: dict[str, Any], bare: dict[str, int] | None) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{about['date'].replace(':', '')}.json"
    rows = {name: [row.to_json() for row in found] for name, found in bench.rows.items()}
    path.write_text(json.dumps({**about, "bare_import": bare, "works": rows}, indent=1))
    return path


def arguments() -> argparse.Namespace:
    known = all_works(quick=False)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of small works")
    parser.add_argument("--rounds", type=int, help="runs of every row (5; with --quick 1)")
    parser.add_argument("--works", nargs="+", choices=known, default=list(known))
    parser.add_argument("--clients", nargs="+", help="only rows whose name contains one of these")
    parser.add_argument("--server", choices=("nginx", "seaweedfs"), default="nginx")
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (1 if chosen.quick else 5)
    wanted = [name for name in CLIENTS if any(w in name for w in chosen.clients or [""])]
    if not wanted:
        parser.error(f"no client is called like that; there are: {'; '.join(CLIENTS)}")
    chosen.clients = wanted
    return chosen


def main() -> None:
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server ends too
    ceiling.build()
    load = os.getloadavg()[0]
    known = all_works(chosen.quick)
    works = [
        known[name] for name in chosen.works if not (known[name].tls and chosen.server != "nginx")
    ]
    with open_server(chosen.server) as server, tempfile.TemporaryDirectory() as folder:
        say("writing the data sets")
        lines = write_data(works, server.bucket)
        endpoint = server.start(sorted({key for work in works for key in work.keys}))
        bench = Bench(works, chosen.clients, endpoint)
        bench.run(chosen.rounds, lines, Path(folder))
        bare = None
        if any(work.memory for work in works):
            try:
                bare = bare_import(endpoint)
            except RowFailed as failure:
                say(f"the bare import failed: {failure}")
    about = machine(endpoint, chosen.rounds, chosen.quick, load)
    print(report(bench, about, bare))
    say(f"written: {save(Path(__file__).parent / 'results', bench, about, bare)}")


if __name__ == "__main__":
    main()
