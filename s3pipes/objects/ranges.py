"""Several ranges of one object: those that lie close together are fetched as one."""

from __future__ import annotations

from collections.abc import Sequence

from s3pipes.config import ReadConfig
from s3pipes.engine import OpenObject, Session, View, Window, known, merge_ranges
from s3pipes.errors import ConfigError, ObjectChanged

Range = tuple[int, int]


class Ranges:
    """The bytes `[begin, end)` for each of `wanted`, on their way.

    Args:
        url: knows the object's size.

    Attributes:
        opened: one for each request, of which every one has to be ended.

    Raises:
        ConfigError: a range is not 0 <= begin <= end.
        ObjectChanged: a range ends beyond the object.
    """

    def __init__(
        self, session: Session, url: str, wanted: Sequence[Range], read: ReadConfig
    ) -> None:
        _check(url, wanted)
        self._wanted = wanted
        self._merged = merge_ranges(list(wanted), read.largest_chunk_bytes)
        window = Window(session, read)
        self.opened: list[OpenObject] = []
        try:
            for begin, end, _ in self._merged:
                self.opened.append(
                    OpenObject(
                        session, url, read, window=window, begin=begin, end=end, one_piece=True
                    )
                )
            window.start()
        except BaseException:
            self.close()
            raise

    def cut(self, pieces: Sequence[View]) -> list[memoryview]:
        """The part of each range in the piece that holds it; `pieces` are those of `opened`."""
        parts = [memoryview(b"")] * len(self._wanted)
        for (first, _, members), piece in zip(self._merged, pieces, strict=True):
            view = memoryview(piece).toreadonly()
            for i in members:
                begin, end = self._wanted[i]
                parts[i] = view[begin - first : end - first]
        return parts

    def close(self) -> None:
        """Ends what has not ended yet."""
        while self.opened:
            self.opened.pop().close()


def _check(url: str, wanted: Sequence[Range]) -> None:
    """Nobody gets fewer bytes than asked for."""
    meta = known(url)
    for begin, end in wanted:
        if not 0 <= begin <= end:
            raise ConfigError(f"a range must be 0 <= begin <= end, not ({begin}, {end})", url=url)
        if meta is not None and end > meta[0]:
            raise ObjectChanged(
                f"the object has {meta[0]} bytes",
                url=url,
                range=(begin, end),
                hint="It shrank since it was listed, or the range is wrong",
            )
