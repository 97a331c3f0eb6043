from typing import Any

import pytest
from google.protobuf import message_factory

from facade.model.typed import Field, Message, Role, Scalar, TypedService, WellKnown
from gateway.typed.descriptors import pool_of
from gateway.typed.heads import MAX_SIZES, Heads
from gateway.typed.json_tree import tree_of
from gateway.typed.misfit import Misfit, bad_answer
from gateway.typed.writing import Writers
from tests.typed import PACKAGE, PET, PETS

POOL = pool_of(PETS, PACKAGE)
MESSAGE = message_factory.GetMessageClass(POOL.FindMessageTypeByName(f"{PACKAGE}.Pet"))
WRITERS = Writers(PETS)


def written(text: str) -> Any:
    return MESSAGE.FromString(WRITERS.of(PET).write(tree_of(text.encode()), 0))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"id":9223372036854775807}', {"id": 2**63 - 1}),
        ('{"id":-9223372036854775808}', {"id": -(2**63)}),
        ('{"id": 9007199254740993}', {"id": 2**53 + 1}),
        ('{"id": 5.0, "weight": 5}', {"id": 5, "weight": 5.0}),
        ('{"id": 9007199254740993.0}', {"id": 2**53 + 1}),
        ('{"id":1e3}', {"id": 1000}),
        ('{"seed":18446744073709551615}', {"seed": 2**64 - 1}),
        ('{"weight": 0.10000000000000000}', {"weight": 0.1}),
        ('{"speed":0.1}', {"speed": 0.1}),
        ('{"speed":0.10000000149011612}', {"speed": 0.1}),
        ('{"speed":1e-45}', {"speed": 1e-45}),
        ('{"id":null,"name":null,"owner":null,"friends":null,"labels":null,"status":null}', {}),
        (
            '{"nick-name":null,"mark":null,"tags":null}',
            ["nick_name_null", "mark_null", "tags_null"],
        ),
        ('{"legs":2.0}', {"legs": 1}),
        ('{"status":"gone"}', {"status_other": "gone"}),
        ('{"legs":12}', {"legs_other": "12"}),
        ('{"visits":[],"tags":[]}', {}),
        ('{"owner":{"kind":"person","x":1}}', {"owner": {"person": {"kind": "person"}}}),
        ('{"mark":true}', {"mark": {"boolean_value": True}}),
        ('{"name":"\\u00fc"}', {"name": "ü"}),
    ],
)
def test_json_is_the_message_with_all_digits(text: str, fields: Any) -> None:
    known = dict.fromkeys(fields, 0) if isinstance(fields, list) else fields
    assert written(text) == MESSAGE(**known)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"id":true}', "/id", "no integer"),
        ('{"id":1.5}', "/id", "no integer"),
        ('{"id":1e400}', "/id", "no integer"),
        ('{"id":9223372036854775808}', "/id", "from -9223372036854775808 to"),
        ('{"rank":-1}', "/rank", "from 0 to 4294967295"),
        ('{"visits":[1,2147483648]}', "/visits/1", "no integer"),
        ('{"name":7}', "/name", "no text"),
        ('{"isVaccinated":0}', "/isVaccinated", "neither true nor false"),
        ('{"weight":"5"}', "/weight", "no number"),
        ('{"weight":true}', "/weight", "no number"),
        ('{"weight":9007199254740993}', "/weight", "more digits than a double"),
        ('{"weight":0.12345678901234567890}', "/weight", "more digits than a double"),
        ('{"weight":1e400}', "/weight", "more digits"),
        ('{"weight":1e-400}', "/weight", "more digits"),
        ('{"anything":[1e-400]}', "/anything/0", "more digits"),
        ('{"speed":1e39}', "/speed", "no float holds"),
        ('{"photo":"a"}', "/photo", "base64"),
        ('{"photo":"aGk=\\n"}', "/photo", "base64"),
        ('{"photo":"ü"}', "/photo", "base64"),
        ('{"photo":1}', "/photo", "base64"),
        ('{"status":1}', "/status", "no text"),
        ('{"legs":"2"}', "/legs", "no integer"),
        ('{"tags":"a"}', "/tags", "no array"),
        ('{"tags":["a",null]}', "/tags/1", "no text"),
        ('{"labels":["a"]}', "/labels", "no object"),
        ('{"labels":{"a":{}}}', "/labels/a", "no text"),
        ('{"rooms":{"a/b":{"id":""}}}', "/rooms/a~1b/id", "no integer"),
        ('{"friends":[{},null]}', "/friends/1", "no object"),
        ('{"grid":[[1],[2,"x"]]}', "/grid/1/1", "no number"),
        ('{"owner":{"kind":"cat"}}', "/owner/kind", "none of the kinds"),
        ('{"owner":{}}', "/owner/kind", "none of the kinds"),
        ('{"owner":[]}', "/owner", "no object"),
        ('{"extra":[]}', "/extra", "no object"),
        ('{"extra":{"a":[1,9007199254740993]}}', "/extra/a/1", "more digits"),
        ('{"anything":0.12345678901234567890}', "/anything", "more digits"),
        ('{"point":{}}', "/point", "no array"),
        ('{"x":18446744073709551617}', "/x", "more digits"),
        ('{"id":1,"id":2}', "", "the name `id` twice"),
        ('{"id":1,"weight":1e400,"id":2}', "", "the name `id` twice"),
        ('{"id":', "", "no JSON"),
    ],
)
def test_what_the_message_cannot_say_is_named_by_its_place(
    text: str, place: str, words: str
) -> None:
    with pytest.raises(Misfit) as misfit:
        written(text)
    fault = bad_answer(misfit.value)
    assert fault.details.violations[0].field == place
    assert words in fault.details.violations[0].description
    assert "ExecuteAction" in fault.message


