"""Comparing: the documents of two versions, where calls do not wait for it."""

import asyncio
from collections.abc import Iterable

from facade.catalog.documents import lost
from facade.catalog.reading import Run
from facade.catalog.verdicts import Told, Uncompared, Verdicts, compared
from facade.model.difference import Difference
from facade.model.version import Version
from facade.spec.diff.versions import next_id
from facade.stores.base import Ledger, SpecText


class Comparing:
    """Compares documents as they are kept, in the process that reads large ones."""

    def __init__(self, ledger: Ledger, run: Run) -> None:
        """Takes where the documents are, and what has them compared."""
        self._ledger = ledger
        self._run = run

    async def learn(self, need: Uncompared, new: Iterable[SpecText], verdicts: Verdicts) -> None:
        """Finds out what was not known; documents that are not kept yet are among the new ones."""
        texts = {each.digest: each for each in new}
        digests = need.old.spec_digest, need.new.spec_digest
        old, other = [texts.get(each) or await self._kept(each) for each in digests]
        verdicts.learn(need.old, need.new, await self._compared(old, other))

    async def with_kept(self, old: Version, new: SpecText) -> Told:
        """What a document changes for those who call by that of a version."""
        found = await self._compared(await self._kept(old.spec_digest), new)
        suggested = next_id(old.name.version, found.step)
        return Told(difference=found, against=old.name, suggested_id=suggested)

    async def _compared(self, old: SpecText, new: SpecText) -> Difference:
        texts = [await asyncio.to_thread(each.unpack) for each in (old, new)]
        return await self._run(max(map(len, texts)), compared, *texts)

    async def _kept(self, digest: str) -> SpecText:
        found = (await self._ledger.specs((digest,))).get(digest)
        if found is None:
            raise lost(digest)
        return found
