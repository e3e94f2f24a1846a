"""No secret is ever shown."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from typing import Any

import pytest

from s3pipes import (
    AccessDenied,
    ClientConfig,
    ConfigError,
    RetriesExhausted,
    S3Client,
    S3FileLoader,
    S3PipesError,
)
from s3pipes.testing.answers import Answer
from tests.clients import TWICE

CANARIES = [
    "AKIACANARYCANARY",
    "canary-secret-key",
    "canary-session-token",
    "canary-proxy-password",
]


def shown(error):
    """All that a user or a log may come to see of an error."""
    texts = [str(error), repr(error), repr(error.args), repr(vars(error))]
    texts += traceback.format_exception(error)
    copy = pickle.loads(pickle.dumps(error))
    return "\n".join([*texts, str(copy), repr(vars(copy)), repr(pickle.dumps(error))])


def test_no_secret_is_ever_shown(seaweed, scripted, caplog):
    caplog.set_level(logging.DEBUG)
    key_id, secret, token, password = CANARIES
    bucket = seaweed.bucket("secrets")
    keys: dict[str, Any] = {
        "access_key_id": key_id,
        "secret_access_key": secret,
        "session_token": token,
    }
    refused = S3Client(seaweed.config(**keys, retry=TWICE))
    proxied = S3Client(
        ClientConfig(
            **keys,
            endpoint_url="http://store.invalid:1",
            proxies={"http": f"http://user:{password}@127.0.0.1:9"},
            retry=TWICE,
        )
    )
    html = S3Client(seaweed.config(**keys, endpoint_url=scripted.endpoint_url, retry=TWICE))
    # Some servers repeat what they were sent.
    scripted.script = lambda request: Answer(
        status=403,
        headers={"Content-Type": "application/xml"},
        body="<Error><Code>AccessDenied</Code><Message>no</Message>"
        f"<Token>{request.headers['x-amz-security-token']}</Token></Error>".encode(),
    )
    seen = [repr(client) for client in (refused, proxied, html)]
    seen += [repr(client.config) for client in (refused, proxied, html)]
    errors: list[tuple[S3Client, type[S3PipesError]]] = [
        (refused, AccessDenied),
        (proxied, RetriesExhausted),
        (html, AccessDenied),
    ]
    for client, expected in errors:
        for ask in (
            lambda c: list(c.list(f"s3://{bucket}")),
            lambda c: c.head(f"s3://{bucket}/k"),
            lambda c: c.get(f"s3://{bucket}/k"),
            lambda c: c.get_into(f"s3://{bucket}/k", bytearray(1)),
            lambda c: list(S3FileLoader([f"s3://{bucket}/k"], client=c)),
        ):
            with pytest.raises(expected) as caught:
                ask(client)
            seen.append(shown(caught.value))
    for name, wrong in (("session_token", ""), ("secret_access_key", "line\nfeed " + secret)):
        with pytest.raises(ConfigError) as config_error:
            ClientConfig(**(keys | {name: wrong}))
        seen.append(shown(config_error.value))
    with pytest.raises(ConfigError) as config_error:
        ClientConfig(endpoint_url=f"http://user:{password}@host")
    seen.append(shown(config_error.value))

    seen.append(caplog.text)
    everything = "\n".join(seen)
    assert "AccessDenied" in everything  # it would be found
    for canary in (*CANARIES[1:], json.dumps(secret)):
        assert canary not in everything
