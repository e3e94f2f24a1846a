"""Dead ports and unknown hosts: a sentence while one waits, and an error that says whose fault."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from s3pipes import ClientConfig, IterableWrapper, RetryConfig, S3Client, S3PipesError
from s3pipes.testing.acceptor import Acceptor
from tests.allowance import at_most
from tests.clients import FAST
from tests.doors import Ask, all_doors

KEYS = {"access_key_id": "a", "secret_access_key": "b", "proxies": {}}
# As long as a user waits who has set nothing, were it not for the ends of tests.
PATIENT = RetryConfig(time_limit_s=1.5)


@pytest.fixture
def dead() -> str:
    """An endpoint that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "s3pipes"]


def failing(ask: Ask, client: S3Client) -> S3PipesError:
    with pytest.raises(S3PipesError) as caught:
        ask(client, "s3://bucket/key")
    return caught.value


@all_doors
def test_a_dead_port_is_told_while_one_waits(
    caplog: pytest.LogCaptureFixture, dead: str, ask: Ask
) -> None:
    began = time.time()
    client = S3Client(ClientConfig(endpoint_url=dead, retry=PATIENT, **KEYS))  # type: ignore[arg-type]
    error = failing(ask, client)
    first, *more = [one for one in caplog.records if one.name == "s3pipes"]
    assert first.levelno == logging.WARNING
    assert first.created - began < at_most(1.0)
    assert "refused" in first.getMessage()
    assert "trying again" in first.getMessage()
    assert dead in first.getMessage()
    assert not more  # once for a host and cause, however often it was tried
    assert f"The endpoint {dead} comes from endpoint_url=" in str(error)


def test_a_dead_port_is_told_once_for_many_objects(
    caplog: pytest.LogCaptureFixture, dead: str
) -> None:
    client = S3Client(ClientConfig(endpoint_url=dead, retry=FAST, **KEYS))  # type: ignore[arg-type]
    urls = [f"s3://bucket/{number}" for number in range(50)]
    failing(lambda c, _: list(IterableWrapper(urls).load_files_by_s3(client=c)), client)
    failing(lambda c, _: c.get(urls[0]), client)
    assert len(told(caplog)) == 1


def test_it_is_told_while_asyncio_waits(monkeypatch: pytest.MonkeyPatch, dead: str) -> None:
    client = S3Client(ClientConfig(endpoint_url=dead, retry=RetryConfig(), **KEYS))  # type: ignore[arg-type]

    async def until_told() -> None:
        heard = asyncio.Event()
        monkeypatch.setattr(logging.getLogger("s3pipes"), "handle", lambda _: heard.set())
        task = asyncio.create_task(client.get_async("s3://bucket/key"))
        await asyncio.wait_for(heard.wait(), at_most(5.0))
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(until_told())


def test_an_unknown_host_names_the_region_and_its_source(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-nowhere-1")
    quick = replace(FAST, max_attempts=2)
    error = failing(
        lambda client, url: client.get(url),
        S3Client(ClientConfig(retry=quick, connect_timeout_s=2.0, **KEYS)),  # type: ignore[arg-type]
    )
    assert "eu-nowhere-1" in str(error)
    assert "which comes from AWS_DEFAULT_REGION" in str(error)
    assert any("which comes from AWS_DEFAULT_REGION" in line for line in told(caplog))


@pytest.mark.parametrize(
    ("variables", "config", "named"),
    [
        ({"AWS_ENDPOINT_URL": "HERE"}, {}, "comes from AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL_S3": "HERE"}, {}, "comes from AWS_ENDPOINT_URL_S3"),
        ({"AWS_PROFILE": "lab"}, {}, "comes from the profile 'lab' of the AWS configuration"),
        ({}, {"endpoint_url": "HERE"}, "comes from endpoint_url=... of ClientConfig"),
    ],
    ids=["variable", "s3-variable", "profile", "argument"],
)
def test_the_error_names_where_the_endpoint_was_set(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    dead: str,
    variables: dict[str, str],
    config: dict[str, str],
    named: str,
) -> None:
    (tmp_path / "config").write_text(f"[profile lab]\nendpoint_url = {dead}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("HERE", dead))
    given = {name: value.replace("HERE", dead) for name, value in config.items()}
    client = S3Client(ClientConfig(retry=FAST, **given, **KEYS))  # type: ignore[arg-type]
    assert f"{dead} {named}" in str(failing(lambda c, url: c.get(url), client))


class Mute(Acceptor):
    """Takes connections and says nothing, until it ends."""

    def serve(self, connection: socket.socket, number: int) -> None:
        while connection.recv(65536):
            pass


def test_a_connection_that_is_long_in_coming_is_told_before_it_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    began = time.time()
    with Mute() as server:
        end = threading.Event()

        def end_when_told() -> None:
            while not told(caplog) and not end.wait(0.01):
                pass
            with server.changed:
                server.ending = True
                for connection in server._open.values():
                    connection.shutdown(socket.SHUT_RDWR)

        watching = threading.Thread(target=end_when_told)
        watching.start()
        client = S3Client(
            ClientConfig(
                endpoint_url=f"https://127.0.0.1:{server.port}",
                connect_timeout_s=30.0,
                retry=replace(FAST, max_attempts=1),
                verify=False,
                **KEYS,  # type: ignore[arg-type]
            )
        )
        failing(lambda c, url: c.get(url), client)
        end.set()
        watching.join()
    first = next(one for one in caplog.records if one.name == "s3pipes")
    assert f"No connection to 127.0.0.1:{server.port} after 3 s" in first.getMessage()
    assert first.created - began < at_most(5.0)
