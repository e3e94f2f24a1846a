"""The tables for a store with S3's latencies: what was reached by the clock, and the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.measure import FIGURES, FIRST_BATCH, Row
from benchmarks.tables import Target, best_peer, ceiling_of, markdown, number, row_of, times
from benchmarks.works import MIB, Work

OURS = "s3pipes"


def work_table(work: Work, rows: Sequence[Row]) -> str:
    if work.listed:
        return _list_table(work, rows)
    figure = work.compared_by
    ceiling, peer = ceiling_of(rows, figure), best_peer(rows, figure=figure)
    price = "MB/CPU-s" if work.object_bytes >= MIB else "µs/object"
    head = ["client", figure, "min–max"]
    head += [f"{work.records}/s"] if work.records else []
    head += [{"MB/CPU-s": "MB per CPU-s", "µs/object": "µs CPU per object"}[price]]
    head += ["÷ ceiling", "÷ best peer"]
    lines = [head]
    for row in rows:
        if row.ceiling and row is not ceiling:
            continue
        if not row.ok:
            lines.append([row.name, f"failed: {row.failed}", *[""] * (len(head) - 2)])
            continue
        seen = row.figures(figure)
        line = [row.name, number(row.median(figure)), f"{number(min(seen))}–{number(max(seen))}"]
        if work.records:
            made = 0 if row.ceiling else row.median("records/s")
            line.append(number(made) if made else "")
        line.append(number(row.median(price)))
        line += [_share(row, ceiling, figure), _share(row, peer, figure)]
        lines.append(line)
    tried = [(row.name, row.tried) for row in rows if row.tried is not None]
    settings = "; ".join(f"{name[9:]}: {number(FIGURES[figure](run))}" for name, run in tried)
    footer = f"\n\nSettings tried once for the ceiling, {figure}: {settings}." if tried else ""
    return f"### {work.title}\n\n{markdown(lines)}{footer}"


def _list_table(work: Work, rows: Sequence[Row]) -> str:
    first = work.listed == "first"
    head = ["client", f"seconds to {FIRST_BATCH} URLs" if first else "seconds", "min–max"]
    head += ["requests answered by then"] if first else ["keys/s", "÷ best peer", "µs CPU per key"]
    lines, serial = [head], best_peer(rows, figure="objects/s")
    for row in rows:
        if not row.ok:
            lines.append([row.name, f"failed: {row.failed}", *[""] * (len(head) - 2)])
            continue
        seen = row.figures("s")
        line = [row.name, f"{row.median('s'):.3f}", f"{min(seen):.3f}–{max(seen):.3f}"]
        if first:
            line.append(f"{max(row.figures('answered')):.0f} at most")
        else:
            line += [number(row.median("objects/s")), _share(row, serial, "objects/s")]
            line.append(f"{row.median('µs/object'):.2f}")
        lines.append(line)
    return f"### {work.title}\n\n{markdown(lines)}"


def targets(works: Sequence[Work], results: Mapping[str, Sequence[Row]]) -> list[Target]:
    """Those of the works that were run."""
    found: list[Target] = []
    for work in works:
        rows = results[work.name]
        if work.listed:
            found += _list_targets(work, rows)
        elif work.cold:
            found += _start_targets(work, rows)
        else:
            found += _record_targets(work, rows) if work.records else _share_targets(work, rows)
            found += _worker_targets(work, rows)
        if work.name == "small":
            found += _peer_targets(rows)
    return found


def _at_least(what: str, bound: float, value: float | None, unit: str = "") -> Target:
    shown = "no figure" if value is None else f"{number(value)}{unit}"
    met = None if value is None else value >= bound
    return Target(what, f"≥ {number(bound)}{unit}", value, met, shown)


def _told(what: str, value: float | None, unit: str = "") -> Target:
    shown = "no figure" if value is None else f"{number(value)}{unit}"
    return Target(what, "", value, None, shown)


def _share_targets(work: Work, rows: Sequence[Row]) -> list[Target]:
    wanted = {OURS: 0.85, f"{OURS}, plain strings": 0.80, f"{OURS}, in_order=False": 0.95}
    if work.name == "small":
        wanted[f"{OURS}, plain strings"] = 0.85
    limit = ceiling_of(rows, work.compared_by)
    return [
        _at_least(
            f"{work.name}, {name}: of the ceiling",
            bound,
            times(row, limit, work.compared_by),
        )
        for name, bound in wanted.items()
        if (row := row_of(rows, name)) is not None
    ]


def _record_targets(work: Work, rows: Sequence[Row]) -> list[Target]:
    ours, alone = row_of(rows, OURS), row_of(rows, f"{OURS}, bytes alone")
    if ours is None or alone is None:
        return []
    ratio = times(ours, alone, work.compared_by)
    return [_at_least(f"{work.name}, {work.records}: of reading the same objects", 0.85, ratio)]


def _worker_targets(work: Work, rows: Sequence[Row]) -> list[Target]:
    alone, by_four = row_of(rows, OURS), row_of(rows, f"{OURS}, num_workers=4")
    handed = row_of(rows, f"{OURS}, num_workers=4, handed over")
    if by_four is None or alone is None:
        return []
    counted = times(by_four, alone, work.compared_by)
    return [
        _at_least(f"{work.name}, num_workers=4 that count: of num_workers=0", 0.95, counted),
        _told(
            f"{work.name}, what is left when all is handed over",
            times(handed, by_four, work.compared_by),
        ),
    ]


def _start_targets(work: Work, rows: Sequence[Row]) -> list[Target]:
    figure = work.compared_by
    ours = row_of(rows, f"{OURS} S3Client.get()")
    common, tuned = best_peer(rows, tuned=False, figure=figure), best_peer(rows, figure=figure)
    found = [
        _at_least(f"one object, get(): of {_called(common)}", 4, times(ours, common, figure), " ×")
    ]
    if tuned is not common:
        found.append(
            _told(f"one object, get(): of {_called(tuned)}", times(ours, tuned, figure), " ×")
        )
    limit = ceiling_of(rows, figure)
    return [*found, _told("one object, get(): of the ceiling", times(ours, limit, figure))]


def _peer_targets(rows: Sequence[Row]) -> list[Target]:
    ours, peer = row_of(rows, OURS), best_peer(rows, figure="objects/s")
    name = _called(peer)
    less_cpu = times(peer, ours, "µs/object")
    return [
        _at_least(f"small, in order: of {name}", 1.2, times(ours, peer, "objects/s"), " ×"),
        _at_least(f"small, in order: less CPU than {name}", 3, less_cpu, " ×"),
    ]


def _list_targets(work: Work, rows: Sequence[Row]) -> list[Target]:
    ours = row_of(rows, f"{OURS} list_files_by_s3()")
    if work.listed == "all":
        serial = best_peer(rows, figure="objects/s")  # all list page after page
        ratio = times(ours, serial, "objects/s")
        return [_at_least(f"{work.title}: of {_called(serial)}", 8, ratio, " ×")]
    answered = max(ours.figures("answered")) if ours is not None and ours.ok else None
    shown = "no figure" if answered is None else f"{answered:.0f}"
    met = None if answered is None else answered <= 1
    return [Target(f"{work.title}: pages answered by then", "≤ 1", answered, met, shown)]


def _called(row: Row | None) -> str:
    return "the best peer" if row is None else f"the best peer ({row.name})"


def _share(row: Row, other: Row | None, figure: str) -> str:
    ratio = times(row, other, figure)
    return "" if ratio is None else f"{ratio:.2f}"
