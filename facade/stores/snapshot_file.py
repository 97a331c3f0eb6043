"""The snapshot file: what calls need of a ledger, sealed, beside it, for a start without it."""

import fcntl
import logging
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import make_url

from facade.sealing import Seal
from facade.stores.base import SpecText

LOGGER = logging.getLogger(__name__)

FOLDER: Final = "snapshot"
"""In the data folder."""
PURPOSE: Final = "snapshot"
"""What the key ring seals it for."""
FORMAT: Final = 1

Rows: TypeAlias = Mapping[str, list[dict[str, Any]]]
"""The rows of tables, by the name of the table."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of the file, in plain text: by it one is told from those of others."""

    format: int
    tables: str
    """The revision of the ledger's tables."""
    ledger: str
    """Digest of where the database is."""
    sequence: int
    """Of the last commit in it."""


class SnapshotFile:
    """One file with the rows, sealed by the key ring for its first line; and one per document.

    A document's file is named by its digest, which it is held to when it is used.
    """

    def __init__(
        self, folder: Path, database: str, tables: str, ring: Callable[[str], Seal]
    ) -> None:
        """Takes the data folder, the URL of the database, and the revision of its tables."""
        self._folder = folder / FOLDER
        self._path = self._folder / "ledger"
        self._documents = self._folder / "documents"
        self._ledger = place_of(database)
        self._tables = tables
        self._ring = ring

    def is_of(self, sequence: int) -> bool:
        """Whether it is there, as of that commit, and sealed by the key that seals now."""
        try:
            with self._path.open("rb") as file:
                line, label = file.readline(), file.read(len(self._seal.label))
        except OSError:
            return False
        return line == self._line(sequence) and label == self._seal.label

    @contextmanager
    def reserved(self) -> Iterator[bool]:
        """Keeps other processes from writing, for the block; False where one is writing now.

        Raises OSError.
        """
        self._documents.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def lacking(self, digests: Collection[str]) -> list[str]:
        """Those of some documents that have no file."""
        return [each for each in digests if not (self._documents / each).exists()]

    def put(self, documents: Collection[SpecText]) -> None:
        """Writes documents; raises OSError."""
        for each in documents:
            _replace(self._documents / each.digest, each.packed)

    def write(self, sequence: int, rows: Rows, digests: Collection[str]) -> None:
        """Writes the rows, whole or not at all, and drops the documents that they do not name.

        Raises OSError, KeyRingMissing.
        """
        line = self._line(sequence)
        _replace(self._path, line + self._seal.seal(msgspec.msgpack.encode(rows), line))
        for each in self._documents.glob("*"):
            if each.name not in digests:
                each.unlink(missing_ok=True)

    def read(self) -> Rows | None:
        """The rows; None, with a line in the log, where there are none that are to be believed."""
        try:
            line, _, sealed = self._path.read_bytes().partition(b"\n")
        except OSError as problem:
            LOGGER.warning("no snapshot of the ledger stands in for it: %s", problem.strerror)
            return None
        why = self._foreign(line)
        plain = None if why else self._seal.unseal(sealed, line + b"\n")
        if plain is None:
            why = why or "it was altered, or sealed by a key that is not in the key ring"
            LOGGER.error("the snapshot %s does not stand in for the ledger: %s", self._path, why)
            return None
        return msgspec.msgpack.decode(plain, type=dict[str, list[dict[str, Any]]])

    def document(self, digest: str) -> bytes:
        """A document as it was packed; nothing where it is not there."""
        try:
            return (self._documents / digest).read_bytes()
        except OSError:
            return b""

    @property
    def _seal(self) -> Seal:
        return self._ring(PURPOSE)

    def _line(self, sequence: int) -> bytes:
        head = Head(format=FORMAT, tables=self._tables, ledger=self._ledger, sequence=sequence)
        return msgspec.json.encode(head) + b"\n"

    def _foreign(self, line: bytes) -> str:
        """Why a file that begins so is not read at all."""
        try:
            head = msgspec.json.decode(line, type=Head)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "it does not begin as one"
        if head.format > FORMAT or head.tables > self._tables:
            return "a newer release wrote it"
        if head.format < FORMAT or head.tables < self._tables:
            return "an older release wrote it, and this one has not seen the database yet"
        return "" if head.ledger == self._ledger else "it is of another database"


def place_of(url: str) -> str:
    """Names the database of a URL: not the user, nor how it is spoken to.

    A file's folder is no part of it: the folder may be moved with all that is in it.
    """
    read = make_url(url)
    hosts = [read.host, read.port, read.database, read.query.get("host"), read.query.get("port")]
    said = hosts if read.get_backend_name() == "postgresql" else ["sqlite"]
    return sha256(msgspec.json.encode(said)).hexdigest()[:32]


def _replace(path: Path, data: bytes) -> None:
    """Writes a file, whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
