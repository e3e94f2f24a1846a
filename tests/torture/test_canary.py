"""No secret is seen while the store fails: over TLS, with what is left out, in what travels."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import s3pipes
import s3pipes.aws.credentials
from s3pipes import ClientConfig, IterableWrapper, ReadConfig, S3Client, S3PipesError
from s3pipes.engine import tree
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Request
from tests.canary import SECRET, TOKEN, Heard, client_of, every_door
from tests.clients import TWICE
from tests.noise import noise
from tests.torture.servers import failing_now_and_then, over_tls


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    with caplog.at_level(logging.DEBUG):
        listener = Heard(caplog)
        yield listener
        listener.check()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[ScriptedServer, str]]:
    with over_tls(tmp_path) as given:
        yield given


def shared_page() -> bytes:
    """All that the processes of a tree share."""
    return os.pread(tree.page, os.fstat(tree.page).st_size, 0)


def test_nothing_tells_while_requests_fail_over_tls(
    secure: tuple[ScriptedServer, str], heard: Heard
) -> None:
    server, ca_file = secure
    urls = [server.put(f"k{number}", noise(200_000, number)) for number in range(8)]
    failing = failing_now_and_then(server, share=0.4)

    def script(request: Request) -> Any:
        heard.signatures.add(request.headers["authorization"].rpartition("Signature=")[2])
        assert request.headers["x-amz-security-token"] == TOKEN  # the canary was there
        return failing(request)

    server.script = script
    client = client_of(server, verify=ca_file)
    for url in urls:
        for work in every_door(client, str(url)):
            heard.attempt(work)
    read = ReadConfig(on_error=lambda *_: True, chunk_bytes=64 << 10, max_skipped_share=1)
    absent = [*map(str, urls), *(f"s3://bucket/absent{number}" for number in range(30))]
    loader = IterableWrapper(absent).load_files_by_s3(client=client, read=read)
    heard.attempt(lambda: list(loader.readlines()))
    heard.note(loader, loader.skipped, *(one.error for one in loader.skipped))
    assert loader.skipped
    assert s3pipes.stats().retries > 0
    heard.said.append(shared_page().decode("latin-1"))


def test_what_travels_has_no_secret_that_the_other_side_finds_itself(
    secure: tuple[ScriptedServer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials of the environment are found anew in each process, and not sent along."""
    server, ca_file = secure
    url = server.put("k", noise(200_000))
    monkeypatch.setattr(s3pipes.aws.credentials, "_chains", {})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    config = ClientConfig(
        endpoint_url=server.endpoint_url,
        verify=ca_file,
        proxies={},
        region="us-east-1",
        retry=TWICE,
    )
    client = S3Client(config)
    stream = client.open(url)
    listing = list(client.list("s3://bucket/"))
    pipe = IterableWrapper([url]).load_files_by_s3(client=client)
    assert len(list(pipe)) == 1
    with pytest.raises(S3PipesError) as caught:
        client.get("s3://bucket/absent")
    things = [client, stream, listing, pipe, caught.value, s3pipes.stats(), config, pipe.read]
    assert server.requests[0].headers["x-amz-security-token"] == TOKEN
    for thing in things:
        pickled = pickle.dumps(thing)
        for secret in (SECRET, TOKEN):
            assert secret.encode() not in pickled, type(thing)
        pickle.loads(pickled)
    stream.close()
