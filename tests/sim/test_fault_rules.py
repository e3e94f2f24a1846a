"""Which requests a rule of faults is for, how chance draws them, and what they cost others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from s3pipes.testing import SimulatedS3
from tests.sim.wire import Wire, first_bytes, on_wire


def statuses(server: SimulatedS3, *targets: str, method: str = "GET") -> list[int]:
    found: list[int] = []

    async def ask(wire: Wire) -> None:
        found.extend([(await wire.get(target, method)).status for target in targets])

    on_wire(server.endpoint_url, ask)
    return found


def numbered(count: int, prefix: str = "/bucket/small/") -> list[str]:
    return [f"{prefix}{number:04}" for number in range(count)]


def test_after_and_times_count_what_matches(plain: SimulatedS3) -> None:
    plain.fault("status", after=2, times=3, key="small/*")
    targets = [
        target
        for pair in zip(numbered(8), numbered(8, "/bucket/medium/"), strict=True)
        for target in pair
    ]
    found = statuses(plain, *targets)
    assert found[::2] == [200, 200, 500, 500, 500, 200, 200, 200]
    assert set(found[1::2]) == {200}
    assert [fault.key for fault in plain.fault_log()] == ["small/0002", "small/0003", "small/0004"]


def test_a_share_is_drawn_from_the_seed() -> None:
    found: dict[int, list[int]] = {}
    for seed in (1, 1, 2):
        with SimulatedS3("none", anonymous=True, seed=seed) as server:
            server.add("bucket", "small/{:04}", 1000, 10)
            server.fault("status", share=0.1)
            now = statuses(server, *numbered(1000))
            assert found.get(seed, now) == now
            found[seed] = now
            assert 60 < now.count(500) < 145
            keys = [f"small/{number:04}" for number, status in enumerate(now) if status == 500]
            assert [fault.key for fault in server.fault_log()] == keys
            assert [fault.key for fault in server.fault_log(since=7)] == keys[7:]
    assert found[1] != found[2]


def test_a_long_log_comes_whole(plain: SimulatedS3) -> None:
    plain.fault("wrong_etag", method="HEAD")

    async def ask(wire: Wire) -> None:
        for _ in range(90):
            for _ in range(100):
                wire.ask("/bucket/small/0001", "HEAD")
            for _ in range(100):
                await wire.answer("HEAD")

    on_wire(plain.endpoint_url, ask)
    log = plain.fault_log()
    assert len(log) == 9000
    assert len({fault.request_id for fault in log}) == 9000
    assert [fault.at_s for fault in log] == sorted(fault.at_s for fault in log)


def test_methods_are_told_apart(plain: SimulatedS3) -> None:
    target = "/bucket/small/0000"
    for method, hit in [
        ("GET", (500, 200, 200)),
        ("HEAD", (200, 500, 200)),
        ("LIST", (200, 200, 500)),
        (None, (500, 500, 500)),
    ]:
        plain.fault("status", method=method)
        found = (
            *statuses(plain, target),
            *statuses(plain, target, method="HEAD"),
            *statuses(plain, "/bucket?list-type=2&prefix=small/"),
        )
        assert found == hit
        plain.clear_faults()
    assert statuses(plain, target) == [200]


def test_at_most_one_fault_befalls_a_request(plain: SimulatedS3) -> None:
    plain.fault("wrong_etag", times=1)
    plain.fault("flip", times=2)
    plain.fault("status", times=1)
    plain.fault("flip", times=1)
    statuses(plain, *numbered(6))
    assert [fault.kind for fault in plain.fault_log()] == [
        "status",
        "wrong_etag",
        "flip",
        "flip",
        "flip",
    ]


def test_faults_change_no_latency() -> None:
    # On one connection the answers' times follow from the number of the request alone.
    found = []
    for faults in (False, True):
        with SimulatedS3("s3-standard", seed=5, anonymous=True) as server:
            server.change(first_byte_sigma=2.0, first_byte_floor_s=0, reads_per_s=0)
            server.add("bucket", "small/{:04}", 100, 10)
            if faults:
                server.fault("flip", share=0.5)
                server.fault("wrong_etag", share=0.5)
            found.append(first_bytes(server.endpoint_url, numbered(40), connections=1))
            assert len(server.fault_log()) == 0 or faults
    for without, with_faults in zip(*found, strict=True):
        assert abs(without - with_faults) < 0.02 + 0.2 * without


@pytest.mark.parametrize(
    ("kind", "how", "why"),
    [
        ("earthquake", {}, "no fault 'earthquake'"),
        ("black_hole", {}, "no fault 'black_hole'"),
        ("reset", {"for_s": 1.0}, "no 'for_s'"),
        ("reset", {"at_byte": -1}, "at_byte"),
        ("stall", {"for_s": 0.0}, "for_s"),
        ("status", {"status": "many"}, "status"),
        ("status", {"share": 1.5}, "share"),
        ("status", {"share": float("nan")}, "share"),
        ("flip", {"bits": 0}, "bits"),
    ],
)
def test_a_wrong_rule_is_said(plain: SimulatedS3, kind: str, how: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        plain.fault(kind, **how)
    assert statuses(plain, "/bucket/small/0000") == [200]


def test_keys_of_any_letters_come_back(plain: SimulatedS3) -> None:
    plain.fault("status", key="a b*")
    assert statuses(plain, "/bucket/a%20b%22%5C%0a%C3%A4/%01", "/bucket/a%20b%FF") == [500, 500]
    first, second = plain.fault_log()
    assert first.key == 'a b"\\\nä/\x01'
    assert second.key.encode(errors="surrogateescape") == b"a b\xff"


def test_many_at_once_are_all_in_the_log(plain: SimulatedS3) -> None:
    plain.fault("wrong_etag", share=0.3)
    ids = set()

    async def ask() -> None:
        async def one(first: int) -> None:
            async with Wire(plain.endpoint_url) as wire:
                for number in range(first, 1000, 20):
                    got = await wire.get(f"/bucket/small/{number:04}", "HEAD")
                    ids.add(got.headers["x-amz-request-id"])

        await asyncio.gather(*(one(first) for first in range(20)))

    plain.fault("wrong_etag", share=0.3, method="HEAD")
    asyncio.run(ask())
    log = plain.fault_log()
    assert 230 < len(log) < 370
    assert {fault.request_id for fault in log} <= ids
