"""What is dropped or closed is gone at once: requests, connections, memory."""

from __future__ import annotations

import contextlib
import gc
import threading

import pytest

import s3pipes
from s3pipes import IterableWrapper, ReadConfig, RetryConfig, S3Client, S3PipesError, S3Url
from s3pipes.engine import OpenObject
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, fault
from tests.allowance import at_most
from tests.noise import KiB, noise
from tests.quiet import holds_nothing, seconds_until, seconds_until_quiet
from tests.silence import serve_half_and_silent, silent_where

CANCEL_S = 1.0


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("answers", ["silent", "half", "all"])
def test_a_dropped_iterator_frees_everything(
    scripted: ScriptedServer, answers: str, in_order: bool
) -> None:
    seconds_until_quiet()
    urls = [scripted.put(f"k{i:03}", noise(300_000, i)) for i in range(100)]
    if answers != "all":
        scripted.script = silent_where(
            scripted,
            lambda request: request.path != "/bucket/k000",
            at=None if answers == "silent" else 20_000,
        )
    client = S3Client(scripted.config())
    read = ReadConfig(chunk_bytes=64 * KiB, in_order=in_order)
    iterator = iter(IterableWrapper(urls).load_files_by_s3(client=client, read=read))
    _, stream = next(iterator)
    assert len(stream.read()) == 300_000
    scripted.wait_for_requests(8)
    assert s3pipes.stats().streams_open > 1
    del iterator, stream, _
    took = seconds_until_quiet()
    print(f"quiet after {took * 1000:.0f} ms")  # noqa: T201 - for -rP
    assert took < at_most(CANCEL_S)
    if answers != "all":
        # Requests that were given up take their connections with them.
        scripted.wait_for(lambda: not scripted.unanswered, within_s=at_most(CANCEL_S))
    seconds_until(holds_nothing, within_s=CANCEL_S)


def test_closing_and_dropping_streams_frees_everything(scripted: ScriptedServer) -> None:
    serve_half_and_silent(scripted)
    seconds_until_quiet()
    client = S3Client(scripted.config(), ReadConfig(chunk_bytes=64 * KiB))
    for end in ("close", "drop", "with"):
        stream = client.open("s3://bucket/half")
        assert len(stream.read(1000)) == 1000
        assert s3pipes.stats().streams_open == 1
        if end == "close":
            stream.close()
        elif end == "with":
            with stream:
                pass
        del stream
        assert seconds_until_quiet() < at_most(CANCEL_S)


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        None,
        fault(403, "AccessDenied"),
        fault(301, "PermanentRedirect", x_amz_bucket_region="eu-north-1"),
        Answer(cut_at=-1),
    ],
)
@pytest.mark.filterwarnings("ignore:The bucket .* is in eu-north-1")
def test_nothing_waits_for_the_garbage_collector(
    scripted: ScriptedServer, answer: Answer | None, in_order: bool
) -> None:
    """Whatever was answered, what is dropped is gone: no cycle holds it."""
    urls = [scripted.put(f"k{i}", b"content") for i in range(9)]
    scripted.script = lambda request: answer
    seconds_until_quiet()
    gc.disable()
    try:
        # A client of its own: the first look-up of an address asks botocore, which keeps frames.
        client = S3Client(scripted.config(retry=RetryConfig(max_attempts=1)))
        read = ReadConfig(in_order=in_order)
        for pipe in [IterableWrapper(urls).load_files_by_s3(client=client, read=read)] * 2:
            with contextlib.suppress(S3PipesError):
                next(iter(pipe))
        with contextlib.suppress(S3PipesError):
            client.get(urls[0])
        assert seconds_until_quiet() < at_most(CANCEL_S)
    finally:
        gc.enable()


@pytest.mark.parametrize("whole", [True, False])
def test_a_kept_error_holds_no_memory(scripted: ScriptedServer, whole: bool) -> None:
    url = S3Url(scripted.put("k", noise(300_000)), 300_000)
    scripted.script = lambda request: (
        Answer(cut_at=-1) if request.range and request.range[0] == 128 * KiB else None
    )
    seconds_until_quiet()
    config = scripted.config(retry=RetryConfig(max_attempts=1))
    client = S3Client(config, ReadConfig(chunk_bytes=64 * KiB))
    with pytest.raises(s3pipes.RetriesExhausted) as kept:
        client.get(url) if whole else client.get_ranges(url, [(0, 300_000)])
    assert seconds_until_quiet() < at_most(CANCEL_S)
    seconds_until(holds_nothing, within_s=CANCEL_S)
    assert kept.value.url == url


def test_a_dropped_listing_asks_for_no_further_page(scripted: ScriptedServer) -> None:
    for i in range(50):
        scripted.put(f"k{i:02}", b"")
    scripted.script = silent_where(scripted, lambda request: "continuation-token" in request.query)
    urls = S3Client(scripted.config()).list("s3://bucket/", page_size=10)
    assert next(urls).key == "k00"
    scripted.wait_for_requests(2)
    del urls
    scripted.wait_for(lambda: scripted.open_connections <= 1, within_s=at_most(CANCEL_S))
    assert len(scripted.requests) == 2


def test_a_stream_that_another_thread_closes_is_not_short(scripted: ScriptedServer) -> None:
    serve_half_and_silent(scripted)
    client = S3Client(scripted.config())
    stream = client.open("s3://bucket/half", read=ReadConfig(chunk_bytes=64 * KiB))
    opened = stream._opened
    assert isinstance(opened, OpenObject)
    native = opened.native

    def close() -> None:
        scripted.wait_for_requests(2)
        stream.close()

    closer = threading.Thread(target=close)
    closer.start()
    with pytest.raises((s3pipes.TransferCancelled, ValueError)):
        stream.read()
    closer.join()
    with pytest.raises(s3pipes.TransferCancelled):
        native.read(10)
    with pytest.raises(ValueError, match="closed"):
        stream.read(1)
