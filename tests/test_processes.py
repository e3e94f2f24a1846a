"""Forks, start methods, Ctrl-C, dropped iterators and the end of the interpreter."""

from __future__ import annotations

import contextlib
import gc
import random
import re
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

import s3pipes
from s3pipes import IterableWrapper, ReadConfig, RetryConfig, S3Client, S3PipesError, S3Url
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from s3pipes.testing.certificates import certify
from s3pipes.testing.children import Children, Ended

KiB = 1 << 10
CTRL_C_S = 0.2
CANCEL_S = 1.0

# What every program starts with. argv: endpoint, CA file or "".
PRELUDE = """
import gc, os, pickle, random, signal, sys, threading, time, warnings
import s3pipes
from s3pipes import ClientConfig, IterableWrapper, ReadConfig, RetryConfig, S3Client, S3Url

# torch complains of four workers on two processors, and of lambdas that it need not pickle.
warnings.filterwarnings("ignore", module="torch")

def noise(size, seed):
    return random.Random(seed).randbytes(size)

config = ClientConfig(
    endpoint_url=sys.argv[1], verify=sys.argv[2] or None, proxies={}, progress_timeout_s=600,
    region="us-east-1", access_key_id="scripted-access-key", secret_access_key="secret",
)
client = S3Client(config)
CHUNKS = ReadConfig(chunk_bytes=64 << 10)

def say(*words):
    print(*words, flush=True)

def leave():
    # The interpreter's end is a test of its own, and takes a second with torch.
    sys.stdout.flush()
    os._exit(0)

def in_child(work):
    # Forks, does `work` in the child, and returns how the child ended.
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    deadline = time.monotonic() + 30
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return "hung"
        time.sleep(0.005)
"""


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def good(ended: Ended) -> list[str]:
    """The lines of a program that ended well and had nothing to complain of."""
    assert ended.code == 0, ended
    assert ended.err == "", ended.err
    return ended.out.splitlines()


# DataLoader


