"""s3fs: small objects by `cat`, which fetches them side by side; large ones through a file."""

from __future__ import annotations

from collections.abc import Sequence

import s3fs

from benchmarks.clients import Count, Job, Reader

WHOLE_BYTES = 8 << 20
BLOCK_BYTES = 4 << 20


def read(job: Job) -> Reader:
    files = s3fs.S3FileSystem()

    def whole(keys: Sequence[str]) -> Count:
        found = files.cat([f"{job.bucket}/{key}" for key in keys])
        return Count(sum(map(len, found.values())), len(found))

    def streamed(keys: Sequence[str]) -> Count:
        total = 0
        for key in keys:
            with files.open(f"{job.bucket}/{key}", "rb") as file:
                while block := file.read(BLOCK_BYTES):
                    total += len(block)
        return Count(total, len(keys))

    return whole if job.object_bytes <= WHOLE_BYTES else streamed
