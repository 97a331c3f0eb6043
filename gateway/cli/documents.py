"""Documents as commands take them: files, folders and zips, each with the files it refers to."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from facade.catalog.folder import ARCHIVE, Folder
from facade.errors.caller import InvalidSpec
from facade.spec.bundling.archive import refusal, root_among, unpack
from facade.spec.bundling.files import Files


class Document(NamedTuple):
    """A document that is to be looked at."""

    name: str
    top: Path
    """What the names of its files are relative to."""
    gather: Callable[[], Files]


def documents(path: Path) -> list[Document]:
    """The documents that an argument names, each with what gathers its files."""
    if path.suffix == ARCHIVE:
        return [Document(str(path), path, partial(_unpacked, path))]
    if not path.is_dir():
        return [Document(str(path), path.parent, partial(Folder(path.parent).files, path.name))]
    folder = Folder(path)
    try:
        names = folder.documents()
    except InvalidSpec:
        names = []
    if not names:
        return [Document(str(path), path, partial(_without_document, folder))]
    return [Document(str(path / name), path, partial(folder.files, name)) for name in names]


def unreadable(problem: OSError | InvalidSpec) -> list[str]:
    """Why a document cannot be read, a line for each reason."""
    if isinstance(problem, OSError):
        return [problem.strerror or "unreadable"]
    places = [f"{each.field}: {each.description}" for each in problem.details.violations]
    return places or [problem.message]


def _without_document(folder: Folder) -> Files:
    folder.documents()
    raise refusal("spec", "no file of this folder is an OpenAPI document")


def _unpacked(path: Path) -> Files:
    files = unpack(path.read_bytes())
    return Files(files, root_among(files))
