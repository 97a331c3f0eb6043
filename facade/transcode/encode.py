"""(version, action, call) -> Plan: the HTTP request that a call comes to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from facade.errors.caller import ActionUnsupported
from facade.errors.fault import Details, Violation
from facade.model.action import Action, Location, Parameter
from facade.model.call import Arguments, Call, Headers, Plan
from facade.model.version import Version
from facade.transcode.arguments import pointer, tokens
from facade.transcode.body import write_body
from facade.transcode.headers import accept, cookie_flaw, is_reserved, name_flaw
from facade.transcode.headers import value_flaw as header_flaw
from facade.transcode.media_type import matches
from facade.transcode.server import Base, choose
from facade.transcode.style import scalar, write
from facade.transcode.template import Template, compile_template
from facade.transcode.template import value_flaw as path_flaw
from facade.transcode.validate import Validator, compile_validator, refuse
from facade.transcode.variables import Bound, add_to_body, bind, overlaps

LONGEST = 300.0
"""Seconds that no call exceeds."""
LONGEST_TARGET = 60 * 1024
"""Bytes of path and query: more is refused by every server, and httpx has no address for it."""
NO_VALUES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is the same for every request of an action, compiled once."""

    validator: Validator
    template: Template
    slots: tuple[str, ...]
    """Of the template."""
    accept: str
    bases: dict[str, Base] = field(default_factory=dict)
    """By the version's own address: where its calls go as long as no variable says so."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """A request while its parameters are placed."""

    path: dict[str, str] = field(default_factory=dict)
    """By slot, percent-encoded."""
    query: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    content_type: tuple[str, str] | None = None
    """Key and value of a declared Content-Type parameter; the body's own type is what is sent."""
    violations: list[Violation] = field(default_factory=list)


def compile_recipe(action: Action) -> Recipe:
    """Compiles an action; raises ActionUnsupported, with its problems, where it has any."""
    if action.problems:
        violations = tuple(
            Violation(field=each.pointer, description=each.message) for each in action.problems
        )
        raise _unsupported(action, violations)
    template = compile_template(action.path)
    return Recipe(
        validator=compile_validator(action),
        template=template,
        slots=template.slots,
        accept=accept(action),
    )


def encode(
    version: Version,
    action: Action,
    call: Call,
    values: Mapping[str, str] = NO_VALUES,
    recipe: Recipe | None = None,
) -> Plan:
    """Plans the HTTP request of a call: validated, placed and complete but for its signature.

    `values` holds the secrets of the version's variables by name; `recipe` is that of
    `compile_recipe`, made anew where it is not given. Raises InvalidParameters with every
    violation, ActionUnsupported, or ConnectionIncomplete.
    """
    recipe = recipe or compile_recipe(action)
    bound = bind(version, action, values)
    violations = overlaps(call.arguments, action, bound.body)
    arguments = call.arguments
    if not violations and call.upload is None:
        arguments = add_to_body(arguments, action, bound.body)
    violations += recipe.validator.find(arguments, call.upload, bound.keys)
    draft = _place(recipe, arguments, bound, violations)
    refuse(draft.violations)
    base = _base(version, action, bound, recipe)
    written = write_body(action, arguments, call.upload)
    _check_content_type(draft, written)
    target = _target(base, recipe.template, draft)
    if len(target) > LONGEST_TARGET:
        _refuse_length(target, recipe, arguments)
    return Plan(
        version=version,
        action=action,
        method=action.method,
        origin=base.origin,
        target=target,
        headers=_headers(recipe, draft, written),
        body=written[1] if written else None,
        timeout=_timeout(version, call),
    )


def _base(version: Version, action: Action, bound: Bound, recipe: Recipe) -> Base:
    """Where the call goes; what no variable is in is taken apart at the first one."""
    if bound.server:
        return choose(version, action, bound.server)
    base = recipe.bases.get(version.destination.uri)
    if base is None:
        base = recipe.bases[version.destination.uri] = choose(version, action, bound.server)
    return base


def _place(
    recipe: Recipe, arguments: Arguments, bound: Bound, violations: list[Violation]
) -> Draft:
    """Writes each argument to its place; those that are in the violations already stay out."""
    validator = recipe.validator
    draft = Draft(path=dict(bound.path), violations=list(violations))
    wrong = {violation.field.split("/")[1] for violation in violations if "/" in violation.field}
    for key, parameter in validator.parameters.items():
        argument = arguments.get(key) or validator.defaults.get(key)
        if argument is None or key in bound.keys or (wrong and pointer((key,))[1:] in wrong):
            continue
        for flaw in PLACES[parameter.location](draft, parameter, tokens(argument.text)):
            draft.violations.append(Violation(field=pointer((key,)), description=flaw))
    _check_path(recipe, draft)
    draft.query.extend(bound.query)
    draft.headers.extend(bound.headers)
    draft.cookies.extend(bound.cookies)
    return draft


