"""A simulator whose clock is off, and sessions that end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError

from s3pipes.testing import SimulatedS3


@pytest.fixture
def signed() -> Iterator[SimulatedS3]:
    with SimulatedS3("none") as server:
        server.add("bucket", "{:02}", 10, 1000)
        yield server


def refused(client: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        client.get_object(Bucket="bucket", Key="03")
    told = caught.value.response
    return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]


def ahead_s(client: Any) -> float:
    """By how much the simulator's Date is ahead of this machine."""
    try:
        told = client.get_object(Bucket="bucket", Key="03")
    except ClientError as error:
        told = error.response
    date = parsedate_to_datetime(told["ResponseMetadata"]["HTTPHeaders"]["date"])
    return date.timestamp() - time.time()


@pytest.mark.parametrize("offset_s", [3600, -3600, 0.5, 86400 * 400])
def test_clock_offset_shows_in_dates_and_signatures(signed: SimulatedS3, offset_s: float) -> None:
    signed.change(clock_offset_s=offset_s)
    assert abs(ahead_s(signed.client()) - offset_s) < 3
    assert signed.settings()["clock_offset_s"] == offset_s
    if abs(offset_s) > 900:
        assert refused(signed.client()) == (403, "RequestTimeTooSkewed")
    signed.change(clock_offset_s=0)
    assert signed.client().get_object(Bucket="bucket", Key="03")["Body"].read()


@pytest.mark.parametrize("offset_s", [800, -800])
def test_a_quarter_of_an_hour_is_allowed(signed: SimulatedS3, offset_s: float) -> None:
    signed.change(clock_offset_s=offset_s)
    assert abs(ahead_s(signed.client()) - offset_s) < 3


def test_a_clock_that_is_too_far_off_is_said(signed: SimulatedS3) -> None:
    for wrong in (float("nan"), float("inf"), 1e12, -1e12):
        with pytest.raises(ValueError, match="clock_offset_s"):
            signed.change(clock_offset_s=wrong)


def with_token(server: SimulatedS3, session: dict[str, str]) -> Any:
    return server.client(aws_session_token=session["token"])


def test_a_session_token_ends(signed: SimulatedS3) -> None:
    signed.change(token_life_s=100)
    session = signed.session()
    client = with_token(signed, session)
    assert client.get_object(Bucket="bucket", Key="03")["Body"].read()
    signed.change(clock_offset_s=98)
    assert client.get_object(Bucket="bucket", Key="03")["Body"].read()
    signed.change(clock_offset_s=102)
    assert refused(client) == (400, "ExpiredToken")
    renewed = signed.session(50)
    assert renewed["token"] != session["token"]
    assert renewed["expiry_time"] > session["expiry_time"]
    assert with_token(signed, renewed).get_object(Bucket="bucket", Key="03")["Body"].read()


def test_keys_without_a_session_and_other_tokens(signed: SimulatedS3) -> None:
    signed.change(clock_offset_s=500)
    assert signed.client().get_object(Bucket="bucket", Key="03")["Body"].read()
    for token in ("made-up", "simulated-session-", "simulated-session-12x"):
        assert refused(signed.client(aws_session_token=token)) == (400, "InvalidToken")


def test_a_session_is_renewed_by_botocore(signed: SimulatedS3) -> None:
    signed.change(token_life_s=60)
    asked: list[str] = []

    def renew() -> dict[str, str]:
        session = signed.session()
        asked.append(session["token"])
        return session

    keys = RefreshableCredentials.create_from_metadata(renew(), refresh_using=renew, method="test")
    for _ in range(3):
        frozen = keys.get_frozen_credentials()
        assert frozen.token == asked[-1]
        client = signed.client(aws_session_token=frozen.token)
        assert client.get_object(Bucket="bucket", Key="03")["Body"].read()
    assert len(asked) > 1  # botocore renews ten minutes before the end
