"""The tables: one for each work, and the targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measure import Row
from benchmarks.works import MIB, Work

Results = Mapping[str, Sequence[Row]]  # by name of the work


def best(rows: Iterable[Row], figure: str = "MB/CPU-s") -> Row | None:
    """The row with the highest median: at first, the one that needs the least CPU for a byte."""
    return max((row for row in rows if row.ok), key=lambda r: r.median(figure), default=None)


def ceiling_of(rows: Sequence[Row], figure: str = "MB/CPU-s") -> Row | None:
    return best((row for row in rows if row.ceiling and not row.rests), figure)


def best_peer(rows: Sequence[Row], tuned: bool = True, figure: str = "MB/CPU-s") -> Row | None:
    return best((row for row in rows if row.peer and (tuned or not row.tuned)), figure)


def work_table(work: Work, rows: Sequence[Row]) -> str:
    """Medians; ratios are of MB per CPU-second. Only the ceiling's best setting has a row."""
    ceiling, peer = ceiling_of(rows), best_peer(rows)
    per_s = "records/s" if work.records else "MB/s" if work.object_bytes >= MIB else "objects/s"
    head = [
        "client",
        per_s.replace("records", work.records),
        "MB per CPU-s",
        "min–max",
        "µs CPU per object",
        "÷ ceiling",
    ]
    lines = [[*head, "÷ best peer"]]
    for row in rows:
        if row.ceiling and row is not ceiling:
            continue
        if not row.ok:
            lines.append([row.name, f"failed: {row.failed}", *[""] * 5])
            continue
        speed = row.figures("MB/CPU-s")
        wall = row.median("MB/s") if row.ceiling and work.records else row.median(per_s)
        lines.append(
            [
                row.name,
                f"{wall:,.0f}" + (" MB/s" if row.ceiling and work.records else ""),
                f"{row.median('MB/CPU-s'):,.0f}",
                f"{min(speed):,.0f}–{max(speed):,.0f}",
                f"{row.median('µs/object'):,.0f}",
                _ratio(row, ceiling),
                _ratio(row, peer),
            ]
        )
    table = markdown(lines)
    tried = [row for row in rows if row.ceiling and row.ok]
    if len(tried) > 1:
        settings = "; ".join(f"{r.name[9:]}: {r.median('MB/CPU-s'):,.0f}" for r in tried)
        table += f"\n\nSettings tried for the ceiling, MB per CPU-s: {settings}."
    return f"### {work.title}\n\n{table}"


def memory_table(work: Work, row: Row, bare: Mapping[str, int]) -> str:
    if not row.ok:
        return f"### {work.title}\n\n{row.name} failed: {row.failed}"
    peak = max(sample.peak_bytes for sample in row.samples)
    lines = [["process", "peak resident memory, MiB"]]
    lines.append(["import s3pipes, torch", f"{bare['peak_bytes'] / MIB:,.0f}"])
    lines.append([f"{row.name}, default settings", f"{peak / MIB:,.0f}"])
    return f"### {work.title}\n\n{markdown(lines)}"


@dataclass(frozen=True)
class Target:
    """A promise of the project; `measured` is None where its rows were not run or failed."""

    what: str
    wanted: str
    measured: float | None
    met: bool | None
    shown: str


def targets(results: Results, bare: Mapping[str, int] | None) -> list[Target]:
    found: list[Target] = []

    def at_least(what: str, bound: float, value: float | None, unit: str = "") -> None:
        shown = "no figure" if value is None else f"{number(value)}{unit}"
        met = None if value is None else value >= bound
        found.append(Target(what, f"≥ {number(bound)}{unit}", value, met, shown))

    def at_most(what: str, bound: float, value: float | None, unit: str = "") -> None:
        shown = "no figure" if value is None else f"{number(value)}{unit}"
        met = None if value is None else value <= bound
        found.append(Target(what, f"≤ {number(bound)}{unit}", value, met, shown))

    if "large" in results:
        rows = results["large"]
        chunks, limit = row_of(rows, "s3pipes chunks()"), ceiling_of(rows)
        at_least("large, chunks(): of the ceiling's MB per CPU-s", 0.85, times(chunks, limit))
        common, tuned = best_peer(rows, tuned=False), best_peer(rows)
        at_least(
            f"large, chunks(): of {name_of(common)}, called as usual",
            2.5,
            times(chunks, common),
            " ×",
        )
        if tuned is not common:
            at_least(f"large, chunks(): of {name_of(tuned)}", 2.5, times(chunks, tuned), " ×")
        readinto, into = row_of(rows, "s3pipes readinto()"), row_of(rows, "s3pipes get_into()")
        at_least("large, readinto(): of the ceiling's", 0.70, times(readinto, limit))
        at_least("large, get_into(): of the ceiling's", 0.85, times(into, limit))
    if "small" in results:
        rows = results["small"]
        limit, peer = ceiling_of(rows), best_peer(rows)
        for name in ("chunks()", "read()"):
            row = row_of(rows, f"s3pipes {name}")
            at_most(f"small, {name}: the ceiling's CPU per object", 1.8, times(limit, row), " ×")
            at_least(f"small, {name}: less CPU than {name_of(peer)}", 5, times(row, peer), " ×")
    if "lines" in results:
        rows = results["lines"]
        batches, boto3 = row_of(rows, "s3pipes readlines(batch_size=512)"), best_peer(rows)
        at_least("lines: of boto3's lines/s", 5, times(batches, boto3, "records/s"), " ×")
        speed = batches.median("records/s") if batches and batches.ok else None
        at_least("lines/s on an idle machine", 500_000, speed)
    if "memory" in results and bare is not None:
        row = row_of(results["memory"], "s3pipes chunks()")
        above = None
        if row is not None and row.ok:
            peak = max(sample.peak_bytes for sample in row.samples)
            above = (peak - bare["peak_bytes"]) / MIB
        bound = bare["budget_bytes"] / MIB + 64
        at_most("large, memory above the import: budget + 64", bound, above, " MiB")
    if "tls" in results:
        row = row_of(results["tls"], "s3pipes chunks()")
        speed = row.median("MB/CPU-s") if row and row.ok else None
        at_least("TLS, chunks(): MB per CPU-s", 1000, speed)
    return found


def target_table(found: Sequence[Target]) -> str:
    verdict = {True: "met", False: "**missed**", None: ""}
    lines = [["what", "target", "measured", ""]]
    lines += [[t.what, t.wanted, t.shown, verdict[t.met]] for t in found]
    return f"### Targets\n\n{markdown(lines)}"


def row_of(rows: Sequence[Row], name: str) -> Row | None:
    return next((row for row in rows if row.name == name), None)


def name_of(row: Row | None) -> str:
    return "the best peer" if row is None else f"the best peer ({row.name})"


def times(row: Row | None, other: Row | None, figure: str = "MB/CPU-s") -> float | None:
    """How many times `other` the row reaches, by medians."""
    if row is None or other is None or not row.ok or not other.ok:
        return None
    return row.median(figure) / other.median(figure)


def _ratio(row: Row, other: Row | None) -> str:
    ratio = times(row, other)
    return "" if ratio is None else f"{ratio:.2f}"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def markdown(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]

    def text(line: Sequence[str]) -> str:
        cells = [
            c.ljust(w) if i == 0 else c.rjust(w)
            for i, (c, w) in enumerate(zip(line, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = ["-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)]
    return "\n".join([text(lines[0]), f"|{'|'.join(rule)}|", *map(text, lines[1:])])
