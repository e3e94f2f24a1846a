"""One run of one row, in a process of its own, and what the runs of a row come to."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.clients import CLIENTS, Job
from benchmarks.endpoint import BUCKET, Endpoint
from benchmarks.works import MIB, Work

ROOT = Path(__file__).resolve().parent.parent
TIME_LIMIT_S = 300
FIRST_BATCH = 256  # URLs, as a loader takes them


class RowFailed(Exception):
    """A run ended without a figure; the text says why."""


@dataclass(frozen=True)
class Sample:
    """One run. CPU seconds are of the client's process alone; `bytes` are of object bodies."""

    wall_s: float
    user_s: float
    sys_s: float
    bytes: int
    objects: int
    records: int = 0
    peak_bytes: int = 0
    answered: int = 0  # requests, where the server was asked

    @property
    def cpu_s(self) -> float:
        return self.user_s + self.sys_s


FIGURES: dict[str, Callable[[Sample], float]] = {
    "MB/s": lambda s: s.bytes / s.wall_s / 1e6,
    "MB/CPU-s": lambda s: s.bytes / s.cpu_s / 1e6,
    "µs/object": lambda s: s.cpu_s / s.objects * 1e6,
    "objects/s": lambda s: s.objects / s.wall_s,
    "records/s": lambda s: s.records / s.wall_s,
    "s": lambda s: s.wall_s,
    "answered": lambda s: s.answered,
}


@dataclass
class Row:
    """The runs of one client on one work, or why there are none."""

    name: str
    peer: bool = False
    tuned: bool = False
    ceiling: bool = False
    tried: Sample | None = None  # a run that chose the settings which are run again
    rests: bool = False  # this is none of them
    samples: list[Sample] = field(default_factory=list)
    failed: str | None = None

    @property
    def ok(self) -> bool:
        return self.failed is None and bool(self.samples)

    def median(self, figure: str) -> float:
        return statistics.median(self.figures(figure))

    def figures(self, figure: str) -> list[float]:
        """One of FIGURES, of every run."""
        return [FIGURES[figure](sample) for sample in self.samples]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def run_json(command: list[str], order: object, environment: Mapping[str, str]) -> Any:
    """Runs `command` with `order` as JSON on its stdin; its last line of stdout is JSON."""
    try:
        done = subprocess.run(
            command,
            input=json.dumps(order) + "\n",
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            cwd=ROOT,
            env=dict(environment),
        )
    except subprocess.TimeoutExpired:
        raise RowFailed(f"not done after {TIME_LIMIT_S} s") from None
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise RowFailed(said[-1].strip() if said else f"exit status {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def run_client(name: str, work: Work, endpoint: Endpoint, records: int) -> Sample:
    """One run of a client; `records` is what it must find in a work of lines or samples."""
    client = CLIENTS[name]
    epochs = work.epochs if client.epochs else 1
    keys = [] if work.listed else work.keys
    if work.far and work.object_bytes < MIB:
        keys = keys[: len(keys) // client.part]
    job = Job(
        BUCKET,
        keys,
        work.object_bytes,
        epochs,
        prefix=f"{work.prefix}/",
        listed=work.count if work.listed else 0,
        first=FIRST_BATCH if work.listed == "first" else 0,
        records=work.records,
    )
    command = [sys.executable, "-m", "benchmarks.clients", name]
    order = {"job": asdict(job), "warm": not (work.memory or work.cold)}
    if work.listed == "first":
        return run_to_first_batch(command, order, endpoint)
    sample = Sample(**run_json(command, order, endpoint.environment(work.tls)))
    wanted = 0 if client.bytes_alone else records * epochs
    if work.records and sample.records != wanted:
        raise RowFailed(f"read {sample.records} {work.records} instead of {wanted}")
    return sample


def run_to_first_batch(command: list[str], order: dict[str, Any], endpoint: Endpoint) -> Sample:
    """Asks the server what it has answered while the client, which has its batch, still stays."""
    before = _when_idle(endpoint)
    environment = dict(endpoint.environment(tls=False))
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        limit = threading.Timer(TIME_LIMIT_S, child.kill)
        limit.start()
        child.stdin.write(json.dumps(order | {"stay": True}) + "\n")
        child.stdin.flush()
        said = child.stdout.readline()
        answered = requests_of(endpoint)[0] - before
        limit.cancel()
        child.kill()
    if not said:
        raise RowFailed("ended without a batch")
    return Sample(**json.loads(said), answered=answered)


def requests_of(endpoint: Endpoint) -> tuple[int, int]:
    assert endpoint.requests is not None
    return endpoint.requests()


def _when_idle(endpoint: Endpoint) -> int:
    """Requests answered so far, when none is left of a client that is gone."""
    deadline = time.monotonic() + 30
    while True:
        answered, running = requests_of(endpoint)
        if running == 0:
            return answered
        if time.monotonic() > deadline:
            raise RowFailed("the server still answers a client that is gone")
        time.sleep(0.01)


def bare_import(endpoint: Endpoint) -> dict[str, int]:
    """`peak_bytes` of a process that only imports s3pipes and torch, and the `budget_bytes`."""
    command = [sys.executable, "-m", "benchmarks.clients", "bare import"]
    found: dict[str, int] = run_json(command, {}, endpoint.environment(tls=False))
    return found
