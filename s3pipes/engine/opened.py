"""Objects that are open: alone, or several under one window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s3pipes.config import ReadConfig
from s3pipes.engine._native import ObjectStream, Orphaned, Reader, View
from s3pipes.engine.arrived import Arrived
from s3pipes.engine.lasting import Lasting, begun
from s3pipes.engine.session import Session
from s3pipes.url import S3Url, split_object

Meta = tuple[int, str, int]
# An object that is here travels with its content up to this size: one chunk, unless the user says
# other. It is copied twice on its way.
_TRAVELS_BYTES = 8 << 20


def known(url: str) -> Meta | None:
    """Size, ETag and time of change, where the URL knows them."""
    if isinstance(url, S3Url) and url.size is not None:
        return url.size, url.etag or "", url.last_modified or 0
    return None


class OpenObject(Lasting[ObjectStream]):
    """One object that is open, and all that it takes to open it again where it is.

    Args:
        read: how it is read; an object of `whole_objects` is in `one_piece`.
        window: among whose objects it is opened; None: by itself, and it starts at once.
        begin, end: only these of the object's bytes, where it is in one piece; end None: all.
        one_piece: into one piece of memory outside the budget.

    Attributes:
        meta: what is known of the object by now.
        tag: its number in its window.

    Raises:
        ValueError: the URL names no object.
    """

    __slots__ = ("_glance", "_key", "_range", "_read", "_window", "meta", "tag")

    def __init__(
        self,
        session: Session,
        url: str,
        read: ReadConfig,
        *,
        window: Window | None = None,
        begin: int = 0,
        end: int | None = None,
        one_piece: bool = False,
    ) -> None:
        self.session = session
        self.bucket, self._key = split_object(url)
        self.store = None
        self._read = read
        # By itself it may be opened for its first bytes only.
        self._glance = window is None
        # One request needs one piece of memory, which is then the user's, not the budget's.
        self._range = (begin, end) if one_piece or read.whole_objects else None
        self.meta = known(url)
        self._window: Window | None = None
        self.tag = 0
        if window is None:
            begun(self._begin)
        else:
            window.last_tag = self.tag = window.last_tag + 1
            window.ask(self.open_in)
            window.ahead[self.tag] = self
            self._window = window

    def _begin(self) -> None:
        reader = self.session.reader(self._read)
        self.open_in(reader)
        reader.start()

    def wait_ready(self) -> Meta:
        """Waits until reading can begin without a wait; it then leaves the window's care.

        Raises:
            S3PipesError: it cannot begin.
        """
        try:
            # Kept, also for a fork's child, which cannot ask the parent's stream.
            meta = self.meta = self.ask(ObjectStream.wait_ready)
            return meta
        finally:
            self._leave_window()

    def facts(self) -> Meta:
        """Size, ETag and time of change, once they are known."""
        meta = self.meta
        if meta is None:
            meta = self.meta = self.ask(ObjectStream.meta)
        return meta

    def whole(self) -> View:
        """All bytes, and the end of it."""
        try:
            return self.ask(ObjectStream.whole)
        finally:
            self.end()

    def end(self) -> None:
        """Closes it for good: what still knows it, such as a kept error, keeps no memory by it."""
        self.close()
        del self.native

    def close(self) -> None:
        """Cancels what is still on its way and gives the memory back."""
        if self._window is not None:
            self._leave_window()
        try:
            native = self.native
        except AttributeError:
            return  # it has ended
        native.close()

    def opened(self) -> ObjectStream:
        """The same version, at the same byte; with all that is ahead beside it, if it is so too."""
        if self._window is not None:
            self._window.native = self._window.opened()
            return self.native
        reader = self.session.reader(self._read)
        self.open_again_in(reader)
        reader.start()
        return self.native

    def position(self) -> int:
        """Of the next byte to read."""
        return self.native.tell()

    def open_again_in(self, reader: Reader) -> None:
        """As `open_in`, at the byte where it is."""
        position = self.position()
        self.open_in(reader)
        if position:
            self.native.seek(position)

    def open_in(self, reader: Reader) -> None:
        """Opens it in a reader, which asks for nothing before it is told to start."""
        store = self.store = self.session.here().of(self.bucket)
        size, etag = (None, "") if self.meta is None else self.meta[:2]
        if self._range is None:
            self.native = reader.open(store, self._key, size, etag, self.tag, self._glance)
        else:
            begin, end = self._range
            self.native = reader.open_in_one_piece(
                store, self._key, begin, end, size, etag, self.tag
            )

    def __reduce__(self) -> tuple[Any, ...]:
        # Called in the thread by which a DataLoader's worker sends; it waits for nothing, and does
        # not raise: that thread prints what it cannot pickle, and forgets it.
        if self.meta is not None and (content := self._content_at_hand()) is not None:
            return Arrived, (content, self.meta, self.position())
        url = S3Url.of(self.bucket, self._key, *(self.meta or ()))
        return Moved, (self.session, url, self._read, self.position())

    def _content_at_hand(self) -> bytes | None:
        try:
            view = self.native.whole_at_hand()
        except Orphaned:
            return None
        return bytes(view) if view is not None and len(view) <= _TRAVELS_BYTES else None

    def _leave_window(self) -> None:
        window, self._window = self._window, None
        if window is not None:
            del window.ahead[self.tag]


class Moved(OpenObject):
    """One that was open in another process: opened where it was, once it is asked for anything."""

    __slots__ = ("_position",)

    def __init__(self, session: Session, url: str, read: ReadConfig, position: int) -> None:
        super().__init__(session, url, read)
        self._position = position

    def position(self) -> int:
        """As that of what is open, also before it is."""
        return super().position() if self._is_open() else self._position

    def ask(self, method: Callable[..., Any]) -> Any:
        """As that of what is open; opens it, but for a look at where it is."""
        if not self._is_open():
            if method is ObjectStream.tell:
                return self._position
            self.native = begun(self.opened)
        return super().ask(method)

    def ask_with(self, method: Callable[..., Any], by: Any) -> Any:
        """As `ask`; to move is no reason to open it either."""
        if not self._is_open():
            if method is ObjectStream.seek:
                self._position = by
                return None
            self.native = begun(self.opened)
        return super().ask_with(method, by)

    def _begin(self) -> None:
        """Not yet: few may be read of those that arrive, and whoever unpickles expects no error."""

    def _content_at_hand(self) -> bytes | None:
        return super()._content_at_hand() if self._is_open() else None

    def _is_open(self) -> bool:
        return hasattr(self, "native")


class Window(Lasting[Reader]):
    """Objects opened ahead of their use, in order, under one window.

    Attributes:
        ahead: those that nobody has yet, by tag, in the order of their opening. Whoever opens them
            ends the care for them, by waiting until they are ready or by closing them.
        last_tag: of the object opened last.
    """

    __slots__ = ("_read", "ahead", "last_tag")

    def __init__(self, session: Session, read: ReadConfig) -> None:
        super().__init__(session, "")
        self._read = read
        self.last_tag = 0
        self.ahead: dict[int, OpenObject] = {}
        self.native = session.reader(read)

    def start(self) -> None:
        """Asks for what was opened."""
        self.ask(Reader.start)

    def room(self, open_ahead: int) -> int:
        """How many more objects should be opened, so many being open ahead of the consumer."""
        return self.ask_with(Reader.room, open_ahead)

    def next_ready(self) -> int:
        """The tag of an object that is ready; waits for the first.

        Each comes once, and once more where all that was ahead had to be opened again.
        """
        return self.ask(Reader.next_ready)

    def opened(self) -> Reader:
        """A new reader, in which all that is ahead is opened again and asked for."""
        reader = self.session.reader(self._read)
        for ahead in self.ahead.values():
            ahead.open_again_in(reader)
        reader.start()
        return reader
