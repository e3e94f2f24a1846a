"""Ranks with unequal shares: they end together, or with `model.join()`, and none waits for ever."""

from __future__ import annotations

import json

import pytest
from torch.utils.data import DataLoader

from s3pipes import ConfigError, FullSync, IterableWrapper
from tests.ends import good
from tests.programs import ranks
from tests.readers.contents import LINES


@pytest.fixture
def two_ranks(children, tmp_path, loopback):
    """Runs a program in two ranks; the lines of each."""

    def run(program, *arguments):
        rendezvous = str(tmp_path / "rendezvous")
        started = [
            children.start(program, rank, rendezvous, *arguments, **loopback) for rank in range(2)
        ]
        return [good(child.end(within_s=100)) for child in started]

    return run


def test_ranks_with_unequal_shares_end_together(two_ranks, fields):
    one, other = two_ranks(ranks.epochs_in_step, fields)
    assert len(one) == len(other) == 7
    for mine, its in zip(map(json.loads, one), map(json.loads, other), strict=True):
        (steps, numbers), (its_steps, its_numbers) = mine, its
        assert steps == its_steps >= 23  # of 26 or 27, and 23 or 24
        assert set(numbers).isdisjoint(its_numbers)
        assert len(numbers) + len(its_numbers) >= LINES - 2 * 20


@pytest.mark.parametrize("how", ["fullsync", "join"])
def test_training_on_unequal_shares_ends(two_ranks, fields, how):
    (mine,), (its,) = two_ranks(ranks.trained, fields, how)
    if how == "fullsync":
        assert int(mine) == int(its)
    else:
        assert int(mine) > int(its)


def test_an_error_of_one_rank_ends_the_others_too(two_ranks):
    (one,), (other,) = two_ranks(ranks.one_fails)
    assert json.loads(one)[:2] == [[0, 1, 2], "RuntimeError"]
    assert "fullsync: another rank has failed" in json.loads(one)[2]
    assert json.loads(other)[:2] == [[0, 1, 2], "KeyError"]
    assert "the broken sample" in json.loads(other)[2]


def test_a_rank_that_left_its_epoch_alone_is_told_of(two_ranks):
    for said in two_ranks(ranks.one_leaves):
        assert len(said) == 1
        assert "ranks are in different epochs (1 and 2)" in said[0]


def test_a_silent_rank_is_not_waited_for_longer_than_said(two_ranks):
    one, other = two_ranks(ranks.one_is_silent)
    assert len(one) == 1
    assert "rank 0 waited for the others in vain (at most 1 s)" in one[0]
    assert other == []


def test_in_a_worker_it_says_where_it_belongs(urls):
    epoch = iter(DataLoader(urls.sharding_filter().fullsync(), batch_size=None, num_workers=1))
    with pytest.raises(ConfigError, match=r"FullSync\(DataLoader\("):
        next(epoch)
    epoch._shutdown_workers()  # type: ignore[attr-defined] # the traceback keeps them


def test_without_a_process_group_it_says_what_to_do():
    for pipe in (IterableWrapper(range(3)).fullsync(), FullSync(range(3))):
        with pytest.raises(ConfigError, match="init_process_group"):
            list(pipe)
