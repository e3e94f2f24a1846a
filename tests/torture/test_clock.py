"""A clock that is an hour off costs a request or two, and no error."""

from __future__ import annotations

import pytest

from s3pipes import S3Client, S3FileLoader, stats
from s3pipes.testing import SimulatedS3
from tests.clients import client_of

HOUR_S = 3600


@pytest.mark.parametrize("offset_s", [HOUR_S, -HOUR_S], ids=["behind", "ahead"])
def test_a_store_whose_clock_is_an_hour_off_is_read(offset_s: int) -> None:
    with SimulatedS3("none", tls=True) as server:
        server.add("bucket", "k/{:03}", 100, 20_000)
        server.change(clock_offset_s=offset_s)
        # A HEAD is refused without a word of why.
        assert client_of(server).head("s3://bucket/k/000").size == 20_000
        client: S3Client = client_of(server)
        before = stats()
        urls = list(client.list("s3://bucket/"))
        assert len(urls) == 100
        for url, stream in S3FileLoader(urls, client=client):
            key = url.removeprefix("s3://bucket/")
            assert stream.read() == server.expected("bucket", key, 0, 20_000)
        # Those that were on their way before the first answer; then the offset is known.
        assert 1 <= (stats() - before).retries <= 20
        # And the clock may be set meanwhile.
        server.change(clock_offset_s=0)
        assert len(client.get(urls[0])) == 20_000
