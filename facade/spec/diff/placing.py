"""Placing: findings with file, line and column, for those who have the texts."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from facade.model.difference import Difference, Place
from facade.spec.bundling.report import origin
from facade.spec.examination import Examination
from facade.spec.load import read
from facade.spec.text.position import locate
from facade.spec.upgrade import original


def placed(found: Difference, old: Examination, new: Examination) -> Difference:
    """Adds file, line and column; what was upgraded from 2.0 is where it was written."""
    before = _places({each.old.pointer for each in found.findings if each.old}, old)
    after = _places({each.new.pointer for each in found.findings if each.new}, new)
    findings = tuple(
        replace(
            each,
            old=before[each.old.pointer] if each.old else None,
            new=after[each.new.pointer] if each.new else None,
        )
        for each in found.findings
    )
    return replace(found, findings=findings)


def _places(pointers: set[str], examined: Examination) -> Mapping[str, Place]:
    """The places by the pointers that the comparison has."""
    sources = _sources(pointers, examined)
    wanted: dict[str, set[str]] = defaultdict(set)
    for place in sources.values():
        wanted[place.file].add(place.pointer)
    spots = {file: locate(_text(file, examined), wanted[file]) for file in wanted}
    return {
        pointer: replace(place, line=spot.line, column=spot.column)
        for pointer, place in sources.items()
        for spot in (spots[place.file][place.pointer],)
    }


def _sources(pointers: set[str], examined: Examination) -> dict[str, Place]:
    """Where each was written: in which file, and at which pointer."""
    written = {each: each for each in pointers}
    if examined.openapi == "2.0":
        tree = read(examined.text).tree
        written = {each: original(each, tree) for each in pointers}
    if examined.files is None or examined.bundle is None:
        return {each: Place(pointer=at) for each, at in written.items()}
    origins = dict(examined.bundle.origins)
    found = {each: origin(at, origins) for each, at in written.items()}
    return {each: Place(pointer=at.pointer, file=at.file) for each, at in found.items()}


def _text(file: str, examined: Examination) -> str:
    return examined.files.text(file) if examined.files and file else read(examined.text).text
