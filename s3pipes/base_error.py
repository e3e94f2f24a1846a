"""`S3PipesError`: what every error knows and says, and keeps on its way between processes."""

from __future__ import annotations

from typing import Any

from s3pipes import retold

# What repr() shows beside the reason, and what an error brings with it from a worker.
_SHOWN = ("url", "range", "attempts", "elapsed_s", "status", "code", "request_id", "region")
_FIELDS = ("reason", *_SHOWN, "hint")


class S3PipesError(Exception):
    """Base of all errors of s3pipes.

    Every class pickles with all its fields, and can be made from one string alone. torch does so
    when a DataLoader worker fails: of the worker's traceback it is made with the fields that the
    worker's error had.

    Attributes:
        reason: what went wrong, without where and how often.
        url: the `s3://` URL concerned, or None.
        range: bytes `(begin, end)` of the object that were asked for, end exclusive, or None.
        attempts: how many requests were sent; 0 where none was.
        elapsed_s: seconds from the first attempt to giving up.
        status: HTTP status of the last answer; 0 where none came.
        code: S3's own word for it (`SlowDown`), or "".
        request_id: S3's request id, which its operators ask for, or "".
        hint: what the user can do, or "".
    """

    __module__ = "s3pipes.errors"  # where users find it

    # What torch said of it, with the worker's traceback: then that is its text.
    _retold = ""

    def __init__(
        self,
        reason: str = "",
        *,
        url: str | None = None,
        range: tuple[int, int] | None = None,
        attempts: int = 0,
        elapsed_s: float = 0.0,
        status: int = 0,
        code: str = "",
        request_id: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.url = url
        self.range = range
        self.attempts = attempts
        self.elapsed_s = elapsed_s
        self.status = status
        self.code = code
        self.request_id = request_id
        self.hint = hint
        if reason.startswith("Caught "):
            told = retold.last_told(type(self).__qualname__, reason)
            if told is not None:
                self.__dict__.update(told.fields, _retold=reason)

    def __str__(self) -> str:
        text = self._retold or self._text()
        fields = {name: value for name, value in vars(self).items() if name in _FIELDS}
        retold.tell(type(self).__qualname__, text, fields)
        return text

    def __repr__(self) -> str:
        known = [f"{name}={vars(self)[name]!r}" for name in _SHOWN if vars(self).get(name)]
        return f"{type(self).__name__}({', '.join([repr(self.reason), *known])})"

    def _text(self) -> str:
        where = "" if self.url is None else _printable(self.url)
        if self.range is not None:
            where += f" bytes [{self.range[0]}, {self.range[1]})"
        text = ": ".join(part for part in (where.strip(), self.reason) if part)
        seen = self._circumstances()
        if seen:
            text += f" ({seen})"
        if self.hint:
            text += f". {self.hint}" if text else self.hint
        return text

    def _circumstances(self) -> str:
        seen = []
        answer = " ".join(part for part in (str(self.status or ""), self.code) if part)
        if answer:
            seen.append(f"S3 answered {answer}")
        if self.attempts:
            times = "attempt" if self.attempts == 1 else "attempts"
            seen.append(f"{self.attempts} {times} in {self.elapsed_s:.1f} s")
        if self.request_id:
            seen.append(f"request id {self.request_id}")
        return ", ".join(seen)

    @property
    def of_one_object(self) -> bool:
        """Whether it says something of this object alone, and nothing of the next.

        What `ReadConfig(on_error="skip")` may leave out.
        """
        return False

    # Without this the state of OSError's subclasses would be lost: they pickle by (errno, text).
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason,), self.__dict__


def _printable(url: str) -> str:
    # A key may hold line feeds and control characters; a log line may not.
    return url if url.isprintable() else url.encode("unicode_escape").decode("ascii")
