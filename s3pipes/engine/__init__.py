"""The native module's only door: `_native` itself, what a client is in one process, waiting, stats.

Whoever else needs something native gets it from here.
"""

from s3pipes.engine._native import (
    BadArchive,
    LineSplitter,
    LineTooLong,
    ObjectStream,
    TarReader,
    View,
    merge_ranges,
    skipped,
)
from s3pipes.engine.arrived import Arrived
from s3pipes.engine.asked import head, read_into
from s3pipes.engine.listing import Listing
from s3pipes.engine.opened import OpenObject, Window, known
from s3pipes.engine.session import Session
from s3pipes.engine.stats import Stats, stats
from s3pipes.engine.waiting import store_at_hand, whole

__all__ = [
    "Arrived",
    "BadArchive",
    "LineSplitter",
    "LineTooLong",
    "Listing",
    "ObjectStream",
    "OpenObject",
    "Session",
    "Stats",
    "TarReader",
    "View",
    "Window",
    "head",
    "known",
    "merge_ranges",
    "read_into",
    "skipped",
    "stats",
    "store_at_hand",
    "whole",
]
