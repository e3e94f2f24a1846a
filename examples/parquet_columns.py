"""Some columns of Parquet files: the footer and those columns are fetched, and nothing else."""

import sys
from collections.abc import Iterator

import pyarrow
import pyarrow.parquet

from s3pipes import S3Client


def tables(prefix: str, columns: list[str]) -> Iterator[pyarrow.Table]:
    client = S3Client()
    for url in client.list(prefix):
        if url.endswith(".parquet"):
            # By this thread alone: pyarrow's own may still hold a piece of a Python file when the
            # interpreter ends, and then aborts it.
            with client.open(url) as stream:
                file = pyarrow.parquet.ParquetFile(stream, pre_buffer=False)
                yield file.read(columns=columns, use_threads=False)


if __name__ == "__main__":
    for table in tables(sys.argv[1], sys.argv[2:]):
        print(table.num_rows, *table.column_names)
