"""Targets: ours against the requests that botocore itself would send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from s3pipes.aws.endpoint import resolve
from s3pipes.config import ClientConfig
from s3pipes.errors import ConfigError
from s3pipes.testing.children import Children
from tests.ends import good
from tests.programs import look_ups

CANARY = "canary-that-must-not-be-seen"
BUCKETS = ["plain-bucket", "bucket.with.dots", "Legacy_Bucket", "abc"]
PROFILES = """
[profile region]
region = ap-southeast-2
[profile endpoint]
endpoint_url = https://everything.example.com
[profile services]
services = mine
[services mine]
s3 =
    endpoint_url = https://storage.example.com:8443/prefix
[profile path]
s3 =
    addressing_style = path
[profile virtual]
endpoint_url = http://storage.example.com
s3 =
    addressing_style = virtual
[profile dual]
region = eu-central-1
use_dualstack_endpoint = true
[profile accelerate]
s3 =
    use_accelerate_endpoint = true
[profile regional]
region = us-east-1
s3 =
    us_east_1_regional_endpoint = regional
"""

SETTINGS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"region": "us-east-1"}, {}),
    ({"region": "eu-west-1"}, {}),
    ({"region": "cn-north-1"}, {}),
    ({"region": "us-gov-west-1"}, {}),
    ({"region": "eu-west-1", "use_tls": False}, {}),
    ({"region": "eu-west-1", "addressing_style": "path"}, {}),
    ({"region": "eu-west-1", "addressing_style": "virtual"}, {}),
    ({}, {"AWS_DEFAULT_REGION": "sa-east-1"}),
    ({"region": "eu-west-1"}, {"AWS_DEFAULT_REGION": "sa-east-1"}),
    ({}, {"AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_DEFAULT_REGION": "us-west-2"}),
    ({}, {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_DEFAULT_REGION": "us-west-2"}),
    ({"endpoint_url": "http://localhost:9000"}, {}),
    ({"endpoint_url": "http://localhost:9000/"}, {}),
    ({"endpoint_url": "https://storage.example.com/some/prefix"}, {}),
    ({"endpoint_url": "https://storage.example.com", "addressing_style": "virtual"}, {}),
    ({"endpoint_url": "http://127.0.0.1:9000", "addressing_style": "virtual"}, {}),
    ({"endpoint_url": "http://[::1]:9000", "region": "here"}, {}),
    ({}, {"AWS_ENDPOINT_URL": "http://localhost:9000"}),
    ({}, {"AWS_ENDPOINT_URL": "http://other", "AWS_ENDPOINT_URL_S3": "http://localhost:9000"}),
    ({}, {"AWS_ENDPOINT_URL": "http://other", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}),
    ({"endpoint_url": "http://mine:1"}, {"AWS_ENDPOINT_URL_S3": "http://other"}),
    ({"profile": "region"}, {}),
    ({"profile": "endpoint"}, {}),
    ({"profile": "services"}, {}),
    ({"profile": "path"}, {}),
    ({"profile": "virtual"}, {}),
    ({"profile": "path", "addressing_style": "virtual"}, {}),
    ({"profile": "dual"}, {}),
    ({"profile": "dual", "addressing_style": "path"}, {}),
    ({"profile": "regional"}, {}),
    ({}, {"AWS_PROFILE": "services"}),
]


@pytest.fixture(autouse=True)
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config"
    path.write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))


class Intercepted(Exception):
    pass


class Reference:
    """A botocore client, and what it would send."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        style = settings.get("addressing_style")
        self._client = botocore.session.Session(profile=settings.get("profile")).create_client(
            "s3",
            region_name=settings.get("region"),
            endpoint_url=settings.get("endpoint_url"),
            use_ssl=settings.get("use_tls", True),
            aws_access_key_id="id",
            aws_secret_access_key="secret",
            config=Config(s3={"addressing_style": style} if style else None),
        )
        self._seen: list[AWSRequest] = []
        self._client.meta.events.register("before-send.s3", self._intercept)

    def _intercept(self, request: AWSRequest, **_: object) -> None:
        self._seen.append(request)
        raise Intercepted

    def sends(self, call: str, **arguments: str) -> tuple[SplitResult, str]:
        """URL and signing region of the request."""
        with pytest.raises(Intercepted):
            getattr(self._client, call)(**arguments)
        request = self._seen.pop()
        scope = re.search(rb"Credential=id/\d+/([^/]+)/s3/", request.headers["Authorization"])
        assert scope is not None
        return urlsplit(request.url), scope[1].decode()


