"""Answers that come in place of the right one; objects and listings that change under a client."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

import pytest

from s3pipes.testing import SimulatedS3
from tests.sim.wire import Got, Wire, on_wire

KEY = "small/0007"
SIZE = 10_000


def answers(server: SimulatedS3, *targets: str, method: str = "GET", **headers: str) -> list[Got]:
    """Of one connection, to these requests one after the other."""
    found: list[Got] = []

    async def ask(wire: Wire) -> None:
        found.extend([await wire.get(target, method, **headers) for target in targets])

    on_wire(server.endpoint_url, ask)
    return found


def code_in(got: Got) -> str:
    [found] = re.findall("<Code>(.*)</Code>", got.body.decode())
    return str(found)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (408, "RequestTimeout"),
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (502, "BadGateway"),
        (503, "SlowDown"),
        (504, "GatewayTimeout"),
    ],
)
def test_status_with_its_usual_code(plain: SimulatedS3, status: int, code: str) -> None:
    plain.fault("status", status=status, times=1)
    got, after = answers(plain, f"/bucket/{KEY}", f"/bucket/{KEY}")
    assert (got.status, code_in(got), after.status) == (status, code, 200)
    [fault] = plain.fault_log()
    assert fault.request_id == got.headers["x-amz-request-id"]
    assert f"<RequestId>{fault.request_id}</RequestId>" in got.body.decode()


@pytest.mark.parametrize("retry_after", ["2", "Tue, 01 Dec 2026 12:00:00 GMT"])
def test_status_with_code_message_and_retry_after(plain: SimulatedS3, retry_after: str) -> None:
    plain.fault("status", status=503, code="Odd", message="a & b=c %41", retry_after=retry_after)
    [got] = answers(plain, f"/bucket/{KEY}")
    assert (got.status, code_in(got)) == (503, "Odd")
    assert got.headers["retry-after"] == retry_after
    assert "<Message>a &amp; b=c %41</Message>" in got.body.decode()


def test_error_200_is_an_error_with_a_good_status(plain: SimulatedS3) -> None:
    plain.fault("error_200", method=None, times=2)
    listed, got = answers(plain, "/bucket?list-type=2", f"/bucket/{KEY}")
    for found in (listed, got):
        assert (found.status, code_in(found)) == (200, "InternalError")
        assert found.headers["content-type"] == "application/xml"
    assert [fault.method for fault in plain.fault_log()] == ["GET", "GET"]
    assert [fault.key for fault in plain.fault_log()] == ["", KEY]


def test_html_is_a_page_of_nobody(plain: SimulatedS3) -> None:
    plain.fault("html", times=1)
    got, after = answers(plain, f"/bucket/{KEY}", f"/bucket/{KEY}", Range="bytes=0-99")
    assert got.status == 200
    assert got.body.startswith(b"<!DOCTYPE html>")
    assert got.headers["content-type"].startswith("text/html")
    assert not {name for name in got.headers if name.startswith("x-amz-")}
    assert not {"etag", "server"} & set(got.headers)
    assert after.status == 206
    [fault] = plain.fault_log()
    assert len(fault.request_id) == len(after.headers["x-amz-request-id"])


def test_redirect_with_and_without_region(plain: SimulatedS3) -> None:
    plain.fault("redirect", times=1)
    plain.fault("redirect", region="eu-west-3", times=1)
    plain.fault("redirect", status=307, times=1)
    bare, region, elsewhere = answers(plain, *[f"/bucket/{KEY}?x=1"] * 3)
    assert (bare.status, code_in(bare)) == (301, "PermanentRedirect")
    assert not {"location", "x-amz-bucket-region"} & set(bare.headers)
    assert region.headers["x-amz-bucket-region"] == "eu-west-3"
    assert (elsewhere.status, code_in(elsewhere)) == (307, "TemporaryRedirect")
    assert elsewhere.headers["location"] == f"{plain.endpoint_url}/bucket/{KEY}?x=1"


def test_redirect_of_a_head_tells_the_region_too(plain: SimulatedS3) -> None:
    plain.fault("redirect", region="eu-west-3", method="HEAD")
    [got] = answers(plain, f"/bucket/{KEY}", method="HEAD")
    assert (got.status, got.headers["x-amz-bucket-region"]) == (301, "eu-west-3")


def test_skewed_and_expired_token(plain: SimulatedS3) -> None:
    plain.fault("skewed", times=1)
    plain.fault("expired_token", times=1)
    skewed, expired = answers(plain, f"/bucket/{KEY}", f"/bucket/{KEY}")
    assert (skewed.status, code_in(skewed)) == (403, "RequestTimeTooSkewed")
    assert "<ServerTime>" in skewed.body.decode()
    told = parsedate_to_datetime(skewed.headers["date"])
    assert abs(told.timestamp() - time.time()) < 10
    assert (expired.status, code_in(expired)) == (400, "ExpiredToken")


def test_overwrite_between_two_ranges(plain: SimulatedS3) -> None:
    plain.fault("overwrite", key="small/*7", after=1, times=1)
    target = f"/bucket/{KEY}"
    before, after, again = answers(plain, *[target] * 3, Range="bytes=100-199")
    assert before.body == plain.expected("bucket", KEY, 100, 200)
    assert after.body == again.body == plain.expected("bucket", KEY, 100, 200, version=1)
    assert after.body != before.body
    assert after.headers["etag"] == again.headers["etag"] != before.headers["etag"]
    dates = [parsedate_to_datetime(got.headers["last-modified"]) for got in (before, after)]
    assert dates[0] < dates[1]
    assert after.headers["content-range"] == before.headers["content-range"]
    [fault] = plain.fault_log()
    assert (fault.kind, fault.request_id) == ("overwrite", after.headers["x-amz-request-id"])
    [refused] = answers(plain, target, If_Match=before.headers["etag"])
    assert refused.status == 412
    [listed] = answers(plain, f"/bucket?list-type=2&prefix={KEY}")
    assert after.headers["etag"].strip('"') in listed.body.decode()


def test_overwrite_by_hand_counts_versions(plain: SimulatedS3) -> None:
    dates = []
    for version in range(4):
        got, other = answers(plain, f"/bucket/{KEY}", "/bucket/small/0008")
        assert got.body == plain.expected("bucket", KEY, 0, SIZE, version=version)
        assert other.body == plain.expected("bucket", "small/0008", 0, SIZE)
        dates.append(parsedate_to_datetime(got.headers["last-modified"]))
        plain.overwrite("bucket", KEY)
    assert len(set(dates)) == 4
    assert dates == sorted(dates)


def test_overwrite_of_what_is_not_described_is_refused(plain: SimulatedS3) -> None:
    plain.put("bucket", "mine", b"mine")
    for bucket, key in [("bucket", "mine"), ("bucket", "not/there"), ("no-bucket", KEY)]:
        with pytest.raises(ValueError, match="described"):
            plain.overwrite(bucket, key)
    plain.fault("overwrite")
    [got] = answers(plain, "/bucket/mine")
    assert got.body == b"mine"
    assert plain.fault_log() == []


def test_an_answer_under_way_keeps_its_version(plain: SimulatedS3) -> None:
    plain.fault("stall", at_byte=5000, for_s=0.5, times=1)

    async def ask(wire: Wire) -> None:
        wire.ask(f"/bucket/{KEY}")
        # The fault is in the log when the answer is decided.
        while not plain.fault_log():
            pass
        plain.overwrite("bucket", KEY)
        assert (await wire.answer()).body == plain.expected("bucket", KEY, 0, SIZE)
        got = await wire.get(f"/bucket/{KEY}")
        assert got.body == plain.expected("bucket", KEY, 0, SIZE, version=1)

    on_wire(plain.endpoint_url, ask)


def test_delete_between_two_requests(plain: SimulatedS3) -> None:
    plain.fault("delete", after=1, times=1)
    before, after, again = answers(plain, *[f"/bucket/{KEY}"] * 3)
    assert [got.status for got in (before, after, again)] == [200, 404, 404]
    [fault] = plain.fault_log()
    assert fault.request_id == after.headers["x-amz-request-id"]


def keys_in(got: Got) -> list[str]:
    return re.findall("<Key>(.*?)</Key>", got.body.decode())


def test_list_faults_skip_repeat_and_reorder(plain: SimulatedS3) -> None:
    target = "/bucket?list-type=2&prefix=small/&max-keys=50"
    [right] = answers(plain, target)
    keys = keys_in(right)
    assert len(keys) == 50
    for kind in ("list_skip", "list_repeat", "list_reorder"):
        plain.fault(kind)
        [got] = answers(plain, target)
        plain.clear_faults()
        found = keys_in(got)
        fault = plain.fault_log()[-1]
        assert (fault.kind, fault.request_id) == (kind, got.headers["x-amz-request-id"])
        at = keys.index(fault.key)
        expected = {
            "list_skip": keys[:at] + keys[at + 1 :],
            "list_repeat": [*keys[: at + 1], *keys[at:]],
            "list_reorder": [*keys[:at], keys[(at + 1) % 50], keys[at], *keys[at + 2 :]],
        }[kind]
        assert found == expected
        assert f"<KeyCount>{len(found)}</KeyCount>" in got.body.decode()
        # The next page is the same.
        tokens = [
            re.findall("<NextContinuationToken>(.*?)</", page.body.decode())
            for page in (got, right)
        ]
        assert tokens[0] == tokens[1] != []


def test_list_broken_xml_ends_in_the_middle(plain: SimulatedS3) -> None:
    target = "/bucket?list-type=2"
    plain.fault("list_broken_xml", times=1)
    broken, right = answers(plain, target, target)
    assert broken.status == 200
    assert len(broken.body) < len(right.body)
    assert right.body.startswith(broken.body)


def test_faults_of_pages_leave_objects_alone(plain: SimulatedS3) -> None:
    plain.fault("list_skip")
    plain.fault("status", status=500, method="LIST", key="small/*")
    got, listed, other = answers(
        plain, f"/bucket/{KEY}", "/bucket?prefix=small/", "/bucket?prefix=medium/"
    )
    assert (got.status, listed.status, other.status) == (200, 500, 200)
    assert len(keys_in(other)) == 99


def test_faults_of_puts_change_nothing(plain: SimulatedS3) -> None:
    plain.fault("status", status=503, method="PUT", times=1)

    async def ask(wire: Wire) -> None:
        for status in (503, 200):
            wire.ask("/bucket/mine", "PUT", b"mine", Content_Length="4")
            assert (await wire.answer("PUT")).status == status
            got = await wire.get("/bucket/mine")
            assert got.status == (404 if status == 503 else 200)

    on_wire(plain.endpoint_url, ask)
