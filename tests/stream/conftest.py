"""The texts on each server, a client, and a way to store more."""

from __future__ import annotations

import pytest

from s3pipes import S3Client
from tests.stream.contents import CONTENTS, READS


@pytest.fixture(scope="module")
def urls(s3):
    bucket = s3.bucket("streams")
    for key, body in CONTENTS.items():
        s3.boto.put_object(Bucket=bucket, Key=key, Body=body)
    client = S3Client(s3.config())
    return {url.key: url for url in client.list(f"s3://{bucket}")}


@pytest.fixture(scope="module")
def client(s3):
    return S3Client(s3.config(), READS[0])


@pytest.fixture
def store(s3, client):
    """Stores bytes and opens them."""
    bucket = s3.bucket("file")

    def put(body, key="file"):
        s3.boto.put_object(Bucket=bucket, Key=key, Body=body)
        return client.open(f"s3://{bucket}/{key}")

    return put
