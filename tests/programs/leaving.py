"""What leaves torch's workers, by every start method."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from s3pipes import IterableWrapper, ObjectNotFound, S3Client, S3Stream, S3Url, TarMember
from tests.noise import noise
from tests.programs.ground import CHUNKS, client_at, leave, say

STREAMS = 40
ABSENT = "s3://bucket/absent: two\nlines"


def size_of(i: int) -> int:
    """Of the object `k00` and its like: every fourth does not fit a chunk."""
    return 300_000 + i if i % 4 == 3 else 1000 * i


class Things(Dataset[Any]):
    """A stream that was read in part, a closed one, a view, members, and an error."""

    def __init__(self, client: S3Client) -> None:
        self.client = client

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Any:
        stream = self.client.open("s3://bucket/k39", read=CHUNKS)
        stream.read(7)
        if index == 0:
            return stream
        if index == 1:
            stream.close()
            return stream
        if index == 2:
            return self.client.get("s3://bucket/k39")
        member = TarMember(b"content", "name", "s3://bucket/archive", 3)
        member.read(2)
        if index == 3:
            return member
        if index == 4:
            member.close()
            return member
        return self.client.get(ABSENT)


def _streams(client: S3Client, method: str) -> None:
    listed = IterableWrapper(["s3://bucket/k"]).list_files_by_s3(client=client)
    pipe = listed.sharding_filter().load_files_by_s3(client=client, read=CHUNKS)
    loader: DataLoader[Any] = DataLoader(
        pipe, batch_size=16, num_workers=2, collate_fn=list, multiprocessing_context=method
    )
    got = {S3Url(url).key: zlib.crc32(stream.read()) for batch in loader for url, stream in batch}
    assert got == {f"k{i:02}": zlib.crc32(noise(size_of(i), i)) for i in range(STREAMS)}


def _things(client: S3Client, method: str) -> None:
    body = noise(size_of(39), 39)
    loader: DataLoader[Any] = DataLoader(
        Things(client), num_workers=1, collate_fn=list, multiprocessing_context=method
    )
    things = iter(loader)
    stream, closed, content, member, shut = (next(things)[0] for _ in range(5))
    assert isinstance(stream, S3Stream)
    assert stream.tell() == 7
    assert stream.read() == body[7:]
    assert closed.closed
    assert closed.size == len(body)
    assert content == body
    assert member.read() == b"ntent"
    assert shut.closed
    assert (shut.name, shut.archive, shut.index) == ("name", "s3://bucket/archive", 3)
    assert shut.view() == b"content"
    with pytest.raises(ObjectNotFound, match="in DataLoader worker process 0") as caught:
        next(things)
    error = caught.value
    assert error.url == ABSENT
    assert (error.status, error.code, error.attempts) == (404, "NoSuchKey", 1)
    assert error.reason == "NoSuchKey: The specified key does not exist."
    say(error.request_id)


def everything(endpoint_url: str, method: str) -> None:
    """Streams by the batch, then one thing after the other."""
    torch.manual_seed(7)
    client = client_at(endpoint_url)
    _streams(client, method)
    _things(client, method)
    leave()
