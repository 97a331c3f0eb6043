"""Plan: which methods of a version Envoy can carry, and why it cannot carry the others."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import structs

from facade.errors.fault import Fault
from facade.model.action import Action
from facade.model.typed import Method, Streaming, TypedService
from facade.model.version import Network, Version
from facade.spec.spec import Spec
from facade.transcode.server import Base, choose
from gateway.typed.envoy.answers import answer
from gateway.typed.envoy.arguments import request, ruled
from gateway.typed.envoy.shapes import Shapes, together
from gateway.typed.envoy.signing import headers, signed

STREAM = "It is a stream, which Envoy's filter refuses."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One method, or an action that has none."""

    action: str
    method: str = ""
    """Its name; empty: it has none."""
    reasons: tuple[str, ...] = ()
    """Why Envoy cannot carry it; empty: it can."""
    limits: tuple[str, ...] = ()
    """What is otherwise than with Portico where it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What Envoy carries of a version."""

    rows: tuple[Row, ...]
    """In the order of the document."""
    service: TypedService
    """The methods that it carries, by the names that it needs; numbers are as they were."""
    answers: dict[str, str]
    """By method, the full name of Google's message that stands for its answer."""
    origin: str
    """Where the backend is: `https://pets.example`; empty where it carries nothing."""
    headers: tuple[tuple[str, str], ...]
    """Those of all calls."""
    timeout: float
    """Seconds of a call."""
    network: tuple[str, ...]
    """Of how the connections are made, what is the operator's to add."""


@dataclass(slots=True)
class _Tried:
    """A method on the way."""

    row: Row
    method: Method | None = None
    origin: str = ""
    answer: str = ""
    refs: tuple[str, ...] = ()


def plan(version: Version, spec: Spec, service: TypedService) -> Plan:
    """Looks at all methods of a version's numbered service."""
    planning = _Planning(version, spec, service)
    tried = [planning.tried(each) for each in service.methods]
    origin = _usual(tried)
    for each in tried:
        if each.method and each.origin != origin:
            reason = f"Its server is another than that of most: {each.origin}."
            each.row, each.method = _left(each.row, reason), None
    carried = [each for each in tried if each.method]
    return Plan(
        rows=(*(each.row for each in tried), *_uncallable(spec, service)),
        service=planning.service(carried),
        answers={each.row.method: each.answer for each in carried if each.answer},
        origin=origin,
        headers=tuple(headers(version)),
        timeout=version.policy.timeout,
        network=tuple(_network(version.destination.network)),
    )


class _Planning:
    def __init__(self, version: Version, spec: Spec, service: TypedService) -> None:
        self._version = version
        self._spec = spec
        self._service = service
        self._shapes = Shapes(service)
        self._requests = dict(self._shapes.messages)
        self._values = {
            each.name: each.value for each in version.variables if each.value is not None
        }

    def tried(self, method: Method) -> _Tried:
        """One method; without a `method` where Envoy cannot carry it."""
        if method.streaming is not Streaming.NONE:
            return _Tried(Row(action=method.action, method=method.name, reasons=(STREAM,)))
        action = self._spec.declared(method.action).action
        base = self._base(action)
        told, fit = answer(self._service.messages[method.response], self._shapes)
        asked, own = request(action, self._service.messages[method.request], self._shapes)
        whole = together((signed(self._version, action), own, fit))
        path = base.path if isinstance(base, Base) else ""
        response = self._service.messages[method.response]
        http = ruled(action, asked, response, self._shapes, path)
        problems = [each for each in (base, http) if isinstance(each, str)]
        reasons = (*whole.reasons, *problems)
        row = Row(
            action=method.action,
            method=method.name,
            reasons=tuple(dict.fromkeys(reasons)),
            limits=() if reasons else whole.limits,
        )
        if isinstance(base, str) or isinstance(http, str) or reasons:
            return _Tried(row)
        self._requests[method.request] = asked
        refs = (method.request, method.response, *whole.refs)
        carried = structs.replace(method, http=http, http_reason="")
        return _Tried(row, method=carried, origin=base.origin, answer=told, refs=refs)

    def service(self, carried: list[_Tried]) -> TypedService:
        """The service of what is carried, with the types that it needs."""
        needed = {ref for each in carried for ref in each.refs}
        return structs.replace(
            self._service,
            messages={key: each for key, each in self._requests.items() if key in needed},
            enums={key: each for key, each in self._shapes.enums.items() if key in needed},
            methods=tuple(each.method for each in carried if each.method),
        )

    def _base(self, action: Action) -> Base | str:
        try:
            base = choose(self._version, action, self._values)
        except Fault as fault:
            return f"It is not known where its backend is: {fault}."
        return "The URL of its server has a query." if base.query else base


def _usual(tried: list[_Tried]) -> str:
    counted = Counter(each.origin for each in tried if each.method)
    return counted.most_common(1)[0][0] if counted else ""


def _network(network: Network) -> Iterator[str]:
    own = {
        "the certificates that it trusts": network.ca,
        f"the proxy `{network.proxy}`": network.proxy,
        f"the source address {network.source_address}": network.source_address,
    }
    yield from (words for words, value in own.items() if value)


def _left(row: Row, reason: str) -> Row:
    return Row(action=row.action, method=row.method, reasons=(reason,))


def _uncallable(spec: Spec, service: TypedService) -> Iterator[Row]:
    known = {each.action for each in service.methods}
    for name in spec.outline.rows:
        if name not in known:
            problems = spec.declared(name).action.problems
            reasons = tuple(each.message for each in problems[:1]) or ("It cannot be called.",)
            yield Row(action=name, reasons=reasons)
