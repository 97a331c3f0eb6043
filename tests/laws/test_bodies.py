"""Whatever is put into a body, a parser that is not ours takes out again."""

import json
from base64 import b64encode, urlsafe_b64encode
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import orjson
from hypothesis import given
from hypothesis import strategies as st

from facade.model.action import Action, Body, Media
from facade.transcode.arguments import parse
from facade.transcode.binary import read_binary
from facade.transcode.body import write_body
from facade.transcode.form import write_form
from facade.transcode.json_text import is_json
from facade.transcode.multipart import Part, random_boundary, write_multipart

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\%'), min_size=1
)
scalars = texts | st.booleans() | st.integers(-(10**18), 10**18)
values = st.recursive(
    scalars | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def literal(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@given(st.dictionaries(texts, scalars | st.lists(scalars), max_size=6))
def test_a_form_is_read_back_as_it_was_written(fields: dict[str, Any]) -> None:
    written = write_form(parse(json.dumps(fields)), {})
    expected = [
        (name, literal(item))
        for name, value in fields.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    read = parse_qsl(written.decode(), keep_blank_values=True, strict_parsing=bool(expected))
    assert read == expected


@given(st.lists(st.tuples(names, st.binary(max_size=200), names), max_size=5))
def test_a_multipart_body_is_read_back_as_it_was_written(
    files: list[tuple[str, bytes, str]],
) -> None:
    parts = [Part(name=name, data=data, filename=filename) for name, data, filename in files]
    content_type, body = write_multipart(parts)
    boundary = content_type.partition("boundary=")[2].encode()
    read = body.split(b"--" + boundary)
    assert read[0] == b""
    assert read[-1] == b"--\r\n"
    for (name, data, filename), piece in zip(files, read[1:-1], strict=True):
        head, _, rest = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        assert head.decode() == (
            f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
        )
        assert rest == data + b"\r\n"


ascii_names = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\%'),
    min_size=1,
    max_size=20,
)


@given(st.lists(st.tuples(ascii_names, st.binary(max_size=200)), min_size=1, max_size=5))
def test_an_email_parser_finds_the_same_parts(files: list[tuple[str, bytes]]) -> None:
    parts = [
        Part(name=name, data=b64encode(data), filename="f", content_type="application/octet-stream")
        for name, data in files
    ]
    content_type, body = write_multipart(parts)
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    read = [
        (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]
    assert read == [(name, b64encode(data)) for name, data in files]


@given(st.binary(max_size=300), st.lists(st.sampled_from("ab"), min_size=1, max_size=6))
def test_b17_a_boundary_never_stands_in_the_content(data: bytes, seed: list[str]) -> None:
    """The first candidates are taken from the content itself."""
    inside = [data[index : index + 3].decode("latin-1") for index in range(0, len(data), 40)]
    candidates = iter([*(each for each in inside if each.isascii())][:10])
    content_type, body = write_multipart(
        [Part(name="".join(seed), data=data)], lambda: next(candidates, random_boundary())
    )
    boundary = content_type.partition("boundary=")[2].encode()
    assert boundary not in data
    assert body.count(b"--" + boundary) == 2


@given(st.dictionaries(texts, values, max_size=5), st.integers(0, 3))
def test_json_goes_out_byte_for_byte(fields: dict[str, Any], indent: int) -> None:
    text = json.dumps(fields, indent=indent, ensure_ascii=False)
    media = (Media(type="application/json"),)
    whole = Action(
        id="a", method="POST", path="/", pointer="", body=Body(required=True, media=media)
    )
    assert write_body(whole, parse(f'{{"body":{text}}}'), None) == (
        "application/json",
        text.encode(),
    )
    flat = Body(required=False, media=media, flat=tuple(fields))
    action = Action(id="a", method="POST", path="/", pointer="", body=flat)
    written = write_body(action, parse(text), None)
    if fields:
        assert written is not None
        assert list(json.loads(written[1]).items()) == list(fields.items())
    else:
        assert written is None


@given(st.binary())
def test_each_spelling_of_base64_is_read(data: bytes) -> None:
    for encoded in (b64encode(data), urlsafe_b64encode(data)):
        for text in (encoded.decode(), encoded.decode().rstrip("=")):
            assert read_binary(text, "/body").data == data


@given(st.binary(max_size=40) | texts.map(str.encode) | values.map(orjson.dumps), st.binary())
def test_what_orjson_reads_is_json_and_the_rest_is_numbers_beyond_a_double(
    data: bytes, noise: bytes
) -> None:
    for text in (data, data + noise[:1], data[:-1]):
        try:
            text.decode()
        except UnicodeDecodeError:
            continue
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError:
            assert not is_json(text) or "Infinity" in json.dumps(json.loads(text))
        else:
            assert is_json(text)
