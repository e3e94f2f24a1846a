"""No secret is ever printed: not in an error, a repr, a log line, a warning, the statistics."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import s3pipes
import s3pipes.aws.credentials
from s3pipes import ClientConfig, IterableWrapper, ReadConfig, S3Client
from s3pipes.aws.credentials import CredentialSource
from s3pipes.aws.endpoint import resolve
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from s3pipes.testing.certificates import certify
from tests.clients import TWICE

SECRET = "canary-secret-key-that-must-not-be-seen"
TOKEN = "canary-session-token-that-must-not-be-seen"
PASSWORD = "canary-proxy-password-that-must-not-be-seen"
BASIC = base64.b64encode(f"user:{PASSWORD}".encode()).decode()


class Heard:
    """Everything that was said while the test ran."""

    def __init__(self, log: pytest.LogCaptureFixture) -> None:
        self._log = log
        self.said: list[str] = []
        self.signatures: set[str] = set()

    def note(self, *things: object) -> None:
        for thing in things:
            self.said += [str(thing), repr(thing), f"{thing}"]
            if isinstance(thing, BaseException):
                self.said += [str(thing.args), str(vars(thing))]
                self.said += traceback.format_exception(thing)
                self.said.append(str(pickle.loads(pickle.dumps(thing))))

    def attempt(self, work: Callable[[], Any]) -> None:
        """Does `work`, and notes what comes of it; also objects that live in its frames."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                self.note(work())
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not tell
                self.note(error)
                frame = error.__traceback__
                while frame is not None:
                    owner = frame.tb_frame.f_locals.get("self")
                    ours = type(owner).__module__.startswith("s3pipes")
                    # A configuration that is refused never comes to be.
                    if ours and not isinstance(owner, ClientConfig):
                        self.note(owner)
                    frame = frame.tb_next
        self.note(*(warning.message for warning in caught))

    def check(self) -> None:
        self.note(s3pipes.stats())
        self.said += [record.getMessage() + str(record.args) for record in self._log.records]
        self.said.append(self._log.text)
        assert self.said
        everything = "\n".join(self.said)
        for secret in (SECRET, TOKEN, PASSWORD, BASIC, *self.signatures):
            assert secret not in everything


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    # The libraries beneath may say what they like of themselves; of us nothing may be heard.
    with caplog.at_level(logging.DEBUG):
        listener = Heard(caplog)
        yield listener
        listener.check()


def client_of(server: ScriptedServer, **config: object) -> S3Client:
    secrets = {"secret_access_key": SECRET, "session_token": TOKEN, "retry": TWICE}
    return S3Client(server.config(**secrets | config))


def every_door(client: S3Client, url: str) -> list[Callable[[], Any]]:
    def loaded(**read: Any) -> list[Any]:
        pipe = IterableWrapper([url] * 2).load_files_by_s3(client=client, read=ReadConfig(**read))
        return [(stream, stream.read()) for _, stream in pipe]

    return [
        lambda: client.get(url),
        lambda: client.head(url),
        lambda: client.open(url),
        lambda: client.get_into(url, bytearray(10)),
        lambda: client.get_ranges(url, [(0, 3)]),
        lambda: asyncio.run(client.get_async(url)),
        lambda: list(client.list(url)),
        lambda: list(IterableWrapper([url]).list_files_by_s3(client=client)),
        loaded,
        lambda: loaded(in_order=False),
        lambda: loaded(whole_objects=True),
    ]


