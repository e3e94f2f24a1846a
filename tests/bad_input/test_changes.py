"""Answers that are no S3, and objects that are not what they were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from s3pipes import BadResponse, ObjectChanged, ObjectNotFound, ReadConfig, S3Client, S3Url
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request
from s3pipes.testing.server import S3Server
from tests.clients import CHUNKS, FAST, client_of
from tests.doors import DOORS, Ask, lists
from tests.noise import KiB

HTML = Answer(
    status=200,
    headers={"Content-Type": "text/html"},
    body=b"<!DOCTYPE html><html><body>Please log in to the hotel's network</body></html>",
)


@lists
def test_html_instead_of_a_listing(scripted: ScriptedServer, ask: Ask) -> None:
    scripted.script = lambda request: HTML
    with pytest.raises(BadResponse) as caught:
        ask(client_of(scripted), "s3://bucket/")
    assert "endpoint_url" in caught.value.hint
    assert len(scripted.requests) == FAST.max_attempts  # it might have been one of many


@pytest.mark.parametrize("status", [404, 403, 400, 302])
def test_html_with_an_error_status(scripted: ScriptedServer, status: int) -> None:
    scripted.script = lambda request: replace(HTML, status=status)
    with pytest.raises(BadResponse) as caught:
        client_of(scripted).get("s3://bucket/key")
    text = str(caught.value)
    assert "text/html" in text
    assert "Please log in" in text
    assert str(status) in text
    assert len(scripted.requests) == FAST.max_attempts


def test_html_instead_of_a_listed_object(scripted: ScriptedServer) -> None:
    """With 200, a page looks like an object; size and ETag of the listing tell them apart."""
    url = scripted.put("k", b"content" * 1000)
    scripted.script = lambda request: HTML
    with pytest.raises((ObjectChanged, BadResponse)):
        client_of(scripted).get(url)


# Objects that are not what they were


@pytest.mark.parametrize(
    "ask",
    [ask for name, ask in DOORS.items() if name != "head"],
    ids=[n for n in DOORS if n != "head"],
)
def test_an_object_that_changed_since_it_was_listed(scripted: ScriptedServer, ask: Ask) -> None:
    listed = scripted.put("k", b"content, the first" * 10)
    client = client_of(scripted)
    for body in (b"content, the first", b"content, a second" * 10, b"", b"longer" * 100):
        scripted.put("k", body)
        with pytest.raises(ObjectChanged) as caught:
            ask(client, listed)
        assert caught.value.attempts <= 2  # and a HEAD, which confirms it
        assert "list again" in str(caught.value) or "shrank" in str(caught.value)
    scripted.delete("k")
    with pytest.raises(ObjectNotFound, match="deleted since"):
        ask(client, listed)


def test_an_object_that_shrank_in_a_store_without_etags(scripted: ScriptedServer) -> None:
    scripted.put("k", bytes(300 * KiB))
    listed = S3Url("s3://bucket/k", 300 * KiB)

    def script(request: Request) -> Answer:
        answer = scripted.truth(request)
        return replace(answer, headers={n: v for n, v in answer.headers.items() if n != "ETag"})

    scripted.script = script
    for read in (CHUNKS, ReadConfig(), ReadConfig(whole_objects=True)):
        client = S3Client(scripted.config(retry=FAST), read)
        assert client.get(listed) == bytes(300 * KiB)
        for size in (299 * KiB, 64 * KiB, 1, 0, 301 * KiB):
            scripted.put("k", bytes(size))
            with pytest.raises(ObjectChanged):
                client.get(listed)
        scripted.put("k", bytes(300 * KiB))


def test_a_change_in_a_list_loses_no_other_object(s3: S3Server) -> None:
    bucket = s3.bucket("changing")
    for i in range(6):
        s3.boto.put_object(Bucket=bucket, Key=f"k{i}", Body=b"%d" % i)
    client = client_of(s3)
    listed = list(client.list(f"s3://{bucket}/"))
    s3.boto.put_object(Bucket=bucket, Key="k3", Body=b"other")
    s3.boto.delete_object(Bucket=bucket, Key="k4")
    got: dict[str, object] = {}
    for url in listed:
        try:
            got[url.key] = bytes(client.get(url))
        except (ObjectChanged, ObjectNotFound) as error:
            got[url.key] = type(error)
    assert got == {
        "k0": b"0", "k1": b"1", "k2": b"2", "k3": ObjectChanged, "k4": ObjectNotFound, "k5": b"5",
    }  # fmt: skip
