"""accelerate: what it would shard twice raises, and the way of docs/distributed.md works."""

from __future__ import annotations

import json

import pytest

from tests.ends import good
from tests.integrations import programs
from tests.readers.contents import LINES

ALL = list(range(LINES))
REFUSED = {
    "prepare() of a sharded pipe: 240 of 480": ("sharded", 0, "Sharded twice"),
    "the same, by workers": ("sharded", 2, "Sharded twice"),
    "the same, with a state": ("stateful", 0, "Sharded twice"),
    "each rank its part, of orders of their own": ("own part, shuffled", 0, "shuffles in its own"),
    "each rank its part, of copies": ("own part", 2, "each of 2 workers"),
}
WHOLE = {
    "rank 0 reads for all": ("not sharded", 0),
    "each rank its part": ("own part", 0),
    "HF's datasets give each its URLs": ("not ours: HF", 0),
    "and each worker": ("not ours: HF", 2),
}


@pytest.mark.parametrize(("how", "workers", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_accelerate_would_shard_twice_raises(two_ranks, fields, how, workers, complaint):
    for (line,) in two_ranks(programs.prepared, fields, how, workers):
        kind, said = json.loads(line)
        assert kind == "ConfigError"
        assert complaint in said
        assert "prepare(model, optimizer) alone" in said


@pytest.mark.parametrize(("how", "workers"), WHOLE.values(), ids=WHOLE)
def test_what_accelerate_shards_once_arrives(two_ranks, fields, how, workers):
    seen = [
        number
        for (line,) in two_ranks(programs.prepared, fields, how, workers)
        for number in json.loads(line)
    ]
    assert sorted(set(seen)) == ALL
    assert len(seen) <= LINES + 2 * 10  # accelerate fills the last batches


@pytest.mark.parametrize("workers", [0, 2])
def test_one_process_may_prepare_a_sharded_pipe(children, fields, workers):
    ended = children.run(
        programs.prepared, fields, "sharded", workers, ACCELERATE_USE_CPU="true", within_s=100
    )
    (line,) = good(ended)
    assert sorted(json.loads(line)) == ALL


@pytest.mark.parametrize("workers", [0, 2])
def test_the_documented_way_shards_once(two_ranks, fields, workers):
    (one, one_in_step), (other, other_in_step) = two_ranks(programs.accelerated, fields, workers)
    assert sorted(json.loads(one) + json.loads(other)) == ALL
    in_step = json.loads(one_in_step) + json.loads(other_in_step)
    assert len(in_step) == len(set(in_step)) >= LINES - 6 * 10


def test_the_trainer_of_hf_is_refused_and_its_documented_way_shards_once(two_ranks, fields):
    for (line,) in two_ranks(programs.trained_by_hf, fields, True):
        assert "get_train_dataloader()" in json.loads(line)[1]
    # It prints how long it took, before.
    (*_, mine), (*_, its) = two_ranks(programs.trained_by_hf, fields, False)
    seen = json.loads(mine) + json.loads(its)
    assert len(seen) == len(set(seen)) == 2 * 8 * 10
