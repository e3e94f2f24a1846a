"""Samples that lie in tar archives as WebDataset puts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from s3pipes.pipes.base import IterDataPipe, Pipe
from s3pipes.pipes.register import functional
from s3pipes.records.samples import File, samples
from s3pipes.records.tar import TarMember, compression_of, members


@functional("webdataset")
class WebDataset(Pipe[dict[str, Any]]):
    """Yields one dict per sample of the archives in the source (`.webdataset()`).

    Consecutive files `dir/0001.jpg`, `dir/0001.cls` become
    `{"__key__": "dir/0001", "__url__": archive, "jpg": bytes, "cls": bytes}`: the key ends at the
    first dot of the last path component, the rest in lower case is the extension. A file without
    either is passed over. A sample ends where the key changes, and with the archive.

    Args:
        source_datapipe: yields `(url, archive stream)`, as `load_files_by_s3()` does, or what
            `load_from_tar()` makes of it. The former is faster.
        mode: as for `load_from_tar`.
        length: what `len()` is to say; -1 where unknown.

    Raises:
        BadRecord: an archive is damaged, or one sample has the same extension twice.
        TypeError: an element of the source is neither of the two.
        ValueError: the mode is unknown.
    """

    def __init__(
        self, source_datapipe: IterDataPipe[Any], mode: str = "r:*", length: int = -1
    ) -> None:
        super().__init__()
        self.source_datapipe = source_datapipe
        self.mode = mode
        self.length = length
        self._compression = compression_of(mode)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield from samples(self._files())

    def _files(self) -> Iterator[File]:
        for path, stream in self.source_datapipe:
            if isinstance(stream, TarMember):
                yield stream.archive, stream.index, stream.name, stream.getvalue()
            elif hasattr(stream, "read") or hasattr(stream, "chunks"):
                url = str(path)
                for index, (name, content) in enumerate(members(path, stream, self._compression)):
                    yield url, index, name, content
            else:
                raise TypeError(
                    "webdataset() takes (url, archive stream) or what load_from_tar() yields, not"
                    f" (path, {type(stream).__name__}): decode behind it"
                )

    def __len__(self) -> int:
        if self.length == -1:
            raise TypeError(f"{type(self).__name__} instance doesn't have valid length")
        return self.length
