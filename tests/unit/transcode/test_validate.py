"""Arguments against what an action takes."""

import json
import time
from typing import Any

import pytest

from facade.model.action import Action, Body, Location, Media, Parameter, Schema, Style
from facade.model.call import Upload
from facade.transcode.arguments import parse, refused
from facade.transcode.validation.schema import compile_schema
from facade.transcode.validation.validate import compile_validator

PET: dict[str, Any] = {
    "type": "object",
    "required": ["name", "photoUrls"],
    "properties": {
        "id": {"type": "integer", "format": "int64"},
        "name": {"type": "string", "minLength": 1},
        "photoUrls": {"type": "array", "items": {"type": "string"}},
        "status": {"enum": ["available", "sold", None]},
        "tag": {"$ref": "#/$defs/Tag"},
        "secret": {"type": "string", "format": "password", "maxLength": 3, "writeOnly": True},
    },
    "additionalProperties": False,
    "$defs": {"Tag": {"type": "object", "properties": {"n": {"type": "integer"}}}},
}


def parameter(
    key: str, schema: Schema, location: Location = Location.QUERY, **more: Any
) -> Parameter:
    return Parameter(
        key=key,
        name=more.pop("name", key),
        location=location,
        required=more.pop("required", False),
        style=Style.FORM,
        explode=True,
        schema=schema,
        **more,
    )


def body(schema: Schema = PET, *types: str, required: bool = True, flat: bool = True) -> Body:
    names = tuple(schema["properties"]) if flat and isinstance(schema, dict) else ()
    media = tuple(Media(type=each, schema=schema) for each in types or ("application/json",))
    return Body(required=required, media=media, flat=names)


def action(*parameters: Parameter, body: Body | None = None) -> Action:
    return Action(
        id="a", method="POST", path="/", pointer="/paths/~1/post", parameters=parameters, body=body
    )


def found(each: Action, text: str, upload: Upload | None = None) -> dict[str, str]:
    violations = compile_validator(each).find(parse(text), upload)
    return {violation.field: violation.description for violation in violations}


PETS = action(
    parameter("petId", {"type": "integer"}, Location.PATH, required=True),
    parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}),
    parameter("X-Trace", {"type": "string"}, Location.HEADER),
    body=body(),
)


def test_b09_every_violation_is_told_at_once_by_pointer() -> None:
    assert found(
        PETS, '{"limit":0,"color":1,"body":{"name":"","status":"x","tag":{"n":"1"},"z":1}}'
    ) == {
        "/color": "is not an argument of this action",
        "/petId": "is required",
        "/limit": "must be at least 1",
        "/body/name": "must have at least 1 characters",
        "/body/photoUrls": "is required",
        "/body/status": "must be one of available, sold, null",
        "/body/tag/n": "must be integer, not string",
        "/body/z": "is not a property that the schema knows",
    }


def test_a_valid_call_has_no_violations() -> None:
    assert found(PETS, '{"petId":7,"body":{"name":"x","photoUrls":[]}}') == {}
    assert found(PETS, '{"petId":7,"name":"x","photoUrls":["u"],"status":null}') == {}


def test_b09_flat_properties_are_held_to_the_bodys_schema() -> None:
    assert found(PETS, '{"petId":7,"name":"x","id":"7"}') == {
        "/photoUrls": "is required",
        "/id": "must be integer, not string",
    }


def test_a_required_body_that_is_left_out_names_what_it_needs() -> None:
    assert found(PETS, '{"petId":7}') == {"/name": "is required", "/photoUrls": "is required"}
    assert found(action(body=body(flat=False)), "{}") == {"/body": "is required"}
    assert found(action(body=body(required=False)), "{}") == {}


def test_the_body_is_given_whole_or_flat_not_both() -> None:
    text = '{"petId":7,"body":{"name":"x","photoUrls":[]},"name":"y"}'
    assert list(found(PETS, text)) == ["/name"]


