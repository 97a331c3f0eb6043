"""What a caller wants of a stream or a walk over pages: what of it cannot be."""

from collections.abc import Iterator, Mapping
from typing import Any

from facade.errors.fault import Violation
from facade.model.paging import MAX_PAGES, PageKind, PageRule, Path
from facade.model.stream import Framing

POINTERS = ("items_pointer", "next_pointer", "more_pointer", "last_pointer", "total_pointer")
"""The fields of a page rule that lead into the answer."""


def tokens_of(text: str) -> Path:
    """The tokens of a JSON pointer (RFC 6901)."""
    return tuple(each.replace("~1", "/").replace("~0", "~") for each in text.split("/")[1:])


def rule_of(kind: PageKind, given: Mapping[str, Any]) -> PageRule:
    """What a caller says of a page rule, by its fields; None where one that may be unset is."""
    items = given["items_pointer"]
    return PageRule(
        kind=kind,
        source="caller",
        items=None if items is None else tokens_of(items),
        next=tokens_of(given["next_pointer"]),
        header=given["header"],
        parameter=_argument(given["parameter"]),
        size=_argument(given["size_parameter"]),
        more=tokens_of(given["more_pointer"]),
        last=tokens_of(given["last_pointer"]),
        total=tokens_of(given["total_pointer"]),
        first=given["first"],
    )


def is_id(text: str) -> bool:
    """Whether a text can be sent as Last-Event-ID."""
    return bool(text) and text.isprintable() and text == text.strip()


def stream_problems(
    framing: Framing | None, pointer: str, last_event_id: str, *, reconnect: bool
) -> Iterator[Violation]:
    """What contradicts itself in the wish for a stream; None is a framing that is none."""
    if pointer and not pointer.startswith("/"):
        description = "must be a JSON pointer, which begins with a slash"
        yield Violation(field="elements_pointer", description=description)
    if pointer and framing not in (Framing.AUTO, Framing.ELEMENTS, None):
        description = f"is for ELEMENTS, not for {framing.name}"
        yield Violation(field="elements_pointer", description=description)
    for field, given in (("last_event_id", last_event_id), ("reconnect", reconnect)):
        if given and framing not in (Framing.AUTO, Framing.EVENTS, None):
            yield Violation(field=field, description=f"is for EVENTS, not for {framing.name}")
    if last_event_id and not is_id(last_event_id):
        description = "must be printable text without white space at its ends"
        yield Violation(field="last_event_id", description=description)


def paging_problems(max_pages: int, max_items: int, rule: Mapping[str, Any]) -> Iterator[Violation]:
    """What is no value of its field in the wish for a walk; the rule by its fields."""
    if not 0 <= max_pages <= MAX_PAGES:
        yield Violation(field="paging.max_pages", description=f"must be from 1 to {MAX_PAGES}")
    if max_items < 0:
        yield Violation(field="paging.max_items", description="must not be negative")
    for name in POINTERS:
        if rule[name] and not rule[name].startswith("/"):
            description = "must be a JSON pointer, which begins with a slash"
            yield Violation(field=f"paging.rule.{name}", description=description)
    if (rule["first"] or 0) < 0:
        yield Violation(field="paging.rule.first", description="must not be negative")


def _argument(text: str) -> Path:
    """An argument by its name, or by a JSON pointer."""
    if text.startswith("/"):
        return tokens_of(text)
    return (text,) if text else ()
