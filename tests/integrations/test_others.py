"""Where s3pipes is the source of something else: webdataset, HF datasets, torchdata's nodes."""

from __future__ import annotations

from functools import partial

import pytest
import webdataset
from datasets import IterableDataset
from datasets.distributed import split_dataset_by_node
from torch.utils.data import DataLoader
from torchdata.nodes import Batcher, IterableWrapper, Loader, ParallelMapper, Prefetcher

from s3pipes import S3Client
from tests.integrations.programs import of_hf
from tests.readers.contents import LINES, as_numbers, number
from tests.tars import archive

ALL = list(range(LINES))


def opened(client, url, mode="rb", bufsize=0):
    return client.open(url)


@pytest.mark.parametrize("workers", [0, 2])
def test_webdataset_opens_through_us(store, client, monkeypatch, workers):
    store.boto.create_bucket(Bucket=f"shards{workers}")
    for shard in range(4):
        files = [
            (f"{shard}{i}.{kind}", f"{shard}{i} {kind}".encode() * 5000)
            for i in range(6)
            for kind in ("txt", "cls")
        ]
        store.put(f"shards{workers}", f"{shard}.tar", archive(files))
    monkeypatch.setitem(webdataset.gopen_schemes, "s3", partial(opened, client))
    urls = [str(url) for url in client.list(f"s3://shards{workers}/")]
    dataset = webdataset.WebDataset(urls, shardshuffle=False)
    loader = DataLoader(dataset, batch_size=None, num_workers=workers)
    samples = {sample["__key__"]: sample for sample in loader}
    assert sorted(samples) == [f"{shard}{i}" for shard in range(4) for i in range(6)]
    for key, sample in samples.items():
        for kind in ("txt", "cls"):
            assert sample[kind] == f"{key} {kind}".encode() * 5000


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("ranks", [1, 2])
def test_hf_datasets_give_each_reader_its_urls(client, fields, workers, ranks):
    urls = [str(url) for url in client.list("s3://lines/")]
    whole = IterableDataset.from_generator(of_hf, gen_kwargs={"urls": urls, "fields": fields})
    seen = []
    for rank in range(ranks):
        part = split_dataset_by_node(whole, rank, ranks)
        seen += [row["number"] for row in DataLoader(part, batch_size=None, num_workers=workers)]
    assert sorted(seen) == ALL


def test_nodes_take_a_pipe_as_their_source(client, urls):
    lines = urls.load_files_by_s3(client=client).readlines(return_path=False, decode=True)
    numbers = ParallelMapper(IterableWrapper(lines), number, num_workers=2, method="thread")
    loader = Loader(Prefetcher(Batcher(numbers, batch_size=10), prefetch_factor=4))
    for _ in range(2):
        assert [number for batch in loader for number in batch] == ALL


def test_nodes_restore_an_ordered_pipe(client, urls):
    loader = Loader(Batcher(IterableWrapper(as_numbers(urls, client)), batch_size=10))
    epoch = iter(loader)
    before = [number for _ in range(7) for number in next(epoch)]
    state = loader.state_dict()
    again = Loader(Batcher(IterableWrapper(as_numbers(urls, client)), batch_size=10))
    again.load_state_dict(state)
    assert before + [number for batch in again for number in batch] == ALL


def test_parquet_and_json_of_hf_read_from_a_stream(store, client: S3Client):
    import pyarrow
    import pyarrow.parquet
    from datasets import Dataset

    made = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({"number": ALL}), made)
    store.boto.create_bucket(Bucket="tables")
    store.put("tables", "all.parquet", made.getvalue().to_pybytes())
    with client.open("s3://tables/all.parquet") as stream:
        dataset = Dataset(pyarrow.parquet.read_table(stream))
    assert dataset["number"][:] == ALL