ANSWERS: dict[str, Answer | None] = {
    "well": None,
    "denied": fault(403, "SignatureDoesNotMatch", "The signature does not match"),
    "expired": fault(400, "ExpiredToken", "The provided token has expired."),
    "absent": fault(404, "NoSuchKey"),
    "failing": fault(503, "SlowDown"),
    "elsewhere": fault(301, "PermanentRedirect", x_amz_bucket_region="eu-north-1"),
    "cut": Answer(body=b"x" * 50, cut_at=3),
    "silent": Answer(cut_at=-1),
    "html": Answer(status=404, headers={"Content-Type": "text/html"}, body=b"<html>no</html>"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_nothing_tells(scripted: ScriptedServer, heard: Heard, answer: str) -> None:
    url = scripted.put("k", b"content")

    def script(request: Request) -> Answer | None:
        heard.signatures.add(request.headers["authorization"].rpartition("Signature=")[2])
        assert request.headers["x-amz-security-token"] == TOKEN  # the canary was there
        return ANSWERS[answer]

    scripted.script = script
    client = client_of(scripted)
    heard.note(client, client.config, vars(client))
    for work in every_door(client, str(url)):
        heard.attempt(work)
    heard.note(client.session, vars(client.session), vars(client.session.here()))
    assert scripted.requests


def test_a_server_that_repeats_what_it_got(scripted: ScriptedServer, heard: Heard) -> None:
    """S3's SignatureDoesNotMatch quotes the request, the token with it."""

    def script(request: Request) -> Answer:
        lines = "".join(f"{name}:{value}\n" for name, value in request.headers.items())
        answer = fault(403, "SignatureDoesNotMatch", "The signature does not match")
        body = answer.body.decode().replace(
            "</Error>", f"<CanonicalRequest>GET\n/k\n\n{lines}</CanonicalRequest></Error>"
        )
        return replace(answer, body=body.encode())

    scripted.script = script
    for work in every_door(client_of(scripted), "s3://bucket/k"):
        heard.attempt(work)


def test_a_proxy_s_password(scripted: ScriptedServer, heard: Heard, tmp_path: Path) -> None:
    url = scripted.put("k", b"content")
    through = {"http": f"http://user:{PASSWORD}@127.0.0.1:{scripted.port}"}
    client = client_of(scripted, proxies=through, endpoint_url="http://far.invalid")
    heard.note(client.config, resolve(client.config, "bucket"))
    # The scripted server takes the place of the proxy: it answers whatever host is asked for.
    scripted.script = lambda request: fault(407, "ProxyAuthenticationRequired")
    for work in every_door(client, str(url)):
        heard.attempt(work)
    assert scripted.requests[0].headers["proxy-authorization"] == f"Basic {BASIC}"
    context, ca_file = certify(tmp_path)
    with ScriptedServer(tls=context) as secure:
        tunnel = {"https": f"http://user:{PASSWORD}@127.0.0.1:{scripted.port}"}
        client = client_of(secure, proxies=tunnel, verify=str(ca_file))
        for status in (407, 403, 502):
            scripted.script = lambda request, it=status: Answer(status=it)
            heard.attempt(lambda of=client: of.get(url))  # type: ignore[misc]
    for wrong in (f"socks5://user:{PASSWORD}@x", f"http://user:{PASSWORD}@x:port"):
        client = client_of(scripted, proxies={"http": wrong})
        heard.attempt(lambda of=client: of.get(url))  # type: ignore[misc]


def test_wrong_settings(scripted: ScriptedServer, heard: Heard) -> None:
    for wrong in (
        {"access_key_id": "a"},
        {"secret_access_key": SECRET},
        {"access_key_id": "a", "secret_access_key": SECRET + "\n"},
        {"access_key_id": "a", "secret_access_key": SECRET, "session_token": TOKEN + "\x00"},
        {"access_key_id": "a", "secret_access_key": SECRET, "anonymous": True},
        {"access_key_id": "a", "secret_access_key": SECRET, "region": "a b"},
        {"session_token": TOKEN},
        {"endpoint_url": f"http://user:{PASSWORD}@host"},
        {"endpoint_url": f"http://user:{PASSWORD}@host:port"},
    ):
        heard.attempt(lambda it=wrong: ClientConfig(**it))  # type: ignore[misc]


def test_sources_of_credentials(
    scripted: ScriptedServer, heard: Heard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = scripted.put("k", b"content")
    monkeypatch.setattr(s3pipes.aws.credentials, "_chains", {})
    keys = {"Version": 1, "AccessKeyId": "a", "SecretAccessKey": SECRET, "SessionToken": TOKEN}
    program = tmp_path / "print-keys"
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {program}\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    outputs = {
        "good": json.dumps({**keys, "Expiration": "2099-01-01T00:00:00Z"}),
        "expired": json.dumps({**keys, "Expiration": "2001-01-01T00:00:00Z"}),
        "version": json.dumps({**keys, "Version": 7}),
        "broken": json.dumps(keys)[:-1],
        "no key": json.dumps({key: v for key, v in keys.items() if key != "AccessKeyId"}),
    }
    for name, output in outputs.items():
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\n")
        program.chmod(0o755)
        # Another environment is another look-up.
        monkeypatch.setenv("AWS_TEST_CASE", name)
        client = S3Client(ClientConfig(endpoint_url=scripted.endpoint_url, proxies={}, retry=TWICE))
        source = CredentialSource(client.config)
        heard.attempt(source.snapshot)
        for work in every_door(client, str(url)):
            heard.attempt(work)
        heard.note(source, client)
    assert scripted.requests[0].headers["x-amz-security-token"] == TOKEN
