from email.parser import BytesParser
from email.policy import HTTP

import pytest

from facade.errors.caller import InvalidParameters
from facade.model.action import Action, Body, Encoding, Media, PartHeader, Schema, Style
from facade.transcode.arguments import parse
from facade.transcode.body.body import Wish, options_of, write_body
from facade.transcode.body.part import judged
from facade.transcode.body.part_rule import compile_rules

FILE = {"type": "string", "format": "binary"}
MEDIA = Media(
    type="multipart/form-data",
    schema={
        "type": "object",
        "properties": {
            "note": {"type": "string"},
            "meta": {"type": "object"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "photo": FILE,
            "pages": {"type": "array", "items": FILE},
        },
    },
)


def sent(text: str, media: Media = MEDIA) -> tuple[str, bytes]:
    """The content type and the bytes of a whole body."""
    body = Body(required=True, media=(media,))
    action = Action(id="a", method="POST", path="/", pointer="", body=body)
    arguments = parse(f'{{"body":{text}}}')
    written = write_body(action, arguments, Wish(boundary=lambda: "B"), options_of(body))
    assert written is not None
    return written


def written(text: str, media: Media = MEDIA) -> bytes:
    content_type, body = sent(text, media)
    assert content_type == "multipart/form-data; boundary=B"
    return body


def violations(text: str, media: Media = MEDIA) -> dict[str, str]:
    with pytest.raises(InvalidParameters) as caught:
        sent(text, media)
    return {each.field: each.description for each in caught.value.details.violations}


def test_text_json_and_files_are_byte_exact() -> None:
    body = written('{"note":"hé","meta":{"b":1.0,"a":2},"photo":"AAH_","tags":["x","y",null]}')
    assert body == (
        b'--B\r\nContent-Disposition: form-data; name="note"\r\n\r\nh\xc3\xa9\r\n'
        b'--B\r\nContent-Disposition: form-data; name="meta"\r\n'
        b'Content-Type: application/json\r\n\r\n{"b":1.0,"a":2}\r\n'
        b'--B\r\nContent-Disposition: form-data; name="photo"; filename="photo"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\x00\x01\xff\r\n"
        b'--B\r\nContent-Disposition: form-data; name="tags"\r\n\r\nx\r\n'
        b'--B\r\nContent-Disposition: form-data; name="tags"\r\n\r\ny\r\n'
        b"--B--\r\n"
    )


def test_an_object_without_members_is_a_form_without_parts() -> None:
    assert written('{"photo":null}') == b"--B--\r\n"


def test_a_file_says_its_name_and_type() -> None:
    text = '{"photo":{"text":"<a/>","filename":"a.svg","contentType":"image/svg+xml"}}'
    assert written(text) == (
        b'--B\r\nContent-Disposition: form-data; name="photo"; filename="a.svg"\r\n'
        b"Content-Type: image/svg+xml\r\n\r\n<a/>\r\n--B--\r\n"
    )


def test_an_array_of_files_is_one_part_for_each() -> None:
    body = written('{"pages":["YQ==",{"content":"Yg","filename":"b.bin"}]}')
    assert body.count(b'; name="pages"') == 2
    assert b'filename="pages"\r\nContent-Type: application/octet-stream\r\n\r\na\r\n' in body
    assert b'filename="b.bin"\r\nContent-Type: application/octet-stream\r\n\r\nb\r\n' in body


def test_numbers_in_parts_keep_their_digits() -> None:
    body = written('{"n":9007199254740993,"m":1e400,"b":true}')
    assert b"\r\n\r\n9007199254740993\r\n" in body
    assert b"\r\n\r\n1e400\r\n" in body
    assert b"\r\n\r\ntrue\r\n" in body


@pytest.mark.parametrize(
    ("schema", "encoding", "expected"),
    [
        (FILE, Encoding(), True),
        ({"type": ["string", "null"], "format": "binary"}, Encoding(), True),
        ({"anyOf": [FILE, {"type": "null"}]}, Encoding(), True),
        ({"$ref": "#/$defs/File"}, Encoding(), True),
        ({"allOf": [{"$ref": "#/$defs/File"}]}, Encoding(), True),
        ({"type": "array", "items": {"$ref": "#/$defs/File"}}, Encoding(), True),
        ({"type": "string", "contentEncoding": "base64"}, Encoding(), False),
        ({"type": "string", "contentEncoding": "binary", "format": "binary"}, Encoding(), True),
        ({"type": "array", "items": {"format": "binary"}}, Encoding(), True),
        ({"type": "string", "contentMediaType": "image/png"}, Encoding(), True),
        ({"type": "string", "contentMediaType": "application/json"}, Encoding(), False),
        ({"type": "string", "format": "byte"}, Encoding(), False),
        ({"type": "string"}, Encoding(content_type="image/png, image/jpeg"), True),
        ({"type": "string"}, Encoding(content_type="application/octet-stream"), True),
        ({"type": "string"}, Encoding(content_type="text/csv"), False),
        ({"type": "object"}, Encoding(content_type="application/vnd.x+json"), False),
        ({"$ref": "#/$defs/Loop"}, Encoding(), False),
        ({"$ref": "#/$defs/Gone"}, Encoding(), False),
        (True, Encoding(), False),
    ],
)
def test_a_file_is_known_by_its_schema_or_its_encoding(
    schema: Schema, encoding: Encoding, *, expected: bool
) -> None:
    root = {
        "$ref": "#/$defs/Body",
        "$defs": {
            "Body": {"properties": {"f": schema}},
            "File": FILE,
            "Loop": {"allOf": [{"$ref": "#/$defs/Loop"}]},
        },
    }
    media = Media(type="multipart/form-data", schema=root, encoding={"f": encoding})
    assert compile_rules(media).named["f"].file is expected


def test_the_encoding_of_a_part_says_its_type_and_headers() -> None:
    encoding = Encoding(
        content_type="image/png, image/jpeg",
        headers=(PartHeader(name="X-Rate"), PartHeader(name="Content-Type")),
    )
    media = Media(type="multipart/form-data", schema=MEDIA.schema, encoding={"photo": encoding})
    body = written(
        '{"photo":{"content":"YQ","contentType":"image/jpeg","headers":{"x-rate":"9"}}}', media
    )
    assert b"Content-Type: image/jpeg\r\nX-Rate: 9\r\n\r\na\r\n" in body
    assert b"Content-Type: image/png\r\n" in written('{"photo":"YQ"}', media)
    wrong = (
        '{"photo":{"content":"YQ","headers":{"x-rate":"a\\r\\nb","Content-Type":"a/b","x":"1"}}}'
    )
    assert set(violations(wrong, media)) == {
        "/body/photo/headers/x-rate",
        "/body/photo/headers/Content-Type",
        "/body/photo/headers/x",
    }
    gif = '{"photo":{"content":"YQ","contentType":"image/gif"}}'
    assert set(violations(gif, media)) == {"/body/photo/contentType"}


def test_a_text_part_of_a_declared_type_says_it() -> None:
    media = Media(type="multipart/form-data", encoding={"a": Encoding(content_type="text/csv")})
    assert b"Content-Type: text/csv\r\n\r\nx,y\r\n" in written('{"a":"x,y"}', media)
    as_json = Media(
        type="multipart/form-data", encoding={"a": Encoding(content_type="application/json")}
    )
    assert b'Content-Type: application/json\r\n\r\n"x"\r\n' in written('{"a":"x"}', as_json)


def test_a_style_joins_the_items_of_a_part() -> None:
    encoding = Encoding(style=Style.FORM, explode=False)
    media = Media(type="multipart/form-data", encoding={"a": encoding})
    assert b"\r\n\r\nx y,z\r\n" in written('{"a":["x y","z"]}', media)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"photo":"no base64!"}', {"/body/photo"}),
        ('{"photo":"YQ==="}', {"/body/photo"}),
        ('{"photo":"YWJjZ"}', {"/body/photo"}),
        ('{"photo":7}', {"/body/photo"}),
        ('{"photo":{"content":"!","filename":"a"}}', {"/body/photo/content"}),
        ('{"photo":{"filename":"a"}}', {"/body/photo"}),
        ('{"photo":{"content":"YQ","text":"a"}}', {"/body/photo"}),
        ('{"photo":{"content":7,"name":"x"}}', {"/body/photo/content", "/body/photo/name"}),
        ('{"photo":{"text":"a","contentType":"a\\r\\nb/c"}}', {"/body/photo/contentType"}),
        ('{"photo":{"text":"a","headers":{"a":{}}}}', {"/body/photo/headers"}),
        ('{"photo":7,"pages":["YQ","!"]}', {"/body/photo", "/body/pages/1"}),
    ],
)
def test_everything_that_is_wrong_with_files_is_said_at_once(text: str, fields: set[str]) -> None:
    assert set(violations(text)) == fields


