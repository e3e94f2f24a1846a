"""Bad input gets a clear error, at once where no retry helps, and loses nothing."""

from __future__ import annotations

import asyncio
import io
import pickle
import socket
import tarfile
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import s3pipes.aws.credentials
from s3pipes import (
    AccessDenied,
    BadCertificate,
    BadRecord,
    BadResponse,
    BucketNotFound,
    ClientConfig,
    ConfigError,
    CredentialsMissing,
    IterableWrapper,
    ObjectChanged,
    ObjectNotFound,
    ReadConfig,
    RetriesExhausted,
    RetryConfig,
    S3Client,
    S3Url,
    WrongRegion,
)
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from s3pipes.testing.certificates import certify
from s3pipes.testing.server import S3Server

KiB = 1 << 10
FAST = RetryConfig(max_attempts=3, base_delay_s=0.001, max_delay_s=0.01)
CHUNKS = ReadConfig(chunk_bytes=64 * KiB)

Ask = Callable[[S3Client, str], Any]


def client_of(server: S3Server, **config: object) -> S3Client:
    return S3Client(server.config(**{"retry": FAST} | config))


# Every door by which an object is reached.
DOORS: dict[str, Ask] = {
    "get": lambda client, url: client.get(url),
    "head": lambda client, url: client.head(url),
    "open": lambda client, url: client.open(url).read(),
    "get_into": lambda client, url: client.get_into(url, bytearray(1000)),
    "get_ranges": lambda client, url: client.get_ranges(url, [(0, 2)]),
    "loader": lambda client, url: [
        stream.read() for _, stream in IterableWrapper([url]).load_files_by_s3(client=client)
    ],
    "unordered": lambda client, url: [
        stream.read()
        for _, stream in IterableWrapper([url]).load_files_by_s3(
            client=client, read=ReadConfig(in_order=False)
        )
    ],
    "get_async": lambda client, url: asyncio.run(client.get_async(url)),
    "get_ranges_async": lambda client, url: asyncio.run(client.get_ranges_async(url, [(0, 2)])),
}
LISTS: dict[str, Ask] = {
    "list": lambda client, url: list(client.list(url)),
    "lister": lambda client, url: list(IterableWrapper([url]).list_files_by_s3(client=client)),
}
doors = pytest.mark.parametrize("ask", DOORS.values(), ids=DOORS)
lists = pytest.mark.parametrize("ask", LISTS.values(), ids=LISTS)
all_doors = pytest.mark.parametrize("ask", [*DOORS.values(), *LISTS.values()], ids=[*DOORS, *LISTS])


# URLs


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "The filename cannot be an empty string."),
        ("s3://", "The filename cannot be an empty string."),
        ("http://bucket/key", "The filename must start with the S3 scheme."),
        ("bucket/key", "The filename must start with the S3 scheme."),
        ("S3://bucket/key", "The filename must start with the S3 scheme."),
        ("s3:///key", "The filename does not contain a bucket name."),
    ],
)
@all_doors
def test_urls_that_are_none(scripted: ScriptedServer, ask: Ask, url: str, text: str) -> None:
    with pytest.raises(ValueError, match=text.replace(".", r"\.")):
        ask(client_of(scripted), url)
    assert scripted.requests == []


@doors
def test_a_bucket_is_no_object(scripted: ScriptedServer, ask: Ask) -> None:
    for url in ("s3://bucket", "s3://bucket/"):
        with pytest.raises(ValueError, match="names a bucket but no object"):
            ask(client_of(scripted), url)
    assert scripted.requests == []


def test_an_empty_source_gives_nothing(scripted: ScriptedServer) -> None:
    client = client_of(scripted)
    for read in (ReadConfig(), ReadConfig(in_order=False), ReadConfig(whole_objects=True)):
        assert list(IterableWrapper([]).list_files_by_s3(client=client)) == []
        assert list(IterableWrapper([]).load_files_by_s3(client=client, read=read)) == []
    scripted.bucket("bucket")
    listed = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    assert list(listed.load_files_by_s3(client=client)) == []


