"""The rows of the table, in its order."""

from __future__ import annotations

from collections.abc import Sequence

from torture.canary import Canary
from torture.corruptions import Corruptions
from torture.credentials import Credentials
from torture.epochs import MixedFaults
from torture.forks import Forks
from torture.interrupts import Interrupts
from torture.lies import Lies
from torture.limit import PrefixLimit
from torture.resets import Resets
from torture.row import Row
from torture.slow import SlowConnections
from torture.soak import Soak
from torture.stalls import Stalls
from torture.tail import TailRate, TailWaits


def all_rows(soak_s: float = 600.0) -> Sequence[Row]:
    """Each of them once."""
    return (
        Corruptions(),
        MixedFaults(),
        Resets(),
        SlowConnections(),
        TailWaits(),
        TailRate(),
        Lies(),
        Stalls(),
        PrefixLimit(),
        Interrupts(),
        Credentials(),
        Forks(),
        Soak(soak_s),
        Canary(),
    )
