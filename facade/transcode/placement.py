"""Each argument to its place in the request: path, query, headers, cookies."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec

from facade.errors.fault import Violation
from facade.model.action import Action, Location, Parameter
from facade.model.call import Argument, Arguments
from facade.model.field_names import is_reserved
from facade.model.version import Serialization
from facade.transcode.arguments import pointer, tokens_of
from facade.transcode.headers import cookie_break, cookie_flaw, name_flaw
from facade.transcode.headers import value_flaw as header_flaw
from facade.transcode.parameter_content import compile_content
from facade.transcode.style import Shape, Write, clash, compile_shape, scalar, shape_of
from facade.transcode.template import break_flaw, segments_flaw
from facade.transcode.template import value_flaw as path_flaw
from facade.transcode.validation.validate import Validator

as_word = re.compile(r"[A-Za-z0-9_-]+").fullmatch
"""Matches a text that every place takes as it stands."""


class Draft(msgspec.Struct, kw_only=True):
    """A request while its parameters are placed."""

    path: dict[str, str] = {}
    """By slot, percent-encoded."""
    query: list[str] = []
    headers: list[tuple[str, str]] = []
    cookies: list[str] = []
    violations: list[Violation] = []
    """What keeps arguments from their places."""
    unfit: bool = False
    """Whether an argument is none that its parameter takes: it has no place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """How one parameter is written in the versions that share a serialization."""

    key: str
    fits: Callable[[Any], bool]
    """Whether the parameter takes a value."""
    default: Argument | None
    """Written where no argument is given."""
    parameter: Parameter
    name: str
    """The parameter's."""
    write: Write
    shape: Shape | None
    """None: it has a media type in place of a style."""
    put: "Put"
    name_flaw: str = ""
    """Why no header has its name; empty where it may have."""
    reserved: bool = False
    """Whether it has the name of a header that is not for arguments."""
    lead: str = ""
    """What stands before a value that is a word."""
    put_word: "PutWord | None" = None
    """None: a word is put like any other value."""


Put: TypeAlias = Callable[[Draft, Writer, Any], str]
"""Writes a value to its location, or tells what forbids it."""

PutWord: TypeAlias = Callable[[Draft, str, str], None]
"""Writes a word, with what stands before it, under the parameter's name."""

Writers: TypeAlias = tuple[Writer, ...]
"""Those of an action, in the order of its parameters."""


def compile_writers(action: Action, serialization: Serialization, validator: Validator) -> Writers:
    """Compiles the writers of an action's parameters."""
    return tuple(_compile(each, serialization, validator) for each in action.parameters)


def place(writers: Writers, arguments: Arguments) -> Draft:
    """Holds each argument to its parameter's schema, and writes it to its place."""
    draft = Draft()
    for writer in writers:
        argument = arguments.get(writer.key, writer.default)
        if argument is None:
            continue
        value = argument.value
        kind = type(value)
        if not writer.fits(value):
            draft.unfit = True
        elif (kind is int or (kind is str and as_word(value))) and writer.put_word is not None:
            word = value if kind is str else argument.text
            writer.put_word(draft, writer.name, writer.lead + word)
        elif flaw := writer.put(draft, writer, tokens_of(argument)):
            draft.violations.append(Violation(field=pointer((writer.key,)), description=flaw))
    return draft


def _compile(parameter: Parameter, serialization: Serialization, validator: Validator) -> Writer:
    location, name = parameter.location, parameter.name
    flaw, reserved = name_flaw(name), is_reserved(name)
    shape = None if parameter.media_type is not None else shape_of(parameter, serialization)
    refused = location is Location.HEADER and (flaw or reserved)
    return Writer(
        key=parameter.key,
        fits=validator.tests[parameter.key],
        default=validator.defaults.get(parameter.key),
        parameter=parameter,
        name=name,
        write=compile_content(parameter) if shape is None else compile_shape(shape, location),
        shape=shape,
        put=PLACES[location],
        name_flaw=flaw,
        reserved=reserved,
        lead="" if shape is None else shape.lead,
        put_word=None if shape is None or refused else WORDS.get(location),
    )


def _into_path(draft: Draft, writer: Writer, value: Any) -> str:
    text = draft.path[writer.name] = "".join(writer.write(value))
    if not text:
        return "is empty, which a path segment may not be"
    if isinstance(value, str):
        flaw = path_flaw(value)
    elif not isinstance(value, (list, dict)):
        flaw = path_flaw(scalar(value))
    else:  # of members, only the segment can be dots
        flaw = next(filter(None, map(break_flaw, _scalars(value))), "")
    return flaw or (segments_flaw(text) if writer.parameter.multi_segment else "")


def _into_query(draft: Draft, writer: Writer, value: Any) -> str:
    draft.query.extend(writer.write(value))
    return ""


def _into_header(draft: Draft, writer: Writer, value: Any) -> str:
    for text in writer.write(value):
        if flaw := writer.name_flaw or header_flaw(text) or _clash(writer, value):
            return flaw
        if writer.reserved:
            return f"is the header {writer.name}, which is not for arguments to set"
        draft.headers.append((writer.name, text))
    return ""


def _into_cookie(draft: Draft, writer: Writer, value: Any) -> str:
    """Writes pairs; what encodes nothing has to keep to the grammar, and to its own items."""
    broken = _broken(value)
    verbatim = writer.shape is None or writer.shape.encode is str
    for pair in writer.write(value):
        name, _, text = pair.partition("=")
        strict = _clash(writer, value) if verbatim else ""
        if flaw := broken or name_flaw(name) or cookie_flaw(text) or strict:
            return flaw
        draft.cookies.append(pair)
    return ""


PLACES: Mapping[Location, Put] = MappingProxyType(
    {
        Location.PATH: _into_path,
        Location.QUERY: _into_query,
        Location.QUERYSTRING: _into_query,
        Location.HEADER: _into_header,
        Location.COOKIE: _into_cookie,
    }
)


def _word_into_path(draft: Draft, name: str, text: str) -> None:
    draft.path[name] = text


def _word_into_query(draft: Draft, _name: str, text: str) -> None:
    draft.query.append(text)


def _word_into_header(draft: Draft, name: str, text: str) -> None:
    draft.headers.append((name, text))


WORDS: Mapping[Location, PutWord] = MappingProxyType(
    {
        Location.PATH: _word_into_path,
        Location.QUERY: _word_into_query,
        Location.HEADER: _word_into_header,
    }
)
"""A cookie's name has a grammar of its own."""


def _broken(value: Any) -> str:
    """Why a value could end its cookie."""
    if not isinstance(value, (list, dict)):
        return cookie_break(scalar(value))
    return next(filter(None, map(cookie_break, _scalars(value))), "")


def _clash(writer: Writer, value: Any) -> str:
    return clash(writer.shape, value) if writer.shape and isinstance(value, list | dict) else ""


def _scalars(value: Any) -> Iterator[str]:
    """The texts of all values and names in a value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    else:
        yield scalar(value)
