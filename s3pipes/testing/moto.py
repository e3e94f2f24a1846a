"""moto: an S3 in a thread of this process. It checks no signatures."""

from __future__ import annotations

import logging
from typing import Any

from s3pipes.testing.server import S3Server


class MotoServer(S3Server):
    """moto on a free port of this machine, while the context lasts.

    All MotoServers of a process share their buckets, which vanish with the last of them.
    """

    access_key = "moto-access-key"
    secret_key = "moto-secret-key"
    _running = 0

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        # One line on stderr per request helps nobody.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server: Any = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)

    def __enter__(self) -> MotoServer:
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint_url = f"http://{host}:{port}"
        MotoServer._running += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        MotoServer._running -= 1
        if MotoServer._running == 0:
            from moto.s3.models import s3_backends

            for account in s3_backends.values():
                account.reset()
