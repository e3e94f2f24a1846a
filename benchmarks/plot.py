"""`--plot`: how near to the ceiling each client came, and what the model says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import model
from benchmarks.measure import Row
from benchmarks.tables import ceiling_of, row_of, times
from benchmarks.works import MIB, Work

PROFILES = ("none", "s3-standard", "s3-express", "far")
CHUNKS = (1 * MIB, 2 * MIB, 4 * MIB, 8 * MIB)
OURS, PEERS = "#1565c0", "#9e9e9e"


def possible() -> bool:
    return find_spec("matplotlib") is not None


def draw(
    path: Path, profile: str, works: Sequence[Work], results: Mapping[str, Sequence[Row]]
) -> list[Path]:
    """Two files beside `path`, named after it."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "s3pipes"  # the same figures give the same file
    path.parent.mkdir(parents=True, exist_ok=True)
    shares = path.with_name(f"{path.stem}-shares.svg")
    _save(_draw_shares(works, results), shares)
    carried = path.with_name(f"{path.stem}-model.svg")
    _save(_draw_model(profile, works, results), carried)
    return [shares, carried]


def _draw_shares(works: Sequence[Work], results: Mapping[str, Sequence[Row]]) -> Any:
    """Bars: each client's throughput as a share of the ceiling's, work by work."""
    from matplotlib.figure import Figure

    shown = []
    for work in works:
        limit = ceiling_of(results[work.name], work.compared_by)
        clients = [row for row in results[work.name] if row.ok and not row.ceiling]
        if limit is not None and clients:
            shown.append((work, limit, clients))
    heights = [len(clients) + 1 for _, _, clients in shown] or [1]
    figure = Figure(figsize=(8, 1 + 0.24 * sum(heights)), layout="constrained")
    grid = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
    for axes, (work, limit, clients) in zip(grid[:, 0], shown, strict=False):
        shares = [times(row, limit, work.compared_by) or 0 for row in clients]
        names = [row.name for row in clients]
        colours = [PEERS if row.peer else OURS for row in clients]
        bars = axes.barh(names, shares, color=colours)
        figures = [row.median(work.compared_by) for row in clients]
        labels = [f"{value:,.0f} {work.compared_by}" for value in figures]
        axes.bar_label(bars, labels, padding=3, fontsize=7)
        axes.invert_yaxis()
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set_title(work.title, fontsize=9, loc="left")
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlim(0, 1.3)
    grid[-1, 0].set_xlabel("share of what the bare epoll program reached", fontsize=8)
    return figure


def _draw_model(profile: str, works: Sequence[Work], results: Mapping[str, Sequence[Row]]) -> Any:
    """Lines: W / (L + S/b) over S. Across: what this run reached with its profile."""
    from matplotlib.figure import Figure

    from s3pipes import ClientConfig

    client = ClientConfig()
    window_bytes = client.memory_bytes // 8 * 7
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    sizes = [chunk // MIB for chunk in CHUNKS]
    for name in PROFILES:
        settings = model.settings_of(name)
        rates = [
            model.bytes_per_s(settings, chunk, window_bytes, client.max_requests) / 1e6
            for chunk in CHUNKS
        ]
        label = f"{name}, {window_bytes // MIB} MiB in flight"
        if model.first_byte_s(settings) == 0:
            axes.plot([], [], color="white", label=f"{name}: no limit of its own")
        else:
            axes.plot(sizes, rates, marker="o", label=label)
    large = next((work for work in works if work.name == "large"), None)
    if large is not None:
        rows = results[large.name]
        for row, style in ((row_of(rows, "s3pipes"), "-."), (ceiling_of(rows, "MB/s"), ":")):
            if row is not None and row.ok:
                speed = row.median("MB/s")
                label = f"measured, {profile}: {row.name}, {speed:,.0f} MB/s"
                colour = "black" if row.ceiling else OURS
                axes.axhline(speed, color=colour, linestyle=style, linewidth=1, label=label)
        axes.set_title(f"Measured in this run: {large.title}", fontsize=8, loc="left")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"{size} MiB" for size in sizes])
    axes.set_xlabel("size S of a request", fontsize=8)
    axes.set_ylabel("MB/s", fontsize=8)
    axes.tick_params(labelsize=7)
    figure.legend(loc="outside lower left", ncols=2, fontsize=7, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, format="svg", metadata={"Date": None})
