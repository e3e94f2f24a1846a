"""Credentials that end all the time, and a clock that is wrong."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from s3pipes.testing import SimulatedS3
from s3pipes.testing.children import Children
from torture.nursery import nursery
from torture.programs import lasting
from torture.row import Measure, Result, Row, Scale
from torture.store import KIB, Family, store

_OBJECTS = Family("objects", 200, 16 * KIB)
_ISSUER = Path(__file__).parent / "programs" / "issuer.py"


class Credentials(Row):
    """Temporary credentials from a program, as SSO and roles give them; a clock an hour behind."""

    name = "credentials"
    title = "credentials of 60 s life for 5 minutes; clock off by an hour"
    target = "no error"
    minutes = 5.5

    def run(self, scale: Scale) -> Result:
        """Epochs all the while; the store refuses tokens that have ended, and skewed dates."""
        life_s, lasts_s = scale.of((60.0, 300.0), (2.0, 5.0))
        with tempfile.TemporaryDirectory() as folder, nursery() as children:
            calls = Path(folder) / "calls"
            calls.touch()
            config = Path(folder) / "config"
            issue = f"{sys.executable} {_ISSUER} {SimulatedS3.access_key} {SimulatedS3.secret_key}"
            config.write_text(f"[default]\ncredential_process = {issue} {life_s} {calls}\n")
            temporary = {"AWS_CONFIG_FILE": str(config)}
            with store("s3-standard", _OBJECTS, token_life_s=life_s) as server:
                short_lived = _read(children, server, temporary, lasts_s)
            issued = len(calls.read_text())
            fixed = {
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_ACCESS_KEY_ID": SimulatedS3.access_key,
                "AWS_SECRET_ACCESS_KEY": SimulatedS3.secret_key,
            }
            skewed = []
            for offset_s in (3600.0, -3600.0):
                with store("s3-standard", _OBJECTS, clock_offset_s=offset_s) as server:
                    skewed.append(_read(children, server, fixed, scale.of(10.0, 1.0)))
        every = [short_lived, *skewed]
        return Result(
            measures=(
                Measure(name="errors", value=sum(int(words[3]) for words in every), at_most=0),
                Measure(name="wrong objects", value=sum(int(w[2]) for w in every), at_most=0),
                Measure(
                    name="objects read",
                    value=sum(int(w[1]) for w in every),
                    at_least=_OBJECTS.count,
                ),
                Measure(name="credentials issued", value=issued, at_least=lasts_s / life_s - 1),
            ),
            notes=tuple(" ".join(words) for words in every),
        )


def _read(
    children: Children, server: SimulatedS3, environment: dict[str, str], lasts_s: float
) -> list[str]:
    ended = children.run(
        lasting.read_for,
        server.endpoint_url,
        server.region,
        _OBJECTS.label,
        _OBJECTS.count,
        _OBJECTS.object_bytes,
        lasts_s,
        within_s=lasts_s + 120,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        **environment,
    )
    said = [line.split(maxsplit=4) for line in ended.out.splitlines() if line.startswith("read")]
    assert len(said) == 1, ended.err or ended.out
    return said[0]
