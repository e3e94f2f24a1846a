"""Objects that cannot be read, among answers that fail now and then: all others are right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from torch.utils.data import DataLoader

from s3pipes import IterableWrapper, ReadConfig, S3Client, stats
from s3pipes.testing import SimulatedS3
from tests.clients import client_of

COUNT = 400
SIZE_BYTES = 30_000


@pytest.fixture
def failing() -> Iterator[tuple[SimulatedS3, S3Client, list[Any]]]:
    """One in a hundred answers fails, four objects do each time, one of them a liar."""
    with SimulatedS3("none", seed=3, tls=True) as server:
        server.add("bucket", "k/{:04}", COUNT, SIZE_BYTES)
        client = client_of(server)
        listed = list(client.list("s3://bucket/"))
        server.overwrite("bucket", "k/0010")
        server.fault("status", status=404, code="NoSuchKey", key="k/0120")
        server.fault("status", status=500, key="k/0230")
        server.fault("wrong_etag", key="k/0340")
        for kind in ("reset", "fin"):
            server.fault(kind, share=0.005)
        server.fault("status", status=500, share=0.01)
        yield server, client, listed


def _key_and_bytes(item: tuple[str, Any]) -> tuple[str, bytes]:
    return item[0].removeprefix("s3://bucket/"), item[1].read()


@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("workers", [0, 4])
def test_what_fails_each_time_is_left_out_and_all_else_is_right(
    failing: tuple[SimulatedS3, S3Client, list[Any]], in_order: bool, workers: int
) -> None:
    server, client, listed = failing
    read = ReadConfig(on_error="skip", in_order=in_order)
    pipe: Any = IterableWrapper(listed).sharding_filter()
    pipe = pipe.load_files_by_s3(client=client, read=read).map(_key_and_bytes)
    before = stats()
    got = dict(DataLoader(pipe, batch_size=None, num_workers=workers))
    bad = {"k/0010", "k/0120", "k/0230", "k/0340"}
    assert got.keys() == {url.key for url in listed} - bad
    for key, content in got.items():
        assert content == server.expected("bucket", key, 0, SIZE_BYTES), key
    span = stats() - before
    assert span.skipped == len(bad)
    assert span.retries > 0
