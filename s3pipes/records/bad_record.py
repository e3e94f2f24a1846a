"""The error of the pipes that take objects apart."""

from __future__ import annotations

from s3pipes.errors import S3PipesError


class BadRecord(S3PipesError, ValueError):
    """The object arrived whole but cannot be taken apart: skip it, or store it anew."""
