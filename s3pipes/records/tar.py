"""The files in tar archives."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, SupportsIndex

from s3pipes.engine import BadArchive, TarReader
from s3pipes.records.bad_record import BadRecord
from s3pipes.records.decompress import decompressed
from s3pipes.records.pieces import pieces

if TYPE_CHECKING:
    import torch

_HINT = "The archive is damaged or was stored incompletely: store it anew, or skip it"


class TarMember(io.BytesIO):
    """A file of an archive, whole and in memory; independent of the archive's stream.

    Attributes:
        name: as the archive has it.
        archive: URL of the archive.
        index: place among the archive's files, from 0.
    """

    def __init__(self, content: bytes, name: str, archive: str, index: int = 0) -> None:
        super().__init__(content)  # shares the bytes
        self._content = content
        self.name = name
        self.archive = archive
        self.index = index

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self._content)

    @property
    def file_obj(self) -> TarMember:
        """Itself: torchdata's streams kept their file here."""
        return self

    def view(self) -> memoryview:
        """The whole content, without a copy, read-only."""
        return memoryview(self._content)

    def chunks(self) -> Iterator[memoryview]:
        """What has not been read yet, without a copy; nothing at the end."""
        rest = self.view()[self.tell() :]
        self.seek(0, io.SEEK_END)
        if rest:
            yield rest

    def tensor(self) -> torch.Tensor:
        """The whole content as uint8, without a copy: clone it before writing into it."""
        import torch

        if not self._content:
            return torch.empty(0, dtype=torch.uint8)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The given buffer is not writable", UserWarning)
            return torch.frombuffer(self._content, dtype=torch.uint8)

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        # A closed BytesIO does not pickle, and who closed it in a worker may still send it.
        return (_closed, (vars(self),)) if self.closed else super().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return f"TarMember({self.name!r}, {self.size} bytes, archive={self.archive!r})"


def _closed(fields: dict[str, Any]) -> TarMember:
    member = TarMember(fields["_content"], fields["name"], fields["archive"])
    vars(member).update(fields)
    member.close()
    return member


def compression_of(mode: str) -> str:
    """The compression that a mode of `tarfile.open` names: "", "gz", "bz2", "xz", or "*" for any.

    Raises:
        ValueError: the mode is not "r", "r:*", "r|*", "r:", "r:gz" or their like.
    """
    match = re.fullmatch(r"r(?:[:|](\*|gz|bz2|xz|))?", mode)
    if match is None:
        raise ValueError(f"mode must be 'r:*', 'r:', 'r:gz', 'r:bz2' or 'r:xz', not {mode!r}")
    return "*" if match[1] is None else match[1]


def members(url: str, stream: Any, compression: str) -> Iterator[tuple[str, bytes]]:
    """Yields `(name, content)` of every regular file, in order, and closes the stream.

    Raises:
        BadRecord: the archive is damaged, cut short, or holds what would be given wrong
            (sparse files). Every member yielded before is whole.
    """
    reader = TarReader()
    with closing(pieces(stream)) as fed:
        try:
            # On to the very end, behind the archive's own: there the stream is verified.
            for piece in decompressed(fed, compression, url):
                reader.feed(piece)
                del piece  # its memory is wanted for the next
                while (member := reader.take()) is not None:
                    yield member
            reader.finish()
        except BadArchive as error:
            raise BadRecord(str(error), url=url, hint=_HINT) from None
