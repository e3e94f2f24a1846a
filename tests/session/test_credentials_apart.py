"""Each client has its own credentials, and its own troubles with them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from s3pipes import ClientConfig, CredentialsMissing, ReadConfig, S3Client
from s3pipes.engine import OpenObject, Window
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, fault
from tests.clients import FAST
from tests.noise import noise
from tests.programs import once
from tests.quiet import seconds_until


@pytest.fixture
def failing(scripted: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Client:
    """A client whose store finds its keys expired, and whose source has no others."""
    config = tmp_path / "config"
    command = f"{sys.executable} {once.__file__} {tmp_path / 'asked'}"
    config.write_text(f"[profile once]\ncredential_process = {command}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    scripted.script = lambda _: fault(400, "ExpiredToken")
    return S3Client(
        ClientConfig(
            endpoint_url=scripted.endpoint_url,
            profile="once",
            region="us-east-1",
            proxies={},
            retry=FAST,
        )
    )


def test_failing_credentials_fail_only_their_own_client(failing: S3Client) -> None:
    """Who waits for another store neither renews them nor hears that they cannot be renewed."""
    with ScriptedServer() as other:
        url = other.put("k", noise(30_000))
        # Slow enough that its reader looks around several times.
        other.script = lambda request: Answer(body=other.truth(request).body, pace_s=0.02)
        window = Window(failing.session, ReadConfig())
        opened = OpenObject(failing.session, "s3://bucket/k", ReadConfig(), window=window)
        window.start()
        try:
            seconds_until(failing.session.here().credentials_wanted)
            assert bytes(S3Client(other.config()).get(str(url))) == noise(30_000)
            with pytest.raises(CredentialsMissing, match="no more keys"):
                opened.wait_ready()
        finally:
            opened.close()
