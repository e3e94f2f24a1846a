"""Where an endpoint was set: what who cannot reach it wants to know first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from s3pipes.config import ClientConfig

if TYPE_CHECKING:
    from botocore.session import Session


def told_whence(
    config: ClientConfig, session: Session, endpoint_url: str, region: str, told: str | None
) -> str:
    """A sentence, without its full stop.

    Args:
        endpoint_url, region: what botocore made of the settings.
        told: the region that a store named, where one did.
    """
    variable = _endpoint_variable(config, endpoint_url)
    if variable:
        return f"The endpoint {endpoint_url} comes from {variable}"
    if ".amazonaws.com" not in endpoint_url:
        return f"The endpoint {endpoint_url} comes from {_profile(config, session)}"
    return (
        f"The endpoint {endpoint_url} is Amazon's for the region {region!r},"
        f" {_region_source(config, session, told)}"
    )


def _endpoint_variable(config: ClientConfig, endpoint_url: str) -> str:
    if config.endpoint_url is not None:
        # torchdata's pipes take theirs from the variable.
        return "endpoint_url=... of ClientConfig, or S3_ENDPOINT_URL"
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        if os.environ.get(name) == endpoint_url:
            return name
    return ""


def _region_source(config: ClientConfig, session: Session, told: str | None) -> str:
    if told is not None:
        return "which a store named as the bucket's"
    if config.region is not None:
        return "which comes from region=... or AWS_REGION"
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if os.environ.get(name):
            return f"which comes from {name}"
    if session.get_scoped_config().get("region"):
        return f"which comes from {_profile(config, session)}"
    return "which is taken where none is set (AWS_REGION, region=...)"


def _profile(config: ClientConfig, session: Session) -> str:
    name = config.profile or session.get_config_variable("profile") or "default"
    return f"the profile {name!r} of the AWS configuration"
