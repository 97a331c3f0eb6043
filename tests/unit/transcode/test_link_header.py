"""The Link header: RFC 8288's grammar, and what servers make of it."""

import pytest

from facade.transcode.paging.link_header import next_link


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        (['<https://a/2>; rel="next"'], "https://a/2"),
        (['<https://a/1>; rel="prev", <https://a/3>; rel="next"'], "https://a/3"),
        (["<https://a/2>;rel=next"], "https://a/2"),
        (["</2>; REL=NEXT"], "/2"),
        (['<?page=2>; title="x, <y>; rel=next"; rel="first next"'], "?page=2"),
        (['<a>; title="say \\"<b>; rel=next\\""; rel=prev , <c> ; rel = next'], "c"),
        (["<1>; rel=last", "<2>; rel=next"], "2"),
        (["<1>; rel=prev; rel=next"], ""),
        (['<1>; rel=next; anchor="/other"'], ""),
        (["<1>; rel=nextish"], ""),
        (["<1>, <2>;;; rel=next"], "2"),
        (["<1>; flag; rel=next"], "1"),
        (["<a,b;c>; rel=next"], "a,b;c"),
        (["nothing of the kind", "", "<", "<1", ';rel=next, "'], ""),
        (["<1> garbage; rel=next, <2>; rel=next"], "2"),
    ],
)
def test_the_first_target_whose_relation_is_next_is_taken(fields: list[str], target: str) -> None:
    assert next_link(fields) == target


def test_no_field_costs_more_than_it_is_long() -> None:
    for hostile in ("<" * 20_000, '<a>;x="' * 5_000, ";" * 20_000, '"\\' * 10_000, "<a>;" * 5_000):
        assert next_link([hostile]) == ""
