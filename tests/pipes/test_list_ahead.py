"""Listing ahead: prefixes side by side, and one prefix in parallel."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace

from s3pipes import S3Client, S3FileLister


def test_the_next_page_is_not_asked_for_by_who_looks_at_the_first_prefix(scripted):
    taken = []
    for key in ("a/1", "a/2", "img", "z"):
        scripted.put(key, b"")

    def prefixes():
        for prefix in ("a", "img", "z"):
            taken.append(prefix)
            yield f"s3://bucket/{prefix}"

    urls = iter(S3FileLister(prefixes(), client=S3Client(scripted.config())))
    next(urls)
    assert taken == ["a"]
    assert [url.key for url in urls] == ["a/2", "img", "z"]


def test_prefixes_are_listed_side_by_side(scripted):
    """Further on: the answer for one comes only when the next eight have been asked for."""
    for i in range(30):
        scripted.put(f"{i:02}/k", b"")
    held = threading.Event()
    scripted.script = lambda request: (
        replace(scripted.truth(request), after=held) if request.query["prefix"] == "07/" else None
    )
    source = [f"s3://bucket/{i:02}/" for i in range(30)]
    urls = iter(S3FileLister(source, client=S3Client(scripted.config())))
    got = [next(urls).key for _ in range(7)]
    later = threading.Thread(target=lambda: got.extend(url.key for url in urls))
    later.start()
    scripted.wait_for_requests(15)
    held.set()
    later.join()
    assert got == [f"{i:02}/k" for i in range(30)]
    assert len(scripted.requests) == 30


def test_one_prefix_is_listed_in_parallel(scripted):
    """Pieces begin at keys of their own, and run at once."""
    keys = [hashlib.md5(b"%d" % i).hexdigest() for i in range(2000)]
    for key in keys:
        scripted.put(key, b"")
    together = threading.Event()

    def script(request):
        begun = "start-after" in request.query
        if begun and sum("start-after" in one.query for one in scripted.requests) > 1:
            together.set()
        # Slower than a near store: such are listed page after page.
        return replace(scripted.truth(request), after=together if begun else None, pace_s=0.01)

    scripted.script = script
    listed = S3Client(scripted.config()).list("s3://bucket/", page_size=50)
    assert [url.key for url in listed] == sorted(keys)
    assert together.is_set()
