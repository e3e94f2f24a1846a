"""Regions and credentials that turn out to be others."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from s3pipes import (
    ClientConfig,
    ConfigError,
    ReadConfig,
    S3Client,
    S3FileLister,
    S3FileLoader,
    S3Url,
    WrongRegion,
)
from tests.client.contents import CONTENTS, SIZES, SMALL_CHUNKS
from tests.programs import issuer


def elsewhere(headers):
    """What S3 answers where the bucket is in eu-central-1."""
    if "/eu-central-1/s3/" in headers["Authorization"]:
        return None
    body = b"<Error><Code>PermanentRedirect</Code><Message>Elsewhere</Message></Error>"
    return 301, {"x-amz-bucket-region": "eu-central-1", "Content-Type": "application/xml"}, body


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
def test_another_region_is_followed_with_one_warning(moto, gate, on_moto, ask):
    gate.answer = elsewhere
    client = S3Client(moto.config(endpoint_url=gate.endpoint_url), SMALL_CHUNKS)
    with pytest.warns(RuntimeWarning, match=r"in eu-central-1.*region='eu-central-1'") as warned:
        assert ask(client, on_moto)
    assert len(warned) == 1
    assert ask(client, on_moto)  # known from now on


def test_a_redirect_that_leads_nowhere_new_is_an_error(moto, gate, on_moto):
    def always_elsewhere(_):
        body = b"<Error><Code>PermanentRedirect</Code></Error>"
        return 301, {"x-amz-bucket-region": "eu-central-1", "Content-Type": "application/xml"}, body

    gate.answer = always_elsewhere
    client = S3Client(moto.config(endpoint_url=gate.endpoint_url))
    with pytest.warns(RuntimeWarning, match="eu-central-1"), pytest.raises(WrongRegion) as caught:
        client.get(on_moto + "small")
    assert caught.value.region == "eu-central-1"
    assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize("ask", ["head", "get", "get_async", "list"])
def test_expired_credentials_are_renewed_on_the_way(
    moto, gate, on_moto, tmp_path, monkeypatch, ask
):
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

    def tokens_expire(headers):
        if headers["x-amz-security-token"] != "token-1":
            return None
        body = b"<Error><Code>ExpiredToken</Code><Message>Too old</Message></Error>"
        return 400, {"Content-Type": "application/xml"}, body

    gate.answer = tokens_expire
    settings = moto.config(endpoint_url=gate.endpoint_url, profile="p")
    changes = {"access_key_id": None, "secret_access_key": None}
    fields = {f: getattr(settings, f) for f in ClientConfig.__dataclass_fields__}
    client = S3Client(ClientConfig(**(fields | changes)))
    if ask == "get_async":
        got = asyncio.run(client.get_async(on_moto + "small"))
        assert bytes(got) == CONTENTS["small"]
    elif ask == "get":
        assert bytes(client.get(on_moto + "small")) == CONTENTS["small"]
    elif ask == "head":
        assert client.head(on_moto + "small").size == 1000
    else:
        assert len(list(client.list(on_moto))) == len(SIZES)
    assert calls.read_text() == "xx"
