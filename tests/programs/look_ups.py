"""Credentials and endpoints that were looked up, or are being looked up, when a child is forked."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from s3pipes.aws.credentials import CredentialSource
from s3pipes.aws.endpoint import resolve
from s3pipes.config import ClientConfig
from tests.programs.forking import in_child
from tests.programs.ground import leave


def _key() -> str:
    found = CredentialSource(ClientConfig()).snapshot()
    assert found is not None
    return found.access_key


def fork_after_a_look_up() -> None:
    first = _key()

    def child() -> None:
        assert _key() == first

    assert in_child(child) == 0
    leave()


def fork_during_a_look_up(started: str, go: str) -> None:
    """The child is forked while a thread of the parent is looking up, with every lock held."""
    thread = threading.Thread(target=_key)
    thread.start()
    while not Path(started).exists():
        assert thread.is_alive()

    def child() -> None:
        Path(go).touch()
        assert _key() == "slow"

    assert in_child(child) == 0
    thread.join()
    leave()


def fork_with_known_targets() -> None:
    here = resolve(ClientConfig(), "known")

    def child() -> None:
        assert resolve(ClientConfig(), "known") is here
        assert resolve(ClientConfig(), "other").host.startswith("other.")

    assert in_child(child) == 0
    leave()


if __name__ == "__main__":
    # botocore takes a second to import: not before it is needed.
    assert "botocore" not in sys.modules
