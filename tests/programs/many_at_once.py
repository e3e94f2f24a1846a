"""More under asyncio than the client may ask for at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from s3pipes import S3Client
from tests.programs.ground import client_at, leave


def gets(endpoint_url: str, max_requests: int, count: int) -> None:
    """The limit belongs to the process, so this has one of its own."""
    client = S3Client(replace(client_at(endpoint_url).config, max_requests=max_requests))

    async def all_at_once() -> None:
        urls = [f"s3://bucket/{number:03}" for number in range(count)]
        got = await asyncio.gather(*(client.get_async(url) for url in urls))
        assert [bytes(view) for view in got] == [b"%03d" % number for number in range(count)]

    asyncio.run(all_at_once())
    leave()
