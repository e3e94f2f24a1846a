"""What the simulator's time is like, seen from outside; tests/sim_physics_*.cpp has the figures."""

import asyncio
import time
from contextlib import ExitStack

import pytest

from s3pipes.testing import SimulatedS3
from tests.sim.wire import Wire, first_bytes, on_wire

MIB = 1 << 20


@pytest.mark.parametrize(
    ("profile", "floor_s", "median_s", "p95_s"),
    [
        ("s3-standard", 0.010, 0.027, 0.075),
        ("s3-express", 0.001, 0.0025, 0.0064),
        ("far", 0.160, 0.177, 0.225),
    ],
)
def test_first_bytes_of_a_profile(profile, floor_s, median_s, p95_s):
    with SimulatedS3(profile, seed=11, anonymous=True) as server:
        server.add("bucket", "k/{:04}", 200, 1000)
        targets = [f"/bucket/k/{i:04}" for i in range(200)]
        found = first_bytes(server.endpoint_url, targets, connections=20)
    assert found[0] >= floor_s
    # The client is Python on a machine that may be busy: late at times, early never.
    assert median_s * 0.8 <= found[100] <= median_s * 1.2 + 0.030
    assert p95_s * 0.7 <= found[190] <= p95_s * 1.3 + 0.200


def test_the_tail_is_off_until_it_is_switched_on():
    with SimulatedS3("none", anonymous=True) as server:
        server.add("bucket", "k/{:04}", 100, 1000)
        targets = [f"/bucket/k/{i:04}" for i in range(100)]
        assert first_bytes(server.endpoint_url, targets, connections=10)[-1] < 0.2
        for name, value in {"share": 0.2, "least_s": 0.3, "most_s": 0.4}.items():
            server.change(**{f"tail_{name}": value})
        slow = [s for s in first_bytes(server.endpoint_url, targets, connections=50) if s >= 0.3]
    assert 8 <= len(slow) <= 35


def test_a_seed_repeats_the_latencies():
    async def latencies(server):
        server.add("bucket", "k/{:04}", 100, 100)
        async with Wire(server.endpoint_url) as wire:
            return [(await wire.get(f"/bucket/k/{i:04}")).first_byte_s for i in range(16)]

    async def every(servers):
        return await asyncio.gather(*map(latencies, servers))

    with ExitStack() as running:
        servers = [
            running.enter_context(
                SimulatedS3(
                    "none", seed=i, anonymous=True, first_byte_median_s=0.08, first_byte_sigma=1.2
                )
            )
            for i in (1, 1, 2)
        ]
        first, again, other = asyncio.run(every(servers))

    def alike(a, b):
        return sum(abs(x - y) < 0.020 for x, y in zip(a, b, strict=True))

    # The client is late at times.
    assert alike(first, again) >= 10
    assert alike(first, other) <= 8


def test_a_connection_keeps_to_its_bandwidth():
    async def rates(server):
        async def one():
            async with Wire(server.endpoint_url) as wire:
                got = await wire.get("/bucket/k/0000")
                assert len(got.body) == 4 * MIB
                return len(got.body) / (got.whole_s - got.first_byte_s)

        return sorted(await asyncio.gather(*(one() for _ in range(6))))

    with SimulatedS3("s3-standard", anonymous=True, seed=4) as server:
        server.add("bucket", "k/{:04}", 1, 4 * MIB)
        found = asyncio.run(rates(server))
        assert found[-1] <= 93 * MIB * 1.06  # the first quantum comes with the first byte
        assert found[0] < found[-1]
        server.change(connection_bytes_per_s=2 * MIB, connection_least_bytes_per_s=0)
        slowed = asyncio.run(rates(server))
    assert slowed[-1] <= 4 * MIB
    assert slowed[0] >= 0.5 * MIB


def test_the_link_is_one_for_all_and_may_change(plain):
    async def seconds(connections):
        async def one(i):
            async with Wire(plain.endpoint_urls[i % 2]) as wire:
                assert len((await wire.get(f"/bucket/large/{i:04}")).body) == 8 * MIB

        began = time.perf_counter()
        await asyncio.gather(*(one(i) for i in range(connections)))
        return time.perf_counter() - began

    plain.change(link_bytes_per_s=64 * MIB)
    limited = asyncio.run(seconds(8))
    assert 0.97 <= limited <= 4.0  # 64 MiB at 64 MiB/s
    plain.change(link_bytes_per_s=256 * MIB)
    assert 0.24 <= asyncio.run(seconds(8)) < limited


