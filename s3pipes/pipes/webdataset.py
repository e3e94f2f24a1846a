"""Samples that lie in tar archives as WebDataset puts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from s3pipes.advice.argument import check_source
from s3pipes.advice.element import unpaired
from s3pipes.errors import S3PipesError
from s3pipes.pipes.base import Pipe
from s3pipes.pipes.register import functional
from s3pipes.records.member_path import MemberPath, Reading
from s3pipes.records.pieces import left_out
from s3pipes.records.samples import File, samples
from s3pipes.records.tar import TarMember, compression_of, members

KEYS = ("bare", "dotted")


@functional("webdataset")
class WebDataset(Pipe[dict[str, Any]]):
    """Yields one dict per sample: what is named the same up to its first dot (`.webdataset()`).

    Consecutive files `dir/0001.jpg`, `dir/0001.cls` become
    `{"__key__": "dir/0001", "__url__": archive, "jpg": bytes, "cls": bytes}`: the key ends at the
    first dot of the last path component, the rest in lower case is the extension. A file without
    either is passed over. A sample ends where the key changes, and with the archive.

    With `keys="dotted"` the samples are torchdata's: `{"__key__": path, ".jpg": value, ...}`, each
    value as the source has it.

    Args:
        source_datapipe: yields `(url, archive stream)`, as `load_files_by_s3()` does, or
            `(path, member)`, as `load_from_tar()` does, or `(path, anything)`, such as decoded
            members. The first is the fastest.
        mode: as for `load_from_tar`, where archives are given.
        length: what `len()` is to say; -1 where unknown.
        keys: "bare", or "dotted": extensions keep dot and case, `__key__` is the whole path up to
            the dot, there is no `__url__`, and streams are values, not archives.

    Raises:
        S3PipesError: an archive cannot be read to its end, and its loader does not leave out the
            rest; where it does, the sample that was begun is left out too.
        BadRecord: an archive is damaged, or one sample has the same extension twice.
        TypeError: an element of the source is no pair, or its path is no str.
        ValueError: the mode, or `keys`, is unknown.
    """

    def __init__(
        self,
        source_datapipe: Iterable[Any],
        mode: str = "r:*",
        length: int = -1,
        *,
        keys: str = "bare",
    ) -> None:
        super().__init__()
        check_source("webdataset", source_datapipe, "(path, stream)")
        if keys not in KEYS:
            raise ValueError(f"keys must be 'bare' or 'dotted', not {keys!r}")
        self.source_datapipe = source_datapipe
        self.mode = mode
        self.length = length
        self.keys = keys
        self._compression = compression_of(mode)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self.keys == "dotted":
            yield from samples(self._as_given(), dotted=True)
        else:
            yield from samples(self._files())

    def _pairs(self) -> Iterator[tuple[object, Any] | None]:
        """The elements of the source; None behind those of an archive that broke off."""
        reading: Reading | None = None
        for element in self.source_datapipe:
            try:
                path, value = element
            except (TypeError, ValueError):
                raise unpaired(element, "webdataset") from None
            now = path.reading if isinstance(path, MemberPath) else None
            if now is not reading:
                if reading is not None and reading.broke_off:
                    yield None
                reading = now
            yield path, value
        if reading is not None and reading.broke_off:
            yield None

    def _as_given(self) -> Iterator[File | None]:
        places = count()
        for pair in self._pairs():
            yield None if pair is None else (None, next(places), _checked(pair[0]), pair[1])

    def _files(self) -> Iterator[File | None]:
        places = count()
        for pair in self._pairs():
            if pair is None:
                yield None
                continue
            path, value = pair
            is_member = isinstance(value, TarMember)
            content = value.getvalue() if is_member else value
            if isinstance(path, MemberPath):
                yield path.archive, path.place, path.name, content
            elif is_member or not (hasattr(value, "read") or hasattr(value, "chunks")):
                yield None, next(places), _checked(path), content
            else:
                yield from self._files_of(str(path), value)

    def _files_of(self, url: str, stream: Any) -> Iterator[File | None]:
        try:
            for index, (name, body) in enumerate(members(url, stream, self._compression)):
                yield url, index, name, body
        except S3PipesError as error:
            if not left_out(stream, error):
                raise
            yield None

    def __len__(self) -> int:
        if self.length == -1:
            raise TypeError(f"{type(self).__name__} instance doesn't have valid length")
        return self.length


def _checked(path: object) -> str:
    if isinstance(path, str):
        return path
    raise TypeError(f".webdataset() takes a str for a path, not a {type(path).__name__}")
