"""Credentials: botocore's chain, one look-up, renewal, and silence about secrets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from s3pipes.aws.credentials import CredentialSource, Snapshot
from s3pipes.config import ClientConfig
from s3pipes.errors import ConfigError, CredentialsMissing
from tests.aws.issuer import CANARY, CredentialProcess, snapshot
from tests.interpreter import fresh


def test_anonymous_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "environment")
    source = CredentialSource(ClientConfig(anonymous=True))
    assert source.snapshot() is None
    assert source.refresh() is None


def test_explicit_keys_win_and_never_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "environment")
    source = CredentialSource(
        ClientConfig(access_key_id="id", secret_access_key="secret", session_token="token")
    )
    assert source.snapshot() == source.refresh() == Snapshot("id", "secret", "token", None)


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert snapshot() == Snapshot("id", "secret", "", None)
    # Another environment is another answer, in the same process.
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    assert snapshot() == Snapshot("id", "secret", "token", None)


def test_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "credentials"
    shared.write_text(
        "[default]\naws_access_key_id=d\naws_secret_access_key=ds\n"
        "[train]\naws_access_key_id=t\naws_secret_access_key=ts\naws_session_token=tt\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    assert snapshot() == Snapshot("d", "ds")
    assert snapshot(profile="train") == Snapshot("t", "ts", "tt")
    monkeypatch.setenv("AWS_PROFILE", "train")
    assert snapshot() == Snapshot("t", "ts", "tt")


def test_a_missing_profile_is_named_with_the_files() -> None:
    with pytest.raises(ConfigError, match=r"no profile 'absent' in .*empty") as caught:
        snapshot(profile="absent")
    assert not isinstance(caught.value, CredentialsMissing)


def test_none_found_lists_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "absent"))
    with pytest.raises(CredentialsMissing) as caught:
        snapshot()
    text = str(caught.value)
    for place in (
        "AWS_ACCESS_KEY_ID is not set",
        f"the shared credentials file {tmp_path / 'absent'} (does not exist)",
        "nothing for profile 'default'",
        "AWS_WEB_IDENTITY_TOKEN_FILE is not set",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set",
        "turned off by AWS_EC2_METADATA_DISABLED",
        "ClientConfig(anonymous=True)",
    ):
        assert place in text


def test_half_a_pair_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CANARY)
    with pytest.raises(CredentialsMissing, match="AWS_SECRET_ACCESS_KEY") as caught:
        snapshot()
    assert CANARY not in str(caught.value)


def test_one_look_up_for_all_threads_and_sources(process: CredentialProcess) -> None:
    process.give(valid_s=3600)
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: snapshot(), range(64)))
    assert process.calls == 1
    (only,) = found
    assert only is not None
    assert only.access_key == "key-1"
    assert only.expires_at == pytest.approx(time.time() + 3600, abs=60)


def test_renewed_before_they_expire(
    process: CredentialProcess, later: Callable[[float], None]
) -> None:
    process.give(valid_s=300)
    first = snapshot()
    calls = process.calls
    assert snapshot() == first
    assert process.calls == calls  # not asked again at once, although they will expire soon
    process.give(valid_s=3600)
    later(60)
    second = snapshot()
    assert first is not None
    assert second is not None
    assert second.access_key != first.access_key
    assert process.calls == calls + 1


def test_a_failed_renewal_is_fatal_only_when_they_have_expired(
    process: CredentialProcess, later: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    process.give(valid_s=300)
    first = snapshot()
    process.print("fail")
    later(60)
    assert snapshot() == first
    assert "could not be renewed yet" in caplog.text
    assert CANARY not in caplog.text
    later(300)
    with pytest.raises(CredentialsMissing, match="source of the credentials failed"):
        snapshot()
    process.give(valid_s=3600)
    recovered = snapshot()
    assert recovered is not None
    assert recovered != first


def test_refresh_looks_anew_once_for_all_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))

    def write(key: str) -> None:
        shared.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key=s\n")

    write("one")
    source = CredentialSource(ClientConfig())
    stale = source.snapshot()
    write("two")
    assert source.snapshot() == stale == Snapshot("one", "s")
    assert source.refresh(stale=stale) == Snapshot("two", "s")
    write("three")
    assert source.refresh(stale=stale) == Snapshot("two", "s")
    assert source.refresh(force=False) == Snapshot("two", "s")
    assert source.refresh() == Snapshot("three", "s")
    assert source.snapshot() == Snapshot("three", "s")


@pytest.mark.parametrize("text", [CANARY, json.dumps({"Version": 2, "SecretAccessKey": CANARY})])
def test_what_a_credential_process_prints_is_not_repeated(
    process: CredentialProcess, text: str
) -> None:
    process.print(text)
    with pytest.raises(CredentialsMissing) as caught:
        snapshot()
    assert CANARY not in str(caught.value)
    assert caught.value.__suppress_context__


def test_no_repr_shows_a_secret() -> None:
    source = CredentialSource(ClientConfig(access_key_id=CANARY, secret_access_key=CANARY))
    assert CANARY not in repr(source.snapshot())
    assert CANARY not in repr(source)


def test_botocore_is_not_imported_before_it_is_needed() -> None:
    fresh("tests.programs.look_ups", warnings="default")
