"""A parameter with `content`: the text of its media type, at its place in the request.

What the standard leaves open (OAS 3.2 section 4.12.2.3) is settled here:

- JSON is compact and keeps the digits; in a header it is ASCII, in a cookie percent-encoded;
- an object whose media type is a form is written as one, of its `encoding`;
- what is no string is XML by the shape that its schema gives it, where the media type is XML; in a
  header it is ASCII, in a cookie percent-encoded;
- a string is the text itself in any media type but JSON, null is no text, and anything else is
  its JSON;
- as the whole query, a form stands as it is written, a string that is one, or `text/*`, keeps its
  reserved characters, for it is a query in a format of its own; all else is percent-encoded.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from facade.errors.fault import Violation
from facade.model.action import Location, Parameter, Style
from facade.transcode.arguments import Number, parse, pointer, refused
from facade.transcode.body.form import write_form
from facade.transcode.media_type import is_json
from facade.transcode.media_type import parse as parse_type
from facade.transcode.style import (
    Write,
    compact,
    encoder,
    in_ascii,
    query_name,
    reserved,
    scalar,
    unreserved,
)
from facade.transcode.xml.write import write_xml

FORM = "application/x-www-form-urlencoded"


def compile_content(parameter: Parameter) -> Write:
    """Compiles the writer of a `content` parameter; it answers as that of a style does."""
    return partial(WRITERS[parameter.location], parameter, parameter.media_type or "")


def _text(parameter: Parameter, media_type: str, value: Any) -> str:
    if is_json(media_type):
        return compact(value)
    if isinstance(value, dict) and _essence(media_type) == FORM:
        return write_form(parse(compact(value)), parameter.encoding).decode("ascii")
    return scalar(value) if _is_string(value) or not _is_xml(media_type) else _xml(parameter, value)


def _xml(parameter: Parameter, value: Any) -> str:
    place = pointer((parameter.key,))
    if parameter.xml is None:
        description = f"must be a string: the schema says nothing of the {parameter.media_type}"
        raise refused(Violation(field=place, description=description))
    return write_xml(value, parameter.xml, place).decode()


def _into_path(parameter: Parameter, media_type: str, value: Any) -> tuple[str, ...]:
    return (encoder(parameter, Style.SIMPLE)(_text(parameter, media_type, value)),)


def _into_query(parameter: Parameter, media_type: str, value: Any) -> tuple[str, ...]:
    empty = parameter.allow_empty and value in ("", None)
    text = "" if empty else _text(parameter, media_type, value)
    return (f"{query_name(parameter.name)}={encoder(parameter, Style.FORM)(text)}",)


def _into_querystring(parameter: Parameter, media_type: str, value: Any) -> tuple[str, ...]:
    text = _text(parameter, media_type, value)
    essence = _essence(media_type)
    is_query = essence == FORM or essence.startswith("text/")
    if not (isinstance(value, dict) and essence == FORM):
        text = reserved(text) if is_query and _is_string(value) else unreserved(text)
    return (text,) if text else ()


def _into_header(parameter: Parameter, media_type: str, value: Any) -> tuple[str, ...]:
    if value is None and not is_json(media_type):
        return ()
    text = _text(parameter, media_type, value)
    if is_json(media_type):
        return (in_ascii(text),)
    is_ours = _is_xml(media_type) and not _is_string(value)
    return (text.encode("ascii", "xmlcharrefreplace").decode() if is_ours else text,)


def _into_cookie(parameter: Parameter, media_type: str, value: Any) -> tuple[str, ...]:
    text = _text(parameter, media_type, value)
    encoded = is_json(media_type) or _is_xml(media_type)
    return (f"{parameter.name}={unreserved(text) if encoded else text}",)


def _essence(media_type: str) -> str:
    parsed = parse_type(media_type)
    return parsed.essence if parsed else ""


def _is_xml(media_type: str) -> bool:
    parsed = parse_type(media_type)
    return parsed is not None and parsed.is_xml


def _is_string(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


WRITERS: Mapping[Location, Callable[[Parameter, str, Any], tuple[str, ...]]] = MappingProxyType(
    {
        Location.PATH: _into_path,
        Location.QUERY: _into_query,
        Location.QUERYSTRING: _into_querystring,
        Location.HEADER: _into_header,
        Location.COOKIE: _into_cookie,
    }
)
