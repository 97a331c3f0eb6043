"""The media type table: how arguments become the bytes of a request body."""

import codecs
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Violation
from facade.model.action import Action, Body, Media
from facade.model.call import Argument, Arguments, Upload
from facade.transcode.arguments import pointer
from facade.transcode.binary import read_binary, refused
from facade.transcode.form import members_of, text_of, write_form
from facade.transcode.json_text import CHARSET
from facade.transcode.media_type import MediaType, parse
from facade.transcode.multipart import parts_of, random_boundary, write_multipart
from facade.transcode.upload import write_upload

WHOLE = "body"
"""The argument that is the whole body."""

Written = tuple[str, bytes]
"""The content type and the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the caller gives for the body, in one of the media types that it may have."""

    argument: Argument
    place: str
    """The JSON pointer to it: `/body`, or empty where it is flat properties."""
    media: Media
    type: MediaType
    boundary: Callable[[], str]

    def refused(self, description: str, below: str = "") -> InvalidParameters:
        """Says what is wrong with it, or with something in it."""
        field = (self.place or f"/{WHOLE}") + below
        return refused(Violation(field=field, description=description))


def _write_json(content: Content) -> Written:
    """The caller's own bytes, under the exact type that is declared."""
    sent = "application/json" if content.type.is_range else content.type.text
    return sent, content.argument.text.encode()


def _write_form(content: Content) -> Written:
    members = members_of(content.argument)
    return content.type.text, write_form(members, content.media.encoding)


def _write_multipart(content: Content) -> Written:
    parts = parts_of(members_of(content.argument), content.media, content.place)
    return write_multipart(parts, content.boundary)


def _charset(content: Content) -> str:
    """Python's name of the charset that is declared."""
    try:
        name = codecs.lookup(content.type.charset or "utf-8").name
    except (LookupError, ValueError):
        name = ""
    if CHARSET.fullmatch(name):
        return name
    raise content.refused(f"cannot be written: `{content.type.text}` has an unknown charset")


def _write_text(content: Content) -> Written:
    """Text as it is; beyond ASCII it says its charset, as `text/` has no default for it."""
    text = text_of(content.argument)
    sent = "text/plain" if content.type.is_range else content.type.text
    try:
        data = text.encode(_charset(content))
    except UnicodeEncodeError:
        description = f"has characters that `{content.type.text}` cannot hold"
        raise content.refused(description) from None
    silent = content.type.charset or content.type.is_xml or text.isascii()
    return (sent if silent else f"{sent}; charset=utf-8"), data


def _binary_type(content: Content, given: str) -> str:
    """The caller's own type within the declared one; a range alone says nothing."""
    parsed = parse(given)
    if parsed is not None and not content.type.covers(parsed):
        raise content.refused(f"must be {content.media.type}", "/contentType")
    sent = parsed or content.type
    if sent.is_range:
        raise content.refused(f"must say which of {sent.text} it is, in `contentType`")
    if sent.type == "multipart" and "boundary" not in sent.parameters:
        raise content.refused(f"{sent.essence} must say its boundary; an upload does")
    return sent.text