def test_an_upload_stands_for_a_required_body() -> None:
    upload = Upload(content_type="application/json", data=b"{}")
    assert found(PETS, '{"petId":7}', upload) == {}
    assert list(found(action(), "{}", upload)) == ["/body"]
    assert list(found(action(), '{"body":1}')) == ["/body"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("petID", "did you mean petId?"),
        ("pet_id", "did you mean petId?"),
        ("x-trace", "did you mean X-Trace?"),
        ("photourls", "did you mean photoUrls?"),
    ],
)
def test_b14_names_match_exactly_and_a_near_one_is_suggested(name: str, hint: str) -> None:
    assert hint in found(PETS, json.dumps({name: 1}))[f"/{name}"]


def test_a_name_of_two_locations_suggests_both_keys() -> None:
    each = action(
        parameter("path.id", {}, Location.PATH, name="id"), parameter("query.id", {}, name="id")
    )
    assert "did you mean path.id or query.id?" in found(each, '{"id":1}')["/id"]


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        ({"type": "integer"}, '"7"', "must be integer, not string"),
        ({"type": "integer"}, "7.5", "must be integer, not number"),
        ({"type": "integer"}, "null", "must be integer, not null"),
        ({"type": "string"}, "7", "must be string, not integer"),
        ({"type": "boolean"}, '"true"', "must be boolean, not string"),
        ({"type": ["string", "null"]}, "[]", "must be null or string, not array"),
        ({"maximum": 1.5}, "1.50000000000000000001", "must be at most 1.5"),
        ({"multipleOf": 0.01}, "0.075", "must be a multiple of 0.01"),
        ({"maximum": 9007199254740992}, "9007199254740993", "must be at most 9007199254740992"),
        ({"maximum": 10**63}, "1" + "0" * 61 + "10", f"must be at most {10**63}"),
        ({"const": 10**40}, str(10**40 + 1), f"must be {10**40}"),
        ({"format": "double"}, "1e400", "must fit a number of 64 bits"),
        ({"type": "integer", "format": "int32"}, "2147483648", "must fit 32 bits"),
        ({"type": "integer", "format": "int64"}, "9223372036854775808", "must fit 64 bits"),
        ({"format": "uint64"}, "-1", "must fit 64 bits without a sign"),
        ({"format": "date"}, '"2024-1-1"', "must be a date such as 2024-01-31"),
        ({"format": "byte"}, '"%%"', "must be base64 (RFC 4648)"),
        ({"format": "uuid"}, '"x"', "must be a UUID"),
        ({"pattern": "^a+$"}, '"b"', "must match the pattern ^a+$"),
        ({"maxItems": 1}, "[1,2]", "must have at most 1 items"),
        ({"uniqueItems": True}, "[1,1]", "must not hold an item twice"),
        ({"const": True}, "false", "must be true"),
        (False, "1", "must not be given"),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "1",
            "must be string or null, not integer",
        ),
        (
            {"anyOf": [{"type": "integer", "maximum": 5}, {"type": "null"}]},
            "7",
            "must be at most 5",
        ),
        (
            {"oneOf": [{"minimum": 1}, {"minimum": 2}]},
            "3",
            "fits several alternatives, but must fit one",
        ),
        (
            {"oneOf": [{"maximum": 1}, {"maximum": 2}]},
            "3",
            "fits none of the schema's 2 alternatives",
        ),
        ({"not": {"type": "string"}}, '"a"', "must not fit the schema's `not`"),
    ],
)
def test_b09_b11_a_violation_says_what_would_be_right(
    schema: Schema, text: str, expected: str
) -> None:
    assert found(action(parameter("p", schema)), f'{{"p":{text}}}') == {"/p": expected}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "number"}, "1e400"),
        ({"type": "integer"}, "1" + "0" * 63),
        ({"type": "integer"}, "7.0"),
        ({"type": "integer", "format": "int64"}, "9223372036854775807"),
        ({"multipleOf": 0.01}, "0.07"),
        ({"multipleOf": 0.01}, "4.35"),
        ({"multipleOf": 0.01}, "1234567890123456789.01"),
        ({"maximum": 9007199254740993}, "9007199254740993"),
        ({"enum": [10**40]}, str(10**40)),
        ({"exclusiveMaximum": 0.3}, "0.29999999999999999999"),
        ({"type": "string", "format": "int64"}, '"x"'),
        ({"type": "string", "format": "binary"}, '"%%"'),
        ({"type": "string", "format": "unix-time"}, '"x"'),
        ({"type": "string", "format": "time"}, '"18:00"'),
        ({"type": "string", "format": "hostname"}, '"a_b"'),
        ({"type": "string", "format": "date-time"}, '"2024-01-31T09:30:00+01:00"'),
        ({"$ref": "#/$defs/gone"}, "1"),
        ({"type": "int"}, "1"),
    ],
)
def test_b11_what_no_rule_forbids_is_not_refused(schema: Schema, text: str) -> None:
    assert found(action(parameter("p", schema)), f'{{"p":{text}}}') == {}


