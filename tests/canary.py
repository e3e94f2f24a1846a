"""Secrets that must not be seen, and an ear for everything that is said."""

from __future__ import annotations

import asyncio
import base64
import pickle
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import s3pipes
from s3pipes import ClientConfig, IterableWrapper, ReadConfig, S3Client
from s3pipes.testing import ScriptedServer
from tests.clients import TWICE

SECRET = "canary-secret-key-that-must-not-be-seen"
TOKEN = "canary-session-token-that-must-not-be-seen"
PASSWORD = "canary-proxy-password-that-must-not-be-seen"
BASIC = base64.b64encode(f"user:{PASSWORD}".encode()).decode()


class Heard:
    """Everything that was said while the test ran."""

    def __init__(self, log: pytest.LogCaptureFixture) -> None:
        self._log = log
        self.said: list[str] = []
        self.signatures: set[str] = set()

    def note(self, *things: object) -> None:
        for thing in things:
            self.said += [str(thing), repr(thing), f"{thing}"]
            if isinstance(thing, BaseException):
                self.said += [str(thing.args), str(vars(thing))]
                self.said += traceback.format_exception(thing)
                self.said.append(str(pickle.loads(pickle.dumps(thing))))

    def attempt(self, work: Callable[[], Any]) -> None:
        """Does `work`, and notes what comes of it; also objects that live in its frames."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                self.note(work())
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not tell
                self.note(error)
                frame = error.__traceback__
                while frame is not None:
                    owner = frame.tb_frame.f_locals.get("self")
                    ours = type(owner).__module__.startswith("s3pipes")
                    # A configuration that is refused never comes to be.
                    if ours and not isinstance(owner, ClientConfig):
                        self.note(owner)
                    frame = frame.tb_next
        self.note(*(warning.message for warning in caught))

    def check(self) -> None:
        self.note(s3pipes.stats())
        self.said += [record.getMessage() + str(record.args) for record in self._log.records]
        self.said.append(self._log.text)
        assert self.said
        everything = "\n".join(self.said)
        for secret in (SECRET, TOKEN, PASSWORD, BASIC, *self.signatures):
            assert secret not in everything


def client_of(server: ScriptedServer, **config: object) -> S3Client:
    secrets = {"secret_access_key": SECRET, "session_token": TOKEN, "retry": TWICE}
    return S3Client(server.config(**secrets | config))


def every_door(client: S3Client, url: str) -> list[Callable[[], Any]]:
    def loaded(**read: Any) -> list[Any]:
        pipe = IterableWrapper([url] * 2).load_files_by_s3(client=client, read=ReadConfig(**read))
        return [(stream, stream.read()) for _, stream in pipe]

    return [
        lambda: client.get(url),
        lambda: client.head(url),
        lambda: client.open(url),
        lambda: client.get_into(url, bytearray(10)),
        lambda: client.get_ranges(url, [(0, 3)]),
        lambda: asyncio.run(client.get_async(url)),
        lambda: list(client.list(url)),
        lambda: list(IterableWrapper([url]).list_files_by_s3(client=client)),
        loaded,
        lambda: loaded(in_order=False),
        lambda: loaded(whole_objects=True),
    ]
