"""Getting ranges: slices, in as few requests as may be, of one version."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3pipes import ConfigError, ObjectChanged, ReadConfig, S3Client, stats
from tests.client.contents import CHUNK, CONTENTS, SIZES

edges = st.builds(
    lambda k, d: min(max(0, k * CHUNK + d), SIZES["chunks"]), st.integers(0, 6), st.integers(-2, 2)
)

points = edges | st.integers(0, SIZES["chunks"])
ranges_of_chunks = st.lists(st.tuples(points, points).map(lambda p: (min(p), max(p))), max_size=8)


@settings(max_examples=50)
@given(ranges=ranges_of_chunks, known=st.booleans(), whole=st.booleans())
def test_get_ranges_are_slices(s3, bucket, ranges, known, whole):
    client = S3Client(s3.config(), ReadConfig(chunk_bytes=CHUNK, whole_objects=whole))
    url = f"s3://{bucket}/chunks"
    url = client.head(url) if known else url
    expected = [CONTENTS["chunks"][begin:end] for begin, end in ranges]
    views = client.get_ranges(url, ranges)
    assert [bytes(view) for view in views] == expected
    assert all(view.readonly for view in views)
    assert [bytes(v) for v in asyncio.run(client.get_ranges_async(url, ranges))] == expected


def test_ranges_close_together_share_a_request(client, bucket):
    url = client.head(f"s3://{bucket}/chunks")
    before = stats().requests
    assert len(client.get_ranges(url, [(100, 200), (0, 50), (150, 300), (400, 400)])) == 4
    assert stats().requests - before == 1
    assert client.get_ranges(url, [(5, 5), (SIZES["chunks"], SIZES["chunks"])]) == [b"", b""]
    assert client.get_ranges(url, []) == []
    assert stats().requests - before == 1


@pytest.mark.parametrize(
    ("begin", "beyond"), [(0, 1), (SIZES["chunks"], 1), (SIZES["chunks"] + 9, 10), (CHUNK, 1 << 40)]
)
def test_ranges_beyond_the_end_are_errors(client, urls, begin, beyond):
    wrong = (begin, SIZES["chunks"] + beyond)
    with pytest.raises(ObjectChanged) as caught:
        client.get_ranges(urls["chunks"], [(0, 10), wrong])
    assert caught.value.url == urls["chunks"]
    assert caught.value.range == wrong
    with pytest.raises(ObjectChanged):
        asyncio.run(client.get_ranges_async(urls["chunks"], [wrong]))
    with pytest.raises(ObjectChanged):
        client.get_ranges(urls["empty"], [(0, 1)])


@pytest.mark.parametrize("wrong", [(2, 1), (-1, 1), (-2, -1)])
def test_ranges_that_are_none(client, urls, wrong):
    with pytest.raises(ConfigError, match="0 <= begin <= end") as caught:
        client.get_ranges(urls["small"], [(0, 1), wrong])
    assert caught.value.url == urls["small"]
    with pytest.raises(ConfigError):
        asyncio.run(client.get_ranges_async(urls["small"], [wrong]))


def test_ranges_are_of_one_version(s3, client, bucket):
    s3.boto.put_object(Bucket=bucket, Key="versions", Body=CONTENTS["small"])
    url = client.head(f"s3://{bucket}/versions")
    s3.boto.put_object(Bucket=bucket, Key="versions", Body=CONTENTS["small"][::-1])
    with pytest.raises(ObjectChanged):
        client.get_ranges(url, [(0, 10)])
    assert client.get_ranges(str(url), [(0, 10)]) == [CONTENTS["small"][::-1][:10]]
    s3.boto.delete_object(Bucket=bucket, Key="versions")
