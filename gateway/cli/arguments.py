"""The arguments that people type after `portico call`, as the JSON that they mean."""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from gateway.cli.output import say

Schema = Mapping[str, Any]
"""An action's `input_schema`."""


def assemble(arguments: list[str], schema: Schema) -> str:
    """One JSON object of NAME=VALUE, NAME:=JSON, NAME=@FILE and NAME:=@FILE.

    Numbers stay as they were typed. A name that is typed again adds an item, where the schema
    takes an array. Exits with 2 where an argument is none.
    """
    typed: dict[str, list[str]] = {}
    for argument in arguments:
        name, sign, value = argument.partition("=")
        if not sign or not name.rstrip(":"):
            say(f"`{argument}` is no argument", "NAME=VALUE, NAME:=JSON or NAME=@FILE")
            raise typer.Exit(2)
        typed.setdefault(name, []).append(value)
    return "{" + ",".join(_members(name, typed[name], schema) for name in typed) + "}"


def pair(text: str, option: str) -> tuple[str, str]:
    """The name and the value of `NAME=VALUE`; raises BadParameter where it is none."""
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise typer.BadParameter(f"NAME=VALUE is expected, not `{text}`", param_hint=f"'{option}'")
    return name, value


def read_bytes(file: str) -> bytes:
    """What a file holds, or standard input for `-`; exits with 2 where there is none."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as problem:
        say(f"{file}: {problem.strerror}")
        raise typer.Exit(2) from None


def _members(name: str, values: list[str], schema: Schema) -> str:
    known = schema.get("properties", {}).get(name.removesuffix(":"), True)
    definitions = schema.get("$defs", {})
    traits = {"json"} if name.endswith(":") else set(_traits(known, definitions))
    as_array = len(values) > 1 and "array" in set(_traits(known, definitions))
    if as_array and not name.endswith(":"):
        traits = set(_traits(_items(known, definitions), definitions))
    texts = [_value(each, traits) for each in values]
    key = json.dumps(name.removesuffix(":"), ensure_ascii=False)
    return f"{key}:[{','.join(texts)}]" if as_array else ",".join(f"{key}:{x}" for x in texts)


def _value(value: str, traits: set[str]) -> str:
    if value.startswith("@"):
        return _file(value[1:], traits)
    return value if "json" in traits else _typed(value, traits)


def _file(name: str, traits: set[str]) -> str:
    """What a file holds: JSON as it is, text by the schema, anything else in base64."""
    data = read_bytes(name)
    if "binary" not in traits:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            if "json" in traits:
                say(f"{name}: not UTF-8 text")
                raise typer.Exit(2) from None
        else:
            return text if "json" in traits else _typed(text, traits)
    return json.dumps(base64.b64encode(data).decode())


def _traits(schema: Any, definitions: Mapping[str, Any]) -> Iterator[str]:
    """The types and formats that a schema allows."""
    for part in _parts(schema, definitions):
        kinds = part.get("type", [])
        yield from [kinds] if isinstance(kinds, str) else kinds
        yield str(part.get("format", ""))


def _items(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """What the items of an array are."""
    parts = _parts(schema, definitions)
    return next((part["items"] for part in parts if "items" in part), True)


def _parts(
    schema: Any, definitions: Mapping[str, Any], depth: int = 8
) -> Iterator[Mapping[str, Any]]:
    """A schema and those that it is made of, through references and combinations."""
    if not isinstance(schema, dict) or not depth:
        return
    yield schema
    reference = schema.get("$ref", "").removeprefix("#/$defs/")
    parts = [definitions.get(reference.replace("~1", "/").replace("~0", "~"))]
    for keyword in ("allOf", "anyOf", "oneOf"):
        parts += schema.get(keyword, [])
    for part in parts:
        yield from _parts(part, definitions, depth - 1)


def _typed(value: str, traits: set[str]) -> str:
    """A typed-in value as JSON: text where the schema takes text, else what it says as JSON."""
    if "string" not in traits:
        try:
            json.loads(value)
        except ValueError:
            if "array" in traits:
                return json.dumps(value.split(","), ensure_ascii=False, separators=(",", ":"))
        else:
            return value
    return json.dumps(value, ensure_ascii=False)
