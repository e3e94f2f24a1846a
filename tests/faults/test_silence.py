"""Silence is given up, slowness is not."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from s3pipes import RetryConfig, TransferTimeout
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request
from tests.allowance import at_most
from tests.clients import FAST, client_of
from tests.faults.scripts import first_answer
from tests.noise import noise
from tests.silence import silence, silent_where


@pytest.mark.parametrize("silent_from", [-1, 0, 1000])
def test_silence_is_a_timeout(scripted: ScriptedServer, silent_from: int) -> None:
    url = scripted.put("k", noise(4000))

    def script(request: Request) -> Answer:
        # Nothing new by the second attempt: bytes that come reset the count.
        at = silent_from if request.attempt == 1 else 0
        return silence(scripted, request, at=None if silent_from < 0 else at)

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
    scripted.script = silent_where(scripted, lambda _: True)
    client = client_of(scripted, progress_timeout_s=0.2, retry=replace(FAST, max_attempts=1))
    with pytest.raises(TransferTimeout):
        client.head(url)
    with pytest.raises(TransferTimeout):
        list(client.list("s3://bucket/"))


@pytest.mark.parametrize("what", ["head", "page"])
def test_a_late_answer_to_a_question_is_asked_for_anew(scripted: ScriptedServer, what: str) -> None:
    urls = [scripted.put(f"k{i:02}", b"x") for i in range(30)]
    kept: list[Request] = []

    def script(request: Request) -> Answer | None:
        hushed = "continuation-token" in request.query or request.method == "HEAD"
        if kept or not hushed:
            return None
        kept.append(request)
        return silence(scripted, request)

    scripted.script = script
    client, began = client_of(scripted), time.monotonic()
    if what == "head":
        assert client.head(urls[0]).size == 1
    else:
        assert list(client.list("s3://bucket/", page_size=10)) == urls
    assert time.monotonic() - began < at_most(5)  # the time-out is 30 s
    assert len(kept) == 1
