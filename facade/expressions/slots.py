"""Slots: `{{ }}` in the strings of a value, filled by minijinja within bounds.

A slot fills one string of a JSON value. Who sends the value encodes it, so a slot makes no URL
and no JSON, and what it holds cannot break out of its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from typing import Any, Final

from facade.errors.expressions import (
    ExpressionExhausted,
    ExpressionFailed,
    ExpressionInvalid,
)
from facade.errors.fault import Fault, Violation
from facade.expressions.budget import Budget
from facade.expressions.filters import FILTERS, GIVES
from facade.expressions.finding import Finding, invalid, meant, place_at, refused, said_place
from facade.expressions.held import exactly, held, is_wide, released
from facade.expressions.known import ANYTHING, Known
from facade.expressions.numbers import Number
from facade.expressions.scope import Chain, double, lacking, taken
from facade.expressions.slot_text import Link, SlotText, slots_of
from facade.expressions.values import text_of
from facade.model.definition import Expression, Place

FUEL: Final = 10_000
"""Instructions of minijinja for one slot."""
MAX_SLOTS: Final = 1_000
"""Of one text; and strings with slots of one value."""
KEPT: Final = 4_096
"""Texts that are kept as they were read."""

_ANY: Final[frozenset[str]] = frozenset()

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A value whose slots are filled."""

    value: Any
    skipped: tuple[str, ...] = ()
    """Fields of the value that were left out, as a step that failed or was skipped had none of
    what they need; an empty name is the whole value."""


@dataclass(frozen=True, slots=True)
class Template:
    """One string with its slots."""

    whole: Expression
    parts: tuple[str | SlotText, ...]

    @property
    def slots(self) -> Iterator[SlotText]:
        """The slots among its parts."""
        return (each for each in self.parts if isinstance(each, SlotText))

    def reads(self) -> Iterator[Chain]:
        """Gives the chains of fields that its slots read."""
        return (_chain(each) for slot in self.slots for each in slot.chains)

    def needs(self) -> Iterator[Chain]:
        """Gives the chains for which no slot says what stands in for them."""
        needy = (slot for slot in self.slots if not slot.defaults)
        return (_chain(each) for slot in needy for each in slot.chains)

    def fill(self, scope: Mapping[str, Any], budget: Budget) -> Any:
        """Gives the string filled; of one slot alone the value itself."""
        if len(self.parts) == 1 and isinstance(self.parts[0], SlotText):
            return self._value(self.parts[0], scope, budget)
        texts = [
            each if isinstance(each, str) else text_of(self._value(each, scope, budget), budget)
            for each in self.parts
        ]
        budget.grow(sum(map(len, texts)))
        return "".join(texts)

    def _value(self, slot: SlotText, scope: Mapping[str, Any], budget: Budget) -> Any:
        """What one slot comes to."""
        budget.spend(300)
        if slot.alone:
            return _walked(slot.chains[0], scope)
        number = _rounded if slot.compares else held
        given, sizes = taken(scope, [_chain(each) for each in slot.chains], number)
        budget.spend(8 * sizes.nodes + (sizes.text >> 4))
        if slot.computes:
            self._check_digits(slot, scope)
        try:
            made = _environment(exact=not slot.compares).eval_expr(slot.text.strip(), **given)
            return made if slot.compares else released(made)
        except ExpressionExhausted:
            raise
        except Exception as error:  # noqa: BLE001 - what a library in Rust makes of its errors
            raise self._failed(slot, error) from None

    def _check_digits(self, slot: SlotText, scope: Mapping[str, Any]) -> None:
        """Raises ExpressionFailed where an operator would round what it makes something of."""
        for links in slot.chains:
            if is_wide(_walked(links, scope)):
                where = said_place(place_at(self.whole, links[0].at))
                said = "`~`, `+` and `-` would lose digits of this number; take add() in a map step"
                raise ExpressionFailed(f"{where}: {said}, or a slot of its own in the text")

    def _failed(self, slot: SlotText, error: Exception) -> Fault:
        """What minijinja says, with the place of the slot."""
        if "fuel" in str(error):
            return ExpressionExhausted("a slot needs more steps or text than it may have")
        said = str(error).partition(" (in <")[0][:300]
        return ExpressionFailed(f"{said_place(place_at(self.whole, slot.at))}: {said}")

    def types(self, known: Known) -> frozenset[str]:
        """Gives JSON's types of what it is filled with; none: it may have any."""
        slot = self.parts[0]
        if len(self.parts) > 1 or isinstance(slot, str):
            return frozenset({"string"})
        if not slot.alone:
            return GIVES.get(slot.ends, _ANY)
        at = known
        for link in slot.chains[0]:
            at = (at.items() if isinstance(link.name, int) else at.field(link.name)) or ANYTHING
        return at.types

    def findings(self, known: Known) -> Iterator[Finding]:
        """Gives the fields that are certainly not there."""
        for slot in self.slots:
            for chain in slot.chains:
                yield from self._missing(chain, known)

    def _missing(self, chain: tuple[Link, ...], known: Known) -> Iterator[Finding]:
        at, said = known, "the scope"
        for link in chain:
            below = at.items() if isinstance(link.name, int) else at.field(link.name)
            if below is None:
                hint = meant(str(link.name), at.names)
                message = f"`{link.name}` is no field of {said}{hint}"
                yield Finding(place_at(self.whole, link.at), message)
                return
            said = f"`{link.name}`" if said == "the scope" else f"{said[:-1]}.{link.name}`"
            at = below