@pytest.mark.parametrize(("settings", "variables"), SETTINGS)
def test_as_botocore_sends_it(
    settings: dict[str, Any], variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    reference = Reference(settings)
    for bucket in BUCKETS:
        target = resolve(ClientConfig(**settings), bucket)
        for url, region in (
            reference.sends("get_object", Bucket=bucket, Key="some/key"),
            reference.sends("list_objects_v2", Bucket=bucket),
        ):
            assert target.tls == (url.scheme == "https")
            assert target.host == url.hostname
            assert target.port == (url.port or (443 if target.tls else 80))
            assert target.base_path == url.path.removesuffix("/some/key").rstrip("/")
            assert target.region == region


def test_accelerated_requests_as_botocore_sends_them() -> None:
    settings: dict[str, Any] = {"profile": "accelerate", "region": "us-east-1"}
    target = resolve(ClientConfig(**settings), "plain-bucket")
    url, _ = Reference(settings).sends("get_object", Bucket="plain-bucket", Key="k")
    assert (target.host, target.base_path) == (url.hostname, "")
    with pytest.raises(ConfigError, match="Accelerate"):
        resolve(ClientConfig(**settings), "bucket.with.dots")


def test_aws_region_wins_as_in_the_other_sdks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert resolve(ClientConfig(), "b-1").host == "b-1.s3.eu-west-3.amazonaws.com"
    assert resolve(ClientConfig(region="eu-west-1"), "b-1").region == "eu-west-1"


def test_the_region_that_the_store_named_wins() -> None:
    config = ClientConfig(region="us-west-2")
    target = resolve(config, "b-1", "eu-west-1")
    assert (target.host, target.region) == ("b-1.s3.eu-west-1.amazonaws.com", "eu-west-1")
    assert resolve(config, "b-1").region == "us-west-2"


def test_a_custom_endpoint_without_region_signs_for_us_east_1() -> None:
    target = resolve(ClientConfig(endpoint_url="http://h:1"), "b-1")
    assert (target.region, target.base_path) == ("us-east-1", "/b-1")


@pytest.mark.parametrize(
    ("bucket", "text"),
    [
        ("arn:aws:s3:us-east-1:123456789012:accesspoint", "ARN"),
        ("train--use1-az4--x-s3", "directory bucket"),
        ("with space", "no bucket's name"),
        ("büro", "no bucket's name"),
        ("line\nfeed", "no bucket's name"),
        ("", "no bucket's name"),
    ],
)
def test_buckets_that_cannot_be_addressed(bucket: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        resolve(ClientConfig(), bucket)


@pytest.mark.parametrize(
    "url", ["localhost:9000", "ftp://host", f"http://user:{CANARY}@host", f"user:{CANARY}@host"]
)
def test_a_bad_endpoint_in_the_environment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
    with pytest.raises(ConfigError, match=r"http\(s\)://") as caught:
        resolve(ClientConfig(), "b-1")
    assert CANARY not in str(caught.value)


def test_contradicting_settings_are_a_config_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    with pytest.raises(ConfigError, match="FIPS"):
        resolve(ClientConfig(profile="accelerate", region="us-east-1"), "b-1")


def test_the_proxy_is_part_of_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://u:{CANARY}@environment:3128")
    target = resolve(ClientConfig(), "b-1")
    assert (target.proxy_host, target.proxy_port) == ("environment", 3128)
    assert target.proxy_authorization.startswith("Basic ")
    assert "Basic" not in repr(target)
    mine = resolve(ClientConfig(proxies={"https": "http://mine"}), "b-1")
    assert (mine.proxy_host, mine.proxy_port, mine.proxy_authorization) == ("mine", 80, "")
    monkeypatch.setenv("NO_PROXY", "amazonaws.com")
    assert resolve(ClientConfig(), "b-1").proxy_host == ""


def test_given_addresses_are_those_of_the_host_that_is_asked() -> None:
    known = {"b-1.s3.eu-west-1.amazonaws.com": ["10.0.0.1", "10.0.0.2"]}
    config = ClientConfig(region="eu-west-1", resolve=known)
    assert resolve(config, "b-1").addresses == ("10.0.0.1", "10.0.0.2")
    assert resolve(config, "b-2").addresses == ()
    assert resolve(ClientConfig(region="eu-west-1"), "b-1").addresses == ()


def test_certificate_authorities_by_precedence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {}
    for name in ("argument", "bundle", "profile", "openssl"):
        files[name] = str(tmp_path / f"{name}.pem")
        Path(files[name]).write_text("")
    (tmp_path / "config").write_text(f"[profile ca]\nca_bundle = {files['profile']}\n")

    def authority(**settings: Any) -> tuple[bool, str]:
        target = resolve(ClientConfig(**settings), "b-1")
        return target.verify, target.ca_file

    assert authority() == (True, "")
    monkeypatch.setenv("SSL_CERT_FILE", files["openssl"])
    assert authority() == (True, files["openssl"])
    assert authority(profile="ca") == (True, files["profile"])
    monkeypatch.setenv("AWS_CA_BUNDLE", files["bundle"])
    assert authority() == authority(verify=True) == (True, files["bundle"])
    assert authority(verify=files["argument"]) == (True, files["argument"])
    assert authority(verify=False) == (False, "")


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_missing_ca_file_is_named(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "/no/such/file.pem")
    with pytest.raises(ConfigError, match=rf"{variable}.*/no/such/file\.pem"):
        resolve(ClientConfig(), "b-1")
    # Nobody needs it without TLS.
    assert resolve(ClientConfig(endpoint_url="http://h"), "b-1").ca_file == ""


def test_targets_survive_a_fork(children: Children) -> None:
    assert good(children.run(look_ups.fork_with_known_targets)) == ["ok"]
