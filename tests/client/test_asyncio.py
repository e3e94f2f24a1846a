"""The same under asyncio, whose loop never waits."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

from s3pipes import ObjectNotFound, S3Client, S3Url, stats
from tests.client.contents import CHUNK, CONTENTS, SIZES, SMALL_CHUNKS
from tests.quiet import seconds_until


def test_many_async_gets_at_once(client, urls):
    async def all_of_them():
        wanted = list(urls.items()) * 30
        views = await asyncio.gather(*(client.get_async(url) for _, url in wanted))
        return [(key, bytes(view)) for (key, _), view in zip(wanted, views, strict=True)]

    got = asyncio.run(all_of_them())
    assert len(got) == 150
    assert all(body == CONTENTS[key] for key, body in got)


def test_async_errors(client, bucket):
    async def ask():
        got = await asyncio.gather(
            client.get_async(f"s3://{bucket}/small"),
            client.get_async(f"s3://{bucket}/missing"),
            client.get_ranges_async(f"s3://{bucket}/missing", [(0, 1)]),
            client.get_async("nonsense"),
            client.get_async(f"s3://{bucket}/one"),
            return_exceptions=True,
        )
        return [bytes(one) if isinstance(one, memoryview) else type(one) for one in got]

    found = [CONTENTS["small"], ObjectNotFound, ObjectNotFound, ValueError, CONTENTS["one"]]
    assert asyncio.run(ask()) == found


def test_cancelling_a_task_ends_its_requests(scripted, stored):
    client = S3Client(scripted.config(), SMALL_CHUNKS)
    running, opened = stats().requests_running, stats().streams_open
    go = threading.Event()
    scripted.script = lambda request: replace(scripted.truth(request), after=go)

    async def cancelled():
        known = S3Url(stored + "chunks", SIZES["chunks"])
        ends = [(0, 9), (CHUNK * 5, CHUNK * 5 + 9)]
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(client.get_ranges_async(known, ends)),
            *(asyncio.create_task(client.get_async(stored + "small")) for _ in range(5)),
        ]
        await asyncio.to_thread(seconds_until, lambda: len(scripted.requests) >= 6)
        assert stats().requests_running > running
        for task in tasks:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(one) for one in asyncio.run(cancelled())] == [asyncio.CancelledError] * 6
    assert stats().streams_open == opened
    seconds_until(lambda: stats().requests_running == running, within_s=1.0)
    go.set()
    assert bytes(asyncio.run(client.get_async(stored + "small"))) == CONTENTS["small"]


def test_async_waiting_leaves_the_event_loop_free(scripted, stored):
    client = S3Client(scripted.config())
    go = threading.Event()
    scripted.script = lambda request: replace(scripted.truth(request), after=go)

    async def others_go_on():
        get = asyncio.create_task(client.get_async(stored + "small"))
        ranges = asyncio.create_task(client.get_ranges_async(stored + "small", [(1, 3)]))
        await asyncio.to_thread(seconds_until, lambda: len(scripted.requests) >= 2)
        go.set()  # only a loop that is free comes to here
        return bytes(await get), [bytes(view) for view in await ranges]

    assert asyncio.run(others_go_on()) == (CONTENTS["small"], [CONTENTS["small"][1:3]])
