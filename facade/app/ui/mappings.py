"""Mappings: how documents map, as far as pages show it, remembered by what stands in them."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from facade.catalog.catalog import Catalog
from facade.model.change import Draft
from facade.model.version import Version
from facade.recent import Recent
from facade.spec.mapping import MappingReport, Note, Tally

KEPT: Final = 16
"""Documents whose mappings are remembered."""
NOTES: Final = 300
"""Of a kind that are kept, and of all that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How a document maps."""

    openapi: str
    """The edition that it says."""
    tallies: tuple[Tally, ...]
    kinds: tuple[tuple[str, int], ...]
    """How many notes there are of each, the most first."""
    notes: tuple[Note, ...]
    """The first of each kind, in the document's order."""

    def count(self, kind: str) -> int:
        """How many notes there are of a kind, or with no kind in all."""
        return sum(times for name, times in self.kinds if kind in ("", name))

    def first(self, kind: str) -> list[Note]:
        """The first notes of a kind, or with no kind of all."""
        return [each for each in self.notes if kind in ("", each.code)][:NOTES]


def mapping_of(openapi: str, report: MappingReport) -> Mapping:
    """What pages show of a report, which may have more notes than anybody reads."""
    counts: Counter[str] = Counter()
    notes = []
    for each in report.notes:
        counts[each.code] += 1
        if counts[each.code] <= NOTES:
            notes.append(each)
    return Mapping(
        openapi=openapi,
        tallies=tuple(each for each in report.tallies if _parts(each)),
        kinds=tuple(counts.most_common()),
        notes=tuple(notes),
    )


class Mappings:
    """The mappings of versions: to read a document for one may take seconds."""

    def __init__(self, catalog: Catalog) -> None:
        """Takes the catalog that has the documents."""
        self._catalog = catalog
        self._found: Recent[str, Mapping] = Recent(KEPT)
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, version: Version) -> Mapping:
        """The mapping of a version's document; raises InvalidSpec, StoreUnavailable."""
        digest = version.spec_digest
        async with self._making.setdefault(digest, asyncio.Lock()):
            found = self._found.get(digest)
            if found is None:
                text = await self._catalog.text(version)
                read, _ = await self._catalog.validate(Draft(spec_text=text))
                found = mapping_of(read.openapi, read.mapping)
                self._found.put(digest, found)
        return found


def _parts(tally: Tally) -> int:
    return tally.exact + tally.approximate + tally.opaque
