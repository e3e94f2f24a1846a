"""s3pipes in a cold process: one object, by the first call that sends a request.

Peers make their client before the clock starts. That of s3pipes is made by its first call, which
imports botocore, finds the credentials and the endpoint: all rows but one do that before, as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from benchmarks.clients import Count, Job, Reader
from s3pipes import S3Client


def get(job: Job) -> Reader:
    return _reader(job, lambda client, url: len(client.get(url)))


def get_unready(job: Job) -> Reader:
    return _reader(job, lambda client, url: len(client.get(url)), ready=False)


def get_into(job: Job) -> Reader:
    target = torch.ones(job.object_bytes, dtype=torch.uint8)
    return _reader(job, lambda client, url: client.get_into(url, target))


def chunks(job: Job) -> Reader:
    return _reader(job, lambda client, url: sum(len(view) for view in client.open(url).chunks()))


def _reader(job: Job, read_one: Callable[[S3Client, str], int], ready: bool = True) -> Reader:
    client = S3Client()
    if ready:
        client.session.here().of(job.bucket)  # sends nothing

    def read(keys: Sequence[str]) -> Count:
        sizes = [read_one(client, f"s3://{job.bucket}/{key}") for key in keys]
        return Count(sum(sizes), len(sizes))

    return read
