"""Reads with secrets under faults and says all that a log, a repr, a message or a pickle would."""

from __future__ import annotations

import io
import logging
import pickle
import signal
import traceback
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import s3pipes
from s3pipes import ClientConfig, IterableWrapper, RetryConfig, S3Client
from torture.programs.ground import say

_QUICKLY = RetryConfig(max_attempts=2, base_delay_s=0.01, max_delay_s=0.01)


def tell(endpoint_url: str, proxy: str, keys: list[str], urls: list[str], path: str) -> None:
    """Writes what was said to a file; then waits, so that its memory can be looked at."""
    log = io.StringIO()
    logging.basicConfig(stream=log, level=logging.DEBUG, force=True)
    said: list[str] = []
    key_id, secret, token = keys
    direct = ClientConfig(
        endpoint_url=endpoint_url,
        region="us-east-1",
        proxies={},
        access_key_id=key_id,
        secret_access_key=secret,
        session_token=token,
        retry=_QUICKLY,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for proxies in (dict[str, str](), {"http": proxy}):
            client = S3Client(replace(direct, proxies=proxies))
            said += [repr(client), str(client.config), repr(client.session)]
            for url in urls:
                for ask in _doors(client, url):
                    said += _said_of(ask)
        said += [str(warning.message) for warning in caught]
    said += [str(s3pipes.stats()), repr(s3pipes.stats())]
    Path(path).write_text("\n".join([*said, log.getvalue()]))
    say("told")
    signal.pause()  # until the row has looked at this process


def _doors(client: S3Client, url: str) -> list[Callable[[], Any]]:
    return [
        lambda: client.get(url),
        lambda: client.head(url),
        lambda: client.open(url).read(),
        lambda: client.get_ranges(url, [(0, 3)]),
        lambda: list(client.list(url)),
        lambda: [s.read() for _, s in IterableWrapper([url]).load_files_by_s3(client=client)],
        lambda: list(IterableWrapper([url]).list_files_by_s3(client=client)),
    ]


def _said_of(ask: Callable[[], Any]) -> list[str]:
    try:
        return [repr(type(ask()))]
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not tell
        texts = [str(error), repr(error), repr(error.args), repr(vars(error))]
        texts += traceback.format_exception(error)
        pickled = pickle.dumps(error)
        return [*texts, repr(pickled), repr(vars(pickle.loads(pickled)))]
