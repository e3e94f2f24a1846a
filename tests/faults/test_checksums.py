"""What a store holds a checksum of is held against it: a flipped bit heals, or is told."""

from __future__ import annotations

import base64
import hashlib
import pickle
import time
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

import s3pipes
from s3pipes import ChecksumMismatch, ReadConfig, S3PipesError
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, Script
from tests.allowance import at_most
from tests.clients import CHUNKS, client_of
from tests.faults.scripts import plain
from tests.noise import KiB, noise
from tests.silence import silence

SMALL = 50_000
LARGE = 500_000


def crc32(body: bytes) -> tuple[str, str]:
    return "crc32", base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def sha1(body: bytes) -> tuple[str, str]:
    digest = hashlib.sha1(body, usedforsecurity=False).digest()
    return "sha1", base64.b64encode(digest).decode()


def sha256(body: bytes) -> tuple[str, str]:
    return "sha256", base64.b64encode(hashlib.sha256(body).digest()).decode()


def keeping(
    server: ScriptedServer,
    sum_of: Callable[[bytes], tuple[str, str]] = crc32,
    wrong: Callable[[Request], bool] = lambda _: False,
) -> Script:
    """As S3 does: a checksum of whole objects, and of no range. Where `wrong`, a bit is turned."""

    def script(request: Request) -> Answer:
        answer = server.truth(request)
        asked = request.headers.get("x-amz-checksum-mode") == "ENABLED"
        if asked and request.range is None and answer.status == 200:
            kind, value = sum_of(answer.body)
            told = {f"x-amz-checksum-{kind}": value, "x-amz-checksum-type": "FULL_OBJECT"}
            answer = replace(answer, headers={**answer.headers, **told})
        if request.method == "GET" and wrong(request):
            middle = len(answer.body) // 2
            flipped = bytes([answer.body[middle] ^ 16])
            body = answer.body[:middle] + flipped + answer.body[middle + 1 :]
            answer = replace(answer, body=body)
        return answer

    return script


def first(request: Request) -> bool:
    return request.attempt == 1


def gets(server: ScriptedServer) -> list[Request]:
    return [one for one in server.requests if one.method == "GET"]


@pytest.mark.parametrize("sum_of", [crc32, sha1, sha256])
@pytest.mark.parametrize("known", [True, False])
def test_a_flipped_bit_is_fetched_again_on_another_connection(
    scripted: ScriptedServer, sum_of: Callable[[bytes], tuple[str, str]], known: bool
) -> None:
    body = noise(SMALL)
    url = scripted.put("k", body)
    scripted.script = keeping(scripted, sum_of, first)
    before = s3pipes.stats()
    client = client_of(scripted)
    assert client.get(url if known else plain(url)) == body
    span = s3pipes.stats() - before
    assert span.retries_by.checksum == 1
    assert (span.bytes_verified, span.bytes_unverified) == (SMALL, 0)
    wrong, right = gets(scripted)
    if known:  # else the connection has been used for the HEAD by then
        assert wrong.connection != right.connection
    assert wrong.headers["x-amz-checksum-mode"] == "ENABLED"
    assert "x-amz-checksum-mode" in wrong.headers["authorization"]


def test_what_stays_wrong_is_raised_by_its_true_name(scripted: ScriptedServer) -> None:
    url = scripted.put("k", noise(SMALL))
    scripted.script = keeping(scripted, wrong=lambda _: True)
    with pytest.raises(ChecksumMismatch, match="CRC32 ") as told:
        client_of(scripted).get(url)
    assert isinstance(told.value, S3PipesError)
    assert told.value.url == url
    assert told.value.range == (0, SMALL)
    assert told.value.attempts == 3
    assert crc32(noise(SMALL))[1] in str(told.value)
    copy = pickle.loads(pickle.dumps(told.value))
    assert (type(copy), str(copy)) == (ChecksumMismatch, str(told.value))
    # Not even the bytes before the wrong one.
    with pytest.raises(ChecksumMismatch), client_of(scripted).open(url) as stream:
        stream.read(10)


def test_a_large_object_heals_while_nobody_has_seen_it(scripted: ScriptedServer) -> None:
    body = noise(LARGE)
    url = scripted.put("k", body)
    turned: list[Request] = []

    def once(request: Request) -> bool:
        found = request.range is not None and request.range[0] == 128 * KiB and not turned
        turned.extend([request] * found)
        return found

    scripted.script = keeping(scripted, wrong=once)
    for into in (False, True):
        turned.clear()
        scripted.requests.clear()
        before = s3pipes.stats()
        client = client_of(scripted, CHUNKS)
        if into:
            memory = bytearray(LARGE)
            client.get_into(url, memory)
            assert memory == body
        else:
            assert client.get(url) == body
        span = s3pipes.stats() - before
        assert span.retries_by.checksum == 1
        assert span.bytes_verified == LARGE
        assert len(scripted.of("HEAD", "k")) == 1


def test_a_large_object_is_told_before_its_last_byte(scripted: ScriptedServer) -> None:
    body = noise(LARGE)
    url = scripted.put("k", body)
    scripted.script = keeping(
        scripted, wrong=lambda request: request.range is not None and request.range[0] == 128 * KiB
    )
    got = 0
    with client_of(scripted, CHUNKS).open(url) as stream, pytest.raises(ChecksumMismatch) as told:
        for chunk in stream.chunks():
            got += len(chunk)
    assert 0 < got < LARGE
    assert told.value.range == (0, LARGE)
    with pytest.raises(ChecksumMismatch):
        client_of(scripted, CHUNKS).get(url)


