"""Loading: every byte of every object, in order or as ready."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3pipes import IterableWrapper, ReadConfig, S3Client, S3FileLister, S3FileLoader, S3Url
from tests.loader.contents import CHUNK, SMALL_CHUNKS, cases, listed
from tests.noise import noise


@pytest.mark.parametrize("known", [True, False], ids=["S3Urls", "strings"])
@pytest.mark.parametrize("read", list(cases()))
def test_every_byte_of_every_object(client, contents, read, known):
    urls = listed(client, contents) if known else list(contents)
    got = [(url, s.read()) for url, s in S3FileLoader(urls, client=client, read=read)]
    assert dict(got) == contents
    if read.in_order:
        assert got == list(contents.items())


@pytest.mark.parametrize("known", [True, False], ids=["S3Urls", "strings"])
@pytest.mark.parametrize("read", list(cases()))
def test_streams_may_be_kept_unread_and_read_backwards(client, contents, read, known):
    urls = (listed(client, contents) if known else list(contents)) * 3
    streams = list(S3FileLoader(urls, client=client, read=read))
    assert sorted(url for url, _ in streams) == sorted(urls)
    for url, stream in reversed(streams):
        assert stream.read() == contents[url]


@settings(max_examples=20)
@given(
    sizes=st.lists(
        st.builds(
            lambda chunks, off: max(0, chunks * CHUNK + off), st.integers(0, 3), st.integers(-2, 2)
        ),
        max_size=4,
    ),
    window=st.none() | st.integers(0, 3 * CHUNK),
    lookahead=st.none() | st.integers(0, 3),
    in_order=st.booleans(),
    whole=st.booleans(),
    known=st.booleans(),
)
def test_any_sizes_around_chunk_borders(moto, sizes, window, lookahead, in_order, whole, known):
    bucket = moto.bucket("borders")
    expected = {f"s3://{bucket}/{i}": noise(size, i) for i, size in enumerate(sizes)}
    for url, body in expected.items():
        moto.boto.put_object(Bucket=bucket, Key=S3Url(url).key, Body=body)
    read = ReadConfig(
        chunk_bytes=CHUNK,
        window_bytes=window,
        lookahead=lookahead,
        in_order=in_order,
        whole_objects=whole,
    )
    client = S3Client(moto.config(), read)
    source = client.list(f"s3://{bucket}") if known else list(expected)
    got = [(url, stream.read()) for url, stream in S3FileLoader(source, client=client)]
    assert (got if in_order else sorted(got)) == sorted(expected.items())


def test_urls_come_back_as_they_were_given(client, contents):
    urls: list[S3Url] = listed(client, contents)
    for given_url, (url, stream) in zip(urls, S3FileLoader(urls, client=client), strict=True):
        assert url is given_url
        assert stream.url is given_url
        assert (stream.size, stream.etag) == (given_url.size, given_url.etag)
        assert stream.last_modified == given_url.last_modified
        assert stream.name == str(given_url)


def test_strings_learn_what_the_listing_knows(client, contents):
    known = {str(url): url for url in listed(client, contents)}
    for url, stream in S3FileLoader(list(contents), client=client, read=SMALL_CHUNKS):
        assert type(url) is str
        assert stream.size == known[url].size
        if stream.size:  # of an empty object nothing can be got that would tell the rest
            assert stream.etag == known[url].etag
            assert abs(stream.last_modified - known[url].last_modified) <= 1


def test_any_iterable_is_a_source(client, contents):
    for make in (list, tuple, iter, IterableWrapper, lambda urls: (url for url in urls)):
        loader = S3FileLoader(make(list(contents)), client=client)
        assert [s.read() for _, s in loader] == list(contents.values())


def test_length_is_the_sources(client):
    assert len(IterableWrapper(["s3://b/1", "s3://b/2"]).load_files_by_s3(client=client)) == 2
    lister = S3FileLister([], length=5, client=client)
    assert len(S3FileLoader(lister, client=client)) == 5
    with pytest.raises(TypeError, match="doesn't have valid length"):
        len(S3FileLoader(S3FileLister([], client=client), client=client))
