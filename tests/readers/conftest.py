"""480 lines in 24 objects, one object of them longer than the others."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from s3pipes import IterableWrapper, S3Client
from s3pipes.pipes import reading
from s3pipes.testing import SimulatedS3
from tests.readers.contents import lines_by_object


@pytest.fixture(scope="module")
def store():
    with SimulatedS3("none") as server:
        server.boto.create_bucket(Bucket="lines")
        for key, lines in lines_by_object().items():
            server.put("lines", key, "\n".join(lines).encode())
        yield server


@pytest.fixture
def fields(store):
    """Of a ClientConfig, for programs in processes of their own."""
    return {
        "endpoint_url": store.endpoint_url,
        "region": store.region,
        "access_key_id": store.access_key,
        "secret_access_key": store.secret_key,
        "proxies": {},
    }


@pytest.fixture(scope="session")
def loopback():
    """What lets gloo find it where a machine's own name leads nowhere."""
    return {"GLOO_SOCKET_IFNAME": "lo"} if Path("/sys/class/net/lo").exists() else {}


@pytest.fixture
def client(store):
    return S3Client(store.config())


@pytest.fixture
def urls(client):
    return IterableWrapper(["s3://lines/"]).list_files_by_s3(client=client)


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    """What is said once per process is said once per test."""
    monkeypatch.setattr(reading, "_said", set())


@pytest.fixture(autouse=True)
def workers_end_here():
    """Left to the collector, it would find them in another test, or in a worker of one."""
    yield
    gc.collect()
