"""A prefix that allows half of what is asked of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from s3pipes import S3Client
from s3pipes.testing import SimulatedS3
from torture.row import Measure, Result, Row, Scale
from torture.store import KIB, Family, listed, store
from torture.tally import read_all


@dataclass(frozen=True)
class _Look:
    at: float
    answered: int
    refused: int


class PrefixLimit(Row):
    """503 SlowDown beyond a rate."""

    name = "limit"
    title = "prefix limit at half the demand"
    target = (
        "goodput ≥ 0.9 of the limit, within 5 s of the first 503; no error;"
        " < 5 % of requests answered 503 once settled"
    )
    minutes = 1

    def run(self, scale: Scale) -> Result:
        """Finds the demand, halves it, and looks at what the store answers from then on."""
        demand = Family("demand", scale.of(10_000, 4000), 16 * KIB)
        with store("s3-standard", demand, seed=9) as server:
            client = S3Client(server.config())
            urls = listed(client, demand)
            read_all(client, urls)
            rate = demand.count / read_all(client, urls).took_s
            limit = rate / 2
            settles_s = scale.of(5.0, 3.0)
            lasts_s = settles_s + scale.of(25.0, 3.0)
            family = Family("limited", int(limit * lasts_s), 16 * KIB)
            server.add("torture", family.pattern, family.count, family.object_bytes)
            urls = listed(client, family)
            server.change(reads_per_s=limit)
            with _Watch(server) as watch:
                tally = read_all(client, urls)
        first = next((look.at for look in watch.looks if look.refused > watch.looks[0].refused), 0)
        settled = [look for look in watch.looks if look.at >= first + settles_s]
        begin, end = settled[0], settled[-1]
        answered, refused = end.answered - begin.answered, end.refused - begin.refused
        goodput = (answered - refused) / (end.at - begin.at)
        return Result(
            measures=(
                Measure(
                    name="goodput, of the limit", value=goodput / limit, at_least=0.9, loose=1.5
                ),
                Measure(
                    name="answered 503 once settled",
                    value=100 * refused / answered,
                    unit=" %",
                    at_most=5,
                    loose=2,
                ),
                Measure(name="errors", value=tally.failed, at_most=0),
                Measure(name="wrong objects", value=len(tally.wrong), at_most=0),
                Measure(name="503s", value=end.refused, at_least=1),
            ),
            notes=(
                f"demand {rate:,.0f}/s, limit {limit:,.0f}/s",
                f"from {settles_s:.0f} s after the first 503 on, for {end.at - begin.at:.0f} s",
                *tally.notes(),
            ),
        )


class _Watch(threading.Thread):
    """Asks the server ten times a second, while the context lasts."""

    def __init__(self, server: SimulatedS3) -> None:
        super().__init__(daemon=True)
        self._server, self._ended = server, threading.Event()
        self.looks: list[_Look] = []

    def __enter__(self) -> _Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        while True:
            seen = self._server.stats()
            answered = seen.requests_ever - seen.requests_now
            self.looks.append(_Look(time.perf_counter(), answered, seen.slow_downs))
            if self._ended.wait(0.1):
                return
