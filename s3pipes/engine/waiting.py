"""Waiting for the engine under asyncio: through a file descriptor, without a thread."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from s3pipes.engine import _native

if TYPE_CHECKING:
    from s3pipes.engine.stores import Stores

# How soon it is seen that the store wants newer credentials.
_LOOK_EVERY_S = 0.25


async def settled(stream: _native.ObjectStream, stores: Stores) -> _native.ObjectStream:
    """Returns the stream once `whole()` needs no wait. Cancelling the task closes the stream.

    Credentials that expire on the way are renewed: in a thread, since their source may be slow.
    """
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    loop.add_reader(descriptor, lambda: None if done.done() else done.set_result(None))
    try:
        stream.notify(descriptor)
        while not done.done():
            await asyncio.wait([done], timeout=_LOOK_EVERY_S)
            if stores.credentials_wanted():
                await asyncio.to_thread(stores.renew_credentials)
        return stream
    except asyncio.CancelledError:
        stream.close()
        raise
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
