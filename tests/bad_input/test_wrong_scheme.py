"""`https://` to a port that speaks plainly, and `http://` to one that speaks TLS: told at once."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from s3pipes import BadResponse, ClientConfig, ConfigError, RetriesExhausted, S3Client
from s3pipes.testing import MotoServer, ScriptedServer, SimulatedS3
from s3pipes.testing.acceptor import Acceptor
from s3pipes.testing.certificates import certify
from s3pipes.testing.server import S3Server
from tests.allowance import at_most
from tests.clients import FAST
from tests.doors import Ask, all_doors

PLAIN: dict[str, Callable[[], Any]] = {
    "moto": MotoServer,
    "scripted": ScriptedServer,
    "simulated": lambda: SimulatedS3("none"),
}
# As Go (MinIO, SeaweedFS), nginx and Apache answer whoever speaks plainly to a port of TLS.
ANSWERS = {
    "go": b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    "nginx": b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b"<html><center>The plain HTTP request was sent to HTTPS port</center></html>",
    "apache": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
    b"You're speaking plain HTTP to an SSL-enabled server port.",
    "alert": b"\x15\x03\x01\x00\x02\x02\x46",
}


class Saying(Acceptor):
    """Says the same to whoever speaks, and hangs up."""

    def __init__(self, words: bytes) -> None:
        super().__init__()
        self._words = words

    def serve(self, connection: socket.socket, number: int) -> None:
        if connection.recv(65536):
            connection.sendall(self._words)


@pytest.fixture(params=PLAIN)
def plain(request: pytest.FixtureRequest) -> Iterator[S3Server]:
    with PLAIN[request.param]() as server:
        yield server


def at(endpoint_url: str, **config: object) -> S3Client:
    """With the retries that a user has."""
    settings = {"access_key_id": "a", "secret_access_key": "b", "proxies": {}} | config
    return S3Client(ClientConfig(endpoint_url=endpoint_url, **settings))  # type: ignore[arg-type]


def told_at_once(ask: Ask, client: S3Client, use: str) -> ConfigError:
    began = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        ask(client, "s3://bucket/key")
    assert time.monotonic() - began < at_most(2.0)
    assert f"Use {use}" in caught.value.hint
    assert "comes from endpoint_url=" in caught.value.hint
    return caught.value


def test_https_to_a_plain_port(plain: S3Server) -> None:
    there = plain.endpoint_url.replace("http://", "https://")
    error = told_at_once(lambda client, url: client.get(url), at(there), plain.endpoint_url)
    assert "does not speak TLS" in error.reason
    assert error.attempts == 1


def test_https_to_seaweedfs(seaweed: S3Server) -> None:
    there = seaweed.endpoint_url.replace("http://", "https://")
    error = told_at_once(lambda client, url: client.get(url), at(there), seaweed.endpoint_url)
    assert "does not speak TLS" in error.reason


@all_doors
def test_https_to_a_plain_port_by_every_door(scripted: ScriptedServer, ask: Ask) -> None:
    there = scripted.endpoint_url.replace("http://", "https://")
    told_at_once(ask, at(there), scripted.endpoint_url)


@all_doors
def test_http_to_a_tls_port_by_every_door(tmp_path: Path, ask: Ask) -> None:
    context, _ = certify(tmp_path)
    with ScriptedServer(tls=context) as server:
        there = server.endpoint_url.replace("https://", "http://")
        error = told_at_once(ask, at(there), server.endpoint_url)
        assert "speaks TLS" in error.reason
        assert server.requests == []


@pytest.mark.parametrize("words", ANSWERS.values(), ids=ANSWERS)
@all_doors
def test_http_to_a_tls_port_that_says_so(words: bytes, ask: Ask) -> None:
    with Saying(words) as server:
        address = f"127.0.0.1:{server.port}"
        error = told_at_once(ask, at(f"http://{address}"), f"https://{address}")
        assert "TLS" in error.reason


def test_http_to_the_simulated_s3_with_tls() -> None:
    with SimulatedS3("none", tls=True) as server:
        there = server.endpoint_url.replace("https://", "http://")
        told_at_once(lambda client, url: client.get(url), at(there), server.endpoint_url)


def test_a_server_that_hangs_up_is_not_taken_for_one_that_speaks_tls() -> None:
    with Saying(b"") as server:
        client = at(f"http://127.0.0.1:{server.port}", retry=FAST)
        with pytest.raises(RetriesExhausted, match="without an answer"):
            client.get("s3://bucket/key")


def test_a_400_of_another_kind_is_not_taken_for_it() -> None:
    with Saying(b"HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nwhy") as server:
        client = at(f"http://127.0.0.1:{server.port}")
        with pytest.raises(BadResponse, match="not S3's XML"):
            client.get("s3://bucket/key")


def test_a_variable_is_named(monkeypatch: pytest.MonkeyPatch, scripted: ScriptedServer) -> None:
    there = scripted.endpoint_url.replace("http://", "https://")
    monkeypatch.setenv("AWS_ENDPOINT_URL", there)
    client = S3Client(ClientConfig(access_key_id="a", secret_access_key="b", proxies={}))
    with pytest.raises(ConfigError) as caught:
        client.get("s3://bucket/key")
    assert f"Use {scripted.endpoint_url}" in str(caught.value)
    assert f"The endpoint {there} comes from AWS_ENDPOINT_URL" in str(caught.value)
