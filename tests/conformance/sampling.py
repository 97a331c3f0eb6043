"""Values that a JSON Schema 2020-12 allows: small, seeded, and checked by a validator."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import jsonschema_rs

from facade.model.action import Schema
from tests.conformance.keywords import Impossible, bounds, is_of, merge, types_of
from tests.conformance.patterns import Sampler, Unsampled

TRIES = 30
"""How often a value is tried anew."""
DEEPEST = 12
"""Containers within one another."""
STEPS = 4_000
"""Schemas that one value may take."""
WORDS = ("a", "red", "Rex 2", "x-1", "naïve", "50%", "a+b", "c:d", "Ünï", "one two", "q=1", "u&i")
PLAIN = ("a", "red", "Rex2", "x-1", "blue", "north", "z9")
FORMATS: Mapping[str, tuple[str, ...]] = {
    "date-time": ("2026-11-22T04:05:06Z", "2026-01-02T03:04:05.678+02:00"),
    "date": ("2026-11-22", "2024-02-29"),
    "time": ("04:05:06Z",),
    "duration": ("P1DT2H", "PT5M"),
    "uuid": ("6f1f3a0e-9f0a-4c3b-8f5e-0a1b2c3d4e5f",),
    "email": ("rex@example.com",),
    "idn-email": ("rex@example.com",),
    "hostname": ("api.example.com",),
    "idn-hostname": ("api.example.com",),
    "ipv4": ("192.0.2.7",),
    "ipv6": ("2001:db8::7",),
    "uri": ("https://example.com/a?b=c",),
    "url": ("https://example.com/a",),
    "uri-reference": ("/a/b",),
    "iri": ("https://example.com/a",),
    "iri-reference": ("/a/b",),
    "uri-template": ("/a/{b}",),
    "json-pointer": ("/a/0",),
    "relative-json-pointer": ("0/a",),
    "regex": ("a+",),
    "byte": ("UmV4",),
    "base64": ("UmV4",),
    "base64url": ("UmV4",),
    "binary": ("UmV4",),
    "int64": ("7",),
    "int32": ("7",),
    "uint64": ("7",),
    "decimal": ("7.5",),
}
INTEGERS = {"int8": 7, "uint8": 8, "int16": 15, "int32": 31, "uint32": 32, "int64": 63}
WAYS = ("anyOf", "oneOf")
KINDS = {
    "object": ("properties", "required", "additionalProperties", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""What a schema without `type` speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """Which of the values that a schema allows are wanted."""

    optional: float = 0.4
    """How likely an optional property is there."""
    words: tuple[str, ...] = WORDS
    nulls: bool = True
    """Whether null may stand where the schema allows it."""
    empty: bool = True
    """Whether empty texts, arrays and objects may."""


def sample(schema: Schema, random: Random, taste: Taste | None = None) -> Any:
    """A value that the schema allows; raises Impossible where none was found."""
    chosen = taste or Taste()
    plain = schema if isinstance(schema, bool) else dict(schema)
    check = jsonschema_rs.Draft202012Validator(plain, validate_formats=True)
    for attempt in range(TRIES):
        lean = Taste(
            optional=chosen.optional if attempt < TRIES // 2 else 0.0,
            words=chosen.words,
            nulls=chosen.nulls,
            empty=chosen.empty,
        )
        try:
            value = Sampling(schema, random, lean).value(schema, 0)
        except Impossible:
            continue
        if check.is_valid(value):
            return value
    raise Impossible


class Sampling:
    """One try at a value."""

    def __init__(self, root: Schema, random: Random, taste: Taste) -> None:
        self._root = root
        self._random = random
        self._taste = taste
        self._steps = 0

    def value(self, schema: Schema, depth: int) -> Any:
        self._steps += 1
        if schema is False or depth > DEEPEST or self._steps > STEPS:
            raise Impossible
        flat = self._flatten(schema, depth)
        if "const" in flat:
            return flat["const"]
        if "enum" in flat:
            return self._one_of(flat)
        return getattr(self, f"_{self._kind(flat)}")(flat, depth)

    def _flatten(self, schema: Schema, depth: int, budget: int = 200) -> dict[str, Any]:
        """The schema without references and alternatives, one of which is chosen."""
        merged: dict[str, Any] = {}
        pending = [schema]
        while pending:
            budget -= 1
            self._steps += 1
            each = pending.pop()
            if each is False or budget < 0:
                raise Impossible
            if each is True:
                continue
            rest = dict(each)
            if (reference := rest.pop("$ref", None)) is not None:
                pending.append(self._follow(reference))
            if "discriminator" not in merged:
                pending.extend(self._told_apart(rest))
            pending.extend(rest.pop("allOf", ()))
            ways = [rest.pop(key) for key in WAYS if rest.get(key)]
            pending.extend(self._branch(each, depth, {**merged, **rest}) for each in ways)
            pending.extend(self._condition(rest))
            merge(merged, rest)
        return merged

    def _told_apart(self, schema: dict[str, Any]) -> list[Schema]:
        """The alternative that a value of the discriminator means, with that value."""
        apart = schema.get("discriminator", {})
        own = schema.get("properties", {}).get(apart.get("propertyName"), {})
        allowed = own.get("enum") if isinstance(own, Mapping) else None
        options = [each.get("$ref") for key in WAYS for each in schema.get(key, ()) if each]
        chosen = [
            (value, reference)
            for value, reference in apart.get("mapping", {}).items()
            if reference.startswith("#/$defs/")
            and (not options or reference in options)
            and (allowed is None or value in allowed)
        ]
        if not chosen:
            return []
        for key in (*WAYS, "if", "then", "else"):
            schema.pop(key, None)
        value, reference = self._random.choice(chosen)
        name = apart["propertyName"]
        telling = {"properties": {name: {"const": value}}, "required": [name]}
        return [self._follow(reference), telling]

    def _condition(self, schema: dict[str, Any]) -> Iterator[Schema]:
        """One way through `if`, `then` and `else`."""
        condition, *ways = (schema.pop(key, True) for key in ("if", "then", "else"))
        if self._random.random() < 0.5:
            yield from (condition, ways[0])
        else:
            yield ways[1]

    def _branch(self, options: list[Schema], depth: int, beside: Mapping[str, Any]) -> Schema:
        """Any alternative, one that ends rather than one that goes on where it is deep."""
        wanted = beside.get("type")
        fitting = [
            each
            for each in options
            if not isinstance(each, Mapping)
            or not isinstance(wanted, str)
            or each.get("type", wanted) == wanted
        ]
        if depth > DEEPEST // 2:
            fitting = [each for each in fitting if "$ref" not in str(each)] or fitting
        if not fitting:
            raise Impossible
        if not self._taste.nulls:
            fitting = [
                each
                for each in fitting
                if not isinstance(each, Mapping) or each.get("type") != "null"
            ] or fitting
        return self._random.choice(fitting)

    def _follow(self, reference: str) -> Schema:
        node: Any = self._root
        for token in reference.split("/")[1:]:
            node = node[token.replace("~1", "/").replace("~0", "~")]
        found: Schema = node
        return found

    def _one_of(self, schema: Mapping[str, Any]) -> Any:
        kinds = types_of(schema)
        found = [each for each in schema["enum"] if not kinds or is_of(each, kinds)]
        found = [each for each in found if each is not None] or found
        if not self._taste.empty:
            found = [each for each in found if each != ""] or found
        if not found:
            raise Impossible
        return self._random.choice(found)

    def _kind(self, schema: Mapping[str, Any]) -> str:
        kinds = types_of(schema)
        if not kinds:
            kinds = [kind for kind, keys in KINDS.items() if any(key in schema for key in keys)]
            kinds = kinds[:1] or ["string"]
        if not self._taste.nulls or self._random.random() < 0.8:
            kinds = [kind for kind in kinds if kind != "null"] or kinds
        return self._random.choice(kinds)

    def _null(self, _: Mapping[str, Any], __: int) -> None:
        return None

    def _boolean(self, _: Mapping[str, Any], __: int) -> bool:
        return self._random.random() < 0.5

    def _integer(self, schema: Mapping[str, Any], _: int) -> int:
        low, high = bounds(schema, 1)
        bits = INTEGERS.get(str(schema.get("format")), 53)
        if high == math.inf:
            high = max(low, min(2**bits - 1, low + self._random.choice([9, 999, 2**40])))
        step = schema.get("multipleOf", 1)
        step = int(step) if step == int(step) and step >= 1 else 1
        first, last = math.ceil(Decimal(str(low)) / step), math.floor(Decimal(str(high)) / step)
        if first > last:
            raise Impossible
        return self._random.randint(first, last) * step

    def _number(self, schema: Mapping[str, Any], _: int) -> float:
        if str(schema.get("format")) in INTEGERS:
            return self._integer(schema, 0)
        low, high = bounds(schema, 0)
        if high == math.inf:
            high = low + 100
        step = schema.get("multipleOf")
        if step:
            count = self._random.randint(math.ceil(low / step), math.floor(high / step))
            return float(Decimal(str(step)) * count)
        if low > high:
            raise Impossible
        inner = [low + (high - low) * each for each in (0.25, 0.5, 0.75)]
        return float(round(self._random.choice(inner), 2)) if high - low > 1 else inner[1]

    def _string(self, schema: Mapping[str, Any], _: int) -> str:
        low, high = schema.get("minLength", 0), schema.get("maxLength", math.inf)
        known = FORMATS.get(str(schema.get("format")))
        if (pattern := schema.get("pattern")) and not (known and self._random.random() < 0.5):
            text = self._matching(pattern, low)
        elif known is not None:
            text = self._random.choice(known)
        elif schema.get("contentEncoding"):
            text = "UmV4"
        else:
            text = self._random.choice(self._taste.words)
            text = (text + "x" * (low - len(text)))[: int(min(high, 10**6))]
        if not text and not self._taste.empty:
            raise Impossible
        return text

    def _matching(self, pattern: str, low: int) -> str:
        try:
            text = Sampler(pattern, self._random).sample()
        except (Unsampled, ValueError, IndexError):
            raise Impossible from None
        if len(text) < low and self._random.random() < 0.5:
            text += (text[-1:] or "a") * (low - len(text))
        return text

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        low = schema.get("minItems", 0)
        high = schema.get("maxItems", low + 2)
        if not self._taste.empty:
            low = max(low, 1)
        first = schema.get("prefixItems", [])
        found: list[Any] = []
        count = min(max(low, self._random.randint(1, 2), min(len(first), high)), max(high, low))
        for index in range(count):
            inner = first[index] if index < len(first) else schema.get("items", True)
            try:
                found.extend(self._item(inner, depth, found, schema))
            except Impossible:
                if len(found) < low:
                    raise
                break
        return found

    def _item(
        self, inner: Schema, depth: int, found: list[Any], schema: Mapping[str, Any]
    ) -> Iterator[Any]:
        for _ in range(5):
            value = self.value(inner, depth + 1)
            if not schema.get("uniqueItems") or value not in found:
                yield value
                return
        raise Impossible

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = dict.fromkeys(schema.get("required", ()))
        found: dict[str, Any] = {}
        for name in (*required, *(each for each in properties if each not in required)):
            if name not in required and self._random.random() > self._likely(depth):
                continue
            try:
                found[name] = self.value(self._property(schema, name), depth + 1)
            except Impossible:
                if name in required:
                    raise
        low = max(schema.get("minProperties", 0), 0 if self._taste.empty else 1)
        self._fill(found, schema, low, depth)
        return found

    def _likely(self, depth: int) -> float:
        return self._taste.optional if depth <= 3 else self._taste.optional / 4

    def _property(self, schema: Mapping[str, Any], name: str) -> Any:
        """What is said of a property by its name."""
        properties = schema.get("properties", {})
        patterned = schema.get("patternProperties", {})
        if name in properties:
            return properties[name]
        return next(iter(patterned.values()), schema.get("additionalProperties", True))

    def _fill(self, found: dict[str, Any], schema: Mapping[str, Any], low: int, depth: int) -> None:
        """Adds what a map has, and what `minProperties` still asks for."""
        properties = schema.get("properties", {})
        missing = [name for name in properties if name not in found]
        while len(found) < low and missing:
            name = missing.pop(0)
            try:
                found[name] = self.value(properties[name], depth + 1)
            except Impossible:
                continue
        extra = schema.get("additionalProperties", not properties)
        more = low - len(found) if extra is not False else 0
        if isinstance(extra, Mapping) and self._random.random() < self._likely(depth):
            more = max(more, 1)
        named = schema.get("propertyNames", {"type": "string"})
        for index in range(more):
            name = self.value(named, depth + 1) if named != {"type": "string"} else f"key{index}"
            for pattern, inner in schema.get("patternProperties", {}).items():
                name, extra = Sampler(pattern, self._random).sample(), inner
            found[str(name)] = self.value(extra, depth + 1)
