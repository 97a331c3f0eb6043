"""History: who served before, and the way back to that; pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from facade.catalog import missing, traffic
from facade.errors.caller import VersionNotFound
from facade.errors.fault import Details, Resource
from facade.model.change import Rollback
from facade.model.version import Connector, Traffic, Version

KEPT: Final = 20
"""Earlier states of the traffic that a connector remembers."""


def traffic_of(versions: Mapping[str, Version]) -> Traffic:
    """Who serves now."""
    return Traffic(
        shares=traffic.shares_of(versions),
        matches={key: dict(each.matches) for key, each in versions.items() if each.matches},
    )


def remembered(before: Connector | None, after: Connector) -> Connector:
    """Adds to a connector's history what served before a change, where that is another."""
    if before is None:
        return after
    was = traffic_of(before.versions)
    if not was.shares or was == traffic_of(after.versions):
        return after
    return replace(after, history=(*after.history, was)[-KEPT:])


def rolled_back(connector: Connector, change: Rollback) -> Connector:
    """Has those versions serve again that did; never goes forth again.

    Versions that are gone leave their share to the others; where none is left of an earlier
    state, the one before it counts. Raises VersionNotFound where there is no way back.
    """
    wanted = change.to.version if change.to is not None else ""
    for number in reversed(range(len(connector.history))):
        earlier = connector.history[number]
        shares = {key: each for key, each in earlier.shares.items() if key in connector.versions}
        if not shares or (wanted and wanted not in shares):
            continue
        settled = restored(connector.versions, traffic.scale(shares, traffic.WHOLE), earlier)
        return replace(connector, versions=settled, history=connector.history[:number])
    if change.to is not None and wanted not in connector.versions:
        raise missing.no_version(change.to, connector.versions)
    raise nowhere(connector, wanted)


def restored(
    versions: Mapping[str, Version], shares: Mapping[str, int], earlier: Traffic
) -> dict[str, Version]:
    """The versions with the traffic of before."""
    return {
        key: replace(each, matches=earlier.matches.get(key, {}))
        for key, each in traffic.settle(versions, shares).items()
    }


def nowhere(connector: Connector, wanted: str) -> VersionNotFound:
    """The fault of a way back that there is not."""
    who = f"`{wanted}` did not serve" if wanted else "nothing served"
    return VersionNotFound(
        f"`{connector.name}`: {who} before what serves now, as far as is known; promote a version",
        details=Details(resource=Resource(type=missing.CONNECTOR, name=str(connector.name))),
    )
