"""Compressed JSON lines: a stream is a binary file, so gzip reads it as it arrives."""

import gzip
import json
import sys
from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader, IterDataPipe

from s3pipes import IterableWrapper, S3Stream


class Records(IterDataPipe[Any]):
    def __init__(self, source: IterDataPipe[tuple[str, S3Stream]]) -> None:
        self.source = source

    def __iter__(self) -> Iterator[Any]:
        for _, stream in self.source:
            with stream, gzip.open(stream) as lines:
                yield from map(json.loads, lines)


def records(prefix: str, workers: int = 2) -> DataLoader[Any]:
    shards = IterableWrapper([prefix]).list_files_by_s3(masks="*.jsonl.gz").shuffle()
    pipe = Records(shards.sharding_filter().load_files_by_s3())
    return DataLoader(pipe, batch_size=256, collate_fn=list, num_workers=workers)


if __name__ == "__main__":
    for batch in records(sys.argv[1]):
        print(len(batch), batch[0])
