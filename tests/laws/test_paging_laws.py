"""Laws of walks over pages: all items, each once, in order, whatever the pages are."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from facade.model.action import Action, Location, Parameter, Style
from facade.model.paging import PageKind, PageRule
from facade.transcode.paging.link_header import next_link
from facade.transcode.paging.walk import Page, Turn, Walk
from facade.transcode.server import Base

BASE = Base("https://a.example", "/v1", "")
MARK = Parameter(
    key="m",
    name="m",
    location=Location.QUERY,
    required=False,
    style=Style.FORM,
    explode=True,
)
ACTION = Action(id="a", method="GET", path="/x", pointer="", parameters=(MARK,))

RULES: dict[PageKind, dict[str, Any]] = {
    PageKind.LINK: {},
    PageKind.NEXT_URL: {"next": ("next",)},
    PageKind.CURSOR: {"next": ("next",), "parameter": ("m",)},
    PageKind.PAGE: {"parameter": ("m",), "first": 0},
    PageKind.OFFSET: {"parameter": ("m",), "first": 0},
}

numbers = st.integers(-(10**30), 10**30).map(str) | st.from_regex(
    r"-?[1-9][0-9]{0,20}\.[0-9]{1,20}(e[+-]?[0-9]{1,3})?", fullmatch=True
)
items = st.lists(numbers | st.text(max_size=5).map(json.dumps), max_size=12)


class Backend:
    """Pages of a list, told in every way at once."""

    def __init__(self, written: list[str], sizes: list[int]) -> None:
        self.pages: list[list[str]] = []
        for size in [*sizes, len(written)]:
            self.pages.append(written[:size])
            written = written[size:]

    def page(self, kind: PageKind, turn: Turn) -> Page:
        mark = turn.arguments["m"].value if "m" in turn.arguments else "0"
        number = int(turn.place.target.partition("=")[2]) if turn.place else int(mark)
        if kind is PageKind.OFFSET:
            starts = [sum(map(len, self.pages[:at])) for at in range(len(self.pages))]
            number = max((at for at, start in enumerate(starts) if start == number), default=-1)
        found = self.pages[number] if 0 <= number < len(self.pages) else []
        following = str(number + 1) if number + 1 < len(self.pages) else None
        link = (("link", f'<?n={following}>; rel="next"'),) if following else ()
        url = f"?n={following}" if kind is PageKind.NEXT_URL else following
        said = f'{{"it": [{" , ".join(found)}], "next": {json.dumps(following and url)}}}'
        return Page(json=said.encode(), headers=link, url=f"https://a.example/v1/x?n={number}")


@given(st.sampled_from(sorted(RULES)), items, st.lists(st.integers(1, 4), max_size=8))
def test_a_walk_gives_every_item_once_and_as_it_is_written(
    kind: PageKind, written: list[str], sizes: list[int]
) -> None:
    backend = Backend(written, sizes)
    rule = PageRule(kind=kind, source="convention", items=("it",), **RULES[kind])
    walk = Walk(rule=rule, action=ACTION, bases=(BASE,), turn=Turn(arguments={}))
    found: list[str] = []
    while walk.turn is not None:
        assert walk.pages <= len(backend.pages)
        found += [each.decode() for each in walk.take(backend.page(kind, walk.turn))]
    assert found == written


@given(st.lists(st.text(st.sampled_from('<>;,="\\ arelnxt?/'), max_size=60), max_size=3))
def test_any_link_header_is_read(fields: list[str]) -> None:
    target = next_link(fields)
    assert not target or any(f"<{target}" in each.replace("< ", "<") for each in fields)
