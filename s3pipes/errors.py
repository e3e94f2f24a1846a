"""Every exception of s3pipes, and the one place where a native error becomes one.

A class is named by what the caller can do about it. Where the request itself was wrong (denied,
absent, refused: S3 answered 4xx) the error is a `ValueError` too, because torchdata raised that.
Network trouble is not: code that skips a bad URL must not skip a sample because a switch rebooted.
"""

from __future__ import annotations

import errno as _errno
from dataclasses import dataclass

from s3pipes.advice.key import as_a_prefix
from s3pipes.base_error import S3PipesError as S3PipesError  # noqa: PLC0414 - handed on

# S3's words for an object that is kept from credentials which are good; "": it said none.
_OF_ONE_OBJECT = ("", "AccessDenied", "Forbidden", "InvalidObjectState")
_SERVER_FAILED = 500
_THROTTLED = 503


class ConfigError(S3PipesError, ValueError):
    """A setting is wrong, or settings contradict one another: change it."""


class WrongRegion(ConfigError):
    """The bucket is in another region than the requests were signed for: set that region.

    Attributes:
        region: where the store said that the bucket is, or "".
    """

    region: str = ""


class CredentialsMissing(ConfigError):
    """No credentials were found, or their source failed: provide them, or read anonymously."""


class AccessDenied(S3PipesError, PermissionError, ValueError):
    """S3 refused these credentials, or nobody may read here without any."""

    errno = _errno.EACCES

    @property
    def of_one_object(self) -> bool:
        """True where the credentials are good, and only this object is kept from them."""
        return self.code in _OF_ONE_OBJECT

    @property
    def filename(self) -> str | None:
        """The URL, under the name that OSError gives it."""
        return self.url


class BucketNotFound(S3PipesError, ValueError):
    """The bucket does not exist at this endpoint: check its name and the endpoint."""


class ObjectNotFound(S3PipesError, FileNotFoundError, ValueError):
    """The object does not exist (any more): skip it, or list again."""

    errno = _errno.ENOENT

    @property
    def of_one_object(self) -> bool:
        """True."""
        return True

    @property
    def filename(self) -> str | None:
        """The URL, under the name that OSError gives it."""
        return self.url


class ObjectChanged(S3PipesError):
    """The object is not the one that was listed or first read: read it again from its start."""

    @property
    def of_one_object(self) -> bool:
        """True."""
        return True


class RequestRefused(S3PipesError, ValueError):
    """S3 refused the request for another reason, which its code names."""

    @property
    def of_one_object(self) -> bool:
        """True: an archived object, a key that was deleted, and their like."""
        return True


class RetriesExhausted(S3PipesError):
    """The network or the store kept failing: wait, allow more retries, or ask less at once."""

    @property
    def of_one_object(self) -> bool:
        """True where the store answered each time, and failed by itself: 500 and its like."""
        return self.status >= _SERVER_FAILED and self.status != _THROTTLED


class ChecksumMismatch(S3PipesError):
    """The bytes differ from those whose checksum the store holds: read again, or put it again.

    It was fetched again, on other connections, as often as could be done unseen. What comes back
    differs each time where the network or a machine on the way is bad; what is always the same was
    stored so.
    """

    @property
    def of_one_object(self) -> bool:
        """True."""
        return True


class TransferTimeout(S3PipesError, TimeoutError):
    """Connecting took too long, or no byte came for too long, on every attempt."""

    errno = _errno.ETIMEDOUT


class BadCertificate(S3PipesError):
    """The server's TLS certificate did not verify: name the right CA file. Never retried."""


class BadResponse(S3PipesError):
    """What answered does not speak S3, or breaks HTTP: check the endpoint and the proxy."""

    @property
    def of_one_object(self) -> bool:
        """True: other objects may be answered rightly."""
        return True


class TransferCancelled(S3PipesError):
    """The stream was closed, or its engine ended, while this read was waiting."""


class TooManySkipped(S3PipesError):
    """More objects failed than `ReadConfig(max_skipped_share=...)` lets a loader leave out.

    Its cause is the last failure.
    """


_CLASSES: dict[str, type[S3PipesError]] = {
    "connection": RetriesExhausted,
    "timeout": TransferTimeout,
    "throttled": RetriesExhausted,
    "server": RetriesExhausted,
    "checksum_mismatch": ChecksumMismatch,
    "expired_credentials": AccessDenied,
    "wrong_region": WrongRegion,
    "wrong_scheme": ConfigError,
    "certificate": BadCertificate,
    "access_denied": AccessDenied,
    "bucket_not_found": BucketNotFound,
    "object_not_found": ObjectNotFound,
    "object_changed": ObjectChanged,
    "range_not_satisfiable": ObjectChanged,
    "not_s3": BadResponse,
    "bad_response": BadResponse,
    "request_refused": RequestRefused,
    "config": ConfigError,
    "cancelled": TransferCancelled,
}

