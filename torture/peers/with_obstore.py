"""obstore: its asyncio side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread

from obstore.store import S3Store

from torture.peers import Found, Job

_AT_ONCE = 16


def objects(job: Job) -> Iterator[Found]:
    """As they come; asyncio runs in a thread of its own."""
    store = S3Store(
        job.bucket,
        endpoint=job.endpoint,
        region=job.region,
        client_options={"allow_http": True},
    )
    found: SimpleQueue[Found] = SimpleQueue()

    async def read(key: str, turn: asyncio.Semaphore) -> None:
        async with turn:
            try:
                found.put((key, bytes(await (await store.get_async(key)).bytes_async())))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                found.put((key, error))

    async def read_all() -> None:
        turn = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(read(key, turn) for key in job.keys))

    Thread(target=lambda: asyncio.run(read_all()), daemon=True).start()
    for _ in job.keys:
        yield found.get()
