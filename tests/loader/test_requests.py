"""Loading asks for no more than it needs, and not too far ahead."""

from __future__ import annotations

import pytest

from s3pipes import ReadConfig, S3Client, S3FileLoader, stats
from tests.loader.contents import CHUNK


def requests_of(act):
    before = stats().requests
    act()
    return stats().requests - before


def test_one_request_per_small_object_and_none_for_an_empty_one(moto):
    bucket = moto.bucket("requests")
    for i in range(10):
        moto.boto.put_object(Bucket=bucket, Key=f"{i}", Body=bytes(1000 * i))
    client = S3Client(moto.config())
    urls = list(client.list(f"s3://{bucket}"))

    def load(urls):
        return lambda: [stream.read() for _, stream in S3FileLoader(urls, client=client)]

    assert requests_of(load(urls)) == 9
    # Of those that nobody listed each may have to be asked for its checksum.
    client = S3Client(moto.config(verify_checksums=False))
    assert requests_of(load([str(url) for url in urls])) == 10


def test_window_0_asks_for_a_chunk_when_it_is_needed(moto):
    bucket = moto.bucket("window")
    moto.boto.put_object(Bucket=bucket, Key="k", Body=bytes(5 * CHUNK))
    client = S3Client(moto.config(verify_checksums=False))
    read = ReadConfig(chunk_bytes=CHUNK, window_bytes=0)
    (url,) = client.list(f"s3://{bucket}")
    before = stats().requests
    ((_, stream),) = S3FileLoader([url], client=client, read=read)
    for chunk in range(1, 6):
        assert len(stream.read(CHUNK)) == CHUNK
        assert stats().requests - before == chunk
    assert stream.read(1) == b""
    assert stats().requests - before == 5


def test_whole_objects_are_one_request_each(moto):
    bucket = moto.bucket("whole")
    moto.boto.put_object(Bucket=bucket, Key="k", Body=bytes(5 * CHUNK))
    client = S3Client(moto.config())
    heads = 1  # tells the checksum of what comes in chunks
    url = f"s3://{bucket}/k"

    def load(**fields):
        read = ReadConfig(chunk_bytes=CHUNK, **fields)
        return lambda: [s.read() for _, s in S3FileLoader([url], client=client, read=read)]

    assert requests_of(load(whole_objects=True)) == 1
    assert requests_of(load(whole_objects=False)) == 5 + heads


def test_whole_objects_do_not_run_away_from_the_consumer(moto):
    bucket = moto.bucket("runaway")
    for i in range(16):
        moto.boto.put_object(Bucket=bucket, Key=f"{i:02}", Body=bytes(1 << 20))
    read = ReadConfig(whole_objects=True, window_bytes=2 << 20)
    client = S3Client(moto.config(), read)
    urls = list(client.list(f"s3://{bucket}"))
    # The window is two objects; beside them are the one in hand and the one begun last.
    loader = iter(S3FileLoader(urls, client=client))
    before = stats().bytes_received
    for taken in range(1, 17):
        _, stream = next(loader)
        assert len(stream.read()) == 1 << 20
        stream.close()
        assert stats().bytes_received - before <= (taken + 3) << 20


@pytest.mark.parametrize("lookahead", [0, 1, 3])
def test_lookahead_bounds_how_far_the_source_is_pulled(client, contents, lookahead):
    taken = []

    def source():
        for url in contents:
            taken.append(url)
            yield url

    read = ReadConfig(lookahead=lookahead)
    for yielded, (_, stream) in enumerate(S3FileLoader(source(), client=client, read=read), 1):
        assert len(taken) <= yielded + max(lookahead, 1) - 1
        stream.close()
    assert len(taken) == len(contents)


def test_urls_are_pulled_ahead_by_default(client, contents):
    taken = []

    def source():
        for url in contents:
            taken.append(url)
            yield url

    next(iter(S3FileLoader(source(), client=client)))
    assert len(taken) > 1