def test_a_wrong_url_loses_no_other(scripted: ScriptedServer) -> None:
    urls = [scripted.put(f"k{i}", b"%d" % i) for i in range(5)]
    bad: list[str] = [*urls[:3], "ftp://no", *urls[3:]]
    for in_order in (True, False):
        pipe = IterableWrapper(bad).load_files_by_s3(
            client=client_of(scripted), read=ReadConfig(in_order=in_order)
        )
        got = []
        with pytest.raises(ValueError, match="scheme"):
            for _, stream in pipe:
                got.append(stream.read())
        assert sorted(got) == [b"0", b"1", b"2"]


# What is not there


@all_doors
def test_a_missing_bucket(moto: S3Server, ask: Ask) -> None:
    with pytest.raises((BucketNotFound, ObjectNotFound)) as caught:
        ask(client_of(moto), "s3://no-such-bucket-anywhere/key")
    error = caught.value
    assert error.url is not None
    assert error.url.startswith("s3://no-such-bucket-anywhere/")
    assert error.attempts == 1
    assert error.hint
    assert isinstance(error, ValueError)


@doors
def test_a_missing_object(s3: S3Server, ask: Ask) -> None:
    bucket = s3.bucket("missing")
    with pytest.raises(ObjectNotFound) as caught:
        ask(client_of(s3), f"s3://{bucket}/no/such key")
    error = caught.value
    assert isinstance(error, FileNotFoundError)
    assert error.filename == error.url == f"s3://{bucket}/no/such key"
    assert error.status == 404
    assert error.attempts == 1
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert type(copy) is ObjectNotFound


def test_a_missing_prefix_lists_nothing(s3: S3Server) -> None:
    bucket = s3.bucket("empty")
    assert list(client_of(s3).list(f"s3://{bucket}/no/such/prefix")) == []


def test_a_missing_object_among_others_comes_in_its_turn(scripted: ScriptedServer) -> None:
    urls = [str(scripted.put(f"k{i}", b"%d" % i)) for i in range(4)]
    urls.insert(2, "s3://bucket/absent")
    got = []
    with pytest.raises(ObjectNotFound):
        for _, stream in IterableWrapper(urls).load_files_by_s3(client=client_of(scripted)):
            got.append(stream.read())
    assert got == [b"0", b"1"]


@all_doors
def test_no_permission(seaweed: S3Server, ask: Ask) -> None:
    bucket = seaweed.bucket("locked")
    seaweed.boto.put_object(Bucket=bucket, Key="k", Body=b"content")
    url = f"s3://{bucket}/k"
    for wrong in ({"access_key_id": "nobody"}, {"secret_access_key": "wrong"}):
        with pytest.raises(AccessDenied) as caught:
            ask(client_of(seaweed, **wrong), url)
        assert isinstance(caught.value, PermissionError)
        assert caught.value.status == 403
        assert caught.value.attempts == 1
        assert caught.value.hint
    unsigned = ClientConfig(endpoint_url=seaweed.endpoint_url, anonymous=True, proxies={})
    with pytest.raises(AccessDenied):
        ask(S3Client(unsigned), url)


# Credentials


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
    assert [request.access_key for request in scripted.requests] == ["OLDKEY", "NEWKEY"]
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


# Regions


