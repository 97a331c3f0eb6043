"""Sources: how a draft's document comes in, whole, from one file or several."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from facade.catalog.documents import Read
from facade.errors.fault import Fault
from facade.model.change import Draft
from facade.model.ports import DEFAULT_PORTS
from facade.spec.bundling.archive import root_among, unpack
from facade.spec.bundling.bundle import bundle, outward
from facade.spec.bundling.file_name import is_url
from facade.spec.bundling.files import Files
from facade.spec.examination import examine_files
from facade.spec.limits import DEFAULT, Limits

FETCHES: Final = 100
"""Files elsewhere that one document may be spread over."""
SECONDS: Final = 60.0
"""For fetching all of them."""

ALONE: Final = "is not read: give all files together, as `spec_archive`"
FORBIDDEN: Final = (
    "is not fetched: the operator has not allowed its host"
    " (`--spec-hosts` takes HOST, HOST:PORT and *.SUFFIX)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A document that came in, and was read."""

    text: str
    """The one document, also where it was made of several files."""
    digest: str
    """SHA-256 of what was given: of the one document, before files elsewhere were fetched."""
    read: Read


class Sources:
    """Gets the documents of drafts: from their text, from an archive, from an address."""

    def __init__(
        self,
        read: Callable[[str], Read],
        fetch: Callable[[str], Awaitable[bytes]],
        hosts: Collection[str] = (),
        limits: Limits = DEFAULT,
    ) -> None:
        """Takes who reads one text and who fetches a file.

        `hosts` are those that references may lead to: HOST, HOST:PORT or *.SUFFIX.
        """
        self._read = read
        self._fetch = fetch
        self._hosts = frozenset(each.lower() for each in hosts)
        self._limits = limits

    async def get(self, draft: Draft) -> Sourced:
        """Gets a draft's document; raises InvalidSpec, and what fetching raises."""
        if draft.spec_text and not outward(draft.spec_text):
            return await self._single(draft.spec_text)
        files = await self._files(draft)
        first = made = await asyncio.to_thread(bundle, files)
        if len(files.read) == 1 and not made.problems:
            return await self._single(made.text)
        fetched = 0
        loop = asyncio.get_running_loop()
        end = loop.time() + SECONDS
        while any(map(is_url, made.missing)):
            for name in made.missing:
                late = fetched >= FETCHES or loop.time() >= end
                fetched += await self._settle(files, name, late=late)
            made = await asyncio.to_thread(bundle, files)
        read = await asyncio.to_thread(examine_files, files, made)
        return Sourced(text=made.text, digest=digest_of(first.text), read=read)

    async def _single(self, text: str) -> Sourced:
        read = await asyncio.to_thread(self._read, text)
        return Sourced(text=text, digest=digest_of(text), read=read)

    async def _files(self, draft: Draft) -> Files:
        if draft.spec_archive:
            return await asyncio.to_thread(archived, draft, self._limits)
        if draft.spec_text:
            data = draft.spec_text.encode(errors="surrogatepass")
            return Files({"": data}, "", self._limits, ALONE)
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
