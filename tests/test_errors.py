"""The exception tree: what each says, what each is, and that nothing is lost on the way."""

from __future__ import annotations

import inspect
import pickle
from multiprocessing.reduction import ForkingPickler

import pytest
from torch._utils import ExceptionWrapper

from s3pipes import errors, retold
from s3pipes.errors import Failure, S3PipesError, translate

CLASSES = [
    cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, S3PipesError)
]

FIELDS = {
    "url": "s3://bucket/key",
    "range": (8388608, 16777216),
    "attempts": 10,
    "elapsed_s": 31.25,
    "status": 503,
    "code": "SlowDown",
    "request_id": "4442587FB7D0A2F9",
    "hint": "Ask for less",
}

NATIVE_KINDS = {
    "connection": errors.RetriesExhausted,
    "timeout": errors.TransferTimeout,
    "throttled": errors.RetriesExhausted,
    "server": errors.RetriesExhausted,
    "checksum_mismatch": errors.ChecksumMismatch,
    "expired_credentials": errors.AccessDenied,
    "wrong_region": errors.WrongRegion,
    "wrong_scheme": errors.ConfigError,
    "certificate": errors.BadCertificate,
    "access_denied": errors.AccessDenied,
    "bucket_not_found": errors.BucketNotFound,
    "object_not_found": errors.ObjectNotFound,
    "object_changed": errors.ObjectChanged,
    "range_not_satisfiable": errors.ObjectChanged,
    "not_s3": errors.BadResponse,
    "bad_response": errors.BadResponse,
    "request_refused": errors.RequestRefused,
    "config": errors.ConfigError,
    "cancelled": errors.TransferCancelled,
}


