"""Programs of the tests in interpreters of their own, where nothing is imported yet."""

from __future__ import annotations

import os
import subprocess
import sys


def fresh(module: str, *arguments: object, warnings: str = "error") -> str:
    """What `python -m module arguments...` prints; it must end well, within a minute."""
    done = subprocess.run(
        [sys.executable, "-W", warnings, "-m", module, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
