"""Every open connection cut in the same moment."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence

from s3pipes import S3Client
from s3pipes.testing import SimulatedS3
from torture.row import Measure, Result, Row, Scale
from torture.store import KIB, Family, listed, store
from torture.tally import Tally, read_all

_WINDOW_S = 0.25
_FULL = 0.9  # of the rate before: full speed again


class Resets(Row):
    """A switch restarts: 250 connections end at once, in the middle of their answers."""

    name = "resets"
    title = "250 connections reset at once"
    target = "no error, full speed again within 1 s"
    minutes = 1

    def run(self, scale: Scale) -> Result:
        """Reads small objects side by side, and cuts all connections once they are many."""
        times = scale.of(5, 1)
        family = Family("small", scale.of(20_000, 10_000), 110 * KIB)
        tally, back_s, cut = Tally(), list[float](), list[int]()
        with store("s3-standard", family) as server:
            client = S3Client(server.config())
            urls = listed(client, family)
            for _ in range(times):
                arrivals: list[tuple[float, int]] = []
                knife = _Knife(server, arrivals)
                knife.start()
                tally += read_all(client, urls, arrivals=arrivals)
                knife.join()
                cut.append(knife.cut)
                back_s.append(_back_after(knife.at, arrivals))
        return Result(
            measures=(
                Measure(name="errors", value=tally.failed, at_most=0),
                Measure(name="wrong objects", value=len(tally.wrong), at_most=0),
                Measure(name="full speed after", value=max(back_s), unit=" s", at_most=1, loose=3),
                Measure(name="connections cut, at least", value=min(cut), at_least=200),
            ),
            notes=(
                "full speed: 0.9 of the median rate before, over a quarter of a second; after "
                + ", ".join(f"{s:.2f}" for s in back_s)
                + " s; cut "
                + ", ".join(map(str, cut)),
                *tally.notes(),
            ),
        )


class _Knife(threading.Thread):
    """Cuts once half a second's worth of objects has come at full speed."""

    def __init__(self, server: SimulatedS3, arrivals: Sequence[tuple[float, int]]) -> None:
        super().__init__(daemon=True)
        self._server, self._arrivals = server, arrivals
        self.cut = 0
        self.at = 0.0

    def run(self) -> None:
        deadline = time.perf_counter() + 60
        while time.perf_counter() < deadline:
            time.sleep(0.05)
            known = self._arrivals
            if known and known[-1][0] - known[0][0] > 4 * _WINDOW_S:
                break
        self.at = time.perf_counter()
        self.cut = self._server.reset_connections()


def _back_after(cut_at: float, arrivals: Sequence[tuple[float, int]]) -> float:
    """Seconds from the cut to the end of the first quarter of a second that is at full speed."""
    began, end = arrivals[0][0], arrivals[-1][0]

    def rate(at: float) -> float:
        return sum(size for moment, size in arrivals if at <= moment < at + _WINDOW_S) / _WINDOW_S

    before = [rate(began + i * _WINDOW_S) for i in range(1, int((cut_at - began) / _WINDOW_S))]
    full = statistics.median(before)
    dip = False
    at = cut_at
    while at + _WINDOW_S <= end:
        if rate(at) < _FULL * full:
            dip = True
        elif dip or at > cut_at + 2 * _WINDOW_S:
            return at - cut_at if dip else 0.0
        at += _WINDOW_S / 5
    return end - cut_at
