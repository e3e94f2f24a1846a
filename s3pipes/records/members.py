"""The files in one tar archive, as bytes: what both tar pipes stand on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from s3pipes.engine import BadArchive, TarReader
from s3pipes.records.bad_record import BadRecord
from s3pipes.records.decompress import decompressed
from s3pipes.records.pieces import pieces

_HINT = "The archive is damaged or was stored incompletely: store it anew, or skip it"


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
