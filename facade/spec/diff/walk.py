"""Walk: what differs between the values of two documents, pair by pair, each pair once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from facade.model.action import Schema
from facade.model.difference import Finding, Verdict
from facade.spec.diff.alternatives import Compared, compare_choices
from facade.spec.diff.facets import TABLE, Facet
from facade.spec.diff.objects import compare_arrays, compare_objects
from facade.spec.diff.pair import Key, Pair
from facade.spec.diff.phrase import name_of
from facade.spec.diff.proof import Holds, Prover
from facade.spec.schemas.schema import Direction, validator
from facade.spec.shapes.reader import Reader
from facade.spec.shapes.shape import Value

MAX_PAIRS: Final = 100_000
"""Pairs of values that one comparison looks at."""
CHECKED: Final = frozenset({"range", "length", "pattern", "format"})
"""What listed values can be held to, one by one."""


class Walk:
    """Compares values and the values within them; recursion ends where a pair is known."""

    def __init__(self, old: Reader, new: Reader) -> None:
        self._old, self._new = old, new
        self._prover = Prover()
        self._found: dict[Key, Pair] = {}
        self._touched: dict[Key, Verdict] = {}

    def compare(self, roots: Iterable[Key]) -> None:
        """Looks at pairs, and at all that they lead to."""
        waiting = list(roots)
        while waiting:
            key = waiting.pop()
            if key not in self._found:
                pair = self._pair(key)
                self._found[key] = pair
                waiting.extend(pair.below)

    def settle(self) -> None:
        """Works out how far each pair is touched by all that it leads to."""
        above: dict[Key, list[Key]] = defaultdict(list)
        for key, pair in self._found.items():
            for each in pair.below:
                above[each].append(key)
        for verdict in reversed(Verdict):
            waiting = [
                key
                for key, pair in self._found.items()
                if any(each.verdict is verdict for each in pair.findings)
            ]
            while waiting:
                key = waiting.pop()
                if key not in self._touched:
                    self._touched[key] = verdict
                    waiting.extend(above[key])

    def verdicts(self, roots: Iterable[Key]) -> Iterator[Verdict]:
        """How far those pairs are touched that are at all."""
        yield from (self._touched[each] for each in roots if each in self._touched)

    def findings(self, roots: Iterable[Key]) -> Iterator[Finding]:
        """What differs at some pairs and below them."""
        waiting = [each for each in roots if each in self._touched]
        seen = set(waiting)
        while waiting:
            pair = self._found[waiting.pop()]
            yield from pair.findings
            fresh = [each for each in pair.below if each in self._touched and each not in seen]
            seen.update(fresh)
            waiting.extend(fresh)

    def _pair(self, key: Key) -> Pair:
        old = self._old.shape(key.old, key.direction)
        new = self._new.shape(key.new, key.direction)
        at, reader = (new.at, self._new) if new.at else (old.at, self._old)
        pair = Pair(key, old, new, name_of(at, reader.document))
        if len(self._found) >= MAX_PAIRS:
            pair.say("undecided", f"{pair.name} was not compared: the documents are too large")
            return pair
        left = self._compare_choices(pair)
        if left is not Compared.WHOLE:
            self._compare_facets(pair, TABLE)
            compare_objects(pair)
            compare_arrays(pair)
            self._compare_rest(pair)
            self._compare_beside(pair)
        else:
            self._compare_facets(pair, {"null": TABLE["null"]})
        _compare_notes(pair)
        return pair

    def _compare_choices(self, pair: Pair) -> Compared:
        """Compares the alternatives; where they have no names, logic decides on the whole."""
        if not (pair.old.choices or pair.new.choices):
            return Compared.BESIDE
        done = compare_choices(pair)
        if done is not Compared.NEITHER:
            return done
        held = self._covers(pair.key)
        if held is Holds.NO:
            rule = "request-choice-removed" if pair.sent else "response-choice-added"
            words = "does not take all that it took" if pair.sent else "may be more than it was"
            pair.say(rule, f"{pair.name} {words}: its alternatives changed")
        elif held is Holds.UNKNOWN:
            message = f"whether {pair.name} is still what it was could not be decided"
            pair.say("undecided", f"{message}: its alternatives changed")
        return Compared.WHOLE

    def _compare_facets(self, pair: Pair, table: Mapping[str, Facet]) -> None:
        narrow, wide = pair.narrow, pair.wide
        fits = self._all_fit(pair) if narrow.values and not wide.values else False
        for word, facet in table.items():
            if fits and word in CHECKED:
                continue
            held = facet.holds(narrow, wide, self._prover)
            message = facet.said(pair)
            if held is Holds.UNKNOWN:
                pair.say("undecided", f"{message}: which takes more could not be decided")
            elif held is Holds.NO:
                lost = "narrowed" if pair.sent else "widened"
                pair.say(f"{pair.side}-{word}-{lost}", message)
            elif facet.holds(wide, narrow, self._prover) is not Holds.YES:
                won = "widened" if pair.sent else "narrowed"
                pair.say(f"{pair.side}-{word}-{won}", message)

    def _all_fit(self, pair: Pair) -> bool:
        """Whether each listed value passes the other document's schema."""
        value = pair.key.new if pair.sent else pair.key.old
        reader = self._new if pair.sent else self._old
        schema = self._joined(reader, value, pair.key.direction)
        check = validator(schema).is_valid
        return all(map(check, (pair.narrow.values or {}).values()))

    def _compare_rest(self, pair: Pair) -> None:
        """What only logic compares: conditions, negations, patterns of names and the like."""
        old, new = (sorted(text for _, text in each.rest) for each in (pair.old, pair.new))
        if old == new and not any("$ref" in text for text in old):
            return
        held = self._covers(pair.key)
        if held is not Holds.YES:
            pair.say("undecided", f"whether {pair.name} is still what it was could not be decided")

    def _compare_beside(self, pair: Pair) -> None:
        """Properties beside alternatives: one of those may have declared what is new, or gone."""
        old, new = pair.old, pair.new
        beside = (old.choices or new.choices) and old.properties.keys() != new.properties.keys()
        if beside and self._covers(pair.key) is not Holds.YES:
            message = f"whether {pair.name} is still what it was could not be decided"
            pair.say("undecided", f"{message}: properties changed beside its alternatives")

    def _covers(self, key: Key) -> Holds:
        old = self._joined(self._old, key.old, key.direction)
        new = self._joined(self._new, key.new, key.direction)
        wide, narrow = (new, old) if key.direction is Direction.REQUEST else (old, new)
        return self._prover.covers(wide, narrow)

    def _joined(self, reader: Reader, value: Value, direction: Direction) -> Schema:
        """One schema of all that is asked of a value."""
        found = [reader.schemas.bundle(each, direction) for each in value]
        if len(found) == 1:
            return found[0]
        definitions: dict[str, Any] = {}
        members: list[Schema] = []
        for each in found:
            plain = {} if isinstance(each, bool) else dict(each)
            definitions |= plain.pop("$defs", {})
            members.append(each if isinstance(each, bool) else plain)
        return {"allOf": members, "$defs": definitions} if members else True


def _compare_notes(pair: Pair) -> None:
    """Defaults of what is sent, and what is marked as deprecated."""
    old, new = pair.old, pair.new
    if pair.sent and old.default and old.default != new.default:
        now = f"is {new.default}" if new.default else "is none"
        pair.say("request-default-changed", f"the default of {pair.name} was {old.default}, {now}")
    if new.deprecated and not old.deprecated and old.at:
        pair.say("property-deprecated", f"{pair.name} is deprecated now")
