"""Memory that belongs to the caller."""

from __future__ import annotations

import ctypes
from typing import Any

from s3pipes.errors import ConfigError


def writable(buffer: Any) -> Any:
    """What has the buffer protocol, as it is; a CPU tensor has none and is taken by its address.

    Raises:
        ConfigError: the tensor lies elsewhere, or is not contiguous.
    """
    if not hasattr(buffer, "data_ptr"):
        return buffer
    if buffer.device.type != "cpu" or not buffer.is_contiguous():
        raise ConfigError(
            "get_into needs a contiguous tensor in CPU memory (pinned or not),"
            f" not one on {buffer.device} with strides {tuple(buffer.stride())}"
        )
    nbytes = buffer.numel() * buffer.element_size()
    memory = (ctypes.c_char * nbytes).from_address(buffer.data_ptr())
    return memoryview(memory)
