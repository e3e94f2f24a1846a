"""The rows of the tables: every client reads a work in a process of its own.

A client is a function that takes a `Job` and returns a reader: a function from object keys to
what it read of them. It uses the client as its documentation says, with default settings.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True)
class Job:
    """What to read. The endpoint, credentials and CA file are in the environment."""

    bucket: str
    keys: list[str]
    object_bytes: int
    epochs: int = 1

    @property
    def endpoint(self) -> str:
        return os.environ["AWS_ENDPOINT_URL_S3"]

    @property
    def region(self) -> str:
        return os.environ["AWS_REGION"]


@dataclass(frozen=True)
class Count:
    """What a reader saw go by; `lines` where it was asked for lines."""

    bytes: int
    objects: int
    lines: int = 0


Reader = Callable[[Sequence[str]], Count]


@dataclass(frozen=True)
class Client:
    """A row: `function` of `module` in this folder makes its reader for `works`."""

    name: str
    module: str
    function: str
    works: str  # names of works, with spaces between
    peer: bool = True
    tuned: bool = False  # called otherwise than its users mostly do, to be faster
    epochs: bool = False  # fast enough to read a short work several times

    def reader(self, job: Job) -> Reader:
        module = importlib.import_module(f"benchmarks.clients.{self.module}")
        return cast("Reader", getattr(module, self.function)(job))


def _s3pipes(name: str, function: str, works: str) -> Client:
    return Client(f"s3pipes {name}", "with_s3pipes", function, works, peer=False, epochs=True)


CLIENTS = {
    client.name: client
    for client in (
        _s3pipes("chunks()", "chunks", "large small tls memory"),
        _s3pipes("readinto()", "readinto", "large tls"),
        _s3pipes("get_into()", "get_into", "large tls"),
        _s3pipes("read()", "read", "small"),
        _s3pipes("readlines(batch_size=512)", "line_batches", "lines"),
        _s3pipes("readlines()", "lines", "lines"),
        Client("boto3, 1 thread", "with_boto3", "one_thread", "large small tls"),
        Client("boto3, 16 threads", "with_boto3", "sixteen_threads", "large small tls"),
        Client("boto3, blocks of 1 MiB", "with_boto3", "in_blocks", "large tls", tuned=True),
        Client("boto3 read() and splitlines()", "with_boto3", "lines", "lines"),
        Client("s3fs", "with_s3fs", "read", "large small tls"),
        Client("s3torchconnector", "with_s3torchconnector", "iterable", "large small"),
        Client("s3torchconnector, 16 threads", "with_s3torchconnector", "threads", "large small"),
        Client("obstore, async", "with_obstore", "read", "large small tls"),
        Client("aioboto3", "with_aioboto3", "read", "large small tls"),
    )
}
