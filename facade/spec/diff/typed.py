"""Typed: what breaks stubs of the typed service alone, where nothing else has been said of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from facade.model.difference import Finding, Place
from facade.spec.diff.edition import Edition
from facade.spec.document import Document, escape
from facade.spec.typed.breaking import breaking
from facade.spec.typed.service import typed

COMPONENT: Final = 4
"""Tokens of `/components/schemas/Pet`, the empty one before the first slash counted."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A finding of the typed service, and where it may have been told of already."""

    finding: Finding
    old: frozenset[str]
    """Pointers into the old document: where it stands, and what is referred to there."""
    new: frozenset[str]


def typed_findings(before: Edition, after: Edition) -> Mapping[str, list[Typed]]:
    """What breaks stubs, by the id of the action in the old document, each where it stands."""
    if before.document.tree == after.document.tree:
        return {}
    found: dict[str, list[Typed]] = {}
    for each in breaking(typed(before.spec), typed(after.spec)):
        old, new = _placed(each, each.old, before), _placed(each, each.new, after)
        spots = [_spots(*pair) for pair in ((old, before.document), (new, after.document))]
        found.setdefault(each.action, []).append(Typed(replace(each, old=old, new=new), *spots))
    return found


def unsaid(found: Iterable[Typed], said: Iterable[Finding]) -> Iterator[Finding]:
    """Those findings of which no other says as much at the same place, or within it."""
    known = tuple(said)
    return (each.finding for each in found if not any(_says(other, each) for other in known))


def _says(other: Finding, typed: Typed) -> bool:
    if other.verdict.rank < typed.finding.verdict.rank:
        return False
    return _within(other.old, typed.old) or _within(other.new, typed.new)


def _within(inner: Place | None, spots: Iterable[str]) -> bool:
    if inner is None:
        return False
    return any(f"{inner.pointer}/".startswith(f"{each}/") for each in spots)


def _placed(finding: Finding, place: Place | None, edition: Edition) -> Place | None:
    """Where in the document a key of the typed service stands, as near as that can be said."""
    if place is None:
        return None
    key, document = place.pointer, edition.document
    if key.startswith("/"):
        tokens = key.split("/")
        return Place(pointer=_down("/".join(tokens[:COMPONENT]), tokens[COMPONENT:], document))
    start, _, path = key.partition("/")
    action = edition.spec.action(finding.action)
    if start.endswith(":request") and path:
        return Place(pointer=_argument(action.pointer, path.split("/")[0], document))
    answers = f"{action.pointer}/responses"
    there = edition.has(answers) and start.endswith(":response")
    return Place(pointer=answers if there else action.pointer)


def _down(pointer: str, path: Iterable[str], document: Document) -> str:
    """Goes down to properties as far as they stand right there."""
    for name in path:
        inner = (f"{pointer}/properties/{name}", f"{pointer}/{name}")
        there = next((each for each in inner if _at(each, document) is not None), None)
        if there is None:
            break
        pointer = there
    return pointer


def _argument(pointer: str, name: str, document: Document) -> str:
    """Where an argument of an operation is declared, by the key by which callers give it."""
    listed = _member(_at(pointer, document), "parameters")
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        try:
            declared, at = document.follow(each, f"{pointer}/parameters/{index}")
        except LookupError:
            continue
        if escape(str(_member(declared, "name"))) == name:
            return at
    body = f"{pointer}/requestBody"
    return body if name == "body" and _at(body, document) is not None else pointer


def _spots(place: Place | None, document: Document) -> frozenset[str]:
    """A place, and what it refers to but for the properties of what stands there."""
    if place is None:
        return frozenset()
    found = {place.pointer}
    left = [_at(place.pointer, document)]
    while left:
        node = left.pop()
        target = _member(node, "$ref")
        if isinstance(target, str) and target.startswith("#/") and target[1:] not in found:
            found.add(target[1:])
            left.append(_at(target[1:], document))
        left += _parts(node)
    return frozenset(found)


def _parts(node: Any) -> list[Any]:
    if isinstance(node, Mapping):
        return [each for key, each in node.items() if key not in {"properties", "discriminator"}]
    return list(node) if isinstance(node, list) else []


def _member(node: Any, key: str) -> Any:
    return node.get(key) if isinstance(node, Mapping) else None


def _at(pointer: str, document: Document) -> Any:
    """What stands at a pointer; None where nothing does."""
    try:
        return document.find(pointer)
    except LookupError:
        return None
