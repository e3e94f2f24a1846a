"""That program as the default profile's, and a clock that can be moved."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from s3pipes.aws import credentials
from tests.aws.issuer import CredentialProcess


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CredentialProcess:
    made = CredentialProcess(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(made.config))
    return made


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock of s3pipes.aws.credentials forward."""
    ahead = [0.0]

    class Clock:
        @staticmethod
        def time() -> float:
            return time.time() + ahead[0]

    monkeypatch.setattr(credentials, "time", Clock)

    def move(seconds: float) -> None:
        ahead[0] += seconds

    return move
