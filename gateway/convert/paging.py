"""PageRule and Paging: messages to values, and back."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from facade.errors.fault import Violation
from facade.model import wanted
from facade.model.paging import PageKind, PageRule, Paging, Path
from facade.transcode.arguments import pointer
from gateway.v1 import paging_pb2 as pb

KINDS: Mapping["pb.PageKind.ValueType", PageKind] = MappingProxyType(
    {
        pb.PAGE_KIND_UNSPECIFIED: PageKind.AUTO,
        pb.PAGE_KIND_LINK: PageKind.LINK,
        pb.PAGE_KIND_NEXT_URL: PageKind.NEXT_URL,
        pb.PAGE_KIND_CURSOR: PageKind.CURSOR,
        pb.PAGE_KIND_PAGE: PageKind.PAGE,
        pb.PAGE_KIND_OFFSET: PageKind.OFFSET,
    }
)
NUMBERS: Mapping[PageKind, "pb.PageKind.ValueType"] = MappingProxyType(
    {kind: number for number, kind in KINDS.items()}
)
FIELDS = (*wanted.POINTERS, "header", "parameter", "size_parameter")


def paging_from(message: pb.Paging) -> Paging:
    """What a caller wants of a walk, for a message without problems."""
    rule = message.rule if message.HasField("rule") else None
    given = None if rule is None else wanted.rule_of(KINDS[rule.kind], _given(rule))
    return Paging(max_pages=message.max_pages or 100, max_items=message.max_items, rule=given)


def paging_problems(message: pb.Paging) -> Iterator[Violation]:
    """What is no value of its field, by the fields of the request."""
    if message.rule.kind not in KINDS:
        description = f"{message.rule.kind} is none of its values"
        yield Violation(field="paging.rule.kind", description=description)
    yield from wanted.paging_problems(message.max_pages, message.max_items, _given(message.rule))


def rule_to(rule: PageRule) -> pb.PageRule:
    """A rule as a message."""
    return pb.PageRule(
        kind=NUMBERS[rule.kind],
        items_pointer=None if rule.items is None else pointer(rule.items),
        next_pointer=pointer(rule.next),
        header=rule.header,
        parameter=_named(rule.parameter),
        size_parameter=_named(rule.size),
        more_pointer=pointer(rule.more),
        last_pointer=pointer(rule.last),
        total_pointer=pointer(rule.total),
        first=rule.first,
        source=rule.source,
    )


def _given(message: pb.PageRule) -> dict[str, Any]:
    """The fields of a rule; None where one that may be unset is."""
    return {
        **{name: getattr(message, name) for name in FIELDS},
        "items_pointer": message.items_pointer if message.HasField("items_pointer") else None,
        "first": message.first if message.HasField("first") else None,
    }


def _named(path: Path) -> str:
    """A name alone, unless it would read as a pointer."""
    alone = len(path) == 1 and not path[0].startswith("/")
    return path[0] if alone else pointer(path)
