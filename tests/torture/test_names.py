"""Names whose addresses change."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3pipes.testing.children import Children
from tests.allowance import at_most
from tests.ends import good
from tests.programs import names


def test_a_name_that_leads_elsewhere_is_looked_up_anew(children: Children, tmp_path: Path) -> None:
    (line,) = good(children.run(names.moves, str(tmp_path / "hosts"), within_s=100))
    if line == "may not":
        pytest.skip("only root has a /etc/hosts of its own")
    assert float(line.split()[1]) < at_most(15)
