"""Proof: whether one schema takes all that another takes, where logic has to decide it."""

import json
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final

import jsonschema_rs
from jsonschema_rs.canonical import Containment

from facade.model.action import Schema
from facade.spec.schemas.discriminator import ALTERNATIVES

MAX_WORK: Final = 10_000
"""What all proofs of one comparison may cost; the unit is about a millisecond."""
MAX_SIZE: Final = 30_000
"""Characters of a schema, as JSON, of which something is to be proven."""
MAX_WAYS: Final = 256
"""Ways in which a value may satisfy such a schema: a proof looks at each."""
BRANCHING: Final = frozenset({"not", "if", "dependentSchemas", "dependentRequired"})
DATA: Final = frozenset({"enum", "const", "default", "examples", "required"})


class Holds(Enum):
    """What came of it."""

    YES = auto()
    NO = auto()
    UNKNOWN = auto()


class Prover:
    """Proves by jsonschema-rs, which cannot be stopped: what may take long is not begun."""

    def __init__(self) -> None:
        self._left = MAX_WORK

    def covers(self, wide: Schema, narrow: Schema) -> Holds:
        """Whether `wide` takes every value that `narrow` takes."""
        if wide == narrow:
            return Holds.YES
        cost = max(_cost(wide), _cost(narrow))
        if cost > self._left:
            return Holds.UNKNOWN
        self._left -= cost
        try:
            found = _canonical(wide).covers(_canonical(narrow))
        except (ValueError, TypeError):
            return Holds.UNKNOWN
        if found == Containment.YES:
            return Holds.YES
        return Holds.NO if found == Containment.NO else Holds.UNKNOWN


def _canonical(schema: Schema) -> jsonschema_rs.CanonicalSchema:
    plain: dict[str, Any] | bool = dict(schema) if isinstance(schema, Mapping) else schema
    return jsonschema_rs.canonicalize(
        plain,
        draft=jsonschema_rs.Draft202012,
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
        offline=True,
    )


def _cost(schema: Schema) -> int:
    """What a proof on a schema costs; too much where it is too large."""
    size = len(json.dumps(schema, default=str))
    ways = _ways(schema) if size <= MAX_SIZE else MAX_WAYS + 1
    return size // 100 + ways if ways <= MAX_WAYS else MAX_WORK + 1


def _ways(schema: Schema) -> int:
    """In how many ways its alternatives and conditions can be combined, at most."""
    ways = 1
    waiting: list[Any] = [schema]
    while waiting and ways <= MAX_WAYS:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, Mapping):
            for key, each in node.items():
                if key in ALTERNATIVES and isinstance(each, list):
                    ways *= max(len(each), 1)
                elif key in BRANCHING:
                    ways *= 2
            waiting.extend(each for key, each in node.items() if key not in DATA)
    return ways
