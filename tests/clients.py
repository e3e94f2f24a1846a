"""Clients of a test's server that do not wait long before they try again."""

from __future__ import annotations

from s3pipes import ReadConfig, RetryConfig, S3Client
from s3pipes.testing.server import S3Server
from tests.noise import KiB

FAST = RetryConfig(max_attempts=3, base_delay_s=0.001, max_delay_s=0.01)
TWICE = RetryConfig(max_attempts=2, base_delay_s=0.001, max_delay_s=0.01)
CHUNKS = ReadConfig(chunk_bytes=64 * KiB)


def client_of(server: S3Server, read: ReadConfig | None = None, **config: object) -> S3Client:
    return S3Client(server.config(**{"retry": FAST} | config), read)