def test_a_link_is_shared_alike(plain):
    plain.change(link_bytes_per_s=40 * MIB)

    async def ends():
        began = time.perf_counter()

        async def one(i):
            async with Wire(plain.endpoint_url) as wire:
                await wire.get(f"/bucket/large/{i:04}")
                return time.perf_counter() - began

        return sorted(await asyncio.gather(*(one(i) for i in range(5))))

    found = asyncio.run(ends())
    assert found[0] >= 0.8 * found[-1]  # none is done while another has barely begun
    assert found[-1] >= 0.97


def test_a_prefix_that_is_asked_too_often_gets_503(plain):
    plain.change(reads_per_s=30)

    async def ask(wire):
        began = time.perf_counter()
        answers = [await wire.get(f"/bucket/small/{i:04}") for i in range(100)]
        at_most = 30 + 30 * (time.perf_counter() - began) + 1
        refused = [answer for answer in answers if answer.status != 200]
        assert 100 - at_most <= len(refused) <= 70
        assert {answer.status for answer in refused} == {503}
        assert all(b"<Code>SlowDown</Code>" in answer.body for answer in refused)
        assert plain.stats().slow_downs == len(refused)
        assert (await wire.get("/bucket/medium/0000")).status == 200  # another prefix
        assert (await wire.get("/bucket/small/0000")).status == 503
        # Given back by time alone, and soon: 30 a second.
        while (await wire.get("/bucket/small/0000")).status == 503:
            assert time.perf_counter() - began < 30

    on_wire(plain.endpoint_url, ask)


def test_a_refused_write_changes_nothing(plain):
    plain.change(writes_per_s=1)

    async def ask(wire):
        statuses = []
        for i in range(4):
            wire.ask(f"/bucket/own/{i}", "PUT", b"bytes", Content_Length="5")
            statuses.append((await wire.answer()).status)
        assert statuses == [200, 503, 503, 503]
        assert (await wire.get("/bucket/own/0")).body == b"bytes"
        assert (await wire.get("/bucket/own/3")).status == 404

    on_wire(plain.endpoint_url, ask)


def test_a_page_of_a_listing_takes_its_own_time(plain):
    plain.change(list_page_s=0.12)

    async def ask(wire):
        assert 0.12 <= (await wire.get("/bucket?list-type=2&prefix=small/")).first_byte_s < 0.5
        assert (await wire.get("/bucket/small/0000")).first_byte_s < 0.12

    on_wire(plain.endpoint_url, ask)


def test_one_address_may_be_slow(plain):
    plain.change(slow_address=2, slow_factor=0.1, first_byte_floor_s=0.02)

    def least(url):
        return first_bytes(url, ["/bucket/small/0000"] * 5, connections=1)[0]

    assert least(plain.endpoint_urls[1]) >= 0.2
    assert 0.02 <= least(plain.endpoint_urls[0]) < 0.2


def test_the_last_request_of_a_connection_says_so(plain):
    plain.change(requests_per_connection=3)

    async def ask(wire):
        for last in (False, False, True):
            got = await wire.get("/bucket/large/0000")
            assert len(got.body) == 8 * MIB
            assert (got.headers.get("connection") == "close") is last
        assert await wire.ended()

    on_wire(plain.endpoint_url, ask)


def test_an_idle_connection_is_closed_and_a_busy_one_is_not(plain):
    plain.change(idle_s=0.3, link_bytes_per_s=10 * MIB)

    async def ask(wire):
        got = await wire.get("/bucket/large/0000")
        assert got.whole_s > 0.6
        assert len(got.body) == 8 * MIB
        began = time.perf_counter()
        assert await wire.ended()
        assert 0.25 <= time.perf_counter() - began < 2

    on_wire(plain.endpoint_url, ask)


def test_connecting_takes_its_time(plain):
    plain.change(connect_s=0.2)

    async def ask(wire):
        assert (await wire.get("/bucket/small/0000")).first_byte_s >= 0.15
        assert (await wire.get("/bucket/small/0000")).first_byte_s < 0.15

    on_wire(plain.endpoint_url, ask)
