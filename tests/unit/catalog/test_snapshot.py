"""A snapshot answers names: ids, `live` by share, and what was meant."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from facade.catalog.snapshot import Snapshot
from facade.errors.caller import ConnectorNotFound, VersionNotFound
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Connector, State, Version

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def connector(key: str, shares: dict[str, int], tenant: str = "") -> Connector:
    return Connector(
        name=ConnectorName(key, tenant),
        create_time=NOW,
        update_time=NOW,
        versions={
            each: Version(
                name=VersionName(key, each, tenant),
                spec_digest=each,
                state=State.ACTIVE if share else State.READY,
                traffic_percent=share,
                create_time=NOW,
                update_time=NOW,
            )
            for each, share in shares.items()
        },
    )


CONNECTORS = (
    connector("pets", {"v1": 70, "v2": 30, "v3": 0}),
    connector("alone", {"v1": 100}),
    connector("idle", {"v1": 0}),
    connector("many", {f"release-{number}": 0 for number in range(5)}),
    connector("pets", {"v9": 100}, "zoo"),
    connector("cattle", {"v1": 100}, "farm"),
)
SNAPSHOT = Snapshot.of(1, {each.name: each for each in CONNECTORS})


def never() -> float:
    raise AssertionError("one live version needs no dice")


def test_live_goes_to_each_version_as_often_as_its_share_says() -> None:
    points = iter([number / 100 for number in range(100)])
    picked = Counter(
        SNAPSHOT.pick(VersionName("pets", "live"), lambda: next(points)).name.version
        for _ in range(100)
    )
    assert picked == {"v1": 70, "v2": 30}


def test_one_live_version_is_found_without_dice() -> None:
    assert SNAPSHOT.pick(VersionName("alone", "live"), never).name == VersionName("alone", "v1")


def test_a_version_that_is_not_live_is_found_by_its_id() -> None:
    assert SNAPSHOT.pick(VersionName("pets", "v3"), never).name.version == "v3"


def test_live_of_a_connector_with_none_promoted_says_so() -> None:
    with pytest.raises(VersionNotFound, match="promote one"):
        SNAPSHOT.pick(VersionName("idle", "live"), lambda: 0.5)


def test_an_unknown_connector_is_not_found_with_what_may_have_been_meant() -> None:
    with pytest.raises(ConnectorNotFound) as caught:
        SNAPSHOT.pick(VersionName("petz", "live"), lambda: 0.5)
    resource = caught.value.details.resource
    assert resource is not None
    assert (resource.name, resource.suggestions) == ("connectors/petz", ("connectors/pets",))


def test_an_unknown_version_suggests_at_most_three() -> None:
    with pytest.raises(VersionNotFound) as caught:
        SNAPSHOT.pick(VersionName("many", "release-9"), never)
    resource = caught.value.details.resource
    assert resource is not None
    assert len(resource.suggestions) == 3
    assert set(resource.suggestions) < {f"connectors/many/versions/release-{n}" for n in range(5)}


def test_connectors_are_in_order_of_tenants_and_ids() -> None:
    ours = [ConnectorName(each) for each in ("alone", "idle", "many", "pets")]
    theirs = [ConnectorName("cattle", "farm"), ConnectorName("pets", "zoo")]
    assert list(SNAPSHOT.connectors) == [*ours, *theirs]
    assert [each.name for each in SNAPSHOT.tenants[""]] == ours


def test_a_name_finds_what_its_tenant_has_and_nothing_of_others() -> None:
    assert SNAPSHOT.pick(VersionName("pets", "live", "zoo"), never).name.version == "v9"
    for name in (VersionName("pets", "v9"), VersionName("pets", "v1", "zoo")):
        with pytest.raises(VersionNotFound):
            SNAPSHOT.pick(name, never)


def test_what_may_have_been_meant_is_of_the_same_tenant() -> None:
    with pytest.raises(ConnectorNotFound) as caught:
        SNAPSHOT.connector(ConnectorName("pets", "farm"))
    resource = caught.value.details.resource
    assert resource is not None
    assert (resource.name, resource.suggestions) == ("connectors/pets", ())
