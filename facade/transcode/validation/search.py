"""What is wrong with a value, within bounds of time: everything, or the places where it is."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs

from facade.errors.fault import Violation
from facade.model.action import Schema
from facade.transcode.arguments import pointer
from facade.transcode.validation.explain import explain
from facade.transcode.validation.validator import build
from facade.transcode.validation.weight import Scale, composing, may_be, parts

Path = tuple[str | int, ...]

ALL_BELOW = 2_000
"""Schemas that a value is held to, of which all faults are gathered: at worst some 50 ms."""
STEPS = 20_000
"""Schemas that are looked at to weigh the parts of one value."""
COMPILED = 40
"""Schemas that are compiled by themselves to find the places of one value's faults."""
LISTED = 20
"""Violations that are looked for in a value that is too much for all."""
MOST = 1_000
"""Violations of one value that are looked at."""

SOMEWHERE = "does not fit its schema; it is too much to say why"
NONE_FITS = "fits none of the schema's {count} alternatives"

DESCENDED = frozenset(
    {"$ref", "$defs", "allOf", "if", "then", "else", "properties", "items", "prefixItems"}
)
"""The keywords that are followed to where a fault is."""
WHOLE = frozenset({"patternProperties", "unevaluatedItems", "unevaluatedProperties"})
"""The keywords that need those around them: what has one is not taken apart."""


class Search:
    """The search for the faults of one value that is known to have some."""

    def __init__(self, root: Schema, validator: jsonschema_rs.Validator) -> None:
        """Takes a schema that stands alone, and the same compiled."""
        self._root = root
        self._scale = Scale(root, STEPS)
        self._validators: dict[int, tuple[Schema, jsonschema_rs.Validator]] = {
            id(root): (root, validator)
        }
        self._seen: set[tuple[int, int]] = set()
        self._kept: list[Any] = []
        """What `id` was asked of, so that nothing else becomes the same."""

    def find(self, schema: Any, value: Any, path: Path) -> Iterator[Violation]:
        """What is wrong with a part of the value, by a schema that does not fit it."""
        if isinstance(value, dict | list):
            if (id(schema), id(value)) in self._seen:
                return
            self._seen.add((id(schema), id(value)))
        if self._scale.weigh(schema, value) <= ALL_BELOW:
            yield from self._gather(schema, value, path)
            return
        narrowed = False
        for violation in islice(self._narrow(schema, value, path), LISTED):
            narrowed = True
            yield violation
        if not narrowed:
            yield Violation(field=pointer(path), description=SOMEWHERE)

    def _gather(self, schema: Any, value: Any, path: Path) -> Iterator[Violation]:
        known = self._compiled(schema)
        if known is None:
            yield Violation(field=pointer(path), description=SOMEWHERE)
            return
        whole, validator = known
        for error in islice(validator.iter_errors(value), MOST):
            yield from explain(error, path, whole)

    def _narrow(self, schema: Any, value: Any, path: Path) -> Iterator[Violation]:
        """Goes on to the parts of a value that do not fit, by all that always applies to it."""
        waiting, seen = [schema], set[int]()
        for node in waiting:
            if not isinstance(node, Mapping) or id(node) in seen:
                continue
            seen.add(id(node))
            if WHOLE & node.keys():
                continue
            yield from self._around(node, value, path)
            waiting.extend(composing(node, value, self._root))
            for each, place, part in parts(node, value):
                if not self._fits(each, part):
                    yield from self.find(each, part, (*path, place))

    def _around(self, node: Mapping[str, Any], value: Any, path: Path) -> Iterator[Violation]:
        """What is wrong with a value whatever its parts are like."""
        around = {key: each for key, each in node.items() if key not in DESCENDED}
        if isinstance(around.get("additionalProperties"), Mapping):
            del around["additionalProperties"]
        if "properties" in node:
            around["properties"] = dict.fromkeys(node["properties"], True)
        self._kept.append(around)
        if self._fits(around, value):
            return
        branches = around.get("anyOf", around.get("oneOf", ()))
        right = [each for each in branches if may_be(each, value, self._root)]
        if Scale(self._root, ALL_BELOW).weigh(around, value) <= ALL_BELOW:
            yield from self._gather(around, value, path)
        elif len(right) == 1:
            yield from self.find(right[0], value, path)
        else:
            words = NONE_FITS.format(count=len(branches)) if branches else SOMEWHERE
            yield Violation(field=pointer(path), description=words)

    def _fits(self, schema: Any, value: Any) -> bool:
        if schema is True:
            return True
        known = self._compiled(schema)
        return known is None or known[1].is_valid(value)

    def _compiled(self, schema: Any) -> tuple[Schema, jsonschema_rs.Validator] | None:
        """A schema of the bundle as one that stands alone; None where there are too many."""
        known = self._validators.get(id(schema))
        if known is None and len(self._validators) < COMPILED:
            whole = self._standing(schema)
            known = self._validators[id(schema)] = whole, build(whole)
        return known

    def _standing(self, schema: Any) -> Schema:
        if isinstance(schema, bool) or not isinstance(self._root, Mapping):
            return bool(schema)
        definitions = self._root.get("$defs")
        return {**schema, "$defs": definitions} if definitions else schema
