"""Makes the native module built under sanitizers the one that this Python imports.

scripts/sanitize.sh puts this folder on PYTHONPATH, where Python runs it at its start, also in every
process that a test starts. Wherever the package has its `_native`, this takes its place; the usual
module is not touched.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location

_MODULE = os.environ.get("S3PIPES_SANITIZED_MODULE", "")


class _Sanitized:
    """Finds `_native`, and leaves the rest to others."""

    @staticmethod
    def find_spec(name: str, *_: object) -> ModuleSpec | None:
        if name.startswith("s3pipes.") and name.endswith("._native"):
            return spec_from_file_location(name, _MODULE)
        return None


if _MODULE:
    sys.meta_path.insert(0, _Sanitized())
