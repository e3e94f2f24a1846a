"""Tar archives, whole and block by block, as streams in chunks."""

from __future__ import annotations

import io
import tarfile

from s3pipes.pipes.base import IterableWrapper

URL = "s3://bucket/a.tar"
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


class Chunked:
    """A stream in chunks, as S3Stream; each must be free when the next is asked for."""

    def __init__(self, content, size):
        self.parts = [bytearray(content[i : i + size]) for i in range(0, len(content), size)]
        self.closed = False

    def chunks(self):
        for part in self.parts:
            yield memoryview(part)
            part.append(0)

    def close(self):
        self.closed = True


def load(content, piece=1 << 20, **kwargs):
    stream = Chunked(content, piece)
    pipe = IterableWrapper([(URL, stream)], deepcopy=False).load_from_tar(**kwargs)
    try:
        return [(member.name, member.read()) for _, member in pipe]
    finally:
        assert stream.closed


def header(*, name=b"file", size=b"00000000005\0", kind=b"0", magic=b"", signed=False, prefix=b""):
    block = bytearray(512)
    block[: len(name)] = name
    block[124:136] = size
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[257 : 257 + len(magic)] = magic
    block[345 : 345 + len(prefix)] = prefix
    total = sum(b - 256 if signed and b > 127 else b for b in block)
    block[148:156] = b"%06o\0 " % total
    return bytes(block)


DATA = b"hello" + bytes(507)
END = bytes(1024)


def opened(content):
    return URL, io.BytesIO(content)
