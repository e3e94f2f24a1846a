"""The command `s3pipes sim`, for tests that end it."""

from __future__ import annotations

from s3pipes.cli import main
from tests.programs.ground import say


def run(*words: str) -> None:
    """Runs the command and says its status."""
    say(f"status {main(['sim', *words])}")
