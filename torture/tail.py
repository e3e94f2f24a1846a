"""First bytes that come after seconds, as some of S3's do."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import s3pipes
from s3pipes import S3Client
from torture.row import Measure, Result, Row, Scale
from torture.store import KIB, Family, listed, store
from torture.tally import Tally, read_all

_SHARE = 0.001
_WAIT_S = 0.3
_MORE = 0.02


@dataclass(frozen=True)
class _Epochs:
    """The same objects read in turn without and with the tail."""

    clean_s: list[float]
    tailed_s: list[float]
    waits_s: list[float]
    more: float  # requests, as a share of the objects
    tally: Tally

    @property
    def rate(self) -> float:
        """Of the rate without."""
        return statistics.median(self.clean_s) / statistics.median(self.tailed_s)

    def wait_s(self, share: float) -> float:
        """What so many of the waits are below."""
        ordered = sorted(self.waits_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@cache  # both rows look at the same epochs
def _epochs(scale: Scale) -> _Epochs:
    family = Family("small", scale.of(20_000, 6000), 110 * KIB)
    turns = scale.of(7, 1)
    clean_s, tailed_s, waits_s, tally = list[float](), list[float](), list[float](), Tally()
    requests = 0
    with store("s3-standard", family) as server:
        client = S3Client(server.config())
        urls = listed(client, family)
        read_all(client, urls)  # what is usual is known from here on
        for _ in range(turns):
            server.change(tail_share=0)
            clean_s.append(read_all(client, urls).took_s)
            server.change(tail_share=_SHARE)
            before = s3pipes.stats()
            one = read_all(client, urls)
            requests += (s3pipes.stats() - before).requests
            tailed_s.append(one.took_s)
            waits_s += one.waits_s
            tally += one
    return _Epochs(clean_s, tailed_s, waits_s, requests / (turns * family.count) - 1, tally)


def _wrong(tally: Tally) -> Sequence[Measure]:
    return (
        Measure(name="errors", value=tally.failed, at_most=0),
        Measure(name="wrong objects", value=len(tally.wrong), at_most=0),
    )


class TailWaits(Row):
    """What a sample is waited for."""

    name = "tail"
    title = "p99.9 wait per sample with 0.1 % of first bytes at 1 to 10 s"
    target = "≤ 300 ms at ≤ 2 % extra requests"
    minutes = 1.5

    def run(self, scale: Scale) -> Result:
        """Objects of 110 KiB in order, of which a thousandth comes late."""
        epochs = _epochs(scale)
        return Result(
            measures=(
                Measure(
                    name="p99.9",
                    value=epochs.wait_s(0.999) * 1e3,
                    unit=" ms",
                    at_most=_WAIT_S * 1e3,
                    loose=3,
                ),
                Measure(
                    name="extra requests", value=epochs.more * 100, unit=" %", at_most=_MORE * 100
                ),
                *_wrong(epochs.tally),
            ),
            notes=(
                f"longest wait {max(epochs.waits_s):.2f} s, p99 {epochs.wait_s(0.99) * 1e3:.0f} ms",
                *epochs.tally.notes(),
            ),
        )


class TailRate(Row):
    """What the whole work loses."""

    name = "tail_rate"
    title = "the rate of the work under that tail"
    target = "≥ 0.95 of the rate without it"
    minutes = 0

    def run(self, scale: Scale) -> Result:
        """The same epochs, by the clock."""
        epochs = _epochs(scale)
        return Result(
            measures=(
                Measure(name="of the rate without", value=epochs.rate, at_least=0.95, loose=3),
                *_wrong(epochs.tally),
            ),
            notes=(
                f"median epoch without: {statistics.median(epochs.clean_s):.2f} s",
                f"median epoch with: {statistics.median(epochs.tailed_s):.2f} s",
            ),
        )
