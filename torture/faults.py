"""The faults of the rows, by name: what the simulated S3 is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from s3pipes.testing import SimulatedS3


@dataclass(frozen=True)
class Fault:
    """One kind of fault: `kind` and `how` are those of `SimulatedS3.fault`."""

    name: str
    kind: str
    how: Mapping[str, Any] = field(default_factory=dict)
    method: str = "GET"

    def into(self, server: SimulatedS3, *, share: float = 1.0, times: int | None = None) -> None:
        """Adds it to what befalls requests of its method."""
        server.fault(self.kind, share=share, times=times, method=self.method, **self.how)


def _status(status: int, code: str, name: str = "", **how: Any) -> Fault:
    return Fault(name or f"status {status}", "status", {"status": status, "code": code, **how})


# The connection or the store fails; the answer says nothing that is not so.
BREAKS = (
    Fault("connection reset in the body", "reset"),
    Fault("early end of the body", "fin"),
    _status(408, "RequestTimeout"),
    _status(429, "TooManyRequests"),
    _status(500, "InternalError"),
    _status(502, "BadGateway"),
    _status(503, "ServiceUnavailable"),
    _status(503, "SlowDown", "503 with Retry-After", retry_after="1"),
    _status(504, "GatewayTimeout"),
    Fault("307 to the same region", "redirect", {"status": 307}),
)
# Something does not come, or hardly.
STALLS = (
    Fault("body stalls", "stall"),
    Fault("no head ever", "hang"),
    Fault("body at 2 B/s", "trickle", {"bytes_per_s": 2}),
)
# The answer contradicts the request, or is none of S3's.
LIES = (
    Fault("wrong Content-Length", "wrong_length"),
    Fault("wrong Content-Range", "wrong_range"),
    Fault("no Content-Range", "no_range"),
    Fault("wrong total in Content-Range", "wrong_total"),
    Fault("wrong ETag", "wrong_etag"),
    Fault("1 MiB of headers", "big_head"),
    Fault("neither ETag nor request id", "no_marks"),
    Fault("200 with <Error>", "error_200"),
    Fault("200 with an HTML page", "html"),
)
# The answer is as it should be, but for a byte.
FLIPS = (Fault("bit flip", "flip"),)
# The same of the pages of a listing.
LIST_LIES = (
    Fault("page: 200 with <Error>", "error_200", method="LIST"),
    Fault("page: broken XML", "list_broken_xml", method="LIST"),
    Fault("page: an HTML page", "html", method="LIST"),
)


def mixed(server: SimulatedS3, share: float, *, waits: bool = True) -> None:
    """Breaks, stalls and lies, each alike, on so many of all GETs together.

    Args:
        waits: the one that tells its client to wait is among them.
    """
    kinds = [*BREAKS, *STALLS, *LIES]
    for fault in kinds:
        if waits or "retry_after" not in fault.how:
            fault.into(server, share=share / len(kinds))


def injected(server: SimulatedS3, since: int = 0) -> Counter[str]:
    """How often each kind was done, but for the first `since` of them all."""
    return Counter(fault.kind for fault in server.fault_log(since))
