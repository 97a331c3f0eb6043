"""A codec reads and writes messages as protobuf's own classes do."""

import json
from collections.abc import Iterable
from typing import Any

import orjson
from google.protobuf import message_factory
from google.protobuf.message import DecodeError, Message
from hypothesis import given, settings
from hypothesis import strategies as st

from facade.errors.caller import InvalidParameters, InvalidRequest
from facade.model.typed import Role
from facade.transcode.arguments import parse
from gateway.convert.wire import framed, varint
from gateway.typed.codec import Codecs
from gateway.typed.descriptors import pool_of
from gateway.typed.scalar_writers import integer
from tests.typed import PACKAGE, PET, PETS
from tests.typed_json import same

CODECS = Codecs(PETS)
"""One for all examples: what it has learnt must not show."""
METHODS = {each.name: each for each in PETS.methods}
ADD = CODECS.of(METHODS["AddPet"])
POOL = pool_of(PETS, PACKAGE)
ADD_REQUEST: Any = message_factory.GetMessageClass(
    POOL.FindMessageTypeByName(f"{PACKAGE}.AddPetRequest")
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
SMALL = st.integers(-(2**31), 2**31 - 1)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | SAFE | DOUBLES.filter(lambda each: abs(each) < 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PERSONS = st.fixed_dictionaries({"kind": st.just("person")}, optional={"email": TEXTS})
SHOPS = st.fixed_dictionaries(
    {"kind": st.just("SHOP")}, optional={"staff": SMALL, "x": INTEGERS, "y": INTEGERS}
)
ROWS = st.lists(DOUBLES, max_size=3)
MARKS = st.none() | TEXTS | INTEGERS | st.booleans() | ROWS | PERSONS
SCALARS = {"id", "name", "weight", "isVaccinated", "seed", "rank", "speed", "nick-name"}
LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "id": INTEGERS,
    "name": TEXTS,
    "weight": DOUBLES,
    "isVaccinated": st.booleans(),
    "status": st.sampled_from(["available", "on hold", "sold", "lost", ""]),
    "legs": st.sampled_from([2, -4, 3, -(2**40)]),
    "nick-name": st.none() | TEXTS,
    "tags": st.none() | st.lists(TEXTS, min_size=1, max_size=3),
    "visits": st.lists(SMALL, min_size=1, max_size=3),
    "labels": st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3),
    "owner": PERSONS | SHOPS,
    "grid": st.lists(ROWS, min_size=1, max_size=3),
    "photo": st.sampled_from(["", "aGk=", "/+8="]),
    "seed": st.integers(0, 2**64 - 1),
    "rank": st.integers(0, 2**32 - 1),
    "speed": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "extra": st.dictionaries(TEXTS, JSON, max_size=3),
    "anything": JSON,
    "point": st.lists(JSON, max_size=3),
    "mark": MARKS,
    "more": JSON,
}
TREES = st.recursive(
    st.fixed_dictionaries({}, optional=LEAVES),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "rooms": st.dictionaries(TEXTS, inner, min_size=1, max_size=2),
            "friends": st.lists(inner, min_size=1, max_size=2),
            **LEAVES,
        },
    ),
    max_leaves=3,
)


@given(TREES)
def test_json_becomes_a_message_of_protobufs_that_says_the_same_json(tree: Any) -> None:
    text = orjson.dumps(tree)
    message = ADD_REQUEST()
    message.body.MergeFromString(ADD.item(text))
    arguments, upload = ADD.arguments(message.SerializeToString(deterministic=True))
    assert upload is None
    body = arguments["body"]
    assert same(orjson.loads(body.text), tree)
    assert body == parse(f'{{"body":{body.text}}}')["body"]
    assert body.text == json.dumps(json.loads(body.text), ensure_ascii=False, separators=(",", ":"))


