"""Connections accepted at a free port of this machine, each served on a thread of its own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

_JOIN_S = 10.0


class Acceptor:
    """Accepts, serves and counts connections while the context lasts, and leaves none behind.

    Args:
        host: the address to listen at.
        tls: speaks TLS with this server context.

    Attributes:
        port: where it listens.
        changed: notified at every change of what `wait_for` may look at.
        ending: true from when the context ends.
    """

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.host = host
        self.changed = threading.Condition()
        self.ending = False
        self._tls = tls
        self._connected = 0
        self._open: dict[int, socket.socket] = {}
        self._onward: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def serve(self, connection: socket.socket, number: int) -> None:
        """Serves one connection to its end; an OSError says that the client left."""
        raise NotImplementedError

    def end(self) -> None:
        """Called under `changed` when the context ends: lets go what threads wait for."""

    def __enter__(self) -> Self:
        self._listener = socket.create_server((self.host, 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self.ending = True
            self.end()
            open_now = [*self._open.values(), *self._onward]
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in open_now:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_JOIN_S)
            assert not thread.is_alive(), "a thread of the server hangs"

    @property
    def connections(self) -> int:
        """Accepted so far."""
        return self._connected

    @property
    def open_connections(self) -> int:
        """Open now."""
        return len(self._open)

    def wait_for(self, condition: Callable[[], bool], *, within_s: float = 10.0) -> None:
        """Waits for a condition on what came; looked at after every change."""
        with self.changed:
            assert self.changed.wait_for(condition, within_s), "it did not come to that"

    def onward(self, address: tuple[str, int]) -> socket.socket:
        """A connection to somewhere else, which ends with this server at the latest."""
        connection = socket.create_connection(address)
        with self.changed:
            self._onward.add(connection)
            if self.ending:
                connection.shutdown(socket.SHUT_RDWR)
        return connection

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self.changed:
                if self.ending:
                    connection.close()
                    return
                self._connected += 1
                number = self._connected
                self._open[number] = connection
                self.changed.notify_all()
            self._start(self._connect, connection, number)

    def _connect(self, plain: socket.socket, number: int) -> None:
        connection = plain
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
                with self.changed:
                    self._open[number] = connection  # it took the descriptor over
                    if self.ending:
                        return
                connection.do_handshake()
            self.serve(connection, number)
        except OSError:
            pass  # the client left
        finally:
            with suppress(OSError):
                connection.close()
            with self.changed:
                del self._open[number]
                self.changed.notify_all()
