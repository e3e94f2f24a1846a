"""Our pipes in torch's workers: each sample once, each error as it was."""

from __future__ import annotations

from itertools import islice

import pytest
from torch.utils.data import DataLoader

from s3pipes import IterableWrapper, ObjectNotFound, ReadConfig
from tests.compose.contents import (
    ALL_KEYS,
    ALL_LINES,
    ALL_MEMBERS,
    checked_sample,
    content,
    flat,
    name_and_content,
)


def as_lines(urls, client, read):
    return urls.load_files_by_s3(client=client, read=read).readlines(return_path=False)


def as_line_batches(urls, client, read):
    return urls.load_files_by_s3(client=client, read=read).readlines(
        return_path=False, batch_size=9
    )


def as_members(urls, client, read):
    return urls.load_files_by_s3(client=client, read=read).load_from_tar().map(name_and_content)


def as_samples(urls, client, read):
    return urls.load_files_by_s3(client=client, read=read).webdataset().map(checked_sample)


KINDS = {
    "readlines": ("text", as_lines, ALL_LINES),
    "readlines(batch_size)": ("text", as_line_batches, ALL_LINES),
    "load_from_tar": ("tar", as_members, sorted(ALL_MEMBERS.items())),
    "webdataset": ("tar", as_samples, ALL_KEYS),
}


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "as ready"])
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(("folder", "parse", "expected"), list(KINDS.values()), ids=list(KINDS))
def test_each_sample_once_per_epoch(files, client, folder, parse, expected, workers, in_order):
    urls = files(folder).shuffle().sharding_filter()
    pipe = parse(urls, client, ReadConfig(in_order=in_order))
    whole = parse is as_line_batches
    loader = DataLoader(
        pipe,
        batch_size=None if whole else 5,
        num_workers=workers,
        collate_fn=None if whole else list,
        persistent_workers=workers > 0,
    )
    epochs = [flat(loader) for _ in range(2)]
    if workers:
        loader._iterator._shutdown_workers()  # type: ignore[union-attr]
    assert [sorted(epoch) for epoch in epochs] == [expected] * 2


def test_an_epoch_may_be_abandoned(files, client):
    pipe = as_lines(files("text").sharding_filter(), client, None)
    loader = DataLoader(pipe, batch_size=4, num_workers=2, collate_fn=list)
    epoch = iter(loader)
    assert len(flat(islice(epoch, 2))) == 8
    epoch._shutdown_workers()  # type: ignore[attr-defined]
    assert sorted(flat(loader)) == ALL_LINES


def test_an_error_in_a_worker_keeps_its_kind_and_its_url(bucket, client):
    urls = IterableWrapper([f"s3://{bucket}/text/0.txt", f"s3://{bucket}/missing"])
    pipe = urls.load_files_by_s3(client=client).map(content)
    for workers in (0, 1):
        epoch = iter(DataLoader(pipe, batch_size=None, num_workers=workers))
        with pytest.raises(FileNotFoundError, match=f"s3://{bucket}/missing") as caught:
            list(epoch)
        error = caught.value
        assert isinstance(error, ObjectNotFound)
        assert (error.url, error.status, error.code) == (f"s3://{bucket}/missing", 404, "NoSuchKey")
        assert error.request_id
        assert f"url='s3://{bucket}/missing'" in repr(error)
        if workers:  # the traceback keeps them
            epoch._shutdown_workers()  # type: ignore[attr-defined]
