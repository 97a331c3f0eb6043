"""Alternatives: which of them came, which went, and what became of those that stayed."""

from collections.abc import Iterator
from enum import Enum, auto

from facade.spec.diff.pair import Pair
from facade.spec.diff.phrase import quoted
from facade.spec.shapes.choices import Branch, Choice
from facade.spec.shapes.shape import Shape, Value


class Compared(Enum):
    """What a look at the alternatives came to."""

    BESIDE = auto()
    """They are compared; what stands beside them is still to be."""
    WHOLE = auto()
    """There is nothing beside them."""
    NEITHER = auto()
    """They cannot be told from one another."""


def compare_choices(pair: Pair) -> Compared:
    """Compares the alternatives of two values by their names.

    A value without alternatives counts as one, by its component: what was `Cat` may
    become `Cat` or `Dog`.
    """
    old, new = pair.old.choices, pair.new.choices
    done = Compared.BESIDE
    if len(old) == len(new):
        couples = list(zip(old, new, strict=True))
    elif not old and _is_bare(pair.new):
        couples, done = [(_single(pair.old, pair.key.old), new[0])], Compared.WHOLE
    elif not new and _is_bare(pair.old):
        couples, done = [(old[0], _single(pair.new, pair.key.new))], Compared.WHOLE
    else:
        return Compared.NEITHER
    if not all(_alike(*each) for each in couples):
        return Compared.NEITHER
    for each in couples:
        _compare(pair, *each)
    return done


def _is_bare(shape: Shape) -> bool:
    """Whether a value is one of its alternatives, and nothing is asked beside them."""
    return len(shape.choices) == 1 and not (shape.properties or shape.values or shape.required)


def _single(shape: Shape, value: Value) -> Choice:
    branches = shape.alone or [Branch(each.rpartition("/")[2], each) for each in value]
    return Choice("", tuple(branches[:1]))


def _alike(old: Choice, new: Choice) -> bool:
    """Whether their alternatives can be told from one another, and any stayed."""
    ways = []
    for each in (old, new):
        names = [branch.name for branch in each.branches]
        ways.append(set(names) if all(names) and len(set(names)) == len(names) else set())
    if not all(ways):
        return len(old.branches) == len(new.branches) and bool(old.pointer and new.pointer)
    return bool(ways[0] & ways[1])


def _compare(pair: Pair, old: Choice, new: Choice) -> None:
    if old.pointer and new.pointer and old.property != new.property:
        message = f"{pair.name} is told apart by {_by(new)}, no longer by {_by(old)}"
        pair.say("discriminator-changed", message, old.pointer, new.pointer)
    for before, after in matched(old.branches, new.branches):
        if before and after:
            pair.descend((before.pointer,), (after.pointer,))
        elif before:
            words = "does not take" if pair.sent else "is not"
            message = f"{pair.name} {words} {_called(before)} any more"
            pair.say(f"{pair.side}-choice-removed", message, before.pointer)
        elif after:
            message = f"{pair.name} {'takes' if pair.sent else 'may be'} {_called(after)} now"
            pair.say(f"{pair.side}-choice-added", message, new=after.pointer)


def matched(
    old: tuple[Branch, ...], new: tuple[Branch, ...]
) -> Iterator[tuple[Branch | None, Branch | None]]:
    """The alternatives of one name together, or where they have none, those of one place."""
    names = [each.name for each in (*old, *new)]
    if not all(names) or any(len({e.name for e in side}) < len(side) for side in (old, new)):
        yield from zip(old, new, strict=True)
        return
    after = {each.name: each for each in new}
    before = {each.name for each in old}
    yield from ((each, after.get(each.name)) for each in old)
    yield from ((None, each) for each in new if each.name not in before)


def _by(choice: Choice) -> str:
    return quoted(choice.property) if choice.property else "nothing"


def _called(branch: Branch) -> str:
    return quoted(branch.name) if branch.name else "one of its alternatives"
