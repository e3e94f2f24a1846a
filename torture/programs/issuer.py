"""What botocore calls for credentials that live shortly.

    issuer.py KEY SECRET LIFE_S CALLS   CALLS is a file that gets a dot for each call

A file to be run by its path: botocore knows nothing of sys.path.
"""

from __future__ import annotations

import json
import math
import sys
import time
from datetime import datetime, timezone
from pathlib import Path


def main() -> None:
    """Prints credentials as `SimulatedS3.session` makes them, and counts the call."""
    key, secret, life_s, calls = sys.argv[1:]
    end_s = math.ceil(time.time() + float(life_s))
    with Path(calls).open("a") as file:
        file.write(".")
    print(
        json.dumps(
            {
                "Version": 1,
                "AccessKeyId": key,
                "SecretAccessKey": secret,
                "SessionToken": f"simulated-session-{end_s}",
                "Expiration": datetime.fromtimestamp(end_s, timezone.utc).isoformat(),
            }
        )
    )


main()
