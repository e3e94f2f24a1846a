"""The proxy on the way to a URL, as botocore and urllib choose it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from s3pipes.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy.

    Attributes:
        authorization: value of the Proxy-Authorization header, or "".
    """

    host: str
    port: int
    authorization: str = field(default="", repr=False)


def proxy_for(url: str, proxies: Mapping[str, str] | None) -> Proxy | None:
    """The proxy for `url`, or None for a direct connection.

    Args:
        proxies: scheme to proxy URL; None: HTTP_PROXY, HTTPS_PROXY and NO_PROXY (the lower-case
            names win).

    Raises:
        ConfigError: the proxy's URL makes no sense, or it is not an HTTP proxy.
    """
    parts = urlsplit(url)
    if proxies is None:
        proxies = {} if proxy_bypass(parts.netloc) else getproxies()
    address = proxies.get(parts.scheme)
    return _parse(address, f"The proxy for {parts.scheme}") if address else None


def _parse(address: str, name: str) -> Proxy:
    # No message quotes the address: it may hold a password.
    try:
        parts = urlsplit(address if "://" in address else "http://" + address.removeprefix("//"))
        port = parts.port or 80
    except ValueError:
        raise ConfigError(f"{name} must be http://[user:password@]host[:port]") from None
    if parts.scheme != "http":
        raise ConfigError(
            f"{name} is of kind {parts.scheme!r}; only http is supported",
            hint="An http:// proxy passes TLS through unread (CONNECT)",
        )
    if not parts.hostname:
        raise ConfigError(f"{name} names no host")
    if parts.username is None:
        return Proxy(parts.hostname, port)
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(parts.hostname, port, "Basic " + base64.b64encode(login.encode()).decode("ascii"))
