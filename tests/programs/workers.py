"""Loading in torch's workers, by every start method."""

from __future__ import annotations

import time
import zlib
from typing import Any

import torch
from torch.utils.data import DataLoader

from s3pipes import IterableWrapper, S3Url
from tests.programs.ground import CHUNKS, client_at, leave, say


def _read(item: tuple[str, Any]) -> tuple[str, int]:
    url, stream = item
    return S3Url(url).key, zlib.crc32(stream.read())


def every_sample_once(
    endpoint_url: str, method: str, workers: list[int], ca_file: str = ""
) -> None:
    client = client_at(endpoint_url, ca_file)
    listed = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    pipe = listed.shuffle().sharding_filter().load_files_by_s3(client=client, read=CHUNKS)
    samples = pipe.map(_read)
    expected: list[tuple[str, int]] = []
    for count in workers:
        torch.manual_seed(7)
        loader: DataLoader[Any] = DataLoader(
            samples,
            batch_size=None,
            num_workers=count,
            multiprocessing_context=method if count else None,
            persistent_workers=count == 4,
        )
        for _ in range(2 if count == 4 else 1):
            got = sorted(loader)
            keys = [key for key, _ in got]
            assert len(keys) == len(set(keys)) == 90, (method, count, len(keys), len(set(keys)))
            expected = expected or got
            assert got == expected, (method, count)
        say(method, count, "ok")


def left_in_the_middle(endpoint_url: str) -> None:
    client = client_at(endpoint_url)
    listed = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    pipe = listed.sharding_filter().load_files_by_s3(client=client)
    lengths = pipe.map(lambda item: len(item[1].read()))
    for workers in (2, 2, 0):
        iterator = iter(DataLoader(lengths, batch_size=None, num_workers=workers))
        for _ in range(5):
            assert next(iterator) == 100_000
        began = time.monotonic()
        del iterator
        say("left", time.monotonic() - began)
    leave()
