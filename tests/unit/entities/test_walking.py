"""The walk over a backend's pages: where it stops, and where it goes on."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from facade.entities.walking import Position, Walked, read_position, sized
from facade.errors.caller import InvalidRequest
from facade.model.action import Action
from facade.model.call import Call, Outcome
from facade.model.names import ActionName
from facade.model.paging import Ending, PageKind, PageRule, Paging, Resume
from facade.model.stream import Element, Telling
from facade.transcode.arguments import argument
from tests.documents import spec

CALL = Call(name=ActionName("a", "v1", "get_a"), arguments={})
BEGIN = Position(version="v1")


def listing(**query: Any) -> Action:
    parameters = [{"name": name, "in": "query", "schema": each} for name, each in query.items()]
    schema = {"type": "array", "items": {"type": "object"}}
    told = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    operation = {"parameters": parameters, "responses": told}
    return spec({"paths": {"/a": {"get": operation}}}).action("get_a")


PAGED = listing(page={"type": "integer", "default": 1}, per_page={"type": "integer", "maximum": 50})


class Backend:
    """Three pages of two items each."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def execute(self, call: Call) -> Outcome:
        raise NotImplementedError

    async def pages(self, call: Call, paging: Paging) -> Telling:
        at = int(paging.resume.arguments["page"].text) if paging.resume else 1
        self.asked.append((at, call.deadline))
        for number in range(2):
            yield Element(json=b"[%d,%d]" % (at, number))
        resume = Resume(arguments={"page": argument(at + 1)}) if at < 3 else None
        yield Ending(pages=1, items=2, more=resume is not None, resume=resume)


def walk(begin: Position = BEGIN, times: Iterator[float] | None = None, **more: Any) -> Walked:
    ticking = iter([0.0] * 99) if times is None else times
    given: dict[str, Any] = {
        "engine": Backend(),
        "action": PAGED,
        "call": CALL,
        "begin": begin,
        "max_pages": 9,
    }
    return Walked(**(given | more), clock=lambda: next(ticking))


async def test_a_walk_is_taken_up_where_it_was_left_and_calls_no_page_before() -> None:
    whole = [each async for each in walk().items()]
    assert [each.json for each in whole[:3]] == [b"[1,0]", b"[1,1]", b"[2,0]"]
    assert (len(whole), whole[-1].after) == (6, None)
    after = whole[2].after
    assert after is not None
    backend = Backend()
    again = walk(after, engine=backend)
    rest = [each.json async for each in again.items()]
    assert rest == [b"[2,1]", b"[3,0]", b"[3,1]"]
    assert [at for at, _ in backend.asked] == [2, 3]


async def test_no_further_page_is_called_when_the_pages_or_the_time_are_over() -> None:
    short = walk(max_pages=2)
    assert len([each async for each in short.items()]) == 4
    assert short.next is not None
    late = walk(times=iter([0.0, 0.0, 29.0, 31.0]))
    assert len([each async for each in late.items()]) == 4
    assert late.next is not None
    hasty = walk(
        call=CALL.__class__(name=CALL.name, arguments={}, deadline=1.0), times=iter([0, 0, 2])
    )
    assert len([each async for each in hasty.items()]) == 2


def test_the_backends_pages_have_the_size_that_is_wanted_within_its_bounds() -> None:
    rule = PageRule(kind=PageKind.PAGE, source="x", parameter=("page",), size=("per_page",))
    own = replace(PAGED, paging=rule)
    assert sized(own, CALL, 25).arguments["per_page"].value == 25
    assert sized(own, CALL, 200).arguments["per_page"].value == 50
    assert sized(listing(), CALL, 25) is CALL


def test_a_position_that_is_none_is_refused() -> None:
    assert read_position("") is None
    with pytest.raises(InvalidRequest):
        read_position("{}")
