"""What breaks is asked for again: the missing bytes, of the same version, signed anew."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import pytest

import s3pipes
from s3pipes import ClientConfig, RetriesExhausted, RetryConfig, S3Client
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from tests.clients import CHUNKS, FAST, client_of
from tests.faults.scripts import first_answer, plain
from tests.noise import KiB, noise


@pytest.mark.parametrize("cut_with", ["fin", "rst"])
@pytest.mark.parametrize("cut_at", [-1, 0, 1, 5000, 99_999])
def test_a_broken_connection_is_resumed_at_the_byte_reached(
    scripted: ScriptedServer, cut_at: int, cut_with: str
) -> None:
    body = noise(100_000)
    url = scripted.put("k", body)
    scripted.script = first_answer(scripted, cut_at=cut_at, cut_with=cut_with)
    assert client_of(scripted).get(url) == body
    first, second = scripted.of("GET", "k")
    assert first.range is None
    if cut_at > 0:
        assert second.range is not None
        begin, end = second.range
        # A reset may take bytes with it that were on their way.
        assert begin == cut_at if cut_with == "fin" else 0 <= begin <= cut_at
        assert end == len(body)
    else:
        assert second.range is None
    assert second.headers["if-match"] == url.etag


def test_every_attempt_is_signed_anew(scripted: ScriptedServer) -> None:
    url = scripted.put("k", noise(1000))
    scripted.script = first_answer(scripted, cut_at=500)
    client_of(scripted).get(url)
    first, second = scripted.of("GET", "k")
    for request in (first, second):
        assert request.headers["x-amz-date"]
        assert request.access_key == scripted.access_key
    # Another range is another signature.
    assert "range" in second.headers["authorization"]
    assert first.headers["authorization"] != second.headers["authorization"]


def test_a_plain_url_is_resumed_with_the_etag_of_the_first_answer(
    scripted: ScriptedServer,
) -> None:
    body = noise(50_000)
    url = scripted.put("k", body)
    scripted.script = first_answer(scripted, cut_at=100)
    assert client_of(scripted).get(plain(url)) == body
    first, second = scripted.of("GET", "k")
    assert "if-match" not in first.headers
    assert second.headers["if-match"] == url.etag
    assert second.range == (100, 50_000)


def test_each_chunk_is_resumed_by_itself(scripted: ScriptedServer) -> None:
    body = noise(5 * 64 * KiB + 17)
    url = scripted.put("k", body)
    seen: set[int] = set()
    lock = threading.Lock()

    def script(request: Request) -> Answer | None:
        if request.range is None:  # the HEAD for its checksum
            return None
        begin = request.range[0]
        with lock:
            fresh = begin % (64 * KiB) == 0 and begin not in seen
            seen.add(begin)
        return replace(scripted.truth(request), cut_at=10) if fresh else None

    scripted.script = script
    assert client_of(scripted, CHUNKS).get(url) == body
    begins = sorted(r.range[0] for r in scripted.requests if r.range)
    assert begins == sorted(
        [i * 64 * KiB for i in range(6)] + [i * 64 * KiB + 10 for i in range(6)]
    )


def test_bytes_that_came_do_not_use_up_attempts(scripted: ScriptedServer) -> None:
    body = noise(20_000)
    url = scripted.put("k", body)
    scripted.script = lambda request: replace(scripted.truth(request), cut_at=2000)
    # Ten attempts of which each brings something, where three in a row may bring nothing.
    assert client_of(scripted).get(url) == body
    assert len([request for request in scripted.requests if request.method == "GET"]) == 10


def test_a_few_bytes_now_and_then_are_no_progress(scripted: ScriptedServer) -> None:
    url = scripted.put("k", noise(20_000))
    scripted.script = lambda request: replace(scripted.truth(request), cut_at=1000)
    with pytest.raises(RetriesExhausted) as caught:
        client_of(scripted).get(url)
    assert caught.value.attempts == FAST.max_attempts


@pytest.mark.parametrize(
    "answer",
    [
        fault(503, "SlowDown", "Please reduce your request rate."),
        fault(500, "InternalError", "We encountered an internal error. Please try again."),
        fault(400, "RequestTimeout", "Your socket connection was not read from."),
        fault(429, "TooManyRequests"),
        Answer(status=502, headers={"Content-Type": "text/html"}, body=b"<html>bad gateway</html>"),
        Answer(status=504, body=b""),
        Answer(status=408, body=b"", keep_alive=False),
    ],
    ids=lambda answer: f"{answer.status}",
)
def test_a_store_that_fails_is_asked_again(scripted: ScriptedServer, answer: Answer) -> None:
    body = noise(3000)
    url = scripted.put("k", body)
    scripted.script = lambda request: answer if request.attempt < 3 else None
    client = client_of(scripted)
    assert client.get(url) == body
    assert len(scripted.requests) == 3
    assert [u.key for u in client.list("s3://bucket/")] == ["k"]
    assert len(scripted.requests) == 6
    if answer.status != 400:  # a HEAD has no body that could say what is meant
        assert client.head(plain(url)).size == 3000
        assert len(scripted.requests) == 9


def test_retries_exhausted_tells_everything(scripted: ScriptedServer) -> None:
    url = scripted.put("some/key", noise(64 * KiB))
    scripted.script = lambda request: fault(
        503, "SlowDown", "Please reduce your request rate.", x_amz_request_id="THE-ID"
    )
    with pytest.raises(RetriesExhausted) as caught:
        client_of(scripted, CHUNKS).get(url)
    error = caught.value
    assert error.url == "s3://bucket/some/key"
    assert error.range == (0, 64 * KiB)
    assert error.attempts == 3
    assert error.elapsed_s > 0
    assert error.status == 503
    assert error.code == "SlowDown"
    assert error.request_id == "THE-ID"
    assert "max_requests" in error.hint
    for part in ("s3://bucket/some/key", "[0, 65536)", "3 attempts", "503 SlowDown", "THE-ID"):
        assert part in str(error)


def test_bytes_before_a_failure_are_given_and_none_after(scripted: ScriptedServer) -> None:
    body = noise(64 * KiB)
    url = scripted.put("k", body)

    def script(request: Request) -> Answer | None:
        return replace(scripted.truth(request), cut_at=1000 if request.attempt == 1 else -1)

    scripted.script = script
    with client_of(scripted).open(url) as stream:
        assert stream.read(600) == body[:600]
        assert stream.read(400) == body[600:1000]
        with pytest.raises(RetriesExhausted) as caught:
            stream.read(1)
        assert caught.value.range == (0, len(body))
        with pytest.raises(RetriesExhausted):
            stream.read(1)


def test_a_read_across_the_failure_raises(scripted: ScriptedServer) -> None:
    url = scripted.put("k", noise(4000))
    scripted.script = lambda request: replace(
        scripted.truth(request), cut_at=1000 if request.attempt == 1 else -1
    )
    with client_of(scripted).open(url) as stream, pytest.raises(RetriesExhausted):
        stream.read(2000)


def test_get_into_and_lines_and_chunks_resume(scripted: ScriptedServer) -> None:
    body = noise(300_000)
    url = scripted.put("k", body)
    client = client_of(scripted, CHUNKS)
    scripted.script = lambda request: replace(
        scripted.truth(request), cut_at=None if request.attempt % 2 else 7000
    )
    buffer = bytearray(300_000)
    assert client.get_into(url, buffer) == 300_000
    assert buffer == body
    with client.open(url) as stream:
        assert b"".join(bytes(view) for view in stream.chunks()) == body
    with client.open(url) as stream:
        assert b"".join(stream) == body
    with client.open(url) as stream:
        assert b"".join(iter(lambda: stream.read(9999), b"")) == body
    ranges = [(0, 10), (64 * KiB - 5, 64 * KiB + 5), (299_000, 300_000), (7, 7)]
    assert [bytes(v) for v in client.get_ranges(url, ranges)] == [body[a:b] for a, b in ranges]


def test_more_streams_than_broken_connections(scripted: ScriptedServer) -> None:
    """Every third request fails somehow; a whole load still gives every byte."""
    bodies = {f"k{i:03}": noise(1000 + 997 * i, i) for i in range(120)}
    for key, body in bodies.items():
        scripted.put(key, body)
    rng = random.Random(5)
    lock = threading.Lock()

    def script(request: Request) -> Answer | None:
        if "list-type" in request.query:
            return None
        with lock:
            dice = rng.randrange(9)
        if dice == 0:
            return fault(503, "SlowDown")
        answer = scripted.truth(request)
        if dice == 1:
            return replace(answer, cut_at=rng.randrange(len(answer.body)), cut_with="rst")
        if dice == 2:
            return replace(answer, cut_at=rng.randrange(len(answer.body)))
        if dice == 3:
            return replace(answer, hang_up=True)
        return answer

    scripted.script = script
    retry = RetryConfig(max_attempts=20, base_delay_s=0.001, max_delay_s=0.01)
    client = client_of(scripted, CHUNKS, retry=retry)
    source = s3pipes.IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    for read in (CHUNKS, replace(CHUNKS, in_order=False)):
        pipe = source.load_files_by_s3(client=client, read=read)
        got = {s3pipes.S3Url(url).key: stream.read() for url, stream in pipe}
        assert got == bodies


def test_a_config_without_retries_sends_one_request(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"x")
    scripted.script = lambda request: fault(500, "InternalError")
    client = S3Client(
        ClientConfig(
            endpoint_url=scripted.endpoint_url,
            access_key_id="a",
            secret_access_key="b",
            retry=RetryConfig(max_attempts=1),
        )
    )
    with pytest.raises(RetriesExhausted) as caught:
        client.get(url)
    assert caught.value.attempts == len(scripted.requests) == 1
