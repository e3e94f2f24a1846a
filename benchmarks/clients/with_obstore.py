"""obstore's asyncio side: objects side by side, streamed where large, or ranges by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice

from obstore.store import S3Store

from benchmarks.clients import Count, Job, Reader

SMALL_BYTES = 8 << 20
RANGE_BYTES = 2 << 20


def read(job: Job) -> Reader:
    return _objects(job, 64 if job.object_bytes <= SMALL_BYTES else 4)


def read_256(job: Job) -> Reader:
    return _objects(job, 256)


def ranges(job: Job) -> Reader:
    """As somebody would who knows S3: one GET per range, 64 at a time, in no order."""
    store = _store(job)
    loop = asyncio.new_event_loop()

    async def read_range(key: str, start: int, turn: asyncio.Semaphore) -> int:
        end = min(start + RANGE_BYTES, job.object_bytes)
        async with turn:
            return len(await store.get_range_async(key, start=start, end=end))

    async def read_all(keys: Sequence[str]) -> Count:
        turn = asyncio.Semaphore(64)
        starts = range(0, job.object_bytes, RANGE_BYTES)
        wanted = [read_range(key, start, turn) for key in keys for start in starts]
        return Count(sum(await asyncio.gather(*wanted)), len(keys))

    return lambda keys: loop.run_until_complete(read_all(keys))


def lister(job: Job) -> Reader:
    """Page after page, as batches of a thousand."""
    store = _store(job)

    def read(_: Sequence[str]) -> Count:
        found = (row["size"] for page in store.list(job.prefix, chunk_size=1000) for row in page)
        sizes = list(islice(found, job.first or None))
        return Count(sum(sizes), len(sizes))

    return read


def _store(job: Job) -> S3Store:
    return S3Store(
        job.bucket,
        endpoint=job.endpoint,
        region=job.region,
        client_options={"allow_http": True},
    )


def _objects(job: Job, at_once: int) -> Reader:
    store = _store(job)
    loop = asyncio.new_event_loop()

    async def read_object(key: str, turn: asyncio.Semaphore) -> int:
        async with turn:
            found = await store.get_async(key)
            if job.object_bytes <= SMALL_BYTES:
                return len(await found.bytes_async())
            return sum([len(block) async for block in found.stream()])

    async def read_all(keys: Sequence[str]) -> Count:
        turn = asyncio.Semaphore(at_once)
        return Count(sum(await asyncio.gather(*(read_object(k, turn) for k in keys))), len(keys))

    return lambda keys: loop.run_until_complete(read_all(keys))