LOADER = (
    PRELUDE
    + """
import torch
from torch.utils.data import DataLoader

def read(item):
    url, stream = item
    return S3Url(url).key, hash(bytes(stream.read()))

def main():
    listed = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    pipe = listed.shuffle().sharding_filter().load_files_by_s3(client=client, read=CHUNKS).map(read)
    method, workers = sys.argv[3], [int(n) for n in sys.argv[4].split(",")]
    expected = None
    for count in workers:
        torch.manual_seed(7)
        context = method if count else None
        loader = DataLoader(
            pipe, batch_size=None, num_workers=count, multiprocessing_context=context,
            persistent_workers=count == 4,
        )
        for epoch in range(2 if count == 4 else 1):
            got = sorted(loader)
            keys = [key for key, _ in got]
            assert len(keys) == len(set(keys)) == 90, (method, count, len(keys), len(set(keys)))
            expected = expected or got
            assert got == expected, (method, count)
        say(method, count, "ok")

if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize(
    ("method", "workers"), [("fork", "0,1,4"), ("spawn", "1,4"), ("forkserver", "1,4")]
)
def test_every_sample_exactly_once(
    scripted: ScriptedServer, children: Children, method: str, workers: str
) -> None:
    for i in range(90):
        scripted.put(f"k{i:02}", noise(1000 + i * 2500, i))
    # The same hash in every process.
    ended = children.run(
        LOADER, scripted.endpoint_url, "", method, workers, within_s=110, PYTHONHASHSEED="0"
    )
    lines = [line for line in good(ended) if line.endswith("ok")]
    assert lines == [f"{method} {n} ok" for n in workers.split(",")]


def test_workers_that_are_left_in_the_middle_of_an_epoch(
    scripted: ScriptedServer, children: Children
) -> None:
    for i in range(200):
        scripted.put(f"k{i:03}", noise(100_000, i))
    program = (
        PRELUDE
        + """
from torch.utils.data import DataLoader

def main():
    listed = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    pipe = listed.sharding_filter().load_files_by_s3(client=client)
    pipe = pipe.map(lambda item: len(item[1].read()))
    for workers in (2, 2, 0):
        iterator = iter(DataLoader(pipe, batch_size=None, num_workers=workers))
        for _ in range(5):
            assert next(iterator) == 100_000
        began = time.monotonic()
        del iterator
        say("left", time.monotonic() - began)

main()
"""
    )
    lines = good(children.run(program, scripted.endpoint_url, ""))
    assert len(lines) == 3
    # torch itself waits up to 5 s for a worker that does not end.
    assert all(float(line.split()[1]) < 4 for line in lines), lines


# Forks


def test_a_fork_in_the_middle_of_a_stream(scripted: ScriptedServer, children: Children) -> None:
    """Parent and child both read on from the byte where the parent was; so does every stream."""
    body = noise(1_500_000, 3)
    scripted.put("k", body)
    scripted.put("small", noise(5000, 4))
    program = (
        PRELUDE
        + """
body, small = noise(1_500_000, 3), noise(5000, 4)
listed = next(client.list("s3://bucket/k"))
for url in (listed, "s3://bucket/k"):
    stream = client.open(url, read=CHUNKS)
    lines = client.open(url, read=CHUNKS)
    first = lines.readline()
    views = client.open(url, read=CHUNKS)
    pieces = views.chunks()
    head = bytes(next(pieces))
    ready = client.open("s3://bucket/small")
    assert stream.read(300_001) == body[:300_001]
    def child():
        assert stream.tell() == 300_001
        assert stream.size == len(body) and stream.etag == listed.etag
        assert stream.read(10) == body[300_001:300_011]
        assert stream.read() == body[300_011:]
        stream.seek(5)
        assert stream.read(5) == body[5:10]
        assert first + b"".join(lines) == body
        assert head + b"".join(bytes(view) for view in pieces) == body
        assert ready.read() == small
        assert ready.view() == small
        stream.close(); lines.close(); views.close(); ready.close()
        assert client.get(url) == body
    assert in_child(child) == 0
    assert stream.read() == body[300_001:]
    assert first + b"".join(lines) == body
    assert head + b"".join(bytes(view) for view in pieces) == body
    assert ready.read() == small
    assert stream.tell() == len(body)
say("ok")
leave()
"""
    )
    assert good(children.run(program, scripted.endpoint_url, "")) == ["ok"]


def test_a_fork_in_the_middle_of_a_listing(scripted: ScriptedServer, children: Children) -> None:
    """Parent and child both list on, from wherever in a page the parent was."""
    for i in range(25):
        scripted.put(f"k{i:02}", b"")
    program = (
        PRELUDE
        + """
everything = [f"k{i:02}" for i in range(25)]
for taken in (0, 1, 9, 10, 11, 20, 24, 25):
    urls = client.list("s3://bucket/", page_size=10)
    head = [next(urls).key for _ in range(taken)]
    def child():
        assert head + [url.key for url in urls] == everything
    assert in_child(child) == 0, taken
    assert head + [url.key for url in urls] == everything
say("ok")
leave()
"""
    )
    assert good(children.run(program, scripted.endpoint_url, "")) == ["ok"]


def test_a_child_knows_where_the_parent_was_led(
    scripted: ScriptedServer, children: Children
) -> None:
    scripted.put("k", noise(500_000, 1))
    for i in range(25):
        scripted.put(f"list/{i:02}", b"")
    scripted.script = lambda request: (
        None
        if request.region == "eu-central-1"
        else fault(301, "PermanentRedirect", x_amz_bucket_region="eu-central-1")
    )
    program = (
        PRELUDE
        + """
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    stream = client.open("s3://bucket/k", read=CHUNKS)
    urls = client.list("s3://bucket/list/", page_size=10)
    assert next(urls).key == "list/00"
assert len(told) == 1
def child():
    warnings.simplefilter("error")
    assert len(list(urls)) == 24
    assert stream.read() == noise(500_000, 1)
assert in_child(child) == 0
say("ok")
leave()
"""
    )
    assert good(children.run(program, scripted.endpoint_url, "")) == ["ok"]


def test_a_child_reads_the_version_that_the_parent_read(
    scripted: ScriptedServer, children: Children
) -> None:
    scripted.put("k", noise(500_000, 1))

    def script(request: Request) -> Answer | None:
        if request.path == "/bucket/change":
            scripted.put("k", noise(500_000, 2))
            return Answer()
        return None

    scripted.script = script
    program = (
        PRELUDE
        + """
stream = client.open("s3://bucket/k", read=ReadConfig(chunk_bytes=64 << 10, window_bytes=0))
assert stream.read(10) == noise(500_000, 1)[:10]
client.get("s3://bucket/change")
def child():
    try:
        stream.read()
    except s3pipes.ObjectChanged:
        return
    raise AssertionError("bytes of two versions")
assert in_child(child) == 0
say("ok")
leave()
"""
    )
    assert good(children.run(program, scripted.endpoint_url, "")) == ["ok"]


def test_forks_while_threads_load(scripted: ScriptedServer, children: Children) -> None:
    """Twenty forks at any moment: no child hangs, crashes or reads a wrong byte, nor the parent."""
    for i in range(40):
        scripted.put(f"k{i:02}", noise(150_000, i))
    program = (
        PRELUDE
        + """
bodies = [noise(150_000, i) for i in range(40)]
urls = list(client.list("s3://bucket/"))
stop, failures, loads = threading.Event(), [], []

def load(seed):
    order = random.Random(seed)
    try:
        while not stop.is_set():
            some = order.sample(range(40), 10)
            pipe = IterableWrapper([urls[i] for i in some], deepcopy=False).load_files_by_s3(
                client=client, read=CHUNKS)
            for i, (_, stream) in zip(some, pipe):
                assert stream.read() == bodies[i]
            loads.append(seed)
    except BaseException as error:
        failures.append(error)

threads = [threading.Thread(target=load, args=(n,)) for n in range(3)]
for thread in threads:
    thread.start()
kept = [client.open(url, read=CHUNKS) for url in urls[:5]]
iterator = iter(IterableWrapper(urls, deepcopy=False).load_files_by_s3(client=client, read=CHUNKS))
next(iterator)

def child():
    global kept, iterator, client
    assert kept[0].read() == bodies[0]
    kept = iterator = None  # objects of the parent's engine are dropped here
    for i in (3, 7):
        assert client.get(urls[i]) == bodies[i]
    other = pickle.loads(pickle.dumps(client))
    client = None
    assert other.get(str(urls[5])) == bodies[5]
    stats = s3pipes.stats()
    assert stats.memory_budget_bytes == other.config.memory_bytes
    assert 3 <= stats.requests < 40  # an engine of its own, that counts from nothing

outcomes = [in_child(child) for _ in range(20)]
stop.set()
for thread in threads:
    thread.join()
assert outcomes == [0] * 20, outcomes
assert not failures, failures
assert kept[0].read() == bodies[0]
assert sum(1 for _ in iterator) == 39
assert len(loads) > 0
say("ok")
"""
    )
    assert good(children.run(program, scripted.endpoint_url, "", within_s=100)) == ["ok"]


def test_a_child_of_a_child_that_ends_as_interpreters_do(
    scripted: ScriptedServer, children: Children
) -> None:
    """sys.exit in a child runs what was registered for the end, with the child's own engine."""
    scripted.put("k", noise(300_000, 1))
    program = (
        PRELUDE
        + """
body = noise(300_000, 1)
stream = client.open("s3://bucket/k", read=CHUNKS)
depth = 0
while depth < 2:
    assert client.get("s3://bucket/k") == body
    stream.seek(0)
    assert stream.read() == body
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        say("depth", depth)
        sys.exit(0)
    depth += 1
say("leaf")
"""
    )
    lines = good(children.run(program, scripted.endpoint_url, ""))
    assert lines == ["leaf", "depth 1", "depth 0"]


# Ctrl-C

WAITS = {
    "open": 'client.open("s3://bucket/silent")',
    "read": "stream.read()",
    "readinto": "stream.readinto(bytearray(10**6))",
    "readline": "stream.readline()",
    "chunks": "list(stream.chunks())",
    "view": "stream.view()",
    "get_into": 'client.get_into("s3://bucket/silent", bytearray(10**6))',
    "get_ranges": "client.get_ranges(S3Url('s3://bucket/silent', 9000), [(0, 5), (7000, 9000)])",
    "head": 'client.head("s3://bucket/silent")',
    "list": 'list(client.list("s3://bucket/silent"))',
    "loader": 'list(IterableWrapper(["s3://bucket/silent"] * 9).load_files_by_s3(client=client))',
    "unordered": 'list(IterableWrapper(["s3://bucket/silent"] * 9).load_files_by_s3(client=client,'
    " read=ReadConfig(in_order=False)))",
    "lines": 'list(IterableWrapper(["s3://bucket/half"]).load_files_by_s3(client=client)'
    ".readlines(batch_size=8))",
    "asyncio": 'asyncio.run(client.get_async("s3://bucket/silent"))',
}


def silent(server: ScriptedServer) -> None:
    """Nothing comes of `silent`, and half a megabyte of `half`."""
    server.put("half", bytes(1_000_000))
    server.put("silent", noise(1_000_000))

    def script(request: Request) -> Answer | None:
        if "half" not in request.target or (request.range or (0, 0))[0] != 0:
            return Answer(after=server.never)
        answer = server.truth(request)
        if len(answer.body) <= 500_000:
            return answer
        return replace(answer, pause_at=500_000, until=server.never)

    server.script = script


def came_after(server: ScriptedServer, at: float) -> bool:
    return bool(server.requests) and server.requests[-1].at > at


def test_ctrl_c_ends_every_wait_within_200_ms(scripted: ScriptedServer, children: Children) -> None:
    silent(scripted)
    program = (
        PRELUDE
        + """
import asyncio
for line in sys.argv[3:]:
    stream = client.open("s3://bucket/half", read=CHUNKS) if "stream" in line else None
    if stream is not None:
        stream.read(1000)
    code = compile(line, "wait", "eval")
    try:
        say("waits", line)
        eval(code)
        say("returned")
    except KeyboardInterrupt:
        say("ended", time.monotonic())
    if stream is not None:
        stream.close()
leave()
"""
    )
    child = children.start(program, scripted.endpoint_url, "", *WAITS.values())
    latencies: dict[str, float] = {}
    at = 0.0
    for name, line in WAITS.items():
        child.wait_for_line(f"waits {line}")
        if "stream" not in line:
            # Its request is here: it waits, or is about to.
            scripted.wait_for(partial(came_after, scripted, at))
        sent = time.monotonic()
        child.interrupt()
        at = float(child.wait_for_line("ended", nth=len(latencies) + 1).split()[1])
        latencies[name] = at - sent
    good(child.end())
    print({n: f"{s * 1000:.0f} ms" for n, s in latencies.items()})  # noqa: T201 - for -rP
    worst = max(latencies.values())
    assert worst <= CTRL_C_S, latencies


# Dropped iterators and streams


def quiet() -> bool:
    now = s3pipes.stats()
    return now.requests_running == now.streams_open == now.memory_used_bytes == 0


def seconds_until_quiet(within_s: float = 10.0) -> float:
    began = time.monotonic()
    while not quiet():
        assert time.monotonic() < began + within_s, s3pipes.stats()
        threading.Event().wait(0.005)
    return time.monotonic() - began


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("answers", ["silent", "half", "all"])
def test_a_dropped_iterator_frees_everything(
    scripted: ScriptedServer, answers: str, in_order: bool
) -> None:
    seconds_until_quiet()
    urls = [scripted.put(f"k{i:03}", noise(300_000, i)) for i in range(100)]
    if answers != "all":

        def script(request: Request) -> Answer | None:
            if request.path == "/bucket/k000":
                return None
            if answers == "silent":
                return Answer(after=scripted.never)
            return replace(scripted.truth(request), pause_at=20_000, until=scripted.never)

        scripted.script = script
    client = S3Client(scripted.config())
    read = ReadConfig(chunk_bytes=64 * KiB, in_order=in_order)
    iterator = iter(IterableWrapper(urls).load_files_by_s3(client=client, read=read))
    _, stream = next(iterator)
    assert len(stream.read()) == 300_000
    scripted.wait_for_requests(8)
    assert s3pipes.stats().streams_open > 1
    del iterator, stream, _
    took = seconds_until_quiet()
    print(f"quiet after {took * 1000:.0f} ms")  # noqa: T201 - for -rP
    assert took < CANCEL_S
    if answers != "all":
        # Requests that were given up take their connections with them.
        scripted.wait_for(lambda: scripted.open_connections <= 5, within_s=CANCEL_S)
    assert s3pipes.stats().memory_outside_bytes == 0


def test_closing_and_dropping_streams_frees_everything(scripted: ScriptedServer) -> None:
    silent(scripted)
    seconds_until_quiet()
    client = S3Client(scripted.config(), ReadConfig(chunk_bytes=64 * KiB))
    for end in ("close", "drop", "with"):
        stream = client.open("s3://bucket/half")
        assert len(stream.read(1000)) == 1000
        assert s3pipes.stats().streams_open == 1
        if end == "close":
            stream.close()
        elif end == "with":
            with stream:
                pass
        del stream
        assert seconds_until_quiet() < CANCEL_S


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        None,
        fault(403, "AccessDenied"),
        fault(301, "PermanentRedirect", x_amz_bucket_region="eu-north-1"),
        Answer(cut_at=-1),
    ],
)
@pytest.mark.filterwarnings("ignore:The bucket .* is in eu-north-1")
def test_nothing_waits_for_the_garbage_collector(
    scripted: ScriptedServer, answer: Answer | None, in_order: bool
) -> None:
    """Whatever was answered, what is dropped is gone: no cycle holds it."""
    urls = [scripted.put(f"k{i}", b"content") for i in range(9)]
    scripted.script = lambda request: answer
    seconds_until_quiet()
    gc.disable()
    try:
        # A client of its own: the first look-up of an address asks botocore, which keeps frames.
        client = S3Client(scripted.config(retry=RetryConfig(max_attempts=1)))
        read = ReadConfig(in_order=in_order)
        for pipe in [IterableWrapper(urls).load_files_by_s3(client=client, read=read)] * 2:
            with contextlib.suppress(S3PipesError):
                next(iter(pipe))
        with contextlib.suppress(S3PipesError):
            client.get(urls[0])
        assert seconds_until_quiet() < CANCEL_S
    finally:
        gc.enable()


