"""A credential process that gives keys once, and fails ever after. argv: the file that says so."""

from __future__ import annotations

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    asked = Path(sys.argv[1])
    if asked.exists():
        sys.exit("no more keys")
    asked.touch()
    keys = {"Version": 1, "AccessKeyId": "key", "SecretAccessKey": "secret"}
    print(json.dumps(keys))  # noqa: T201
