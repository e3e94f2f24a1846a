"""botocore's sessions, and what an answer of botocore's depends on."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from s3pipes.aws.imports import import_botocore
from s3pipes.errors import ConfigError

if TYPE_CHECKING:
    from botocore.session import Session

# Who we are; everything else in the environment says how things are done.
_IDENTITY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
# Nobody without it can try out what a digest was made of.
_SALT = os.urandom(16)


def open_session(profile: str | None) -> Session:
    """A new botocore session with its configuration files read.

    Raises:
        ConfigError: there is no such profile, or a file cannot be parsed.
    """
    import_botocore()
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


@lru_cache(maxsize=4)
def _loader(data_path: str | None) -> Any:
    # Reading the description of S3 takes longer than all else; it is the same for every session.
    import botocore.loaders

    return botocore.loaders.create_loader(data_path)


def settings_digest(*more: object) -> bytes:
    """What all answers of botocore's depend on but for the keys, together with `more`.

    Equal where they would be. No secret can be had from it: a proxy's URL may hold a password.
    """
    names = (name for name in os.environ if _is_setting(name) and name not in _IDENTITY)
    return _digest([(name, os.environ.get(name)) for name in sorted(names)], more)


def identity_digest() -> bytes:
    """The keys that the environment holds; no secret can be had from it."""
    return _digest([os.environ.get(name) for name in _IDENTITY])


def _is_setting(name: str) -> bool:
    return name.startswith("AWS_") or name.lower().endswith("_proxy") or name == "SSL_CERT_FILE"


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogateescape"), key=_SALT).digest()
