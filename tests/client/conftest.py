"""A bucket on each server, and its URLs."""

from __future__ import annotations

import pytest

from s3pipes import S3Client
from tests.client.contents import CONTENTS, SMALL_CHUNKS


@pytest.fixture(scope="module")
def bucket(s3):
    name = s3.bucket("client")
    for key, body in CONTENTS.items():
        s3.boto.put_object(Bucket=name, Key=key, Body=body)
    return name


@pytest.fixture
def client(s3):
    return S3Client(s3.config(), SMALL_CHUNKS)


@pytest.fixture(params=["S3Url", "string"])
def urls(request, client, bucket):
    """Of every object, with and without the listing's knowledge."""
    listed = list(client.list(f"s3://{bucket}"))
    return {url.key: url if request.param == "S3Url" else str(url) for url in listed}


@pytest.fixture
def stored(scripted):
    """The same on the scripted server; where they begin."""
    for key, body in CONTENTS.items():
        scripted.put(key, body)
    return "s3://bucket/"
