"""Our pipes on two ranks: each sample once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.compose.contents import ALL_LINES
from tests.programs import rank


def test_two_ranks_share_every_epoch(s3, bucket, tmp_path, children):
    """Two epochs without workers, two with two each."""
    fields = {
        "endpoint_url": s3.endpoint_url,
        "region": s3.region,
        "access_key_id": s3.access_key,
        "secret_access_key": s3.secret_key,
    }
    rendezvous = tmp_path / "rendezvous"
    interface = {"GLOO_SOCKET_IFNAME": "lo"} if Path("/sys/class/net/lo").exists() else {}
    ranks = [
        children.start(rank.epochs, number, str(rendezvous), bucket, fields, **interface)
        for number in range(2)
    ]
    ends = [started.end(within_s=100) for started in ranks]
    assert [ended.code for ended in ends] == [0, 0], ends
    one, other = (json.loads(ended.out) for ended in ends)
    for epoch in range(4):
        assert one[epoch]
        assert other[epoch]
        both = sorted(line.encode() for line in one[epoch] + other[epoch])
        assert both == ALL_LINES
    assert (one[0], other[0]) != (one[1], other[1])
