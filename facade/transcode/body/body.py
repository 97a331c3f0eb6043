"""The body of a request: which media type it is written in, and what of the call it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import orjson

from facade.errors.fault import Violation
from facade.model.action import Action, Body, Media
from facade.model.call import Argument, Arguments, Upload
from facade.model.version import DeepObjectArrays
from facade.transcode.arguments import pointer, refused
from facade.transcode.body.binary import is_binary
from facade.transcode.body.content import WHOLE, Content, Option, Written, with_parameters
from facade.transcode.body.multipart import random_boundary
from facade.transcode.body.part_rule import compile_rules
from facade.transcode.body.table import BYTES, row_of
from facade.transcode.media_type import MediaType, parse

FORM = "application/x-www-form-urlencoded"
JSON_PATCH = "application/json-patch+json"
FIELD = "content_type"
"""The field of the request in which a caller chooses the body's media type."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a call says of its body beside the arguments."""

    type: str = ""
    """The media type that the caller chooses; empty: by rule."""
    upload: Upload | None = None
    arrays: DeepObjectArrays = DeepObjectArrays.BRACKETS
    boundary: Callable[[], str] = random_boundary
    """Makes the boundaries of multipart bodies."""


def options_of(body: Body | None) -> tuple[Option, ...]:
    """Compiles the media types of a body that are ones, the preferred one first."""
    parsed = ((each, parse(each.type)) for each in (body.media if body else ()))
    return tuple(_option(media, kind) for media, kind in parsed if kind is not None)


def _option(media: Media, kind: MediaType) -> Option:
    """How a media type is written; bytes where it may be anything and its schema says so."""
    open_to_all = kind.essence in {"*/*", "application/*"}
    is_bytes = open_to_all and is_binary(media.schema, media.schema)
    row = BYTES if is_bytes else row_of(kind)
    rules = compile_rules(media) if kind.type == "multipart" else None
    return Option(media=media, type=kind, row=row, rules=rules)


def declared(options: Sequence[Option], text: str) -> Option | None:
    """Finds the media type that a caller means: exactly, within a range, or by its suffix.

    A type with other parameters than those declared is not declared; one without any means the
    first of its name. `application/json` stands for a `+json` type alone where that is all there
    is, and goes out under the declared name, as `application/xml` does.
    """
    kind = parse(text)
    if kind is None or kind.is_range:
        return None
    for found in (_exactly, _by_name, _in_range, _by_suffix):
        option = found(options, kind)
        if option is not None:
            return option
    return None


def _exactly(options: Sequence[Option], kind: MediaType) -> Option | None:
    same = (each for each in options if each.type.essence == kind.essence)
    return next((each for each in same if each.type.parameters == kind.parameters), None)


def _by_name(options: Sequence[Option], kind: MediaType) -> Option | None:
    """Of the same name, where no parameter is contradicted; what the caller adds is sent."""
    for each in options:
        if each.type.essence == kind.essence:
            own = each.type.parameters
            given = kind.parameters.items()
            if all(own.get(name, text).lower() == text.lower() for name, text in given):
                sent = with_parameters(each.type, kind.parameters) if kind.parameters else ""
                return replace(each, type=parse(sent) or each.type)
    return None


def _in_range(options: Sequence[Option], kind: MediaType) -> Option | None:
    ranges = [each for each in options if each.type.is_range and each.type.covers(kind)]
    if not ranges:
        return None
    nearest = max(ranges, key=lambda each: each.type.nearness)
    return replace(nearest, type=kind, row=row_of(kind))


def _by_suffix(options: Sequence[Option], kind: MediaType) -> Option | None:
    if kind.type != "application" or kind.parameters:
        return None
    suffix = f"+{kind.subtype}"
    return next((each for each in options if each.type.subtype.endswith(suffix)), None)