@given(TREES)
def test_each_field_of_protobufs_message_holds_the_value_of_its_property(tree: Any) -> None:
    pet = ADD_REQUEST().body
    pet.MergeFromString(ADD.item(orjson.dumps(tree)))
    said: dict[str, Any] = {
        each.json: getattr(pet, each.name)
        for each in PETS.messages[PET].fields
        if each.json in SCALARS and each.role is Role.MEMBER and pet.HasField(each.name)
    }
    if pet.HasField("nick_name_null"):
        said["nick-name"] = None
    assert same(said, {key: value for key, value in tree.items() if key in SCALARS})


VARINTS = st.builds(integer, st.integers(0, 2**64 - 1)) | st.sampled_from(
    [b"\x80\0", b"\x85\x80\x80\0", b"\xff" * 9 + b"\1", b"\xff" * 9 + b"\2", b"\x80" * 10 + b"\0"]
)
KNOWN = [each.number for each in PETS.messages[PET].fields]


def piece(number: int, payload: tuple[int, bytes]) -> bytes:
    wire, data = payload
    if wire == 2:
        return framed(varint(number << 3 | wire), data)
    if wire == 3:
        return varint(number << 3 | 3) + data + varint(number << 3 | 4)
    return varint(number << 3 | wire) + data


def pieces(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    payloads = st.one_of(
        st.tuples(st.just(0), VARINTS),
        st.tuples(st.just(1), st.binary(min_size=8, max_size=8)),
        st.tuples(st.just(5), st.binary(min_size=4, max_size=4)),
        st.tuples(st.just(2), inner | TEXTS.map(str.encode)),
        st.tuples(st.just(2), st.lists(VARINTS, max_size=3).map(b"".join)),
        st.tuples(st.just(3), inner),
    )
    numbers = st.sampled_from([1, 2, *KNOWN, 99, 2**29 - 1])
    return st.lists(st.builds(piece, numbers, payloads), max_size=4).map(b"".join)


WIRES = st.recursive(pieces(st.just(b"")), pieces, max_leaves=4)


def read(data: bytes) -> Any:
    """What the codec reads: the text of the body, the fields that are wrong, or None: broken."""
    try:
        arguments, _ = ADD.arguments(data)
    except InvalidRequest:
        return None
    except InvalidParameters as fault:
        return {each.field for each in fault.details.violations}
    return orjson.loads(arguments["body"].text) if arguments else {}


def parsed(data: bytes) -> Message | None:
    try:
        message: Message = ADD_REQUEST.FromString(data)
    except DecodeError:
        return None
    return message


@given(st.lists(WIRES, min_size=1, max_size=2))
@settings(max_examples=200)
def test_the_codec_reads_what_protobuf_reads_alike_and_nothing_else(
    bodies: Iterable[bytes],
) -> None:
    data = b"".join(framed(b"\x0a", body) for body in bodies)
    message = parsed(data)
    if message is None:
        assert read(data) is None or isinstance(read(data), set)
    else:
        assert read(data) == read(message.SerializeToString(deterministic=True))


@given(TREES, st.integers(0, 400), st.integers(0, 255))
def test_bytes_that_protobuf_does_not_read_are_refused(tree: Any, at: int, byte: int) -> None:
    data = bytearray(framed(b"\x0a", ADD.item(orjson.dumps(tree))))
    data[at % len(data)] = byte
    message = parsed(bytes(data))
    if message is None:
        assert read(bytes(data)) is None or isinstance(read(bytes(data)), set)
    else:
        assert same(read(bytes(data)), read(message.SerializeToString(deterministic=True)))


@given(st.integers(90, 110), st.sampled_from(["friends", "rooms"]))
def test_nesting_is_bounded_where_protobuf_bounds_it(depth: int, by: str) -> None:
    body = b""
    for _ in range(depth):
        body = (
            framed(varint(20 << 3 | 2), body)
            if by == "friends"
            else framed(varint(18 << 3 | 2), framed(b"\x12", body))
        )
    data = framed(b"\x0a", body)
    if parsed(data) is None:
        assert read(data) is None
    else:
        assert read(data) is not None


@given(st.integers(1, 120))
def test_groups_are_bounded_where_protobuf_bounds_them(depth: int) -> None:
    data = varint(99 << 3 | 3) * depth + varint(99 << 3 | 4) * depth
    assert (read(data) is None) == (parsed(data) is None)
