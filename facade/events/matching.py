"""Which events somebody wants: by their types, and by a condition in CEL."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from facade.catalog.request import invalid
from facade.errors.fault import Fault, Violation
from facade.expressions.exact_json import read_json
from facade.model.definition import Expression
from facade.model.event import Event

TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,62}(\.[a-z0-9_]{1,63}){0,7}")
"""What an event may be called."""
PATTERN: Final = re.compile(rf"\*|{TYPE.pattern}(\.\*)?")
"""A type, or what types begin with: `run.*`, and `*` for all."""
LONGEST_TYPE: Final = 128
MOST_TYPES: Final = 50
LONGEST_FILTER: Final = 4096
"""Characters of a condition."""

Matches: TypeAlias = Callable[[Event], bool]


def check_types(types: Sequence[str], field: str) -> Iterator[Violation]:
    """What is wrong with the types that somebody wants."""
    if len(types) > MOST_TYPES:
        yield Violation(field=field, description=f"has more than {MOST_TYPES} entries")
    for number, each in enumerate(types):
        if len(each) > LONGEST_TYPE or not PATTERN.fullmatch(each):
            wanted = "must be a type of events such as `run.failed`, or `run.*`, or `*`"
            yield Violation(field=f"{field}[{number}]", description=wanted)


def check_filter(filter_: str, field: str) -> Iterator[Violation]:
    """What is wrong with a condition: where it is, by line and column."""
    if len(filter_) > LONGEST_FILTER:
        yield Violation(field=field, description=f"has more than {LONGEST_FILTER} characters")
    elif filter_:
        try:
            _condition(filter_)
        except Fault as fault:
            said = fault.details.violations or (Violation(field="", description=fault.message),)
            for each in said:
                place = f"{each.field}: " if each.field else ""
                yield Violation(field=field, description=f"{place}{each.description}")


def matcher(types: Sequence[str], filter_: str) -> Matches:
    """Whether an event is wanted; one of which the condition cannot be told is not.

    No types: all of them. Raises InvalidRequest.
    """
    problems = [*check_types(types, "types"), *check_filter(filter_, "filter")]
    if problems:
        raise invalid(*problems)
    names = frozenset(each for each in types if not each.endswith("*"))
    heads = tuple(each.removesuffix("*") for each in types if each.endswith("*"))
    condition = _condition(filter_) if filter_ else None

    def is_wanted(event: Event) -> bool:
        if types and event.type not in names and not event.type.startswith(heads):
            return False
        return condition is None or _holds(condition, event)

    return is_wanted


def _holds(condition: Any, event: Event) -> bool:
    try:
        return bool(condition.evaluate({"event": tree_of(event)}))
    except Fault:
        return False


def tree_of(event: Event) -> dict[str, Any]:
    """An event as conditions see it, and as it is delivered: CloudEvents 1.0 in JSON."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "time": event.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": read_json(event.data),
        "sequence": str(event.sequence),
    }


@lru_cache(512)
def _condition(filter_: str) -> Any:
    from facade.expressions.conditions import (  # noqa: PLC0415 - CEL is loaded where it is used
        compile_condition,
    )

    return compile_condition(Expression(text=filter_))
