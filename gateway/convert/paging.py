"""PageRule and Paging: messages to values, and back."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from facade.errors.fault import Violation
from facade.model.paging import MAX_PAGES, PageKind, PageRule, Paging, Path
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
POINTERS = ("items_pointer", "next_pointer", "more_pointer", "last_pointer", "total_pointer")


def tokens_of(text: str) -> Path:
    """The tokens of a JSON pointer (RFC 6901)."""
    return tuple(each.replace("~1", "/").replace("~0", "~") for each in text.split("/")[1:])


def paging_from(message: pb.Paging) -> Paging:
    """What a caller wants of a walk, for a message without problems."""
    rule = _rule_from(message.rule) if message.HasField("rule") else None
    return Paging(max_pages=message.max_pages or 100, max_items=message.max_items, rule=rule)


def paging_problems(message: pb.Paging) -> Iterator[Violation]:
    """What is no value of its field, by the fields of the request."""
    if not 0 <= message.max_pages <= MAX_PAGES:
        description = f"must be from 1 to {MAX_PAGES}"
        yield Violation(field="paging.max_pages", description=description)
    if message.max_items < 0:
        yield Violation(field="paging.max_items", description="must not be negative")
    rule = message.rule
    if rule.kind not in KINDS:
        description = f"{rule.kind} is none of its values"
        yield Violation(field="paging.rule.kind", description=description)
    for name in POINTERS:
        given = getattr(rule, name)
        if given and not given.startswith("/"):
            description = "must be a JSON pointer, which begins with a slash"
            yield Violation(field=f"paging.rule.{name}", description=description)
    if rule.first < 0:
        yield Violation(field="paging.rule.first", description="must not be negative")


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


def _rule_from(message: pb.PageRule) -> PageRule:
    return PageRule(
        kind=KINDS[message.kind],
        source="caller",
        items=tokens_of(message.items_pointer) if message.HasField("items_pointer") else None,
        next=tokens_of(message.next_pointer),
        header=message.header,
        parameter=_argument(message.parameter),
        size=_argument(message.size_parameter),
        more=tokens_of(message.more_pointer),
        last=tokens_of(message.last_pointer),
        total=tokens_of(message.total_pointer),
        first=message.first if message.HasField("first") else None,
    )


def _argument(text: str) -> Path:
    """An argument by its name, or by a JSON pointer."""
    if text.startswith("/"):
        return tokens_of(text)
    return (text,) if text else ()


def _named(path: Path) -> str:
    """A name alone, unless it would read as a pointer."""
    alone = len(path) == 1 and not path[0].startswith("/")
    return path[0] if alone else pointer(path)
