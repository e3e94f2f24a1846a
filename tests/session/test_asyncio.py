"""Under asyncio the same rules hold, and the event loop runs on."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from s3pipes import AccessDenied, S3Url
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from s3pipes.testing.children import Children
from tests.allowance import at_most
from tests.clients import CHUNKS, client_of
from tests.ends import good
from tests.noise import KiB, noise
from tests.programs import many_at_once

SOON_S = 1.0


@pytest.mark.parametrize("held", [{0}, {128 * KiB}, {0, 128 * KiB}])
def test_a_failed_chunk_is_told_while_others_are_on_their_way(
    scripted: ScriptedServer, held: set[int]
) -> None:
    body = noise(256 * KiB)
    url = S3Url(scripted.put("k", body), len(body))

    def script(request: Request) -> Answer | None:
        begin = request.range[0] if request.range else 0
        if begin == 64 * KiB:
            return fault(403, "AccessDenied")
        return Answer(after=scripted.never) if begin in held else None

    scripted.script = script
    client = client_of(scripted, CHUNKS, progress_timeout_s=3.0)
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - before)

    async def read() -> None:
        ticking = asyncio.create_task(tick())
        began = time.monotonic()
        with pytest.raises(AccessDenied):
            await client.get_async(url)
        took = time.monotonic() - began
        ticking.cancel()
        assert took < at_most(SOON_S), took

    asyncio.run(read())
    assert max(gaps, default=0.0) < at_most(SOON_S), gaps


def test_the_limit_of_requests_holds(scripted: ScriptedServer, children: Children) -> None:
    limit, count = 8, 200
    for number in range(count):
        scripted.put(f"{number:03}", b"%03d" % number)
    full = threading.Event()

    def script(request: Request) -> Answer:
        # None is answered before as many have come as may.
        if len(scripted.requests) >= limit:
            full.set()
        answer = scripted.truth(request)
        return Answer(status=answer.status, headers=answer.headers, body=answer.body, after=full)

    scripted.script = script
    ended = children.run(many_at_once.gets, scripted.endpoint_url, limit, count)
    assert good(ended) == ["ok"]
    assert scripted.connections <= limit + 4
