"""Credentials of roles: of containers, instances and web identities."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from s3pipes.testing.server import S3Server
from tests.aws.issuer import in_seconds, snapshot


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
