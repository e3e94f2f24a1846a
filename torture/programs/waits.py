"""Waits that Ctrl-C ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from torch.utils.data import DataLoader

from s3pipes import IterableWrapper, S3Client
from torture.programs.ground import client_at, leave, say


def _stream(client: S3Client, prefix: str) -> object:
    with client.open(f"{prefix}0000000") as stream:
        return len(stream.read())


def _by_workers(client: S3Client, prefix: str) -> object:
    urls = [f"{prefix}{number:07}" for number in range(64)]
    pipe = IterableWrapper(urls).sharding_filter().load_files_by_s3(client=client).map(_size)
    return list(DataLoader(pipe, batch_size=None, num_workers=2))


def _size(item: tuple[str, Any]) -> int:
    return len(item[1].read())


WAITS: dict[str, Callable[[S3Client, str], object]] = {
    "list": lambda client, prefix: list(client.list(prefix)),
    "get": lambda client, prefix: client.get(f"{prefix}0000000"),
    "stream": _stream,
    "workers": _by_workers,
}


def wait(name: str, endpoint_url: str, ca_file: str, prefix: str, turns: int) -> None:
    """The same wait so many times; each ends by an interrupt, or this program fails."""
    client = client_at(endpoint_url, ca_file)
    for _ in range(turns):
        try:
            say("waits")
            WAITS[name](client, prefix)
            say("returned")
        except KeyboardInterrupt:
            say("ended", time.monotonic())
    leave()
