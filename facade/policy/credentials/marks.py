"""Marks: what credentials write into a request, and the request with them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

from msgspec import structs

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Details, Violation
from facade.model.action import Location
from facade.model.call import Headers, Plan, TlsIdentity
from facade.model.field_names import TOKEN, is_framing


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing that a credential writes into a request."""

    location: Location = Location.HEADER
    name: str = "Authorization"
    value: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    """The secret texts in it, in each spelling."""


@dataclass(slots=True, kw_only=True, eq=False)
class Stamp:
    """Several marks, put together so that a request gets them in one go."""

    headers: Headers = field(default=(), repr=False)
    replaced: frozenset[str] = frozenset()
    """The headers, in lower case, that give way."""
    cookies: str = field(default="", repr=False)
    query: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    _stamped: tuple[Headers | None, Headers] = field(default=(None, ()), repr=False)
    """The headers that it was put over last, and what came of it: an action's are often the same
    object for each call."""

    def over(self, headers: Headers) -> Headers:
        """Header fields with its own; what stood in the same places gives way to them."""
        if not self.replaced:
            return headers
        if self._stamped[0] is not headers:
            self._stamped = headers, self._over(headers)
        return self._stamped[1]

    def _over(self, headers: Headers) -> Headers:
        kept = [each for each in headers if each[0].lower() not in self.replaced]
        if self.cookies:
            there = [value for name, value in headers if name.lower() == "cookie"]
            kept.append(("cookie", "; ".join([*there, self.cookies])))
        return (*kept, *self.headers)


BLANK = Stamp()
"""No marks."""


def stamp_of(marks: Iterable[Mark]) -> Stamp:
    """Puts marks together; of several for one header the last one counts."""
    marks = tuple(marks)
    headers = {
        mark.name.lower(): (mark.name, mark.value)
        for mark in marks
        if mark.location is Location.HEADER
    }
    cookies = [f"{each.name}={each.value}" for each in marks if each.location is Location.COOKIE]
    pairs = [
        f"{quote(each.name, safe='')}={quote(each.value, safe='')}"
        for each in marks
        if each.location is Location.QUERY
    ]
    return Stamp(
        headers=tuple(headers.values()),
        replaced=frozenset(headers) | ({"cookie"} if cookies else frozenset()),
        cookies="; ".join(cookies),
        query="&".join(pairs),
        secrets=tuple(dict.fromkeys(text for mark in marks for text in mark.secrets if text)),
    )


def stamped(plan: Plan, stamp: Stamp, identity: TlsIdentity | None = None) -> Plan:
    """The plan with the marks of a stamp; what stood in the same places gives way to them."""
    headers, target = stamp.over(plan.headers), plan.target
    if stamp.query:
        target = f"{target}{'&' if '?' in target else '?'}{stamp.query}"
    return structs.replace(plan, headers=headers, target=target, identity=identity or plan.identity)


def header_flaw(name: str) -> str:
    """Why no secret may go into a header of that name; empty where it may."""
    if not TOKEN.fullmatch(name):
        return "has a name that HTTP does not allow"
    if is_framing(name):
        return "is one that the gateway alone sets"
    return ""


def is_line(text: str) -> bool:
    """Whether a text can stand in a request: one line, no control characters."""
    return text.isprintable() or not any(each < " " or each == "\x7f" for each in text)


def line_of(reference: str, value: str) -> str:
    """A secret's value where it can stand in a request; else raises ConnectionIncomplete."""
    if not is_line(value):
        raise incomplete(
            f"the secret `{reference}` holds control characters",
            Violation(field=reference, description="must be one line of text"),
        )
    return value


def incomplete(message: str, *problems: Violation) -> ConnectionIncomplete:
    """The fault of a version that lacks something."""
    return ConnectionIncomplete(message, details=Details(violations=problems))
