"""Opens objects ahead of their use, so that the next is on its way before the present one ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from s3pipes.config import ReadConfig
from s3pipes.engine import OpenObject, Session, Window
from s3pipes.errors import S3PipesError
from s3pipes.objects.stream import S3Stream
from s3pipes.order.skipping import Skipping

_Opened = S3Stream | Exception
# Objects opened before anything else is looked at.
_STEP = 64
# To look costs as much as a tenth of a small object.
_LOOK_EVERY = 8


def read_ahead(
    session: Session, urls: Iterable[str], config: ReadConfig, skipping: Skipping
) -> Iterator[S3Stream]:
    """Yields an open stream for every URL, ready to be read.

    How far ahead is opened is the engine's decision, from the window, the sizes and the latencies.
    A URL that is wrong, and an error of `urls` itself, are raised when their turn comes: what was
    opened before them is yielded first.

    Args:
        skipping: what becomes of objects that cannot be read, and of the rest of those that fail
            later.

    Raises:
        S3PipesError: an object cannot be read, and is not left out.
        ValueError: a URL names no object.
    """
    ahead = _InOrder(session, config) if config.in_order else _AsReady(session, config)
    source = iter(urls)
    ready: list[S3Stream] = []  # one at most, which is the user's alone once it is yielded
    try:
        while ahead.refill(source):
            stream = ahead.take()
            skipping.tried += 1
            try:
                stream.wait_ready()
                ready.append(stream)
            except S3PipesError as error:
                stream.close()
                if not skipping.leaves_out(stream.url, error):
                    raise
            if skipping.possible:
                stream.leave_out(skipping.leaves_out)
            del stream
            if ready:
                yield ready.pop()
    finally:
        ahead.close()


class _InOrder:
    """Streams in the order of their URLs."""

    def __init__(self, session: Session, config: ReadConfig) -> None:
        self._session = session
        self._config = config
        self._window = Window(session, config)
        self._ahead: deque[_Opened] = deque()
        self._ended = False
        self._refill_at = 0
        self._looked = 0

    def refill(self, source: Iterator[str]) -> bool:
        """Opens as many as the engine wants; False when all have been taken."""
        if len(self._ahead) <= self._refill_at or self._runs_dry():
            enough = len(self._ahead) + 3 * _STEP
            while not self._ended:
                more = self._window.room(len(self._ahead)) or int(not self._ahead)
                if not more:
                    break
                # The first of them are on their way while the rest is opened.
                for _ in range(min(more, _STEP)):
                    if not self._ended:
                        self._open_next(source)
                self._window.start()
                if len(self._ahead) >= enough and self._is_ready():
                    break
            # The next refill wakes a loop once for many objects.
            self._refill_at = max(len(self._ahead) // 2, len(self._ahead) - _STEP)
        return bool(self._ahead)

    def _runs_dry(self) -> bool:
        """Whether the consumer is about to wait, perhaps for long, and much may be asked for."""
        self._looked += 1
        return (
            self._looked % _LOOK_EVERY == 1
            and not self._ended
            and not self._is_ready()
            and self._window.room(len(self._ahead)) >= _STEP
        )

    def _is_ready(self) -> bool:
        """Whether the consumer could go on at once."""
        first = self._ahead[0] if self._ahead else None
        return not isinstance(first, S3Stream) or first.ready()

    def take(self) -> S3Stream:
        """The next stream, to be waited for."""
        opened = self._ahead.popleft()
        if isinstance(opened, Exception):
            raise opened
        return opened

    def close(self) -> None:
        """Ends what was opened and not taken."""
        for opened in self._ahead:
            if isinstance(opened, S3Stream):
                opened.close()
        self._ahead.clear()

    def _open_next(self, source: Iterator[str]) -> None:
        try:
            url = next(source)
        except StopIteration:
            self._ended = True
            return
        except Exception as error:  # noqa: BLE001 - told in its turn, not before
            self._ended = True
            self._add(error)
            return
        try:
            opened = OpenObject(self._session, url, self._config, window=self._window)
            self._add(S3Stream(url, opened), opened.tag)
        except Exception as error:  # noqa: BLE001 - told in its turn, not before
            self._ended = True
            self._add(error)

    def _add(self, opened: _Opened, tag: int = 0) -> None:  # noqa: ARG002 - for who needs it
        self._ahead.append(opened)


class _AsReady(_InOrder):
    """Streams as their bytes arrive, whichever comes first."""

    def __init__(self, session: Session, config: ReadConfig) -> None:
        super().__init__(session, config)
        self._by_tag: dict[int, S3Stream] = {}

    def take(self) -> S3Stream:
        if not self._by_tag:
            return super().take()  # an error: the streams before it are done
        stream = None
        while stream is None:  # a tag may come twice
            stream = self._by_tag.pop(self._window.next_ready(), None)
        self._ahead.remove(stream)
        return stream

    def _add(self, opened: _Opened, tag: int = 0) -> None:
        super()._add(opened)
        if isinstance(opened, S3Stream):
            self._by_tag[tag] = opened