def translated(kind: str, **changes: object) -> S3PipesError:
    given: dict[str, object] = {
        "message": "what happened",
        "url": "s3://bucket/key",
        "begin": 0,
        "end": 0,
        "attempts": 3,
        "elapsed_s": 1.5,
        "status": 0,
        "code": "",
        "request_id": "",
        "region": "",
    }
    return translate(Failure(kind=kind, **(given | changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize("cls", CLASSES)
def test_pickles_with_every_field(cls: type[S3PipesError]) -> None:
    error = cls("it broke", **FIELDS)  # type: ignore[arg-type]
    error.__dict__["rank"] = 5
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert str(again) == str(error)
    assert again.__dict__["rank"] == 5
    for name, value in FIELDS.items():
        assert getattr(again, name) == value


@pytest.mark.parametrize("cls", CLASSES)
def test_one_string_is_enough_and_is_shown_as_it_is(cls: type[S3PipesError]) -> None:
    assert str(cls("only this")) == "only this"
    assert str(cls()) == ""


@pytest.mark.parametrize("cls", CLASSES)
def test_torch_raises_it_again_as_what_it_was(cls: type[S3PipesError]) -> None:
    # This is what a DataLoader does with an error of its worker.
    try:
        raise cls("it broke", **FIELDS)  # type: ignore[arg-type]
    except S3PipesError:
        wrapped = ExceptionWrapper(where="in DataLoader worker process 1")
    with pytest.raises(cls, match=r"worker process 1(.|\n)*bytes \[8388608, 16777216\)") as caught:
        ForkingPickler.loads(ForkingPickler.dumps(wrapped)).reraise()
    error = caught.value
    assert error.reason == "it broke"
    assert {name: getattr(error, name) for name in FIELDS} == FIELDS
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert str(error).count("it broke") == 2  # the source's line, and the text: not a third time


def wrapped_up(error: S3PipesError) -> ExceptionWrapper:
    try:
        raise error
    except S3PipesError:
        return ExceptionWrapper(where="in a worker")


def raised_of(wrapped: ExceptionWrapper) -> S3PipesError:
    with pytest.raises(S3PipesError) as caught:
        wrapped.reraise()
    return caught.value


def test_errors_whose_texts_begin_alike_are_told_apart() -> None:
    texts = ["gone", "gone for good", "gone"]
    errors_ = [errors.ObjectChanged(text, url=f"s3://b/{i}") for i, text in enumerate(texts)]
    for error, wrapped in [(error, wrapped_up(error)) for error in errors_]:
        assert raised_of(wrapped).url == error.url


def test_of_an_error_and_its_cause_the_error_is_raised_again() -> None:
    try:
        try:
            raise errors.ObjectNotFound("no such key", url="s3://b/cause")
        except S3PipesError as cause:
            raise errors.ObjectNotFound("nor this", url="s3://b/error") from cause
    except S3PipesError:
        wrapped = ExceptionWrapper(where="in a worker")
    assert raised_of(wrapped).url == "s3://b/error"


def test_an_error_of_a_worker_may_pass_another_worker() -> None:
    region = translated("wrong_region", region="eu-west-1", status=301, request_id="R")
    twice = raised_of(wrapped_up(raised_of(wrapped_up(region))))
    assert isinstance(twice, errors.WrongRegion)
    assert (twice.region, twice.status, twice.request_id) == ("eu-west-1", 301, "R")


def test_an_error_that_nobody_knows_keeps_the_text() -> None:
    text = "Caught ObjectNotFound in a worker.\nOriginal Traceback: never heard of"
    error = errors.ObjectNotFound(text)
    assert (str(error), error.reason, error.url) == (text, text, None)


def test_what_was_told_is_forgotten_in_time() -> None:
    for i in range(1000):
        str(S3PipesError("number", url=f"s3://b/{i}"))
    assert len(retold._told) < 100


def test_repr_names_the_url() -> None:
    error = errors.RetriesExhausted("the store is busy", **FIELDS)  # type: ignore[arg-type]
    assert repr(error) == (
        "RetriesExhausted('the store is busy', url='s3://bucket/key', range=(8388608, 16777216),"
        " attempts=10, elapsed_s=31.25, status=503, code='SlowDown',"
        " request_id='4442587FB7D0A2F9')"
    )
    assert repr(raised_of(wrapped_up(error))) == repr(error)
    assert repr(S3PipesError("no luck")) == "S3PipesError('no luck')"


def test_the_message_says_what_where_how_often_and_what_to_do() -> None:
    text = str(S3PipesError("the store is busy", **FIELDS))  # type: ignore[arg-type]
    assert text == (
        "s3://bucket/key bytes [8388608, 16777216): the store is busy (S3 answered 503 SlowDown,"
        " 10 attempts in 31.2 s, request id 4442587FB7D0A2F9). Ask for less"
    )


def test_the_message_leaves_out_what_is_unknown() -> None:
    assert str(S3PipesError("no luck", url="s3://b/k")) == "s3://b/k: no luck"
    assert str(S3PipesError("no luck", attempts=1)) == "no luck (1 attempt in 0.0 s)"


def test_a_key_cannot_forge_a_log_line() -> None:
    text = str(S3PipesError("gone", url="s3://b/k\nINFO all is well\x1b[2J"))
    assert text == "s3://b/k\\nINFO all is well\\x1b[2J: gone"


@pytest.mark.parametrize(("kind", "cls"), NATIVE_KINDS.items())
def test_translate_by_kind(kind: str, cls: type[S3PipesError]) -> None:
    error = translated(kind, begin=5, end=9, status=400, code="X", request_id="R")
    assert type(error) is cls
    assert error.reason == "what happened"
    assert (error.url, error.range, error.attempts) == ("s3://bucket/key", (5, 9), 3)
    assert (error.elapsed_s, error.status, error.code) == (1.5, 400, "X")
    assert error.request_id == "R"


@pytest.mark.parametrize(
    "kind", sorted(NATIVE_KINDS.keys() - {"config", "cancelled", "request_refused"})
)
def test_every_kind_the_user_can_act_upon_has_a_hint(kind: str) -> None:
    assert translated(kind).hint


def test_translate_knows_every_native_kind() -> None:
    assert errors._CLASSES.keys() == NATIVE_KINDS.keys()


def test_an_unknown_kind_is_still_an_error_of_ours() -> None:
    assert type(translated("from the future")) is S3PipesError


def test_no_range_and_no_url() -> None:
    error = translated("server", url="")
    assert error.range is None
    assert error.url is None


def test_wrong_region_says_which_is_right() -> None:
    error = translated("wrong_region", region="eu-west-1")
    assert "ClientConfig(region='eu-west-1')" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, errors.WrongRegion)
    assert isinstance(again, errors.ConfigError)
    assert again.region == "eu-west-1"


def test_the_code_knows_better_than_the_kind() -> None:
    assert "clock" in translated("access_denied", code="RequestTimeTooSkewed").hint


def test_a_missing_object_is_also_pythons_own_error() -> None:
    error = translated("object_not_found")
    assert isinstance(error, FileNotFoundError)
    assert isinstance(error, ValueError)  # what torchdata raised
    assert error.errno == 2
    assert error.filename == "s3://bucket/key"
    assert isinstance(translated("timeout"), TimeoutError)
    assert isinstance(translated("access_denied"), PermissionError)


@pytest.mark.parametrize("kind", ["connection", "timeout", "throttled", "server", "object_changed"])
def test_trouble_that_is_not_the_urls_fault_is_no_value_error(kind: str) -> None:
    assert not isinstance(translated(kind), ValueError)


OF_ONE_OBJECT = {
    *("AccessDenied", "BadResponse", "ChecksumMismatch", "ObjectChanged", "ObjectNotFound"),
    "RequestRefused",
}


def test_which_errors_concern_one_object_alone() -> None:
    """And so may be left out; each new class has to be decided upon."""
    names = {cls.__name__ for cls in CLASSES}
    found = {cls.__name__ for cls in CLASSES if cls("what happened").of_one_object}
    assert found == OF_ONE_OBJECT & names


@pytest.mark.parametrize(
    ("kind", "known", "of_one_object"),
    [
        ("access_denied", {"code": "AccessDenied", "status": 403}, True),
        ("access_denied", {"code": "SignatureDoesNotMatch", "status": 403}, False),
        ("expired_credentials", {"code": "ExpiredToken", "status": 400}, False),
        ("server", {"code": "InternalError", "status": 500}, True),
        ("throttled", {"code": "SlowDown", "status": 503}, False),
        ("throttled", {"status": 429}, False),
        ("connection", {}, False),
        ("timeout", {}, False),
    ],
)
def test_what_the_store_said_decides_whether_it_is_the_object(
    kind: str, known: dict[str, object], of_one_object: bool
) -> None:
    error = translated(kind, **known)
    assert error.of_one_object is of_one_object
    assert pickle.loads(pickle.dumps(error)).of_one_object is of_one_object
