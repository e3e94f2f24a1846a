"""Proxies: the environment read as botocore reads it, and no password repeated."""

from __future__ import annotations

import botocore.httpsession
import botocore.utils
import pytest

from s3pipes.aws.proxy import Proxy, proxy_for
from s3pipes.errors import ConfigError

CANARY = "canary-that-must-not-be-seen"
URL = "https://bucket.s3.eu-west-1.amazonaws.com/k"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, Proxy("proxy", 3128)),
        ({"https_proxy": "http://proxy:3128"}, Proxy("proxy", 3128)),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:2"}, Proxy("low", 1)),
        ({"HTTPS_PROXY": "proxy:3128"}, Proxy("proxy", 3128)),
        ({"HTTPS_PROXY": "//proxy"}, Proxy("proxy", 80)),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, Proxy("::1", 3128)),
        ({"HTTP_PROXY": "http://proxy:3128"}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "http://me:p%40ss@proxy:1"}, Proxy("proxy", 1, "Basic bWU6cEBzcw==")),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "amazonaws.com"}, None),
        ({"HTTPS_PROXY": "http://proxy", "no_proxy": ".amazonaws.com,x"}, None),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "example.com"}, Proxy("proxy", 80)),
    ],
)
def test_from_the_environment(
    variables: dict[str, str], expected: Proxy | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(URL, None)
    assert found == expected
    # botocore would go the same way.
    theirs = botocore.httpsession.ProxyConfiguration(botocore.utils.get_environ_proxies(URL))
    url = theirs.proxy_url_for(URL)
    assert (url is None or url == "") == (expected is None)
    if found is not None and found.authorization:
        assert theirs.proxy_headers_for(url)["Proxy-Authorization"] == found.authorization


def test_plain_http_takes_the_other_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://secure")
    monkeypatch.setenv("HTTP_PROXY", "http://plain")
    assert proxy_for("http://far:9000/k", None) == Proxy("plain", 80)
    monkeypatch.setenv("NO_PROXY", "far:9000")
    assert proxy_for("http://far:9000/k", None) is None


def test_given_proxies_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment")
    monkeypatch.setenv("NO_PROXY", "*")
    found = proxy_for(URL, {"https": f"http://user:{CANARY}@mine:8080"})
    assert found is not None
    assert (found.host, found.port) == ("mine", 8080)
    assert "Basic" not in repr(found)
    assert proxy_for(URL, {}) is None


def test_a_user_without_password() -> None:
    found = proxy_for(URL, {"https": "http://user@mine"})
    assert found == Proxy("mine", 80, "Basic dXNlcjo=")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (f"https://u:{CANARY}@proxy", "kind 'https'; only http"),
        ("socks5://proxy:1080", "kind 'socks5'; only http"),
        (f"http://u:{CANARY}@proxy:port", "must be http"),
        ("http://", "names no host"),
    ],
)
def test_proxies_that_do_not_work(url: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text) as caught:
        proxy_for(URL, {"https": url})
    assert CANARY not in str(caught.value)
