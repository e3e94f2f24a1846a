import io
import pickle
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from s3pipes.pipes.base import IterableWrapper
from s3pipes.pipes.lines import LineReader
from s3pipes.records.bad_record import BadRecord


class Chunked:
    """A stream that gives its bytes in chunks, as S3Stream does, and tells what becomes of it."""

    def __init__(self, *parts):
        self.parts = [bytearray(part) for part in parts]
        self.closed = False

    def chunks(self):
        for part in self.parts:
            yield memoryview(part)
            part.append(0)  # BufferError where somebody still holds the chunk

    def close(self):
        self.closed = True


def source(*streams):
    return IterableWrapper([(f"s3://b/{i}", s) for i, s in enumerate(streams)], deepcopy=False)


def as_torchdata_did(content, *, skip=0, strip=True, encoding=None, errors="ignore"):
    lines = list(io.BytesIO(content))[skip:]
    if strip:
        lines = [line.strip(b"\r\n") for line in lines]
    return [line.decode(encoding, errors) for line in lines] if encoding else lines


texts = st.text(alphabet="\n\r\0aé\u2028 ", max_size=40).map(str.encode)


@st.composite
def cut(draw, content):
    places = sorted(draw(st.lists(st.integers(0, len(content)), max_size=6)))
    return [content[a:b] for a, b in zip([0, *places], [*places, len(content)], strict=True)]


@given(
    data=st.data(),
    contents=st.lists(texts, max_size=4),
    skip=st.integers(0, 3),
    strip=st.booleans(),
    encoding=st.sampled_from([None, "utf-8", "latin-1"]),
    batch_size=st.sampled_from([None, 1, 2, 3, 100]),
    drop_last=st.booleans(),
    with_path=st.booleans(),
)
def test_same_lines_as_file_iteration_however_cut(
    *, data, contents, skip, strip, encoding, batch_size, drop_last, with_path
):
    streams = [Chunked(*data.draw(cut(content))) for content in contents]
    got = list(
        source(*streams).readlines(
            skip_lines=skip,
            strip_newline=strip,
            decode=encoding is not None,
            encoding=encoding or "utf-8",
            return_path=with_path,
            batch_size=batch_size,
            drop_last=drop_last,
        )
    )
    expected = [
        (f"s3://b/{i}", line) if with_path else line
        for i, content in enumerate(contents)
        for line in as_torchdata_did(content, skip=skip, strip=strip, encoding=encoding)
    ]
    if batch_size is not None:
        expected = [expected[i : i + batch_size] for i in range(0, len(expected), batch_size)]
        if drop_last and expected and len(expected[-1]) < batch_size:
            expected.pop()
    assert got == expected
    assert all(stream.closed for stream in streams)


def test_both_ends_of_a_line_are_stripped_as_by_torchdata():
    lines = source(io.BytesIO(b"\r\n\r x\r\r\ny\r")).readlines(return_path=False)
    assert list(lines) == [b"", b" x", b"y"]


def test_text_streams_give_str():
    text = source(io.StringIO("Linie1\nzwölf\r\nend\u2028e"), io.BytesIO(b"b")).readlines()
    assert list(text) == [
        ("s3://b/0", "Linie1"),
        ("s3://b/0", "zwölf"),
        ("s3://b/0", "end\u2028e"),
        ("s3://b/1", b"b"),
    ]


def test_read_streams_across_read_borders():
    content = b"".join(b"%d " % i * 200 + b"\n" for i in range(8000))
    got = list(source(io.BytesIO(content)).readlines(return_path=False, strip_newline=False))
    assert got == list(io.BytesIO(content))


def test_what_cannot_be_read_is_iterated():
    assert list(source([b"a\nb", b"c\n"]).readlines(return_path=False)) == [b"a", b"bc"]


def test_a_nonblocking_stream_without_data_is_no_end():
    class Waiting(io.BytesIO):
        def read(self, size=-1, /):
            return super().read(size) or None

    with pytest.raises(BlockingIOError):
        list(source(Waiting(b"a\n")).readlines())


def test_a_line_too_long_names_path_offset_and_setting():
    stream = Chunked(b"ab\nc", b"d\n12", b"34", b"5\nx\n")
    seen = []
    lines = source(stream).readlines(max_line_bytes=4, return_path=False)
    with pytest.raises(BadRecord, match="max_line_bytes") as caught:
        seen.extend(lines)
    assert seen == [b"ab", b"cd"]
    assert "s3://b/0" in str(caught.value)
    assert "byte 6 " in str(caught.value)
    assert "max_line_bytes=4" in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert stream.closed


@given(cut=cut(b"1234\n1234\r\n12345\n"), batch_size=st.sampled_from([None, 1, 2, 3]))
def test_max_line_bytes_counts_the_same_however_cut(cut, batch_size):
    lines = source(Chunked(*cut)).readlines(
        max_line_bytes=5, return_path=False, batch_size=batch_size
    )
    flat = [x for item in lines for x in (item if batch_size else [item])]
    assert flat == [b"1234", b"1234", b"12345"]
    with pytest.raises(BadRecord, match=r"byte 5 .*max_line_bytes=4"):
        list(source(Chunked(*cut)).readlines(max_line_bytes=4, batch_size=batch_size))


def test_decode_errors_are_the_callers_choice():
    content = b"good\nb\xffd\n"
    read = partial(LineReader, decode=True, return_path=False)
    assert list(read(source(io.BytesIO(content)))) == ["good", "bd"]
    assert list(read(source(io.BytesIO(content)), errors="replace")) == ["good", "b\ufffdd"]
    with pytest.raises(UnicodeDecodeError):
        list(read(source(io.BytesIO(content)), errors="strict"))


@pytest.mark.parametrize("batch_size", [None, 1])
def test_an_abandoned_stream_is_closed(batch_size):
    stream = Chunked(b"a\nb\n", b"c\n")
    lines = iter(source(stream).readlines(batch_size=batch_size))
    next(lines)
    assert not stream.closed
    del lines
    assert stream.closed


@pytest.mark.parametrize("wrong", [{"skip_lines": -1}, {"batch_size": 0}, {"max_line_bytes": 0}])
def test_wrong_arguments(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LineReader(source(), **wrong)
    with pytest.raises(LookupError):
        LineReader(source(), encoding="no such")
    with pytest.raises(LookupError):
        LineReader(source(), errors="no such")


def test_length_is_unknown():
    with pytest.raises(TypeError):
        len(source().readlines())


def opened(content):
    return "p", io.BytesIO(content)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_pickles_and_works_in_dataloader_workers(start):
    contents = [b"".join(b"%d,%d\n" % (i, j) for j in range(5)) for i in range(7)]
    pipe = IterableWrapper(contents).sharding_filter().map(opened)
    pipe = pickle.loads(pickle.dumps(pipe.readlines(return_path=False, batch_size=4)))
    loader = DataLoader(pipe, batch_size=None, num_workers=2, multiprocessing_context=start)
    got = [line for batch in loader for line in batch]
    assert sorted(got) == sorted(line for c in contents for line in c.splitlines())
