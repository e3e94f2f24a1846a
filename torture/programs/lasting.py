"""Reads the same objects again and again for so many seconds."""

from __future__ import annotations

import time

from s3pipes import ClientConfig, S3Client
from torture.programs.ground import leave, say
from torture.store import Family
from torture.tally import Tally, read_all

_PAUSE_S = 0.2  # work of another kind, between epochs


def read_for(
    endpoint_url: str, region: str, label: str, count: int, size: int, lasts_s: float
) -> None:
    """With the credentials that are found outside."""
    family = Family(label, count, size)
    client = S3Client(ClientConfig(endpoint_url=endpoint_url, region=region, proxies={}))
    tally, epochs = Tally(), 0
    began = time.monotonic()
    while time.monotonic() < began + lasts_s:
        tally += read_all(client, family.plain())
        tally.waits_s.clear()
        epochs += 1
        time.sleep(_PAUSE_S)
    say("read", tally.right, len(tally.wrong), tally.failed, *tally.errors[:1])
    leave()
