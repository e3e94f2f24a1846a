"""The bytes of the simulator's objects, computed; native/sim/content has the other half."""

from __future__ import annotations

import hashlib
from functools import lru_cache

_BLOCK_BYTES = 64 << 10
_PLACES = 1 << 18  # where in the pool a block may begin
_STEP_BYTES = 16  # between two of them
_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def computed_bytes(bucket: str, key: str, begin: int, end: int, *, version: int = 1) -> bytes:
    """Bytes [begin, end) of an object that nobody put; some GB/s.

    Each block of 64 KiB is a piece of one pseudo-random pool, at a place that follows from bucket,
    key, version and block: a byte of another object, version or place is seen.
    """
    identity = _identity(bucket, key, version)
    pool = _pool()
    pieces = []
    while begin < end:
        block, within = divmod(begin, _BLOCK_BYTES)
        size = min(_BLOCK_BYTES - within, end - begin)
        place = _mixed(identity + block * _GOLDEN) % _PLACES * _STEP_BYTES + within
        pieces.append(pool[place : place + size])
        begin += size
    return b"".join(pieces)


@lru_cache(maxsize=1)
def _pool() -> memoryview:
    size = _PLACES * _STEP_BYTES + _BLOCK_BYTES
    return memoryview(hashlib.shake_128(b"s3pipes simulated S3").digest(size))


def _identity(bucket: str, key: str, version: int) -> int:
    found = 0xCBF29CE484222325  # FNV-1a
    for byte in f"{bucket}/{key}".encode():
        found = (found ^ byte) * 0x100000001B3 & _MASK
    return _mixed(found + version * _GOLDEN)


def _mixed(x: int) -> int:
    x = (x + _GOLDEN) & _MASK
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & _MASK
    return x ^ (x >> 31)
