"""S3Client: list, look, get whole and in parts, also under asyncio; and what it hides."""

from __future__ import annotations

import array
import asyncio
import http.client
import json
import logging
import pickle
import random
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from s3pipes import (
    AccessDenied,
    BucketNotFound,
    ClientConfig,
    ConfigError,
    ObjectChanged,
    ObjectNotFound,
    ReadConfig,
    RetriesExhausted,
    RetryConfig,
    S3Client,
    S3FileLister,
    S3FileLoader,
    S3PipesError,
    S3Url,
    WrongRegion,
    stats,
)

CHUNK = 64 << 10
SMALL_CHUNKS = ReadConfig(chunk_bytes=CHUNK)
SIZES = {"empty": 0, "one": 1, "small": 1000, "chunk": CHUNK, "chunks": 5 * CHUNK + 17}
CONTENTS = {key: random.Random(size).randbytes(size) for key, size in SIZES.items()}
FAIL_FAST = RetryConfig(max_attempts=2, base_delay_s=0, max_delay_s=0)


@pytest.fixture(scope="module")
def bucket(s3):
    name = s3.bucket("client")
    for key, body in CONTENTS.items():
        s3.boto.put_object(Bucket=name, Key=key, Body=body)
    return name


@pytest.fixture
def client(s3):
    return S3Client(s3.config(), SMALL_CHUNKS)


@pytest.fixture(params=["S3Url", "string"])
def urls(request, client, bucket):
    """Of every object, with and without the listing's knowledge."""
    listed = list(client.list(f"s3://{bucket}"))
    return {url.key: url if request.param == "S3Url" else str(url) for url in listed}


def eventually(holds, within_s=10.0):
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
    return True


# Looking.


def test_head_tells_what_boto3_is_told(s3, client, urls, bucket):
    for key, url in urls.items():
        known = client.head(url)
        told = s3.boto.head_object(Bucket=bucket, Key=key)
        assert known == url
        assert (known.bucket, known.key) == (bucket, key)
        assert known.size == told["ContentLength"] == SIZES[key]
        assert known.etag == told["ETag"]
        assert known.last_modified == int(told["LastModified"].timestamp())


def test_open_list_and_head_agree(client, bucket):
    for url in client.list(f"s3://{bucket}"):
        with client.open(str(url)) as stream:
            known = client.head(url)
            assert stream.size == known.size == url.size
            assert known.etag == url.etag
            if stream.size:  # of an empty object nothing can be got that would tell the rest
                assert stream.etag == known.etag
                assert stream.last_modified == known.last_modified


@pytest.mark.parametrize("ask", ["head", "open", "get", "get_into", "get_ranges"])
def test_what_is_missing_is_named(client, bucket, ask):
    more = {"get_into": (bytearray(1),), "get_ranges": ([(0, 1)],)}.get(ask, ())
    with pytest.raises(ObjectNotFound) as caught:
        getattr(client, ask)(f"s3://{bucket}/no/such", *more)
    assert caught.value.url == f"s3://{bucket}/no/such"
    with pytest.raises((BucketNotFound, ObjectNotFound), match="s3://no-such-bucket-here/k"):
        getattr(client, ask)("s3://no-such-bucket-here/k", *more)
    with pytest.raises(ValueError, match="must start with the S3 scheme"):
        getattr(client, ask)("http://bucket/k", *more)
    with pytest.raises(ValueError, match="names a bucket but no object"):
        getattr(client, ask)("s3://bucket", *more)


# Getting.


@pytest.mark.parametrize(
    "read",
    [SMALL_CHUNKS, ReadConfig(), ReadConfig(whole_objects=True)],
    ids=["chunks", "default", "whole"],
)
def test_get(s3, urls, read):
    client = S3Client(s3.config(), read)
    for key, url in urls.items():
        view = client.get(url)
        assert bytes(view) == CONTENTS[key]
        assert view.readonly
        assert view.contiguous


def test_results_outlive_client_and_stream(client, urls):
    views = [client.get(url) for url in urls.values()]
    del client
    assert [bytes(view) for view in views] == [CONTENTS[key] for key in urls]


def of_bytes(size):
    return bytearray(size)


def part_of_a_view(size):
    return memoryview(bytearray(size + 20))[10 : 10 + size]


