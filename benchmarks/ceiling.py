"""Builds and runs `ceiling.cpp`, the limit that the clients are measured against."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.endpoint import Endpoint
from benchmarks.measure import ROOT, RowFailed, Sample, run_json
from benchmarks.works import Work

SOURCE = Path(__file__).with_name("ceiling.cpp")
BINARY = ROOT / "build" / "bench" / "ceiling"
KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Candidate:
    """A setting of the ceiling. The best of a work's candidates is its ceiling."""

    connections: int
    buffer_bytes: int
    low_water_bytes: int = 0
    range_bytes: int = 0  # larger objects are read in such pieces; 0: whole

    @property
    def name(self) -> str:
        plural = "" if self.connections == 1 else "s"
        text = f"ceiling, {self.connections} connection{plural}, "
        if self.range_bytes:
            return f"{text}ranges of {_size(self.range_bytes)}"
        text += _size(self.buffer_bytes)
        return text + (f", wakes per {_size(self.low_water_bytes)}" if self.low_water_bytes else "")


LARGE = (
    Candidate(1, 1 * MIB),
    Candidate(1, 4 * MIB, 1 * MIB),
    Candidate(4, 4 * MIB, 1 * MIB),
    Candidate(8, 1 * MIB),
)
SMALL = (
    Candidate(1, 256 * KIB),
    Candidate(4, 256 * KIB),
    Candidate(8, 256 * KIB),
    Candidate(16, 256 * KIB),
)
FAR = (16, 32, 64, 128, 256)
RANGES = (1 * MIB, 2 * MIB, 4 * MIB, 8 * MIB)


def candidates(work: Work) -> tuple[Candidate, ...]:
    """Those to try on a work; it speaks no TLS, and of memory it has one buffer."""
    if work.tls or work.memory or work.listed:
        return ()
    if work.far:
        ranges = RANGES if work.object_bytes >= MIB else (0,)
        return tuple(Candidate(n, 256 * KIB, 0, size) for n in FAR for size in ranges)
    return SMALL if work.object_bytes < MIB else LARGE


def build() -> None:
    """Compiles the program where it is missing or older than its source."""
    if BINARY.exists() and BINARY.stat().st_mtime >= SOURCE.stat().st_mtime:
        return
    BINARY.parent.mkdir(parents=True, exist_ok=True)
    compiler = os.environ.get("CXX", "g++")
    command = [compiler, "-std=c++20", "-O3", "-Wall", "-Wextra", str(SOURCE), "-o", str(BINARY)]
    subprocess.run(command, check=True)


def run_ceiling(candidate: Candidate, work: Work, endpoint: Endpoint, folder: Path) -> Sample:
    """One run of one setting; `folder` takes the list of what to fetch."""
    paths = folder / f"{work.name}.paths"
    paths.write_text("\n".join(f"{endpoint.targets[k]} {work.object_bytes}" for k in work.keys))
    address = urlsplit(endpoint.url)
    command = [str(BINARY), str(address.hostname), str(address.port), str(paths)]
    command += map(
        str,
        (
            candidate.connections,
            candidate.buffer_bytes,
            work.epochs,
            candidate.low_water_bytes,
            candidate.range_bytes,
            int(work.cold),
        ),
    )
    sample = Sample(**run_json(command, None, os.environ))
    if sample.bytes != work.total_bytes * work.epochs:
        raise RowFailed(f"read {sample.bytes} bytes instead of {work.total_bytes * work.epochs}")
    return sample


def _size(size_bytes: int) -> str:
    return f"{size_bytes // MIB} MiB" if size_bytes >= MIB else f"{size_bytes // KIB} KiB"
