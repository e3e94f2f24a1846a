"""Answers to what was given in place of an `s3://bucket/key`."""

from __future__ import annotations

import re
from pathlib import PurePath
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

_FORM = "s3://bucket/key"
_LONGEST_SHOWN = 200

# [bucket.]s3[-or.][dualstack.][region.]amazonaws.com[.cn]
_AMAZON = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:[.-](?P<region>(?!dualstack|amazonaws)[a-z0-9-]+))?"
    r"(?:\.dualstack\.(?P<dual>[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?"
)
_ARN = re.compile(r"arn:[\w-]+:s3:::([^/]+)/?(.*)", re.DOTALL)
_OTHER_CASE = re.compile(r"(?i:s3[an]?):/*(.*)", re.DOTALL)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def shown(text: str) -> str:
    """The text as a message may quote it: without what signs a URL, or stands before an `@`."""
    if _SCHEME.match(text):
        scheme, _, rest = text.partition("://")
        host, slash, path = rest.partition("/")
        if not scheme.lower().startswith("s3"):
            rest = host.rpartition("@")[2] + slash + path.partition("?")[0]
        elif ":" in host or "@" in host:
            rest = rest.rpartition("@")[2]  # a secret key may hold slashes
        text = f"{scheme}://{rest}"
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")


def not_an_s3_url(text: str) -> str:
    """What to write in place of a string that does not begin with `s3://`."""
    if len(text) == 1:
        return (
            f"Got {text!r}, a single character: a str stands where a list of URLs is wanted;"
            f" write [{_FORM!r}], as in IterableWrapper([{_FORM!r}])"
        )
    return f"Got {shown(text)}: {_instead(text.strip(chr(9) + chr(10) + chr(13) + ' ' + _QUOTES))}"


_QUOTES = "\"'"


def _instead(text: str) -> str:
    scheme = _SCHEME.match(text)
    name = scheme[1].lower() if scheme else ""
    bucket, other = _ARN.fullmatch(text), _OTHER_CASE.fullmatch(text)
    fix = f"write {shown('s3://' + text)}"
    if text.startswith("s3://"):
        fix = f"write {shown(text)}, without blanks or quotes around it"
    elif bucket:
        fix = f"write {shown(f's3://{bucket[1]}/{bucket[2]}')} for this ARN"
    elif text.startswith("arn:"):
        fix = "of ARNs only those of buckets have a URL; name an access point by its alias"
    elif name in ("http", "https"):
        fix = _of_http(text)
    elif other:
        fix = f"write {shown('s3://' + other[1])}"
        if re.match(r"s3:/?(?!/)", text):
            fix += " (pathlib and normpath make one slash of two)"
    elif name == "gs":
        fix = (
            f"write {shown('s3' + text[2:])} and"
            " ClientConfig(endpoint_url='https://storage.googleapis.com') with HMAC keys"
        )
    elif text.startswith(("file:", "/", "./", "../", "~")):
        fix = f"a local file is not read here, only {_FORM!r}; torch's FileOpener reads files"
    elif scheme:
        fix = f"only S3 and stores that are compatible with it are read here: {_FORM!r}"
    return fix


def _of_http(text: str) -> str:
    try:
        url = urlsplit(text)
        host, port = (url.hostname or "").lower(), url.port
    except ValueError:
        return f"write {_FORM!r}"
    path = unquote(url.path).lstrip("/")
    if host.endswith("console.aws.amazon.com"):
        return f"write {shown(_of_console(url))}"
    amazon = _AMAZON.fullmatch(host)
    if not amazon:
        where = f"{url.scheme}://{host}{f':{port}' if port else ''}"
        return (
            f"write {shown('s3://' + path) if path else repr(_FORM)} and name the server with"
            f" ClientConfig(endpoint_url={where!r})"
        )
    form = shown("s3://" + "/".join(part for part in (amazon["bucket"], path) if part))
    region = amazon["dual"] or amazon["region"]
    return f"write {form}" + (f" and ClientConfig(region={region!r})" if region else "")


def _of_console(url: SplitResult) -> str:
    bucket = unquote(url.path).rstrip("/").rpartition("/")[2]
    prefix = parse_qs(url.query).get("prefix", [""])[0]
    return f"s3://{bucket}/{prefix}"


def not_a_str(value: object) -> str:
    """What to write in place of what is no string at all."""
    if isinstance(value, PurePath):
        return f"A path makes one slash of two: write the str {_FORM!r}"
    if isinstance(value, bytes):
        return "Decode it"
    if isinstance(value, tuple) and len(value) == 2:  # noqa: PLR2004 - a pair
        return (
            "A pair is what load_files_by_s3() yields: it is loaded already. Where the pipe makes"
            " pairs of its own, map them to their URLs first"
        )
    if isinstance(value, (list, tuple, set)):
        return f"Give one list of URLs, not a list of lists: IterableWrapper([{_FORM!r}])"
    return f"Write {_FORM!r}"
