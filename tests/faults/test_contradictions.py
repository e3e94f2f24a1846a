"""Answers that contradict the question, or one another, are never taken."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from s3pipes import BadResponse, ObjectChanged, ReadConfig, S3Url
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request
from tests.clients import CHUNKS, client_of
from tests.faults.scripts import plain
from tests.noise import KiB, noise


@pytest.mark.parametrize(
    "content_range",
    [
        "bytes 1-65536/200000",  # begins elsewhere
        "bytes 0-65535/199999",  # of another size
        "bytes 0-65536/200000",  # longer than asked for
        "bytes 65535-0/200000",
        "bytes */200000",
        "0-65535",
        "",
    ],
)
def test_a_wrong_content_range_is_never_taken(scripted: ScriptedServer, content_range: str) -> None:
    url = scripted.put("k", noise(200_000))

    def script(request: Request) -> Answer:
        answer = scripted.truth(request)
        return replace(answer, headers={**answer.headers, "Content-Range": content_range})

    scripted.script = script
    with pytest.raises((BadResponse, ObjectChanged)):
        client_of(scripted, CHUNKS).get(url)


def test_a_server_that_ignores_ranges_is_named(scripted: ScriptedServer) -> None:
    body = noise(200_000)
    url = scripted.put("k", body)

    def script(request: Request) -> Answer:
        answer = scripted.truth(replace(request, headers={}))
        return replace(answer, status=200)

    scripted.script = script
    with pytest.raises(BadResponse, match="Range"):
        client_of(scripted, CHUNKS).get(url)
    # One GET for each object needs no ranges.
    assert client_of(scripted, ReadConfig(whole_objects=True)).get(url) == body


def test_fewer_bytes_than_the_range_says_are_asked_for_again(scripted: ScriptedServer) -> None:
    """A server may answer a shorter range than was asked for; the rest is fetched."""
    body = noise(64 * KiB)
    url = scripted.put("k", body)

    def script(request: Request) -> Answer | None:
        if request.range is None:
            return None
        begin, end = request.range
        assert end is not None
        short = {**request.headers, "range": f"bytes={begin}-{min(end, begin + 20_000) - 1}"}
        return scripted.truth(replace(request, headers=short))

    scripted.script = script
    client = client_of(scripted)
    assert client.get(plain(url)) == body
    assert client.get(S3Url(url)) == body


def test_an_object_overwritten_between_two_chunks_is_noticed(scripted: ScriptedServer) -> None:
    size = 6 * 64 * KiB
    url = scripted.put("k", noise(size, 1))
    first = threading.Event()

    def script(request: Request) -> Answer:
        answer = scripted.truth(request)
        if request.range is None:  # a HEAD
            return answer
        if request.range[0] == 0:
            scripted.put("k", noise(size, 2))
            first.set()
            return answer
        return replace(answer, after=first) if answer.status == 206 else answer

    scripted.script = script
    read = ReadConfig(chunk_bytes=64 * KiB, window_bytes=0)
    for of in (url, plain(url)):
        scripted.put("k", noise(size, 1))
        with client_of(scripted, read).open(of) as stream, pytest.raises(ObjectChanged) as caught:
            stream.read()
        assert caught.value.attempts == 2  # and a HEAD, which confirms it
        assert "list again" in caught.value.hint


def test_an_object_overwritten_within_a_chunk_is_noticed(scripted: ScriptedServer) -> None:
    """A listed one; of another, of which nobody has had a byte, the new version is read."""
    url = scripted.put("k", noise(50_000, 1))

    def script(request: Request) -> Answer | None:
        if request.attempt > 1:
            return None
        answer = replace(scripted.truth(request), cut_at=1000)
        scripted.put(request.path.rpartition("/")[2], noise(50_000, 2))
        return answer

    scripted.script = script
    with client_of(scripted).open(url) as stream:
        with pytest.raises(ObjectChanged):
            stream.read()
        assert stream.tell() == 1000
    url = scripted.put("k2", noise(50_000, 1))
    with client_of(scripted).open(plain(url)) as stream:
        assert stream.read() == noise(50_000, 2)


def test_a_store_without_if_match_is_seen_through(scripted: ScriptedServer) -> None:
    """Some stores ignore If-Match; the ETag of each answer is compared too."""
    one_at_a_time = threading.Lock()
    size = 4 * 64 * KiB
    url = scripted.put("k", noise(size, 1))

    def script(request: Request) -> Answer:
        heedless = {name: v for name, v in request.headers.items() if name != "if-match"}
        with one_at_a_time:  # or all four could be answered before the first change
            answer = scripted.truth(replace(request, headers=heedless))
            scripted.put("k", noise(size, 2))
        return answer

    scripted.script = script
    with pytest.raises(ObjectChanged, match="ETag"):
        client_of(scripted, CHUNKS).get(url)
