"""Requests through HTTP proxies, as the proxies and the servers behind them see it."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3pipes import ConfigError, IterableWrapper, ReadConfig, S3Client, S3PipesError
from s3pipes.testing import ScriptedServer
from s3pipes.testing.certificates import certify
from tests.aws.proxy import Proxy
from tests.clients import TWICE

LOGIN = "Basic " + base64.b64encode(b"me:p@ss word").decode()
BODY = bytes(range(256)) * 1200


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        yield running


def client_of(server: ScriptedServer, **config: object) -> S3Client:
    # None: as the environment says.
    return S3Client(server.config(**{"proxies": None, "retry": TWICE} | config))


def load(client: S3Client, url: str) -> None:
    """Reads, lists and looks, and compares."""
    assert client.get(url) == BODY
    assert client.head(url).size == len(BODY)
    listed = IterableWrapper([url]).list_files_by_s3(client=client)
    read = ReadConfig(chunk_bytes=64 << 10)
    for _, stream in listed.load_files_by_s3(client=client, read=read):
        assert stream.read() == BODY


def test_http_in_absolute_form(
    scripted: ScriptedServer, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    url = scripted.put("a b/ü+%", BODY)
    load(client_of(scripted), url)
    assert len(proxy.heads) == len(scripted.requests)
    base = f"{scripted.endpoint_url}/bucket"
    assert all(target.startswith(base) for target in proxy.targets)
    assert f"{base}/a%20b/%C3%BC%2B%25" in proxy.targets
    assert all(request.path.startswith("/bucket") for request in scripted.requests)
    # What was signed is what arrived.
    assert {r.headers["host"] for r in scripted.requests} == {f"127.0.0.1:{scripted.port}"}


def test_the_default_port_is_left_out(scripted: ScriptedServer) -> None:
    with Proxy(to=scripted.port) as proxy:
        scripted.put("k", BODY)
        proxies = {"http": f"http://127.0.0.1:{proxy.port}"}
        there = client_of(scripted, endpoint_url="http://far.example", proxies=proxies)
        assert there.get("s3://bucket/k") == BODY
        assert set(proxy.targets) == {"http://far.example/bucket/k"}
        assert "\r\nHost: far.example\r\n" in proxy.heads[0]
        assert scripted.requests[0].headers["host"] == "far.example"


def test_https_through_a_tunnel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, ca_file = certify(tmp_path)
    with ScriptedServer(tls=context) as server, Proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss%20word@127.0.0.1:{proxy.port}")
        url = server.put("k", BODY)
        load(client_of(server, verify=str(ca_file)), url)
        assert set(proxy.targets) == {f"127.0.0.1:{server.port}"}
        assert all(head.startswith("CONNECT ") for head in proxy.heads)
        assert all(f"Proxy-Authorization: {LOGIN}" in head for head in proxy.heads)
        # The proxy sees neither keys nor signatures, the server nothing of the proxy.
        assert not any("bucket" in head or "AWS4" in head for head in proxy.heads)
        assert not any("proxy-authorization" in r.headers for r in server.requests)
        # Tunnels are kept as connections are.
        assert len(proxy.heads) == server.connections < len(server.requests)


def test_a_name_is_looked_up_by_the_proxy(tmp_path: Path) -> None:
    context, ca_file = certify(tmp_path)
    with ScriptedServer(tls=context) as server, Proxy(to=server.port) as proxy:
        server.put("k", BODY)
        proxies = {"https": f"http://127.0.0.1:{proxy.port}"}
        client = client_of(
            server, endpoint_url="https://localhost:9", proxies=proxies, verify=str(ca_file)
        )
        assert client.get("s3://bucket/k") == BODY
        assert proxy.targets == ["localhost:9"]
        assert server.requests[0].headers["host"] == "localhost:9"


def test_the_login_goes_to_the_proxy_only(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(login=LOGIN) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:p%40ss%20word@127.0.0.1:{proxy.port}")
        url = scripted.put("k", BODY)
        load(client_of(scripted), url)
        assert all(f"Proxy-Authorization: {LOGIN}" in head for head in proxy.heads)
        assert scripted.requests
        for request in scripted.requests:
            assert "proxy-authorization" not in request.headers
            assert "proxy-authorization" not in request.headers["authorization"].lower()


@pytest.mark.parametrize("tls", [False, True])
def test_a_wrong_login_is_no_network_trouble(
    scripted: ScriptedServer, tmp_path: Path, tls: bool
) -> None:
    context, ca_file = certify(tmp_path)
    with Proxy(login=LOGIN) as proxy, ScriptedServer(tls=context) as secure:
        server = secure if tls else scripted
        login = f"http://me:wrong@127.0.0.1:{proxy.port}"
        client = client_of(server, proxies={"http": login, "https": login}, verify=str(ca_file))
        with pytest.raises(ConfigError, match="407") as caught:
            client.get("s3://bucket/k")
        assert f"127.0.0.1:{proxy.port}" in str(caught.value)
        assert "wrong" not in str(caught.value)
        assert caught.value.attempts == 1
        assert server.requests == []


def test_no_proxy(scripted: ScriptedServer, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    url = scripted.put("k", BODY)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    for exempt in ("127.0.0.1", "*", f"other,127.0.0.1:{scripted.port}"):
        monkeypatch.setenv("NO_PROXY", exempt)
        load(client_of(scripted), url)
    assert proxy.heads == []
    monkeypatch.setenv("NO_PROXY", "other.example")
    load(client_of(scripted), url)
    assert len(proxy.heads) > 0


def test_proxies_given_in_the_configuration_win(
    scripted: ScriptedServer, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = scripted.put("k", BODY)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    load(client_of(scripted, proxies={}), url)
    assert proxy.heads == []
    load(client_of(scripted, proxies={"http": f"http://127.0.0.1:{proxy.port}"}), url)
    assert len(proxy.heads) > 0


@pytest.mark.parametrize("tls", [False, True])
def test_a_proxy_that_is_not_there(scripted: ScriptedServer, tmp_path: Path, tls: bool) -> None:
    context, ca_file = certify(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with ScriptedServer(tls=context) as secure:
        server = secure if tls else scripted
        there = f"http://127.0.0.1:{port}"
        client = client_of(server, proxies={"http": there, "https": there}, verify=str(ca_file))
        with pytest.raises(S3PipesError, match=f"127.0.0.1:{port}") as caught:
            client.get("s3://bucket/k")
        assert caught.value.attempts == 2
        assert "proxy" in caught.value.hint
        assert server.requests == []