def test_plain_urls_of_small_objects_are_asked_for_as_a_whole(scripted: ScriptedServer) -> None:
    urls = [scripted.put(f"k{i}", noise(SMALL + i)) for i in range(30)]
    scripted.script = keeping(scripted)
    before = s3pipes.stats()
    client = client_of(scripted, ReadConfig(lookahead=1))
    pipe = s3pipes.IterableWrapper([plain(url) for url in urls]).load_files_by_s3(client=client)
    assert [stream.read() for _, stream in pipe] == [noise(SMALL + i) for i in range(30)]
    span = s3pipes.stats() - before
    assert span.bytes_unverified == 0
    assert span.bytes_verified == sum(SMALL + i for i in range(30))
    assert len(gets(scripted)) == 30
    assert len([one for one in gets(scripted) if one.range]) <= 5


def test_a_head_that_fails_fails_no_read(scripted: ScriptedServer) -> None:
    body = noise(LARGE)
    url = scripted.put("k", body)
    keeps = keeping(scripted)

    def script(request: Request) -> Answer | None:
        return Answer(status=403) if request.method == "HEAD" else keeps(request)

    scripted.script = script
    before = s3pipes.stats()
    with client_of(scripted, CHUNKS).open(url) as stream:
        assert b"".join(stream.chunks()) == body
    span = s3pipes.stats() - before
    assert (span.bytes_verified, span.bytes_unverified) == (0, LARGE)


@pytest.mark.parametrize("fault", ["silent", "cut"])
@pytest.mark.parametrize(("size", "known"), [(LARGE, True), (SMALL, False)])
def test_a_head_without_an_answer_is_asked_anew(
    scripted: ScriptedServer, size: int, known: bool, fault: str
) -> None:
    url = scripted.put("k", noise(size))
    keeps = keeping(scripted)

    def script(request: Request) -> Answer | None:
        if request.method == "HEAD" and first(request):
            return Answer(cut_at=-1) if fault == "cut" else silence(scripted, request)
        return keeps(request)

    scripted.script = script
    before, began = s3pipes.stats(), time.monotonic()
    with client_of(scripted, CHUNKS if known else None).open(url if known else str(url)) as stream:
        assert stream.read() == noise(size)
    assert time.monotonic() - began < at_most(6)
    assert [one.method for one in scripted.requests].count("HEAD") == 2
    span = s3pipes.stats() - before
    assert (span.bytes_verified, span.bytes_unverified) == (size, 0)


def test_a_store_without_checksums_is_not_asked_for_ever(scripted: ScriptedServer) -> None:
    urls = [scripted.put(f"k{i}", noise(LARGE)) for i in range(12)]
    client = client_of(scripted, CHUNKS)
    for url in urls:
        with client.open(url) as stream:
            assert b"".join(stream.chunks()) == noise(LARGE)
    assert sum(one.method == "HEAD" for one in scripted.requests) == 5


def test_without_verifying_bytes_come_as_they_are(scripted: ScriptedServer) -> None:
    body = noise(LARGE)
    url = scripted.put("k", body)
    scripted.script = keeping(scripted, wrong=lambda _: True)
    before = s3pipes.stats()
    client = client_of(scripted, verify_checksums=False)
    assert client.get(url) != body
    assert (s3pipes.stats() - before).bytes_unverified == LARGE
    assert all("x-amz-checksum-mode" not in one.headers for one in scripted.requests)
    assert all(one.method == "GET" for one in scripted.requests)


def test_a_value_for_every_range_alike_is_not_believed(scripted: ScriptedServer) -> None:
    """Of a careless store, that tells the object's checksum with each of its ranges."""
    body = noise(LARGE)
    url = scripted.put("k", body)

    def script(request: Request) -> Answer:
        answer = scripted.truth(request)
        told = {"x-amz-checksum-crc32": crc32(body)[1]}
        return replace(answer, headers={**answer.headers, **told})

    scripted.script = script
    assert client_of(scripted, CHUNKS).get(url) == body


def test_the_checksum_of_a_part_is_held_against_its_range(scripted: ScriptedServer) -> None:
    body = noise(4 * 64 * KiB)
    url = scripted.put("k", body)
    turned: list[Request] = []

    def script(request: Request) -> Answer:
        answer = scripted.truth(request)
        if request.method == "HEAD":
            told = {"x-amz-checksum-crc32": "AAAAAA==-4", "x-amz-checksum-type": "COMPOSITE"}
            return replace(answer, headers={**answer.headers, **told})
        told = {"x-amz-checksum-crc32": crc32(answer.body)[1], "x-amz-checksum-type": "COMPOSITE"}
        answer = replace(answer, headers={**answer.headers, **told})
        if not turned and request.range and request.range[0] == 64 * KiB:
            turned.append(request)
            answer = replace(answer, body=b"!" + answer.body[1:])
        return answer

    scripted.script = script
    before = s3pipes.stats()
    with client_of(scripted, CHUNKS).open(url) as stream:
        assert b"".join(stream.chunks()) == body
    span = s3pipes.stats() - before
    assert span.retries_by.checksum == len(turned) == 1
    assert (span.bytes_verified, span.bytes_unverified) == (len(body), 0)
