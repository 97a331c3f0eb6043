"""Arguments: a request's path, query and body, as Envoy makes them of its message."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import structs

from facade.model.action import Action, Location, Parameter, Style
from facade.model.typed import Field, Http, Message, Role, WellKnown
from facade.spec.typed.http import Unsayable, rule
from facade.spec.typed.requests import BODY
from gateway.typed.envoy.shapes import NAME, Fit, Shapes, plain, together

JSON: Final = "application/json"
ELSEWHERE: Final[Mapping[Location, str]] = MappingProxyType(
    {
        Location.HEADER: "`{name}` goes into a header.",
        Location.COOKIE: "`{name}` goes into a cookie.",
        Location.QUERYSTRING: "`{name}` is the whole query.",
    }
)
"""Where Envoy puts nothing of a message."""


def request(action: Action, message: Message, shapes: Shapes) -> tuple[Message, Fit]:
    """The message of an action's arguments, by the names that Envoy needs, and how far it fits."""
    named = structs.replace(message, fields=tuple(_named(action, message, shapes)), reserved=())
    return named, together(_fits(action, message, named, shapes))


def ruled(
    action: Action, message: Message, answer: Message, shapes: Shapes, base: str
) -> Http | str:
    """The rule of an action behind its server's path; else the reason why there is none."""
    try:
        http = rule(action, message, answer, shapes.enums)
    except Unsayable as reason:
        return str(reason)
    return structs.replace(http, path=base + http.path, response_body="")


def _named(action: Action, message: Message, shapes: Shapes) -> Iterator[Field]:
    """Arguments of the query are called as they are there; others as they were, or nearly so."""
    inside = {each.key: each.name for each in action.parameters if each.location is Location.QUERY}
    taken = set(inside.values())
    for field in plain(message.fields, shapes.enums):
        name = inside.get(field.json, "")
        if not NAME.fullmatch(name):
            name = field.name
            while name in taken:
                name += "_"
            taken.add(name)
        yield structs.replace(field, name=name)
    yield from (each for each in message.fields if each.role in {Role.CONTENT_TYPE, Role.DATA})


def _fits(action: Action, message: Message, named: Message, shapes: Shapes) -> Iterator[Fit]:
    fields = {each.json: each for each in named.fields if each.role is Role.MEMBER}
    for parameter in action.parameters:
        if parameter.key in fields:
            yield _parameter(parameter, fields[parameter.key], shapes)
    for each in message.fields:
        if each.role is Role.NULL:
            yield Fit(limits=(f"Null is not sent for `{each.json}`.",))
    if action.body is None:
        return
    kind = action.body.media[0].type.strip().lower() if action.body.media else ""
    if BODY in fields and kind != JSON:
        yield Fit(reasons=(f"Its body is `{kind or 'anything'}`, and Envoy sends `{JSON}`.",))
    elif BODY in fields:
        yield _body(fields[BODY], shapes, required=action.body.required)


def _parameter(given: Parameter, field: Field, shapes: Shapes) -> Fit:
    reasons = tuple(each.format(name=given.name) for each in _reasons(given, field))
    limits: tuple[str, ...] = ()
    if given.required and given.default is not None:
        limits = (f"The default of `{given.name}` is not sent where it is absent.",)
    own = Fit(reasons=reasons, limits=limits)
    if field.ref in shapes.enums:
        return together((own, shapes.value(field, given.name, asked=True)))
    return own


def _reasons(given: Parameter, field: Field) -> Iterator[str]:
    if given.location in ELSEWHERE:
        yield ELSEWHERE[given.location]
        return
    if given.media_type is not None:
        yield "`{name}` is written in a media type."
    if given.allow_reserved or given.encode_twice:
        yield "`{name}` is percent-encoded in a way of its own."
    if given.location is not Location.QUERY:
        return
    if not NAME.fullmatch(given.name):
        yield "No field can be called as `{name}` is."
    if field.keyed or isinstance(field.type, WellKnown) or not (field.type or _is_enum(field)):
        yield "`{name}` is an object or anything, which Envoy writes with dots."
    elif given.style is not Style.FORM or (field.repeated and not given.explode):
        yield "`{name}` has a style that Envoy does not write."


def _is_enum(field: Field) -> bool:
    """Whether what has no type of its own is an enum: a message is neither of the two."""
    return field.optional or field.repeated


def _body(field: Field, shapes: Shapes, *, required: bool) -> Fit:
    fit = shapes.value(field, BODY, asked=True)
    if required and not (field.repeated or field.keyed):
        return fit
    return together(
        (fit, Fit(limits=("A call without a body, or with an empty one, is refused.",)))
    )
