"""One setting of a configuration: what it must be, or an error that names it and says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from s3pipes.errors import ConfigError


def endpoint_url(url: object, name: str) -> None:
    """Raises ConfigError, naming the setting `name`, where `url` cannot be an endpoint."""
    # Not quoted where it might hold a password.
    shown = "" if isinstance(url, str) and "@" in url else f", but is {url!r}"
    expected = f"{name} must be http(s)://host[:port][/path]"
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        raise ConfigError(expected + shown)
    try:
        parts = urlsplit(url)
        port = parts.port  # raises where it is no number or too large
    except ValueError:
        raise ConfigError(expected + shown) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ConfigError(expected + shown)
    if "@" in parts.netloc:
        raise ConfigError(f"{expected}, without user name or password")
    if parts.query or parts.fragment:
        raise ConfigError(f"{expected}, without query or fragment{shown}")


def wrong(owner: object, name: str, expected: str) -> ConfigError:
    """The error for a setting that is not what was expected."""
    return ConfigError(
        f"{type(owner).__name__}.{name} must be {expected}, but is {getattr(owner, name)!r}"
    )


def addresses(given: object) -> tuple[str, ...]:
    """IP addresses as text; ValueError where they are none."""
    # Of a text each letter would be taken, and of a number its bits.
    if not given or isinstance(given, str) or not isinstance(given, Sequence):
        raise ValueError(given)
    return tuple(str(ip_address(str(text))) for text in given)


def whole(owner: object, name: str, low: int, high: int) -> None:
    """Raises ConfigError where it is no whole number within the bounds, or a bool."""
    value = getattr(owner, name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise wrong(owner, name, f"a whole number from {low} to {high}")


def seconds(owner: object, name: str, low: float, high: float) -> None:
    """Raises ConfigError where it is no finite number of seconds within the bounds."""
    value = getattr(owner, name)
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not good or not low <= value <= high:
        raise wrong(owner, name, f"seconds from {low:g} to {high:g}")


def share(owner: object, name: str) -> None:
    """Raises ConfigError where it is no number from 0 to 1."""
    value = getattr(owner, name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise wrong(owner, name, "a share from 0 to 1")


def flag(owner: object, name: str) -> None:
    """Raises ConfigError where it is neither True nor False."""
    if not isinstance(getattr(owner, name), bool):
        raise wrong(owner, name, "True or False")


def text_or_none(owner: object, name: str) -> None:
    """Raises ConfigError, without its value, where it is neither None nor a non-empty text."""
    value = getattr(owner, name)
    if value is not None and (not isinstance(value, str) or not value or not value.isprintable()):
        # The value is not quoted: most of these are secrets.
        raise ConfigError(f"{type(owner).__name__}.{name} must be None or a non-empty string")
