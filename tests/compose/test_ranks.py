"""Our pipes on two ranks: each sample once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.compose.contents import ALL_LINES

_RANK = """
import json, sys
import torch.distributed
from torch.utils.data import DataLoader
from s3pipes import IterableWrapper, S3Client, ClientConfig

rank, rendezvous, bucket, fields = sys.argv[1:]
torch.distributed.init_process_group(
    "gloo", init_method="file://" + rendezvous, rank=int(rank), world_size=2
)
urls = IterableWrapper([f"s3://{bucket}/text/"])
urls = urls.list_files_by_s3(client=(client := S3Client(ClientConfig(**json.loads(fields)))))
pipe = urls.shuffle().sharding_filter().load_files_by_s3(client=client)
pipe = pipe.readlines(return_path=False, decode=True)
epochs = []
for workers in (0, 2):
    loader = DataLoader(pipe, batch_size=16, num_workers=workers, collate_fn=list)
    epochs += [[line for batch in loader for line in batch] for _ in range(2)]
torch.distributed.barrier()
torch.distributed.destroy_process_group()
print(json.dumps(epochs))
"""


def test_two_ranks_share_every_epoch(s3, bucket, tmp_path):
    """Two epochs without workers, two with two each."""
    fields = {
        "endpoint_url": s3.endpoint_url,
        "region": s3.region,
        "access_key_id": s3.access_key,
        "secret_access_key": s3.secret_key,
    }
    rendezvous = tmp_path / "rendezvous"
    common = [str(rendezvous), bucket, json.dumps(fields)]
    interface = {"GLOO_SOCKET_IFNAME": "lo"} if Path("/sys/class/net/lo").exists() else {}
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", _RANK, str(rank), *common],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | interface,
        )
        for rank in range(2)
    ]
    outputs = [rank.communicate(timeout=100) for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], [err for _, err in outputs]
    one, other = (json.loads(out) for out, _ in outputs)
    for epoch in range(4):
        assert one[epoch]
        assert other[epoch]
        both = sorted(line.encode() for line in one[epoch] + other[epoch])
        assert both == ALL_LINES
    assert (one[0], other[0]) != (one[1], other[1])