def _into_path(draft: Draft, parameter: Parameter, value: Any) -> Iterator[str]:
    pieces = write(parameter, value)
    draft.path[parameter.name] = "".join(pieces)
    flaw = next(filter(None, map(path_flaw, _scalars(value))), "")
    if not draft.path[parameter.name]:
        flaw = "is empty, which a path segment may not be"
    if flaw:
        yield flaw


def _into_query(draft: Draft, parameter: Parameter, value: Any) -> Iterator[str]:
    draft.query.extend(write(parameter, value))
    yield from ()


def _into_header(draft: Draft, parameter: Parameter, value: Any) -> Iterator[str]:
    for text in write(parameter, value):
        if flaw := name_flaw(parameter.name) or header_flaw(text):
            yield flaw
        elif parameter.name.lower() == "content-type":
            draft.content_type = parameter.key, text
        elif is_reserved(parameter.name):
            yield f"is the header {parameter.name}, which is not for arguments to set"
        else:
            draft.headers.append((parameter.name, text))


def _into_cookie(draft: Draft, parameter: Parameter, value: Any) -> Iterator[str]:
    for pair in write(parameter, value):
        name, _, text = pair.partition("=")
        if flaw := name_flaw(name) or cookie_flaw(text):
            yield flaw
        draft.cookies.append(pair)


PLACES: Mapping[Location, Callable[[Draft, Parameter, Any], Iterator[str]]] = MappingProxyType(
    {
        Location.PATH: _into_path,
        Location.QUERY: _into_query,
        Location.HEADER: _into_header,
        Location.COOKIE: _into_cookie,
    }
)
"""Writes a value to a location, and gives what forbids it."""


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


def _check_path(recipe: Recipe, draft: Draft) -> None:
    """Refuses a path whose segments, filled, would not be the template's own."""
    missing = [slot for slot in recipe.slots if slot not in draft.path]
    if missing:
        _check_declared(recipe, missing)
    elif not draft.violations:
        for slot in recipe.template.escapes(draft.path):
            key = _declared(recipe).get(slot, slot)
            description = "makes a dot segment of its place in the path; a path must not climb"
            draft.violations.append(Violation(field=pointer((key,)), description=description))


def _declared(recipe: Recipe) -> dict[str, str]:
    """The keys of the path's parameters, by slot."""
    parameters = recipe.validator.parameters.values()
    return {each.name: each.key for each in parameters if each.location is Location.PATH}


def _check_declared(recipe: Recipe, slots: list[str]) -> None:
    """Refuses an action whose path has slots that no parameter is declared for."""
    action, declared = recipe.validator.action, _declared(recipe)
    unknown = tuple(
        Violation(field=action.pointer, description=f"`{{{slot}}}` is undeclared")
        for slot in slots
        if slot not in declared
    )
    if unknown:
        raise _unsupported(action, unknown)


def _check_content_type(draft: Draft, written: tuple[str, bytes] | None) -> None:
    if draft.content_type is None or written is None:
        return
    key, text = draft.content_type
    if not matches(text, written[0]):
        description = f"must be the body's own type, which is {written[0]}"
        refuse([Violation(field=pointer((key,)), description=description)])


def _target(base: Base, template: Template, draft: Draft) -> str:
    path = base.path + template.fill(draft.path)
    query = "&".join(filter(None, (base.query, template.fill_query(draft.path), *draft.query)))
    return f"{path or '/'}?{query}" if query else path or "/"


def _refuse_length(target: str, recipe: Recipe, arguments: Arguments) -> None:
    """Blames the longest argument of the address, if one of the caller's is in it at all."""
    lengths = {
        key: len(arguments[key].text)
        for key, parameter in recipe.validator.parameters.items()
        if key in arguments and parameter.location in {Location.PATH, Location.QUERY}
    }
    longest = max(lengths, key=lambda key: lengths[key], default=None)
    if longest is not None:
        description = f"makes an address of {len(target)} bytes; at most {LONGEST_TARGET} are sent"
        refuse([Violation(field=pointer((longest,)), description=description)])


def _headers(recipe: Recipe, draft: Draft, written: tuple[str, bytes] | None) -> Headers:
    """Accept, Content-Type, the parameters' in their order, the variables', Cookie."""
    chosen = [text for name, text in draft.headers if name.lower() == "accept"]
    return (
        ("accept", chosen[-1] if chosen else recipe.accept),
        *((("content-type", written[0]),) if written else ()),
        *(each for each in draft.headers if each[0].lower() != "accept"),
        *((("cookie", "; ".join(draft.cookies)),) if draft.cookies else ()),
    )


def _timeout(version: Version, call: Call) -> float:
    deadline = LONGEST if call.deadline is None else call.deadline
    return min(version.policy.timeout, deadline, LONGEST)


def _unsupported(action: Action, violations: tuple[Violation, ...]) -> ActionUnsupported:
    message = f"The action `{action.id}` cannot be called: {violations[0].description}"
    return ActionUnsupported(message, details=Details(violations=violations))
