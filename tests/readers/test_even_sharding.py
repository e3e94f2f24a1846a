"""Equal shares: as many for each reader, every element in one of them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader
from torch.utils.data.graph_settings import apply_sharding

from s3pipes import IterableWrapper, S3Url
from tests.readers.contents import OBJECTS


def shares(elements, readers, **how):
    made = []
    for reader in range(readers):
        pipe = IterableWrapper(range(elements)).even_sharding_filter(**how)
        apply_sharding(pipe, readers, reader)
        share = list(pipe)
        assert len(pipe) == len(share)
        made.append(share)
    return made


@given(elements=st.integers(0, 40), readers=st.integers(1, 12))
def test_every_reader_gets_equally_many_and_none_is_lost(elements, readers):
    made = shares(elements, readers)
    assert len({len(share) for share in made}) == 1
    dealt = Counter(element for share in made for element in share)
    assert set(dealt) == set(range(elements))
    assert dealt.total() < elements + readers
    for reader, share in enumerate(made):
        fair = list(range(elements))[reader::readers]
        assert share[: len(fair)] == fair  # as sharding_filter() deals them out


@given(elements=st.integers(0, 40), readers=st.integers(1, 12))
def test_with_drop_last_none_comes_twice(elements, readers):
    made = shares(elements, readers, drop_last=True)
    assert {len(share) for share in made} == {elements // readers}
    dealt = [element for share in made for element in share]
    assert sorted(dealt) == list(range(elements // readers * readers))


def key_of(pair):
    return S3Url(pair[0]).key


@pytest.mark.parametrize("drop_last", [False, True])
def test_a_dataloader_shards_it(urls, client, drop_last):
    """23 objects for 2 workers: 12 for each, or 11."""
    odd = IterableWrapper(list(urls)[1:]).even_sharding_filter(drop_last=drop_last)
    pipe = odd.load_files_by_s3(client=client).map(key_of)
    keys = list(DataLoader(pipe, batch_size=None, num_workers=2))
    assert len(keys) == (22 if drop_last else 24)
    assert len(set(keys)) == (22 if drop_last else OBJECTS - 1)


def test_a_source_without_a_length_has_none_here(urls):
    with pytest.raises(TypeError, match="valid length"):
        len(urls.even_sharding_filter())
