"""Epochs as training reads them, with and without faults on one request of a hundred."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from torch.utils.data import DataLoader

from s3pipes import IterableWrapper, ReadConfig, S3Client, S3Url
from s3pipes.testing import SimulatedS3
from torture.faults import injected, mixed
from torture.rescue import rescued
from torture.row import Measure, Result, Row, Scale
from torture.store import KIB, MIB, Family, listed, store
from torture.tally import Tally, compare

_SHARE = 0.01
_WORKERS = 4


@dataclass
class _Epochs:
    """The same epoch several times, in turn without and with faults."""

    name: str
    clean_s: list[float] = field(default_factory=list)
    faulty_s: list[float] = field(default_factory=list)
    unwaited_s: list[float] = field(default_factory=list)  # with faults, but for Retry-After
    complete: int = 0
    ran: int = 0
    tally: Tally = field(default_factory=Tally)

    @property
    def ratio(self) -> float:
        return statistics.median(self.faulty_s) / statistics.median(self.clean_s)

    @property
    def unwaited_ratio(self) -> float:
        return statistics.median(self.unwaited_s) / statistics.median(self.clean_s)

    def note(self) -> str:
        return (
            f"{self.name}: {self.ratio:.2f} × {statistics.median(self.clean_s):.2f} s, "
            f"{self.unwaited_ratio:.2f} × without Retry-After"
        )


class MixedFaults(Row):
    """Small and large objects, in order and not, by 0 and 4 workers.

    One fault of 22 is a 503 that says `Retry-After: 1`. It is kept, so an object is a second late,
    behind which the window has room for less than that: it is told apart.
    """

    name = "epochs"
    title = "epochs under 1 % mixed faults (small and large, in order and not, 0 and 4 workers)"
    target = "100 % complete, byte-equal, ≤ 10 % slower than without"
    minutes = 8

    def run(self, scale: Scale) -> Result:
        """Every one of the eight combinations, some epochs each."""
        families = (
            Family("small", scale.of(16_000, 1200), 110 * KIB),
            Family("large", scale.of(32, 6), 64 * MIB // scale.of(1, 4)),
        )
        found = []
        with store("s3-standard", *families) as server:
            client = S3Client(server.config())
            for family, in_order, workers in product(families, (True, False), (0, _WORKERS)):
                if scale is Scale.SHORT and in_order == (workers > 0):
                    continue  # each of them once, not each with each
                urls = listed(client, family)
                found.append(_compare_epochs(server, client, urls, in_order, workers, scale))
                gc.collect()  # a loader and its workers are a cycle
            done = injected(server)
        worst = max(epochs.ratio for epochs in found)
        unwaited = max(epochs.unwaited_ratio for epochs in found)
        ran, complete = sum(e.ran for e in found), sum(e.complete for e in found)
        return Result(
            measures=(
                Measure(name="epochs complete, of all", value=complete / ran, at_least=1),
                Measure(name="wrong objects", value=_wrong(found), at_most=0),
                Measure(
                    name="longest, in times without",
                    value=worst,
                    at_most=1.1,
                    loose=6,  # an epoch of half a second has no room for a stall
                ),
                Measure(name="but for Retry-After, longest", value=unwaited, at_most=1.1, loose=6),
                Measure(name="faults", value=done.total(), at_least=1),
            ),
            notes=(
                *(e.note() for e in found),
                *(note for e in found for note in e.tally.notes()),
            ),
        )


def _wrong(found: Sequence[_Epochs]) -> int:
    return sum(len(epochs.tally.wrong) for epochs in found)


def _compare_epochs(
    server: SimulatedS3,
    client: S3Client,
    urls: Sequence[S3Url],
    in_order: bool,
    workers: int,
    scale: Scale,
) -> _Epochs:
    small = urls[0].key.startswith("small")
    epochs = _Epochs(
        f"{'small' if small else 'large'}, {'in order' if in_order else 'not in order'},"
        f" {workers} workers"
    )
    read = ReadConfig(in_order=in_order)
    shards = IterableWrapper(urls, deepcopy=False).sharding_filter()
    pipe = shards.load_files_by_s3(client=client, read=read).map(_looked_at)
    loader = DataLoader(
        pipe,
        batch_size=64 if small else None,
        collate_fn=_same,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    list(loader)  # workers have started, the store is known
    for _ in range(scale.of(5, 2)):
        epochs.clean_s.append(_epoch(loader, len(urls), Tally())[0])
        for waits, times_s in ((True, epochs.faulty_s), (False, epochs.unwaited_s)):
            mixed(server, _SHARE, waits=waits)
            with rescued(server):
                took_s, tally = _epoch(loader, len(urls), Tally())
            server.clear_faults()
            times_s.append(took_s)
            epochs.ran += 1
            epochs.complete += tally.right == len(urls)
            epochs.tally += tally
    return epochs


def _epoch(loader: Any, count: int, tally: Tally) -> tuple[float, Tally]:
    began = time.perf_counter()
    try:
        for batch in loader:
            for one in batch if isinstance(batch, list) else [batch]:
                tally += one
    except Exception as error:  # noqa: BLE001 - whatever it is, the epoch is not complete
        tally.fail(error)
    assert tally.right <= count
    return time.perf_counter() - began, tally


def _looked_at(item: tuple[str, Any]) -> Tally:
    """Read to its end where it was loaded, as training makes something small of it."""
    tally = Tally()
    compare(item[0], item[1], tally)
    return tally


def _same(item: Any) -> Any:
    return item
