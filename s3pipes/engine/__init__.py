"""The native module's only door: `_native` itself, what a client is in one process, waiting, stats.

Whoever else needs something native gets it from here.
"""

from s3pipes.engine._native import BadArchive, LineSplitter, LineTooLong, TarReader

__all__ = ["BadArchive", "LineSplitter", "LineTooLong", "TarReader"]
