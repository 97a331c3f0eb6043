"""What is published and what its connector file says, compared."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from facade.catalog.connector_file import ConnectorFile
from facade.catalog.drift import SOURCE, drift
from facade.catalog.sourcing import given_digest
from facade.model.change import Draft
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Connector, Destination, State, Version

NOW = datetime(2030, 1, 1, tzinfo=UTC)
TEXT = '{"openapi": "3.1.0"}'
PETS = ConnectorName("pets")


def version(key: str, **said: Any) -> Version:
    draft = Draft(spec_text=TEXT)
    made = Version(
        name=VersionName("pets", key),
        spec_digest=given_digest(draft),
        create_time=NOW,
        update_time=NOW,
        state=State.ACTIVE,
        traffic_percent=100,
    )
    return dataclasses.replace(made, **said)


def connector(*versions: Version, **said: Any) -> Connector:
    by_id = {each.name.version: each for each in versions}
    made = Connector(
        name=PETS, labels={SOURCE: "directory"}, create_time=NOW, update_time=NOW, versions=by_id
    )
    return dataclasses.replace(made, **said)


FILE = ConnectorFile(
    source="pets.yaml",
    name=PETS,
    labels={},
    drafts={"v1": Draft(spec_text=TEXT)},
    live={"v1": 100},
)
IDLE = {"state": State.READY, "traffic_percent": 0}
HALF = {"traffic_percent": 50}
V1 = "connectors/pets/versions/v1"


@pytest.mark.parametrize(
    ("published", "lines"),
    [
        (connector(version("v1")), ()),
        (None, ("connectors/pets is gone",)),
        (connector(version("v1"), title="Cats"), ("connectors/pets has another title",)),
        (connector(version("v1"), labels={"a": "b"}), ("connectors/pets has another labels",)),
        (connector(version("v1", notes="n")), (f"{V1} has another notes",)),
        (
            connector(version("v1", spec_digest="0", destination=Destination(uri="https://a.b"))),
            (f"{V1} has another spec, server",),
        ),
        (
            connector(version("v1"), version("v2", **IDLE)),
            ("connectors/pets/versions/v2 stands in no file",),
        ),
        (
            connector(version("v1", **HALF), version("v2", **HALF)),
            (
                "connectors/pets serves v1 50%, v2 50% in place of v1 100%",
                "connectors/pets/versions/v2 stands in no file",
            ),
        ),
        (
            connector(version("v1", matches={"x-team": "blue*"})),
            (f"{V1} has calls where x-team=blue*",),
        ),
        (
            connector(version("v1", state=State.DEPRECATED, traffic_percent=0)),
            ("connectors/pets serves nothing in place of v1 100%", f"{V1} is deprecated"),
        ),
        (
            connector(),
            (f"{V1} is gone", "connectors/pets serves nothing in place of v1 100%"),
        ),
    ],
)
def test_each_thing_that_differs_has_its_line(
    published: Connector | None, lines: tuple[str, ...]
) -> None:
    assert drift(FILE, published) == lines
