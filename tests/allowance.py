"""What a run may take: more where it says so itself, as those under sanitizers do.

S3PIPES_TEST_SLOWNESS is a factor on times, S3PIPES_TEST_EXTRA_MIB what an allocator keeps of the
memory that it was given back. Without them the bounds are those that stand in the tests.
"""

from __future__ import annotations

import os

from tests.noise import MiB

_SLOWNESS = float(os.environ.get("S3PIPES_TEST_SLOWNESS", "1"))
_EXTRA_BYTES = int(os.environ.get("S3PIPES_TEST_EXTRA_MIB", "0")) * MiB


def at_most(seconds: float) -> float:
    """A bound on a time, in this run."""
    return seconds * _SLOWNESS


def at_most_bytes(size_bytes: int) -> int:
    """A bound on the memory of a process, in this run."""
    return size_bytes + _EXTRA_BYTES
