"""A fork while objects are on their way over TLS."""

from __future__ import annotations

from torture.faults import mixed
from torture.nursery import nursery
from torture.programs import forking
from torture.row import Measure, Result, Row, Scale
from torture.store import KIB, MIB, Family, store


class Forks(Row):
    """Both sides read on, each with connections of its own, while requests fail."""

    name = "forks"
    title = "fork in the middle of a load over TLS, both go on"
    target = "byte-equal in both"
    minutes = 1

    def run(self, scale: Scale) -> Result:
        """Small and large objects, at several places, under 1 % mixed faults."""
        families = (
            Family("small", scale.of(2000, 300), 110 * KIB),
            Family("large", scale.of(16, 4), 16 * MIB),
        )
        turns = scale.of(6, 1)
        said: list[list[str]] = []
        with (
            nursery() as children,
            store("s3-standard", *families, tls=True) as server,
        ):
            mixed(server, 0.01)
            for family in families:
                ended = children.run(
                    forking.twice,
                    server.endpoint_url,
                    str(server.ca_file),
                    family.prefix,
                    turns,
                    within_s=120,
                )
                said += [line.split(maxsplit=4) for line in ended.out.splitlines()]
        sides = [words for words in said if words[0] in ("parent", "child")]
        codes = [words[1] for words in said if words[0] == "code"]
        wanted = turns * 2 * sum(family.count for family in families)
        return Result(
            measures=(
                Measure(
                    name="right in both, of all",
                    value=sum(int(words[1]) for words in sides) / wanted,
                    at_least=1,
                ),
                Measure(name="wrong", value=sum(int(words[2]) for words in sides), at_most=0),
                Measure(name="errors", value=sum(int(words[3]) for words in sides), at_most=0),
                Measure(name="forks", value=codes.count("0"), at_least=2 * turns),
            ),
            notes=tuple(" ".join(words) for words in sides if words[2:4] != ["0", "0"]),
        )
