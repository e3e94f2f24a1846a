"""The engine's words, as records of `logging.getLogger("s3pipes")`.

The engine's threads never take the GIL, so they leave their words in a bounded queue. The native
module calls `deliver` where a thread of Python's reads or waits, mostly with nothing to do.
docs/decisions/0015-logging.md says why.
"""

from __future__ import annotations

import logging

from s3pipes.engine import _native

logger = logging.getLogger("s3pipes")


def listen() -> None:
    """Tells the engine what is read; asked whenever somebody begins to read or list."""
    if logger.isEnabledFor(logging.DEBUG):
        _native.want_events(logging.DEBUG)
    else:
        _native.want_events(logging.INFO if logger.isEnabledFor(logging.INFO) else logging.WARNING)


def deliver() -> None:
    """Hands over what waits, with the time at which it was seen."""
    for level, at_s, text in _native.take_events():
        if not logger.isEnabledFor(level):
            continue
        shown = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
        record = logger.makeRecord("s3pipes", level, "(engine)", 0, shown, (), None)
        record.relativeCreated += (at_s - record.created) * 1000
        record.created = at_s
        record.msecs = at_s % 1 * 1000
        logger.handle(record)