def elsewhere(
    status: int = 301, code: str = "PermanentRedirect"
) -> Callable[[Request], Answer | None]:
    def script(request: Request) -> Answer | None:
        if request.region == "eu-central-1":
            return None
        if request.method == "HEAD":
            return Answer(status=400, headers={"x-amz-bucket-region": "eu-central-1"})
        return fault(status, code, x_amz_bucket_region="eu-central-1")

    return script


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (301, "PermanentRedirect"),
        (307, "TemporaryRedirect"),
        (400, "AuthorizationHeaderMalformed"),
    ],
)
@all_doors
def test_a_wrong_region_is_followed_once_with_a_warning(
    scripted: ScriptedServer, ask: Ask, status: int, code: str
) -> None:
    url = scripted.put("k", b"content")
    scripted.script = elsewhere(status, code)
    client = client_of(scripted)
    with pytest.warns(RuntimeWarning, match="eu-central-1") as caught:
        assert ask(client, str(url))
    assert len(caught) == 1
    assert "region='eu-central-1'" in str(caught[0].message)
    assert "AWS_REGION" in str(caught[0].message)
    before = len(scripted.requests)
    assert ask(client, str(url))  # remembered: neither detour nor warning
    assert {request.region for request in scripted.requests[before:]} == {"eu-central-1"}


