"""Errors come in their turn, and what was opened before comes first."""

from __future__ import annotations

import pytest

from s3pipes import ConfigError, ObjectNotFound, ReadConfig, S3Client, S3FileLoader


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ("", "The filename cannot be an empty string."),
        ("s3://", "The filename cannot be an empty string."),
        ("https://b/k", "The filename must start with the S3 scheme."),
        ("s3:///k", "The filename does not contain a bucket name."),
        ("s3://bucket", "names a bucket but no object"),
        ("s3://bucket/", "names a bucket but no object"),
    ],
)
def test_a_bad_url_is_told_in_its_turn(client, contents, bad, text, in_order):
    urls = list(contents)
    read = ReadConfig(in_order=in_order)
    seen = {}
    with pytest.raises(ValueError) as caught:
        for url, stream in S3FileLoader([*urls[:4], bad, *urls[4:]], client=client, read=read):
            seen[url] = stream.read()
    assert text in str(caught.value)
    assert seen == {url: contents[url] for url in urls[:4]}


@pytest.mark.parametrize("in_order", [True, False])
def test_an_error_of_the_source_is_told_in_its_turn(client, contents, in_order):
    def source():
        yield from contents
        raise KeyError("the source's own")

    seen = {}
    with pytest.raises(KeyError, match="the source's own"):
        for url, stream in S3FileLoader(
            source(), client=client, read=ReadConfig(in_order=in_order)
        ):
            seen[url] = stream.read()
    assert seen == contents


def test_a_missing_object_is_told_in_its_turn(client, contents):
    urls = list(contents)
    missing = urls[0] + "-missing"
    seen = []
    with pytest.raises(ObjectNotFound) as caught:
        for url, stream in S3FileLoader([*urls[:3], missing, *urls[3:]], client=client):
            seen.append((url, stream.read()))
    assert seen == [(url, contents[url]) for url in urls[:3]]
    assert isinstance(caught.value, FileNotFoundError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.url == caught.value.filename == missing
    assert caught.value.status == 404


def test_a_missing_object_does_not_hold_up_what_is_ready(client, contents):
    missing = next(iter(contents)) + "-missing"
    read = ReadConfig(in_order=False)
    with pytest.raises(ObjectNotFound):
        for url, stream in S3FileLoader([*contents, missing], client=client, read=read):
            assert stream.read() == contents[url]


def test_what_is_not_a_string_is_told(client):
    with pytest.raises(TypeError, match="must be a str, not int"):
        list(S3FileLoader([1], client=client))  # type: ignore[list-item]


def test_settings_that_contradict_each_other_are_told(moto):
    client = S3Client(moto.config(memory_bytes=8 << 20))
    loader = S3FileLoader(["s3://b/k"], client=client, read=ReadConfig(chunk_bytes=9 << 20))
    with pytest.raises(ConfigError, match=r"memory_bytes is 8388608.*chunk_bytes, 9437184"):
        next(iter(loader))
