"""`python -m torture`: every row of the table, what was measured beside its target.

With --peers, other clients go through the same faults, each in processes of their own.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback

from torture import table
from torture.peers import CLIENTS
from torture.peers.script import KINDS, beside_one_another
from torture.row import Row, Scale
from torture.rows import all_rows


def ran(row: Row, scale: Scale) -> table.Ran:
    """Runs one row; an error of its own is a row that was missed, not the end of all."""
    began = time.monotonic()
    try:
        result = row.run(scale)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others shall run
        traceback.print_exc()
        failed = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        return table.Ran(row, time.monotonic() - began, failed=failed)
    return table.Ran(row, time.monotonic() - began, result)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    names = [row.name for row in all_rows()]
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=names, default=names, metavar="ROW")
    parser.add_argument("--short", action="store_true", help="the short form of each row")
    parser.add_argument(
        "--soak-seconds", type=float, default=600, help="how long the row of the soak takes (600)"
    )
    parser.add_argument("--markdown", action="store_true", help="only the table")
    parser.add_argument("--peers", action="store_true", help="the table of peers, not the rows")
    parser.add_argument("--clients", nargs="+", choices=CLIENTS, default=list(CLIENTS))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND")
    return parser.parse_args()


def main() -> None:
    """Runs what was asked for; the exit status is 1 where a target was missed."""
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers end too
    if chosen.peers:
        print(beside_one_another(chosen.clients, chosen.kinds))
        print(f"\n{table.machine()}")
        return
    done = []
    for row in all_rows(chosen.soak_seconds):
        if row.name in chosen.rows:
            done.append(ran(row, Scale.SHORT if chosen.short else Scale.FULL))
            print(
                table.in_words(done[-1]), file=sys.stderr if chosen.markdown else None, flush=True
            )
    print(f"\n{table.of_rows(done)}\n\n{table.machine()}")
    sys.exit(not all(one.met for one in done))


if __name__ == "__main__":
    main()
