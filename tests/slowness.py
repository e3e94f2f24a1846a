"""How much slower than usual this run is: sanitizers cost a factor, which only they may ask for."""

from __future__ import annotations

import os

SLOWNESS = float(os.environ.get("S3PIPES_TEST_SLOWNESS", "1"))


def at_most(seconds: float) -> float:
    """A bound on what the code under test may take, in this run."""
    return seconds * SLOWNESS
