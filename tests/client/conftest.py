"""A bucket on each server, its URLs, and a gate before one of them."""

from __future__ import annotations

import threading

import pytest

from s3pipes import S3Client
from tests.client.contents import CONTENTS, SMALL_CHUNKS
from tests.client.gate import Gate


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
def gate(moto):
    with Gate(moto) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.open.set()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def on_moto(moto):
    name = moto.bucket("gated")
    for key, body in CONTENTS.items():
        moto.boto.put_object(Bucket=name, Key=key, Body=body)
    return f"s3://{name}/"
