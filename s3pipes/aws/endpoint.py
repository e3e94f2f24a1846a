"""Where a bucket's requests go. botocore decides, so that its every setting holds here too.

botocore makes a whole request, which is taken from it just before it would be sent: that says
scheme, host, the path before the key, and in the signature the region to sign for. The keys are
made up here; no credentials are looked up and nothing is sent. (A presigned URL would be simpler,
but goes to another host.)
"""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from s3pipes import setting
from s3pipes.aws.imports import import_botocore
from s3pipes.aws.profile import open_session, settings_digest
from s3pipes.aws.proxy import Proxy, proxy_for
from s3pipes.aws.whence import told_whence
from s3pipes.config import ClientConfig
from s3pipes.errors import ConfigError

_KEY = "k"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the requests for one bucket go, and how; a native store is made of it, by these names.

    Attributes:
        host: without port; an IPv6 address without brackets.
        addresses: of the host; () where they are to be looked up.
        base_path: what stands before "/key" in every path: "", or "/bucket", percent-encoded.
        region: the region to sign for.
        proxy_host, proxy_port: "" and 0 where there is no proxy.
        proxy_authorization: value of the Proxy-Authorization header, or "".
        verify: whether the certificate is checked.
        ca_file: the CA file to check it against; "" for the system's.
        endpoint_url, whence: the endpoint as it was set or follows from the region, and a sentence
            that says where that was set: for the errors of who cannot reach it.
    """

    bucket: str
    tls: bool
    host: str
    port: int
    base_path: str
    region: str
    addresses: tuple[str, ...] = ()
    proxy_host: str = ""
    proxy_port: int = 0
    proxy_authorization: str = field(default="", repr=False)
    verify: bool = True
    ca_file: str = ""
    requester_pays: bool = False
    verify_checksums: bool = True
    connect_timeout_s: float = 5.0
    progress_timeout_s: float = 10.0
    endpoint_url: str = ""
    whence: str = ""


def resolve(config: ClientConfig, bucket: str, region: str | None = None) -> Target:
    """The target for `bucket`.

    Args:
        region: overrides the configured one; for a store that said where the bucket is.

    Raises:
        ConfigError: a setting, a variable or the bucket's name makes no usable target.
    """
    settings = _settings_of(config, region)
    key = settings, bucket
    target = _targets.get(key)
    if target is None:
        target = _resolve(config, bucket, region, settings)
        _keep(_targets, key, target, _MOST_TARGETS)
    return target


def _settings_of(config: ClientConfig, region: str | None) -> bytes:
    """All that a target depends on beside the bucket; the keys, which may change, are not in it."""
    keyless = replace(
        config, anonymous=False, access_key_id=None, secret_access_key=None, session_token=None
    )
    return settings_digest(
        keyless, sorted((config.proxies or {}).items()), config.proxies is None, region
    )


def _resolve(config: ClientConfig, bucket: str, region: str | None, settings: bytes) -> Target:
    _check_bucket(bucket)
    resolver = _resolver_of(config, region, settings)
    url, signing_region = resolver.address_of(bucket)
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    proxy = proxy_for(url, config.proxies) or Proxy("", 0)
    verify, ca_file = _authorities(config, resolver.ca_bundle) if tls else (True, "")
    return Target(
        bucket=bucket,
        tls=tls,
        host=parts.hostname or "",
        addresses=tuple((config.resolve or {}).get(parts.hostname or "", ())),
        port=parts.port or (443 if tls else 80),
        base_path=parts.path.removesuffix(f"/{_KEY}"),
        region=signing_region,
        proxy_host=proxy.host,
        proxy_port=proxy.port,
        proxy_authorization=proxy.authorization,
        verify=verify,
        ca_file=ca_file,
        requester_pays=config.requester_pays,
        verify_checksums=config.verify_checksums,
        connect_timeout_s=config.connect_timeout_s,
        progress_timeout_s=config.progress_timeout_s,
        endpoint_url=resolver.endpoint_url,
        whence=resolver.whence,
    )


def _check_bucket(bucket: str) -> None:
    if bucket.startswith("arn:"):
        name = bucket.partition(":s3:::")[2]
        raise ConfigError(
            f"{bucket!r} is an ARN, which is not supported as a bucket",
            hint=f"Write 's3://{name}/...'"
            if name
            else "Use the access point's alias, which ends in -s3alias, as the bucket's name",
        )
    if bucket.endswith("--x-s3"):
        raise ConfigError(f"{bucket!r} is an S3 Express directory bucket, which is not supported")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", bucket):
        raise ConfigError(
            f"{bucket!r} is no bucket's name: only letters, digits, dots, hyphens and underscores"
        )


def _authorities(config: ClientConfig, ca_bundle: str | None) -> tuple[bool, str]:
    """Whether to check certificates, and against which file ("": the system's)."""
    if config.verify is False:
        return False, ""
    if isinstance(config.verify, str):
        return True, config.verify
    for name, path in (
        ("AWS_CA_BUNDLE, or the profile's ca_bundle,", ca_bundle),
        ("SSL_CERT_FILE", os.environ.get("SSL_CERT_FILE")),
    ):
        if path:
            if not Path(path).is_file():
                raise ConfigError(f"{name} must name a CA file that exists, but is {path!r}")
            return True, path
    return True, ""


class _Resolver:
    """A botocore client that is only asked where it would send a request."""

    def __init__(self, config: ClientConfig, region: str | None) -> None:
        import_botocore()
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        session = open_session(config.profile)
        self.ca_bundle: str | None = session.get_config_variable("ca_bundle")
        # "auto" leaves the style to the profile, where "auto" is the default too.
        style = config.addressing_style
        s3 = None if style == "auto" else {"addressing_style": style}
        try:
            self._client: Any = session.create_client(
                "s3",
                region_name=region or config.region or os.environ.get("AWS_REGION") or None,
                endpoint_url=config.endpoint_url,
                use_ssl=config.use_tls,
                aws_access_key_id="nobody",
                aws_secret_access_key="nothing",  # noqa: S106 - made up
                config=Config(signature_version="s3v4", s3=s3),
            )
        except BotoCoreError as error:
            raise ConfigError(f"No S3 endpoint can be made of these settings: {error}") from error
        except ValueError:
            # botocore quotes the URL, which may hold a password.
            raise ConfigError(
                "The endpoint URL must be http(s)://host[:port][/path]",
                hint="Check AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL and the profile's endpoint_url",
            ) from None
        self._client.meta.events.register("before-send.s3", _take)
        # It may come from a variable or a profile, which nobody has checked yet.
        self.endpoint_url: str = self._client.meta.endpoint_url
        setting.endpoint_url(self.endpoint_url, "The endpoint URL")
        self.whence = told_whence(
            config, session, self.endpoint_url, self._client.meta.region_name, region
        )

    def address_of(self, bucket: str) -> tuple[str, str]:
        """URL of the object `_KEY` in `bucket`, and the region to sign for."""
        from botocore.exceptions import BotoCoreError

        try:
            self._client.head_object(Bucket=bucket, Key=_KEY)
        except _TakenError as taken:
            # botocore's frames keep it: with them the cycle would hold whoever asks, and its
            # streams, until the garbage collector comes by.
            taken.__traceback__ = taken.__context__ = None
            # AWS4-HMAC-SHA256 Credential=key/date/region/s3/aws4_request, ...
            return taken.url, taken.authorization.split("/")[2]
        except BotoCoreError as error:
            raise ConfigError(f"Bucket {bucket!r} cannot be addressed: {error}") from error
        raise AssertionError("botocore sent a request that was to be taken from it")


class _TakenError(Exception):
    """Carries a request out of botocore instead of sending it."""

    def __init__(self, url: str, authorization: str) -> None:
        super().__init__(url)
        self.url = url
        self.authorization = authorization


def _take(request: Any, **_: Any) -> None:
    authorization = request.headers["Authorization"]
    if isinstance(authorization, bytes):
        authorization = authorization.decode("ascii")
    raise _TakenError(request.url, authorization)


# Targets are plain values and outlive a fork; a client's locks may be held by a thread that the
# child does not have.
_targets: dict[tuple[bytes, str], Target] = {}
_resolvers: dict[bytes, _Resolver] = {}
_lock = threading.Lock()
_MOST_TARGETS = 4096
_MOST_RESOLVERS = 16

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _resolver_of(config: ClientConfig, region: str | None, settings: bytes) -> _Resolver:
    with _lock:
        resolver = _resolvers.get(settings)
        if resolver is None:
            resolver = _Resolver(config, region)
            _keep(_resolvers, settings, resolver, _MOST_RESOLVERS)
        return resolver


def _keep(known: dict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    """Adds a value, and gives up the oldest where there are too many."""
    known[key] = value
    for oldest in list(known)[: len(known) - most] if len(known) > most else ():
        known.pop(oldest, None)


def _begin_child() -> None:
    global _lock
    _lock = threading.Lock()
    _resolvers.clear()


os.register_at_fork(after_in_child=_begin_child)
