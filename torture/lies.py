"""Answers that contradict their request, or are none of S3's."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from s3pipes import S3Client
from s3pipes.testing import SimulatedS3
from torture.faults import LIES, LIST_LIES, Fault, injected
from torture.rescue import read_under_faults
from torture.row import Measure, Result, Row, Scale
from torture.store import KIB, MIB, Family, listed, store
from torture.tally import Tally, read_all

_SHARE = 0.03
_MOST = 1.2  # times the time without
_PAGE = Family("pages", 60_000, 1 * KIB)


@dataclass(frozen=True)
class _Told:
    """What came of one kind of lie."""

    name: str
    lies: int
    ratio: float
    tally: Tally


class Lies(Row):
    """Each kind by itself, to whoever asks by listed URL and by plain string."""

    name = "lies"
    title = "each kind of lie on 3 % of the answers"
    target = "every object right, 0 errors, ≤ 1.2 × the time without"
    minutes = 4

    def run(self, scale: Scale) -> Result:
        """400 objects of 1 MiB and 8 of 64 MiB for each kind; pages of 1000 keys for listings."""
        families = (
            Family("small", scale.of(400, 100), 1 * MIB),
            Family("large", scale.of(8, 1), 64 * MIB),
        )
        turns = scale.of(5, 1)
        told: list[_Told] = []
        with store("s3-standard", *families, _PAGE) as server:
            client = S3Client(server.config())
            from_a_listing = listed(client, *families)
            plain = [url for family in families for url in family.plain()]
            for form, urls in (("listed", from_a_listing), ("plain", plain)):
                read_all(client, urls)
                told += [
                    _of_objects(server, client, fault, form, urls, turns)
                    for fault in (LIES if scale is Scale.FULL or form == "plain" else LIES[:4])
                ]
            told += [_of_pages(server, client, fault) for fault in LIST_LIES]
        worst = max(told, key=lambda one: one.ratio)
        total = Tally()
        for one in told:
            total += one.tally
        return Result(
            measures=(
                Measure(name="wrong objects", value=len(total.wrong), at_most=0),
                Measure(name="errors", value=total.failed, at_most=0),
                Measure(
                    name="longest, in times without", value=worst.ratio, at_most=_MOST, loose=3
                ),
                Measure(name="kinds", value=len(told)),
                Measure(name="lies", value=sum(one.lies for one in told), at_least=len(told)),
            ),
            notes=tuple(_line(one) for one in told),
        )


def _line(one: _Told) -> str:
    return "; ".join([f"{one.name}: {one.lies} lies, {one.ratio:.2f}", *one.tally.notes()])


def _of_objects(
    server: SimulatedS3,
    client: S3Client,
    fault: Fault,
    form: str,
    urls: Sequence[str],
    turns: int,
) -> _Told:
    clean_s, lied_s, tally = [], [], Tally()
    before = len(server.fault_log())
    for _ in range(turns):
        clean_s.append(read_all(client, urls).took_s)
        fault.into(server, share=_SHARE)
        one = read_under_faults(server, client, urls)
        lied_s.append(one.took_s)
        tally += one
    ratio = statistics.median(lied_s) / statistics.median(clean_s)
    return _Told(f"{fault.name}, {form}", injected(server, before).total(), ratio, tally)


def _of_pages(server: SimulatedS3, client: S3Client, fault: Fault) -> _Told:
    """Pages are few, so that every tenth lies; time is not compared, for chance rules it."""
    before = len(server.fault_log())
    tally = Tally()
    fault.into(server, share=0.1)
    expected = _PAGE.plain()
    try:
        found = [str(url) for url in client.list(_PAGE.prefix)]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        tally.fail(error)
    else:
        tally.right = len(set(found) & set(expected))
        tally.wrong = [] if found == expected else sorted(set(found) ^ set(expected)) or ["order"]
    server.clear_faults()
    return _Told(fault.name, injected(server, before).total(), 1.0, tally)
