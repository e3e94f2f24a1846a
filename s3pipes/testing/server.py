"""What the test servers have in common: how a client reaches them."""

from __future__ import annotations

import uuid
from typing import Any

from s3pipes.config import ClientConfig


class S3Server:
    """A running S3 server.

    Attributes:
        endpoint_url: such as `http://127.0.0.1:40123`.
        access_key, secret_key: credentials that may do everything.
        region: the region to sign for.
    """

    endpoint_url: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    _boto: Any = None

    def config(self, **changes: Any) -> ClientConfig:
        """A ClientConfig for this server; `changes` are further fields of it."""
        settings: dict[str, Any] = {
            "endpoint_url": self.endpoint_url,
            "region": self.region,
            "access_key_id": self.access_key,
            "secret_access_key": self.secret_key,
            "proxies": {},
        }
        return ClientConfig(**(settings | changes))

    def client(self, **changes: Any) -> Any:
        """A new boto3 client for this server; `changes` go to boto3's constructor."""
        import boto3
        from botocore.config import Config

        settings: dict[str, Any] = {
            "endpoint_url": self.endpoint_url,
            "region_name": self.region,
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
            "config": Config(
                s3={"addressing_style": "path"}, proxies={}, retries={"total_max_attempts": 1}
            ),
        }
        return boto3.session.Session().client("s3", **(settings | changes))

    @property
    def boto(self) -> Any:
        """A boto3 client for this server, made once."""
        if self._boto is None:
            self._boto = self.client()
        return self._boto

    def bucket(self, prefix: str = "bucket") -> str:
        """The name of a new, empty bucket."""
        name = f"{prefix}-{uuid.uuid4().hex[:12]}"
        self.boto.create_bucket(Bucket=name)
        return name
