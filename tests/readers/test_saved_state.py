"""The state of a StatefulDataLoader: it restores what it was, or it is not saved."""

from __future__ import annotations

from collections import Counter

import pytest
from torchdata.nodes import IterableWrapper as Node
from torchdata.nodes import Loader
from torchdata.stateful_dataloader import StatefulDataLoader

from s3pipes import ConfigError, ReadConfig
from tests.readers.contents import LINES, as_numbers

# torch's of torchdata.
pytestmark = pytest.mark.filterwarnings("ignore:'set_vital' is deprecated")
WORKERS = pytest.mark.parametrize("workers", [0, 2])
READY = {"read": ReadConfig(in_order=False)}


def lines_of(urls, client, **how):
    """The last pipe is ours."""
    return urls.load_files_by_s3(client=client, **how).readlines(return_path=False, decode=True)


def loader_of(pipe, workers):
    return StatefulDataLoader(pipe, batch_size=10, num_workers=workers, collate_fn=list)


def some_of(epoch, batches):
    return [line for _ in range(batches) for line in next(epoch)]


@WORKERS
@pytest.mark.parametrize("parse", [as_numbers, lines_of], ids=["torch's last", "ours last"])
@pytest.mark.parametrize("cause", ["shuffle", "in_order=False"])
def test_saving_a_state_that_cannot_be_restored_raises(urls, client, workers, parse, cause):
    if cause == "shuffle":
        pipe = parse(urls.shuffle().sharding_filter(), client)
    else:
        pipe = parse(urls.sharding_filter(), client, **READY)
    loader = loader_of(pipe, workers)
    epoch = iter(loader)
    some_of(epoch, 3)
    with pytest.raises(ConfigError, match=f"cannot be saved: with .*{cause}"):
        loader.state_dict()
    assert some_of(epoch, 2)  # nothing else has happened to the epoch


@WORKERS
def test_a_shuffled_state_may_be_saved_where_nothing_must_be_found_again(urls, client, workers):
    loader = loader_of(as_numbers(urls.shuffle().sharding_filter(), client), workers)
    states = [loader.state_dict()]
    assert len([line for batch in loader for line in batch]) == LINES
    if workers:
        with pytest.raises(ConfigError, match="cannot be saved"):
            loader.state_dict()
    else:
        states.append(loader.state_dict())
    for state in states:
        again = loader_of(as_numbers(urls.shuffle().sharding_filter(), client), workers)
        again.load_state_dict(state)
        assert sorted(line for batch in again for line in batch) == list(range(LINES))


@WORKERS
@pytest.mark.parametrize("switched_off", [False, True])
def test_an_ordered_state_restores_exactly(urls, client, workers, switched_off):
    urls = urls.shuffle().set_shuffle(False) if switched_off else urls
    pipe = as_numbers(urls.sharding_filter(), client)
    loader = loader_of(pipe, workers)
    epoch = iter(loader)
    before = some_of(epoch, 7)
    state = loader.state_dict()
    del epoch
    again = loader_of(pipe, workers)
    again.load_state_dict(state)
    after = [line for batch in again for line in batch]
    assert Counter(before + after) == Counter(range(LINES))


def test_a_loader_without_our_pipes_keeps_its_own_state():
    loader = StatefulDataLoader(list(range(40)), batch_size=10, shuffle=True)
    next(iter(loader))
    assert loader.state_dict()
    assert "state_dict" not in vars(loader)


def test_a_guarded_loader_is_not_kept_alive(urls, client):
    loader = loader_of(as_numbers(urls.shuffle(), client), 0)
    next(iter(loader))
    assert "state_dict" in vars(loader)
    guard = loader.state_dict
    del loader
    with pytest.raises(AssertionError):
        guard()


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_node_restores_exactly_or_raises(urls, client, shuffled):
    pipe = as_numbers(urls.shuffle() if shuffled else urls, client)
    loader = Loader(Node(pipe))
    epoch = iter(loader)
    before = [next(epoch) for _ in range(70)]
    state = loader.state_dict()
    again = Loader(Node(pipe))
    again.load_state_dict(state)
    if shuffled:
        with pytest.raises(ConfigError, match=r"cannot be restored: with .*shuffle"):
            list(again)
    else:
        assert before + list(again) == list(range(LINES))
