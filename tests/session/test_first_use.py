"""A fork may come while another thread imports botocore."""

from __future__ import annotations

import pytest

from s3pipes.testing import ScriptedServer
from s3pipes.testing.children import Children
from tests.ends import good
from tests.noise import noise
from tests.programs import first_use


@pytest.mark.parametrize("module", ["botocore", "botocore.session", "botocore.client", "urllib3"])
def test_a_fork_during_another_threads_first_use(
    scripted: ScriptedServer, children: Children, module: str
) -> None:
    """The child reads an object; it does not wait for a lock of a thread that it does not have."""
    scripted.put("k", noise(first_use.SIZE))
    ended = children.run(first_use.fork_during_import, scripted.endpoint_url, module)
    assert good(ended) == ["ok"]
