"""The doubles of a google.protobuf.Struct as the numbers that were meant."""

from collections.abc import Mapping, Sized
from typing import Any

from facade.errors.fault import Violation
from facade.model.call import Arguments
from facade.transcode.arguments import (
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_NODES,
    argument,
    pointer,
    refused,
    surrogates,
    too_deep,
    too_many,
)

MAX_STRUCT = 2**53 - 1
"""The largest integer that a double holds and no other integer becomes (RFC 8259 section 6)."""
WHOLE = "parameters"
"""What a violation names that is not within one argument."""


def from_values(values: Mapping[str, Any]) -> Arguments:
    """Takes the members of a google.protobuf.Struct, whose numbers are all doubles.

    Whole numbers become integers again. Raises InvalidParameters for what a double cannot say
    for certain (2^53 and beyond), NaN, infinities, lone surrogates and what is too deep or much.
    """
    restored = _Restored()
    restored.count(values)
    plain = {name: restored.member(name, value) for name, value in values.items()}
    if restored.violations:
        raise refused(*restored.violations)
    return {name: argument(value) for name, value in plain.items()}


class _Restored:
    """Turns doubles into the numbers that were meant, counting as it goes."""

    __slots__ = ("_nodes", "_path", "violations")

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self._nodes = 0
        self._path: list[str | int] = []
        """Where in the arguments it is."""

    def count(self, members: Sized) -> None:
        """Counts what is to be looked at before it is; raises InvalidParameters for too much."""
        self._nodes += len(members)
        if self._nodes > MAX_NODES:
            raise refused(too_many(pointer(tuple(self._path[:1])) or WHOLE))

    def member(self, key: str | int, value: Any) -> Any:
        """The value below a key as JSON would have it; what is wrong goes to the violations."""
        kind = type(value)
        if kind is float and value.is_integer() and -MAX_STRUCT <= value <= MAX_STRUCT:
            return int(value)
        if kind is str and value.isascii():
            return value
        self._path.append(key)
        found = self._doubtful(value)
        self._path.pop()
        return found

    def _doubtful(self, value: object) -> Any:
        if isinstance(value, list | dict):
            return self._container(value)
        if isinstance(value, float):
            return self._number(value)
        if isinstance(value, str):
            self.violations.extend(surrogates(value, tuple(self._path)))
            return value
        return value if isinstance(value, bool | None) else self._integer(value)

    def _container(self, value: list[Any] | dict[str, Any]) -> list[Any] | dict[str, Any]:
        if len(self._path) >= MAX_DEPTH:
            raise refused(too_deep(pointer(tuple(self._path))))
        self.count(value)
        if isinstance(value, list):
            return [self.member(index, item) for index, item in enumerate(value)]
        if not all(map(str.isascii, value)):
            self.violations.extend(surrogates(dict.fromkeys(value), tuple(self._path)))
        return {key: self.member(key, item) for key, item in value.items()}

    def _integer(self, value: object) -> int:
        if isinstance(value, int) and abs(value) < 10**MAX_DIGITS:
            return value
        self._refuse("is no JSON value that can be sent")
        return 0

    def _number(self, value: float) -> float:
        if value.is_integer():
            self._refuse(
                "is a whole number beyond 2^53, which a double does not hold for certain; "
                "send it through `parameters_json`"
            )
        elif value - value != 0:
            self._refuse("is NaN or infinite, which JSON has no words for")
        return value

    def _refuse(self, description: str) -> None:
        self.violations.append(Violation(field=pointer(tuple(self._path)), description=description))
