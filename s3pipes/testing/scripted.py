"""An S3 in threads of this process that answers as a test's function says, or else truthfully."""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import IO
from urllib.parse import parse_qsl, unquote, urlsplit

from s3pipes.testing.acceptor import Acceptor
from s3pipes.testing.answers import Answer, Request, Script, fault, listing
from s3pipes.testing.server import S3Server
from s3pipes.url import S3Url

_LAST_MODIFIED = "Mon, 06 Jul 2026 08:00:00 GMT"
_SEND_BYTES = 64 << 10
_PACED_BYTES = 1 << 10
_LOOK_EVERY_S = 0.05


class ScriptedServer(Acceptor, S3Server):
    """Serves objects with ranges, If-Match and listings; path style only, no signature checked.

    Args:
        script: called for every request, on a thread of its own; None from it, or no script:
            the true answer. It may be set anew at any time.
        tls: speaks TLS with this server context.
        host: the address to listen at.

    Attributes:
        requests: all that came, in the order of their coming.
        unanswered: of those, the ones whose answer is not sent to its end, by connection.
        never: an event that is set only when the server ends, for answers that never come.
    """

    access_key = "scripted-access-key"
    secret_key = "scripted-secret-key"

    def __init__(
        self,
        script: Script | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__(host, tls)
        self.script = script
        self.requests: list[Request] = []
        self.unanswered: dict[int, Request] = {}
        self.never = threading.Event()
        self._buckets: dict[str, dict[str, tuple[bytes, str]]] = {}
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._held: set[threading.Event] = {self.never}
        self._failure: BaseException | None = None

    def __enter__(self) -> ScriptedServer:
        super().__enter__()
        self.endpoint_url = f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"
        return self

    def end(self) -> None:
        """Lets go every answer that is held back."""
        for event in self._held:
            event.set()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self._failure is not None:
            raise self._failure

    # What it serves

    def put(self, key: str, body: bytes, *, bucket: str = "bucket", etag: str = "") -> S3Url:
        """Stores an object, and its bucket if that is new; returns what a listing would say."""
        tag = etag or f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        self._buckets.setdefault(bucket, {})[key] = body, tag
        return S3Url.of(bucket, key, len(body), tag, None)

    def delete(self, key: str, *, bucket: str = "bucket") -> None:
        """Removes an object."""
        del self._buckets[bucket][key]

    def bucket(self, prefix: str = "bucket") -> str:
        """The name of an empty bucket."""
        self._buckets[prefix] = {}
        return prefix

    def truth(self, request: Request) -> Answer:  # noqa: PLR0911 - one for each outcome
        """The answer of an S3 that is well."""
        _, bucket, key = [*request.path.split("/", 2), ""][:3]
        objects = self._buckets.get(bucket)
        if objects is None:
            return fault(404, "NoSuchBucket", "The specified bucket does not exist")
        if not key:
            return listing(bucket, objects, request.query)
        if key not in objects:
            return fault(404, "NoSuchKey", "The specified key does not exist.")
        body, etag = objects[key]
        headers = {"ETag": etag, "Last-Modified": _LAST_MODIFIED, "Accept-Ranges": "bytes"}
        if request.headers.get("if-match", etag) != etag:
            return fault(412, "PreconditionFailed", "At least one precondition did not hold")
        if request.range is None:
            return Answer(headers=headers, body=body)
        begin, end = request.range
        if begin >= len(body):
            told = {"Content_Range": f"bytes */{len(body)}"}
            return fault(416, "InvalidRange", "The requested range is not satisfiable", **told)
        end = len(body) if end is None else min(end, len(body))
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(body)}"
        return Answer(status=206, headers=headers, body=body[begin:end])

    # What came

    def wait_for_requests(self, count: int, *, within_s: float = 10.0) -> None:
        """Waits until so many requests came in all."""
        self.wait_for(lambda: len(self.requests) >= count, within_s=within_s)

    def of(self, method: str, key: str, *, bucket: str = "bucket") -> list[Request]:
        """The requests for one object."""
        path = f"/{bucket}/{key}"
        return [one for one in self.requests if one.method == method and one.path == path]

    def serve(self, connection: socket.socket, number: int) -> None:
        """Answers requests, one after another."""
        with connection.makefile("rb") as lines:
            goes_on = True
            while goes_on and (request := self._read(lines, number)) is not None:
                try:
                    answer = self._answer_to(request)
                    goes_on = answer is not None and self._send(connection, request, answer)
                finally:
                    with self.changed:
                        del self.unanswered[number]
                        self.changed.notify_all()

    def _read(self, lines: IO[bytes], number: int) -> Request | None:
        first = lines.readline().decode("latin-1").split()
        if len(first) != 3 or first[2] != "HTTP/1.1":  # noqa: PLR2004 - or somebody speaks TLS
            return None
        headers = {}
        while line := lines.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        parts = urlsplit(first[1])
        path = unquote(parts.path)
        with self.changed:
            self._attempts[first[0], path] += 1
            request = Request(
                method=first[0],
                target=first[1],
                path=path,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers=headers,
                attempt=self._attempts[first[0], path],
                connection=number,
                at=time.monotonic(),
            )
            self.requests.append(request)
            self.unanswered[number] = request
            self.changed.notify_all()
        return request

    def _answer_to(self, request: Request) -> Answer | None:
        try:
            answer = self.script(request) if self.script is not None else None
            answer = self.truth(request) if answer is None else answer
            if request.headers.get("connection", "").lower() == "close":
                answer = replace(answer, keep_alive=False)
            return answer
        except BaseException as error:  # noqa: BLE001 - told when the server ends
            self._failure = self._failure or error
            return None

    def _hold(self, connection: socket.socket, event: threading.Event | None) -> None:
        """Waits for the event, or until the client has left."""
        if event is None:
            return
        with self.changed:
            self._held.add(event)
            if self.ending:
                event.set()
        while not event.wait(_LOOK_EVERY_S):
            with suppress(BlockingIOError):
                # Not SSLSocket's own, which knows no flags.
                if not socket.socket.recv(connection, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                    raise ConnectionResetError

    def _send(self, connection: socket.socket, request: Request, answer: Answer) -> bool:
        """True where another request may follow."""
        self._hold(connection, answer.after)
        if answer.cut_at == -1:
            return self._cut(connection, answer)
        body = b"" if request.method == "HEAD" else answer.body
        connection.sendall(self._head(answer))
        end = len(body) if answer.cut_at is None else min(answer.cut_at, len(body))
        pause = end if answer.pause_at is None else min(answer.pause_at, end)
        self._send_body(connection, body[:pause], answer)
        if answer.pause_at is not None and request.method != "HEAD":  # which has no body
            self._hold(connection, answer.until)
            self._send_body(connection, body[pause:end], answer)
        if answer.cut_at is not None:
            return self._cut(connection, answer)
        if answer.framing == "chunked" and request.method != "HEAD":
            connection.sendall(b"0\r\n\r\n")
        return answer.keep_alive and not answer.hang_up and answer.framing != "close"

    def _head(self, answer: Answer) -> bytes:
        headers = dict(answer.headers)
        headers.setdefault("x-amz-request-id", f"REQUEST{len(self.requests):04}")
        headers.setdefault("Date", _LAST_MODIFIED)
        if answer.framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        elif answer.framing == "length":
            headers.setdefault("Content-Length", str(len(answer.body)))
        if not answer.keep_alive or answer.framing == "close":
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        interim = ["HTTP/1.1 100 Continue", ""] if answer.interim else []
        return "\r\n".join([*interim, *lines, "", ""]).encode("latin-1")

    def _send_body(self, connection: socket.socket, body: bytes, answer: Answer) -> None:
        step = _PACED_BYTES if answer.pace_s else _SEND_BYTES
        for begin in range(0, len(body), step):
            piece = body[begin : begin + step]
            if answer.pace_s:
                self.never.wait(answer.pace_s)
            if answer.framing == "chunked":
                piece = b"%x;ext=1\r\n%b\r\n" % (len(piece), piece)
            connection.sendall(piece)

    def _cut(self, connection: socket.socket, answer: Answer) -> bool:
        if answer.cut_with == "rst":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
