"""The one place where torch's datapipes come in: if torch drops them, only this file changes."""

from __future__ import annotations

from torch.utils.data import IterDataPipe, functional_datapipe
from torch.utils.data.datapipes.iter import IterableWrapper

__all__ = ["IterDataPipe", "IterableWrapper", "functional_datapipe"]
