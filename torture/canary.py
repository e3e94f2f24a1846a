"""Secrets with a text by which they would be found."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from torture.memory import places_in_a_core
from torture.nursery import nursery
from torture.programs import telling
from torture.row import Measure, Result, Row, Scale
from torture.store import BUCKET, KIB, Family, store

_SECRET = "canary-in-the-secret-key"
_TOKEN = "canary-in-the-session-token"
_PASSWORD = "canary-in-the-password-of-the-proxy"
_IN_URLS = ("canary-before-the-bucket", "canary-signature-of-a-url")
_BASIC = base64.b64encode(f"user:{_PASSWORD}".encode()).decode()


class Canary(Row):
    """Everything that s3pipes says of itself while much fails, searched."""

    name = "canary"
    title = "canary secret in keys, tokens, URLs, proxies"
    # A process that signs requests holds its keys, and so does its core: counted, not promised.
    target = "found nowhere: DEBUG logs, reprs, messages, pickles, stats (cores: see notes)"
    minutes = 0.5

    def run(self, scale: Scale) -> Result:
        """A program of its own tries every door under faults and writes down what was said."""
        family = Family("objects", scale.of(20, 5), 4 * KIB)
        urls = [
            *family.plain(),
            f"s3://{BUCKET}/absent",
            f"s3://user:{_IN_URLS[0]}@{BUCKET}/key",
            f"https://{BUCKET}.s3.amazonaws.com/key?X-Amz-Signature={_IN_URLS[1]}",
        ]
        with (
            tempfile.TemporaryDirectory() as folder,
            nursery() as children,
            store("none", family, anonymous=True) as server,
        ):
            for kind in ("expired_token", "html", "error_200", "big_head", "wrong_etag", "skewed"):
                server.fault(kind, share=0.15, method=None)
            server.fault("status", share=0.15, status=403, code="SignatureDoesNotMatch")
            path = Path(folder) / "said"
            child = children.start(
                telling.tell,
                server.endpoint_url,
                f"http://user:{_PASSWORD}@127.0.0.1:9",
                ["AKIACANARY", _SECRET, _TOKEN],
                urls,
                str(path),
            )
            child.wait_for_line("told", within_s=120)
            cores = {name: places_in_a_core(child.pid, name) for name in (_SECRET, _TOKEN)}
            child.interrupt()
            child.end()
            said = path.read_text()
        everything = (_SECRET, _TOKEN, _PASSWORD, _BASIC, *_IN_URLS)
        return Result(
            measures=(
                Measure(
                    name="places where it was found",
                    value=sum(said.count(canary) for canary in everything),
                    at_most=0,
                ),
                Measure(name="characters searched", value=len(said), at_least=10_000),
                Measure(name="errors among them", value=said.count("Error"), at_least=10),
            ),
            notes=(
                *(f"found: {canary}" for canary in everything if canary in said),
                f"in a core dump of the running process: the secret key {cores[_SECRET]} times",
                f"in a core dump of the running process: the token {cores[_TOKEN]} times",
            ),
        )