def choose(options: Sequence[Option], value: Any, text: str = "") -> Option:
    """Chooses the media type that a value is written in.

    That which the caller names. Without that, the first that can hold the value, in the order
    JSON, `+json`, form, multipart, text, anything else; and among types of bytes the one that an
    object with `contentType` says it is. Where none can hold it, the first of all.
    """
    if not text and options[0].type.is_json:
        # It takes any value, and none says that it is something else.
        return options[0] if len(options) == 1 else _patch(options, value)
    named = declared(options, text) if text else None
    chosen = named or _able(options, value)
    said = value.get("contentType") if isinstance(value, dict) else None
    kind = parse(said) if isinstance(said, str) else None
    if kind is None:
        return chosen
    if kind.type == "multipart" and "boundary" in kind.parameters and chosen.type.covers(kind):
        return replace(chosen, row=BYTES)  # It is a whole multipart body, made by the caller.
    if chosen.row is BYTES and named is None:
        able = (each for each in options if each.takes(value))
        return next((each for each in able if each.type.covers(kind)), chosen)
    return chosen


def _patch(options: Sequence[Option], value: Any) -> Option:
    """The first, but that a JSON Patch is a list (RFC 6902), and other patches are none."""
    if not options[0].type.subtype.endswith("patch+json"):
        return options[0]
    is_list = isinstance(value, list)
    able = (each for each in options if each.type.is_json)
    fit = (each for each in able if (each.type.essence == JSON_PATCH) == is_list)
    return next(fit, options[0])


def _able(options: Sequence[Option], value: Any) -> Option:
    """The first that can hold a value, else the first of all: files go into parts if they may."""
    able = [each for each in options if each.takes(value)]
    if len(able) > 1 and able[0].type.essence == FORM and isinstance(value, dict):
        return next((each for each in able if _has_files(each, value)), able[0])
    return able[0] if able else options[0]


def _has_files(option: Option, value: Mapping[str, Any]) -> bool:
    """Whether files are among the values that would be its parts."""
    named = option.rules.named if option.rules else {}
    return any(rule.file and value.get(name) is not None for name, rule in named.items())


def undeclared(options: Sequence[Option]) -> Violation:
    """Says which media types a caller may choose from."""
    choices = ", ".join(each.type.text for each in options) or "none"
    return Violation(field=FIELD, description=f"must be a declared media type: {choices}")


def belonging(action: Action, body: Body, arguments: Arguments) -> dict[str, Argument]:
    """The arguments that are the body or a property of it; a parameter may be called `body`."""
    names = body.flat
    if WHOLE in arguments and all(each.key != WHOLE for each in action.parameters):
        names = (*names, WHOLE)
    return {name: argument for name, argument in arguments.items() if name in names}


def assembled(members: Mapping[str, Argument]) -> Argument:
    """One object out of arguments: every digit and the order as the caller wrote them."""
    texts = (f"{orjson.dumps(name).decode()}:{each.text}" for name, each in members.items())
    return Argument(
        value={name: each.value for name, each in members.items()},
        text="{" + ",".join(texts) + "}",
    )


def _given(body: Body, members: Mapping[str, Argument]) -> tuple[Argument, str]:
    """The body as one argument, with its pointer."""
    if WHOLE not in members or WHOLE in body.flat:
        return assembled(members), ""
    if len(members) > 1:
        beside = [name for name in members if name != WHOLE]
        description = f"is given beside `{WHOLE}`, which holds it"
        raise refused(*(Violation(field=pointer((x,)), description=description) for x in beside))
    return members[WHOLE], f"/{WHOLE}"


def write_body(
    action: Action, arguments: Arguments, wish: Wish, options: Sequence[Option]
) -> Written | None:
    """Gives the content type and the bytes of the request's body; None where it has none.

    A body is the argument `body`, or its properties as arguments of their own, or an upload. One
    that is required and may be empty is sent empty. `options` are those of `options_of`. Raises
    InvalidParameters.
    """
    body = action.body
    if body is None:
        return None
    if wish.upload is not None:
        return wish.upload.content_type, wish.upload.data
    members = belonging(action, body, arguments)
    if not members and not (body.required and body.flat):
        return None
    argument, place = _given(body, members)
    if not options:
        description = "the document names no media type for it"
        raise refused(Violation(field=f"/{WHOLE}", description=description))
    option = choose(options, argument.value, wish.type)
    content = Content(
        argument=argument,
        place=place,
        option=option,
        boundary=wish.boundary,
        arrays=wish.arrays,
        row_of=row_of,
    )
    if not option.takes(argument.value):
        raise content.refused(f"{option.row.wanted} ({option.type.essence})")
    return option.row.write(content)
