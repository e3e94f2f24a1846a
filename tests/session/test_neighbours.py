"""What a process knows of those that read beside it."""

from __future__ import annotations

import pytest
from torch.utils.data import DataLoader

from s3pipes import IterableWrapper
from s3pipes.engine.neighbours import neighbours


def _counted(_: int) -> int:
    return neighbours()


@pytest.mark.parametrize(
    ("ranks", "count"), [(None, 1), ("", 1), ("8", 8), ("0", 1), ("many", 1), ("-2", 1), ("²", 1)]
)
def test_ranks_count(monkeypatch: pytest.MonkeyPatch, ranks: str | None, count: int) -> None:
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    if ranks is not None:
        monkeypatch.setenv("LOCAL_WORLD_SIZE", ranks)
    assert neighbours() == count


def test_workers_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    pipe = IterableWrapper(range(3)).map(_counted)
    assert list(DataLoader(pipe, batch_size=None, num_workers=2)) == [4] * 6
