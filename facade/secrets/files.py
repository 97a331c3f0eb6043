"""Secrets in files of the operator's folder: `file:NAME`, followed as they are rotated."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from facade.model.secret import LARGEST

AGE = 2.0
"""Seconds after which a file is looked at again."""

Stamp: TypeAlias = tuple[int, int, int]
"""Tells one edition of a file from the next: device, inode, time of the last change."""


@dataclass(slots=True)
class _File:
    """What a file held when it was last looked at."""

    stamp: Stamp
    value: str = field(repr=False)
    looked: float


class Files:
    """The text files below one folder.

    A mount of Kubernetes is links within the folder; a link or a name that leads out of it is as
    good as absent, and so is what is no text or larger than 64 KiB.
    """

    def __init__(self, folder: Path | None, clock: Callable[[], float]) -> None:
        """Takes the folder; None: there are no files to read."""
        self._folder = folder
        self._clock = clock
        self._files: dict[str, _File] = {}

    def get(self, name: str) -> str | None:
        """The text of a file, without the newline that ends it; None where there is none."""
        now = self._clock()
        known = self._files.get(name)
        if known is not None and now - known.looked < AGE:
            return known.value
        found = self._look(name, known)
        if found is None:
            self._files.pop(name, None)
            return None
        found.looked = now
        self._files[name] = found
        return found.value

    def _look(self, name: str, known: _File | None) -> _File | None:
        if self._folder is None:
            return None
        try:
            path = (self._folder / name).resolve(strict=True)
            if not path.is_relative_to(self._folder.resolve()) or not path.is_file():
                return None
            found = path.stat()
            stamp = (found.st_dev, found.st_ino, found.st_mtime_ns)
            if known is not None and known.stamp == stamp:
                return known
            if found.st_size > LARGEST:
                return None
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None
        return _File(stamp, text.removesuffix("\n").removesuffix("\r"), 0.0)
