import io

import pytest
from torch.utils.data import DataLoader, IterDataPipe

from s3pipes.pipes.base import IterableWrapper
from s3pipes.pipes.register import functional
from s3pipes.records.bad_record import BadRecord
from tests.interpreter import fresh
from tests.tars import archive

FILES = [
    ("train/0001.jpg", b"J1"),
    ("train/0001.seg.PNG", b"S1"),
    ("train/0001.cls", b"3"),
    ("README", b"no extension"),
    ("train/.hidden.txt", b"no key"),
    ("train/0002.jpg", b"J2"),
    ("v1.0/0002.jpg", b"J3"),
]


def source(*archives):
    return IterableWrapper([(f"s3://b/{i}", io.BytesIO(a)) for i, a in enumerate(archives)])


@pytest.mark.parametrize("by_members", [False, True])
def test_members_are_grouped_by_key(by_members):
    pipe = source(archive(FILES))
    pipe = pipe.load_from_tar().webdataset() if by_members else pipe.webdataset()
    url = "s3://b/0"
    assert list(pipe) == [
        {"__key__": "train/0001", "__url__": url, "jpg": b"J1", "seg.png": b"S1", "cls": b"3"},
        {"__key__": "train/0002", "__url__": url, "jpg": b"J2"},
        {"__key__": "v1.0/0002", "__url__": url, "jpg": b"J3"},
    ]


@pytest.mark.parametrize("by_members", [False, True])
def test_a_sample_ends_with_its_archive(by_members):
    one = archive([("k.txt", b"1")])
    streams = [("s3://b/same", io.BytesIO(one)) for _ in range(2)]
    pipe = IterableWrapper(streams)
    pipe = pipe.load_from_tar().webdataset() if by_members else pipe.webdataset()
    sample = {"__key__": "k", "__url__": "s3://b/same", "txt": b"1"}
    assert list(pipe) == [sample, sample]


def test_the_same_extension_twice_is_an_error():
    pipe = source(archive([("a.txt", b"1"), ("b.txt", b"2"), ("b.TXT", b"3")])).webdataset()
    seen: list[str] = []
    with pytest.raises(BadRecord, match=r"s3://b/0.*'b'.*'txt' twice"):
        seen.extend(sample["__key__"] for sample in pipe)
    assert seen == ["a"]


def test_damage_gives_no_partial_sample():
    content = archive([("a.x", b"1"), ("a.y", b"2"), ("b.x", b"3"), ("b.y", b"4" * 600)])
    seen: list[str] = []
    pipe = source(content[: 512 * 7 + 100]).webdataset()
    with pytest.raises(BadRecord, match="cut short"):
        seen.extend(sample["__key__"] for sample in pipe)
    assert seen == ["a"]


def test_what_is_decoded_before_is_told_where_to_decode():
    with pytest.raises(TypeError, match="decode behind it"):
        list(IterableWrapper([("a.txt", b"bytes")]).webdataset())


def opened(content):
    return "s3://b/x", io.BytesIO(content)


def test_dataloader_workers():
    archives = [archive([(f"{i}.txt", b"%d" % i)]) for i in range(5)]
    pipe = IterableWrapper(archives).sharding_filter().map(opened).webdataset()
    loader = DataLoader(pipe, batch_size=None, num_workers=2)
    assert sorted(sample["txt"] for sample in loader) == [b"0", b"1", b"2", b"3", b"4"]


def test_length():
    with pytest.raises(TypeError):
        len(source().webdataset())
    assert len(source().webdataset(length=7)) == 7


@pytest.mark.parametrize("order", ["old_records_first", "old_records_later"])
def test_torchdata_may_be_imported_before_or_after(order):
    assert fresh("tests.programs.beside_torchdata", order).split() == ["s3pipes"] * 3


def test_a_name_that_somebody_else_has_stays_theirs():
    class Mine(IterDataPipe[object]):
        pass

    before = IterableWrapper([1]).batch
    with pytest.warns(RuntimeWarning, match=r"\.batch\(\) belongs to torch"):
        functional("batch")(Mine)
    assert type(IterableWrapper([1]).batch(2)) is type(before(2))
