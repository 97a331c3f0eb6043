"""The media type table: how one value becomes the bytes of a body, by its media type."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from facade.transcode.arguments import tokens
from facade.transcode.body import part, sequence
from facade.transcode.body.binary import read_binary
from facade.transcode.body.content import (
    OPAQUE,
    WHOLE,
    Content,
    Option,
    Row,
    Written,
    with_parameters,
)
from facade.transcode.body.form import members_of, text_of, write_form
from facade.transcode.body.multipart import write_multipart
from facade.transcode.body.part_rule import OCTETS
from facade.transcode.media_type import MediaType, parse
from facade.transcode.xml.write import write_xml


def _write_json(content: Content) -> Written:
    """The caller's own bytes, under the exact type that is declared."""
    sent = "application/json" if content.type.is_range else content.type.text
    return sent, content.encoded(content.argument.text)


def _write_form(content: Content) -> Written:
    members = members_of(content.argument)
    charset = content.charset()
    try:
        data = write_form(members, content.option.media.encoding, content.arrays, charset)
    except UnicodeEncodeError:
        raise content.refused(f"has characters that `{content.type.text}` cannot hold") from None
    return content.type.text, data


def _write_multipart(content: Content) -> Written:
    """A boundary that is declared or asked for gives way: only a new one is known to be free."""
    parts = part.parts_of(content)
    boundary, data = write_multipart(parts, content.boundary)
    kind, said = content.type, {"boundary": boundary}
    if kind.is_range:
        form = isinstance(content.argument.value, dict)
        kind = replace(kind, subtype="form-data" if form else "mixed")
    root = parse(parts[0].content_type) if parts else None
    if kind.subtype == "related" and root and "type" not in kind.parameters:
        said = {"type": root.essence, **said}  # RFC 2387 section 3.1 asks for it.
    return with_parameters(kind, said), data


def _write_text(content: Content) -> Written:
    """Text as it is; beyond ASCII it says its charset, as `text/` has no default for it."""
    text = text_of(content.argument)
    sent = "text/plain" if content.type.is_range else content.type.text
    silent = content.type.charset or content.type.is_xml or text.isascii()
    return (sent if silent else f"{sent}; charset=utf-8"), content.encoded(text)


def _write_xml(content: Content) -> Written:
    """A string of XML as it is; any other value by the shape that its schema gives it."""
    shape = content.option.media.xml
    if isinstance(content.argument.value, str) or shape is None:
        return _write_text(content)
    if content.charset() != "utf-8":
        raise content.refused(f"is written in UTF-8, and `{content.type.text}` says otherwise")
    data = write_xml(tokens(content.argument.text), shape, content.place)
    return content.type.text, data


def _binary_type(content: Content, given: str) -> str:
    """The caller's own type within the declared one; a range of one kind alone says nothing."""
    parsed = parse(given)
    if parsed is not None and not content.type.covers(parsed):
        raise content.refused(f"must be {content.type.text}", "/contentType")
    sent = parsed or content.type
    if sent.essence in {"*/*", "application/*"}:
        return OCTETS
    if sent.is_range:
        raise content.refused(f"must say which of {sent.text} it is, in `contentType`")
    return sent.text


def _write_binary(content: Content) -> Written:
    binary = read_binary(content.argument.value, content.place or f"/{WHOLE}")
    unsent = [key for key in ("filename", "headers") if getattr(binary, key)]
    if unsent:
        raise content.refused("only a part of a multipart body has it", f"/{unsent[0]}")
    return _binary_type(content, binary.content_type), binary.data


def _judged_multipart(value: Any, option: Option) -> Any:
    """Fields by name are no concern of a schema of one file or of an array: Jira's, for one."""
    rules = option.rules
    if rules is None or (isinstance(value, dict) and not rules.is_form):
        return OPAQUE
    return part.judged(value, rules)


def _judged_text(value: Any, option: Option) -> Any:
    """Plain text is the value itself; other text has a syntax that no schema speaks of.

    Where the schema says that it is bytes, the text is those bytes: InfluxDB's, for one.
    """
    schema = option.media.schema
    is_bytes = isinstance(schema, Mapping) and schema.get("format") in {"byte", "binary"}
    return OPAQUE if is_bytes or option.type.essence != "text/plain" else value


BYTES = Row(
    covers=lambda _: True,
    takes=(str, dict),
    wanted="must be a base64 string, an object with `content` or `text`, or an upload",
    write=_write_binary,
    judged=lambda _, __: OPAQUE,
)

TABLE: tuple[Row, ...] = (
    Row(
        covers=lambda kind: kind.is_json or kind.essence in {"*/*", "application/*"},
        takes=(object,),
        wanted="must be JSON",
        write=_write_json,
        judged=lambda value, _: value,
    ),
    Row(
        covers=lambda kind: kind.essence == "application/x-www-form-urlencoded",
        takes=(dict,),
        wanted="must be an object of the form's fields",
        write=_write_form,
        judged=lambda value, _: value,
    ),
    Row(
        covers=lambda kind: kind.type == "multipart",
        takes=(dict, list),
        wanted="must be an object of the form's fields, or an array of parts",
        write=_write_multipart,
        judged=_judged_multipart,
    ),
    Row(
        covers=sequence.is_sequence,
        takes=(str, list, dict),
        wanted="must be an array of the items, or a string",
        write=sequence.write_sequence,
        judged=sequence.judged,
    ),
    Row(
        covers=lambda kind: kind.is_xml,
        takes=(object,),
        wanted="must be a string of XML, for no schema says what elements it is made of",
        write=_write_xml,
        judged=lambda value, _: OPAQUE if isinstance(value, str) else value,
    ),
    Row(
        covers=lambda kind: kind.is_text,
        takes=(str, int, float, Decimal),
        wanted="must be a string",
        write=_write_text,
        judged=_judged_text,
    ),
    BYTES,
)
"""The first row that covers a media type writes it (OAS 3.2 section 4.14)."""


def row_of(kind: MediaType) -> Row:
    """Finds how a media type is written."""
    return next(row for row in TABLE if row.covers(kind))
