"""Shards of JSON lines: whole batches of lines at a time, parsed in the workers."""

import json
import sys
from typing import Any

from torch.utils.data import DataLoader

from s3pipes import IterableWrapper


def parse(lines: list[bytes]) -> list[Any]:
    return [json.loads(line) for line in lines]


def records(prefix: str, workers: int = 2) -> DataLoader[Any]:
    shards = IterableWrapper([prefix]).list_files_by_s3(masks="*.jsonl").shuffle()
    lines = shards.sharding_filter().load_files_by_s3().readlines(return_path=False, batch_size=256)
    return DataLoader(lines.map(parse), batch_size=None, collate_fn=list, num_workers=workers)


if __name__ == "__main__":
    for batch in records(sys.argv[1]):
        print(len(batch), batch[0])
