"""An HTTP proxy that writes down what it is asked for."""

from __future__ import annotations

import select
import socket
from urllib.parse import urlsplit

from s3pipes.testing.acceptor import Acceptor


class Proxy(Acceptor):
    """Passes requests in absolute form and tunnels on, and writes their heads down.

    One request or tunnel for each connection: the proxy closes it.
    """

    def __init__(self, *, login: str = "", to: int | None = None) -> None:
        super().__init__()
        self.heads: list[str] = []
        self._login = login
        self._to = to  # a port that every name leads to

    @property
    def targets(self) -> list[str]:
        return [head.split(" ", 2)[1] for head in self.heads]

    def serve(self, connection: socket.socket, number: int) -> None:
        """One request or tunnel to its end."""
        head = self._read(connection)
        if head is None:
            return
        self.heads.append(head)
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        fields = {name.lower(): value for name, value in fields.items()}
        if self._login and fields.get("proxy-authorization") != self._login:
            connection.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
            )
            return
        method, target, _ = head.split("\r\n")[0].split(" ")
        there = ("127.0.0.1", self._to) if self._to else self._address(method, target)
        with self.onward(there) as server:
            if method == "CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                server.sendall(self._passed_on(head))
            self._pump(connection, server)

    @staticmethod
    def _read(client: socket.socket) -> str | None:
        raw = b""
        while b"\r\n\r\n" not in raw:
            got = client.recv(4096)
            if not got:
                return None
            raw += got
        return raw.decode("latin-1").partition("\r\n\r\n")[0]

    @staticmethod
    def _address(method: str, target: str) -> tuple[str, int]:
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        return parts.hostname or "", parts.port or 80

    @staticmethod
    def _passed_on(head: str) -> bytes:
        first, *fields = head.split("\r\n")
        method, target, version = first.split(" ")
        parts = urlsplit(target)
        origin = parts.path + (f"?{parts.query}" if parts.query else "")
        # As RFC 9112 wants it: Host is made from the target.
        kept = [f for f in fields if not f.lower().startswith(("proxy-", "host:", "connection:"))]
        lines = [f"{method} {origin} {version}", f"Host: {parts.netloc}", *kept]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")

    @staticmethod
    def _pump(client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        while True:
            for ready in select.select(list(other), [], [])[0]:
                data = ready.recv(1 << 16)
                if not data:
                    return
                other[ready].sendall(data)
