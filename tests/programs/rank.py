"""One of two ranks: two epochs without workers, two with two each."""

from __future__ import annotations

import json
from typing import Any

import torch.distributed
from torch.utils.data import DataLoader

from s3pipes import ClientConfig, IterableWrapper, S3Client


def epochs(rank: int, rendezvous: str, bucket: str, fields: dict[str, Any]) -> None:
    torch.distributed.init_process_group(
        "gloo", init_method="file://" + rendezvous, rank=rank, world_size=2
    )
    client = S3Client(ClientConfig(**fields))
    urls = IterableWrapper([f"s3://{bucket}/text/"]).list_files_by_s3(client=client)
    pipe = urls.shuffle().sharding_filter().load_files_by_s3(client=client)
    pipe = pipe.readlines(return_path=False, decode=True)
    seen = []
    for workers in (0, 2):
        loader: DataLoader[Any] = DataLoader(
            pipe, batch_size=16, num_workers=workers, collate_fn=list
        )
        seen += [[line for batch in loader for line in batch] for _ in range(2)]
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    print(json.dumps(seen))  # noqa: T201 - what a test reads
