"""A simulator without physics for tests that only change some."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from s3pipes.testing import SimulatedS3


@pytest.fixture
def plain() -> Iterator[SimulatedS3]:
    """Two addresses, no physics, no signatures; small, medium and large objects."""
    with SimulatedS3("none", addresses=2, anonymous=True) as server:
        server.add("bucket", "small/{:04}", 1000, 10_000)
        server.add("bucket", "medium/{:04}", 100, 300_000)
        server.add("bucket", "large/{:04}", 100, 8 << 20)
        yield server
