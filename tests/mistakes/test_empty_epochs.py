"""Epochs that give nothing, or not all that was asked for: never without a word."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from torch.utils.data import DataLoader

from s3pipes import AccessDenied, IterableWrapper, ObjectNotFound, ReadConfig, S3FileLoader
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import fault
from s3pipes.testing.server import S3Server
from tests.clients import client_of
from tests.doors import Ask, doors


@pytest.fixture
def bucket(s3: S3Server) -> str:
    bucket: str = s3.bucket("epochs")
    for key in ("train/a.JPG", "train/b.JPG", "folder/", "folder/x/"):
        s3.boto.put_object(Bucket=bucket, Key=key, Body=b"x" if key.endswith("G") else b"")
    return bucket


@pytest.fixture
def told(s3: S3Server, bucket: str):
    """The one warning of an epoch over prefixes, and what the epoch gave."""

    def told(*prefixes: str, **options: Any) -> tuple[str, list[str]]:
        source = IterableWrapper([f"s3://{bucket}/{prefix}" for prefix in prefixes])
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            keys = [u.key for u in source.list_files_by_s3(client=client_of(s3), **options)]
        assert len(seen) <= 1
        return str(seen[0].message) if seen else "", keys

    return told


def test_nothing_under_a_prefix(told, bucket):
    said, keys = told("trian/")
    assert keys == []
    assert said == (
        f"list_files_by_s3(): nothing is under 's3://{bucket}/trian/' (a prefix is what keys begin"
        " with, letter for letter, with its case): this epoch has no objects"
    )


def test_nothing_under_some_prefixes(told, bucket):
    said, keys = told("train/", *(f"{i}/" for i in range(5)))
    assert keys == ["train/a.JPG", "train/b.JPG"]
    assert said.startswith(
        f"list_files_by_s3(): nothing is under 's3://{bucket}/0/', 's3://{bucket}/1/',"
        f" 's3://{bucket}/2/' and 2 more prefixes"
    )
    assert "no objects" not in said


def test_a_star_in_a_prefix(told, bucket):
    said, keys = told("train/*.JPG")
    assert keys == []
    assert f"write IterableWrapper(['s3://{bucket}/train/']).list_files_by_s3(masks=" in said
    assert f"masks='s3://{bucket}/train/*.JPG')" in said
    assert told("train/", masks=f"s3://{bucket}/train/*.JPG")[1] == ["train/a.JPG", "train/b.JPG"]


def test_a_double_slash_in_a_prefix(scripted: ScriptedServer) -> None:
    scripted.put("train/a.csv", b"")
    pipe = IterableWrapper(["s3://bucket//train/"]).list_files_by_s3(client=client_of(scripted))
    with pytest.warns(RuntimeWarning, match=r"a double slash is part of the key: write one"):
        assert list(pipe) == []


@pytest.mark.parametrize(
    ("masks", "better"), [("*.jpg", "*.JPG"), (["b.JPG"], "*b.JPG"), (["*.png", "x"], "*.JPG")]
)
def test_a_mask_that_drops_everything(told, bucket, masks, better):
    said, keys = told("train/", masks=masks)
    assert keys == []
    assert said.startswith("list_files_by_s3(): 2 objects were found, but none matches masks=")
    assert f"such as 's3://{bucket}/train/a.JPG'" in said
    assert f"with its case: {better!r}): this epoch has no objects" in said
    assert told("train/", masks=better)[1] != []


def test_folder_markers_alone(told, bucket):
    said, keys = told("folder/")
    assert keys == []
    assert "2 keys were found, but all end in `/`: folder markers, no objects" in said


def test_no_word_where_something_came_or_nothing_was_asked_for(told):
    assert told("train/") == ("", ["train/a.JPG", "train/b.JPG"])
    assert told("train/", masks="*a.JPG") == ("", ["train/a.JPG"])
    assert told("", masks="*.JPG") == ("", ["train/a.JPG", "train/b.JPG"])
    assert told() == ("", [])


def test_an_epoch_that_is_abandoned_says_nothing(s3, bucket):
    source = IterableWrapper([f"s3://{bucket}/train/", f"s3://{bucket}/no/"])
    assert next(iter(source.list_files_by_s3(client=client_of(s3)))).key == "train/a.JPG"


def test_of_workers_that_see_the_same_one_tells(
    scripted: ScriptedServer, capfd: pytest.CaptureFixture[str]
) -> None:
    scripted.put("train/a", b"")
    prefixes = IterableWrapper(["s3://bucket/no/"])
    client = client_of(scripted)
    for urls in (
        prefixes.list_files_by_s3(client=client).sharding_filter(),
        prefixes.sharding_filter().list_files_by_s3(client=client),
    ):
        # Interpreters of their own print warnings; pytest keeps those of its forks.
        loader = DataLoader(urls, num_workers=2, multiprocessing_context="spawn")
        assert list(loader) == []
        told = capfd.readouterr().err
        assert told.count("RuntimeWarning: list_files_by_s3(): nothing is under") == 1


ANSWER = (
    "this looks like a prefix: .list_files_by_s3() before .load_files_by_s3() gives the objects"
)


@pytest.mark.parametrize("in_order", [True, False])
def test_the_announcements_own_snippet_a_prefix_straight_into_load_files_by_s3(
    scripted: ScriptedServer, in_order: bool
) -> None:
    scripted.put("folder/a", b"x")
    pipe = IterableWrapper(["s3://bucket/folder/"]).load_files_by_s3(
        client=client_of(scripted), read=ReadConfig(in_order=in_order)
    )
    with pytest.raises(ObjectNotFound, match=re.escape(f"The key ends in `/`, and {ANSWER}")):
        list(pipe)


def test_the_same_at_a_store_that_has_folders(seaweed: S3Server) -> None:
    bucket = seaweed.bucket("announced")
    seaweed.boto.put_object(Bucket=bucket, Key="folder/a", Body=b"x")
    pipe = IterableWrapper([f"s3://{bucket}/folder/"]).load_files_by_s3(client=client_of(seaweed))
    with pytest.warns(RuntimeWarning, match=re.escape(ANSWER)):
        assert [stream.read() for _, stream in pipe] == [b""]


def test_a_prefix_as_a_key_of_who_may_not_list(scripted: ScriptedServer) -> None:
    """To them S3 answers 403 for what is not there."""
    scripted.put("folder/a", b"x")
    scripted.script = lambda _: fault(403, "AccessDenied")
    client = client_of(scripted)
    with pytest.raises(AccessDenied, match=re.escape(ANSWER)):
        client.get("s3://bucket/folder/")
    with pytest.raises(AccessDenied, match="s3:ListBucket"):
        list(client.list("s3://bucket/folder/"))


@doors
def test_a_star_in_a_key(scripted: ScriptedServer, ask: Ask) -> None:
    scripted.put("train/a.csv", b"")
    with pytest.raises(ObjectNotFound) as caught:
        ask(client_of(scripted), "s3://bucket/train/*.csv")
    assert caught.value.hint == (
        "A `*` in a key stands for itself, and this looks like a prefix:"
        " .list_files_by_s3(masks='s3://bucket/train/*.csv') over 's3://bucket/train/' gives the"
        " objects that match"
    )


def test_a_prefix_without_its_slash(scripted: ScriptedServer) -> None:
    scripted.put("train/a.csv", b"")
    with pytest.raises(ObjectNotFound, match=r"if it is a prefix, \.list_files_by_s3\(\) gives"):
        client_of(scripted).get("s3://bucket/train")


def test_a_bucket_straight_into_load_files_by_s3(scripted: ScriptedServer) -> None:
    pipe = S3FileLoader(["s3://bucket/"], client=client_of(scripted))
    with pytest.raises(ValueError, match=r"no object in it; \.list_files_by_s3\(\) before"):
        list(pipe)


def test_a_folder_marker(s3, bucket):
    client = client_of(s3)
    urls = [f"s3://{bucket}/{key}" for key in ("folder/", "train/a.JPG", "folder/x/")]
    for given in (urls, list(client.list(f"s3://{bucket}/folder/"))):
        with pytest.warns(
            RuntimeWarning, match=r"folder/' is a folder marker, an object of 0 b"
        ) as all_told:
            got = [stream.read() for _, stream in S3FileLoader(given, client=client)]
        assert len(got) == len(given)
        assert len(all_told) == 1
        assert "this looks like a prefix: .list_files_by_s3() before" in str(all_told[0].message)


def test_any_key_can_be_read_all_the_same(scripted: ScriptedServer) -> None:
    urls = [str(scripted.put(key, b"x")) for key in ("a*", "a/", "*", "b*/")]
    pipe = S3FileLoader(urls, client=client_of(scripted))
    assert [stream.read() for _, stream in pipe] == [b"x"] * 4
