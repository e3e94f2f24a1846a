"""boto3: `get_object` for what is small, the transfer manager for what is large."""

from __future__ import annotations

import io
from collections.abc import Iterator

import boto3

from torture.peers import Found, Job
from torture.peers.threads import side_by_side
from torture.store import MIB, true_bytes


def objects(job: Job) -> Iterator[Found]:
    """One client for all threads, as its documentation allows."""
    client = boto3.client("s3")

    def read(key: str) -> bytes:
        if true_bytes(key) > 8 * MIB:  # the transfer manager's own threshold
            into = io.BytesIO()
            client.download_fileobj(job.bucket, key, into)
            return into.getvalue()
        return bytes(client.get_object(Bucket=job.bucket, Key=key)["Body"].read())

    return side_by_side(read, job.keys)
