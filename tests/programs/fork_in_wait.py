"""A signal handler forks while its thread waits for the store: both sides get every byte."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from s3pipes import IterableWrapper, ReadConfig, S3Client
from s3pipes.engine import Session
from tests.noise import KiB, noise
from tests.programs.forking import end_of
from tests.programs.ground import CHUNKS, client_at, leave

SIZE = 128 * KiB
URL = "s3://bucket/held"


def _read_into(client: S3Client) -> bytes:
    target = bytearray(SIZE)
    assert client.get_into(URL, target) == SIZE
    return bytes(target)


def _read_twice(client: S3Client) -> bytes:
    with client.open(URL, read=CHUNKS) as stream:
        return stream.read(10) + stream.read(SIZE - 10)


def _load(client: S3Client) -> bytes:
    ((_, stream),) = IterableWrapper([URL]).load_files_by_s3(client=client, read=CHUNKS)
    return bytes(stream.read())


DOORS: dict[str, Callable[[S3Client], bytes]] = {
    "get": lambda client: bytes(client.get(URL)),
    "get_into": _read_into,
    "get_ranges": lambda client: b"".join(client.get_ranges(URL, [(0, 10), (10, SIZE)])),
    "read": _read_twice,
    "load": _load,
}


def go(endpoint_url: str, door: str) -> None:
    """Waits by `door`; the handler of SIGALRM forks meanwhile."""
    children: list[int] = []

    def fork(*_: object) -> None:
        pid = os.fork()
        if pid == 0:
            children.clear()
        else:
            children.append(pid)

    client = client_at(endpoint_url)
    mine = os.getpid()
    signal.signal(signal.SIGALRM, fork)
    _both_sides(client, door, mine, children)


def go_between(endpoint_url: str, door: str) -> None:
    """A fork comes between the making of a reader and its first use."""
    children: list[int] = []
    reader_of = Session.reader

    def reader(session: Session, read: ReadConfig) -> Any:
        made = reader_of(session, read)
        Session.reader = reader_of  # type: ignore[method-assign]
        pid = os.fork()
        children[:] = [pid] if pid else []
        return made

    Session.reader = reader  # type: ignore[method-assign,assignment]
    _both_sides(client_at(endpoint_url), door, os.getpid(), children)


def _both_sides(client: S3Client, door: str, parent: int, children: list[int]) -> None:
    right = DOORS[door](client) == noise(SIZE, 5)
    if os.getpid() != parent:
        os._exit(0 if right else 1)
    assert right
    (child,) = children
    assert end_of(child) == 0
    leave()
