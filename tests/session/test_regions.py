"""A region that is named although it was asked is not the reason."""

from __future__ import annotations

import warnings

import pytest

from s3pipes import AccessDenied, IterableWrapper, ReadConfig, RequestRefused
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from tests.clients import client_of

HERE = {"x-amz-bucket-region": "us-east-1"}


def test_expired_credentials_are_not_a_wrong_region(scripted: ScriptedServer) -> None:
    """To a HEAD S3 answers a bare 400 with the bucket's region; to a GET it tells the reason."""
    url = scripted.put("k", b"content")

    def script(request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(status=400, headers=HERE)
        return fault(400, "ExpiredToken", "The provided token has expired.", **HERE)

    scripted.script = script
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(AccessDenied) as caught:
            client_of(scripted).head(str(url))
    assert caught.value.code == "ExpiredToken"
    assert "region" not in str(caught.value).lower()


@pytest.mark.parametrize("status", [301, 400])
def test_where_nobody_tells_the_reason_the_request_was_refused(
    scripted: ScriptedServer, status: int
) -> None:
    scripted.put("k", b"content")
    scripted.script = lambda _: Answer(status=status, headers=HERE)
    with pytest.raises(RequestRefused) as caught:
        client_of(scripted).head("s3://bucket/k")
    assert caught.value.status == status
    assert [request.method for request in scripted.requests] == ["HEAD", "GET"]


def test_a_head_that_was_refused_without_a_reason_is_asked_as_a_get(
    scripted: ScriptedServer,
) -> None:
    url = scripted.put("k", b"content")
    scripted.script = lambda request: (
        Answer(status=400, headers=HERE) if request.method == "HEAD" else None
    )
    assert client_of(scripted).head(str(url)).size == len(b"content")


@pytest.mark.parametrize("in_order", [True, False])
def test_what_is_opened_ahead_is_led_along(scripted: ScriptedServer, in_order: bool) -> None:
    """All that was opened in the wrong region is opened again at once, and read once."""
    count = 40
    urls = [str(scripted.put(f"{number:02}", b"%d" % number)) for number in range(count)]
    scripted.script = lambda request: (
        None
        if request.region == "eu-central-1"
        else fault(301, "PermanentRedirect", x_amz_bucket_region="eu-central-1")
    )
    pipe = IterableWrapper(urls).load_files_by_s3(
        client=client_of(scripted), read=ReadConfig(in_order=in_order)
    )
    with pytest.warns(RuntimeWarning, match="eu-central-1") as told:
        got = [int(stream.read()) for _, stream in pipe]
    assert len(told) == 1
    assert (got if in_order else sorted(got)) == list(range(count))
    there = [
        request.path
        for request in scripted.requests
        if request.region == "eu-central-1" and request.method == "GET"
    ]
    assert len(there) == len(set(there)) == count
