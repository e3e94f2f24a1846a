"""The network and the store fail for a while: every byte still comes, or a clear error does."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace

import pytest

import s3pipes
from s3pipes import (
    BadResponse,
    ClientConfig,
    ObjectChanged,
    ReadConfig,
    RetriesExhausted,
    RetryConfig,
    S3Client,
    S3Url,
    TransferTimeout,
)
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Framing, Request, Script, fault

KiB = 1 << 10
CHUNKS = ReadConfig(chunk_bytes=64 * KiB)
FAST = RetryConfig(max_attempts=3, base_delay_s=0.001, max_delay_s=0.01)


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def client_of(server: ScriptedServer, read: ReadConfig | None = None, **config: object) -> S3Client:
    return S3Client(server.config(**{"retry": FAST} | config), read)


def plain(url: str) -> str:
    """The URL without what a listing knew."""
    return str(url)


def first_answer(server: ScriptedServer, **changes: object) -> Script:
    """The first answer for each object goes wrong, the next ones are true."""

    def script(request: Request) -> Answer | None:
        if request.attempt > 1 or request.method != "GET":
            return None
        return replace(server.truth(request), **changes)  # type: ignore[arg-type]

    return script


# What is sent again, and how


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
        assert request.range is not None
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
    scripted.script = lambda request: replace(scripted.truth(request), cut_at=1000)
    # Twenty attempts of which each brings something, where three in a row may bring nothing.
    assert client_of(scripted).get(url) == body
    assert len(scripted.requests) == 20


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
    url = scripted.put("some/key", noise(200_000))
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


# Time


@pytest.mark.parametrize("silent_from", [-1, 0, 1000])
def test_silence_is_a_timeout(scripted: ScriptedServer, silent_from: int) -> None:
    url = scripted.put("k", noise(4000))

    def script(request: Request) -> Answer:
        answer = scripted.truth(request)
        if silent_from < 0:
            return replace(answer, after=scripted.never)
        # Nothing new by the second attempt: bytes that come reset the count.
        return replace(
            answer, pause_at=silent_from if request.attempt == 1 else 0, until=scripted.never
        )

    scripted.script = script
    retry = replace(FAST, max_attempts=2)
    client = client_of(scripted, progress_timeout_s=0.2, retry=retry)
    with pytest.raises(TransferTimeout) as caught:
        client.get(url)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.elapsed_s >= 0.4
    assert "0.2 s" in str(caught.value)
    assert "progress_timeout_s" in caught.value.hint
    # Each attempt may only begin after the silence of the one before.
    first, second = scripted.requests[-2:]
    assert second.at - first.at >= 0.2


def test_silence_is_resumed(scripted: ScriptedServer) -> None:
    body = noise(4000)
    url = scripted.put("k", body)
    scripted.script = first_answer(scripted, pause_at=1000, until=scripted.never)
    assert client_of(scripted, progress_timeout_s=0.2).get(url) == body
    assert scripted.requests[-1].range == (1000, 4000)


def test_slow_bytes_are_no_timeout(scripted: ScriptedServer) -> None:
    body = noise(12 << 10)
    url = scripted.put("k", body)
    scripted.script = lambda request: replace(scripted.truth(request), pace_s=0.1)
    client = client_of(scripted, progress_timeout_s=0.9, retry=RetryConfig(max_attempts=1))
    began = time.monotonic()
    assert client.get(url) == body
    assert time.monotonic() - began > 1.2
    assert len(scripted.requests) == 1


def test_a_list_and_a_head_that_stay_silent_time_out(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"x")
    scripted.script = lambda request: Answer(after=scripted.never)
    client = client_of(scripted, progress_timeout_s=0.2, retry=replace(FAST, max_attempts=1))
    with pytest.raises(TransferTimeout):
        client.head(url)
    with pytest.raises(TransferTimeout):
        list(client.list("s3://bucket/"))


# Connections


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
        scripted.script = lambda request, how=framing: replace(scripted.truth(request), framing=how)
        assert bytes(client.get(url)) == b""
        assert bytes(client.get(plain(url))) == b""


# Answers that contradict the question


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
        begin, end = request.range or (0, len(body))
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
        assert request.range is not None
        answer = scripted.truth(request)
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
        assert caught.value.attempts == 1
        assert "list again" in caught.value.hint


def test_an_object_overwritten_within_a_chunk_is_noticed(scripted: ScriptedServer) -> None:
    url = scripted.put("k", noise(50_000, 1))

    def script(request: Request) -> Answer | None:
        if request.attempt > 1:
            return None
        answer = replace(scripted.truth(request), cut_at=1000)
        scripted.put("k", noise(50_000, 2))
        return answer

    scripted.script = script
    with client_of(scripted).open(plain(url)) as stream:
        with pytest.raises(ObjectChanged):
            stream.read()
        assert stream.tell() == 1000


def test_a_store_without_if_match_is_seen_through(scripted: ScriptedServer) -> None:
    """Some stores ignore If-Match; the ETag of each answer is compared too."""
    size = 4 * 64 * KiB
    url = scripted.put("k", noise(size, 1))

    def script(request: Request) -> Answer:
        heedless = {name: v for name, v in request.headers.items() if name != "if-match"}
        answer = scripted.truth(replace(request, headers=heedless))
        scripted.put("k", noise(size, 2))
        return answer

    scripted.script = script
    with pytest.raises(ObjectChanged, match="ETag"):
        client_of(scripted, CHUNKS).get(url)


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
