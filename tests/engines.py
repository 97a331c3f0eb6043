"""The engine with all its policies and a catalog, as processes have it, without the gRPC face."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.model.call import Argument, Call
from facade.model.change import Change, Create, Draft, Promote
from facade.model.names import ActionName, ConnectorName, VersionName
from facade.model.version import Destination
from facade.parts import Parts
from tests.ledgers import prepare


@asynccontextmanager
async def an_engine(
    folder: Path, environ: Mapping[str, str] | None = None, **settings: Any
) -> AsyncIterator[Parts]:
    """The parts of a gateway in the development profile."""
    prepare(folder)
    async with open_parts(Settings(data=folder, dev=True, **settings), environ or {}) as parts:
        yield parts


async def publish(
    parts: Parts, connector: str, document: Mapping[str, Any], origin: str, **fields: Any
) -> None:
    """Makes version v1 of a connector out of a document, at a backend, and promotes it."""
    given = {"destination": Destination(uri=origin)} | fields
    draft = Draft(spec_text=json.dumps(document), **given)
    changes: list[Change] = [
        Create(version_id="v1", draft=draft),
        Promote(name=VersionName(connector, "v1")),
    ]
    await parts.catalog.manage(ConnectorName(connector), changes)


def a_call(action: str, arguments: Mapping[str, Any] | None = None, **fields: Any) -> Call:
    """A call of `connector/action`."""
    connector, _, name = action.partition("/")
    given = {
        key: Argument(value=value, text=json.dumps(value))
        for key, value in (arguments or {}).items()
    }
    return Call(name=ActionName(connector, "live", name), arguments=given, **fields)