@pytest.mark.parametrize("whole", [True, False])
def test_a_kept_error_holds_no_memory(scripted: ScriptedServer, whole: bool) -> None:
    url = S3Url(scripted.put("k", noise(300_000)), 300_000)
    scripted.script = lambda request: (
        Answer(cut_at=-1) if request.range and request.range[0] == 128 * KiB else None
    )
    seconds_until_quiet()
    config = scripted.config(retry=RetryConfig(max_attempts=1))
    client = S3Client(config, ReadConfig(chunk_bytes=64 * KiB))
    with pytest.raises(s3pipes.RetriesExhausted) as kept:
        client.get(url) if whole else client.get_ranges(url, [(0, 300_000)])
    assert seconds_until_quiet() < CANCEL_S
    assert s3pipes.stats().memory_outside_bytes == 0
    assert kept.value.url == url


def test_a_dropped_listing_asks_for_no_further_page(scripted: ScriptedServer) -> None:
    for i in range(50):
        scripted.put(f"k{i:02}", b"")
    scripted.script = lambda request: (
        Answer(after=scripted.never) if "continuation-token" in request.query else None
    )
    urls = S3Client(scripted.config()).list("s3://bucket/", page_size=10)
    assert next(urls).key == "k00"
    scripted.wait_for_requests(2)
    del urls
    scripted.wait_for(lambda: scripted.open_connections <= 1, within_s=CANCEL_S)
    assert len(scripted.requests) == 2


