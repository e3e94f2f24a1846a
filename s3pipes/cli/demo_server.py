"""The demo's embedded S3: moto in a process of its own, which takes no GIL from the training."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

from s3pipes.testing.moto import MotoServer
from s3pipes.testing.server import S3Server


class EmbeddedS3(S3Server):
    """An empty S3 on a free port of this machine, in another process, while the context lasts."""

    access_key = MotoServer.access_key
    secret_key = MotoServer.secret_key

    def __enter__(self) -> EmbeddedS3:
        # spawn: nothing of torch's threads goes along.
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self.endpoint_url = self._line.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._process.join(timeout=5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(line: Connection) -> None:
    with MotoServer() as server:
        line.send(server.endpoint_url)
        try:
            line.recv()  # ends when the other side closes or dies
        except (EOFError, OSError, KeyboardInterrupt):
            return
