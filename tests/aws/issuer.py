"""A program that botocore calls for credentials, and how they are looked up."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from s3pipes.aws.credentials import CredentialSource, Snapshot
from s3pipes.config import ClientConfig

CANARY = "canary-that-must-not-be-seen"


def in_seconds(seconds: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()


class CredentialProcess:
    """A program that botocore calls for credentials; the key's number counts the calls."""

    def __init__(self, directory: Path) -> None:
        self._answer = directory / "answer"
        self._calls = directory / "calls"
        self._calls.write_text("")
        script = directory / "give.py"
        script.write_text(
            "import sys, pathlib\n"
            "answer, calls = map(pathlib.Path, sys.argv[1:])\n"
            "with calls.open('a') as file: file.write('x')\n"
            "text = answer.read_text().replace('NUMBER', str(len(calls.read_text())))\n"
            "sys.exit('refused') if text == 'fail' else print(text)\n"
        )
        self.config = directory / "config"
        self.config.write_text(
            "[default]\n"
            f"credential_process = {sys.executable} {script} {self._answer} {self._calls}\n"
        )

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
