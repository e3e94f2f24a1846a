"""What SimulatedS3's faults are told as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, kw_only=True)
class InjectedFault:
    """One fault that a request met with.

    Attributes:
        kind: as `SimulatedS3.fault` names it; or "black_hole", of a connection.
        request_id: that the answer bears in `x-amz-request-id`, or would have borne; "" where the
            connection was cut before any request.
        method: of the request.
        key: of the object; of a listing its prefix, or the key that was left out, given twice or
            swapped with the next; of a black hole the address.
        begin, end: of the range that was asked for, in bytes; None where the request named none.
        at_byte: of the answer's body: where it was cut, halted or flipped. None for other kinds.
        at_s: when it was decided, on `time.monotonic()`'s clock.
    """

    kind: str
    request_id: str
    method: str
    key: str
    begin: int | None
    end: int | None
    at_byte: int | None
    at_s: float

    @classmethod
    def from_row(cls, row: list[Any]) -> InjectedFault:
        """From a row of the simulator's log."""
        kind, request_id, method, key, begin, end, at_byte, at_s = row
        return cls(
            kind=kind,
            request_id=request_id,
            method=method,
            key=key,
            begin=begin,
            end=end,
            at_byte=at_byte,
            at_s=at_s,
        )


def fault_words(kind: str, settings: dict[str, Any]) -> str:
    """A rule as the simulator's control reads it; what is None is left out."""
    words = [
        f"{name}={quote(str(value), safe='')}"
        for name, value in settings.items()
        if value is not None
    ]
    return " ".join(["fault", quote(kind, safe=""), *words])
