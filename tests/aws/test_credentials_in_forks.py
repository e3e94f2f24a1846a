"""Credentials that a parent looked up, or is looking up while it forks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.aws.issuer import CredentialProcess

_FORK = """
import os, pathlib, sys, threading
from s3pipes.config import ClientConfig
from s3pipes.aws.credentials import CredentialSource

def key():
    return CredentialSource(ClientConfig()).snapshot().access_key

def in_child(function):
    child = os.fork()
    if child == 0:
        os._exit(0 if function() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""

_FORK_AFTER = """
first = key()
in_child(lambda: key() == first)
"""

# The child is forked while a thread of the parent is looking up, with every lock held.
_FORK_DURING = """
started, go = map(pathlib.Path, sys.argv[1:])
thread = threading.Thread(target=key)
thread.start()
while not started.exists():
    assert thread.is_alive()

def child():
    go.touch()
    return key() == "slow"

in_child(child)
thread.join()
"""


def run(script: str, *arguments: object) -> None:
    command = [sys.executable, "-W", "ignore", "-c", _FORK + script, *map(str, arguments)]
    subprocess.run(command, check=True, timeout=60)


def test_a_forked_worker_starts_with_its_parents_answer(process: CredentialProcess) -> None:
    process.give(valid_s=3600)
    run(_FORK_AFTER)
    assert process.calls == 1


def test_a_fork_during_a_look_up_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go = tmp_path / "started", tmp_path / "go"
    keys = json.dumps({"Version": 1, "AccessKeyId": "slow", "SecretAccessKey": "s"})
    script = tmp_path / "slow.sh"
    script.write_text(f"touch {started}\nwhile ! test -e {go}; do :; done\necho '{keys}'\n")
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = /bin/sh {script}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    run(_FORK_DURING, started, go)
