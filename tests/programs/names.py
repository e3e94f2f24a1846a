"""A store whose name comes to lead elsewhere while it is read."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

from s3pipes import RetryConfig, S3Client
from tests.programs.ground import say
from tests.programs.under_faults import failures_are_meant
from torture.store import KIB, Family, listed, store
from torture.tally import read_all

_NEW_MOUNTS = 0x20000  # CLONE_NEWNS
_PRIVATE, _BIND = 0x44000, 0x1000  # MS_REC | MS_PRIVATE, MS_BIND
_SMALL = Family("small", 200, 20 * KIB)


def _own_hosts(file: Path) -> None:
    """From here on this process reads that file as /etc/hosts, and no other process does."""
    libc = ctypes.CDLL(None, use_errno=True)
    for failed in (
        libc.unshare(_NEW_MOUNTS),
        libc.mount(None, b"/", None, _PRIVATE, None),
        libc.mount(os.fsencode(file), b"/etc/hosts", None, _BIND, None),
    ):
        if failed:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))


def moves(file: str) -> None:
    failures_are_meant()
    hosts = Path(file)
    hosts.write_text("127.0.0.1 localhost store.test\n")
    try:
        _own_hosts(hosts)
    except PermissionError:
        return say("may not")
    with store("none", _SMALL, addresses=2) as server:
        parts = [urlsplit(url) for url in server.endpoint_urls]
        quick = RetryConfig(base_delay_s=0.05, max_delay_s=0.5, max_attempts=100)
        config = server.config(endpoint_url=f"http://store.test:{parts[0].port}", retry=quick)
        client = S3Client(config)
        urls = listed(client, _SMALL)
        assert read_all(client, urls).right == _SMALL.count
        hosts.write_text(f"127.0.0.1 localhost\n{parts[1].hostname} store.test\n")
        server.refuse(server.endpoint_urls[0])
        server.reset_connections()
        began = time.monotonic()
        tally = read_all(client, urls)
        assert (tally.right, tally.wrong, tally.failed) == (_SMALL.count, [], 0)
        say("moved", time.monotonic() - began)
    return None
