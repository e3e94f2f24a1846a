"""Forks in the middle of whatever the parent does, and both sides go on."""

from __future__ import annotations

import os
import sys
import warnings

import s3pipes
from s3pipes import ReadConfig, S3Client
from tests.noise import KiB, noise
from tests.programs.forking import in_child
from tests.programs.ground import CHUNKS, client_at, leave, say


def in_a_stream(endpoint_url: str, ca_file: str = "") -> None:
    client = client_at(endpoint_url, ca_file)
    for url in (next(client.list("s3://bucket/k")), "s3://bucket/k"):
        _in_streams_of(client, url)
    leave()


def _in_streams_of(client: S3Client, url: str) -> None:
    body, small = noise(1_500_000, 3), noise(5000, 4)
    stream = client.open(url, read=CHUNKS)
    lines = client.open(url, read=CHUNKS)
    first = lines.readline()
    views = client.open(url, read=CHUNKS)
    pieces = views.chunks()
    head = bytes(next(pieces))
    ready = client.open("s3://bucket/small")
    etag = client.head("s3://bucket/k").etag
    assert stream.read(300_001) == body[:300_001]

    def child() -> None:
        assert stream.tell() == 300_001
        assert stream.size == len(body)
        assert stream.etag == etag
        assert stream.read(10) == body[300_001:300_011]
        assert stream.read() == body[300_011:]
        stream.seek(5)
        assert stream.read(5) == body[5:10]
        assert first + b"".join(lines) == body
        assert head + b"".join(bytes(view) for view in pieces) == body
        assert ready.read() == small
        assert ready.view() == small
        for one in (stream, lines, views, ready):
            one.close()
        assert client.get(url) == body

    assert in_child(child) == 0
    assert stream.read() == body[300_001:]
    assert first + b"".join(lines) == body
    assert head + b"".join(bytes(view) for view in pieces) == body
    assert ready.read() == small
    assert stream.tell() == len(body)


def in_a_listing(endpoint_url: str) -> None:
    client = client_at(endpoint_url)
    for taken in (0, 1, 9, 10, 11, 20, 24, 25):
        _in_a_listing_after(client, taken)
    leave()


def _in_a_listing_after(client: S3Client, taken: int) -> None:
    everything = [f"k{i:02}" for i in range(25)]
    urls = client.list("s3://bucket/", page_size=10)
    head = [next(urls).key for _ in range(taken)]

    def child() -> None:
        assert head + [url.key for url in urls] == everything

    assert in_child(child) == 0, taken
    assert head + [url.key for url in urls] == everything


def after_being_led(endpoint_url: str) -> None:
    client = client_at(endpoint_url)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        stream = client.open("s3://bucket/k", read=CHUNKS)
        urls = client.list("s3://bucket/list/", page_size=10)
        assert next(urls).key == "list/00"
    assert len(told) == 1

    def child() -> None:
        warnings.simplefilter("error")
        assert len(list(urls)) == 24
        assert stream.read() == noise(500_000, 1)

    assert in_child(child) == 0
    leave()


def before_a_change(endpoint_url: str) -> None:
    client = client_at(endpoint_url)
    read = ReadConfig(chunk_bytes=64 * KiB, window_bytes=0)
    stream = client.open("s3://bucket/k", read=read)
    assert stream.read(10) == noise(500_000, 1)[:10]
    client.get("s3://bucket/change")

    def child() -> None:
        try:
            stream.read()
        except s3pipes.ObjectChanged:
            return
        raise AssertionError("bytes of two versions")

    assert in_child(child) == 0
    leave()


def of_a_fork(endpoint_url: str) -> None:
    """Each ends as interpreters do, with an engine of its own."""
    client = client_at(endpoint_url)
    body = noise(300_000, 1)
    stream = client.open("s3://bucket/k", read=CHUNKS)
    for depth in range(2):
        assert client.get("s3://bucket/k") == body
        stream.seek(0)
        assert stream.read() == body
        pid = os.fork()
        if pid:
            _, status = os.waitpid(pid, 0)
            assert os.waitstatus_to_exitcode(status) == 0
            say("depth", depth)
            sys.exit(0)
    say("leaf")
