"""Descriptions: connectors as types, with numbers that stay and samples that work."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from facade.app.connctd.descriptions import (
    NUMBERS,
    described,
    number_of,
    numbered,
    of_type,
    serving,
    type_of,
)
from facade.model.action import Location
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Connector, State, Variable, VariableType, Version

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def connector(
    id_: str,
    *versions: Version,
    labels: Mapping[str, str] | None = None,
    later: int = 0,
    **fields: Any,
) -> Connector:
    moment = NOW + timedelta(seconds=later)
    return Connector(
        name=ConnectorName(id_),
        labels=labels or {},
        create_time=moment,
        update_time=moment,
        versions={each.name.version: each for each in versions},
        **fields,
    )


def version(*variables: Variable, id_: str = "v1", percent: int = 100) -> Version:
    return Version(
        name=VersionName("x", id_),
        spec_digest="",
        variables=variables,
        state=State.ACTIVE if percent else State.READY,
        traffic_percent=percent,
        create_time=NOW,
        update_time=NOW,
    )


def tree(found: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(found))


def test_c01_a_description_has_the_seeds_fields() -> None:
    found = described(connector("netatmo", version(), title="Netatmo"), 2)
    assert tree(found) == {
        "id": 2,
        "type_id": "netatmo",
        "name": "Netatmo",
        "description": "",
        "logo": "",
        "sample_instance_configuration": {"connector_type_id": "netatmo"},
        "sample_client_configuration": {"connector_type_id": "netatmo"},
    }


def test_c01_samples_have_a_value_of_each_variables_type() -> None:
    header = Location.HEADER
    found = described(
        connector(
            "x",
            version(
                Variable(name="key", location=header),
                Variable(name="days", location=header, type=VariableType.INTEGER),
                Variable(name="unit", location=header, choices=("celsius", "kelvin")),
                Variable(name="host", location=None, value="eu"),
                Variable(name="hidden", location=header, secret="env:X"),
                Variable(name="lang", location=header, value="en", overridable=True),
            ),
        ),
        1,
    )
    assert found.sample_instance_configuration.configuration == {
        "key": "abc",
        "days": 1,
        "unit": "celsius",
        "host": "eu",
        "hidden": "abc",
        "lang": "en",
    }
    assert found.sample_client_configuration.configuration == {"lang": "en"}


def test_labels_say_the_type_and_the_logo() -> None:
    named = connector("weather", version(), labels={"connctd-type-id": "owm", "connctd-logo": "/l"})
    assert (type_of(named), described(named, 1).logo) == ("owm", "/l")
    assert of_type([connector("other"), named], "owm") is named
    assert of_type([named], "weather") is None


def test_of_two_connectors_of_a_type_it_is_the_first_by_id() -> None:
    two = [connector(each, labels={"connctd-type-id": "t"}) for each in ("b", "a")]
    assert of_type(two, "t") is two[1]


def test_numbers_are_positive_small_and_stay_as_others_come_and_go() -> None:
    many = [connector(f"c{number}", later=number) for number in range(300)]
    found = numbered(many)
    assert len(found) == 300
    assert all(0 < number <= NUMBERS for number in found)
    assert number_of(many[200:], "c250") == number_of(many, "c250")
    assert found[number_of(many, "c7")].name.connector == "c7"


def test_the_version_that_serves_most_calls_gives_the_samples() -> None:
    old, new = version(percent=90), version(id_="v2", percent=10)
    assert serving(connector("x", old, new)) is old
    assert serving(connector("x", version(percent=0))) is None
