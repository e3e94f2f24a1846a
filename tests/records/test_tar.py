"""Tar: the same files as tarfile finds, however the archive is cut."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import tarfile
import tracemalloc

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from s3pipes.pipes.base import IterableWrapper
from s3pipes.pipes.tar import TarArchiveLoader
from s3pipes.records.bad_record import BadRecord
from s3pipes.records.tar import TarMember
from tests.records.archives import DATA, END, FORMATS, URL, Chunked, header, load, opened
from tests.tars import archive

names = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=120),
    st.builds(
        "/".join,
        st.lists(st.text("abc.é", min_size=1, max_size=99), min_size=1, max_size=4),
    ),
).filter(lambda name: not name.endswith("/"))


@settings(deadline=None, max_examples=50)
@given(
    files=st.lists(st.tuples(names, st.binary(max_size=1200)), max_size=5),
    form=st.sampled_from(FORMATS),
    piece=st.sampled_from([1, 7, 511, 512, 513, 1 << 20]),
)
def test_the_same_files_as_tarfile_however_cut(files, form, piece):
    try:
        content = archive(files, form)
    except ValueError:  # the name does not fit ustar
        content = archive(files, tarfile.GNU_FORMAT)
    assert load(content, piece) == files


@pytest.mark.parametrize("form", FORMATS)
def test_paths_as_torchdata_gave_them(form):
    content = archive([("./d/x.txt", b"1"), ("/abs", b"2")], form)
    got = list(IterableWrapper([("s3://b/a.tar", io.BytesIO(content))]).load_from_tar())
    assert [path for path, _ in got] == ["s3:/b/a.tar/d/x.txt", "/abs"]
    assert [member.archive for _, member in got] == ["s3://b/a.tar"] * 2
    assert [member.index for _, member in got] == [0, 1]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names(form):
    files = [("d/" * 300 + "ü" * 400, b"x"), ("short", b"y"), ("z" * 101, b"")]
    assert load(archive(files, form), 100) == files


def test_global_pax_headers_and_sizes():
    files = [("a", b"1"), ("b", b"2")]
    assert load(archive(files, pax_headers={"comment": "all"})) == files
    # A pax size goes before the header's, and an empty path takes the pax path back.
    records = b"10 size=5\n8 path=\n"
    padded = records + bytes(512 - len(records))
    extended = header(size=b"%011o\0" % len(records), kind=b"x")
    assert load(extended + padded + header(size=b"0" * 12) + DATA + END) == [("file", b"hello")]


@pytest.mark.parametrize(
    "block",
    [
        header(),
        header(kind=b"\0"),
        header(kind=b"7", magic=b"ustar\x0000"),
        header(size=b"\x80" + bytes(10) + b"\x05"),
        header(size=b"          5 "),
        header(size=b"000000000005"),
        header(magic=b"ustar  \0", prefix=b"15000000000"),  # GNU keeps a time there
    ],
)
def test_old_and_odd_headers(block):
    assert load(block + DATA + END) == [("file", b"hello")]


def test_ustar_prefix_and_signed_checksum():
    block = header(magic=b"ustar\x0000", prefix=b"some/where")
    assert load(block + DATA + END) == [("some/where/file", b"hello")]
    block = header(name="é".encode(), signed=True)
    assert load(block + DATA + END) == [("é", b"hello")]


def test_names_that_are_not_utf8_survive():
    ((name, _),) = load(header(name=b"\xff\xfe") + DATA + END)
    assert os.fsencode(name) == b"\xff\xfe"
    cut_short = header(name=b"\xff\n") + DATA[:2]
    with pytest.raises(BadRecord, match=r"member '\\xff\\x0a' of 5 bytes"):
        load(cut_short)


def test_what_is_no_file_is_passed_over():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            entry = tarfile.TarInfo(f"no{kind!r}")
            entry.type = kind
            entry.linkname = "l" * 200
            tar.addfile(entry)
        entry = tarfile.TarInfo("yes")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"abc"))
    assert load(out.getvalue(), 300) == [("yes", b"abc")]
    # An unknown type has data, which are passed over; v7 marks directories by a slash.
    content = header(kind=b"Q") + DATA + header(name=b"d/", kind=b"\0", size=bytes(12))
    assert load(content + header() + DATA + END, 700) == [("file", b"hello")]


@pytest.mark.parametrize("make", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("piece", [1, 100, 1 << 20])
def test_compression_is_recognised(make, piece):
    files = [(f"{i}", bytes([i]) * 3000) for i in range(20)] + [("zeros", bytes(3 << 20))]
    content = archive(files)
    assert load(make(content), max(piece, 20)) == files
    several = make(content[:5000]) + make(content[5000:]) + bytes(8)
    assert load(several, max(piece, 20)) == files


@pytest.mark.parametrize(
    ("mode", "make"),
    [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("", bytes)],
)
def test_modes(mode, make):
    content = make(archive([("a", b"1")]))
    for kind in (":", "|"):
        assert load(content, mode=f"r{kind}{mode}") == [("a", b"1")]
    other = "bz2" if mode == "gz" else "gz"
    with pytest.raises(BadRecord, match="damaged"):
        load(content, mode=f"r:{other}")
    with pytest.raises(ValueError, match="mode"):
        TarArchiveLoader(IterableWrapper([]), mode="w")


def test_member_is_a_file_and_a_view():
    content = bytes(range(256)) * 10
    member = TarMember(content, "d/x.bin", URL, 3)
    assert (member.name, member.archive, member.size, member.index) == ("d/x.bin", URL, 2560, 3)
    assert member.view().readonly
    assert member.view() == content
    assert member.read(3) == content[:3]
    assert b"".join(member.chunks()) == content[3:]
    assert not list(member.chunks())
    tensor = member.tensor()
    assert tensor.dtype == torch.uint8
    assert bytes(tensor.tolist()) == content
    assert TarMember(b"", "e", URL).tensor().shape == (0,)
    member.seek(5)
    again = pickle.loads(pickle.dumps(member))
    assert (again.read(2), again.name, again.view()) == (content[5:7], "d/x.bin", content)
    assert "d/x.bin" in repr(member)


def test_a_closed_member_pickles_too():
    member = TarMember(b"content", "d/x.bin", URL, 3)
    member.close()
    again = pickle.loads(pickle.dumps(member))
    assert again.closed
    assert (again.name, again.archive, again.index) == ("d/x.bin", URL, 3)
    assert again.view() == b"content"
    with pytest.raises(ValueError, match="closed"):
        again.read()


def test_lines_of_members():
    content = archive([("a.txt", b"1\n2"), ("b.txt", b"3\n")])
    pipe = IterableWrapper([("s", io.BytesIO(content))]).load_from_tar().readlines()
    assert list(pipe) == [("s/a.txt", b"1"), ("s/a.txt", b"2"), ("s/b.txt", b"3")]


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_torch_decodes_members():
    content = archive([("a.txt", b"hi"), ("b.json", b"[1]")])
    pipe = IterableWrapper([("s", io.BytesIO(content))]).load_from_tar()
    assert [value for _, value in pipe.routed_decode()] == ["hi", [1]]


def test_a_small_member_does_not_keep_its_archive():
    tracemalloc.start()
    try:
        content = archive([(str(i), bytes(100)) for i in range(3)] + [("big", bytes(8 << 20))])
        kept = []
        before = tracemalloc.get_traced_memory()[0]
        for _, member in IterableWrapper([(URL, io.BytesIO(content))]).load_from_tar():
            if member.size < 1000:
                kept.append(member)
            del member
        assert len(kept) == 3
        assert tracemalloc.get_traced_memory()[0] - before < 1 << 20
    finally:
        tracemalloc.stop()


def test_an_abandoned_archive_is_closed():
    stream = Chunked(archive([("a", b"1"), ("b", b"2")]), 512)
    members = iter(IterableWrapper([(URL, stream)], deepcopy=False).load_from_tar())
    next(members)
    assert not stream.closed
    del members
    assert stream.closed


def test_length():
    pipe = TarArchiveLoader(IterableWrapper([]))
    with pytest.raises(TypeError, match="instance doesn't have valid length"):
        len(pipe)
    assert len(TarArchiveLoader(IterableWrapper([]), length=5)) == 5


def test_pickles_and_works_in_dataloader_workers():
    archives = [archive([(f"{i}/{j}", b"%d" % j) for j in range(3)]) for i in range(4)]
    pipe = IterableWrapper(archives).sharding_filter().map(opened).load_from_tar()
    loader = DataLoader(pickle.loads(pickle.dumps(pipe)), batch_size=None, num_workers=2)
    got = sorted((member.name, member.read()) for _, member in loader)
    assert got == [(f"{i}/{j}", b"%d" % j) for i in range(4) for j in range(3)]
