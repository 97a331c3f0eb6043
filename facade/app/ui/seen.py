"""What of the catalog a caller is shown."""

import asyncio
from collections.abc import Sequence
from typing import Final

from facade.app.ui.visit import Visit
from facade.model.access import Target
from facade.model.action import Action
from facade.model.version import Connector, Version

MOST: Final = 300
"""Actions that are listed at once; a search finds the others."""
BREATH: Final = 64
"""After so many actions the calls get their turn."""


def visible(visit: Visit) -> list[Connector]:
    """The connectors of the caller's tenant that it may see."""
    every = visit.house.parts.catalog.connectors(visit.tenant)
    return [each for each in every if visit.sees(Target(connector=each.name.connector))]


def serving(connector: Connector) -> Version | None:
    """The version that most `live` calls go to; None where none does."""
    return max(connector.live, key=lambda each: each.traffic_percent, default=None)


async def listed(
    visit: Visit, version: Version, words: Sequence[str], most: int = MOST
) -> tuple[list[Action], int]:
    """The actions of a version that say all of some words, and how many there are beyond."""
    spec = await visit.house.parts.catalog.spec(version)
    found: list[Action] = []
    more = 0
    for number, id_ in enumerate(spec.ids, 1):
        if not number % BREATH:
            await asyncio.sleep(0)
        if not visit.sees(Target(connector=version.name.connector, action=id_)):
            continue
        if not words and len(found) == most:
            more += 1
            continue
        action = spec.action(id_)
        if _says(action, version, words):
            more += len(found) == most
            found += [action] if len(found) < most else []
    return found, more


def _says(action: Action, version: Version, words: Sequence[str]) -> bool:
    text = " ".join((version.name.connector, action.id, action.title, action.path, *action.tags))
    return all(each in text.lower() for each in words)
