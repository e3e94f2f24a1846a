"""The pages of the documentation: their links, their examples, the tests that they name."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.promises.outcomes import named_in
from tests.tars import archive

ROOT = Path(__file__).parent.parent.parent
NATIVE = ROOT / "build/dev/native_tests"
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def defined_in(file: str) -> set[str]:
    """The tests that pytest would collect of a file; none where it would not look."""
    path = ROOT / file
    if not path.name.startswith("test_") or not path.exists():
        return set()
    top = ast.parse(path.read_text()).body
    return {node.name for node in top if isinstance(node, ast.FunctionDef)}


# What torchdata.datapipes.iter 0.9 had and torch itself has not: classes and functional forms.
TORCHDATA_NAMES = """
AISFileLister AISFileLoader BatchAsyncMapper BatchMapper BucketBatcher Bz2FileLoader
CSVDictParser CSVParser Cycler DataFrameMaker Decompressor Dropper EndOnDiskCacheHolder
Enumerator Extractor FSSpecFileLister FSSpecFileOpener FSSpecSaver FlatMapper Flattener FullSync
GDriveReader HashChecker Header HttpReader HuggingFaceHubReader InBatchShuffler
InMemoryCacheHolder IndexAdder IoPathFileLister IoPathFileOpener IoPathSaver IterDataPipe
IterKeyZipper IterableWrapper JsonParser LengthSetter LineReader MapKeyZipper MapToIterConverter
MaxTokenBucketizer MultiplexerLongest OnDiskCacheHolder OnlineReader ParagraphAggregator
ParquetDataFrameLoader PinMemory Prefetcher RandomSplitter RarArchiveLoader Repeater
RoundRobinDemultiplexer Rows2Columnar S3FileLister S3FileLoader SampleMultiplexer Saver
ShardExpander ShardingRoundRobinDispatcher ShuffledFlatMapper Slicer StreamReader TFRecordLoader
TarArchiveLoader ThreadPoolMapper UnZipper WebDataset XzFileLoader ZipArchiveLoader
ZipperLongest add_index async_map_batches bucketbatch check_hash dataframe decompress drop
end_caching enumerate extract flatmap flatten fullsync header in_batch_shuffle in_memory_cache
lines_to_paragraphs list_files_by_ais list_files_by_fsspec list_files_by_iopath
load_files_by_ais load_from_bz2 load_from_rar load_from_tfrecord load_from_xz load_from_zip
load_parquet_as_df map_batches max_token_bucketize memory_cell mux_longest on_disk_cache
open_files_by_fsspec open_files_by_iopath parse_csv parse_csv_as_dict parse_json_files
pin_memory prefetch random_split read_from_gdrive read_from_http read_from_remote repeat
round_robin_demux rows2columnar save_by_fsspec save_by_iopath save_to_disk shard_expand
sharding_round_robin_dispatch shuffled_flatmap slice threadpool_map unzip zip_longest
zip_with_iter zip_with_map
"""


@cache
def native_tests() -> set[str]:
    """As the program of the native tests lists them; where it is not built, as they are written."""
    if NATIVE.exists():
        listed = subprocess.run(
            [NATIVE, "--list_content"], capture_output=True, text=True, check=True
        )
        return set(re.findall(r"^\s*(\w+)\*", listed.stdout + listed.stderr, re.MULTILINE))
    source = "".join(path.read_text() for path in (ROOT / "native/tests").glob("*.cpp"))
    return set(re.findall(r"TEST_CASE\(\s*(\w+)", source))


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page):
    absent = []
    for name in named_in(page):
        file, _, test = name.partition("::")
        if not test.startswith("test_") or test not in defined_in(file):
            absent.append(name)
    assert absent == []


def test_every_promise_names_a_test():
    """That each of them ran and passed is seen at the end of a session that runs everything."""
    text = (ROOT / "docs/semantics.md").read_text().split("## What is not promised")[0]
    promises = [part for part in text.split("\n\n") if part.startswith("**")]
    assert len(promises) > 30
    for promise in promises:
        assert re.search(r"`tests/[\w/]+\.py::test_\w+`|native:\s`\w+`", promise), promise
        assert "Native:" not in promise  # or its names would not be looked at
        for names in re.findall(r"native:((?:\s`\w+`[,.]?)+)", promise):
            assert set(re.findall(r"\w+", names)) <= native_tests()


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text()
    for target in re.findall(r"\]\((?!https?:)([^)]*)\)", text):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


def shard_of(*names: str) -> bytes:
    return archive((name, bytes(700)) for name in names)


EXAMPLES = re.findall(r"```python\n(.*?)```", DOCS[0].read_text(), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=["lines", "webdataset", "client"])
def test_the_examples_of_the_readme_run(moto, monkeypatch, capsys, example):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", moto.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", moto.secret_key)
    bucket = moto.bucket("readme")
    for i in range(3):
        lines = b"".join(b"line %d\n" % k for k in range(600))
        moto.boto.put_object(Bucket=bucket, Key=f"text/{i}", Body=lines)
        shard = shard_of(f"{i}.jpg", f"{i}.cls")
        moto.boto.put_object(Bucket=bucket, Key=f"images/{i}.tar", Body=shard)
    seen: dict[str, object] = {}
    exec(example.replace("s3://bucket/", f"s3://{bucket}/"), seen)
    if "batch" in seen:
        # One of the two workers has two of the three shards, and each ends with a short batch.
        counts = [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()]
        assert sorted(counts) == [88, 176, 512, 512, 512]
    elif "sample" in seen:
        assert seen["image"] == bytes(700)
    else:
        assert len(seen["view"]) == len(shard_of("0.jpg", "0.cls"))  # type: ignore[arg-type]
        assert len(seen["header"]) == 512  # type: ignore[arg-type]


def test_every_name_of_torchdata_has_its_line():
    """Those of torchdata.datapipes.iter 0.9 that torch itself does not have."""
    text = (ROOT / "docs/migrating.md").read_text()
    table = text.partition("### Every name of torchdata 0.9")[2].partition("\n### ")[0]
    missing = [name for name in TORCHDATA_NAMES.split() if f"`{name}`" not in table]
    assert missing == []