def test_an_email_parser_reads_the_same_parts() -> None:
    content_type, body = sent('{"note":"x","photo":{"content":"AAEC","filename":"p.png"}}')
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    note, photo = message.iter_parts()
    assert note.get_payload(decode=True) == b"x"
    assert (photo.get_filename(), photo.get_content_type()) == ("p.png", "application/octet-stream")
    assert photo.get_payload(decode=True) == b"\x00\x01\x02"


def form(properties: dict[str, Schema], **encoding: Encoding) -> Media:
    schema = {"type": "object", "properties": properties}
    return Media(
        type="multipart/form-data", schema=schema, encoding=encoding, untyped_is_binary=True
    )


@pytest.mark.parametrize(
    ("schema", "transfer"),
    [
        ({"type": "string", "format": "byte"}, "base64"),
        ({"type": "string", "contentEncoding": "base64"}, "base64"),
        ({"type": "string", "contentEncoding": "base16", "format": "binary"}, "base16"),
        ({"type": ["string", "null"], "contentEncoding": "quoted-printable"}, "quoted-printable"),
    ],
)
def test_text_that_is_encoded_already_says_how(schema: Schema, transfer: str) -> None:
    """OAS 3.0.4 section 4.8.15.4 and OAS 3.2 section 4.15.5.2."""
    assert written('{"f":"00ff"}', form({"f": schema})) == (
        b'--B\r\nContent-Disposition: form-data; name="f"\r\n'
        b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: %b\r\n\r\n00ff\r\n--B--\r\n" % transfer.encode()
    )


