"""Faults of connections, of TLS and of listings, met by the engine: all is right, or says why."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

import s3pipes
from s3pipes import RetryConfig, S3Client
from s3pipes.testing import SimulatedS3
from torture.store import KIB, MIB, Family, listed, store
from torture.tally import read_all

SMALL = Family("small", 300, 20 * KIB)
LARGE = Family("large", 3, 8 * MIB)
QUICK = RetryConfig(base_delay_s=0.01, max_delay_s=0.2)


def client_of(server: SimulatedS3) -> S3Client:
    return S3Client(server.config(retry=QUICK))


@pytest.mark.parametrize("kind", ["tls_handshake", "tls_later"])
@pytest.mark.parametrize("after", [0, 3])
def test_tls_that_breaks(kind: str, after: int) -> None:
    with store("none", SMALL, LARGE, tls=True) as server:
        server.fault(kind, share=0.2 if after else 1.0, times=None if after else 2, after=after)
        before = s3pipes.stats()
        client = client_of(server)
        tally = read_all(client, [*SMALL.plain(), *LARGE.plain()])
        assert (tally.wrong, tally.failed) == ([], 0)
        assert tally.right == SMALL.count + LARGE.count
        assert server.fault_log()
        assert (s3pipes.stats() - before).retries_by.connection > 0


@pytest.mark.parametrize("how", ["refused", "black_hole"])
def test_one_address_of_four_takes_no_requests(how: str) -> None:
    with store("none", SMALL, LARGE, addresses=4) as server:
        server.refuse(server.endpoint_urls[1], how=how)
        parts = [urlsplit(url) for url in server.endpoint_urls]
        name = f"http://store.example:{parts[0].port}"
        known = {"store.example": [str(one.hostname) for one in parts]}
        config = server.config(endpoint_url=name, resolve=known, retry=QUICK)
        tally = read_all(S3Client(config), [*SMALL.plain(), *LARGE.plain()])
        assert (tally.wrong, tally.failed) == ([], 0)
        assert tally.right == SMALL.count + LARGE.count


@pytest.mark.parametrize("kind", ["list_repeat", "list_reorder"])
def test_pages_that_cannot_be_right_are_asked_for_again(kind: str) -> None:
    with store("none", SMALL) as server:
        server.fault(kind, times=1)
        urls = listed(client_of(server), SMALL)
        assert [str(url) for url in urls] == SMALL.plain()
        assert len(server.fault_log()) == 1


def test_an_object_deleted_between_two_ranges_is_said_to_be_gone() -> None:
    with store("none", LARGE) as server:
        client = client_of(server)
        (url, *_) = listed(client, LARGE)
        server.fault("delete", key=url.key, after=2, times=1)
        with pytest.raises((s3pipes.ObjectNotFound, s3pipes.ObjectChanged)) as told:
            client.get(url)
        assert url.key in str(told.value)


def test_slow_heads() -> None:
    with store("none", SMALL) as server:
        server.fault("slow_head", share=0.02, s=0.3)
        tally = read_all(client_of(server), SMALL.plain())
        assert (tally.wrong, tally.failed, tally.right) == ([], 0, SMALL.count)
        assert server.fault_log()
