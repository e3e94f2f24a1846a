"""A server in front of another, which may answer in its place."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Gate(ThreadingHTTPServer):
    """A server in front of another that may answer in its place, or let nobody through for now.

    Attributes:
        answer: takes the headers of a request; returns (status, headers, body), or None to pass on.
        open: while it is not set, requests wait.
        arrived: how many requests have come.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, behind):
        super().__init__(("127.0.0.1", 0), _GateKeeper)
        self.behind = behind.endpoint_url.removeprefix("http://")
        self.endpoint_url = f"http://127.0.0.1:{self.server_port}"
        self.answer = lambda headers: None
        self.open = threading.Event()
        self.open.set()
        self.arrived = 0

    def handle_error(self, request, client_address):
        pass  # a client that goes away is what some tests are about


class _GateKeeper(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gate

    def do_GET(self):
        self.server.arrived += 1
        self.server.open.wait(60)
        answer = self.server.answer(self.headers)
        if answer is None:
            behind = http.client.HTTPConnection(self.server.behind)
            behind.request(self.command, self.path, headers=dict(self.headers))
            response = behind.getresponse()
            answer = response.status, dict(response.getheaders()), response.read()
        status, headers, body = answer
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        told = {name.lower(): value for name, value in headers.items()}
        head_only = self.command == "HEAD"
        length = told.get("content-length", "0") if head_only else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        if not head_only:
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass
