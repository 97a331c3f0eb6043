"""Types that a document declares of a part, a header or a parameter's content, there and back."""

import json
from typing import Any

import pytest

from facade.errors.caller import InvalidParameters
from facade.model.action import Action
from facade.model.call import Call, Plan
from facade.model.version import Serialization
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.transcode.arguments import parse
from facade.transcode.encode import encode
from facade.transcode.match import Router
from tests.round_trips import NAME, travel, version_of

URLENCODED, FORM = "application/x-www-form-urlencoded", "multipart/form-data"
VERSION = version_of(Serialization())
ORDER = {
    "type": "object",
    "xml": {"name": "order"},
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "note": {"type": "string"},
        "item": {"type": "array", "items": {"type": "number"}},
    },
}


def action_of(operation: dict[str, Any], method: str = "post", **document: Any) -> Action:
    fields = document or {"openapi": "3.1.0"}
    info = {"info": {"title": "t", "version": "1"}}
    paths = {"/x": {method: {"operationId": "a", "responses": {}, **operation}}}
    return Spec(load(json.dumps({**fields, **info, "paths": paths}))[0]).action("a")


def sent(action: Action, arguments: str, wish: str = "") -> Plan:
    """What is sent, of which the same arguments are read again."""
    router = Router([action], Serialization(), "")
    trip = travel(router, VERSION, action, parse(arguments), wish)
    assert trip.outcome == "equal", trip
    call = Call(name=NAME, arguments=parse(arguments), content_type=wish)
    return encode(VERSION, action, call)


def with_content(location: str, schema: Any = ORDER, **more: Any) -> Action:
    parameter = {"name": "q", "in": location, "content": {"application/xml": {"schema": schema}}}
    return action_of({"parameters": [{**parameter, **more}]}, "get")


def test_a_parameter_whose_content_is_xml_is_xml() -> None:
    plan = sent(with_content("query"), '{"q":{"id":7,"note":"a<b","item":[1.50,2]}}')
    assert "%3Corder%20id%3D%227%22%3E%3Cnote%3Ea%26lt%3Bb%3C%2Fnote%3E" in plan.target
    assert "%3Citem%3E1.50%3C%2Fitem%3E%3Citem%3E2%3C%2Fitem%3E" in plan.target


@pytest.mark.parametrize("location", ["header", "cookie"])
def test_xml_in_a_field_of_the_head_is_ascii(location: str) -> None:
    plan = sent(with_content(location), '{"q":{"id":7,"note":"é \\"x\\","}}')
    (text,) = [value for name, value in plan.headers if name in {"q", "cookie"}]
    assert text.isascii()
    assert ("&#233;" in text) is (location == "header")


def test_a_string_is_xml_that_the_caller_wrote() -> None:
    assert sent(with_content("query", {"type": "string"}), '{"q":"7"}').target == "/x?q=7"
    made = encode(VERSION, with_content("query"), Call(name=NAME, arguments=parse('{"q":{}}')))
    assert made.target.endswith("%3Corder%2F%3E")


def test_xml_without_a_schema_is_the_callers_to_write() -> None:
    content = {"parameters": [{"name": "q", "in": "query", "content": {"application/xml": {}}}]}
    action = action_of(content, "get")
    assert sent(action, '{"q":"<a/>"}').target == "/x?q=%3Ca%2F%3E"
    with pytest.raises(InvalidParameters, match="/q: must be a string"):
        encode(VERSION, action, Call(name=NAME, arguments=parse('{"q":{"a":1}}')))


def form(properties: dict[str, Any], **more: Any) -> Action:
    schema = {"type": "object", "properties": properties}
    return action_of({"requestBody": {"content": {FORM: {"schema": schema, **more}}}})


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "string", "contentMediaType": "image/png"}, '"YQ=="', b"image/png\r\n\r\na"),
        (
            {"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"},
            '"YQ=="',
            b"image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==",
        ),
        (
            {"type": "string", "contentMediaType": "application/json"},
            '"{\\"a\\": 1}"',
            b'application/json\r\n\r\n{"a": 1}',
        ),
        (
            {"type": "array", "items": {"type": "string", "contentMediaType": "text/html"}},
            '["<p>","<b>"]',
            b"text/html\r\n\r\n<p>",
        ),
    ],
)
def test_a_part_is_of_the_type_that_its_schema_says(
    schema: dict[str, Any], value: str, expected: bytes
) -> None:
    body = sent(form({"p": schema}), f'{{"p":{value}}}').body
    assert b"Content-Type: " + expected in (body or b"")


def test_the_encoding_goes_before_the_schema_and_the_caller_before_both() -> None:
    image = {"type": "string", "contentMediaType": "image/png"}
    encoded = form({"p": image}, encoding={"p": {"contentType": "image/gif"}})
    assert b"Content-Type: image/gif" in (sent(encoded, '{"p":"YQ=="}').body or b"")
    given = '{"p":{"content":"YQ==","contentType":"image/webp"}}'
    assert b"Content-Type: image/webp" in (sent(form({"p": image}), given).body or b"")


def test_the_headers_of_a_part_are_given_as_they_are_declared() -> None:
    names = ("X-Count", "X-Rate", "X-Draft", "X-Tags")
    headers: dict[str, Any] = {name: {"schema": {}} for name in names}
    action = form({"p": {"type": "string"}}, encoding={"p": {"headers": headers}})
    given = '{"X-Count":7,"X-Rate":1.50,"X-Draft":true,"X-Tags":["a",2]}'
    arguments = parse(f'{{"p":{{"value":"x","headers":{given}}}}}')
    body = encode(VERSION, action, Call(name=NAME, arguments=arguments)).body or b""
    assert b"X-Count: 7\r\nX-Rate: 1.50\r\nX-Draft: true\r\nX-Tags: a,2\r\n" in body


FILE = {"name": "u", "in": "formData", "type": "file"}
NOTE = {"name": "n", "in": "formData", "type": "string"}


def test_a_form_of_swagger_with_a_file_is_multipart_and_may_else_be_urlencoded() -> None:
    consumes = {"consumes": [FORM, URLENCODED], "parameters": [FILE, NOTE]}
    action = action_of(consumes, swagger="2.0")
    both = sent(action, '{"n":"x","u":{"content":"YQ=="}}')
    assert dict(both.headers)["content-type"].startswith(FORM)
    assert sent(action, '{"n":"x"}').body == b"n=x"
    assert sent(action, '{"n":"x"}', URLENCODED).body == b"n=x"
    assert b'name="n"' in (sent(action, '{"n":"x"}', FORM).body or b"")
