"""What reading a document takes, as work that any thread or process can do."""

import asyncio
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol, TypeAlias, TypeVar

from facade.model.action import Problem
from facade.spec.bundling.bundle import Bundle, bundle
from facade.spec.bundling.files import Files
from facade.spec.examination import Examined, examine_files
from facade.spec.mapping import MappingReport
from facade.spec.spec import Spec
from facade.spec.typed.service import typed
from facade.stores.base import SpecText

T = TypeVar("T")


class Read(Protocol):
    """What reading a document comes to."""

    @property
    def spec(self) -> Spec:
        """Its actions."""

    @property
    def openapi(self) -> str:
        """The version of the standard that the document names."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong or doubtful in it."""

    @property
    def mapping(self) -> MappingReport:
        """What of it does not map exactly."""


Reader: TypeAlias = Callable[..., Read]
"""Reads a document; raises InvalidSpec."""


class Run(Protocol):
    """Has a function of a module do its work on a document of so many bytes, elsewhere."""

    async def __call__(self, size: int, function: Callable[..., T], /, *given: Any) -> T:
        """Gives what it gives, and raises what it raises."""


class How(Enum):
    """How much is to be known of a document."""

    KEPT = auto()
    """Its problems, and the service that it becomes: it is to be kept."""
    TOLD = auto()
    """Its problems, and how it maps: somebody asks for that alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A document that was read, ready to be kept."""

    read: Read
    text: SpecText
    service: bytes
    """The typed service that it becomes, pickled: only who numbers it reads it; empty: not asked
    for."""


async def in_thread(_size: int, function: Callable[..., T], /, *given: Any) -> T:
    """Has a thread of this process do it."""
    return await asyncio.to_thread(function, *given)


def compiled(read: Reader, text: str) -> Spec:
    """The actions of a document; raises InvalidSpec."""
    return read(text).spec


def taken(read: Reader, text: str, how: How) -> Taken:
    """A document of one file; raises InvalidSpec."""
    return _taken(read(text), text, how)


def taken_of(files: Files, how: How) -> Taken:
    """A document of several files, as far as they are there; raises InvalidSpec."""
    found = examine_files(files)
    return _taken(found, str(found.text), how)


def bundled(files: Files) -> tuple[Bundle, int]:
    """One document of several files, and how many of them it is made of; raises InvalidSpec."""
    made = bundle(files)
    return made, len(files.read)


def _taken(found: Read, text: str, how: How) -> Taken:
    notes, service = MappingReport(), b""
    if how is How.KEPT:
        service = pickle.dumps(typed(found.spec), pickle.HIGHEST_PROTOCOL)
    else:
        notes = found.mapping
    read = Examined(found.spec, found.openapi, found.problems, notes)
    return Taken(read=read, text=SpecText.pack(text), service=service)
