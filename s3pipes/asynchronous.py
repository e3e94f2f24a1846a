"""Waiting for the engine under asyncio: through a file descriptor, without a thread."""

from __future__ import annotations

import asyncio
import os

from s3pipes import _native


async def settled(stream: _native.ObjectStream) -> _native.ObjectStream:
    """Returns the stream once `whole()` needs no wait. Cancelling the task closes the stream."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    loop.add_reader(descriptor, lambda: done.done() or done.set_result(None))
    try:
        stream.notify(descriptor)
        await done
        return stream
    except asyncio.CancelledError:
        stream.close()
        raise
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
