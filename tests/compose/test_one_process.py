"""Our pipes among torch's own: each sample once."""

from __future__ import annotations

import torch

from s3pipes import IterableWrapper, ReadConfig, S3Url
from tests.compose.contents import (
    ALL_LINES,
    SHARDS,
    content,
    flat,
    is_even,
    lines_of,
    members_of,
    parity,
)
from tests.tars import archive


def test_shuffle_of_urls_and_of_samples(files, client):
    urls = files("text").shuffle()
    lines = urls.load_files_by_s3(client=client).readlines(return_path=False).shuffle()
    torch.manual_seed(0)
    epochs = [list(lines.set_seed(seed)) for seed in (1, 2)]
    assert [sorted(epoch) for epoch in epochs] == [ALL_LINES] * 2
    assert epochs[0] != epochs[1]
    assert list(lines.set_seed(1)) != ALL_LINES


def test_sharding_filter_gives_every_sample_to_one(files, client):
    seen = []
    for rank in range(3):
        pipe = files("text").sharding_filter().load_files_by_s3(client=client)
        pipe = pipe.readlines(return_path=False)
        torch.utils.data.graph_settings.apply_sharding(pipe, 3, rank)
        mine = list(pipe)
        assert mine
        seen += mine
    assert sorted(seen) == ALL_LINES


def test_batch_map_filter(files, client):
    pipe = files("text").load_files_by_s3(client=client).filter(is_even).map(content).batch(3)
    batches = list(pipe)
    assert [len(batch) for batch in batches] == [3, 1]
    assert [body for _, body in flat(batches)] == [b"\n".join(lines_of(i)) for i in (0, 2, 4, 6)]
    assert (
        len(pipe.source_datapipe if hasattr(pipe, "source_datapipe") else files("text")) == SHARDS
    )


def test_zip_of_two_loaders(files, client):
    text = files("text").load_files_by_s3(client=client).map(content)
    tars = files("tar").load_files_by_s3(client=client).map(content)
    pairs = list(text.zip(tars))
    assert len(pairs) == SHARDS
    for shard, ((_, text_body), (_, tar_body)) in enumerate(pairs):
        assert text_body == b"\n".join(lines_of(shard))
        assert tar_body == archive(members_of(shard).items())


def test_mux_concat_and_demux(files, client):
    load = {"client": client}
    mux = files("text").load_files_by_s3(**load).mux(files("tar").load_files_by_s3(**load))
    assert [S3Url(url).key for url, _ in mux] == flat(
        (f"text/{i}.txt", f"tar/{i}.tar") for i in range(SHARDS)
    )
    both = files("text").concat(files("tar")).load_files_by_s3(**load).map(content)
    assert len(list(both)) == 2 * SHARDS
    odd, even = files("text").load_files_by_s3(**load).demux(2, parity, buffer_size=SHARDS)
    assert [body for _, body in even.map(content)] == [
        b"\n".join(lines_of(i)) for i in (0, 2, 4, 6)
    ]
    assert [body for _, body in odd.map(content)] == [b"\n".join(lines_of(i)) for i in (1, 3, 5)]


def test_fork_of_urls_and_of_streams(files, client):
    one, other = files("text").fork(2)
    loaded = one.load_files_by_s3(client=client).map(content)
    for (url, body), same in loaded.zip(other):
        assert url == same
        assert len(body) == same.size
    # The same stream twice: the second to come reads from where it stands.
    one, other = files("text").load_files_by_s3(client=client).fork(2)
    for shard, ((_, a), (_, b)) in enumerate(one.zip(other)):
        assert a is b
        assert a.read(10) + b.read() == b"\n".join(lines_of(shard))


def test_hundreds_of_unread_streams_in_a_shuffle_buffer(files, client):
    """More than fit the window lie about unread."""
    read = ReadConfig(chunk_bytes=64 << 10, window_bytes=64 << 10)
    urls = list(files("text")) * 60
    pipe = (
        IterableWrapper(urls).load_files_by_s3(client=client, read=read).shuffle(buffer_size=1000)
    )
    got = sorted(pipe.readlines(return_path=False))
    assert got == sorted(ALL_LINES * 60)
