"""No secret is ever printed: not in an error, a repr, a log line, a warning, the statistics."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import s3pipes.aws.credentials
from s3pipes import ClientConfig, S3Client
from s3pipes.aws.credentials import CredentialSource
from s3pipes.aws.endpoint import resolve
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from s3pipes.testing.certificates import certify
from tests.canary import BASIC, PASSWORD, SECRET, TOKEN, Heard, client_of, every_door
from tests.clients import TWICE


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    # The libraries beneath may say what they like of themselves; of us nothing may be heard.
    with caplog.at_level(logging.DEBUG):
        listener = Heard(caplog)
        yield listener
        listener.check()


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