class Slots:
    """A value whose strings may have slots, ready to be filled."""

    __slots__ = ("_templates", "_tree", "needs", "reads")

    reads: frozenset[Chain]
    """Chains of fields from the variables that its slots read."""
    needs: Mapping[str, frozenset[Chain]]
    """Of each field of the value, the chains that have nothing to stand in for them."""

    def __init__(self, tree: Any, templates: Mapping[Pointer, Template]) -> None:
        self._tree = tree
        self._templates = templates
        self.reads = frozenset(each for one in templates.values() for each in one.reads())
        needs: dict[str, set[Chain]] = {}
        for pointer, one in templates.items():
            name = str(pointer[0]) if pointer and isinstance(tree, Mapping) else ""
            needs.setdefault(name, set()).update(one.needs())
        self.needs = {name: frozenset(each) for name, each in needs.items()}

    def fill(self, scope: Mapping[str, Any]) -> Filled:
        """Gives the value filled.

        A slot alone keeps the type of its value; within a text null is empty. Raises
        ExpressionFailed and ExpressionExhausted as Path.evaluate does.
        """
        skipped = tuple(name for name, each in self.needs.items() if lacking(each, scope))
        if "" in skipped and not isinstance(self._tree, Mapping):
            return Filled(None, skipped)
        if not self._templates:
            return Filled(self._tree)
        left = self._tree
        if skipped:
            left = {name: each for name, each in left.items() if name not in skipped}
        return Filled(self._made(left, (), scope, Budget()), skipped)

    def _made(self, value: Any, at: Pointer, scope: Mapping[str, Any], budget: Budget) -> Any:
        """A part of the value, filled."""
        if isinstance(value, str):
            template = self._templates.get(at)
            return value if template is None else template.fill(scope, budget)
        if isinstance(value, Mapping):
            budget.spend(len(value))
            return {
                name: self._made(each, (*at, name), scope, budget) for name, each in value.items()
            }
        if isinstance(value, list | tuple):
            budget.spend(len(value))
            return [
                self._made(each, (*at, index), scope, budget) for index, each in enumerate(value)
            ]
        return value

    def types(self, known: Known) -> frozenset[str]:
        """Gives JSON's types of the one text that the value is, once filled; none: any."""
        return next((one.types(known) for one in self._templates.values()), frozenset({"string"}))

    def check(self, known: Known) -> tuple[Finding, ...]:
        """Gives what cannot be there where so much is known of the variables."""
        return tuple(each for one in self._templates.values() for each in one.findings(known))


