"""`S3Stream`: one object as a file that can be read while it downloads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from s3pipes.engine import Arrived, ObjectStream, OpenObject

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import torch
    from typing_extensions import Buffer

_ALL = (1 << 63) - 1
# What read1() without a size gives: a pipe's worth, enough to make progress.
_SOME = 128 << 10


class S3Stream(io.BufferedIOBase):
    """A binary, seekable, read-only file over an object in S3.

    Bytes arrive in order while later ones are on their way. `read`, `readinto`, `readline` and
    iteration by lines copy once; `chunks`, `view` and `tensor` do not copy at all. All wait without
    the GIL, and Ctrl-C ends any wait. It belongs to one thread at a time and survives a fork: the
    child reads on from the same byte, of the same version. So does the process that it is pickled
    to, such as the one to which a DataLoader's workers send: with the bytes where the object is
    small (up to 8 MiB, in one chunk) and here, and else with requests of its own, from the first
    read on. What is done with the bytes in the worker is done there side by side.

    Attributes:
        url: as it was given.

    Raises (from any method that needs bytes):
        S3PipesError: see `s3pipes.errors`. Bytes before the failure have been given; none after.
        ValueError: the stream is closed.
    """

    def __init__(self, url: str, opened: OpenObject | Arrived) -> None:
        self.url = url
        self._open: OpenObject | Arrived | None = opened
        self._meta: tuple[int, str, int] | None = None  # of a closed stream, if it was known
        # Set by a loader that may leave out what fails.
        self._leaves_out: Callable[[str, Exception], bool] | None = None
        # What every call goes through: one step to the native stream.
        self._ask: Callable[..., Any] = opened.ask
        self._ask_with: Callable[..., Any] = opened.ask_with

    # Facts

    @property
    def size(self) -> int:
        """Bytes of the whole object."""
        return self._facts()[0]

    @property
    def etag(self) -> str:
        """As the store wrote it, quotes included; "" if it has none."""
        return self._facts()[1]

    @property
    def last_modified(self) -> int:
        """Seconds since 1970 UTC; 0 if the store did not say."""
        # Of an object that is listed as empty no answer came.
        return self._facts()[2] or getattr(self.url, "last_modified", None) or 0

    @property
    def name(self) -> str:
        """The URL: what libraries print for a file."""
        return str(self.url)

    @property
    def file_obj(self) -> S3Stream:
        """Itself: torchdata's streams kept their file here."""
        return self

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    # Copies

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes, fewer only at the end; all that are left without a size."""
        wanted = _ALL if size is None or size < 0 else size
        data: bytes = self._ask_with(ObjectStream.read, wanted)
        return data

    def read1(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes."""
        return self.read(size if size >= 0 else _SOME)

    def readinto(self, buffer: Buffer, /) -> int:
        """Fills a writable, contiguous buffer; returns the bytes read, fewer only at the end."""
        count: int = self._ask_with(ObjectStream.readinto, buffer)
        return count

    def readinto1(self, buffer: Buffer, /) -> int:
        """As `readinto`."""
        return self.readinto(buffer)

    def readline(self, size: int | None = -1, /) -> bytes:
        r"""Up to and including the next `\n`, or `size` bytes if that comes first."""
        limit = _ALL if size is None or size < 0 else size
        line: bytes = self._ask_with(ObjectStream.readline, limit)
        return line

    # No copies

    def chunks(self) -> Iterator[memoryview]:
        """Yields what has not been read yet as read-only memoryviews, in order, as they arrive.

        A view stays valid for as long as it is kept; its memory is used again once it is dropped.
        """
        last = False
        while not last:
            piece = self._ask(ObjectStream.next_view)
            if not len(piece):
                return
            last = piece.last
            view = memoryview(piece).toreadonly()
            del piece  # the user's alone: its memory is wanted once the view is dropped
            yield view
            del view

    def view(self) -> memoryview:
        """The whole object as one read-only memoryview; the position stays where it is."""
        return memoryview(self._ask(ObjectStream.whole)).toreadonly()

    def tensor(self) -> torch.Tensor:
        """The whole object as a tensor of dtype uint8 and shape (size,), sharing its memory.

        It may be written to, which changes what this stream reads from then on.
        """
        import torch

        piece = self._ask(ObjectStream.whole)
        return (
            torch.frombuffer(piece, dtype=torch.uint8)
            if len(piece)
            else torch.empty(0, dtype=torch.uint8)
        )

    # Position and end

    def tell(self) -> int:
        """Offset of the next byte to read."""
        position: int = self._ask(ObjectStream.tell)
        return position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Moves to another byte; bytes already here are not fetched again.

        Raises:
            ValueError: the offset lies before the object's start.
        """
        if whence == io.SEEK_CUR:
            offset += self.tell()
        elif whence == io.SEEK_END:
            offset += self.size
        elif whence != io.SEEK_SET:
            raise ValueError(f"whence must be 0, 1 or 2, not {whence!r}")
        if offset < 0:
            raise ValueError(f"cannot seek to {offset}, before the start of {self.url}")
        self._ask_with(ObjectStream.seek, offset)
        return offset

    def close(self) -> None:
        """Cancels what is still on its way and gives the memory back."""
        opened, self._open = self._open, None
        if opened is not None:
            self._ask = self._ask_with = partial(_refuse, self.url)
            self._meta = opened.meta
            opened.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._open is None

    def leave_out(self, by: Callable[[str, Exception], bool]) -> None:
        """From now on `by(url, error)` says whether the rest is left out where it fails."""
        self._leaves_out = by

    def leaves_out(self, error: Exception) -> bool:
        """Whether whoever reads it for others passes over the rest, which failed.

        As `ReadConfig(on_error=...)` of its loader says; False where no loader opened it. To ask
        counts and logs it as left out.

        Raises:
            TooManySkipped: too many were already.
        """
        return self._leaves_out is not None and self._leaves_out(self.url, error)

    def ready(self) -> bool:
        """Whether `wait_ready` would return, or raise, at once."""
        return self._open is None or self._open.ask(ObjectStream.ready)

    def wait_ready(self) -> None:
        """Until reading can begin without a wait: a small object is here, a large one has begun.

        Raises:
            S3PipesError: it cannot begin: no such object, no permission, no connection, ...
        """
        opened = self._open
        (opened if opened is not None else _refuse(self.url)).wait_ready()

    def __reduce__(self) -> tuple[Any, ...]:
        opened = self._open
        if opened is None:
            return _again, (self.url, True, Arrived, (b"", self._meta, 0))
        return _again, (self.url, False, *opened.__reduce__())

    def __repr__(self) -> str:
        state = "closed" if self._open is None else f"at byte {self.tell()}"
        return f"<S3Stream {str(self.url)!r} {state}>"

    @property
    def _opened(self) -> OpenObject | Arrived:
        return self._open if self._open is not None else _refuse(self.url)

    def _facts(self) -> tuple[int, str, int]:
        return self._meta if self._meta is not None else self._opened.facts()


def _again(url: str, closed: bool, make: Callable[..., Any], known: tuple[Any, ...]) -> S3Stream:
    """The stream that was pickled."""
    stream = S3Stream(url, make(*known))
    if closed:
        stream.close()
    return stream


def _refuse(url: str, *_: object) -> NoReturn:
    raise ValueError(f"I/O operation on a closed stream: {url}")
