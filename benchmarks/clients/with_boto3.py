"""boto3, alone and from a thread pool, and as the source of a DataLoader of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import boto3
from botocore.config import Config
from s3transfer.manager import TransferConfig, TransferManager

from benchmarks.clients import Count, Job, Reader

BLOCK_BYTES = 1 << 20


def _body(client: Any, bucket: str, key: str) -> Any:
    return client.get_object(Bucket=bucket, Key=key)["Body"]


def one_thread(job: Job) -> Reader:
    client = boto3.client("s3")

    def read(keys: Sequence[str]) -> Count:
        return Count(sum(len(_body(client, job.bucket, key).read()) for key in keys), len(keys))

    return read


def in_blocks(job: Job) -> Reader:
    """Far fewer copies than `read()`; the default block of 1 KiB would be far slower."""
    client = boto3.client("s3")

    def read(keys: Sequence[str]) -> Count:
        bodies = (_body(client, job.bucket, key) for key in keys)
        blocks = (block for body in bodies for block in body.iter_chunks(BLOCK_BYTES))
        return Count(sum(map(len, blocks)), len(keys))

    return read


def sixteen_threads(job: Job) -> Reader:
    return _threads(job, 16)


def sixty_four_threads(job: Job) -> Reader:
    return _threads(job, 64)


def transfers(job: Job) -> Reader:
    """Its transfer manager, all objects side by side, into a sink that keeps nothing."""
    client = boto3.client("s3", config=Config(max_pool_connections=64))
    settings = TransferConfig(max_request_concurrency=64, max_in_memory_download_chunks=64)
    manager = TransferManager(client, settings)

    def read(keys: Sequence[str]) -> Count:
        sinks = [_Sink() for _ in keys]
        jobs = [
            manager.download(job.bucket, key, sink) for key, sink in zip(keys, sinks, strict=True)
        ]
        for each in jobs:
            each.result()
        return Count(sum(sink.bytes for sink in sinks), len(keys))

    return read


class _Sink:
    """A seekable file: cheaper for the transfer manager than one that must be written in order."""

    def __init__(self) -> None:
        self.bytes = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset + whence

    def tell(self) -> int:
        return 0

    def write(self, block: bytes) -> int:
        self.bytes += len(block)
        return len(block)


def lister(job: Job) -> Reader:
    """Page after page."""
    client = boto3.client("s3")

    def read(_: Sequence[str]) -> Count:
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=job.bucket, Prefix=job.prefix
        )
        found = (row["Size"] for page in pages for row in page["Contents"])
        sizes = list(islice(found, job.first or None))
        return Count(sum(sizes), len(sizes))

    return read


def _threads(job: Job, number: int) -> Reader:
    client = boto3.client("s3", config=Config(max_pool_connections=number))
    pool = ThreadPoolExecutor(number)

    def read(keys: Sequence[str]) -> Count:
        sizes = pool.map(lambda key: len(_body(client, job.bucket, key).read()), keys)
        return Count(sum(sizes), len(keys))

    return read


def lines(job: Job) -> Reader:
    from torch.utils.data import DataLoader, IterableDataset

    client = boto3.client("s3")

    class Lines(IterableDataset[bytes]):
        def __init__(self, keys: Sequence[str]) -> None:
            self.keys = keys
            self.bytes = 0

        def __iter__(self) -> Iterator[bytes]:
            for key in self.keys:
                text = _body(client, job.bucket, key).read()
                self.bytes += len(text)
                yield from text.splitlines()

    def read(keys: Sequence[str]) -> Count:
        source = Lines(keys)
        count = sum(len(batch) for batch in DataLoader(source, batch_size=512))
        return Count(source.bytes, len(keys), count)

    return read
