"""What docs/semantics.md promises and no other test proves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from s3pipes import (
    ClientConfig,
    ObjectChanged,
    ReadConfig,
    RetriesExhausted,
    S3Client,
    S3FileLoader,
    S3Url,
    stats,
)
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request
from s3pipes.testing.children import Children
from s3pipes.testing.server import S3Server
from tests.clients import TWICE
from tests.ends import good
from tests.noise import KiB, noise
from tests.programs import budget


def test_a_stream_that_fails_while_it_is_read_does_not_end_the_loader(
    scripted: ScriptedServer,
) -> None:
    urls = [scripted.put(f"k{i}", noise(200 * KiB, i)) for i in range(4)]

    def script(request: Request) -> Answer | None:
        if request.path.endswith("k1") and request.range and request.range[0] > 0:
            return Answer(status=500)
        return None

    scripted.script = script
    client = S3Client(scripted.config(retry=TWICE))
    got: list[object] = []
    for _, stream in S3FileLoader(urls, client=client, read=ReadConfig(chunk_bytes=64 * KiB)):
        try:
            got.append(stream.read())
        except RetriesExhausted as error:
            got.append(error.status)
    assert got == [noise(200 * KiB, 0), 500, noise(200 * KiB, 2), noise(200 * KiB, 3)]


def test_an_error_of_the_loader_ends_its_iteration(scripted: ScriptedServer) -> None:
    urls = [scripted.put("a", b"a"), S3Url("s3://bucket/absent"), scripted.put("c", b"c")]
    loader = iter(S3FileLoader(urls, client=S3Client(scripted.config(retry=TWICE))))
    assert next(loader)[1].read() == b"a"
    with pytest.raises(FileNotFoundError):
        next(loader)
    assert next(loader, None) is None


def test_a_small_object_leaves_the_budget_when_its_stream_is_yielded(s3: S3Server) -> None:
    bucket = s3.bucket("outside")
    for i in range(8):
        s3.boto.put_object(Bucket=bucket, Key=f"{i}", Body=noise(600 * KiB, i))
    client = S3Client(s3.config())
    before = stats()
    kept = list(S3FileLoader(client.list(f"s3://{bucket}"), client=client))
    now = stats()
    assert now.memory_outside_bytes - before.memory_outside_bytes >= 8 * 600 * KiB
    assert now.memory_used_bytes == before.memory_used_bytes
    assert [stream.read() for _, stream in kept] == [noise(600 * KiB, i) for i in range(8)]
    del kept
    assert stats().memory_outside_bytes == before.memory_outside_bytes


def test_str_of_a_listed_url_reads_what_is_there_now(s3: S3Server) -> None:
    bucket = s3.bucket("now")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=b"before")
    client = S3Client(s3.config())
    (url,) = client.list(f"s3://{bucket}")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=b"and after")
    with pytest.raises(ObjectChanged):
        client.get(url)
    assert bytes(client.get(str(url))) == b"and after"


def test_a_listed_empty_object_is_not_asked_for(scripted: ScriptedServer) -> None:
    """So a change of it goes unnoticed, which docs/semantics.md says."""
    url = scripted.put("k", b"")
    scripted.put("k", b"no longer empty")
    client = S3Client(scripted.config())
    assert bytes(client.get(url)) == b""
    assert scripted.requests == []
    assert bytes(client.get(str(url))) == b"no longer empty"


def test_encoded_content_comes_as_it_is_stored(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"\x1f\x8b not unpacked")
    scripted.script = lambda request: replace(
        scripted.truth(request),
        headers={**scripted.truth(request).headers, "Content-Encoding": "gzip"},
    )
    assert bytes(S3Client(scripted.config()).get(url)) == b"\x1f\x8b not unpacked"


@pytest.mark.parametrize("bucket", ["data--use1-az4--x-s3", "arn:aws:s3:us-west-2:1:accesspoint"])
def test_what_is_not_supported_is_named(bucket: str) -> None:
    client = S3Client(ClientConfig(anonymous=True))
    with pytest.raises(ValueError, match="not supported"):
        client.get(f"s3://{bucket}/k")


def test_the_engine_never_holds_more_than_its_budget(
    scripted: ScriptedServer, children: Children
) -> None:
    """In a process of its own, since budgets only grow."""
    for i in range(24):
        scripted.put(f"k{i:02}", noise(1024 * KiB, i))
    assert good(children.run(budget.watched_at_every_door, scripted.endpoint_url)) == ["ok"]
