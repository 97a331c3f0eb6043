"""The key ring: a file of the keys that seal what is kept, read again as it changes."""

import base64
import binascii
import logging
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from facade.config import Misconfigured
from facade.errors.caller import KeyRingMissing
from facade.sealing import KEY, Seal

LOGGER = logging.getLogger(__name__)

MADE = "key-ring"
"""The file in the data folder where the operator names none."""

HEAD = (
    "# The keys of the secrets that are kept here: base64, one a line; the first one seals.\n"
    "# Whoever has this file and the database can read every secret.\n"
)


class KeyRing:
    """The operator's keys: the first one seals, any of them unseals.

    A file that changes is taken at once, in every process; one that cannot be read any more is
    told of in the log, and the keys of before stay in use.
    """

    def __init__(self, path: Path, *, make: bool, setting: str = "key_ring") -> None:
        """Takes the file, and which setting names it; `make`: it is made at the first need.

        Raises Misconfigured for others.
        """
        self._setting = setting
        self._path = path
        self._make = make
        self._stamp: tuple[int, int] | None = None
        self._keys: tuple[bytes, ...] = ()
        if not make or path.exists():
            self._read()

    def keys(self) -> tuple[bytes, ...]:
        """The keys as they are now; raises KeyRingMissing."""
        if self._make and not self._keys and not self._path.exists():
            self._write()
        try:
            if self._stamp != _stamp(self._path):
                self._read()
        except (Misconfigured, OSError) as problem:
            if not self._keys:
                raise KeyRingMissing(
                    "there is no key ring that secrets can be sealed with"
                ) from None
            LOGGER.warning("the key ring cannot be read, its last keys stay in use: %s", problem)
        return self._keys

    def seal(self, purpose: str) -> Seal:
        """What seals and unseals for one purpose; raises KeyRingMissing."""
        return Seal(self.keys()).derived(purpose)

    def _read(self) -> None:
        try:
            self._stamp = _stamp(self._path)
            text = self._path.read_text(encoding="ascii")
        except OSError as problem:
            raise Misconfigured(f"{self._setting}: {self._path}: {problem.strerror}") from None
        except UnicodeDecodeError:
            raise Misconfigured(f"{self._setting}: {self._path}: not a text of base64") from None
        self._keys = parse_keys(text, f"{self._setting}: {self._path}")

    def _write(self) -> None:
        """Makes the file with one key, whole or not at all; the key of a faster process stands."""
        text = HEAD + base64.b64encode(os.urandom(KEY)).decode("ascii") + "\n"
        try:
            folder = self._path.parent
            with tempfile.NamedTemporaryFile("w", dir=folder, prefix=f".{MADE}-") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                with suppress(FileExistsError):
                    os.link(file.name, self._path)
        except OSError as problem:
            raise KeyRingMissing(
                f"the key ring cannot be made in the data folder: {problem.strerror}"
            ) from None


class FleetingRing(KeyRing):
    """A key that ends with this process."""

    def __init__(self) -> None:
        """Makes it."""
        self._keys = (os.urandom(KEY),)

    def keys(self) -> tuple[bytes, ...]:
        """The one key."""
        return self._keys


def parse_keys(text: str, source: str) -> tuple[bytes, ...]:
    """Keys of 32 bytes in base64, one a line; `#` begins a comment. Raises Misconfigured."""
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        written = line.partition("#")[0].strip()
        if not written:
            continue
        try:
            key = base64.b64decode(written, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY:
            raise Misconfigured(
                f"{source}: line {number} is no key of {KEY} bytes in base64; "
                "`openssl rand -base64 32` makes one"
            )
        keys.append(key)
    if not keys:
        raise Misconfigured(f"{source}: there is no key in it; `openssl rand -base64 32` makes one")
    return tuple(keys)


def labels_of(keys: Sequence[bytes], purpose: str) -> tuple[bytes, ...]:
    """What the texts begin with that each of the keys seals for a purpose."""
    return tuple(Seal([key]).derived(purpose).label for key in keys)


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns
