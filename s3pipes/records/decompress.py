"""Compressed pieces → plain pieces, as a stream."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from s3pipes.records.bad_record import BadRecord

# What one call gets and gives at most: bounds the memory a highly compressed piece can take.
_IN_BYTES = 128 << 10
_OUT_BYTES = 1 << 20
# Long enough to tell bzip2 from a tar whose first name begins with "BZh".
_MAGIC_BYTES = 10


def decompressed(pieces: Iterable[Any], compression: str, url: str) -> Iterator[Any]:
    """Yields the plain data of a compressed stream in pieces of at most 1 MiB.

    Args:
        pieces: bytes-like, of any size.
        compression: "gz", "bz2", "xz", "" for none, or "*" to go by the first bytes.
        url: names the stream in errors.

    Raises:
        BadRecord: the data are damaged, cut short, or followed by something else.
    """
    pieces = iter(pieces)
    if compression == "*":
        first: Any = b""
        for piece in pieces:
            whole = not first and len(piece) >= _MAGIC_BYTES
            first = piece if whole else first + bytes(piece)
            del piece
            if len(first) >= _MAGIC_BYTES:
                break
        compression = _recognised(bytes(memoryview(first)[:_MAGIC_BYTES]))
        if compression == "zstd":
            raise BadRecord("compressed with zstd; only gzip, bzip2 and xz are supported", url=url)
        pieces = _after([first], pieces)
        del first
    return _inflated(pieces, compression, url) if compression else pieces


def _recognised(head: bytes) -> str:
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        return "bz2"
    if head.startswith((b"\xfd7zXZ\x00", b"\x5d\x00\x00\x80")):
        return "xz"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    return ""


def _after(first: list[Any], pieces: Iterator[Any]) -> Iterator[Any]:
    yield first.pop()  # itertools.chain would keep it, and its memory, to the end
    yield from pieces


class _Gzip:
    """zlib's decompressor with the attributes that bz2's and lzma's have."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    def decompress(self, data: Any, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail or data, max_length)

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data


_DECOMPRESSORS: dict[str, Any] = {
    "gz": _Gzip,
    "bz2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
}


def _inflated(pieces: Iterator[Any], compression: str, url: str) -> Iterator[bytes]:
    make = _DECOMPRESSORS[compression]
    decompressor = None  # None between two members of the stream
    members = 0
    for piece in pieces:
        view = memoryview(piece)
        del piece
        data: Any = b""
        for begin in range(0, len(view), _IN_BYTES):
            data = view[begin : begin + _IN_BYTES]
            while True:
                if decompressor is None:
                    # Some tools fill up with zeros behind a member.
                    data = bytes(data).lstrip(b"\x00") if members else data
                    if not data:
                        break
                    decompressor = make()
                    members += 1
                try:
                    plain = decompressor.decompress(data, _OUT_BYTES)
                except (zlib.error, lzma.LZMAError, OSError) as error:
                    raise BadRecord(f"damaged {compression} data: {error}", url=url) from None
                if plain:
                    yield plain
                if decompressor.eof:
                    data = decompressor.unused_data
                    decompressor = None
                elif decompressor.needs_input and len(plain) < _OUT_BYTES:
                    break
                else:
                    data = b""
        del view, data  # their memory is wanted for the next
    if decompressor is not None or not members:
        raise BadRecord(f"the {compression} data are cut short", url=url)
