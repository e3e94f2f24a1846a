"""A dozen answers that do not come, or hardly."""

from __future__ import annotations

import statistics

from s3pipes import S3Client
from torture.faults import STALLS, injected
from torture.rescue import read_under_faults
from torture.row import Measure, Result, Row, Scale
from torture.store import MIB, Family, listed, store
from torture.tally import Tally, read_all

_EACH = 12
# So many of the answers until there were twelve: spread over the first half of the epoch.
_SHARE = 0.06


class Stalls(Row):
    """Stalls in the body, hangs before the head, bodies at 2 B/s: twelve of each kind."""

    name = "stalls"
    title = "12 stalls, 12 hangs, 12 trickles among 408 objects"
    target = "≤ 2 × the time without, 0 errors"
    minutes = 2

    def run(self, scale: Scale) -> Result:
        """400 objects of 1 MiB and 8 of 64 MiB, each kind in an epoch of its own."""
        families = (
            Family("small", scale.of(400, 200), 1 * MIB),
            Family("large", scale.of(8, 2), 64 * MIB),
        )
        turns = scale.of(5, 1)
        total, ratios, notes, fewest = Tally(), [], list[str](), _EACH
        with store("s3-standard", *families) as server:
            client = S3Client(server.config())
            urls = listed(client, *families)
            read_all(client, urls)
            clean_s = statistics.median(read_all(client, urls).took_s for _ in range(turns))
            for fault in STALLS:
                took_s = []
                for _ in range(turns):
                    before = len(server.fault_log())
                    fault.into(server, share=_SHARE, times=_EACH)
                    one = read_under_faults(server, client, urls)
                    took_s.append(one.took_s)
                    total += one
                    fewest = min(fewest, injected(server, before).total())
                ratios.append(statistics.median(took_s) / clean_s)
                notes.append(f"{fault.name}: {', '.join(f'{s / clean_s:.2f}' for s in took_s)}")
        return Result(
            measures=(
                Measure(name="longest, in times without", value=max(ratios), at_most=2, loose=4),
                Measure(name="errors", value=total.failed, at_most=0),
                Measure(name="wrong objects", value=len(total.wrong), at_most=0),
                Measure(name="of each kind", value=fewest, at_least=scale.of(_EACH, 1)),
            ),
            notes=(f"without: {clean_s:.2f} s", *notes, *total.notes()),
        )
