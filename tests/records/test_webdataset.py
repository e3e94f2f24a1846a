import io
import os
import pickle
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, IterDataPipe

from s3pipes.pipes.base import IterableWrapper
from s3pipes.pipes.register import functional
from s3pipes.records.bad_record import BadRecord
from s3pipes.records.member_path import MemberPath
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
    pipe: Any = IterableWrapper(streams)
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


def text_decoded(pair):
    path, value = pair
    return (path, value.read().decode()) if path.endswith(".cls") else pair


def test_members_that_were_decoded_keep_their_sample_and_their_archive():
    """Some are decoded, some are not, and all that belongs together stays together."""
    plain = source(archive(FILES), archive(FILES[:3])).webdataset()
    decoded = source(archive(FILES), archive(FILES[:3])).load_from_tar().map(text_decoded)
    expected = [{**one, "cls": one["cls"].decode()} if "cls" in one else one for one in plain]
    assert list(decoded.webdataset()) == expected


# Grouped as torchdata 0.9 does.
PAIRS = [
    ("/path/to/file1.jpg", b"1"),
    ("/path/to/_something_", b"nothing"),
    ("/path/to/file1.CLS", 2),
    ("/path/to/file2.seg.png", b"3"),
]


def test_what_torchdatas_accepts_is_accepted():
    assert list(IterableWrapper(PAIRS).webdataset()) == [
        {"__key__": "/path/to/file1", "jpg": b"1", "cls": 2},
        {"__key__": "/path/to/file2", "seg.png": b"3"},
    ]
    assert list(IterableWrapper(PAIRS).webdataset(keys="dotted")) == [
        {"__key__": "/path/to/file1", ".jpg": b"1", ".CLS": 2},
        {"__key__": "/path/to/file2", ".seg.png": b"3"},
    ]


def test_dotted_keys_have_streams_for_values():
    """Members as load_from_tar() gives them, and objects that are no archives."""
    [one, two, three] = source(archive(FILES)).load_from_tar().webdataset(keys="dotted")
    assert one["__key__"] == "s3:/b/0/train/0001"
    assert one.keys() == {"__key__", ".jpg", ".seg.PNG", ".cls"}
    assert (one[".jpg"].read(), two[".jpg"].read(), three[".jpg"].read()) == (b"J1", b"J2", b"J3")
    objects = [("s3://b/1.jpg", io.BytesIO(b"J")), ("s3://b/1.cls", io.BytesIO(b"C"))]
    [sample] = IterableWrapper(objects).webdataset(keys="dotted")
    assert (sample["__key__"], sample[".jpg"].read(), sample[".cls"].read()) == (
        "s3://b/1",
        b"J",
        b"C",
    )


def test_other_keys_are_refused():
    with pytest.raises(ValueError, match="keys must be 'bare' or 'dotted', not 'dots'"):
        source().webdataset(keys="dots")


def test_a_path_that_is_no_str():
    with pytest.raises(TypeError, match="takes a str for a path, not a int"):
        list(IterableWrapper([(1, b"")]).webdataset())


def test_the_path_of_a_member_travels():
    [(path, _)] = source(archive([("a/b.txt", b"1")])).load_from_tar()
    assert path == "s3:/b/0/a/b.txt"
    copy = pickle.loads(pickle.dumps(path))
    assert (copy, copy.archive, copy.name, copy.place) == (path, "s3://b/0", "a/b.txt", 0)


@given(st.text("a./", min_size=1, max_size=8), st.text("ab./", min_size=1, max_size=8))
def test_the_path_of_a_member_is_torchdatas(where, name):
    assume(where.strip("/"))
    assert MemberPath(where, name, 0) == os.path.normpath(os.path.join(where, name))  # noqa: PTH118


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


def test_a_name_that_somebody_else_has_stays_theirs():
    class Mine(IterDataPipe[object]):
        pass

    before = IterableWrapper([1]).batch
    with pytest.warns(RuntimeWarning, match=r"\.batch\(\) belongs to torch"):
        functional("batch")(Mine)  # type: ignore[type-var]
    assert type(IterableWrapper([1]).batch(2)) is type(before(2))
