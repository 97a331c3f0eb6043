"""Editions: versions as they go from one catalog to another, and who calls them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from facade.catalog.catalog import Catalog
from facade.catalog.export import exported, imported
from facade.catalog.numbering import used
from facade.catalog.typed import TypedVersions
from facade.errors.caller import HasChildren
from facade.errors.service import StoreUnavailable
from facade.model.access import Identity
from facade.model.change import Change, Create, Delete
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Connector, Version
from facade.stores.uses import Use, Uses

UNSET = datetime.fromtimestamp(0, UTC)

RECENT: Final = timedelta(days=1)
"""How long ago a caller counts as one who still calls."""
TOLD: Final = 10
"""Callers of a version that a refusal names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is to become of an exported version."""

    document: str
    connector_id: str = ""
    """In place of the document's own."""
    version_id: str = ""
    as_new_version: bool = False
    """Whether it is one more version of a connector that is there."""
    validate_only: bool = False
    request_id: str = ""


class Editions:
    """Changes versions, gives them out and takes them in."""

    def __init__(
        self,
        catalog: Catalog,
        uses: Uses,
        typed: TypedVersions,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes the catalog, who calls what, typed services, and a clock that knows the date."""
        self._catalog = catalog
        self._uses = uses
        self._typed = typed
        self._clock = clock

    async def manage(
        self,
        parent: ConnectorName,
        changes: Sequence[Change],
        *,
        by: Identity,
        validate_only: bool = False,
        request_id: str = "",
    ) -> tuple[Version, ...]:
        """Applies a change set; whoever may not delete a version is told who calls it."""
        try:
            return await self._catalog.manage(
                parent, changes, by=by, validate_only=validate_only, request_id=request_id
            )
        except HasChildren as fault:
            raise await self._told(fault, changes) from None

    async def _told(self, fault: HasChildren, changes: Sequence[Change]) -> HasChildren:
        """The fault, with those who called the version that it is about within a day."""
        about = fault.details.resource.name if fault.details.resource else ""
        names = [each.name for each in changes if isinstance(each, Delete)]
        name = next((each for each in names if str(each) == about), None)
        since = datetime.fromtimestamp(self._clock(), UTC) - RECENT
        with suppress(StoreUnavailable):
            uses = await self._uses.of(name) if name else ()
            callers = [each.caller or "anyone" for each in uses if each.last >= since]
            if callers:
                more = f" and {len(callers) - TOLD} more" if len(callers) > TOLD else ""
                said = f"; called within a day by {', '.join(callers[:TOLD])}{more}"
                return HasChildren(fault.message + said, details=fault.details)
        return fault

    async def uses(self, name: VersionName) -> tuple[Use, ...]:
        """Who calls a version; raises ConnectorNotFound, VersionNotFound, StoreUnavailable."""
        return await self._uses.of(self._catalog.snapshot.likely(name).name)

    async def export(self, name: VersionName) -> str:
        """A version as one document; raises ConnectorNotFound, VersionNotFound."""
        version = self._catalog.snapshot.likely(name)
        connector = self._catalog.connector(ConnectorName(name.connector, name.tenant))
        numbers = used(await self._typed.of(version))
        text = await self._catalog.text(version)
        return await asyncio.to_thread(exported, connector, version, text, numbers)

    async def take(self, asked: Import, by: Identity) -> Connector:
        """A connector of such a document, or with one more version; raises ConnectorExists."""
        file = await asyncio.to_thread(
            imported, asked.document, asked.connector_id, asked.version_id, by.tenant
        )
        ((key, draft),) = file.drafts.items()
        create = Create(version_id=key, draft=draft)
        if not asked.as_new_version:
            blank = self._blank(file.name, file.title, file.description, dict(file.labels))
            return await self._catalog.create_connector(
                blank,
                create,
                by=by,
                validate_only=asked.validate_only,
                request_id=asked.request_id,
            )
        known = self._catalog.connector(file.name)
        await self._catalog.manage(
            file.name,
            [create],
            by=by,
            validate_only=asked.validate_only,
            request_id=asked.request_id,
        )
        return known if asked.validate_only else self._catalog.connector(file.name)

    @staticmethod
    def _blank(
        name: ConnectorName, title: str, description: str, labels: dict[str, str]
    ) -> Connector:
        """A connector whose times are the catalog's to set."""
        return Connector(
            name=name,
            title=title,
            description=description,
            labels=labels,
            create_time=UNSET,
            update_time=UNSET,
        )
