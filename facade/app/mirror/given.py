"""What a request gives in the place of a version's variables, and what nobody asked for."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

from msgspec import structs

from facade.app.mirror.place import ParameterPlace, place, place_of
from facade.errors.fault import Violation
from facade.model.action import Action, Location
from facade.model.call import Argument, Arguments, Call
from facade.model.version import Variable, Version
from facade.transcode.arguments import pointer, refused
from facade.transcode.body.body import assembled
from facade.transcode.body.content import WHOLE
from facade.transcode.body.form import members_of, text_of
from facade.transcode.match import Matched, Unknown
from facade.transcode.validation.validate import suggestion

Variables = Mapping[ParameterPlace, Variable]


def settle(call: Call, matched: Matched, version: Version, *, of_gateway: str) -> Call:
    """The call with the values that its request gives for overridable variables.

    What stands in the path where the version's own value goes is passed over. Fields and cookies
    that nobody declares are ignored, as by any server. Pairs of the query that nobody declares go
    along where the request is a gateway's, whose target is `of_gateway`: the backend named them
    in the URL of a next page. Else raises InvalidParameters for them.
    """
    if not (version.variables or matched.pairs):
        return call
    known = {place_of(each): each for each in version.variables}
    given: dict[str, str] = {}
    if known:
        arguments = _taken(call.arguments, matched.action, known, given)
        call = structs.replace(call, arguments=arguments)
    left = [
        each
        for each in (matched.unknown if known else matched.pairs)
        if not _gives(each, known, given)
    ]
    undeclared = _undeclared(left, matched.action)
    if undeclared and not of_gateway:
        raise refused(*_flaws(undeclared, matched.action))
    query = of_gateway.partition("?")[2] if undeclared else ""
    pairs = tuple(
        each for each in query.split("&") if unquote_plus(each.partition("=")[0]) in undeclared
    )
    return structs.replace(call, variables=given, pairs=pairs) if given or pairs else call


def _taken(
    arguments: Arguments, action: Action, known: Variables, given: dict[str, str]
) -> Arguments:
    """The arguments that are left, once variables have got their own."""
    left = dict(arguments)
    for parameter in action.parameters:
        variable = known.get(place(parameter.location, parameter.name))
        if variable is None or parameter.key not in left:
            continue
        if variable.overridable:
            given[variable.name] = text_of(left.pop(parameter.key))
        elif parameter.location is Location.PATH:
            del left[parameter.key]
    whole = left.get(WHOLE)
    if whole is not None and isinstance(whole.value, dict):
        left[WHOLE] = _body(whole, known, given)
    return left


def _body(whole: Argument, known: Variables, given: dict[str, str]) -> Argument:
    open_ = {
        name
        for name in whole.value
        if (found := known.get((Location.BODY, name))) is not None and found.overridable
    }
    if not open_:
        return whole
    members = members_of(whole)
    given.update((name, text_of(members.pop(name))) for name in open_)
    return assembled(members)


def _gives(unknown: Unknown, known: Variables, given: dict[str, str]) -> bool:
    variable = known.get(place(unknown.location, unknown.name))
    if variable is None or not variable.overridable:
        return False
    in_query = unknown.location is Location.QUERY
    given[variable.name] = unquote_plus(unknown.value) if in_query else unknown.value
    return True


def _undeclared(unknown: list[Unknown], action: Action) -> list[str]:
    """The names in a query that are neither declared nor those of a key that signs."""
    in_query = [each.name for each in unknown if each.location is Location.QUERY]
    if not in_query:
        return []
    keys = {
        scheme.parameter
        for requirement in action.security or ()
        for scheme in requirement
        if scheme.location is Location.QUERY
    }
    return [each for each in dict.fromkeys(in_query) if each not in keys]


def _flaws(names: list[str], action: Action) -> Iterator[Violation]:
    known = [each.key for each in action.parameters]
    for name in names:
        description = f"is not an argument of this action{suggestion(name, known)}"
        yield Violation(field=pointer((name,)), description=description)
