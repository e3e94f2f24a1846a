"""`python -m s3pipes` is the command s3pipes."""

import sys

from s3pipes.cli import main

if __name__ == "__main__":
    sys.exit(main())
