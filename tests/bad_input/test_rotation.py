"""Credentials that expire are renewed, once for all, or told."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import s3pipes.aws.credentials
from s3pipes import AccessDenied, ClientConfig, CredentialsMissing, IterableWrapper, S3Client
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from tests.clients import CHUNKS, FAST
from tests.doors import DOORS, LISTS, Ask, all_doors
from tests.noise import KiB


class Rotation:
    """A credentials file whose keys the store takes for expired until they are renewed."""

    def __init__(
        self, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        self.file = folder / "credentials"
        self.write("OLDKEY")
        self.renews_itself = True
        self.look_ups = 0
        self._server = server
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(self.file))
        found = s3pipes.aws.credentials._find

        def counted(profile: str | None) -> Any:
            self.look_ups += 1
            return found(profile)

        monkeypatch.setattr(s3pipes.aws.credentials, "_find", counted)
        monkeypatch.setattr(s3pipes.aws.credentials, "_chains", {})
        server.script = self.answer

    def write(self, key: str) -> None:
        # At once, as a careful tool would: many requests ask while it is written.
        new = self.file.with_name(f"credentials-{threading.get_ident()}")
        new.write_text(
            f"[default]\naws_access_key_id={key}\naws_secret_access_key=s\naws_session_token=t\n"
        )
        new.replace(self.file)

    def answer(self, request: Request) -> Answer | None:
        if request.access_key != "OLDKEY":
            return None
        if self.renews_itself:
            self.write("NEWKEY")
        if request.method == "HEAD":
            return Answer(status=403)
        return fault(400, "ExpiredToken", "The provided token has expired.")

    def client(self) -> S3Client:
        endpoint = self._server.endpoint_url
        return S3Client(ClientConfig(endpoint_url=endpoint, proxies={}, retry=FAST))


@pytest.fixture
def rotation(scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Rotation:
    return Rotation(scripted, monkeypatch, tmp_path)


WITHOUT_HEAD = {
    name: ask
    for name, ask in DOORS.items()
    if name not in ("head", "get_ranges", "get_ranges_async")
}


@pytest.mark.parametrize(
    "ask", [*WITHOUT_HEAD.values(), *LISTS.values()], ids=[*WITHOUT_HEAD, *LISTS]
)
def test_expired_credentials_are_renewed_once(
    scripted: ScriptedServer, rotation: Rotation, ask: Ask
) -> None:
    url = scripted.put("k", b"content")
    assert ask(rotation.client(), str(url))
    assert rotation.look_ups == 2  # at first, and after they had expired
    gets = [request for request in scripted.requests if request.method == "GET"]
    assert [request.access_key for request in gets] == ["OLDKEY", "NEWKEY"]
    assert scripted.requests[1].headers["x-amz-security-token"] == "t"


def test_many_requests_with_expired_credentials_cause_few_look_ups(
    scripted: ScriptedServer, rotation: Rotation
) -> None:
    urls = [scripted.put(f"k{i:02}", b"%d" % i) for i in range(60)]
    pipe = IterableWrapper(urls).load_files_by_s3(client=rotation.client())
    assert [stream.read() for _, stream in pipe] == [b"%d" % i for i in range(60)]
    assert 2 <= rotation.look_ups <= 4
    late = [request for request in scripted.requests if request.access_key == "OLDKEY"]
    assert len(late) <= 60


@pytest.mark.parametrize(
    "ask", [*WITHOUT_HEAD.values(), *LISTS.values()], ids=[*WITHOUT_HEAD, *LISTS]
)
def test_credentials_that_stay_expired(
    scripted: ScriptedServer, rotation: Rotation, ask: Ask
) -> None:
    rotation.renews_itself = False
    url = scripted.put("k", b"content")
    with pytest.raises(AccessDenied) as caught:
        ask(rotation.client(), str(url))
    assert caught.value.code == "ExpiredToken"
    assert "expired" in caught.value.hint
    assert 2 <= len(scripted.requests) <= 3


def test_credentials_that_expire_within_an_object(
    scripted: ScriptedServer, rotation: Rotation
) -> None:
    body = bytes(range(256)) * 2048
    url = scripted.put("k", body)
    rotation.write("FIRST")

    def script(request: Request) -> Answer | None:
        if request.access_key == "FIRST" and request.range and request.range[0] >= 3 * 64 * KiB:
            rotation.write("SECOND")
            return fault(403, "ExpiredToken", "The provided token has expired.")
        return None

    scripted.script = script
    with rotation.client().open(url, read=CHUNKS) as stream:
        assert stream.read() == body
    assert {request.access_key for request in scripted.requests} == {"FIRST", "SECOND"}


@all_doors
def test_no_credentials(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ask: Ask
) -> None:
    monkeypatch.setattr(s3pipes.aws.credentials, "_chains", {})
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "absent"))
    url = scripted.put("k", b"content")
    client = S3Client(ClientConfig(endpoint_url=scripted.endpoint_url, proxies={}))
    with pytest.raises(CredentialsMissing) as caught:
        ask(client, str(url))
    text = str(caught.value)
    for place in (
        "AWS_ACCESS_KEY_ID",
        str(tmp_path / "absent"),
        "config file",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "instance metadata",
        "anonymous=True",
    ):
        assert place in text
    assert scripted.requests == []
