"""A folder of connector files: applied, and followed as they change."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

from facade.catalog.catalog import Catalog
from facade.catalog.connector_file import ConnectorFile, changes_for, parse
from facade.catalog.drift import SOURCE, drift
from facade.catalog.folder import Folder
from facade.catalog.request import invalid
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Fault, Violation
from facade.model.names import ConnectorName
from facade.model.version import Connector
from facade.spec.load import decode

LOGGER = logging.getLogger(__name__)

DIRECTORY = "directory"
"""The source of connectors that come from a folder: with its file, such a one goes."""

SUFFIXES = (".yaml", ".yml", ".json")

LONGEST_PAUSE = 16
"""Looks between two tries of what cannot be had."""

Stamps: TypeAlias = Mapping[Path, tuple[int, int]]
"""When files were last written, and their sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the files of a folder said at one moment."""

    files: tuple[ConnectorFile, ...] = ()
    broken: Mapping[str, Fault] = field(default_factory=dict)
    """Why a file could not be taken, by its name."""
    stamps: Stamps = field(default_factory=dict)
    """Of the connector files and of the documents that they name."""

    @property
    def taken(self) -> tuple[ConnectorFile, ...]:
        """The files that were applied."""
        return tuple(each for each in self.files if each.source not in self.broken)

    @property
    def retryable(self) -> bool:
        """Whether a further try may succeed though no file has changed."""
        return any(fault.retryable for fault in self.broken.values())

    def lacking(self, catalog: Catalog) -> bool:
        """Whether a connector is not there at all that a further try may bring."""
        return any(
            file.name not in catalog.snapshot.connectors
            and file.source in self.broken
            and self.broken[file.source].retryable
            for file in self.files
        )

    def complaints(self) -> set[str]:
        """A line for each broken file."""
        return {
            fault.message if fault.message.startswith(name) else f"{name}: {fault.message}"
            for name, fault in self.broken.items()
        }


class Compared(NamedTuple):
    """What was compared of a file and its connector, and what differed."""

    file: ConnectorFile
    connector: Connector | None
    lines: tuple[str, ...]


async def apply_directory(path: Path, catalog: Catalog) -> Reading:
    """Brings the catalog to what the files of a folder say.

    A file replaces what its connector was before. A broken file leaves its
    connector as it is. A connector that came from a folder goes when no file
    has it any more, unless a file is broken: it might be there.
    """
    await catalog.refresh()
    reading = await asyncio.to_thread(read_directory, path)
    broken = dict(reading.broken)
    for file in reading.files:
        try:
            await _apply(file, catalog)
        except Fault as fault:
            broken[file.source] = fault
    if not reading.broken:
        for name in _orphans(reading.files, catalog):
            try:
                await catalog.delete_connector(name, force=True)
                LOGGER.info("%s: deleted, since its file is gone", name)
            except Fault as fault:
                broken[str(name)] = fault
    return replace(reading, broken=broken)


class Watch:
    """Follows a folder: applies it, and again whenever one of its files changes."""

    def __init__(self, path: Path | None, catalog: Catalog, interval: float = 1.0) -> None:
        """Takes the folder, or None for none, and the seconds between two looks at it."""
        self._path = path
        self._catalog = catalog
        self._interval = interval
        self._reading = Reading()
        self._said: set[str] = set()
        self._compared: Mapping[ConnectorName, Compared] = {}
        self._rest = 0
        """Looks until what failed is tried again though no file has changed."""
        self._pause = 1
        self.passed = asyncio.Event()
        """The folder was gone through, whatever came of it."""
        self.settled = asyncio.Event()
        """Each of its connectors was there once, or is not to be had as its file stands."""

    async def run(self) -> None:
        """Goes on for ever; without a folder there is nothing to be done.

        What failed for a reason outside the files, such as a document that cannot be fetched, is
        tried again after one look, two, four and so on. Each failure is logged once, until it
        changes.
        """
        if self._path is None:
            self.passed.set()
            self.settled.set()
            return
        while True:
            try:
                await self._look(self._path)
                await self._compare()
            except Fault as fault:
                if fault.message not in self._said:
                    LOGGER.warning("%s: not applied now: %s", self._path, fault.message)
                self._said.add(fault.message)
            except Exception as problem:
                LOGGER.exception("%s: not followed now", self._path, exc_info=problem)
            self.passed.set()
            await asyncio.sleep(self._interval)

    def drifted(self) -> Mapping[tuple[str, ...], float]:
        """How many connectors are not as their files say."""
        return {(): sum(1 for each in self._compared.values() if each.lines)}

    async def _compare(self) -> None:
        """Says what others changed beside the files, each thing once; nothing is undone."""
        held, compared = self._catalog.snapshot.connectors, {}
        for file in self._reading.taken:
            connector, known = held.get(file.name), self._compared.get(file.name)
            if known is None or known.file is not file or known.connector is not connector:
                lines = await asyncio.to_thread(drift, file, connector)
                _tell(file, known.lines if known else (), lines)
                known = Compared(file, connector, lines)
            compared[file.name] = known
        self._compared = compared

    async def _look(self, path: Path) -> None:
        known = self._reading.stamps
        changed = await asyncio.to_thread(_stamps, path, known) != known
        self._rest = max(self._rest - 1, 0)
        again = self._rest == 0 and self._reading.retryable
        if not (changed or again) and self.passed.is_set():
            return
        self._pause = 1 if changed else min(2 * self._pause, LONGEST_PAUSE)
        self._reading = await apply_directory(path, self._catalog)
        self._rest = self._pause
        complaints = self._reading.complaints()
        for line in sorted(complaints - self._said):
            LOGGER.error("%s", line)
        self._said = complaints
        if not self._reading.lacking(self._catalog):
            self.settled.set()


def _tell(file: ConnectorFile, known: tuple[str, ...], lines: tuple[str, ...]) -> None:
    """Logs what drifted since, and that nothing differs any more."""
    for line in lines:
        if line not in known:
            LOGGER.warning("%s: drift: %s", file.source, line)
    if known and not lines:
        LOGGER.info("%s: no drift any more: %s", file.source, file.name)


async def _apply(file: ConnectorFile, catalog: Catalog) -> None:
    labels = {**file.labels, SOURCE: DIRECTORY}
    current = catalog.snapshot.connectors.get(file.name)
    changes = changes_for(file, current, replace=True)
    if changes:
        await catalog.manage(file.name, changes)
        LOGGER.info("%s: %d changes applied to %s", file.source, len(changes), file.name)
    current = catalog.connector(file.name)
    said = (current.title, current.description, current.labels)
    if said != (file.title, file.description, labels):
        values = replace(current, title=file.title, description=file.description, labels=labels)
        await catalog.update_connector(file.name, values, ("*",))


def _orphans(files: tuple[ConnectorFile, ...], catalog: Catalog) -> list[ConnectorName]:
    """The connectors that came from a folder and stand in no file."""
    kept = {file.name for file in files}
    return [
        each.name
        for each in catalog.connectors()
        if each.labels.get(SOURCE) == DIRECTORY and each.name not in kept
    ]


def read_directory(path: Path) -> Reading:
    """Parses every file that is not the document of another."""
    documents: set[Path] = set()
    files: dict[Path, ConnectorFile] = {}
    broken: dict[Path, Fault] = {}
    try:
        candidates = _candidates(path)
    except OSError as problem:
        return Reading(broken={str(path): _unreadable(str(path), problem)})
    stamps = {each: _stamp(each) for each in candidates}
    for each in candidates:
        folder = Folder(path)
        try:
            text = decode(each.read_bytes())[0]
            files[each] = parse(text, each.name, folder.spec)
        except OSError as problem:
            broken[each] = _unreadable(each.name, problem)
        except Fault as fault:
            broken[each] = fault
        documents |= folder.read - {each.resolve()}
    named = {each for each in candidates if each.resolve() in documents}
    owners: dict[ConnectorName, ConnectorFile] = {}
    for each, file in files.items():
        if each not in named and owners.setdefault(file.name, file) is not file:
            broken[each] = _twice(file, owners[file.name])
    return Reading(
        files=tuple(owners.values()),
        broken={each.name: fault for each, fault in broken.items() if each not in named},
        stamps={**stamps, **{each: _stamp(each) for each in documents}},
    )


def _candidates(path: Path) -> list[Path]:
    """The files that may be connector files; hidden ones are not."""
    return sorted(
        each
        for each in path.iterdir()
        if each.suffix in SUFFIXES and not each.name.startswith(".") and each.is_file()
    )


def _stamps(path: Path, known: Stamps) -> Stamps:
    """The stamps as they are now, of the same files and of new ones."""
    try:
        candidates = _candidates(path)
    except OSError:
        candidates = []
    return {each: _stamp(each) for each in (*candidates, *known)}


def _stamp(path: Path) -> tuple[int, int]:
    """When a file was last written, and its size; zeros where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _unreadable(name: str, problem: OSError) -> InvalidRequest:
    return invalid(Violation(field=name, description=f"cannot be read: {problem.strerror}"))


def _twice(file: ConnectorFile, first: ConnectorFile) -> InvalidRequest:
    description = f"{file.source}: the connector stands in {first.source} already"
    return invalid(Violation(field=str(file.name), description=description))
