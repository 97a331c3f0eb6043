"""A folder that documents are read from, with the files that they refer to."""

import os
from collections.abc import Iterator
from pathlib import Path

from facade.model.change import Draft
from facade.spec.bundling.archive import SUFFIXES, documents_among, pack, refusal, root_among
from facade.spec.bundling.bundle import bundle, outward
from facade.spec.bundling.file_name import is_url
from facade.spec.bundling.files import Files
from facade.spec.limits import DEFAULT, Limits

ARCHIVE = ".zip"
PASSED_OVER = ("node_modules", "__pycache__")
"""Folders that hold no documents of one's own; neither do hidden ones."""


class Folder:
    """Reads documents below a folder, and knows what was read."""

    def __init__(self, path: Path, limits: Limits = DEFAULT) -> None:
        """Takes the folder that names are relative to."""
        self._path = path
        self._limits = limits
        self.read: set[Path] = set()
        """Every file that was read, or looked for."""

    def spec(self, name: str, root: str = "") -> Draft:
        """A draft of nothing but a document: a file, a folder, or a zip.

        A file brings those along that it refers to, as far as they stand in this
        folder, or below its own where it is outside. `root` says which file of a
        folder or a zip it is. Raises OSError, and InvalidSpec.
        """
        path = self._path / name
        if path.suffix == ARCHIVE and path.is_file():
            return Draft(spec_archive=self._bytes(path), spec_root=root)
        if path.is_dir():
            return self._draft(path, root_among(self._files(path), root))
        if root:
            raise refusal("spec_root", f"`{name}` is one file, of which nothing can be chosen")
        if path.resolve().is_relative_to(self._path.resolve()):
            return self._draft(self._path, Path(os.path.normpath(name)).as_posix())
        return self._draft(path.parent, path.name)

    def documents(self) -> list[str]:
        """The files below this folder that are whole documents; raises OSError, InvalidSpec."""
        return documents_among(self._files(self._path))

    def files(self, name: str) -> Files:
        """A document with all files that it refers to; raises OSError, and InvalidSpec."""
        return self._gathered(self._path, name)

    def _draft(self, top: Path, name: str) -> Draft:
        files = self._gathered(top, name)
        if files.count == 1:
            return Draft(spec_text=files.text(name))
        return Draft(spec_archive=pack(files.data), spec_root=name)

    def _gathered(self, top: Path, name: str) -> Files:
        data = self._bytes(top / name)
        files = Files({name: data}, name, self._limits, "is not there")
        while outward(files.text(name)):
            wanted = [each for each in bundle(files).missing if not is_url(each)]
            if not wanted:
                break
            for each in wanted:
                self._add(files, top, each)
        return files

    def _add(self, files: Files, top: Path, name: str) -> None:
        """Adds a file to a document, unless it is not there or outside."""
        path = (top / name).resolve()
        if not path.is_relative_to(top.resolve()):
            files.refuse(name, "is a link that leads out of the folder")
        elif not path.is_file():
            self.read.add(path)
            files.refuse(name, "is not there")
        elif files.count >= self._limits.files:
            raise refusal("spec", f"is spread over more than {self._limits.files} files")
        else:
            files.add(name, self._bytes(path, self._limits.size - files.size))

    def _files(self, top: Path) -> dict[str, bytes]:
        """Every file of a folder that may be a document."""
        found: dict[str, bytes] = {}
        left = self._limits.size
        for path in _below(top):
            if len(found) >= self._limits.files:
                raise refusal("spec", f"`{top}` holds too many files; name the document")
            data = self._bytes(path, left)
            found[path.relative_to(top).as_posix()] = data
            left -= len(data)
        return found

    def _bytes(self, path: Path, left: int | None = None) -> bytes:
        left = self._limits.size if left is None else left
        self.read.add(path.resolve())
        with path.open("rb") as opened:
            data = opened.read(left + 1)
        if len(data) > left:
            raise refusal("spec", f"`{path}`: more than {self._limits.size} bytes in all")
        return data


def _below(top: Path) -> Iterator[Path]:
    """The files of a folder by their names, in order; links to folders are not followed."""
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(
            each for each in folders if not each.startswith(".") and each not in PASSED_OVER
        )
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(SUFFIXES) and not name.startswith(".") and path.is_file():
                yield path
