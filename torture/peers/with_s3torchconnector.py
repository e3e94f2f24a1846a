"""s3torchconnector: its map data set."""

from __future__ import annotations

from collections.abc import Iterator

from s3torchconnector import S3ClientConfig, S3MapDataset

from torture.peers import Found, Job
from torture.peers.threads import side_by_side


def objects(job: Job) -> Iterator[Found]:
    """By threads, as a DataLoader's workers would."""
    config = S3ClientConfig(force_path_style=True)  # the simulated S3 has no names of buckets
    data = S3MapDataset.from_objects(
        [f"s3://{job.bucket}/{key}" for key in job.keys],
        region=job.region,
        endpoint=job.endpoint,
        s3client_config=config,
    )
    places = {key: place for place, key in enumerate(job.keys)}

    def read(key: str) -> bytes:
        return bytes(data[places[key]].read())

    return side_by_side(read, job.keys)
