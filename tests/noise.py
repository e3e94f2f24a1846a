"""Bytes without a pattern that are the same in every process, and how many."""

from __future__ import annotations

import random

KiB = 1 << 10
MiB = 1 << 20


def noise(size: int, seed: int = 0) -> bytes:
    """`size` bytes; of another seed, others."""
    return random.Random(seed).randbytes(size)
