"""Each argument to its place in the request: path, query, headers, cookies."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class Writer:
    """How one parameter is written in the versions that share a serialization."""

    parameter: Parameter
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

Writers: TypeAlias = Mapping[str, Writer]
"""By the parameters' keys."""


def compile_writers(action: Action, serialization: Serialization) -> Writers:
    """Compiles the writers of an action's parameters."""
    return {each.key: _compile(each, serialization) for each in action.parameters}


def place(
    writers: Writers,
    arguments: Arguments,
    defaults: Mapping[str, Argument],
    bound: Collection[str],
    violations: list[Violation],
) -> Draft:
    """Writes each argument to its place, and adds what forbids it to the violations.

    Arguments that are in the violations already stay out, and those that the version sets.
    """
    draft = Draft(violations=violations)
    wrong = _wrong(violations) if violations else ()
    for key, writer in writers.items():
        argument = arguments.get(key) or defaults.get(key)
        if argument is None or key in bound or (wrong and pointer((key,))[1:] in wrong):
            continue
        value = argument.value
        kind = type(value)
        word = value if kind is str else argument.text if kind is int else ""
        if writer.put_word is not None and as_word(word):
            writer.put_word(draft, writer.parameter.name, writer.lead + word)
        elif flaw := writer.put(draft, writer, tokens_of(argument)):
            draft.violations.append(Violation(field=pointer((key,)), description=flaw))
    return draft


def _wrong(violations: list[Violation]) -> set[str]:
    """The arguments in which something is wrong, as pointers have them."""
    return {each.field.split("/")[1] for each in violations if "/" in each.field}


def _compile(parameter: Parameter, serialization: Serialization) -> Writer:
    location, name = parameter.location, parameter.name
    about = PLACES[location], name_flaw(name), is_reserved(name)
    if parameter.media_type is not None:
        return Writer(parameter, compile_content(parameter), None, *about)
    shape = shape_of(parameter, serialization)
    refused = location is Location.HEADER and (about[1] or about[2])
    put_word = None if refused else WORDS.get(location)
    return Writer(parameter, compile_shape(shape, location), shape, *about, shape.lead, put_word)


def _into_path(draft: Draft, writer: Writer, value: Any) -> str:
    text = draft.path[writer.parameter.name] = "".join(writer.write(value))
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
    name = writer.parameter.name
    for text in writer.write(value):
        if flaw := writer.name_flaw or header_flaw(text) or _clash(writer, value):
            return flaw
        if writer.reserved:
            return f"is the header {name}, which is not for arguments to set"
        draft.headers.append((name, text))
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
