"""The strict report: everything that is wrong or doubtful in a document, in its order."""

from collections.abc import Iterable
from dataclasses import replace

from facade.model.action import Problem
from facade.spec.document import Document
from facade.spec.limits import DEFAULT, Limits
from facade.spec.load import Source, read
from facade.spec.semantics import check_semantics
from facade.spec.structure.survey import survey
from facade.spec.text.position import locate
from facade.spec.upgrade import original


def report(
    text: str | bytes, spec_problems: Iterable[Problem] = (), *, limits: Limits = DEFAULT
) -> tuple[Problem, ...]:
    """All problems of a document at once, each with line, column and source line.

    `spec_problems` are those that compiling the document found; one that the
    report has found itself is not told twice. Raises InvalidSpec, as `load`
    does, where the text cannot be read at all.
    """
    source = read(text, limits=limits)
    found = dict.fromkeys((*source.problems, *_examine(source)))
    known = {(each.code, each.pointer) for each in found}
    for each in spec_problems:
        moved = _as_written(each, source)
        if (moved.code, moved.pointer) not in known:
            found[moved] = None
    return _placed(source.text, list(found))


def _examine(source: Source) -> list[Problem]:
    document = Document(tree=source.tree, version=source.version)
    surveyed = survey(source.tree, source.version)
    return [*surveyed.problems, *check_semantics(document, surveyed)]


def _as_written(found: Problem, source: Source) -> Problem:
    """A problem of the upgraded form of a 2.0 document, at its place in the text."""
    if source.version != "2.0":
        return found
    return replace(found, pointer=original(found.pointer, source.tree))


def _placed(text: str, problems: list[Problem]) -> tuple[Problem, ...]:
    places = locate(text, {each.pointer for each in problems if not each.line})
    placed = [
        each if each.line else replace(each, **places[each.pointer]._asdict()) for each in problems
    ]
    return tuple(sorted(placed, key=lambda each: (each.line, each.column, each.code, each.pointer)))
