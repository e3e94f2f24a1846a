"""Texts whose lines cross the borders of chunks, and every way to read them."""

from __future__ import annotations

import random

from s3pipes import ReadConfig
from tests.noise import noise

CHUNK = 64 << 10


def _text(size):
    words = random.Random(size)
    lines = bytearray()
    while len(lines) < size:
        lines += words.randbytes(words.choice([0, 3, 80, 900])).replace(b"\n", b"x") + b"\n"
    return bytes(lines[:size])


# Without a newline, with many, and lines that cross chunk borders.
CONTENTS = {
    "empty": b"",
    "small": b"a\n\nbc",
    "one-chunk": _text(CHUNK),
    "chunks": _text(5 * CHUNK + 17),
    "one-line": noise(3 * CHUNK - 1, 1).replace(b"\n", b"x"),
}

READS = [
    ReadConfig(chunk_bytes=CHUNK),
    ReadConfig(chunk_bytes=CHUNK, window_bytes=0),
    ReadConfig(chunk_bytes=CHUNK, window_bytes=2 * CHUNK),
    ReadConfig(whole_objects=True),
    ReadConfig(),
]
