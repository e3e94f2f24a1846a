"""The demo's passes over data, each a chain of datapipes behind a DataLoader."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

from torch.utils.data import DataLoader
from tqdm import tqdm

from s3pipes.cli.demo_training import MAX_CLASSES, Decoder, Pace, Trainer, collate
from s3pipes.objects.client import S3Client
from s3pipes.objects.stream import S3Stream
from s3pipes.pipes.base import IterableWrapper, IterDataPipe
from s3pipes.pipes.lines import LineReader
from s3pipes.pipes.lister import S3FileLister
from s3pipes.pipes.loader import S3FileLoader
from s3pipes.pipes.webdataset import WebDataset

BATCH = 64
LINES_BATCH = 512
_SHUFFLED = 1000  # samples among which one is drawn


def train(
    client: S3Client,
    prefix: str,
    decoder: Decoder,
    *,
    epochs: int,
    workers: int,
    classes: int = MAX_CLASSES,
    samples: int | None = None,
    seconds: float = math.inf,
    masks: Sequence[str] = (),
) -> Iterator[Pace]:
    """Trains a fresh model for some epochs and yields the pace of each.

    Args:
        samples: how many an epoch has, where that is known.
        seconds: after these an epoch stops.
        masks: only objects that match one of these are read; none: all.
    """
    urls = S3FileLister(IterableWrapper([prefix]), masks=list(masks), client=client)
    shards = S3FileLoader(urls.shuffle().sharding_filter(), client=client)
    decoded = WebDataset(shards).shuffle(buffer_size=_SHUFFLED).map(decoder)
    batches = decoded.batch(BATCH).map(collate)
    loader: DataLoader[Any] = DataLoader(
        batches, batch_size=None, num_workers=workers, persistent_workers=workers > 0
    )
    # Each worker's last batch may be short.
    steps = epochs * (samples // BATCH + max(workers, 1)) if samples else None
    trainer = Trainer(classes, steps)
    for number in range(1, epochs + 1):
        yield _epoch(f"epoch {number}", loader, trainer, samples, seconds)


def _epoch(
    name: str, loader: DataLoader[Any], trainer: Trainer, samples: int | None, seconds: float
) -> Pace:
    pace = Pace(name)
    loss = right = 0.0
    with tqdm(
        desc=f"training, {name}", total=samples, unit="sample", unit_scale=True, mininterval=0.5
    ) as bar:
        for batch in _for_seconds(pace.taken(loader), seconds):
            here = len(batch.labels)
            batch_loss, batch_right = trainer.step(batch)
            loss += batch_loss * here
            right += batch_right
            pace.samples += here
            pace.size += batch.size
            pace.shards |= batch.shards
            bar.update(here)
            bar.set_postfix(loss=f"{loss / pace.samples:.3f}", refresh=False)
    if pace.samples:
        pace.loss, pace.accuracy = loss / pace.samples, right / pace.samples
    return pace


def read_lines(client: S3Client, prefix: str, *, workers: int) -> Pace:
    """Reads all lines below the prefix in batches of LINES_BATCH; a line is a sample."""
    pace = Pace(f"text, readlines(batch_size={LINES_BATCH})")
    urls = S3FileLister(IterableWrapper([prefix]), client=client)
    pace.shards = set(urls)
    shards = S3FileLoader(urls.sharding_filter(), client=client)
    lines = LineReader(shards, return_path=False, batch_size=LINES_BATCH)
    loader: DataLoader[Any] = DataLoader(lines, batch_size=None, num_workers=workers)
    with tqdm(desc="reading text", unit="line", unit_scale=True, mininterval=0.5) as bar:
        for batch in pace.taken(loader):
            pace.samples += len(batch)
            pace.size += sum(map(len, batch))
            bar.update(len(batch))
    return pace


def stream_bytes(client: S3Client, prefix: str, name: str, *, workers: int, seconds: float) -> Pace:
    """Streams the objects below the prefix and drops their bytes; an object is a sample."""
    pace = Pace(name)
    urls = S3FileLister(IterableWrapper([prefix]), client=client)
    shards = S3FileLoader(urls.shuffle().sharding_filter(), client=client)
    loader: DataLoader[Any] = DataLoader(_Drained(shards), batch_size=None, num_workers=workers)
    with tqdm(desc=f"streaming, {name}", unit="B", unit_scale=True, mininterval=0.5) as bar:
        for url, size, ended in _for_seconds(pace.taken(loader), seconds):
            pace.size += size
            if ended:
                pace.samples += 1
                pace.shards.add(url)
            bar.update(size)
    return pace


class _Drained(IterDataPipe[tuple[str, int, bool]]):
    """Yields `(url, bytes, whether the object ended)` about every 64 MB, so that progress shows."""

    _STEP = 64_000_000

    def __init__(self, source_datapipe: IterDataPipe[tuple[str, S3Stream]]) -> None:
        self.source_datapipe = source_datapipe

    def __iter__(self) -> Iterator[tuple[str, int, bool]]:
        for url, stream in self.source_datapipe:
            size = 0
            with stream:
                for view in stream.chunks():
                    size += len(view)
                    if size >= self._STEP:
                        yield str(url), size, False
                        size = 0
            yield str(url), size, True


def _for_seconds(batches: Iterator[Any], seconds: float) -> Iterator[Any]:
    """Hands on what comes within these seconds."""
    end = time.monotonic() + seconds
    for batch in batches:
        yield batch
        if time.monotonic() >= end:
            return
