"""Waits that Ctrl-C ends, one after another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from s3pipes import IterableWrapper, ReadConfig, S3Client, S3Url
from tests.programs.ground import CHUNKS, client_at, leave, say

SILENT = "s3://bucket/silent"
_MANY = [SILENT] * 9


def _loaded(client: S3Client, **read: Any) -> list[Any]:
    pipe = IterableWrapper(_MANY).load_files_by_s3(client=client, read=ReadConfig(**read))
    return list(pipe)


def _lines(client: S3Client) -> list[Any]:
    loaded = IterableWrapper(["s3://bucket/half"]).load_files_by_s3(client=client)
    return list(loaded.readlines(batch_size=8))


# Of a stream that has half of its object.
OF_A_STREAM: dict[str, Callable[[Any], object]] = {
    "read": lambda stream: stream.read(),
    "readinto": lambda stream: stream.readinto(bytearray(10**6)),
    "readline": lambda stream: stream.readline(),
    "chunks": lambda stream: list(stream.chunks()),
    "view": lambda stream: stream.view(),
}
# Of a client whose server says nothing.
OF_A_CLIENT: dict[str, Callable[[S3Client], object]] = {
    "open": lambda client: client.open(SILENT),
    "get_into": lambda client: client.get_into(SILENT, bytearray(10**6)),
    "get_ranges": lambda client: client.get_ranges(S3Url(SILENT, 9000), [(0, 5), (7000, 9000)]),
    "head": lambda client: client.head(SILENT),
    "list": lambda client: list(client.list(SILENT)),
    "loader": _loaded,
    "unordered": lambda client: _loaded(client, in_order=False),
    "lines": _lines,
    "asyncio": lambda client: asyncio.run(client.get_async(SILENT)),
}


def _wait(name: str, wait: Callable[[], object]) -> None:
    try:
        say("waits", name)
        wait()
        say("returned")
    except KeyboardInterrupt:
        say("ended", time.monotonic())


def every_wait(endpoint_url: str) -> None:
    client = client_at(endpoint_url)
    for name, read in OF_A_STREAM.items():
        stream = client.open("s3://bucket/half", read=CHUNKS)
        stream.read(1000)
        _wait(name, lambda read=read, stream=stream: read(stream))  # type: ignore[misc]
        stream.close()
    for name, ask in OF_A_CLIENT.items():
        _wait(name, lambda ask=ask: ask(client))  # type: ignore[misc]
    leave()