@pytest.mark.parametrize(
    ("transfer", "expected"),
    [
        ("base64", b"AP8="),
        ("base64url", b"AP8="),
        ("base32", b"AD7Q===="),
        ("base16", b"00FF"),
        ("quoted-printable", b"=00=FF"),
    ],
)
def test_bytes_are_encoded_where_the_schema_asks_for_text(transfer: str, expected: bytes) -> None:
    media = form({"f": {"type": "string", "contentEncoding": transfer}})
    body = written('{"f":{"content":"AP8=","filename":"a.bin"}}', media)
    assert b"\r\n\r\n" + expected + b"\r\n--B--" in body
    assert b'filename="a.bin"' in body
    unknown = form({"f": {"type": "string", "contentEncoding": "uu"}})
    assert set(violations('{"f":{"content":"AP8="}}', unknown)) == {"/body/f"}


def test_a_property_without_a_type_is_bytes_since_3_1() -> None:
    media = form({"f": {}, "g": {"type": "array", "items": {}}, "h": {"description": "D"}})
    body = written('{"f":"AP8=","g":["YQ==","Yg=="],"h":{"text":"x","filename":"x.txt"}}', media)
    assert body.count(b"Content-Type: application/octet-stream\r\n") == 3
    assert b"\r\n\r\n\x00\xff\r\n" in body
    assert body.count(b'name="g"; filename="g"') == 2
    assert b'filename="x.txt"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nx\r\n' in body
    assert set(violations('{"f":"no base64"}', media)) == {"/body/f"}
    before = Media(type="multipart/form-data", schema=media.schema)
    assert b'name="f"\r\n\r\nno base64\r\n' in written('{"f":"no base64"}', before)


def test_what_is_no_bytes_in_a_property_without_a_type_is_written_by_its_value() -> None:
    body = written('{"f":7.50,"g":{"a":1},"h":[true]}', form({"f": {}, "g": {}, "h": {}}))
    assert b'name="f"\r\n\r\n7.50\r\n' in body
    assert b'name="g"\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n' in body
    assert b'name="h"\r\n\r\ntrue\r\n' in body


