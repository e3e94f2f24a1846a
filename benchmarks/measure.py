"""One run of one row, in a process of its own, and what the runs of a row come to."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.clients import CLIENTS, Job
from benchmarks.endpoint import BUCKET, Endpoint
from benchmarks.works import Work

ROOT = Path(__file__).resolve().parent.parent
TIME_LIMIT_S = 300


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
    lines: int = 0
    peak_bytes: int = 0

    @property
    def cpu_s(self) -> float:
        return self.user_s + self.sys_s


FIGURES: dict[str, Callable[[Sample], float]] = {
    "MB/s": lambda s: s.bytes / s.wall_s / 1e6,
    "MB/CPU-s": lambda s: s.bytes / s.cpu_s / 1e6,
    "µs/object": lambda s: s.cpu_s / s.objects * 1e6,
    "objects/s": lambda s: s.objects / s.wall_s,
    "lines/s": lambda s: s.lines / s.wall_s,
}


@dataclass
class Row:
    """The runs of one client on one work, or why there are none."""

    name: str
    peer: bool = False
    tuned: bool = False
    ceiling: bool = False
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
            input=json.dumps(order),
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


def run_client(name: str, work: Work, endpoint: Endpoint, lines: int) -> Sample:
    """One run of a client; `lines` is what it must find in a work of text."""
    epochs = work.epochs if CLIENTS[name].epochs else 1
    job = Job(BUCKET, work.keys, work.object_bytes, epochs)
    command = [sys.executable, "-m", "benchmarks.clients", name]
    order = {"job": asdict(job), "warm": not work.memory}
    sample = Sample(**run_json(command, order, endpoint.environment(work.tls)))
    if work.text and sample.lines != lines * epochs:
        raise RowFailed(f"read {sample.lines} lines instead of {lines * epochs}")
    return sample


def bare_import(endpoint: Endpoint) -> dict[str, int]:
    """`peak_bytes` of a process that only imports s3pipes and torch, and the `budget_bytes`."""
    command = [sys.executable, "-m", "benchmarks.clients", "bare import"]
    found: dict[str, int] = run_json(command, {}, endpoint.environment(tls=False))
    return found
