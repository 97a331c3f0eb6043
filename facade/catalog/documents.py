"""What the documents of the versions compile to, held in memory by digest."""

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping

from facade.catalog.reading import Reader, Run, compiled, in_thread
from facade.errors.fault import Fault
from facade.errors.service import StoreUnavailable
from facade.spec.spec import Spec
from facade.stores.base import SpecText

LOGGER = logging.getLogger(__name__)


class Documents:
    """The compiled documents of a snapshot, and the texts of those not yet compiled.

    A text is kept compressed until its first use, so that a thousand
    connectors start at once and no call ever waits for the database. What
    serves `live` calls is compiled ahead, by `warm`.
    """

    def __init__(self, read: Reader, run: Run = in_thread) -> None:
        self._read = read
        self._run = run
        self._specs: dict[str, Spec] = {}
        self._texts: dict[str, SpecText] = {}
        self._broken: set[str] = set()
        self._compiling = asyncio.Lock()

    def spec(self, digest: str) -> Spec:
        """The compiled document; compiles it here and now if nobody has done so before.

        Raises StoreUnavailable where the text is lost or damaged.
        """
        spec = self._specs.get(digest)
        if spec is None:
            spec = self._compiled(digest, compiled(self._read, self._text(digest).unpack()))
        return spec

    async def compiled(self, digest: str) -> Spec:
        """The same without holding up the event loop."""
        async with self._compiling:
            spec = self._specs.get(digest)
            if spec is None:
                text = await asyncio.to_thread(self._text(digest).unpack)
                found = await self._run(len(text), compiled, self._read, text)
                spec = self._compiled(digest, found)
        return spec

    async def warm(self, digests: Iterable[str], seconds: float) -> None:
        """Compiles some ahead of their first use, and begins none after that many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        for digest in digests:
            if loop.time() >= end:
                return
            if digest in self._specs or digest in self._broken:
                continue
            try:
                await self.compiled(digest)
            except Fault as fault:
                self._broken.add(digest)
                LOGGER.error("document %s cannot be served: %s", digest[:12], fault.message)  # noqa: TRY400 - the fault says it all

    def missing(self, digests: Collection[str]) -> set[str]:
        """Those of which neither text nor compiled form is here."""
        return {each for each in digests if each not in self._specs and each not in self._texts}

    def hold(self, specs: Mapping[str, Spec], texts: Mapping[str, SpecText]) -> None:
        """Takes compiled documents, and texts to be compiled when they are used."""
        self._specs.update(specs)
        self._texts.update((key, text) for key, text in texts.items() if key not in self._specs)

    def keep(self, digests: Collection[str]) -> None:
        """Forgets every document but these; calls under way have what they need already."""
        for held in (self._specs, self._texts):
            for digest in held.keys() - digests:
                del held[digest]
        self._broken &= set(digests)

    def _text(self, digest: str) -> SpecText:
        text = self._texts.get(digest)
        if text is None:
            raise lost(digest)
        return text

    def _compiled(self, digest: str, spec: Spec) -> Spec:
        """Keeps a document in place of its text; the first of two that were compiled at once."""
        self._texts.pop(digest, None)
        return self._specs.setdefault(digest, spec)


def lost(digest: str) -> StoreUnavailable:
    """The fault of a document whose text is not in the ledger any more."""
    return StoreUnavailable(f"the stored document {digest[:12]} is missing; publish it again")
