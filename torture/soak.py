"""Minutes of everything at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torture.faults import injected, mixed
from torture.nursery import nursery
from torture.programs import soaking
from torture.row import Measure, Result, Row, Scale
from torture.store import KIB, MIB, Family, store

_SHARE = 0.01
_SHORT_S = 6.0


@dataclass(frozen=True)
class _Held:
    at_s: float
    rss_bytes: int
    fds: int
    threads: int


class Soak(Row):
    """TLS, 1 % mixed faults, late first bytes, connections that end; two loaders."""

    name = "soak"
    title = "10 minutes' soak, everything on, 2 loaders"
    target = "no growth of RSS, fds, threads after the first minute"
    minutes = 10

    def __init__(self, lasts_s: float = 600.0) -> None:
        self._lasts_s = lasts_s

    def run(self, scale: Scale) -> Result:
        """Compares what is held in the last tenth of the time with the second tenth."""
        lasts_s = scale.of(self._lasts_s, _SHORT_S)
        small = Family("small", scale.of(4000, 400), 110 * KIB)
        large = Family("large", scale.of(8, 1), 64 * MIB)
        with (
            nursery() as children,
            store(
                "s3-standard",
                small,
                large,
                tls=True,
                addresses=4,
                tail_share=0.001,
                requests_per_connection=100,
                link_bytes_per_s=200e6,
            ) as server,
        ):
            mixed(server, _SHARE)
            ended = children.run(
                soaking.soak,
                server.endpoint_url,
                str(server.ca_file),
                [small.label, small.count, small.object_bytes],
                [large.label, large.count, large.object_bytes],
                lasts_s,
                within_s=lasts_s + 180,
            )
            done = injected(server).total()
        lines = [line.split(maxsplit=4) for line in ended.out.splitlines()]
        held = [_Held(float(w[1]), *map(int, w[2:])) for w in lines if w[0] == "held"]
        said = [words for words in lines if words[0] == "read"]
        assert said, ended.err or ended.out
        right, wrong, errors = map(int, said[0][1:4])
        # The first tenth is the start: pools, caches and connections fill.
        second = [one for one in held if 0.1 <= one.at_s / lasts_s < 0.2]
        last = [one for one in held if 0.9 <= one.at_s / lasts_s <= 1.0]
        # The least: what is compared comes and goes by 64 MiB at a time.
        grown = min(one.rss_bytes for one in last) - min(one.rss_bytes for one in second)
        return Result(
            measures=(
                Measure(
                    name="least RSS grew by",
                    value=max(0.0, grown / 1e6),
                    unit=" MB",
                    at_most=16,
                    loose=20,  # within seconds, what may be held is not held yet
                ),
                Measure(
                    name="fds grew by",
                    value=max(o.fds for o in last) - max(o.fds for o in second),
                    at_most=16,
                    loose=8,
                ),
                Measure(
                    name="threads grew by",
                    value=max(o.threads for o in last) - max(o.threads for o in second),
                    at_most=0,
                ),
                Measure(name="errors", value=errors, at_most=0),
                Measure(name="wrong objects", value=wrong, at_most=0),
                Measure(name="objects right", value=right, at_least=1),
                Measure(name="faults", value=done, at_least=1),
            ),
            notes=(
                f"{lasts_s:.0f} s; least RSS of each tenth: {', '.join(_least(held, lasts_s))} MB",
                f"at most {max(o.fds for o in last)} fds, {max(o.threads for o in last)} threads",
                *said[0][4:],
            ),
        )


def _least(held: Sequence[_Held], lasts_s: float) -> list[str]:
    tenths: dict[int, int] = {}
    for one in held:
        tenth = min(9, int(10 * one.at_s / lasts_s))
        tenths[tenth] = min(one.rss_bytes, tenths.get(tenth, one.rss_bytes))
    return [f"{least / 1e6:.0f}" for _, least in sorted(tenths.items())]
