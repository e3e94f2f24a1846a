"""Waiting for the engine under asyncio: through a file descriptor, without a thread."""

from __future__ import annotations

import asyncio
import os

from s3pipes.engine._native import ObjectStream, View
from s3pipes.engine.log import deliver
from s3pipes.engine.opened import OpenObject
from s3pipes.engine.session import Session

# How soon it is seen that the store wants newer credentials.
_LOOK_EVERY_S = 0.25


async def store_at_hand(session: Session, bucket: str) -> None:
    """Until objects of the bucket can be opened at once: what has to be looked up is looked up.

    Raises:
        ConfigError: the settings make no target, or no credentials were found.
    """
    stores = session.here()
    if not stores.at_hand(bucket):
        await asyncio.to_thread(stores.of, bucket)


async def whole(opened: OpenObject) -> View:
    """As `opened.whole()`, for asyncio. Cancelling the task closes the object.

    Raises:
        S3PipesError: it cannot be read.
    """
    try:
        while True:
            native = opened.native
            await _settled(native, opened.session)
            # What was opened again meanwhile, in another region, has to be waited for first.
            piece = opened.ask_with(_whole_of, native)
            if piece is not None:
                return piece
    finally:
        opened.end()


def _whole_of(native: ObjectStream, awaited: ObjectStream) -> View | None:
    return native.whole() if native is awaited else None


async def _settled(stream: ObjectStream, session: Session) -> None:
    """Until `whole()` needs no wait.

    Credentials that expire on the way are renewed: in a thread, since their source may be slow.
    """
    stores = session.here()
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    try:
        loop.add_reader(descriptor, lambda: None if done.done() else done.set_result(None))
        stream.notify(descriptor)
        while not done.done():
            await asyncio.wait([done], timeout=_LOOK_EVERY_S)
            deliver()
            if stores.credentials_wanted():
                await asyncio.to_thread(stores.renew_credentials)
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
