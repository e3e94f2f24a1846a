"""The files in tar archives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from s3pipes.pipes.base import IterDataPipe, Pipe
from s3pipes.pipes.register import functional
from s3pipes.records.tar import TarMember, compression_of, members


@functional("load_from_tar")
class TarArchiveLoader(Pipe[tuple[str, TarMember]]):
    """Yields `(path, TarMember)` for every file in every `(path, stream)` (`.load_from_tar()`).

    Reads ustar, pax, GNU and v7 archives as they arrive, without seeking. The new path is
    `normpath(join(path of the archive, name))` as torchdata made it, which breaks the `//` of a
    URL: `TarMember.archive` has it whole. Directories, links and devices are passed over. Each
    stream is closed at its end; members stay valid.

    Args:
        datapipe: yields `(path, binary stream)`.
        mode: as for `tarfile.open`: "r:*" goes by the first bytes, "r:" is plain, "r:gz",
            "r:bz2", "r:xz" name the compression; "|" means the same as ":".
        length: what `len()` is to say; -1 where unknown.

    Raises:
        BadRecord: an archive is damaged, cut short or not an archive. The members yielded before
            are whole.
        ValueError: the mode is unknown.
    """

    def __init__(self, datapipe: IterDataPipe[Any], mode: str = "r:*", length: int = -1) -> None:
        super().__init__()
        self.datapipe = datapipe
        self.mode = mode
        self.length = length
        self._compression = compression_of(mode)

    def __iter__(self) -> Iterator[tuple[str, TarMember]]:
        for path, stream in self.datapipe:
            for index, (name, content) in enumerate(members(path, stream, self._compression)):
                inner = os.path.normpath(os.path.join(path, name))  # noqa: PTH118
                yield inner, TarMember(content, name, path, index)

    def __len__(self) -> int:
        if self.length == -1:
            raise TypeError(f"{type(self).__name__} instance doesn't have valid length")
        return self.length
