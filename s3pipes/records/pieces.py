"""The bytes of any stream, piece by piece."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

_READ_BYTES = 1 << 20


def pieces(stream: Any) -> Generator[Any, None, None]:
    """Yields a stream's data in order and closes the stream at the end, or when abandoned.

    An `S3Stream` gives its chunks without a copy; any other file gives reads of 1 MiB, and what
    cannot be read gives its items. A piece is bytes-like, or str where the stream is a text file.

    Raises:
        BlockingIOError: the stream is non-blocking and has nothing to give.
    """
    try:
        if hasattr(stream, "chunks"):
            yield from stream.chunks()
        elif hasattr(stream, "read"):
            while piece := stream.read(_READ_BYTES):
                yield piece
            if piece is None:
                raise BlockingIOError("the stream is non-blocking and has no data yet")
        else:
            yield from stream
    finally:
        if hasattr(stream, "close"):
            stream.close()


def left_out(stream: Any, error: Exception) -> bool:
    """Whether the rest of a stream that failed is passed over, as the loader that opened it says.

    Raises:
        TooManySkipped: too many were already.
    """
    asked = getattr(stream, "leaves_out", None)
    return asked is not None and bool(asked(error))
