"""Ends of the interpreter while much is under way."""

from __future__ import annotations

import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import s3pipes
from s3pipes import IterableWrapper, S3Client
from tests.programs.ground import CHUNKS, client_at, leave
from tests.programs.interrupts import SILENT

URLS = [f"s3://bucket/k{i:02}" for i in range(30)]
TASKS = Path("/proc/self/task")
LEFT: dict[str, Any] = {}


class Node:
    """Part of a cycle."""

    this: Node
    stream: Any


def all_lies_about(endpoint_url: str, ca_file: str) -> None:
    client = client_at(endpoint_url, ca_file)
    streams = [client.open(url, read=CHUNKS) for url in URLS[:3]]
    streams[0].read(10)
    iterator = iter(IterableWrapper(URLS).load_files_by_s3(client=client, read=CHUNKS))
    node = Node()
    node.this = node
    node.stream = client.open(URLS[0], read=CHUNKS)
    LEFT.update(client=client, streams=streams, iterator=iterator, item=next(iterator), node=node)
    kept: Any = sys
    kept.kept = client.get(URLS[0]), list(client.open(URLS[1], read=CHUNKS).chunks())
    kept.kept_iterator = client.list("s3://bucket/", page_size=5)
    next(kept.kept_iterator)


def daemon_threads_wait(endpoint_url: str, ca_file: str) -> None:
    client = client_at(endpoint_url, ca_file)
    stream = client.open("s3://bucket/half", read=CHUNKS)
    stream.read(1000)
    LEFT.update(client=client, stream=stream)
    for wait in (
        stream.read,
        lambda: list(client.list(SILENT)),
        lambda: client.get(SILENT),
        lambda: client.get_into(SILENT, bytearray(9)),
        lambda: client.head(SILENT),
    ):
        threading.Thread(target=wait, daemon=True).start()


def exit_within_a_loop(endpoint_url: str, ca_file: str) -> None:
    client = LEFT["client"] = client_at(endpoint_url, ca_file)
    loaded = LEFT["loaded"] = IterableWrapper(URLS).load_files_by_s3(client=client, read=CHUNKS)
    for _, stream in loaded:
        LEFT["stream"] = stream
        stream.read(10)
        sys.exit(0)


def an_error_ends_it(endpoint_url: str, ca_file: str) -> None:
    client = LEFT["client"] = client_at(endpoint_url, ca_file)
    LEFT["stream"] = client.open(URLS[0], read=CHUNKS)
    sys.excepthook = lambda *_: None
    raise RuntimeError


def without_an_engine(endpoint_url: str) -> None:
    """Making, pickling and showing a client starts no thread and asks nobody."""
    client = client_at(endpoint_url)
    assert s3pipes.stats() == s3pipes.stats().__class__()
    assert threading.active_count() == 1
    before = len(list(TASKS.iterdir()))
    copy = pickle.loads(pickle.dumps(client))
    assert isinstance(copy, S3Client)
    assert repr(client)
    listed = IterableWrapper(["s3://b/"]).list_files_by_s3(client=client)
    pickle.loads(pickle.dumps(listed.load_files_by_s3(client=client)))
    assert len(list(TASKS.iterdir())) == before
    leave()
