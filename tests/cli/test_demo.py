"""The command `s3pipes demo`, on data of the user's own in a real server."""

import io
import random
import re
import tarfile

import pytest

from s3pipes.cli import demo, demo_data, demo_passes, main
from s3pipes.cli.demo_training import Decoder, Pace, class_of


@pytest.fixture
def own_bucket(moto, monkeypatch):
    """A bucket that the command finds through the environment, as a user's."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", moto.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", moto.secret_key)
    return moto.bucket("own")


def run(*words, capsys):
    status = main(["demo", "--workers", "0", "--epochs", "1", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_labelled_tar_shards_are_trained_on(moto, own_bucket, capsys):
    for name, content in demo_data.image_shards(2, 70):
        moto.boto.put_object(Bucket=own_bucket, Key=f"a/{name}", Body=content)
    status, out, err = run("--url", f"s3://{own_bucket}/a/", capsys=capsys)
    assert status == 0, err
    assert "Tar shards with .jpg and .cls: training on them." in out
    row = r"^epoch 1 +[\d.]+ +[\d,]+ +[\d.]+ +\d+% +[\d.]+ +[\d.]+%$"
    assert re.search(row, out, re.MULTILINE), out
    assert "140sample" in err


def test_other_objects_are_streamed_whole(moto, own_bucket, capsys):
    contents = dict(demo_data.text_shards(3, 50_000))
    for name, content in contents.items():
        moto.boto.put_object(Bucket=own_bucket, Key=f"t/{name}", Body=content)
    status, out, err = run("--url", f"s3://{own_bucket}/t/", capsys=capsys)
    assert status == 0, err
    assert "streaming the objects' bytes" in out
    assert f"{sum(map(len, contents.values())) / 1e3:.0f}kB" in err


def test_nothing_under_the_prefix_is_said_in_one_line(own_bucket, capsys):
    status, out, err = run("--url", f"s3://{own_bucket}/none/", capsys=capsys)
    assert (status, out) == (1, "")
    assert err == f"s3pipes: there is no object under s3://{own_bucket}/none/\n"


def test_a_missing_bucket_is_said_in_one_line(own_bucket, capsys):
    status, _, err = run("--url", "s3://no-such-bucket-here/", capsys=capsys)
    assert status == 1
    assert err.startswith("s3pipes: s3://no-such-bucket-here")
    assert err.count("\n") == 1


def test_a_url_that_is_none_of_s3_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["demo", "--url", "http://bucket/"])
    assert stopped.value.code == 2
    assert "The filename must start with the S3 scheme." in capsys.readouterr().err


def test_without_a_url_it_trains_from_a_simulated_s3(monkeypatch, capsys):
    for name, value in {"IMAGE_SHARDS": 2, "SAMPLES_PER_SHARD": 70, "TEXT_SHARDS": 2}.items():
        monkeypatch.setattr(demo, name, value)
    status, out, err = run(capsys=capsys)
    assert status == 0, err
    assert re.search(r"^A simulated S3 .* runs at http://127\.0\.0\.1:\d+\.$", out, re.MULTILINE)
    assert re.search(r"^epoch 1 +[\d.]+ +[\d,]+ +[\d.]+ +\d+% +[\d.]+ +[\d.]+%$", out, re.MULTILINE)
    assert re.search(r"^text, readlines.* +[\d.]+ +[\d,]+ +[\d.]+ +\d+%$", out, re.MULTILINE)
    assert "140/140" in err


def test_ctrl_c_keeps_the_table_of_what_is_over(moto, own_bucket, monkeypatch, capsys):
    moto.boto.put_object(Bucket=own_bucket, Key="t/0", Body=bytes(1000))
    streamed = demo_passes.stream_bytes

    def interrupted_in_the_second(client, prefix, name, **options):
        if name == "epoch 2":
            raise KeyboardInterrupt
        return streamed(client, prefix, name, **options)

    monkeypatch.setattr(demo_passes, "stream_bytes", interrupted_in_the_second)
    url = f"s3://{own_bucket}/t/"
    status, out, err = run("--url", url, "--epochs", "3", capsys=capsys)
    assert status == 130
    assert err.endswith("interrupted\n")
    assert re.search(r"^epoch 1 +[\d.]+ +[\d,]+ ", out, re.MULTILINE)
    assert "epoch 2" not in out


def test_what_the_demo_lacks_is_named(monkeypatch, capsys):
    monkeypatch.setattr(demo, "_NEEDED", {"no_such_module": "no-such-package"})
    status, out, err = run(capsys=capsys)
    assert (status, out) == (1, "")
    assert err == "s3pipes demo needs no-such-package: pip install no-such-package\n"


def test_the_data_set_is_the_same_every_time():
    first, second = (unpacked(dict(demo_data.image_shards(1, 5))) for _ in range(2))
    assert len(first) == 10
    assert first == second


def unpacked(shards):
    """The files of the tar archives."""
    files = {}
    for content in shards.values():
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive:
                packed = archive.extractfile(member)
                assert packed is not None
                files[member.name] = packed.read()
    return files


def test_a_decoder_is_found_for_labelled_images_only():
    assert Decoder.fitting({"png": b"", "txt": b""}, 8) == Decoder(8, "png", "txt")
    assert Decoder.fitting({"png": b""}, 8) is None
    assert Decoder.fitting({"json": b"", "cls": b""}, 8) is None


def test_decoded_images_have_the_side_asked_for():
    picture = io.BytesIO()
    demo_data.draw_image(3, random.Random(1)).save(picture, "PNG")
    sample = {"__url__": "s3://b/k", "png": picture.getvalue(), "cls": b"3\n"}
    decoded = Decoder(32, "png", "cls")(sample)
    assert decoded.images.shape == (3, 32, 32)
    assert 0 <= decoded.images.min() <= decoded.images.max() <= 1
    assert (int(decoded.labels), decoded.shards) == (3, frozenset(["s3://b/k"]))
    assert decoded.size == len(picture.getvalue()) + 2


@pytest.mark.parametrize(("label", "expected"), [(b"7", 7), (b" 12\n", 12), (b"1003", 3)])
def test_a_label_of_digits_is_its_class(label, expected):
    assert class_of(label) == expected


def test_a_label_of_words_keeps_its_class():
    assert class_of(b"cat") == class_of(b"cat\n") != class_of(b"dog")


def test_pace_tells_waiting_from_working():
    pace = Pace("x")
    assert list(pace.taken(iter(range(3)))) == [0, 1, 2]
    assert 0 < pace.waited_s <= pace.seconds
