"""torchdata's environment variables: read here and nowhere else.

An argument wins over its variable, which wins over the default. Unlike torchdata, arguments given
as 0 or False count. AWS's own variables (AWS_CONFIG_FILE, AWS_PROFILE, ...) are botocore's matter.
"""

from __future__ import annotations

import os

from s3pipes.config import ClientConfig, ReadConfig
from s3pipes.errors import ConfigError

# torchdata's 0 meant "no time limit"; ours is a day, so that no run hangs for ever.
_NO_TIMEOUT_S = 86400.0


def client_config_from_environment(region: str = "", request_timeout_ms: int = -1) -> ClientConfig:
    """The client settings that torchdata's arguments and variables ask for.

    Reads S3_ENDPOINT_URL (with or without a scheme), S3_USE_HTTPS ("0": plain HTTP), S3_VERIFY_SSL
    ("0": no certificate check) and, where `region` is "", AWS_REGION.

    Args:
        region: "" looks further.
        request_timeout_ms: milliseconds without progress; negative for the default, 0 for a day.

    Raises:
        ConfigError: a variable or an argument has no meaning; it is named.
    """
    use_tls = os.environ.get("S3_USE_HTTPS") != "0"
    endpoint_url = os.environ.get("S3_ENDPOINT_URL") or None
    if endpoint_url is not None and "://" not in endpoint_url:
        endpoint_url = f"{'https' if use_tls else 'http'}://{endpoint_url}"
    if request_timeout_ms < 0:
        progress_timeout_s = ClientConfig.progress_timeout_s
    elif request_timeout_ms == 0:
        progress_timeout_s = _NO_TIMEOUT_S
    else:
        progress_timeout_s = request_timeout_ms / 1000
    return ClientConfig(
        region=region or os.environ.get("AWS_REGION") or None,
        endpoint_url=endpoint_url,
        use_tls=use_tls,
        verify=False if os.environ.get("S3_VERIFY_SSL") == "0" else None,
        progress_timeout_s=progress_timeout_s,
    )


def read_config_from_environment(
    buffer_size: int | None = None, multi_part_download: bool | None = None
) -> ReadConfig:
    """The read settings that torchdata's arguments and variables ask for.

    Args:
        buffer_size: bytes allowed ahead of a reader; None: S3_BUFFER_SIZE, else automatic.
        multi_part_download: False for one GET per object; None: S3_MULTI_PART_DOWNLOAD, where only
            "OFF" says so.

    Raises:
        ConfigError: S3_BUFFER_SIZE is no number, or a value is out of its range.
    """
    if buffer_size is None:
        buffer_size = _whole_number("S3_BUFFER_SIZE")
    if multi_part_download is None:
        multi_part_download = os.environ.get("S3_MULTI_PART_DOWNLOAD") != "OFF"
    return ReadConfig(window_bytes=buffer_size, whole_objects=not multi_part_download)


def _whole_number(variable: str) -> int | None:
    text = os.environ.get(variable)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise ConfigError(f"The variable {variable} must be a whole number of bytes, not {text!r}")
    return int(text)
