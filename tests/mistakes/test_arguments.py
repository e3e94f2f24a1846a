"""Arguments in the wrong place, and stages that were left out."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from s3pipes import (
    ClientConfig,
    IterableWrapper,
    LineReader,
    ReadConfig,
    RetryConfig,
    S3Client,
    S3FileLister,
    S3FileLoader,
    TarArchiveLoader,
    WebDataset,
)
from s3pipes.testing import ScriptedServer
from tests.clients import client_of

PIPE: Any = IterableWrapper(["s3://bucket/key"])
ANY: Any = S3Client  # what takes anything, to the type checker
NOT = "load_files_by_s3: client takes an S3Client, not a "
NUMBER = "load_files_by_s3: request_timeout_ms takes a number of milliseconds, not a "
LENGTH = "list_files_by_s3: length takes a number of URLs, not a "
MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "a configuration for a client": (
        lambda: PIPE.load_files_by_s3(client=ClientConfig()),
        NOT + "ClientConfig: write client=S3Client(ClientConfig(...))",
    ),
    "how to read for a client": (
        lambda: PIPE.load_files_by_s3(client=ReadConfig()),
        NOT + "ReadConfig: write read=ReadConfig(...)",
    ),
    "how to read by position": (
        lambda: PIPE.load_files_by_s3(ReadConfig()),
        NUMBER + "ReadConfig: write read=ReadConfig(...)",
    ),
    "a client by position": (
        lambda: PIPE.load_files_by_s3(S3Client()),
        NUMBER + "S3Client: write client=...",
    ),
    "a region by position": (
        lambda: PIPE.load_files_by_s3("eu-west-1"),
        NUMBER + "str: write region=... for a region, masks=... for a pattern",
    ),
    "a client for how to read": (
        lambda: PIPE.load_files_by_s3(read=ClientConfig()),
        "load_files_by_s3: read takes a ReadConfig, not a ClientConfig:",
    ),
    "a mask by position": (
        lambda: PIPE.list_files_by_s3("*.csv"),
        LENGTH + "str: write region=... for a region, masks=... for a pattern",
    ),
    "a client for the lister by position": (
        lambda: PIPE.list_files_by_s3(S3Client()),
        LENGTH + "S3Client: write client=...",
    ),
    "a configuration for the lister's client": (
        lambda: PIPE.list_files_by_s3(client=ClientConfig()),
        "list_files_by_s3: client takes an S3Client, not a ClientConfig: write client=S3Client(",
    ),
    "a mask that is none": (
        lambda: PIPE.list_files_by_s3(masks=3),
        "list_files_by_s3: masks takes one pattern or a list of patterns, not a int",
    ),
    "a region for a client's configuration": (
        lambda: ANY("eu-west-1"),
        "S3Client: config takes a ClientConfig, not a str",
    ),
    "how to read for a client's configuration": (
        lambda: ANY(ReadConfig()),
        "S3Client: config takes a ClientConfig, not a ReadConfig: write read=ReadConfig(...)",
    ),
    "retries for a client's configuration": (
        lambda: ANY(RetryConfig()),
        "not a RetryConfig: write client=S3Client(ClientConfig(retry=RetryConfig(...)))",
    ),
    "one prefix that is no list": (
        lambda: S3FileLister("s3://b/p"),
        "list_files_by_s3 takes an iterable of prefixes, not one str: write ['s3://b/p']",
    ),
    "one URL that is no list": (
        lambda: S3FileLoader("s3://b/k"),
        "load_files_by_s3 takes an iterable of URLs, not one str: write ['s3://b/k']",
    ),
    "a client for a source": (
        lambda: S3FileLoader(S3Client()),  # type: ignore[arg-type]
        "load_files_by_s3 takes an iterable of URLs, not a S3Client",
    ),
}


@pytest.mark.parametrize(("call", "answer"), MISTAKES.values(), ids=MISTAKES)
def test_an_argument_in_the_wrong_place(call: Callable[[], object], answer: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    assert answer in str(caught.value)


@pytest.mark.parametrize("takes_pairs", [LineReader, TarArchiveLoader, WebDataset])
def test_one_stream_that_is_no_list(takes_pairs: Any) -> None:
    with pytest.raises(TypeError, match=r"takes an iterable of \(path, stream\), not one str"):
        takes_pairs("s3://bucket/shard.tar")


TAKERS = ["readlines", "load_from_tar", "webdataset"]


@pytest.mark.parametrize("taker", TAKERS)
def test_a_forgotten_load_files_by_s3(scripted: ScriptedServer, taker: str) -> None:
    scripted.put("key", b"")
    listed: Any = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client_of(scripted))
    answer = (
        f".{taker}() takes (path, stream) pairs, not the URL 's3://bucket/key' alone:"
        f" write .load_files_by_s3() before .{taker}()"
    )
    with pytest.raises(TypeError, match=re.escape(answer)):
        list(getattr(listed, taker)())


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize(
    ("element", "answer"),
    [
        (io.BytesIO(b"x\ny\nz"), "not a stream alone: keep its path, as (path, stream)"),
        (b"content", "not a bytes"),
        (("path", io.BytesIO(), 3), "not a tuple of 3"),
        ("some words", "not the str 'some words'"),
        (None, "not a NoneType"),
    ],
)
def test_an_element_that_is_no_pair(taker: str, element: object, answer: str) -> None:
    pipe: Any = IterableWrapper([element], deepcopy=False)
    with pytest.raises(TypeError, match=re.escape(answer)):
        list(getattr(pipe, taker)())


def test_to_load_what_is_loaded(scripted: ScriptedServer) -> None:
    client = client_of(scripted)
    loaded: Any = IterableWrapper([str(scripted.put("key", b""))]).load_files_by_s3(client=client)
    with pytest.raises(TypeError, match="it is loaded already"):
        list(loaded.load_files_by_s3(client=client))
