"""google.api.http: a method's path and body in the words of google/api/http.proto."""

import re
from collections.abc import Container, Mapping
from typing import Final
from urllib.parse import quote

from facade.model.action import Action, Location, Parameter, Style
from facade.model.typed import Field, Http, Kind, Message, Role, Scalar
from facade.spec.path import VARIABLE

LITERAL: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()+,;@-]|%[0-9A-Fa-f]{2})+")
"""A segment that means itself; `=` and `:` have a meaning of their own in some parsers."""
VERB: Final = re.compile(r"[A-Za-z0-9._~-]+")
SAFE: Final = "%!$&'()+,;@=:*{}"
BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods for which a rule with a body is refused."""


class Unsayable(Exception):
    """Why google.api.http has no words for a method: a sentence."""


def rule(action: Action, request: Message, response: Message, enums: Container[str]) -> Http:
    """The rule of an action; raises Unsayable where there is none."""
    if action.method == "*":
        raise Unsayable("Its HTTP method `*` would stand for any method.")
    named = {each.json: each for each in request.fields if each.role is Role.MEMBER}
    path = _path(action, named, enums)
    body = _body(action, request)
    _query(body, request, enums)
    return Http(method=action.method, path=path, body=body, response_body=_answer(response))


def shape(http: Http) -> str:
    """What is equal for two rules that no request can tell apart."""
    return f"{http.method} {VARIABLE.sub('*', http.path)}"


def _path(action: Action, named: Mapping[str, Field], enums: Container[str]) -> str:
    if "?" in action.path or "#" in action.path:
        raise Unsayable("Its path has a query or a fragment.")
    if action.path == "/":
        return "/"
    segments = action.path.split("/")[1:]
    slots = _slots(action)
    written = [
        _segment(each, slots, named, enums, is_last=at == len(segments))
        for at, each in enumerate(segments, start=1)
    ]
    return "/" + "/".join(written)


def _slots(action: Action) -> dict[str, Parameter]:
    """The parameters by what stands for them between the braces of the path."""
    inside = (each for each in action.parameters if each.location is Location.PATH)
    return {each.slot or each.name: each for each in inside}


def _segment(
    text: str,
    slots: Mapping[str, Parameter],
    named: Mapping[str, Field],
    enums: Container[str],
    *,
    is_last: bool,
) -> str:
    text, verb = _verb(text) if is_last else (text, "")
    found = VARIABLE.fullmatch(text)
    if found:
        return f"{_variable(slots.get(found[1]), named, enums, is_last=is_last)}{verb}"
    if "{" in text:
        raise Unsayable("A segment of its path is not one variable alone.")
    literal = quote(text, safe=SAFE)
    if not LITERAL.fullmatch(literal):
        raise Unsayable(f"Its path has a segment that no rule can have: `{text[:100]}`.")
    return f"{literal}{verb}"


def _verb(segment: str) -> tuple[str, str]:
    """A last segment, and what stands behind a colon in it."""
    head, colon, verb = segment.rpartition(":")
    if colon and head and VERB.fullmatch(verb):
        return head, f":{verb}"
    return segment, ""


def _variable(
    parameter: Parameter | None, named: Mapping[str, Field], enums: Container[str], *, is_last: bool
) -> str:
    field = named.get(parameter.key) if parameter else None
    if parameter is None or field is None:
        raise Unsayable("A variable of its path is no argument.")
    if field.repeated or field.keyed or not _is_scalar(field, enums):
        raise Unsayable(f"`{parameter.name[:100]}` in its path is no single value.")
    if parameter.style is not Style.SIMPLE and parameter.media_type is None:
        raise Unsayable(f"`{parameter.name[:100]}` in its path has the style {parameter.style}.")
    if not parameter.multi_segment:
        return f"{{{field.name}}}"
    if not is_last:
        raise Unsayable(f"`{parameter.name[:100]}` may hold slashes and is not the path's end.")
    return f"{{{field.name}=**}}"


def _is_scalar(field: Field, enums: Container[str]) -> bool:
    return isinstance(field.type, Scalar) or field.ref in enums


def _body(action: Action, request: Message) -> str:
    if any(each.role is Role.DATA for each in request.fields):
        raise Unsayable("Its body is no JSON.")
    if action.body is None:
        return ""
    if action.method in BODILESS:
        raise Unsayable(f"A rule for {action.method} has no body.")
    own = (each for each in request.fields if each.role is Role.MEMBER and each.json == "body")
    return next(each.name for each in own)


def _query(body: str, request: Message, enums: Container[str]) -> None:
    """What is neither in the path nor the body goes into the query, where not all can."""
    for each in request.fields:
        many = each.keyed or (each.repeated and not _is_scalar(each, enums))
        if many and each.name != body:
            message = f"`{each.json[:100]}` is a map or several messages, which no query can have."
            raise Unsayable(message)


def _answer(response: Message) -> str:
    if response.kind is not Kind.WHOLE:
        return ""
    return next(each.name for each in response.fields if each.role is Role.WHOLE)
