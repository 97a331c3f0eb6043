"""A version's variables: what it adds to every call, at the place that each one names."""

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from facade.errors.caller import ConnectionIncomplete, InvalidParameters
from facade.errors.fault import Details, Fault, Violation
from facade.model.action import Action, Body, Location, Parameter
from facade.model.call import Argument, Arguments, Call
from facade.model.field_names import is_framing
from facade.model.version import Variable, Version
from facade.transcode.arguments import argument, parse, pointer
from facade.transcode.body.binary import properties_of
from facade.transcode.headers import cookie_flaw, name_flaw
from facade.transcode.headers import value_flaw as header_flaw
from facade.transcode.style import query_name, unreserved
from facade.transcode.template import value_flaw as path_flaw
from facade.transcode.variable_value import Flaw, settle

TAKEN = "is set by the connector's version and cannot be given"
LITERALS = frozenset({"integer", "number", "boolean"})
"""Types of body properties whose text is JSON already."""


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """The variables of one call, sorted by where they go."""

    server: Mapping[str, str]
    path: Mapping[str, str]
    """By slot, percent-encoded."""
    query: tuple[str, ...]
    """`name=value`, percent-encoded."""
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[str, ...]
    body: Mapping[str, str]
    keys: frozenset[str]
    """Of the action's parameters that they take the place of."""


NO_NAMES: Mapping[str, str] = MappingProxyType({})
NOTHING = Bound(
    server=NO_NAMES,
    path=NO_NAMES,
    query=(),
    headers=(),
    cookies=(),
    body=NO_NAMES,
    keys=frozenset(),
)
"""What a version without variables binds."""


def bind(version: Version, action: Action, values: Mapping[str, str], call: Call) -> Bound:
    """Gives each variable its value: the call's, of `values` where it is a secret, else its own.

    One that the call may set, and sets by an argument of the action, is left to that.

    Raises InvalidParameters for what the caller gave, else ConnectionIncomplete, each naming
    `variables.NAME`: for a required one without a value, for a value that its rules do not allow
    or its place cannot hold. No message holds a value.
    """
    given = call.variables
    if not (version.variables or given):
        return NOTHING
    left = tuple(each for each in version.variables if not _is_argument(each, action, call))
    settled, flaws = settle(left, values, given)
    for variable, text in settled:
        flaw = _flaw(variable, text)
        if flaw:
            flaws.append(Flaw(variable.name, flaw, variable.overridable and variable.name in given))
    if flaws:
        raise _wrong(flaws)
    return _sorted(settled, action)


def add_to_body(arguments: Arguments, action: Action, added: Mapping[str, str]) -> Arguments:
    """Adds variables to the body that a call has: to the object, or as flat properties."""
    body = action.body
    if not added or body is None:
        return arguments
    whole = arguments.get("body")
    members = {name: _member(body, name, text) for name, text in added.items()}
    if whole is not None:
        if not isinstance(whole.value, dict):
            return arguments
        return {**arguments, "body": _insert(whole, members)}
    flat = [name for name in arguments if name in body.flat]
    if not flat and not body.required:
        return arguments
    if all(name in body.flat for name in members):
        return {**arguments, **members}
    inner = {name: arguments[name] for name in flat}
    rest = {name: each for name, each in arguments.items() if name not in inner}
    return {**rest, "body": _insert(argument({}), {**inner, **members})}


def overlaps(arguments: Arguments, action: Action, added: Mapping[str, str]) -> list[Violation]:
    """The properties of the body that both the caller and the version give."""
    whole = arguments.get("body")
    members = whole.value if whole and isinstance(whole.value, dict) else {}
    flat = action.body.flat if action.body else ()
    places = [pointer(("body", name)) for name in added if name in members]
    places.extend(pointer((name,)) for name in added if name in arguments and name in flat)
    return [Violation(field=place, description=TAKEN) for place in places]


def _is_argument(variable: Variable, action: Action, call: Call) -> bool:
    """Whether the call sets a variable that it may set by an argument of the action."""
    if not variable.overridable:
        return False
    if variable.location is Location.BODY:
        whole = call.arguments.get("body")
        members = whole.value if whole and isinstance(whole.value, dict) else {}
        flat = action.body.flat if action.body else ()
        return variable.name in members or (
            variable.name in flat and variable.name in call.arguments
        )
    return any(
        each.key in call.arguments and _is_same(each, variable) for each in action.parameters
    )


def _wrong(flaws: list[Flaw]) -> Fault:
    """The caller's fault where it is his value, else the connector's."""
    theirs = [each for each in flaws if each.given]
    violations = tuple(
        Violation(field=f"variables.{each.name}", description=each.description)
        for each in theirs or flaws
    )
    kind = InvalidParameters if theirs else ConnectionIncomplete
    first = violations[0]
    return kind(f"{first.field} {first.description}", details=Details(violations=violations))


def _sorted(given: list[tuple[Variable, str]], action: Action) -> Bound:
    def at(location: Location | None) -> Iterator[tuple[str, str]]:
        return ((each.name, text) for each, text in given if each.location is location)

    return Bound(
        server=dict(at(None)),
        path={name: unreserved(text) for name, text in at(Location.PATH)},
        query=tuple(f"{query_name(name)}={unreserved(text)}" for name, text in at(Location.QUERY)),
        headers=tuple(at(Location.HEADER)),
        cookies=tuple(f"{name}={text}" for name, text in at(Location.COOKIE)),
        body=dict(at(Location.BODY)),
        keys=frozenset(
            parameter.key
            for parameter in action.parameters
            if any(_is_same(parameter, variable) for variable, _ in given)
        ),
    )


def _is_same(parameter: Parameter, variable: Variable) -> bool:
    if parameter.location is not variable.location:
        return False
    if parameter.location is Location.HEADER:
        return parameter.name.lower() == variable.name.lower()
    return parameter.name == variable.name


def _path(name: str, text: str) -> str:
    del name
    return path_flaw(text) if text else "is empty, which no path segment may be"


def _header(name: str, text: str) -> str:
    if is_framing(name):
        return "is a header that the gateway alone sets"
    return name_flaw(name) or header_flaw(text)


def _cookie(name: str, text: str) -> str:
    return name_flaw(name) or cookie_flaw(text)


FLAWS: Mapping[Location, Callable[[str, str], str]] = MappingProxyType(
    {Location.PATH: _path, Location.HEADER: _header, Location.COOKIE: _cookie}
)
"""Why a name and value may not go to a place; other places hold anything."""


def _flaw(variable: Variable, text: str) -> str:
    test = FLAWS.get(variable.location) if variable.location else None
    return test(variable.name, text) if test else ""


def _member(body: Body, name: str, text: str) -> Argument:
    """A property's JSON: the text itself where the schema wants a number or boolean."""
    schema = properties_of(body.media[0].schema).get(name) if body.media else None
    if not isinstance(schema, Mapping) or schema.get("type") not in LITERALS:
        return argument(text)
    try:
        parsed = parse(f'{{"value":{text}}}')
    except InvalidParameters:
        return argument(text)
    return parsed["value"] if len(parsed) == 1 else argument(text)


def _insert(whole: Argument, members: Mapping[str, Argument]) -> Argument:
    """The object with members before its own, whose text stays as it was written."""
    texts = [
        f"{json.dumps(name, ensure_ascii=False)}:{each.text}" for name, each in members.items()
    ]
    inner = whole.text.strip()[1:-1].strip()
    value = {**{name: each.value for name, each in members.items()}, **whole.value}
    return Argument(value=value, text=f"{{{','.join([*texts, *([inner] if inner else [])])}}}")
