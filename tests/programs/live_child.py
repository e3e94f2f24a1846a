"""A parent that closes what it had under way while a forked child lives on."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

import s3pipes
from s3pipes import ReadConfig, S3Stream
from tests.noise import KiB
from tests.programs.forking import begin_child, end_of
from tests.programs.ground import client_at, leave, say
from tests.quiet import seconds_until


def _read(stream: S3Stream) -> None:
    with suppress(s3pipes.TransferCancelled, ValueError):
        stream.read()


def beside_a_close(endpoint_url: str, ca_file: str = "") -> None:
    """Says "closed" when the stream is, and waits with its child for Ctrl-C.

    The connection of its first chunk waits for its second, which never comes.
    """
    client = client_at(endpoint_url, ca_file)
    read = ReadConfig(chunk_bytes=64 * KiB, window_bytes=0)
    stream = client.open("s3://bucket/half", read=read)
    assert stream.read(1000) == bytes(1000)
    reader = threading.Thread(target=_read, args=(stream,))
    reader.start()
    seconds_until(lambda: s3pipes.stats().requests_running == 1)
    asks, tells = os.pipe()

    def child() -> None:
        os.close(tells)
        assert os.read(asks, 1) == b""  # until the parent lets go

    pid = begin_child(child)
    os.close(asks)
    with suppress(KeyboardInterrupt):
        stream.close()
        reader.join()
        say("closed")
        threading.Event().wait()
    assert os.waitpid(pid, os.WNOHANG) == (0, 0), "the child did not live so long"
    os.close(tells)
    assert end_of(pid) == 0
    leave()
