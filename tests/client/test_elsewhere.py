"""Regions and credentials that turn out to be others."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from s3pipes import (
    ConfigError,
    ReadConfig,
    S3Client,
    S3FileLister,
    S3FileLoader,
    S3Url,
    WrongRegion,
)
from s3pipes.testing.answers import Answer, Request, fault
from tests.client.contents import CONTENTS, SIZES, SMALL_CHUNKS
from tests.programs import issuer


def always_elsewhere(_: Request) -> Answer:
    """What S3 answers where the bucket is in eu-central-1."""
    return fault(301, "PermanentRedirect", "Elsewhere", x_amz_bucket_region="eu-central-1")


def elsewhere(request: Request) -> Answer | None:
    return None if request.region == "eu-central-1" else always_elsewhere(request)


ASKING = {
    "list": lambda c, base: [u.size for u in c.list(base + "small")] == [1000],
    "head": lambda c, base: c.head(base + "small").size == 1000,
    "open": lambda c, base: c.open(base + "chunks").read() == CONTENTS["chunks"],
    "get": lambda c, base: c.get(base + "small") == CONTENTS["small"],
    "get known": lambda c, base: (
        c.get(S3Url(base + "chunks", SIZES["chunks"])) == CONTENTS["chunks"]
    ),
    "get_into": lambda c, base: c.get_into(base + "chunks", bytearray(SIZES["chunks"])) > 0,
    "get_ranges": lambda c, base: c.get_ranges(base + "one", [(0, 1)]) == [CONTENTS["one"]],
    "get_ranges known": lambda c, base: (
        c.get_ranges(S3Url(base + "one", 1), [(0, 1)]) == [CONTENTS["one"]]
    ),
    "get_async": lambda c, base: asyncio.run(c.get_async(base + "small")) == CONTENTS["small"],
    "get_ranges_async known": lambda c, base: (
        asyncio.run(c.get_ranges_async(S3Url(base + "one", 1), [(0, 1)])) == [CONTENTS["one"]]
    ),
    "lister": lambda c, base: len(list(S3FileLister([base], client=c))) == len(SIZES),
    "loader": lambda c, base: (
        [s.read() for _, s in S3FileLoader([base + key for key in SIZES], client=c)]
        == list(CONTENTS.values())
    ),
    "loader as ready": lambda c, base: (
        sorted(
            s.read()
            for _, s in S3FileLoader(
                [base + key for key in SIZES], client=c, read=ReadConfig(in_order=False)
            )
        )
        == sorted(CONTENTS.values())
    ),
}


@pytest.mark.parametrize("ask", list(ASKING.values()), ids=list(ASKING))
def test_another_region_is_followed_with_one_warning(scripted, stored, ask):
    scripted.script = elsewhere
    client = S3Client(scripted.config(), SMALL_CHUNKS)
    with pytest.warns(RuntimeWarning, match=r"in eu-central-1.*region='eu-central-1'") as warned:
        assert ask(client, stored)
    assert len(warned) == 1
    assert ask(client, stored)  # known from now on


def test_a_redirect_that_leads_nowhere_new_is_an_error(scripted, stored):
    scripted.script = always_elsewhere
    client = S3Client(scripted.config())
    with pytest.warns(RuntimeWarning, match="eu-central-1"), pytest.raises(WrongRegion) as caught:
        client.get(stored + "small")
    assert caught.value.region == "eu-central-1"
    assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize("ask", ["head", "get", "get_async", "list"])
def test_expired_credentials_are_renewed_on_the_way(scripted, stored, tmp_path, monkeypatch, ask):
    """The profile's process gives a new token each time; the store takes from the second on."""
    answer = tmp_path / "answer"
    keys = {"Version": 1, "AccessKeyId": "AK", "SecretAccessKey": "SK"}
    more = {"SessionToken": "token-NUMBER", "Expiration": "2099-01-01T00:00:00Z"}
    answer.write_text(json.dumps(keys | more))
    calls = tmp_path / "calls"
    config = tmp_path / "config"
    config.write_text(
        f"[profile p]\ncredential_process = {sys.executable} {issuer.__file__} {answer} {calls}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    def tokens_expire(request: Request) -> Answer | None:
        if request.headers["x-amz-security-token"] != "token-1":
            return None
        return fault(400, "ExpiredToken", "Too old")

    scripted.script = tokens_expire
    own = {"profile": "p", "access_key_id": None, "secret_access_key": None}
    client = S3Client(scripted.config(**own))
    if ask == "get_async":
        got = asyncio.run(client.get_async(stored + "small"))
        assert bytes(got) == CONTENTS["small"]
    elif ask == "get":
        assert bytes(client.get(stored + "small")) == CONTENTS["small"]
    elif ask == "head":
        assert client.head(stored + "small").size == 1000
    else:
        assert len(list(client.list(stored))) == len(SIZES)
    assert calls.read_text() == "xx"
