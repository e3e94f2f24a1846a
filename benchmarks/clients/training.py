"""s3pipes as training uses it, with default settings: from listed URLs, also by workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from torch.utils.data import DataLoader, IterDataPipe

from benchmarks.clients import Count, Job, Reader
from s3pipes import IterableWrapper, ReadConfig, S3Client

WORKERS = 4
BATCH = 64  # images that a worker hands over at once; lines come as lists already
SMALL_BYTES = 1 << 20


def listed(job: Job) -> Reader:
    return _reader(job, _urls(job))


def bytes_alone(job: Job) -> Reader:
    """The same objects, of which nothing is made: what lines and samples are compared with."""
    return listed(replace(job, records=""))


def plain(job: Job) -> Reader:
    return _reader(job, {key: f"s3://{job.bucket}/{key}" for key in job.keys})


def any_order(job: Job) -> Reader:
    return _reader(job, _urls(job), ReadConfig(in_order=False))


def workers(job: Job) -> Reader:
    """What is read is counted by the workers, as if they made something small of it."""
    return _by_workers(job, hand_over=False)


def workers_hand_over(job: Job) -> Reader:
    """What is read goes to the main process, as bytes."""
    return _by_workers(job, hand_over=True)


def lister(job: Job) -> Reader:
    client = S3Client()
    client.session.here().of(job.bucket)  # as peers make theirs: it sends nothing
    prefixes = IterableWrapper([f"s3://{job.bucket}/{job.prefix}"])
    pipe = prefixes.list_files_by_s3(client=client)
    urls = iter(pipe)  # kept until the clock has stopped: to end it early takes time too

    def read(_: Sequence[str]) -> Count:
        sizes = [url.size or 0 for url in islice(urls, job.first or None)]
        return Count(sum(sizes), len(sizes))

    return read


def _urls(job: Job) -> dict[str, str]:
    """By key, as they were listed before the clock started."""
    return {url.key: url for url in S3Client().list(f"s3://{job.bucket}/{job.prefix}")}


def _records(source: Any, job: Job, read: ReadConfig | None = None) -> Any:
    """A datapipe of (path, stream), of lists of 512 lines, or of samples."""
    streams = source.load_files_by_s3(read=read)
    if job.records == "lines":
        return streams.readlines(return_path=False, batch_size=512)
    return streams.webdataset() if job.records == "samples" else streams


def _read_through(item: tuple[str, Any]) -> int:
    return sum(len(view) for view in item[1].chunks())


def _whole(item: tuple[str, Any]) -> bytes:
    return bytes(item[1].read())


def _image_bytes(sample: dict[str, Any]) -> int:
    return len(sample["jpg"])


def _reader(job: Job, urls: dict[str, str], read: ReadConfig | None = None) -> Reader:
    count = _sizes(job)

    def read_all(keys: Sequence[str]) -> Count:
        pipe = _records(IterableWrapper([urls[key] for key in keys]), job, read)
        return _counted(job, keys, (count(item) for item in pipe))

    return read_all


def _sizes(job: Job) -> Callable[[Any], int]:
    """What tells how much an item of `_records` is: its lines, or its bytes."""
    if job.records == "lines":
        return len
    return _image_bytes if job.records == "samples" else _read_through


def _counted(job: Job, keys: Sequence[str], sizes: Iterator[int]) -> Count:
    """Records are counted, bytes only of whole objects: `run_client` knows how many there are."""
    if job.records == "lines":
        return Count(len(keys) * job.object_bytes, len(keys), sum(sizes))
    found = list(sizes)
    if job.records == "samples":
        return Count(len(keys) * job.object_bytes, len(keys), len(found))
    return Count(sum(found), len(found))


class _Turns(IterDataPipe[str]):
    """A quarter of the URLs in its first turn, then all: workers keep what they began with."""

    def __init__(self, quarter: Sequence[str], whole: Sequence[str]) -> None:
        self.turns = [quarter, whole]

    def __iter__(self) -> Iterator[str]:
        yield from self.turns[0]
        self.turns = self.turns[-1:]


def _by_workers(job: Job, hand_over: bool) -> Reader:
    urls = _urls(job)
    source = _Turns([urls[key] for key in job.quarter], [urls[key] for key in job.keys])
    pipe = _records(source.sharding_filter(), job)
    count = _sizes(job)
    if not hand_over:
        pipe, count = pipe.map(count), int
    elif not job.records:
        pipe, count = pipe.map(_whole), len
    images = job.records != "lines" and (job.records or job.object_bytes < SMALL_BYTES)
    loader = DataLoader(
        pipe,
        batch_size=BATCH if images else None,
        collate_fn=_same,
        num_workers=WORKERS,
        persistent_workers=True,
    )

    def read(keys: Sequence[str]) -> Count:
        items = chain.from_iterable(loader) if images else loader
        return _counted(job, keys, (count(item) for item in items))

    return read


def _same(item: Any) -> Any:
    return item
