"""The way back: an HTTP request becomes the action that it means, and the call's arguments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

import msgspec

from facade.errors.caller import ActionNotFound, ActionUnsupported, InvalidParameters
from facade.errors.fault import Details, Violation
from facade.model.action import Action, Location
from facade.model.call import Argument, Arguments, Headers, Upload
from facade.model.field_names import is_ignored
from facade.model.version import Serialization
from facade.transcode.arguments import parse, pointer, refused
from facade.transcode.body.body import options_of
from facade.transcode.body.content import WHOLE, Option
from facade.transcode.reading.body import read_body, wish_of
from facade.transcode.reading.kind import Fragment, object_of
from facade.transcode.reading.parameter import (
    Raw,
    Readings,
    compile_readings,
    read_parameters,
)
from facade.transcode.reading.route import Found, Routes
from facade.transcode.style import shape_of
from facade.transcode.template import compile_template
from facade.transcode.validation.validate import Validator, compile_validator

LISTS: Mapping[str, str] = MappingProxyType({"cookie": "; "})
"""What joins several lines of one header field; of all others, a comma (RFC 9110 section 5.3)."""


class Request(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An HTTP request as it came."""

    method: str
    target: str
    """Path and query, percent-encoded."""
    headers: Headers = ()
    fields: Mapping[str, str] | None = None
    """The same as `fields_of` has them, where somebody has asked it already."""
    body: bytes = b""