_HINTS = {
    "connection": "Check that the endpoint can be reached from this machine (endpoint_url, name"
    " look-up, proxy, firewall); RetryConfig(time_limit_s=...) sets how long to keep trying",
    "timeout": "If the network is only slow, raise ClientConfig(connect_timeout_s=...,"
    " progress_timeout_s=...); otherwise check the endpoint and the network",
    "throttled": "S3 asks for fewer requests: lower ClientConfig(max_requests=...) or the number"
    " of workers, raise RetryConfig(time_limit_s=...), or spread the keys over more prefixes",
    "server": "The store itself fails: wait, or raise RetryConfig(max_attempts=...,"
    " time_limit_s=...)",
    "checksum_mismatch": "Read it again; if it stays so, the stored object is damaged: put it"
    " again. ClientConfig(verify_checksums=False) reads it as it is",
    "expired_credentials": "The credentials have expired and their source gave no newer ones:"
    " renew them, for example with `aws sso login`",
    "certificate": "Name the CA that signed it with ClientConfig(verify='/path/to/ca.pem') or"
    " AWS_CA_BUNDLE; verify=False turns checking off and leaves the data open to anyone between",
    "access_denied": "Check that these credentials may s3:GetObject and s3:ListBucket here"
    " (without the latter S3 answers 403 for a missing object too); for a public bucket use"
    " ClientConfig(anonymous=True), where the reader pays ClientConfig(requester_pays=True)",
    "bucket_not_found": "Check the bucket's name, and that the endpoint is the one it lives at"
    " (ClientConfig(endpoint_url=...))",
    "object_not_found": "Check the key; if it was listed, it has been deleted since; if it is a"
    " prefix, .list_files_by_s3() gives the objects under it",
    "object_changed": "It was overwritten since it was listed or first read: list again and read"
    " it from its start",
    "range_not_satisfiable": "The object is shorter than this range: it shrank since it was"
    " listed, or the range is wrong",
    "not_s3": "Check ClientConfig(endpoint_url=...) and the proxy: what answered is not S3",
    "bad_response": "A proxy or a store that is not compatible may be in the way; check"
    " ClientConfig(endpoint_url=...)",
}

# S3's own word says more than the kind.
_HINTS_BY_CODE = {
    "InvalidAccessKeyId": "This endpoint does not know the access key: check the profile and the"
    " endpoint",
    "SignatureDoesNotMatch": "The secret key does not belong to the access key, or a proxy changed"
    " the request",
    "RequestTimeTooSkewed": "The clock of this machine is wrong: set it (NTP)",
    "InvalidObjectState": "The object is archived: restore it before reading",
    "InvalidBucketName": "Check the bucket's name",
}


# The end of a range that goes to the end of an object whose size is not known.
_OPEN_END = (1 << 64) - 1


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What the engine knows of a failure; it makes one and hands it to `translate`.

    Attributes:
        kind: the native error kind's name, such as "throttled".
        message: what the last attempt saw.
        url: the `s3://` URL, or "" where there is none.
        begin, end: the bytes asked for, end exclusive; equal where no range was.
        region: where the bucket is, if the store said so.
        endpoint_url, whence: of a store out of reach, and where that was set; "" otherwise.
    """

    kind: str
    message: str
    url: str
    begin: int
    end: int
    attempts: int
    elapsed_s: float
    status: int
    code: str
    request_id: str
    region: str
    endpoint_url: str = ""
    whence: str = ""


def translate(failure: Failure) -> S3PipesError:
    """The exception for a native failure."""
    kind, region = failure.kind, failure.region
    hint = _HINTS_BY_CODE.get(failure.code) or _HINTS.get(kind, "")
    if kind == "wrong_region":
        hint = "Set the bucket's region with ClientConfig(region=...) or AWS_REGION"
        if region:
            hint = f"The bucket is in {region}: set ClientConfig(region={region!r}) or AWS_REGION"
    hint = f"Use {_other_scheme(failure.endpoint_url)}" if kind == "wrong_scheme" else hint
    hint = ". ".join(part for part in (hint, failure.whence) if part)
    begin, end = failure.begin, failure.end
    # To who may not list, S3 answers 403 for a missing object too.
    if kind == "object_not_found" or (kind == "access_denied" and begin != end):
        hint = as_a_prefix(failure.url) or hint
    error = _CLASSES.get(kind, S3PipesError)(
        failure.message,
        url=failure.url or None,
        range=None if end in (begin, _OPEN_END) else (begin, end),
        attempts=failure.attempts,
        elapsed_s=failure.elapsed_s,
        status=failure.status,
        code=failure.code,
        request_id=failure.request_id,
        hint=hint,
    )
    if isinstance(error, WrongRegion):
        error.region = region
    return error


def refused(error: WrongRegion) -> RequestRefused:
    """What is left of a WrongRegion without a reason that names the region which was asked."""
    return RequestRefused(
        error.reason,
        url=error.url,
        range=error.range,
        attempts=error.attempts,
        elapsed_s=error.elapsed_s,
        status=error.status,
        request_id=error.request_id,
    )


def _other_scheme(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{'https' if scheme == 'http' else 'http'}://{rest}"
