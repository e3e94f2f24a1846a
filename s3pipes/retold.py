"""What is known of errors that are made again of their text.

torch does so with an error of a worker, process or thread: of the exception it keeps the class and
the printed traceback, and raises `class("Caught ... Original Traceback ...")` where the batch is
wanted. The text is printed right before; so what an error knew when it was printed is kept for a
while, and found again by the text.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

_KEPT = 64


class Told(NamedTuple):
    """An error that was printed.

    Attributes:
        line: of the traceback, without the module: the class's name and the text.
        fields: what it knew.
    """

    line: str
    fields: dict[str, Any]


# Without a lock, which a fork might find taken: of a deque each of these calls is one step.
_told: deque[Told] = deque(maxlen=_KEPT)


def tell(name: str, text: str, fields: dict[str, Any]) -> None:
    """An error of the class `name` is printed as `text`."""
    told = Told(f"{name}: {text}", fields)
    if text and told not in list(_told):
        keep(told)


def keep(told: Told) -> None:
    """An error was printed here, or in the process that it came from."""
    _told.append(told)


def last_told(name: str, text: str) -> Told | None:
    """The last error of the class `name` whose traceback is in the text."""
    found = [
        (at, told)
        for told in list(_told)
        if told.line.startswith(f"{name}: ") and (at := text.rfind(told.line)) >= 0
    ]
    # Of one that begins as another does, the longer one.
    return max(found, key=lambda one: (one[0], len(one[1].line)))[1] if found else None