def test_a_style_makes_fields_of_the_members_of_an_object() -> None:
    star = '{"star":{"name":"a&b","position":"x y"}}'
    exploded = form({"star": {"type": "object"}}, star=Encoding(style=Style.FORM))
    assert written(star, exploded) == (
        b'--B\r\nContent-Disposition: form-data; name="name"\r\n\r\na&b\r\n'
        b'--B\r\nContent-Disposition: form-data; name="position"\r\n\r\nx y\r\n--B--\r\n'
    )
    joined = form({"star": {"type": "object"}}, star=Encoding(style=Style.FORM, explode=False))
    assert b'name="star"\r\n\r\nname,a&b,position,x y\r\n' in written(star, joined)
    deep = form({"star": {"type": "object"}}, star=Encoding(style=Style.DEEP_OBJECT))
    assert b'name="star[name]"\r\n\r\na&b\r\n' in written(star, deep)


HEADED = Encoding(headers=(PartHeader(name="X-A", required=True), PartHeader(name="X-C")))


def test_a_part_that_is_no_file_has_headers_too() -> None:
    media = form({"t": {"type": "string"}, "o": {"type": "object"}}, t=HEADED, o=HEADED)
    body = written(
        '{"t":{"text":"x","headers":{"x-a":"1"}},'
        '"o":{"value":{"n": 1.0},"headers":{"X-A":"2","X-C":"3"}}}',
        media,
    )
    assert b'name="t"\r\nContent-Type: text/plain; charset=utf-8\r\nX-A: 1\r\n\r\nx\r\n' in body
    assert (
        b'name="o"\r\nContent-Type: application/json\r\nX-A: 2\r\nX-C: 3\r\n\r\n{"n": 1.0}\r\n'
        in body
    )


def test_a_required_header_is_missed_or_has_its_only_value() -> None:
    media = form({"t": {"type": "string"}}, t=HEADED)
    assert violations('{"t":"x"}', media) == {"/body/t/headers/X-A": "is required of this part"}
    given = Encoding(headers=(PartHeader(name="X-A", required=True, default="v"),))
    assert b"X-A: v\r\n\r\nx\r\n" in written('{"t":"x"}', form({"t": {"type": "string"}}, t=given))


def test_an_object_that_looks_like_a_part_is_itself() -> None:
    media = form({"o": {"type": "object"}})
    text = '{"o":{"text":"x","filename":"y"}}'
    assert b'Content-Type: application/json\r\n\r\n{"text":"x","filename":"y"}\r\n' in written(
        text, media
    )


def test_the_caller_says_which_of_several_types_a_part_is() -> None:
    types = Encoding(content_type="application/xml, application/json, text/csv")
    media = form({"a": {"type": "string"}}, a=types)
    assert b"Content-Type: application/xml\r\n\r\n<a/>" in written('{"a":"<a/>"}', media)
    chosen = '{"a":{"text":"x,y","contentType":"text/csv;header=absent"}}'
    assert b"Content-Type: text/csv;header=absent\r\n\r\nx,y" in written(chosen, media)
    assert b'Content-Type: application/json\r\n\r\n{"b":1}' in written(
        '{"a":{"value":{"b":1},"contentType":"application/json"}}', media
    )
    wrong = '{"a":{"text":"x","contentType":"image/png"}}'
    assert set(violations(wrong, media)) == {"/body/a/contentType"}


def test_a_form_may_be_an_array_whose_order_counts() -> None:
    body = written('[{"note":"1"},{"photo":"YQ"},{"note":"2"}]')
    names = [line for line in body.split(b"\r\n") if line.startswith(b"Content-Disposition")]
    assert [name.split(b'"')[1] for name in names] == [b"note", b"photo", b"note"]
    assert b'filename="photo"' in names[1]


def test_b17_what_a_document_says_cannot_leave_its_header() -> None:
    evil = PartHeader(name="X-Z", required=True, default="a\r\nX-Evil: 1")
    named = PartHeader(name="X\r\nX-Evil", required=True, default="1")
    media = form(
        {"t": {"type": "string", "contentEncoding": "base64\r\nX-Evil: 1"}},
        t=Encoding(content_type="a/b\r\nX-Evil: 1", headers=(evil, named)),
    )
    assert b"Evil" not in written('{"t":"x"}', media)


@pytest.mark.parametrize("value", [None, True, 7, "text"])
def test_what_is_no_parts_at_all_is_judged_as_it_is(value: object) -> None:
    assert judged(value, compile_rules(MEDIA)) is value
