"""What `logging.getLogger("s3pipes")` hears."""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from s3pipes import AccessDenied, IterableWrapper, S3Client
from s3pipes.engine import _native
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from tests.clients import client_of

LOGGER = logging.getLogger("s3pipes")


@pytest.fixture(autouse=True)
def nobody_listens_afterwards() -> Iterator[None]:
    """The level holds for a reader until the next one begins."""
    yield
    _native.want_events(logging.WARNING)
    _native.take_events()


def told(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "s3pipes" and record.levelno == level
    ]


def broken_once(server: ScriptedServer) -> None:
    server.script = lambda request: (
        Answer(body=server.truth(request).body, cut_at=-1, cut_with="rst")
        if request.attempt == 1
        else None
    )


def test_a_retry_is_told_once_for_each_host_and_cause(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    urls = [scripted.put(f"{number}", b"content") for number in range(20)]
    client = client_of(scripted)
    client.get(urls[0])  # a server that has answered
    broken_once(scripted)
    for _, stream in IterableWrapper(urls).load_files_by_s3(client=client):
        assert stream.read() == b"content"
    scripted.script = lambda request: fault(500, "InternalError") if request.attempt <= 3 else None
    client.get(urls[0])
    warned = told(caplog, logging.WARNING)
    assert len(warned) == 2, warned
    assert f"127.0.0.1:{scripted.port}" in warned[0]
    assert "trying again" in warned[0]
    assert "InternalError" in warned[1]


def test_throttling_is_told_once(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    urls = [scripted.put(f"{number}", b"content") for number in range(10)]
    scripted.script = lambda request: fault(503, "SlowDown") if request.attempt == 1 else None
    for _, stream in IterableWrapper(urls).load_files_by_s3(client=client_of(scripted)):
        assert stream.read() == b"content"
    (warned,) = told(caplog, logging.WARNING)
    assert "SlowDown" in warned
    assert "asks for fewer requests" in warned


@pytest.mark.filterwarnings("ignore:.*eu-central-1:RuntimeWarning")
def test_a_replaced_region_is_told_once(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    urls = [scripted.put(f"{number}", b"content") for number in range(10)]
    scripted.script = lambda request: (
        None
        if request.region == "eu-central-1"
        else fault(301, "PermanentRedirect", x_amz_bucket_region="eu-central-1")
    )
    list(IterableWrapper(urls).load_files_by_s3(client=client_of(scripted)))
    (warned,) = told(caplog, logging.WARNING)
    assert "region='eu-central-1'" in warned


def test_every_request_is_told_with_its_id_where_debug_is_read(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "s3pipes")
    urls = [str(scripted.put(f"key{number}", b"content")) for number in range(5)]
    client = client_of(scripted)
    assert bytes(client.get(urls[0])) == b"content"
    line, head = told(caplog, logging.DEBUG)
    assert head.startswith("HEAD s3://bucket/key0: 200")  # for its checksum
    shape = (
        r"GET s3://bucket/key0 bytes=0-\d+: 206 after 0\.\d{3} s, 7 bytes, request id REQUEST0001"
    )
    assert re.fullmatch(shape, line), line
    client.head(urls[1])
    assert len(list(client.list("s3://bucket/"))) == 5
    for _, stream in IterableWrapper(urls).load_files_by_s3(client=client):
        stream.read()
    lines = told(caplog, logging.DEBUG)
    assert len(lines) == len(scripted.requests)
    assert sum(line.startswith("HEAD s3://bucket/key1: 200") for line in lines) == 1
    assert sum(line.startswith("LIST s3://bucket/: 200") for line in lines) == 1


def test_a_refused_request_is_told_before_its_error(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "s3pipes")
    url = scripted.put("key", b"content")
    scripted.script = lambda _: fault(403, "AccessDenied")
    with pytest.raises(AccessDenied):
        client_of(scripted).get(url)
    (line,) = told(caplog, logging.DEBUG)
    assert ": 403 after" in line
    assert "REQUEST0001" in line


def test_nothing_is_written_down_where_nobody_reads_it(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "s3pipes")
    url = scripted.put("key", b"content")
    client = client_of(scripted)
    client.get(url)
    caplog.set_level(logging.WARNING, "s3pipes")
    caplog.clear()
    client.get(url)
    assert not caplog.records
    assert _native.take_events() == []


def test_a_slow_answer_is_told_where_info_is_read(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "s3pipes")
    quick, slow = scripted.put("quick", b"content"), scripted.put("slow", b"content")
    late = threading.Event()

    def script(request: Request) -> Answer | None:
        if "slow" not in request.path:
            return None
        threading.Timer(2.1, late.set).start()
        return replace(scripted.truth(request), after=late)

    scripted.script = script
    client = client_of(scripted)
    client.get(quick)
    client.get(slow)
    (line,) = told(caplog, logging.INFO)
    assert line.startswith("slow: GET s3://bucket/slow")
    assert "request id REQUEST0002" in line


def test_a_record_bears_the_time_at_which_it_was_seen(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "s3pipes")
    client_of(scripted).get(scripted.put("key", b"content"))
    (record,) = [one for one in caplog.records if one.name == "s3pipes"]
    formatted = logging.Formatter("%(asctime)s %(relativeCreated)d").format(record)
    assert f",{int(record.msecs):03} " in formatted
    assert abs(record.created % 1 * 1000 - record.msecs) < 1


def test_control_characters_of_a_key_do_not_reach_the_log(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "s3pipes")
    client_of(scripted).get(str(scripted.put("a\nb", b"content")))
    for line in told(caplog, logging.DEBUG):
        assert "\n" not in line
        assert "a\\nb" in line


class Reading(logging.Handler):
    """Whoever writes a log may read by us."""

    def __init__(self, client: S3Client, url: str) -> None:
        super().__init__()
        self._client, self._url = client, url
        self.seen = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.seen += 1
        if self.seen < 10:
            self._client.get(self._url)


def test_a_handler_may_read_by_us(scripted: ScriptedServer) -> None:
    client = client_of(scripted)
    url = scripted.put("key", b"content")
    handler = Reading(client, str(url))
    level = LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    try:
        assert bytes(client.get(url)) == b"content"
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
    assert handler.seen >= 1


def test_a_filter_that_fails_breaks_no_read(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            raise RuntimeError(record.name)

    seen: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda told: seen.append(told.exc_value))
    url = scripted.put("key", b"content")
    scripted.script = lambda request: fault(500, "InternalError") if request.attempt == 1 else None
    failing = Failing()
    LOGGER.addFilter(failing)
    try:
        assert bytes(client_of(scripted).get(url)) == b"content"
    finally:
        LOGGER.removeFilter(failing)
    assert [type(error) for error in seen] == [RuntimeError]


def test_without_any_configuration_a_warning_is_printed(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.StringIO()
    last = logging.StreamHandler(shown)
    last.setLevel(logging.WARNING)
    monkeypatch.setattr(logging, "lastResort", last)
    monkeypatch.setattr(LOGGER, "propagate", False)
    url = scripted.put("key", b"content")
    scripted.script = lambda request: fault(500, "InternalError") if request.attempt == 1 else None
    client_of(scripted).get(url)
    assert "InternalError" in shown.getvalue()
