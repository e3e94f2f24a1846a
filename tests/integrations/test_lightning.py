"""Lightning: each sample once per epoch, in one process and in two."""

from __future__ import annotations

import json

import pytest

from tests.ends import good
from tests.integrations import programs
from tests.readers.contents import LINES

ALL = list(range(LINES))


@pytest.mark.parametrize("workers", [0, 2])
def test_each_sample_once_per_epoch(children, fields, workers):
    ended = children.run(programs.lightened, fields, workers, within_s=100)
    epochs = [json.loads(line) for line in good(ended)]
    assert [sorted(epoch) for epoch in epochs] == [ALL, ALL]
    assert epochs[0] != epochs[1]


def test_two_ranks_share_each_epoch_and_end_together(two_ranks, fields):
    for mine, its in zip(*two_ranks(programs.lightened, fields, 2), strict=True):
        seen = json.loads(mine) + json.loads(its)
        assert len(seen) == len(set(seen)) >= LINES - 6 * 10
