"""The command `s3pipes sim`."""

import os
import re
import signal

import pytest

from s3pipes.cli import main
from tests.programs import simulator
from tests.sim.wire import on_wire


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_how_to_reach_it_and_sums_up_at_its_end(children, how):
    words = ["--set", "link_bytes_per_s=1e9", "--objects", "mine/{:03}:100:10KiB", "--anonymous"]
    child = children.start(simulator.run, *words)
    url = child.wait_for_line("  http://127.0.0.1:").strip()
    child.wait_for_line("Ctrl-C ends it.")

    async def ask(wire):
        for i in range(3):
            assert len((await wire.get(f"/mine/{i:03}")).body) == 10 << 10

    on_wire(url, ask)
    os.kill(child.pid, how)
    told = child.end()
    assert told.err == ""
    assert f"export AWS_ENDPOINT_URL_S3={url}\n" in told.out
    assert "s3://mine/{:03}, 100 of 10KiB" in told.out
    assert "First byte: 27 ms in the median" in told.out
    assert "25 to 93" in told.out
    assert "All together: 1000 MB/s." in told.out
    assert re.search(
        r"^3 requests \(1 at most at once\) on 1 conn.* 0\.0 MB", told.out, re.MULTILINE
    )
    assert "status 0" in told.out


def test_none_says_so(children):
    child = children.start(simulator.run, "--profile", "none", "--tls")
    child.wait_for_line("Ctrl-C ends it.")
    child.interrupt()
    told = child.end()
    assert "No physics: it answers as fast as it can." in told.out
    assert re.search(r"export AWS_CA_BUNDLE=/.*ca\.pem\n", told.out)


@pytest.mark.parametrize(
    "words",
    [["--set", "no_such_s=1"], ["--objects", "bucket/without:1:1"], ["--addresses", "0"]],
)
def test_what_is_wrong_is_said_in_one_line(words, capsys):
    assert main(["sim", *words]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("s3pipes sim: ")
    assert told.err.count("\n") == 1


def test_a_setting_that_is_no_number_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["sim", "--set", "idle_s=long"])
    assert "'idle_s=long' is not NAME=NUMBER" in capsys.readouterr().err
