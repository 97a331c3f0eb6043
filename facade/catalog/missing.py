"""The faults of names that stand for nothing, with what may have been meant."""

import difflib
from collections.abc import Iterable

from facade.errors.caller import ActionNotFound, ConnectorNotFound, VersionNotFound
from facade.errors.fault import Details, Resource
from facade.model.names import LIVE, ActionName, ConnectorName, VersionName

CONNECTOR = "gateway.v1/Connector"
VERSION = "gateway.v1/ConnectorVersion"
ACTION = "gateway.v1/Action"


def no_connector(name: ConnectorName, known: Iterable[str]) -> ConnectorNotFound:
    """Says which connectors have a similar id."""
    meant = [str(ConnectorName(each)) for each in _similar(name.connector, known)]
    return ConnectorNotFound(
        f"no connector `{name}`{_hint(meant)}", details=_details(CONNECTOR, str(name), meant)
    )


def no_version(name: VersionName, known: Iterable[str]) -> VersionNotFound:
    """Says which versions of the connector have a similar id, or that none is live."""
    meant = [str(VersionName(name.connector, each)) for each in _similar(name.version, known)]
    what = (
        f"no version of `connectors/{name.connector}` serves `live` calls; promote one"
        if name.version == LIVE
        else f"no version `{name}`{_hint(meant)}"
    )
    return VersionNotFound(what, details=_details(VERSION, str(name), meant))


def no_action(name: ActionName, similar: Iterable[str]) -> ActionNotFound:
    """Says which actions of the version may have been meant."""
    meant = [str(ActionName(name.connector, name.version, each)) for each in similar]
    return ActionNotFound(
        f"no action `{name}`{_hint(meant)}", details=_details(ACTION, str(name), meant)
    )


def _similar(text: str, known: Iterable[str]) -> list[str]:
    """Up to three, the nearest first; letters count the same in both cases."""
    folded = {each.lower(): each for each in known}
    close = difflib.get_close_matches(text[:128].lower(), folded, n=3, cutoff=0.6)
    return [folded[each] for each in close]


def _hint(meant: list[str]) -> str:
    return f"; did you mean `{meant[0]}`?" if meant else ""


def _details(type_: str, name: str, meant: list[str]) -> Details:
    return Details(resource=Resource(type=type_, name=name, suggestions=tuple(meant)))
