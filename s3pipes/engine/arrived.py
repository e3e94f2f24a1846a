"""An object that came from another process with its content: no store is asked for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_Meta = tuple[int, str, int]


class Arrived:
    """What an `OpenObject` is to its stream, for an object that is in memory.

    Args:
        content: all bytes of it.
        meta: size, ETag and time of change.
        position: of the next byte to read.
    """

    __slots__ = ("_memory", "meta")

    def __init__(self, content: bytes, meta: _Meta, position: int) -> None:
        self._memory = _InMemory(content, position)
        self.meta = meta

    def ask(self, method: Callable[..., Any]) -> Any:
        """What `method` of a native stream would answer."""
        return getattr(self._memory, method.__name__)()

    def ask_with(self, method: Callable[..., Any], by: Any) -> Any:
        """As `ask`, of a method with an argument."""
        return getattr(self._memory, method.__name__)(by)

    def facts(self) -> _Meta:
        """Size, ETag and time of change."""
        return self.meta

    def wait_ready(self) -> _Meta:
        """As `facts`: there is nothing to wait for."""
        return self.meta

    def close(self) -> None:
        """Nothing is on its way."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Arrived, (bytes(self._memory.whole()), self.meta, self._memory.tell())


class _Content(bytearray):
    """The last bytes of an object, or all, with what a native view tells of them."""

    last = True


class _InMemory:
    """The methods of a native `ObjectStream`, by their names."""

    __slots__ = ("_content", "_position")

    def __init__(self, content: bytes, position: int) -> None:
        self._content = _Content(content)
        self._position = position

    def ready(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        self._position = position

    def read(self, size: int) -> bytes:
        return self._until(self._position + size)

    def readinto(self, buffer: Any) -> int:
        into = memoryview(buffer).cast("B")
        data = self._until(self._position + len(into))
        into[: len(data)] = data
        return len(data)

    def readline(self, limit: int) -> bytes:
        end = self._position + limit
        return self._until(self._content.find(b"\n", self._position, end) + 1 or end)

    def next_view(self) -> _Content:
        begin, end = self._position, len(self._content)
        self._position = max(begin, end)
        return self._content if begin == 0 else _Content(memoryview(self._content)[begin:])

    def whole(self) -> _Content:
        return self._content

    def _until(self, end: int) -> bytes:
        data = bytes(memoryview(self._content)[self._position : end])
        self._position += len(data)
        return data
