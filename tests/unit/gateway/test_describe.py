"""What `portico describe` says of where a version's calls go."""

import pytest

from gateway.cli.describe import _version_facts
from gateway.v1.version_pb2 import ConnectorVersion, Direct, Indirect

NAME = "connectors/shop/versions/v1"
WHERE = ("Server", "Facade", "Mark")


@pytest.mark.parametrize(
    ("version", "told"),
    [
        (ConnectorVersion(), {"Server": "as documented"}),
        (
            ConnectorVersion(direct=Direct(base_uri="a", more_base_uris=["b"])),
            {"Server": "a, b"},
        ),
        (ConnectorVersion(indirect=Indirect()), {"Facade": "as documented"}),
        (
            ConnectorVersion(indirect=Indirect(facade_uri="a", more_facade_uris=["b"])),
            {"Facade": "a, b"},
        ),
        (
            ConnectorVersion(indirect=Indirect(facade_uri="a", mark="x-facade")),
            {"Facade": "a", "Mark": "x-facade"},
        ),
    ],
)
def test_where_calls_go(version: ConnectorVersion, told: dict[str, str]) -> None:
    version.name = NAME
    facts = dict(_version_facts(version))
    assert {name: facts[name] for name in WHERE if facts.get(name)} == told
