"""What a scripted server hears and says: requests, answers, and what goes wrong between them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote
from xml.sax.saxutils import escape

Framing = Literal["length", "chunked", "close"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it came.

    Attributes:
        target: path and query as sent.
        path: decoded, `/bucket/key`.
        headers: by lower-case name.
        attempt: 1 for the first request with this method and path, 2 for the next, ...
        connection: which connection it came by, counted from 1.
        at: `time.monotonic()` when it was read.
    """

    method: str
    target: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    attempt: int
    connection: int
    at: float

    @property
    def range(self) -> tuple[int, int | None] | None:
        """Bytes asked for, end exclusive, None for an open end; None without a Range."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        if found is None:
            return None
        return int(found[1]), int(found[2]) + 1 if found[2] else None

    @property
    def access_key(self) -> str:
        """Of the signature; "" without one."""
        found = re.search(r"Credential=([^/]+)/", self.headers.get("authorization", ""))
        return found[1] if found else ""

    @property
    def region(self) -> str:
        """That the request was signed for; "" without a signature."""
        found = re.search(r"Credential=[^/]+/\d+/([^/]+)/", self.headers.get("authorization", ""))
        return found[1] if found else ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back, and what goes wrong on the way.

    Attributes:
        framing: how the end of the body is told: its length, chunks, or the connection's end.
        interim: a `100 Continue` goes before it.
        after: nothing is sent before this is set.
        pace_s: seconds before every KiB of the body.
        pause_at, until: so many bytes of the body are sent, the rest after `until` is set.
        cut_at: the connection ends after so many bytes of the body; -1: before the head.
        cut_with: "fin" ends it as if all were well, "rst" resets it.
        keep_alive: False says `Connection: close`, and does it.
        hang_up: closes after the answer without having said so.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    framing: Framing = "length"
    interim: bool = False
    after: threading.Event | None = None
    pace_s: float = 0.0
    pause_at: int | None = None
    until: threading.Event | None = None
    cut_at: int | None = None
    cut_with: Literal["fin", "rst"] = "fin"
    keep_alive: bool = True
    hang_up: bool = False


Script = Callable[[Request], "Answer | None"]


def fault(status: int, code: str, message: str = "", **headers: str) -> Answer:
    """S3's own error; `headers` with _ for -."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(code)}</Code>'
        f"<Message>{escape(message)}</Message></Error>"
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        status=status, headers={"Content-Type": "application/xml"} | named, body=body.encode()
    )


def listing(
    bucket: str, objects: Mapping[str, tuple[bytes, str]], query: Mapping[str, str]
) -> Answer:
    """One page of ListObjectsV2 over `objects`: key to (body, ETag)."""
    after = query.get("continuation-token") or query.get("start-after", "")
    limit = int(query.get("max-keys", "1000"))
    keys = [
        key for key in sorted(objects) if key.startswith(query.get("prefix", "")) and key > after
    ]
    page = keys[:limit]
    more = len(keys) > limit
    contents = "".join(
        f"<Contents><Key>{quote(key)}</Key><LastModified>2026-07-06T08:00:00.000Z</LastModified>"
        f"<ETag>{escape(objects[key][1])}</ETag><Size>{len(objects[key][0])}</Size></Contents>"
        for key in page
    )
    token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{escape(bucket)}</Name><EncodingType>url</EncodingType><KeyCount>{len(page)}"
        f"</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}"
        "</ListBucketResult>"
    )
    return Answer(headers={"Content-Type": "application/xml"}, body=body.encode())
