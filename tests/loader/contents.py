"""Objects of every size around a chunk's border, and every way to read them."""

from __future__ import annotations

import pytest

from s3pipes import ReadConfig

CHUNK = 64 << 10
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 700_001]
SMALL_CHUNKS = ReadConfig(chunk_bytes=CHUNK)
READS = {
    "default": ReadConfig(),
    "small chunks": SMALL_CHUNKS,
    "window 0": ReadConfig(chunk_bytes=CHUNK, window_bytes=0),
    "window of half a chunk": ReadConfig(chunk_bytes=CHUNK, window_bytes=CHUNK // 2),
    "double buffering": ReadConfig(chunk_bytes=CHUNK, window_bytes=2 * CHUNK),
    "lookahead 0": ReadConfig(chunk_bytes=CHUNK, lookahead=0),
    "lookahead 1, window 0": ReadConfig(chunk_bytes=CHUNK, lookahead=1, window_bytes=0),
    "whole objects": ReadConfig(whole_objects=True),
    "whole objects, window 0": ReadConfig(whole_objects=True, window_bytes=0),
}


def listed(client, contents):
    return list(client.list(next(iter(contents)).rpartition("/")[0]))


def cases():
    for name, read in READS.items():
        for in_order in (True, False):
            label = f"{name}, {'in order' if in_order else 'as ready'}"
            fields = {f: getattr(read, f) for f in ReadConfig.__dataclass_fields__}
            yield pytest.param(ReadConfig(**(fields | {"in_order": in_order})), id=label)