def test_b19_a_pattern_runs_in_linear_time() -> None:
    check = compile_schema({"type": "string", "pattern": "^(a+)+$"})
    for text in ("a" * 30 + "!", "a" * 100_000 + "!"):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            assert not check.fits(text)
            times.append(time.perf_counter() - start)
        assert min(times) < 0.005


def test_no_violation_holds_a_value() -> None:
    text = (
        '{"petId":7,"name":"x","photoUrls":[],"secret":"hunter2","status":"hunter2","id":"hunter2"}'
    )
    words = found(PETS, text)
    assert set(words) == {"/secret", "/status", "/id"}
    assert "hunter2" not in repr(words)


def test_twenty_violations_are_named_and_the_rest_is_counted() -> None:
    text = json.dumps({f"x{i}": i for i in range(30)})
    fault = refused(*compile_validator(action()).find(parse(text), None))
    violations = fault.details.violations
    assert len(violations) == 21
    assert violations[20].description == "… and 10 more"
    assert fault.message == "/x0: is not an argument of this action (and 29 more)"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ('{"claws":1}', "; a property of the body goes into `body`"),
        ('{"nam":1}', "; did you mean name?"),
        ('{"claws":1,"body":{}}', ""),
    ],
)
def test_an_unknown_argument_is_told_where_it_may_belong(given: str, hint: str) -> None:
    words = found(PETS, given)[f"/{next(iter(json.loads(given)))}"]
    assert words == f"is not an argument of this action{hint}"


def test_a_required_parameter_with_a_fitting_default_is_not_missed() -> None:
    right = parameter("v", {"type": "integer"}, required=True, default=2)
    wrong = parameter("w", {"type": "integer"}, required=True, default="2")
    optional = parameter("o", {"type": "integer"}, default=2)
    validator = compile_validator(action(right, wrong, optional))
    assert [each.field for each in validator.find({}, None)] == ["/w"]
    assert {key: each.text for key, each in validator.defaults.items()} == {"v": "2"}


def test_an_empty_value_is_taken_where_the_document_allows_it() -> None:
    each = action(parameter("flag", {"type": "integer"}, allow_empty=True))
    assert found(each, '{"flag":""}') == {}
    assert found(each, '{"flag":null}') == {}
    assert list(found(each, '{"flag":"x"}')) == ["/flag"]


def test_a_parameter_that_the_version_sets_is_not_the_callers() -> None:
    validator = compile_validator(action(parameter("v", {}, required=True)))
    assert validator.find({}, None, {"v"}) == []
    assert [each.field for each in validator.find(parse('{"v":1}'), None, {"v"})] == ["/v"]


def test_files_of_a_form_are_objects_beside_their_schema() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "more": {"type": "array", "items": {"type": "string", "format": "binary"}},
            "n": {"type": "integer"},
        },
    }
    each = action(body=body(schema, "multipart/form-data"))
    text = '{"file":{"text":"x","filename":"a"},"more":[{"content":"eA=="}],"n":"1"}'
    assert list(found(each, text)) == ["/n"]


def test_a_body_is_held_to_the_media_type_that_it_is_written_in() -> None:
    each = action(body=body(PET, "application/xml", flat=False))
    assert found(each, '{"body":"<pet/>"}') == {}
    each = action(body=body(PET, "application/json", "application/xml", flat=False))
    assert list(found(each, '{"body":"<pet/>"}')) == ["/body"]
    each = action(body=body({"type": "string", "maxLength": 1}, "text/plain", flat=False))
    assert list(found(each, '{"body":"ab"}')) == ["/body"]
