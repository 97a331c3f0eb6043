"""The rule of one walk: the action's own, with what its caller says of it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Details, Violation
from facade.model.action import Action
from facade.model.paging import BY_URL, COUNTED, PageKind, PageRule

CALLER = "caller"
"""The source of a rule that is not the document's alone."""

UNKNOWN = (
    "the document does not say how the action's answers go on from page to page: "
    "`paging.rule` can, by `kind` (LINK, NEXT_URL, CURSOR, PAGE or OFFSET) and its places"
)
FIELDS = ("next", "header", "parameter", "size", "more", "last", "total")


def settle_rule(action: Action, said: PageRule | None) -> PageRule:
    """Gives the rule to follow: the action's, each field replaced that the caller says.

    Another kind than the action's starts anew, but for where the items are. Raises
    InvalidParameters where there is no rule, or too little is known of it.
    """
    own = action.paging
    if said is None or said.kind is PageKind.AUTO:
        if own is None:
            raise _refused(Violation(field="paging", description=UNKNOWN))
        if said is None:
            return own
        rule = own
    elif own is not None and said.kind is own.kind:
        rule = own
    else:
        rule = PageRule(kind=said.kind, source=CALLER, items=own.items if own else None)
    rule = _overlaid(rule, said)
    problems = tuple(_problems(rule, action))
    if problems:
        raise _refused(*problems)
    return rule


def _overlaid(rule: PageRule, said: PageRule) -> PageRule:
    given: dict[str, Any] = {name: each for name in FIELDS if (each := getattr(said, name))}
    if said.items is not None:
        given["items"] = said.items
    if said.first is not None:
        given["first"] = said.first
    if said.next or said.header:
        given |= {"next": said.next, "header": said.header}
    return replace(rule, source=CALLER, **given) if given else rule


def _problems(rule: PageRule, action: Action) -> Iterator[Violation]:
    """What the rule lacks, or cannot be for the action."""
    kind, name = rule.kind, rule.kind.name
    if kind in BY_URL and action.method != "GET":
        description = f"{name} is for GET; the action is {action.method}"
        yield Violation(field="paging.rule.kind", description=description)
    if kind in (PageKind.NEXT_URL, PageKind.CURSOR) and not (rule.next or rule.header):
        description = f"{name} needs it, or `header`: where in the answer the next page is told"
        yield Violation(field="paging.rule.next_pointer", description=description)
    if kind in COUNTED or kind is PageKind.CURSOR:
        if not rule.parameter:
            description = f"{name} needs it: the argument that says which page"
            yield Violation(field="paging.rule.parameter", description=description)
        elif not _is_known(rule.parameter[0], action):
            description = "is no argument of the action"
            yield Violation(field="paging.rule.parameter", description=description)
    if rule.size and not _is_known(rule.size[0], action):
        description = "is no argument of the action"
        yield Violation(field="paging.rule.size_parameter", description=description)


def _is_known(key: str, action: Action) -> bool:
    in_body = action.body is not None and (key == "body" or key in action.body.flat)
    return in_body or any(each.key == key for each in action.parameters)


def _refused(*problems: Violation) -> InvalidParameters:
    first = problems[0]
    message = f"{first.field}: {first.description}"
    return InvalidParameters(message, details=Details(violations=problems))