def compile_slots(tree: Any, places: Mapping[str, Place]) -> Slots:
    """Gives a value whose slots are read; `places` are of its strings, by JSON pointer.

    Raises ExpressionInvalid with line and column of every slot that cannot be read.
    """
    templates: dict[Pointer, Template] = {}
    violations: list[Violation] = []
    for at, text in _strings(tree, ()):
        place = places.get(_pointer(at), Place())
        try:
            template = _template(Expression(text, place))
        except ExpressionInvalid as fault:
            violations.extend(fault.details.violations)
            continue
        if template is not None:
            templates[at] = template
    if len(templates) > MAX_SLOTS:
        raise invalid(Finding(Place(1, 1), f"a value has up to {MAX_SLOTS} strings with slots"))
    if violations:
        raise refused(violations)
    return Slots(tree, templates)


def _strings(value: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """The strings of a value that may have slots, by where they stand."""
    if isinstance(value, str):
        if "{{" in value or "{%" in value:
            yield at, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _strings(each, (*at, name))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _strings(each, (*at, index))


def _pointer(at: Pointer) -> str:
    """RFC 6901."""
    return "".join(f"/{str(each).replace('~', '~0').replace('/', '~1')}" for each in at)


def _chain(links: tuple[Link, ...]) -> Chain:
    """The fields of a chain, up to its first index."""
    names: list[str] = []
    for each in links:
        if isinstance(each.name, int):
            break
        names.append(each.name)
    return tuple(names)


def _walked(links: tuple[Link, ...], scope: Mapping[str, Any]) -> Any:
    """The value that a chain leads to, as it is; null where it leads nowhere."""
    value: Any = scope
    for each in links:
        if isinstance(each.name, int):
            value = value[each.name] if isinstance(value, list) and each.name < len(value) else None
        else:
            value = value.get(each.name) if isinstance(value, Mapping) else None
    return value


@lru_cache(maxsize=KEPT)
def _template(whole: Expression) -> Template:
    """One string, read; its slots are shown to minijinja, which finds what is wrong with them."""
    made = Template(whole, tuple(islice(slots_of(whole), 2 * MAX_SLOTS)))
    if len(made.parts) == 2 * MAX_SLOTS:
        raise invalid(Finding(place_at(whole, 0), f"a text has less than {MAX_SLOTS} slots"))
    for slot in made.slots:
        _compiled(whole, slot)
    return made


def _compiled(whole: Expression, slot: SlotText) -> None:
    """Raises ExpressionInvalid where minijinja cannot read a slot."""
    try:
        _environment().undeclared_variables_in_str("{{" + slot.text + "}}")
    except Exception as error:  # noqa: BLE001 - what a library in Rust makes of its errors
        start = (getattr(error, "range", None) or (2, 2))[0] - 2
        characters = len(slot.text.encode()[: max(start, 0)].decode(errors="ignore"))
        said = str(getattr(error, "detail", None) or error)[:300]
        raise invalid(Finding(place_at(whole, slot.at + characters), said)) from None


@cache
def _environment(*, exact: bool = False) -> Any:
    """What slots are evaluated in: no loader, no globals, the filters of here alone.

    `exact`: for slots of filters alone, to which every number is handed through with its digits.
    """
    # A library in Rust: a gateway without flows never loads it.
    from minijinja import Environment  # noqa: PLC0415 - see above

    made = Environment(fuel=FUEL, undefined_behavior="chainable", debug=False, pycompat=False)
    for name, each in FILTERS.items():
        made.add_filter(name, exactly(each) if exact else each)
    return made


def _rounded(value: Number) -> int | float:
    """A number that can be looked at beside others: integers exactly, decimals as doubles."""
    return value if isinstance(value, int) and not is_wide(value) else double(value)