def of_other_items(size):
    return array.array("I", [0] * (-(-size // 4)))


BUFFERS = [of_bytes, part_of_a_view, of_other_items]


@pytest.mark.parametrize("make", BUFFERS)
def test_get_into_buffers(client, urls, make):
    for key, url in urls.items():
        buffer = make(SIZES[key])
        assert client.get_into(url, buffer) == SIZES[key]
        assert memoryview(buffer).tobytes()[: SIZES[key]] == CONTENTS[key]
        if isinstance(buffer, memoryview):
            rest = bytes(buffer.obj)
            assert rest[:10] == rest[10 + SIZES[key] :] == bytes(10)


@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.int64, torch.float32, torch.bfloat16, torch.bool, torch.complex64]
)
def test_get_into_tensors(client, urls, dtype):
    for key, url in urls.items():
        tensor = torch.zeros(-(-SIZES[key] // dtype.itemsize), dtype=dtype)
        assert client.get_into(url, tensor) == SIZES[key]
        if key != "empty":
            got = tensor.view(torch.uint8).numpy().tobytes()
            assert got[: SIZES[key]] == CONTENTS[key]


def test_get_into_a_pinned_tensor_and_a_part_of_one(client, urls):
    # Without a GPU there is nothing to pin to: the same memory, unpinned.
    whole = torch.zeros(2, CHUNK * 8, dtype=torch.uint8, pin_memory=torch.cuda.is_available())
    assert client.get_into(urls["chunks"], whole[1]) == SIZES["chunks"]
    assert whole[1].numpy().tobytes()[: SIZES["chunks"]] == CONTENTS["chunks"]
    assert not whole[0].any()
    assert not whole[1, SIZES["chunks"] :].any()


def test_get_into_memory_that_cannot_take_it(client, urls):
    url = urls["chunks"]
    with pytest.raises(ConfigError, match="contiguous"):
        client.get_into(url, torch.zeros(CHUNK * 8, 2, dtype=torch.uint8)[:, 0])
    with pytest.raises(ConfigError, match="CPU memory"):
        client.get_into(url, torch.zeros(CHUNK * 8, dtype=torch.uint8, device="meta"))
    with pytest.raises((TypeError, BufferError)):
        client.get_into(url, bytes(CHUNK * 8))
    with pytest.raises(TypeError):
        client.get_into(url, "text")


@pytest.mark.parametrize("too_small", [0, 1, CHUNK - 1, CHUNK, 5 * CHUNK + 16])
@pytest.mark.parametrize("read", [SMALL_CHUNKS, ReadConfig(), ReadConfig(whole_objects=True)])
def test_get_into_too_small_a_buffer_writes_nothing_beyond_it(s3, urls, read, too_small):
    client = S3Client(s3.config(), read)
    memory = bytearray(SIZES["chunks"])
    with pytest.raises(
        ConfigError, match=f"{SIZES['chunks']} bytes, more than.* {too_small}$|\\("
    ) as e:
        client.get_into(urls["chunks"], memoryview(memory)[:too_small])
    assert e.value.url == urls["chunks"]
    assert memory == bytes(SIZES["chunks"])


def test_get_into_nothing_writes_after_a_failure(s3, client, bucket):
    s3.boto.put_object(Bucket=bucket, Key="replaced", Body=CONTENTS["chunks"])
    url = client.head(f"s3://{bucket}/replaced")
    s3.boto.put_object(Bucket=bucket, Key="replaced", Body=CONTENTS["chunks"][::-1])
    memory = bytearray(SIZES["chunks"])
    with pytest.raises(ObjectChanged):
        client.get_into(url, memory)
    memory.append(0)  # BufferError if anybody still held it
    s3.boto.delete_object(Bucket=bucket, Key="replaced")


# Ranges.

edges = st.builds(
    lambda k, d: min(max(0, k * CHUNK + d), SIZES["chunks"]), st.integers(0, 6), st.integers(-2, 2)
)
points = edges | st.integers(0, SIZES["chunks"])
ranges_of_chunks = st.lists(st.tuples(points, points).map(lambda p: (min(p), max(p))), max_size=8)


@settings(max_examples=50)
@given(ranges=ranges_of_chunks, known=st.booleans(), whole=st.booleans())
def test_get_ranges_are_slices(s3, bucket, ranges, known, whole):
    client = S3Client(s3.config(), ReadConfig(chunk_bytes=CHUNK, whole_objects=whole))
    url = f"s3://{bucket}/chunks"
    url = client.head(url) if known else url
    expected = [CONTENTS["chunks"][begin:end] for begin, end in ranges]
    views = client.get_ranges(url, ranges)
    assert [bytes(view) for view in views] == expected
    assert all(view.readonly for view in views)
    assert [bytes(v) for v in asyncio.run(client.get_ranges_async(url, ranges))] == expected


def test_ranges_close_together_share_a_request(client, bucket):
    url = client.head(f"s3://{bucket}/chunks")
    before = stats().requests
    assert len(client.get_ranges(url, [(100, 200), (0, 50), (150, 300), (400, 400)])) == 4
    assert stats().requests - before == 1
    assert client.get_ranges(url, [(5, 5), (SIZES["chunks"], SIZES["chunks"])]) == [b"", b""]
    assert client.get_ranges(url, []) == []
    assert stats().requests - before == 1


@pytest.mark.parametrize(
    ("begin", "beyond"), [(0, 1), (SIZES["chunks"], 1), (SIZES["chunks"] + 9, 10), (CHUNK, 1 << 40)]
)
def test_ranges_beyond_the_end_are_errors(client, urls, begin, beyond):
    wrong = (begin, SIZES["chunks"] + beyond)
    with pytest.raises(ObjectChanged) as caught:
        client.get_ranges(urls["chunks"], [(0, 10), wrong])
    assert caught.value.url == urls["chunks"]
    assert caught.value.range == wrong
    with pytest.raises(ObjectChanged):
        asyncio.run(client.get_ranges_async(urls["chunks"], [wrong]))
    with pytest.raises(ObjectChanged):
        client.get_ranges(urls["empty"], [(0, 1)])


@pytest.mark.parametrize("wrong", [(2, 1), (-1, 1), (-2, -1)])
def test_ranges_that_are_none(client, urls, wrong):
    with pytest.raises(ConfigError, match="0 <= begin <= end") as caught:
        client.get_ranges(urls["small"], [(0, 1), wrong])
    assert caught.value.url == urls["small"]
    with pytest.raises(ConfigError):
        asyncio.run(client.get_ranges_async(urls["small"], [wrong]))


def test_ranges_are_of_one_version(s3, client, bucket):
    s3.boto.put_object(Bucket=bucket, Key="versions", Body=CONTENTS["small"])
    url = client.head(f"s3://{bucket}/versions")
    s3.boto.put_object(Bucket=bucket, Key="versions", Body=CONTENTS["small"][::-1])
    with pytest.raises(ObjectChanged):
        client.get_ranges(url, [(0, 10)])
    assert client.get_ranges(str(url), [(0, 10)]) == [CONTENTS["small"][::-1][:10]]
    s3.boto.delete_object(Bucket=bucket, Key="versions")


# Under asyncio.


def test_many_async_gets_at_once(client, urls):
    async def all_of_them():
        wanted = list(urls.items()) * 30
        views = await asyncio.gather(*(client.get_async(url) for _, url in wanted))
        return [(key, bytes(view)) for (key, _), view in zip(wanted, views, strict=True)]

    got = asyncio.run(all_of_them())
    assert len(got) == 150
    assert all(body == CONTENTS[key] for key, body in got)


def test_async_errors(client, bucket):
    async def ask():
        got = await asyncio.gather(
            client.get_async(f"s3://{bucket}/small"),
            client.get_async(f"s3://{bucket}/missing"),
            client.get_ranges_async(f"s3://{bucket}/missing", [(0, 1)]),
            client.get_async("nonsense"),
            client.get_async(f"s3://{bucket}/one"),
            return_exceptions=True,
        )
        return [bytes(one) if isinstance(one, memoryview) else type(one) for one in got]

    found = [CONTENTS["small"], ObjectNotFound, ObjectNotFound, ValueError, CONTENTS["one"]]
    assert asyncio.run(ask()) == found


class Gate(ThreadingHTTPServer):
    """A server in front of another that may answer in its place, or let nobody through for now.

    Attributes:
        answer: takes the headers of a request; returns (status, headers, body), or None to pass on.
        open: while it is not set, requests wait.
        arrived: how many requests have come.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, behind):
        super().__init__(("127.0.0.1", 0), _GateKeeper)
        self.behind = behind.endpoint_url.removeprefix("http://")
        self.endpoint_url = f"http://127.0.0.1:{self.server_port}"
        self.answer = lambda headers: None
        self.open = threading.Event()
        self.open.set()
        self.arrived = 0

    def handle_error(self, request, client_address):
        pass  # a client that goes away is what some tests are about


class _GateKeeper(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gate

    def do_GET(self):
        self.server.arrived += 1
        self.server.open.wait(60)
        answer = self.server.answer(self.headers)
        if answer is None:
            behind = http.client.HTTPConnection(self.server.behind)
            behind.request(self.command, self.path, headers=dict(self.headers))
            response = behind.getresponse()
            answer = response.status, dict(response.getheaders()), response.read()
        status, headers, body = answer
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        told = {name.lower(): value for name, value in headers.items()}
        head_only = self.command == "HEAD"
        length = told.get("content-length", "0") if head_only else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        if not head_only:
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def gate(moto):
    with Gate(moto) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.open.set()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def on_moto(moto):
    name = moto.bucket("gated")
    for key, body in CONTENTS.items():
        moto.boto.put_object(Bucket=name, Key=key, Body=body)
    return f"s3://{name}/"


def test_cancelling_a_task_ends_its_requests(moto, gate, on_moto):
    client = S3Client(moto.config(endpoint_url=gate.endpoint_url), SMALL_CHUNKS)
    running, opened = stats().requests_running, stats().streams_open
    gate.open.clear()

    async def cancelled():
        known = S3Url(on_moto + "chunks", SIZES["chunks"])
        ends = [(0, 9), (CHUNK * 5, CHUNK * 5 + 9)]
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(client.get_ranges_async(known, ends)),
            *(asyncio.create_task(client.get_async(on_moto + "small")) for _ in range(5)),
        ]
        await asyncio.to_thread(eventually, lambda: gate.arrived >= 6)
        assert stats().requests_running > running
        for task in tasks:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(one) for one in asyncio.run(cancelled())] == [asyncio.CancelledError] * 6
    assert stats().streams_open == opened
    eventually(lambda: stats().requests_running == running, within_s=1.0)
    gate.open.set()
    assert bytes(asyncio.run(client.get_async(on_moto + "small"))) == CONTENTS["small"]


def test_async_waiting_leaves_the_event_loop_free(moto, gate, on_moto):
    client = S3Client(moto.config(endpoint_url=gate.endpoint_url))
    gate.open.clear()

    async def others_go_on():
        get = asyncio.create_task(client.get_async(on_moto + "small"))
        ranges = asyncio.create_task(client.get_ranges_async(on_moto + "small", [(1, 3)]))
        await asyncio.to_thread(eventually, lambda: gate.arrived >= 2)
        gate.open.set()  # only a loop that is free comes to here
        return bytes(await get), [bytes(view) for view in await ranges]

    assert asyncio.run(others_go_on()) == (CONTENTS["small"], [CONTENTS["small"][1:3]])


# Regions and credentials that turn out to be others.


def elsewhere(headers):
    """What S3 answers where the bucket is in eu-central-1."""
    if "/eu-central-1/s3/" in headers["Authorization"]:
        return None
    body = b"<Error><Code>PermanentRedirect</Code><Message>Elsewhere</Message></Error>"
    return 301, {"x-amz-bucket-region": "eu-central-1", "Content-Type": "application/xml"}, body


ASKING = {
    "list": lambda c, base: [u.size for u in c.list(base + "small")] == [1000],
    "head": lambda c, base: c.head(base + "small").size == 1000,
    "open": lambda c, base: c.open(base + "chunks").read() == CONTENTS["chunks"],
    "get": lambda c, base: c.get(base + "small") == CONTENTS["small"],
    "get known": lambda c, base: (
        c.get(S3Url(base + "chunks", SIZES["chunks"])) == CONTENTS["chunks"]
    ),
    "get_into": lambda c, base: c.get_into(base + "chunks", bytearray(SIZES["chunks"])) > 0,
    "get_ranges": lambda c, base: c.get_ranges(base + "one", [(0, 1)]) == [CONTENTS["one"]],
    "get_ranges known": lambda c, base: (
        c.get_ranges(S3Url(base + "one", 1), [(0, 1)]) == [CONTENTS["one"]]
    ),
    "get_async": lambda c, base: asyncio.run(c.get_async(base + "small")) == CONTENTS["small"],
    "get_ranges_async known": lambda c, base: (
        asyncio.run(c.get_ranges_async(S3Url(base + "one", 1), [(0, 1)])) == [CONTENTS["one"]]
    ),
    "lister": lambda c, base: len(list(S3FileLister([base], client=c))) == len(SIZES),
    "loader": lambda c, base: (
        [s.read() for _, s in S3FileLoader([base + key for key in SIZES], client=c)]
        == list(CONTENTS.values())
    ),
    "loader as ready": lambda c, base: (
        sorted(
            s.read()
            for _, s in S3FileLoader(
                [base + key for key in SIZES], client=c, read=ReadConfig(in_order=False)
            )
        )
        == sorted(CONTENTS.values())
    ),
}


@pytest.mark.parametrize("ask", list(ASKING.values()), ids=list(ASKING))
def test_another_region_is_followed_with_one_warning(moto, gate, on_moto, ask):
    gate.answer = elsewhere
    client = S3Client(moto.config(endpoint_url=gate.endpoint_url), SMALL_CHUNKS)
    with pytest.warns(RuntimeWarning, match=r"in eu-central-1.*region='eu-central-1'") as warned:
        assert ask(client, on_moto)
    assert len(warned) == 1
    assert ask(client, on_moto)  # known from now on


def test_a_redirect_that_leads_nowhere_new_is_an_error(moto, gate, on_moto):
    def always_elsewhere(_):
        body = b"<Error><Code>PermanentRedirect</Code></Error>"
        return 301, {"x-amz-bucket-region": "eu-central-1", "Content-Type": "application/xml"}, body

    gate.answer = always_elsewhere
    client = S3Client(moto.config(endpoint_url=gate.endpoint_url))
    with pytest.warns(RuntimeWarning, match="eu-central-1"), pytest.raises(WrongRegion) as caught:
        client.get(on_moto + "small")
    assert caught.value.region == "eu-central-1"
    assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize("ask", ["head", "get", "get_async", "list"])
def test_expired_credentials_are_renewed_on_the_way(
    moto, gate, on_moto, tmp_path, monkeypatch, ask
):
    """The profile's process gives a new token each time; the store takes from the second on."""
    script = tmp_path / "issue.py"
    script.write_text(
        "import json, pathlib, sys\n"
        "turn = pathlib.Path(sys.argv[1])\n"
        "n = int(turn.read_text()) if turn.exists() else 0\n"
        "turn.write_text(str(n + 1))\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': 'AK', 'SecretAccessKey': 'SK',\n"
        "    'SessionToken': f'token-{n}', 'Expiration': '2099-01-01T00:00:00Z'}))\n"
    )
    config = tmp_path / "config"
    config.write_text(
        f"[profile p]\ncredential_process = {sys.executable} {script} {tmp_path / 'turn'}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    def tokens_expire(headers):
        if headers["x-amz-security-token"] != "token-0":
            return None
        body = b"<Error><Code>ExpiredToken</Code><Message>Too old</Message></Error>"
        return 400, {"Content-Type": "application/xml"}, body

    gate.answer = tokens_expire
    settings = moto.config(endpoint_url=gate.endpoint_url, profile="p")
    changes = {"access_key_id": None, "secret_access_key": None}
    fields = {f: getattr(settings, f) for f in ClientConfig.__dataclass_fields__}
    client = S3Client(ClientConfig(**(fields | changes)))
    if ask == "get_async":
        got = asyncio.run(client.get_async(on_moto + "small"))
        assert bytes(got) == CONTENTS["small"]
    elif ask == "get":
        assert bytes(client.get(on_moto + "small")) == CONTENTS["small"]
    elif ask == "head":
        assert client.head(on_moto + "small").size == 1000
    else:
        assert len(list(client.list(on_moto))) == len(SIZES)
    assert (tmp_path / "turn").read_text() == "2"


# What a client is.


def test_a_pickled_client_works_alike(client, urls):
    client.get(urls["small"])
    copy = pickle.loads(pickle.dumps(client))
    assert (copy.config, copy.read) == (client.config, client.read)
    assert bytes(copy.get(urls["chunks"])) == CONTENTS["chunks"]


def test_making_a_client_asks_nobody():
    client = S3Client(ClientConfig(endpoint_url="http://127.0.0.1:9", retry=FAIL_FAST))
    assert "127.0.0.1:9" in repr(client)
    with pytest.raises(ConfigError, match="No credentials found"):
        client.get("s3://bucket/key")


def test_settings_that_contradict_each_other_are_told_at_once(moto):
    with pytest.raises(ConfigError, match="memory_bytes"):
        S3Client(moto.config(memory_bytes=1 << 20), ReadConfig(chunk_bytes=2 << 20))
    client = S3Client(moto.config(memory_bytes=2 << 20), ReadConfig(chunk_bytes=1 << 20))
    with pytest.raises(ConfigError, match="memory_bytes"):
        client.open("s3://bucket/key", read=ReadConfig(chunk_bytes=3 << 20))


def test_threads_share_a_client(client, urls):
    failed = []

    def use():
        try:
            for key, url in urls.items():
                assert bytes(client.get(url)) == CONTENTS[key]
                assert client.head(url).size == SIZES[key]
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


# Secrets.

CANARIES = [
    "AKIACANARYCANARY",
    "canary-secret-key",
    "canary-session-token",
    "canary-proxy-password",
]


def shown(error):
    """All that a user or a log may come to see of an error."""
    texts = [str(error), repr(error), repr(error.args), repr(vars(error))]
    texts += traceback.format_exception(error)
    copy = pickle.loads(pickle.dumps(error))
    return "\n".join([*texts, str(copy), repr(vars(copy)), repr(pickle.dumps(error))])


def test_no_secret_is_ever_shown(seaweed, gate, caplog):
    caplog.set_level(logging.DEBUG)
    key_id, secret, token, password = CANARIES
    bucket = seaweed.bucket("secrets")
    keys: dict[str, Any] = {
        "access_key_id": key_id,
        "secret_access_key": secret,
        "session_token": token,
    }
    refused = S3Client(seaweed.config(**keys, retry=FAIL_FAST))
    proxied = S3Client(
        ClientConfig(
            **keys,
            endpoint_url="http://store.invalid:1",
            proxies={"http": f"http://user:{password}@127.0.0.1:9"},
            retry=FAIL_FAST,
        )
    )
    html = S3Client(seaweed.config(**keys, endpoint_url=gate.endpoint_url, retry=FAIL_FAST))
    # Some servers repeat what they were sent.
    gate.answer = lambda headers: (
        403,
        {"Content-Type": "application/xml"},
        "<Error><Code>AccessDenied</Code><Message>no</Message>"
        f"<Token>{headers['x-amz-security-token']}</Token></Error>".encode(),
    )
    seen = [repr(client) for client in (refused, proxied, html)]
    seen += [repr(client.config) for client in (refused, proxied, html)]
    errors: list[tuple[S3Client, type[S3PipesError]]] = [
        (refused, AccessDenied),
        (proxied, RetriesExhausted),
        (html, AccessDenied),
    ]
    for client, expected in errors:
        for ask in (
            lambda c: list(c.list(f"s3://{bucket}")),
            lambda c: c.head(f"s3://{bucket}/k"),
            lambda c: c.get(f"s3://{bucket}/k"),
            lambda c: c.get_into(f"s3://{bucket}/k", bytearray(1)),
            lambda c: list(S3FileLoader([f"s3://{bucket}/k"], client=c)),
        ):
            with pytest.raises(expected) as caught:
                ask(client)
            seen.append(shown(caught.value))
    for name, wrong in (("session_token", ""), ("secret_access_key", "line\nfeed " + secret)):
        with pytest.raises(ConfigError) as config_error:
            ClientConfig(**(keys | {name: wrong}))
        seen.append(shown(config_error.value))
    with pytest.raises(ConfigError) as config_error:
        ClientConfig(endpoint_url=f"http://user:{password}@host")
    seen.append(shown(config_error.value))

    seen.append(caplog.text)
    everything = "\n".join(seen)
    assert "AccessDenied" in everything  # it would be found
    for canary in (*CANARIES[1:], json.dumps(secret)):
        assert canary not in everything
