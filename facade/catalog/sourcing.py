"""Sources: how a draft's document comes in, whole, from one file or several."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from facade.catalog.reading import (
    How,
    Read,
    Reader,
    Run,
    Taken,
    bundled,
    in_thread,
    taken,
    taken_of,
)
from facade.errors.fault import Fault
from facade.model.change import Draft
from facade.model.ports import DEFAULT_PORTS
from facade.spec.bundling.archive import root_among, unpack
from facade.spec.bundling.bundle import bundle, outward
from facade.spec.bundling.file_name import is_url
from facade.spec.bundling.files import Files
from facade.spec.limits import DEFAULT, Limits
from facade.stores.base import SpecText

FETCHES: Final = 100
"""Files elsewhere that one document may be spread over."""
SECONDS: Final = 60.0
"""For fetching all of them."""

BESIDE: Final = "is not read: give all files together, as `spec_archive`"
FORBIDDEN: Final = (
    "is not fetched: the operator has not allowed its host"
    " (`--spec-hosts` takes HOST, HOST:PORT and *.SUFFIX)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """How documents come in."""

    hosts: Collection[str] = ()
    """Those that references between documents may lead to: HOST, HOST:PORT or *.SUFFIX."""
    run: Run = in_thread
    """Has them read where calls do not wait for it."""


ALONE: Final = Intake()
"""Nothing is fetched but the document itself, and threads read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A document that came in, and was read."""

    text: str
    """The one document, also where it was made of several files."""
    digest: str
    """SHA-256 of what was given: of the one document, before files elsewhere were fetched."""
    read: Read
    packed: SpecText
    """The text, as it is kept."""
    service: bytes
    """The typed service that it becomes, pickled; empty: not asked for."""


class Sources:
    """Gets the documents of drafts: from their text, from an archive, from an address."""

    def __init__(
        self,
        read: Reader,
        fetch: Callable[[str], Awaitable[bytes]],
        intake: Intake = ALONE,
        limits: Limits = DEFAULT,
    ) -> None:
        """Takes who reads one text, who fetches a file, and how."""
        self._read = read
        self._fetch = fetch
        self._hosts = frozenset(each.lower() for each in intake.hosts)
        self._limits = limits
        self._run = intake.run

    async def get(self, draft: Draft, how: How = How.KEPT) -> Sourced:
        """Gets a draft's document; raises InvalidSpec, and what fetching raises."""
        if draft.spec_text and not outward(draft.spec_text):
            return await self._single(draft.spec_text, how)
        files = await self._files(draft)
        made, count = await self._run(files.size, bundled, files)
        first = made.text
        if count == 1 and not made.problems:
            return await self._single(first, how)
        fetched = 0
        loop = asyncio.get_running_loop()
        end = loop.time() + SECONDS
        while any(map(is_url, made.missing)):
            for name in made.missing:
                late = fetched >= FETCHES or loop.time() >= end
                fetched += await self._settle(files, name, late=late)
            made, _ = await self._run(files.size, bundled, files)
        found = await self._run(files.size, taken_of, files, how)
        digest = await asyncio.to_thread(digest_of, first)
        return _sourced(made.text, digest, found)

    async def _single(self, text: str, how: How) -> Sourced:
        found = await self._run(len(text), taken, self._read, text, how)
        return _sourced(text, found.text.digest, found)

    async def _files(self, draft: Draft) -> Files:
        if draft.spec_archive:
            return await asyncio.to_thread(archived, draft, self._limits)
        if draft.spec_text:
            data = draft.spec_text.encode(errors="surrogatepass")
            return Files({"": data}, "", self._limits, BESIDE)
        data = await self._fetch(draft.spec_uri)
        return Files({draft.spec_uri: data}, draft.spec_uri, self._limits)

    async def _settle(self, files: Files, name: str, *, late: bool) -> int:
        """Adds a missing file, or says why not; answers how many were fetched."""
        if not is_url(name):
            return 0
        why = self._forbidden(name, files)
        if not why and (late or files.size >= self._limits.size):
            why = "is not fetched: the document is spread over too much"
        if why:
            files.refuse(name, why)
            return 0
        try:
            files.add(name, await self._fetch(name))
        except Fault as fault:
            if fault.retryable:
                raise
            files.refuse(name, f"cannot be fetched: {fault.message}")
        return 1

    def _forbidden(self, name: str, files: Files) -> str:
        """Why an address is not fetched; a document's own host is its own."""
        try:
            parts, root = urlsplit(name), urlsplit(files.root)
            port = parts.port or DEFAULT_PORTS[parts.scheme]
        except ValueError:
            return "is no address that can be read"
        if is_url(files.root) and (parts.scheme, parts.netloc) == (root.scheme, root.netloc):
            return ""
        host = parts.hostname or ""
        usual = port == DEFAULT_PORTS[parts.scheme]
        above = [f"*.{host.split('.', number)[-1]}" for number in range(1, host.count(".") + 1)]
        allowed = {f"{host}:{port}", *([host, *above] if usual else ())}
        return "" if allowed & self._hosts else FORBIDDEN


def _sourced(text: str, digest: str, found: Taken) -> Sourced:
    return Sourced(
        text=text, digest=digest, read=found.read, packed=found.text, service=found.service
    )


def archived(draft: Draft, limits: Limits = DEFAULT) -> Files:
    """The files of a draft's archive; raises InvalidSpec."""
    files = unpack(draft.spec_archive, limits)
    return Files(files, root_among(files, draft.spec_root), limits)


def given_digest(draft: Draft) -> str:
    """SHA-256 of what a draft gives, as `Sourced` has it; raises InvalidSpec."""
    return digest_of(bundle(archived(draft)).text if draft.spec_archive else draft.spec_text)


def digest_of(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return sha256(text.encode()).hexdigest()
