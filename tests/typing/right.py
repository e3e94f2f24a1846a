"""A program that type checkers accept, with the types that they see."""

from __future__ import annotations

from typing import Any

from torch.utils.data import DataLoader
from typing_extensions import assert_type

from s3pipes import (
    IterableWrapper,
    IterDataPipe,
    ReadConfig,
    S3Client,
    S3FileLoader,
    S3Stream,
    S3Url,
    TarMember,
)

urls = IterableWrapper(["s3://bucket/prefix/"]).list_files_by_s3(masks="*.tar", client=S3Client())
assert_type(urls, IterDataPipe[S3Url])
shards = urls.shuffle().sharding_filter().load_files_by_s3(read=ReadConfig(in_order=False))
assert_type(shards, IterDataPipe[tuple[str, S3Stream]])
for url, stream in shards:
    assert_type(url, str)
    assert_type(stream.read(), bytes)
assert_type(shards.load_from_tar(), IterDataPipe[tuple[str, TarMember]])
assert_type(shards.webdataset(keys="dotted"), IterDataPipe[dict[str, Any]])
assert_type(shards.map(lambda pair: len(pair[1].read())), IterDataPipe[int])
assert_type(urls.cycle(2).set_length(3), IterDataPipe[S3Url])
S3FileLoader(IterableWrapper(["s3://bucket/key"])).readlines(decode=True, return_path=False)
loader = DataLoader(shards.readlines(return_path=False).batch(8), num_workers=2)


class Numbers(IterDataPipe[int]):
    def __iter__(self) -> Any:
        yield 1


Numbers().shuffle().filter(bool).map(str).list_files_by_s3()
