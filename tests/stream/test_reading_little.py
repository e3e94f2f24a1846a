"""`client.open()` fetches little until reading is sequential: as readers of Parquet and zip do."""

from __future__ import annotations

import io
import threading
import zipfile
from dataclasses import replace

import pyarrow
import pyarrow.parquet
import pytest

from s3pipes import S3Client, S3Stream
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request
from tests.clients import FAST
from tests.noise import KiB, MiB, noise

STEP = 128 * KiB  # what opening asks for, and every read at least
COLUMNS = ["a", "b", "c", "d", "e", "f", "g", "h"]
ROWS = 250_000


@pytest.fixture(scope="module")
def parquet() -> bytes:
    """17 MB: eight columns of 2 MB each, one after another, and a footer."""
    rows = {
        name: pyarrow.Array.from_buffers(
            pyarrow.int64(), ROWS, [None, pyarrow.py_buffer(noise(8 * ROWS, number))]
        )
        for number, name in enumerate(COLUMNS)
    }
    out = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(
        pyarrow.table(rows), out, row_group_size=ROWS, compression="none", use_dictionary=False
    )
    return bytes(out.getvalue())


class Counted:
    """An object on a server that counts what of it is asked for."""

    def __init__(self, server: ScriptedServer, body: bytes, *, listed: bool) -> None:
        self._server = server
        url = server.put("file", body)
        self._url = url if listed else str(url)
        self.size = len(body)

    def open(self) -> S3Stream:
        """By a client with a user's settings."""
        return S3Client(self._server.config(retry=FAST)).open(self._url)

    @property
    def _gets(self) -> list[Request]:
        return [one for one in self._server.requests if one.method == "GET"]

    @property
    def requests(self) -> int:
        return len(self._gets)

    @property
    def bytes(self) -> int:
        ends = [
            (begin, self.size if end is None else min(end, self.size))
            for begin, end in (one.range or (0, None) for one in self._gets)
        ]
        return sum(end - begin for begin, end in ends)


@pytest.fixture(params=[True, False], ids=["listed", "plain"])
def file(request: pytest.FixtureRequest, scripted: ScriptedServer, parquet: bytes) -> Counted:
    return Counted(scripted, parquet, listed=request.param)


def test_opening_costs_one_small_request(file: Counted) -> None:
    with file.open():
        assert file.requests == 1
        assert file.bytes == STEP


def test_a_footer_read_by_hand_costs_its_bytes(file: Counted, parquet: bytes) -> None:
    with file.open() as stream:
        stream.seek(-8, io.SEEK_END)
        tail = stream.read(8)
        assert tail == parquet[-8:]
        footer_bytes = int.from_bytes(tail[:4], "little")
        stream.seek(-8 - footer_bytes, io.SEEK_END)
        assert stream.read(footer_bytes) == parquet[-8 - footer_bytes : -8]
        assert file.requests == 3
        assert file.bytes == STEP + 8 + (8 + footer_bytes)


def test_pyarrow_reads_a_footer_in_one_request(file: Counted) -> None:
    with file.open() as stream:
        assert pyarrow.parquet.ParquetFile(stream).metadata.num_rows == ROWS
        assert file.requests == 2
        assert file.bytes <= STEP + 64 * KiB


@pytest.mark.parametrize("pre_buffer", [True, False])
@pytest.mark.parametrize("columns", [["c"], ["a", "b"], ["b", "f"], ["g", "h"]], ids="".join)
def test_columns_cost_their_bytes(file: Counted, columns: list[str], pre_buffer: bool) -> None:
    with file.open() as stream:
        table = pyarrow.parquet.read_table(
            stream, columns=columns, pre_buffer=pre_buffer, use_threads=False
        )
    assert table.num_rows == ROWS
    wanted = len(columns) * 8 * ROWS
    # Opening, the footer, and where a column ends within a step.
    assert file.bytes <= wanted + STEP + 64 * KiB + len(columns) * MiB, file.bytes
    assert file.requests <= 2 + 4 * len(columns)


def test_one_long_read_is_not_followed_by_others(file: Counted, parquet: bytes) -> None:
    with file.open() as stream:
        for begin in (4 * MiB, 12 * MiB, 8 * MiB):
            stream.seek(begin)
            assert stream.read(3 * MiB) == parquet[begin : begin + 3 * MiB]
        assert file.bytes == STEP + 9 * MiB


def test_reading_that_goes_on_is_fetched_ahead(file: Counted, parquet: bytes) -> None:
    with file.open() as stream:
        assert b"".join(iter(lambda: stream.read(64 * KiB), b"")) == parquet
        assert file.bytes == len(parquet)
        assert file.requests <= 3 + len(parquet) // MiB + 1


def test_a_member_of_a_zip_costs_its_bytes(scripted: ScriptedServer) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number in range(40):
            made.writestr(f"{number}", noise(400 * KiB, number))
    file = Counted(scripted, out.getvalue(), listed=True)
    with file.open() as stream, zipfile.ZipFile(stream) as archive:
        assert archive.read("20") == noise(400 * KiB, 20)
    assert file.bytes < 2 * MiB, file.bytes


def test_a_seek_lets_the_request_of_opening_end(scripted: ScriptedServer) -> None:
    """To call it off would cost its connection, and the next request a new one."""
    rest = threading.Event()

    def script(request: Request) -> Answer | None:
        first = len(scripted.requests) == 1
        answer = scripted.truth(request)
        return replace(answer, pause_at=1000, until=rest) if first else answer

    scripted.script = script
    body = noise(4 * MiB)
    file = Counted(scripted, body, listed=True)
    with file.open() as stream:
        stream.seek(-100, io.SEEK_END)
        assert stream.read() == body[-100:]
        assert scripted.connections == 2  # the first one is still at work
        assert scripted.open_connections == 2
        rest.set()
        for begin in range(1 * MiB, 2 * MiB, 300 * KiB):
            stream.seek(begin)
            assert stream.read(10) == body[begin : begin + 10]
    assert scripted.connections == 2
