"""The files in tar archives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from s3pipes.advice.argument import check_source
from s3pipes.advice.element import unpaired
from s3pipes.errors import S3PipesError
from s3pipes.pipes.base import Pipe
from s3pipes.pipes.register import functional
from s3pipes.records.member_path import MemberPath, Reading
from s3pipes.records.pieces import left_out
from s3pipes.records.tar import TarMember, compression_of, members


@functional("load_from_tar")
class TarArchiveLoader(Pipe[tuple[str, TarMember]]):
    """Yields `(path, TarMember)` for every file in every `(path, stream)` (`.load_from_tar()`).

    Reads ustar, pax, GNU and v7 archives as they arrive, without seeking. The new path is
    `normpath(join(path of the archive, name))` as torchdata made it, which breaks the `//` of a
    URL: its `.archive` and `.name`, and the member's, have both parts whole. Directories, links
    and devices are passed over. Each stream is closed at its end; members stay valid.

    Args:
        datapipe: yields `(path, binary stream)`.
        mode: as for `tarfile.open`: "r:*" goes by the first bytes, "r:" is plain, "r:gz",
            "r:bz2", "r:xz" name the compression; "|" means the same as ":".
        length: what `len()` is to say; -1 where unknown.

    Raises:
        S3PipesError: an archive cannot be read to its end, and its loader does not leave out the
            rest.
        BadRecord: an archive is damaged, cut short or not an archive. The members yielded before
            are whole.
        TypeError: an element of the source is no pair.
        ValueError: the mode is unknown.
    """

    def __init__(self, datapipe: Iterable[Any], mode: str = "r:*", length: int = -1) -> None:
        super().__init__()
        check_source("load_from_tar", datapipe, "(path, stream)")
        self.datapipe = datapipe
        self.mode = mode
        self.length = length
        self._compression = compression_of(mode)

    def __iter__(self) -> Iterator[tuple[str, TarMember]]:
        for element in self.datapipe:
            try:
                path, stream = element
            except (TypeError, ValueError):
                raise unpaired(element, "load_from_tar") from None
            reading = Reading()
            try:
                for index, (name, content) in enumerate(members(path, stream, self._compression)):
                    member = MemberPath(path, name, index, reading)
                    yield member, TarMember(content, name, path, index)
            except S3PipesError as error:
                if not left_out(stream, error):
                    raise
                reading.broke_off = True

    def __len__(self) -> int:
        if self.length == -1:
            raise TypeError(f"{type(self).__name__} instance doesn't have valid length")
        return self.length
