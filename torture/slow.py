"""Connections that go on, but hardly."""

from __future__ import annotations

from s3pipes import S3Client
from torture.faults import Fault, injected
from torture.rescue import read_under_faults
from torture.row import Measure, Result, Row, Scale
from torture.store import MIB, Family, listed, store
from torture.tally import Tally, read_all

_KINDS = (
    Fault("2 B/s", "trickle", {"bytes_per_s": 2}),
    Fault("1 % of the others' speed", "slow", {"factor": 0.01}),
)


class SlowConnections(Row):
    """One answer that trickles, or has a hundredth of the others' bandwidth."""

    name = "slow"
    title = "a connection at 2 B/s; one at 1 % of the others' speed"
    target = "replaced within 5 s, at no error"
    minutes = 1.5

    def run(self, scale: Scale) -> Result:
        """What one such answer adds to the time that the same objects take without it."""
        family = Family("large", 8, 64 * MIB)
        measures, notes, tally = [], list[str](), Tally()
        with store("s3-standard", family) as server:
            client = S3Client(server.config())
            urls = listed(client, family)
            read_all(client, urls[:2])
            clean = [read_all(client, urls).took_s for _ in range(scale.of(3, 1))]
            for fault in _KINDS:
                added = []
                for turn in range(scale.of(6, 1)):
                    done = len(server.fault_log())
                    # Another place in the epoch each time, also among the first and the last.
                    server.fault(fault.kind, times=1, after=10 * turn, **fault.how)
                    one = read_under_faults(server, client, urls)
                    assert injected(server, done).total() == 1
                    added.append(one.took_s - min(clean))
                    tally += one
                measures.append(
                    Measure(
                        name=f"{fault.name}: added at most",
                        value=max(added),
                        unit=" s",
                        at_most=5,
                        loose=2,
                    )
                )
                notes.append(f"{fault.name}: added " + ", ".join(f"{s:.2f}" for s in added) + " s")
        return Result(
            measures=(
                *measures,
                Measure(name="errors", value=tally.failed, at_most=0),
                Measure(name="wrong objects", value=len(tally.wrong), at_most=0),
            ),
            notes=(*notes, f"without: {min(clean):.2f} s", *tally.notes()),
        )
