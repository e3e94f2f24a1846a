"""What a user would see: each function provokes one message of docs/troubleshooting.md."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader

from s3pipes import (
    ClientConfig,
    IterableWrapper,
    ReadConfig,
    RetryConfig,
    S3Client,
    S3PipesError,
)
from s3pipes.pipes import reading
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
    # torch adds which pipe it was.
    return str(caught.value).partition("This exception is thrown by")[0]


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


@entry("Too many objects were left out")
def too_many(scripted: ScriptedServer) -> str:
    scripted.put("other", b"")
    urls = IterableWrapper([f"s3://bucket/absent/{number}" for number in range(9)])
    skip = ReadConfig(on_error="skip")
    return message_of(lambda: list(urls.load_files_by_s3(client=client_of(scripted), read=skip)))


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


def warning_of(act: Callable[[], Any]) -> str:
    with pytest.warns(RuntimeWarning) as told:
        act()
    return str(told[0].message)


def listed(scripted: ScriptedServer, prefix: str, **options: Any) -> str:
    scripted.put("a.JPG", b"an image")
    pipe = IterableWrapper([prefix]).list_files_by_s3(client=client_of(scripted), **options)
    return warning_of(lambda: list(pipe))


@entry("Nothing is under the prefix")
def empty_prefix(scripted: ScriptedServer) -> str:
    return listed(scripted, "s3://bucket/none/")


@entry("No object matches the masks")
def masks(scripted: ScriptedServer) -> str:
    return listed(scripted, "s3://bucket/", masks="*.jpg")


@entry("A prefix was given to load_files_by_s3")
def prefix_as_key(scripted: ScriptedServer) -> str:
    scripted.put("folder/k", b"content")
    pipe = IterableWrapper(["s3://bucket/folder/"]).load_files_by_s3(client=client_of(scripted))
    return message_of(lambda: list(pipe))


@entry("The URL has another form")
def other_form() -> str:
    return message_of(lambda: list(IterableWrapper(["s3a://bucket/key"]).load_files_by_s3()))


@entry("A str stands where a list is wanted")
def str_for_list() -> str:
    return message_of(lambda: list(IterableWrapper("s3://bucket/key").load_files_by_s3()))


@entry("A configuration was given for a client")
def config_for_client() -> str:
    wrong: Any = ClientConfig()
    pipe = IterableWrapper(["s3://bucket/key"])
    return message_of(lambda: pipe.load_files_by_s3(client=wrong))


@entry("load_files_by_s3() was forgotten")
def forgotten() -> str:
    urls: Any = IterableWrapper(["s3://bucket/key"])
    return message_of(lambda: list(urls.readlines()))


@entry("A view was released before it left the worker")
def released_view() -> str:
    view = memoryview(b"content")
    view.release()
    return message_of(lambda: ForkingPickler.dumps(view))


@entry("A generator leaves a worker")
def generator() -> str:
    client = S3Client(ClientConfig(anonymous=True))
    return message_of(lambda: ForkingPickler.dumps(client.list("s3://bucket/")))


@entry("https:// to a port without TLS")
def tls_to_plain(scripted: ScriptedServer) -> str:
    wrong = scripted.endpoint_url.replace("http://", "https://")
    return message_of(lambda: at(wrong).get("s3://bucket/key"))


@entry("http:// to a port with TLS")
def plain_to_tls(tmp_path: Path) -> str:
    context, _ = certify(tmp_path)
    with ScriptedServer(tls=context) as server:
        wrong = server.endpoint_url.replace("https://", "http://")
        return message_of(lambda: at(wrong).get("s3://bucket/key"))


@entry("Every sample comes several times")
def repeated(scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(reading, "_said", set())
    urls = [str(scripted.put(f"k{i}", b"content")) for i in range(2)]
    pipe = IterableWrapper(urls).load_files_by_s3(client=client_of(scripted)).map(len)
    loader = DataLoader(pipe, batch_size=None, num_workers=2)
    return warning_of(lambda: list(loader))
