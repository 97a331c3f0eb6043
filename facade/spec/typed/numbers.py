"""Numbers: names that are unique and numbers that never change, by what is known of both."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import structs

from facade.model.typed import (
    METHODS,
    TYPES,
    Enum,
    EnumValue,
    Field,
    Kept,
    Message,
    Method,
    Numbers,
    Role,
    TypedService,
    upper_snake,
)
from facade.spec.typed.naming import distinct, same

WITHHELD: Final = range(19_000, 20_000)
"""Numbers that no field may have (protobuf's own)."""
PROPERTY: Final = frozenset({Role.MEMBER, Role.NULL, Role.OTHER})
"""The roles of a field whose oneof is that of one property."""
VARIABLE: Final = re.compile(r"\{([a-z0-9_]+)")


def numbered(service: TypedService, known: Numbers) -> tuple[TypedService, Numbers]:
    """Gives every name its place and every field and value its number; with what is known then.

    What is known keeps its name and its number, whatever the order of the document. What is new
    follows in the document's order; a name that another has already gets a hash of its key behind
    it. The second answer is `known` itself where nothing is new. A service is to have its name.
    """
    ledger = _Ledger(known)
    wanted = {each.key: each.name for each in service.messages.values()}
    wanted |= {each.key: each.name for each in service.enums.values()}
    types = ledger.names(TYPES, wanted, {same(service.name)}, _behind_camel)
    messages = {key: _message(each, types[key], ledger) for key, each in service.messages.items()}
    enums = _enums(service.enums, types, ledger)
    by_key = {each.key: each.name for each in service.methods}
    names = ledger.names(METHODS, by_key, set(), _behind_camel)
    renamed = _Renamed(service.messages, messages)
    methods = tuple(renamed.method(each, names[each.key]) for each in service.methods)
    settled = structs.replace(service, messages=messages, enums=enums, methods=methods)
    return settled, ledger.numbers()


class _Ledger:
    """What is known, and what becomes known now."""

    def __init__(self, known: Numbers) -> None:
        self._known = known
        self._new: dict[str, dict[str, Kept]] = {}

    def of(self, scope: str) -> Mapping[str, Kept]:
        """What was known of a scope before."""
        return self._known.get(scope, {})

    def names(
        self, scope: str, wanted: Mapping[str, str], taken: set[str], tail: Callable[[str], str]
    ) -> dict[str, str]:
        """The names of a scope that has no numbers, by key, in the order that was wanted."""
        found = _names(wanted, self.of(scope), taken, tail)
        self.keep(scope, {key: Kept(0, name) for key, name in found.items()})
        return {key: found[key] for key in wanted}

    def numbers_of(self, scope: str, keys: Iterable[str]) -> dict[str, int]:
        """The number of each key: its own, or the next one that nothing ever had."""
        known = self.of(scope)
        last = max((each.number for each in known.values()), default=0)
        found = {}
        for key in keys:
            if key in known:
                found[key] = known[key].number
                continue
            last += 1
            if last in WITHHELD:
                last = WITHHELD.stop
            found[key] = last
        return found

    def keep(self, scope: str, entries: Mapping[str, Kept]) -> None:
        """Keeps what was not known."""
        known = self.of(scope)
        new = {key: each for key, each in entries.items() if key not in known}
        if new:
            self._new[scope] = new

    def numbers(self) -> Numbers:
        """All that is known now."""
        if not self._new:
            return self._known
        new = {scope: {**self.of(scope), **entries} for scope, entries in self._new.items()}
        return {**self._known, **new}


def _names(
    wanted: Mapping[str, str],
    kept: Mapping[str, Kept],
    taken: set[str],
    tail: Callable[[str], str],
) -> dict[str, str]:
    """A name for each key that no other has, the kept ones first; `taken` is added to.

    Two may have been given one name when they were never there together: then the older has it.
    """
    old = sorted((key for key in wanted if key in kept), key=lambda key: (kept[key].number, key))
    asked = {key: kept[key].name for key in old}
    asked |= {key: name for key, name in wanted.items() if key not in kept}
    found = {}
    for key, name in asked.items():
        found[key] = distinct(name, key, taken, tail)
        taken.add(same(found[key]))
    return found


def _behind_camel(mark: str) -> str:
    return f"X{mark}"


def _behind_snake(mark: str) -> str:
    return f"_{mark}"


def _behind_shout(mark: str) -> str:
    return f"_{mark.upper()}"


def _message(message: Message, name: str, ledger: _Ledger) -> Message:
    keys = {each.key: each.name for each in message.fields}
    numbers = ledger.numbers_of(message.key, keys)
    used: set[str] = set()
    names = _names(keys, ledger.of(message.key), used, _behind_snake)
    ledger.keep(message.key, {key: Kept(numbers[key], names[key]) for key in keys})
    oneofs = _oneofs(message.fields, numbers, used)
    fields = tuple(
        structs.replace(
            each,
            name=names[each.key],
            number=numbers[each.key],
            oneof=oneofs[_oneof(each)] if each.oneof else "",
        )
        for each in message.fields
    )
    return structs.replace(message, name=name, fields=fields, reserved=_reserved(numbers.values()))


def _oneof(field: Field) -> tuple[str, str]:
    """Which oneof a field is in: two properties may want the same name for theirs."""
    return field.oneof, field.json if field.role in PROPERTY else ""


def _oneofs(
    fields: Iterable[Field], numbers: Mapping[str, int], taken: set[str]
) -> dict[tuple[str, str], str]:
    """The name of each oneof, which may be that of no field either."""
    inside = sorted((each for each in fields if each.oneof), key=lambda each: numbers[each.key])
    found: dict[tuple[str, str], str] = {}
    for each in inside:
        which = _oneof(each)
        if which not in found:
            found[which] = distinct(each.oneof, "/".join(which), taken, _behind_snake)
            taken.add(same(found[which]))
    return found


def _reserved(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """The runs of numbers between those that are used, however long they are."""
    used = sorted(numbers)
    stops = sorted((*used, *range(WITHHELD.start, min(WITHHELD.stop, max(used, default=0)))))
    before = (0, *stops)
    return tuple((a + 1, z - 1) for a, z in zip(before, stops, strict=False) if z - a > 1)


def _enums(enums: Mapping[str, Enum], types: Mapping[str, str], ledger: _Ledger) -> dict[str, Enum]:
    """Values stand beside their enum, so that no two of the package may have one name."""
    settled = {key: structs.replace(each, name=types[key]) for key, each in enums.items()}
    taken = {same(each.zero) for each in settled.values()}
    wanted: dict[str, str] = {}
    kept: dict[str, Kept] = {}
    for key, enum in enums.items():
        before, now = _prefix(_first(ledger, key, enum.name)), _prefix(types[key])
        known = ledger.of(key)
        for each in enum.values:
            place = _place(enum, each)
            wanted[place] = f"{now}{each.name.removeprefix(_prefix(enum.name))}"
            if each.key in known:
                word = known[each.key].name.removeprefix(before)
                kept[place] = Kept(known[each.key].number, f"{now}{word}")
    names = _names(wanted, kept, taken, _behind_shout)
    return {key: _enum(each, names, ledger) for key, each in settled.items()}


def _enum(enum: Enum, names: Mapping[str, str], ledger: _Ledger) -> Enum:
    numbers = ledger.numbers_of(enum.key, (each.key for each in enum.values))
    values = tuple(
        structs.replace(each, name=names[_place(enum, each)], number=numbers[each.key])
        for each in enum.values
    )
    before, now = _prefix(_first(ledger, enum.key, enum.name)), _prefix(enum.name)
    entries = {
        each.key: Kept(each.number, f"{before}{each.name.removeprefix(now)}") for each in values
    }
    ledger.keep(enum.key, entries)
    return structs.replace(enum, values=values, reserved=_reserved(numbers.values()))


def _first(ledger: _Ledger, key: str, name: str) -> str:
    """The name that is kept of an enum, by which the names of its values are kept too."""
    known = ledger.of(TYPES)
    return known[key].name if key in known else name


def _place(enum: Enum, value: EnumValue) -> str:
    return f"{value.key} {enum.key}"


def _prefix(name: str) -> str:
    return f"{upper_snake(name)}_"


class _Renamed:
    """Puts the settled names of fields in the place of the wanted ones, where methods say them."""

    def __init__(self, wanted: Mapping[str, Message], settled: Mapping[str, Message]) -> None:
        self._wanted = wanted
        self._settled = settled

    def method(self, method: Method, name: str) -> Method:
        """A method under its settled name."""
        http = method.http
        if http is not None:
            request, response = self._names(method.request), self._names(method.response)
            http = structs.replace(
                http,
                path=VARIABLE.sub(lambda found: f"{{{request[found[1]]}", http.path),
                body=request.get(http.body, http.body),
                response_body=response.get(http.response_body, http.response_body),
            )
        return structs.replace(method, name=name, http=http)

    def _names(self, message: str) -> dict[str, str]:
        pairs = zip(self._wanted[message].fields, self._settled[message].fields, strict=True)
        return {wanted.name: settled.name for wanted, settled in pairs}
