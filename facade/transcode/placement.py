"""Each argument to its place in the request: path, query, headers, cookies."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from facade.errors.fault import Violation
from facade.model.action import Action, Location, Parameter
from facade.model.call import Argument, Arguments
from facade.model.field_names import is_reserved
from facade.model.version import Serialization
from facade.transcode.arguments import pointer, tokens
from facade.transcode.headers import cookie_break, cookie_flaw, name_flaw
from facade.transcode.headers import value_flaw as header_flaw
from facade.transcode.parameter_content import compile_content
from facade.transcode.style import Shape, Write, clash, compile_shape, scalar, shape_of
from facade.transcode.template import break_flaw, segments_flaw
from facade.transcode.template import value_flaw as path_flaw


@dataclass(slots=True, kw_only=True)
class Draft:
    """A request while its parameters are placed."""

    path: dict[str, str] = field(default_factory=dict)
    """By slot, percent-encoded."""
    query: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Writer:
    """How one parameter is written in the versions that share a serialization."""

    parameter: Parameter
    write: Write
    shape: Shape | None
    """None: it has a media type in place of a style."""


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
    draft = Draft(violations=list(violations))
    wrong = {violation.field.split("/")[1] for violation in violations if "/" in violation.field}
    for key, writer in writers.items():
        argument = arguments.get(key) or defaults.get(key)
        if argument is None or key in bound or (wrong and pointer((key,))[1:] in wrong):
            continue
        for flaw in PLACES[writer.parameter.location](draft, writer, tokens(argument.text)):
            draft.violations.append(Violation(field=pointer((key,)), description=flaw))
    return draft


def _compile(parameter: Parameter, serialization: Serialization) -> Writer:
    if parameter.media_type is not None:
        return Writer(parameter, compile_content(parameter), None)
    shape = shape_of(parameter, serialization)
    return Writer(parameter, compile_shape(shape, parameter.location), shape)


def _into_path(draft: Draft, writer: Writer, value: Any) -> Iterator[str]:
    text = "".join(writer.write(value))
    draft.path[writer.parameter.name] = text
    is_whole = not isinstance(value, list | dict)  # of members, only the segment can be dots
    flaw = next(filter(None, map(path_flaw if is_whole else break_flaw, _scalars(value))), "")
    if writer.parameter.multi_segment:
        flaw = flaw or segments_flaw(text)
    if not text:
        flaw = "is empty, which a path segment may not be"
    if flaw:
        yield flaw


def _into_query(draft: Draft, writer: Writer, value: Any) -> Iterator[str]:
    draft.query.extend(writer.write(value))
    yield from ()


def _into_header(draft: Draft, writer: Writer, value: Any) -> Iterator[str]:
    name = writer.parameter.name
    for text in writer.write(value):
        if flaw := name_flaw(name) or header_flaw(text) or _clash(writer, value):
            yield flaw
        elif is_reserved(name):
            yield f"is the header {name}, which is not for arguments to set"
        else:
            draft.headers.append((name, text))


def _into_cookie(draft: Draft, writer: Writer, value: Any) -> Iterator[str]:
    """Writes pairs; what encodes nothing has to keep to the grammar, and to its own items."""
    broken = next(filter(None, map(cookie_break, _scalars(value))), "")
    verbatim = writer.shape is None or writer.shape.encode is str
    for pair in writer.write(value):
        name, _, text = pair.partition("=")
        strict = _clash(writer, value) if verbatim else ""
        if flaw := broken or name_flaw(name) or cookie_flaw(text) or strict:
            yield flaw
            return
        draft.cookies.append(pair)


PLACES: Mapping[Location, Callable[[Draft, Writer, Any], Iterator[str]]] = MappingProxyType(
    {
        Location.PATH: _into_path,
        Location.QUERY: _into_query,
        Location.QUERYSTRING: _into_query,
        Location.HEADER: _into_header,
        Location.COOKIE: _into_cookie,
    }
)
"""Writes a value to a location, and gives what forbids it."""


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
