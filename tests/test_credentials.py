"""Credentials: botocore's chain, one look-up, renewal, forks, and silence about secrets."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from s3pipes.aws import credentials
from s3pipes.aws.credentials import CredentialSource, Snapshot
from s3pipes.config import ClientConfig
from s3pipes.errors import ConfigError, CredentialsMissing
from s3pipes.testing.server import S3Server

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


def snapshot(**settings: object) -> Snapshot | None:
    return CredentialSource(ClientConfig(**settings)).snapshot()  # type: ignore[arg-type]


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


@pytest.fixture
def role_server() -> Iterator[str]:
    """Gives the credentials of a role as a container's agent and as an EC2 instance do."""
    role = {
        "Code": "Success",
        "AccessKeyId": "role",
        "SecretAccessKey": "secret",
        "Token": "token",
        "Expiration": in_seconds(7200).replace("+00:00", "Z"),
    }

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            listing = self.path.endswith("security-credentials/")
            token = self.path.endswith("api/token")
            body = b"the-role" if listing else b"t" if token else json.dumps(role).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = answer

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_container(role_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{role_server}/creds")
    found = snapshot()
    assert found is not None
    assert (found.access_key, found.session_token) == ("role", "token")
    assert found.expires_at == pytest.approx(time.time() + 7200, abs=60)


def test_instance_metadata(role_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", role_server)
    found = snapshot()
    assert found is not None
    assert (found.access_key, found.session_token) == ("role", "token")


def test_web_identity_and_assumed_role(
    moto: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto.endpoint_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    token = tmp_path / "token"
    token.write_text("token")
    role = "arn:aws:iam::123456789012:role/train"
    config = tmp_path / "config"
    config.write_text(
        f"[profile web]\nrole_arn={role}\nweb_identity_token_file={token}\n"
        f"[profile chained]\nrole_arn={role}\nsource_profile=base\n"
        "[profile base]\naws_access_key_id=id\naws_secret_access_key=secret\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for profile in ("web", "chained"):
        found = snapshot(profile=profile)
        assert found is not None
        assert found.access_key.startswith("ASIA")
        assert found.session_token
        assert found.expires_at is not None


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


def test_botocore_is_not_imported_before_it_is_needed() -> None:
    script = (
        "import sys, s3pipes.aws.credentials, s3pipes.aws.endpoint\n"
        "assert 'botocore' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
