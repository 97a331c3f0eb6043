"""Rules of pages as messages, and back; what is no rule."""

import pytest

from facade.model.paging import PageKind, PageRule, Paging
from facade.model.wanted import tokens_of
from gateway.convert.paging import paging_from, paging_problems, rule_to
from gateway.v1 import paging_pb2 as pb

RULE = PageRule(
    kind=PageKind.CURSOR,
    source="caller",
    items=("a/b", "~c"),
    next=("it", "-1", "id"),
    parameter=("body", "at"),
    size=("limit",),
    more=("more",),
    last=("last",),
    total=("total",),
    first=0,
)


def test_a_rule_comes_back_as_it_went() -> None:
    assert paging_from(pb.Paging(rule=rule_to(RULE))) == Paging(rule=RULE)


def test_the_whole_answer_is_not_the_same_as_no_place() -> None:
    whole = PageRule(kind=PageKind.LINK, source="caller", items=())
    unsaid = PageRule(kind=PageKind.LINK, source="caller")
    assert rule_to(whole).HasField("items_pointer")
    for rule in (whole, unsaid):
        assert paging_from(pb.Paging(rule=rule_to(rule))).rule == rule


def test_an_argument_is_a_name_or_a_pointer() -> None:
    assert rule_to(RULE).parameter == "/body/at"
    assert rule_to(RULE).size_parameter == "limit"
    odd = PageRule(kind=PageKind.PAGE, source="caller", parameter=("/odd",))
    assert rule_to(odd).parameter == "/~1odd"
    assert paging_from(pb.Paging(rule=rule_to(odd))).rule == odd


def test_what_is_not_said_is_the_default() -> None:
    assert paging_from(pb.Paging()) == Paging(max_pages=100, max_items=0, rule=None)
    assert [*paging_problems(pb.Paging())] == []
    assert tokens_of("") == ()


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (pb.Paging(max_pages=10_000), []),
        (pb.Paging(max_pages=-1, max_items=-1), ["paging.max_pages", "paging.max_items"]),
        (pb.Paging(max_pages=10_001), ["paging.max_pages"]),
        (pb.Paging(rule=pb.PageRule(kind=99)), ["paging.rule.kind"]),  # type: ignore[arg-type]  # a newer client's
        (
            pb.Paging(rule=pb.PageRule(items_pointer="a", total_pointer="b", first=-1)),
            ["paging.rule.items_pointer", "paging.rule.total_pointer", "paging.rule.first"],
        ),
    ],
)
def test_every_value_that_is_none_is_named(message: pb.Paging, fields: list[str]) -> None:
    assert [each.field for each in paging_problems(message)] == fields
