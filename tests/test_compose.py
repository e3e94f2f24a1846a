"""Our pipes among torch's own, in one process, in workers and on two ranks: each sample once."""

from __future__ import annotations

import gc
import io
import json
import os
import subprocess
import sys
import tarfile
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

from s3pipes import IterableWrapper, ReadConfig, S3Client, S3Url

SHARDS = 7
LINES = 40
MEMBERS = 6


def lines_of(shard):
    return [f"{shard}:{line} {'x' * (37 * line % 211)}".encode() for line in range(LINES)]


def members_of(shard):
    return {
        f"{shard:02}/{i}.{kind}": f"{shard}/{i}/{kind}".encode() * (i + 1)
        for i in range(MEMBERS)
        for kind in ("txt", "cls")
    }


def tar_of(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return out.getvalue()


ALL_LINES = sorted(line for shard in range(SHARDS) for line in lines_of(shard))
ALL_MEMBERS = {name: body for shard in range(SHARDS) for name, body in members_of(shard).items()}
ALL_KEYS = sorted(f"{shard:02}/{i}" for shard in range(SHARDS) for i in range(MEMBERS))


@pytest.fixture(scope="module")
def bucket(s3):
    name = s3.bucket("compose")
    for shard in range(SHARDS):
        text = b"\n".join(lines_of(shard))
        s3.boto.put_object(Bucket=name, Key=f"text/{shard}.txt", Body=text)
        s3.boto.put_object(Bucket=name, Key=f"tar/{shard}.tar", Body=tar_of(members_of(shard)))
    return name


@pytest.fixture(autouse=True)
def workers_end_here():
    """Left to the collector, they would be waited for by the thread that serves them: moto's."""
    yield
    gc.collect()


@pytest.fixture
def client(s3):
    return S3Client(s3.config())


@pytest.fixture
def files(bucket, client):
    """The URLs under a folder, as a pipe."""

    def under(folder):
        source = IterableWrapper([f"s3://{bucket}/{folder}/"])
        return source.list_files_by_s3(length=SHARDS, client=client)

    return under


# At module level: they travel to workers.


def content(pair):
    url, stream = pair
    with stream:
        return url, stream.read()


def name_and_content(pair):
    path, member = pair
    return "/".join(path.split("/")[-2:]), member.read()


def is_even(pair):
    return int(S3Url(pair[0]).key.rpartition("/")[2].partition(".")[0]) % 2 == 0


def parity(pair):
    return int(is_even(pair))


def checked_sample(sample):
    key, number = sample["__key__"], int(sample["__key__"].rpartition("/")[2])
    shard = int(key.partition("/")[0])
    assert set(sample) == {"__key__", "__url__", "txt", "cls"}
    assert sample["txt"] == f"{shard}/{number}/txt".encode() * (number + 1)
    assert sample["cls"] == f"{shard}/{number}/cls".encode() * (number + 1)
    return key


def flat(batches):
    return [sample for batch in batches for sample in batch]


# One process.


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
        assert tar_body == tar_of(members_of(shard))


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


# DataLoader.


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
        with pytest.raises(FileNotFoundError, match=f"s3://{bucket}/missing"):
            list(epoch)
        if workers:  # the traceback keeps them
            epoch._shutdown_workers()  # type: ignore[attr-defined]


# Two ranks.

_RANK = """
import json, sys
import torch.distributed
from torch.utils.data import DataLoader
from s3pipes import IterableWrapper, S3Client, ClientConfig

rank, rendezvous, bucket, fields = sys.argv[1:]
torch.distributed.init_process_group(
    "gloo", init_method="file://" + rendezvous, rank=int(rank), world_size=2
)
urls = IterableWrapper([f"s3://{bucket}/text/"])
urls = urls.list_files_by_s3(client=(client := S3Client(ClientConfig(**json.loads(fields)))))
pipe = urls.shuffle().sharding_filter().load_files_by_s3(client=client)
pipe = pipe.readlines(return_path=False, decode=True)
epochs = []
for workers in (0, 2):
    loader = DataLoader(pipe, batch_size=16, num_workers=workers, collate_fn=list)
    epochs += [[line for batch in loader for line in batch] for _ in range(2)]
torch.distributed.barrier()
torch.distributed.destroy_process_group()
print(json.dumps(epochs))
"""


def test_two_ranks_share_every_epoch(s3, bucket, tmp_path):
    """Two epochs without workers, two with two each."""
    fields = {
        "endpoint_url": s3.endpoint_url,
        "region": s3.region,
        "access_key_id": s3.access_key,
        "secret_access_key": s3.secret_key,
    }
    rendezvous = tmp_path / "rendezvous"
    common = [str(rendezvous), bucket, json.dumps(fields)]
    interface = {"GLOO_SOCKET_IFNAME": "lo"} if Path("/sys/class/net/lo").exists() else {}
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", _RANK, str(rank), *common],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | interface,
        )
        for rank in range(2)
    ]
    outputs = [rank.communicate(timeout=100) for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], [err for _, err in outputs]
    one, other = (json.loads(out) for out, _ in outputs)
    for epoch in range(4):
        assert one[epoch]
        assert other[epoch]
        both = sorted(line.encode() for line in one[epoch] + other[epoch])
        assert both == ALL_LINES
    assert (one[0], other[0]) != (one[1], other[1])