def _write_binary(content: Content) -> Written:
    binary = read_binary(content.argument.value, content.place or f"/{WHOLE}")
    unsent = [key for key in ("filename", "headers") if getattr(binary, key)]
    if unsent:
        raise content.refused("only a part of a multipart body has it", f"/{unsent[0]}")
    return _binary_type(content, binary.content_type), binary.data


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How bodies of some media types are written."""

    covers: Callable[[MediaType], bool]
    takes: tuple[type, ...]
    """The values that it can write."""
    wanted: str
    """What it says of the others."""
    write: Callable[[Content], Written]


BYTES = Row(
    covers=lambda _: True,
    takes=(str, dict),
    wanted="must be a base64 string, an object with `content` or `text`, or an upload",
    write=_write_binary,
)

TABLE: tuple[Row, ...] = (
    Row(
        covers=lambda media: media.is_json or media.essence in {"*/*", "application/*"},
        takes=(object,),
        wanted="must be JSON",
        write=_write_json,
    ),
    Row(
        covers=lambda media: media.essence == "application/x-www-form-urlencoded",
        takes=(dict,),
        wanted="must be an object of the form's fields",
        write=_write_form,
    ),
    Row(
        covers=lambda media: media.essence in {"multipart/form-data", "multipart/*"},
        takes=(dict,),
        wanted="must be an object of the form's fields",
        write=_write_multipart,
    ),
    Row(
        covers=lambda media: media.is_xml,
        takes=(str,),
        wanted="must be a string of XML, or an upload: XML is not made of objects",
        write=_write_text,
    ),
    Row(
        covers=lambda media: media.is_text,
        takes=(str, int, float, Decimal),
        wanted="must be a string",
        write=_write_text,
    ),
    BYTES,
)
"""The first row that covers a media type writes it (OAS 3.2 section 4.14)."""


def _row(media: MediaType) -> Row:
    return next(row for row in TABLE if row.covers(media))


def _choose(media: Sequence[tuple[Media, MediaType]], value: Any) -> tuple[Media, MediaType]:
    """The first media type that can hold the value, or the one that a file says it has."""
    able = [each for each in media if isinstance(value, _row(each[1]).takes)]
    said = parse(str(value.get("contentType", ""))) if isinstance(value, dict) else None
    if able and said is not None and _row(able[0][1]) is BYTES:
        return next((each for each in able if each[1].covers(said)), able[0])
    return (able or media)[0]


def _belonging(action: Action, body: Body, arguments: Arguments) -> dict[str, Argument]:
    """The arguments that are the body or a property of it; a parameter may be called `body`."""
    taken = any(parameter.key == WHOLE for parameter in action.parameters)
    names = body.flat if taken else (WHOLE, *body.flat)
    return {name: argument for name, argument in arguments.items() if name in names}


def _assembled(members: Mapping[str, Argument]) -> Argument:
    """One object out of arguments: every digit and the order as the caller wrote them."""
    texts = (f"{orjson.dumps(name).decode()}:{each.text}" for name, each in members.items())
    return Argument(
        value={name: each.value for name, each in members.items()},
        text="{" + ",".join(texts) + "}",
    )


def _given(body: Body, belonging: Mapping[str, Argument]) -> tuple[Argument, str]:
    """The body as one argument, with its pointer."""
    if WHOLE not in belonging or WHOLE in body.flat:
        return _assembled(belonging), ""
    beside = [name for name in belonging if name != WHOLE]
    if beside:
        description = f"is given beside `{WHOLE}`, which holds it"
        raise refused(*(Violation(field=pointer((x,)), description=description) for x in beside))
    return belonging[WHOLE], pointer((WHOLE,))


def write_body(
    action: Action,
    arguments: Arguments,
    upload: Upload | None,
    boundary: Callable[[], str] = random_boundary,
) -> Written | None:
    """Gives the content type and the bytes of the request's body; None where it has none.

    A body is the argument `body`, or its properties as arguments of their own, or an upload.
    `boundary` makes the boundaries of multipart bodies. Raises InvalidParameters.
    """
    body = action.body
    if body is None:
        if upload is not None:
            raise refused(Violation(field=WHOLE, description="the action takes no body"))
        return None
    belonging = _belonging(action, body, arguments)
    if upload is not None:
        return write_upload(body, belonging, upload, boundary)
    if not belonging:
        return None
    argument, place = _given(body, belonging)
    media = [(each, parsed) for each in body.media if (parsed := parse(each.type)) is not None]
    if not media:
        description = "the document names no media type for it"
        raise refused(Violation(field=f"/{WHOLE}", description=description))
    chosen, kind = _choose(media, argument.value)
    content = Content(argument=argument, place=place, media=chosen, type=kind, boundary=boundary)
    row = _row(kind)
    if not isinstance(argument.value, row.takes):
        raise content.refused(f"{row.wanted} ({kind.essence})")
    return row.write(content)
