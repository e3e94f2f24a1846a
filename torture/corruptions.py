"""Answers with other bytes than they should have, by the million."""

from __future__ import annotations

import itertools
from collections import Counter

from s3pipes import ReadConfig, S3Client
from s3pipes.testing import SimulatedS3
from torture.faults import Fault, injected
from torture.rescue import read_under_faults
from torture.row import Measure, Result, Row, Scale
from torture.store import KIB, MIB, SEED, Family, listed, store
from torture.tally import Tally

_KINDS = (
    Fault("bit flip", "flip"),
    Fault("early end of the body", "fin"),
    Fault("one byte less in Content-Length", "wrong_length", {"by": -1}),
    Fault("one byte more in Content-Length", "wrong_length", {"by": 1}),
    Fault("wrong Content-Range", "wrong_range"),
    Fault("wrong total in Content-Range", "wrong_total"),
    Fault("wrong ETag", "wrong_etag"),
)
_SHARE = 0.4  # of the answers
_OVERWRITTEN = 0.02  # of the requests, in every other round
_VERSIONS = 8  # which an object may have had by then
_ROUNDS = 4  # of one server; then comes another, with another seed
# So far that hundreds of requests are on their way, as with S3.
_FIRST_BYTE_S = 0.02


class Corruptions(Row):
    """Flips where a checksum exists, truncations, wrong lengths, ranges, ETags, overwrites."""

    name = "corruptions"
    title = "10^6 injected corruptions, defaults"
    target = "0 wrong bytes delivered; each healed or raised"
    minutes = 17

    def run(self, scale: Scale) -> Result:
        """Reads new objects, small ones and some of several ranges, until enough was done."""
        wanted = scale.of(1_000_000, 1000)
        total, done, blame = Tally(), Counter[str](), Counter[str]()
        for seed in itertools.count(SEED):
            if done.total() >= wanted or total.wrong:
                break
            with store("none", seed=seed, first_byte_median_s=_FIRST_BYTE_S) as server:
                for number in range(_ROUNDS):
                    total += _round(server, number, scale)
                done += injected(server)
                blame += _blamed(server, total.wrong)
        return Result(
            measures=(
                Measure(name="wrong objects delivered", value=len(total.wrong), at_most=0),
                Measure(name="corruptions", value=done.total(), at_least=wanted),
                Measure(name="objects right", value=total.right),
                Measure(name="errors raised", value=total.failed),
            ),
            notes=(
                ", ".join(f"{count:,} {kind}" for kind, count in sorted(done.items())),
                *total.notes(),
                *(f"wrong after {kind}: {count}" for kind, count in blame.most_common()),
            ),
        )


def _blamed(server: SimulatedS3, wrong: list[str]) -> Counter[str]:
    """What had befallen the objects that were wrong: all of it together, for each."""
    if not wrong:
        return Counter()
    befell: dict[str, set[str]] = {}
    for fault in server.fault_log():
        befell.setdefault(fault.key, set()).add(fault.kind)
    keys = (url.partition("://")[2].partition("/")[2] for url in wrong)
    return Counter(", ".join(sorted(befell.get(key, {"nothing"}))) for key in keys)


def _round(server: SimulatedS3, number: int, scale: Scale) -> Tally:
    large = number % 4 == 3  # an overwrite can tear them
    family = Family(
        f"round{number}",
        scale.of(24, 4) if large else scale.of(15_000, 1000),
        5 * MIB if large else 4 * KIB,
    )
    server.add("torture", family.pattern, family.count, family.object_bytes)
    client = S3Client(server.config())
    urls = listed(client, family) if number % 2 else family.plain()
    # In order, each of the many that are healed late would hold up what is ready behind it.
    read = ReadConfig(in_order=large)
    for fault in _KINDS:
        fault.into(server, share=_SHARE / len(_KINDS))
    if number % 4 >= 2:
        server.fault("overwrite", share=_OVERWRITTEN)
    return read_under_faults(server, client, urls, read=read, versions=_VERSIONS)
