"""Operations: what differs in one of them, beside its parameters and bodies."""

from collections.abc import Iterator
from dataclasses import replace

from facade.model.action import Action, Requirement, SecurityScheme
from facade.model.difference import Finding
from facade.spec.diff.bodies import compare_answers, compare_body
from facade.spec.diff.edition import Called, Edition, shape_of
from facade.spec.diff.pair import Key
from facade.spec.diff.parameters import compare_parameters
from facade.spec.diff.phrase import quoted
from facade.spec.diff.rules import finding


def compare_operation(
    before: Edition, after: Edition, old: Called, new: Called
) -> Iterator[Finding | Key]:
    """What differs in one operation, and the values to compare."""
    one, other = old.action, new.action
    for rule, message in (
        *_names(one, other),
        *_life(one, other),
        *_paging(one, other),
    ):
        yield finding(rule, message, one.pointer, other.pointer)
    yield from _security(before, after, one, other)
    yield from _own_servers(before, after, one, other)
    if one.problems or other.problems:
        return
    yield from compare_parameters(before, after, old, new)
    yield from compare_body(old, new)
    yield from compare_answers(old, new)


def _names(old: Action, new: Action) -> Iterator[tuple[str, str]]:
    route = f"{new.method} {new.path}"
    if old.id != new.id:
        message = f"the action {quoted(old.id)} is called {quoted(new.id)} now: {route}"
        yield "operation-renamed", message
    if (old.method, shape_of(old.path)) != (new.method, shape_of(new.path)):
        yield "operation-moved", f"{old.method} {old.path} is {route} now"
    if old.alias and old.alias not in {new.alias, new.id}:
        yield "alias-lost", f"{quoted(old.alias)} does not name {quoted(new.id)} any more"


def _life(old: Action, new: Action) -> Iterator[tuple[str, str]]:
    said = f"the action {quoted(old.id)}"
    if new.problems and not old.problems:
        yield "operation-set-aside", f"{said} cannot be called any more: {new.problems[0].message}"
    elif old.problems and not new.problems:
        yield "operation-restored", f"{said} can be called now"
    if new.deprecated and not old.deprecated:
        yield "operation-deprecated", f"{said} is deprecated now"
    elif old.deprecated and not new.deprecated:
        yield "operation-restored", f"{said} is not deprecated any more"


def _paging(old: Action, new: Action) -> Iterator[tuple[str, str]]:
    before, after = old.paging, new.paging
    said = f"of the pages of {quoted(old.id)}"
    if before and not after:
        yield "paging-lost", f"nothing is known {said} any more"
    elif after and not before:
        yield "paging-gained", f"the rule {said} is known now"
    elif before and after and before != replace(after, source=before.source):
        yield "paging-changed", f"the rule {said} is another now"


def _security(before: Edition, after: Edition, old: Action, new: Action) -> Iterator[Finding]:
    places = _level(before, old, "security"), _level(after, new, "security")
    ways = [_ways(each.security) for each in (old, new)]
    lost = [each for each in ways[0] if not any(_suffices(each, other) for other in ways[1])]
    said = f"of {quoted(old.id)}"
    if lost:
        message = f"what signed calls {said} ({_said(lost[0])}) does not suffice any more"
        yield finding("security-tightened", message, *places)
    elif any(not any(_suffices(each, other) for other in ways[0]) for each in ways[1]):
        yield finding("security-loosened", f"calls {said} can be signed in more ways", *places)
    if not lost and _names_in(old) - _names_in(new):
        message = f"the security schemes {said} have other names now"
        yield finding("security-renamed", message, *places)


def _ways(security: tuple[Requirement, ...] | None) -> tuple[Requirement, ...]:
    """The ways to sign a call; where nothing is asked, the one that needs no signature."""
    return security or ((),)


def _suffices(given: Requirement, asked: Requirement) -> bool:
    """Whether what signs one way signs the other too."""
    have = {_bare(each): set(each.scopes) for each in given}
    return all(_bare(each) in have and set(each.scopes) <= have[_bare(each)] for each in asked)


def _bare(scheme: SecurityScheme) -> SecurityScheme:
    """What a scheme writes, whatever the document calls it."""
    return replace(scheme, name="" if scheme.type else scheme.name, scopes=())


def _names_in(action: Action) -> set[str]:
    return {scheme.name for way in action.security or () for scheme in way}


def _said(way: Requirement) -> str:
    return " and ".join(quoted(each.name) for each in way) or "nothing"


def _own_servers(before: Edition, after: Edition, old: Action, new: Action) -> Iterator[Finding]:
    """Those of the operation or its path; the document's are compared once."""
    if old.servers == new.servers or (old.servers, new.servers) == (before.servers, after.servers):
        return
    message = f"calls of {quoted(old.id)} go to another address now"
    yield finding("servers-changed", message, old.pointer, new.pointer)


def _level(edition: Edition, action: Action, key: str) -> str:
    """Where a field of an operation stands: at it, at the document, or nowhere but with both."""
    own, shared = f"{action.pointer}/{key}", f"/{key}"
    return next((each for each in (own, shared) if edition.has(each)), action.pointer)
