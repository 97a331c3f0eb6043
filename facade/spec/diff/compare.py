"""Compare: what a new document changes for those who call by the old one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from facade.model.difference import Difference, Finding, Verdict
from facade.spec.diff.edition import Edition, shape_of
from facade.spec.diff.operations import compare_operation
from facade.spec.diff.pair import Key
from facade.spec.diff.phrase import quoted
from facade.spec.diff.rules import finding
from facade.spec.diff.typed import typed_findings, unsaid
from facade.spec.diff.versions import next_version, step_of
from facade.spec.diff.walk import Walk
from facade.spec.spec import Spec

MAX_FINDINGS: Final = 10_000
"""Findings that are kept; the others are counted."""


@dataclass(slots=True)
class Changed:
    """What is known of one action."""

    findings: list[Finding] = field(default_factory=list)
    values: list[Key] = field(default_factory=list)

    def add(self, found: Iterable[Finding | Key]) -> None:
        """Adds findings, and values that are still to be compared."""
        for each in found:
            if isinstance(each, Key):
                self.values.append(each)
            else:
                self.findings.append(each)


def compare(old: Spec, new: Spec) -> Difference:
    """Compares two documents, operation by operation.

    The same documents always give the same answer. Work and memory are bounded: what
    is beyond is `undecided`, and findings beyond the limit are counted alone.
    """
    before, after = Edition(old), Edition(new)
    walk = Walk(before.reader, after.reader)
    changed: dict[str, Changed] = defaultdict(Changed)
    for name, found in _operations(before, after):
        changed[name].add(found)
    for each in changed.values():
        walk.compare(each.values)
    walk.settle()
    for name, typed in typed_findings(before, after).items():
        each = changed[name]
        each.add(unsaid(typed, (*each.findings, *walk.findings(each.values))))
    own = [*_document(before, after)]
    verdicts = {
        name: verdict
        for name, each in changed.items()
        if (verdict := _verdict(each, walk)) is not None
    }
    findings, omitted = _kept(own, {name: changed[name] for name in sorted(verdicts)}, walk)
    verdict = worst((*verdicts.values(), *(each.verdict for each in own)))
    step = step_of(
        verdict,
        differs=old.document.tree != new.document.tree,
        adds=bool(verdicts or own),
    )
    return Difference(
        verdict=verdict,
        actions={name: verdicts[name] for name in sorted(verdicts)},
        findings=findings,
        omitted=omitted,
        step=step,
        suggested=next_version(old.version, step),
    )


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The one that touches callers most; of none it is SAFE."""
    return max(verdicts, key=lambda each: each.rank, default=Verdict.SAFE)


def _operations(before: Edition, after: Edition) -> Iterator[tuple[str, Iterable[Finding | Key]]]:
    pairs = _matched(before, after)
    for name, other in pairs.items():
        yield name, compare_operation(before, after, before.called(name), after.called(other))
    for name in sorted(set(before.spec.ids) - pairs.keys()):
        action = before.spec.action(name)
        message = f"the action {quoted(name)} is gone: {action.method} {action.path}"
        yield name, [finding("operation-removed", message, action.pointer, None)]
    for name in sorted(set(after.spec.ids) - set(pairs.values())):
        action = after.spec.action(name)
        message = f"the action {quoted(name)} is new: {action.method} {action.path}"
        yield name, [finding("operation-added", message, None, action.pointer)]


def _matched(before: Edition, after: Edition) -> dict[str, str]:
    """The actions of both, by method and path, else by shape of the path, else by id."""
    found: dict[str, str] = {}
    left = dict(after.routes)
    for route, name in before.routes.items():
        if route in left:
            found[name] = left.pop(route)
    shapes = {(method, shape_of(path)): (method, path) for method, path in left}
    for (method, path), name in before.routes.items():
        other = shapes.pop((method, shape_of(path)), None) if name not in found else None
        if other is not None:
            found[name] = left.pop(other)
    free = set(left.values())
    found.update((name, name) for name in before.spec.ids if name not in found and name in free)
    return found


def _document(before: Edition, after: Edition) -> Iterator[Finding]:
    if before.servers != after.servers:
        urls = [each[0].url if each else "no address" for each in (before.servers, after.servers)]
        message = f"calls go to {quoted(urls[1])} now, no longer to {quoted(urls[0])}"
        places = ("/servers" if each.has("/servers") else "" for each in (before, after))
        yield finding("servers-changed", message, *places)


def _verdict(changed: Changed, walk: Walk) -> Verdict | None:
    """How far an action is touched; None where nothing of it differs."""
    found = [each.verdict for each in changed.findings]
    found += walk.verdicts(changed.values)
    return worst(found) if found else None


def _kept(
    own: list[Finding], changed: dict[str, Changed], walk: Walk
) -> tuple[tuple[Finding, ...], int]:
    kept = list(own)
    omitted = 0
    for name, each in changed.items():
        found = {
            replace(one, action=name): None for one in (*each.findings, *walk.findings(each.values))
        }
        room = MAX_FINDINGS - len(kept)
        kept += sorted(found, key=_order)[:room]
        omitted += max(len(found) - room, 0)
    return tuple(kept), omitted


def _order(each: Finding) -> tuple[object, ...]:
    places = [place.pointer if place else "" for place in (each.new, each.old)]
    return (-each.verdict.rank, *places, each.rule, each.message)
