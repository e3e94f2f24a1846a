"""What botocore calls for credentials: it prints an answer, and counts its calls.

    issuer.py ANSWER CALLS   both are files; NUMBER in the answer becomes the count of calls

A file to be run by its path: botocore knows nothing of sys.path.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    answer, calls = map(Path, sys.argv[1:])
    with calls.open("a") as file:
        file.write("x")
    text = answer.read_text().replace("NUMBER", str(len(calls.read_text())))
    if text == "fail":
        sys.exit("refused")
    print(text)  # noqa: T201 - what botocore reads
