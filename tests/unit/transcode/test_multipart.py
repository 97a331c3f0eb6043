from email.parser import BytesParser
from email.policy import HTTP

import pytest

from facade.errors.caller import InvalidParameters
from facade.model.action import Encoding, Media, Schema, Style
from facade.transcode.arguments import parse
from facade.transcode.multipart import (
    Part,
    file_names,
    parts_of,
    random_boundary,
    write_multipart,
)

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


def written(text: str, media: Media = MEDIA) -> bytes:
    content_type, body = write_multipart(parts_of(parse(text), media, ""), lambda: "B")
    assert content_type == "multipart/form-data; boundary=B"
    return body


def violations(text: str, media: Media = MEDIA) -> dict[str, str]:
    with pytest.raises(InvalidParameters) as caught:
        parts_of(parse(text), media, "/body")
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


def test_b17_quotes_and_line_breaks_in_names_cannot_leave_their_header() -> None:
    name = 'a"; x="\r\nX-Evil: 1\r\n\r\nbody\x00é.png'
    part = Part(name=name, data=b"1", filename=name)
    _, body = write_multipart([part], lambda: "B")
    head, _, rest = body.partition(b"\r\n\r\n")
    assert rest == b"1\r\n--B--\r\n"
    safe = "a%22; x=%22%0D%0AX-Evil: 1%0D%0A%0D%0Abody%00é.png"
    assert head.decode() == (
        f'--B\r\nContent-Disposition: form-data; name="{safe}"; filename="{safe}"'
    )


def test_b17_a_boundary_that_stands_in_the_content_is_not_used() -> None:
    candidates = iter(["AAA", "BBB", "CCC"])
    parts = [Part(name="a", data=b"x\r\n--AAA\r\n"), Part(name="BBB", data=b"")]
    content_type, body = write_multipart(parts, lambda: next(candidates))
    assert content_type.endswith("boundary=CCC")
    assert body.count(b"--CCC") == 3


def test_b17_a_source_that_has_no_free_boundary_ends() -> None:
    with pytest.raises(InvalidParameters):
        write_multipart([Part(name="a", data=b"AAA")], lambda: "AAA")


def test_random_boundaries_differ_and_are_legal() -> None:
    first, second = random_boundary(), random_boundary()
    assert first != second
    assert len(first) <= 70


@pytest.mark.parametrize(
    ("schema", "encoding", "expected"),
    [
        (FILE, Encoding(), True),
        ({"type": ["string", "null"], "format": "binary"}, Encoding(), True),
        ({"anyOf": [FILE, {"type": "null"}]}, Encoding(), True),
        ({"$ref": "#/$defs/File"}, Encoding(), True),
        ({"allOf": [{"$ref": "#/$defs/File"}]}, Encoding(), True),
        ({"type": "array", "items": {"$ref": "#/$defs/File"}}, Encoding(), True),
        ({"type": "string", "contentEncoding": "base64"}, Encoding(), True),
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
    assert (file_names(media) == ["f"]) is expected


def test_the_encoding_of_a_part_says_its_type_and_headers() -> None:
    encoding = Encoding(content_type="image/png, image/jpeg", headers=("X-Rate", "Content-Type"))
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
        ('{"photo":{"text":"a","headers":{"a":1}}}', {"/body/photo/headers"}),
        ('{"photo":7,"pages":["YQ","!"]}', {"/body/photo", "/body/pages/1"}),
    ],
)
def test_everything_that_is_wrong_with_files_is_said_at_once(text: str, fields: set[str]) -> None:
    assert set(violations(text)) == fields


def test_an_email_parser_reads_the_same_parts() -> None:
    content_type, body = write_multipart(
        parts_of(parse('{"note":"x","photo":{"content":"AAEC","filename":"p.png"}}'), MEDIA, "")
    )
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    note, photo = message.iter_parts()
    assert note.get_payload(decode=True) == b"x"
    assert (photo.get_filename(), photo.get_content_type()) == ("p.png", "application/octet-stream")
    assert photo.get_payload(decode=True) == b"\x00\x01\x02"
