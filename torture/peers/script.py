"""The same faults for every client: one kind after the other, on 3 % of the requests."""

from __future__ import annotations

import importlib.metadata
import statistics
import sys
from collections.abc import Sequence

from s3pipes.testing import SimulatedS3
from torture.faults import BREAKS, FLIPS, LIES, STALLS, Fault
from torture.peers import CLIENTS, Client
from torture.peers.run import LIMIT_S, Befall, Run, run
from torture.store import SEED
from torture.table import as_markdown

SHARE = 0.03
_CLEAN_RUNS = 3


def _share_of(fault: Fault) -> Befall:
    return lambda server: fault.into(server, share=SHARE)


def _reset_all(server: SimulatedS3) -> None:
    server.reset_connections()


# What happens before the first request, and what once objects come.
KINDS: dict[str, tuple[Befall | None, Befall | None]] = {
    **{fault.name: (_share_of(fault), None) for fault in (*BREAKS, *STALLS, *LIES, *FLIPS)},
    "all connections reset once": (None, _reset_all),
}

NOTES = """\
400 objects of 1 MiB and 8 of 64 MiB from the simulated S3, profile s3-standard, seed {seed}, read \
once; each kind of fault by itself on {share:.0%} of the GETs; every client with its default \
settings, called as follows, in a new process for each cell, which is ended after {limit:.0f} s: \
{how}. A cell: how many times its own median run without faults it took; then, of the 408 objects, \
those that came with **wrong** bytes and no error, those in whose place an error was raised, and \
those of which nothing had come when the time was up. Nothing else: all objects came right. \
Clients that read ranges send more requests, and meet more faults."""


def beside_one_another(names: Sequence[str], kinds: Sequence[str]) -> str:
    """A table: for each kind of fault, what came of each client; and what it means."""
    clients = [CLIENTS[name] for name in names]
    alone = {}
    for client in clients:
        clean = [run(client, None) for _ in range(_CLEAN_RUNS)]
        alone[client.name] = statistics.median(one.took_s for one in clean)
        _say(client, "none", clean[0], alone[client.name])
    lines = [["fault", *(f"{client.name} {_version(client)}" for client in clients)]]
    lines.append(["none", *(f"{alone[client.name]:.1f} s" for client in clients)])
    for kind in kinds:
        befall, during = KINDS[kind]
        cells = []
        for client in clients:
            one = run(client, befall, during=during)
            cells.append(cell(one, alone[client.name]))
            _say(client, kind, one, alone[client.name])
        lines.append([kind, *cells])
    how = "; ".join(f"{client.name}: {client.how}" for client in clients)
    notes = NOTES.format(seed=SEED, share=SHARE, limit=LIMIT_S, how=how)
    return f"{as_markdown(lines)}\n\n{notes}"


def cell(one: Run, alone_s: float) -> str:
    """A run in few words."""
    if one.died:
        return f"the process died ({one.died})"
    parts = [f"{one.took_s / alone_s:.1f} ×"]
    parts += [f"**{one.wrong} wrong**"] if one.wrong else []
    parts += [f"{one.errors.total()} errors"] if one.errors else []
    parts += [f"{one.hung} hung"] if one.hung else []
    return ", ".join(parts)


def _say(client: Client, kind: str, one: Run, alone_s: float) -> None:
    told = "; ".join(f"{count} × {text}" for text, count in one.errors.most_common(2))
    text = f"{kind}, {client.name}: {cell(one, alone_s)}, {one.faults} faults. {told}"
    print(text, file=sys.stderr, flush=True)


def _version(client: Client) -> str:
    try:
        return importlib.metadata.version(client.package)
    except importlib.metadata.PackageNotFoundError:
        return ""