@pytest.mark.parametrize("depth", [260, 600, 1_000])
@pytest.mark.parametrize("around", [("[", "]"), ('{"a":', "}")])
def test_what_is_deeper_than_anything_writes_is_told_of(
    depth: int, around: tuple[str, str]
) -> None:
    opening, closing = around
    with pytest.raises(Misfit, match="nested deeper than the 100 levels"):
        written(f'{{"anything":{opening * depth}1{closing * depth}}}')


@pytest.mark.parametrize(
    "around", ['{{"friends":[{}]}}', '{{"anything":[{}]}}', '{{"rooms":{{"a":{}}}}}']
)
def test_levels_end_where_protobuf_does_not_read_on(around: str) -> None:
    text, deepest = "{}", 0
    while fits(text):
        deepest, text = deepest + 1, around.format(text)
    assert 20 < deepest <= 101


def fits(text: str) -> bool:
    try:
        written(text)
    except Misfit as misfit:
        return "nested deeper than the 100 levels" not in misfit.description
    return True


def test_heads_are_remembered_up_to_a_bound() -> None:
    heads = Heads(1)
    assert [heads[size] for size in range(300)] == [heads[size] for size in range(300)]
    assert len(heads) == MAX_SIZES


OWNER = Message(
    key="owner",
    name="Owner",
    fields=(Field(key="name:text", name="name", number=1, json="name", type=Scalar.STRING),),
)
HOUSE = Message(
    key="house",
    name="House",
    fields=(
        Field(key="a", name="owner", number=1, json="owner", ref="owner", oneof="owner_or_null"),
        Field(
            key="b",
            name="owner_null",
            number=2,
            json="owner",
            role=Role.NULL,
            type=WellKnown.NULL,
            oneof="owner_or_null",
        ),
        Field(key="c", name="guest", number=3, json="guest", ref="owner"),
    ),
)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ('{"owner":null}', b"\x10\0"),
        ('{"owner":{}}', b"\x0a\0"),
        ('{"owner":{"name":"Ada"},"guest":null}', b"\x0a\x05\x0a\x03Ada"),
    ],
)
def test_null_in_place_of_an_object_is_the_field_for_null_or_nothing(
    text: str, wire: bytes
) -> None:
    service = TypedService(messages={"owner": OWNER, "house": HOUSE})
    assert Writers(service).of("house").write(tree_of(text.encode()), 0) == wire
