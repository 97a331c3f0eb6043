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
from facade.transcode.body.binary import read_binary
from facade.transcode.body.body import Wish, options_of, write_body
from facade.transcode.body.form import write_form
from facade.transcode.body.multipart import Part, random_boundary, write_multipart
from facade.transcode.json_text import is_json

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
    boundary, body = write_multipart(parts)
    read = body.split(b"--" + boundary.encode())
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
    boundary, body = write_multipart(parts)
    head = f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n".encode()
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
    boundary, body = write_multipart(
        [Part(name="".join(seed), data=data)], lambda: next(candidates, random_boundary())
    )
    assert boundary.encode() not in data
    assert body.count(b"--" + boundary.encode()) == 2


@given(st.dictionaries(texts, values, max_size=5), st.integers(0, 3))
def test_json_goes_out_byte_for_byte(fields: dict[str, Any], indent: int) -> None:
    text = json.dumps(fields, indent=indent, ensure_ascii=False)
    media = (Media(type="application/json"),)
    whole = Action(
        id="a", method="POST", path="/", pointer="", body=Body(required=True, media=media)
    )
    assert write_body(whole, parse(f'{{"body":{text}}}'), Wish(), options_of(whole.body)) == (
        "application/json",
        text.encode(),
    )
    flat = Body(required=False, media=media, flat=tuple(fields))
    action = Action(id="a", method="POST", path="/", pointer="", body=flat)
    written = write_body(action, parse(text), Wish(), options_of(action.body))
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


def sent(media_type: str, text: str) -> bytes:
    """The bytes of a whole body."""
    body = Body(required=True, media=(Media(type=media_type),))
    action = Action(id="a", method="POST", path="/", pointer="", body=body)
    written = write_body(action, parse(f'{{"body":{text}}}'), Wish(), options_of(body))
    assert written is not None
    return written[1]


@given(st.lists(values, max_size=5), st.sampled_from([None, 0, 2]))
def test_the_items_of_a_sequence_are_read_back_by_line_and_by_record(
    items: list[Any], indent: int | None
) -> None:
    text = json.dumps(items, indent=indent, ensure_ascii=False)
    lines = sent("application/jsonl", text).split(b"\n")
    assert [json.loads(line) for line in lines[:-1]] == items
    assert lines[-1] == b""
    records = sent("application/json-seq", text).split(b"\x1e")
    assert [json.loads(record) for record in records[1:]] == items
    assert records[0] == b""


@given(st.lists(values, min_size=1, max_size=5))
def test_the_parts_of_a_positional_body_are_read_back_in_order(items: list[Any]) -> None:
    data = sent("multipart/mixed", json.dumps(items, ensure_ascii=False))
    boundary = data.partition(b"\r\n")[0]
    pieces = data.split(boundary)[1:-1]
    assert len(pieces) == len(items)
    for item, piece in zip(items, pieces, strict=True):
        head, _, rest = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        text = rest.removesuffix(b"\r\n").decode()
        if isinstance(item, str):
            assert head.startswith(b"Content-Type: text/plain")
            assert text == item
        else:
            assert json.loads(text) == item
