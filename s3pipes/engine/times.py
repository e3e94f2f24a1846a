"""How long something took, over all the times that it was done."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from s3pipes.engine import _native


@dataclass(frozen=True)
class Times:
    """A histogram of seconds, added up over processes; two subtract to those between.

    Attributes:
        counts: how many fell into each class. The classes are a fourth of an octave wide, from
            100 us to 210 s; one more at either end holds what lies beyond.
    """

    counts: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts)

    def quantile_s(self, share: float) -> float:
        """Seconds that a `share` of them, 0 to 1, did not exceed, right to a tenth.

        0 where there are none; what took longer than 210 s counts as 210.
        """
        return _native.quantile_s(self.counts, share)

    @property
    def p50_s(self) -> float:
        """Seconds that half of them did not exceed."""
        return self.quantile_s(0.5)

    @property
    def p90_s(self) -> float:
        """Seconds that 90 % did not exceed."""
        return self.quantile_s(0.9)

    @property
    def p99_s(self) -> float:
        """Seconds that 99 % did not exceed."""
        return self.quantile_s(0.99)

    @property
    def p999_s(self) -> float:
        """Seconds that 99.9 % did not exceed."""
        return self.quantile_s(0.999)

    def __sub__(self, earlier: Times) -> Times:
        if not isinstance(earlier, Times):
            return NotImplemented
        pairs = zip_longest(self.counts, earlier.counts, fillvalue=0)
        return Times(tuple(now - before for now, before in pairs))

    def __str__(self) -> str:
        if not self.count:
            return "none yet"
        quantiles = (self.p50_s, self.p90_s, self.p99_s, self.p999_s)
        return " / ".join(f"{seconds * 1e3:.3g}" for seconds in quantiles) + " ms"

    def __repr__(self) -> str:
        return f"Times(<{self.count}: p50 / p90 / p99 / p99.9 {self}>)"
