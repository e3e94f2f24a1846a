"""Which failures `ReadConfig(on_error=...)` may leave out, and which it never does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from s3pipes import (
    BucketNotFound,
    ConfigError,
    ReadConfig,
    S3FileLoader,
    S3PipesError,
    TooManySkipped,
)
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, fault
from s3pipes.testing.server import S3Server
from tests.clients import CHUNKS, client_of
from tests.noise import noise

SKIP = ReadConfig(on_error="skip")


def _named(given: Answer | bool) -> str | None:
    body = given.body if isinstance(given, Answer) else b""
    return body.split(b"Code>")[1][:-2].decode() if body else None


@pytest.mark.parametrize(
    ("answer", "left_out"),
    [
        (fault(404, "NoSuchKey"), True),
        (fault(403, "AccessDenied"), True),
        (fault(403, "InvalidObjectState"), True),
        (fault(500, "InternalError"), True),
        (fault(403, "InvalidAccessKeyId"), False),
        (fault(403, "SignatureDoesNotMatch"), False),
        (fault(404, "NoSuchBucket"), False),
        (fault(503, "SlowDown"), False),
        (Answer(cut_at=-1), False),
    ],
    ids=_named,
)
def test_only_what_concerns_one_object_is_left_out(
    scripted: ScriptedServer, answer: Answer, left_out: bool
) -> None:
    urls = [scripted.put(f"k{number}", noise(100, number)) for number in range(3)]
    scripted.script = lambda request: answer if request.path.endswith("k1") else None
    loader = S3FileLoader(urls, client=client_of(scripted), read=SKIP)
    if left_out:
        assert [url for url, _ in loader] == [urls[0], urls[2]]
    else:
        with pytest.raises(S3PipesError) as caught:
            list(loader)
        assert not isinstance(caught.value, TooManySkipped)
        assert not caught.value.of_one_object


def test_no_function_is_asked_about_what_concerns_the_next_objects_too(moto: S3Server) -> None:
    asked: list[str] = []

    def decide(url: str, error: S3PipesError) -> bool:
        asked.append(f"{url} {error}")
        return True

    read = ReadConfig(on_error=decide)
    with pytest.raises(BucketNotFound):
        list(S3FileLoader(["s3://no-such-bucket/k"], client=client_of(moto), read=read))
    client = client_of(moto, CHUNKS, memory_bytes=1 << 20)
    with pytest.raises(ConfigError, match="memory_bytes"):
        list(S3FileLoader(["s3://no-such-bucket/k"], client=client, read=read))
    with pytest.raises(ValueError, match="s3://"):
        list(S3FileLoader(["no url"], client=client_of(moto), read=read))
    assert not asked


def test_a_wrong_url_and_an_error_of_the_source_are_raised(scripted: ScriptedServer) -> None:
    def source() -> Iterator[str]:
        yield scripted.put("k", b"content")
        raise KeyError("of the source")

    loader = S3FileLoader(source(), client=client_of(scripted), read=SKIP)
    with pytest.raises(KeyError, match="of the source"):
        list(loader)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"on_error": "ignore"}, "'raise', 'skip' or a function"),
        ({"on_error": None}, "'raise', 'skip' or a function"),
        ({"max_skipped_share": 1.5}, "a share from 0 to 1"),
        ({"max_skipped_share": True}, "a share from 0 to 1"),
        ({"max_skipped_share": float("nan")}, "a share from 0 to 1"),
    ],
)
def test_settings_are_checked(setting: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        ReadConfig(**setting)
