"""Connections that are kept, and how the end of a body is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

import s3pipes
from s3pipes import BadResponse, ReadConfig, RetryConfig
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Framing, Request
from tests.clients import client_of
from tests.faults.scripts import first_answer, plain
from tests.noise import KiB, noise


def test_connections_are_kept(scripted: ScriptedServer) -> None:
    client = client_of(scripted)
    for i in range(5):
        url = scripted.put(f"k{i}", noise(1000, i))
        assert client.get(url) == noise(1000, i)
    assert scripted.connections == 1


def test_a_kept_connection_that_was_closed_costs_no_attempt(scripted: ScriptedServer) -> None:
    one_try = RetryConfig(max_attempts=1)
    client = client_of(scripted, retry=one_try)
    url = scripted.put("k", b"content")
    scripted.script = lambda request: replace(scripted.truth(request), hang_up=True)
    before = s3pipes.stats()
    for _ in range(3):
        assert bytes(client.get(url)) == b"content"
        scripted.wait_for(lambda: scripted.open_connections == 0)
    assert s3pipes.stats().retries == before.retries
    assert scripted.connections == 3


def test_a_kept_connection_closed_as_the_request_goes_out_costs_no_attempt(
    scripted: ScriptedServer,
) -> None:
    client = client_of(scripted, retry=RetryConfig(max_attempts=1))
    url = scripted.put("k", b"content")
    assert bytes(client.get(url)) == b"content"
    # The request is read, and then the connection closed without a word.
    scripted.script = lambda request: (
        replace(scripted.truth(request), cut_at=-1) if request.connection == 1 else None
    )
    assert bytes(client.get(url)) == b"content"
    assert client.head(url).size == 7
    assert [request.connection for request in scripted.requests] == [1, 1, 2, 2]


def test_connection_close_is_obeyed(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    scripted.script = lambda request: replace(scripted.truth(request), keep_alive=False)
    client = client_of(scripted, retry=RetryConfig(max_attempts=1))
    for _ in range(3):
        assert bytes(client.get(url)) == b"content"
    assert scripted.connections == 3


# Framing


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("whole", [True, False])
def test_bodies_of_every_framing(
    scripted: ScriptedServer, framing: Framing, known: bool, whole: bool
) -> None:
    body = noise(200_001)
    url: str = scripted.put("k", body)

    def script(request: Request) -> Answer:
        answer = replace(scripted.truth(request), interim=True)
        return answer if request.method == "HEAD" else replace(answer, framing=framing)

    scripted.script = script
    if not known:
        url = plain(url)
    read = ReadConfig(chunk_bytes=64 * KiB, whole_objects=whole)
    client = client_of(scripted, read)
    assert client.get(url) == body
    with client.open(url) as stream:
        assert stream.size == len(body)
        assert stream.read() == body
    assert [u.size for u in client.list("s3://bucket/k")] == [len(body)]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_a_body_cut_short_is_never_taken_for_whole(
    scripted: ScriptedServer, framing: str, whole: bool, known: bool
) -> None:
    body = noise(100_000)
    url: str = scripted.put("k", body)
    if not known:
        url = plain(url)
    scripted.script = first_answer(scripted, framing=framing, cut_at=30_000)
    client = client_of(scripted, ReadConfig(whole_objects=whole))
    assert client.get(url) == body
    assert len(scripted.of("GET", "k")) == 2


def test_a_body_without_any_known_length_is_refused_or_right(scripted: ScriptedServer) -> None:
    """Its end cannot be told from a broken connection, and HEAD tells no length either."""
    url = scripted.put("k", noise(100_000))

    def script(request: Request) -> Answer:
        answer = scripted.truth(request)
        if request.method == "HEAD":
            return replace(answer, framing="chunked")
        return replace(answer, framing="close", cut_at=500)

    scripted.script = script
    with pytest.raises(BadResponse, match="names no Content-Length") as caught:
        client_of(scripted, ReadConfig(whole_objects=True)).get(plain(url))
    assert caught.value.range is None


def test_an_empty_body_of_every_framing(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"")
    client = client_of(scripted)
    for framing in ("length", "chunked", "close"):
        scripted.script = lambda request, how=framing: (
            replace(scripted.truth(request), framing=how) if request.method == "GET" else None
        )
        assert bytes(client.get(url)) == b""
        assert bytes(client.get(plain(url))) == b""
