"""What every test shares: an environment without the user's AWS settings, and two real servers."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import s3pipes
from s3pipes.testing import MotoServer, ScriptedServer, SeaweedServer
from s3pipes.testing.children import Children
from s3pipes.testing.server import S3Server
from tests.promises.outcomes import Outcomes

# Timings on a shared machine say nothing about the code.
settings.register_profile(
    "s3pipes", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("s3pipes")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("sanitized", "files and folders whose tests run under sanitizers", "linelist")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Outcomes())
    module = os.environ.get("S3PIPES_SANITIZED_MODULE")
    if module:
        native = [name for name in sys.modules if name.endswith("._native")]
        loaded = [sys.modules[name].__file__ for name in native if name.startswith("s3pipes.")]
        assert loaded == [module], f"not the module under sanitizers: {loaded}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    listed = [config.rootpath / line for line in config.getini("sanitized")]
    assert all(path.exists() for path in listed), listed
    for item in items:
        if any(item.path.is_relative_to(path) for path in listed):
            item.add_marker("sanitized")


@pytest.fixture(scope="session", autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting of the user reaches a test, and no test reaches the user's account."""
    empty = tmp_path_factory.mktemp("aws") / "empty"
    empty.write_text("")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "S3_")) or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("AWS_CONFIG_FILE", str(empty))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(empty))
        patch.setenv("BOTO_CONFIG", str(empty))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(autouse=True)
def nothing_left_open(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A test leaves no stream open that it did not find: the next one may count them."""
    before = s3pipes.stats().streams_open
    yield
    if s3pipes.stats().streams_open > before:
        # Slow, so only when there is cause: a caught error and what it was raised in are a cycle,
        # and so is a pipe that was forked; a log record may hold either.
        caplog.get_records("call").clear()
        gc.collect()
        assert s3pipes.stats().streams_open <= before


@pytest.fixture(scope="session")
def moto() -> Iterator[S3Server]:
    """moto, in this process."""
    with MotoServer() as server:
        yield server


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """SeaweedFS, which checks signatures."""
    with SeaweedServer(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="session", params=["moto", "seaweed"])
def s3(request: pytest.FixtureRequest) -> S3Server:
    """Either server in turn."""
    server: S3Server = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """A server that says what the test's script says."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="session")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    """Programs in processes of their own."""
    with Children(tmp_path_factory.mktemp("children")) as started:
        yield started
