"""Forms: the arguments of an action as fields that are filled in, and what was filled in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec

from facade.listing.shown import arguments
from facade.model.action import Action
from facade.model.trial import Prompt

BEFORE: Final = "argument."
"""Stands before the names of fields, so that none is taken for one of the page's own."""
VALUE: Final = "value."
"""Stands before the names of slots."""
DEPTH: Final = 8
"""References that are followed."""
ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
WRITTEN: Final = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One field of a form."""

    name: str
    """The argument's."""
    location: str
    required: bool
    description: str
    kind: str
    """`text`, `number`, `boolean`, `choice`, `json`."""
    type: str
    """As the schema says it: `integer`, `array`, `string, date`."""
    choices: tuple[str, ...] = ()
    value: str = ""
    """What stands in it."""
    hint: str = ""
    """An example."""

    @property
    def field(self) -> str:
        """Its name in the form."""
        return BEFORE + self.name


def entries(action: Action, given: Mapping[str, str]) -> list[Entry]:
    """The fields for an action, the required ones first; `given`: what stands in them, by field."""
    schema = action.input_schema
    whole = schema if isinstance(schema, Mapping) else {}
    properties, definitions = whole.get("properties", {}), whole.get("$defs", {})
    found = []
    for each in arguments(action, full=False):
        known = resolved(properties.get(each.name), definitions)
        found.append(
            Entry(
                name=each.name,
                location=each.location.value,
                required=each.required,
                description=each.description or str(known.get("description", "")),
                kind=_kind(known),
                type=_type(known),
                choices=_choices(known),
                value=given.get(BEFORE + each.name, ""),
                hint=written(known.get("default", known.get("example"))),
            )
        )
    return sorted(found, key=lambda each: not each.required)


def filled(fields: list[Entry]) -> str:
    """The arguments that were filled in, as JSON: numbers digit by digit, empty fields left out.

    What is no JSON where JSON is asked for goes as a text, and is refused by its schema.
    """
    members = (
        f"{json.dumps(each.name, ensure_ascii=False)}: {_json(each)}"
        for each in fields
        if each.value != ""
    )
    return "{" + ", ".join(members) + "}"


def values_of(prompts: Sequence[Prompt], given: Mapping[str, str]) -> str:
    """What was given for slots, as JSON; those that were left empty are asked for again."""
    whole: dict[str, Any] = {}
    for each in prompts:
        text = given.get(VALUE + each.name, "")
        *above, last = each.name.split(".")
        if text:
            inner = whole
            for key in above:
                inner = inner.setdefault(key, {})
            inner[last] = text if each.type == "string" else _read(text)
    return written(whole)


def prompted(prompts: Sequence[Prompt], given: Mapping[str, str]) -> list[tuple[Prompt, str]]:
    """The slots, each with what stands in its field: what is given now, or was the last time."""
    return [
        (each, given.get(VALUE + each.name, written(_read(each.last)) if each.last else ""))
        for each in prompts
    ]


def _read(text: str) -> Any:
    """What a text says as JSON, digits and all; the text itself where it is none."""
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return text


def resolved(schema: Any, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a `$ref` leads to; one that says nothing where there is none."""
    for _ in range(DEPTH):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        name = str(schema["$ref"]).removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
        schema = definitions.get(name)
    return schema if isinstance(schema, Mapping) else {}


def _json(entry: Entry) -> str:
    text = entry.value.strip()
    if entry.kind in ("text", "choice") and not (entry.kind == "choice" and _is_scalar(entry)):
        return json.dumps(entry.value, ensure_ascii=False)
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return json.dumps(entry.value, ensure_ascii=False)
    return text


def _is_scalar(entry: Entry) -> bool:
    return entry.type.partition(",")[0] in WRITTEN | {"boolean"}


def _types(known: Mapping[str, Any]) -> Iterator[str]:
    kinds = known.get("type", ())
    for each in [kinds] if isinstance(kinds, str) else kinds:
        if each != "null":
            yield str(each)


def _kind(known: Mapping[str, Any]) -> str:
    types = tuple(_types(known))
    if _choices(known):
        return "choice"
    if len(types) != 1:
        return "json"
    if types[0] in WRITTEN:
        return "number"
    return {"string": "text", "boolean": "boolean"}.get(types[0], "json")


def _type(known: Mapping[str, Any]) -> str:
    words = [*_types(known), known.get("format"), known.get("contentMediaType")]
    return ", ".join(str(each) for each in words if each) or "any"


def _choices(known: Mapping[str, Any]) -> tuple[str, ...]:
    values = known.get("enum")
    return tuple(map(written, values)) if isinstance(values, list) else ()


def tree_of(text: str) -> dict[str, Any]:
    """What a JSON object says, digits and all."""
    found = json.loads(text, parse_float=Decimal)
    return found if isinstance(found, dict) else {}


def written(value: Any) -> str:
    """A value as one types it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return ENCODER.encode(value).decode()
