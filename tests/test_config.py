"""Settings are checked when made, frozen, picklable, and keep secrets to themselves."""

from __future__ import annotations

import dataclasses
import math
import pickle
from pathlib import Path
from typing import Any

import pytest

from s3pipes.config import ClientConfig, ReadConfig, RetryConfig, check_together
from s3pipes.errors import ConfigError

CANARY = "canary-that-must-not-be-seen"


@pytest.mark.parametrize(
    ("cls", "field", "value", "allowed"),
    [
        (ClientConfig, "region", "", "letters, digits and hyphens"),
        (ClientConfig, "region", "eu west", "letters, digits and hyphens"),
        (ClientConfig, "region", "eu-west-1\r\nX: y", "letters, digits and hyphens"),
        (ClientConfig, "addressing_style", "dns", "auto, path, virtual"),
        (ClientConfig, "endpoint_url", "localhost:9000", "http(s)://"),
        (ClientConfig, "endpoint_url", "ftp://host", "http(s)://"),
        (ClientConfig, "endpoint_url", "http://", "http(s)://"),
        (ClientConfig, "endpoint_url", "http://host:99999", "http(s)://"),
        (ClientConfig, "endpoint_url", "http://host:0", "http(s)://"),
        (ClientConfig, "endpoint_url", "http://host/?query", "http(s)://"),
        (ClientConfig, "endpoint_url", "http://ho st", "http(s)://"),
        (ClientConfig, "endpoint_url", 9000, "http(s)://"),
        (ClientConfig, "anonymous", 1, "True or False"),
        (ClientConfig, "verify", "/no/such/file.pem", "CA file that exists"),
        (ClientConfig, "verify", 0, "CA file that exists"),
        (ClientConfig, "connect_timeout_s", 0, "seconds from 0.01 to 3600"),
        (ClientConfig, "progress_timeout_s", -1.0, "seconds from"),
        (ClientConfig, "progress_timeout_s", math.nan, "seconds from"),
        (ClientConfig, "progress_timeout_s", math.inf, "seconds from"),
        (ClientConfig, "progress_timeout_s", "10", "seconds from"),
        (ClientConfig, "memory_bytes", 1024, "a whole number from 1048576 to"),
        (ClientConfig, "memory_bytes", 1e9, "a whole number from"),
        (ClientConfig, "max_requests", 0, "a whole number from 1 to 65536"),
        (ClientConfig, "max_requests", True, "a whole number from 1 to 65536"),
        (ClientConfig, "event_loops", 0, "a whole number from 1 to 256"),
        (ClientConfig, "retry", {"max_attempts": 3}, "a RetryConfig"),
        (ReadConfig, "chunk_bytes", 65535, "a whole number from 65536 to"),
        (ReadConfig, "chunk_bytes", 6 << 30, "a whole number from 65536 to 5368709120"),
        (ReadConfig, "window_bytes", -1, "a whole number from 0 to"),
        (ReadConfig, "lookahead", -1, "a whole number from 0 to"),
        (ReadConfig, "in_order", "yes", "True or False"),
        (ReadConfig, "whole_objects", None, "True or False"),
        (RetryConfig, "max_attempts", 0, "a whole number from 1 to 1000"),
        (RetryConfig, "base_delay_s", -0.1, "seconds from 0 to 60"),
        (RetryConfig, "max_delay_s", 4000, "seconds from 0 to 3600"),
        (RetryConfig, "time_limit_s", math.inf, "seconds from 0 to"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    cls: type[Any], field: str, value: object, allowed: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        cls(**{field: value})
    text = str(caught.value)
    assert text.startswith(f"{cls.__name__}.{field} must be ")
    assert allowed in text
    assert repr(value) in text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"access_key_id": CANARY}, "belong together"),
        ({"secret_access_key": CANARY}, "belong together"),
        ({"session_token": CANARY}, "needs access_key_id"),
        (
            {"anonymous": True, "access_key_id": CANARY, "secret_access_key": CANARY},
            "exclude one another",
        ),
        ({"access_key_id": 7, "secret_access_key": CANARY}, "non-empty string"),
        ({"access_key_id": CANARY + "\r\n", "secret_access_key": CANARY}, "non-empty string"),
        ({"profile": ""}, "non-empty string"),
        ({"proxies": CANARY}, "must map"),
        ({"proxies": {"https": 7, "http": CANARY}}, "must map"),
        ({"endpoint_url": f"http://user:{CANARY}@host"}, "without user name or password"),
        ({"endpoint_url": f"http://user:{CANARY}/x@host"}, "http(s)://"),
        ({"endpoint_url": f"user:{CANARY}@host"}, "http(s)://"),
    ],
)
def test_contradictions_are_refused_and_no_secret_is_quoted(
    settings: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        ClientConfig(**settings)
    assert text in str(caught.value)
    assert CANARY not in str(caught.value)


def test_the_repr_shows_no_secret() -> None:
    config = ClientConfig(
        access_key_id=CANARY,
        secret_access_key=CANARY,
        session_token=CANARY,
        proxies={"https": f"http://user:{CANARY}@proxy"},
    )
    assert CANARY not in repr(config)
    assert CANARY not in str(config)


@pytest.mark.parametrize("cls", [ClientConfig, ReadConfig, RetryConfig])
def test_defaults_are_valid_frozen_documented_and_keyword_only(cls: type[Any]) -> None:
    made = cls()
    assert pickle.loads(pickle.dumps(made)) == made
    assert hash(made) == hash(cls())
    documented = (cls.__doc__ or "").split("Attributes:")[1]
    for field in dataclasses.fields(cls):
        assert f" {field.name}:" in documented or f" {field.name}," in documented
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)
    with pytest.raises(TypeError):
        cls(1)


