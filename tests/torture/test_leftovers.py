"""What is held after the last drop, while the store fails: nothing, within a second."""

from __future__ import annotations

from pathlib import Path

from s3pipes.testing.children import Children
from tests.allowance import at_most
from tests.ends import good
from tests.noise import noise
from tests.programs import under_faults
from tests.torture.servers import failing_now_and_then, over_tls


def test_all_gauges_are_at_zero_a_second_after_the_last_drop(
    children: Children, tmp_path: Path
) -> None:
    with over_tls(tmp_path) as (server, ca_file):
        for number in range(40):
            server.put(f"k{number:02}", noise(under_faults.SIZE, number))
        server.script = failing_now_and_then(server, share=0.1)
        ended = children.run(
            under_faults.nothing_is_left, server.endpoint_url, ca_file, 12, at_most(1.0)
        )
        lines = good(ended)
        print(lines)  # noqa: T201 - for -rP
        assert lines[-1] == "ok"