def test_ranges_of_a_listed_url_follow_too(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    scripted.script = elsewhere()
    with pytest.warns(RuntimeWarning) as caught:
        assert client_of(scripted).get_ranges(url, [(1, 3)]) == [b"on"]
    assert len(caught) == 1
    client = client_of(scripted)
    with pytest.warns(RuntimeWarning) as caught:
        assert asyncio.run(client.get_ranges_async(url, [(1, 3)])) == [b"on"]
    assert len(caught) == 1


@pytest.mark.parametrize("in_order", [True, False])
def test_many_streams_in_a_wrong_region_warn_once(scripted: ScriptedServer, in_order: bool) -> None:
    bodies = {f"k{i:03}": b"%d" % i * 500 for i in range(150)}
    urls = [scripted.put(key, body) for key, body in bodies.items()]
    scripted.script = elsewhere()
    pipe = IterableWrapper(urls).load_files_by_s3(
        client=client_of(scripted), read=ReadConfig(in_order=in_order)
    )
    with pytest.warns(RuntimeWarning) as caught:
        got = {S3Url(url).key: stream.read() for url, stream in pipe}
    assert len(caught) == 1
    assert got == bodies


def test_a_whole_pipeline_in_a_wrong_region_warns_once(scripted: ScriptedServer) -> None:
    for i in range(30):
        scripted.put(f"k{i:03}", b"%d" % i)
    scripted.script = elsewhere()
    client = client_of(scripted)
    listed = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    with pytest.warns(RuntimeWarning) as caught:
        assert len([s.read() for _, s in listed.load_files_by_s3(client=client)]) == 30
    assert len(caught) == 1


def test_following_while_another_thread_follows(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = scripted.put("k", b"content")
    scripted.script = elsewhere()
    client = client_of(scripted)
    late = WrongRegion("as another thread saw it")
    late.region = "eu-central-1"
    asked = client.session.here().of("bucket")
    # While the first tells its user, and has made nothing yet.
    monkeypatch.setattr(
        warnings, "warn", lambda *_, **__: client.session.follow("bucket", asked, late)
    )
    assert bytes(client.get(url)) == b"content"
    assert len(scripted.requests) == 2


@all_doors
def test_regions_that_go_in_circles(scripted: ScriptedServer, ask: Ask) -> None:
    url = scripted.put("k", b"content")
    other = {"us-east-1": "eu-central-1", "eu-central-1": "us-west-2", "us-west-2": "us-east-1"}

    def script(request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(status=400, headers={"x-amz-bucket-region": other[request.region]})
        return fault(301, "PermanentRedirect", x_amz_bucket_region=other[request.region])

    scripted.script = script
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(WrongRegion) as caught:
            ask(client_of(scripted), str(url))
    assert len(scripted.requests) == 2
    assert caught.value.region in other
    assert isinstance(caught.value, ConfigError)


def test_a_redirect_that_names_no_region(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    scripted.script = lambda request: fault(
        307, "TemporaryRedirect", "Please re-send this request.", Location="http://elsewhere/"
    )
    with pytest.raises(s3pipes.RequestRefused) as caught:
        client_of(scripted).get(url)
    assert caught.value.status == 307
    assert "TemporaryRedirect" in str(caught.value)
    assert len(scripted.requests) == 1


# The way to the server


@all_doors
def test_an_unreachable_endpoint(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = S3Client(
        ClientConfig(
            endpoint_url=f"http://127.0.0.1:{port}",
            access_key_id="a",
            secret_access_key="b",
            proxies={},
            retry=FAST,
        )
    )
    with pytest.raises(RetriesExhausted) as caught:
        ask(client, "s3://bucket/key")
    text = str(caught.value)
    assert f"127.0.0.1:{port}" in text
    assert "refused" in text
    assert "endpoint_url" in text
    assert caught.value.attempts == 3


def test_a_name_that_does_not_exist() -> None:
    client = S3Client(
        ClientConfig(
            endpoint_url="http://no-such-host.invalid",
            access_key_id="a",
            secret_access_key="b",
            proxies={},
            retry=replace(FAST, max_attempts=1),
        )
    )
    with pytest.raises(s3pipes.S3PipesError) as caught:
        client.get("s3://bucket/key")
    assert isinstance(caught.value, (RetriesExhausted, s3pipes.TransferTimeout))
    assert "no-such-host.invalid" in str(caught.value)


@pytest.mark.parametrize("expired", [False, True])
def test_a_bad_certificate_fails_at_once(tmp_path: Path, expired: bool) -> None:
    context, ca_file = certify(tmp_path, expired=expired)
    with ScriptedServer(tls=context) as server:
        url = server.put("k", b"content")
        verify = str(ca_file) if expired else None
        for ask in (*DOORS.values(), LISTS["list"]):
            with pytest.raises(BadCertificate) as caught:
                ask(client_of(server, verify=verify), str(url))
            assert caught.value.attempts == 1
            assert ("expired" if expired else "certificate") in caught.value.reason
            assert "verify" in caught.value.hint
        assert server.requests == []
        assert server.connections == len(DOORS) + 1


def test_a_certificate_of_another_name(tmp_path: Path) -> None:
    context, ca_file = certify(tmp_path)
    with ScriptedServer(tls=context, host="127.0.0.2") as server:
        url = server.put("k", b"content")
        with pytest.raises(BadCertificate, match=r"127\.0\.0\.2") as caught:
            client_of(server, verify=str(ca_file)).get(url)
        assert caught.value.attempts == 1
        assert server.requests == []


def test_certificates_that_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, ca_file = certify(tmp_path)
    with ScriptedServer(tls=context) as server:
        url = server.put("k", b"content")
        assert bytes(client_of(server, verify=str(ca_file)).get(url)) == b"content"
        named = f"https://localhost:{server.port}"
        assert (
            bytes(client_of(server, verify=str(ca_file), endpoint_url=named).get(url)) == b"content"
        )
        assert bytes(client_of(server, verify=False).get(url)) == b"content"
        for variable in ("AWS_CA_BUNDLE", "SSL_CERT_FILE"):
            with monkeypatch.context() as patch:
                patch.setenv(variable, str(ca_file))
                assert bytes(client_of(server).get(url)) == b"content"
        with pytest.raises(BadCertificate):
            client_of(server).get(url)


def test_tls_to_a_server_that_speaks_none(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    there = scripted.endpoint_url.replace("http://", "https://")
    with pytest.raises(s3pipes.S3PipesError) as caught:
        client_of(scripted, endpoint_url=there).get(url)
    assert "TLS" in str(caught.value)


# Answers that are none


HTML = Answer(
    status=200,
    headers={"Content-Type": "text/html"},
    body=b"<!DOCTYPE html><html><body>Please log in to the hotel's network</body></html>",
)


@lists
def test_html_instead_of_a_listing(scripted: ScriptedServer, ask: Ask) -> None:
    scripted.script = lambda request: HTML
    with pytest.raises(BadResponse) as caught:
        ask(client_of(scripted), "s3://bucket/")
    assert "endpoint_url" in caught.value.hint
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("status", [404, 403, 400, 302])
def test_html_with_an_error_status(scripted: ScriptedServer, status: int) -> None:
    scripted.script = lambda request: replace(HTML, status=status)
    with pytest.raises(BadResponse) as caught:
        client_of(scripted).get("s3://bucket/key")
    text = str(caught.value)
    assert "text/html" in text
    assert "Please log in" in text
    assert str(status) in text
    assert len(scripted.requests) == 1


def test_html_instead_of_a_listed_object(scripted: ScriptedServer) -> None:
    """With 200, a page looks like an object; size and ETag of the listing tell them apart."""
    url = scripted.put("k", b"content" * 1000)
    scripted.script = lambda request: HTML
    with pytest.raises((ObjectChanged, BadResponse)):
        client_of(scripted).get(url)


# Objects that are not what they were


@pytest.mark.parametrize(
    "ask",
    [ask for name, ask in DOORS.items() if name != "head"],
    ids=[n for n in DOORS if n != "head"],
)
def test_an_object_that_changed_since_it_was_listed(scripted: ScriptedServer, ask: Ask) -> None:
    listed = scripted.put("k", b"content, the first" * 10)
    client = client_of(scripted)
    for body in (b"content, the first", b"content, a second" * 10, b"", b"longer" * 100):
        scripted.put("k", body)
        with pytest.raises(ObjectChanged) as caught:
            ask(client, listed)
        assert caught.value.attempts <= 1
        assert "list again" in str(caught.value) or "shrank" in str(caught.value)
    scripted.delete("k")
    with pytest.raises(ObjectNotFound, match="deleted since"):
        ask(client, listed)


def test_an_object_that_shrank_in_a_store_without_etags(scripted: ScriptedServer) -> None:
    scripted.put("k", bytes(300 * KiB))
    listed = S3Url("s3://bucket/k", 300 * KiB)

    def script(request: Request) -> Answer:
        answer = scripted.truth(request)
        return replace(answer, headers={n: v for n, v in answer.headers.items() if n != "ETag"})

    scripted.script = script
    for read in (CHUNKS, ReadConfig(), ReadConfig(whole_objects=True)):
        client = S3Client(scripted.config(retry=FAST), read)
        assert client.get(listed) == bytes(300 * KiB)
        for size in (299 * KiB, 64 * KiB, 1, 0, 301 * KiB):
            scripted.put("k", bytes(size))
            with pytest.raises(ObjectChanged):
                client.get(listed)
        scripted.put("k", bytes(300 * KiB))


def test_a_change_in_a_list_loses_no_other_object(s3: S3Server) -> None:
    bucket = s3.bucket("changing")
    for i in range(6):
        s3.boto.put_object(Bucket=bucket, Key=f"k{i}", Body=b"%d" % i)
    client = client_of(s3)
    listed = list(client.list(f"s3://{bucket}/"))
    s3.boto.put_object(Bucket=bucket, Key="k3", Body=b"other")
    s3.boto.delete_object(Bucket=bucket, Key="k4")
    got: dict[str, object] = {}
    for url in listed:
        try:
            got[url.key] = bytes(client.get(url))
        except (ObjectChanged, ObjectNotFound) as error:
            got[url.key] = type(error)
    assert got == {
        "k0": b"0", "k1": b"1", "k2": b"2", "k3": ObjectChanged, "k4": ObjectNotFound, "k5": b"5",
    }  # fmt: skip


def test_an_empty_object(s3: S3Server) -> None:
    bucket = s3.bucket("nothing")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=b"")
    client = client_of(s3)
    listed = next(client.list(f"s3://{bucket}/"))
    assert listed.size == 0
    for url in (listed, str(listed)):
        assert bytes(client.get(url)) == b""
        assert client.get_into(url, bytearray(b"xyz")) == 0
        assert client.get_into(url, bytearray()) == 0
        assert client.get_ranges(url, [(0, 0)]) == [b""]
        assert bytes(asyncio.run(client.get_async(url))) == b""
        with client.open(url) as stream:
            assert stream.size == 0
            assert stream.read() == b""
            assert list(stream.chunks()) == []
            assert stream.readline() == b""
            assert stream.tensor().shape == (0,)
        for read in (ReadConfig(in_order=False), ReadConfig(whole_objects=True)):
            pipe = IterableWrapper([url] * 3).load_files_by_s3(client=client, read=read)
            assert [stream.read() for _, stream in pipe] == [b""] * 3


# Records


def archive(*sizes: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for i, size in enumerate(sizes):
            info = tarfile.TarInfo(f"member{i}")
            info.size = size
            tar.addfile(info, io.BytesIO(bytes(size)))
    return buffer.getvalue()


@pytest.mark.parametrize("cut_at", [100, 512, 700, 512 + 1024 + 100])
def test_a_tar_cut_short(scripted: ScriptedServer, cut_at: int) -> None:
    url = scripted.put("a.tar", archive(1000, 1000)[:cut_at])
    pipe = IterableWrapper([url]).load_files_by_s3(client=client_of(scripted)).load_from_tar()
    got = []
    with pytest.raises(BadRecord) as caught:
        for path, stream in pipe:
            got.append((path, stream.read()))
    assert caught.value.url == "s3://bucket/a.tar"
    assert isinstance(caught.value, ValueError)
    names = [path.rpartition("/")[2] for path, _ in got]
    assert names == (["member0"] if cut_at > 1536 else [])
    assert all(body == bytes(1000) for _, body in got)


def test_a_line_that_is_too_long(scripted: ScriptedServer) -> None:
    body = b"short\n" * 3 + b"x" * 5000 + b"\nafter\n"
    url = scripted.put("k", body)
    loaded = IterableWrapper([url]).load_files_by_s3(client=client_of(scripted))
    got: list[bytes] = []
    with pytest.raises(BadRecord) as caught:
        got += loaded.readlines(return_path=False, max_line_bytes=4096)
    assert got == [b"short"] * 3
    assert caught.value.url == url
    assert "max_line_bytes" in str(caught.value)
    assert list(loaded.readlines(return_path=False))[3] == b"x" * 5000


def test_a_line_longer_than_chunk_window_and_budgeted_chunks(scripted: ScriptedServer) -> None:
    body = b"a" * 700_000 + b"\nb\n"
    url = scripted.put("k", body)
    read = ReadConfig(chunk_bytes=64 * KiB, window_bytes=0)
    loaded = IterableWrapper([url]).load_files_by_s3(client=client_of(scripted), read=read)
    assert list(loaded.readlines(return_path=False)) == [b"a" * 700_000, b"b"]
    with client_of(scripted).open(url, read=read) as stream:
        assert [len(line) for line in stream] == [700_001, 2]


# Buffers and ranges of the caller


def test_a_buffer_that_is_too_small(scripted: ScriptedServer) -> None:
    url = scripted.put("k", bytes(200 * KiB))
    for of in (url, str(url)):
        for read in (CHUNKS, ReadConfig()):
            client = S3Client(scripted.config(), read)
            with pytest.raises(ConfigError) as caught:
                client.get_into(of, bytearray(200 * KiB - 1))
            assert str(200 * KiB) in str(caught.value)
            assert str(200 * KiB - 1) in str(caught.value)


def test_ranges_that_make_no_sense(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    client = client_of(scripted)
    for bad in ((-1, 2), (3, 2)):
        with pytest.raises(ConfigError):
            client.get_ranges(url, [bad])
    for of in (url, str(url)):
        with pytest.raises(ObjectChanged):
            client.get_ranges(of, [(0, 8)])
