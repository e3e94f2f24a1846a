"""The objects on each server, and a client."""

from __future__ import annotations

import pytest

from s3pipes import S3Client
from tests.loader.contents import SIZES
from tests.noise import noise


@pytest.fixture(scope="module")
def contents(s3):
    """URLs and what lies there, in the order of the listing."""
    bucket = s3.bucket("loader")
    for i, size in enumerate(SIZES):
        s3.boto.put_object(Bucket=bucket, Key=f"{i:02}", Body=noise(size, i))
    return {f"s3://{bucket}/{i:02}": noise(size, i) for i, size in enumerate(SIZES)}


@pytest.fixture
def client(s3):
    return S3Client(s3.config())
