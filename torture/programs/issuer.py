"""What botocore calls for credentials that live shortly.

    issuer.py KEY SECRET LIFE_S CALLS   CALLS is a file that gets a dot for each call

A file to be run by its path: botocore knows nothing of sys.path.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path


def main() -> None:
    """Prints credentials with a token that names the second of its end, and counts the call."""
    key, secret, life_s, calls = sys.argv[1:]
    ends = datetime.now(timezone.utc) + timedelta(seconds=float(life_s))
    with Path(calls).open("a") as file:
        file.write(".")
    print(
        json.dumps(
            {
                "Version": 1,
                "AccessKeyId": key,
                "SecretAccessKey": secret,
                "SessionToken": f"issued-{time.time():.3f}",
                "Expiration": ends.isoformat(),
            }
        )
    )


main()
