"""What the caller gives for a body or a part of one, and the media type that it is written in."""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Violation
from facade.model.action import Media
from facade.model.call import Argument
from facade.model.version import DeepObjectArrays
from facade.transcode.arguments import refused
from facade.transcode.body.part_rule import Rules
from facade.transcode.json_text import CHARSET
from facade.transcode.media_type import MediaType

WHOLE = "body"
"""The argument that is the whole body."""

Written = tuple[str, bytes]
"""The content type and the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One media type that a body may be written in."""

    media: Media
    type: MediaType
    """What is declared, or what the caller chose within it."""
    row: "Row"
    rules: Rules | None = None
    """Of the parts, where it is multipart."""

    def takes(self, value: Any) -> bool:
        """Whether a value can be written in it: in XML, only where its schema gives it a shape.

        An array is a form where its items are objects: of a field each.
        """
        if self.type.is_xml and not isinstance(value, str):
            return self.media.xml is not None
        if self.type.subtype == "form-data" and isinstance(value, list):
            return all(isinstance(item, dict) for item in value)
        return isinstance(value, self.row.takes)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A value on its way into one media type."""

    argument: Argument
    place: str
    """The JSON pointer to it: `/body`, or empty where it is flat properties."""
    option: Option
    boundary: Callable[[], str]
    arrays: DeepObjectArrays
    """How a deepObject within a form writes its arrays."""
    row_of: Callable[[MediaType], "Row"]
    """Finds how a type within this one is written."""

    @property
    def type(self) -> MediaType:
        """The media type that it is written in."""
        return self.option.type

    def refused(self, description: str, below: str = "") -> InvalidParameters:
        """Says what is wrong with it, or with something in it."""
        field = (self.place or f"/{WHOLE}") + below
        return refused(Violation(field=field, description=description))

    def charset(self) -> str:
        """Python's name of the charset that the type names; UTF-8 without one."""
        if not self.type.charset:
            return "utf-8"
        try:
            name = codecs.lookup(self.type.charset).name
        except (LookupError, ValueError):
            name = ""
        if CHARSET.fullmatch(name):
            return name
        raise self.refused(f"cannot be written: `{self.type.text}` has an unknown charset")

    def encoded(self, text: str) -> bytes:
        """Text in the charset that the type names."""
        try:
            return text.encode(self.charset())
        except UnicodeEncodeError:
            raise self.refused(f"has characters that `{self.type.text}` cannot hold") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How bodies of some media types are written."""

    covers: Callable[[MediaType], bool]
    takes: tuple[type, ...]
    """The types of values that it can write."""
    wanted: str
    """What it says of the others."""
    write: Callable[[Content], Written]
    judged: Callable[[Any, Option], Any]
    """What of a value its schema speaks of: OPAQUE where it says nothing of such a one."""


class Opaque:
    """A value that no schema speaks of: bytes, or text in a syntax of its own."""


OPAQUE = Opaque()


def with_parameters(kind: MediaType, parameters: Mapping[str, str]) -> str:
    """A media type with further parameters, in place of those of the same names."""
    kept = {name: text for name, text in kind.parameters.items() if name not in parameters}
    added = {name: _quoted(text) for name, text in (kept | dict(parameters)).items()}
    return "; ".join([kind.essence, *(f"{name}={text}" for name, text in added.items())])


def _quoted(text: str) -> str:
    """A parameter's value: a token as it is, anything else quoted (RFC 9110 section 5.6.6)."""
    if text and all(each.isalnum() or each in "!#$%&'*+-.^_`|~" for each in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
