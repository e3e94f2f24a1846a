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

from s3pipes.errors import S3PipesError
from s3pipes.pipes.base import IterableWrapper
from s3pipes.pipes.tar import TarArchiveLoader, TarMember
from s3pipes.records.bad_record import BadRecord

URL = "s3://bucket/a.tar"
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


class Chunked:
    """A stream in chunks, as S3Stream; each must be free when the next is asked for."""

    def __init__(self, content, size):
        self.parts = [bytearray(content[i : i + size]) for i in range(0, len(content), size)]
        self.closed = False

    def chunks(self):
        for part in self.parts:
            yield memoryview(part)
            part.append(0)

    def close(self):
        self.closed = True


def archive(files, form=tarfile.PAX_FORMAT, **pax):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, **pax) as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def load(content, piece=1 << 20, **kwargs):
    stream = Chunked(content, piece)
    pipe = IterableWrapper([(URL, stream)], deepcopy=False).load_from_tar(**kwargs)
    try:
        return [(member.name, member.read()) for _, member in pipe]
    finally:
        assert stream.closed


def header(*, name=b"file", size=b"00000000005\0", kind=b"0", magic=b"", signed=False, prefix=b""):
    block = bytearray(512)
    block[: len(name)] = name
    block[124:136] = size
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[257 : 257 + len(magic)] = magic
    block[345 : 345 + len(prefix)] = prefix
    total = sum(b - 256 if signed and b > 127 else b for b in block)
    block[148:156] = b"%06o\0 " % total
    return bytes(block)


DATA = b"hello" + bytes(507)
END = bytes(1024)

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


@pytest.mark.parametrize("make", [gzip.compress, bz2.compress, lzma.compress])
def test_damaged_compression(make):
    content = make(archive([("a", os.urandom(5000))]))
    with pytest.raises(BadRecord, match=f"{URL}.*cut short"):
        load(content[:-3])
    wrong = bytearray(content)
    wrong[len(wrong) // 2] ^= 0xFF
    with pytest.raises(BadRecord):
        load(bytes(wrong))
    with pytest.raises(BadRecord):
        load(content + b"garbage")


def test_every_truncation_is_an_error_and_gives_only_whole_members():
    files = [("a", b"x" * 700), ("n" * 150, b"y"), ("e", b"")]
    content = archive(files, tarfile.GNU_FORMAT)
    end = len(content.rstrip(b"\0")) // 512 * 512 + 512
    borders = [1536, end]  # behind the first member, and behind the last
    for length in range(0, end + 1, 31):
        pipe = TarArchiveLoader(IterableWrapper([(URL, io.BytesIO(content[:length]))]))
        seen: list[tuple[str, bytes]] = []
        with pytest.raises(BadRecord, match=URL):
            seen.extend((member.name, member.read()) for _, member in pipe)
        assert seen == files[: len(seen)]
    assert load(content[: borders[0]]) == files[:1]
    assert load(content[: borders[1]]) == files
    assert load(content[: end + 512]) == files
    assert load(content[: end + 100]) == files


def test_a_cut_member_is_named_with_offset():
    content = archive([("a", b"x"), ("sub/b", b"y" * 700)], tarfile.USTAR_FORMAT)
    with pytest.raises(BadRecord) as caught:
        load(content[:1700])
    assert isinstance(caught.value, S3PipesError)
    text = str(caught.value)
    for part in (URL, "byte 1700", "536 bytes before", "'sub/b' of 700 bytes", "byte 1024"):
        assert part in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a tar archive"),
        (b"some text\n", "not a tar archive"),
        (b"<html>" * 200, "not a tar archive"),
        (b"\x28\xb5\x2f\xfd" + bytes(2000), "zstd"),
        (header() + DATA + b"x" * 512, "checksum at byte 1024"),
        (header() + DATA + bytes(512) + header() + DATA, "zeros.*byte 1536"),
        (header(kind=b"S") + DATA, "sparse"),
        (header(kind=b"M") + DATA, "multi-volume"),
        (header(size=b"\xff" * 12) + DATA, "size of member 'file' at byte 0"),
        (header(size=b"0000000000x\0") + DATA, "size of member"),
        (header(size=b"\x80" + b"\xff" * 11) + DATA, "size of member"),
        (header(size=b"\x80" + bytes(4) + b"\x01" + bytes(6)) + DATA, "member 'file'"),
        (header(kind=b"L", size=b"77777777777\0"), "extended header of 8589934591 bytes"),
        (header(kind=b"L") + DATA, "after an extended header"),
        (header(kind=b"x") + DATA + header(), "malformed pax"),
        (header(kind=b"L") + DATA + END, "no header after an extended"),
    ],
)
def test_damage_is_named(content, says):
    with pytest.raises(BadRecord, match=says):
        load(content)


def test_sparse_pax_is_refused():
    content = archive([("a", b"1")], pax_headers={"GNU.sparse.major": "1"})
    with pytest.raises(BadRecord, match="sparse"):
        load(content)


def test_an_error_of_the_stream_stays_itself():
    class Failing(io.BytesIO):
        def read(self, size=-1, /):
            raise TimeoutError(size)

    for mode in ("r:*", "r:gz", "r:"):
        with pytest.raises(TimeoutError):
            list(TarArchiveLoader(IterableWrapper([(URL, Failing())]), mode=mode))


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


def opened(content):
    return URL, io.BytesIO(content)


def test_pickles_and_works_in_dataloader_workers():
    archives = [archive([(f"{i}/{j}", b"%d" % j) for j in range(3)]) for i in range(4)]
    pipe = IterableWrapper(archives).sharding_filter().map(opened).load_from_tar()
    loader = DataLoader(pickle.loads(pickle.dumps(pipe)), batch_size=None, num_workers=2)
    got = sorted((member.name, member.read()) for _, member in loader)
    assert got == [(f"{i}/{j}", b"%d" % j) for i in range(4) for j in range(3)]
