"""Arrays of objects come out the same member by member and object by object."""

from typing import Any

import orjson
import pytest
from google.protobuf import message_factory
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from facade.errors.backend import BackendBadResponse
from facade.model.call import Exchange, Outcome
from facade.model.typed import Role
from gateway.typed.codec import Codecs
from gateway.typed.columns import FEW
from gateway.typed.descriptors import pool_of
from gateway.typed.misfit import Misfit
from gateway.typed.writing import Writers
from tests.laws.test_typed_codec import LEAVES
from tests.typed import PACKAGE, PET, PETS

CLOSED = structs.replace(
    PETS.messages[PET],
    fields=tuple(each for each in PETS.messages[PET].fields if each.role is not Role.ADDITIONAL),
)
"""Pets, of which no property is beside those that are declared."""
SERVICE = structs.replace(PETS, messages={**PETS.messages, PET: CLOSED})
KIND: Any = message_factory.GetMessageClass(
    pool_of(SERVICE, PACKAGE).FindMessageTypeByName(f"{PACKAGE}.{CLOSED.name}")
)
BY_COLUMNS, BY_ROWS = (Writers(SERVICE, by_columns=each).of(PET).write for each in (True, False))

WRONG = st.sampled_from([True, "x", 5, 0.5, -1, 2**70, None, {}, [], [None], [[1]], {"a": 1}])
MEMBERS = {each.json: each.name for each in CLOSED.fields if each.role is Role.MEMBER}
LEAF = {name: LEAVES[name] for name in MEMBERS if name in LEAVES}
PROPERTIES = st.sampled_from(sorted(LEAF)).flatmap(
    lambda name: st.tuples(st.just(name), LEAF[name])
)
TREES = st.lists(PROPERTIES, max_size=4).map(dict)


def parsed(written: bytes) -> Any:
    return KIND.FromString(written)


def many(data: Any) -> list[Any]:
    """Some pets, which come again and again, with what all of them have in common."""
    every = data.draw(TREES)
    kinds = [{**every, **each} for each in data.draw(st.lists(TREES, min_size=1, max_size=3))]
    return [dict(kinds[at % len(kinds)]) for at in range(FEW + 1)]


@given(st.data())
def test_arrays_of_objects_are_the_same_by_columns(data: Any) -> None:
    trees, inner = many(data), many(data)
    trees[1]["friends"], trees[2]["friends"], trees[0]["x-new"] = inner, inner[:2], {}
    tree = {"friends": trees}
    assert parsed(BY_COLUMNS(tree, 0)) == parsed(BY_ROWS(tree, 0))


@given(st.data(), st.sampled_from(sorted(LEAF)), WRONG)
def test_what_a_message_cannot_say_is_found_by_columns_too(
    data: Any, name: str, wrong: Any
) -> None:
    trees = many(data)
    trees[-2][name] = wrong
    tree = {"friends": trees}
    try:
        expected = parsed(BY_ROWS(tree, 0))
    except Misfit:
        with pytest.raises(Misfit):
            BY_COLUMNS(tree, 0)
    else:
        assert parsed(BY_COLUMNS(tree, 0)) == expected


def test_the_place_is_told_however_deep_it_stands_in_arrays_of_arrays() -> None:
    depth = 30
    tree: Any = {"id": "none"}
    for _ in range(depth):
        tree = {"friends": [{"id": 1}] * FEW + [tree]}
    method = next(each for each in SERVICE.methods if each.response == PET)
    codec = Codecs(SERVICE).of(method)
    outcome = Outcome(
        json=orjson.dumps(tree),
        exchange=Exchange(method="GET", uri="", request_headers=(), trace_id=""),
    )
    with pytest.raises(BackendBadResponse) as told:
        codec.answer(outcome)
    place = f"/friends/{FEW}" * depth + "/id"
    assert told.value.details.violations[0].field == place
