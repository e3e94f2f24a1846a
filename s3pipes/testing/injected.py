"""Faults on purpose: how SimulatedS3 is told of them, and what it tells."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from s3pipes.testing.server import S3Server


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


class FaultyServer(S3Server):
    """The part of SimulatedS3 that makes things go wrong on purpose.

    Attributes:
        endpoint_urls: of each of its addresses.
    """

    endpoint_urls: list[str]

    def fault(
        self,
        kind: str,
        *,
        share: float = 1.0,
        times: int | None = None,
        after: int = 0,
        method: str | None = "GET",
        key: str | None = None,
        **how: float | str | None,
    ) -> None:
        """Adds a rule of what goes wrong; docs/simulator.md has all kinds and their `how`.

        At most one fault befalls a request: of the first rule that matches, in the order in which
        they were added, but those that come in place of an answer ("status", "html", "overwrite"
        and their like) before all others. Answers that are refusals already are spared, and those
        that the fault would not show in: of 206 and no Content-Range "wrong_range", for example.

        Args:
            kind: "reset", "fin", "stall", "flip", "hang", "status", "html" and so on.
            share: of the requests that match, drawn from the seed; which ones does not depend on
                anything but the rule and how many have matched before.
            times: no more than so many; None: without end.
            after: so many that match are spared first.
            method: "GET" of objects, "HEAD", "LIST" of pages, "PUT" and so on; None: any. Faults
                whose kind begins with "list_" are of pages, whatever this is; those of TLS are of
                connections.
            key: a glob that the key must match ("*" matches "/" too); of a listing its prefix.
            how: settings of the kind: at_byte (of the answer's body), for_s, status and so on.

        Raises:
            ValueError: no such kind, `how` or value.
        """
        settings: dict[str, Any] = {"share": share, "times": times, "after": after, "key": key}
        if not kind.startswith("list_"):
            settings["method"] = "" if method is None else method
        self._ask(_fault_words(kind, settings | how))

    def clear_faults(self) -> None:
        """Takes back all rules; what is under way goes on, and the log stays."""
        self._ask("clear_faults")

    def fault_log(self, since: int = 0) -> list[InjectedFault]:
        """The faults that requests met with, in their order, without the first `since`.

        One is there before anything of its answer is sent: whoever has seen a fault finds it.
        """
        found: list[InjectedFault] = []
        while True:
            page = self._ask(f"fault_log {since + len(found)}")
            found += map(InjectedFault.from_row, page["faults"])
            if since + len(found) >= page["all"] or not page["faults"]:
                return found

    def reset_connections(self) -> int:
        """Resets every open connection at once, whatever it does, and says how many there were."""
        return int(self._ask("reset_connections")["reset"])

    def refuse(self, address: str | None = None, *, how: str | None = "refused") -> None:
        """What becomes of new connections; those that are open stay.

        Args:
            address: one of `endpoint_urls`, or its host as in "127.0.0.2"; None: all.
            how: "refused", "black_hole" (accepted, and never read nor answered), or None: they are
                served again.

        Raises:
            ValueError: no such address or no such `how`.
        """
        number = 0
        if address is not None:
            host = urlsplit(address).hostname if "://" in address else address
            hosts = [urlsplit(url).hostname for url in self.endpoint_urls]
            if host not in hosts:
                raise ValueError(
                    f"{address!r} is none of its addresses: {', '.join(map(str, hosts))}"
                )
            number = 1 + hosts.index(host)
        self._ask(f"door {number} {'open' if how is None else how}")

    def overwrite(self, bucket: str, key: str) -> None:
        """Makes an object that `add` described its next version.

        Size and name stay; bytes, ETag and Last-Modified are others. Answers under way go on with
        the bytes that they began with, as S3's do.

        Raises:
            ValueError: no object is described there, or another was put in its place.
        """
        self._ask(f"overwrite {quote(bucket, safe='')} {quote(key, safe='')}")

    @abstractmethod
    def _ask(self, line: str) -> dict[str, Any]:
        """What the simulator answers to a line of its control."""


def _fault_words(kind: str, settings: dict[str, Any]) -> str:
    """A rule as the simulator's control reads it; what is None is left out."""
    words = [
        f"{name}={quote(str(value), safe='')}"
        for name, value in settings.items()
        if value is not None
    ]
    return " ".join(["fault", quote(kind, safe=""), *words])
