"""botocore's sessions: the one place that imports it, and only when first needed (it is slow)."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from s3pipes.errors import ConfigError

if TYPE_CHECKING:
    from botocore.session import Session


def open_session(profile: str | None) -> Session:
    """A new botocore session with its configuration files read.

    Raises:
        ConfigError: there is no such profile, or a file cannot be parsed.
    """
    import botocore.exceptions
    import botocore.session

    session = botocore.session.Session(profile=profile)
    try:
        session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
        session.get_scoped_config()
    except botocore.exceptions.ProfileNotFound:
        name = session.get_config_variable("profile")
        files = " and ".join(
            session.get_config_variable(file) for file in ("config_file", "credentials_file")
        )
        raise ConfigError(
            f"There is no profile {name!r} in {files}",
            hint="Check ClientConfig(profile=...) and AWS_PROFILE",
        ) from None
    except botocore.exceptions.BotoCoreError as error:
        raise ConfigError(f"The AWS configuration cannot be read: {error}") from error
    return session


@cache
def _loader(data_path: str | None) -> Any:
    # Reading the description of S3 takes longer than all else; it is the same for every session.
    import botocore.loaders

    return botocore.loaders.create_loader(data_path)


def environment_key() -> frozenset[tuple[str, str]]:
    """What a cached answer of botocore's depends on; equal where the answer would be."""
    return frozenset(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith("AWS_") or name.lower().endswith("_proxy") or name == "SSL_CERT_FILE"
    )
