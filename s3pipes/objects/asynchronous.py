"""The asyncio twins of the client's methods."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from s3pipes.config import ReadConfig
from s3pipes.engine import OpenObject, Session, known, store_at_hand, whole
from s3pipes.objects.ranges import Range, Ranges
from s3pipes.url import split_object


async def get(session: Session, url: str, read: ReadConfig) -> memoryview:
    """As `S3Client.get`."""
    await store_at_hand(session, split_object(url)[0])
    opened = OpenObject(session, url, read, one_piece=True)
    return memoryview(await whole(opened)).toreadonly()


async def get_ranges(
    session: Session,
    url: str,
    ranges: Sequence[Range],
    read: ReadConfig,
    head: Callable[[str], str],
) -> list[memoryview]:
    """As `S3Client.get_ranges`.

    Args:
        head: tells the URL with its size, where it has none; called in a thread.
    """
    bucket = split_object(url)[0]
    sized = url if known(url) is not None else await asyncio.to_thread(head, url)
    await store_at_hand(session, bucket)
    on_their_way = Ranges(session, sized, ranges, read)
    try:
        return on_their_way.cut([await whole(opened) for opened in on_their_way.opened])
    finally:
        on_their_way.close()
