"""s3torchconnector: its iterable data set, and its map data set read from a thread pool."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from s3torchconnector import S3ClientConfig, S3IterableDataset, S3MapDataset

from benchmarks.clients import Count, Job, Reader

CONFIG = S3ClientConfig(force_path_style=True)


def _urls(job: Job, keys: Sequence[str]) -> list[str]:
    return [f"s3://{job.bucket}/{key}" for key in keys]


def iterable(job: Job) -> Reader:
    def read(keys: Sequence[str]) -> Count:
        objects = S3IterableDataset.from_objects(
            _urls(job, keys), region=job.region, endpoint=job.endpoint, s3client_config=CONFIG
        )
        return Count(sum(len(reader.read()) for reader in objects), len(keys))

    return read


def sixteen_threads(job: Job) -> Reader:
    return _threads(job, 16)


def sixty_four_threads(job: Job) -> Reader:
    return _threads(job, 64)


def _threads(job: Job, number: int) -> Reader:
    pool = ThreadPoolExecutor(number)

    def read(keys: Sequence[str]) -> Count:
        objects = S3MapDataset.from_objects(
            _urls(job, keys), region=job.region, endpoint=job.endpoint, s3client_config=CONFIG
        )
        sizes = pool.map(lambda index: len(objects[index].read()), range(len(keys)))
        return Count(sum(sizes), len(keys))

    return read
