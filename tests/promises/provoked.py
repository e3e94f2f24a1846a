"""What a user would see: each function provokes one message of docs/troubleshooting.md."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from s3pipes import ClientConfig, RetryConfig, S3Client, S3PipesError
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, fault
from s3pipes.testing.certificates import certify
from tests.clients import FAST, client_of

Provoke = Callable[..., str]
PROVOKED: dict[str, Provoke] = {}  # by the title of its entry


def entry(title: str) -> Callable[[Provoke], Provoke]:
    """Marks a function that returns the message which an entry of the page is about."""

    def add(provoke: Provoke) -> Provoke:
        assert title not in PROVOKED
        PROVOKED[title] = provoke
        return provoke

    return add


def message_of(act: Callable[[], Any]) -> str:
    with pytest.raises((S3PipesError, ValueError, TypeError)) as caught:
        act()
    return str(caught.value)


@contextmanager
def nobody_listens() -> Iterator[str]:
    """An endpoint at whose port no server is."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def at(endpoint: str, **changes: Any) -> S3Client:
    given: dict[str, Any] = {"access_key_id": "a", "secret_access_key": "b", "proxies": {}}
    return S3Client(ClientConfig(endpoint_url=endpoint, **(given | {"retry": FAST} | changes)))


def answered(scripted: ScriptedServer, answer: Answer) -> str:
    scripted.script = lambda _: answer
    return message_of(lambda: client_of(scripted).get("s3://bucket/key"))


@entry("Connection refused")
def connection_refused() -> str:
    with nobody_listens() as endpoint:
        return message_of(lambda: at(endpoint).get("s3://bucket/key"))


@entry("The name is not known")
def name_not_known() -> str:
    once = RetryConfig(max_attempts=1)
    return message_of(lambda: at("http://no-such-host.invalid", retry=once).get("s3://bucket/key"))


@entry("The certificate did not verify")
def certificate(tmp_path: Path) -> str:
    context, _ = certify(tmp_path)
    with ScriptedServer(tls=context) as server:
        return message_of(lambda: client_of(server).get("s3://bucket/key"))


@entry("Access denied")
def access_denied(scripted: ScriptedServer) -> str:
    return answered(scripted, fault(403, "AccessDenied", "Access Denied"))


@entry("The key is not known, or the signature does not match")
def unknown_key(scripted: ScriptedServer) -> str:
    text = "The AWS Access Key Id you provided does not exist in our records."
    return answered(scripted, fault(403, "InvalidAccessKeyId", text))


@entry("No credentials")
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> str:
    return message_of(lambda: S3Client(ClientConfig(region="us-east-1")).get("s3://bucket/key"))


@entry("The object does not exist")
def no_object(scripted: ScriptedServer) -> str:
    scripted.put("other", b"")
    return message_of(lambda: client_of(scripted).get("s3://bucket/key"))


@entry("The bucket does not exist")
def no_bucket(scripted: ScriptedServer) -> str:
    return message_of(lambda: client_of(scripted).get("s3://no-such-bucket/key"))


@entry("The object has changed")
def changed(scripted: ScriptedServer) -> str:
    url = scripted.put("key", b"before")
    scripted.put("key", b"after")
    return message_of(lambda: client_of(scripted).get(url))


@entry("503 SlowDown")
def slow_down(scripted: ScriptedServer) -> str:
    return answered(scripted, fault(503, "SlowDown", "Please reduce your request rate."))


@entry("The clock is wrong")
def clock(scripted: ScriptedServer) -> str:
    text = "The difference between the request time and the current time is too large."
    return answered(scripted, fault(403, "RequestTimeTooSkewed", text))


@entry("What answered is not S3")
def not_s3(scripted: ScriptedServer) -> str:
    page = Answer(status=404, headers={"Content-Type": "text/html"}, body=b"<html>lost</html>")
    return answered(scripted, page)
