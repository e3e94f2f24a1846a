"""A region that is named although it was asked is not the reason."""

from __future__ import annotations

import warnings

import pytest

from s3pipes import AccessDenied, RequestRefused
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