def test_a_full_configuration_pickles(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    config = ClientConfig(
        region="eu-west-1",
        endpoint_url="https://[::1]:9000/prefix",
        verify=str(authority),
        proxies={"https": "http://proxy:3128"},
        access_key_id="id",
        secret_access_key=CANARY,
        session_token=CANARY,
        event_loops=2,
        retry=RetryConfig(max_attempts=3),
    )
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert hash(again) == hash(config)
    assert again.secret_access_key == CANARY


@pytest.mark.parametrize(
    "resolve",
    [
        7,
        ["10.0.0.1"],
        {"name": "10.0.0.1"},
        {"name": []},
        {"name": ["elsewhere"]},
        {"": ["10.0.0.1"]},
        {7: ["10.0.0.1"]},
        {"name": None},
        {"name": [167772161]},
    ],
)
def test_what_names_no_addresses_is_refused(resolve: Any) -> None:
    with pytest.raises(ConfigError, match=r"ClientConfig\.resolve must be None or map"):
        ClientConfig(resolve=resolve)


def test_addresses_of_a_name_are_copied_and_pickle() -> None:
    resolve: Any = {"Store.Example": ["10.0.0.1", "0:0::1"]}
    config = ClientConfig(resolve=resolve)
    resolve["Store.Example"].append("10.0.0.2")
    assert config.resolve == {"store.example": ("10.0.0.1", "::1")}
    assert pickle.loads(pickle.dumps(config)) == config


def test_proxies_are_copied() -> None:
    proxies = {"http": "http://one"}
    config = ClientConfig(proxies=proxies)
    proxies["http"] = "http://two"
    assert config.proxies == {"http": "http://one"}


def test_the_longest_pause_is_not_shorter_than_the_first() -> None:
    with pytest.raises(ConfigError, match=r"max_delay_s is 0\.5.*base_delay_s, 1\.0"):
        RetryConfig(base_delay_s=1.0, max_delay_s=0.5)


def test_the_budget_must_hold_a_chunk() -> None:
    client, read = ClientConfig(memory_bytes=4 << 20), ReadConfig(chunk_bytes=8 << 20)
    with pytest.raises(ConfigError, match=r"4194304.*8388608"):
        check_together(client, read)
    check_together(client, ReadConfig(chunk_bytes=4 << 20))
    check_together(ClientConfig(), ReadConfig())
