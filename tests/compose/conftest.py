"""The shards on each server, and pipes of their URLs."""

from __future__ import annotations

import gc

import pytest

from s3pipes import IterableWrapper, S3Client
from tests.compose.contents import SHARDS, lines_of, members_of
from tests.tars import archive


@pytest.fixture(scope="module")
def bucket(s3):
    name = s3.bucket("compose")
    for shard in range(SHARDS):
        text = b"\n".join(lines_of(shard))
        s3.boto.put_object(Bucket=name, Key=f"text/{shard}.txt", Body=text)
        s3.boto.put_object(
            Bucket=name, Key=f"tar/{shard}.tar", Body=archive(members_of(shard).items())
        )
    return name


@pytest.fixture(autouse=True)
def workers_end_here():
    """Left to the collector, they would be waited for by the thread that serves them: moto's."""
    yield
    gc.collect()


@pytest.fixture
def client(s3):
    return S3Client(s3.config())


@pytest.fixture
def files(bucket, client):
    """The URLs under a folder, as a pipe."""

    def under(folder):
        source = IterableWrapper([f"s3://{bucket}/{folder}/"])
        return source.list_files_by_s3(length=SHARDS, client=client)

    return under
