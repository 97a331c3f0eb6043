"""Numbers of documents: every written digit, from the text to what is sent and given back."""

import json
from decimal import Decimal
from typing import Any

import pytest

from facade.app.mirror.document.served import served
from facade.catalog.connector_file import parse
from facade.model.call import Call
from facade.model.names import ActionName
from facade.model.version import Destination
from facade.spec.bundling.bundle import bundle
from facade.spec.bundling.files import Files
from facade.spec.diff.compare import compare
from facade.spec.limits import DEFAULT
from facade.spec.load import load
from facade.spec.outline import outline
from facade.spec.packing import pack, unpack
from facade.spec.shapes.shape import canonical
from facade.spec.spec import Spec
from facade.spec.text.numbers import as_doubles, dumps, loses_digits, number_of
from facade.transcode.arguments import parse as arguments_of
from facade.transcode.encode import encode
from facade.transcode.validation.schema import compile_schema
from tests.fakes import a_version

SHAPES = ["[%s]", '{"a": %s}', "- %s\n", "a: %s # all\n", "a:\n    %s\n", '{"a": [\n        %s\n]}']
KEPT = ["1.10", "0.00", "-74.00", "9007199254740993.1", "1e-400", "12345678901234567890e3"]
DOUBLES = ["1.0", "1.5", "1e3", "1.0e5", "0.30000000000000004", "1e-7", "-0.0", "123"]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("text", KEPT)
def test_a_number_that_a_double_does_not_hold_is_a_decimal(text: str, shape: str) -> None:
    assert loses_digits(shape % text)
    tree = load(f"openapi: 3.1.0\nx-a: {text}\n")[0].tree
    again = load(f'{{"openapi": "3.1.0", "x-a": {text}}}')[0].tree
    for value in (tree["x-a"], again["x-a"]):
        assert isinstance(value, Decimal)
        assert value.as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize("text", DOUBLES)
def test_a_number_that_a_double_holds_is_one(text: str) -> None:
    assert not any(loses_digits(shape % text) for shape in SHAPES)
    assert not isinstance(load(f"openapi: 3.1.0\nx-a: {text}\n")[0].tree["x-a"], Decimal)


@pytest.mark.parametrize("text", ["a: costs 1.10 euros", 'a: "1.10"', '{"a": "1.10"}', "a: v1.10"])
def test_numbers_within_texts_cost_no_exact_reading(text: str) -> None:
    assert not loses_digits(text)


@pytest.mark.parametrize("text", ["1e-99999999999", f"0.{'0' * 2000}1", "1e-1001"])
def test_a_number_whose_arithmetic_would_take_long_is_a_double(text: str) -> None:
    assert number_of(text) == 0.0
    assert isinstance(number_of(text), float)


def test_a_tag_says_that_a_number_is_one() -> None:
    assert load("openapi: 3.1.0\nx-a: !!float 1.10\n")[0].tree["x-a"] == Decimal("1.10")


def parameter(name: str, default: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": True, "schema": {"default": default}}


PARAMETERS = [parameter("price", Decimal("1.10")), parameter("two", [Decimal("0.10"), 2])]
GET = {"operationId": "a", "parameters": PARAMETERS, "responses": {"200": {"description": ""}}}
HEAD = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
TEXT = dumps({**HEAD, "paths": {"/a": {"get": GET}}})


def query_of(spec: Spec) -> str:
    """What a call without arguments asks for."""
    version = a_version(destination=Destination(uri="https://api.x.org"))
    call = Call(name=ActionName("shop", "v1", "a"), arguments={})
    return encode(version, spec.action("a"), call).uri.partition("?")[2]


def test_defaults_are_sent_as_they_are_written() -> None:
    assert query_of(Spec(load(TEXT)[0])) == "price=1.10&two=0.10&two=2"


def test_what_changes_is_told_in_every_digit() -> None:
    limits = [{"maximum": Decimal(f"9007199254740993.{digit}")} for digit in (2, 1)]
    old, new = (
        dumps(
            {**HEAD, "paths": {"/a": {"get": {"parameters": [{**PARAMETERS[0], "schema": each}]}}}}
        )
        for each in limits
    )
    (found,) = compare(Spec(load(old)[0]), Spec(load(new)[0])).findings
    assert "9007199254740993.1 now" in found.message
    assert "9007199254740993.2" in found.message


def test_a_packed_document_keeps_them() -> None:
    document = load(TEXT)[0]
    again, _ = unpack(*pack(document, outline(document)))
    assert query_of(Spec(again)) == "price=1.10&two=0.10&two=2"


def test_the_mirror_gives_them_as_they_are_written() -> None:
    told = served(TEXT, a_version(), Spec(load(TEXT)[0]), "https://x", DEFAULT).decode()
    assert '"default":1.10' in told
    assert '"default":[0.10,2]' in told


def test_a_bundle_keeps_them() -> None:
    root = (
        b'{"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"A": {"$ref": "b.json"}}}}'
    )
    files = Files({"a.json": root, "b.json": b'{"default": 1.10}'}, "a.json")
    assert '"default":1.10' in bundle(files).text


def test_a_document_within_a_connector_file_keeps_them() -> None:
    file = f'{{"connector": "shop", "versions": [{{"id": "v1", "spec": {TEXT}}}]}}'
    drafts = parse(file, "shop.json", lambda *_: pytest.fail("another file")).drafts
    assert query_of(Spec(load(drafts["v1"].spec_text)[0])) == "price=1.10&two=0.10&two=2"


BOUNDS: list[tuple[dict[str, Any], str, bool]] = [
    ({"minimum": Decimal("9007199254740993.1")}, "9007199254740993.05", False),
    ({"minimum": Decimal("9007199254740993.1")}, "9007199254740993.15", True),
    ({"exclusiveMinimum": 0.0}, "1e-400", True),
    ({"exclusiveMinimum": Decimal("0.00")}, "1e-400", True),
    ({"minimum": 0.0}, "-1e-400", False),
    ({"exclusiveMaximum": 1.0}, "0.99999999999999999999999999999", True),
    ({"const": Decimal("0.12345678901234567890")}, "0.12345678901234567891", False),
    ({"enum": [Decimal("1.10")]}, "1.1", True),
]


@pytest.mark.parametrize(("schema", "text", "fits"), BOUNDS)
def test_values_are_judged_by_every_digit(schema: dict[str, Any], text: str, fits: bool) -> None:  # noqa: FBT001 # a column of the table
    value = arguments_of(f'{{"a": {text}}}')["a"].value
    assert compile_schema(schema).fits(value) is fits


def test_half_a_surrogate_pair_is_written_beside_them() -> None:
    assert json.loads(dumps({"a": Decimal("1.10"), "b": "\ud800"})) == {"a": 1.1, "b": "\ud800"}


def test_values_that_are_equal_are_one() -> None:
    assert canonical([Decimal("1.10")]) == canonical([1.1])
    assert canonical(Decimal("2.00")) == "2"
    assert as_doubles({"a": [Decimal("1.10"), {"b": Decimal("2.00")}]}) == {"a": [1.1, {"b": 2.0}]}
