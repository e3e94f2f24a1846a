"""Buckets that are elsewhere: followed once, with one warning."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable

import pytest

import s3pipes.aws.credentials
from s3pipes import ConfigError, IterableWrapper, ReadConfig, S3Url, WrongRegion
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from tests.clients import client_of
from tests.doors import Ask, all_doors


def elsewhere(
    status: int = 301, code: str = "PermanentRedirect"
) -> Callable[[Request], Answer | None]:
    def script(request: Request) -> Answer | None:
        if request.region == "eu-central-1":
            return None
        if request.method == "HEAD":
            return Answer(status=400, headers={"x-amz-bucket-region": "eu-central-1"})
        return fault(status, code, x_amz_bucket_region="eu-central-1")

    return script


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (301, "PermanentRedirect"),
        (307, "TemporaryRedirect"),
        (400, "AuthorizationHeaderMalformed"),
    ],
)
@all_doors
def test_a_wrong_region_is_followed_once_with_a_warning(
    scripted: ScriptedServer, ask: Ask, status: int, code: str
) -> None:
    url = scripted.put("k", b"content")
    scripted.script = elsewhere(status, code)
    client = client_of(scripted)
    with pytest.warns(RuntimeWarning, match="eu-central-1") as caught:
        assert ask(client, str(url))
    assert len(caught) == 1
    assert "region='eu-central-1'" in str(caught[0].message)
    assert "AWS_REGION" in str(caught[0].message)
    before = len(scripted.requests)
    assert ask(client, str(url))  # remembered: neither detour nor warning
    assert {request.region for request in scripted.requests[before:]} == {"eu-central-1"}


def test_ranges_of_a_listed_url_follow_too(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    scripted.script = elsewhere()
    with pytest.warns(RuntimeWarning) as caught:
        assert client_of(scripted).get_ranges(url, [(1, 3)]) == [b"on"]
    assert len(caught) == 1
    client = client_of(scripted)
    with pytest.warns(RuntimeWarning) as caught:
        assert asyncio.run(client.get_ranges_async(url, [(1, 3)])) == [b"on"]
    assert len(caught) == 1


@pytest.mark.parametrize("in_order", [True, False])
def test_many_streams_in_a_wrong_region_warn_once(scripted: ScriptedServer, in_order: bool) -> None:
    bodies = {f"k{i:03}": b"%d" % i * 500 for i in range(150)}
    urls = [scripted.put(key, body) for key, body in bodies.items()]
    scripted.script = elsewhere()
    pipe = IterableWrapper(urls).load_files_by_s3(
        client=client_of(scripted), read=ReadConfig(in_order=in_order)
    )
    with pytest.warns(RuntimeWarning) as caught:
        got = {S3Url(url).key: stream.read() for url, stream in pipe}
    assert len(caught) == 1
    assert got == bodies


def test_a_whole_pipeline_in_a_wrong_region_warns_once(scripted: ScriptedServer) -> None:
    for i in range(30):
        scripted.put(f"k{i:03}", b"%d" % i)
    scripted.script = elsewhere()
    client = client_of(scripted)
    listed = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    with pytest.warns(RuntimeWarning) as caught:
        assert len([s.read() for _, s in listed.load_files_by_s3(client=client)]) == 30
    assert len(caught) == 1


def test_following_while_another_thread_follows(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = scripted.put("k", b"content")
    scripted.script = elsewhere()
    client = client_of(scripted)
    late = WrongRegion("as another thread saw it")
    late.region = "eu-central-1"
    asked = client.session.here().of("bucket")
    # While the first tells its user, and has made nothing yet.
    monkeypatch.setattr(
        warnings, "warn", lambda *_, **__: client.session.follow("bucket", asked, late)
    )
    assert bytes(client.get(url)) == b"content"
    assert len(scripted.requests) == 2


@all_doors
def test_regions_that_go_in_circles(scripted: ScriptedServer, ask: Ask) -> None:
    url = scripted.put("k", b"content")
    other = {"us-east-1": "eu-central-1", "eu-central-1": "us-west-2", "us-west-2": "us-east-1"}

    def script(request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(status=400, headers={"x-amz-bucket-region": other[request.region]})
        return fault(301, "PermanentRedirect", x_amz_bucket_region=other[request.region])

    scripted.script = script
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(WrongRegion) as caught:
            ask(client_of(scripted), str(url))
    assert len(scripted.requests) == 2
    assert caught.value.region in other
    assert isinstance(caught.value, ConfigError)


def test_a_redirect_that_names_no_region(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    scripted.script = lambda request: fault(
        307, "TemporaryRedirect", "Please re-send this request.", Location="http://elsewhere/"
    )
    with pytest.raises(s3pipes.RetriesExhausted) as caught:
        client_of(scripted).get(url)
    assert caught.value.status == 307
    assert "TemporaryRedirect" in str(caught.value)
    scripted.script = lambda request: (
        fault(307, "TemporaryRedirect", Location="http://elsewhere/")
        if request.attempt == 1
        else None
    )
    assert bytes(client_of(scripted).get(scripted.put("new", b"content"))) == b"content"
