"""The works: what is read, and how many bytes, objects and lines it must come to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
LINE_BYTES = 1600  # on average, with the newline


@dataclass(frozen=True)
class Work:
    """`count` objects of `object_bytes` each, under `prefix`; `records` is what is read of them."""

    name: str
    title: str
    prefix: str
    count: int
    object_bytes: int
    records: str = ""  # "lines", "samples"; nothing: the objects are the records
    tls: bool = False
    memory: bool = False
    epochs: int = 1  # of the fast clients, so that a run is long enough to measure
    far: bool = False  # of a simulated store, where waiting is what costs: compared by the clock
    cold: bool = False  # nothing has been read before the clock starts
    listed: str = ""  # "all": keys are listed, not read; "first": only until the first batch

    @property
    def pattern(self) -> str:
        """Of the keys, whose number has a fixed width."""
        return f"{self.prefix}/{{:0{max(4, len(str(self.count - 1)))}}}"

    @property
    def keys(self) -> list[str]:
        return [self.pattern.format(i) for i in range(self.count)]

    @property
    def total_bytes(self) -> int:
        return self.count * self.object_bytes

    @property
    def unit(self) -> str:
        return self.records or ("keys" if self.listed else "objects")

    @property
    def compared_by(self) -> str:
        """The figure of `measure` by which clients are compared."""
        if not self.far:
            return "MB/CPU-s"
        small = self.object_bytes < MIB
        return "s" if self.listed == "first" else "objects/s" if small else "MB/s"


def all_works(quick: bool) -> dict[str, Work]:
    """Every work for a near server, by name.

    `quick` shrinks them until a run shows only that everything works.
    """
    big = (4, 16 * MIB) if quick else (8, 128 * MIB)
    small = (100 if quick else 1000, 110 * 1024)
    shard = (2, 8_000_000) if quick else (8, 80_000_000)

    def title(count: int, what: str) -> str:
        return f"{count} × {what}"

    big_title = title(big[0], f"{big[1] // MIB} MiB")
    works = [
        Work("large", big_title, "large", *big),
        Work("small", title(small[0], "110 KiB"), "small", *small, epochs=5),
        Work(
            "lines",
            title(shard[0], f"{shard[1] // 1_000_000} MB of text, lines of 1.6 KB"),
            "lines",
            *shard,
            records="lines",
        ),
        Work("tls", f"{big_title} over TLS", "large", *big, tls=True),
        Work("memory", f"{big_title}, peak memory", "large", *big, memory=True),
    ]
    return {work.name: work for work in works}


def write_binary(path: Path, size_bytes: int) -> None:
    """Bytes that do not compress: one random block of this file, repeated."""
    block = random.Random(path.name).randbytes(min(size_bytes, 4 * MIB))
    with path.open("wb") as file:
        for start in range(0, size_bytes, len(block)):
            file.write(block[: size_bytes - start])


def write_text(path: Path, size_bytes: int) -> int:
    """Printable lines of 0.5 to 1.5 × LINE_BYTES, each with its newline; returns how many."""
    rng = random.Random(path.name)
    printable = bytes(32 + byte % 95 for byte in range(256))
    pool = rng.randbytes(4 * MIB).translate(printable)
    lines = 0
    with path.open("wb") as file:
        left = size_bytes
        while left > 0:
            length = min(left, rng.randint(LINE_BYTES // 2, LINE_BYTES * 3 // 2))
            if left - length < LINE_BYTES // 2:
                length = left
            start = rng.randrange(len(pool) - 2 * LINE_BYTES)
            file.write(pool[start : start + length - 1])
            file.write(b"\n")
            left -= length
            lines += 1
    return lines


def write_data(works: Sequence[Work], root: Path) -> dict[str, int]:
    """Writes each data set once below `root`; returns the number of lines of every text object."""
    lines: dict[str, int] = {}
    for work in works:
        if (root / work.prefix).exists():
            continue
        (root / work.prefix).mkdir()
        for key in work.keys:
            if work.records:
                lines[key] = write_text(root / key, work.object_bytes)
            else:
                write_binary(root / key, work.object_bytes)
    return lines