def test_a_stream_that_another_thread_closes_is_not_short(scripted: ScriptedServer) -> None:
    silent(scripted)
    client = S3Client(scripted.config())
    stream = client.open("s3://bucket/half", read=ReadConfig(chunk_bytes=64 * KiB))
    native = stream._opened.native

    def close() -> None:
        scripted.wait_for_requests(2)
        stream.close()

    closer = threading.Thread(target=close)
    closer.start()
    with pytest.raises((s3pipes.TransferCancelled, ValueError)):
        stream.read()
    closer.join()
    with pytest.raises(s3pipes.TransferCancelled):
        native.read(10)
    with pytest.raises(ValueError, match="closed"):
        stream.read(1)


# The end of the interpreter


ENDINGS = {
    "all lies about": """
streams = [client.open(url, read=CHUNKS) for url in urls[:3]]
streams[0].read(10)
iterator = iter(IterableWrapper(urls).load_files_by_s3(client=client, read=CHUNKS))
item = next(iterator)
class Node: pass
node = Node(); node.self = node; node.stream = client.open(urls[0], read=CHUNKS)
sys.kept = client.get(urls[0]), list(client.open(urls[1], read=CHUNKS).chunks())
sys.kept_iterator = client.list("s3://bucket/", page_size=5)
next(sys.kept_iterator)
""",
    "daemon threads wait": """
stream = client.open(half, read=CHUNKS); stream.read(1000)
silent = "s3://bucket/silent"
for wait in (
    stream.read,
    lambda: list(client.list(silent)),
    lambda: client.get(silent),
    lambda: client.get_into(silent, bytearray(9)),
    lambda: client.head(silent),
):
    threading.Thread(target=wait, daemon=True).start()
""",
    "sys.exit within a loop": """
for _, stream in IterableWrapper(urls).load_files_by_s3(client=client, read=CHUNKS):
    stream.read(10)
    sys.exit(0)
""",
    "an error ends it": """
stream = client.open(urls[0], read=CHUNKS)
sys.excepthook = lambda *_: None
raise RuntimeError
""",
}


