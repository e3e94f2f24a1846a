"""Several workers, and nobody who gives each its share: that is said, once."""

from __future__ import annotations

import warnings
from collections import Counter
from functools import partial

import pytest
from torch.utils.data import DataLoader, get_worker_info

from s3pipes import IterableWrapper
from tests.readers.contents import LINES, MadeInside, Wrapped, as_numbers

SAID = "Each of the 2 DataLoader workers reads everything"


def numbers_of(loader):
    return [number for batch in loader for number in batch]


def loader_of(dataset, workers=2):
    return DataLoader(dataset, batch_size=10, num_workers=workers, collate_fn=list)


def numbers_of_this_worker(client):
    worker = get_worker_info()
    assert worker is not None
    mine = list(client.list("s3://lines/"))[worker.id :: worker.num_workers]
    return as_numbers(IterableWrapper(mine), client)


def test_workers_without_a_sharding_filter_are_told_of_once(urls, client):
    loader = loader_of(as_numbers(urls, client))
    with pytest.warns(RuntimeWarning, match=SAID) as told:
        numbers = numbers_of(loader)
    assert len(told) == 1
    assert told[0].filename == __file__  # it points at who iterates
    assert set(Counter(numbers).values()) == {2}
    assert len(numbers_of(loader)) == 2 * LINES  # the next epoch says nothing more


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_workers_that_have_shares_are_not_told_of(urls, client, workers):
    pipe = as_numbers(urls.shuffle().sharding_filter(), client)
    assert sorted(numbers_of(loader_of(pipe, workers))) == list(range(LINES))
    if workers < 2:
        numbers = numbers_of(loader_of(as_numbers(urls, client), workers))
        assert numbers == list(range(LINES))


def test_a_sharding_filter_behind_the_loading_counts(urls, client):
    pipe = as_numbers(urls, client).sharding_filter()
    assert sorted(numbers_of(loader_of(pipe))) == list(range(LINES))


@pytest.mark.parametrize("filtered", [False, True])
def test_a_dataset_that_hides_the_pipe_is_told_of(urls, client, filtered):
    pipe = as_numbers(urls.sharding_filter() if filtered else urls, client)
    epoch = iter(loader_of(Wrapped(pipe)))
    with pytest.raises(RuntimeWarning, match=f"{SAID}.*Wrapped is no datapipe"):
        numbers_of(epoch)
    epoch._shutdown_workers()  # the traceback keeps them
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert len(numbers_of(loader_of(Wrapped(pipe)))) == 2 * LINES


def test_a_dataset_that_makes_a_pipe_in_each_worker_is_not_told_of(client):
    dataset = MadeInside(partial(numbers_of_this_worker, client))
    assert sorted(numbers_of(loader_of(dataset))) == list(range(LINES))
