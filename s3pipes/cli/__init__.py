"""The command s3pipes: one verb per file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from s3pipes.cli import demo, sim
from s3pipes.errors import S3PipesError

_VERBS = (demo, sim)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status.

    Args:
        arguments: the words after the command's name; by default those of this process.
    """
    parser = argparse.ArgumentParser(
        prog="s3pipes", description="Feeds PyTorch training from S3 and compatible stores."
    )
    parser.add_argument("--version", action="version", version=f"s3pipes {version('s3pipes')}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in _VERBS:
        verb.add_to(verbs)
    chosen = parser.parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except S3PipesError as error:
        print(f"s3pipes: {error}", file=sys.stderr)
        return 1
    return status
