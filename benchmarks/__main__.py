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
from pathlib import Path
from typing import Any

from benchmarks import ceiling, far_tables, plot, tables
from benchmarks.clients import CLIENTS
from benchmarks.endpoint import Endpoint
from benchmarks.far_works import far_works
from benchmarks.measure import Row, RowFailed, bare_import, run_client
from benchmarks.server import Server
from benchmarks.works import Work, all_works

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


FAR_NOTES = """\
MB are 10^6 bytes. CPU seconds, user and system, are those of the client's process with all its
threads and workers; the server's are not in them, though it runs on the same cores. Every run is a
new process. Before the clock starts it has imported its client, listed what is read from listed
URLs, and read a quarter of the objects once; not so where one object is read from a cold start and
where keys are listed: there nothing has been asked for before, and the clock starts just before
the first call that sends a request. Like its peers s3pipes has made its client by then, but in the
row that says other. s3pipes runs with default settings, num_workers=0 where no other is named.
Objects, lines and samples are read four times a run by s3pipes and the ceiling.
num_workers=4 is a DataLoader with persistent workers, which count what they read; "handed over":
objects or samples (64 at a time) or lists of 512 lines go to the main process, as bytes. Peers run
as their rows say; s3torchconnector alone, whose data set reads one object after the other, reads
only a tenth of the small ones. The ceiling, a bare epoll program, reads the same objects, in no
order: all its settings are tried once, the best two by the clock run in every round. Figures are
medians, ratios those of the first column. A run that reads a wrong number of bytes, lines or
samples fails its row."""


def open_server(name: str, profile: str) -> Server:
    if name == "simulated":
        from benchmarks.simulated import SimulatedBench

        return SimulatedBench(profile)
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
            chosen = [
                c for c in map(CLIENTS.__getitem__, clients) if c.takes_part(work.name, work.far)
            ]
            self.rows[work.name] = limits + [Row(c.name, c.peer, c.tuned) for c in chosen]

    def try_ceilings(self, folder: Path) -> None:
        """Of a far work all but the best two settings of the ceiling rest, after one run each."""
        for work in self.works:
            rows = [row for row in self.rows[work.name] if row.ceiling]
            if not work.far:
                continue
            for row in rows:
                self._run_row(row, work, 0, folder)
                say(f"ceiling of {work.name}: {progress(row, work)}")
            ran = sorted((r for r in rows if r.ok), key=lambda r: -r.median(work.compared_by))
            for place, row in enumerate(ran):
                row.tried = row.samples.pop()
                row.rests = place >= 2

    def run(self, rounds: int, records: dict[str, int], folder: Path) -> None:
        """Each round starts with another row, so that none always follows the same one."""
        for number in range(rounds):
            for work in self.works:
                rows = self.rows[work.name]
                first = number * len(rows) // rounds
                for row in rows[first:] + rows[:first]:
                    if row.failed is None and not row.rests:
                        inside = sum(records.get(k, 0) for k in work.keys) if work.records else 0
                        self._run_row(row, work, inside, folder)
                        said = progress(row, work)
                        say(f"round {number + 1} of {rounds}, {work.name}: {said}")

    def _run_row(self, row: Row, work: Work, records: int, folder: Path) -> None:
        try:
            if row.ceiling:
                candidate = self.candidates[row.name]
                sample = ceiling.run_ceiling(candidate, work, self.endpoint, folder)
            else:
                sample = run_client(row.name, work, self.endpoint, records)
        except RowFailed as failure:
            row.failed = str(failure)
        else:
            row.samples.append(sample)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def progress(row: Row, work: Work) -> str:
    if row.failed is not None:
        return f"{row.name} failed: {row.failed}"
    value = row.figures(work.compared_by)[-1]
    return f"{row.name}, {value:,.{0 if value >= 10 else 3}f} {work.compared_by}"


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
        "far": endpoint.requests is not None,
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

{FAR_NOTES if about["far"] else NOTES}"""
    parts = [head]
    for work in bench.works:
        rows = bench.rows[work.name]
        if work.far:
            parts.append(far_tables.work_table(work, rows))
        elif not work.memory:
            parts.append(tables.work_table(work, rows))
        elif bare is not None:
            parts += [tables.memory_table(work, row, bare) for row in rows]
    if about["targets"]:
        found = far_tables.targets(bench.works, bench.rows) if about["far"] else None
        parts.append(tables.target_table(found or tables.targets(bench.rows, bare)))
    return "\n\n".join(parts)


def save(folder: Path, bench: Bench, about: dict[str, Any], bare: dict[str, int] | None) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{about['date'].replace(':', '')}.json"
    rows = {name: [row.to_json() for row in found] for name, found in bench.rows.items()}
    path.write_text(json.dumps({**about, "bare_import": bare, "works": rows}, indent=1))
    return path


def arguments() -> argparse.Namespace:
    near, far = all_works(quick=False), far_works(quick=False)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of small works")
    parser.add_argument("--rounds", type=int, help="runs of every row (5; with --quick 1)")
    parser.add_argument("--works", nargs="+", choices=near | far)
    parser.add_argument("--clients", nargs="+", help="only rows whose name contains one of these")
    parser.add_argument("--server", choices=("nginx", "seaweedfs", "simulated"), default="nginx")
    parser.add_argument("--profile", default="s3-standard", help="of the simulated server")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="also draw FILE-*.svg")
    chosen = parser.parse_args()
    known = far if chosen.server == "simulated" else near
    chosen.works = chosen.works or list(known)
    if wrong := [name for name in chosen.works if name not in known]:
        parser.error(f"{chosen.server} has no work {wrong[0]}; it has {' '.join(known)}")
    if chosen.plot is not None and not plot.possible():
        parser.error("--plot needs matplotlib (benchmarks/requirements.txt)")
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
    known = (far_works if chosen.server == "simulated" else all_works)(chosen.quick)
    works = [
        known[name] for name in chosen.works if not (known[name].tls and chosen.server != "nginx")
    ]
    with (
        open_server(chosen.server, chosen.profile) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        say("writing the data sets")
        records = server.fill(works)
        read = [work for work in works if not work.listed]
        endpoint = server.start(sorted({key for work in read for key in work.keys}))
        bench = Bench(works, chosen.clients, endpoint)
        bench.try_ceilings(Path(folder))
        bench.run(chosen.rounds, records, Path(folder))
        bare = None
        if any(work.memory for work in works):
            try:
                bare = bare_import(endpoint)
            except RowFailed as failure:
                say(f"the bare import failed: {failure}")
    about = machine(endpoint, chosen.rounds, chosen.quick, load)
    about["targets"] = not chosen.quick and chosen.profile == "s3-standard"
    print(report(bench, about, bare))
    if chosen.plot is not None:
        for path in plot.draw(chosen.plot, chosen.profile, bench.works, bench.rows):
            say(f"drawn: {path}")
    say(f"written: {save(Path(__file__).parent / 'results', bench, about, bare)}")


if __name__ == "__main__":
    main()
