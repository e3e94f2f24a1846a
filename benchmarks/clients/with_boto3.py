"""boto3, alone and from a thread pool, and as the source of a DataLoader of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

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
    client = boto3.client("s3", config=Config(max_pool_connections=16))
    pool = ThreadPoolExecutor(16)

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
