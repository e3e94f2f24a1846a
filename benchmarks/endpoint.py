"""What a server of this benchmark offers to its clients."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

BUCKET = "bench"


@dataclass(frozen=True)
class Endpoint:
    """Where the data sets are served, and what the ceiling needs to read them without signing."""

    name: str
    url: str
    access_key: str
    secret_key: str
    targets: Mapping[str, str]  # key → request target of an unsigned GET
    tls_url: str | None = None
    ca_file: str | None = None
    # How many have been answered so far and how many run now, where the server counts them.
    requests: Callable[[], tuple[int, int]] | None = None

    def environment(self, tls: bool) -> dict[str, str]:
        """All that a client is told; nothing of the user's own AWS settings reaches it."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "S3_")) and not name.lower().endswith("_proxy")
        }
        ours |= {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ENDPOINT_URL_S3": self.url,
        }
        if tls:
            assert self.tls_url is not None
            assert self.ca_file is not None
            ours |= {
                "AWS_ENDPOINT_URL_S3": self.tls_url,
                "AWS_CA_BUNDLE": self.ca_file,
                "SSL_CERT_FILE": self.ca_file,
            }
        return ours


def tmpfs() -> str:
    """A folder in memory where there is one, so that no disk is measured."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()
