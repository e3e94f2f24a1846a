"""Endpoints that cannot be reached, and certificates that do not hold."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

import s3pipes.aws.credentials
from s3pipes import BadCertificate, ClientConfig, RetriesExhausted, S3Client
from s3pipes.testing import ScriptedServer
from s3pipes.testing.certificates import certify
from tests.clients import FAST, client_of
from tests.doors import DOORS, LISTS, Ask, all_doors


@all_doors
def test_an_unreachable_endpoint(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = S3Client(
        ClientConfig(
            endpoint_url=f"http://127.0.0.1:{port}",
            access_key_id="a",
            secret_access_key="b",
            proxies={},
            retry=FAST,
        )
    )
    with pytest.raises(RetriesExhausted) as caught:
        ask(client, "s3://bucket/key")
    text = str(caught.value)
    assert f"127.0.0.1:{port}" in text
    assert "refused" in text
    assert "endpoint_url" in text
    assert caught.value.attempts == 3


def test_a_name_that_does_not_exist() -> None:
    client = S3Client(
        ClientConfig(
            endpoint_url="http://no-such-host.invalid",
            access_key_id="a",
            secret_access_key="b",
            proxies={},
            retry=replace(FAST, max_attempts=1),
        )
    )
    with pytest.raises(s3pipes.S3PipesError) as caught:
        client.get("s3://bucket/key")
    assert isinstance(caught.value, (RetriesExhausted, s3pipes.TransferTimeout))
    assert "no-such-host.invalid" in str(caught.value)


@pytest.mark.parametrize("expired", [False, True])
def test_a_bad_certificate_fails_at_once(tmp_path: Path, expired: bool) -> None:
    context, ca_file = certify(tmp_path, expired=expired)
    with ScriptedServer(tls=context) as server:
        url = server.put("k", b"content")
        verify = str(ca_file) if expired else None
        for ask in (*DOORS.values(), LISTS["list"]):
            with pytest.raises(BadCertificate) as caught:
                ask(client_of(server, verify=verify), str(url))
            assert caught.value.attempts == 1
            assert ("expired" if expired else "certificate") in caught.value.reason
            assert "verify" in caught.value.hint
        assert server.requests == []
        assert server.connections == len(DOORS) + 1


def test_a_certificate_of_another_name(tmp_path: Path) -> None:
    context, ca_file = certify(tmp_path)
    with ScriptedServer(tls=context, host="127.0.0.2") as server:
        url = server.put("k", b"content")
        with pytest.raises(BadCertificate, match=r"127\.0\.0\.2") as caught:
            client_of(server, verify=str(ca_file)).get(url)
        assert caught.value.attempts == 1
        assert server.requests == []


def test_certificates_that_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, ca_file = certify(tmp_path)
    with ScriptedServer(tls=context) as server:
        url = server.put("k", b"content")
        assert bytes(client_of(server, verify=str(ca_file)).get(url)) == b"content"
        named = f"https://localhost:{server.port}"
        assert (
            bytes(client_of(server, verify=str(ca_file), endpoint_url=named).get(url)) == b"content"
        )
        assert bytes(client_of(server, verify=False).get(url)) == b"content"
        for variable in ("AWS_CA_BUNDLE", "SSL_CERT_FILE"):
            with monkeypatch.context() as patch:
                patch.setenv(variable, str(ca_file))
                assert bytes(client_of(server).get(url)) == b"content"
        with pytest.raises(BadCertificate):
            client_of(server).get(url)


def test_tls_to_a_server_that_speaks_none(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    there = scripted.endpoint_url.replace("http://", "https://")
    with pytest.raises(s3pipes.S3PipesError) as caught:
        client_of(scripted, endpoint_url=there).get(url)
    assert "TLS" in str(caught.value)
