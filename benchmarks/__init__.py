"""One table for one machine: s3pipes, its peers and the ceiling, all in one run."""
