"""torchdata's variables: argument over variable over default; 0 and False count."""

from __future__ import annotations

import pytest

from s3pipes.compat.environment import client_config_from_environment, read_config_from_environment
from s3pipes.config import ClientConfig, ReadConfig
from s3pipes.errors import ConfigError


def test_nothing_set_gives_the_defaults() -> None:
    assert client_config_from_environment() == ClientConfig()
    assert read_config_from_environment() == ReadConfig()


@pytest.mark.parametrize(
    ("endpoint", "https", "expected"),
    [
        ("http://host:9000", None, "http://host:9000"),
        ("http://host:9000", "1", "http://host:9000"),
        ("host:9000", None, "https://host:9000"),
        ("host:9000", "1", "https://host:9000"),
        ("host:9000", "0", "http://host:9000"),
        ("", "0", None),
    ],
)
def test_endpoint(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, https: str | None, expected: str | None
) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", endpoint)
    if https is not None:
        monkeypatch.setenv("S3_USE_HTTPS", https)
    config = client_config_from_environment()
    assert config.endpoint_url == expected
    assert config.use_tls is (https != "0")


@pytest.mark.parametrize(("value", "verify"), [("0", False), ("1", None), ("", None)])
def test_verify(monkeypatch: pytest.MonkeyPatch, value: str, verify: bool | None) -> None:
    monkeypatch.setenv("S3_VERIFY_SSL", value)
    assert client_config_from_environment().verify is verify


def test_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert client_config_from_environment("").region == "eu-west-1"
    assert client_config_from_environment("us-west-2").region == "us-west-2"


@pytest.mark.parametrize(("request_timeout_ms", "seconds"), [(-1, 10.0), (1500, 1.5), (0, 86400.0)])
def test_request_timeout(request_timeout_ms: int, seconds: float) -> None:
    config = client_config_from_environment("", request_timeout_ms)
    assert config.progress_timeout_s == seconds


def test_a_wrong_endpoint_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", "ftp://host")
    with pytest.raises(ConfigError, match="endpoint_url"):
        client_config_from_environment()


@pytest.mark.parametrize(
    ("argument", "variable", "window_bytes"),
    [(None, "4096", 4096), (0, "4096", 0), (256, "4096", 256), (None, "0", 0), (None, "", None)],
)
def test_buffer_size(
    monkeypatch: pytest.MonkeyPatch, argument: int | None, variable: str, window_bytes: int | None
) -> None:
    monkeypatch.setenv("S3_BUFFER_SIZE", variable)
    assert read_config_from_environment(argument).window_bytes == window_bytes


@pytest.mark.parametrize("text", ["128MB", "-1", "1.5", "٣"])
def test_a_buffer_size_that_is_no_number_is_named(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("S3_BUFFER_SIZE", text)
    with pytest.raises(ConfigError, match="S3_BUFFER_SIZE"):
        read_config_from_environment()


@pytest.mark.parametrize(
    ("argument", "variable", "whole_objects"),
    [
        (None, None, False),
        (None, "OFF", True),
        (None, "off", False),
        (None, "ON", False),
        (True, "OFF", False),
        (False, None, True),
        (False, "ON", True),
    ],
)
def test_multi_part_download(
    monkeypatch: pytest.MonkeyPatch,
    argument: bool | None,
    variable: str | None,
    whole_objects: bool,
) -> None:
    if variable is not None:
        monkeypatch.setenv("S3_MULTI_PART_DOWNLOAD", variable)
    config = read_config_from_environment(None, argument)
    assert config.whole_objects is whole_objects
