"""A program that botocore calls for credentials, and how they are looked up."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from s3pipes.aws.credentials import CredentialSource, Snapshot
from s3pipes.config import ClientConfig
from tests.programs import issuer

CANARY = "canary-that-must-not-be-seen"


def in_seconds(seconds: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()


class CredentialProcess:
    """A program that botocore calls for credentials; the key's number counts the calls."""

    def __init__(self, directory: Path) -> None:
        self._answer = directory / "answer"
        self._calls = directory / "calls"
        self._calls.write_text("")
        self.config = directory / "config"
        command = f"{sys.executable} {issuer.__file__} {self._answer} {self._calls}"
        self.config.write_text(f"[default]\ncredential_process = {command}\n")

    @property
    def calls(self) -> int:
        return len(self._calls.read_text())

    def give(self, *, valid_s: float | None = None) -> None:
        keys: dict[str, object] = {
            "Version": 1,
            "AccessKeyId": "key-NUMBER",
            "SecretAccessKey": CANARY,
            "SessionToken": CANARY,
        }
        if valid_s is not None:
            keys["Expiration"] = in_seconds(valid_s)
        self._answer.write_text(json.dumps(keys))

    def print(self, text: str) -> None:
        self._answer.write_text(text)


def snapshot(**settings: object) -> Snapshot | None:
    return CredentialSource(ClientConfig(**settings)).snapshot()  # type: ignore[arg-type]
