"""Drift: where what is published is not what its connector file says; pure."""

from collections.abc import Mapping

from facade.catalog import traffic
from facade.catalog.connector_file import ConnectorFile, differing
from facade.model.names import VersionName
from facade.model.version import Connector, State

SOURCE = "portico.source"
"""The label of the connectors that come from a folder; no file says it."""


def drift(file: ConnectorFile, connector: Connector | None) -> tuple[str, ...]:
    """All that differs, a line for each; none where the connector is as its file says."""
    if connector is None:
        return (f"{file.name} is gone",)
    return (
        *_described(file, connector),
        *_changed(file, connector),
        *_traffic(file, connector),
        *strangers(file, connector),
        *marks(file, connector),
    )


def strangers(file: ConnectorFile, connector: Connector) -> tuple[str, ...]:
    """The versions that stand in no file."""
    return tuple(
        f"{each.name} stands in no file"
        for key, each in connector.versions.items()
        if key not in file.drafts
    )


def marks(file: ConnectorFile, connector: Connector) -> tuple[str, ...]:
    """What no file can say, of the versions that stand in it: deprecations and canary rules."""
    lines = []
    for key, each in connector.versions.items():
        if key not in file.drafts:
            continue
        if each.state is State.DEPRECATED:
            lines.append(f"{each.name} is deprecated")
        if each.matches:
            rules = " or ".join(f"{name}={value}" for name, value in sorted(each.matches.items()))
            lines.append(f"{each.name} has calls where {rules}")
    return tuple(lines)


def _described(file: ConnectorFile, connector: Connector) -> tuple[str, ...]:
    labels = {key: each for key, each in connector.labels.items() if key != SOURCE}
    same = {
        "title": connector.title == file.title,
        "description": connector.description == file.description,
        "labels": labels == file.labels,
    }
    return _others(str(file.name), [key for key, is_same in same.items() if not is_same])


def _changed(file: ConnectorFile, connector: Connector) -> tuple[str, ...]:
    lines: list[str] = []
    for key, draft in file.drafts.items():
        held = connector.versions.get(key)
        name = VersionName(file.name.connector, key, file.name.tenant)
        if held is None:
            lines.append(f"{name} is gone")
            continue
        keys = differing(held, draft)
        keys += [
            each for each in ("labels", "notes") if getattr(held, each) != getattr(draft, each)
        ]
        lines += _others(str(name), keys)
    return tuple(lines)


def _others(name: str, keys: list[str]) -> tuple[str, ...]:
    return (f"{name} has another {', '.join(keys)}",) if keys else ()


def _traffic(file: ConnectorFile, connector: Connector) -> tuple[str, ...]:
    shares = traffic.shares_of(connector.versions)
    if shares == file.live:
        return ()
    return (f"{file.name} serves {_shares(shares)} in place of {_shares(file.live)}",)


def _shares(shares: Mapping[str, int]) -> str:
    return ", ".join(f"{key} {share}%" for key, share in sorted(shares.items())) or "nothing"
