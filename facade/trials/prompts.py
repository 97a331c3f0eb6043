"""Prompts: what must be given before an action with slots in its arguments can be tried."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from facade.expressions.slots import compile_slots
from facade.model.action import Action
from facade.model.trial import Prompt

MISSING: Final = object()


def prompts_of(arguments: Mapping[str, Any], action: Action, last: Any) -> tuple[Prompt, ...]:
    """A prompt for each slot, in the order of the arguments; with what it was the last time."""
    places: dict[tuple[str, ...], list[str]] = {}
    for name, value in arguments.items():
        for chain in sorted(compile_slots(value, {}).reads):
            places.setdefault(chain, []).append(name)
    return tuple(
        _prompt(chain, names, _schema(names, arguments, action), found(last, chain))
        for chain, names in places.items()
    )


def found(values: Any, chain: tuple[str, ...]) -> Any:
    """What stands at a chain of keys; MISSING where nothing does."""
    for key in chain:
        if not isinstance(values, Mapping) or key not in values:
            return MISSING
        values = values[key]
    return values


def merged(first: Any, over: Any) -> Any:
    """Two values laid over each other, object by object."""
    if not (isinstance(first, Mapping) and isinstance(over, Mapping)):
        return over
    return {**first, **{key: merged(first.get(key), each) for key, each in over.items()}}


def _prompt(
    chain: tuple[str, ...], names: list[str], schema: Mapping[str, Any], before: Any
) -> Prompt:
    kind = schema.get("type", "")
    return Prompt(
        name=".".join(chain),
        arguments=tuple(names),
        type=kind if isinstance(kind, str) else "",
        description=str(schema.get("description", "")),
        last="" if before is MISSING else msgspec.json.encode(before).decode(),
    )


def _schema(names: list[str], arguments: Mapping[str, Any], action: Action) -> Mapping[str, Any]:
    """The schema of the first argument that is one slot and nothing else."""
    schema = action.input_schema
    said = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    for name in names:
        text, known = arguments[name], said.get(name)
        alone = isinstance(text, str) and text.count("{{") == 1 and text.strip().startswith("{{")
        if alone and isinstance(known, Mapping):
            return known
    return {}
