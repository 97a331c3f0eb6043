"""Matching: which `live` calls go to a version whatever its share, by what came beside them."""

from collections.abc import Iterable, Mapping

from msgspec import structs

from facade.model.action import Action
from facade.model.call import Call
from facade.model.names import LIVE, ActionName, VersionName
from facade.model.version import Version

VERSION_KEY = "x-connector-version"
"""Metadata by which a `live` call names the version that it wants, as its name could."""


def matched(versions: Iterable[Version], metadata: Mapping[str, str]) -> Version | None:
    """The first version of which some rule holds."""
    return next((each for each in versions if _holds(each.matches, metadata)), None)


def _holds(rules: Mapping[str, str], metadata: Mapping[str, str]) -> bool:
    for key, wanted in rules.items():
        value = metadata.get(key)
        if value is None:
            continue
        if value == wanted or (wanted.endswith("*") and value.startswith(wanted[:-1])):
            return True
    return False


def wanting(call: Call, version: str) -> Call:
    """A call for the version that it asks for beside its name; with no version the call itself."""
    if not version or call.name.version != LIVE:
        return call
    name = call.name
    wanted = ActionName(name.connector, version, name.action, name.tenant)
    return structs.replace(call, name=wanted)


def wanted_of(name: VersionName, version: str) -> VersionName:
    """The version that is asked for beside a name; with no version the one that is named."""
    if not version or name.version != LIVE:
        return name
    return VersionName(name.connector, version, name.tenant)


def pinned(call: Call, version: Version, action: Action) -> Call:
    """A call under its canonical name, which means the same whatever goes live meanwhile."""
    served = version.name
    name = ActionName(served.connector, served.version, action.id, served.tenant)
    return structs.replace(call, name=name)
