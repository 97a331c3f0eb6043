"""The problems and notes of a bundle, each in the file that it comes from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from facade.model.action import Problem
from facade.spec.bundling.bundle import Bundle
from facade.spec.bundling.files import Files, Place
from facade.spec.mapping import Note
from facade.spec.text.position import locate

Told = TypeVar("Told", Problem, Note)

REFERENCES = frozenset({"external-ref", "dangling-ref", "circular-ref"})


def trace(files: Files, bundle: Bundle, found: Iterable[Problem]) -> tuple[Problem, ...]:
    """All problems of a bundle in its files, with lines: those of its text, and of its making.

    The root's come first. What keeps a reference from being resolved is told
    once, in the words of who tried.
    """
    own = bundle.text == files.text(files.root)
    origins = dict(bundle.origins)
    told = {(each.file, each.pointer.removesuffix("/$ref")) for each in bundle.problems}
    moved = [replace(each, file=files.root) if own else _moved(each, origins) for each in found]
    kept = [
        each
        for each in moved
        if each.code not in REFERENCES
        or (each.file, each.pointer.removesuffix("/$ref")) not in told
    ]
    doubts = [replace(each, file=name) for name in files.read for each in files.doubts(name)]
    problems = _placed(files, [*doubts, *bundle.problems, *kept])
    order = {name: number for number, name in enumerate((files.root, *files.read))}
    return tuple(
        sorted(
            dict.fromkeys(problems),
            key=lambda each: (
                each.file != files.root,
                order[each.file],
                each.line,
                each.column,
                each.code,
                each.pointer,
            ),
        )
    )


def trace_notes(files: Files, bundle: Bundle, notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes on a bundle in its files, with lines, in the order of the bundle.

    An overlay speaks of one document, so it stays with those of the root alone.
    """
    own = bundle.text == files.text(files.root)
    origins = dict(bundle.origins)
    moved = [replace(each, file=files.root) if own else _moved(each, origins) for each in notes]
    kept = [each if each.file == files.root else replace(each, overlay="") for each in moved]
    return tuple(_placed(files, kept))


def _moved(found: Told, origins: dict[str, Place]) -> Told:
    """What is told of the bundle's text, where the text comes from; its line is not known yet."""
    place = origin(found.pointer, origins)
    return replace(found, file=place.file, pointer=place.pointer, line=0, column=0, source="")


def origin(pointer: str, origins: Mapping[str, Place]) -> Place:
    """Where what stands at a pointer of a bundle comes from; `origins` are the bundle's."""
    start = pointer
    while start not in origins:
        start = start.rpartition("/")[0]
    place = origins[start]
    return place._replace(pointer=place.pointer + pointer[len(start) :])


def _placed(files: Files, problems: list[Told]) -> list[Told]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for each in problems:
        if not each.line:
            wanted[each.file].add(each.pointer)
    places = {name: locate(files.text(name), pointers) for name, pointers in wanted.items()}
    return [
        each if each.line else replace(each, **places[each.file][each.pointer]._asdict())
        for each in problems
    ]
