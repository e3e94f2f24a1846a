"""aioboto3: one client, 16 objects at a time, bodies in blocks of 1 MiB."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aioboto3

from benchmarks.clients import Count, Job, Reader

BLOCK_BYTES = 1 << 20


def read(job: Job) -> Reader:
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(aioboto3.Session().client("s3").__aenter__())

    async def read_object(key: str, turn: asyncio.Semaphore) -> int:
        total = 0
        async with turn:
            body = (await client.get_object(Bucket=job.bucket, Key=key))["Body"]
            while block := await body.read(BLOCK_BYTES):
                total += len(block)
            body.close()
        return total

    async def read_all(keys: Sequence[str]) -> Count:
        turn = asyncio.Semaphore(16)
        return Count(sum(await asyncio.gather(*(read_object(k, turn) for k in keys))), len(keys))

    return lambda keys: loop.run_until_complete(read_all(keys))