@pytest.mark.parametrize("tls", [False, True])
def test_the_interpreter_ends_cleanly_while_loading(
    children: Children, tmp_path: Path, tls: bool
) -> None:
    context, ca_file = certify(tmp_path) if tls else (None, None)
    with ScriptedServer(tls=context) as server:
        silent(server)
        for i in range(30):
            server.put(f"k{i:02}", noise(300_000, i))
        script = server.script
        server.script = lambda request: (
            script(request)
            if script and ("silent" in request.target or "half" in request.path)
            else None
        )
        arguments = (server.endpoint_url, ca_file or "")
        urls = 'urls = [f"s3://bucket/k{i:02}" for i in range(30)]; half = "s3://bucket/half"\n'
        started = {
            name: children.start(PRELUDE + urls + program, *arguments)
            for name, program in ENDINGS.items()
        }
        for name, child in started.items():
            ended = child.end(within_s=100)
            assert ended.code == (1 if name == "an error ends it" else 0), (name, ended)
            # A daemon thread tells that its wait was ended.
            cancelled = "daemon" in name and "TransferCancelled" in ended.err
            assert ended.err == "" or cancelled, (name, ended.err)


def test_an_engine_is_made_in_the_process_that_uses_it(children: Children) -> None:
    program = (
        PRELUDE
        + """
assert s3pipes.stats() == s3pipes.stats().__class__()
assert threading.active_count() == 1
before = len(os.listdir("/proc/self/task"))
pickle.loads(pickle.dumps(client)), repr(client)
pipe = IterableWrapper(["s3://b/"]).list_files_by_s3(client=client).load_files_by_s3(client=client)
pickle.loads(pickle.dumps(pipe))
assert len(os.listdir("/proc/self/task")) == before
say("ok")
leave()
"""
    )
    assert good(children.run(program, "http://127.0.0.1:1", "")) == ["ok"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", s3pipes.__version__)
