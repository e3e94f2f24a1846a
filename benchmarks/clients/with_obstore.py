"""obstore's asyncio side: streamed, 64 small or 4 large objects at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from obstore.store import S3Store

from benchmarks.clients import Count, Job, Reader

SMALL_BYTES = 8 << 20


def read(job: Job) -> Reader:
    store = S3Store(
        job.bucket,
        endpoint=job.endpoint,
        region=job.region,
        client_options={"allow_http": True},
    )
    loop = asyncio.new_event_loop()

    async def read_object(key: str, turn: asyncio.Semaphore) -> int:
        async with turn:
            found = await store.get_async(key)
            if job.object_bytes <= SMALL_BYTES:
                return len(await found.bytes_async())
            return sum([len(block) async for block in found.stream()])

    async def read_all(keys: Sequence[str]) -> Count:
        turn = asyncio.Semaphore(64 if job.object_bytes <= SMALL_BYTES else 4)
        return Count(sum(await asyncio.gather(*(read_object(k, turn) for k in keys))), len(keys))

    return lambda keys: loop.run_until_complete(read_all(keys))
