"""The simulator as a server and as a process: bytes, addresses, and its end."""

import asyncio
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import s3pipes.testing
from s3pipes import IterableWrapper, S3Client
from s3pipes.testing import SimulatedS3
from tests.sim.wire import Wire, on_wire

PROGRAM = Path(s3pipes.testing.__file__).with_name("s3pipes-sim")


def ended(pid):
    """Whether the process is gone within 10 s."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":  # whoever has become its parent takes its time
            return True
        time.sleep(0.01)
    return False


def test_every_byte_of_every_range_is_as_computed(plain):
    rng = random.Random(1)

    async def ask(wire):
        for _ in range(60):
            begin = rng.choice([0, 65_535, 65_536, rng.randrange(8 << 20)])
            end = min(8 << 20, begin + rng.choice([1, 100, 65_536, rng.randrange(1, 1 << 20)]))
            key = f"large/{rng.randrange(100):04}"
            got = await wire.get(f"/bucket/{key}", Range=f"bytes={begin}-{end - 1}")
            assert got.status == 206
            assert got.headers["content-range"] == f"bytes {begin}-{end - 1}/{8 << 20}"
            assert got.body == plain.expected("bucket", key, begin, end)
        assert plain.expected("bucket", "large/0001", 0, 99) != plain.expected(
            "bucket", "large/0002", 0, 99
        )

    on_wire(plain.endpoint_url, ask)


@pytest.mark.parametrize("tls", [False, True])
def test_s3pipes_reads_the_right_bytes_at_s3s_pace(tls):
    with SimulatedS3("s3-standard", seed=5, tls=tls) as server:
        server.add("bucket", "many/{:04}", 60, 50_000, sigma=1.0)
        server.add("bucket", "few/{:02}", 2, 12_000_000)
        prefixes = ["s3://bucket/many/", "s3://bucket/few/"]
        urls = IterableWrapper(prefixes).list_files_by_s3(client=S3Client(server.config()))
        read = 0
        sizes = set()
        for url, stream in urls.load_files_by_s3(client=S3Client(server.config())):
            content = stream.read()
            key = str(url).removeprefix("s3://bucket/")
            assert content == server.expected("bucket", key, 0, len(content))
            assert len(content) == stream.size
            sizes.add(len(content))
            read += 1
        assert read == 62
        assert len(sizes) > 50
        assert server.stats().body_bytes >= 24_000_000


def test_what_was_put_is_kept(plain):
    bucket = plain.bucket("own")
    content = random.Random(2).randbytes(3_000_000)
    plain.put(bucket, "a/b", content)
    assert plain.boto.get_object(Bucket=bucket, Key="a/b")["Body"].read() == content


def test_answers_come_in_the_order_of_the_requests(plain):
    async def ask(wire):
        for i in range(20):
            wire.ask(f"/bucket/medium/{i:04}", "HEAD" if i % 3 == 0 else "GET")
        for i in range(20):
            got = await wire.answer("HEAD" if i % 3 == 0 else "GET")
            assert got.headers["content-length"] == "300000"
            if i % 3:
                assert got.body == plain.expected("bucket", f"medium/{i:04}", 0, 300_000)

    on_wire(plain.endpoint_url, ask)


def test_a_body_is_asked_for_where_the_client_waits_for_that(plain):
    async def ask(wire):
        wire.ask("/bucket/own", "PUT", Content_Length="5", Expect="100-continue")
        assert (await wire.answer()).status == 100
        wire.send(b"hello")
        assert (await wire.answer()).status == 200
        assert (await wire.get("/bucket/own")).body == b"hello"

    on_wire(plain.endpoint_url, ask)


def test_what_is_no_http_is_refused(plain):
    async def ask(wire):
        wire.send(b"what is this\r\n\r\n")
        assert (await wire.answer()).status == 400
        assert await wire.ended()

    on_wire(plain.endpoint_url, ask)


def test_every_address_answers_at_one_port(plain):
    ports = {urlsplit(url).port for url in plain.endpoint_urls}
    hosts = [urlsplit(url).hostname for url in plain.endpoint_urls]
    assert len(ports) == 1
    assert hosts == ["127.0.0.1", "127.0.0.2"]
    for url in plain.endpoint_urls:

        async def ask(wire):
            assert (await wire.get("/bucket/small/0000")).status == 200

        on_wire(url, ask)


def test_a_bucket_may_stand_in_the_host(plain):
    async def ask(wire):
        wire.send(b"GET /small/0007 HTTP/1.1\r\nHost: bucket.localhost\r\n\r\n")
        assert (await wire.answer()).body == plain.expected("bucket", "small/0007", 0, 10_000)

    on_wire(plain.endpoint_url, ask)


def test_tls_with_a_certificate_that_names_every_address():
    with SimulatedS3("none", tls=True, addresses=2, anonymous=True) as server:
        server.add("bucket", "k/{:02}", 10, 1_000_000)
        trusted = ssl.create_default_context(cafile=str(server.ca_file))

        async def ask():
            for url in server.endpoint_urls:
                async with Wire(url, trusted) as wire:
                    got = await wire.get("/bucket/k/03", Range="bytes=100000-899999")
                    assert got.body == server.expected("bucket", "k/03", 100_000, 900_000)

        asyncio.run(ask())


def test_who_leaves_in_mid_answer_is_counted_and_hurts_nobody(plain):
    plain.change(link_bytes_per_s=20 << 20)
    address = urlsplit(plain.endpoint_url)
    for _ in range(5):
        with socket.create_connection((address.hostname, address.port)) as leaving:
            leaving.sendall(b"GET /bucket/large/0000 HTTP/1.1\r\nHost: x\r\n\r\n")
            leaving.recv(1000)
    deadline = time.monotonic() + 10
    while (now := plain.stats()).connections_now > 0:
        assert time.monotonic() < deadline, now
        time.sleep(0.01)
    assert (now.broken, now.requests_now, now.connections_ever) == (5, 0, 5)


def test_counters_know_what_is_at_once(plain):
    plain.change(first_byte_floor_s=0.3)

    async def ask():
        async def one(i):
            async with Wire(plain.endpoint_url) as wire:
                await wire.get(f"/bucket/small/{i:04}")

        await asyncio.gather(*(one(i) for i in range(25)))

    asyncio.run(ask())
    seen = plain.stats()
    assert (seen.requests_ever, seen.requests_most, seen.connections_most) == (25, 25, 25)
    assert seen.body_bytes == 25 * 10_000


@pytest.mark.parametrize("wrong", [{"no_such_s": 1.0}, {"idle_s": -1.0}, {"idle_s": float("nan")}])
def test_a_wrong_setting_is_said(plain, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        plain.change(**wrong)
    with pytest.raises(ValueError, match=next(iter(wrong))), SimulatedS3("none", **wrong):
        pass


def test_a_wrong_profile_or_family_is_said(plain):
    with pytest.raises(ValueError, match="no profile 's4'"), SimulatedS3("s4"):
        pass
    with pytest.raises(ValueError, match="counter"):
        plain.add("bucket", "without", 10, 10)
    with pytest.raises(ValueError, match="too narrow"):
        plain.add("bucket", "{:01}", 11, 10)
    assert plain.settings()["link_bytes_per_s"] == 0


def test_it_ends_with_its_context():
    with SimulatedS3("none") as server:
        pid = server.pid
    assert ended(pid)


def test_it_ends_with_its_context_although_a_fork_holds_its_pipes():
    with SimulatedS3("none") as server:
        pid = server.pid
        fork = os.fork()
        if fork == 0:
            signal.pause()
            os._exit(0)
    try:
        assert ended(pid)
    finally:
        os.kill(fork, signal.SIGKILL)
        os.waitpid(fork, 0)


def test_it_ends_with_its_input():
    with subprocess.Popen(
        [PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdin is not None
        assert program.stdout.readline().startswith('{"port"')
        program.stdin.close()
        assert program.wait(10) == 0


def test_it_ends_with_its_parent_although_its_input_stays_open():
    parent = (
        "import subprocess, sys, time\n"
        f"program = subprocess.Popen([{str(PROGRAM)!r}], stdout=subprocess.PIPE)\n"
        "program.stdout.readline()\n"
        "print(program.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-S", "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as between:
        assert between.stdout is not None
        pid = int(between.stdout.readline())
        between.kill()
        between.wait()
        assert ended(pid)


def test_it_outlives_the_thread_that_started_it():
    server = SimulatedS3("none", anonymous=True)
    starter = threading.Thread(target=server.__enter__)
    starter.start()
    starter.join()
    try:
        # The signal of the thread's end is handled before what comes after it is answered.
        server.add("bucket", "{:02}", 10, 10)
        assert server.stats().requests_ever == 0

        async def ask(wire):
            assert (await wire.get("/bucket/03")).status == 200

        on_wire(server.endpoint_url, ask)
    finally:
        server.__exit__()