class Unknown(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that a request holds and the document does not declare."""

    location: Location
    name: str
    value: str
    """As it stands in the request."""


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for."""

    action: Action
    arguments: Arguments
    upload: Upload | None = None
    content_type: str = ""
    """The media type to write the body in again, where it is among the arguments."""
    accept: str = ""
    """The request's own; empty: it has none."""
    pairs: tuple[Unknown, ...] = ()
    """What stands in the query or the cookies beside the arguments."""
    headers: Headers = ()
    """The request's own."""
    declared: frozenset[str] = frozenset()
    """Those of them that may be arguments, by lower-case name."""

    @property
    def fields(self) -> tuple[Unknown, ...]:
        """The header fields beside the arguments, but for the wire's own and a credential's."""
        return tuple(
            Unknown(location=Location.HEADER, name=name, value=value)
            for name, value in self.headers
            if not (name.lower() in self.declared or is_ignored(name))
        )

    @property
    def unknown(self) -> tuple[Unknown, ...]:
        """All that stands beside the arguments."""
        return (*self.pairs, *self.fields)


class Target:
    """An action, and how its requests are read: compiled at the first one."""

    def __init__(self, action: Action, serialization: Serialization) -> None:
        """Takes the action and how its version writes parameters."""
        self.action = action
        self._serialization = serialization

    @cached_property
    def readings(self) -> Readings:
        """How its parameters are read."""
        return compile_readings(self.action, self._serialization)

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """The media types of its body."""
        return options_of(self.action.body)

    @cached_property
    def validator(self) -> Validator:
        """What its arguments must be, to choose among actions of one address."""
        return compile_validator(self.action)


class Router:
    """The actions of a version by the requests that mean them, and the reader of their arguments.

    Compiled once; it keeps nothing of a request.
    """

    def __init__(
        self, actions: Iterable[Action], serialization: Serialization, base: str = ""
    ) -> None:
        """Takes the actions, how their version writes parameters, and the path before theirs.

        Of actions with one method and one path the first counts. Those whose path cannot be
        reached are left out.
        """
        self._base = base.rstrip("/")
        self._serialization = serialization
        self._routes: Routes[Target] = Routes()
        for action in actions:
            self._add(action)
        self._routes.settle()

    def methods(self, target: str) -> tuple[str, ...]:
        """The methods that an address has; none where it is no action's."""
        located = self._located(target)
        return self._routes.methods(*located) if located else ()

    def match(self, request: Request) -> Matched:
        """Finds the action of a request and reads its arguments, none of them validated yet.

        Text that is no value of the type that its schema asks for stays a string. Of actions
        whose paths no address tells apart, that which the arguments fit best is meant, else the
        first. Raises ActionNotFound, with the address's `methods` among its facts where it has
        others, and InvalidParameters with everything that cannot be read.
        """
        located = self._located(request.target)
        found = self._routes.find(request.method, *located) if located else []
        if not found:
            raise _nothing(request, self.methods(request.target))
        if len(found) == 1:
            return self._read(found[0], request)
        return self._best(found, request)

    def _best(self, found: Sequence[Found[Target]], request: Request) -> Matched:
        fits: list[tuple[int, Matched]] = []
        faults: list[InvalidParameters] = []
        for each in found:
            try:
                matched = self._read(each, request)
            except InvalidParameters as fault:
                faults.append(fault)
                continue
            misfits = each.target.validator.find(
                matched.arguments, matched.upload, chosen=matched.content_type
            )
            fits.append((len(misfits) + len(matched.unknown), matched))
        if not fits:
            raise faults[0]
        return min(fits, key=lambda each: each[0])[1]

    def _read(self, found: Found[Target], request: Request) -> Matched:
        action, readings = found.target.action, found.target.readings
        headers = fields_of(request.headers) if request.fields is None else request.fields
        raw = Raw(slots=found.slots, query=found.query, headers=headers)
        read, unclaimed = read_parameters(readings, raw)
        violations = [Violation(field=pointer((x,)), description=y) for x, y in read.flaws.items()]
        body = _body(found.target, headers, request.body, violations)
        upload = body if isinstance(body, Upload) else None
        if isinstance(body, Fragment):
            read.fragments[WHOLE] = body
        arguments = _arguments(read.fragments, violations)
        if violations:
            raise refused(*violations)
        return Matched(
            action=action,
            arguments=arguments,
            upload=upload,
            content_type=wish_of(headers.get("content-type", "")) if WHOLE in arguments else "",
            accept=headers.get("accept", ""),
            pairs=tuple(Unknown(location=x, name=y, value=z) for x, y, z in unclaimed)
            if unclaimed
            else (),
            headers=request.headers,
            declared=readings.declared,
        )

    def _add(self, action: Action) -> None:
        in_path = [each for each in action.parameters if each.location is Location.PATH]
        slots = {each.slot: each.name for each in in_path if each.slot}
        own = [each.name for each in action.parameters if each.location is Location.QUERY]
        try:
            template = compile_template(action.path, slots, own)
        except ActionUnsupported:
            return
        styled = [each for each in in_path if each.media_type is None]
        leads = {each.name: shape_of(each, self._serialization).row.first for each in styled}
        many = frozenset(each.name for each in in_path if each.multi_segment)
        target = Target(action, self._serialization)
        self._routes.add(action.method, template, target, leads, many)

    def _located(self, target: str) -> tuple[str, list[str]] | None:
        """The path below the base and the pairs of the query; None where it is not below it."""
        path, _, query = target.partition("#")[0].partition("?")
        if not path.startswith(f"{self._base}/"):
            return None
        pairs = [pair for pair in query.split("&") if pair] if query else []
        return path[len(self._base) :], pairs


def _nothing(request: Request, methods: Sequence[str]) -> ActionNotFound:
    """Says that no action is meant, and which methods the address has."""
    path = request.target.partition("?")[0][:200]
    shown = f"{request.method[:20]} {path}"
    if not methods:
        return ActionNotFound(f"No action has the address `{shown}`")
    listed = ", ".join(methods)
    message = f"No action has the address `{shown}`: the path has {listed}"
    return ActionNotFound(message, details=Details(facts={"methods": listed}))


def fields_of(headers: Headers) -> dict[str, str]:
    """The fields by lower-case name, several lines of one as one."""
    found = dict(headers)
    if len(found) == len(headers) and "".join(found).islower():
        return found
    found = {}
    for name, value in headers:
        key = name.lower()
        found[key] = f"{found[key]}{LISTS.get(key, ', ')}{value}" if key in found else value
    return found


def _body(
    target: Target, headers: Mapping[str, str], data: bytes, violations: list[Violation]
) -> Fragment | Upload | None:
    sent, coding = headers.get("content-type", ""), headers.get("content-encoding", "")
    if not data and (not sent or target.action.body is None):
        return None
    try:
        return read_body(target.options, sent, coding, data)
    except InvalidParameters as fault:
        violations.extend(fault.details.violations)
        return None


def _arguments(fragments: Mapping[str, Fragment], violations: list[Violation]) -> Arguments:
    """The values of all fragments, each within the bounds of any caller's."""
    try:
        return parse(object_of(fragments))
    except InvalidParameters:
        return _each(fragments, violations)


def _each(fragments: Mapping[str, Fragment], violations: list[Violation]) -> Arguments:
    """The same one by one: all of them may be too much together, or one is to blame."""
    arguments: dict[str, Argument] = {}
    for key, fragment in fragments.items():
        try:
            arguments |= parse(object_of({key: fragment}))
        except InvalidParameters as fault:
            found = fault.details.violations
            placed = (
                x if x.field.startswith("/") else replace(x, field=pointer((key,))) for x in found
            )
            violations.extend(placed)
    return arguments
