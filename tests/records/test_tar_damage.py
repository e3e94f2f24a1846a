"""Damaged, cut and odd archives are named, and give only whole members."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile

import pytest

from s3pipes.errors import S3PipesError
from s3pipes.pipes.base import IterableWrapper
from s3pipes.pipes.tar import TarArchiveLoader
from s3pipes.records.bad_record import BadRecord
from tests.records.archives import DATA, END, URL, header, load
from tests.tars import archive


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
