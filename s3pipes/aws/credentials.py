"""Credentials: botocore finds and refreshes them, once per process and profile.

A forked worker starts with its parent's answer and asks on its own only when that has expired, so
that twenty workers do not storm the metadata service. Nothing of botocore crosses a fork: its
locks may be held by a thread that the child does not have.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3pipes.aws.imports import import_botocore
from s3pipes.aws.profile import identity_digest, open_session, settings_digest
from s3pipes.config import ClientConfig
from s3pipes.errors import CredentialsMissing

_log = logging.getLogger(__name__)

# botocore begins to refresh a quarter of an hour before the end; asking it earlier is useless.
_REFRESH_EARLY_S = 15 * 60.0
# Within that quarter of an hour, it is asked this often at most.
_ASK_AGAIN_S = 30.0

_HINT = (
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with"
    " ClientConfig(profile=...), or read a public bucket with ClientConfig(anonymous=True)"
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Credentials as they are now. The repr shows none of them.

    Attributes:
        session_token: "" for long-lived keys.
        expires_at: seconds since 1970 UTC, or None where they do not expire.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    expires_at: float | None = None


class CredentialSource:
    """Where the credentials of a configuration come from. Safe to share between threads.

    All sources of one process with the same profile and environment share one look-up.
    """

    def __init__(self, config: ClientConfig) -> None:
        self._anonymous = config.anonymous
        self._explicit: Snapshot | None = None
        self._profile = config.profile
        if config.access_key_id is not None and config.secret_access_key is not None:
            self._explicit = Snapshot(
                config.access_key_id, config.secret_access_key, config.session_token or ""
            )

    def snapshot(self) -> Snapshot | None:
        """Credentials that are valid now, renewed if they would soon expire; None if anonymous.

        Raises:
            CredentialsMissing: none were found, or they have expired and cannot be renewed.
            ConfigError: there is no such profile.
        """
        if self._anonymous or self._explicit is not None:
            return self._explicit
        return _chain_of(self._profile).snapshot()

    def refresh(self, *, force: bool = True, stale: Snapshot | None = None) -> Snapshot | None:
        """As `snapshot`; with `force` every place is looked into anew.

        For use after the server said that credentials have expired: also keys that another program
        rewrites in a file are found.

        Args:
            stale: the credentials that failed. If others are known by now, those are returned, so
                that a hundred failed requests cause one look-up.
        """
        if self._anonymous or self._explicit is not None:
            return self._explicit
        chain = _chain_of(self._profile)
        return chain.look_up_anew(stale) if force else chain.snapshot()


class _Chain:
    """One profile's credentials in one process."""

    def __init__(self, profile: str | None) -> None:
        self._profile = profile
        self._latest: Snapshot | None = None
        self._ask_again_at = 0.0
        self._identity = identity_digest()
        self.begin_process()

    def begin_process(self) -> None:
        self._lock = threading.Lock()
        self._source: Any = None  # botocore's Credentials

    def snapshot(self) -> Snapshot:
        self._see_identity()
        latest = self._latest
        if latest is not None and self._is_good_for_now(latest):
            return latest
        with self._lock:
            latest = self._latest
            if latest is not None and self._is_good_for_now(latest):
                return latest
            try:
                return self._ask()
            except CredentialsMissing as error:
                if latest is None or latest.expires_at is None or latest.expires_at <= time.time():
                    raise
                _log.warning("credentials could not be renewed yet: %s", error)
                return latest

    def look_up_anew(self, stale: Snapshot | None) -> Snapshot:
        self._see_identity()
        with self._lock:
            latest = self._latest
            if stale is not None and latest is not None and latest != stale:
                return latest
            self._source = None
            return self._ask()

    def _see_identity(self) -> None:
        """Where the environment's keys are others by now, nothing is known."""
        identity = identity_digest()
        if identity != self._identity:
            with self._lock:
                self._identity, self._latest, self._source = identity, None, None

    def _is_good_for_now(self, snapshot: Snapshot) -> bool:
        if snapshot.expires_at is None:
            return True
        now = time.time()
        left_s = snapshot.expires_at - now
        return left_s > _REFRESH_EARLY_S or (left_s > 0 and now < self._ask_again_at)

    def _ask(self) -> Snapshot:
        # Set first: it must hold after a failure too.
        self._ask_again_at = time.time() + _ASK_AGAIN_S
        if self._source is None:
            self._source = _find(self._profile)
        self._latest = _freeze(self._source)
        return self._latest


_chains: dict[bytes, _Chain] = {}
_chains_lock = threading.Lock()
_MOST_CHAINS = 64


def _chain_of(profile: str | None) -> _Chain:
    key = settings_digest(profile)
    with _chains_lock:
        chain = _chains.get(key)
        if chain is None:
            while len(_chains) >= _MOST_CHAINS:
                del _chains[next(iter(_chains))]
            chain = _chains[key] = _Chain(profile)
        return chain


def _begin_child() -> None:
    global _chains_lock
    _chains_lock = threading.Lock()
    for chain in list(_chains.values()):
        chain.begin_process()


os.register_at_fork(after_in_child=_begin_child)


def _find(profile: str | None) -> Any:
    session = open_session(profile)
    try:
        found = session.get_credentials()
    except Exception as error:  # noqa: BLE001 - a source may raise anything
        raise _failed(error) from None
    if found is None:
        raise CredentialsMissing("No credentials found. " + _places(session), hint=_HINT)
    return found


def _freeze(source: Any) -> Snapshot:
    try:
        keys = source.get_frozen_credentials()
    except Exception as error:  # noqa: BLE001 - a source may raise anything
        raise _failed(error) from None
    expiry = getattr(source, "_expiry_time", None)
    return Snapshot(
        keys.access_key,
        keys.secret_key,
        keys.token or "",
        None if expiry is None else expiry.timestamp(),
    )


def _failed(error: Exception) -> CredentialsMissing:
    import_botocore()
    from botocore.exceptions import BotoCoreError, ClientError

    # botocore words its own errors without secrets. Others, from parsing what a credential
    # process printed, might quote it.
    known = isinstance(error, (BotoCoreError, ClientError))
    reason = str(error) if known else type(error).__name__
    return CredentialsMissing(f"The source of the credentials failed: {reason}", hint=_HINT)


def _places(session: Any) -> str:
    profile = session.get_config_variable("profile") or "default"
    places = []
    if session.instance_variables().get("profile") is None:
        places.append("the environment (AWS_ACCESS_KEY_ID is not set)")
    else:
        places.append("the environment not, since a profile was named")
    for what, setting in (("shared credentials", "credentials_file"), ("config", "config_file")):
        path = Path(session.get_config_variable(setting)).expanduser()
        state = f"nothing for profile {profile!r}" if path.exists() else "does not exist"
        places.append(f"the {what} file {path} ({state})")
    places.append(f"web identity ({_state_of('AWS_WEB_IDENTITY_TOKEN_FILE')})")
    container = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    places.append("the container (" + ", ".join(_state_of(name) for name in container) + ")")
    off = os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true"
    answer = "turned off by AWS_EC2_METADATA_DISABLED" if off else "no answer"
    places.append(f"the instance metadata ({answer})")
    return "Looked in: " + "; ".join(places)


def _state_of(variable: str) -> str:
    return f"{variable} is {'set' if os.environ.get(variable) else 'not set'}"
