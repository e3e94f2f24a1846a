"""Credentials that a parent looked up, or is looking up while it forks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3pipes.testing.children import Children
from tests.aws.issuer import CredentialProcess
from tests.ends import good
from tests.programs import look_ups


def test_a_forked_worker_starts_with_its_parents_answer(
    process: CredentialProcess, children: Children
) -> None:
    process.give(valid_s=3600)
    assert good(children.run(look_ups.fork_after_a_look_up)) == ["ok"]
    assert process.calls == 1


def test_a_fork_during_a_look_up_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, children: Children
) -> None:
    started, go = tmp_path / "started", tmp_path / "go"
    keys = json.dumps({"Version": 1, "AccessKeyId": "slow", "SecretAccessKey": "s"})
    script = tmp_path / "slow.sh"
    script.write_text(f"touch {started}\nwhile ! test -e {go}; do :; done\necho '{keys}'\n")
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = /bin/sh {script}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    ended = children.run(look_ups.fork_during_a_look_up, str(started), str(go))
    assert good(ended) == ["ok"]
