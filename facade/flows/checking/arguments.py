"""The arguments of a call against what its action takes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from facade.errors.expressions import ExpressionInvalid
from facade.expressions.finding import Finding, meant
from facade.expressions.known import Known, known_of
from facade.expressions.slots import compile_slots
from facade.flows.checking.called import Called
from facade.model.definition import ActionCall, Place
from facade.spec.document import escape, unescape
from facade.transcode.negotiation import ACCEPT, CONTENT_TYPE
from facade.transcode.validation.schema import compile_schema

SLOT: Final = re.compile(r"\{[{%#]")
"""Where a slot begins."""

NEGOTIATED: Final = frozenset({ACCEPT, CONTENT_TYPE})
"""What chooses media types, of every action, by lower-case name."""

_BODY: Final = "body"
_NUMBERS: Final = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call, and what is known where it stands."""

    call: ActionCall
    called: Called
    scope: Known

    def findings(self) -> Iterator[Finding]:
        """What cannot be sent, and what is missing."""
        schema = self.called.arguments
        properties = schema.get("properties", {})
        for name, value in self.call.arguments.items():
            pointer = f"/{escape(name)}"
            if name in self.called.bound:
                message = f"`{name}` is set by the connector's version and cannot be given"
                yield self._finding(pointer, message)
            elif name in properties:
                yield from self._value(value, pointer, properties[name])
            elif name.lower() in NEGOTIATED and isinstance(value, str):
                continue
            elif schema.get("additionalProperties") is False:
                hint = meant(name, properties)
                yield self._finding(pointer, f"`{name}` is no argument of {self._action}{hint}")
        given = self.call.arguments.keys() | self.called.bound
        for name in self._required(given):
            if name not in given:
                yield Finding(self.call.place, f"{self._action} needs the argument `{name}`")

    @property
    def _action(self) -> str:
        return f"`{self.call.action.rpartition('/')[2]}`"

    def _required(self, given: frozenset[str] | set[str]) -> list[str]:
        """The names that must be given: a body may be given whole, or by its properties."""
        schema = self.called.arguments
        needed = list(schema.get("required", ()))
        if _BODY not in given:
            needed += schema.get("else", {}).get("required", ())
        for name, more in schema.get("dependentRequired", {}).items():
            needed += more if name in given else ()
        return list(dict.fromkeys(needed))

    def _value(self, value: Any, pointer: str, schema: Any) -> Iterator[Finding]:
        root = self.called.arguments.get("$defs", {})
        whole = {**schema, "$defs": root} if isinstance(schema, Mapping) else schema
        if has_slot(value):
            known = known_of(whole) if isinstance(whole, Mapping) else None
            yield from self._filled(value, pointer, known) if known else ()
            return
        name = pointer.removeprefix("/").replace("~1", "/").replace("~0", "~")
        for violation in compile_schema(whole).find(value, (name,)):
            shown = violation.field.removeprefix("/")
            hint = _hint(violation.field, whole)
            yield self._finding(violation.field, f"`{shown}` {violation.description}{hint}")

    def _filled(self, value: Any, pointer: str, known: Known) -> Iterator[Finding]:
        """What cannot fit of a value that is not there yet, by types."""
        if isinstance(value, str):
            yield from self._text(value, pointer, known)
        elif isinstance(value, dict):
            for name, each in value.items():
                below, inside = known.field(name), f"{pointer}/{escape(name)}"
                if below is None:
                    hint = meant(name, known.names)
                    yield self._finding(inside, f"`{name}` is no field of `{pointer[1:]}`{hint}")
                else:
                    yield from self._filled(each, inside, below)
        elif isinstance(value, list):
            for index, each in enumerate(value):
                yield from self._filled(each, f"{pointer}/{index}", known.items())

    def _text(self, text: str, pointer: str, known: Known) -> Iterator[Finding]:
        try:
            given = compile_slots(text, {}).types(self.scope)
        except ExpressionInvalid:  # which is told where the slots are looked at
            return
        if not fit(given, known.types) and SLOT.search(text):
            what, wanted = (" or ".join(sorted(each)) for each in (given, known.types))
            yield self._finding(pointer, f"`{pointer[1:]}` must be {wanted}, and this is {what}")

    def _finding(self, pointer: str, message: str) -> Finding:
        places = self.call.places
        while pointer and pointer not in places:
            pointer = pointer.rpartition("/")[0]
        return Finding(places.get(pointer, self.call.place), message)


def _hint(pointer: str, schema: Any) -> str:
    """How a finding ends of a member that is not there, and is called nearly as another."""
    known = known_of(schema) if isinstance(schema, Mapping) else None
    *above, name = pointer.split("/")[2:] or [""]
    for each in above:
        known = known and (known.items() if each.isdecimal() else known.field(unescape(each)))
    is_there = known is None or known.field(unescape(name)) is not None
    return "" if known is None or is_there else meant(unescape(name), known.names)


def has_slot(value: Any) -> bool:
    """Whether a slot stands anywhere in a value."""
    return any(True for _ in slots_in(value, {}, "", Place()))


def slots_in(
    value: Any, places: Mapping[str, Place], pointer: str, place: Place
) -> Iterator[tuple[str, Place]]:
    """The texts of a value that hold slots, each with where it begins."""
    if isinstance(value, str) and SLOT.search(value):
        yield value, places.get(pointer, place)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from slots_in(each, places, f"{pointer}/{escape(key)}", place)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from slots_in(each, places, f"{pointer}/{index}", place)


def fit(given: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether a value of one of some types may be one of others; no types are all types."""
    own = given - {"null"}
    if not own or not wanted:
        return True
    return bool(own & wanted or (own & _NUMBERS and wanted & _NUMBERS))
