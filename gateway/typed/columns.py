"""Many objects of one message at a time, member by member: what is alike is done by C in one go.

A column has one value for each object, and gives for each what stands in its message: in one part
or in several, which are put together object by object. Whoever asks knows that a Misfit from here
has no place: writing object by object finds it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice, repeat
from typing import Any, Final, TypeAlias

from gateway.typed.heads import Heads
from gateway.typed.misfit import Misfit
from gateway.typed.scalar_writers import double

FEW: Final = 6
"""Objects below which columns cost more than they save."""

MISSING: Final = object()
"""The value of an object that has no such member."""

Column: TypeAlias = Callable[[list[Any], int], Sequence[Iterable[bytes]]]
"""Writes values of messages that stand so many levels deep."""

Put: TypeAlias = Callable[[Any, int], bytes]

Rows: TypeAlias = Callable[[list[Any], int], Iterable[bytes]]
"""Writes the messages of objects that stand so many levels deep, without their lengths."""

Columns: TypeAlias = Mapping[str, Column]
"""By property."""


def rows(columns: Columns, trees: list[Any], level: int) -> Iterable[bytes] | None:
    """The messages of objects; None where they have too little in common."""
    names = columns.keys() & set().union(*trees)
    if 2 * sum(map(len, trees)) < len(names) * len(trees):
        return None
    parts: list[Iterable[bytes]] = []
    for name in columns:
        if name in names:
            values = list(map(dict.get, trees, repeat(name), repeat(MISSING)))
            parts += columns[name](values, level)
    return joined(parts) if parts else repeat(b"", len(trees))


def joined(parts: Sequence[Iterable[bytes]]) -> Iterable[bytes]:
    """Parts, put together value by value."""
    if len(parts) == 1:
        return parts[0]
    return map(b"".join, zip(*parts, strict=False))  # one of them may be the same for all


def framed_all(heads: Heads, bodies: list[bytes]) -> tuple[Iterable[bytes], list[bytes]]:
    """Texts or messages, each behind its tag and length."""
    return map(heads.__getitem__, map(len, bodies)), bodies


def column(kind: type | None, write: Column, put: Put) -> Column:
    """Writes by `write` what is of the type that values have as a rule, by `put` all others."""
    alike = {kind}

    def written(values: list[Any], level: int) -> Sequence[Iterable[bytes]]:
        kinds = set(map(type, values))
        if kinds == alike:
            return write(values, level)
        if kind in kinds:
            quick = iter(joined(write([each for each in values if type(each) is kind], level)))
            return (
                [next(quick) if type(each) is kind else _one(each, level, put) for each in values],
            )
        return ([_one(each, level, put) for each in values],)

    return written


def nothing(_values: list[Any], _level: int) -> Sequence[Iterable[bytes]]:
    """Of values without a type that they have as a rule."""
    return ()


def texts(heads: Heads) -> Column:
    """Of texts."""
    return lambda values, _level: framed_all(heads, list(map(str.encode, values)))


def fields(known: Mapping[int, bytes]) -> Column:
    """Of integers or booleans, by what has whole fields for them."""
    return lambda values, _level: (map(known.__getitem__, values),)


def doubles(tag: bytes) -> Column:
    """Of floats."""
    return lambda values, _level: (repeat(tag), map(double, values))


def objects(heads: Heads, of: Rows) -> Column:
    """Of objects."""
    return lambda values, level: framed_all(heads, list(of(values, level + 1)))


def lists(kind: type, items: Column) -> Column:
    """Of arrays, whose items are all of one type."""
    alike = {kind}

    def write(values: list[Any], level: int) -> Sequence[Iterable[bytes]]:
        every = list(chain.from_iterable(values))
        if not every:
            return (repeat(b"", len(values)),)
        if set(map(type, every)) != alike:
            raise Misfit("has an item of another type")
        pieces = iter(joined(items(every, level)))
        return ([b"".join(islice(pieces, size)) for size in map(len, values)],)

    return write


def distinct(put: Put) -> Column:
    """Of texts that come again and again."""

    def write(values: list[Any], level: int) -> Sequence[Iterable[bytes]]:
        known = {each: put(each, level) for each in set(values)}
        return (map(known.__getitem__, values),)

    return write


def few_texts(heads: Heads) -> Column:
    """The same of fields that are texts themselves."""

    def put(text: str, _level: int) -> bytes:
        written = text.encode()
        return heads[len(written)] + written

    return distinct(put)


def _one(value: Any, level: int, put: Put) -> bytes:
    return b"" if value is MISSING else put(value, level)
