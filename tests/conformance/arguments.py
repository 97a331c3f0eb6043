"""Valid arguments for an action, made of its schemas."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from facade.model.action import Action, Location, Media, Parameter, Style
from tests.conformance.keywords import Impossible
from tests.conformance.patterns import seeded
from tests.conformance.sampling import PLAIN, Taste, sample

FILE = {"content": base64.b64encode(b"\x00\xff--Rex\r\n").decode(), "filename": "rex.bin"}
FORMS = ("application/x-www-form-urlencoded", "multipart/")
DEFAULT = Taste()
TRIES = 10
DELIMITED = frozenset({Style.SPACE, Style.PIPE, Style.TAB})
"""Styles that cannot hold their own delimiter (OAS 3.1.1 appendix E)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Arguments, and what was left out of them because no value was found."""

    arguments: dict[str, Any]
    media_type: str = ""
    """Of the body, where there is one."""
    left_out: tuple[str, ...] = ()


def arguments_for(action: Action, seed: int = 0, taste: Taste = DEFAULT) -> Given:
    """Arguments that the action takes; raises Impossible where a required one has no value."""
    optional = taste.optional
    random = seeded(f"{seed} {action.method} {action.path}")
    arguments: dict[str, Any] = {}
    left_out: list[str] = []
    for each in action.parameters:
        if not each.required and random.random() > optional:
            continue
        try:
            arguments[each.key] = parameter_value(each, random, taste)
        except Impossible:
            if each.required:
                raise
            left_out.append(each.key)
    if action.body is None or not (action.body.required or random.random() < max(optional, 0.6)):
        return Given(arguments=arguments, left_out=tuple(left_out))
    media = action.body.media[seed % len(action.body.media)]
    try:
        arguments["body"] = body_value(media, random, taste)
    except Impossible:
        if action.body.required:
            raise
        return Given(arguments=arguments, left_out=(*left_out, "body"))
    return Given(arguments=arguments, media_type=media.type, left_out=tuple(left_out))


def parameter_value(parameter: Parameter, random: Random, taste: Taste) -> Any:
    """A value that has a form in its place: no null, nothing empty."""
    anything = parameter.location is Location.QUERY and parameter.style not in DELIMITED
    words = taste.words if anything else PLAIN
    if parameter.name.lower() == "content-encoding":
        words = ("gzip",)
    for _ in range(TRIES):
        value = pruned(
            sample(parameter.schema, random, replace(taste, words=words, nulls=False, empty=False))
        )
        if parameter.location is not Location.PATH or value not in (".", ".."):
            return value
    raise Impossible


def pruned(value: Any) -> Any:
    """A value without the nulls in it, which a parameter has no form for."""
    if isinstance(value, dict):
        return {key: pruned(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [pruned(each) for each in value if each is not None]
    return value


def body_value(media: Media, random: Random, taste: Taste) -> Any:
    """A whole body as the media type takes it."""
    essence = media.type.partition(";")[0].strip().lower()
    if essence.startswith(FORMS):
        return form_value(media, random, taste, files=essence.startswith("multipart/"))
    anything = essence in ("*/*", "application/*") and not is_file(media.schema)
    if essence.endswith(("/json", "+json")) or anything:
        return sample(media.schema, random, taste)
    if essence.startswith("text/") and essence != "text/xml":
        return text_value(media, random)
    if essence.endswith(("/xml", "+xml")):
        value = pruned(sample(media.schema, random, replace(taste, words=PLAIN, nulls=False)))
        return value if isinstance(value, dict) else "<a>Rex</a>"
    return {**binary(essence), "content": FILE["content"]}


def binary(essence: str) -> dict[str, str]:
    """What a range leaves open has to be said."""
    return {"contentType": "image/png"} if "*" in essence else {}


def text_value(media: Media, random: Random) -> Any:
    value = sample(media.schema, random, Taste(words=PLAIN, nulls=False, empty=False))
    return json.dumps(value) if isinstance(value, list | dict) else value


def form_value(media: Media, random: Random, taste: Taste, *, files: bool) -> Any:
    """An object; in a multipart form, a binary property is a file."""
    value = pruned(
        sample(media.schema, random, replace(taste, words=PLAIN, nulls=False, empty=False))
    )
    if not isinstance(value, dict):
        raise Impossible
    return with_headers(with_files(value, media.schema), media) if files else value


def with_headers(value: dict[str, Any], media: Media) -> dict[str, Any]:
    """The same with the headers that parts must have."""
    found = dict(value)
    for name, encoding in media.encoding.items():
        needed = {each.name: "north" for each in encoding.headers if each.required}
        if needed and isinstance(value.get(name), str | dict):
            given = value[name]
            part = given if isinstance(given, dict) else {"text": given}
            found[name] = {**part, "headers": needed}
    return found


def with_files(value: dict[str, Any], schema: Any) -> dict[str, Any]:
    """The same with file objects where the schema speaks of bytes."""
    return {name: filed(each, branches(schema, name, schema)) for name, each in value.items()}


def filed(value: Any, schemas: list[Any]) -> Any:
    """A file in place of a text that stands for one."""
    if isinstance(value, str) and any(map(is_file, schemas)):
        return FILE
    items = [each.get("items") for each in schemas if isinstance(each.get("items"), dict)]
    if isinstance(value, list) and any(map(is_file, items)):
        return [FILE for _ in value]
    return value


def branches(schema: Any, name: str, root: Any) -> list[Any]:
    """What is said of a property of the object, in all alternatives."""
    found = (each.get("properties", {}).get(name) for each in alternatives(schema, root))
    return [inner for each in found if each for inner in alternatives(each, root)]


def alternatives(schema: Any, root: Any, depth: int = 0) -> Iterator[Any]:
    """The schema and all that it is composed of for the same value."""
    if not isinstance(schema, dict) or depth > 5:
        return
    yield schema
    reference = schema.get("$ref", "")
    if reference.startswith("#/$defs/"):
        name = reference.removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
        yield from alternatives(root["$defs"].get(name), root, depth + 1)
    for key in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(key, ()):
            yield from alternatives(each, root, depth + 1)


def is_file(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    kind = schema.get("contentMediaType", "")
    octets = bool(kind) and "json" not in kind and "contentEncoding" not in schema
    return schema.get("format") == "binary" or octets
